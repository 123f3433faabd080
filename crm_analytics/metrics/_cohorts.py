"""Cohorts by the month of the first order: who ordered in each month after it, and what the cells leave out."""

import calendar
from datetime import date

import pandas as pd

from crm_analytics import cache
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.stats import intervals

COLUMNS = [
    "cohort_month", "months_since_first", "customers", "active", "rate", "low", "high", "orders", "revenue", "in_progress", "note",
]  # fmt: skip
# A customer's last day of a month (the next one lies behind it, or behind as_of) knows whether there was an order in that month:
# so each customer and month is counted once without grouping by customer.
MONTHS = """
with days as (
    select 12 * year(d.day) + month(d.day) - 1 as month, 12 * year(d.first_order_day) + month(d.first_order_day) - 1 as cohort,
        12 * year(d.last_order_day) + month(d.last_order_day) - 1 as last_order_month,
        d.next_day > $as_of or 12 * year(d.next_day) + month(d.next_day) - 1 > 12 * year(d.day) + month(d.day) - 1 as is_last,
        d.orders, d.revenue
    from customer_days d
    {whom}
    where d.day <= $as_of and d.first_order_day <= $as_of
)
select cohort, month, count(case when is_last and last_order_month = month then 1 end) as active,
    cast(sum(orders) as bigint) as orders, sum(revenue) as revenue
from days
group by cohort, month
"""
WHOM = "join chosen c on c.customer_id = d.customer_id"


def table(con, filters: Filters, cohorts: int, after: int) -> pd.DataFrame:
    """The frame of `retention.cohorts`, which says what it means."""
    for name, number in (("--cohorts", cohorts), ("--after", after)):
        if number < 0:
            raise CrmError("E_OPTION_VALUE", name="retention.cohorts", option=name, value=str(number))
    found = _found(con, filters)
    sizes = found[found.month == found.cohort].set_index("cohort").active.sort_index()
    if sizes.empty:
        return pd.DataFrame(columns=COLUMNS)
    last = _index(filters.as_of)
    cells = [
        (cohort, since)
        for cohort in sizes.index[-cohorts if cohorts else 0 :]
        for since in range(min(last - cohort, after if after else last) + 1)
    ]
    rows = pd.DataFrame(cells, columns=["cohort", "months_since_first"])
    rows["month"] = rows.cohort + rows.months_since_first
    rows = rows.merge(found, on=["cohort", "month"], how="left").fillna({"active": 0, "orders": 0, "revenue": 0.0})
    rows["customers"] = rows.cohort.map(sizes)
    rows["rate"] = rows.active / rows.customers
    bounds = [intervals.wilson(int(row.active), int(row.customers)) for row in rows.itertuples()]
    rows[["low", "high"]] = bounds
    rows["cohort_month"] = pd.Series([_first_day(cohort) for cohort in rows.cohort], dtype=object)
    rows["in_progress"] = (rows.month == last) & (not is_month_over(filters.as_of))
    rows["note"] = pd.Series(None, index=rows.index, dtype=object).where(
        rows.cohort != _index(filters.data_from), "first_month"
    )
    return rows.astype({"active": "int64", "orders": "int64", "customers": "int64"})[COLUMNS]


def left_out(con, filters: Filters) -> pd.DataFrame:
    """The frame of `retention.left_out`, which says what it means."""
    is_all = not (filters.where or filters.customer_set)
    return con.execute(
        f"""
        with months as ({_sql(filters)}),
        parts as (
            select 1 as place, 'cohorts' as part, sum(case when month = cohort then active end) as customers,
                sum(case when month >= cohort then revenue end) as revenue
            from months
            union all
            select 2, 'before_first_order', null, sum(case when month < cohort then revenue end) from months
            union all
            select 3, 'never_ordered', count(*), sum(revenue_ever)
            from chosen where first_order_date is null and last_line_date is not null
            union all
            select 4, 'unidentified', null, sum(unidentified_revenue) from company_days where day <= $as_of and $is_all
            union all
            select 5, 'total', null, case when $is_all then (select sum(revenue) from company_days where day <= $as_of)
                else (select sum(revenue_ever) from chosen) end
        )
        select part, cast(customers as integer) as customers, coalesce(revenue, 0) as revenue from parts order by place
        """,
        {"as_of": filters.as_of, "is_all": is_all},
    ).df().astype({"customers": "Int64"})  # fmt: skip


def is_month_over(day: date) -> bool:
    """Whether a day is the last of its month."""
    return day.day == calendar.monthrange(day.year, day.month)[1]


def _found(con, filters: Filters) -> pd.DataFrame:
    """Cohort and month as month numbers, with the customers who ordered, their orders and their net revenue."""
    return cache.answer(con, filters, ("cohorts",), lambda: con.execute(_sql(filters), {"as_of": filters.as_of}).df())


def _sql(filters: Filters) -> str:
    return MONTHS.format(whom=WHOM if filters.where or filters.customer_set else "")


def _index(day: date) -> int:
    return 12 * day.year + day.month - 1


def _first_day(index: int) -> date:
    year, month = divmod(int(index), 12)
    return date(year, month + 1, 1)
