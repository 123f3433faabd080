"""Pyramid: who carries us?"""

import streamlit as st

from crm_analytics import ui
from crm_analytics.ui import meeting, pyramid, pyramid_lessons, pyramid_moves, pyramid_value

PARTS = {"pyramid": pyramid, "value": pyramid_value, "movement": pyramid_moves, "lessons": pyramid_lessons}

page = ui.page("pyramid")
if page.knows_nobody:
    ui.empty(page, "orders")
    st.stop()

view = pyramid.View.of_url(page)
if meeting.is_open():
    meeting.show(page, view)
    st.stop()

part = PARTS[view.part]
pyramid.head(page, view, part.answer(page, view))
part.show(page, view)

page.mark_limits()
