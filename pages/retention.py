"""Retention: do they come back?"""

import streamlit as st

from crm_analytics import ui
from crm_analytics.ui import retention, retention_cohorts, retention_rhythm, retention_second

PARTS = {"cohorts": retention_cohorts, "second": retention_second, "rhythm": retention_rhythm}

page = ui.page("retention")
if page.is_empty:
    ui.empty(page, "orders")
    st.stop()

view = retention.View.of_url()
part = PARTS[view.part]
retention.head(page, view, part.answer(page, view))
part.show(page, view)

page.mark_limits()
