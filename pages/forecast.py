"""Forecast: where is it heading?"""

import streamlit as st

from crm_analytics import ui
from crm_analytics.charts import forecast as charts
from crm_analytics.metrics import customers, forecast
from crm_analytics.ui import forecast as words

page = ui.page("forecast")
tr = page.tr
if page.is_empty:
    ui.empty(page, "orders")
    st.stop()

whole = words.whole_months(page)
if not page.measure(customers.size):
    page.answer(words.eyebrow(page, whole), tr("forecast.nobody"))
    st.stop()
if len(whole) < forecast.LEAST_MONTHS:
    words.too_short(page, whole)
    st.stop()

view = words.View.of_url()
asked = {"kpi": view.kpi, "horizon": view.horizon}
row = next(page.measure(forecast.summary, **asked).itertuples())
page.answer(words.eyebrow(page, whole), words.answer(page, row))
words.head(page, view)

with ui.cards.card("strip"):
    words.strip(page, row)
    if caution := words.caution(page):
        st.caption(caution)

course = page.measure(forecast.course, **asked)
with ui.cards.card("course", words.method(page, row), tr(f"forecast.course_subtitle_{view.kpi}")):
    figure = charts.course(course, tr, page.mode, page.currency, page.filters.as_of)
    alt = words.answer(page, row).replace("**", "")
    page.show(figure, "forecast-course", alt=alt, on_click=lambda mark: words.open_past(page, mark))
    page.proof(
        course, "forecast-course", forecast.course, tr("forecast.course_title"), tr(f"forecast.about_{view.kpi}")
    )

if row.origins:
    left, right = st.columns([3, 2])
    with left, ui.cards.card("replay"):
        replay = page.measure(forecast.replay, **asked, ahead=view.ahead)
        ui.cards.heading(words.miss(page, replay), tr("forecast.replay_subtitle"))
        words.choose_ahead(page, view)
        figure = charts.replayed(replay, tr, page.mode, page.currency)
        page.show(
            figure, "forecast-replay", words.miss(page, replay), on_click=lambda mark: words.open_past(page, mark)
        )
        page.proof(replay, "forecast-replay", forecast.replay, tr("forecast.replay_name"), tr("forecast.replay_about"))
    with right, ui.cards.card("errors", words.errors_title(page, row, view), tr("forecast.errors_subtitle")):
        errors = page.measure(forecast.backtest, **asked)
        page.show(charts.errors(errors, tr, page.mode), "forecast-errors", alt=words.errors_title(page, row, view))
        page.proof(
            errors, "forecast-errors", forecast.backtest, tr("forecast.errors_name"), tr("forecast.errors_about")
        )

with ui.cards.card("models", tr("forecast.models_title"), tr("forecast.models_subtitle")):
    models = page.measure(forecast.models, **asked)
    words.models_table(page, models, view.kpi)
    page.proof(models, "forecast-models", forecast.models, tr("forecast.models_title"), tr("forecast.models_about"))

with ui.cards.card("ahead", tr("forecast.table_title"), tr("forecast.table_subtitle")):
    words.months_table(page, course)
