"""The customer pyramid: who carries us, what each layer costs and leaves, how customers move, what if some moved up.

Jay Curry's customer pyramid (The Customer Marketing Method, 1998). Active customers (an order and net revenue above zero in the
window) are ranked by `by` (revenue, margin or orders; ties by revenue, orders, last order, number): `top` = the first 1 %, `big` =
the next 4 %, `medium` = the next 15 %, `small` = the others; shares can be changed in Settings. Below: `inactive` (bought before),
`prospect` (in contact), `suspect` (not yet in contact); `unidentified` = lines that name no customer. `rank_within` ranks the chosen
customers among themselves; without it tiers are the company's.
"""

from datetime import date

import pandas as pd

from crm_analytics.filters import Filters
from crm_analytics.metrics import _concentration, _lessons, _migration, _optimise, _ranked, _relations, _tiers, _whatif


def tiers(con, filters: Filters, *, by: str = "revenue", rank_within: bool = False, key: str = "") -> pd.DataFrame:
    """What each layer brings, costs and leaves.  One row per layer, then unidentified and total; rows add up to the cent.

    tier, customers, customer_share and revenue_share (of the active), revenue (net), average_revenue (total: of the active),
    median_revenue, threshold_revenue (lowest in the tier), contribution (amount - cost, or a margin rate where the cost is unknown:
    see `basis`), marketing_cost (M: marketing + sales + service), overhead (O), profit = contribution - M - O, profit_share (of the
    total, where that is above zero), roi = profit / M, revenue_before (of these customers and lines in the window before), converted_rate
    (prospect: of those known before the window who had never ordered, the share who did in it).
    `key`: all of M by per_head, activity or revenue instead of each cost's own key.  Null: unknown; M and profit without any cost
    of marketing, sales or service, contribution without any cost of goods or typed rate.  Raises CrmError E_RANKING, E_NO_MARGIN.
    """
    return _tiers.rows(con, filters, by, rank_within, key)


def customers(
    con,
    filters: Filters,
    *,
    by: str = "revenue",
    rank_within: bool = False,
    tier: str = "",
    limit: int = 100,
    offset: int = 0,
) -> pd.DataFrame:
    """The ranking list.  One row per customer of the choice (of one layer with `tier`), best first, the inactive behind.

    rank (null: not active), customer_id, name, tier, revenue, orders, cumulative_revenue_share (of the active, up to this rank),
    contribution, cost (M + O), profit, roi (profit / M), percentile_in_tier (share of the tier ranked below).
    """
    return _ranked.listing(con, filters, by, rank_within, tier, limit, offset)


def costs(con, filters: Filters) -> pd.DataFrame:
    """What was spent in the window, pro rata by days, each cost once.  One row per kind, key and source; amounts of the company.

    kind (marketing, sales, service, overhead), key by which it reached the layers (direct, activity, per_head, revenue), source (costs,
    campaigns, campaign_members, interactions, typed), amount, share of all.  No row: no cost is known.
    """
    return _tiers.register(con, filters)


def waterfall(con, filters: Filters, *, by: str = "revenue") -> pd.DataFrame:
    """From revenue to profit.  One row per step: step, amount (costs below zero, null unknown), is_total."""
    return _tiers.steps(con, filters, by)


def ranges(con, filters: Filters, *, by: str = "revenue", rank_within: bool = False) -> pd.DataFrame:
    """Each layer's cost, profit and return by every key.  One row per tier and key (own, per_head, activity, revenue).

    marketing_cost, profit, roi; null by activity where the window has no contacts.
    """
    return _tiers.by_key(con, filters, by, rank_within)


def standing(con, filters: Filters, *, id: str, by: str = "revenue") -> pd.DataFrame:
    """One customer beside his tier.  One row per measure (revenue, orders, contribution, cost, profit, roi).

    own, tier_average (of roi: the tier's profit / its M), tier_median, percentile_in_tier (share of the tier below him).
    Raises CrmError E_CUSTOMER.
    """
    return _ranked.standing(con, filters, id, by)


def basis(con, filters: Filters) -> pd.DataFrame:
    """What contribution and profit stand on, in one row.

    covered_share (of the company's revenue with a known cost of goods), margin_rate (used for the rest; null none), is_rate_typed,
    has_costs, typed_costs and kinds_absent (comma-separated kinds), unread_periods (cost rows whose period cannot be read; they count
    nowhere), unplaced (cost rows tagged to nobody known; they go by their kind's usual key), has_contacts, has_campaigns.
    """
    return _tiers.stands_on(con, filters)


