"""A screen without its data: which export it wants, with which columns, and what it will then show."""

import streamlit as st

from crm_analytics import formats, importing
from crm_analytics.schema import TABLES
from crm_analytics.ui import cards, downloads

SHOWN = 7


def empty(page, table: str):
    """The answer names the export; columns with examples left, what there will be to see right, one primary button."""
    tr, wanted = page.tr, TABLES[table]
    page.answer(
        tr(f"menu.{page.topic}"),
        tr(
            "frame.empty_answer", table=tr(f"tables.{table}"), columns=formats.listed(wanted.required, 9, page.language)
        ),
    )
    with cards.card("empty", height="content"):
        left, right = st.columns([3, 2], gap="medium")
        with left:
            cards.heading(tr("frame.empty_title", table=tr(f"tables.{table}")), tr(f"tables_about.{table}"))
            _columns(page, wanted)
            _buttons(page, table)
        with right:
            cards.heading(tr("frame.empty_see"), tr("frame.empty_zero"))
            cards.points(tr(f"{page.topic}.will_show").split("\n"))


def _columns(page, table):
    tr = page.tr
    columns = sorted((column for column in table.columns if column.stored), key=lambda column: not column.required)[
        :SHOWN
    ]
    headers = [tr(f"frame.empty_{name}") for name in ("column", "meaning", "needed", "example")]
    cards.grid(
        headers,
        [
            (
                column.name,
                tr(f"fields_about.{table.name}.{column.name}"),
                tr("frame.yes" if column.required else "frame.no"),
                column.example,
            )
            for column in columns
        ],
    )


def _buttons(page, table: str):
    with st.container(horizontal=True):
        if st.button(page.tr("frame.upload"), type="primary", icon=":material/upload:", key="empty-upload"):
            st.switch_page("pages/data.py", query_params=page.query)
        downloads.template(table, importing.template(table), page.tr("frame.template"), plain=False)
