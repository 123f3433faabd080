"""A landing, and the clean copy of its rows that is written where a file is not read by DuckDB as it is."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from crm_analytics.errors import ImportRefused
from crm_analytics.importing.caution import Caution
from crm_analytics.importing.landing.aside import Aside
from crm_analytics.importing.landing.cells import visible
from crm_analytics.importing.landing.dialect import Dialect
from crm_analytics.importing.landing.header import Head
from crm_analytics.importing.landing.records import MOST_LINE, Record
from crm_analytics.importing.landing.sift import NO_ROWS
from crm_analytics.importing.landing.source import Source

MOST_COLUMNS = 2_000
MOST_BYTES = 4 * MOST_LINE  # of one line in UTF-8
BUFFER = 2 * MOST_BYTES  # of the engine's reader; by itself it takes sixteen of the longest lines, 256 MB each
MOST_ASIDE = 100_000, 10  # records set aside, and so many for each row: such a file is read wrongly


@dataclass
class Landing:
    """A file's records as a relation with columns source_line, c0, c1 ... (all text), and what is no record of data.

    source_line is the line of the file at which the record starts. `header`: its cells as they stand in the file, none where it
    has no header; `headers`: names that tell the columns apart; `dialect`: how the file was cut, to be followed again.
    """

    source: Source
    name: str
    delimiter: str
    header_line: int
    headers: list[str]
    header: tuple[str, ...]
    dialect: Dialect
    skipped: Aside
    ragged: Aside
    records: int = 0
    relation: str = ""
    in_order: str = ""  # the same records without their number, where each line is one, in the order of the file
    corrects: str = ""  # see `corrections`: which record that was set aside each record puts right
    sheet: str | None = None
    cautions: list[Caution] = field(default_factory=list)

    @property
    def first_line(self) -> int:
        """The line at which the first record stands, where each line is one."""
        return self.dialect.head.skip + 1

    @property
    def physical(self) -> int:
        """Records that stand in the file: data, set aside, skipped. The header is none."""
        return self.records + len(self.ragged) + len(self.skipped)

    def put_aside(self, record: Record) -> None:
        """List a record that is no row: skipped where it never was one, else set aside."""
        (self.skipped if record.reason in NO_ROWS else self.ragged).append(record)


def begin(source: Source, dialect: Dialect) -> Landing:
    """A landing of this file without rows; what stands before its header is listed."""
    head = dialect.head
    header = head.cells if head.has_header else ()
    skipped, ragged = (Aside(_beside(source, ".aside")) for _ in range(2))
    landing = Landing(
        source, source.name, dialect.marks.delimiter, head.line, head.names, header, dialect, skipped, ragged
    )
    for record in head.before:
        landing.put_aside(record)
    return landing


def _beside(source: Source, ending: str) -> Path:
    """A new working file, which goes when the source is discarded."""
    return source.raw.with_name(f"{source.raw.stem}-{uuid.uuid4().hex}{ending}")


def check_width(name: str, head: Head) -> None:
    """Raise ImportRefused where there is no table, or one of too many columns."""
    if not head.width:
        raise ImportRefused("E_EMPTY", file=name)
    if head.width > MOST_COLUMNS:
        raise ImportRefused("E_TOO_WIDE", file=name, columns=head.width, most=MOST_COLUMNS)


def write(landing: Landing, found: Iterable[Record]) -> None:
    """Write the rows to a clean copy, and list the other records. Raises ImportRefused E_MOST_ASIDE."""
    clean = _beside(landing.source, ".csv")
    with open(clean, "w", encoding="utf-8", newline="") as file:
        for record in found:
            line, raw, cells, reason = record
            if reason is None:
                if '"' in raw:
                    cells = [cell.replace('"', '""') for cell in cells]
                file.write(f'"{line}","' + '","'.join(cells) + '"\n')
                landing.records += 1
            else:
                landing.put_aside(record)
                if not len(landing.ragged) % MOST_ASIDE[0]:
                    _refuse_if_read_wrongly(landing)
    columns = ["source_line", *text_columns(landing.headers)]
    others, ends = ", ".join(columns[1:]), ", new_line='\\n'"  # without it carriage returns inside cells get lost
    reader = read_csv(clean, ",", 0, columns, ends)
    landing.relation = f"(select cast(source_line as bigint) as source_line, {others} from {reader})"


def _refuse_if_read_wrongly(landing: Landing) -> None:
    """Of a large file that is cut wrongly nearly every record is set aside: nobody wants them one by one."""
    least, times = MOST_ASIDE
    if len(landing.ragged) >= max(least, times * landing.records):
        record = next(iter(landing.ragged))
        raise ImportRefused(
            "E_MOST_ASIDE",
            file=landing.name,
            aside=f"{len(landing.ragged):,}",
            records=f"{landing.physical:,}",
            delimiter=visible(landing.delimiter),
            columns=len(landing.headers),
            line=record.line,
        )


def say_what_is_odd(landing: Landing) -> None:
    """Cautions that a person should see before trusting the rows."""
    head, said = landing.dialect.head, landing.cautions
    if not landing.records:
        said.append(Caution("no_rows", {}))
    if not head.has_header:
        said.append(Caution("no_header", {}))
    if head.is_joined:
        said.append(Caution("headers_joined", {"line": head.line}))
    for code, reason in (("second_table", "second_table"), ("truncated", "cut_off")):
        lines = [record.line for record in landing.ragged if record.reason == reason]
        if lines:
            said.append(Caution(code, {"line": lines[0], "n": len(lines)}))


def text_columns(headers: list[str]) -> list[str]:
    """Names of the text columns: the file's own headers never reach SQL."""
    return [f"c{place}" for place in range(len(headers))]


def read_csv(path: Path, delimiter: str, skip: int, columns: list[str], more: str = "") -> str:
    """A DuckDB reader that guesses nothing: one delimiter, one quote, text columns, errors raised."""
    text = str(path).replace("'", "''")
    names = ", ".join(f"'{name}': 'VARCHAR'" for name in columns)
    return (
        f"read_csv('{text}', auto_detect=false, header=false, skip={skip}, delim='{delimiter}', quote='\"', escape='\"', "
        f"columns={{{names}}}, strict_mode=true, null_padding=false, max_line_size={MOST_BYTES}, buffer_size={BUFFER}{more})"
    )
