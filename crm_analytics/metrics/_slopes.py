"""Whose buying rises, whose falls, and whose orders are too few to tell: one exact test per customer, and what chance alone would show."""

import pandas as pd

from crm_analytics import cache
from crm_analytics.filters import Filters
from crm_analytics.stats import slopes
from crm_analytics.stats.intervals import Z

TRENDS = ("rising", "stable", "falling", "too_few")
CHANCE = 0.025  # of those whose rhythm does not change, called rising; as many falling
# Places of a customer's days with orders, 0..1 of the time he was watched: the window, or the days after his first order in it.
JUDGED = """
with placed as (
    select d.customer_id, greatest(coalesce(d.revenue, 0), 0) as revenue, d.orders,
        1e0 * (d.day - greatest(cast($begin as date), d.first_order_day + 1)) + 0.5 as place,
        cast($as_of as date) - greatest(cast($begin as date), d.first_order_day + 1) + 1 as days
    from customer_days d
    where d.orders > 0 and d.day >= $begin and d.day <= $as_of and d.day > d.first_order_day
),
weighed as (
    select *, case when $by_revenue then cast(revenue as double) else 1e0 end as weight from placed
),
summed as (
    select customer_id, max(days) as days, sum(orders) as orders, sum(weight) as whole,
        sum(weight) * sum(weight) / nullif(sum(weight * weight), 0) as events, sum(weight * place) / nullif(sum(weight), 0) as place,
        sum(weight * (sign(2 * place - days) + 1) / 2) / nullif(sum(weight), 0) as late_share
    from weighed
    group by customer_id
),
exact as (
    select unnest($events) as events, unnest($reach) as reach
),
judged as (
    select s.customer_id, s.days, s.orders, s.whole, s.events, s.place / s.days as place, s.late_share,
        case when s.events >= $least then coalesce(e.reach, $z / sqrt(12 * s.events)) end as reach
    from summed s
    left join exact e on e.events = cast(floor(s.events + 1e-9) as integer)
)
select customer_id, cast(orders as integer) as orders, events, late_share,
    whole / days * 30.4375 as per_month,
    case when reach is null then 'too_few' when place > 0.5 + reach then 'rising' when place < 0.5 - reach then 'falling'
        else 'stable' end as trend
from judged
"""


def _table(con, filters: Filters, measure: str) -> str:
    begin = max(filters.start, filters.data_from) if filters.data_from else filters.start
    events, reach = slopes.reaches()
    return cache.table(
        con,
        f"slopes_{measure}",
        filters,
        JUDGED,
        {"begin": begin, "as_of": filters.as_of, "by_revenue": measure == "revenue", "events": events, "reach": reach,
         "least": slopes.LEAST, "z": Z},
    )  # fmt: skip


def counted(con, filters: Filters, measure: str) -> pd.DataFrame:
    """The frame of `profile.trends`, which says what it means."""
    found = con.execute(
        f"""
        select coalesce(t.trend, 'too_few') as trend, count(*) as customers, sum(s.revenue) as revenue, sum(s.orders) as orders
        from chosen s
        left join {_table(con, filters, measure)} t on t.customer_id = s.customer_id
        where s.orders > 0
        group by 1
        """
    ).df()
    found = (
        pd.DataFrame({"trend": TRENDS})
        .merge(found, on="trend", how="left")
        .fillna({"customers": 0, "revenue": 0, "orders": 0})
    )
    whole, judged = found.customers.sum(), found.customers[found.trend != "too_few"].sum()
    low, high = _by_chance(judged)
    is_way = found.trend.isin(["rising", "falling"])
    return found.assign(
        customers=found.customers.astype("int64"), orders=found.orders.astype("int64"),
        customer_share=found.customers / whole if whole else None,
        revenue_share=found.revenue / found.revenue.sum() if found.revenue.sum() > 0 else None, judged=int(judged),
        expected=(CHANCE * judged if judged else None), low=low, high=high,
        verdict=["too_few" if not judged else "unclear" if n <= high else "more" for n in found.customers],
    ).assign(**{name: lambda f, name=name: f[name].where(is_way) for name in ("expected", "low", "high", "verdict")})  # fmt: skip


def _by_chance(judged: float) -> tuple[float, float]:
    """How many of so many would be called rising (or falling) though nothing changed: 95 % of such companies."""
    middle, half = CHANCE * judged, Z * (judged * CHANCE * (1 - CHANCE)) ** 0.5
    return max(0.0, middle - half), middle + half


def listed(con, filters: Filters, measure: str, trend: str, limit: int, offset: int) -> pd.DataFrame:
    """The frame of `profile.trend_customers`."""
    return con.execute(
        f"""
        select s.customer_id, p.name, coalesce(t.trend, 'too_few') as trend, s.orders, s.revenue, t.per_month, t.late_share,
            count(*) over () as of_all
        from chosen s
        left join {_table(con, filters, measure)} t on t.customer_id = s.customer_id
        left join customer_profile p on p.customer_id = s.customer_id
        where s.orders > 0 and ($trend = '' or coalesce(t.trend, 'too_few') = $trend)
        order by s.revenue desc, s.customer_id
        limit $limit offset $offset
        """,
        {"trend": trend, "limit": limit, "offset": offset},
    ).df()
