"""Customers: who are they, one by one?"""

import streamlit as st

from crm_analytics import formats, ui
from crm_analytics.metrics import customers
from crm_analytics.ui import customers as listed
from crm_analytics.ui import decisions

page = ui.page("customers")
tr = page.tr
if page.knows_nobody:
    ui.empty(page, "orders")
    st.stop()

head = st.container()
view = listed.View.of_url(listed.usual_columns(page))
marked = decisions.unranked(page)
with ui.cards.card("list", height="content"):
    listed.controls(page, view)
    found = page.measure(customers.size, search=view.search)
    view = view.shown_in(found)
    rows = listed.rows(page, view)
    picked = listed.table(page, view, rows)
    with st.container(horizontal=True, key="customers.actions", vertical_alignment="center"):
        if picked:
            listed.act(page, rows, picked)
        else:
            st.caption(tr("customers.how_to_pick"), width="content")
            decisions.save_as_set(
                page, "all", lambda: listed.all_ids(page, view), found, tr("customers.save_all", n=formats.count(found))
            )
            listed.choose_columns(page, view)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, width="content", gap="xxsmall", wrap=False, vertical_alignment="center"):
            listed.export(page, view, found)
            ui.cards.explained(page, listed.definitions(page), customers.listing)
        listed.pagination(view, found)

with st.grid(3, min_column_width=250, height="stretch"):
    decisions.show_sets(page)
    decisions.show_unranked(page, marked)
    decisions.show_merges(page)

with head:
    sentence = "answer_search" if view.search else "answer_set" if page.wanted.customer_set else "answer_chosen"
    if not (view.search or page.wanted.customer_set or page.wanted.where):
        sentence = "answer_known" if page.is_empty else "answer"
    answer = tr(f"customers.{sentence}", n=formats.count(found), words=view.search, set=page.wanted.customer_set)
    left_out = tr("customers.left_out", n=formats.count(len(marked))) if len(marked) else ""
    page.answer(" · ".join(filter(None, (tr("customers.eyebrow", window=page.window_words()), left_out))), answer)
