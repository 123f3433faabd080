"""Profile: who are they, as a group?"""

import streamlit as st

from crm_analytics import ui

page = ui.page("profile")
tr = page.tr
if page.knows_nobody:
    ui.empty(page, "orders")
    st.stop()

page.answer(tr("profile.eyebrow", window=page.window_words()), tr("profile.answer"))
