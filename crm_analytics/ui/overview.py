"""The Overview in words: the answer, the finding above the chart, all numbers, what the data cannot answer yet."""

from datetime import date, timedelta

from crm_analytics import formats
from crm_analytics.filters import months_before
from crm_analytics.ui.numbers import Number

MAIN = ("satisfaction", "repurchase_rate", "churn_rate", "complaint_hours_median")
STRIP = ("revenue", "active_customers", "average_order_value", "new_customers")
MANY = 200_000  # customers beyond which what costs a pass over all of them is left out until it is asked for
MONTHLY = {"revenue", "margin", "orders", "new_customers", "complaints"}


def answer(page, numbers: dict[str, Number], n: int) -> str:
    """What rose, what fell; or that nothing did beyond noise; or, without a window before, where things stand.

    `n`: customers chosen; where nobody is, or no order was ever imported, that is the answer."""
    tr = page.tr
    if not n and (page.wanted.where or page.wanted.customer_set):
        return tr("overview.answer_nobody")
    known = [numbers[kpi] for kpi in MAIN if kpi in numbers and not numbers[kpi].is_missing]
    clear = [number for number in known if number.is_clear]
    if clear:
        return _moved(tr, [n for n in clear if n.is_better], [n for n in clear if not n.is_better])
    if known and any(number.has_previous for number in known):
        return tr("overview.answer_even", levels=_joined(tr, [_clause(tr, n, "level") for n in known[:2]]))
    if known:
        return tr("overview.answer_first", levels=_joined(tr, [_clause(tr, n, "level") for n in known[:2]]))
    if page.is_empty:
        return tr("overview.answer_wants_orders")
    revenue = numbers.get("revenue")
    return (
        tr("overview.answer_revenue", value=revenue.value)
        if revenue and not revenue.is_missing
        else tr("overview.answer_no_orders")
    )


def _moved(tr, better: list[Number], worse: list[Number]) -> str:
    good = _joined(tr, [_clause(tr, n, "better") for n in better])
    bad = _joined(tr, [_clause(tr, n, "worse") for n in worse])
    if good and bad:
        return _sentence(tr("overview.answer_mixed", good=good, bad=bad))
    return _sentence(tr("overview.answer_good" if good else "overview.answer_bad", what=good or bad))


def _clause(tr, number: Number, way: str) -> str:
    size = (number.change or "").lstrip("+-")
    return tr(f"overview.{way}_{number.kpi}", value=number.value, size=size)


def _joined(tr, clauses: list[str]) -> str:
    """One, two and three things in the reader's grammar."""
    if len(clauses) < 2:
        return "".join(clauses)
    return tr("overview.and", first=tr("overview.comma").join(clauses[:-1]), last=clauses[-1])


def _sentence(text: str) -> str:
    """A capital first letter, also inside the bold part."""
    start = 2 if text.startswith("**") else 0
    return text[:start] + text[start : start + 1].upper() + text[start + 1 :]


def sparkline(trend, kpi: str) -> list[float] | None:
    """The last twelve points of a number; None where a line would say nothing."""
    points = trend[(trend.kpi == kpi) & trend.value.notna()].sort_values("month")
    if kpi in MONTHLY:
        points = points[~points.in_progress.astype(bool)]
    return [float(value) for value in points.value.tail(12)] if len(points) >= 3 else None


def gaps(tr, numbers: dict[str, Number]) -> list[tuple]:
    """The numbers that wait for an export, one row per export, as rows for `cards.findings`."""
    waiting: dict[str, list[Number]] = {}
    for number in numbers.values():
        if number.is_missing and number.wants:
            waiting.setdefault(number.wants, []).append(number)
    return [
        (
            "wants",
            "+ " + tr(f"tables.{group[0].wants}"),
            tr("overview.list", names=tr("overview.comma").join(n.label for n in group)),
            group[0].note,
        )
        for group in waiting.values()
    ]


def peak_words(page, months) -> str:
    """The finding above the chart: the best month, and the same month a year before."""
    done = months[~months.in_progress]
    if done.empty:
        return page.tr("overview.chart_title")
    best = done.loc[done.value.idxmax()]
    words = {"value": page.money(best.value), "month": formats.month(best.month, page.language, long=True)}
    if not best.year_before > 0:
        return page.tr("overview.peak", **words)
    change = best.value / best.year_before - 1
    return page.tr(
        "overview.peak_above" if change >= 0 else "overview.peak_below", share=formats.percent(abs(change), 0), **words
    )


def table(tr, numbers: dict[str, Number]) -> tuple[list[str], list[list[str]], tuple[int, ...]]:
    """Headers, rows and the quiet column of all numbers; a year earlier stands beside where that is another window than the one before.

    The last column, the caution, is there where any number carries one."""
    has_note = any(number.note for number in numbers.values())
    has_year = any(number.year_earlier for number in numbers.values())
    names = ["kpi", "value", "previous", *["year_earlier"] * has_year, "change", "n", "interval", *["note"] * has_note]
    rows = []
    for number in numbers.values():
        label, value, change, n, interval, note = number.cells
        rows.append(
            [
                label,
                value,
                number.written(number.row["previous"]),
                *[number.year_earlier or formats.NOTHING] * has_year,
                change,
                n,
                interval,
                *[note] * has_note,
            ]
        )
    return [tr(f"overview.column_{name}") for name in names], rows, (len(names) - 1,) * has_note


def open_month(page, clicked):
    """The customers who ordered in the month that was clicked."""
    first = date.fromisoformat(clicked[2])
    last = min(months_before(first, -1) - timedelta(days=1), page.filters.as_of)
    page.to_customers({"has_ordered": "yes"}, as_of=last, months=1)
