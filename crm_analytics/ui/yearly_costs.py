"""A form for a company without a cost export: a yearly total per kind of cost, and a margin where the cost of goods is unknown."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts.waterfall import KINDS
from crm_analytics.ui import cards, settings


def card(page, costs: pd.DataFrame, basis):
    """What the exports say already, and a field for each thing they do not."""
    tr, rules = page.tr, page.rules
    exported = _exported(costs)
    missing = [kind for kind in KINDS if kind not in exported]
    wants_rate = pd.isna(basis.covered_share) or float(basis.covered_share) < 0.9995
    if not missing and not wants_rate:
        cards.heading(tr("value.form_done_title"), tr("value.form_done"))
        return
    cards.heading(tr("value.form_title"), tr("value.form_subtitle"))
    with st.form("value.costs", border=False):
        places = zip(missing, _columns(len(missing)))
        typed = {kind: _amount(page, column, kind, rules.yearly_costs.get(kind)) for kind, column in places}
        rate = _rate(page, rules.margin_rate) if wants_rate else rules.margin_rate
        if st.form_submit_button(tr("value.form_save"), type="primary", icon=":material/save:"):
            kept = {kind: amount for kind, amount in rules.yearly_costs.items() if kind not in missing}
            given = kept | {kind: amount for kind, amount in typed.items() if amount is not None}
            settings.save(page, replace(rules, yearly_costs=given, margin_rate=rate))
    cards.points(tr("value.form_export_adds").split("\n"))
    st.page_link(
        "pages/data.py", label=tr("frame.add_export", table=tr("tables.costs")), icon=":material/upload:",
        query_params=page.query,
    )  # fmt: skip


def _exported(costs: pd.DataFrame) -> set[str]:
    """The kinds of which an export has rows."""
    return set() if costs.empty else set(costs.kind[costs.source != "typed"])


def _columns(n: int) -> list:
    """Two fields beside each other."""
    return [column for _ in range(0, n, 2) for column in st.columns(2)]


def _amount(page, place, kind: str, value: float | None) -> float | None:
    label = page.tr(f"value.yearly_{kind}")
    if page.currency:
        label = formats.with_unit(label, page.currency, page.language)
    return place.number_input(
        label, 0.0, None, value, 1000.0, format="%.0f", placeholder=page.tr("value.unknown"), key=f"value.yearly.{kind}"
    )


def _rate(page, value: float | None) -> float | None:
    shown = None if value is None else round(100 * value, 2)
    typed = st.number_input(
        formats.with_unit(page.tr("value.margin_rate"), "%", page.language), -100.0, 100.0, shown, 1.0, format="%.1f",
        placeholder=page.tr("value.unknown"), help=page.tr("value.margin_rate_help"), key="value.rate",
    )  # fmt: skip
    return None if typed is None else round(typed / 100, 4)
