"""Where a table begins: what stands before its header, the header itself in one line or two, or that there is none."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from crm_analytics.importing.landing.cells import OPEN, PLAIN, STRAY
from crm_analytics.importing.landing.columns import DIGIT, Columns, is_number
from crm_analytics.importing.landing.records import Record, printable

LINE_END = re.compile(r"\r\n|\n|\r")
NO_VALUES = {"n/a", "na", "null", "none", "nan", "-", "--", "?", "unknown", "tbd", "无", "無", "空", "未知"}


@dataclass(frozen=True)
class Head:
    """The header's cells as they stand in the file, padded to the table's width; without a header they are its first record.

    `line`: the header's line, 0 without one. `skip`: lines before the first record of data. `before`: what stands there and is
    no header. `columns`: what the columns usually hold. `raw`: the header as it stands in the file.
    """

    cells: tuple[str, ...]
    has_header: bool
    line: int
    skip: int
    before: tuple[Record, ...]
    columns: Columns
    raw: str = ""
    is_joined: bool = False

    @property
    def width(self) -> int:
        return len(self.cells)

    @property
    def names(self) -> list[str]:
        """Names that tell the columns apart: the header's, or their places."""
        return unique(self.cells if self.has_header else ("",) * self.width)


def find(rows: Sequence[Record], width: int) -> Head:
    """The head of a table from its first records, of which most have this number of cells."""
    head = _find(rows, width)
    return replace(head, cells=tuple(map(printable, head.cells)))


def _find(rows: Sequence[Record], width: int) -> Head:
    place = _first_full(rows, width)
    if place is None:
        return Head((), False, 0, 0, (), Columns(0))
    above = next((row for row in rows[:place][::-1] if row.cells), None)
    first = next((number for number in range(place) if sum(map(bool, map(str.strip, rows[number].cells))) > 1), None)
    if first is not None and _is_short_header(rows[first], rows[first + 1 :], width):
        place, above = first, None
        width = len(rows[first].cells) + _ends_in_delimiter(rows[first + 1 :], len(rows[first].cells) + 1)
    cells = (*rows[place].cells, *("",) * width)[:width]
    columns = Columns.of(_up_to_gap(rows[place + 1 :], width), width)
    is_aligned = above is None or not _is_misaligned(above, rows[place], columns)
    if not (is_aligned and _is_header(cells, [row.cells for row in rows[place + 1 :]], columns)):
        columns = Columns.of(_up_to_gap(rows[place:], width), width)
        while place and may_be_row(rows[place - 1]):  # rows that are spoilt are no preamble
            place -= 1
        return Head(cells, False, 0, rows[place].line - 1, _preamble(rows[:place]), columns)
    head = Head(cells, True, rows[place].line, _end(rows[place]), _preamble(rows[:place]), columns, rows[place].raw)
    return _with_second(head, rows[place + 1 :])


def _up_to_gap(rows: Sequence[Record], width: int) -> list[list[str]]:
    """The rows of the table up to a blank line, where another table may begin; all, where blank lines are everywhere."""
    gap = next((place for place, row in enumerate(rows) if place and not row.cells), len(rows))
    some, every = ([row.cells for row in part if len(row.cells) == width] for part in (rows[:gap], rows))
    return some if len(some) > 1 else every


def _first_full(rows: Sequence[Record], width: int) -> int | None:
    """Place of the first record of the usual width with cells enough for a header; titles padded with delimiters have one."""
    sound = [place for place, row in enumerate(rows) if row.reason not in (OPEN, STRAY)]
    wide = [place for place in sound if len(rows[place].cells) == width and any(map(str.strip, rows[place].cells))]
    full = (place for place in wide if sum(bool(c.strip()) for c in rows[place].cells) >= min(width, max(2, width / 2)))
    return next(full, next(iter(wide), next((place for place, row in enumerate(rows) if row.cells), None)))


def _is_short_header(first: Record, below: Sequence[Record], width: int) -> bool:
    """Whether a first line of another width than most is the header all the same: names, over rows that do not agree or that
    end in a delimiter more."""
    filled = [cell.strip() for cell in first.cells if cell.strip()]
    if len(set(filled)) < 2 or any(map(DIGIT.search, filled)):
        return False
    usual, all_rows = sum(len(row.cells) == width for row in below), sum(len(row.cells) > 1 for row in below)
    if 2 * usual > all_rows:
        return len(first.cells) == width - 1 and _ends_in_delimiter(below, width)
    return True


def may_be_row(row: Record) -> bool:
    """Whether a line of another width than the table's is a spoilt row rather than a remark."""
    if row.reason in (OPEN, STRAY):
        return True
    filled = [cell for cell in row.cells if cell.strip()]
    has_rival = any("".join(filled).count(mark) > 1 for mark in PLAIN)
    return bool(DIGIT.search(row.raw)) and (len(filled) > 1 or has_rival or len("".join(filled).split()) == 1)


def _ends_in_delimiter(rows: Sequence[Record], width: int) -> bool:
    """Whether every line of data ends in a delimiter that the header lacks."""
    last = [row.cells[-1] for row in rows if len(row.cells) == width]
    return bool(last) and not any(map(str.strip, last))


