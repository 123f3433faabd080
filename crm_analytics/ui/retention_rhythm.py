"""The part "rhythm and churn" of the Retention screen: how long customers take from order to order, and who has stopped."""

import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import returning as charts
from crm_analytics.metrics import retention
from crm_analytics.ui import cards
from crm_analytics.ui.retention import View, definitions, everybody, nobody, show_nobody

MARKS = ("p50", "p95")
QUANTILES = ("p25", "p50", "p75", "p95")


def answer(page, view: View) -> str:
    """How long usually passes between two orders, and after how long it is out of the ordinary."""
    if not everybody(page, view).customers:
        return nobody(page)
    closed = page.measure(retention.rhythm).iloc[0]
    if not closed.n:
        return page.tr("retention.rhythm_none")
    if closed.p50 == closed.p95:
        return page.tr("retention.rhythm_one", days=formats.count(closed.p50))
    return page.tr("retention.rhythm_answer", half=formats.count(closed.p50), most=formats.count(closed.p95))


def show(page, view: View):
    """The gaps between orders, then three definitions of who has stopped."""
    if not everybody(page, view).customers:
        show_nobody(page)
        return
    if page.measure(retention.rhythm).n.iloc[0]:
        _gaps(page)
    _churn(page)


def _gaps(page):
    tr, bars, rhythm = page.tr, page.measure(retention.gaps), page.measure(retention.rhythm)
    closed = rhythm.iloc[0]
    width = int(bars.to_days.iloc[0] - bars.from_days.iloc[0] + 1) if bars.to_days.notna().iloc[0] else 1
    title = tr("retention.gaps_finding", low=formats.count(closed.p25), high=formats.count(closed.p75))
    if closed.p25 == closed.p75:
        title = tr("retention.gaps_title")
    subtitle = tr(
        "retention.gaps_subtitle_one" if width == 1 else "retention.gaps_subtitle",
        n=formats.count(closed.n),
        width=width,
    )
    with cards.card("gaps", title, subtitle, height="content"):
        marks = {tr(f"retention.mark_{name}"): closed[name] for name in MARKS if not formats.is_missing(closed[name])}
        page.show(
            charts.gaps(bars, marks if closed.p50 < closed.p95 else {}, tr, page.mode),
            "gaps",
            tr("retention.gaps_title"),
        )
        heads = [
            tr("retention.column_basis"),
            *(tr(f"retention.column_{name}") for name in (*QUANTILES, "mean", "gaps", "open")),
        ]
        cards.grid(heads, [_line(page, row) for row in rhythm.itertuples()], right=range(1, len(heads)))
        st.caption(tr("retention.gaps_censored"))
        page.proof(bars, "gaps", retention.gaps, tr("retention.gaps_title"), tr("retention.about_gaps"))


def _line(page, row) -> list[str]:
    """One basis as a line: quantiles, mean, gaps, open ones."""
    days = [formats.count(getattr(row, name)) for name in QUANTILES]
    counts = [formats.count(row.n), formats.count(row.open or None)]
    return [page.tr(f"retention.basis_{row.basis}"), *days, formats.hours(row.mean_days), *counts]


def _churn(page):
    tr, churn = page.tr, page.measure(retention.churn)
    with cards.card("retention-churn", _churn_title(page, churn), tr("retention.churn_subtitle"), height="content"):
        rows = churn.astype({"days": "float64"}).itertuples()
        definitions(
            page, "retention.churn", [(tr(f"retention.churn_{row.form}"), row, _definition(page, row)) for row in rows]
        )
        if churn.set_index("form").rate.notna()["stock"]:
            page.customers_link(tr("retention.lost_link"), {"stage": "lost"})
        page.proof(churn, "retention-churn", retention.churn, tr("retention.churn_title"), tr("retention.about_churn"))


def _churn_title(page, churn) -> str:
    """From the lowest to the highest: how much the definition alone decides."""
    known = churn[churn.rate.notna()].rate
    if len(known) < 2:
        return page.tr("retention.churn_title")
    low, high = formats.percent(known.min(), 0), formats.percent(known.max(), 0)
    return page.tr("retention.churn_finding", low=low, high=high) if low != high else page.tr("retention.churn_title")


def _definition(page, row) -> str:
    """What a form divides by what, and why it is unknown where it is."""
    tr, note = page.tr, "" if formats.is_missing(row.note) else row.note
    words = tr(f"retention.churn_{row.form}_about", days=formats.count(row.days), window=page.window_words())
    own = f"retention.note_{note}"
    why = (tr(own) if tr.knows(own) else tr(f"notes.{note}")) if note else ""
    return "\n".join(filter(None, (words, why[:1].upper() + why[1:])))
