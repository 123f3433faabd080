"""One pass over a whole text: how many lines it has, and whether anything in it needs the careful road."""

import re
from dataclasses import dataclass
from pathlib import Path

from crm_analytics import stop
from crm_analytics.errors import ImportRefused
from crm_analytics.importing.landing.decode import blocks
from crm_analytics.importing.landing.records import MOST_LINE

LONGEST = 64  # spaces before a quote
BAD_BYTE = re.compile(rb"\xed[\xb0-\xbf]")  # a lone surrogate: see `decode`
# A quote that opens after a space or closes before one: readers disagree on what that means.
AROUND = b",;\t|\r\n"
OPENS = re.compile(rb' "(?![,;\t|\r\n])')
CLOSES = re.compile(rb'" +[,;\t|\r\n]')
LATIN_TOTALS = (b"otal", b"OTAL")  # other words are looked for at the end of a file only
CHINESE_TOTALS = tuple(
    word.encode() for word in ("合计", "合計", "总计", "總計", "小计", "小計", "总和", "總和", "计", "計")
)


@dataclass(frozen=True)
class Survey:
    """What a whole text is made of; sequences that straddle two blocks are counted too.

    `is_regular`: DuckDB and the careful road would read it alike, if each line is a record: no NUL, no lone carriage return, no
    quote away from its delimiter or without its partner, no second byte order mark, no bytes that are no text.
    """

    newlines: int
    ends_in_newline: bool
    is_regular: bool
    nuls: int
    has_bad_bytes: bool
    header_repeats: int
    may_hold_totals: bool
    lost_characters: int


class _Counts:
    def __init__(self, header: bytes, delimiter: bytes):
        self.header, self.carried = b"\n" + header, b""
        self.opening = (b"\n" + b'"', delimiter + b'"')
        self.closing = (b'"\n', b'"\r', b'"' + delimiter)
        self.newlines = self.returns = self.pairs = self.nuls = self.opened = self.closed = 0
        self.marks = self.repeats = self.lost = 0
        self.has_spaced = self.has_bad = self.has_totals = False

    def add(self, last: bytes, block: bytes) -> None:
        """Count one block; `last` is the byte before it."""
        self.newlines += block.count(b"\n")
        if b"\r" in block or last == b"\r":
            self.returns += block.count(b"\r")
            self.pairs += block.count(b"\r\n") + (last == b"\r" and block.startswith(b"\n"))
        if b"\0" in block:  # a look for one byte is the fastest there is
            self.nuls += block.count(b"\0")
        if b'"' in block:
            both = last + block
            self.opened += sum(both.count(mark) for mark in self.opening)
            self.closed += sum(both.count(mark) for mark in self.closing)
            self.has_spaced = self.has_spaced or _has_spaced_quote(both)
        around = len(self.header) - 1
        self.repeats += block.count(self.header) + (self.carried + block[:around]).count(self.header)
        self.carried = block[-around:]
        self.has_totals = self.has_totals or any(word[-1:] in block and word in block for word in LATIN_TOTALS)
        if not block.isascii():
            self.marks += block.count(b"\xef\xbb\xbf")
            self.lost += block.count(b"\xef\xbf\xbd")
            self.has_bad = self.has_bad or bool(BAD_BYTE.search(block))
            self.has_totals = self.has_totals or any(word in block for word in CHINESE_TOTALS)


def survey(text: Path, name: str, header: str, delimiter: str) -> Survey:
    """Survey a text; `header` is a header line that may come again below others. Raises ImportRefused E_CELL_TOO_BIG."""
    counts = _Counts(header.encode("utf-8", "surrogatepass"), delimiter.encode("utf-8", "surrogatepass"))
    last, since = b"\n", 0
    for block in blocks(text):
        stop.check()
        counts.add(last, block)
        last = block[-1:]
        since = 0 if b"\n" in block or b"\r" in block else since + len(block)
        if since > 4 * MOST_LINE:
            raise ImportRefused("E_CELL_TOO_BIG", file=name, line=counts.newlines + 1, most=MOST_LINE >> 20)
    counts.closed += last == b'"'
    odd = counts.nuls or counts.has_spaced or counts.returns != counts.pairs or counts.opened != counts.closed
    return Survey(
        counts.newlines,
        last == b"\n",
        not (odd or counts.marks or counts.has_bad),
        counts.nuls,
        counts.has_bad,
        counts.repeats,
        counts.has_totals,
        counts.lost,
    )


def _has_spaced_quote(block: bytes) -> bool:
    return any(_opens_a_cell(block, found.start()) for found in OPENS.finditer(block)) or any(
        found.start() == 0 or block[found.start() - 1] not in AROUND for found in CLOSES.finditer(block)
    )


def _opens_a_cell(block: bytes, at: int) -> bool:
    """Whether nothing but spaces stands between a delimiter and this place; very many of them are taken for such."""
    before = block[max(0, at - LONGEST) : at].rstrip(b" ")
    return before[-1] in AROUND if before else at > 0
