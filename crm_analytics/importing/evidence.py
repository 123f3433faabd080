"""Which form a column is written in, by counting over all its rows. What the rows leave open is asked, never guessed."""

from dataclasses import dataclass, field, replace
from decimal import Decimal

from crm_analytics.importing.forms import (
    DATE_FORMS,
    NULL_MARKS,
    NULL_WORDS,
    NUMBER_FORMS,
    Reading,
    currency,
    exact_money,
    expression,
    has_many_decimals,
    has_offset,
    is_guarded,
    is_outside,
    literal,
)

SAMPLE = 5_000  # rows that shortlist the forms; the verdict counts all rows
FEW = 20  # rows below which a pattern proves nothing
MOST_MONTHS = 9  # with more months in the data, days up to 12 are months elsewhere by chance
LOOKED_AT = 300  # different values of them
FITS = 0.995  # of the filled rows: a form that fits fewer is not surely the column's form
FITS_ALONE = 0.8  # enough where no other form reads any of the rest: then these are slips, set aside one by one


@dataclass
class Evidence:
    """What all rows of one column say: filled rows, rows that fit the form, and what had to be decided."""

    reading: Reading
    filled: int = 0
    misfits: int = 0
    null_words: int = 0
    may_round: bool = False
    total: Decimal | None = None  # of a money column, summed over all rows
    currencies: tuple[str, ...] = ()
    fits: dict[str, int] = field(default_factory=dict)  # every form that was counted
    problem: str | None = None  # ambiguous_dates | half_swapped | no_date_form | no_number_form | mixed_currency

    @property
    def is_left_out(self) -> bool:
        """The column is not what its header says: it stays in the file, unused."""
        return self.problem in ("no_date_form", "no_number_form")

    @property
    def share(self) -> float:
        return 1 - self.misfits / self.filled if self.filled else 1.0


def weigh(
    con, relation: str, readings: list[Reading], *, date_order: str | None = None, time_zone: str = "UTC"
) -> list[Evidence]:
    """The evidence for each column's form, from one pass over a sample and one over all rows.

    Dates and numbers are first read as they stand, which is what large files need; a column in which that leaves anything is
    read again with spaces and words for nothing taken off.
    """
    shortlists = _shortlists(con, relation, readings, date_order)
    tidy = [replace(reading, is_tidy=reading.kind not in ("id", "text")) for reading in readings]
    found = _pass(con, relation, tidy, shortlists, time_zone)
    untidy = [replace(e.reading, is_tidy=False) for e in found if e.misfits and e.reading.kind not in ("id", "text")]
    again = {e.reading.place: e for e in _pass(con, relation, untidy, shortlists, time_zone)} if untidy else {}
    found = [again.get(evidence.reading.place, evidence) for evidence in found]
    for evidence in found:
        if evidence.misfits or evidence.null_words:
            _look_closer(con, relation, evidence, time_zone)
    return found


def _pass(
    con, relation: str, readings: list[Reading], shortlists: dict[int, list[str]], time_zone: str
) -> list[Evidence]:
    asked = [part for reading in readings for part in _counts(reading, shortlists[reading.place], time_zone)]
    counted = con.execute(f"select {', '.join(sql for _, sql in asked) or '1'} from {relation}").fetchone()
    answers = dict(zip((name for name, _ in asked), counted, strict=False))
    return [_verdict(reading, shortlists[reading.place], answers) for reading in readings]


def _shortlists(con, relation: str, readings: list[Reading], date_order: str | None) -> dict[int, list[str]]:
    """Forms that fit half of the sample's different values, best first; the usual one where the sample is empty."""
    con.execute(f"create or replace temp table sample as select * from {relation} limit {SAMPLE}")
    lists = {}
    for reading in readings:
        forms = _possible(reading.kind, date_order)
        text = replace(reading, has_null_words=True).text()
        con.execute(
            f"create or replace temp table looked_at as select distinct c{reading.place} from sample "
            f"where {text} is not null limit {LOOKED_AT}"
        )
        lists[reading.place] = _fitting(con, reading.kind, forms, text)
    return lists


