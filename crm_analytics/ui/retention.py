"""The Retention screen: what of it lives in the URL, its head with the parts, and what the parts share."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts.retention import SHOWN
from crm_analytics.metrics import retention
from crm_analytics.ui import cards, kept

PARTS = ("cohorts", "second", "rhythm")
WINDOWS = ("30", "60", "90", "180", "365")
SIZES = ("13", "25", "37")


@dataclass(frozen=True)
class View:
    """What is shown.  The URL names it: `q.part`, `q.within` (days to the second order), `q.shown`, `q.size` (cohorts)."""

    part: str = PARTS[0]
    within: int = 90
    shown: str = SHOWN[0]
    size: int = 13

    @classmethod
    def of_url(cls) -> "View":
        """What the URL says; what cannot be meant is left at its default."""
        return cls(
            part=kept.asked("part", PARTS, PARTS[0]),
            within=int(kept.asked("within", WINDOWS, "90")),
            shown=kept.asked("shown", SHOWN, SHOWN[0]),
            size=int(kept.asked("size", SIZES, "13")),
        )


def everybody(page, view: View) -> pd.Series:
    """All chosen customers with an order: how many, how many again, how fast."""
    return page.measure(retention.second_order, window=view.within).iloc[0]


def least(page) -> float:
    """Customers below which shares are not judged."""
    return page.rules.limits["least_customers"]


def is_chosen(page) -> bool:
    """Some customers are chosen, not everybody."""
    return bool(page.wanted.where or page.wanted.customer_set)


def head(page, view: View, sentence: str):
    """The head of each part: whose orders, the answer, then the way to the other parts."""
    tr, n = page.tr, int(everybody(page, view).customers)
    day = formats.day(page.filters.as_of, page.language)
    page.answer(tr("retention.eyebrow_one" if n == 1 else "retention.eyebrow", day=day, n=formats.count(n)), sentence)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="retention.head"
    ):
        st.segmented_control(
            tr("retention.part"),
            PARTS,
            format_func=lambda part: tr(f"retention.part_{part}"),
            required=True,
            label_visibility="collapsed",
            width="content",
            **kept.controlled("part", view.part, PARTS[0]),
        )
        if view.part != "rhythm" and n:
            with st.container(horizontal=True, width="content", vertical_alignment="center", key="retention.within"):
                st.caption(tr("retention.within"), width="content")
                st.segmented_control(
                    tr("retention.within"),
                    WINDOWS,
                    format_func=lambda days: tr("retention.days_short", n=days),
                    required=True,
                    label_visibility="collapsed",
                    width="content",
                    **kept.controlled("within", str(view.within), "90"),
                )


def nobody(page) -> str:
    """The answer where nobody has ordered by the day."""
    day = formats.day(page.filters.as_of, page.language)
    return page.tr("retention.answer_nobody_chosen" if is_chosen(page) else "retention.answer_nobody", day=day)


def show_nobody(page):
    """What stands instead of charts then."""
    with cards.card("retention-none", page.tr("retention.none_title"), height="content"):
        st.caption(page.tr("retention.none_chosen" if is_chosen(page) else "retention.none"))


def definitions(page, key: str, rows) -> None:
    """A table of forms: name, rate, interval, n, what is divided by what.  `rows`: (name, row of the metric, meaning) each."""
    heads = [page.tr(f"retention.column_{name}") for name in ("form", "rate", "interval", "n", "meaning")]
    cells = [
        (name, formats.percent(row.rate), interval(row), formats.count(row.n or None), meaning)
        for name, row, meaning in rows
    ]
    with st.container(key=key):
        cards.grid(heads, cells, right=(1, 2, 3), quiet=(4,))


def interval(row) -> str:
    """38.8–45.5%"""
    return formats.NOTHING if formats.is_missing(row.low) else f"{formats.points(row.low)}–{formats.percent(row.high)}"
