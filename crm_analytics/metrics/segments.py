"""Segments: which groups are there by how recently, how often and how much customers buy, and who moved between them?

Customers with an order in the window have scores R, F and M from 1 to 5: 1 + (5 x customers strictly worse) div customers, in whole
numbers, so that equal values have equal scores; or by borders typed in Settings. R: days since the last order (fewer is better),
F: orders, M: net revenue in the window. A score is high at or above the mean score of the same customers (or their median, or as
typed in Settings); where all scores of a dimension are equal it is low. Three letters, high or low R, F and M, are the segment:
HHH important_value, HLH important_develop, LHH important_keep, LLH important_winback, HHL general_value, HLL general_develop,
LHL general_keep, LLL general_low. The eleven international groups (champions ... lost) follow the rules of rfm.toml. Scores and
segments are the company's, whomever the filters choose.
"""

from datetime import date

import pandas as pd

from crm_analytics.filters import Filters
from crm_analytics.metrics import _clusters, _score, _score_rows, _segment_moves, _segments, _sensitivity

WEIGHTS = "days_since_last_order=1,orders=1,revenue=1"
MEASURES = _score.MEASURES  # what customers can be scored by
CLASS_WEIGHTS = "activity=1,satisfaction=1,loyalty_days=1"


def rfm(con, filters: Filters, *, segment: str = "", limit: int = 0, offset: int = 0) -> pd.DataFrame:
    """Scores and segment of each customer who ordered in the window.  One row per chosen customer, most revenue first.

    customer_id, days_since_last_order, order_count and revenue (net) of the window, r, f, m (1 to 5), segment (HHH ... LLL),
    segment_11 (champions ... lost). `segment`: only those of one segment or group, by its code; `limit` 0: all.
    Raises CrmError E_OPTION_VALUE on a segment there is none of.
    """
    return _segments.scored(con, segment, limit, offset)


def summary(con, filters: Filters, *, groups: int = 8) -> pd.DataFrame:
    """How many customers each segment has and what they bring.  One row per segment, all eight (`groups` 11: the eleven groups).

    segment, name (important_value ... general_low), customers, share (of the chosen customers who ordered in the window), revenue
    (net, in the window), revenue_share (null unless the whole is a gain), average_revenue, average_orders,
    average_days_since_last_order (null: nobody is in it), previous (customers in it in the window before, by the scores of then),
    moved_in (not in it then), moved_out (in it then, not now): previous + moved_in - moved_out = customers. These three are null
    where the data do not cover the window before; note says so. Raises CrmError E_OPTION_VALUE.
    """
    return _segments.summary(con, filters, groups)


def grid(con, filters: Filters) -> pd.DataFrame:
    """How many customers have each pair of recency and frequency scores.  One row per (r, f), all 25, the most recent first.

    r, f, customers, share (of the chosen customers who ordered in the window), revenue, average_revenue (null: nobody),
    revenue_share (null unless the whole is a gain).
    """
    return _segments.grid(con)


def bands(con, filters: Filters) -> pd.DataFrame:
    """What each score means at this company.  One row per dimension (r, f, m) and score that somebody has.

    dimension, score, customers (of the whole company), lowest and highest: days since the last order, orders, or net revenue of
    those who have it; is_high: whether it counts as high for the segment.
    """
    return _segments.bands(con, filters)


def migration(con, filters: Filters, *, from_date: date | None = None, groups: int = 8) -> pd.DataFrame:
    """How many customers of each segment on a first day are in each segment now, and what share of it they are.

    One row per (from_segment, to_segment), all of them, in order. from_segment: a segment by the scores of that day and a window
    of the same length up to it, "lapsed" (had ordered, but not in that window) or "new_buyer" (had never ordered); to_segment: a
    segment or "lapsed". flow (see `flows`; null: bought in neither window), customers, rate (of the from_segment, 0..1) with
    Wilson's interval low, high (null where nobody was in it), revenue_then, revenue_now (net, in the window up to each day), note.
    Every chosen customer who has ever ordered is counted once. `from_date`: by default the last day of the window before.
    note: window_then_incomplete where the data begin within the first day's window. No rows and `attrs["note"]` where the window
    before lies before the data. Raises CrmError E_FROM_DATE, E_OPTION_VALUE.
    """
    return _segment_moves.matrix(con, filters, from_date, groups)


def flows(con, filters: Filters, *, from_date: date | None = None, groups: int = 8) -> pd.DataFrame:
    """Who came, came back, changed segment, left and stayed between a first day and now.  One row per flow.

    flow: entered (first order since then), returned (was lapsed), moved (another segment), left (now lapsed), stayed; customers,
    revenue_then, revenue_now, note. Options, note and no rows as `migration`.
    """
    return _segment_moves.flows(con, filters, from_date, groups)


