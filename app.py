"""Overview: how are we doing?"""

import streamlit as st

from crm_analytics import ui
from crm_analytics.charts.overview import revenue_by_month, revenue_months
from crm_analytics.metrics import customers, overview
from crm_analytics.ui import changes, problems
from crm_analytics.ui.overview import MAIN, MANY, STRIP, answer, gaps, open_month, peak_words, sparkline, table

page = ui.page("overview")
tr = page.tr
if page.knows_nobody:
    ui.empty(page, "orders")
    st.stop()

n = page.measure(customers.size)
is_many = n > MANY
kpis = page.measure(overview.kpis, year=not is_many or page.filters.compare == "year")
trend = page.measure(overview.trend, points=25, rolling=0 if is_many else 13)
numbers = ui.numbers(page, kpis)

eyebrow = tr("overview.eyebrow", window=page.window_words(), compared=page.comparison_words())
page.answer(eyebrow, answer(page, numbers, n))

for kpi, place in zip(MAIN, ui.cards.four()):
    with place:
        ui.cards.kpi(numbers[kpi], sparkline(trend, kpi))

with ui.cards.card("strip"):
    for column, kpi in zip(st.columns(4), STRIP):
        with column:
            ui.cards.metric(numbers[kpi], sparkline(trend, kpi), is_narrow=True)

months = revenue_months(trend)
left, right = st.columns([3, 2]) if len(months) else (None, st.container())
if left:
    with left, ui.cards.card("months", peak_words(page, months), tr("overview.chart_subtitle")):
        figure = revenue_by_month(months, tr, page.mode, page.currency, page.filters.as_of)
        page.show(
            figure, "months", tr("overview.chart_title"), height="stretch", on_click=lambda mark: open_month(page, mark)
        )
        page.proof(trend, "trend", overview.trend, tr("overview.chart_title"), tr("kpis.revenue.definition"))
with right, ui.cards.card("problems"):
    problems.card(page, numbers)
    waiting = gaps(tr, numbers)
    if waiting:
        ui.cards.heading(tr("overview.gaps_title"), tr("overview.gaps_subtitle"))
        ui.cards.findings(waiting)

if n and not page.is_empty:
    left, right = st.columns([3, 2])
    with left, ui.cards.card("bridge"):
        changes.bridge_card(page)
    with right, ui.cards.card("drivers"):
        changes.drivers_card(page, numbers, is_many)

with ui.cards.card("all", tr("overview.all_title"), tr("overview.all_subtitle")):
    headers, rows, quiet = table(tr, numbers)
    ui.cards.grid(headers, rows, right=range(1, len(headers) - len(quiet)), quiet=quiet)
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
        page.downloads(lambda: kpis, "overview")
        ui.cards.explained(page, numbers.values(), overview.kpis)
page.mark_limits()
