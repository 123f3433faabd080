"""Who moved between the segments from one day to another: the matrix, its flows, and the customers behind them."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from crm_analytics import snapshot
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics._moves import every_cell, first_day, nothing
from crm_analytics.rfm import COLUMNS, SCHEMES

NEW, LAPSED = "new_buyer", "lapsed"  # had never ordered by then; had ordered, but not in the window
FLOWS = ("entered", "returned", "moved", "left", "stayed")
MATRIX = [
    "from_segment",
    "to_segment",
    "flow",
    "customers",
    "rate",
    "low",
    "high",
    "revenue_then",
    "revenue_now",
    "note",
]
FLOWING = ["flow", "customers", "revenue_then", "revenue_now", "note"]
MOVERS = ["customer_id", "name", "flow", "from_segment", "to_segment", "revenue_then", "revenue_now", "change", "note"]
MOVES = """
with moves as (
    select n.customer_id,
        case when t.first_order_date is null then 'new_buyer' else coalesce(t.{column}, 'lapsed') end as from_segment,
        coalesce(n.{column}, 'lapsed') as to_segment, coalesce(t.revenue, 0) as revenue_then, n.revenue as revenue_now,
        case when n.r is null then case when t.r is not null then 'left' end
            when t.first_order_date is null then 'entered' when t.r is null then 'returned'
            when n.{column} = t.{column} then 'stayed' else 'moved' end as flow
    from chosen n
    left join snapshot_then t on t.customer_id = n.customer_id
    where n.first_order_date is not null
)
"""


@dataclass(frozen=True)
class Moves:
    """The relation `moves` of one question as SQL that begins with it, the codes it may hold, what is to be said of the first day."""

    sql: str
    froms: tuple[str, ...]
    tos: tuple[str, ...]
    note: str | None


def moves(con, filters: Filters, from_date: date | None, groups: int, number: str) -> Moves | None:
    """One row per chosen customer who has ever ordered; None where nothing can be compared.

    Raises CrmError E_FROM_DATE on a day that cannot be meant, E_OPTION_VALUE on a number of groups there is none of.
    """
    if groups not in SCHEMES:
        raise CrmError("E_OPTION_VALUE", name=number, option="--groups", value=groups)
    first = first_day(filters, from_date)
    if first is None:
        return None
    then = snapshot.earlier(con, filters, first)
    tos = (*SCHEMES[groups], LAPSED)
    note = None if then.is_window_complete else "window_then_incomplete"
    return Moves(MOVES.format(column=COLUMNS[groups]), (*tos, NEW), tos, note)


def matrix(con, filters: Filters, from_date: date | None, groups: int) -> pd.DataFrame:
    """The frame of `segments.migration`, which says what it means."""
    asked = moves(con, filters, from_date, groups, "segments.migration")
    if asked is None:
        return nothing(MATRIX)
    cells = con.execute(
        asked.sql
        + "select from_segment, to_segment, cast(count(*) as bigint) as customers, sum(revenue_then) as revenue_then, "
        "sum(revenue_now) as revenue_now from moves group by from_segment, to_segment"
    ).df()
    cells = every_cell(cells, asked.froms, asked.tos)
    flow = [_flow(row.from_segment, row.to_segment) for row in cells.itertuples()]
    return cells.assign(flow=flow, note=asked.note)[MATRIX]


def flows(con, filters: Filters, from_date: date | None, groups: int) -> pd.DataFrame:
    """The frame of `segments.flows`, which says what it means."""
    cells = matrix(con, filters, from_date, groups)
    if cells.empty:
        return nothing(FLOWING)
    sums = cells.groupby("flow")[["customers", "revenue_then", "revenue_now"]].sum()
    return sums.reindex(FLOWS).reset_index().assign(note=cells["note"].iloc[0])[FLOWING]


def movers(
    con, filters: Filters, from_date: date | None, groups: int, *, flow, from_segment, to_segment, limit, offset
) -> pd.DataFrame:
    """The frame of `segments.movers`, which says what it means."""
    asked = moves(con, filters, from_date, groups, "segments.movers")
    tos = (*SCHEMES[groups], LAPSED)
    _refuse_unknown(
        (("flow", flow, FLOWS), ("from-segment", from_segment, (*tos, NEW)), ("to-segment", to_segment, tos))
    )
    if asked is None:
        return nothing(MOVERS)
    named = {"flow": flow, "from_segment": from_segment, "to_segment": to_segment}
    chosen = {name: value for name, value in named.items() if value}
    wanted = " and ".join(f"m.{column} = ${column}" for column in chosen) or "m.flow <> 'stayed'"
    found = con.execute(
        asked.sql + ", page as (select m.*, m.revenue_now - m.revenue_then as change from moves m "
        f"where {wanted} "
        "order by abs(m.revenue_now - m.revenue_then) desc, m.customer_id limit $limit offset $offset) "
        "select g.customer_id, p.name, g.flow, g.from_segment, g.to_segment, g.revenue_then, g.revenue_now, g.change from page g "
        "left join customer_profile p on p.customer_id = g.customer_id order by abs(g.change) desc, g.customer_id",
        chosen | {"limit": limit, "offset": offset},
    ).df()
    return found.assign(note=asked.note)[MOVERS]


def _refuse_unknown(options) -> None:
    for option, value, known in options:
        if value and value not in known:
            raise CrmError("E_OPTION_VALUE", name="segments.movers", option=f"--{option}", value=value)


def _flow(was: str, now: str) -> str | None:
    """The flow a cell belongs to: as in MOVES, for cells in which nobody is."""
    if now == LAPSED:
        return None if was in (NEW, LAPSED) else "left"
    return {NEW: "entered", LAPSED: "returned", now: "stayed"}.get(was, "moved")
