"""Lifecycle: who is cooling off?"""

import streamlit as st

from crm_analytics import ui
from crm_analytics.ui import lifecycle, lifecycle_contacts, lifecycle_ladder

PARTS = {"stages": lifecycle, "ladder": lifecycle_ladder, "contacts": lifecycle_contacts}

page = ui.page("lifecycle")
if page.is_empty:
    ui.empty(page, "orders")
    st.stop()

view = lifecycle.View.of_url(page)
part = PARTS[view.part]
lifecycle.head(page, view, part.answer(page, view))
part.show(page, view)

page.mark_limits()
