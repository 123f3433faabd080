"""Value: what are they worth?"""

import streamlit as st

from crm_analytics import ui
from crm_analytics.ui import value, value_check, value_future, value_past, value_wallet

PARTS = {"future": value_future, "check": value_check, "past": value_past, "wallet": value_wallet}

page = ui.page("value")
if page.is_empty:
    ui.empty(page, "orders")
    st.stop()

view = value.View.of_url()
part = PARTS[view.part]
with st.spinner(page.tr("value.working")):
    sentence = part.answer(page, view)
value.head(page, view, sentence)
part.show(page, view)

page.mark_limits()
