"""Forecast: where is it heading?"""

import streamlit as st

from crm_analytics import ui

page = ui.page("forecast")
tr = page.tr
if page.knows_nobody:
    ui.empty(page, "orders")
    st.stop()

page.answer(tr("forecast.eyebrow", window=page.window_words()), tr("forecast.answer"))
