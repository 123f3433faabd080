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
from crm_analytics.metrics import _segment_moves, _segments


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
