"""The lossless text landing: every record of a file as text cells with its line number, ready for SQL.

Two roads lead to the same landing. The fast one hands the text to DuckDB under an explicit dialect, once the whole file is
known to hold one record per line: DuckDB must read it without error and find exactly as many records as there are lines.
Everything else takes the careful road of `records` and `sift`, which writes a clean copy.
"""

import csv
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import duckdb

from crm_analytics.database import Database
from crm_analytics.errors import ImportRefused
from crm_analytics.importing import decode, survey, workbook
from crm_analytics.importing import dialect as dialects
from crm_analytics.importing import header as headers
from crm_analytics.importing.caution import Caution
from crm_analytics.importing.cells import Marks
from crm_analytics.importing.dialect import Dialect
from crm_analytics.importing.header import Head
from crm_analytics.importing.records import BAD_BYTES, MOST_LINE, Record, numbered_lines, records
from crm_analytics.importing.sift import NO_ROWS, TOTALS, sift
from crm_analytics.importing.source import Source, discard, fetch
from crm_analytics.importing.survey import Survey

MOST_COLUMNS = 2_000
MOST_BYTES = 4 * MOST_LINE  # of one line in UTF-8
LOOKED_AT = 400  # rows of a sheet in which its header is looked for, lines in which damage is looked for
TAIL = 1 << 16  # bytes at the end of a file that are looked at for a footer or a total


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
    records: int = 0
    relation: str = ""
    sheet: str | None = None
    skipped: list[Record] = field(default_factory=list)
    ragged: list[Record] = field(default_factory=list)
    cautions: list[Caution] = field(default_factory=list)

    @property
    def physical(self) -> int:
        """Records that stand in the file: data, set aside, skipped. The header is none."""
        return self.records + len(self.ragged) + len(self.skipped)


def land(
    database: Database,
    path: Path,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    short_rows: str = "aside",
    dialect: Dialect | None = None,
    sheet: str | None = None,
) -> list[Landing]:
    """Land a file; a workbook gives one landing per sheet that holds a table. Raises ImportRefused.

    `short_rows`: what becomes of rows with too few cells, "aside" or "pad". `dialect` is one that was found before, in a
    workbook that of `sheet`: nothing is looked for then, and the same bytes give the same records.
    """
    source = fetch(path, database.folder("staging"), encoding)
    try:
        if source.kind == "xlsx":
            return _sheets(source, sheet, dialect)
        found = dialect or replace(dialects.detect(source.text, source.name, delimiter), short_rows=short_rows)
        return [_text(database, source, found)]
    except BaseException:
        discard(source)
        raise


def _text(database: Database, source: Source, found: Dialect) -> Landing:
    _check_width(source.name, found.head)
    counted = survey.survey(source.text, source.name, found.head.raw, found.marks.delimiter)
    landing = _fast(database, source, found, counted) or _careful(source, found, counted)
    if not landing.records and any(record.reason == "bad_bytes" for record in landing.ragged):
        byte = " ".join(f"{ord(character) - 0xDC00:02x}" for character in BAD_BYTES.findall(landing.ragged[0].raw)[:8])
        raise ImportRefused("E_ENCODING", file=source.name, encoding=source.encoding, byte=byte)
    _say_what_is_odd(landing, found.head, counted)
    return landing


def _check_width(name: str, head: Head) -> None:
    if not head.width:
        raise ImportRefused("E_EMPTY", file=name)
    if head.width > MOST_COLUMNS:
        raise ImportRefused("E_TOO_WIDE", file=name, columns=head.width, most=MOST_COLUMNS)


def _empty(source: Source, dialect: Dialect) -> Landing:
    head = dialect.head
    header = head.cells if head.has_header else ()
    landing = Landing(source, source.name, dialect.marks.delimiter, head.line, head.names, header, dialect)
    for record in head.before:
        (landing.skipped if record.reason in NO_ROWS else landing.ragged).append(record)
    return landing


