"""Who could make a move: customers by name with the reasons, to tick and to use as the movers."""

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.metrics import whatif
from crm_analytics.ui import cards, decisions, kept, moves, tables
from crm_analytics.ui.customers import open_customer
from crm_analytics.ui.scenarios import LAYERS, USUAL, Scenario, move_words

LIMITS = (20, 50, 100)
UPWARD = [(a, b) for a in reversed(LAYERS) for b in reversed(LAYERS) if LAYERS.index(b) < min(LAYERS.index(a), 4)]
SHOWN = (
    "customer_id", "name", "revenue", "gap_to_threshold", "chance_rate", "wallet_room", "satisfaction", "trend_rate",
    "days_since_last_order", "why",
)  # fmt: skip


def show(page, scenario: Scenario, present: dict[str, int]):
    """The candidates of one move, and what can be done with those that are ticked."""
    tr = page.tr
    choices = _moves(scenario, present)
    if not choices:
        with cards.card("candidates", tr("whatif.candidates_title"), tr("whatif.candidates_nobody"), height="content"):
            return
    with cards.card("candidates", height="content"):
        place = st.container()
        source, target, limit = _choose(tr, choices)
        found = page.measure(whatif.candidates, move=f"{source}:{target}", limit=limit, **scenario.ranking)
        with place:
            cards.heading(_title(tr, found, source, target, present), tr("whatif.candidates_subtitle"))
        if found.empty:
            st.caption(tr("whatif.candidates_none"))
            return
        picked = _table(page, found, f"candidates-{source}-{target}-{limit}")
        with st.container(horizontal=True, key="whatif.actions", vertical_alignment="center"):
            _act(page, scenario, found, picked, source, target)
        page.proof(found, "candidates", whatif.candidates, tr("whatif.candidates_title"), tr("whatif.candidates_about"))
    _already(page, scenario)


def _moves(scenario: Scenario, present: dict[str, int]) -> list[tuple[str, str]]:
    """The moves of the scenario first, then every other way up from a layer with customers."""
    made = [(a, b) for a, b, _ in scenario.moves if (a, b) in UPWARD]
    return [move for move in dict.fromkeys([*made, *USUAL, *UPWARD]) if present.get(move[0])]


def _choose(tr, choices) -> tuple[str, str, int]:
    codes = [f"{a}:{b}" for a, b in choices]
    asked = kept.asked("move", codes, codes[0])
    left, right, _ = st.columns([3, 2, 4], vertical_alignment="bottom")
    left.selectbox(
        tr("whatif.move"),
        codes,
        format_func=lambda code: move_words(tr, *code.split(":")),
        **kept.controlled("move", asked, codes[0]),
    )
    limit = kept.asked("most", [str(n) for n in LIMITS], str(LIMITS[0]))
    right.segmented_control(
        tr("whatif.how_many"), LIMITS, required=True, **kept.controlled("most", int(limit), str(LIMITS[0]))
    )
    return *asked.split(":"), int(limit)


def _title(tr, found: pd.DataFrame, source: str, target: str, present: dict[str, int]) -> str:
    if found.empty:
        return tr("whatif.candidates_title")
    words = {"tier": tr(f"whatif.tier_{target}"), "source": tr(f"whatif.tier_{source}")}
    return tr("whatif.candidates_found", n=formats.count(len(found)), of=formats.count(present.get(source, 0)), **words)


def _table(page, found: pd.DataFrame, key: str) -> list[str]:
    """The list; returns the ids that are ticked, a click on a customer opens its page."""
    rows = found.rename(columns={"chance": "chance_rate", "trend": "trend_rate"})
    rows = rows.assign(why=[reasons_words(page, codes) for codes in found.reasons])
    known = [name for name in SHOWN if name in rows and (name in ("customer_id", "why") or rows[name].notna().any())]
    chosen = tables.frame(
        page,
        rows[known],
        height=44 + 35 * min(len(rows), 14),
        key=f"{key}.{page.version}.{abs(hash(page.filters))}",
        on_select="rerun",
        selection_mode=["multi-row", "single-cell"],
    ).selection
    if chosen.cells:
        open_customer(page, found.customer_id.iloc[chosen.cells[0][0]])
    return [found.customer_id.iloc[place] for place in chosen.rows if place < len(found)]


def reasons_words(page, codes) -> str:
    """close to the border, rising"""
    parts = codes.split(",") if isinstance(codes, str) else list(codes) if isinstance(codes, (list, tuple)) else []
    known = [
        page.tr(f"whatif.reason_{code.strip()}") for code in parts if page.tr.knows(f"whatif.reason_{code.strip()}")
    ]
    return formats.listed(known, most=9, language=page.language)


def _act(page, scenario: Scenario, found: pd.DataFrame, picked: list[str], source: str, target: str):
    tr = page.tr
    if not picked:
        st.caption(tr("whatif.how_to_pick"), width="content")
        n = min(scenario.count(source, target), len(found))
        if n:
            first = found.customer_id.head(n).tolist()
            _use(tr("whatif.use_first", n=n), scenario.with_named(first, source, target))
        return
    st.markdown(tr("customers.picked", n=len(picked)), width="content")
    _use(tr("whatif.use_picked", n=len(picked)), scenario.with_named(picked, source, target))
    decisions.save_as_set(page, "candidates", lambda: picked, len(picked), tr("customers.save_picked"))


def _use(label: str, scenario: Scenario):
    """Make them the movers, and show what that changes."""

    def take():
        scenario.write()
        moves.show_part("moves")

    st.button(label, icon=":material/how_to_reg:", type="primary", key="candidates.use", on_click=take)


def _already(page, scenario: Scenario):
    """Card: who is named already."""
    if scenario.named:
        with cards.card("named", height="content"):
            moves.named(page, scenario)
