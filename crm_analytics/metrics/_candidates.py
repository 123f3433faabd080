"""Who could make a move: how near the customers of a layer are to the destination, and what speaks for each."""

import pandas as pd

from crm_analytics.metrics import _chances, _ranking, _scenario
from crm_analytics.metrics._ranking import LAYERS, TIERS
from crm_analytics.metrics._scenario import MoveRefused

COLUMNS = [
    "customer_id", "name", "revenue", "gap_to_threshold", "chance", "wallet_room", "satisfaction", "trend",
    "days_since_last_order", "score", "reasons",
]  # fmt: skip
# What speaks for a customer, each 0 to 1, a half where nothing is known; the weights of the score add up to 1.
NEAR, ROOM, SATISFIED, RISING = 0.4, 0.2, 0.2, 0.2
NEARLY = 0.8  # of the threshold: near
RISEN = 0.1  # above the window before: rising
# The latest estimate of what a customer spends with anyone in a year, less our sales in the year that ends with it.
FACTS = """
with estimates as (
    select coalesce(a.person, w.customer_id) as customer_id, arg_max(w.as_of, place) as as_of, arg_max(w.total_spend, place) as total_spend
    from (
        select *, struct_pack(d := as_of, i := import_id, l := source_line) as place from wallet where as_of <= $as_of and total_spend > 0
    ) w
    left join aliases a on a.number = w.customer_id
    group by 1
),
rooms as (
    select e.customer_id, greatest(0, cast(e.total_spend as double) - cast(coalesce(sum(d.revenue), 0) as double)) as room
    from estimates e
    left join customer_days d on d.customer_id = e.customer_id and d.day <= e.as_of and d.day > e.as_of - interval 12 month
    group by e.customer_id, e.total_spend
),
sized as (
    select tier, min(position) as first, count(*) as n
    from ranking
    where position is not null
    group by tier
),
listed as (
    select r.customer_id, r.position, r.tier as from_tier, coalesce((r.position - z.first) * 10 // z.n, 0) as tenth,
        cast(r.revenue as double) as revenue, cast(r.contribution as double) as contribution, cast(r.value as double) as value,
        case when $has_before and r.revenue_before > 0 then cast(r.revenue as double) / cast(r.revenue_before as double) - 1 end as trend,
        s.satisfaction, s.is_satisfied, s.days_since_last_order, o.room as wallet_room
    from ranking r
    join snapshot s on s.customer_id = r.customer_id
    left join sized z on z.tier = r.tier
    left join rooms o on o.customer_id = r.customer_id
    where r.is_chosen and {whom}
),
aimed as (                         -- what is still lacking to the destination, in the ranking variable and in revenue
    select *, case when entry is not null then greatest(0, entry - value) end as gap_to_threshold,
        case when brings is not null then greatest(0, case when $by = 'revenue' then entry else brings end - revenue) end as needed
    from (select l.*, {entry} as entry, {brings} as brings from listed l) placed
),
judged as (
    select *, case when entry is null then 0.5 when entry > 0 then least(1, greatest(0, value / entry)) else 1 end as near,
        case when wallet_room is null or needed is null then 0.5 when wallet_room >= needed then 1 else wallet_room / needed end as room,
        case when is_satisfied is null then 0.5 when is_satisfied then 1 else 0 end as content,
        case when trend is null then 0.5 else least(1, greatest(0, 0.5 + trend)) end as rising
    from aimed
)
select j.* exclude (near, room, content, rising), p.name,
    $near * near + $room * room + $satisfied * content + $rising * rising as score,
    concat_ws(',', case when near >= $nearly then 'near' end, case when wallet_room >= needed and wallet_room > 0 then 'room' end,
        case when is_satisfied then 'satisfied' end, case when trend >= $risen then 'rising' end) as reasons
from judged j
left join customer_profile p on p.customer_id = j.customer_id
"""


def listing(con, filters, move: str, limit: int, by: str, rank_within: bool) -> pd.DataFrame:
    """The frame of `whatif.candidates`, which says what it means."""
    start, end = upward(move)
    past = _chances.history(con, filters, by=by, rank_within=rank_within)
    found = facts(
        con, filters, "r.tier = $from_tier", {"from_tier": start}, {start: end}, by, rank_within,
        f"order by score desc, gap_to_threshold, customer_id limit {int(_scenario.amount('limit', limit))}",
    )  # fmt: skip
    if past["from_tier"].eq(start).any():
        found["chance"] = _chances.by_tenth(past, start, end)[found["tenth"].to_numpy(int)]
    return found.reindex(columns=COLUMNS).astype({"chance": "float64"})


def upward(move: str) -> tuple[str, str]:
    """The layers of `small:medium`.  Raises CrmError E_MOVES, E_LAYER, E_MOVE_SAME, E_MOVE_UP."""
    (start, end), *_ = _scenario.parse_moves(f"{move}=1") or [("", "")]
    if end not in TIERS or LAYERS.index(end) > LAYERS.index(start):
        raise MoveRefused("E_MOVE_UP", layer=start)
    return start, end


def facts(
    con, filters, whom: str, values: dict, aims: dict[str, str], by: str, rank_within: bool, order: str
) -> pd.DataFrame:
    """What is known of some customers of the ranking and speaks for their move.  One row per customer.

    `whom`: SQL condition on the ranking r with its `values`; `aims`: layer -> destination; `order`: SQL. The view `ranking` is made.
    """
    edges = _ranking.edges(con, filters, by=by, rank_within=rank_within)
    means = dict(
        con.execute(
            "select tier, cast(avg(revenue) as double) from ranking where position is not null group by 1"
        ).fetchall()
    )
    parameters = values | {f"entry_{layer}": edges.get(end) for layer, end in aims.items()}
    parameters |= {f"brings_{layer}": means.get(end) for layer, end in aims.items()}
    cases = {
        what: "case " + " ".join(f"when l.from_tier = '{layer}' then ${what}_{layer}" for layer in aims) + " end"
        for what in ("entry", "brings")
    }
    return con.execute(
        FACTS.format(whom=whom, **cases) + order,
        parameters
        | {"as_of": filters.as_of, "has_before": filters.is_window_before_complete, "by": by}
        | {"near": NEAR, "room": ROOM, "satisfied": SATISFIED, "rising": RISING, "nearly": NEARLY, "risen": RISEN},
    ).df()
