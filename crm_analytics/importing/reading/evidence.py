"""Which form a column is written in, by counting over all its rows. What the rows leave open is asked, never guessed."""

from dataclasses import dataclass, field, replace
from decimal import Decimal

from crm_analytics.importing.reading import dates, numbers
from crm_analytics.importing.reading.forms import Reading, expression, possible
from crm_analytics.importing.reading.texts import folded, is_beyond_ascii, is_guarded, is_null_word, may_be_null_word

SAMPLE = 5_000  # rows that shortlist the forms; the verdict counts all rows
LOOKED_AT = 300  # different values of them
SETTLES = 20  # one value in so many that only one decimal mark fits settles which it is
FITS = 0.995  # of the filled rows: a form that fits fewer is not surely the column's form
UNSETTLED = ["plain", "grouped", "decimal comma"]  # the shortlist of plain numbers that do not show their decimal mark
DATES, NUMBERS = ("timestamp", "day"), ("money", "number", "whole")


@dataclass
class Evidence:
    """What all rows of one column say: filled rows, rows that fit the form, and what had to be decided.

    `rivals`: answer -> how the column is read under it, where a person has to choose. `folded`: cells whose characters were
    brought to their usual form.
    """

    reading: Reading
    filled: int = 0
    misfits: int = 0
    null_words: int = 0
    nothing: tuple[str, ...] = ()  # the words that were read as nothing
    folded: int = 0
    may_round: bool = False
    total: Decimal | None = None  # of a money column, summed over all rows
    currencies: tuple[str, ...] = ()
    fits: dict[str, int] = field(default_factory=dict)  # every form that was counted
    problem: str | None = None  # see `judge`
    is_unsettled: bool = False  # of a plain number column: its sample does not show which mark parts the decimals
    has_points: bool = True  # of such a column: whether a point stands in any cell
    rivals: dict[str, Reading] = field(default_factory=dict)
    answer: str | None = None  # what a person has said of this column

    @property
    def is_left_out(self) -> bool:
        """The column is not what its header says: it stays in the file, unused."""
        return self.problem in ("no_date_form", "no_number_form")

    @property
    def share(self) -> float:
        return 1 - self.misfits / self.filled if self.filled else 1.0


def weigh(
    con, relation: str, readings: list[Reading], *, answers: dict[int, str] | None = None, time_zone: str = "UTC"
) -> list[Evidence]:
    """The evidence for each column's form, from one pass over a sample and one over all rows.

    `answers`: place -> what a person said of that column. Dates and numbers are first read as they stand, which is what large
    files need; a column in which that leaves anything is read again with spaces, words for nothing and unusual characters
    taken off.
    """
    answers = answers or {}
    shortlists = _shortlists(con, relation, readings, answers)
    tidy = [replace(reading, is_tidy=reading.kind not in ("id", "text")) for reading in readings]
    found = _pass(con, relation, tidy, shortlists, time_zone)
    untidy = [
        replace(e.reading, is_tidy=False, is_folded=True)
        for e in found
        if e.misfits and e.reading.kind not in ("id", "text")
    ]
    again = {e.reading.place: e for e in _pass(con, relation, untidy, shortlists, time_zone)} if untidy else {}
    found = [again.get(evidence.reading.place, evidence) for evidence in found]
    for evidence in found:
        evidence.answer = answers.get(evidence.reading.place)
        if evidence.misfits or evidence.null_words:
            _look_closer(con, relation, evidence, time_zone)
        if evidence.share < FITS and evidence.reading.kind in DATES + NUMBERS:
            _look_further(con, relation, evidence, shortlists[evidence.reading.place], time_zone)
        if evidence.reading.kind == "id" and evidence.reading.is_folded:
            _count_folded(con, relation, evidence)
    return found


def _pass(
    con, relation: str, readings: list[Reading], shortlists: dict[int, list[str]], time_zone: str
) -> list[Evidence]:
    asked = [part for reading in readings for part in _counts(reading, shortlists[reading.place], time_zone)]
    counted = con.execute(f"select {', '.join(sql for _, sql in asked) or '1'} from {relation}").fetchone()
    answers = dict(zip((name for name, _ in asked), counted, strict=False))
    return [_verdict(reading, shortlists[reading.place], answers) for reading in readings]


