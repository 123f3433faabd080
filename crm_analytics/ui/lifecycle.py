"""The Lifecycle screen: what of it lives in the URL, its head with parts and borders, and the part "stages" itself."""

from dataclasses import dataclass, replace
from datetime import date

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import lifecycle as charts
from crm_analytics.charts.lifecycle import STAGES
from crm_analytics.metrics import customers, lifecycle
from crm_analytics.ui import cards, kept, lifecycle_moves, settings
from crm_analytics.ui.text import plain

PARTS = ("stages", "ladder", "contacts")
WARMER = ("active",)  # stages of which more is better


@dataclass(frozen=True)
class View:
    """What is shown: the part, and the earlier day flows are counted from.  The URL names them: `q.part`, `q.from`."""

    part: str = "stages"
    from_date: date | None = None

    @classmethod
    def of_url(cls, page) -> "View":
        """What the URL says; what cannot be meant is left at its default."""
        return cls(kept.asked("part", PARTS, PARTS[0]), _from_date(page))

    @property
    def options(self) -> dict:
        """What `stages`, `flows` and `movers` take."""
        return {"from_date": self.from_date}


def _from_date(page) -> date | None:
    """The day the URL names, if it lies within the data and before the last day; else None, for the usual one."""
    try:
        day = date.fromisoformat(kept.asked("from"))
    except ValueError:
        return None
    return day if page.filters.data_from and page.filters.data_from <= day < page.filters.as_of else None


def head(page, view: View, sentence: str):
    """The head of each part: the day, the answer, then the way to the other parts and to the borders."""
    day = formats.day(page.filters.as_of, page.language)
    page.answer(page.tr("lifecycle.eyebrow", day=day), sentence)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="lifecycle.head"
    ):
        st.segmented_control(
            page.tr("lifecycle.part"),
            PARTS,
            format_func=lambda part: page.tr(f"lifecycle.part_{part}"),
            required=True,
            label_visibility="collapsed",
            width="content",
            **kept.controlled("part", view.part, PARTS[0]),
        )
        _choose_borders(page)


def _choose_borders(page):
    """The first days of silent, forgotten and lost, edited in place or taken from the company's own gaps."""
    tr, days = page.tr, page.rules.lifecycle_days
    label = tr("lifecycle.borders", days=" · ".join(map(str, days)))
    with st.popover(
        label, icon=":material/hourglass_bottom:", key="lifecycle.borders", help=tr("lifecycle.borders_help")
    ):
        found = page.measure(lifecycle.borders)
        cards.grid(
            [tr(f"lifecycle.border_{name}") for name in ("stage", "days", "source", "derived")],
            [
                (
                    tr(f"stages.{row.stage}"),
                    str(row.days),
                    tr(f"lifecycle.source_{row.source}"),
                    _derived(page, row),
                )
                for row in found.itertuples()
            ],
            right=(1,),
            quiet=(2,),
        )
        _adopt(page, found)
        with st.form("lifecycle.borders-form", border=False):
            typed = settings.days(page, days)
            if st.form_submit_button(tr("settings.save"), type="primary", icon=":material/save:"):
                settings.save(page, replace(page.rules, lifecycle_days=tuple(typed)))
        st.caption(tr("lifecycle.borders_kept"))


def _derived(page, row) -> str:
    """Where the company's own gaps would put a border."""
    if pd.isna(row.derived_days):
        return formats.NOTHING
    share = formats.percent(row.quantile, 0)
    return page.tr("lifecycle.derived", n=formats.count(row.derived_days), share=share)


def _adopt(page, borders: pd.DataFrame):
    """One click takes the borders that the company's own gaps suggest."""
    tr, n = page.tr, int(borders.gaps.max())
    if borders.derived_days.isna().any():
        st.caption(tr("lifecycle.no_gaps"))
        return
    derived = tuple(int(day) for day in borders.derived_days)
    st.caption(tr("lifecycle.derived_about", n=formats.count(n)))
    if derived != page.rules.lifecycle_days:
        label = tr("lifecycle.adopt", days=" · ".join(map(str, derived)))
        if st.button(label, icon=":material/auto_fix_high:", key="lifecycle.adopt"):
            settings.save(page, replace(page.rules, lifecycle_days=derived))


def answer(page, view: View) -> str:
    """Who is cooling off, in one sentence."""
    tr, found = page.tr, page.measure(lifecycle.stages, **view.options).set_index("stage")
    n = {stage: formats.count(found.customers[stage]) for stage in STAGES}
    if not found.customers.sum():
        return tr("lifecycle.answer_nobody")
    if found.customers.sum() == 1:
        stage = found.customers.idxmax()
        return tr("lifecycle.answer_one", stage=tr(f"stages.{stage}").lower(), days=_days_ago(page))
    if found.customers.max() == found.customers.sum():
        stage = found.customers.idxmax()
        return tr("lifecycle.answer_all", n=n[stage], stage=tr(f"stages.{stage}").lower())
    if found.customers_then.isna().any():
        return tr("lifecycle.answer_stock", **n)
    back, lost = int(found.reactivated.sum()), int(found.entered["lost"])
    words = n | {"back": formats.count(back), "newly": formats.count(lost), "when": _since(page, view, found)}
    if not back + lost:
        return tr("lifecycle.answer_quiet", **words)
    way = "even" if back == lost else "none_back" if not back else "more_back" if back > lost else "more_lost"
    return tr(f"lifecycle.answer_{way}", **words)


