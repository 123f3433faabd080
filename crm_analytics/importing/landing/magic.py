"""What a file is by its first bytes, whatever its name says; archives are measured before anything is unpacked."""

import gzip
import zipfile
import zlib
from pathlib import Path

from crm_analytics import stop
from crm_analytics.errors import ImportRefused

BLOCK = 1 << 20  # larger ones are asked of the system anew each time, which takes longer than to read them
MOST_BYTES = 8 << 30  # of one file, unpacked
MOST_WORKBOOK = 1 << 30  # of a workbook's parts, unpacked
SMALL = 64 << 20  # below it no ratio is suspicious
MOST_RATIO = 200  # an archive that grows more than this is a bomb, not an export
MAGIC = {  # first bytes -> what the file is
    b"%PDF": "PDF",
    b"\x80\x02": "pickle",
    b"\x80\x03": "pickle",
    b"\x80\x04": "pickle",
    b"\x80\x05": "pickle",
    b"\x7fELF": "program",
    b"SQLite format 3": "SQLite",
    b"7z\xbc\xaf": "7-Zip",
    b"\xd0\xcf\x11\xe0": "Excel 97-2003 (.xls)",
    b"\xfd7zXZ": "xz",
    b"(\xb5/\xfd": "Zstandard",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"Obj\x01": "Avro",
    b"{\\rtf": "RTF",
}
IN_LETTERS = {  # marks that a header could begin with too: MZ_ID,amount
    b"PAR1": "Parquet",
    b"MZ": "program",
    b"Rar!": "RAR",
    b"BZh": "bzip2",
    b"GIF8": "GIF",
    b"ARROW1": "Arrow",
}
CONTROLS = set(range(2, 32)) - {9, 10, 12, 13, 27, 28, 29, 30, 31}  # not those that part cells and lines
MARKUP = (b"<!doctype html", b"<html", b"<?xml", b"<table", b"<head")
JSON = (b'{"', b'[{"', b"[{\n", b"{\n", b"[\n")
ZIPS = {  # a member of the archive -> what it is
    "xl/workbook.xml": "xlsx",
    "xl/workbook.bin": "Excel binary (.xlsb)",
    "content.xml": "OpenDocument (.ods)",
    "word/document.xml": "Word (.docx)",
    "ppt/presentation.xml": "PowerPoint (.pptx)",
}


def unpack(name: str, raw: Path) -> tuple[str, Path]:
    """('text', the file with its text) or ('xlsx', the workbook). Raises ImportRefused E_NOT_TEXT, E_BOMB, E_DAMAGED."""
    with open(raw, "rb") as file:
        head = file.read(4096)
    if head.startswith(b"\x1f\x8b"):
        text = _gunzip(name, raw)
        with open(text, "rb") as file:
            _refuse_foreign(name, file.read(4096))
        return "text", text
    if head.startswith(b"PK\x03\x04"):
        kind = _of_zip(name, raw)
        if kind == "xlsx":
            return "xlsx", raw
        raise ImportRefused("E_NOT_TEXT", file=name, kind=kind)
    _refuse_foreign(name, head)
    return "text", raw


def _refuse_foreign(name: str, head: bytes) -> None:
    kind = _kind(head)
    if kind:
        raise ImportRefused("E_NOT_TEXT", file=name, kind=kind)


def _kind(head: bytes) -> str | None:
    """What a file that is no text is; None for text."""
    if head.startswith((b"PK\x03\x04", b"\x1f\x8b")):
        return "ZIP" if head.startswith(b"PK") else "gzip in gzip"
    found = next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), None)
    if found is None and not _is_header(head):
        found = next((kind for magic, kind in IN_LETTERS.items() if head.startswith(magic)), None)
    if found is None and head[8:12] == b"DUCK":
        found = "DuckDB"
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if found is None and begin.startswith(MARKUP):
        found = "HTML / XML"
    if found is None and begin.startswith(JSON):
        found = "JSON"
    return found or ("binary" if _is_binary(head) else None)


def _is_header(head: bytes) -> bool:
    """Whether the first line reads like one of a table: no control characters, and delimiters."""
    line = head.split(b"\n", 1)[0].rstrip(b"\r")
    return not any(byte < 32 and byte != 9 for byte in line) and any(mark in line for mark in (b",", b";", b"\t", b"|"))


def _is_binary(head: bytes) -> bool:
    """More control characters than any text has; the zero bytes of UTF-16 stand on one side of its characters only."""
    controls = sum(byte in CONTROLS for byte in head)
    zeros = head.count(0)
    one_sided = min(head[0::2].count(0), head[1::2].count(0)) <= zeros / 10
    return controls > 0.05 * len(head) or (controls > 0.02 * len(head) and zeros > 0.02 * len(head) and not one_sided)


def _of_zip(name: str, raw: Path) -> str:
    try:
        with zipfile.ZipFile(raw) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return "ZIP"
    kind = next((kind for member, kind in ZIPS.items() if any(each.filename == member for each in members)), "ZIP")
    grown, packed = sum(each.file_size for each in members), raw.stat().st_size
    if kind == "xlsx" and (grown > MOST_WORKBOOK or (grown > SMALL and grown > MOST_RATIO * packed)):
        raise ImportRefused("E_BOMB", file=name)
    return kind


def _gunzip(name: str, raw: Path) -> Path:
    text, packed, grown = raw.with_suffix(".unpacked"), raw.stat().st_size, 0
    try:
        with gzip.open(raw, "rb") as stream, open(text, "wb") as out:
            for block in iter(lambda: stream.read(BLOCK), b""):
                grown += len(block)
                if grown > MOST_BYTES or (grown > SMALL and grown > MOST_RATIO * packed):
                    raise ImportRefused("E_BOMB", file=name)
                out.write(block)
                stop.check()
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise ImportRefused("E_DAMAGED", file=name, kind="gzip") from None
    return text
