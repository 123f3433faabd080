"""Who moved between the layers of the pyramid from one day to another: the matrix, its flows, and the customers behind them."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from crm_analytics import snapshot
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics import _ranking
from crm_analytics.metrics._moves import every_cell, first_day, nothing
from crm_analytics.metrics._ranking import LAYERS, TIERS

FRAMES = ("relative", "absolute")
FLOWS = ("entered", "up", "down", "stayed", "left", "returned")
NEW = "new"  # not known on the first day
FROM_TIERS = (*LAYERS, NEW)
MATRIX = ["from_tier", "to_tier", "flow", "customers", "rate", "low", "high", "revenue_then", "revenue_now", "note"]
FLOWING = ["flow", "customers", "revenue_then", "revenue_now", "note"]
MOVERS = ["customer_id", "name", "flow", "from_tier", "to_tier", "revenue_then", "revenue_now", "change", "note"]
# Who is active has a place; thresholds are the first day's, and who has the same figure as then keeps the tier he had with it.
FROZEN = """
case when n.position is null then n.tier
    when t.position is not null and n.value = t.value then t.tier
    when n.value >= e.top then 'top' when n.value >= e.big then 'big' when n.value >= e.medium then 'medium'
    else 'small' end
"""
MOVES = """
with edges as (
    select min(case when tier = 'top' then value end) as top, min(case when tier = 'big' then value end) as big,
        min(case when tier = 'medium' then value end) as medium
    from ranking_then
    where position is not null
),
placed as (
    select n.customer_id, coalesce(t.tier, 'new') as from_tier, {to_tier} as to_tier,
        coalesce(t.revenue, 0) as revenue_then, n.revenue as revenue_now
    from ranking n
    left join ranking_then t on t.customer_id = n.customer_id
    cross join edges e
    where n.is_chosen
),
ranked as (
    select *, list_position($tiers, from_tier) as place_then, list_position($tiers, to_tier) as place_now
    from placed
),
moves as (
    select *, case
        when place_now is null then case when place_then is not null then 'left' end
        when place_then is null then case when from_tier = 'inactive' then 'returned' else 'entered' end
        when place_now < place_then then 'up' when place_now > place_then then 'down' else 'stayed' end as flow
    from ranked
)
"""


@dataclass(frozen=True)
class Moves:
    """The relation `moves` of one question: SQL that begins with it, its parameters, and what is to be said of the first day."""

    sql: str
    parameters: dict
    note: str | None


def moves(con, filters: Filters, from_date: date | None, frame: str, by: str, rank_within: bool) -> Moves | None:
    """One row per chosen customer: from_tier, to_tier, flow, revenue_then, revenue_now; None where nothing can be compared.

    Raises CrmError E_FROM_DATE on a first day after the last or before the first order, E_OPTION_VALUE on an unknown frame.
    """
    if frame not in FRAMES:
        raise CrmError("E_OPTION_VALUE", name="pyramid.migration", option="--frame", value=frame)
    first = first_day(filters, from_date)
    if first is None:
        return None
    then = snapshot.earlier(con, filters, first)
    _ranking.ranking(con, filters, by=by, rank_within=rank_within)
    _ranking.ranking(con, then, by=by, rank_within=rank_within, then=True)
    note = None if then.is_window_complete else "window_then_incomplete"
    return Moves(MOVES.format(to_tier=FROZEN if frame == "absolute" else "n.tier"), {"tiers": list(TIERS)}, note)


def matrix(con, filters: Filters, from_date, frame, by, rank_within) -> pd.DataFrame:
    """The frame of `pyramid.migration`, which says what it means."""
    asked = moves(con, filters, from_date, frame, by, rank_within)
    if asked is None:
        return nothing(MATRIX)
    cells = con.execute(
        asked.sql + "select from_tier, to_tier, cast(count(*) as bigint) as customers, "
        "sum(revenue_then) as revenue_then, sum(revenue_now) as revenue_now from moves group by from_tier, to_tier",
        asked.parameters,
    ).df()
    cells = every_cell(cells, FROM_TIERS, LAYERS)
    flow = [_flow(row.from_tier, row.to_tier) for row in cells.itertuples()]
    return cells.assign(flow=flow, note=asked.note)[MATRIX]


def flows(con, filters: Filters, from_date, frame, by, rank_within) -> pd.DataFrame:
    """The frame of `pyramid.flows`, which says what it means."""
    asked = moves(con, filters, from_date, frame, by, rank_within)
    if asked is None:
        return nothing(FLOWING)
    found = con.execute(
        asked.sql + ", named as (select unnest($flows) as flow, unnest(range(len($flows))) as place) "
        "select s.flow, cast(count(m.customer_id) as bigint) as customers, coalesce(sum(m.revenue_then), 0) as revenue_then, "
        "coalesce(sum(m.revenue_now), 0) as revenue_now from named s left join moves m on m.flow = s.flow group by s.flow, s.place "
        "order by s.place",
        asked.parameters | {"flows": list(FLOWS)},
    ).df()
    return found.assign(note=asked.note)[FLOWING]


def movers(
    con, filters: Filters, from_date, frame, by, rank_within, *, flow, from_tier, to_tier, limit, offset
) -> pd.DataFrame:
    """The frame of `pyramid.movers`, which says what it means."""
    for option, value, known in (
        ("flow", flow, FLOWS),
        ("from-tier", from_tier, FROM_TIERS),
        ("to-tier", to_tier, LAYERS),
    ):
        if value and value not in known:
            raise CrmError("E_OPTION_VALUE", name="pyramid.movers", option=f"--{option}", value=value)
    asked = moves(con, filters, from_date, frame, by, rank_within)
    if asked is None:
        return nothing(MOVERS)
    chosen = {name: value for name, value in (("flow", flow), ("from_tier", from_tier), ("to_tier", to_tier)) if value}
    wanted = " and ".join(f"m.{column} = ${column}" for column in chosen) or "m.flow <> 'stayed'"
    found = con.execute(
        asked.sql + ", page as (select m.*, m.revenue_now - m.revenue_then as change from moves m "
        f"where {wanted} "
        "order by abs(m.revenue_now - m.revenue_then) desc, m.customer_id limit $limit offset $offset) "
        "select g.customer_id, p.name, g.flow, g.from_tier, g.to_tier, g.revenue_then, g.revenue_now, g.change from page g "
        "left join customer_profile p on p.customer_id = g.customer_id order by abs(g.change) desc, g.customer_id",
        asked.parameters | chosen | {"limit": limit, "offset": offset},
    ).df()
    return found.assign(note=asked.note)[MOVERS]


def _flow(from_tier: str, to_tier: str) -> str | None:
    """The flow a cell belongs to: as in MOVES, for cells in which nobody is."""
    if to_tier not in TIERS:
        return "left" if from_tier in TIERS else None
    if from_tier not in TIERS:
        return "returned" if from_tier == "inactive" else "entered"
    step = TIERS.index(from_tier) - TIERS.index(to_tier)
    return "up" if step > 0 else "down" if step < 0 else "stayed"
