"""Numbers and dates as the reader writes them: £2.36 M and 9 Dec 2011 in English, £236万 and 2011年12月9日 in Chinese.

Everything returns text; None and NaN are "–".  The minus is −, except in `delta`, where Streamlit reads it.
"""

import re
from datetime import date

NOTHING = "–"
SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "CNY": "¥", "RMB": "¥", "JPY": "¥", "TWD": "NT$", "HKD": "HK$"}
SUFFIXES = {"元", "円", "圆", "圓"}
SCALES = {
    "en": ((1e9, " bn"), (1e6, " M"), (1e3, " k")),
    "zh": ((1e8, "亿"), (1e4, "万")),
    "zh-Hant": ((1e8, "億"), (1e4, "萬")),
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTHS_LONG = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def is_missing(value) -> bool:
    """None, NaN and NaT: nothing to show."""
    return value is None or value != value


def _signed(value: float, text: str) -> str:
    shows_zero = not any(digit in text for digit in "123456789")
    return f"−{text}" if value < 0 and not shows_zero else text


def _digits(size: float, digits: int = 3) -> str:
    """Three significant digits, the whole part always in full, at most as many decimals."""
    if size < 10**digits:
        size = float(f"{size:.{digits}g}")
    whole = len(str(int(size))) if size >= 1 else 0
    return f"{size:,.{max(0, digits - max(whole, 1))}f}" if size else "0"


def number(value, digits: int = 3) -> str:
    """12.3, 1,234: three significant digits, the whole part always in full."""
    if is_missing(value):
        return NOTHING
    size = abs(float(value))
    text = _digits(size, digits)
    return _signed(value, text.rstrip("0").rstrip(".") if "." in text else text)


def count(n) -> str:
    """123,456: whole things, in both languages."""
    return NOTHING if is_missing(n) else _signed(n, f"{abs(round(float(n))):,}")


def money(value, language: str = "en", currency: str = "") -> str:
    """£2.36 M, £56.2 k, £632; £236万 in Chinese.  `currency` is a symbol, an ISO code or the company's own word."""
    if is_missing(value):
        return NOTHING
    size = abs(float(value))
    return _signed(value, _priced(_scaled(size, language), currency))


def money_change(change, language: str = "en", currency: str = "") -> str:
    """+£170 k, −£85 k: an amount by which something changed."""
    if is_missing(change):
        return NOTHING
    text = money(change, language, currency)
    return f"+{text}" if change > 0 and any(digit in text for digit in "123456789") else text


def money_round(value, language: str = "en", currency: str = "") -> str:
    """£60 k, £1.5 M: a round amount at an axis, without trailing zeros."""
    return re.sub(r"\.(\d*?)0+(?=\D|$)", lambda m: f".{m[1]}" if m[1] else "", money(value, language, currency))


def money_exact(value, currency: str = "") -> str:
    """£1,234,567.89: for receipts and reconciliation."""
    return NOTHING if is_missing(value) else _signed(value, _priced(f"{abs(value):,.2f}", currency))


def _priced(text: str, currency: str) -> str:
    mark = SYMBOLS.get(currency.upper(), currency)
    if mark in SUFFIXES:
        return text + mark
    return f"{mark} {text}" if mark.isascii() and mark.isalpha() else mark + text


def _scaled(size: float, language: str) -> str:
    scales = SCALES.get(language) or SCALES["zh" if language.startswith("zh") else "en"]
    for scale, word in scales:
        if float(f"{size:.3g}") >= scale:
            return _digits(size / scale) + word
    return f"{size:,.2f}" if 0 < size < 10 else _digits(size)


def percent(share, digits: int = 1) -> str:
    """87.6% of 0.876; no space before the sign, which would break lines."""
    return NOTHING if is_missing(share) else _signed(share, f"{abs(100 * float(share)):.{digits}f}%")


def points(change, digits: int = 1) -> str:
    """A change between two shares in percentage points: 1.4 of 0.014."""
    return NOTHING if is_missing(change) else _signed(change, f"{abs(100 * float(change)):.{digits}f}")


def hours(value) -> str:
    """31.5: hours with one decimal; the unit's word is in the catalogues."""
    return NOTHING if is_missing(value) else _signed(value, f"{abs(float(value)):,.1f}")


def delta(change, text: str) -> str:
    """A signed change for st.metric, which reads an ASCII minus only: +1.4 pt, -6.2 h."""
    if is_missing(change):
        return NOTHING
    body = text.lstrip("−-+")
    shows_zero = not any(digit in body for digit in "123456789")
    return body if shows_zero else ("-" if change < 0 else "+") + body


def day(when: date | None, language: str = "en", *, short: bool = False) -> str:
    """9 Dec 2011; 2011年12月9日 in Chinese, short 2011-12-09."""
    if is_missing(when):
        return NOTHING
    if short and language.startswith("zh"):
        return f"{when:%Y-%m-%d}"
    if language.startswith("zh"):
        return f"{when.year}年{when.month}月{when.day}日"
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def month(when: date | None, language: str = "en", *, long: bool = False, year: bool = False) -> str:
    """Dec, December, Dec 2011; 12月, 2011年12月 in Chinese."""
    if is_missing(when):
        return NOTHING
    if language.startswith("zh"):
        return f"{when.year}年{when.month}月" if year else f"{when.month}月"
    name = (MONTHS_LONG if long else MONTHS)[when.month - 1]
    return f"{name} {when.year}" if year else name


def size(n_bytes) -> str:
    """41.2 MB: a file's size, in thousands."""
    if is_missing(n_bytes):
        return NOTHING
    for scale, word in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if n_bytes >= scale:
            return f"{_digits(n_bytes / scale, 3)} {word}"
    return f"{n_bytes:,} B"


def listed(words, most: int = 2, language: str = "en") -> str:
    """A, B +3: the first few of a list; A、B +3 in Chinese."""
    words = list(words)
    comma = "、" if language.startswith("zh") else ", "
    return comma.join(words[:most]) + (f" +{len(words) - most}" if len(words) > most else "")


def together(sentences, language: str = "en") -> str:
    """Sentences in one line: a blank between them in English, none in Chinese."""
    return ("" if language.startswith("zh") else " ").join(sentences)


def with_unit(label: str, unit: str, language: str = "en") -> str:
    """Lost customers (%); 流失率（%） in Chinese."""
    return f"{label}（{unit}）" if language.startswith("zh") else f"{label} ({unit})"


def labelled(label: str, text: str, language: str = "en") -> str:
    """Region: North; 地区：华北 in Chinese."""
    return f"{label}：{text}" if language.startswith("zh") else f"{label}: {text}"
