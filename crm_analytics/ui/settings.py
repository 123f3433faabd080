"""The fields of the Settings form, and what happens when it is saved."""

import streamlit as st

from crm_analytics import formats, state
from crm_analytics.errors import CrmError
from crm_analytics.ui.text import plain

TARGETS = {
    "satisfaction": 100,
    "repurchase_rate": 100,
    "churn_rate": 100,
    "complaint_hours_median": 1,
}  # KPI -> shown value of 1


def months(page, label: str, value: int) -> int:
    """A month of the year by name."""
    names = formats.MONTHS_LONG if page.language == "en" else [f"{number}月" for number in range(1, 13)]
    return st.selectbox(label, range(1, 13), index=value - 1, format_func=lambda number: names[number - 1])


def statuses(page, label: str, values) -> list[str]:
    """Words of the status column that make an order no order; new ones can be typed."""
    return st.multiselect(label, values, default=list(values), accept_new_options=True, placeholder=page.tr("settings.statuses_hint"))


def shares(label: str, names: list[str], values) -> list[float]:
    """Shares in percent, side by side."""
    st.markdown(f"**{label}**")
    columns = st.columns(len(names))
    typed = [
        column.number_input(f"{name} (%)", 0.1, 98.0, round(100 * value, 2), 0.5, format="%.1f")
        for column, name, value in zip(columns, names, values)
    ]
    return [round(value / 100, 4) for value in typed]


def days(label: str, names: list[str], values) -> list[int]:
    """Whole days, side by side."""
    st.markdown(f"**{label}**")
    columns = st.columns(len(names))
    return [column.number_input(name, 1, 3650, value, 1) for column, name, value in zip(columns, names, values)]


def target(page, kpi: str, value: float | None) -> float | None:
    """A target in the unit the reader thinks in: percent or hours; empty means none."""
    unit = "%" if TARGETS[kpi] == 100 else page.tr("settings.hours")
    shown = None if value is None else round(float(value) * TARGETS[kpi], 2)
    return st.number_input(
        f"{page.tr(f'kpis.{kpi}.label')} ({unit})",
        0.0,
        100.0 if unit == "%" else 10000.0,
        shown,
        1.0,
        format="%.1f",
        placeholder=page.tr("settings.no_target"),
    )


def read_targets(typed: dict[str, float | None]) -> dict[str, float]:
    """The targets that were typed, as the numbers are computed (shares, hours)."""
    return {kpi: round(value / TARGETS[kpi], 6) for kpi, value in typed.items() if value is not None}


def saved(page, rules: state.Rules):
    """A new version of the rules, if they differ; the page starts again with it."""
    if rules == page.rules:
        st.info(page.tr("settings.unchanged"))
        return
    try:
        state.save_rules(page.db, rules)
    except CrmError as refusal:
        st.error(plain(refusal.sentence(page.tr)))
        return
    st.toast(page.tr("settings.saved"), icon=":material/check:")
    st.rerun()