def _fitting(con, kind: str, forms: list[str], text: str) -> list[str]:
    """The first form alone where it fits everything: ISO dates and plain numbers can mean nothing else."""

    def fits(some: list[str]) -> tuple[int, ...]:
        counts = ", ".join(f"count({expression(kind, form, text)})" for form in some)
        return con.execute(f"select count(*), {counts} from looked_at").fetchone()

    filled, first = fits(forms[:1])
    if first == filled or len(forms) == 1:
        return forms[:1]
    ranked = sorted(zip(forms, fits(forms)[1:], strict=True), key=lambda pair: -pair[1])
    return [form for form, fit in ranked if 2 * fit >= filled] or forms[:1]


def _possible(kind: str, date_order: str | None) -> list[str]:
    if kind in ("timestamp", "day"):
        return [
            form
            for form, order in DATE_FORMS.items()
            if form != "iso with offset" and (date_order is None or order in (date_order, "named"))
        ]
    return list(NUMBER_FORMS) if kind in ("money", "number", "whole") else ["as it is"]


def _counts(reading: Reading, forms: list[str], time_zone: str) -> list[tuple[str, str]]:
    """(name, aggregate) of everything one pass over all rows should count for a column."""
    place, text = reading.place, reading.text()
    parts = [("filled", f"count({text})")]
    if reading.kind in ("id", "text"):
        words = ", ".join(map(literal, NULL_WORDS))
        parts += [
            ("padded", f"bool_or(c{place} like ' %' or c{place} like '% ')"),
            ("words", f"count(*) filter (length(c{place}) <= 8 and lower(trim(c{place})) in ({words}))"),
            ("guards", f"bool_or({is_guarded(f'c{place}')})"),
        ]
    else:
        bounded = not reading.is_tidy
        parts += [
            (form, f"count({expression(reading.kind, form, text, time_zone, is_bounded=bounded)})") for form in forms
        ]
    if reading.kind == "id":
        parts.append(("dot zero", f"bool_and({text} like '%.0')"))
    elif reading.kind in ("timestamp", "day"):
        parts += [("outside", is_outside(forms[0], text, time_zone)), ("offset", f"bool_or({has_offset(text)})")]
    elif reading.kind == "money":
        parts.append(("round", f"bool_or({has_many_decimals(forms[0], text)})"))
        parts.append(("total", f"sum({expression('money', forms[0], text)})"))
    return [(f"{place} {name}", sql) for name, sql in parts]


def _verdict(reading: Reading, forms: list[str], answers: dict) -> Evidence:
    def said(name: str):
        return answers.get(f"{reading.place} {name}")

    evidence = Evidence(reading, filled=said("filled"), null_words=said("words") or 0, may_round=bool(said("round")))
    if reading.kind in ("id", "text"):
        form = "ends in .0" if said("dot zero") and not evidence.null_words else "as it is"
        is_tidy = not (said("padded") or evidence.null_words)
        evidence.reading = replace(reading, form=form, has_guards=bool(said("guards")), is_tidy=is_tidy)
        return evidence
    evidence.fits = {form: said(form) for form in forms}
    best = max(
        forms, key=lambda form: evidence.fits[form]
    )  # the first of equals: plain before grouped, iso before the rest
    evidence.total = said("total") if best == forms[0] else None
    evidence.misfits = evidence.filled - evidence.fits[best] or int(bool(reading.is_tidy and said("outside")))
    form = "iso with offset" if best == "iso" and said("offset") else best
    evidence.reading = replace(reading, form=form, is_tidy=reading.is_tidy and not evidence.misfits)
    return evidence


