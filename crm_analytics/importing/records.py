"""The careful road from text to records: no record is lost, none swallows its neighbours, each keeps its line number."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MOST_LINES = 200  # of one record; a quote still open then was never closed
MOST_CHARACTERS = 1 << 20  # of one record
csv.field_size_limit(MOST_CHARACTERS)


@dataclass(frozen=True)
class Record:
    """One physical record: its first line's number, its text, and its cells; `reason` says why it cannot be loaded."""

    line: int
    raw: str
    cells: list[str]
    reason: str | None = None


def records(text: Path, delimiter: str, width: int, skip: int = 0) -> Iterator[Record]:
    """Every record after the first `skip` lines, blank ones included (no cells).

    A line whose quotes balance is a record. One whose quote stays open is joined with the lines below until it closes and
    the record has the expected width; if that never happens within bounds, the line stands alone, set aside, and the lines
    below keep their own meaning.
    """
    lines = _numbered_lines(text, skip)
    waiting: list[tuple[int, str]] = []
    while True:
        number, line = waiting.pop(0) if waiting else next(lines, (0, None))
        if line is None:
            return
        body = _body(line)
        if '"' not in body:
            yield _checked(number, body, body.split(delimiter) if body else [], width)
        elif _is_closed(body):
            yield _quoted(number, body, delimiter, width)
        else:
            taken = _until_closed(number, line, lines, waiting, delimiter, width)
            yield taken or Record(number, body, body.split(delimiter), "unclosed_quote")


def _numbered_lines(text: Path, skip: int) -> Iterator[tuple[int, str]]:
    """(number, line with its end); CRLF, LF and CR all end a line."""
    with open(text, encoding="utf-8", errors="surrogateescape", newline="") as file:
        for number, line in enumerate(file, start=1):
            if number > skip:
                yield number, line


def _body(line: str) -> str:
    """The line without its end."""
    return line[:-2] if line.endswith("\r\n") else line[:-1] if line.endswith(("\n", "\r")) else line


def _is_closed(line: str) -> bool:
    return line.count('"') % 2 == 0


def _until_closed(number, line, lines, waiting, delimiter, width) -> Record | None:
    """The record that starts here and ends where its quote closes. Lines looked at in vain are put back to `waiting`."""
    joined, looked_at = line, []
    while len(looked_at) < MOST_LINES and len(joined) < MOST_CHARACTERS:
        below = waiting.pop(0) if waiting else next(lines, None)
        if below is None:
            break
        looked_at.append(below)
        joined += below[1]
        if _is_closed(joined):
            found = _quoted(number, _body(joined), delimiter, width)
            if found.reason is None:
                return found
    waiting[:0] = looked_at
    return None


def _quoted(number: int, raw: str, delimiter: str, width: int) -> Record:
    try:
        cells = next(csv.reader([raw], delimiter=delimiter, strict=True))
    except csv.Error:
        return Record(number, raw, raw.split(delimiter), "stray_quote")
    return _checked(number, raw, cells, width)


def _checked(number: int, raw: str, cells: list[str], width: int) -> Record:
    if not cells or len(cells) == width:
        return Record(number, raw, cells)
    return Record(number, raw, cells, "too_few_cells" if len(cells) < width else "too_many_cells")