def _fast(database: Database, source: Source, found: Dialect, counted: Survey) -> Landing | None:
    """The landing read by DuckDB itself, or None where the file is not proven to hold one record per line."""
    head = found.head
    if not (counted.is_regular and found.marks.is_plain) or _has_more_headers(head, counted):
        return None
    if "\n" in head.raw or not _ends_in_rows(source, found, counted):
        return None
    lines = counted.newlines + (not counted.ends_in_newline) - head.skip
    numbered = f"select row_number() over () + {head.skip} as source_line, * from "
    relation = _read_csv(source.text, found.marks.delimiter, head.skip, _cells(head.names))
    totals = _totals(head) if counted.may_hold_totals else "0"
    con = database.cursor()
    try:
        if con.execute(f"select count(*), {totals} from {relation}").fetchone() != (lines, 0):
            return None
    except duckdb.Error:
        return None  # the careful road says which line, and keeps the others
    finally:
        con.close()
    landing = _empty(source, found)
    landing.records, landing.relation = lines, f"({numbered}{relation})"
    return landing


def _has_more_headers(head: Head, counted: Survey) -> bool:
    return head.has_header and counted.header_repeats > (head.line > 1)


def _totals(head: Head) -> str:
    """How many records may be totals by their first filled cell."""
    cells = ", ".join(f"nullif(trim({cell}), '')" for cell in _cells(head.names)[:6])
    pattern = rf"(?i)(.{{0,40}}[\s:：-])?({TOTALS})\s*[:：]?".replace("'", "''")
    return f"count(*) filter (regexp_full_match(coalesce({cells}, ''), '{pattern}'))"


def _ends_in_rows(source: Source, found: Dialect, counted: Survey) -> bool:
    """Whether the last lines are rows of the table, none of them a footer or a total."""
    size = source.text.stat().st_size
    with open(source.text, "rb") as file:
        file.seek(max(0, size - TAIL))
        tail = file.read().decode("utf-8", "replace")
    lines = tail.splitlines(keepends=True)[1:] if size > TAIL else tail.splitlines(keepends=True)[found.head.skip :]
    cut = records(enumerate(lines, start=1), found.marks, found.head.width, found.head.columns)
    sifted = sift(cut, found.head, found.marks, ends_in_newline=counted.ends_in_newline)
    return all(record.reason is None for record in sifted)


def _careful(source: Source, found: Dialect, counted: Survey) -> Landing:
    head, marks = found.head, found.marks
    landing = _empty(source, found)
    lines = numbered_lines(source.text, head.skip, source.name)
    if counted.nuls:
        lines = ((number, line.replace("\0", "")) for number, line in lines)
    cut = records(lines, marks, head.width, head.columns)
    sifted = sift(cut, head, marks, ends_in_newline=counted.ends_in_newline)
    _write(landing, _with_short_rows(landing, sifted) if found.short_rows == "pad" else sifted)
    return landing


def _with_short_rows(landing: Landing, sifted: Iterable[Record]) -> Iterator[Record]:
    """The records, those with too few cells filled up with empty ones; how many is said."""
    width, lines = len(landing.headers), []
    for record in sifted:
        if record.reason == "too_few_cells":
            lines.append(record.line)
            record = replace(record, cells=record.cells + [""] * (width - len(record.cells)), reason=None)
        yield record
    if lines:
        landing.cautions.append(Caution("rows_padded", {"n": len(lines), "line": lines[0]}))


def _say_what_is_odd(landing: Landing, head: Head, counted: Survey | None = None) -> None:
    """Cautions that a person should see before trusting the rows; what a survey of the text found besides."""
    said = landing.cautions
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
    if counted and counted.nuls:
        said.append(Caution("nuls_removed", {"n": counted.nuls}))
    damaged = _first_damaged(landing.source) if counted else 0
    if damaged or (counted and counted.lost_characters):
        said.append(Caution("damaged_text", {"line": damaged or "?", "n": counted.lost_characters}))


def _first_damaged(source: Source) -> int:
    """The first line that was damaged before it was exported; 0 where none of the first lines looks so."""
    lines = islice(numbered_lines(source.text, name=source.name), LOOKED_AT)
    return next((number for number, line in lines if decode.is_damaged(line[:4096])), 0)


