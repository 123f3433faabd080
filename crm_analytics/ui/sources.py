"""A file of a source that is known: how it was read last time, what is asked where a column is gone, reading it as a new one."""

from datetime import date

import streamlit as st

from crm_analytics import formats
from crm_analytics.ui import cards, mapping
from crm_analytics.ui.text import plain

QUIET = ("read_as_before", "dates_as_before", "columns_added", "columns_gone")  # cautions that only say how it goes on
GONE = ("column_gone", "needed_column_gone")  # questions about a column that is there no more; the table may need it


def facts(page, params: dict, table: str | None = None) -> dict:
    """Parameters of a sentence in the reader's words: tables by their names, a field of this table by its, days as days."""
    said = dict(params)
    if table and "field" in params:
        said["field"] = mapping.field_label(page, table, params["field"])
    for name in ("nearest", "table", "other", "was"):
        if page.tr.knows(f"tables.{params.get(name)}"):
            said[name] = page.tr(f"tables.{params[name]}")
    days = {name: formats.day(value, page.language) for name, value in params.items() if isinstance(value, date)}
    return said | days


def show_profile(page, session, file):
    """After which import the file is read, with the way out of it."""
    profile = file.profile
    is_other = file.refused is not None and file.refused.code == "E_OTHER_SOURCE"
    if not (profile or is_other):
        return
    with st.container(horizontal=True, vertical_alignment="center", key="profile"):
        if profile:
            st.caption(plain(formats.together(_said(page, file), page.language)), width="content")
        if st.button(page.tr("data.read_anew"), type="tertiary", key="read-anew"):
            session.correct(
                file,
                anew=True,
                mapping={},
                answers={},
                date_order=None,
                decimal_mark=None,
                table=file.options.table if is_other else None,
            )


def _said(page, file) -> list[str]:
    """How the source was read before, and what is new or gone since."""
    quiet = [caution for caution in file.warnings if caution.code in QUIET]
    found = [page.tr(f"cautions.{each.code}", **facts(page, each.params, file.table)) for each in quiet]
    return found or [page.tr("data.read_as_last", **facts(page, file.profile.facts))]


def ask_column(page, session, file, question, number: int):
    """Which column of this file holds what a column of last time held, or none."""
    field, table = question.params["field"], file.table
    label = mapping.field_label(page, table, field)
    with cards.card(f"question-{number}", page.tr("data.question_title"), height="content"):
        words = facts(page, question.params) | {"column": question.column, "field": label}
        st.markdown(plain(page.tr("questions.column_gone", **words)))
        used = {reading.place for reading in file.typed.readings} if file.typed else set()
        free = [header for place, header in enumerate(file.landing.headers) if place not in used]
        answer = st.radio(
            label,
            [*free, ""] if question.code == "column_gone" else free,
            index=None,
            format_func=lambda header: plain(header or page.tr("data.go_without")),
            label_visibility="collapsed",
            key=f"answer-{file.sha256}-{question.code}-{field}",
        )
        if answer is not None:
            session.correct(file, mapping=file.options.mapping | {field: answer})
