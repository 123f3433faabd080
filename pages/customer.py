"""Customer: everything about one."""

import streamlit as st

from crm_analytics import formats, ui
from crm_analytics.charts import customer as charts
from crm_analytics.metrics import customer
from crm_analytics.ui import customer as one
from crm_analytics.ui import facts as words
from crm_analytics.ui import timeline

page = ui.page("customer")
tr = page.tr
if page.knows_nobody:
    ui.empty(page, "customers")
    st.stop()

facts = one.facts(page, one.asked())
id = facts["customer_id"]
page.answer(words.eyebrow(page, facts), words.answer(page, facts))
one.say_who(page, facts)
one.actions(page, facts)

with ui.cards.card("strip"):
    ui.cards.figures(words.strip(page, facts))
    ui.cards.explained(page, words.definitions(page), customer.summary)

months = page.measure(customer.months, id=id)
left, right = st.columns([3, 2]) if len(months) else (None, st.container())
if left:
    with left, ui.cards.card("months", words.months_words(page, months), tr("customer.months_subtitle")):
        figure = charts.months(months, tr, page.mode, page.currency, page.filters.as_of)
        page.show(figure, "customer-months", alt=tr("customer.months_title"), height="stretch")
        page.proof(
            months, "customer-months", customer.months, tr("customer.months_title"), tr("customer.months_subtitle")
        )
with right, ui.cards.card("next", tr("customer.next_title"), tr("customer.next_subtitle")):
    steps = words.next_steps(page, facts)
    ui.cards.findings(steps or [("better", tr("customer.nothing_badge"), tr("customer.nothing_step"), "")])

events = page.measure(customer.timeline, id=id, limit=None)
left, right = st.columns([3, 2])
with (
    left,
    ui.cards.card(
        "timeline", tr("customer.timeline_title", n=formats.count(len(events))), tr("customer.timeline_subtitle")
    ),
):
    shown = timeline.choose(page, events)
    timeline.show(page, shown)
    about = tr("customer.kinds"), tr("customer.about_timeline")
    page.proof(shown, "customer-timeline", customer.timeline, *about)
with right, ui.cards.card("who", tr("customer.who_title"), height="content"):
    one.show_facts(page, words.who(page, facts), "who", "customer.nothing_known")
with right, ui.cards.card("standing", tr("customer.standing_title")):
    one.show_facts(page, words.standing(page, facts), "standing", "customer.nothing_happened")
    one.wanted(page, facts)

bought = page.measure(customer.categories, id=id)
if len(months):
    left, right = st.columns([3, 2])
    with (
        left,
        ui.cards.card(
            "history", tr("customer.history_title"), tr("customer.history_subtitle", months=page.filters.months)
        ),
    ):
        past = one.tiers(page, id)
        if past is not None:
            figure = charts.history(past, tr, page.mode, page.currency)
            page.show(figure, "customer-history", alt=tr("customer.history_title"), height="stretch")
            about = tr("customer.history_subtitle", months=page.filters.months)
            page.proof(past, "customer-history", customer.history, tr("customer.history_title"), about)
    with right, ui.cards.card("bought", tr("customer.bought_title"), tr("customer.bought_subtitle")):
        rows = one.choose_dimension(page, bought)
        if rows is not None:
            figure = charts.purchases(rows, tr, page.mode, page.currency)
            page.show(figure, "customer-bought", alt=tr("customer.bought_title"))
            page.proof(
                bought,
                "customer-bought",
                customer.categories,
                tr("customer.bought_title"),
                tr("customer.bought_subtitle"),
            )
