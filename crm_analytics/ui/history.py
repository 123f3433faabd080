"""The Data screen below the work in hand: imports so far with their undo, and which exports it reads."""

import streamlit as st

from crm_analytics import formats, importing
from crm_analytics.schema import TABLES
from crm_analytics.ui import aside, cards, downloads, session, store
from crm_analytics.ui.text import plain


def show_history(page):
    """Every import, newest first, with what was set aside and a way back."""
    tr, db = page.tr, store.own_company()
    if db is None:
        return
    history = importing.history(db.cursor())
    if history.empty:
        return
    with cards.card("imports", tr("data.history_title"), tr("data.history_subtitle"), height="content"):
        for row in history.head(20).to_dict("records"):
            _history_row(page, db, row)
        page.downloads(lambda: history, "imports")


def _history_row(page, db, row: dict):
    """One import: what it was, its balance, its rows set aside, its undo."""
    tr, number, table = page.tr, row["import_id"], row["table_name"]
    gone = not formats.is_missing(row["undone_at"])
    with st.container(horizontal=True, vertical_alignment="center", key=f"line-import-{number}", wrap=False):
        detail = tr(
            "data.history_row",
            **{
                name: formats.count(row[name]) for name in ("records", "loaded", "duplicates", "quarantined", "skipped")
            },
        )
        when = tr(
            "data.history_when",
            number=number,
            day=formats.day(row["imported_at"], page.language),
            table=tr(f"tables.{table}"),
        )
        gave_way = [
            tr(f"data.history_{name}", n=formats.count(row[name])) for name in ("changed", "replaced") if row[name]
        ]
        cards.line(row["file_name"], " · ".join([when, detail, *gave_way]), struck=gone)
        if row["quarantined"] and not gone:
            aside.offer(page, db, row)
        if gone:
            st.badge(tr("data.undone"), color="gray")
        elif st.button(tr("data.undo"), key=f"undo-{number}", type="tertiary", icon=":material/undo:"):
            _confirm_undo(page, db, row)


def _confirm_undo(page, db, row: dict):
    """Undo takes rows away, so it is asked once more; a file that fed several tables can go as a whole."""
    number, tr = row["import_id"], page.tr
    mates = importing.mates(db.cursor(), number)

    @st.dialog(page.tr("data.undo_title"))
    def ask():
        st.markdown(plain(page.tr("data.undo_question", file=row["file_name"], n=formats.count(row["loaded"]))))
        back = row["changed"] + row["replaced"]
        if back:
            st.markdown(plain(page.tr("data.undo_back", n=formats.count(back))))
        if mates:
            others = tr("overview.comma").join(tr(f"tables.{table}") for _, table in mates)
            st.markdown(plain(tr("data.undo_mates", tables=others)))
        with st.container(horizontal=True):
            if st.button(page.tr("data.undo_now"), type="primary", key="undo-now"):
                _undo(page, db, [number])
            if mates and st.button(tr("data.undo_all"), key="undo-all"):
                _undo(page, db, [number, *(mate for mate, _ in mates)])
            if st.button(page.tr("data.keep"), type="tertiary", key="undo-keep"):
                st.rerun()

    ask()


def _undo(page, db, numbers: list[int]):
    with st.spinner(page.tr("data.undoing")), session.refusals():
        for number in numbers:
            importing.undo_import(db, number)
    st.session_state["import"] = session.Work(round=st.session_state["import"].round + 1)
    st.rerun()


def show_templates(page):
    """Which exports the product reads, their required columns, an empty one to fill in."""
    tr = page.tr
    with cards.card("templates", tr("data.templates_title"), tr("data.templates_subtitle"), height="content"):
        for table in TABLES.values():
            with st.container(
                horizontal=True, vertical_alignment="center", key=f"line-template-{table.name}", wrap=False
            ):
                needs = tr("data.needs_columns", columns=formats.listed(table.required, 9, page.language))
                about = formats.together((tr(f"tables_about.{table.name}"), needs), page.language)
                cards.line(tr(f"tables.{table.name}"), about)
                downloads.template(table.name, importing.template(table.name), tr("data.template"))
