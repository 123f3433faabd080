"""How are we doing? The headline numbers, their course by month, what drove their change, and the problems found."""

from dataclasses import replace
from datetime import date

import pandas as pd

from crm_analytics import snapshot
from crm_analytics.filters import Filters, months_before
from crm_analytics.metrics import _compared, _drivers, _problems
from crm_analytics.metrics import _months as months
from crm_analytics.metrics._kpis import (
    ANY_WINDOW,
    FALLING_IS_GOOD,
    TWINS,
    Kpi,
    complaint_median,
    complement,
    rate,
    row_of,
    survey_kpis,
    values,
    without_orders,
)
from crm_analytics.stats import intervals

__all__ = [
    "ANY_WINDOW",
    "DRIVEN",
    "FALLING_IS_GOOD",
    "GROUPS",
    "KPIS",
    "TWINS",
    "bridge",
    "drivers",
    "kpis",
    "problems",
    "trend",
]

UNITS = {
    "satisfaction": "rate",
    "nps": "score",
    "repurchase_rate": "rate",
    "churn_rate": "rate",
    "retention_rate": "rate",
    "complaint_hours_median": "hours",
    "revenue": "money",
    "identified_revenue": "money",
    "margin": "money",
    "orders": "count",
    "customers": "count",
    "active_customers": "count",
    "new_customers": "count",
    "average_order_value": "money",
}
KPIS = tuple(UNITS)
DRIVEN = _drivers.KPIS  # the numbers `drivers` can split
NUMBERS = [
    "value",
    "previous",
    "low",
    "high",
    "change_low",
    "change_high",
    "year_earlier",
    "year_change_low",
    "year_change_high",
]
COLUMNS = ["kpi", "value", "previous", "n", "low", "high", "unit", "note", *NUMBERS[4:]]
GROUPS = ("new", "returned", "kept_more", "kept_less", "lost", "adjustments", "unidentified")


def kpis(con, filters: Filters, *, year: bool = True) -> pd.DataFrame:
    """The company's headline numbers in the window, beside the window before and the same window a year earlier.  One row per KPI.

    Columns: kpi, value, previous, n (the denominator; for money: lines), low and high (95 %), unit, note (why a number or its
    `previous` is missing), change_low and change_high (95 % of value - previous), year_earlier, year_change_low and
    year_change_high: the same window twelve months earlier, where that is not the window before, the data reach back and
    `year` asks for it. Rates are 0..1, money is net of returns. Null: the data cannot answer, and `note` says what it lacks.
    Definitions: METRICS, Overview.
    """
    found = values(con, filters)
    if year and filters.months != 12:
        _beside_the_year(con, filters, found)
    rows = [{"kpi": name, **vars(found[name]), "unit": UNITS[name]} for name in UNITS]
    return pd.DataFrame(rows)[COLUMNS].astype(dict.fromkeys(NUMBERS, "float64"))


def _beside_the_year(con, filters: Filters, found: dict[str, Kpi]) -> None:
    """The same window a year earlier; the interval of a change comes from those of its two ends."""
    for name, past in _values_a_year_earlier(con, filters).items():
        now = found[name]
        ends = (now.value, now.low, now.high, past.value, past.low, past.high)
        if now.value is not None:
            now.year_earlier = past.value
        if all(map(intervals.is_number, ends)):
            now.year_change_low, now.year_change_high = intervals.difference(*ends)


def _values_a_year_earlier(con, filters: Filters) -> dict[str, Kpi]:
    """Answers and complaints may reach back further than the orders do."""
    then = filters.year_earlier()
    if then.is_window_complete:
        return values(con, snapshot.earlier(con, filters, then.as_of), "chosen_then")
    return without_orders(con, then)


def trend(con, filters: Filters, *, points: int = 24, rolling: int = 13) -> pd.DataFrame:
    """The course by month: money, orders, new customers, complaints of each month alone; rates of the 12 months ending with it.

    One row per (month, kpi). Columns: month (its first day), kpi, value, n, in_progress (the month of as_of where it is not
    over; its rates end with as_of). Months before the first line are left out, and so are rates whose 12 months the data do not
    cover. A month without a line is 0. `points` months alone, the last `rolling` of them with rates, each a pass over all
    customers.
    """
    first = date(filters.as_of.year, filters.as_of.month, 1)
    shown = [months_before(first, back) for back in range(points - 1, -1, -1)]
    rows = months.alone(con, filters, shown)
    for month in shown[-rolling:] if rolling else []:
        rows += _rates(con, replace(filters, as_of=min(months.last_day(month), filters.as_of), months=12), month)
    frame = pd.DataFrame(rows, columns=["month", "kpi", "value", "n"]).astype({"value": "float64"})
    return frame.assign(in_progress=(frame["month"] == first) & (filters.as_of < months.last_day(first)))


def _rates(con, filters: Filters, month: date) -> list[tuple]:
    """The rates of the 12 months that end with the filters' day, as far as the data reach back."""
    if not filters.is_window_complete:
        return []
    row = row_of(months.customers(con, filters))
    found = survey_kpis(con, filters) | {
        "complaint_hours_median": complaint_median(con, filters.start, filters.end),
        "repurchase_rate": rate(row.repeaters, row.buyers, 0, 0, "no_buyers"),
        "active_customers": Kpi(row.active, None, row.active),
        "average_order_value": Kpi(row.revenue / row.orders if row.orders else None, None, row.orders),
    }
    if filters.is_window_before_complete:
        found["churn_rate"] = rate(row.churned, row.active_before, 0, 0, "no_customers_before")
        found["retention_rate"] = complement(found["churn_rate"])
    return [(month, name, float(kpi.value), kpi.n) for name, kpi in found.items() if kpi.value is not None]


