"""Data: is the data right?  Choose files, check how each is read, import, undo."""

import streamlit as st

from crm_analytics import ui
from crm_analytics.ui import imports

page = ui.page("data")
tr = page.tr
session = imports.Session(page)

if session.receipts:
    page.answer(tr("data.eyebrow"), session.receipt_words())
    imports.show_receipts(page, session)
elif session.plan:
    file = session.shown_file()
    page.answer(session.file_words(file), session.plan_words())
    imports.show_choice_of_file(page, session)
    imports.show_balance(page, file)
    imports.show_questions(page, session, file)
    imports.show_mapping(page, session, file)
    imports.show_actions(page, session)
    imports.show_rows(page, file)
else:
    page.answer(tr("data.eyebrow"), tr("data.answer_own" if not page.is_made_up else "data.answer_first"))
    imports.show_chooser(page, session)
    imports.show_templates(page)

imports.show_history(page, session)
