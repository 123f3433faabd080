"""Any encoding to UTF-8 without losing a byte: what is no text in the file's encoding stays recognisable, and its line is known.

A byte that cannot be decoded becomes a lone surrogate (U+DC00 + byte), written as such: no valid UTF-8 text holds one, so the
line is found again, set aside and shown with the byte as \\xNN, while all other lines are read.
"""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from crm_analytics import stop
from crm_analytics.importing.landing import likeness

KEEP_BYTES = "crm-keep-bytes"
BLOCK = 1 << 20  # larger ones are asked of the system anew each time, which takes longer than to read them
MOST_CARRIED = 1 << 26
UTF8_RUN = re.compile(rb"(?:[\xe3-\xe9][\x80-\xbf]{2}){2}")  # two Chinese characters in UTF-8
BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
READ_AS = {"cp1252": 5.0, "gb18030": 8.0}  # what UTF-8 is mistaken for -> how much better it must read as what it was
BY_LINES = ("gb18030", "big5hkscs", "cp1252")


def _keep_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(KEEP_BYTES, _keep_bytes)


def to_utf8(path: Path, codec: str) -> Path:
    """A copy of the file in UTF-8, beside it."""
    text = path.with_suffix(".utf8")
    parts = _by_lines(path, codec) if codec in BY_LINES else _as_it_streams(path, codec)
    with open(text, "wb") as out:
        for part in parts:
            stop.check()
            out.write(part.encode("utf-8", "surrogatepass"))
    return text


def _as_it_streams(path: Path, codec: str) -> Iterator[str]:
    return codecs.iterdecode(blocks(path), codec, KEEP_BYTES)


def _by_lines(path: Path, codec: str) -> Iterator[str]:
    """The text in blocks of whole lines; a line that is UTF-8 among others that are not is kept as bytes."""
    carried = b""
    for block in blocks(path):
        lines, newline, carried = (carried + block).rpartition(b"\n")
        if not newline and len(carried) > MOST_CARRIED:  # no text has such lines; what follows will refuse it
            lines, carried = carried, b""
        yield _decoded(lines + newline, codec)
    yield _decoded(carried, codec)


def _decoded(lines: bytes, codec: str) -> str:
    parts, at = [], 0
    for found in UTF8_RUN.finditer(lines):
        start, end = lines.rfind(b"\n", 0, found.start()) + 1, lines.find(b"\n", found.end()) + 1 or len(lines)
        if start >= at and _is_utf8(lines[start:end]):
            parts += [lines[at:start].decode(codec, KEEP_BYTES), lines[start:end].decode("ascii", KEEP_BYTES)]
            at = end
    return "".join(parts) + lines[at:].decode(codec, KEEP_BYTES)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def blocks(path: Path) -> Iterator[bytes]:
    """The bytes of a file, a few megabytes at a time."""
    with open(path, "rb") as file:
        yield from iter(lambda: file.read(BLOCK), b"")


def is_damaged(line: str) -> bool:
    """Whether a line was damaged before it was exported: UTF-8 once read as something else (Ã©, 涓枃), or characters lost."""
    if line.isascii():
        return False
    if "\ufffd" in line or "锟斤拷" in line:
        return True
    return any(_was_utf8(run, codec) for run in BEYOND_ASCII.findall(line) for codec in READ_AS)


def _was_utf8(run: str, codec: str) -> bool:
    """Whether these characters make better sense as UTF-8 that was read in this encoding."""
    try:
        meant = run.encode(codec).decode("utf-8")
    except UnicodeError:
        return False
    return likeness.cost(meant) < likeness.cost(run) - READ_AS[codec]
