"""Cells as SQL text: our own constants, words for nothing, guards of spreadsheets, and characters brought to their usual form."""

import re

NULL_WORDS = ("null", "nan", "n/a", "#n/a", "\\n", "none", "(null)", "<null>")  # in every column
NULL_MARKS = ("-", "--", "na", "nil", "无", "無", "空")  # in dates and numbers only: elsewhere they may be words

LONGEST = max(len(word.encode()) for word in NULL_WORDS + NULL_MARKS)

APOSTROPHE = "'"  # before what a spreadsheet would run, at the start of a cell and where a program may cut it again
GUARDED = rf"""(^|[;"\n]){APOSTROPHE}({APOSTROPHE}*[=+@\t\r＝＋－＠-])"""

_WIDE = "".join(map(chr, range(0xFF01, 0xFF5F))) + "￥￡\u3000\u00a0\u2007\u2009\u202f"
_NARROW = "".join(map(chr, range(0x21, 0x7F))) + "¥£" + 5 * " "
_LOOKALIKES = ("−–’", "--'")  # in numbers and dates only: elsewhere they are signs of their own
_INVISIBLE = "[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"

_WEEKDAY = r"(?i)^(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?[.,]*\s+"
_CHINESE_WEEKDAY = "[(]?(?:星期|周|週|禮拜|礼拜)[一二三四五六日天][)]?|[(][一二三四五六日][)]"
_AS_IN_ENGLISH = (  # (pattern, what stands in its place): a Chinese time of day, a weekday, Sept become what strptime knows
    (_WEEKDAY, ""),
    (_CHINESE_WEEKDAY, " "),
    ("上午", " AM "),
    ("下午", " PM "),
    (r"(?i)\s*\b([ap])\.?m\.?\s*", r" \1M "),
    (r"(\d)\s*(?i:([ap])m)$", r"\1 \2M"),
    ("[时時点點]", ":"),
    (r"分(\d)", r":\1"),
    ("[分秒]", ""),
    (r":(\s|$)", r":00\1"),
    (r"\s*([年月])\s*", r"\1"),
    (r"\s*[日号號]\s*T?", "日 "),
    (r"(:\d\d),(\d{1,6})$", r"\1.\2"),
    (r"(?i)\bsept\b", "Sep"),
    (r"\s+", " "),
)

_ONLY_DIGITS = r"\d+(?:[-/.]\d+)*(?:[ T]\d+(?::\d+)*(?:\.\d+)?)?"  # a date in which nothing is to be replaced


def literal(text: str) -> str:
    """A constant of ours as SQL text."""
    return "'" + text.replace("'", "''") + "'"


def once(name: str, sql: str, body: str) -> str:
    """SQL: `body` with this name for the value of `sql`, which is worked out once and stands once in the statement: planning a
    statement that repeats a long expression takes longer than running it."""
    return f"list_transform([{sql}], lambda {name}: {body})[1]"


def is_one_of(text: str, words: tuple[str, ...]) -> str:
    """SQL: whether a text is one of these. The engine makes a join of an `in`, over every row, also in a branch not taken."""
    return f"regexp_full_match({text}, {literal('|'.join(map(re.escape, words)))})"


def is_null_word(kind: str, cell: str) -> str:
    """SQL: whether a cell of a column of this kind is a word for nothing; of a longer cell only its length is looked at."""
    words = NULL_WORDS if kind in ("id", "text") else NULL_WORDS + NULL_MARKS
    return (
        f"(case when strlen(trim({cell})) <= {LONGEST} then {is_one_of(f'lower(trim({cell}))', words)} else false end)"
    )


def may_be_null_word(cell: str) -> str:
    """SQL: a cheap look that every word for nothing in a column of text passes: all of them are short and have an n."""
    return f"(strlen({cell}) <= 8 and (contains({cell}, 'n') or contains({cell}, 'N')))"


def is_guarded(text: str) -> str:
    """SQL: whether a cell has the apostrophe that keeps a spreadsheet from running it."""
    return f"(case when contains({text}, {literal(APOSTROPHE)}) then regexp_matches({text}, {literal(GUARDED)}) else false end)"


def unguarded(text: str) -> str:
    """SQL: a cell without those apostrophes; where the value itself had some, one was put before them."""
    return f"regexp_replace({text}, {literal(GUARDED)}, '\\1\\2', 'g')"


def is_beyond_ascii(text: str) -> str:
    """SQL: whether any character of a cell is beyond ASCII; the cheap look that spares most rows the folding."""
    return f"(strlen({text}) <> length({text}))"


def folded(kind: str, text: str) -> str:
    """SQL: a cell with full-width characters as their usual form, composed, without invisible ones; text stays to the letter.

    In dates also 上午 and 下午, weekdays and Chinese times of day, as the patterns of dates know them.
    """
    if kind in ("text", "flag"):
        return text
    wide, narrow = _WIDE, _NARROW
    if kind != "id":
        wide, narrow = wide + _LOOKALIKES[0], narrow + _LOOKALIKES[1]
    usual = f"nfc_normalize(translate({text}, {literal(wide)}, {literal(narrow)}))"
    usual = f"regexp_replace({usual}, {literal(_INVISIBLE)}, '', 'g')"
    plain = f"(case when {is_beyond_ascii(text)} then {usual} else {text} end)"
    if kind in ("timestamp", "day"):
        english = plain
        for pattern, instead in _AS_IN_ENGLISH:
            english = f"regexp_replace({english}, {literal(pattern)}, {literal(instead)}, 'g')"
        return f"(case when regexp_full_match({text}, {literal(_ONLY_DIGITS)}) then {text} else {english} end)"
    return plain
