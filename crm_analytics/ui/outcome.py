"""A saved scenario held against what happened since: the moves, the layers, the customers named."""

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.errors import CrmError
from crm_analytics.metrics import whatif
from crm_analytics.ui import cards
from crm_analytics.ui.scenarios import TIERS, move_words
from crm_analytics.ui.text import plain

SHOWN = 12  # named customers; the file has all


def show(page, name: str, place):
    """Fills the card of one scenario; its heading goes into `place`, above what chooses it."""
    tr = page.tr
    try:
        found = page.fetch(whatif.outcome, name=name)  # not remembered: a scenario saved anew is no new data
    except CrmError as refusal:
        with place:
            cards.heading(tr("whatif.outcome_title"))
        st.markdown(plain(_in_words(page, refusal).sentence(tr)))
        return
    moves, named = found[found.kind == "move"], found[found.kind == "named"]
    layers = found[(found.kind == "tier") & (found.from_tier.isin((*TIERS, "total")))]
    with place:
        cards.heading(title(page, moves, layers), tr("whatif.outcome_subtitle", window=page.window_words()))
    left, right = st.columns([4, 5], gap="medium")
    with left:
        _moves(page, moves)
        _named(page, named)
    with right:
        _layers(page, layers)
    about = tr("whatif.outcome_title"), tr("whatif.outcome_about")
    page.proof(found, "outcome", whatif.outcome, *about)


def _in_words(page, refusal: CrmError) -> CrmError:
    """The refusal with its day as the reader writes it."""
    if "as_of" not in refusal.params:
        return refusal
    day = formats.day(pd.Timestamp(refusal.params["as_of"]), page.language)
    return CrmError(refusal.code, **refusal.params | {"as_of": day})


def title(page, moves: pd.DataFrame, layers: pd.DataFrame) -> str:
    """2 of 6 planned moves were made; profit is £5 k above plan"""
    tr = page.tr
    told = tr("whatif.outcome_moves", n=formats.count(moves.actual.sum()), of=formats.count(moves.planned.sum()))
    total = layers[layers.from_tier == "total"].iloc[0]
    for of in ("profit", "revenue"):
        gap = total[f"{of}_now"] - total[f"{of}_planned"]
        if not formats.is_missing(gap):
            way = "above" if gap >= 0 else "below"
            what = tr(f"whatif.of_{of}")
            return tr(f"whatif.outcome_{way}", told=told, what=what, value=page.money(abs(gap)))
    return told


def _moves(page, moves: pd.DataFrame):
    """Each move: how many were to make it, how many did, what these brought then and bring now."""
    tr = page.tr
    headers = [tr("whatif.move"), *(tr(f"whatif.column_{name}") for name in ("planned", "made", "their_revenue"))]
    lines = [
        [
            move_words(tr, row.from_tier, row.to_tier),
            formats.count(row.planned),
            formats.count(row.actual),
            _then_now(page, row) if row.actual else formats.NOTHING,
        ]
        for row in moves.itertuples()
    ]
    cards.grid(headers, lines, right=(1, 2, 3))


def _named(page, named: pd.DataFrame):
    """Who was named: where they were to go, where they are."""
    if named.empty:
        return
    tr = page.tr
    headers = [tr("whatif.column_named"), tr("whatif.move"), tr("whatif.column_now"), tr("whatif.column_their_revenue")]
    lines = [
        [
            row.name_of if isinstance(row.name_of, str) else row.customer_id,
            move_words(tr, row.from_tier, row.to_tier),
            ("✓ " if row.actual else "") + (tr(f"tiers.{row.tier_now}") if isinstance(row.tier_now, str) else "–"),
            _then_now(page, row),
        ]
        for row in named.rename(columns={"name": "name_of"}).head(SHOWN).itertuples()
    ]
    cards.grid(headers, lines, right=(3,))
    if len(named) > SHOWN:
        st.caption(tr("customers.more", n=formats.count(len(named) - SHOWN)))


def _then_now(page, row) -> str:
    if formats.is_missing(row.revenue_then):
        return formats.NOTHING
    return f"{page.money(row.revenue_then)} → {page.money(row.revenue_now)}"


def _layers(page, layers: pd.DataFrame):
    """Each tier and the whole: customers planned and now; revenue and profit then, as planned, now."""
    tr = page.tr
    shown = ("revenue", "profit") if layers.profit_now.notna().any() else ("revenue",)
    headers = [tr("columns.tier"), *(tr(f"whatif.column_customers_{when}") for when in ("planned", "now"))]
    headers += [tr(f"whatif.column_{of}_{when}") for of in shown for when in ("planned", "now")]
    lines = [
        [tr(f"pyramid.name_{row.from_tier}"), formats.count(row.planned), formats.count(row.actual)]
        + [page.money(getattr(row, f"{of}_{when}")) for of in shown for when in ("planned", "now")]
        for row in layers.itertuples()
    ]
    cards.grid(headers, lines, right=range(1, len(headers)), total=True)
