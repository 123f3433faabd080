"""Customers: who are they, one by one?"""

import math

import streamlit as st

from crm_analytics import formats, ui
from crm_analytics.metrics import customers

ROWS = 50
ORDERS = (
    "revenue",
    "orders",
    "last_order_date",
    "first_order_date",
    "days_since_last_order",
    "revenue_ever",
    "orders_ever",
    "name",
    "customer_id",
)
COLUMNS = [
    "customer_id",
    "name",
    "tier",
    "stage",
    "revenue",
    "orders",
    "last_order_date",
    "days_since_last_order",
    "first_order_date",
    "revenue_ever",
    "orders_ever",
    "r",
    "f",
    "m",
]

page = ui.page("customers")
tr = page.tr
if page.is_empty:
    ui.empty(page, "orders")
    st.stop()

head = st.container()
with ui.cards.card("list", height="content"):
    search, order, direction = st.columns([3, 2, 1.9], vertical_alignment="top")
    words = search.text_input(
        tr("customers.search"),
        key="customers.search",
        placeholder=tr("customers.search_hint"),
        icon=":material/search:",
    )
    order_by = order.selectbox(tr("customers.order_by"), ORDERS, format_func=page.column_label, key="customers.order_by")
    descending = direction.segmented_control(
        tr("customers.direction"),
        [True, False],
        default=True,
        required=True,
        width="stretch",
        format_func=lambda down: tr("customers.down" if down else "customers.up"),
        key="customers.down",
    )
    found = page.measure(customers.size, search=words)
    pages = max(1, math.ceil(found / ROWS))
    chosen = st.session_state["customers.page"] = min(st.session_state.get("customers.page", 1), pages)
    rows = page.measure(
        customers.listing,
        search=words,
        order_by=order_by,
        descending=descending,
        limit=ROWS,
        offset=ROWS * (chosen - 1),
    )
    ui.cards.frame(
        page,
        page.in_words(rows[[name for name in COLUMNS if name in rows]]),
        height=44 + 35 * min(max(len(rows), 1), 14),
    )
    foot = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    with foot:
        if pages > 1:
            st.pagination(pages, key="customers.page")
        page.downloads(
            lambda: page.fetch(customers.listing, search=words, order_by=order_by, descending=descending, limit=None),
            "customers",
        )

with head:
    sentence = "customers.answer_search" if words else "customers.answer_chosen" if page.filters.where else "customers.answer"
    page.answer(tr("customers.eyebrow", window=page.window_words()), tr(sentence, n=formats.count(found), words=words))