def _shortlists(con, relation: str, readings: list[Reading], answers: dict[int, str]) -> dict[int, list[str]]:
    """Forms that fit half of the sample's different values, best first; the usual one where the sample is empty."""
    con.execute(f"create or replace temp table sample as select * from {relation} limit {SAMPLE}")
    lists = {}
    for reading in readings:
        text = replace(reading, has_null_words=True, is_folded=True).text()
        con.execute(
            f"create or replace temp table looked_at as select distinct {text} as value from sample "
            f"where {text} is not null limit {LOOKED_AT}"
        )
        lists[reading.place] = _fitting(con, reading.kind, answers.get(reading.place))
    return lists


def _fitting(con, kind: str, answer: str | None) -> list[str]:
    """The first form alone where it fits everything and can mean nothing else, as ISO dates and most plain numbers do."""
    marks = con.execute(
        f"select coalesce(bool_or({dates.has_offset('value')}), false) from looked_at"
        if kind in DATES
        else "select false"
    ).fetchone()[0]
    forms = possible(kind, answer, with_offset=marks)

    def fits(some: list[str]) -> tuple[int, ...]:
        counts = ", ".join(f"count({expression(kind, form, 'value')})" for form in some)
        return con.execute(f"select count(*), {counts} from looked_at").fetchone()

    filled, first = fits(forms[:1])
    if len(forms) == 1 or (first == filled and not (kind in NUMBERS and "decimal comma" in forms)):
        return forms[:1]
    if first == filled:
        return forms[:1] if _is_settled(con, filled) else UNSETTLED
    ranked = sorted(zip(forms, fits(forms)[1:], strict=True), key=lambda pair: -pair[1])
    return [form for form, fit in ranked if 2 * fit >= filled] or forms[:1]


def _is_settled(con, filled: int) -> bool:
    """Whether plain numbers of the sample show that their point is no mark of thousands: 12.50, 0.125, 1234.5."""
    settling = con.execute(
        f"select count(*) from looked_at where contains(value, '.') and not {numbers.is_in_threes('value')}"
    ).fetchone()[0]
    return settling * SETTLES >= max(filled, 1)


def _counts(reading: Reading, forms: list[str], time_zone: str) -> list[tuple[str, str]]:
    """(name, aggregate) of everything one pass over all rows should count for a column."""
    place, text = reading.place, reading.text()
    parts = [("filled", f"count({text})")]
    if reading.kind in ("id", "text"):
        cell = f"c{place}"
        parts += [
            ("padded", f"bool_or({cell} like ' %' or {cell} like '% ')"),
            (
                "words",
                f"count(case when {may_be_null_word(cell)} then case when {is_null_word('text', cell)} then 1 end end)",
            ),
            ("guards", f"bool_or({is_guarded(cell)})"),
        ]
    elif reading.kind in NUMBERS and forms == UNSETTLED and reading.is_tidy:
        parts.append(("plain", f"count({expression(reading.kind, 'plain', text, is_strict=False)})"))
        parts.append(("points", f"count(*) filter (contains({text}, '.'))"))
    else:
        for form in forms:  # whether dates are odd is looked at for the likeliest form alone
            strict = not reading.is_tidy or form != forms[0]
            parts.append((form, f"count({expression(reading.kind, form, text, time_zone, is_strict=strict)})"))
    if reading.kind == "id":
        parts.append(("dot zero", f"bool_and({text} like '%.0')"))
        parts.append(("wide", f"bool_or({is_beyond_ascii(text)})"))
    elif reading.kind in DATES:
        parts += [
            ("odd", dates.is_odd(forms[0], text, time_zone)),
            ("offset", f"bool_or({dates.has_offset(text)})"),
        ]
    elif reading.kind == "money":
        parts.append(("round", f"bool_or({numbers.has_many_decimals(forms[0], text)})"))
        parts.append(("total", f"sum({expression('money', forms[0], text)})"))
    return [(f"{place} {name}", sql) for name, sql in parts]