def migration(
    con,
    filters: Filters,
    *,
    from_date: date | None = None,
    frame: str = "relative",
    by: str = "revenue",
    rank_within: bool = False,
) -> pd.DataFrame:
    """How many customers of each layer on a first day stand in each layer now, and what share of it they are.

    One row per (from_tier, to_tier), all 56, in order: from_tier is a layer or "new" (not known on the first day), to_tier a layer.
    flow (see `flows`; null where neither is a tier), customers, rate (of the from_tier, 0..1) with Wilson's interval low, high (null
    where nobody was in it), revenue_then and revenue_now (net revenue of these customers in the window up to each day), note.
    Every chosen customer is counted once. `from_date`: by default the last day of the window before. `frame`: "relative" ranks
    again on each day, so that what one customer gains another loses; "absolute" freezes the first day's thresholds, and who brings
    exactly what he brought keeps his tier. note: window_then_incomplete where the data begin within the first day's window.
    No rows and `attrs["note"]` where the window before lies before the data; CrmError E_FROM_DATE on a day that cannot be meant.
    """
    return _migration.matrix(con, filters, from_date, frame, by, rank_within)


def flows(
    con,
    filters: Filters,
    *,
    from_date: date | None = None,
    frame: str = "relative",
    by: str = "revenue",
    rank_within: bool = False,
) -> pd.DataFrame:
    """Who came in, moved up or down, stayed, left and came back between a first day and now.

    One row per flow, in this order: entered (into a tier, who had never bought), up, down, stayed (in a tier on both days), left
    (a tier, now inactive), returned (into a tier, who was inactive). flow, customers, revenue_then, revenue_now (net revenue in the
    window up to each day), note. Together all customers active on either day; options, note and no rows as `migration`.
    """
    return _migration.flows(con, filters, from_date, frame, by, rank_within)


def movers(
    con,
    filters: Filters,
    *,
    from_date: date | None = None,
    frame: str = "relative",
    by: str = "revenue",
    rank_within: bool = False,
    flow: str = "",
    from_tier: str = "",
    to_tier: str = "",
    limit: int = 100,
    offset: int = 0,
) -> pd.DataFrame:
    """The customers behind the movement, the largest change of revenue first.  One row per customer.

    customer_id, name (null unknown), flow, from_tier, to_tier, revenue_then, revenue_now, change (their difference), note. `flow`,
    `from_tier` and `to_tier` choose among all customers, as the cells of `migration` do; without them all but those who stayed
    and those active on neither day. Options, note and no rows as `migration`.
    """
    page = {"flow": flow, "from_tier": from_tier, "to_tier": to_tier, "limit": limit, "offset": offset}
    return _migration.movers(con, filters, from_date, frame, by, rank_within, **page)


def concentration(con, filters: Filters, *, by: str = "revenue", rank_within: bool = False) -> pd.DataFrame:
    """How much of revenue and profit hangs on how few customers: Lorenz curve with Gini coefficient, and whale curve.

    One row per point, at most 200, from nobody to all active customers, closest together where the largest are. customers_share
    (0..1) and place (how many customers), best first; revenue_share and revenue (cumulative, ranked by `by`); value_share (of the
    ranking variable itself: of `revenue` the same); profit_share and profit (cumulative, ranked by profit: the whale curve, which
    passes 1 where the last ones lose money); marker: the tier that ends at this point, else null; gini (of the ranking variable,
    the same on every row: 0 = all alike, 1 = one has all; beyond 1 where many values are negative) and customers (active).
    Profit is null while costs of goods or of marketing, sales and service are unknown; a share is null unless the whole is a gain.
    No rows where nobody is active.
    """
    return _concentration.curve(con, filters, by, rank_within)


