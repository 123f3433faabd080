"""The part "cohorts" of the Retention screen: do new customers come back, month by month, and what is in no cell."""

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts.retention import FEW, SHOWN, heatmap
from crm_analytics.metrics import retention
from crm_analytics.ui import cards, kept
from crm_analytics.ui.retention import SIZES, View, everybody, interval, least, nobody, show_nobody
from crm_analytics.ui.text import literal

LATER = (12, 6, 3, 2)  # months after the first order that a title may speak of, the furthest first


def answer(page, view: View) -> str:
    """Which share of new customers come back, and whether that is more or fewer than before."""
    tr, whole = page.tr, everybody(page, view)
    if not whole.customers:
        return nobody(page)
    found = page.measure(retention.change, window=view.within).iloc[0]
    judged = page.measure(retention.repurchase, windows=str(view.within)).iloc[0]
    days = formats.count(view.within)
    if not judged.n:
        return tr("retention.answer_young", days=days)
    if judged.n < least(page):
        repeated, n = formats.count(judged.customers), formats.count(judged.n)
        return tr(
            "retention.answer_one" if judged.n == 1 else "retention.answer_few", repeated=repeated, n=n, days=days
        )
    if not _is_comparable(page, found):
        why = "alone" if found.note == "history_short" else "few_new"
        return tr(f"retention.answer_{why}", rate=formats.percent(judged.rate, 0), days=days)
    way = moved(found)
    points = formats.points(abs(found.change))
    return tr(f"retention.answer_{way}", rate=formats.percent(found.rate, 0), days=days, points=points)


def _is_comparable(page, found) -> bool:
    """Both spans have customers enough to be judged."""
    counts = (found.n, found.n_before)
    return not any(formats.is_missing(n) or n < least(page) for n in counts)


def moved(found) -> str:
    """rose, fell, or within noise: the interval of the change holds zero."""
    if found.change_low > 0:
        return "rose"
    return "fell" if found.change_high < 0 else "noise"


def show(page, view: View):
    """The part "cohorts": headline figures, the map, and what is in no cell."""
    if not everybody(page, view).customers:
        show_nobody(page)
        return
    _figures(page, view)
    cohorts = page.measure(retention.cohorts, cohorts=view.size, after=view.size - 1)
    with cards.card("cohorts", height="content"):
        with st.container(horizontal=True, horizontal_alignment="distribute", key="retention.title"):
            with st.container(width="stretch"):
                cards.heading(_title(page, view, cohorts), _subtitle(page, view))
            _switches(page, view)
        figure = heatmap(cohorts, page.tr, page.mode, view.shown, page.currency)
        page.show(figure, "cohorts", page.tr("retention.cohorts_title"), on_click=lambda mark: _open(page, mark))
        st.caption(page.tr("retention.map_how", few=FEW))
        page.proof(
            cohorts,
            "cohorts",
            retention.cohorts,
            page.tr("retention.cohorts_title"),
            page.tr("retention.about_cohorts"),
        )
    _left_out(page, view, cohorts)


def _figures(page, view: View):
    """Again within so many days, before, half by when, only once."""
    tr, whole = page.tr, everybody(page, view)
    found = page.measure(retention.change, window=view.within).iloc[0]
    now = (
        page.measure(retention.repurchase, windows=str(view.within)).iloc[0]
        if formats.is_missing(found.rate)
        else found
    )
    once = int(whole.customers - whole.customers_repeated)
    with cards.card("retention-figures"):
        cards.figures(
            [
                (tr("retention.again", days=view.within), formats.percent(now.rate), _basis(page, now)),
                (tr("retention.again_before"), formats.percent(found.previous), _change(page, found)),
                (tr("retention.half"), _median(page, whole), _median_interval(page, whole)),
                (tr("retention.once"), formats.count(once), tr("retention.once_share", share=formats.percent(once / whole.customers, 0))),
            ]
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="proof-retention-figures"):
            if once:
                page.customers_link(tr("retention.once_link"), {"has_second_order": "no"})
            page.downloads(lambda: page.measure(retention.change, window=view.within), "retention-change")
            rows = [
                (tr(f"retention.{name}", days=view.within), tr(f"retention.about_{name}"), "")
                for name in ("again", "half", "once")
            ]
            cards.explained(page, rows, (retention.change, retention.second_order), key="retention-figures")


def _basis(page, row) -> str:
    """n 834 · 38.8–45.5%"""
    if not row.n:
        return page.tr("retention.nobody_old_enough")
    return f"{page.tr('frame.n', n=formats.count(row.n))} · {interval(row)}"


