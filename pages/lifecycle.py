"""Lifecycle: who is cooling off?"""

import streamlit as st

from crm_analytics import ui

page = ui.page("lifecycle")
tr = page.tr
if page.knows_nobody:
    ui.empty(page, "orders")
    st.stop()

page.answer(tr("lifecycle.eyebrow", window=page.window_words()), tr("lifecycle.answer"))