def whatif(
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
    """Before and after if some customers moved.  One row per layer, then unidentified and total; rows add up.

    `moves` small:medium=3,small:big=2 and `named` C-1:medium. A mover who succeeds (`success`: a probability, or "own": as often
    as the layer's customers reached the destination or beyond from the window before to this one) brings what `brings` says
    of the destination (mean; median or threshold with the tier's contribution rate; bootstrap: the median of the replicates)
    and gives up the mean of the source, a named one his own figures. All means are those of the start, nobody is ranked anew.
    `cost_rule`: constant (each layer's cost stays), per_head (every mover tried costs what one of the destination costs in M),
    budget (`budget` more, spread over the moves). Overhead stays.
    customers, revenue, contribution, cost (M + O) and profit, each _before, _after and _delta (expected); low, median, high
    (P10, P50, P90 of profit_delta in 4,000 replicates; revenue_ and contribution_ likewise) of the total and of rows with
    moves; of the total: probability that profit rises, extra_cost, spared_rate (per_head: by how much the cost per head of
    those who stay in the source layers must fall to hold the total).
    Null: unknown. Raises CrmError on what cannot be meant (E_MOVES, E_LAYER, E_MOVERS, E_NAMED ...).
    """
    start, plan = _whatif.asked(
        con, filters, moves=moves, named=named, cost_rule=cost_rule, budget=budget, brings=brings, success=success, by=by,
        rank_within=rank_within,
    )  # fmt: skip
    return _whatif.before_and_after(start, plan)


def relations(con, filters: Filters, *, by: str = "revenue", rank_within: bool = False) -> pd.DataFrame:
    """Our share of what each layer's customers spend on such goods with anyone, and how long they have bought.  One row per layer.

    tier, customers; wallet_share = own sales of the twelve months to a person's latest estimate / that estimate, both summed, of
    wallet_customers with one (own sales above it count as all of it: wallet_capped of them); wallet_room (what they spend
    elsewhere, a year); wallet_left_out (estimates whose twelve months begin before the data); wallet_oldest, wallet_newest (days);
    rank_share (Wallet Allocation Rule, mean of the rank_customers who told our rank among their suppliers and no sum).
    tenure_years_median: from the first order to as_of, of the inactive to their last order; tenure_low, tenure_high (95 % by order
    statistics; null below six), tenure_customers. Nobody's can be longer than observed_years, for which the data exist.
    Null: nobody with an estimate, or with an order.  wants: the export to bring where there are no estimates at all.
    """
    return _relations.table(con, filters, by, rank_within)


def lessons(con, filters: Filters) -> pd.DataFrame:
    """Curry's ten lessons held against the company's own data.  One row per lesson, 1 to 10.

    code and what value measures (unit: share, difference of two shares, change): 1 top_revenue (share of revenue the first 20 %
    bring), 2 top_profit (share of the company's profit), 3 known_revenue (share of those who were customers before the window),
    4 spent_elsewhere (share of marketing, sales and service on people who never bought; the interval is what the keys leave open),
    5 potential (share who spend enough elsewhere to enter the next tier; note from_moves: who did move up), 6 satisfied_rise,
    7 reasonably_satisfied_leave, 8 marketing_moves, 9 others_move (rate of one group less rate_others; n and n_others), 10
    two_percent (revenue; second: profit).  low, high: 95 % by Wilson, Newcombe or a bootstrap with a fixed seed.  claim, for 5 to
    claim_high; judged_at: round figures count as reached a twentieth earlier.  verdict by the interval: holds, fails, unclear (or
    fewer than Settings' least customers), unknown; wants: the exports to bring then.  note: a code of `notes`.
    A choice of customers is taken as a company of its own.
    """
    return _lessons.table(con, filters)


def optimise(
    con,
    filters: Filters,
    *,
    budget: float = 0.0,
    cost_per_move: float = 0.0,
    most: int = 0,
    by: str = "revenue",
    rank_within: bool = False,
) -> pd.DataFrame:
    """Which active customers to move up, and where: the plan of the highest expected profit.  One row per customer, the best first.

    customer_id, name, from_tier, to_tier, chance (as in `candidates`), revenue, contribution (own), expected_gain = chance x (mean
    contribution of the destination - own), cost (what one of the destination costs more in M, or `cost_per_move`; paid whether the
    move succeeds or not), expected_profit = expected_gain - cost, gain_per_cost, reasons (as in `candidates`).
    The costs stay within `budget`, the customers within `most`; 0: no limit.  cost is null, and there can be
    no budget, where costs are unknown.  Raises CrmError E_MOVE_MARGIN, E_MOVE_COST, E_NO_HISTORY, E_NEGATIVE.
    """
    return _optimise.listing(con, filters, budget, cost_per_move, most, by, rank_within)
