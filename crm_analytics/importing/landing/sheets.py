"""The landing of a workbook: one for each sheet that holds a table."""

from itertools import islice

from crm_analytics.errors import ImportRefused
from crm_analytics.importing.caution import Caution
from crm_analytics.importing.landing import header as headers
from crm_analytics.importing.landing import workbook
from crm_analytics.importing.landing.cells import Marks
from crm_analytics.importing.landing.clean import Landing, begin, check_width, say_what_is_odd, write
from crm_analytics.importing.landing.dialect import Dialect
from crm_analytics.importing.landing.header import Head
from crm_analytics.importing.landing.records import Record
from crm_analytics.importing.landing.sift import sift
from crm_analytics.importing.landing.source import Source

LOOKED_AT = 400  # rows in which the header is looked for


def land_sheets(source: Source, sheet: str | None = None, dialect: Dialect | None = None) -> list[Landing]:
    """One landing for each sheet that holds a table; a sheet without one is named. Of a known dialect its sheet alone."""
    titles = workbook.unpack(source.raw, source.name)
    if dialect:
        return [_landed(source, sheet, titles.index(sheet), dialect.head)]
    heads = [_head(source, place) for place in range(len(titles))]
    widest = max((head.width for head in heads), default=0)
    if not widest:
        raise ImportRefused("E_EMPTY", file=source.name)
    tables = [place for place, head in enumerate(heads) if head.width >= min(widest, 2)]
    landings = [_landed(source, titles[place], place, heads[place]) for place in tables]
    others = [title for place, title in enumerate(titles) if place not in tables and heads[place].width]
    if others:
        landings[0].cautions.append(Caution("sheets_without_table", {"sheets": ", ".join(others)}))
    return landings


def _head(source: Source, place: int) -> Head:
    """The head of a sheet; titles and notes fill a few cells of a row, tables at least half."""
    first = list(islice(workbook.rows(source.raw, place), LOOKED_AT))
    full = (len(row.cells) for row in first if 2 * sum(map(bool, row.cells)) >= len(row.cells))
    width = max(full, default=0)
    return headers.find([_padded(row, width) for row in first], width)


def _landed(source: Source, title: str, place: int, head: Head) -> Landing:
    check_width(f"{source.name} · {title}", head)
    landing = begin(source, Dialect(Marks("\t"), head))
    landing.sheet, landing.name = title, f"{source.name} · {title}"
    rows = (row for row in workbook.rows(source.raw, place) if row.line > head.skip)
    write(landing, sift((_padded(row, head.width) for row in rows), head, Marks("\t")))
    say_what_is_odd(landing)
    return landing


def _padded(row: Record, width: int) -> Record:
    """A row of a sheet as wide as its table: sheets keep no empty cells at the end."""
    if len(row.cells) > width:
        return row._replace(reason="too_many_cells")
    return row._replace(cells=row.cells + [""] * (width - len(row.cells)))
