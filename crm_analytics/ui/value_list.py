"""The customers behind the numbers of the future, a page at a time: who is in it is named by a mark, or by one of four lists."""

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.metrics import value
from crm_analytics.ui import cards, decisions, kept, tables
from crm_analytics.ui.customers import ROWS, open_customer, pages

EVERYBODY = 1_000_000_000
WHOM = {  # lists by name -> what `value.customers` takes
    "": {},
    "lost": {"alive": "doubtful,gone", "brought": "high"},
    "safe": {"alive": "here", "brought": "high"},
    "once": {"alive": "unknown"},
}
MARKS = {  # kind of a mark -> the options of `value.customers` that its words stand for
    "tier": ("tier",),
    "chance": ("alive", "brought"),
    "rhythm": ("bought", "since"),
    "worth": ("worth",),
}
SHOWN = (
    "customer_id", "name", "tier", "probability_alive", "expected_orders", "expected_value", "clv", "low", "high", "at_stake",
    "last_order_date",
)  # fmt: skip
ORDERS = ("clv", "at_stake", "expected_orders", "probability_alive", "revenue_ever")


def pick(mark):
    """A mark was clicked: the list shows its customers."""
    kind, *words = mark
    kept.write("whom", ":".join([kind, *words[: len(MARKS[kind])]]))
    kept.write("page", "1", "1")
    st.rerun()


def picked() -> tuple[str, dict]:
    """The list that the URL names, and what `value.customers` takes for it."""
    said = kept.asked("whom")
    kind, *words = said.split(":")
    names = MARKS.get(kind, ())
    if words and len(words) == len(names) and all(word in value.GROUPS[name] for name, word in zip(names, words)):
        return said, dict(zip(names, words))
    return (said, WHOM[said]) if said in WHOM else ("", {})


def show(page, view):
    """Card: the list, in the order that suits it, with what can be done with all of it."""
    tr, (name, whom) = page.tr, picked()
    is_doubtful = "gone" in whom.get("alive", "") or whom.get("alive") == "doubtful"
    usual = "at_stake" if is_doubtful else ORDERS[0]
    order, asked = kept.asked("order", ORDERS, usual), view.options | view.cuts | whom
    found = page.measure(value.size, **asked)
    at = min(_page(), pages(found))
    title = tr("value.list_title", whom=_words(page, name, whom), n=formats.count(found))
    with cards.card("value-list", title, tr("value.list_subtitle"), height="content"):
        _choose(page, name, whom, order, usual)
        rows = page.measure(value.customers, **asked, order_by=order, limit=ROWS, offset=ROWS * (at - 1))
        _table(page, rows, (name, order, at))
        if pages(found) > 1:
            st.pagination(pages(found), default=at, key=f"value.page.{at}", on_change=_turn, args=(f"value.page.{at}",))
        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key="proof-value-list"):
            _act(page, asked | {"order_by": order, "limit": EVERYBODY}, found)


def _choose(page, name: str, whom: dict, order: str, usual: str):
    """One of the lists, the one a mark has named among them, and its order."""
    tr = page.tr
    with st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="value.list"
    ):
        st.segmented_control(
            tr("value.whom"), [*WHOM, *([name] if name not in WHOM else [])], required=True, label_visibility="collapsed",
            format_func=lambda each: _words(page, each, whom), **kept.controlled("whom", name),
        )  # fmt: skip
        st.selectbox(
            tr("value.order"), ORDERS, format_func=page.column_label, width=260, label_visibility="collapsed",
            **kept.controlled("order", order, usual),
        )  # fmt: skip


def _act(page, everyone: dict, found: int):
    """Save all of the list as a set, take it away as a file, see how it was computed."""
    tr = page.tr
    if found:
        label = tr("value.save_all", n=formats.count(found))
        decisions.save_as_set(
            page, "value", lambda: page.fetch(value.customers, **everyone).customer_id.tolist(), found, label
        )
    page.downloads(lambda: page.fetch(value.customers, **everyone), "value")
    about = [
        (tr(f"columns.{name}"), tr(f"value.about_{key}"), "")
        for name, key in (("clv", "customers"), ("low", "interval"))
    ]
    cards.explained(page, about, value.customers, key="value-list")


def _page() -> int:
    said = kept.asked("page", default="1")
    return max(1, int(said)) if said.isascii() and said.isdigit() and len(said) < 9 else 1


def _turn(key: str):
    kept.write("page", str(st.session_state[key]), "1")


def _words(page, name: str, whom: dict) -> str:
    """A list in words: its name, or the groups that a mark stands for."""
    tr = page.tr
    if name in WHOM:
        return tr(f"value.whom_{name or 'all'}")
    return " · ".join(
        tr(f"tiers.{word}" if group == "tier" else f"value.{group}_{word}") for group, word in whom.items()
    )


def _table(page, rows: pd.DataFrame, of: tuple):
    """The list as it is shown; a click opens the customer."""
    shown = page.in_words(rows[list(SHOWN)].dropna(axis="columns", how="all")).rename(
        columns={"probability_alive": "alive_share"}
    )
    chosen = tables.frame(
        page, shown, height=44 + 35 * min(max(len(rows), 1), 14),
        key=f"value.rows.{page.version}.{abs(hash((page.filters, of)))}", on_select="rerun", selection_mode="single-cell",
    ).selection  # fmt: skip
    if chosen.cells:
        open_customer(page, rows.customer_id.iloc[chosen.cells[0][0]])
