"""The sheets of an Excel workbook as records of text, each cell as a person would type it.

A workbook is a foreign format read by a foreign library: a large one is unpacked by a process of its own, which is stopped
when it takes too long or too much memory, whatever the file does to it.
"""

import json
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from xml.etree.ElementTree import ParseError

import openpyxl

from crm_analytics import stop
from crm_analytics.errors import ImportRefused
from crm_analytics.importing.landing import child
from crm_analytics.importing.landing.records import BETWEEN, Record

DAMAGE = (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, IndexError, EOFError, ParseError)
SMALL = 8 << 20  # bytes of XML; such a workbook is read at once
SECONDS, SECONDS_PER_MB = 20, 2  # of processor time that unpacking may take
MOST_MEMORY = 3 << 30  # bytes of address space, libraries included


def unpack(raw: Path, name: str) -> list[str]:
    """Unpack the sheets of a workbook beside it and give their titles. Raises ImportRefused E_DAMAGED, E_READ_TOO_LONG, E_READ_TOO_BIG."""
    if _xml_bytes(raw, name) > SMALL:
        _unpack_elsewhere(raw, name)
    else:
        try:
            _unpack(raw)
        except DAMAGE as error:  # whatever the reader stumbles over: the file is not what it says
            raise ImportRefused("E_DAMAGED", file=name, kind="Excel") from error
    return json.loads(_titles(raw).read_text(encoding="utf-8"))


def rows(raw: Path, sheet: int) -> Iterator[Record]:
    """One record per row of an unpacked sheet, blank ones included, without the empty cells at its end."""
    with open(_rows(raw, sheet), encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if not number % BETWEEN:
                stop.check()
            cells = json.loads(line)
            yield Record(number, "\t".join(cells), cells)


def work(raw: str) -> None:
    """What the other process does."""
    _unpack(Path(raw))


def _unpack_elsewhere(raw: Path, name: str) -> None:
    seconds = SECONDS + SECONDS_PER_MB * (_xml_bytes(raw, name) >> 20)
    try:
        child.run(__name__, [str(raw)], name=name, seconds=seconds, memory=MOST_MEMORY)
    except child.ChildFailed as error:
        raise ImportRefused("E_DAMAGED", file=name, kind="Excel") from error


def _xml_bytes(raw: Path, name: str) -> int:
    try:
        with zipfile.ZipFile(raw) as archive:
            return sum(member.file_size for member in archive.infolist())
    except DAMAGE:
        raise ImportRefused("E_DAMAGED", file=name, kind="Excel") from None


def _unpack(raw: Path) -> None:
    """Each sheet as lines of JSON, a list of texts per row; the titles last, so that they stand for a whole workbook."""
    with open(raw, "rb") as file:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        try:
            titles = []
            for number, sheet in enumerate(book.worksheets):
                titles.append(sheet.title)
                with open(_rows(raw, number), "w", encoding="utf-8") as out:
                    out.writelines(json.dumps(_trimmed(row)) + "\n" for row in sheet.iter_rows(values_only=True))
        finally:
            book.close()
    _titles(raw).write_text(json.dumps(titles), encoding="utf-8")


def _rows(raw: Path, sheet: int) -> Path:
    return raw.with_name(f"{raw.stem}-sheet{sheet}.jsonl")


def _titles(raw: Path) -> Path:
    return raw.with_name(f"{raw.stem}-sheets.json")


def _trimmed(row: tuple) -> list[str]:
    cells = [_text(value) for value in row]
    while cells and not cells[-1]:
        del cells[-1]
    return cells


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
