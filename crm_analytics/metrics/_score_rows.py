"""What a score shows: the list, its classes, its distribution, the classes against the tiers, what is known of each measure."""

import pandas as pd

from crm_analytics.filters import Filters
from crm_analytics.metrics._score import LOWER, MEASURES, Plan, buyers, scored

CLASSES = ("high", "medium", "low", "unknown")
TIERS = ("top", "big", "medium", "small", "inactive")
BINS = 25
EVERYBODY = 1_000_000_000


def listing(con, filters: Filters, plan: Plan, only: str, limit: int, offset: int, tier: str = "") -> pd.DataFrame:
    """See `segments.score`."""
    names = ", ".join(f"b.{name}" for name in plan.names if name != "activity")
    activity = "$per_order * b.orders + $per_contact * coalesce(b.interactions, 0) as activity"
    values = {"per_order": plan.per_order, "per_contact": plan.per_contact} if "activity" in plan.names else {}
    told = ", ".join(filter(None, (names, activity if values else "")))
    rows = con.execute(
        f"""
        select case when s.score is not null then s.place end as rank, s.customer_id, p.name, s.score, s.class, c.tier, {told}
        from {scored(con, filters, plan)} s
        join chosen c on c.customer_id = s.customer_id
        join {buyers(con, filters)} b on b.customer_id = s.customer_id
        left join customer_profile p on p.customer_id = s.customer_id
        where ($only = '' or s.class = $only) and ($tier = '' or c.tier = $tier)
        order by s.place, c.revenue desc, s.customer_id
        limit $limit offset $offset
        """,
        values | {"only": only, "tier": tier, "limit": limit or EVERYBODY, "offset": offset},
    ).df()
    return rows.astype({"rank": "Int64"})


def classes(con, filters: Filters, plan: Plan) -> pd.DataFrame:
    """See `segments.score_classes`."""
    return con.execute(
        f"""
        with members as (
            select s.class, s.score, c.revenue from {scored(con, filters, plan)} s join chosen c on c.customer_id = s.customer_id
        ),
        borders as (
            select class, min(score) as threshold_score from {scored(con, filters, plan)} group by class
        )
        select k.class, count(m.class) as customers, count(m.class) / nullif(sum(count(m.class)) over (), 0) as customer_share,
            any_value(b.threshold_score) as threshold_score, avg(m.score) as average_score,
            cast(coalesce(sum(m.revenue), 0) as double) as revenue,
            cast(sum(m.revenue) / nullif(sum(sum(m.revenue)) over (), 0) as double) as revenue_share
        from (select unnest($classes) as class, unnest(range(len($classes))) as place) k
        left join members m on m.class = k.class
        left join borders b on b.class = k.class
        group by k.class, k.place
        order by k.place
        """,
        {"classes": list(CLASSES)},
    ).df()


def against_tiers(con, filters: Filters, plan: Plan) -> pd.DataFrame:
    """See `segments.score_tiers`."""
    return con.execute(
        f"""
        with members as (
            select s.class, c.tier, count(*) as customers, sum(c.revenue) as revenue
            from {scored(con, filters, plan)} s
            join chosen c on c.customer_id = s.customer_id
            group by s.class, c.tier
        )
        select k.class, t.tier, coalesce(m.customers, 0) as customers,
            case when k.class <> 'unknown' then coalesce(m.customers, 0) / nullif(sum(case when k.class <> 'unknown' then
                coalesce(m.customers, 0) end) over (partition by t.tier), 0) end as tier_share,
            cast(coalesce(m.revenue, 0) as double) as revenue
        from (select unnest($classes) as class, unnest(range(len($classes))) as place) k
        cross join (select unnest($tiers) as tier, unnest(range(len($tiers))) as place) t
        left join members m on m.class = k.class and m.tier = t.tier
        order by k.place, t.place
        """,
        {"classes": list(CLASSES), "tiers": list(TIERS)},
    ).df()


def distribution(con, filters: Filters, plan: Plan) -> pd.DataFrame:
    """See `segments.score_distribution`."""
    return con.execute(
        f"""
        with members as (
            select s.class, s.score
            from {scored(con, filters, plan)} s
            join chosen c on c.customer_id = s.customer_id
            where s.score is not null
        ),
        span as (
            select case when $is_open then min(score) else 0 end as low, case when $is_open then max(score) else 100 end as high
            from members
        ),
        binned as (
            select m.class, least(floor((m.score - s.low) / nullif(s.high - s.low, 0) * $bins), $bins - 1) as bin, s.low, s.high
            from members m
            cross join span s
        )
        select low + coalesce(bin, 0) * (high - low) / $bins as score_from, low + (coalesce(bin, 0) + 1) * (high - low) / $bins as score_to,
            class, count(*) as customers
        from binned
        group by all
        order by score_from, class
        """,
        {"bins": BINS, "is_open": plan.scaling == "z"},
    ).df()


def measures(con, filters: Filters, plan: Plan) -> pd.DataFrame:
    """See `segments.score_measures`."""
    weights, whole = dict(plan.weights), sum(weight for _, weight in plan.weights)
    known = con.execute(
        f"""
        with measured as (
            select b.*, $per_order * b.orders + $per_contact * coalesce(b.interactions, 0) as activity
            from {buyers(con, filters)} b
            join chosen c on c.customer_id = b.customer_id
        )
        select count(*) as customers, {", ".join(f"count({name}) as {name}_known, median({name}) as {name}_median" for name in MEASURES)}
        from measured
        """,
        {"per_order": plan.per_order, "per_contact": plan.per_contact},
    ).df().iloc[0]  # fmt: skip
    return pd.DataFrame(
        [
            {
                "measure": name,
                "weight": weights.get(name, 0.0),
                "weight_share": weights.get(name, 0.0) / whole,
                "is_lower_better": name in plan.lower,
                "is_reversed": (name in plan.lower) != (name in LOWER),
                "known": int(known[f"{name}_known"]),
                "missing": int(known.customers - known[f"{name}_known"]),
                "median": known[f"{name}_median"],
            }
            for name in MEASURES
        ]
    )
