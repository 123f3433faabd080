"""The forms in which dates and times are written, as data, and the SQL that reads each of them."""

from crm_analytics.importing.reading.texts import literal, once

EARLIEST, LATEST = (
    "1900-01-01",
    "2199-12-31 23:59:59.999999",
)  # outside: a slip of the pen or a two-digit year read as four
PIVOT = 69  # two-digit years: 00-68 are 2000-2068, 69-99 are 1969-1999, as POSIX has it

_TIMES = (
    "", " %H:%M:%S", " %H:%M", "T%H:%M:%S", "T%H:%M", " %H:%M:%S.%f", "T%H:%M:%S.%f", " %I:%M:%S %p", " %I:%M %p",
    " %p %I:%M:%S", " %p %I:%M", " %I %p", " %H.%M.%S", " %H.%M", " %I.%M.%S %p", " %I.%M.%S.%f %p",
)  # fmt: skip
_COMPACT_TIMES = (*_TIMES, "%H%M%S", "%H%M", "T%H%M%S")

# form -> (how it is meant, the date's pattern). "sure" forms can mean nothing else; of the others more than one may fit.
_PATTERNS = {
    "Y/m/d": ("sure", "%Y/%m/%d"),
    "Y-m-d": ("sure", "%Y-%m-%d"),
    "Y.m.d": ("sure", "%Y.%m.%d"),
    "Ymd": ("sure", "%Y%m%d"),
    "Y年m月d日": ("sure", "%Y年%m月%d日"),
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
    "m.d.y": ("mdy", "%m.%d.%y"),
    "y/m/d": ("ymd", "%y/%m/%d"),
    "y-m-d": ("ymd", "%y-%m-%d"),
    "y.m.d": ("ymd", "%y.%m.%d"),
    "y年m月d日": ("sure", "%y年%m月%d日"),
    "d Mon Y": ("sure", "%d %b %Y"),
    "d Mon y": ("sure", "%d %b %y"),
    "d-Mon-Y": ("sure", "%d-%b-%Y"),
    "d-Mon-y": ("sure", "%d-%b-%y"),
    "dMonY": ("sure", "%d%b%Y"),
    "Mon d, Y": ("sure", "%b %d, %Y"),
    "Mon d Y": ("sure", "%b %d %Y"),
    "d Month Y": ("sure", "%d %B %Y"),
    "Month d, Y": ("sure", "%B %d, %Y"),
}
# Numbers that are days or moments, and years of the Republic of China: plausible, and read only once a person has said so.
_COUNTED = {
    "excel serial": "excel",
    "excel serial 1904": "excel-1904",
    "unix seconds": "unix",
    "unix milliseconds": "unix",
    "roc y/m/d": "roc",
    "roc ymd": "roc",
}
SWAPPED = ", swapped back"
WITH_OFFSET = " with offset"
DATE_FORMS = (
    {"iso": "sure", "iso with offset": "sure", "民國y年m月d日": "sure"}
    | {form: order for form, (order, _) in _PATTERNS.items()}
    | _COUNTED
)
FORMS_WITH_OFFSET = {"iso with offset"} | {form + WITH_OFFSET for form in _PATTERNS}
ORDERS = ("dmy", "mdy", "ymd")
CONFIRMED = ("excel", "excel-1904", "unix", "roc")
_RIVALS = (frozenset(ORDERS), frozenset(CONFIRMED))
ANSWERS = (*ORDERS, "swapped", *CONFIRMED)

_OFFSET = r"(?:Z|\s(?:UTC|GMT)|:\d\d(?:\.\d+)?\s?[+-]\d\d(?::?\d\d)?)$"
_OFFSET_ALONE = r"(?:Z|\s(?:UTC|GMT)|\s?[+-]\d\d(?::?\d\d)?)$"
_ROC = r"^(?:民[國国])?\s*(\d{2,3})[年/.-](\d{1,2})[月/.-](\d{1,2})日?\s*(\d{1,2}:\d\d(?::\d\d)?)?$"
_ROC_COMPACT = r"^(1\d\d|0\d\d)(\d\d)(\d\d)()$"
_ROC_EPOCH = 1911  # year 1 of the Republic is 1912


def order_of(form: str) -> str:
    """How a form is meant: sure, dmy, mdy, ymd, swapped, excel, excel-1904, unix, roc."""
    if form.endswith(SWAPPED):
        return "swapped"
    return DATE_FORMS[form] if form in DATE_FORMS else DATE_FORMS[form.removesuffix(WITH_OFFSET)]


def has_short_year(form: str) -> bool:
    """Whether a form writes years with two digits."""
    return "%y" in _PATTERNS.get(_bare(form), ("", ""))[1]


def possible(answer: str | None, *, with_offset: bool) -> list[str]:
    """The forms that a column may have once a person has answered how its dates are meant, the likeliest first."""
    excluded = next((group - {answer} for group in _RIVALS if answer in group), frozenset())
    forms = [form for form, order in DATE_FORMS.items() if form != "iso with offset" and order not in excluded]
    if not with_offset:
        return forms
    return [*forms, "iso with offset", *(form + WITH_OFFSET for form in forms if form in _PATTERNS)]


def moment(form: str, text: str, time_zone: str, *, is_strict: bool = True) -> str:
    """SQL: the local time that a text means. Strict: null beyond reason, or where DuckDB would overlook letters at the end."""
    found = _moment(form, text, time_zone, is_strict)
    if not is_strict:
        return found
    within = f"between timestamp '{EARLIEST}' and timestamp '{LATEST}'"
    if form == "iso":
        return f"(case when {found} {within} then {_moment(form, text, time_zone, is_strict=False)} end)"
    return once("found", found, f"case when found {within} then found end")