def _is_misaligned(above: Record, first: Record, columns: Columns) -> bool:
    """Whether the line right above has one cell more or less: names that cannot be told apart from the columns' places."""
    is_near = _end(above) == first.line - 1 and len(above.cells) > 1 and abs(len(above.cells) - len(first.cells)) == 1
    return is_near and not columns.name(first.cells)


def _is_header(cells: Sequence[str], below: list[list[str]], columns: Columns) -> bool:
    """Whether a line rather names the columns than fills them."""
    rows = [row for row in below if len(row) == len(cells) and (row != list(cells) or len(cells) == 1)]
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not rows:
        return 2 * sum(map(is_number, filled)) < len(filled)
    if _are_years(cells, rows):
        return True
    numeric = [place for place in columns.formed if _holds_numbers([row[place] for row in rows])]
    over = [cells[place].strip() for place in numeric if cells[place].strip().lower() not in NO_VALUES]
    over = [cell for cell in over if cell]
    if over:
        return 2 * sum(map(is_number, over)) < len(over)
    coded = [cells[place].strip() for place in columns.formed if cells[place].strip()]
    if coded:
        return not all(map(DIGIT.search, coded))
    if 2 * sum(map(is_number, filled)) >= len(filled):
        return False
    return not any(cell.strip() and cell in {row[place] for row in rows} for place, cell in enumerate(cells))


def _holds_numbers(values: list[str]) -> bool:
    filled = [value for value in values if value.strip()]
    return 10 * sum(map(is_number, filled)) >= 9 * len(filled) > 0


def _are_years(cells: Sequence[str], rows: list[list[str]]) -> bool:
    """region, 2021, 2022, 2023: numbers that count up from word to word are names, where the numbers below are of another kind."""
    numbers = [place for place, cell in enumerate(cells) if cell.strip().isascii() and cell.strip().isdigit()]
    years = [int(cells[place]) for place in numbers]
    others = [cell for place, cell in enumerate(cells) if place not in numbers]
    if len(years) < 2 or 0 in numbers or any(map(DIGIT.search, others)):
        return False
    if any(later <= one for one, later in zip(years, years[1:], strict=False)):
        return False
    if years[-1] - years[0] >= len(years) and not all(1900 <= year <= 2100 for year in years):
        return False
    below = [row[place].strip() for row in rows for place in numbers if row[place].strip()]
    return not all(cell.isdigit() and years[0] <= int(cell) <= years[-1] for cell in below if cell.isascii())


def _with_second(head: Head, below: Sequence[Record]) -> Head:
    """The head with further header lines right below: joined where the first leaves cells blank or repeats itself, else listed."""
    for number, row in enumerate(below):
        rows = [each.cells for each in below[number + 1 :] if len(each.cells) == head.width]
        columns = Columns.of(rows, head.width)
        words = {cell.strip().lower() for cell in row.cells}
        if len(rows) < 2 or len(columns.formed) < 2 or not columns.name(row.cells) or words & NO_VALUES:
            break
        names = [cell.strip() for cell in head.cells]
        if all(names) and len(set(names)) == len(names):
            listed = Record(row.line, row.raw, [], "second_header")
            head = replace(head, skip=_end(row), before=(*head.before, listed), columns=columns)
        else:
            cells = tuple(f"{one} {two.strip()}".strip() for one, two in zip(_spread(names), row.cells, strict=True))
            head = replace(head, cells=cells, skip=_end(row), columns=columns, is_joined=True)
    return head


def _spread(names: list[str]) -> list[str]:
    """A merged cell names the columns to its right too."""
    spread: list[str] = []
    for name in names:
        spread.append(name or (spread[-1] if spread else ""))
    return spread


def _end(row: Record) -> int:
    """The last line that a record takes."""
    return row.line + len(LINE_END.findall(row.raw))


def _preamble(rows: Sequence[Record]) -> tuple[Record, ...]:
    """What stands before the table: titles and remarks, or another table, which is not skipped but set aside."""
    found, place = [], 0
    while place < len(rows):
        run = place + 1
        while run < len(rows) and len(rows[run].cells) == len(rows[place].cells) > 1:
            run += 1
        reason = "second_table" if _are_table(rows[place:run]) else "preamble"
        found += [Record(row.line, row.raw, [], reason) for row in rows[place:run]]
        place = run
    return tuple(found)


def _are_table(rows: Sequence[Record]) -> bool:
    """Whether lines are a header and at least two rows, rather than remarks such as From: 2024-01-01."""
    has_digits = [bool(DIGIT.search(row.raw)) for row in rows]
    return (
        len(rows) > 2
        and not has_digits[0]
        and all(has_digits[1:])
        and not rows[0].cells[0].rstrip().endswith((":", "："))
    )


def unique(header: Sequence[str]) -> list[str]:
    """Header cells that tell the columns apart: a repeated name gets a number, a blank one its place."""
    given = [cell.strip() or f"column {place}" for place, cell in enumerate(header, start=1)]
    taken: set[str] = set()
    names = []
    for name in given:
        fresh, number = name, 1
        while fresh in taken or (number > 1 and fresh in given):
            number += 1
            fresh = f"{name} ({number})"
        taken.add(fresh)
        names.append(fresh)
    return names