def movers(
    con,
    filters: Filters,
    *,
    from_date: date | None = None,
    groups: int = 8,
    flow: str = "",
    from_segment: str = "",
    to_segment: str = "",
    limit: int = 100,
    offset: int = 0,
) -> pd.DataFrame:
    """The customers behind the movement, the largest change of revenue first.  One row per customer.

    customer_id, name (null unknown), flow, from_segment, to_segment, revenue_then, revenue_now, change (their difference), note.
    `flow`, `from_segment` and `to_segment` choose among all customers, as the cells of `migration` do; without them all but those
    who stayed and those who bought in neither window. Options, note and no rows as `migration`.
    """
    page = {"flow": flow, "from_segment": from_segment, "to_segment": to_segment, "limit": limit, "offset": offset}
    return _segment_moves.movers(con, filters, from_date, groups, **page)


def clusters(con, filters: Filters, *, k: int = 0, cluster: int = 0, limit: int = 0, offset: int = 0) -> pd.DataFrame:
    """Groups of customers who buy alike, found by k-means.  One row per buyer of the window, best groups first.

    customer_id, name, cluster (1 = the highest spenders), cluster_name (a code of how often, how much, how lately: high_high_high) and
    told_by (which median tells two of one name apart), tier, days_since_last_order, order_count, revenue, k, silhouette,
    stability (mean adjusted Rand index between these groups and those of bootstrap samples), is_clear, note. Found over
    the company's active customers, on standardised log features: days since the last order, orders, revenue.
    k: by default the one of 2 to 8 with the highest silhouette among those whose groups are clear (see `cluster_choice`). Where
    none are, cluster is null and note no_clear_groups; a typed `k` cuts anyway, and is_clear says what that is worth. note
    no_revenue: bought, and returned as much: in no group. `cluster` chooses one group.
    Raises CrmError E_CLUSTERS_FEW, E_CLUSTERS_ALIKE, E_CLUSTERS_K.
    """
    return _clusters.listing(con, filters, k, cluster, limit, offset)


def cluster_profile(con, filters: Filters, *, k: int = 0) -> pd.DataFrame:
    """What the customers of each group are like.  One row per group; cluster null: buyers who are left out, without net revenue.

    cluster, cluster_name, told_by, customers, customer_share, revenue (net, of the window), revenue_share; medians of
    days_since_last_order, order_count, median_revenue and tenure_days (since the first order ever); average_order_value;
    days_z, orders_z, revenue_z (mean place among the company's active customers, in standard deviations of the log features);
    k, silhouette, stability, is_clear. Groups are the company's, the numbers those of the chosen customers. No rows where
    there are no clear groups and no `k` is typed. Options and errors as `clusters`.
    """
    return _clusters.profile(con, filters, k)


def cluster_choice(con, filters: Filters) -> pd.DataFrame:
    """How well k groups part the company's active customers.  One row per k, from 2 to 8.

    silhouette (-1..1: how much nearer customers are to their own group than to the next), stability (mean adjusted Rand
    index over 20 bootstrap samples, 1 = the same groups again) and stability_low (its tenth percentile), valley (customers half-way
    between two neighbouring groups for each at the emptier centre; null: a centre nobody is near), is_clear: every valley at most a half,
    beyond chance, and stability at least 0.8; is_chosen: of the clear ones the highest silhouette; is_finest: the
    finest cut that nine bootstrap samples in ten repeat (adjusted Rand 0.7): a division for where there are no groups; customers,
    sampled (k and centres come from at most 10,000). Errors as `clusters`.
    """
    return _clusters.choice(con, filters)


def score(
    con, filters: Filters, *, weights: str = WEIGHTS, reverse: str = "", scaling: str = "rank", high: float = 0.2, medium: float = 0.3,
    purchases: float = 1.0, contacts: float = 1.0, only: str = "", tier: str = "", limit: int = 0, offset: int = 0
) -> pd.DataFrame:  # fmt: skip
    """Buyers of the window by a score of the reader's own.  One row per buyer, the best first, those without a score behind.

    rank (equal scores share one), customer_id, name, score, class, tier, and each measure that weighs. The score is the weighted mean of
    the customer's places among the company's buyers: `scaling` rank (share of the others below, equals counting half) or
    minmax (between the lowest and the highest), times 100; z: in standard deviations. `weights` revenue=3,orders=2 of
    days_since_last_order, orders, revenue, margin, average_order_value (of the window), tenure_days (since the first order),
    loyalty_days (from the first order to the last: 0 = bought once), interactions (contacts of the window), activity (`purchases` x
    orders + `contacts` x interactions), satisfaction (last overall answer of the window, share of its scale), complaints. More is
    better, but of days_since_last_order and complaints fewer; `reverse` turns those it names. score is null and class unknown
    where a measure that weighs is unknown. class: the best `high` (a share) of those with a score, the next `medium`, low;
    equal scores share the better class. `only` chooses a class, `tier` a tier.
    Raises CrmError E_SCORE_WEIGHTS, E_SCORE_MEASURE, E_SCORE_CUTS, E_CHOICE.
    """
    plan = _score.plan(weights, reverse, scaling, high, medium, purchases, contacts)
    return _score_rows.listing(con, filters, plan, only, limit, offset, tier)


