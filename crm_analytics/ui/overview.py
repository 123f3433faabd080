"""The Overview in words: the answer, what moved by more than noise, what the data cannot answer yet."""

from crm_analytics import formats
from crm_analytics.ui.numbers import Number

MAIN = ("satisfaction", "repurchase_rate", "churn_rate", "complaint_hours_median")
STRIP = ("revenue", "active_customers", "average_order_value", "new_customers")
TWINS = {"retention_rate", "identified_revenue", "customers"}  # say the same as another number
MANY = 200_000  # customers up to which the course of the rates is drawn at once; beyond, each point costs a pass over all
MONTHLY = {"revenue", "margin", "orders", "new_customers", "complaints"}


def answer(tr, numbers: dict[str, Number]) -> str:
    """What rose, what fell; or that nothing did beyond noise; or, without a window before, where things stand."""
    known = [numbers[kpi] for kpi in MAIN if kpi in numbers and not numbers[kpi].is_missing]
    clear = [number for number in known if number.is_clear]
    if clear:
        return _moved(tr, [n for n in clear if n.is_better], [n for n in clear if not n.is_better])
    if known and any(number.has_previous for number in known):
        return tr("overview.answer_even", levels=_joined(tr, [_clause(tr, n, "level") for n in known[:2]]))
    if known:
        return tr("overview.answer_first", levels=_joined(tr, [_clause(tr, n, "level") for n in known[:2]]))
    revenue = numbers.get("revenue")
    return tr("overview.answer_revenue", value=revenue.value) if revenue and not revenue.is_missing else tr("overview.answer_no_orders")


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


def changes(tr, numbers: dict[str, Number], most: int) -> list[tuple]:
    """What moved, clearest first, as rows for `cards.findings`."""
    moved = [number for number in numbers.values() if number.has_previous and number.kpi not in TWINS]
    ranked = sorted(moved, key=lambda n: (not n.is_clear, n.kpi not in MAIN, n.within_noise))
    return [_change_row(tr, number) for number in ranked[:most]]


def _change_row(tr, number: Number) -> tuple:
    tone = "even" if not number.is_clear else "better" if number.is_better else "worse"
    arrow = "" if not number.moved else "↑ " if number.difference > 0 else "↓ "
    badge = arrow + (number.change or formats.NOTHING).replace("-", "−")
    sentence = tr("overview.change", label=number.label, value=number.value, previous=number.previous)
    judged = tr(f"overview.tone_{tone}") if number.has_interval_of_change else ""
    return tone, badge, sentence, " · ".join(part for part in (judged, number.basis_words) if part)


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
    return page.tr("overview.peak_above" if change >= 0 else "overview.peak_below", share=formats.percent(abs(change), 0), **words)
