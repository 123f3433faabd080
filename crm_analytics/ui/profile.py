"""The Profile screen: its head, and what its parts share: words for values, rows for charts, lists of customers, what is wanted."""

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.metrics import profile
from crm_analytics.ui import cards, decisions, kept, relations, tables, whom
from crm_analytics.ui.customers import open_customer

PARTS = ("people", "baskets", "behaviour", "sources")
NEEDS_ORDERS = PARTS[1:]
CODED = ("loyalty", "arrival", "dependence", "trend")  # columns whose values are codes of this screen
LISTED = 100
EVERYBODY = 1_000_000_000
NARROWEST = 520  # pixels of a card with a chart
COLUMNS = ["label", "value", "low", "high", "text", "tip", "key", "is_quiet"]


def part(page) -> str:
    """Which part the URL names; without orders there is only the first."""
    return "people" if page.is_empty else kept.asked("part", PARTS, PARTS[0])


def head(page, sentence: str):
    """Window and answer, then the way to the other parts."""
    page.answer(" · ".join((page.tr("menu.profile"), page.window_words())), sentence)
    if not page.is_empty:
        st.segmented_control(
            page.tr("profile.part"),
            PARTS,
            format_func=lambda name: page.tr(f"profile.part_{name}"),
            required=True,
            label_visibility="collapsed",
            width="content",
            **kept.controlled("part", part(page), PARTS[0]),
        )


def has_anything(page) -> bool:
    """Somebody is left whom the numbers can be about; the answer has said so where there is nobody."""
    return not page.measure(profile.members, group="chosen", limit=1).empty


def known(page, what: str = "trait") -> list[str]:
    """Columns that customers can be described by, or what the order lines and other files tell ("lines")."""
    found = page.measure(profile.columns)
    return list(found.column[(found.what == what) & found.is_known.astype(bool)])


def both() -> object:
    """Places for cards, two in a row where there is room."""
    return st.grid(2, min_column_width=NARROWEST, height="stretch")


def value_words(page, column: str, value) -> str:
    """A value as the reader says it: codes of the product in words, everything else as the file has it."""
    if not isinstance(value, str):
        return page.tr("profile.other_values")
    if column in CODED:
        return page.tr(f"profile.{column}_{value}")
    key = f"{whom.WORDED.get(column)}.{value}"
    return page.tr(key) if page.tr.knows(key) else value


def column_words(page, column: str) -> str:
    """The reader's word for a column, or its header as text that is no markdown."""
    key = f"columns.{column}"
    return page.tr(key) if page.tr.knows(key) else column


def label(page, column: str, value) -> str:
    """Region: North"""
    return formats.labelled(column_words(page, column), value_words(page, column, value), page.language)


def rows(items: Sequence[dict]) -> pd.DataFrame:
    """Rows for a chart, from the top: `place` is where each stands."""
    frame = pd.DataFrame(items)
    for name in COLUMNS:
        if name not in frame:
            frame[name] = "" if name in ("text", "tip", "label") else None
    return frame.assign(place=range(len(frame)), is_quiet=[each is True for each in frame.is_quiet])


def times(page, ratio) -> str:
    """1.6×; 1.6 倍 in Chinese."""
    if formats.is_missing(ratio):
        return formats.NOTHING
    return page.tr("profile.times", n=f"{float(ratio):.2g}" if ratio < 10 else f"{float(ratio):.0f}")


def rate(value, low, high) -> str:
    """83% (79–86)"""
    if formats.is_missing(value):
        return formats.NOTHING
    return f"{formats.percent(value, 0)} ({formats.percent(low, 0)[:-1]}–{formats.percent(high, 0)[:-1]})"


def chart(
    page,
    key: str,
    title: str,
    subtitle: str,
    figure,
    frame,
    metric: Callable,
    about: str,
    on_click: Callable | None = None,
):
    """A card with one chart and its proof; `title` is the finding."""
    with cards.card(f"profile-{key}", title, subtitle):
        page.show(figure, f"profile-{key}", title.replace("**", ""), on_click=on_click)
        page.proof(
            frame, f"profile-{key}", metric, page.tr(f"profile.{about}_title"), page.tr(f"profile.about_{about}")
        )


def wanted(page, key: str, title: str, column: str, table: str):
    """A card without its data: the column and the export that would bring it, and the way there."""
    with cards.card(f"profile-{key}"):
        cards.heading(title, page.tr("profile.wants", column=column, table=page.tr(f"tables.{table}")))
        relations.add_export(page, table)


def opened(page, name: str, value: str):
    """The customers behind a mark that the customers list has no filter for: in the list below."""
    kept.write(name, value)
    st.rerun()


def listing(page, key: str, title: str, subtitle: str, metric: Callable, about: str, **options):
    """A list of customers: a click opens one, all of them can be kept as a set or taken away as a file."""
    found = page.measure(metric, **options, limit=LISTED)
    with cards.card(f"profile-{key}", title, subtitle, height="content"):
        shown = page.in_words(found.drop(columns="of_all").dropna(axis="columns", how="all")) if len(found) else found
        if "trend" in shown:
            shown = shown.assign(trend=[page.tr(f"profile.trend_{code}") for code in shown.trend])
        chosen = tables.frame(
            page, shown, height=44 + 35 * min(max(len(shown), 1), 10), on_select="rerun", selection_mode="single-cell",
            key=f"profile.{key}.{page.version}.{abs(hash((page.filters, tuple(options.items()))))}",
        ).selection  # fmt: skip
        if chosen.cells:
            open_customer(page, found.customer_id.iloc[chosen.cells[0][0]])
        if found.empty:
            return

        def everybody() -> pd.DataFrame:
            return page.fetch(metric, **options, limit=EVERYBODY).drop(columns="of_all")

        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key=f"proof-profile-{key}"):
            n = int(found.of_all.iloc[0])
            decisions.save_as_set(
                page,
                f"profile.{key}",
                lambda: list(everybody().customer_id),
                n,
                page.tr("customers.save_all", n=formats.count(n)),
            )
            page.downloads(everybody, key)
            cards.explained(page, [(title, page.tr(f"profile.about_{about}"), "")], metric, key=f"profile-{key}")
