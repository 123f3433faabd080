"""Share of wallet: what customers spend on such goods elsewhere, per layer and one by one."""

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.metrics import pyramid, value
from crm_analytics.ui import cards, relations, tables
from crm_analytics.ui.customers import open_customer

SHOWN = 100
EVERYBODY = 1_000_000_000
COLUMNS = (
    "customer_id", "name", "tier", "own_sales", "total_spend", "wallet_share", "room", "rank_share", "source", "estimated_on", "age_days",
    "note",
)  # fmt: skip


def answer(page, view) -> str:
    """Our share of what customers spend in all, and what they spend elsewhere."""
    found = page.measure(pyramid.relations)
    own = found.wallet_share * found.wallet_room / (1 - found.wallet_share).where(found.wallet_share < 1)
    room, mine = found.wallet_room.sum(), own.sum()
    if not found.wallet_share.notna().any():
        return page.tr("value.wallet_answer_rank" if found.rank_share.notna().any() else "value.wallet_answer_none")
    share = mine / (mine + room) if mine + room else None
    return page.tr("value.wallet_answer", share=formats.percent(share, 0), room=page.money(room))


def show(page, view):
    """The section."""
    found = page.measure(pyramid.relations)
    left, right = st.columns(2)
    with left, cards.card("value-wallet"):
        relations.wallet(page, found)
    with right, cards.card("value-relation"):
        relations.tenure(page, found)
    rows = page.measure(value.wallet, limit=SHOWN)
    if rows.empty:
        return
    tr = page.tr
    with cards.card("value-wallets", tr("value.wallets_title"), _capped(page, rows), height="content"):
        _table(page, rows)
        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key="proof-value-wallets"):
            page.downloads(lambda: page.fetch(value.wallet, limit=EVERYBODY), "wallets")
            cards.explained(
                page, [(tr("value.wallets_title"), tr("value.about_wallet"), "")], value.wallet, key="wallets"
            )


def _capped(page, rows: pd.DataFrame) -> str:
    """The warning about estimates that are below our own sales."""
    n = int(page.measure(pyramid.relations).wallet_capped.sum())
    words = [page.tr("value.wallets_subtitle")]
    if n:
        words.append(page.tr("value.wallets_capped_one" if n == 1 else "value.wallets_capped", n=formats.count(n)))
    return formats.together(words, page.language)


def _table(page, rows: pd.DataFrame):
    shown = page.in_words(rows[list(COLUMNS)])
    shown["note"] = rows.note.map(lambda code: page.tr(f"notes.{code}"), na_action="ignore")
    chosen = tables.frame(
        page, shown.dropna(axis="columns", how="all"), height=44 + 35 * min(len(rows), 14),
        key=f"value.wallets.{page.version}.{abs(hash(page.filters))}", on_select="rerun", selection_mode="single-cell",
    ).selection  # fmt: skip
    if chosen.cells:
        open_customer(page, rows.customer_id.iloc[chosen.cells[0][0]])
