"""How a text is cut into cells, found on its first lines: the marks under which most lines agree, then the header."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from crm_analytics.importing.landing import header as headers
from crm_analytics.importing.landing.cells import PLAIN, WHITESPACE, Marks
from crm_analytics.importing.landing.columns import Columns, is_number
from crm_analytics.importing.landing.header import Head
from crm_analytics.importing.landing.records import Line, Record, numbered_lines, records

UNUSUAL = {
    ":": 0.7,
    "~": 0.9,
    "^": 0.9,
    "\x1f": 1.0,
    "\x01": 1.0,
    " ": 0.75,
    WHITESPACE: 0.7,
} | dict.fromkeys("#!*§，；｜、\x1c\x1d\x1e", 0.8)  # -> how far they are trusted
TRUSTED = ("~", "^", "\x1f", "\x01")  # the others of these also stand inside values
RUN = re.compile(r"""[^\w\s"'\\.+\-()%￥¥$€£\udc00-\udcff]{2,4}""")
ONE_COLUMN = (",", "\t", ";", "|", "\x1f")  # the first that a text does not hold leaves its lines whole
NO_VALUE = set("-*?.—")
LONG = 200  # characters; such a cell is prose, with all its commas
LOOKED_AT = 400  # lines
LOOKED_INTO = 1 << 18  # characters
CLEAR = 0.9  # agreement at which no unusual delimiter is tried
ENOUGH = 0.2  # below this a text has one column


@dataclass(frozen=True)
class Dialect:
    """The marks of a text, where its table begins, and what becomes of rows with too few cells: aside, or pad."""

    marks: Marks
    head: Head
    short_rows: str = "aside"


def detect(text: Path, name: str, delimiter: str | None = None) -> Dialect:
    """The dialect of a UTF-8 text; `delimiter` where a person has said it. Raises ImportRefused E_CELL_TOO_BIG."""
    lines = _first_lines(text, name)
    return _with_head(lines, _marks(lines, delimiter))


def _first_lines(text: Path, name: str) -> list[Line]:
    lines, size, whole, quotes = [], 0, 0, 0
    for number, line in numbered_lines(text, name=name):
        lines.append((number, line.replace("\0", "")))
        size += len(line)
        quotes += line.count('"')
        whole += quotes % 2 == 0  # a line inside a long cell tells nothing
        if whole == LOOKED_AT or size > LOOKED_INTO:
            break
    return lines


def _with_head(lines: list[Line], marks: Marks) -> Dialect:
    rows = _rows(lines, marks)
    return Dialect(marks, headers.find(rows, _usual_width(rows)))


def _rows(lines: list[Line], marks: Marks) -> list[Record]:
    return list(records(lines, marks, 0))


def _marks(lines: list[Line], delimiter: str | None) -> Marks:
    text = "".join(line for _, line in lines)
    delimiters = [delimiter] if delimiter else _delimiters(lines, text)
    best, agreement = _best(lines, text, delimiters)
    if agreement < CLEAR and not delimiter:
        unusual = [mark for mark in UNUSUAL if mark == WHITESPACE or mark in text]
        best, agreement = max((best, agreement), _best(lines, text, unusual), key=lambda found: found[1])
    if delimiter or agreement >= ENOUGH:
        return best
    whole = (mark for mark in ONE_COLUMN if mark not in text)
    return Marks(next(filter(lambda mark: _is_everywhere(lines, mark), PLAIN), next(whole, ",")))


def _is_everywhere(lines: list[Line], mark: str) -> bool:
    """Whether most lines hold the mark equally often, whatever their quotes say: a table whose quotes are broken."""
    counts = Counter(line.count(mark) for _, line in lines if line.strip())
    count, times = counts.most_common(1)[0] if counts else (0, 0)
    return count > 0 and times >= 0.8 * counts.total()


def _best(lines: list[Line], text: str, delimiters: list[str]) -> tuple[Marks, float]:
    """The marks under which the lines agree best, and how well."""
    choices = [
        Marks(mark, quote, escape)
        for mark in delimiters
        for quote in ('"', "'")
        for escape in (quote, "\\")
        if quote == '"' or _encloses(text, quote, mark)
        if escape == quote or f"\\{quote}" in text or f"\\{mark}" in text
    ]
    agreement = {marks: round(_agreement(_rows(lines, marks), marks), 3) for marks in choices}
    best = max(choices, key=agreement.__getitem__, default=Marks())
    return best, agreement.get(best, 0.0)


def _delimiters(lines: list[Line], text: str) -> list[str]:
    """Delimiters worth trying, longer ones first: where both agree the shorter one is only a part."""
    found = [mark for mark in PLAIN if mark in text]
    runs = Counter(run for _, line in lines for run in set(RUN.findall(line)))
    longer = [run for run, times in runs.most_common(4) if times > 1]
    return [mark for mark in (" | ", ", ", "; ", "| ") if mark in text] + longer + found