def _change(page, found) -> str:
    """12 months before: −1.5 pt · within noise"""
    tr = page.tr
    if formats.is_missing(found.change):
        return tr("retention.history_short" if found.note == "history_short" else "notes.too_few")
    change = formats.points(found.change)
    if found.change > 0:
        change = f"+{change}"
    caution = tr("frame.within_noise") if moved(found) == "noise" else ""
    if not _is_comparable(page, found):
        caution = tr("notes.too_few")
    words = " · ".join(filter(None, (tr("frame.points", n=change), caution)))
    return tr(
        "retention.months_before_one" if found.months == 1 else "retention.months_before",
        months=found.months,
        change=words,
    )


def _median(page, whole) -> str:
    missing = formats.is_missing(whole.median_days)
    return formats.NOTHING if missing else page.tr("retention.days", n=formats.count(whole.median_days))


def _median_interval(page, whole) -> str:
    if formats.is_missing(whole.median_days):
        return page.tr("retention.not_half")
    if formats.is_missing(whole.median_low):
        return ""
    high = page.tr("retention.open_end") if formats.is_missing(whole.median_high) else formats.count(whole.median_high)
    return page.tr("retention.days", n=f"{formats.count(whole.median_low)}–{high}")


def _switches(page, view: View):
    """What a cell shows, and how many cohorts."""
    tr = page.tr
    with st.container(horizontal=True, width="content", gap="small", key="retention.switches"):
        st.segmented_control(
            tr("retention.shown"), SHOWN, format_func=lambda each: tr(f"retention.shown_{each}"), required=True,
            label_visibility="collapsed", **kept.controlled("shown", view.shown, SHOWN[0]),
        )  # fmt: skip
        st.segmented_control(
            tr("retention.size"), SIZES, format_func=lambda n: tr("retention.months_short", n=int(n) - 1), required=True,
            label_visibility="collapsed", **kept.controlled("size", str(view.size), "13"),
        )  # fmt: skip


def _title(page, view: View, cohorts: pd.DataFrame) -> str:
    """What the map says: how many are back in the first month and much later; or how much comes after the first month."""
    tr = page.tr
    if view.shown != "customers":
        whole, later = cohorts[view.shown].sum(), cohorts[cohorts.months_since_first > 0][view.shown].sum()
        if not whole > 0 or later < 0:
            return tr("retention.cohorts_title")
        return tr(f"retention.title_{view.shown}", share=formats.percent(later / whole, 0))
    sure = cohorts[~cohorts.in_progress.astype(bool) & cohorts.note.isna()]
    sums = sure.groupby("months_since_first")[["active", "customers"]].sum()
    sums = sums[sums.customers >= least(page)]
    months = [month for month in LATER if month in sums.index]
    if not months or 1 not in sums.index:
        return tr("retention.cohorts_title")
    rates = {month: formats.percent(sums.active[month] / sums.customers[month], 0) for month in (1, months[0])}
    return tr("retention.title_customers", first=rates[1], later=rates[months[0]], months=months[0])


def _subtitle(page, view: View) -> str:
    """What a cell counts, amounts with their currency."""
    currency = literal(page.currency) if view.shown == "revenue" else ""
    return page.tr(f"retention.unit_{view.shown}_in" if currency else f"retention.unit_{view.shown}", currency=currency)


def _open(page, mark):
    """The customers of a cell: their first order in its row's month, an order in its column's."""
    cohort, month = mark[0], mark[1]
    page.to_customers({"first_order_month": cohort} | ({"order_month": month} if month != cohort else {}))


def _left_out(page, view: View, cohorts: pd.DataFrame):
    """Where the company's revenue stands, and which cells are to be read with caution."""
    tr, parts = page.tr, page.measure(retention.left_out)
    title, about = tr("retention.left_out_title"), tr("retention.about_left_out")
    shown = parts[(parts.revenue != 0) | parts.part.isin(["cohorts", "total"])].astype({"customers": "float64"})
    with cards.card("retention-left-out", title, tr("retention.left_out_subtitle"), height="content"):
        rows = [
            (
                tr(f"retention.part_of_{row.part}"),
                "" if formats.is_missing(row.customers) else formats.count(row.customers),
                formats.money_exact(row.revenue, page.currency),
            )
            for row in shown.itertuples()
        ]
        heads = [tr(f"retention.column_{name}") for name in ("part", "customers", "revenue")]
        cards.grid(heads, rows, right=(1, 2), losses=(2,), total=True)
        cards.points(_cautions(page, cohorts))
        page.proof(parts, "retention-left-out", retention.left_out, title, about)


def _cautions(page, cohorts: pd.DataFrame) -> list[str]:
    """The first month of the data, the month in progress, and that returns alone bring nobody back."""
    tr, said = page.tr, []
    first = cohorts[(cohorts.note == "first_month") & (cohorts.months_since_first == 0)]
    for row in first.itertuples():
        month = formats.month(row.cohort_month, page.language, year=True)
        said.append(tr("retention.caution_first", month=month, n=formats.count(row.customers)))
    if cohorts.in_progress.any():
        said.append(tr("retention.caution_running", month=formats.month(page.filters.as_of, page.language, year=True)))
    return [*said, tr("retention.caution_return")]
