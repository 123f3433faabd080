"""How much room a text takes on a slide, without the fonts at hand: an estimate on the safe side, so that nothing is cut off."""

import math

SQUARE = 0x2E80  # from here on signs are square: Han, kana, full-width punctuation
WIDTHS = {  # of the decks' Arial, in parts of the type's size; what is not here is as wide as a digit
    sign: width
    for width, signs in (
        (0.28, " .,:;!'|/ijlftI[]"), (0.33, "()-rı·"), (0.5, "ckJsvxyz"), (0.61, "FTZ+−=<>~■"), (0.67, "ABEKPSVXY&"),
        (0.72, "CDHNRUw"), (0.78, "GOQ"), (0.83, "mM"), (0.94, "W%"), (1.02, "@—…→←"),
    )
    for sign in signs
}  # fmt: skip


def clean(text) -> str:
    """One line of text without control characters; what a file says stays text."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in str(text)).split())


def measure(text: str, size: float, bold: bool = False) -> float:
    """About how many inches a line takes at this size in points."""
    return sum(_em(sign) for sign in text) * (1.1 if bold else 1.0) * size / 72


def fit(text, width: float, size: float, bold: bool = False) -> str:
    """The text, cut with … where it would not fit on one line."""
    text = clean(text)
    if measure(text, size, bold) <= width:
        return text
    while text and measure(text + "…", size, bold) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def lines(text: str, width: float, size: float, bold: bool = False) -> int:
    """On how many lines a text stands at this width; a word moves to the next line as a whole."""
    count, used = 1, 0.0
    for word in _words(text):
        wide = measure(word, size, bold)
        if used and used + measure(word.rstrip(), size, bold) > width:
            count, used = count + 1, 0.0
        if wide > width:
            count += math.ceil(wide / width) - 1
            wide %= width
        used += wide
    return count


def longest_word(text: str, size: float, bold: bool = False) -> float:
    """How wide the widest part is that cannot be broken, in inches."""
    return max((measure(word.rstrip(), size, bold) for word in _words(text)), default=0.0)


def _em(sign: str) -> float:
    if ord(sign) >= SQUARE:
        return 1.0
    return WIDTHS.get(sign, 0.56)


def _words(text: str) -> list[str]:
    words, word = [], ""
    for sign in text:
        word += sign
        if sign == " " or ord(sign) >= SQUARE:
            words.append(word)
            word = ""
    return [*words, word] if word else words
