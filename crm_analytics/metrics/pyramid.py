"""The customer pyramid: who carries us, what each layer costs and leaves, how customers move, what if some moved up.

Jay Curry's customer pyramid (The Customer Marketing Method, 1998). Active customers (an order and net revenue above zero in the
window) are ranked by `by` (revenue, margin or orders; ties by revenue, orders, last order, number): `top` = the first 1 %, `big` =
the next 4 %, `medium` = the next 15 %, `small` = the others; shares can be changed in Settings. Below: `inactive` (bought before),
`prospect` (in contact), `suspect` (not yet in contact); `unidentified` = lines that name no customer. `rank_within` ranks the chosen
customers among themselves; without it tiers are the company's.
"""

import pandas as pd

from crm_analytics.filters import Filters
from crm_analytics.metrics import _ranked, _tiers


def tiers(con, filters: Filters, *, by: str = "revenue", rank_within: bool = False, key: str = "") -> pd.DataFrame:
    """What each layer brings, costs and leaves.  One row per layer, then unidentified and total; rows add up to the cent.

    tier, customers, customer_share and revenue_share (of the active), revenue (net), average_revenue (total: of the active),
    median_revenue, threshold_revenue (lowest in the tier), contribution (amount - cost, or a margin rate where the cost is unknown:
    see `basis`), marketing_cost (M: marketing + sales + service), overhead (O), profit = contribution - M - O, profit_share (of the
    total, where that is above zero), roi = profit / M, revenue_before (the layer's customers in the window before), converted_rate
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

    own, tier_average, tier_median, percentile_in_tier (share of the tier below him).  Raises CrmError E_CUSTOMER.
    """
    return _ranked.standing(con, filters, id, by)


def basis(con, filters: Filters) -> pd.DataFrame:
    """What contribution and profit stand on, in one row.

    covered_share (of the company's revenue with a known cost of goods), margin_rate (used for the rest; null none), is_rate_typed,
    has_costs, typed_costs and kinds_absent (comma-separated kinds), unread_periods (cost rows whose period cannot be read; they count
    nowhere), unplaced (cost rows tagged to nobody known; they go by their kind's usual key), has_contacts, has_campaigns.
    """
    return _tiers.stands_on(con, filters)