def _sheets(source: Source, sheet: str | None, dialect: Dialect | None) -> list[Landing]:
    """One landing for each sheet that holds a table; a sheet without one is named. Of a known dialect its sheet alone."""
    titles = workbook.unpack(source.raw, source.name)
    if dialect:
        return [_sheet(source, sheet, titles.index(sheet), dialect.head)]
    heads = [_sheet_head(source, sheet) for sheet in range(len(titles))]
    widest = max((head.width for head in heads), default=0)
    if not widest:
        raise ImportRefused("E_EMPTY", file=source.name)
    tables = [sheet for sheet, head in enumerate(heads) if head.width >= min(widest, 2)]
    landings = [_sheet(source, titles[sheet], sheet, heads[sheet]) for sheet in tables]
    others = [title for sheet, title in enumerate(titles) if sheet not in tables and heads[sheet].width]
    if others:
        landings[0].cautions.append(Caution("sheets_without_table", {"sheets": ", ".join(others)}))
    return landings


def _sheet_head(source: Source, sheet: int) -> Head:
    """The head of a sheet; titles and notes fill a few cells of a row, tables at least half."""
    first = list(islice(workbook.rows(source.raw, sheet), LOOKED_AT))
    full = (len(row.cells) for row in first if 2 * sum(map(bool, row.cells)) >= len(row.cells))
    width = max(full, default=0)
    return headers.find([_padded(row, width) for row in first], width)


def _sheet(source: Source, title: str, sheet: int, head: Head) -> Landing:
    _check_width(f"{source.name} · {title}", head)
    landing = _empty(source, Dialect(Marks("\t"), head))
    landing.sheet, landing.name = title, f"{source.name} · {title}"
    rows = (row for row in workbook.rows(source.raw, sheet) if row.line > head.skip)
    _write(landing, sift((_padded(row, head.width) for row in rows), head, Marks("\t")))
    _say_what_is_odd(landing, head)
    return landing


def _padded(row: Record, width: int) -> Record:
    """A row of a sheet as wide as its table: sheets keep no empty cells at the end."""
    if len(row.cells) > width:
        return replace(row, reason="too_many_cells")
    return replace(row, cells=row.cells + [""] * (width - len(row.cells)))


def _write(landing: Landing, found: Iterable[Record]) -> None:
    """Write the rows to a clean copy, and list the other records."""
    clean = landing.source.raw.with_name(f"{landing.source.raw.stem}-{uuid.uuid4().hex}.csv")
    with open(clean, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for record in found:
            if record.reason is None:
                writer.writerow([record.line, *record.cells])
                landing.records += 1
            elif record.reason in NO_ROWS:
                landing.skipped.append(record)
            else:
                landing.ragged.append(record)
    landing.skipped.sort(key=lambda record: record.line)
    landing.ragged.sort(key=lambda record: record.line)
    columns = ["source_line", *_cells(landing.headers)]
    others, ends = ", ".join(columns[1:]), ", new_line='\\n'"  # without it carriage returns inside cells get lost
    reader = _read_csv(clean, ",", 0, columns, ends)
    landing.relation = f"(select cast(source_line as bigint) as source_line, {others} from {reader})"


def _cells(headers: list[str]) -> list[str]:
    """Names of the text columns: the file's own headers never reach SQL."""
    return [f"c{place}" for place in range(len(headers))]


def _read_csv(path: Path, delimiter: str, skip: int, columns: list[str], more: str = "") -> str:
    """A DuckDB reader that guesses nothing: one delimiter, one quote, text columns, errors raised."""
    text = str(path).replace("'", "''")
    names = ", ".join(f"'{name}': 'VARCHAR'" for name in columns)
    return (
        f"read_csv('{text}', auto_detect=false, header=false, skip={skip}, delim='{delimiter}', quote='\"', escape='\"', "
        f"columns={{{names}}}, strict_mode=true, null_padding=false, max_line_size={MOST_BYTES}{more})"
    )
