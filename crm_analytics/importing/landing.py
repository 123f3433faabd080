"""The lossless text landing: every record of a file as text cells with its line number, ready for SQL.

Two roads lead to the same landing. The fast one hands the text to DuckDB under an explicit dialect, once the whole file is
known to hold one record per line: DuckDB must read it without error and find exactly as many records as there are lines.
Everything else takes the careful road of `records`, which writes a clean copy.
"""

import csv
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from crm_analytics.database import Database
from crm_analytics.errors import ImportRefused
from crm_analytics.importing import dialect as dialects
from crm_analytics.importing import workbook
from crm_analytics.importing.records import Record, records
from crm_analytics.importing.source import Source, fetch

MOST_COLUMNS = 2_000
MOST_LINE = 16 << 20  # bytes of one record


@dataclass
class Landing:
    """A file's records as a relation with columns source_line, c0, c1 ... (all text), and what is no record of data.

    source_line is the line of the file at which the record starts.
    """

    source: Source
    name: str
    delimiter: str
    header_line: int
    headers: list[str]
    records: int
    relation: str
    sheet: str | None = None
    skipped: list[Record] = field(default_factory=list)
    ragged: list[Record] = field(default_factory=list)

    @property
    def physical(self) -> int:
        """Records that stand in the file: data, set aside, skipped. The header is none."""
        return self.records + len(self.ragged) + len(self.skipped)


def land(database: Database, path: Path, *, delimiter: str | None = None, encoding: str | None = None) -> list[Landing]:
    """Land a file; a workbook gives one landing per sheet. Raises ImportRefused."""
    source = fetch(path, database.folder("staging"), encoding)
    if source.kind == "xlsx":
        return [_land_sheet(source, sheet) for sheet in workbook.sheets(source.raw)]
    found = dialects.detect(source.text, delimiter)
    if len(found.header) > MOST_COLUMNS:
        raise ImportRefused("E_TOO_WIDE", file=source.name, columns=len(found.header), most=MOST_COLUMNS)
    return [_fast(database, source, found) or _careful(source, found)]


def _fast(database: Database, source: Source, found: dialects.Dialect) -> Landing | None:
    """The landing read by DuckDB itself, or None where the file is not proven to hold one record per line."""
    if source.has_odd_bytes or any("\n" in cell for cell in found.header):
        return None
    lines = source.newlines + (not source.ends_in_newline) - found.lines_before_data
    numbered = f"select row_number() over () + {found.lines_before_data} as source_line, * from "
    relation = _read_csv(source.text, found.delimiter, found.lines_before_data, _cells(found.names))
    con = database.cursor()
    try:
        if con.execute(f"select count(*) from {relation}").fetchone()[0] != lines:
            return None
    except duckdb.Error:
        return None  # the careful road says which line, and keeps the others
    finally:
        con.close()
    return Landing(
        source,
        source.name,
        found.delimiter,
        found.header_line,
        found.names,
        lines,
        f"({numbered}{relation})",
        skipped=list(_preamble(source, found)),
    )


def _preamble(source: Source, found: dialects.Dialect) -> Iterator[Record]:
    with open(source.text, encoding="utf-8", errors="surrogateescape", newline="") as file:
        for number, line in zip(range(1, found.preamble + 1), file, strict=False):
            yield Record(number, line.rstrip("\r\n"), [], "preamble")


def _careful(source: Source, found: dialects.Dialect) -> Landing:
    landing = Landing(
        source,
        source.name,
        found.delimiter,
        found.header_line,
        found.names,
        0,
        "",
        skipped=list(_preamble(source, found)),
    )
    _write(landing, records(source.text, found.delimiter, len(found.header), found.lines_before_data))
    return landing


def _land_sheet(source: Source, sheet: str) -> Landing:
    rows = workbook.rows(source.raw, sheet)
    before = []
    for header in rows:
        if sum(bool(cell) for cell in header.cells) > 1:
            break
        before.append(Record(header.line, header.raw, [], "preamble"))
    else:
        raise ImportRefused("E_EMPTY", file=f"{source.name} · {sheet}")
    width = max(place for place, cell in enumerate(header.cells, start=1) if cell)
    landing = Landing(
        source,
        f"{source.name} · {sheet}",
        "\t",
        header.line,
        dialects.unique(tuple(header.cells[:width])),
        0,
        "",
        sheet,
        before,
    )
    _write(landing, (Record(row.line, row.raw, row.cells[:width]) for row in rows))
    return landing


def _write(landing: Landing, found: Iterable[Record]) -> None:
    """Write the records that fit to a clean copy, and list those that do not."""
    clean = landing.source.raw.with_name(f"{uuid.uuid4().hex}.csv")
    with open(clean, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for record in found:
            if record.reason:
                landing.ragged.append(record)
            elif not any(cell.strip() for cell in record.cells):
                landing.skipped.append(Record(record.line, record.raw, [], "blank"))
            else:
                writer.writerow([record.line, *record.cells])
                landing.records += 1
    columns = ["source_line", *_cells(landing.headers)]
    others = ", ".join(columns[1:])
    landing.relation = (
        f"(select cast(source_line as bigint) as source_line, {others} from {_read_csv(clean, ',', 0, columns)})"
    )


def _cells(headers: list[str]) -> list[str]:
    """Names of the text columns: the file's own headers never reach SQL."""
    return [f"c{place}" for place in range(len(headers))]


def _read_csv(path: Path, delimiter: str, skip: int, columns: list[str]) -> str:
    """A DuckDB reader that guesses nothing: one delimiter, one quote, text columns, errors raised."""
    text = str(path).replace("'", "''")
    names = ", ".join(f"'{name}': 'VARCHAR'" for name in columns)
    return (
        f"read_csv('{text}', auto_detect=false, header=false, skip={skip}, delim='{delimiter}', quote='\"', escape='\"', "
        f"columns={{{names}}}, strict_mode=true, null_padding=false, max_line_size={MOST_LINE})"
    )
