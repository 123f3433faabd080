"""What customers have brought so far, by when they came and how long they have stayed."""

import numpy as np
import pandas as pd

from crm_analytics.filters import Filters, months_before
from crm_analytics.metrics._models import margin_ever

BANDS = ("0-3", "3-6", "6-12", "12-24", "24-36", "36+")  # months from the first order to the day
# quarter: 4 * year + quarter - 1
COHORTS = """
select cast({period} as integer) as place, cast(count(*) as bigint) as customers,
    cast(count(case when c.is_active then 1 end) as bigint) as active,
    cast(sum(c.orders_ever) as bigint) as orders_ever, cast(sum(c.revenue_ever) as double) as revenue_ever,
    cast(sum(coalesce(d.run_margin, 0)) as double) as known_margin, cast(sum(coalesce(d.run_covered_revenue, 0)) as double) as covered,
    cast(count(case when c.orders_ever > 1 then 1 end) as bigint) as repeaters,
    sum(($as_of - c.first_order_date) / 365.25) as years
from chosen c
join customer_days d on d.customer_id = c.customer_id and d.day <= $as_of and d.next_day > $as_of
where c.first_order_date is not null
group by 1
order by 1
"""
TENURES = """
select list_position($bands, case
        when first_order_date > $m3 then '0-3' when first_order_date > $m6 then '3-6' when first_order_date > $m12 then '6-12'
        when first_order_date > $m24 then '12-24' when first_order_date > $m36 then '24-36' else '36+' end) - 1 as place,
    cast(count(*) as bigint) as customers, cast(count(case when is_active then 1 end) as bigint) as active,
    cast(sum(revenue) as double) as revenue, cast(sum(revenue_ever) as double) as revenue_ever
from chosen
where first_order_date is not null
group by 1
"""
HISTORY = [
    "cohort", "customers", "active", "orders_ever", "revenue_ever", "margin_ever", "revenue_each", "margin_each", "orders_each",
    "repeat_rate", "years_mean",
]  # fmt: skip
TENURE = [
    "months", "customers", "customer_share", "active", "active_rate", "revenue", "revenue_share", "average_revenue", "revenue_ever",
]  # fmt: skip
PERIODS = {
    "year": "year(c.first_order_date)",
    "quarter": "4 * year(c.first_order_date) + quarter(c.first_order_date) - 1",
}


def cohorts(con, filters: Filters, period: str) -> pd.DataFrame:
    """The frame of `value.history`, which says what it means."""
    found = con.execute(COHORTS.format(period=PERIODS[period]), {"as_of": filters.as_of}).df()
    rate = margin_ever(con, filters)
    margin = found["known_margin"] + (rate or 0.0) * (found["revenue_ever"] - found["covered"])
    each = found["customers"]
    return found.assign(
        margin_ever=margin if rate is not None else np.nan,
        cohort=[f"{place}" if period == "year" else f"{place // 4}-Q{place % 4 + 1}" for place in found["place"]],
        revenue_each=found["revenue_ever"] / each, margin_each=margin / each if rate is not None else np.nan,
         orders_each=found["orders_ever"] / each,
        repeat_rate=found["repeaters"] / each, years_mean=found["years"] / each,
    )[HISTORY]  # fmt: skip


def tenures(con, filters: Filters) -> pd.DataFrame:
    """The frame of `value.tenure`, which says what it means."""
    cuts = {f"m{months}": months_before(filters.as_of, months) for months in (3, 6, 12, 24, 36)}
    found = con.execute(TENURES, cuts | {"bands": list(BANDS)}).df()
    found = pd.DataFrame({"place": range(len(BANDS)), "months": BANDS}).merge(found, on="place", how="left")
    counts = ["customers", "active"]
    found[counts] = found[counts].fillna(0).astype("int64")
    found[["revenue", "revenue_ever"]] = found[["revenue", "revenue_ever"]].fillna(0.0)
    n, revenue, each = (
        found["customers"].sum(),
        found["revenue"].sum(),
        found["customers"].where(found["customers"] > 0),
    )
    return found.assign(
        customer_share=found["customers"] / n if n else None, revenue_share=found["revenue"] / revenue if revenue > 0 else None,
        average_revenue=found["revenue"] / each, active_rate=found["active"] / each,
    )[TENURE]  # fmt: skip
