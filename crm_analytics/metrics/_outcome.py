"""A saved scenario held against what happened since the day it starts on."""

from dataclasses import replace
from datetime import date

import pandas as pd

from crm_analytics import snapshot, state
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics import _chances, _migration, _tiers, _whatif
from crm_analytics.metrics._effects import Company, Plan
from crm_analytics.metrics._ranking import ROWS

COLUMNS = [
    "kind", "from_tier", "to_tier", "tier_now", "customer_id", "name", "planned", "actual",
    "revenue_then", "revenue_planned", "revenue_now", "profit_then", "profit_planned", "profit_now",
]  # fmt: skip
MOVED = """
select cast(count(*) as bigint) as actual, cast(coalesce(sum(revenue_then), 0) as double) as revenue_then,
    cast(coalesce(sum(revenue_now), 0) as double) as revenue_now
from moves
where from_tier = $from_tier and to_tier = $to_tier
"""
ONE = """
select m.to_tier, cast(m.revenue_then as double), cast(m.revenue_now as double), p.name
from moves m
left join customer_profile p on p.customer_id = m.customer_id
where m.customer_id = $id
"""


def table(con, filters: Filters, name: str) -> pd.DataFrame:
    """The frame of `whatif.outcome`, which says what it means."""
    kept = _saved(con, name)
    start = date.fromisoformat(str(kept["as_of"])[:10])
    if start >= filters.as_of:
        raise CrmError("E_OUTCOME_EARLY", name=name, as_of=start.isoformat())
    ranked = {"by": kept.get("by", "revenue"), "rank_within": bool(kept.get("rank_within", False))}
    then, now = con.cursor(), con.cursor()  # each shows a view of its own
    view = _view(filters, kept)
    then_filters, now_filters = snapshot.prepare(then, replace(view, as_of=start)), snapshot.prepare(now, view)
    company, plan = _whatif.asked(then, then_filters, **_options(kept), **ranked)
    after = _tiers.rows(now, now_filters, ranked["by"], ranked["rank_within"], "")
    moves = _migration.moves(now, now_filters, start, "relative", *ranked.values())
    if moves is None:
        raise CrmError("E_FROM_DATE", value=start, first=now_filters.data_from, last=now_filters.as_of)
    rows = [*_of_moves(now, moves, plan), *_of_layers(company, plan, after), *_of_named(now, moves, plan)]
    return pd.DataFrame(rows).reindex(columns=COLUMNS).astype(dict.fromkeys(COLUMNS[6:], "float64"))


def _saved(con, name: str) -> dict:
    found = {each["name"]: each for each in state.scenarios(con)}
    if name.strip() not in found:
        raise CrmError("E_NO_SCENARIO", name=name, known=", ".join(found) or "-")
    return found[name.strip()]


def _view(filters: Filters, kept: dict) -> Filters:
    """The view the scenario was saved in, on the reader's day."""
    where = tuple((column, tuple(values)) for column, values in kept.get("where") or ())
    months = int(kept.get("months") or filters.months)
    return replace(filters, months=months, where=where, customer_set=kept.get("customer_set") or None)


def _options(kept: dict) -> dict:
    """What the scenario asks; what an older version did not save is at its default."""
    return {
        "moves": kept.get("moves", ""),
        "named": kept.get("named", ""),
        "cost_rule": kept.get("cost_rule", "constant"),
        "budget": float(kept.get("budget") or 0.0),
        "brings": kept.get("brings", "mean"),
        "success": str(kept.get("success", "1")),
    }


def _of_moves(con, moves, plan: Plan):
    """Each move: how many were to make it, how many did, what these brought then and bring now."""
    for move in plan.moves:
        pair = {"from_tier": move.from_tier, "to_tier": move.to_tier}
        found = con.execute(moves.sql + MOVED, moves.parameters | pair).df().iloc[0].to_dict()
        yield {"kind": "move", **pair, "planned": move.n, **found}


def _of_layers(company: Company, plan: Plan, after: pd.DataFrame):
    """Each layer and the total: customers, revenue and profit then, as planned, and now."""
    planned = _whatif.before_and_after(company, plan).set_index("tier")
    now = after.set_index("tier")
    for layer in ROWS:
        yield {
            "kind": "tier", "from_tier": layer, "planned": planned.at[layer, "customers_after"], "actual": now.at[layer, "customers"],
            "revenue_then": planned.at[layer, "revenue_before"], "revenue_planned": planned.at[layer, "revenue_after"],
            "revenue_now": now.at[layer, "revenue"], "profit_then": planned.at[layer, "profit_before"],
            "profit_planned": planned.at[layer, "profit_after"], "profit_now": now.at[layer, "profit"],
        }  # fmt: skip


def _of_named(con, moves, plan: Plan):
    """Each customer named: where he was to go, where he is, and whether that is the destination or beyond."""
    for move in plan.moves:
        there = _chances.reached(move.from_tier, move.to_tier)
        for customer in move.named:
            found = con.execute(moves.sql + ONE, moves.parameters | {"id": customer}).fetchone()
            tier, revenue_then, revenue_now, name = found or (None, None, None, None)
            yield {
                "kind": "named", "from_tier": move.from_tier, "to_tier": move.to_tier, "tier_now": tier, "customer_id": customer,
                "name": name, "planned": 1, "actual": int(tier in there), "revenue_then": revenue_then, "revenue_now": revenue_now,
            }  # fmt: skip
