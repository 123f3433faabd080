"""What stands around a what-if (`pyramid.whatif`): its moves, what a target needs, who could move, what a budget buys, what came of it."""

import pandas as pd

from crm_analytics.filters import Filters
from crm_analytics.metrics import _candidates, _optimise, _outcome, _required, _whatif


def moves(
    con,
    filters: Filters,
    *,
    moves: str = "",
    named: str = "",
    cost_rule: str = "constant",
    budget: float = 0.0,
    brings: str = "mean",
    success: str = "1",
    by: str = "revenue",
    rank_within: bool = False,
) -> pd.DataFrame:
    """What each move of a what-if is expected to change; options as in `pyramid.whatif`.  One row per pair of layers.

    from_tier, to_tier, customers (tried), named (of these), success, moved (expected), revenue_delta, contribution_delta,
    extra_cost, profit_delta. Null: unknown.
    """
    start, plan = _whatif.asked(
        con, filters, moves=moves, named=named, cost_rule=cost_rule, budget=budget, brings=brings, success=success, by=by,
        rank_within=rank_within,
    )  # fmt: skip
    return _whatif.one_by_one(start, plan)


def required(
    con,
    filters: Filters,
    *,
    target: float = 0.5,
    brings: str = "mean",
    cost_rule: str = "constant",
    by: str = "revenue",
    rank_within: bool = False,
) -> pd.DataFrame:
    """What must be true for profit to rise by `target` (a share of it), each lever alone, every mover succeeding.

    One row per lever: small:medium, medium:big, big:top, mix (7 : 2 : 1 of these) with needed and available customers, share (of
    the active), gain (of profit), revenue_delta and moves (as `whatif` takes them); margin_rate with the rate needed and the one
    there is; cost_cut with the share of M to save.  needed is null where the lever brings nothing or is unknown, is_possible where
    that cannot be said.  Raises CrmError E_CHOICE.
    """
    return _required.levers(_whatif.company(con, filters, by=by, rank_within=rank_within), target, brings, cost_rule)


def candidates(
    con,
    filters: Filters,
    *,
    move: str = "small:medium",
    limit: int = 20,
    by: str = "revenue",
    rank_within: bool = False,
) -> pd.DataFrame:
    """Who of a layer could move up, the best first.  One row per customer.

    customer_id, name, revenue, gap_to_threshold (to the destination's lowest, in the ranking variable), chance (share of customers of
    the same tenth of the layer who reached the destination or beyond from the window before to this one, drawn towards the
    layer's share), wallet_room (latest estimate of what the customer spends with anyone in a year less our sales in that year),
    satisfaction (last answer in the window), trend (revenue / revenue_before - 1), days_since_last_order, reasons (near: 80 % of the
    threshold; room: at least what is lacking; satisfied; rising: 10 % and more).  score 0..1 = 0.4 x share of the threshold reached
    + 0.2 each for room, satisfaction and trend, half of it where nothing is known.  Null: unknown.
    Raises CrmError E_MOVES, E_LAYER, E_MOVE_UP.
    """
    return _candidates.listing(con, filters, move, limit, by, rank_within)


def frontier(
    con,
    filters: Filters,
    *,
    budget: float = 0.0,
    cost_per_move: float = 0.0,
    most: int = 0,
    by: str = "revenue",
    rank_within: bool = False,
) -> pd.DataFrame:
    """What each budget is expected to bring when it is spent on the best moves, up to the budget beyond which nothing pays.

    One row per plan: budget (what it spends), expected_profit, customers; options as in `optimise`, `budget` changes nothing here.
    """
    return _optimise.frontier(con, filters, cost_per_move, most, by, rank_within)


def outcome(con, filters: Filters, *, name: str) -> pd.DataFrame:
    """A saved scenario held against what happened from its day to this view's, in its own window and choice of customers.

    kind move: from_tier, to_tier, planned and actual customers (in from_tier then and in to_tier now), their revenue_then and _now.
    kind tier: from_tier (a layer, unidentified or total), customers planned and actual, revenue and profit _then, _planned and _now.
    kind named: customer_id, name, from_tier, to_tier, tier_now, actual (1: there or beyond), revenue_then, revenue_now.
    Null: unknown, or not of this kind.  Raises CrmError E_NO_SCENARIO, E_OUTCOME_EARLY.
    """
    return _outcome.table(con, filters, name)
