"""What the customers with each value of a column bring and how they fare: one table for region, age, income, style, channel ..."""

import pandas as pd

from crm_analytics.filters import Filters
from crm_analytics.metrics import _traits
from crm_analytics.metrics._index import SHOWN, SMALLEST
from crm_analytics.stats.intervals import wilson

RATES = {
    "repurchase_rate": ("repeated", "buyers"),
    "churn_rate": ("gone", "were_active"),
    "satisfaction": ("satisfied", "answered"),
}


def table(con, filters: Filters, column: str, against: str) -> pd.DataFrame:
    """The frame of `profile.worth`, which says what it means."""
    query, parameters = _traits.source(con, filters, column)
    other, more = (
        _traits.source(con, filters, against) if against else ("select customer_id, null as value from snapshot", {})
    )
    for name in set(parameters) & set(more):  # the same text for both: each needs a name of its own
        other, more = (
            other.replace(f"${name}", f"${name}_2"),
            {f"{key}_2" if key == name else key: value for key, value in more.items()},
        )
    found = con.execute(
        f"""
        select cast(v.value as varchar) as value, cast(w.value as varchar) as against, count(*) as customers,
            count(case when s.is_active then 1 end) as active_customers, sum(s.orders) as orders, sum(s.revenue) as revenue,
            count(case when s.orders > 0 then 1 end) as buyers, count(case when s.orders > 1 then 1 end) as repeated,
            count(case when s.is_active_before then 1 end) as were_active,
            count(case when s.is_active_before and not s.is_active then 1 end) as gone,
            count(s.is_satisfied) as answered, count(case when s.is_satisfied then 1 end) as satisfied
        from chosen s
        join ({query}) v on v.customer_id = s.customer_id
        left join ({other}) w on w.customer_id = s.customer_id
        where v.value is not null and {"w.value is not null" if against else "true"}
        group by 1, 2
        order by customers desc, value, against
        """,
        parameters | more,
    ).df()
    return _rated(_kept(found, column, against), filters)


def _kept(found: pd.DataFrame, column: str, against: str) -> pd.DataFrame:
    """The commonest values of both columns, in their own order where they have one."""
    for name, of in (("against", against), ("value", column)):
        if not of:
            continue
        usual = found.groupby(name)["customers"].sum().sort_values(ascending=False, kind="stable").index[:SHOWN]
        order = _traits.ORDERED.get(of, tuple(usual))
        found = found[found[name].isin(usual)].sort_values(
            name,
            key=lambda values, order=order: values.map({each: place for place, each in enumerate(order)}),
            kind="stable",
        )
    return found.reset_index(drop=True)


def _rated(found: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    """Averages and rates with Wilson's intervals; nothing of fewer than five customers."""
    counts = ["customers", "active_customers", "orders", "buyers"]
    found = _indexed(found)
    found = found.assign(revenue=found.revenue.astype(float), is_suppressed=found.customers < SMALLEST)
    found["average_order_value"] = found.revenue / found.orders.where(found.orders > 0)
    found["average_revenue"] = found.revenue / found.active_customers.where(found.active_customers > 0)
    if not filters.is_window_before_complete:
        found = found.assign(gone=0, were_active=0)
    for name, (hit, of) in RATES.items():
        n = found[of].where(found[of] >= SMALLEST)
        found[name] = found[hit] / n
        ends = [wilson(int(k), int(m)) if m == m else (None, None) for k, m in zip(found[hit], n)]
        found[f"{name}_low"], found[f"{name}_high"], found[f"{name}_n"] = (
            [low for low, _ in ends],
            [high for _, high in ends],
            found[of],
        )
    told = [
        "revenue",
        "average_order_value",
        "average_revenue",
        *(f"{name}{end}" for name in RATES for end in ("", "_low", "_high")),
    ]
    shown = ["share", "index", *counts, *told]
    found[shown] = found[shown].astype(float).mask(found.is_suppressed)
    return found[
        ["value", "against", "share", "index", *counts, *told, *(f"{name}_n" for name in RATES), "is_suppressed"]
    ]


def _indexed(found: pd.DataFrame) -> pd.DataFrame:
    """The share of each value; of a pair, within the customers with the first value, and beside the share among all of the table."""
    n = found.customers
    if not found.against.notna().any():
        return found.assign(share=n / n.sum(), index=None)
    share = n / n.groupby(found.value).transform("sum")
    return found.assign(share=share, index=100 * share * n.sum() / n.groupby(found.against).transform("sum"))