def _since(page, view: View, found: pd.DataFrame) -> str:
    """In a month, or since the day the reader chose."""
    if view.from_date is None:
        return page.tr("lifecycle.in_a_month")
    return page.tr("lifecycle.since_day", day=formats.day(found.from_date.iloc[0], page.language))


def _days_ago(page) -> str:
    """How long ago the one customer ordered."""
    days = "days_since_last_order"
    return formats.count(
        page.measure(customers.listing, order_by=days, descending=False, columns=days, limit=1)[days].iloc[0]
    )


def show(page, view: View):
    """The part "stages": stock, trend, days since the last order, flows, and who moved."""
    found = page.measure(lifecycle.stages, **view.options)
    if not found.customers.sum():
        return
    trend = page.measure(lifecycle.trend)
    _stages(page, found, trend)
    if found.customers.sum() > 1:
        left, right = st.columns([3, 2]) if trend.day.nunique() > 1 else (None, st.container())
        if left:
            with left, cards.card("lifecycle-trend", _trend_title(page, trend), _trend_subtitle(page, trend)):
                _trend(page, trend)
        with right, cards.card("lifecycle-days", _days_title(page, found), page.tr("lifecycle.days_subtitle")):
            _days(page)
    lifecycle_moves.show(page, view, found)


def _trend(page, trend: pd.DataFrame):
    """The stock of each stage over time; a point leads to the customers who were there."""
    title, about = page.tr("lifecycle.trend_title"), page.tr("lifecycle.about_trend")
    figure = charts.stock(trend, page.tr, page.mode)
    page.show(figure, "lifecycle-trend", title, "stretch", lambda mark: _open_stock(page, mark))
    page.proof(trend, "lifecycle-trend", lifecycle.trend, title, about)


def _days(page):
    """How long ago customers last ordered; a bar leads to its stage."""
    title, about = page.tr("lifecycle.days_title"), page.tr("lifecycle.about_days")
    days, borders = page.measure(lifecycle.days), page.measure(lifecycle.borders)
    figure = charts.since(days, borders, page.tr, page.mode)
    page.show(figure, "lifecycle-days", title, "stretch", lambda mark: page.to_customers({"stage": mark[0]}))
    page.proof(days, "lifecycle-days", lifecycle.days, title, about)


def _stages(page, found: pd.DataFrame, trend: pd.DataFrame):
    """A card per stage: customers, change since the earlier day, share and revenue; each leads to its customers."""
    for row, place in zip(found.itertuples(), cards.four()):
        with place, st.container(border=True, key=f"card-kpi-{row.stage}", height="stretch"):
            _stage(page, row, trend[trend.stage == row.stage].customers)


def _stage(page, row, past: pd.Series):
    tr, change = page.tr, None if pd.isna(row.customers_then) else row.customers - row.customers_then
    is_clear = change is not None and not row.change_low <= 0 <= row.change_high
    st.metric(
        tr(f"stages.{row.stage}"),
        formats.count(row.customers),
        None if change is None else formats.delta(change, formats.count(change)),
        delta_color="normal" if is_clear and row.stage in WARMER else "inverse" if is_clear else "off",
        delta_arrow="auto" if is_clear else "off",
        delta_description=None
        if change is None
        else tr(
            "lifecycle.than" if is_clear else "lifecycle.than_noise",
            day=formats.day(row.from_date, page.language, short=True),
        ),
        help=lifecycle_moves.about(page, row.stage),
        chart_data=[int(n) for n in past] if len(past) > 2 else None,
        chart_type="area",
    )
    share = tr("lifecycle.share", share=formats.percent(row.share, 0), amount=page.money(row.revenue))
    page.customers_link(plain(share), {"stage": row.stage}) if row.customers else st.caption(
        tr("lifecycle.nobody_here")
    )


def _trend_title(page, trend: pd.DataFrame) -> str:
    """How the share of the active has changed over the time drawn."""
    active = trend[trend.stage == "active"].sort_values("day")
    if len(active) < 2 or active.share.isna().any():
        return page.tr("lifecycle.trend_title")
    first, last = active.iloc[0], active.iloc[-1]
    young = trend[trend.is_young & (trend.day > trend.day.min())]
    if len(young):
        first = active[active.day > young.day.max()].iloc[0] if (active.day > young.day.max()).any() else last
    if first.day == last.day:
        return page.tr("lifecycle.trend_title")
    words = {
        "then": formats.percent(first.share, 0),
        "now": formats.percent(last.share, 0),
        "month": formats.month(first.day, page.language, year=True),
    }
    return page.tr("lifecycle.trend_level" if words["then"] == words["now"] else "lifecycle.trend_finding", **words)


def _trend_subtitle(page, trend: pd.DataFrame) -> str:
    """Unit, and from when on anybody could be lost at all."""
    words = [page.tr("lifecycle.trend_subtitle")]
    if trend.is_young.any():
        first = formats.day(page.filters.data_from, page.language)
        words.append(page.tr("lifecycle.trend_young", first=first, n=page.rules.lifecycle_days[-1]))
    return formats.together(words, page.language)


def _days_title(page, found: pd.DataFrame) -> str:
    """How many have been away for longer than the silent may."""
    share = found.set_index("stage").share
    cold = share["forgotten"] + share["lost"]
    if not cold:
        return page.tr("lifecycle.days_title")
    return page.tr("lifecycle.days_finding", share=formats.percent(cold, 0), days=page.rules.lifecycle_days[1])


def _open_stock(page, mark):
    """The customers who were in the stage on the day that was clicked."""
    page.to_customers({"stage": mark[1]}, as_of=date.fromisoformat(mark[0]))
