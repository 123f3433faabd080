"""The forms in which values are written, as data, and the SQL that reads each of them. A value that does not fit reads as null."""

from dataclasses import dataclass

NULL_WORDS = ("null", "nan", "n/a", "#n/a", "\\n", "none", "(null)", "<null>")  # in every column
NULL_MARKS = ("-", "--", "na", "nil", "无", "無", "空")  # in dates and numbers only: elsewhere they may be words
YES = ("true", "yes", "y", "t", "1", "是", "有", "已", "granted")
NO = ("false", "no", "n", "f", "0", "否", "无", "無", "未")

CURRENCIES = "¥￥$€£元"
CURRENCY_WORDS = "CNY|RMB|USD|EUR|GBP|HKD|TWD|JPY|NT|US|HK|R"
_CURRENCY = f"(?:[{CURRENCIES}]|(?:{CURRENCY_WORDS})[$]?)"
GROUPED = (
    rf"[(（]?\s*[-+−]?\s*{_CURRENCY}?\s*[-+−]?\s*(?:\d{{1,3}}(?:[,，]\d{{3}})+|\d+)?(?:\.\d+)?\s*{_CURRENCY}?\s*[)）]?"
)
COMMA = (
    rf"[(（]?\s*[-+−]?\s*{_CURRENCY}?\s*[-+−]?\s*(?:\d{{1,3}}(?:[. ]\d{{3}})+|\d+)?(?:,\d+)?\s*{_CURRENCY}?\s*[)）]?"
)
APOSTROPHE = "'"
GUARDED = "^" + APOSTROPHE + r"[=+@\t\r＝＋－＠-]"
OFFSET = r"(?:Z|[+-]\d\d:?\d\d)$"

_TIMES = ("", " %H:%M:%S", " %H:%M", "T%H:%M:%S", " %H:%M:%S.%f", " %I:%M:%S %p", " %I:%M %p")
_DATES = {  # form -> (order of day, month, year; the date's pattern)
    "Y/m/d": ("ymd", "%Y/%m/%d"),
    "Y.m.d": ("ymd", "%Y.%m.%d"),
    "Ymd": ("ymd", "%Y%m%d"),
    "Y年m月d日": ("ymd", "%Y年%m月%d日"),
    "d/m/Y": ("dmy", "%d/%m/%Y"),
    "d-m-Y": ("dmy", "%d-%m-%Y"),
    "d.m.Y": ("dmy", "%d.%m.%Y"),
    "d/m/y": ("dmy", "%d/%m/%y"),
    "d-m-y": ("dmy", "%d-%m-%y"),
    "d.m.y": ("dmy", "%d.%m.%y"),
    "m/d/Y": ("mdy", "%m/%d/%Y"),
    "m-d-Y": ("mdy", "%m-%d-%Y"),
    "m.d.Y": ("mdy", "%m.%d.%Y"),
    "m/d/y": ("mdy", "%m/%d/%y"),
    "m-d-y": ("mdy", "%m-%d-%y"),
    "d Mon Y": ("named", "%d %b %Y"),
    "d-Mon-Y": ("named", "%d-%b-%Y"),
    "d-Mon-y": ("named", "%d-%b-%y"),
    "Mon d, Y": ("named", "%b %d, %Y"),
    "d Month Y": ("named", "%d %B %Y"),
    "Month d, Y": ("named", "%B %d, %Y"),
}
DATE_FORMS = {"iso": "ymd", "iso with offset": "ymd"} | {form: order for form, (order, _) in _DATES.items()}
NUMBER_FORMS = ("plain", "grouped", "decimal comma")
EARLIEST, LATEST = "1900-01-01", "2200-01-01"  # outside: a slip of the pen or a two-digit year read as four


@dataclass(frozen=True)
class Reading:
    """How one column of a file is read: which field it becomes, its kind, and the form its values are written in.

    `is_tidy`: every row has shown that no cell has spaces around it and no date lies out of bounds, so that large files need
    not be checked for it again while they load. `has_guards`: an apostrophe before = + - @ is the mark by which exports keep a
    spreadsheet from running the cell; it is no part of the value.
    """

    field: str
    place: int
    kind: str
    form: str = "as it is"
    has_null_words: bool = False
    is_tidy: bool = False
    has_guards: bool = False

    def sql(self, time_zone: str = "UTC") -> str:
        """The SQL that reads the column's text; null for what is empty or does not fit."""
        return expression(self.kind, self.form, self.text(), time_zone, is_bounded=not self.is_tidy)

    def text(self) -> str:
        """The column's text, null where it is empty or a word for nothing."""
        bare = f"c{self.place}" if self.is_tidy else f"nullif(trim(c{self.place}), '')"
        if self.has_guards:
            bare = f"(case when {is_guarded(bare)} then substr({bare}, 2) else {bare} end)"
        if not self.has_null_words:
            return bare
        words = NULL_WORDS if self.kind in ("id", "text") else NULL_WORDS + NULL_MARKS
        return f"(case when lower(trim(c{self.place})) in ({', '.join(map(literal, words))}) then null else {bare} end)"


