"""The Segments screen: what of it lives in the URL, its head with parts, and the part "groups" itself."""

from dataclasses import dataclass

import streamlit as st

from crm_analytics.ui import kept

PARTS = ("groups", "movement", "clusters", "score")


@dataclass(frozen=True)
class View:
    """What is shown.  The URL names it: `q.part`."""

    part: str = "groups"

    @classmethod
    def of_url(cls, page) -> "View":
        """What the URL says; what cannot be meant is left at its default."""
        return cls(part=kept.asked("part", PARTS, PARTS[0]))


def head(page, view: View, sentence: str):
    """The head of each part: topic and window, the answer, then the way to the other parts."""
    page.answer(page.tr("segments.eyebrow", window=page.window_words()), sentence)
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


def answer(page, view: View) -> str:
    """Which groups there are, in one sentence."""
    return page.tr("segments.answer")


def show(page, view: View):
    """The part "groups": which groups there are."""
