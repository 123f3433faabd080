"""What-if: what if six small customers moved up?"""

import streamlit as st

from crm_analytics import ui
from crm_analytics.metrics import whatif as numbers
from crm_analytics.ui import candidates, exports, kept, moves, optimiser, saved, whatif

page = ui.page("whatif")
tr = page.tr
if page.is_empty:
    ui.empty(page, "orders")
    st.stop()

scenario, present, rows = whatif.scenario(page)
answer = whatif.answer(page, scenario, rows)
page.answer(whatif.eyebrow(page, scenario), answer)

part = kept.asked("part", whatif.PARTS, whatif.PARTS[0])
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="whatif.parts"):
    st.segmented_control(
        tr("whatif.part"),
        whatif.PARTS,
        required=True,
        label_visibility="collapsed",
        format_func=lambda name: tr(f"whatif.part_{name}"),
        **kept.controlled("part", part, whatif.PARTS[0]),
    )
    if scenario.size:
        exports.buttons(page, answer, scenario.options, is_scenario=True)

if part == "candidates":
    candidates.show(page, scenario, present)
elif part == "optimiser":
    optimiser.show(page, scenario)
elif part == "scenarios":
    saved.show(page, scenario, rows)
else:
    left, right = st.columns([4, 9])
    with left, ui.cards.card("editor"):
        moves.editor(page, scenario, present, rows)
    with right:
        with ui.cards.card("waterfall"):
            if scenario.size:
                whatif.waterfall_card(page, scenario, rows, page.measure(numbers.moves, **scenario.options))
            else:
                whatif.invitation_card(page, scenario, present)
        with ui.cards.card("tiers", height="content"):
            whatif.before_after_card(page, rows)
    saved.beside(page, scenario, rows)
    left, right = st.columns([3, 4])
    with left, ui.cards.card("pyramid"):
        whatif.pyramid_card(page, rows)
    with right, ui.cards.card("table"):
        whatif.table_card(page, rows)
