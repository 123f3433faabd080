"""The Value screen: what of it lives in the URL, its head with the parts and the question, and what it says where there is no model."""

from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.metrics import value
from crm_analytics.ui import cards, kept, relations

PARTS = ("future", "check", "past", "wallet")
MODELLED = PARTS[:2]  # what they say is learnt from everybody who ever bought
HORIZONS = (6, 12, 24, 36)
DISCOUNT = 10.0  # per cent a year
HIGH, MEDIUM = 20.0, 30.0  # per cent of the customers
BY = ("margin", "revenue")


@dataclass(frozen=True)
class View:
    """What is shown: the part, and the question to the model: months ahead, discount in per cent a year, margin or revenue.

    high and medium: per cent of the customers in these classes of worth. The URL names them: `q.part`, `q.horizon` ..."""

    part: str = PARTS[0]
    horizon: int = 12
    discount: float = DISCOUNT
    by: str = ""
    high: float = HIGH
    medium: float = MEDIUM

    @classmethod
    def of_url(cls) -> "View":
        """What the URL says; what cannot be meant is left at its default."""
        return cls(
            part=kept.asked("part", PARTS, PARTS[0]),
            horizon=int(kept.asked("horizon", [str(months) for months in HORIZONS], "12")),
            discount=_percent("discount", DISCOUNT),
            by=kept.asked("by", BY),
            high=_percent("high", HIGH),
            medium=_percent("medium", MEDIUM),
        ).sound

    @property
    def sound(self) -> "View":
        """With classes that leave somebody in each."""
        is_sound = self.high > 0 and self.medium > 0 and self.high + self.medium < 100
        return self if is_sound else replace(self, high=HIGH, medium=MEDIUM)

    @property
    def cuts(self) -> dict:
        """What the metrics take that know classes of worth."""
        return {"high_share": self.high / 100, "medium_share": self.medium / 100}

    @property
    def options(self) -> dict:
        """What the metrics of the future take."""
        return {
            "horizon": self.horizon,
            "discount": self.discount / 100,
            "by": "revenue" if self.by == "revenue" else "",
        }


def _percent(name: str, usual: float) -> float:
    """A share in per cent that the URL says, if it is one."""
    try:
        number = round(float(kept.asked(name)), 1)
    except ValueError:
        return usual
    return number if 0 <= number <= 100 else usual


def basis(page) -> pd.Series:
    """Whether the models can be had; see `metrics.value.basis`."""
    return page.measure(value.basis).iloc[0]


def head(page, view: View, sentence: str):
    """The head of each part: the answer, the way to the other parts, the question to the model."""
    tr, known = page.tr, basis(page)
    n = tr("value.buyers_one" if known.n == 1 else "value.buyers", n=formats.count(known.n))
    until = tr("value.until", day=formats.day(page.filters.as_of, page.language))
    learnt_from = (n,) if view.part in MODELLED else ()
    page.answer(" · ".join((tr("menu.value"), until, *learnt_from)), sentence)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="value.head"
    ):
        st.segmented_control(
            tr("value.part"), PARTS, format_func=lambda part: tr(f"value.part_{part}"), required=True, label_visibility="collapsed",
            width="content", **kept.controlled("part", view.part, PARTS[0]),
        )  # fmt: skip
        if view.part == "future" and can(page):
            _question(page, view, known)


def _question(page, view: View, known):
    """Months ahead, discount, margin or revenue."""
    tr = page.tr
    counted = tr(f"value.by_{view.by or ('revenue' if formats.is_missing(known.margin_rate) else 'margin')}")
    label = tr("value.question", months=view.horizon, discount=formats.number(view.discount), by=counted)
    with st.popover(label, icon=":material/tune:", key="value.question"):
        st.segmented_control(
            tr("value.horizon"), HORIZONS, format_func=lambda months: tr("value.months", n=months), required=True,
            **kept.controlled("horizon", view.horizon, "12"),
        )  # fmt: skip
        st.number_input(
            tr("value.discount"), min_value=0.0, max_value=100.0, step=1.0, format="%.1f", help=tr("value.discount_help"),
            **kept.controlled("discount", view.discount, str(DISCOUNT)),
        )  # fmt: skip
        if not formats.is_missing(known.margin_rate):
            st.segmented_control(
                tr("value.counted_in"), BY, format_func=lambda by: tr(f"value.by_{by}"), required=True,
                **kept.controlled("by", view.by or "margin", "margin"),
            )  # fmt: skip
        for name, share, usual in (("high", view.high, HIGH), ("medium", view.medium, MEDIUM)):
            st.number_input(
                tr(f"value.share_{name}"), min_value=1.0, max_value=98.0, step=5.0, format="%.1f", help=tr("value.share_help"),
                **kept.controlled(name, share, str(usual)),
            )  # fmt: skip


def can(page) -> bool:
    """The company has a model."""
    return not isinstance(basis(page).refusal, str)


def why_not(page) -> str:
    """Why there is no model, as an answer."""
    known = basis(page)
    code = known.refusal.removeprefix("E_").lower()
    return page.tr(f"value.cannot_{code}", n=formats.count(known.n_repeat), least=known.least)


def refused(page):
    """Card: what a model wants, and the way to bring more data."""
    known = basis(page)
    with cards.card(
        "value-refused",
        page.tr("value.refused_title"),
        page.tr("value.refused_about", least=known.least),
        height="content",
    ):
        relations.add_export(page, "orders")
