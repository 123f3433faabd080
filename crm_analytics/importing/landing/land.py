"""The lossless text landing: every record of a file as text cells with its line number, ready for SQL.

Two roads lead to the same landing. The fast one hands the text to DuckDB under an explicit dialect, once the whole file is
known to hold one record per line: DuckDB must read it without error and find exactly as many records as there are lines.
Everything else takes the careful road of `records` and `sift`, which writes a clean copy.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path

import duckdb

from crm_analytics.database import Database
from crm_analytics.errors import ImportRefused
from crm_analytics.importing.caution import Caution
from crm_analytics.importing.landing import careful, corrected, decode, survey
from crm_analytics.importing.landing import dialect as dialects
from crm_analytics.importing.landing.clean import Landing, begin, check_width, read_csv, say_what_is_odd, text_columns
from crm_analytics.importing.landing.dialect import Dialect
from crm_analytics.importing.landing.header import Head
from crm_analytics.importing.landing.records import BAD_BYTES, numbered_lines, records
from crm_analytics.importing.landing.sheets import land_sheets
from crm_analytics.importing.landing.sift import TOTALS, sift
from crm_analytics.importing.landing.source import Source, discard, fetch
from crm_analytics.importing.landing.survey import Survey

LOOKED_AT = 400  # lines in which damage is looked for
TAIL = 1 << 16  # bytes at the end of a file that are looked at for a footer or a total


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
            landings = land_sheets(source, sheet, dialect)
        else:
            found = dialect or replace(dialects.detect(source.text, source.name, delimiter), short_rows=short_rows)
            landings = [_text(database, source, found)]
        return [corrected.apart(landing) for landing in landings]
    except BaseException:
        discard(source)
        raise


def _text(database: Database, source: Source, found: Dialect) -> Landing:
    check_width(source.name, found.head)
    counted, rows = _looked_through(database, source, found)
    is_proven = rows is not None and _is_proven(database, source, found, counted, rows)
    landing = _fast(source, found, rows) if is_proven else careful.land(source, found, counted)
    undecoded = next((each.raw for each in landing.ragged if each.reason == "bad_bytes"), "")
    if undecoded and not landing.records:
        byte = " ".join(f"{ord(character) - 0xDC00:02x}" for character in BAD_BYTES.findall(undecoded)[:8])
        raise ImportRefused("E_ENCODING", file=source.name, encoding=source.encoding, byte=byte)
    _say_what_is_odd(landing, counted)
    return landing


def _looked_through(database: Database, source: Source, found: Dialect) -> tuple[Survey, int | None]:
    """What the whole text is made of, and how many rows the engine reads in it: None where it cannot. Each keeps one processor busy."""
    con = database.cursor()
    try:
        with ThreadPoolExecutor(1) as beside:
            rows = beside.submit(_rows, con, source, found) if found.marks.is_plain else None
            counted = survey.survey(source.text, source.name, found.head.raw, found.marks.delimiter)
        return counted, rows.result() if rows else None
    finally:
        con.close()


def _rows(con, source: Source, found: Dialect) -> int | None:
    try:
        return con.execute(f"select count(*) from {_reader(source, found)}").fetchone()[0]
    except duckdb.Error:
        return None  # the careful road says which line, and keeps the others


def _reader(source: Source, found: Dialect) -> str:
    return read_csv(source.text, found.marks.delimiter, found.head.skip, text_columns(found.head.names))


def _is_proven(database: Database, source: Source, found: Dialect, counted: Survey, rows: int) -> bool:
    """Whether the engine reads one record per line, and every line is one."""
    head = found.head
    lines = counted.newlines + (not counted.ends_in_newline) - head.skip
    if not counted.is_regular or rows != lines or "\n" in head.raw or _has_more_headers(head, counted):
        return False
    return _ends_in_rows(source, found, counted) and not (
        counted.may_hold_totals and _totals(database.cursor(), source, found)
    )


def _fast(source: Source, found: Dialect, rows: int) -> Landing:
    """The landing read by DuckDB itself."""
    landing, relation = begin(source, found), _reader(source, found)
    numbered = f"(select row_number() over () + {found.head.skip} as source_line, * from {relation})"
    landing.records, landing.in_order, landing.relation = rows, relation, numbered
    return landing


def _has_more_headers(head: Head, counted: Survey) -> bool:
    return head.has_header and counted.header_repeats > (head.line > 1)


def _totals(con, source: Source, found: Dialect) -> int:
    """How many records may be totals by their first filled cell."""
    first = ", ".join(f"nullif(trim({cell}), '')" for cell in text_columns(found.head.names)[:6])
    pattern = rf"(?i)(.{{0,40}}[\s:：-])?({TOTALS})\s*[:：]?".replace("'", "''")
    is_total = f"regexp_full_match(coalesce({first}, ''), '{pattern}')"
    return con.execute(f"select count(*) from {_reader(source, found)} where {is_total}").fetchone()[0]


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


def _say_what_is_odd(landing: Landing, counted: Survey) -> None:
    """Cautions that a person should see before trusting the rows; what the survey of the text found besides."""
    say_what_is_odd(landing)
    said = landing.cautions
    if counted.nuls:
        said.append(Caution("nuls_removed", {"n": counted.nuls}))
    damaged = _first_damaged(landing.source)
    if damaged or counted.lost_characters:
        said.append(Caution("damaged_text", {"line": damaged or "?", "n": counted.lost_characters}))


def _first_damaged(source: Source) -> int:
    """The first line that was damaged before it was exported; 0 where none of the first lines looks so."""
    lines = islice(numbered_lines(source.text, name=source.name), LOOKED_AT)
    return next((number for number, line in lines if decode.is_damaged(line[:4096])), 0)
