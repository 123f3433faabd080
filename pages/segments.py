"""Segments: which groups are there, and who moved between them?"""

import streamlit as st

from crm_analytics import ui
from crm_analytics.ui import clusters, score, segments, segments_moves

PARTS = {"groups": segments, "movement": segments_moves, "clusters": clusters, "score": score}

page = ui.page("segments")
if page.knows_nobody:
    ui.empty(page, "orders")
    st.stop()

view = segments.View.of_url(page)
part = PARTS[view.part]
segments.head(page, view, part.answer(page, view))
part.show(page, view)

page.mark_limits()