def score_classes(
    con, filters: Filters, *, weights: str = WEIGHTS, reverse: str = "", scaling: str = "rank", high: float = 0.2, medium: float = 0.3,
    purchases: float = 1.0, contacts: float = 1.0
) -> pd.DataFrame:  # fmt: skip
    """What each class of a score brings.  One row per class: high, medium, low, unknown (a measure that weighs is not known).

    customers, customer_share (of the buyers), threshold_score (the lowest of the class in the company), average_score, revenue
    (net, of the window), revenue_share. Options and errors as `score`.
    """
    plan = _score.plan(weights, reverse, scaling, high, medium, purchases, contacts)
    return _score_rows.classes(con, filters, plan)


def score_tiers(
    con, filters: Filters, *, weights: str = WEIGHTS, reverse: str = "", scaling: str = "rank", high: float = 0.2, medium: float = 0.3,
    purchases: float = 1.0, contacts: float = 1.0
) -> pd.DataFrame:  # fmt: skip
    """The classes of a score against the tiers of the pyramid.  One row per class and tier, all of them.

    customers, tier_share (of the tier's buyers with a score; null of those without), revenue. inactive: bought in the window, and
    returned as much. Options and errors as `score`.
    """
    plan = _score.plan(weights, reverse, scaling, high, medium, purchases, contacts)
    return _score_rows.against_tiers(con, filters, plan)


def score_distribution(
    con, filters: Filters, *, weights: str = WEIGHTS, reverse: str = "", scaling: str = "rank", high: float = 0.2, medium: float = 0.3,
    purchases: float = 1.0, contacts: float = 1.0
) -> pd.DataFrame:  # fmt: skip
    """How many customers have which score.  One row per 25th of the scale and class with anyone in it.

    score_from, score_to, class, customers. Options and errors as `score`.
    """
    plan = _score.plan(weights, reverse, scaling, high, medium, purchases, contacts)
    return _score_rows.distribution(con, filters, plan)


def score_measures(
    con, filters: Filters, *, weights: str = WEIGHTS, reverse: str = "", purchases: float = 1.0, contacts: float = 1.0
) -> pd.DataFrame:
    """What customers can be scored by, and of how many it is known.  One row per measure.

    measure, weight, weight_share, is_lower_better, is_reversed, known and missing (buyers of the window), median. Options and errors
    as `score`.
    """
    return _score_rows.measures(con, filters, _score.plan(weights, reverse, "rank", 0.2, 0.3, purchases, contacts))


def score_sensitivity(
    con, filters: Filters, *, weights: str = WEIGHTS, reverse: str = "", scaling: str = "rank", high: float = 0.2, medium: float = 0.3,
    purchases: float = 1.0, contacts: float = 1.0
) -> pd.DataFrame:  # fmt: skip
    """How far the ranking hangs on the weights.  Two rows per measure (its weight a quarter lower and higher), one for all together.

    measure, factor, spearman and kendall (tau-b; correlation with the ranking by the weights as they are), kept_share (of the high class
    that stays in it), customers (at most 10,000). measure "all": 200 draws of all weights around their shares (Dirichlet,
    concentration 30), medians, with kept_low and kept_high (tenth and ninetieth percentile). No rows with one
    measure, or without two different scores. Options and errors as `score`.
    """
    plan = _score.plan(weights, reverse, scaling, high, medium, purchases, contacts)
    return _sensitivity.rows(con, filters, plan)


def classes(
    con, filters: Filters, *, weights: str = CLASS_WEIGHTS, purchases: float = 1.0, contacts: float = 1.0, high: float = 0.2,
    medium: float = 0.3, only: str = "", limit: int = 0, offset: int = 0
) -> pd.DataFrame:  # fmt: skip
    """High, medium and low by activity x satisfaction x loyalty, with visible weights.  One row per buyer of the window.

    The `score` of these three: activity = `purchases` x orders + `contacts` x interactions of the window; satisfaction = the last
    overall answer of the window, as a share of its scale; loyalty_days = from the first order ever to the last, how long he has kept
    coming back (0: bought once). Who never answered has class unknown, not the lowest: his satisfaction is not zero.
    Columns, options and errors as `score`; the class is not the revenue tier beside it.
    """
    plan = _score.plan(weights, "", "rank", high, medium, purchases, contacts)
    return _score_rows.listing(con, filters, plan, only, limit, offset)
