"""Segments: which groups are there?"""

import streamlit as st

from crm_analytics import ui

page = ui.page("segments")
tr = page.tr
if page.knows_nobody:
    ui.empty(page, "orders")
    st.stop()

page.answer(tr("segments.eyebrow", window=page.window_words()), tr("segments.answer"))
