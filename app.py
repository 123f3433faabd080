"""Overview: how are we doing?"""

import streamlit as st

from crm_analytics import ui
from crm_analytics.charts.overview import revenue_by_month, revenue_months
from crm_analytics.metrics import customers, overview
from crm_analytics.ui.overview import (
    MAIN,
    MANY,
    STRIP,
    answer,
    changes,
    gaps,
    peak_words,
    sparkline,
)

page = ui.page("overview")
tr = page.tr
if page.is_empty:
    ui.empty(page, "orders")
    st.stop()

kpis = page.measure(overview.kpis)
trend = page.measure(overview.trend, points=25, rolling=13 if page.measure(customers.size) <= MANY else 0)
numbers = ui.numbers(page, kpis)

compared = tr("frame.compared_before", months=page.filters.months)
page.answer(tr("overview.eyebrow", window=page.window_words(), compared=compared), answer(tr, numbers))

for kpi, place in zip(MAIN, ui.cards.four()):
    with place:
        ui.cards.kpi(numbers[kpi], sparkline(trend, kpi))

with ui.cards.card("strip"):
    for column, kpi in zip(st.columns(4), STRIP):
        with column:
            ui.cards.metric(numbers[kpi], sparkline(trend, kpi))

months = revenue_months(trend)
left, right = st.columns([3, 2])
with left, ui.cards.card("months", peak_words(page, months), tr("overview.chart_subtitle")):
    page.show(
        revenue_by_month(months, tr, page.mode, page.rules.currency, page.filters.as_of),
        "months",
        alt=tr("overview.chart_title"),
        height="stretch",
    )
with right, ui.cards.card("changes"):
    waiting = gaps(tr, numbers)
    moved = changes(tr, numbers, most=5 - len(waiting))
    ui.cards.heading(tr("overview.changes_title"), tr("overview.changes_subtitle" if moved else "overview.nothing_before"))
    ui.cards.findings(moved)
    if waiting:
        ui.cards.heading(tr("overview.gaps_title"), tr("overview.gaps_subtitle"))
        ui.cards.findings(waiting)

with ui.cards.card("all", tr("overview.all_title"), tr("overview.all_subtitle")):
    ui.cards.grid(
        [tr(f"overview.column_{name}") for name in ("kpi", "value", "previous", "change", "n", "interval", "note")],
        [n.cells for n in numbers.values()],
        right=(1, 2, 3, 4, 5),
        quiet=(6,),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        page.downloads(lambda: kpis, "overview")
        ui.cards.explained(page, [(n.label, n.definition, n.basis_words) for n in numbers.values()], overview.kpis)
