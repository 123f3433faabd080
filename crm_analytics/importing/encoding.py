"""Which encoding a text is in: marks first, then what decodes without error, then whose characters are in everyday use."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CODECS = {
    "utf-8-bom": "utf-8-sig",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "utf-8": "utf-8",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "cp1252": "cp1252",
}
BLOCK = 1 << 22
SAMPLE = 1 << 20
MOST_MARKS = 20_000
CLEAR_LEAD = 0.15  # shares of everyday characters nearer than this leave a doubt


@dataclass(frozen=True)
class Guess:
    """An encoding by the name the product uses, and whether anything else was nearly as likely."""

    name: str
    sure: bool


def detect(path: Path) -> Guess:
    """The encoding of a text file, judged on the whole file where that is cheap and on its first MB where it is not."""
    with open(path, "rb") as file:
        sample = file.read(SAMPLE)
    if sample.startswith(codecs.BOM_UTF8):
        return Guess("utf-8-bom", True)
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Guess("utf-16", True)
    wide = _wide(sample)
    if wide:
        return Guess(wide, True)
    if _decodes(path, "utf-8"):
        return Guess("utf-8", True)
    return _legacy(path, sample)


def _wide(sample: bytes) -> str | None:
    """UTF-16 without a mark: its delimiters and newlines have a zero byte on one side, always the same."""
    little = sum(sample[i::2].count(0) for i in (1,))
    big = sample[0::2].count(0)
    marks_little = sum(sample.count(mark) for mark in (b",\0", b"\n\0", b"\t\0", b";\0"))
    marks_big = sum(sample.count(mark) for mark in (b"\0,", b"\0\n", b"\0\t", b"\0;"))
    if not marks_little and not marks_big:
        return None
    if little > 4 * big and marks_little:
        return "utf-16-le"
    if big > 4 * little and marks_big:
        return "utf-16-be"
    return None


def _legacy(path: Path, sample: bytes) -> Guess:
    scores = sorted(
        ((_everyday(sample, name), name) for name in ("gb18030", "big5", "cp1252") if _decodes(path, CODECS[name])),
        reverse=True,
    )
    if not scores:
        return Guess("gb18030" if _everyday(sample, "gb18030") >= _everyday(sample, "cp1252") else "cp1252", False)
    lead = scores[0][0] - (scores[1][0] if len(scores) > 1 else 0)
    return Guess(scores[0][1], lead >= CLEAR_LEAD)


def _decodes(path: Path, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        for block in _blocks(path):
            if not (block.isascii() and not decoder.getstate()[0]):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _blocks(path: Path) -> Iterator[bytes]:
    with open(path, "rb") as file:
        yield from iter(lambda: file.read(BLOCK), b"")


def _everyday(sample: bytes, name: str) -> float:
    """Share of the characters beyond ASCII that people write every day in that encoding's languages."""
    text = sample.decode(CODECS[name], errors="replace")
    if name == "cp1252":
        return _latin_share(text)
    marks = [character for character in text if ord(character) > 127][:MOST_MARKS]
    return sum(_is_everyday(character, name) for character in marks) / len(marks) if marks else 0.0


def _is_everyday(character: str, name: str) -> bool:
    if character in "，。、；：？！“”‘’（）《》【】…—·￥％　":
        return True
    try:
        lead = character.encode("gb2312" if name == "gb18030" else "big5")[0]
    except UnicodeEncodeError:
        return "！" <= character <= "～"
    # the first level of each standard is its everyday characters: GB 2312 rows 16-55, Big5 0xA4-0xC6
    return (0xB0 <= lead <= 0xD7) if name == "gb18030" else (0xA4 <= lead <= 0xC6)


def _latin_share(text: str) -> float:
    """Accented letters stand alone between plain letters, symbols beside digits or spaces; Chinese bytes come in rows."""
    marks = [i for i, character in enumerate(text) if ord(character) > 127]
    if not marks:
        return 0.0
    alone = sum(
        1
        for i in marks
        if text[i] != "\ufffd"
        and not ((i > 0 and ord(text[i - 1]) > 127) or (i + 1 < len(text) and ord(text[i + 1]) > 127))
    )
    return alone / len(marks)
