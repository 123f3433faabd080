"""The sheets of an Excel workbook as records of text, each cell as a person would type it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import openpyxl

from crm_analytics.importing.records import Record


def sheets(path: Path) -> list[str]:
    """Names of the sheets that hold anything, in order."""
    with _opened(path) as book:
        return [sheet.title for sheet in book.worksheets if (sheet.max_row or 0) > 0]


def rows(path: Path, sheet: str) -> Iterator[Record]:
    """One record per row of the sheet, blank ones included (no cells)."""
    with _opened(path) as book:
        for number, row in enumerate(book[sheet].iter_rows(values_only=True), start=1):
            cells = [_text(value) for value in row]
            yield Record(number, "\t".join(cells), cells if any(cells) else [])


@contextmanager
def _opened(path: Path):
    """The workbook, read as it streams; opened by its content, since its name in the working folder says nothing."""
    with open(path, "rb") as file:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        try:
            yield book
        finally:
            book.close()


def _text(value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else format(Decimal(repr(value)), "f")
    return str(value)
