"""What every part about movement shares: the earlier day that the URL names, its field, and the list of who moved."""

from collections.abc import Mapping
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.ui import kept, tables
from crm_analytics.ui.customers import open_customer

MOST_ROWS = 12  # of the list without scrolling


def from_date(page) -> date:
    """The day the URL names (`q.from`), if it lies within the data and before the last day; else the last day of the window before."""
    usual = page.filters.start - timedelta(days=1)
    if page.is_empty:
        return usual
    try:
        day = date.fromisoformat(kept.asked("from"))
    except ValueError:
        return usual
    return day if page.filters.data_from <= day < page.filters.as_of else usual


def day_words(page) -> str:
    """The earlier day as the reader writes it."""
    return formats.day(from_date(page), page.language)


def picker(page, about: str):
    """The field for the earlier day.  `about`: what is compared on the two days."""
    filters, day = page.filters, from_date(page)
    st.date_input(
        page.tr("movement.from_date"),
        format="YYYY-MM-DD",
        min_value=min(filters.data_from, day),
        max_value=filters.as_of - timedelta(days=1),
        width=200,
        help=about,
        **kept.controlled("from", day, turn=lambda chosen: chosen.isoformat()),
    )


def movers(page, rows: pd.DataFrame, worded: Mapping[str, pd.Series], what: tuple):
    """Who moved, as a table with codes in words; a click opens the customer.  `what`: tells this list from others on the screen."""
    chosen = tables.frame(
        page, rows.assign(**worded).drop(columns="note").dropna(axis="columns", how="all"),
        height=44 + 35 * min(max(len(rows), 1), MOST_ROWS),
        key=f"moves.rows.{page.version}.{abs(hash((page.filters, *what)))}",
        on_select="rerun", selection_mode="single-cell",
    ).selection  # fmt: skip
    if chosen.cells:
        open_customer(page, rows.customer_id.iloc[chosen.cells[0][0]])
