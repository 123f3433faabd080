"""The segments in words: the answer, the findings above the cards, and the caution where there is little to judge by."""

import pandas as pd

from crm_analytics import formats
from crm_analytics.metrics import segments

LEAST_BUYERS, LEAST_DAYS = 500, 180  # for a serious reading; below it is said, not refused
CLEAR = 1.96  # standard errors of the difference of two counts that chance leaves open
FADING = {8: ("LHH", "LLH"), 11: ("at_risk", "cant_lose")}  # worth much, and not seen lately


def is_chosen(page) -> bool:
    """The reader looks at some customers only."""
    return bool(page.wanted.where or page.wanted.customer_set)


def answer(page, summary: pd.DataFrame, view) -> str:
    """Who brings most, and how many who were worth much are fading; or why there is nothing to tell."""
    tr, found = page.tr, summary[summary.customers > 0]
    n = int(found.customers.sum())
    if not n:
        return tr("segments.answer_nobody_chosen" if is_chosen(page) else "segments.answer_nobody")
    if n == 1:
        key = "segments.answer_one_chosen" if is_chosen(page) else "segments.answer_one"
        return tr(key, name=view.names(page)[found.segment.iloc[0]])
    if len(found) == 1:
        return tr("segments.answer_all", name=view.names(page)[found.segment.iloc[0]], n=formats.count(n))
    return tr("segments.answer_two", head=_lead(page, found, view), tail=_fading(page, found, view)).strip()


def _lead(page, found: pd.DataFrame, view) -> str:
    """1,489 champions, 35% of customers, bring 79% of revenue"""
    tr, best = page.tr, found.loc[found.revenue.idxmax()]
    words = {
        "name": view.names(page)[best.segment],
        "n": formats.count(best.customers),
        "share": formats.percent(best.share, 0),
        "revenue": formats.percent(best.revenue_share, 0),
    }
    one = "_one" if best.customers == 1 else ""
    if formats.is_missing(best.revenue_share):
        return tr(f"segments.lead_customers{one}", **words)
    own = f"segments.lead_{best.segment}"  # a sentence that fits the product's own name
    is_usual = best.segment not in page.rules.segment_names and tr.knows(own) and not one
    return tr(own if is_usual else f"segments.lead{one}", **words)


def _fading(page, found: pd.DataFrame, view) -> str:
    """717 big spenders are fading or gone."""
    rows = found[found.segment.isin(FADING[view.groups])]
    n = int(rows.customers.sum())
    if not n:
        return ""
    share = formats.percent(rows.revenue_share.sum(), 0)
    key = f"segments.fading_{view.groups}"
    return page.tr(f"{key}_one" if n == 1 else key, n=formats.count(n), revenue=share)


def caution(page) -> str:
    """Fewer buyers or days than a serious reading takes; nothing otherwise."""
    filters = page.filters
    bands = page.measure(segments.bands)
    buyers = int(bands[bands.dimension == "r"].customers.sum())
    days = (filters.end - max(filters.data_from, filters.start)).days
    if buyers >= LEAST_BUYERS and days >= LEAST_DAYS:
        return ""
    return page.tr(
        "segments.caution", n=formats.count(buyers), days=formats.count(days), least=LEAST_BUYERS, least_days=LEAST_DAYS
    )


def together(page, grid: pd.DataFrame, bands: pd.DataFrame) -> str:
    """How many of those who bought lately also buy often, beside the others."""
    high = bands[bands.is_high].groupby("dimension").score.min()
    if not {"r", "f"} <= set(high.index):
        return page.tr("segments.heat_title")
    is_recent, is_often = grid.r >= high["r"], grid.f >= high["f"]
    shares = []
    for part in (grid[is_recent], grid[~is_recent]):
        if not part.customers.sum():
            return page.tr("segments.heat_title")
        shares.append(formats.percent(part.customers[is_often[part.index]].sum() / part.customers.sum(), 0))
    return page.tr("segments.heat_finding", recent=shares[0], others=shares[1])


def unequal(page, summary: pd.DataFrame, view) -> str:
    """The segment whose share of revenue stays furthest behind its share of customers."""
    found = summary[(summary.customers > 0) & summary.revenue_share.notna()]
    if len(found) < 2:
        return page.tr("segments.areas_title")
    least = found.loc[(found.share - found.revenue_share).idxmax()]
    words = {"name": view.names(page)[least.segment], "share": formats.percent(least.share, 0)}
    return page.tr("segments.areas_finding", revenue=formats.percent(least.revenue_share), **words)


def grown(page, summary: pd.DataFrame, view) -> str:
    """The segment that grew or shrank most since the window before, by more than its coming and going leaves to chance."""
    known = summary[summary.previous.notna()]
    change = (known.customers - known.previous).astype("float64")
    change = change[change.abs() > CLEAR * (known.moved_in + known.moved_out).astype("float64") ** 0.5]
    if change.empty:
        return page.tr("segments.table_title")
    row = known.loc[change.abs().idxmax()]
    words = {
        "name": view.names(page)[row.segment],
        "then": formats.count(row.previous),
        "now": formats.count(row.customers),
    }
    return page.tr("segments.table_grew" if row.customers > row.previous else "segments.table_shrank", **words)
