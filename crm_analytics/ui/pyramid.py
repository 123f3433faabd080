"""The Pyramid screen: what of it lives in the URL, its head with parts and ranking, and the part "pyramid" itself."""

from dataclasses import dataclass, replace

import streamlit as st

from crm_analytics import formats
from crm_analytics.charts.pyramid import TIERS, drawing
from crm_analytics.metrics import pyramid
from crm_analytics.ui import cards, exports, kept, meeting, settings
from crm_analytics.ui import pyramid_answer as words
from crm_analytics.ui import pyramid_cards as below

PARTS = ("pyramid", "value", "movement", "lessons")
BY = ("revenue", "margin", "orders")
KEYS = ("", "per_head", "activity", "revenue")


@dataclass(frozen=True)
class View:
    """What is shown: the part, the ranking variable, whether the chosen are ranked among themselves, the key of all costs ("": their own).

    The URL names them: `q.part`, `q.by`, `q.within`, `q.key`."""

    part: str = "pyramid"
    by: str = "revenue"
    rank_within: bool = False
    key: str = ""

    @classmethod
    def of_url(cls, page) -> "View":
        """What the URL says; what cannot be meant, or what this company's data cannot answer, is left at its default."""
        said = {name: st.query_params.get(f"q.{name}", "") for name in ("part", "by", "within", "key")}
        is_choice = bool(page.wanted.where or page.wanted.customer_set)
        return cls(
            part=said["part"] if said["part"] in PARTS else PARTS[0],
            by=said["by"] if said["by"] in variables(page) else BY[0],
            rank_within=said["within"] == "1" and is_choice,
            key=said["key"] if said["key"] in keys(page) else "",
        )

    @property
    def ranking(self) -> dict:
        """What the metrics take that only rank."""
        return {"by": self.by, "rank_within": self.rank_within}

    @property
    def options(self) -> dict:
        """What `metrics.pyramid.tiers` takes."""
        return self.ranking | {"key": self.key}

    @property
    def query(self) -> dict[str, list[str]]:
        """The URL parameters of this view beside the page's; what is at its default is left out."""
        said = {"q.part": self.part if self.part != PARTS[0] else "", "q.by": self.by if self.by != BY[0] else "",
                "q.within": "1" if self.rank_within else "", "q.key": self.key}  # fmt: skip
        return {name: [value] for name, value in said.items() if value}

    @property
    def is_as_in_the_list(self) -> bool:
        """The layers are those of the customers list, so that a layer can be opened there."""
        return self.by == "revenue" and not self.rank_within


def variables(page) -> tuple[str, ...]:
    """What customers can be ranked by: margin only where one is known."""
    return BY if words.knows_goods(page) else ("revenue", "orders")


def keys(page) -> tuple[str, ...]:
    """By what costs can be spread: contacts only where there are any."""
    return KEYS if page.measure(pyramid.basis).has_contacts.iloc[0] else ("", "per_head", "revenue")


def head(page, view: View, sentence: str):
    """The head of each part: window and ranking, the answer, then the way to the other parts."""
    page.answer(eyebrow(page, view), sentence)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="pyramid.head"
    ):
        st.segmented_control(
            page.tr("pyramid.part"),
            PARTS,
            format_func=lambda part: page.tr(f"pyramid.part_{part}"),
            required=True,
            label_visibility="collapsed",
            width="content",
            **kept.controlled("part", view.part, PARTS[0]),
        )
        with st.container(horizontal=True, width="content", gap="small", key="pyramid.how"):
            _choose_ranking(page, view)
            _choose_shares(page)


def eyebrow(page, view: View) -> str:
    """Pyramid · 12 months to 9 Dec 2011 · 4,243 active customers · ranked by orders"""
    tr, n = page.tr, words.active(page.measure(pyramid.tiers, **view.options))
    active = tr("pyramid.active_one" if n == 1 else "pyramid.active", n=formats.count(n))
    by = tr(f"pyramid.ranked_{view.by}") if view.by != BY[0] else ""
    within = tr("pyramid.ranked_within") if view.rank_within else ""
    return " · ".join(filter(None, (tr("menu.pyramid"), page.window_words(), active, by, within)))


def _choose_ranking(page, view: View):
    """By what customers are ranked, among whom, and how costs reach them."""
    tr = page.tr
    with st.popover(tr(f"pyramid.rank_{view.by}"), icon=":material/sort:", key="pyramid.ranking"):
        st.segmented_control(
            tr("pyramid.rank_by"),
            variables(page),
            format_func=lambda by: tr(f"pyramid.by_{by}"),
            required=True,
            help=tr("pyramid.rank_by_help"),
            **kept.controlled("by", view.by, BY[0]),
        )
        if page.wanted.where or page.wanted.customer_set:
            st.toggle(
                tr("pyramid.within"),
                help=tr("pyramid.within_help"),
                **kept.controlled("within", view.rank_within, turn=lambda on: "1" if on else ""),
            )
        if words.knows_costs(page):
            st.selectbox(
                tr("pyramid.key"),
                keys(page),
                format_func=lambda key: tr(f"pyramid.key_{key or 'own'}"),
                help=tr("pyramid.key_help"),
                **kept.controlled("key", view.key),
            )


def _choose_shares(page):
    """The company's own shares of the tiers, edited in place; Settings keeps every version."""
    tr, shares = page.tr, page.rules.tier_shares
    label = " · ".join(words.share(each) for each in (*shares, 1 - sum(shares)))
    with st.popover(label, icon=":material/change_history:", key="pyramid.shares", help=tr("pyramid.shares_help")):
        with st.form("pyramid.shares-form", border=False):
            typed = settings.shares(page, shares)
            if st.form_submit_button(tr("settings.save"), type="primary", icon=":material/save:"):
                settings.save(page, replace(page.rules, tier_shares=tuple(typed)))
        st.caption(tr("pyramid.shares_kept"))


def answer(page, view: View) -> str:
    """Who carries us, in one sentence."""
    return words.answer(page, page.measure(pyramid.tiers, **view.options), view)


def show(page, view: View):
    """The part "pyramid": who carries us."""
    tr, tiers = page.tr, page.measure(pyramid.tiers, **view.options)
    title = words.title(page, tiers)
    with cards.card("pyramid", height="content"):
        with st.container(horizontal=True, horizontal_alignment="distribute", key="pyramid.title"):
            with st.container(width="stretch"):
                cards.heading(title, words.subtitle(page, view))
            meeting.button(page)
        figure = drawing(
            tiers,
            tr,
            page.mode,
            page.currency,
            shares=page.rules.tier_shares,
            months=page.filters.months,
            wants=words.wants(page),
            is_chosen=words.is_chosen(page),
        )
        page.show(figure, "pyramid", alt=title, on_click=lambda mark: open_layer(page, view, mark))
        below.links(page)
        with st.container(horizontal=True, vertical_alignment="center", key="pyramid.files"):
            page.proof(tiers, "pyramid", pyramid.tiers, tr("pyramid.title"), tr("pyramid.about"))
            exports.buttons(page, words.answer(page, tiers, view), view.options)
    below.show(page, view, tiers)


def open_layer(page, view: View, mark):
    """The customers of a layer: in the customers list, or in the ranking list where this screen ranks otherwise than that."""
    tier = mark[0] if isinstance(mark, (list, tuple)) else mark
    if view.is_as_in_the_list or tier not in TIERS:
        page.to_customers({"tier": tier})
    kept.write("part", "value")
    kept.write("tier", tier)
    st.rerun()
