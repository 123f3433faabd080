"""What the headline numbers are made of: counts, sums and medians of one window beside those of the window before it."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from crm_analytics.filters import Filters
from crm_analytics.metrics import _margins
from crm_analytics.metrics import _months as months
from crm_analytics.stats import intervals, survival

FALLING_IS_GOOD = {"churn_rate", "complaint_hours_median"}
TWINS = {"retention_rate", "identified_revenue", "customers"}  # say the same as another number
ANY_WINDOW = {"satisfaction", "nps", "complaint_hours_median", "average_order_value"}  # the others grow with the window


@dataclass
class Kpi:
    """One headline number while it is being put together."""

    value: float | None = None
    previous: float | None = None
    n: int = 0
    low: float | None = None
    high: float | None = None
    note: str | None = None
    change_low: float | None = None
    change_high: float | None = None
    year_earlier: float | None = None
    year_change_low: float | None = None
    year_change_high: float | None = None


def values(con, filters: Filters, view: str = "chosen") -> dict[str, Kpi]:
    """Every headline number by its name.  `view` is "chosen", or "chosen_then" for filters that stand on an earlier day."""
    return customer_kpis(con, filters, view) | _money_kpis(con, filters, view) | without_orders(con, filters)


def without_orders(con, filters: Filters) -> dict[str, Kpi]:
    """The numbers that answers and complaints alone make up; no snapshot is needed."""
    return survey_kpis(con, filters) | {"complaint_hours_median": _complaint_kpi(con, filters)}


def customer_kpis(con, filters: Filters, view: str = "chosen") -> dict[str, Kpi]:
    """Counts and rates over the chosen customers, from the snapshot."""
    row = row_of(
        con.execute(
            f"""
        select
            count(*) filter (where last_line_date >= $start) as customers,
            count(*) filter (where last_line_date_before >= $start_before) as customers_before,
            count(*) filter (where is_active) as active, count(*) filter (where is_active_before) as active_before,
            count(*) filter (where orders >= 1) as buyers, count(*) filter (where orders >= 2) as repeaters,
            count(*) filter (where orders_before >= 1) as buyers_before, count(*) filter (where orders_before >= 2) as repeaters_before,
            count(*) filter (where is_active_before and not is_active) as churned,
            count(*) filter (where is_active_earlier) as active_earlier,
            count(*) filter (where is_active_earlier and not is_active_before) as churned_before,
            count(*) filter (where is_new) as new, count(*) filter (where first_order_date >= $start_before and not is_new) as new_before
        from {view}
        """,
            {"start": filters.start, "start_before": filters.start_before},
        )
    )
    found = {
        "customers": Kpi(row.customers, row.customers_before, row.customers),
        "active_customers": Kpi(row.active, row.active_before, row.active),
        "new_customers": Kpi(row.new, row.new_before, row.buyers),
        "repurchase_rate": rate(row.repeaters, row.buyers, row.repeaters_before, row.buyers_before, "no_buyers"),
        "churn_rate": rate(
            row.churned, row.active_before, row.churned_before, row.active_earlier, "no_customers_before"
        ),
    }
    _limit_to_history(found, filters)
    found["retention_rate"] = complement(found["churn_rate"])
    return found


def rate(part: int, n: int, part_before: int, n_before: int, note: str) -> Kpi:
    """A share with Wilson's interval, and Newcombe's for its change."""
    if not n:
        return Kpi(n=0, note=note)
    low, high = intervals.wilson(part, n)
    change_low, change_high = intervals.newcombe(part, n, part_before, n_before)
    return Kpi(part / n, part_before / n_before if n_before else None, n, low, high, None, change_low, change_high)


def complement(kpi: Kpi) -> Kpi:
    """The rate of the others: 1 - rate, its interval turned round."""

    def rest(value):
        return None if value is None else 1 - value

    def minus(value):
        return None if value is None else -value

    return Kpi(
        rest(kpi.value),
        rest(kpi.previous),
        kpi.n,
        rest(kpi.high),
        rest(kpi.low),
        kpi.note,
        minus(kpi.change_high),
        minus(kpi.change_low),
    )


def _limit_to_history(found: dict[str, Kpi], filters: Filters) -> None:
    """What the data are too young for is null with the reason, never a number that looks like one."""
    if filters.data_from is None or filters.end <= filters.data_from:
        found.update({name: Kpi(note=_nothing_sold(filters)) for name in found})
        return
    if not filters.is_window_before_complete:
        found["churn_rate"] = Kpi(note="window_before_incomplete")
        for kpi in found.values():
            _without_previous(kpi)
    elif not filters.is_window_earlier_complete:
        churn = found["churn_rate"]
        churn.previous = churn.change_low = churn.change_high = None
        churn.note = churn.note or "window_earlier_incomplete"
    if not filters.is_window_complete:
        for kpi in found.values():
            kpi.note = "window_incomplete"


def _nothing_sold(filters: Filters) -> str:
    return "needs_orders" if filters.data_from is None else "no_lines"


def _without_previous(kpi: Kpi) -> None:
    kpi.previous = kpi.change_low = kpi.change_high = None
    kpi.note = kpi.note or "window_before_incomplete"


def _money_kpis(con, filters: Filters, view: str) -> dict[str, Kpi]:
    """Revenue, margin, orders and the average order: the company's where everybody is chosen, else the chosen customers'."""
    is_all = not (filters.where or filters.customer_set)
    row = _margins.at_typed_rate(con, row_of(_company_totals(con, filters) if is_all else _chosen_totals(con, view)))
    found = {
        "revenue": Kpi(row.revenue, row.revenue_before, row.lines),
        "identified_revenue": Kpi(row.identified, row.identified_before, row.identified_lines),
        "orders": Kpi(row.orders, row.orders_before, row.lines),
        "margin": Kpi(row.margin, row.margin_before if row.covered_before else None, row.lines),
        "average_order_value": Kpi(
            row.revenue / row.orders if row.orders else None,
            row.revenue_before / row.orders_before if row.orders_before else None,
            row.orders,
        ),
    }
    if not row.lines:
        return {name: Kpi(note=_nothing_sold(filters)) for name in found}
    if not row.covered:
        found["margin"] = Kpi(note="needs_cost")
    elif abs(row.covered - row.revenue) > 0.005:
        found["margin"].note = "cost_covers_part"
    if found["average_order_value"].value is None:
        found["average_order_value"].note = "no_orders"
    for kpi in found.values():
        if not filters.is_window_before_complete:
            _without_previous(kpi)
        if not filters.is_window_complete and kpi.value is not None:
            kpi.note = "window_incomplete"
    return found


def _company_totals(con, filters: Filters):
    return con.execute(
        """
        with windows as (
            select *, day >= $start as is_now from company_days where day >= $start_before and day < $end
        )
        select
            sum(revenue) filter (where is_now) as revenue, sum(revenue) filter (where not is_now) as revenue_before,
            sum(revenue - unidentified_revenue) filter (where is_now) as identified,
            sum(revenue - unidentified_revenue) filter (where not is_now) as identified_before,
            sum(margin) filter (where is_now) as margin, sum(margin) filter (where not is_now) as margin_before,
            sum(covered_revenue) filter (where is_now) as covered, sum(covered_revenue) filter (where not is_now) as covered_before,
            sum(orders) filter (where is_now) as orders, sum(orders) filter (where not is_now) as orders_before,
            sum(lines) filter (where is_now) as lines, sum(lines - unidentified_lines) filter (where is_now) as identified_lines
        from windows
        """,
        {"start": filters.start, "start_before": filters.start_before, "end": filters.end},
    )


def _chosen_totals(con, view: str):
    return con.execute(
        f"""
        select sum(revenue) as revenue, sum(revenue_before) as revenue_before, sum(revenue) as identified,
            sum(revenue_before) as identified_before, sum(margin) as margin, sum(margin_before) as margin_before,
            sum(covered_revenue) as covered, sum(covered_revenue_before) as covered_before,
            sum(orders) as orders, sum(orders_before) as orders_before, sum(lines) as lines, sum(lines) as identified_lines
        from {view}
        """
    )


def survey_kpis(con, filters: Filters) -> dict[str, Kpi]:
    """Satisfaction (top-2-box) and net promoter score over each customer's last answer in the window."""
    if not con.execute("select exists (select 1 from answers)").fetchone()[0]:  # spares a million customers the search
        return {"satisfaction": Kpi(note="needs_surveys"), "nps": Kpi(note="needs_nps")}
    row = row_of(
        con.execute(
            """
        with last_answers as (
            select question, is_now, arg_max(is_satisfied, place) as is_satisfied, arg_max(promoter, place) as promoter
            from (
                select customer_id, question, is_satisfied, promoter, day >= $start as is_now,
                    struct_pack(at := answered_at, import := import_id, line := source_line) as place
                from answers
                where day >= $start_before and day < $end and question in ('overall', 'nps')
                    and customer_id is not null and ($everyone or customer_id in (select customer_id from chosen))
                    and (is_satisfied is not null or question = 'nps') and (promoter is not null or question = 'overall')
            ) answered
            group by customer_id, question, is_now
        )
        select
            count(*) filter (where question = 'overall' and is_now) as n,
            count(*) filter (where question = 'overall' and is_now and is_satisfied) as satisfied,
            count(*) filter (where question = 'overall' and not is_now) as n_before,
            count(*) filter (where question = 'overall' and not is_now and is_satisfied) as satisfied_before,
            count(*) filter (where question = 'nps' and is_now and promoter = 1) as promoters,
            count(*) filter (where question = 'nps' and is_now and promoter = 0) as passives,
            count(*) filter (where question = 'nps' and is_now and promoter = -1) as detractors,
            count(*) filter (where question = 'nps' and not is_now and promoter = 1) as promoters_before,
            count(*) filter (where question = 'nps' and not is_now and promoter = 0) as passives_before,
            count(*) filter (where question = 'nps' and not is_now and promoter = -1) as detractors_before
        from last_answers
        """,
            {
                "start": filters.start,
                "start_before": filters.start_before,
                "end": filters.end,
                "everyone": months.is_everyone(con),
            },
        )
    )
    satisfaction = rate(row.satisfied, row.n, row.satisfied_before, row.n_before, _missing(con, "overall"))
    score, low, high = intervals.net_promoter(row.promoters, row.passives, row.detractors)
    if score is None:
        return {"satisfaction": satisfaction, "nps": Kpi(note=_missing(con, "nps"))}
    before = intervals.net_promoter(row.promoters_before, row.passives_before, row.detractors_before)
    change = intervals.difference(score, low, high, *before) if before[0] is not None else (None, None)
    n = row.promoters + row.passives + row.detractors
    return {"satisfaction": satisfaction, "nps": Kpi(score, before[0], n, low, high, None, *change)}


