"""The Data screen's steps: choose files, import or cancel, receipts."""

import streamlit as st

from crm_analytics import formats
from crm_analytics.errors import Cancelled
from crm_analytics.ui import cards, comparison, outlook, reading, uploads
from crm_analytics.ui.session import Session, refusals
from crm_analytics.ui.text import plain


def show_refusal(page):
    """Why the last step was not taken, once."""
    refusal = st.session_state.pop("import-refused", None)
    if isinstance(refusal, Cancelled):
        st.info(page.tr("data.stopped"), icon=":material/undo:")
    elif refusal:
        st.error(plain(refusal.sentence(page.tr)), icon=":material/error:")


def show_chooser(page, session: Session):
    """Upload, or name a path or folder on the server."""
    tr = page.tr
    with cards.card("chooser", tr("data.choose_title"), tr("data.choose_subtitle"), height="content"):
        files = st.file_uploader(
            tr("data.upload"),
            type=uploads.TYPES,
            accept_multiple_files=True,
            max_upload_size=2000,
            key=f"upload-{session.work.round}",
            label_visibility="collapsed",
        )
        if files:
            _take(session, lambda: uploads.keep(session.db, files))
        with st.form("server", border=False):
            path, button = st.columns([5, 1], vertical_alignment="bottom")
            named = path.text_input(tr("data.path"), placeholder=tr("data.path_hint"), key="server-path")
            if button.form_submit_button(tr("data.read"), width="stretch") and named.strip():
                _take(session, lambda: uploads.on_server(named))


def _take(session: Session, find_paths):
    """Read the files found, or say why not; then start the page again with the plan, or with a fresh uploader."""
    session.work.round += 1
    with refusals():
        session.read(find_paths())
    st.rerun()


def show_actions(page, session: Session):
    """Import or cancel."""
    tr, files = page.tr, session.plan.files
    refused, asked = any(file.refused for file in files), any(file.questions and not file.refused for file in files)
    differs = any(comparison.differs_from_own_total(file) for file in session.plan.taken)
    new = [file for file in session.plan.taken if file.already_imported is None]
    loaded = reading.of_files(new, "loaded")
    columns = any(file.kept for file in new)  # rows that are known may bring columns that are new
    replaced = sum(file.replaced for file in new)
    with st.container(horizontal=True, vertical_alignment="center", key="actions"):
        label = (
            tr("data.import", n=formats.count(loaded))
            if loaded
            else tr("data.import_columns" if columns else "data.import_replaces" if replaced else "data.nothing_new")
        )
        if st.button(
            label,
            type="primary",
            icon=":material/database_upload:",
            key="import-now",
            disabled=refused or asked or differs or not (loaded or columns or replaced),
        ):
            session.apply()
        if st.button(tr("data.cancel"), type="tertiary", key="import-cancel"):
            session.drop()
            st.rerun()
        if refused and len(files) > 1 and st.button(tr("data.leave_out"), type="tertiary", key="leave-out"):
            session.leave_out_refused()
            st.rerun()
        if asked or differs or (refused and len(files) > 1):
            question = "answer_questions" if len(files) > 1 else "answer_question"
            why = question if asked else "own_total_stops" if differs else "refused_stops"
            st.markdown(f":orange[{tr(f'data.{why}')}]")


def show_receipts(page, session: Session):
    """What was imported, to the record, and the way on."""
    tr = page.tr
    with cards.card("receipts", tr("data.receipt_title"), tr("data.balance"), height="content"):
        headers = [
            tr(f"data.column_{name}")
            for name in ("file", "table", "records", "loaded", "duplicates", "quarantined", "skipped", "amount")
        ]
        cards.grid(headers, [_receipt_row(page, receipt) for receipt in session.receipts], right=range(2, 8))
        for receipt in session.receipts:
            if notes := _receipt_notes(page, receipt):
                st.caption(plain(notes))
        with st.container(horizontal=True):
            if st.button(tr("data.to_overview"), type="primary", icon=":material/finance:", key="to-overview"):
                session.drop()
                st.switch_page("app.py", query_params=page.query)
            if st.button(tr("data.more"), icon=":material/add:", key="more"):
                session.drop()
                st.rerun()


def _receipt_row(page, receipt) -> tuple:
    numbers = [
        formats.count(getattr(receipt, name)) for name in ("records", "loaded", "duplicates", "quarantined", "skipped")
    ]
    return (
        receipt.file_name,
        page.tr(f"tables.{receipt.table}") if receipt.table else page.tr("data.left_out_title"),
        *numbers,
        formats.money_exact(receipt.amount_loaded, page.rules.currency),
    )


def _receipt_notes(page, receipt) -> str:
    """What was stored and yet needs a word, in one line."""
    named = ("changed", "replaced", "without_customer", "repeated", "rounded")
    counted = {name: getattr(receipt, name) for name in named}
    said = [page.tr(f"data.receipt_{name}", n=formats.count(n)) for name, n in counted.items() if n]
    said += outlook.remarks(page, receipt)
    return formats.labelled(receipt.file_name, formats.together(said, page.language), page.language) if said else ""


def receipt_words(page, receipts) -> str:
    """The answer after an import."""
    tr, loaded = page.tr, sum(receipt.loaded for receipt in receipts)
    if all(receipt.already for receipt in receipts):
        return tr("data.answer_already")
    aside = sum(receipt.quarantined for receipt in receipts)
    return tr(
        "data.answer_imported_aside" if aside else "data.answer_imported",
        n=formats.count(loaded),
        aside=formats.count(aside),
    )
