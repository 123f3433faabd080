"""How likely a text is what somebody wrote, so that readings of the same bytes can be compared: the sum of its characters' costs.

A character's cost is about the negative logarithm of its share in everyday text: low for the Chinese characters that everybody
uses and for accented letters inside words, high for rare ideographs, stray symbols and bytes that are no text.
"""

import unicodedata
from functools import lru_cache

from crm_analytics.importing.landing.everyday import SIMPLIFIED, TRADITIONAL

PLAIN = 4.5  # a letter, a digit, a mark of ASCII
BROKEN = 18.0  # a byte that is no text, a control character, an unassigned code
RANKS = ((500, 6.7), (1000, 7.8), (2000, 9.0))  # place among the everyday characters -> cost
KNOWN, RARE = 11.5, 16.5  # other characters of the basic standards; ideographs beyond them
OTHER_SCRIPT = 3.0  # dearer in a text of the other Chinese script
PUNCTUATION = "，。、；：？！“”‘’（）《》【】…—·￥％　"
LATIN_MARKS = "€£–—‘’“”•…™°©®«»§º ·"


def cost(text: str, script: str | None = None) -> float:
    """The cost of a text in all; `script` (simplified, traditional) where its encoding is of one Chinese script."""
    return sum(_costs(text, script))


def is_plausible(text: str, script: str | None = None) -> bool:
    """Whether the characters beyond ASCII are, on the whole, such as people write."""
    marks = [each for character, each in zip(text, _costs(text, script), strict=True) if ord(character) > 127]
    return len(marks) < 4 or sum(marks) / len(marks) < 10.0


def _costs(text: str, script: str | None) -> list[float]:
    return [
        PLAIN if " " <= character < "\x7f" or character in "\t\r\n" else _cost(character, around, script)
        for character, around in zip(text, _around(text), strict=True)
    ]


def _around(text: str) -> list[str]:
    """For each character what stands before and after it."""
    padded = f" {text} "
    return [padded[place] + padded[place + 2] for place in range(len(text))]


def _cost(character: str, around: str, script: str | None) -> float:
    if "\u00c0" <= character <= "\u024f" and character.isalpha():
        return _of_letter(character, around)
    if character in LATIN_MARKS and character not in PUNCTUATION:
        return 6.5
    return _of_symbol(character, script)


def _of_letter(character: str, around: str) -> float:
    """Accented letters stand inside words; capitals begin them or stand among capitals."""
    before, after = around
    in_word = (before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha())
    usual = 5.0 if ord(character) <= 0xFF or character in "œšžŒŠŽ" else 9.0
    if character.isupper():
        begins = not before.isalpha() and after.isalpha()
        return usual + (1.0 if begins or before.isupper() else 5.0)
    return usual if in_word else usual + 4.5


@lru_cache(maxsize=1 << 16)
def _of_symbol(character: str, script: str | None) -> float:
    if character in PUNCTUATION:
        return 7.0
    ranks = [
        place for place in (_RANK_SIMPLIFIED.get(character), _RANK_TRADITIONAL.get(character)) if place is not None
    ]
    if ranks:
        own = {"simplified": _RANK_SIMPLIFIED, "traditional": _RANK_TRADITIONAL}.get(script or "")
        foreign = 0.0 if own is None or character in own else OTHER_SCRIPT
        return next(each for most, each in RANKS if min(ranks) < most) + foreign
    if "\u4e00" <= character <= "\u9fff":
        return KNOWN if _is_in_standard(character, script) else RARE
    category = unicodedata.category(character)
    if category in ("Cc", "Cn", "Co", "Cs", "Mn", "Mc"):
        return BROKEN
    if "\uff01" <= character <= "\uff5e":
        return 8.0
    if "\u3400" <= character <= "\u4dbf" or "\U00020000" <= character <= "\U0003ffff":
        return RARE
    return 9.0 if category[0] == "L" else 11.0


def _is_in_standard(character: str, script: str | None) -> bool:
    standards = {"simplified": ("gb2312",), "traditional": ("big5",)}.get(script or "", ("gb2312", "big5"))
    return any(character.encode(standard, "ignore") for standard in standards)


def _ranks(characters: str) -> dict[str, int]:
    return {character: place for place, character in enumerate(characters)}


_RANK_SIMPLIFIED, _RANK_TRADITIONAL = _ranks(SIMPLIFIED), _ranks(TRADITIONAL)
