"""Tables: up to a dozen rows as HTML, longer ones as a grid to scroll.  Data reach the screen as text."""

import html
from types import SimpleNamespace

import pandas as pd
import streamlit as st

SHARES = ("_rate", "_share")
AMOUNTS = (
    "revenue",
    "margin",
    "amount",
    "covered_revenue",
    "average_order_value",
    "cost",
    "profit",
    "expected_value",
    "clv",
    "own_sales",
    "total_spend",
)  # and revenue_before, revenue_ever ...


def grid(headers, rows, right=(), quiet=(), losses=(), total: bool = False):
    """A table of up to a dozen rows; `right`: columns of numbers, `quiet`: in grey, `losses`: red below zero."""
    kinds = ["right" if i in right else "quiet" if i in quiet else "" for i in range(len(headers))]
    head = "".join(f'<th class="{kind}">{html.escape(str(text))}</th>' for kind, text in zip(kinds, headers))
    lines = [
        f"<tr>{''.join(_cell(cell, kind, place in losses) for place, (kind, cell) in enumerate(zip(kinds, row)))}</tr>"
        for row in rows
    ]
    if total and lines:
        lines[-1] = lines[-1].replace("<tr>", '<tr class="total">', 1)
    st.html(
        f'<div class="grid-wrap"><table class="grid"><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'
    )


def _cell(cell, kind: str, may_lose: bool) -> str:
    loss = " loss" if may_lose and str(cell).startswith("−") else ""
    return f'<td class="{kind}{loss}">{html.escape(str(cell))}</td>'


def frame(page, rows: pd.DataFrame, *, height="auto", key: str | None = None, **selecting):
    """A long table: columns in the reader's words, dates and numbers as the reader writes them; returns what is selected."""
    if rows.empty:
        st.caption(page.tr("frame.no_rows"))
        return SimpleNamespace(selection=SimpleNamespace(rows=[], columns=[], cells=[]))
    amounts = [column for column in rows.select_dtypes("float") if not column.endswith(SHARES)]
    shares = [column for column in rows.select_dtypes("float") if column.endswith(SHARES)]
    rows = rows.round(dict.fromkeys(amounts, 2) | dict.fromkeys(shares, 3))
    config = {column: _column(page, column, rows[column]) for column in rows.columns}
    return st.dataframe(
        rows, hide_index=True, column_config=config, height=height, key=key, placeholder="", **selecting
    )


def _column(page, column: str, values: pd.Series):
    """How a column is shown.  Amounts stay exact, with the currency in the head: a table is there to sort, compare and copy."""
    label = page.column_label(column)
    if page.currency and column.startswith(AMOUNTS) and pd.api.types.is_numeric_dtype(values):
        label = page.tr("frame.in_currency", label=label, currency=page.currency)
    if column.endswith("_date") or pd.api.types.is_datetime64_dtype(values):
        return st.column_config.DateColumn(label, format="YYYY-MM-DD")
    if pd.api.types.is_bool_dtype(values):
        return st.column_config.CheckboxColumn(label)
    if column.endswith(SHARES):
        return st.column_config.NumberColumn(label, format="percent")
    if pd.api.types.is_float_dtype(values) and not (values.dropna() % 1 == 0).all():
        return st.column_config.NumberColumn(label, format="accounting")
    if pd.api.types.is_numeric_dtype(values):
        return st.column_config.NumberColumn(label, format="localized")
    return st.column_config.TextColumn(label)