def _look_closer(con, relation: str, evidence: Evidence, time_zone: str) -> None:
    """Second pass over a column that did not fit at once: set words for nothing apart from real misfits."""
    evidence.reading = replace(evidence.reading, has_null_words=True, is_tidy=False)
    reading = evidence.reading
    words = ", ".join(map(literal, NULL_WORDS if reading.kind in ("id", "text") else NULL_WORDS + NULL_MARKS))
    filled, fits, evidence.null_words, dot_zero = con.execute(
        f"select count({reading.text()}), count({reading.sql(time_zone)}), "
        f"count(*) filter (lower(trim(c{reading.place})) in ({words})), bool_and({reading.text()} like '%.0') from {relation}"
    ).fetchone()
    evidence.filled, evidence.misfits = filled, filled - fits
    if reading.kind == "id" and dot_zero:
        evidence.reading = replace(reading, form="ends in .0")


def judge(con, relation: str, evidence: Evidence) -> None:
    """Name what the rows leave open: two orders of day and month that fit alike, no form that fits, several currencies."""
    kind = evidence.reading.kind
    if kind in ("timestamp", "day"):
        orders = {
            DATE_FORMS[form]
            for form, fits in evidence.fits.items()
            if evidence.filled and fits >= FITS * evidence.filled
        }
        if len(orders & {"dmy", "mdy"}) == 2:
            evidence.problem = "ambiguous_dates"
        elif evidence.share < FITS and not _are_slips(con, relation, evidence):
            evidence.problem = "no_date_form"
        elif orders & {"dmy", "mdy"} and _is_half_swapped(con, relation, evidence.reading):
            evidence.problem = "half_swapped"
    elif (
        kind in ("money", "number", "whole", "flag")
        and evidence.share < FITS
        and not _are_slips(con, relation, evidence)
    ):
        evidence.problem = "no_number_form"
    if evidence.reading.field == "currency":
        evidence.currencies = _different(con, relation, f"upper({evidence.reading.text()})")
        if len(evidence.currencies) > 1:
            evidence.problem = "mixed_currency"
    if kind == "money" and evidence.reading.form != "plain":
        evidence.currencies = _different(con, relation, currency(evidence.reading.text()))
        if len(evidence.currencies) > 1:
            evidence.problem = "mixed_currency"


def _are_slips(con, relation: str, evidence: Evidence) -> bool:
    """Whether what does not fit fits no other form either: a few cells that are no values at all."""
    if evidence.share < FITS_ALONE:
        return False
    reading = evidence.reading
    others = [
        expression(reading.kind, form, reading.text()) for form in _possible(reading.kind, None) if form != reading.form
    ]
    readable = " or ".join(f"{other} is not null" for other in others) or "false"
    return not con.execute(
        f"select coalesce(bool_or({readable}), false) from {relation} "
        f"where {reading.text()} is not null and {reading.sql()} is null"
    ).fetchone()[0]


def _is_half_swapped(con, relation: str, reading: Reading) -> bool:
    """Whether day and month look swapped in the rows where both could be either.

    Software that reads 04-06-2015 the wrong way round swaps exactly the rows whose parts are both 12 or less. Then what stands
    as the day there takes only values that are months elsewhere, while honest days take all values from 1 to 12.
    """
    moment = reading.sql()
    doubtful, days, months = con.execute(
        f"select count(*) filter (d <= 12), list(distinct d) filter (d <= 12), list(distinct m) filter (d > 12) "
        f"from (select day({moment}) as d, month({moment}) as m from {relation}) parts"
    ).fetchone()
    return doubtful >= FEW and 0 < len(months or ()) <= MOST_MONTHS and set(days) <= set(months)


def _different(con, relation: str, text: str) -> tuple[str, ...]:
    """The different values of a text that is not empty, ten at most."""
    rows = con.execute(f"select distinct {text} from {relation} where {text} <> '' order by 1 limit 10").fetchall()
    return tuple(value for (value,) in rows)


def rounded(con, relation: str, found: list[Evidence]) -> int:
    """Rows in which a money value had more than four decimals that were not zero."""
    conditions = [
        f"coalesce({exact_money(e.reading.form, e.reading.text())} <> {e.reading.sql()}, false)"
        for e in found
        if e.reading.kind == "money" and e.may_round
    ]
    if not conditions:
        return 0
    return con.execute(f"select count(*) from {relation} where {' or '.join(conditions)}").fetchone()[0]
