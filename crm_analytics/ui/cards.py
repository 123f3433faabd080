"""Cards: headline numbers, findings, small tables.  Data reach the screen escaped, whatever they contain."""

import html
import inspect
from contextlib import contextmanager

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.ui.numbers import Number
from crm_analytics.ui.text import bold, plain

SHARES = ("_rate", "_share")


@contextmanager
def card(key: str, title: str = "", subtitle: str = "", height="stretch"):
    """A white card; title and subtitle may carry **bold**."""
    with st.container(border=True, key=f"card-{key}", height=height):
        if title:
            heading(title, subtitle)
        yield


def heading(title: str, subtitle: str = ""):
    """Title of a card, its qualifier and unit below."""
    under = f'<p class="subtitle">{bold(subtitle)}</p>' if subtitle else ""
    st.html(f'<h2 class="title">{bold(title)}</h2>{under}')


def four() -> list:
    """Places for four cards: in a row or two by two, never three and an orphan; each `with` fills the next."""
    outer = st.grid(2, min_column_width=580)
    left, right = (outer.grid(2, min_column_width=240, height="stretch") for _ in range(2))
    return [left, left, right, right]


def kpi(number: Number, trend=None):
    """A main card: value, change beside the value before, trend, then target left and n with interval right."""
    with st.container(border=True, key=f"card-kpi-{number.kpi}", height="stretch"):
        if number.is_missing:
            wanted(number)
        else:
            metric(number, trend, colour=number.colour)
            target, basis = html.escape(number.target_words), html.escape(number.basis_words)
            st.html(f'<div class="foot"><span>{target}</span><span>{basis}</span></div>')


def metric(number: Number, trend=None, colour: str = "off"):
    """The number with its change; `colour` "off" keeps it grey."""
    st.metric(
        number.label,
        number.value,
        number.change,
        delta_color=colour,
        delta_description=number.beside,
        help=number.explanation,
        chart_data=trend,
        chart_type="area" if trend is not None and colour != "off" else "line",
        delta_arrow="auto" if number.moved else "off",
    )


def wanted(number: Number):
    """A number without data says which export it wants; it is never a zero."""
    label, note = html.escape(number.label), html.escape(number.note)
    st.html(f'<div class="wanted"><p class="label">{label}</p><p class="none">–</p><p class="why">{note}</p></div>')
    number.link()


def figures(items):
    """A strip of plain numbers in one card: (label, value, note) each."""
    for column, (label, value, note) in zip(st.columns(len(items)), items):
        column.html(
            f'<div class="figure"><p class="label">{html.escape(label)}</p><p class="value">{html.escape(value)}</p>'
            f'<p class="note">{html.escape(note)}</p></div>'
        )


def line(title: str, detail: str, struck: bool = False):
    """A row of a list: what it is, and what is known of it."""
    st.html(f'<div class="line{" gone" if struck else ""}"><p>{html.escape(title)}</p><small>{html.escape(detail)}</small></div>')


def points(sentences):
    """A short list."""
    st.html(f'<ul class="points">{"".join(f"<li>{html.escape(sentence)}</li>" for sentence in sentences)}</ul>')


def findings(rows):
    """Badge with shape and word, then a sentence and what is behind it: (tone, badge, sentence, detail) each."""
    cells = "".join(
        f'<span class="badge {tone}">{html.escape(word)}</span><p>{bold(sentence)}<small>{html.escape(detail)}</small></p>'
        for tone, word, sentence, detail in rows
    )
    st.html(f'<div class="findings">{cells}</div>')


def grid(headers, rows, right=(), quiet=(), total: bool = False):
    """A table of up to a dozen rows; `right`: columns of numbers, `quiet`: columns in grey."""
    kinds = ["right" if i in right else "quiet" if i in quiet else "" for i in range(len(headers))]
    head = "".join(f'<th class="{kind}">{html.escape(str(text))}</th>' for kind, text in zip(kinds, headers))
    lines = [
        f"<tr>{''.join(f'<td class={chr(34)}{kind}{chr(34)}>{html.escape(str(cell))}</td>' for kind, cell in zip(kinds, row))}</tr>"
        for row in rows
    ]
    if total and lines:
        lines[-1] = lines[-1].replace("<tr>", '<tr class="total">', 1)
    st.html(f'<div class="grid-wrap"><table class="grid"><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>')


def frame(page, rows: pd.DataFrame, *, height="auto", key: str | None = None):
    """A long table: columns in the reader's words, dates and numbers as the reader writes them."""
    amounts = [column for column in rows.select_dtypes("float") if not column.endswith(SHARES)]
    rows = rows.round(dict.fromkeys(amounts, 2))
    config = {column: _column(page, column, rows[column]) for column in rows.columns}
    st.dataframe(rows, hide_index=True, column_config=config, height=height, key=key, placeholder="")


def _column(page, column: str, values: pd.Series):
    label = page.column_label(column)
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


def explained(page, rows, metric):
    """ "How is this computed?": (number, definition, basis) each, how fresh the data is, then the code that computes it."""
    tr = page.tr
    with st.popover(tr("frame.how"), icon=":material/function:", type="tertiary", key="explained"):
        for label, definition, basis in rows:
            st.markdown(f"**{plain(label)}** — {plain(definition)}" + (f"  \n:gray[{plain(basis)}]" if basis else ""))
        st.caption(tr("frame.fresh", day=formats.day(page.last_day, page.language), version=page.version))
        with st.expander(tr("frame.source")):
            st.code(inspect.getsource(metric), language="python")
