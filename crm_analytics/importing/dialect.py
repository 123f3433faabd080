"""How a text is cut into cells: the delimiter and the line of the header, found on its first lines."""

import csv
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

DELIMITERS = (",", ";", "\t", "|")
LOOKED_AT = 200  # lines
NUMBER_MARKS = set("0123456789.,-+%￥¥$€£:/ ")


@dataclass(frozen=True)
class Dialect:
    """Delimiter, the number of lines before the header, and the header's cells as they stand in the file.

    A file without a header has `has_header` False; `header` is then its first record.
    """

    delimiter: str
    preamble: int
    header: tuple[str, ...]
    has_header: bool = True

    @property
    def header_line(self) -> int:
        """Line of the header; 0 without one."""
        return self.preamble + 1 if self.has_header else 0

    @property
    def lines_before_data(self) -> int:
        return self.preamble + (1 + sum(cell.count("\n") for cell in self.header) if self.has_header else 0)

    @property
    def names(self) -> list[str]:
        """Names that tell the columns apart: the header's, or their places."""
        return unique(self.header if self.has_header else ("",) * len(self.header))


def detect(text: Path, delimiter: str | None = None) -> Dialect:
    """The dialect of a UTF-8 text. The header is the first line of the usual width."""
    with open(text, encoding="utf-8", errors="replace", newline="") as file:
        lines = list(islice((line for line in file), LOOKED_AT))
    choice = delimiter or max(DELIMITERS, key=lambda mark: _regularity(lines, mark))
    rows = _rows(lines, choice)
    width = _usual_width(rows)
    first = next(
        (number for number, row in enumerate(rows) if len(row) == width and any(cell.strip() for cell in row)), 0
    )
    line = sum(1 + sum(cell.count("\n") for cell in row) for row in rows[:first])
    header = tuple(rows[first]) if rows else ()
    return Dialect(choice, line, header, not _looks_like_data(header))


def _rows(lines: list[str], delimiter: str) -> list[list[str]]:
    rows = []
    try:
        for row in csv.reader(lines, delimiter=delimiter):
            rows.append(row)
    except csv.Error:
        pass  # what was read so far tells enough
    return rows


def _usual_width(rows: list[list[str]]) -> int:
    widths = Counter(len(row) for row in rows if row)
    return max(widths, key=lambda width: (widths[width], width)) if widths else 1


def _regularity(lines: list[str], delimiter: str) -> tuple[float, int]:
    """Share of lines that have the usual number of cells, where that is more than one; then how many cells."""
    rows = [row for row in _rows(lines, delimiter) if row]
    width = _usual_width(rows)
    if width < 2:
        return (0.0, 0)
    return (round(sum(len(row) == width for row in rows) / len(rows), 2), width)


def unique(header: tuple[str, ...]) -> list[str]:
    """Header cells that tell the columns apart: a repeated name gets a number, a blank one its place."""
    seen: Counter = Counter()
    names = []
    for place, cell in enumerate(header, start=1):
        name = cell.strip() or f"column {place}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def _looks_like_data(header: tuple[str, ...]) -> bool:
    """Whether a line is rather a record than a header: half of its filled cells are numbers or dates."""
    filled = [cell.strip() for cell in header if cell.strip()]
    numbers = sum(set(cell) <= NUMBER_MARKS and any(character.isdigit() for character in cell) for cell in filled)
    return bool(filled) and 2 * numbers >= len(filled)
