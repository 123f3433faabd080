"""What the rows of a column leave open: two readings that fit alike, dates half swapped, several currencies, no form at all."""

from dataclasses import replace

from crm_analytics.importing.reading import dates, numbers
from crm_analytics.importing.reading.evidence import DATES, FITS, NUMBERS, Evidence
from crm_analytics.importing.reading.forms import Reading, expression, possible

FEW = 20  # rows below which a pattern proves nothing
MOST_MONTHS = 9  # with more months in the data, days up to 12 are months elsewhere by chance
FITS_ALONE = 0.8  # enough where no other form reads any of the rest: then these are slips, set aside one by one
DECADES = 20  # years
MANY = 4  # of them
BEARS = 0.005  # of the rows that bear on a decimal mark: fewer are slips and decide nothing

# evidence.problem -> what it says
AMBIGUOUS_DATES = "ambiguous_dates"  # two orders of day, month and year fit alike and differ
HALF_SWAPPED = "half_swapped"  # day and month have changed places wherever either could be the other
UNCONFIRMED_DATES = "unconfirmed_dates"  # numbers that may be days or moments, years of the Republic of China
AMBIGUOUS_MARK = "ambiguous_mark"  # 1,234: a thousand, or one and a bit
MIXED_CURRENCY = "mixed_currency"


def judge(con, relation: str, evidence: Evidence, time_zone: str = "UTC") -> None:
    """Name what the rows leave open as `evidence.problem`, with the readings to choose from as `evidence.rivals`.

    An answer that settles it is taken: the reading is the one it names, and nothing is open.
    """
    kind = evidence.reading.kind
    if kind in DATES:
        _judge_dates(con, relation, evidence, time_zone)
    elif kind in NUMBERS or kind == "flag":
        _judge_numbers(con, relation, evidence)
    if evidence.answer in evidence.rivals:
        evidence.reading, evidence.problem = evidence.rivals[evidence.answer], None
    if evidence.reading.field == "currency":
        evidence.currencies = _different(con, relation, f"upper({evidence.reading.text()})")
    elif kind == "money" and evidence.reading.form != "plain" and not evidence.problem:
        evidence.currencies = _different(con, relation, numbers.currency(evidence.reading.text()))
    if not numbers.are_one(evidence.currencies):
        evidence.problem = MIXED_CURRENCY


def _judge_dates(con, relation: str, evidence: Evidence, time_zone: str) -> None:
    reading, best = evidence.reading, dates.order_of(evidence.reading.form)
    fitting = {  # order -> its form that fits most
        dates.order_of(form): form
        for form, fits in sorted(evidence.fits.items(), key=lambda pair: pair[1])
        if evidence.filled and fits >= FITS * evidence.filled
    }
    if best in dates.ORDERS:
        rivals = {order: _as(reading, form) for order, form in fitting.items() if order in dates.ORDERS}
        if len(rivals) > 1 and "ymd" in rivals and best != "ymd" and _takes_days_for_years(con, relation, rivals, best):
            del rivals["ymd"]
        if len(rivals) > 1 and _differ(con, relation, list(rivals.values()), time_zone):
            evidence.problem, evidence.rivals = AMBIGUOUS_DATES, dict(sorted(rivals.items()))
            return
    if evidence.filled and best in dates.CONFIRMED and best in fitting:
        rivals = {order: _as(reading, form) for order, form in fitting.items() if order in dates.CONFIRMED}
        evidence.problem, evidence.rivals = UNCONFIRMED_DATES, dict(sorted(rivals.items()))
    elif evidence.share < FITS and not _are_slips(con, relation, evidence):
        evidence.problem = "no_date_form"
    elif best in ("sure", *dates.ORDERS) and (
        evidence.answer == "swapped" or _is_half_swapped(con, relation, reading, time_zone)
    ):
        _offer_swap(evidence)


def _offer_swap(evidence: Evidence) -> None:
    reading, order = evidence.reading, dates.order_of(evidence.reading.form)
    as_it_stands = order if order in dates.ORDERS else "ymd"
    evidence.problem = HALF_SWAPPED
    evidence.rivals = {as_it_stands: reading, "swapped": replace(reading, form=reading.form + dates.SWAPPED)}


def suspect_swap(con, relation: str, evidence: Evidence, time_zone: str) -> bool:
    """Leave dates of a source that were swapped before open again; whether its rows, few as they may be, agree with that."""
    if dates.order_of(evidence.reading.form) not in ("sure", *dates.ORDERS):
        return False
    _offer_swap(evidence)
    return _looks_swapped(con, relation, evidence.reading.sql(time_zone), least=1) is not False


def _takes_days_for_years(con, relation: str, rivals: dict[str, Reading], best: str) -> bool:
    """Whether 31.12.24 read with the year first makes decades, or many years with few days, of the days of a few years."""
    first, other = rivals["ymd"].sql(), rivals[best].sql()
    decades, years, many, few = con.execute(
        "select year(max(a)) - year(min(a)), year(max(b)) - year(min(b)), count(distinct year(a)), count(distinct day(a)) "
        f"from (select {first} as a, {other} as b from {relation}) readings"
    ).fetchone()
    return decades > DECADES >= years or many >= max(MANY, 2 * few)


