"""Retention: do they come back?"""

import streamlit as st

from crm_analytics import ui

page = ui.page("retention")
tr = page.tr
if page.knows_nobody:
    ui.empty(page, "orders")
    st.stop()

page.answer(tr("retention.eyebrow", window=page.window_words()), tr("retention.answer"))
