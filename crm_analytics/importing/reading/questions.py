"""What is asked of a person about a column: each reading it may have, with the evidence for it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from crm_analytics import formats
from crm_analytics.errors import ImportRefused
from crm_analytics.importing.landing.land import Landing
from crm_analytics.importing.reading import dates, numbers
from crm_analytics.importing.reading.evidence import DATES, NUMBERS
from crm_analytics.importing.reading.forms import Reading
from crm_analytics.importing.reading.judge import (
    AMBIGUOUS_DATES,
    AMBIGUOUS_MARK,
    FEW,
    HALF_SWAPPED,
    UNCONFIRMED_DATES,
)

CODES = {
    AMBIGUOUS_DATES: "date_order",
    HALF_SWAPPED: "half_swapped",
    UNCONFIRMED_DATES: "date_numbers",
    AMBIGUOUS_MARK: "decimal_mark",
}
FLAGS = {"--date-order": dates.ANSWERS, "--decimal-mark": numbers.ANSWERS}  # option of the command line -> its answers
COMPARED = 20_000  # rows at most by whose order a reading is compared with a running number
RUNS = 0.2  # of the rows: a number that takes fewer different values does not run
AGREES = 0.5  # rank correlation from which a running number says anything about any of the readings


@dataclass(frozen=True)
class Offer:
    """One reading of a column: the answer that chooses it, and what the rows would say under it.

    `example` is a cell and `means` its value; `first` and `last` are the range of all values, `total` the sum of amounts;
    `agreement` is the rank correlation with the running number in the column `beside`.
    """

    choice: str
    fits: int
    filled: int
    example: str | None = None
    means: datetime | Decimal | None = None
    first: datetime | Decimal | None = None
    last: datetime | Decimal | None = None
    beside: str | None = None
    agreement: float | None = None
    is_as_written: bool = False  # the reading that changes nothing, where the other one changes what stands there

    def title(self, tr) -> str:
        """Day first: 03/04/2024 is 3 Apr 2024"""
        said = tr("readings.as_written" if self.is_as_written else f"readings.{self.choice}")
        said = said[:1].upper() + said[1:]
        if self.example is None:
            return said
        return tr("readings.example", reading=said, example=self.example, value=self._value(self.means, tr.language))

    def evidence(self, tr) -> str:
        """All 2,224 rows fit · 2 Jan 2015 to 12 Dec 2015 · in step with the running number Ticket #: 0.524 (1 is perfect)"""
        if not self.filled:
            return ""
        fits = {"fits": formats.count(self.fits), "filled": formats.count(self.filled)}
        said = [tr("readings.all_fit" if self.fits == self.filled else "readings.some_fit", **fits)]
        if self.first is not None:
            span = {"first": self._value(self.first, tr.language), "last": self._value(self.last, tr.language)}
            said.append(tr("readings.span", **span))
        if self.agreement is not None:
            said.append(tr("readings.agreement", column=self.beside, value=f"{self.agreement:.3f}"))
        return " · ".join(said)

    def _value(self, value, language: str) -> str:
        return formats.day(value, language) if isinstance(value, datetime) else f"{value:,f}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class Question:
    """Something only a person can know; `flag` is the option of the command line that answers it."""

    code: str
    column: str
    params: dict
    flag: str
    offers: tuple[Offer, ...] = ()


def answered(date_order: list[str], decimal_mark: list[str]) -> dict:
    """Options from what was typed: `dmy` answers for all columns, `Due=mdy` for one. Raises ImportRefused E_ANSWER."""
    for_all, for_one = [], {}
    for (flag, known), texts in zip(FLAGS.items(), (date_order, decimal_mark), strict=True):
        pairs = [text.rpartition("=")[::2] for text in texts]
        for _, answer in pairs:
            if answer not in known:
                raise ImportRefused("E_ANSWER", value=answer, option=flag, known=", ".join(known))
        for_all.append(next((answer for column, answer in pairs if not column), None))
        for_one |= {column: answer for column, answer in pairs if column}
    return {"date_order": for_all[0], "decimal_mark": for_all[1], "answers": for_one}


def answer(options, header: str, kind: str) -> str | None:
    """What options (an Options) say of how a column of this kind is meant."""
    of_kind = options.date_order if kind in DATES else options.decimal_mark if kind in NUMBERS else None
    return options.answers.get(header, of_kind)


