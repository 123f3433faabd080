"""What the columns of a table usually hold, as far as it tells rows from headers, totals and text: which of them carry digits."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

ENOUGH = 0.9  # of the filled cells of a column
LONGEST = 60  # characters of a value with a form; beyond, it is text
NUMBER_MARKS = set("0123456789.,-+%￥¥$€£:/ ()")
DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Columns:
    """The width of a table and the places of its formed columns: numbers, dates, codes, whose every value has a digit."""

    width: int
    formed: frozenset[int] = frozenset()

    @classmethod
    def of(cls, rows: Sequence[Sequence[str]], width: int) -> "Columns":
        """The columns of these rows; those of another width say nothing."""
        rows = [row for row in rows if len(row) == width]
        return cls(width, frozenset(place for place in range(width) if _is_formed([row[place] for row in rows])))

    def fit(self, cells: Sequence[str]) -> bool:
        """Whether cells look like a row: the right number of them, digits where they belong, in one formed column at least."""
        if len(cells) != self.width or not self.formed:
            return False
        filled = [cells[place] for place in self.formed if cells[place].strip()]
        return bool(filled) and all(map(DIGIT.search, filled))

    def name(self, cells: Sequence[str]) -> bool:
        """Whether cells look like a header: every formed column has a name, without digits, and no name comes twice."""
        if len(cells) != self.width or not self.formed:
            return False
        over = [cells[place].strip() for place in self.formed]
        filled = [cell.strip() for cell in cells if cell.strip()]
        return all(over) and not any(map(DIGIT.search, over)) and len(set(filled)) == len(filled)


def _is_formed(values: list[str]) -> bool:
    filled = [value for value in values if value.strip()]
    formed = sum(bool(DIGIT.search(value)) and len(value) <= LONGEST for value in filled)
    return bool(filled) and formed >= ENOUGH * len(filled)


def is_number(cell: str) -> bool:
    """Whether a cell is a number, a date or a time: digits and the marks between them."""
    text = cell.strip()
    return set(text) <= NUMBER_MARKS and bool(DIGIT.search(text))
