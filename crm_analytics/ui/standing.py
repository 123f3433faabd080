"""One customer against the tier: own figure, the tier's average and median, and how many of the tier stand below."""

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts.waterfall import ratio
from crm_analytics.metrics import customer, customers, pyramid
from crm_analytics.ui import cards, kept, tables
from crm_analytics.ui.customers import named
from crm_analytics.ui.text import plain

HITS = 8


def card(page, view):
    """Search, then the customer's figures; without a choice the first of the ranking."""
    tr = page.tr
    id, name, tier = _chosen(page, view)
    if not id:
        cards.heading(tr("pyramid_value.standing_title"), tr("pyramid_value.standing_nobody"))
        return
    found = page.measure(pyramid.standing, id=id, by=view.by)
    words = {"name": named(id, name), "those": tr(f"pyramid_value.those_{tier if isinstance(tier, str) else 'own'}")}
    cards.heading(_title(page, found, words), tr("pyramid_value.standing_subtitle"))
    _search(page)
    known = found[found.own.notna()]
    if known.empty:
        st.caption(tr("pyramid_value.standing_empty"))
        return
    heads = ("measure", "own", "tier_average", "tier_median", "percentile")
    tables.grid(
        [tr(f"pyramid_value.column_{each}") for each in heads],
        [_row(page, row) for row in known.itertuples()],
        right=(1, 2, 3, 4),
        losses=(1, 2, 3),
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
        st.page_link(
            "pages/customer.py", label=tr("pyramid_value.open", name=plain(named(id, name))), icon=":material/person:",
            query_params=page.query | {"id": [id]},
        )  # fmt: skip
    page.proof(
        found, "standing", pyramid.standing, tr("pyramid_value.standing_title"), tr("pyramid_value.about_standing")
    )


def _title(page, found: pd.DataFrame, words: dict) -> str:
    """Above how many of the tier; nothing is said of the lowest, who may be the only one."""
    revenue = found.set_index("measure").percentile_in_tier.get("revenue") if len(found) else None
    if formats.is_missing(revenue) or not revenue:
        return page.tr("pyramid_value.standing_of", **words)
    return page.tr("pyramid_value.standing_above", share=formats.percent(revenue, 0), **words)


def _row(page, row) -> tuple[str, ...]:
    """Measure, own, average, median, and the share of the tier below."""

    written = {"orders": formats.number, "roi": ratio}.get(row.measure, page.money)

    return (
        page.tr(f"pyramid_value.measure_{row.measure}"), written(row.own), written(row.tier_average), written(row.tier_median),
        formats.percent(row.percentile_in_tier, 0),
    )  # fmt: skip


def _chosen(page, view) -> tuple[str, str | None, str | None]:
    """Number, name and tier of the customer the URL names, if there is one; else of the first in the ranking.

    The tier is the customers list's, so it is left open where this screen ranks otherwise."""
    asked = kept.asked("customer")
    if asked and len(page.measure(customer.who, id=asked)):
        row = page.measure(customer.summary, id=asked).iloc[0]
        return row.customer_id, row["name"], row.tier if view.is_as_in_the_list else None
    first = page.measure(pyramid.customers, **view.ranking, limit=1)
    return (first.customer_id.iloc[0], first.name.iloc[0], first.tier.iloc[0]) if len(first) else ("", None, None)


def _search(page):
    """By number or name; one hit is shown at once, several as buttons."""
    tr = page.tr
    words = st.text_input(
        tr("pyramid_value.search"), placeholder=tr("customers.search_hint"), icon=":material/search:", key="standing.search",
        label_visibility="collapsed",
    ).strip()  # fmt: skip
    if not words or words == st.session_state.get("standing.found"):
        return
    hits = page.measure(customers.listing, search=words, columns="name", limit=HITS + 1)
    exact = hits[hits.customer_id == words]
    if hits.empty:
        st.caption(tr("customer.no_hit", words=plain(words)))
    elif len(hits) == 1 or len(exact):
        _choose((exact if len(exact) else hits).customer_id.iloc[0], words)
    else:
        with st.container(horizontal=True, gap="xsmall"):
            for row in hits.head(HITS).itertuples():
                label = plain(named(row.customer_id, row.name))
                st.button(label, key=f"standing.{row.customer_id}", on_click=_remember, args=(row.customer_id, words))
        if len(hits) > HITS:
            st.caption(tr("customer.more_hits"))


def _remember(id: str, words: str):
    st.session_state["standing.found"] = words
    kept.write("customer", id)


def _choose(id: str, words: str):
    _remember(id, words)
    st.rerun()