def ask(
    con,
    landing: Landing,
    code: str,
    rivals: dict[str, Reading],
    readings: list[Reading],
    time_zone: str,
    params: dict | None = None,
) -> Question:
    """The question which of the rivals (answer -> reading of one column) is meant, with the evidence for each.

    `readings`: all columns of the file; where one of them holds a running number, dates are compared with it.
    """
    first = next(iter(rivals.values()))
    is_date, header = first.kind in DATES, landing.headers[first.place]
    columns = [reading.sql(time_zone) for reading in rivals.values()]
    if is_date:
        columns = [f"cast({sql} as timestamp)" for sql in columns]
    facts = _facts(con, landing.relation, f"c{first.place}", columns)
    beside, agreements = _agreements(con, landing, readings, columns) if is_date else (None, [])
    compared = [(landing.headers[beside.place], each) for each in agreements] if beside else [(None, None)] * len(facts)
    offers = tuple(
        Offer(choice, *fact, *pair, is_as_written="swapped" in rivals and choice != "swapped")
        for choice, fact, pair in zip(rivals, facts, compared, strict=True)
    )
    flag = f"{'--date-order' if is_date else '--decimal-mark'} {'|'.join(rivals)}"
    return Question(code, header, params or {}, flag, offers)


def _facts(con, relation: str, cell: str, columns: list[str]) -> list[tuple]:
    """(fits, filled, example, what it means, smallest, largest) of each reading; the example is a row where they differ."""
    text, means = _example(con, relation, cell, columns)
    spans = ", ".join(f"count({column}), min({column}), max({column})" for column in columns)
    filled, *counted = con.execute(f"select count(nullif(trim({cell}), '')), {spans} from {relation}").fetchone()
    return [
        (counted[3 * n], filled, text, means[n], counted[3 * n + 1], counted[3 * n + 2]) for n in range(len(columns))
    ]


def _example(con, relation: str, cell: str, columns: list[str]) -> tuple[str | None, list]:
    """The first cell that the readings take for different values, and these values; for one reading the first it can read."""
    differ = " or ".join(f"{columns[0]} <> {other}" for other in columns[1:]) or f"{columns[0]} is not null"
    for rows in ("sample", relation):
        found = con.execute(
            f"select trim({cell}), {', '.join(columns)} from {rows} where {differ} order by source_line limit 1"
        ).fetchone()
        if found:
            return found[0], list(found[1:])
    return None, [None] * len(columns)


def _agreements(
    con, landing: Landing, readings: list[Reading], columns: list[str]
) -> tuple[Reading | None, list[float]]:
    """The running number of the file that agrees best with any of the readings, and its rank correlation with each."""
    every = 1 + landing.records // COMPARED
    con.execute(
        f"create or replace temp table compared as select * from {landing.relation} where source_line % {every} = 0"
    )
    best: tuple[Reading | None, list[float]] = (None, [])
    for reading in readings:
        if reading.kind == "id":
            found = _correlations(con, reading, columns)
            if found and max(map(abs, found)) > max(map(abs, best[1]), default=AGREES):
                best = (reading, found)
    return best


def _correlations(con, reading: Reading, columns: list[str]) -> list[float]:
    """Spearman's rank correlation of each column with the digits that end an id; nothing where these do not run."""
    names = [f"r{number}" for number in range(len(columns))]
    readings = ", ".join(f"{sql} as {name}" for name, sql in zip(names, columns, strict=True))
    number = f"try_cast(regexp_extract({reading.text()}, '(\\d{{1,18}})$', 1) as bigint)"
    ranks = ", ".join(
        f"rank() over (order by {name}) + (count(*) over (partition by {name}) - 1) / 2 as {name}"
        for name in ("number", *names)
    )
    agree = ", ".join(f"corr(number, {name})" for name in names)
    rows, different, *found = con.execute(
        f"with asked as (select {number} as number, {readings} from compared), "
        f"known as (select * from asked where {' and '.join(f'{name} is not null' for name in ('number', *names))}), "
        f"ranked as (select {ranks} from known) select count(*), count(distinct number), {agree} from ranked"
    ).fetchone()
    runs = rows >= FEW and different >= RUNS * rows and None not in found
    return found if runs else []