def _verdict(reading: Reading, forms: list[str], answers: dict) -> Evidence:
    def said(name: str):
        return answers.get(f"{reading.place} {name}")

    evidence = Evidence(reading, filled=said("filled"), null_words=said("words") or 0, may_round=bool(said("round")))
    if reading.kind in ("id", "text"):
        form = "ends in .0" if said("dot zero") and not evidence.null_words else "as it is"
        is_tidy = not (said("padded") or evidence.null_words or said("wide"))
        evidence.reading = replace(
            reading, form=form, has_guards=bool(said("guards")), is_tidy=is_tidy, is_folded=bool(said("wide"))
        )
        return evidence
    evidence.fits = {form: said(form) for form in forms if said(form) is not None}
    evidence.is_unsettled = forms == UNSETTLED
    evidence.has_points = said("points") != 0
    best = max(evidence.fits, key=evidence.fits.get)  # the first of equals: plain before grouped, iso before the rest
    evidence.total = said("total") if best == forms[0] else None
    evidence.misfits = evidence.filled - evidence.fits[best] or int(bool(reading.is_tidy and said("odd")))
    has_offset = reading.kind in DATES and said("offset") and best + dates.WITH_OFFSET in dates.FORMS_WITH_OFFSET
    form = best + dates.WITH_OFFSET if has_offset else best
    is_tidy = reading.is_tidy and not evidence.misfits and best == forms[0]
    evidence.reading = replace(reading, form=form, is_tidy=is_tidy)
    return evidence


def _look_closer(con, relation: str, evidence: Evidence, time_zone: str) -> None:
    """Another pass over a column that did not fit at once: set words for nothing apart from real misfits."""
    evidence.reading = replace(evidence.reading, has_null_words=True, is_tidy=False)
    reading = evidence.reading
    word = f"lower(trim(c{reading.place}))"
    is_word = is_null_word(reading.kind, f"c{reading.place}")
    filled, fits, evidence.null_words, nothing, dot_zero = con.execute(
        f"select count({reading.text()}), count({reading.sql(time_zone)}), count(*) filter ({is_word}), "
        f"list(distinct {word} order by {word}) filter ({is_word}), bool_and({reading.text()} like '%.0') from {relation}"
    ).fetchone()
    evidence.filled, evidence.misfits, evidence.nothing = filled, filled - fits, tuple(nothing or ())
    if reading.kind == "id" and dot_zero:
        evidence.reading = replace(reading, form="ends in .0")


def _look_further(con, relation: str, evidence: Evidence, shortlist: list[str], time_zone: str) -> None:
    """Another shortlist from what does not fit: the first rows of a sorted file may show none of its larger numbers."""
    reading = evidence.reading
    text, value = reading.text(), reading.sql(time_zone)
    con.execute(
        f"create or replace temp table looked_at as select distinct {text} as value from {relation} "
        f"where {text} is not null and {value} is null limit {LOOKED_AT}"
    )
    forms = list(dict.fromkeys([*shortlist, *_fitting(con, reading.kind, evidence.answer)]))
    if len(forms) == len(shortlist):
        return
    (again,) = _pass(con, relation, [reading], {reading.place: forms}, time_zone)
    if again.misfits < evidence.misfits:
        evidence.reading, evidence.misfits, evidence.fits = again.reading, again.misfits, again.fits
        evidence.total, evidence.may_round = again.total, again.may_round
        evidence.is_unsettled = False


def _count_folded(con, relation: str, evidence: Evidence) -> None:
    """How many ids are written with full-width, decomposed or invisible characters; where none is, nothing is folded."""
    cell = f"c{evidence.reading.place}"
    evidence.folded = con.execute(
        f"select count(*) filter (trim({folded('id', cell)}) <> trim({cell})) from {relation}"
    ).fetchone()[0]
    evidence.reading = replace(evidence.reading, is_folded=bool(evidence.folded))


def rounded(con, relation: str, found: list[Evidence]) -> int:
    """Rows in which a money value had more than four decimals that were not zero."""
    conditions = [
        f"coalesce({numbers.exact(e.reading.form, e.reading.text())} <> {e.reading.sql()}, false)"
        for e in found
        if e.reading.kind == "money" and e.may_round
    ]
    if not conditions:
        return 0
    return con.execute(f"select count(*) from {relation} where {' or '.join(conditions)}").fetchone()[0]