def is_guarded(text: str) -> str:
    """SQL: whether a cell starts with the apostrophe that keeps a spreadsheet from running it."""
    return f"(starts_with({text}, {literal(APOSTROPHE)}) and regexp_matches({text}, {literal(GUARDED)}))"


def literal(text: str) -> str:
    """A constant of ours as SQL text."""
    return "'" + text.replace("'", "''") + "'"


def expression(kind: str, form: str, text: str, time_zone: str = "UTC", *, is_bounded: bool = True) -> str:
    """The SQL that reads `text` (itself SQL) as a kind written in a form."""
    if kind in ("timestamp", "day"):
        moment = _moment(form, text, time_zone)
        moment = _bounded(moment) if is_bounded else moment
        return f"cast({moment} as date)" if kind == "day" else moment
    if kind in ("money", "number"):
        return f"try_cast({_digits(form, text)} as decimal({'17' if kind == 'money' else '15'},4))"
    if kind == "whole":
        value = f"try_cast({_digits(form, text)} as decimal(38,4))"
        return f"(case when {value} = trunc({value}) then try_cast({value} as bigint) end)"
    if kind == "flag":
        return (
            f"(case when lower({text}) in ({', '.join(map(literal, YES))}) then true "
            f"when lower({text}) in ({', '.join(map(literal, NO))}) then false end)"
        )
    return f"regexp_replace({text}, '[.]0$', '')" if form == "ends in .0" else text


def any_number(cell: str) -> str:
    """SQL: the number that a cell holds in any of the forms, null where it holds none."""
    text = f"nullif(trim({cell}), '')"
    readings = (f"try_cast({_digits(form, text)} as decimal(38,4))" for form in NUMBER_FORMS)
    return f"coalesce({', '.join(readings)})"


def exact_money(form: str, text: str) -> str:
    """The value before rounding to four decimals."""
    return f"try_cast({_digits(form, text)} as decimal(38,18))"


def has_many_decimals(form: str, text: str) -> str:
    """Whether a value may need rounding: more than four digits behind its decimal mark."""
    mark = "','" if form == "decimal comma" else "'.'"
    return f"(strpos({text}, {mark}) > 0 and length({text}) - strpos({text}, {mark}) > 4)"


def currency(text: str) -> str:
    """The currency sign or word in a value, '' without one."""
    return f"replace(regexp_extract({text}, '{_CURRENCY}'), '￥', '¥')"


def _moment(form: str, text: str, time_zone: str) -> str:
    if form == "iso":
        return f"try_cast({text} as timestamp)"
    if form == "iso with offset":
        local = f"(try_cast({text} as timestamptz) at time zone {literal(time_zone)})"
        return (
            f"(case when regexp_matches({text}, {literal(OFFSET)}) then {local} else try_cast({text} as timestamp) end)"
        )
    patterns = ", ".join(literal(_DATES[form][1] + time) for time in _TIMES)
    return f"try_strptime({text}, [{patterns}])"


def _bounded(moment: str) -> str:
    return f"(case when {moment} >= timestamp '{EARLIEST}' and {moment} < timestamp '{LATEST}' then {moment} end)"


def has_offset(text: str) -> str:
    """SQL: whether a moment ends in its distance from UTC (Z, +08:00); the cheap looks spare most rows the pattern."""
    looks_so = (
        f"ends_with({text}, 'Z') or contains({text}, '+') or substr({text}, -6, 1) = '-' or substr({text}, -5, 1) = '-'"
    )
    return f"(({looks_so}) and regexp_matches({text}, {literal(OFFSET)}))"


def is_outside(form: str, text: str, time_zone: str) -> str:
    """Aggregate: whether any date lies out of bounds."""
    moment = _moment(form, text, time_zone)
    return f"coalesce(min({moment}) < timestamp '{EARLIEST}' or max({moment}) >= timestamp '{LATEST}', false)"


def _digits(form: str, text: str) -> str:
    """Text that a decimal cast understands, null where the value is not written in this form."""
    if form == "plain":
        return text
    shape, decimal = (GROUPED, ".") if form == "grouped" else (COMMA, ",")
    bare = f"regexp_replace({text}, '[^0-9{decimal}]', '', 'g')"
    if decimal == ",":
        bare = f"replace({bare}, ',', '.')"
    minus = f"(case when regexp_matches({text}, '[-−(（]') then '-' else '' end)"
    return f"(case when regexp_full_match({text}, {literal(shape)}) then {minus} || {bare} end)"