def _encloses(text: str, quote: str, delimiter: str) -> bool:
    """Whether cells are enclosed in this quote: as many begin with it as end with it."""
    edge = r"\s" if delimiter == WHITESPACE else re.escape(delimiter)
    opened = len(re.findall(rf"(?:^|{edge})\s?{quote}", text, re.MULTILINE))
    closed = len(re.findall(rf"{quote}\s?(?:{edge}|\r?$)", text, re.MULTILINE))
    return opened > 0 and abs(opened - closed) <= 0.1 * max(opened, closed)


def _agreement(rows: list[Record], marks: Marks) -> float:
    """How well the lines agree that these are the marks: same number of cells, and cells that hold one value each."""
    width = _usual_width(rows)
    if width < 2:
        return 0.0
    first = next(place for place, row in enumerate(rows) if len(row.cells) == width)
    last = max(place for place, row in enumerate(rows) if len(row.cells) > 1)
    inside, outside = rows[first : last + 1], len(rows) - (last + 1 - first)
    regular = [row.cells for row in inside if len(row.cells) == width and not _has_fault(row)]
    if not regular or marks.delimiter in UNUSUAL and not _may_be_unusual(rows, regular, width, marks.delimiter):
        return 0.0
    share = len(regular) / (sum(bool(row.cells) for row in inside) + 0.1 * outside)
    if width == 2 and not _numbers(regular):  # a few sentences with a comma each are no table
        share *= (len(regular) / sum(bool(row.cells) for row in rows)) ** 2
    cells = [cell for row in regular for cell in row if cell.strip() and len(cell) < LONG]
    clean = sum(_is_one_value(cell, marks) for cell in cells) / len(cells) if cells else 0.0
    share *= 1 - sum(map(_has_fault, inside)) / len(inside)
    share *= len(regular) / (len(regular) + 1)  # one line alone agrees with anything, if there are others
    share *= 0.6 if len(regular) == 1 and len(inside) + outside > 2 else 1.0
    return share * (0.4 + 0.6 * clean) * UNUSUAL.get(marks.delimiter, 1.0)


def _usual_width(rows: list[Record]) -> int:
    """The most frequent number of cells beyond one; 1 where no two lines share one."""
    widths = Counter(len(row.cells) for row in rows if len(row.cells) > 1)
    if not widths:
        return 1
    width = max(widths, key=lambda each: (widths[each], each))
    alone = sum(len(row.cells) == 1 for row in rows)
    return width if widths[width] > 1 or width > 2 or not alone else 1


def _has_fault(row: Record) -> bool:
    return row.reason not in (None, "too_many_cells", "too_few_cells")


def _may_be_unusual(rows: list[Record], regular: list[list[str]], width: int, delimiter: str) -> bool:
    """Blanks, colons and the like also stand inside values: they part cells where columns carry numbers, and a header agrees."""
    if delimiter in TRUSTED:
        return True
    columns = Columns.of(_lower(regular), width)
    filled = [row.cells for row in rows if row.cells]
    first = next(place for place, cells in enumerate(filled) if len(cells) == width)
    is_alike = all(headers.may_be_row(row) for row in [row for row in rows if row.cells][:first])
    return len(regular) > 1 and bool(_numbers(regular)) and (is_alike or not columns.fit(filled[first]))


def _numbers(regular: list[list[str]]) -> list[int]:
    """Places of the columns that hold numbers below the header."""
    below = _lower(regular)
    return [
        place for place in range(len(regular[0])) if _are_numbers([row[place] for row in below if row[place].strip()])
    ]


def _lower(regular: list[list[str]]) -> list[list[str]]:
    """The lower two thirds: titles and headers stand above them; a header that comes again tells no more."""
    lower = regular[(len(regular) + 2) // 3 :]
    return [row for row in lower if row != regular[0]] or lower


def _are_numbers(cells: list[str]) -> bool:
    return 10 * sum(map(is_number, cells)) >= 8 * len(cells) > 0


def _is_one_value(cell: str, marks: Marks) -> bool:
    text = cell.strip()
    if is_number(text):
        return True
    if not any(map(str.isalnum, text)) and set(text) - NO_VALUE:
        return False  # rather a piece of a longer delimiter
    if text[0] in "\"'" and text[-1] == text[0] and len(text) > 1:
        return False  # a quote that these marks do not take for one
    return (
        not any(mark in text for mark in {*PLAIN, *(marks.delimiter.strip() if marks.delimiter != WHITESPACE else ())})
        and '\\"' not in text
    )
