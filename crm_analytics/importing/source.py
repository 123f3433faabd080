"""A file as it came: what it is by its first bytes, its fingerprint, and its text as UTF-8 in the working folder."""

import codecs
import gzip
import hashlib
import re
import shutil
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crm_analytics.errors import ImportRefused
from crm_analytics.importing import encoding as encodings

BLOCK = 1 << 22
MOST_BYTES = 8 << 30  # of one file, unpacked
MOST_RATIO = 200  # a gzip that grows more than this is a bomb, not an export
MAGIC = {  # first bytes -> what the file is, whatever its name says
    b"%PDF": "PDF",
    b"\x80\x02": "pickle",
    b"\x80\x03": "pickle",
    b"\x80\x04": "pickle",
    b"\x80\x05": "pickle",
    b"PAR1": "Parquet",
    b"\x7fELF": "program",
    b"MZ": "program",
    b"SQLite format 3": "SQLite",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7-Zip",
    b"\xd0\xcf\x11\xe0": "Excel 97-2003 (.xls)",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"(\xb5/\xfd": "Zstandard",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"ARROW1": "Arrow",
    b"Obj\x01": "Avro",
}
# A quote that opens after a space or closes before one: readers disagree on what that means.
SPACED_QUOTE = re.compile(rb'[,;\t|\r\n] +"(?![,;\t|\r\n])|(?<![,;\t|\r\n])" +[,;\t|\r\n]')


@dataclass(frozen=True)
class Source:
    """One file in the working folder. `text` is UTF-8 without BOM; `raw` holds the very bytes that came.

    The facts about the whole text tell whether the fast road is safe: see `landing`.
    """

    path: Path
    name: str
    size: int
    sha256: str
    raw: Path
    kind: str  # text | xlsx
    text: Path
    encoding: str
    is_encoding_sure: bool = True
    newlines: int = 0
    ends_in_newline: bool = True
    has_odd_bytes: bool = False  # NUL, a lone carriage return, or a quote that does not touch its delimiter


def fetch(path: Path, working: Path, encoding: str | None = None) -> Source:
    """Copy a file into the working folder and bring its text to UTF-8. Raises ImportRefused on what is no text or workbook."""
    if not path.is_file():
        raise ImportRefused("E_NO_FILE", file=path.name)
    raw = working / f"{uuid.uuid4().hex}.raw"
    sha256, size = _copy(path, raw)
    head = _head(raw)
    if size == 0 or head in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise ImportRefused("E_EMPTY", file=path.name)
    kind, unpacked = _unpack(path.name, raw, head)
    facts = {"path": path, "name": path.name, "size": size, "sha256": sha256, "raw": raw}
    if kind == "xlsx":
        return Source(**facts, kind="xlsx", text=raw, encoding="xlsx")
    if unpacked.stat().st_size == 0:
        raise ImportRefused("E_EMPTY", file=path.name)
    guess = encodings.Guess(encoding, sure=True) if encoding else encodings.detect(unpacked)
    text = unpacked if guess.name == "utf-8" else _transcode(unpacked, guess.name, path.name)
    return Source(**facts, kind="text", text=text, encoding=guess.name, is_encoding_sure=guess.sure, **_measure(text))


def _copy(path: Path, raw: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as original, open(raw, "wb") as copy:
        for block in iter(lambda: original.read(BLOCK), b""):
            digest.update(block)
            copy.write(block)
            size += len(block)
    return digest.hexdigest(), size


def _head(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(64)


def _unpack(name: str, raw: Path, head: bytes) -> tuple[str, Path]:
    """('text', the file with its text) or ('xlsx', the workbook), by the first bytes and never by the name."""
    if head.startswith(b"\x1f\x8b"):
        return "text", _gunzip(name, raw)
    if head.startswith(b"PK\x03\x04"):
        if _is_workbook(raw):
            return "xlsx", raw
        raise ImportRefused("E_NOT_TEXT", file=name, kind="ZIP")
    found = next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), None)
    if found is None and head[8:12] == b"DUCK":
        found = "DuckDB"
    if found is None and head.lstrip().lower().startswith((b"<!doctype html", b"<html", b"<?xml")):
        found = "HTML / XML"
    if found:
        raise ImportRefused("E_NOT_TEXT", file=name, kind=found)
    return "text", raw


def _gunzip(name: str, raw: Path) -> Path:
    text, packed, grown = raw.with_suffix(".unpacked"), raw.stat().st_size, 0
    try:
        with gzip.open(raw, "rb") as stream, open(text, "wb") as out:
            for block in iter(lambda: stream.read(BLOCK), b""):
                grown += len(block)
                if grown > MOST_BYTES or (grown > 64 << 20 and grown > MOST_RATIO * packed):
                    raise ImportRefused("E_BOMB", file=name)
                out.write(block)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise ImportRefused("E_DAMAGED", file=name, kind="gzip") from None
    return text


def _is_workbook(raw: Path) -> bool:
    try:
        with zipfile.ZipFile(raw) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except zipfile.BadZipFile:
        return False


def _transcode(path: Path, encoding: str, name: str) -> Path:
    text = path.with_suffix(".utf8")
    codec = encodings.CODECS[encoding]
    try:
        with open(path, "rb") as original, open(text, "wb") as out:
            for part in codecs.iterdecode(iter(lambda: original.read(BLOCK), b""), codec):
                out.write(part.encode("utf-8"))
    except UnicodeDecodeError as error:
        raise ImportRefused(
            "E_ENCODING", file=name, encoding=encoding, byte=error.object[error.start : error.end].hex()
        ) from None
    return text


def _measure(text: Path) -> dict:
    """What the whole text is made of; a sequence that straddles two blocks is counted too."""
    newlines = returns = pairs = 0
    has_nul = has_spaced_quote = False
    last = b""
    for block in _blocks(text):
        newlines += block.count(b"\n")
        returns += block.count(b"\r")
        pairs += block.count(b"\r\n") + (last == b"\r" and block.startswith(b"\n"))
        has_nul = has_nul or b"\0" in block
        has_spaced_quote = has_spaced_quote or _has_spaced_quote(last + block)
        last = block[-1:]
    return {
        "newlines": newlines,
        "ends_in_newline": last == b"\n",
        "has_odd_bytes": has_nul or has_spaced_quote or returns != pairs,
    }


def _has_spaced_quote(block: bytes) -> bool:
    return b'"' in block and (b' "' in block or b'" ' in block) and bool(SPACED_QUOTE.search(block))


def _blocks(path: Path) -> Iterator[bytes]:
    with open(path, "rb") as file:
        yield from iter(lambda: file.read(BLOCK), b"")


def discard(source: Source) -> None:
    """Remove a source's working files."""
    for path in {source.raw, source.text, source.raw.with_suffix(".unpacked")}:
        path.unlink(missing_ok=True)


def keep(source: Source, folder: Path) -> None:
    """Keep the very bytes that came, under their fingerprint; the working copy is the same file by another name."""
    kept = folder / source.sha256
    if kept.exists():
        return
    try:
        kept.hardlink_to(source.raw)
    except OSError:  # a file system without links
        shutil.copyfile(source.raw, kept.with_suffix(".part"))
        kept.with_suffix(".part").replace(kept)
