"""Which encoding a text is in: marks first, then what decodes without error, then what reads most like a text somebody wrote."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crm_analytics.importing.landing import likeness
from crm_analytics.importing.landing.decode import KEEP_BYTES, blocks

CODECS = {
    "utf-8-bom": "utf-8-sig",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "utf-32": "utf-32",
    "utf-8": "utf-8",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "cp1252": "cp1252",
}
SCRIPTS = {"gb18030": "simplified", "big5": "traditional"}
SAMPLE = 1 << 15  # bytes of lines beyond ASCII that are weighed
ENOUGH = 400  # bytes beyond ASCII; so many do not decode as UTF-8 by chance
CLEAR_LEAD = 5.0  # of one reading over another, in natural logarithms
UTF8_FIRST = 4.0  # how much likelier UTF-8 is before anything is read
BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
WORD = re.compile(
    rb"([\x00-\x7f]?)((?:[\x81-\xfe][0-9][\x81-\xfe][0-9]|[\x80-\xff])+)([\x00-\x7f]?)"
)  # with its neighbours
SIGNS = {
    sign.encode() for sign in "¥£€"
}  # in UTF-8; before an amount at the start of a cell they are what they look like


@dataclass(frozen=True)
class Guess:
    """An encoding by the name the product uses, and whether anything else was nearly as likely.

    `is_proven`: the whole file is valid UTF-8 without a mark, so that its text needs no other copy.
    """

    name: str
    sure: bool
    is_proven: bool = False


def detect(path: Path) -> Guess:
    """The encoding of a text file: UTF-8 is proven on the whole file, others are weighed on its first lines beyond ASCII."""
    with open(path, "rb") as file:
        head = file.read(SAMPLE)
    marked = _marked(head)
    if marked:
        return Guess(marked, True)
    if b"\0" in head and (wide := _wide(head[: len(head) // 2 * 2])):
        return Guess(wide, True)
    is_utf8, sample = _survey(path)
    high = sum(byte > 127 for byte in sample)
    if not high or (is_utf8 and high >= ENOUGH):
        return Guess("utf-8", True, is_utf8)
    return _weigh(sample, is_utf8)


def _marked(head: bytes) -> str | None:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-bom"
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    return "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else None


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: read so, the text is likelier than one that is full of NUL characters."""
    narrow = ("utf-8", "gb18030", "big5", "cp1252")
    costs = {name: likeness.cost(_read(head[:4096], name)) for name in (*narrow, "utf-16-le", "utf-16-be")}
    best = min(costs, key=costs.__getitem__)
    return None if best in narrow else best


def _survey(path: Path) -> tuple[bool, bytes]:
    """Whether the whole file is UTF-8, and its first lines beyond ASCII."""
    decoder, is_utf8, sample, size = codecs.getincrementaldecoder("utf-8")(), True, [], 0
    for block in blocks(path):
        if block.isascii() and not decoder.getstate()[0]:
            continue
        for line in _beyond_ascii(block, SAMPLE - size):
            sample.append(line)
            size += len(line)
        is_utf8 = is_utf8 and _decodes(decoder, block)
        if not is_utf8 and size >= SAMPLE:
            break
    return is_utf8 and _decodes(decoder, b"", final=True), b"".join(sample)


def _beyond_ascii(block: bytes, most: int) -> Iterator[bytes]:
    """The lines of a block that hold more than ASCII, until they are so many bytes."""
    at = 0
    while most > 0 and (found := BEYOND_ASCII.search(block, at)):
        start, end = block.rfind(b"\n", at, found.start()) + 1, block.find(b"\n", found.start()) + 1 or len(block)
        line = block[max(start, at, found.start() - SAMPLE // 2) : min(end, found.start() + SAMPLE // 2)]
        yield line
        most, at = most - len(line), end


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def _weigh(sample: bytes, is_utf8: bool) -> Guess:
    """The likeliest reading of these lines, and whether the next likeliest differs from it clearly."""
    sample = _distinct(sample) if is_utf8 else sample
    if not sample:
        return Guess("utf-8", True, True)
    read = {name: _read(sample, name) for name in ("utf-8", "gb18030", "big5", "cp1252")}
    costs = {name: likeness.cost(text, SCRIPTS.get(name)) for name, text in read.items()}
    costs["utf-8"] -= UTF8_FIRST
    best, *others = sorted(costs, key=costs.__getitem__)
    different = [costs[other] for other in others if read[other] != read[best]]
    lead = min(different, default=float("inf")) - costs[best]
    is_sure = lead >= CLEAR_LEAD and likeness.is_plausible(read[best], SCRIPTS.get(best))
    return Guess(best, is_sure, is_utf8 and best == "utf-8")


def _distinct(sample: bytes) -> bytes:
    """The different words beyond ASCII, once each: where all of them may be UTF-8, one sign in every line (m², ·) is no more
    evidence against it than one sign; signs before an amount are none at all."""
    words = [found for found in WORD.findall(sample) if not _is_of_an_amount(*found)]
    return b"\n".join(dict.fromkeys(_kind(before) + word + _kind(after) for before, word, after in words))


def _is_of_an_amount(before: bytes, word: bytes, after: bytes) -> bool:
    """Whether a word is the currency sign of a cell such as ¥12; in GB18030 its bytes would be a lone 楼 before a number."""
    return word in SIGNS and after.isdigit() and not before.isalnum()


def _kind(neighbour: bytes) -> bytes:
    """A neighbour as far as it matters: a letter or a sign, which may be half of a Chinese character, or nothing of the kind."""
    return neighbour if neighbour >= b"@" else b" "


def _read(sample: bytes, name: str) -> str:
    return sample.decode(CODECS[name], KEEP_BYTES)
