"""A list of customers behind a number: its pages, a click opens a customer, all of it as a set of customers and as a file."""

from collections.abc import Callable

import streamlit as st

from crm_analytics import formats
from crm_analytics.charts.lifecycle import stage_words
from crm_analytics.ui import cards, decisions, kept, tables
from crm_analytics.ui.customers import open_customer

ROWS = 25  # on a page
EVERYBODY = 1_000_000_000
STAGES = ("stage", "from_stage", "to_stage")


def listed(page, name: str, metric: Callable, asked: dict, total: int, about: str, hidden=()):
    """The rows of `metric(**asked)`, which takes limit and offset and has `total` of them.

    `about`: what they are; `hidden`: columns that only the files hold."""
    pages = max(1, -(-total // ROWS))
    here = min(_place(name), pages)
    rows = page.measure(metric, **asked, limit=ROWS, offset=ROWS * (here - 1))
    shown = _in_words(page, rows.drop(columns=list(hidden))).dropna(axis="columns", how="all")
    chosen = tables.frame(
        page, shown, height=44 + 35 * min(max(len(rows), 1), 12),
        key=f"{name}.rows.{page.version}.{abs(hash((page.filters, tuple(sorted(asked.items(), key=str)), here)))}",
        on_select="rerun", selection_mode="single-cell",
    ).selection  # fmt: skip
    if chosen.cells:
        open_customer(page, rows.customer_id.iloc[chosen.cells[0][0]])
    everything = lambda: page.fetch(metric, **asked, limit=EVERYBODY)  # noqa: E731
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key=f"foot-{name}"
    ):
        with st.container(
            horizontal=True,
            width="content",
            gap="xxsmall",
            wrap=False,
            vertical_alignment="center",
            key=f"proof-{name}",
        ):
            if total:
                label = page.tr("customers.save_all", n=formats.count(total))
                decisions.save_as_set(page, name, lambda: everything().customer_id.tolist(), total, label)
                page.downloads(everything, name)
            cards.explained(page, [(page.tr(f"lists.{name}"), about, "")], metric, key=name)
        if pages > 1:
            key = f"{name}.page.{here}.{pages}"  # a key of its own for each page: this widget cannot be set otherwise
            st.pagination(pages, default=here, key=key, on_change=_turned, args=(name, key))


def _in_words(page, rows):
    """Stages and flows in the reader's words."""
    words = {column: rows[column].map(lambda code: stage_words(page.tr, code)) for column in STAGES if column in rows}
    if "flow" in rows:
        words["flow"] = rows.flow.map(lambda flow: page.tr(f"lifecycle.flow_{flow}"))
    return rows.assign(**words)


def _place(name: str) -> int:
    said = kept.asked(f"{name}_page", default="1")
    return int(said) if said.isascii() and said.isdigit() and 0 < len(said) < 9 and int(said) else 1


def _turned(name: str, key: str):
    kept.write(f"{name}_page", str(st.session_state[key]), "1")
