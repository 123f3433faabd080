"""What the customers with each value of a column bring and how they fare: one table for region, age, income, style, channel ..."""

import pandas as pd

from crm_analytics.filters import Filters
from crm_analytics.metrics import _traits
from crm_analytics.metrics._index import SHOWN, SMALLEST, widened
from crm_analytics.stats import indices
from crm_analytics.stats.intervals import Z, wilson

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
            avg(case when s.is_active then cast(s.revenue as double) end) as average_revenue,
            var_samp(case when s.is_active then cast(s.revenue as double) end) as spread,
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
    """Averages and rates with their intervals; nothing of fewer than five customers."""
    counts = ["customers", "active_customers", "orders", "buyers"]
    found = _indexed(found.assign(revenue=found.revenue.astype(float), is_suppressed=_hidden(found)))
    found["average_order_value"] = found.revenue / found.orders.where(found.orders > 0)
    half = Z * (found.spread / found.active_customers.where(found.active_customers > 1)) ** 0.5
    found = found.assign(
        average_revenue_low=found.average_revenue - half, average_revenue_high=found.average_revenue + half
    )
    if not filters.is_window_before_complete:
        found = found.assign(gone=0, were_active=0)
    for name, (hit, of) in RATES.items():
        n = found[of].where(found[of] >= SMALLEST)
        ends = [wilson(int(k), int(m)) if m == m else (None, None) for k, m in zip(found[hit], n)]
        told = {
            name: found[hit] / n,
            f"{name}_low": [low for low, _ in ends],
            f"{name}_high": [high for _, high in ends],
        }
        found = found.assign(**told, **{f"{name}_n": found[of]})
    told = [
        "revenue",
        "average_order_value",
        *(f"{name}{end}" for name in ("average_revenue", *RATES) for end in ("", "_low", "_high")),
    ]
    shown = ["share", "index", *counts, *told]
    found[shown] = found[shown].astype(float).mask(found.is_suppressed)
    return found[
        [
            "value",
            "against",
            "share",
            "index",
            "verdict",
            *counts,
            *told,
            *(f"{name}_n" for name in RATES),
            "is_suppressed",
        ]
    ]


def _hidden(found: pd.DataFrame) -> pd.Series:
    """Cells of fewer than five; of a value with a single one, the next smallest with it."""
    few, n = found.customers < SMALLEST, found.customers
    groups = [found.index] if not found.against.notna().any() else list(found.groupby("value").groups.values())
    parts = [widened(few[places], n[places], False) for places in groups if len(places)]
    return pd.concat(parts).reindex(found.index) if parts else few


def _indexed(found: pd.DataFrame) -> pd.DataFrame:
    """The share of each value; of a pair, within the customers with the first value, and beside the share among all of the table."""
    n = found.customers
    if not found.against.notna().any():
        return found.assign(share=n / n.sum(), index=None, verdict=None)
    size, both, whole = n.groupby(found.value).transform("sum"), n.groupby(found.against).transform("sum"), n.sum()
    index = 100 * (n / size) * whole / both
    p = pd.Series(indices.p_values(n, size, both, whole), index=found.index).mask(found.is_suppressed, 1.0)
    verdict = pd.Series("even", index=found.index).mask(
        indices.discoveries(p), index.gt(100).map({True: "over", False: "under"})
    )
    return found.assign(share=n / size, index=index, verdict=verdict.mask(found.is_suppressed, "hidden"))
