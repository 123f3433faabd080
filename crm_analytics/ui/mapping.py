"""Which column of a file is what: shown with its first values, corrected with select boxes; each correction reads again."""

import pandas as pd
import streamlit as st

from crm_analytics.importing import ColumnPlan, recognise
from crm_analytics.schema import TABLES
from crm_analytics.ui import cards

STATES = {"certain": "✓", "check": "⚠", "ask": "⚠", "kept": "✓", "elsewhere": "·", "unused": "·"}


def show_mapping(page, session, file):
    """Which column is what: corrected with select boxes; each correction reads the file again."""
    if file.landing is None:
        return
    tr, unsure = page.tr, sum(column.state in ("check", "ask") for column in file.columns)
    certainty = tr("data.mapping_unsure", n=unsure) if unsure else tr("data.mapping_sure")
    certainty = tr("data.mapping_open") if not file.is_taken else certainty
    with cards.card("mapping", tr("data.mapping_title"), certainty, height="content"):
        _show_table(page, session, file)
        table = file.table or file.options.table
        if table in TABLES:
            _edit_mapping(page, session, file, table, file.columns or _by_header(file, table))


def _edit_mapping(page, session, file, table: str, columns):
    names = ["header", "examples", "filled", "becomes", "reading", "state"]
    rows = pd.DataFrame([_row(page, column) for column in columns], columns=names)
    edited = st.data_editor(
        rows,
        hide_index=True,
        disabled=[name for name in names if name != "becomes"],
        height=38 + 35 * min(len(rows), 12),
        column_order=names if file.columns else ["header", "becomes", "state"],
        placeholder="–",
        key=f"mapping-{file.sha256}-{table}-{hash(tuple(rows.becomes.fillna('')))}",
        column_config=_mapping_columns(page, table),
    )
    if not edited.becomes.fillna("").equals(rows.becomes.fillna("")):
        session.correct(file, table=table, mapping=_mapping(rows, edited))


def _mapping_columns(page, table: str) -> dict:
    tr, fields = page.tr, [column.name for column in TABLES[table].columns]
    return {
        "header": st.column_config.TextColumn(tr("data.map_header"), width=150),
        "examples": st.column_config.TextColumn(tr("data.map_examples"), width=200),
        "filled": st.column_config.NumberColumn(tr("data.map_filled"), format="percent", width=70),
        "becomes": st.column_config.SelectboxColumn(
            tr("data.map_becomes"), options=fields, format_func=lambda name: field_label(page, table, name), width=200
        ),
        "reading": st.column_config.TextColumn(tr("data.map_reading"), width=130),
        "state": st.column_config.TextColumn(tr("data.map_state"), width=125),
    }


def _by_header(file, table: str) -> list[ColumnPlan]:
    """The columns of a file that was not read further than its headers: what a person may still put right."""
    headers = file.landing.headers
    taken = {header: name for name, header in recognise.match(table, headers, file.options.mapping).mapping.items()}
    return [
        ColumnPlan(header, [], float("nan"), taken.get(header), "", "check" if header in taken else "unused")
        for header in headers
    ]


def _show_table(page, session, file):
    """What the file is taken for."""
    names = list(TABLES)
    taken = st.selectbox(
        page.tr("data.taken_for"),
        names,
        index=names.index(file.table) if file.table in names else None,
        width=360,
        format_func=lambda name: page.tr(f"tables.{name}"),
        placeholder=page.tr("data.choose_table"),
        key=f"table-{file.sha256}-{file.name}-{file.table}",
    )
    if taken and taken != file.table and not (file.refused and taken == file.options.table):
        session.correct(file, table=taken, mapping={})


def _row(page, column) -> tuple:
    mark, word = STATES[column.state], page.tr(f"data.state_{column.state}")
    return (
        column.header,
        " · ".join(column.examples),
        column.filled,
        column.field,
        _reading(page, column.reading),
        f"{mark} {word}",
    )


def _reading(page, reading: str) -> str:
    """timestamp, d/m/Y -> date and time, d/m/Y"""
    kind, _, form = reading.partition(", ")
    word = page.tr(f"data.kind_{kind}") if page.tr.knows(f"data.kind_{kind}") else kind
    return f"{word}, {form}" if form else word


def _mapping(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, str]:
    """field -> header as a person wants it; '' for a field that its column lost."""
    wanted = {field: header for field, header in zip(after.becomes, after.header) if isinstance(field, str)}
    lost = {field: "" for field in before.becomes if isinstance(field, str) and field not in wanted}
    return wanted | lost


def field_label(page, table: str, name: str) -> str:
    """The reader's word for a field of a table."""
    key = f"fields.{table}.{name}"
    return page.tr(key) if page.tr.knows(key) else name
