"""The forms in which numbers and amounts are written, as data, and the SQL that reads each of them exactly."""

from crm_analytics.importing.reading.texts import is_beyond_ascii, literal

NUMBER_FORMS = ("plain", "grouped", "decimal comma", "percent")
DECIMAL_MARKS = {"plain": "point", "grouped": "point", "decimal comma": "comma"}
ANSWERS = ("point", "comma")

_WORDS = (
    "CNY|RMB|USD|EUR|GBP|HKD|TWD|NTD|JPY|CHF|AUD|CAD|SGD|NZD|INR|KRW|BRL|MXN|ZAR|SEK|NOK|DKK|PLN|CZK|MYR|THB|VND|IDR|PHP|RUB|TRY|"
    "NT|US|HK|RM|Rs|Rp|R|kr|zł|Kč|人民[币幣]"
)
_CURRENCY = f"(?:[¥￥$＄€£₹₩₽₺₫฿元圆圓円]|(?:{_WORDS})[$＄]?)"
_SCALE = "(?:[百千]?[万萬]|[千亿億])"
_POWERS = (("[亿億]", "e8"), ("千[万萬]", "e7"), ("百[万萬]", "e6"), ("[万萬]", "e4"), ("千", "e3"))
_SIGN = "[-+−]"
_POINT = r"(?:[1-9]\d{0,2}(?:[,，]\d{3})+|[1-9]\d?(?:,\d{2})+,\d{3}|[1-9]\d{0,2}(?:['’ ]\d{3})+|\d+)(?:\.\d*)?|\.\d+"
_COMMA = r"(?:[1-9]\d{0,2}(?:[. '’]\d{3})+|\d+)(?:,\d*)?|,\d+"
_POWER_OF_TEN = r"[-+]?\d+(?:\.\d+)?[eE][-+]?\d{1,2}"
_PERCENT = r"[-+−]?\s*(?:\d+(?:\.\d+|,\d{1,2})?|\.\d+)\s*[%％]"


def _shape(body: str) -> str:
    """A number with its sign in front, behind or as brackets, with a currency and a Chinese unit on either side."""
    number = rf"(?:{body})\s*{_SCALE}?\s*{_CURRENCY}?"
    before = rf"(?:{_SIGN}?\s*{_CURRENCY}?|{_CURRENCY}\s*{_SIGN})\s*{number}"
    behind = rf"{_CURRENCY}?\s*{number}\s*{_SIGN}"
    return rf"{before}|{behind}|{_CURRENCY}?\s*[(（]\s*{_CURRENCY}?\s*{number}\s*[)）]\s*{_CURRENCY}?"


_SHAPES = {"grouped": _shape(_POINT), "decimal comma": _shape(_COMMA), "percent": _PERCENT}

# What a sign or word may stand for; what is not here stands for itself.
_MAY_BE = {
    "¥": {"CNY", "JPY"}, "元": {"CNY", "TWD", "HKD"}, "圆": {"CNY"}, "圓": {"TWD", "HKD", "CNY"}, "円": {"JPY"},
    "$": {"USD", "TWD", "HKD", "CAD", "AUD", "SGD"}, "€": {"EUR"}, "£": {"GBP"}, "₹": {"INR"}, "₩": {"KRW"},
    "RMB": {"CNY"}, "人民币": {"CNY"}, "人民幣": {"CNY"}, "NT": {"TWD"}, "NTD": {"TWD"}, "NT$": {"TWD"}, "US": {"USD"},
    "US$": {"USD"}, "HK": {"HKD"}, "HK$": {"HKD"}, "R$": {"BRL"}, "R": {"ZAR"}, "RM": {"MYR"}, "Rs": {"INR"},
    "Rp": {"IDR"}, "kr": {"SEK", "NOK", "DKK"}, "zł": {"PLN"}, "Kč": {"CZK"}, "₽": {"RUB"}, "₺": {"TRY"}, "₫": {"VND"}, "฿": {"THB"},
}  # fmt: skip


def possible(kind: str, answer: str | None) -> list[str]:
    """The forms that a column may have once a person has answered which its decimal mark is; a percentage is no money."""
    forms = NUMBER_FORMS if kind == "number" else NUMBER_FORMS[:3]
    return [form for form in forms if answer not in ANSWERS or DECIMAL_MARKS.get(form, answer) == answer]


def digits(form: str, text: str) -> str:
    """SQL: text that a decimal cast understands to the last digit, null where the value is not written in this form."""
    if form == "plain":
        return text
    mark = "," if form == "decimal comma" else "."
    bare = f"regexp_replace({text}, '[^0-9{mark}]', '', 'g')"
    if mark == ",":
        bare = f"replace({bare}, ',', '.')"
    minus = f"(case when regexp_matches({text}, '[-−(（]') then '-' else '' end)"
    if form == "percent":
        bare = f"regexp_replace(replace({text}, ',', '.'), '[^0-9.]', '', 'g')"
        return f"(case when regexp_full_match({text}, {literal(_PERCENT)}) then {minus} || {bare} || 'e-2' end)"
    powers = " ".join(f"when regexp_matches({text}, '{sign}') then '{power}'" for sign, power in _POWERS)
    power = f"(case when not {is_beyond_ascii(text)} then '' {powers} else '' end)"
    ten = f"when regexp_full_match({text}, {literal(_POWER_OF_TEN)}) then {text} " if mark == "." else ""
    shape = literal(_SHAPES[form])
    return f"(case when regexp_full_match({text}, {shape}) then {minus} || {bare} || {power} {ten}end)"


def exact(form: str, text: str) -> str:
    """SQL: the value before rounding to four decimals."""
    return f"try_cast({digits(form, text)} as decimal(38,18))"


def any_number(cell: str) -> str:
    """SQL: the number that a cell holds in any of the forms, null where it holds none."""
    text = f"nullif(trim({cell}), '')"
    readings = (f"try_cast({digits(form, text)} as decimal(38,4))" for form in NUMBER_FORMS)
    return f"coalesce({', '.join(readings)})"


def has_many_decimals(form: str, text: str) -> str:
    """SQL: whether a value may need rounding: more than four digits behind its decimal mark, or a negative power of ten."""
    mark = "','" if form == "decimal comma" else "'.'"
    long = f"strlen({text}) > 5 and contains({text}, {mark}) and length({text}) - strpos({text}, {mark}) > 4"
    power = f"when contains({text}, '-') then contains({text}, 'e-') or contains({text}, 'E-')"
    return f"(case when {long} then true {power} else false end)"


def is_in_threes(text: str) -> str:
    """SQL: whether the only point of a plain number may part thousands: 1.234, but neither 0.234 nor 1234.5 nor 12.50."""
    return f"regexp_full_match({text}, '[-+]?[1-9]\\d{{0,2}}(?:\\.\\d{{3}})+')"


def currency(text: str) -> str:
    """SQL: the currency sign or word in a value, '' without one."""
    return f"replace(replace(regexp_extract({text}, '{_CURRENCY}'), '￥', '¥'), '＄', '$')"


def are_one(currencies) -> bool:
    """Whether these signs and words can all stand for one and the same currency: ¥ and 元 can, ¥ and $ cannot."""
    meant = [_MAY_BE.get(each, {each.upper()}) for each in currencies]
    return not meant or bool(set.intersection(*meant))