def _missing(con, question: str) -> str:
    """Why there is no score: no answers to that question at all, only undated ones, or none in the window."""
    answers, dated = con.execute(
        "select count(*), count(day) from answers where question = $question", {"question": question}
    ).fetchone()
    if not answers:
        return "needs_nps" if question == "nps" else "needs_surveys"
    return "no_answers_in_window" if dated else "answers_undated"


def _complaint_kpi(con, filters: Filters) -> Kpi:
    """Median hours from opening to resolution of the cases opened in the window; open ones count as still waiting."""
    if not con.execute("select exists (select 1 from cases)").fetchone()[0]:
        return Kpi(note="needs_complaints")
    now = complaint_median(con, filters.start, filters.end)
    before = complaint_median(con, filters.start_before, filters.start)
    now.previous = before.value
    if all(map(intervals.is_number, (now.value, now.low, now.high, before.value, before.low, before.high))):
        now.change_low, now.change_high = intervals.difference(
            now.value, now.low, now.high, before.value, before.low, before.high
        )
    if now.value is None:
        now.note = "no_complaints_in_window" if not now.n else "most_complaints_open"
    return now


def complaint_median(con, start: date, end: date) -> Kpi:
    """Median hours (Kaplan-Meier) of the cases opened in [start, end), as known at its end."""
    rows = con.execute(
        """
        select epoch(least(coalesce(resolved_at, cast($end as timestamp)), cast($end as timestamp)) - opened_at) / 3600e0 as hours,
            coalesce(resolved_at < $end, false) as is_resolved
        from cases
        where opened_day >= $start and opened_day < $end and (resolved_at is null or resolved_at >= opened_at)
            and ($everyone or customer_id in (select customer_id from chosen))
        """,
        {"start": start, "end": end, "everyone": months.is_everyone(con)},
    ).df()
    if rows.empty:
        return Kpi()
    value, low, high = survival.quantile(rows["hours"], rows["is_resolved"])
    return Kpi(value, None, len(rows), low, high)


def row_of(result):
    """The one row of a result, by name; sums as numbers, what is null as 0 unless it is a sum that may be absent."""
    names = [column[0] for column in result.description]
    values = [
        float(value) if value is not None and not isinstance(value, int) else value or 0 for value in result.fetchone()
    ]
    return pd.Series(dict(zip(names, values, strict=True)), dtype=object)
