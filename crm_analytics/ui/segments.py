"""The Segments screen: what of it lives in the URL, its head with parts, and the part "groups" itself."""

from dataclasses import dataclass

import streamlit as st

from crm_analytics import formats
from crm_analytics.metrics import segments
from crm_analytics.rfm import COLUMNS, SCHEMES
from crm_analytics.ui import cards, kept, relations, segment_rules, whom
from crm_analytics.ui import segments_answer as words
from crm_analytics.ui import segments_cards as below
from crm_analytics.ui.text import plain

PARTS = ("groups", "movement", "clusters", "score")
OF_GROUPS = ("groups", "movement")  # parts that show the eight segments or the eleven groups
GROUPS = tuple(SCHEMES)


@dataclass(frozen=True)
class View:
    """What is shown: the part, and how many groups.  The URL names them: `q.part`, `q.groups`."""

    part: str = PARTS[0]
    groups: int = GROUPS[0]

    @classmethod
    def of_url(cls, page) -> "View":
        """What the URL says; what cannot be meant is left at its default."""
        groups = kept.asked("groups", [str(each) for each in GROUPS], str(GROUPS[0]))
        return cls(part=kept.asked("part", PARTS, PARTS[0]), groups=int(groups))

    @property
    def column(self) -> str:
        """The customers' column of these groups."""
        return COLUMNS[self.groups]

    def names(self, page) -> dict[str, str]:
        """The groups in order, in the reader's words; the company's own name where it has given one."""
        return {code: whom.value_words(page, self.column, code) for code in SCHEMES[self.groups]}


def head(page, view: View, sentence: str):
    """The head of each part: topic and window, the answer, then the way to the other parts, how many groups and their rules."""
    page.answer(eyebrow(page), sentence)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="segments.head"
    ):
        st.segmented_control(
            page.tr("segments.part"),
            PARTS,
            format_func=lambda part: page.tr(f"segments.part_{part}"),
            required=True,
            label_visibility="collapsed",
            width="content",
            **kept.controlled("part", view.part, PARTS[0]),
        )
        if view.part in OF_GROUPS:
            with st.container(horizontal=True, width="content", gap="small", key="segments.how"):
                _choose_groups(page, view)
                segment_rules.popover(page, view.groups)


def eyebrow(page) -> str:
    """Segments · 12 months to 9 Dec 2011 · 4,264 customers"""
    n = 0 if page.is_empty else int(page.measure(segments.grid).customers.sum())
    said = page.tr("segments.customers_one" if n == 1 else "segments.customers_n", n=formats.count(n))
    return " · ".join(filter(None, (page.tr("segments.eyebrow", window=page.window_words()), said if n else "")))


def _choose_groups(page, view: View):
    st.segmented_control(
        page.tr("segments.groups"),
        GROUPS,
        format_func=lambda n: page.tr(f"segments.groups_{n}"),
        required=True,
        label_visibility="collapsed",
        help=page.tr("segments.groups_help"),
        **kept.controlled("groups", view.groups, str(GROUPS[0])),
    )


def answer(page, view: View) -> str:
    """Which groups there are, in one sentence."""
    if page.is_empty:
        return page.tr("segments.answer_wants")
    return words.answer(page, page.measure(segments.summary, groups=view.groups), view)


def show(page, view: View):
    """The part "groups": which groups there are."""
    if page.is_empty:
        with cards.card(
            "segments-none", page.tr("segments.wants_title"), page.tr("movement.nobody_wants"), height="content"
        ):
            relations.add_export(page, "orders")
        return
    summary = page.measure(segments.summary, groups=view.groups)
    if not summary.customers.sum():
        with cards.card(
            "segments-none", page.tr("segments.nobody_title"), page.tr("segments.nobody"), height="content"
        ):
            page.customers_link(page.tr("segments.all_customers"), {})
        return
    if caution := words.caution(page):
        st.caption(plain(caution))
    below.pictures(page, view, summary)
    below.table(page, view, summary)
    below.work(page, view, summary)