def unbounded(form: str, text: str, time_zone: str) -> str:
    """SQL: the local time that a text means, also beyond reason."""
    return _moment(form, text, time_zone, is_strict=True)


def has_offset(text: str) -> str:
    """SQL: whether a moment ends in its distance from UTC (Z, +08:00); the cheap looks spare most rows the pattern.

    A case, as the engine works out both sides of an `and`.
    """
    looks_so = f"{text}[-1] > '9' or contains({text}, '+') or {text} like '%:%-%'"
    return f"(case when {looks_so} then regexp_matches({text}, {literal(_OFFSET)}) else false end)"


def is_odd(form: str, text: str, time_zone: str) -> str:
    """Aggregate: whether any date lies out of bounds or has letters behind it that a plain cast would overlook."""
    found = moment(form, text, time_zone, is_strict=False)
    outside = f"min({found}) < timestamp '{EARLIEST}' or max({found}) > timestamp '{LATEST}'"
    letters = f" or bool_or({text}[-1] > '9')" if form == "iso" else ""
    return f"coalesce({outside}{letters}, false)"


def _bare(form: str) -> str:
    return form.removesuffix(SWAPPED).removesuffix(WITH_OFFSET)


def _moment(form: str, text: str, time_zone: str, is_strict: bool) -> str:
    if form.endswith(SWAPPED):
        return _swapped(_moment(form.removesuffix(SWAPPED), text, time_zone, is_strict))
    if form == "iso":
        cast = f"try_cast({text} as timestamp)"
        return f"(case when {text}[-1] <= '9' then {cast} end)" if is_strict else cast
    if form == "iso with offset":
        joined = f"regexp_replace({text}, '\\s([+-])', '\\1')"
        local = f"(try_cast({joined} as timestamptz) at time zone {literal(time_zone)})"
        naive = _moment("iso", text, time_zone, is_strict)
        return f"(case when regexp_matches({text}, {literal(_OFFSET)}) then {local} else {naive} end)"
    if form.startswith(("excel", "unix")):
        return _counted(form, text, time_zone)
    if form.startswith(("roc", "民國")):
        return _of_the_republic(form, text)
    if form.endswith(WITH_OFFSET):
        return _with_offset(form.removesuffix(WITH_OFFSET), text, time_zone, is_strict)
    return _parsed(form, text)


def _parsed(form: str, text: str) -> str:
    patterns = [_PATTERNS[form][1] + time for time in (_COMPACT_TIMES if form == "Ymd" else _TIMES)]
    found = f"try_strptime({text}, [{', '.join(map(literal, patterns))}])"
    if form == "Ymd":  # strptime takes fewer digits, too: 2024115 is no day
        return f"(case when regexp_matches({text}, '^\\d{{8}}(?:\\D|\\d{{4}}$|\\d{{6}}$|$)') then {found} end)"
    return f"(case when lower({text}) <> 'epoch' then {found} end)"  # a word that strptime takes for a day of its own


def _with_offset(form: str, text: str, time_zone: str, is_strict: bool) -> str:
    bare = f"regexp_replace({text}, {literal(_OFFSET_ALONE)}, '')"
    offset = f"replace(trim(regexp_extract({text}, {literal(_OFFSET_ALONE)})), ':', '')"
    minutes = (
        f"coalesce(try_cast({offset}[1:3] as integer) * 60 "
        f"+ (case when {offset}[1] = '-' then -1 else 1 end) * coalesce(try_cast({offset}[4:5] as integer), 0), 0)"
    )
    local = f"((({_parsed(form, bare)}) - to_minutes({minutes})) at time zone 'UTC' at time zone {literal(time_zone)})"
    plain = _moment(form, text, time_zone, is_strict)
    return f"(case when regexp_matches({text}, {literal(_OFFSET)}) then {local} else {plain} end)"


def _counted(form: str, text: str, time_zone: str) -> str:
    """Days since an epoch of Excel, to the second; seconds or milliseconds since 1970 in UTC."""
    if form.startswith("excel"):
        epoch = "1904-01-01" if form.endswith("1904") else "1899-12-30"
        seconds = f"cast(round(try_cast({text} as double) * 86400) as bigint)"
        return (
            f"(case when regexp_full_match({text}, '\\d{{5}}(?:\\.\\d+)?') "
            f"then timestamp '{epoch}' + to_seconds({seconds}) end)"
        )
    digits, factor = ("\\d{10}(?:\\.\\d+)?", 1_000_000) if form == "unix seconds" else ("\\d{13}", 1_000)
    instant = f"make_timestamp(cast(round(try_cast({text} as decimal(20,6)) * {factor}) as bigint))"
    local = f"({instant} at time zone 'UTC' at time zone {literal(time_zone)})"
    return f"(case when regexp_full_match({text}, '{digits}') then {local} end)"


def _of_the_republic(form: str, text: str) -> str:
    pattern = literal(_ROC_COMPACT if form == "roc ymd" else _ROC)
    year, month, day, time = (f"regexp_extract({text}, {pattern}, {number})" for number in (1, 2, 3, 4))
    written = f"concat(try_cast({year} as integer) + {_ROC_EPOCH}, '-', {month}, '-', {day}, ' ', {time})"
    has_name = f" and regexp_matches({text}, '^民')" if form.startswith("民國") else ""
    return f"(case when regexp_matches({text}, {pattern}){has_name} then try_cast(trim({written}) as timestamp) end)"


def _swapped(moment: str) -> str:
    """Day and month change places in the rows where either could be the other."""
    back = f"make_date(year({moment}), day({moment}), month({moment}))"
    shift = f"to_days(cast({back} - cast({moment} as date) as integer))"
    return f"(case when day({moment}) <= 12 then {moment} + {shift} else {moment} end)"
