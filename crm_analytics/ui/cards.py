"""Cards: headline numbers, findings, lists.  Data reach the screen escaped, whatever they contain."""

import html
from contextlib import contextmanager

import streamlit as st

from crm_analytics.ui import limits
from crm_analytics.ui.explained import explained
from crm_analytics.ui.numbers import Number
from crm_analytics.ui.tables import frame, grid
from crm_analytics.ui.text import bold, plain

__all__ = [
    "card", "explained", "figures", "findings", "four", "frame", "grid", "heading", "kpi", "line", "metric", "points", "wanted",
]  # fmt: skip


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
            limits.reserve(number.page, number.kpi)


def metric(number: Number, trend=None, colour: str = "off", *, is_narrow: bool = False):
    """The number with its change; `colour` "off" keeps it grey; in a narrow place what it is compared with is only named."""
    beside = number.beside_shortly if is_narrow else number.beside
    st.metric(
        number.label,
        plain(number.value),
        number.change and number.change[0] + plain(number.change[1:]),  # its sign is read before it is shown
        delta_color=colour,
        delta_description=beside and plain(beside),
        help="\n\n".join(map(plain, number.explained)),
        chart_data=trend,
        chart_type="area" if trend is not None and colour != "off" else "line",
        delta_arrow="auto" if number.moved else "off",
    )
    if is_narrow:
        limits.reserve(number.page, number.kpi)


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
    st.html(
        f'<div class="line{" gone" if struck else ""}"><p>{html.escape(title)}</p><small>{html.escape(detail)}</small></div>'
    )


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
