"""How much hangs on how few: the Lorenz curve, its Gini coefficient and the whale curve, from sums over at most 200 groups."""

from math import nan

import pandas as pd

from crm_analytics.filters import Filters
from crm_analytics.metrics import _costs, _ranked, _ranking
from crm_analytics.metrics._ranking import TIERS

STEPS = 196  # groups of the curve, smaller where the largest customers are; with three borders of tiers and its origin 200 points
COLUMNS = [
    "customers_share", "revenue_share", "value_share", "profit_share", "marker", "place", "revenue", "profit", "gini", "customers",
]  # fmt: skip
ACTIVE = """
create or replace temp view active as
select customer_id, tier, revenue, value, cast(row_number() over (order by position) as double) as place
from ranking where is_chosen and position is not null
"""
WHOLE = """
select cast(count(*) as integer) as customers, cast(sum(value) as double) as value,
    sum(place * cast(value as double)) as weighted, count(case when tier = 'top' then 1 end) as top,
    count(case when tier in ('top', 'big') then 1 end) as big, count(case when tier <> 'small' then 1 end) as medium
from active
"""
POINTS = f"""
with grouped as (
    select tier, cast(max(place) as integer) as place, sum(revenue) as revenue, sum(value) as value
    from active
    group by tier, ceil({STEPS} * sqrt(place / $customers))
)
select tier, place, cast(sum(revenue) over so_far as double) as revenue, cast(sum(value) over so_far as double) as value
from grouped
window so_far as (order by place)
order by place
"""
WHALE = f"""
with ranked as (
    select profit, cast(row_number() over (order by profit desc, customer_id) as double) as place
    from (
        select b.customer_id, cast(b.contribution as double) - b.marketing_cost - b.overhead as profit
        from ({_ranked.BORNE}) b
        where b.position is not null
    ) judged
),
grouped as (
    select cast(max(place) as integer) as place, sum(profit) as profit
    from ranked
    group by place > $top, place > $big, place > $medium, ceil({STEPS} * sqrt(place / $customers))
)
select place, sum(profit) over (order by place) as profit from grouped order by place
"""


def curve(con, filters: Filters, by: str, rank_within: bool) -> pd.DataFrame:
    """The frame of `pyramid.concentration`, which says what it means."""
    _ranking.ranking(con, filters, by=by, rank_within=rank_within)
    con.execute(ACTIVE)
    whole = con.execute(WHOLE).df().iloc[0]
    if not whole.customers:
        return pd.DataFrame(columns=COLUMNS)
    places = {name: int(whole[name]) for name in ("customers", "top", "big", "medium")}
    points = con.execute(POINTS, {"customers": places["customers"]}).df()
    points["profit"] = nan
    if any(pot.kind in _costs.SPENT for pot in _costs.pots(con, filters)):
        coefficients, _ = _ranked.coefficients(con, filters, by, rank_within)
        points["profit"] = con.execute(WHALE, coefficients | places).df()["profit"]
    is_border = points["tier"] != points["tier"].shift(-1)
    points["marker"] = points["tier"].where(is_border & points["tier"].isin(TIERS), None)
    origin = pd.DataFrame({"place": [0], "revenue": 0.0, "value": 0.0, "profit": points["profit"].iloc[0] * 0})
    points = pd.concat([origin, points], ignore_index=True)
    for name in ("revenue", "value", "profit"):
        points[f"{name}_share"] = _shares(points[name])
    points["customers_share"] = points["place"] / places["customers"]
    return points.assign(gini=_gini(whole), customers=places["customers"])[COLUMNS]


def _shares(cumulated: pd.Series) -> pd.Series:
    """Parts of the last point; unknown unless that is a gain."""
    whole = cumulated.iloc[-1]
    return cumulated / whole if whole > 0 else cumulated * nan


def _gini(whole) -> float | None:
    """Gini coefficient of the ranking variable: 0 = all alike, (n - 1) / n = one has everything; values in falling order.

    G = (n + 1) / n - 2 * sum(place * value) / (n * sum(value)). Null where the sum is no gain.
    """
    n = int(whole.customers)
    return float((n + 1) / n - 2 * whole.weighted / (n * whole.value)) if whole.value > 0 else None