def _as(reading: Reading, form: str) -> Reading:
    """The same column in another form of dates; one whose moments carry offsets keeps that."""
    if form.removesuffix(dates.WITH_OFFSET) == reading.form.removesuffix(dates.WITH_OFFSET):
        return reading
    return replace(reading, form=form, is_tidy=False)


def _judge_numbers(con, relation: str, evidence: Evidence) -> None:
    reading = evidence.reading
    if evidence.share < FITS and not _are_slips(con, relation, evidence):
        evidence.problem = "no_number_form"
    elif reading.kind in NUMBERS and evidence.answer not in numbers.ANSWERS and _may_be_read_otherwise(evidence):
        point = replace(reading, form="grouped" if reading.form == "decimal comma" else reading.form)
        comma = replace(reading, form="decimal comma")
        if _bear_alike(con, relation, point, comma):
            evidence.problem, evidence.rivals = AMBIGUOUS_MARK, {"point": point, "comma": comma}


def _may_be_read_otherwise(evidence: Evidence) -> bool:
    """Whether a look at all rows is worth its while: both decimal marks were in the shortlist and marks do occur."""
    if evidence.reading.form == "plain":
        return evidence.is_unsettled and evidence.has_points
    fits = {numbers.DECIMAL_MARKS.get(form) for form, n in evidence.fits.items() if n >= FITS * evidence.filled}
    return bool(evidence.filled) and {"point", "comma"} <= fits


def _bear_alike(con, relation: str, one: Reading, other: Reading) -> bool:
    """Whether rows differ under the two readings and hardly any row can be read under one of them only."""
    first, second = one.sql(), other.sql()
    differ, only_one, only_other = con.execute(
        f"select count(*) filter (a <> b), count(*) filter (a is not null and b is null), "
        f"count(*) filter (b is not null and a is null) from (select {first} as a, {second} as b from {relation}) readings"
    ).fetchone()
    return bool(differ) and max(only_one, only_other) <= BEARS * differ


def _differ(con, relation: str, readings: list[Reading], time_zone: str) -> bool:
    """Whether any row means something else under another of the readings; the first rows mostly show it."""
    first, *others = (reading.sql(time_zone) for reading in readings)
    differing = " or ".join(f"{first} <> {other}" for other in others)
    return any(
        con.execute(f"select coalesce(bool_or({differing}), false) from {rows}").fetchone()[0]
        for rows in ("sample", relation)
    )


def _are_slips(con, relation: str, evidence: Evidence) -> bool:
    """Whether what does not fit fits no other form either: a few cells that are no values at all."""
    if evidence.share < FITS_ALONE:
        return False
    reading = evidence.reading
    others = [expression(reading.kind, form, reading.text()) for form in possible(reading.kind) if form != reading.form]
    readable = " or ".join(f"{other} is not null" for other in others) or "false"
    return not con.execute(
        f"select coalesce(bool_or({readable}), false) from {relation} "
        f"where {reading.text()} is not null and {reading.sql()} is null"
    ).fetchone()[0]


def _is_half_swapped(con, relation: str, reading: Reading, time_zone: str) -> bool:
    """Whether day and month look swapped in the rows where both could be either.

    Software that reads 04-06-2015 the wrong way round swaps exactly the rows whose parts are both 12 or less. Then what stands
    as the day there takes only values that are months elsewhere, and what stands as the month takes others, while honest days
    take all values from 1 to 12. The first rows mostly show that it is not so, which spares large files a pass; dates that can
    be read in one way only are looked at further where the first rows show that it is so.
    """
    moment = reading.sql(time_zone)
    in_sample = _looks_swapped(con, "sample", moment)
    if in_sample is False or in_sample is None and dates.order_of(reading.form) == "sure":
        return False
    return bool(_looks_swapped(con, relation, moment))


def _looks_swapped(con, relation: str, moment: str, least: int = FEW) -> bool | None:
    """None where too few rows could be either; a day that is its own month's number says nothing."""
    either = "d <= 12 and d <> m"
    doubtful, days, months_there, months = con.execute(
        f"select count(*) filter ({either}), list(distinct d) filter ({either}), list(distinct m) filter ({either}), "
        "list(distinct m) filter (d > 12) "
        f"from (select day(moment) as d, month(moment) as m from (select {moment} as moment from {relation})) parts"
    ).fetchone()
    if doubtful < least:
        return None
    months = set(months or ())
    if not months or set(months_there) <= months:
        return False
    beside = {
        (month + step) % 12 + 1 for month in months for step in (-2, 0)
    }  # of which only days up to 12 may be here
    return any(len(seen) <= MOST_MONTHS and set(days) <= seen for seen in (months, months | beside))


def _different(con, relation: str, text: str) -> tuple[str, ...]:
    """The different values of a text that is not empty, ten at most."""
    rows = con.execute(f"select distinct {text} from {relation} where {text} <> '' order by 1 limit 10").fetchall()
    return tuple(value for (value,) in rows)
