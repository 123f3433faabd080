"""Value: what are they worth?"""

import streamlit as st

from crm_analytics import ui

page = ui.page("value")
tr = page.tr
if page.knows_nobody:
    ui.empty(page, "orders")
    st.stop()

page.answer(tr("value.eyebrow", window=page.window_words()), tr("value.answer"))
