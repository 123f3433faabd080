"""Data: is the data right?  Choose files, check how each is read, import, undo."""

import streamlit as st

from crm_analytics import ui
from crm_analytics.ui import comparison, cutting, history, imports, mapping, outlook, quality, reading, running, safety
from crm_analytics.ui.session import Session

page = ui.page("data")
tr = page.tr
session = Session(page)

if session.task:
    page.answer(tr("data.eyebrow"), tr(f"data.answer_{session.task.kind}"))
    running.show(page, session.task)
elif session.receipts:
    page.answer(tr("data.eyebrow"), imports.receipt_words(page, session.receipts))
    imports.show_refusal(page)
    imports.show_receipts(page, session)
    outlook.show(page, session.work.seen)
elif session.plan:
    file = session.shown_file()
    page.answer(reading.file_words(page, file), reading.plan_words(page, session.plan))
    imports.show_refusal(page)
    reading.show_choice_of_file(page, session)
    reading.show_questions(page, session, file)
    reading.show_balance(page, session, file)
    comparison.show(page, session, file)
    reading.show_set_aside(page, file)
    mapping.show_mapping(page, session, file)
    imports.show_actions(page, session)
    outlook.show(page, outlook.of(session.plan))
    reading.show_rows(page, file)
    cutting.show(page, session, file)
else:
    page.answer(tr("data.eyebrow"), tr("data.answer_first" if page.is_made_up else "data.answer_own"))
    imports.show_refusal(page)
    quality.show_rows(page)
    imports.show_chooser(page, session)

room = st.container()  # for what takes longest; what stands below it is there at once
if not session.task:
    history.show_history(page)
if session.is_free:
    safety.show(page)
    history.show_templates(page)
if session.is_free or session.receipts:
    with room:
        quality.show(page)
