"""A line of text cut into cells under known marks: a delimiter of any length, a quote, an escape. Strict, so that doubt shows."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

WHITESPACE = r"\s+"  # the delimiter of tables whose cells are set apart by runs of blanks
PLAIN = (",", ";", "\t", "|")
OPEN, STRAY = "unclosed_quote", "stray_quote"


@dataclass(frozen=True)
class Marks:
    """What sets cells apart, what encloses them, and what protects a quote inside: the quote itself, or a backslash."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'

    @property
    def is_plain(self) -> bool:
        """Whether DuckDB reads these marks exactly as this module does."""
        return self.delimiter in PLAIN and self.quote == self.escape == '"'

    @cached_property
    def _backslashed(self) -> re.Pattern | None:
        if self.escape != "\\":
            return None
        return re.compile(rf"\\({re.escape(self.quote)}|\\|{re.escape(self.delimiter)})")

    @cached_property
    def _tidy(self) -> re.Pattern:
        """A line of quoted cells and of cells without a quote: the usual case, read at once."""
        return re.compile(rf"(?:{self._cell}{re.escape(self.delimiter)})*+{self._cell}", re.DOTALL)

    @cached_property
    def _cells(self) -> re.Pattern:
        return re.compile(rf"(?:\A|{re.escape(self.delimiter)}){self._cell}", re.DOTALL)

    @property
    def _cell(self) -> str:
        quote, delimiter = re.escape(self.quote), re.escape(self.delimiter)
        plain = rf"[^{quote}{delimiter}]*+" if len(self.delimiter) == 1 else rf"(?:(?!{delimiter})[^{quote}])*+"
        return rf"(?:{quote}([^{quote}]*+(?:{quote}{quote}[^{quote}]*+)*+){quote}|({plain}))"

    def cut(self, text: str, *, is_doubtful: bool = False) -> tuple[list[str], str | None]:
        """(cells, None), or (cells as they would be without quotes, what is wrong with the quotes).

        A quoted cell may have blanks around its quotes; after it only a delimiter or the end may follow. A quote inside an
        unquoted cell is part of it; but alone at the cell's end it only may stand for inches, in a line without quoted cells, and
        in a doubtful line nowhere: there a quote is missing.
        """
        if self.quote not in text and self.escape not in text:
            return self.split(text), None
        if self.delimiter == WHITESPACE:
            return self._cut_at_blanks(text)
        if self.escape == self.quote and self._tidy.fullmatch(text):
            twice = self.quote * 2
            return [plain or quoted.replace(twice, self.quote) for quoted, plain in self._cells.findall(text)], None
        cells, fault = self._cut(text, is_doubtful)
        return (self.split(text), fault) if fault else (cells, None)

    def closes(self, text: str) -> bool | None:
        """Whether a quoted cell that began on an earlier line ends in this one; False where a quote here is out of place."""
        if self.quote not in text:
            return None
        value, at = self._quoted(text, 0)
        return True if value is not None else None if at < 0 else False

    def split(self, text: str) -> list[str]:
        """Cells at every delimiter, whatever the quotes say; a blank line has none."""
        if self.delimiter == WHITESPACE:
            return text.split()
        return text.split(self.delimiter) if text else []

    def joined(self, cells: Iterable[str]) -> str:
        """Cells as one line that `cut` takes apart into the very same ones."""
        delimiter = " " if self.delimiter == WHITESPACE else self.delimiter
        return delimiter.join(map(self._enclosed, cells))

    def _enclosed(self, cell: str) -> str:
        has_mark = any(mark in cell for mark in (self.quote, "\n", "\r", self.delimiter))
        is_blank = cell.strip() != cell or (self.delimiter == WHITESPACE and len(cell.split()) != 1)
        quoted = cell.replace(self.quote, self.quote * 2)
        return f"{self.quote}{quoted}{self.quote}" if has_mark or is_blank else cell

    def _cut(self, text: str, is_doubtful: bool) -> tuple[list[str], str | None]:
        cells, at, has_quoted, has_edge, has_inner = [], 0, False, False, False
        while True:
            start = self._after_blanks(text, at)
            if text.startswith(self.quote, start):
                value, at = self._quoted(text, start + 1)
                if value is None:
                    return cells, OPEN if at < 0 else STRAY
                has_quoted = True
            else:
                end = self._end_of_plain(text, at)
                value, at = text[at:end], end
                if self.quote in value:
                    has_inner = True
                    has_edge = has_edge or value.rstrip().endswith(self.quote)
                    is_doubtful = is_doubtful or (has_edge and not self._are_inches(value.rstrip()))
                value = self._unescaped(value)
            cells.append(value)
            if at == len(text):
                break
            at += len(self.delimiter)
        is_broken = has_inner and (is_doubtful or (has_quoted and has_edge))
        return cells, STRAY if is_broken else None

    def _are_inches(self, value: str) -> bool:
        count = value.count(self.quote)
        return count % 2 == 0 or (count == 1 and value[-2:-1].isdigit())

    def _after_blanks(self, text: str, at: int) -> int:
        start = at
        while text.startswith(" ", start) and not text.startswith(self.delimiter, start):
            start += 1
        return start

    def _quoted(self, text: str, at: int) -> tuple[str | None, int]:
        """(value, place of the delimiter or end after it); (None, -1) where it never closes, (None, place) at a stray quote."""
        parts, begin = [], at
        while True:
            close = text.find(self.quote, at)
            if close < 0:
                return None, -1
            if self._backslashed and _is_escaped(text, close, begin):
                at = close + 1
            elif text.startswith(self.quote, close + 1):
                parts.append(text[begin : close + 1])
                begin = at = close + 2
            else:
                break
        after = self._after_blanks(text, close + 1)
        if after != len(text) and not text.startswith(self.delimiter, after):
            return None, close
        parts.append(text[begin:close])
        return self._unescaped("".join(parts)), after

    def _end_of_plain(self, text: str, at: int) -> int:
        begin = at
        while True:
            end = text.find(self.delimiter, at)
            if end < 0:
                return len(text)
            if not (self._backslashed and _is_escaped(text, end, begin)):
                return end
            at = end + 1

    def _unescaped(self, value: str) -> str:
        return self._backslashed.sub(r"\1", value) if self._backslashed and "\\" in value else value

    def _cut_at_blanks(self, text: str) -> tuple[list[str], str | None]:
        quote = re.escape(self.quote)
        cells = []
        for quoted, plain in re.findall(rf"{quote}((?:[^{quote}]|{quote}{quote})*+){quote}(?!\S)|(\S+)", text):
            if plain.startswith(self.quote) or (plain.endswith(self.quote) and not self._are_inches(plain)):
                return self.split(text), STRAY  # such tables have no cells of several lines
            cells.append(plain or quoted.replace(self.quote * 2, self.quote))
        return cells, None


def visible(mark: str) -> str:
    """A delimiter as it can be printed: what cannot be seen by its number."""
    return "".join(each if each.isprintable() and each != " " else f"U+{ord(each):04X}" for each in mark)


def _is_escaped(text: str, place: int, begin: int) -> bool:
    """Whether an odd number of backslashes stands right before this place."""
    count = place
    while count > begin and text[count - 1] == "\\":
        count -= 1
    return (place - count) % 2 == 1
