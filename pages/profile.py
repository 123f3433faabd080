"""Profile: who are they, as a group?"""

import streamlit as st

from crm_analytics import ui
from crm_analytics.ui import profile, profile_baskets, profile_behaviour, profile_people, profile_sources

PARTS = {
    "people": profile_people,
    "baskets": profile_baskets,
    "behaviour": profile_behaviour,
    "sources": profile_sources,
}

page = ui.page("profile")
if page.knows_nobody:
    ui.empty(page, "orders")
    st.stop()

part = PARTS[profile.part(page)]
profile.head(page, part.answer(page))
if profile.has_anything(page):
    part.show(page)

page.mark_limits()
