"""The careful road from text to records: no record is lost, none swallows its neighbours, each keeps its line number."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from crm_analytics import stop
from crm_analytics.errors import ImportRefused
from crm_analytics.importing.landing.cells import OPEN, STRAY, Marks
from crm_analytics.importing.landing.columns import Columns

MOST_LINES = 20_000  # of one record; a quote still open then was never closed
MOST_CHARACTERS = 1 << 16  # of one record of several lines
MOST_LINE = 4 << 20  # characters of one line
LOOKED_AHEAD = 1 << 22, 20  # characters that may be looked at in vain: so many, and so many times those read
BETWEEN = 4096  # lines between two moments at which the reading may be stopped
LITTLE = 2  # lines looked at beyond that
BAD_BYTES = re.compile("[\udc00-\udcff]")  # bytes that were no text in the file's encoding: see `decode`


class Record(NamedTuple):
    """One physical record: its first line's number, its text, and its cells; `reason` says why it cannot be loaded."""

    line: int
    raw: str
    cells: list[str]
    reason: str | None = None


Line = tuple[int, str]  # its number, its text with its end


def numbered_lines(text: Path, skip: int = 0, name: str = "") -> Iterator[Line]:
    """Every line after the first `skip`; CRLF, LF and CR all end a line. Raises ImportRefused E_CELL_TOO_BIG."""
    with open(text, encoding="utf-8", errors="surrogatepass", newline="") as file:
        for number, line in enumerate(iter(lambda: file.readline(MOST_LINE), ""), start=1):
            if len(line) >= MOST_LINE:
                raise ImportRefused("E_CELL_TOO_BIG", file=name or text.name, line=number, most=MOST_LINE >> 20)
            if not number % BETWEEN:
                stop.check()
            if number > skip:
                yield number, line


def records(lines: Iterable[Line], marks: Marks, width: int, columns: Columns | None = None) -> Iterator[Record]:
    """Every record of these lines, blank ones included (no cells).

    A line whose quotes are in order is a record. One whose quote stays open is joined with the lines below until it closes; if
    it does not within bounds, or a quote on the way is out of place, the line stands alone, set aside, and the lines below keep
    their own meaning. `columns` tells rows from the lines of a long text.
    """
    reader = _Reader(iter(lines), marks, width, columns or Columns(width))
    while (line := reader.next_line()) is not None:
        yield reader.record(*line)


class _Reader:
    """Lines with a way back: what was looked at in vain is read again."""

    def __init__(self, lines: Iterator[Line], marks: Marks, width: int, columns: Columns):
        self.lines, self.marks, self.width, self.columns = lines, marks, width, columns
        self.waiting: list[Line] = []  # the next line last
        self.doubtful = 0  # up to this line a quote may belong to the one that was never closed
        self.read = self.looked = 0  # characters

    def next_line(self) -> Line | None:
        return self.waiting.pop() if self.waiting else next(self.lines, None)

    def record(self, number: int, line: str) -> Record:
        body = _body(line)
        self.read += len(line)
        if self.marks.quote not in body and self.marks.escape not in body:
            return self._checked(number, body, self.marks.split(body))
        cells, fault = self.marks.cut(body, is_doubtful=number <= self.doubtful)
        if fault == OPEN:
            return self._joined(number, line) or Record(number, body, cells, OPEN)
        return Record(number, body, cells, fault) if fault else self._checked(number, body, cells)

    def _joined(self, number: int, line: str) -> Record | None:
        """The record that starts here and ends where its quote closes; None where that is not to be found."""
        joined, taken, fault = [line], [(number, line)], OPEN
        size, most = len(line), self._lines_ahead()
        while fault == OPEN and len(taken) < most and size < MOST_CHARACTERS:
            below = self.next_line()
            if below is None:
                break
            taken.append(below)
            joined.append(below[1])
            size += len(below[1])
            closing = self.marks.closes(_body(below[1]))
            if closing:
                self.looked += size
                cells, fault = self.marks.cut(_body("".join(joined)), is_doubtful=True)
            elif closing is False:
                fault = STRAY
        self.looked += size
        if fault is None:
            raw = _body("".join(joined))
            return Record(number, raw, cells, OPEN) if self._swallows(taken) else self._checked(number, raw, cells)
        self.waiting += taken[:0:-1]
        if fault == STRAY:
            self.doubtful = max(self.doubtful, taken[-1][0])
        return None

    def _lines_ahead(self) -> int:
        """How many lines may be looked at: few once too much was looked at in vain, so that no file takes for ever."""
        some, times = LOOKED_AHEAD
        return MOST_LINES if self.looked <= some + times * self.read else LITTLE

    def _swallows(self, taken: list[Line]) -> bool:
        """Whether a quote that closes by chance would make one record of lines that are rows of their own."""
        are_rows = [self.columns.fit(self.marks.split(_body(text))) for _, text in taken]
        return any(are_rows[1:-1]) or (are_rows[0] and are_rows[-1])

    def _checked(self, number: int, raw: str, cells: list[str]) -> Record:
        if len(cells) == self.width or not cells:
            return Record(number, raw, cells)
        return Record(number, raw, cells, "too_few_cells" if len(cells) < self.width else "too_many_cells")


def _body(line: str) -> str:
    """The line without its end."""
    return line[:-2] if line[-2:] == "\r\n" else line[:-1] if line[-1:] in "\n\r" else line


def printable(raw: str) -> str:
    """A record's text as it can be kept and shown: bytes that were no text as \\xNN."""
    return BAD_BYTES.sub(lambda found: f"\\x{ord(found.group()) - 0xDC00:02x}", raw)