def bridge(con, filters: Filters) -> pd.DataFrame:
    """Why revenue changed against the window compared with (`filters.compare`): whose revenue came, went, grew and shrank.

    One row per group, which share out all customers with a line in either window: `new` (first order ever in the window),
    `returned` (active now, not active then, had bought before), `kept_more` and `kept_less` (active in both; spent more; spent
    the same or less), `lost` (active then, not now), `adjustments` (active in neither: returns, corrections), `unidentified`
    (lines that name no customer; only while everybody is chosen). Columns: group, customers, revenue_before, revenue, change,
    share_of_change (null where revenue did not change), where (the query that opens these customers; null where there is
    none). The changes add up to the change of `kpis` revenue to the cent. No rows where the data do not reach back.
    """
    earlier = _compared.prepare(con, filters)
    if not earlier.is_complete:
        return pd.DataFrame(
            columns=["group", "customers", "revenue_before", "revenue", "change", "share_of_change", "where"]
        )
    found = con.execute(
        """
        with placed as (
            select revenue, revenue_then,
                case when is_active and is_active_then and revenue > revenue_then then 'kept_more'
                    when is_active and is_active_then then 'kept_less'
                    when is_active_then then 'lost'
                    when is_new then 'new'
                    when is_active then 'returned'
                    else 'adjustments' end as "group"
            from compared
            where orders > 0 or orders_then > 0 or revenue <> 0 or revenue_then <> 0
        ),
        grouped as (
            select "group", count(*) as customers, sum(revenue_then) as revenue_before, sum(revenue) as revenue
            from placed group by "group"
            union all
            select 'unidentified', null, sum(case when day < $end_then and day >= $start_then then unidentified_revenue end),
                sum(case when day >= $start then unidentified_revenue end)
            from company_days
            where $everyone and (day >= $start and day < $end or day >= $start_then and day < $end_then)
        ),
        complete as (
            select g."group", g.place, case when g."group" <> 'unidentified' then coalesce(f.customers, 0) end as customers,
                coalesce(f.revenue_before, 0) as revenue_before, coalesce(f.revenue, 0) as revenue,
                coalesce(f.revenue, 0) - coalesce(f.revenue_before, 0) as change
            from (select unnest($groups) as "group", unnest(range(len($groups))) as place) g
            left join grouped f on f."group" = g."group"
            where $everyone or g."group" <> 'unidentified'
        )
        select "group", customers, revenue_before, revenue, change,
            case when sum(change) over () <> 0 then 1e0 * change / sum(change) over () end as share_of_change
        from complete order by place
        """,
        {
            "start": filters.start,
            "end": filters.end,
            "start_then": earlier.start,
            "end_then": earlier.end,
            "everyone": not (filters.where or filters.customer_set),
            "groups": list(GROUPS),
        },
    ).df()
    behind = _compared.behind(filters)
    return found.astype({"customers": "Int64"}).assign(where=[behind.get(group) for group in found["group"]])


def drivers(con, filters: Filters, *, kpi: str = "revenue") -> pd.DataFrame:
    """Which groups of customers drove the change of a number against the window compared with (`filters.compare`).

    `kpi`: revenue, orders, active_customers, repurchase_rate, churn_rate or satisfaction. One row per (column, group): each
    column of `snapshot.choices` with at most 30 values shares out the customers; group null: the value is not known, or the
    lines name no customer. Customers are placed by what is known of them now, in both windows.

    Columns: customers (who count in either window), value_before, value, change, contribution (its part of the change of the
    whole; the contributions of a column add up to it), expected (the part it would have by its share before), surplus
    (contribution - expected), noise (half the width within which surplus lies by chance in 95 of 100 companies, all rows
    together), is_small (fewer than 30 customers: too few to tell), where (the query that opens the customers).
    A rate's contribution = change of the rate at the mean share + change of the share at the mean distance from the whole.

    The most telling first: known groups that are not small and whose surplus is beyond noise, by the size of the surplus; then
    the others, likewise. Tiers, member tiers and statuses are no columns here: they follow from what a customer bought.
    No rows where the data do not reach back.
    """
    return _drivers.table(con, filters, kpi)


def problems(con, filters: Filters) -> pd.DataFrame:
    """What a manager should look at: each rule whose limit (Settings) the data break.  One row per finding, gravest first.

    Columns: problem (code), subject (the KPI or table it is about; else null), level (high, medium, low), value, limit, unit
    (of both), n (what was counted over), at_stake, stake_unit (money of the window, or customers; null where nobody can say),
    where (the query that opens the customers behind it; null: the company's own), page (the topic that says more).
    The level follows what is at stake as a share of the window's revenue, or of its active customers: high from
    `high_stake`, medium from `medium_stake` and where nobody can say. Within a level by what is at stake. No rows: nothing is
    beyond its limit.
    """
    return _problems.table(con, filters, kpis(con, filters))
