"""The best moves for a budget: the frontier, who is chosen and why; and what must be true for a profit the reader names."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import whatif as charts
from crm_analytics.metrics import pyramid
from crm_analytics.metrics import whatif as numbers
from crm_analytics.ui import cards, decisions, kept, moves, tables, whatif
from crm_analytics.ui.candidates import reasons_words
from crm_analytics.ui.customers import open_customer
from crm_analytics.ui.scenarios import MOST_NAMED, Scenario, move_words, moves_of
from crm_analytics.ui.text import plain

SHOWN = (
    "customer_id",
    "name",
    "move",
    "chance_rate",
    "revenue",
    "expected_gain",
    "cost",
    "expected_profit",
    "gain_per_cost",
    "why",
)
MOST = 20
TARGET = 50  # percent


def show(page, scenario: Scenario):
    """Controls and frontier side by side, the chosen customers below, then the inverse question."""
    left, right = st.columns([4, 9])
    with left, cards.card("budget"):
        options = _controls(page) | scenario.ranking
    chosen, refusal = whatif.measured(page, pyramid.optimise, options)
    with right, cards.card("frontier"):
        if refusal:
            cards.heading(page.tr("whatif.frontier_title"))
            st.markdown(plain(refusal.sentence(page.tr)))
        else:
            _frontier(page, options, chosen)
    if not refusal:
        with cards.card("chosen", height="content"):
            _chosen(page, scenario, options, chosen)
    with cards.card("required", height="content"):
        required_card(page, scenario)


def _controls(page) -> dict:
    """What there is to spend, what one move costs, how many at most; all of it in the URL."""
    tr = page.tr
    cards.heading(tr("whatif.optimiser_title"), tr("whatif.optimiser_subtitle"))
    budget = _amount(page, "spend")
    cost = _amount(page, "each")
    most = _number("top", MOST)
    st.number_input(
        tr("whatif.most"), 1, MOST_NAMED, step=5, **kept.controlled("top", min(max(most, 1), MOST_NAMED), str(MOST))
    )
    return {"budget": budget, "cost_per_move": cost, "most": min(max(most, 1), MOST_NAMED)}


def _amount(page, name: str) -> float:
    """An amount the URL names; empty means 0, and the field says what that stands for."""
    amount, label, about = float(_number(name, 0)), page.tr(f"whatif.{name}"), page.tr(f"whatif.{name}_help")
    label = page.tr("frame.in_currency", label=label, currency=plain(page.currency)) if page.currency else label
    nothing = page.tr(f"whatif.{name}_none")
    st.number_input(
        label, 0.0, step=100.0, format="%.0f", help=about, placeholder=nothing,
        **kept.controlled(name, amount or None, "0", "{:g}".format),
    )  # fmt: skip
    return amount


def _number(name: str, default: int) -> int:
    """A whole number the URL names; the default where it cannot be meant."""
    said = kept.asked(name, default=str(default))
    return int(said) if said.isascii() and said.isdigit() and len(said) < 13 else default


def _frontier(page, options: dict, chosen: pd.DataFrame):
    """What each budget would bring, with the one at hand marked."""
    tr = page.tr
    if chosen.empty:
        cards.heading(tr("whatif.frontier_title"), tr("whatif.frontier_none"))
        return
    spent, profit = float(chosen.cost.fillna(0).sum()), float(chosen.expected_profit.sum())
    rows = page.measure(numbers.frontier, **options)
    kind = "unknown" if chosen.cost.isna().all() else "spent" if spent and len(rows) > 1 else "free"
    words = {"n": formats.count(len(chosen)), "profit": page.money(profit), "spent": page.money(spent)}
    cards.heading(tr(f"whatif.frontier_{kind}", **words), tr(f"whatif.frontier_{kind}_subtitle"))
    if kind == "spent":
        figure = charts.frontier(rows, (spent, profit), tr, page.mode, page.currency)
        page.show(figure, "whatif-frontier", alt=tr("whatif.frontier_title"), height="stretch")
        page.proof(rows, "frontier", numbers.frontier, tr("whatif.frontier_title"), tr("whatif.frontier_about"))


def _chosen(page, scenario: Scenario, options: dict, chosen: pd.DataFrame):
    """The customers by name, each with the move, what it brings and why; use them, or save them as a set."""
    tr = page.tr
    if chosen.empty:
        cards.heading(tr("whatif.chosen_title"), tr("whatif.chosen_none"))
        return
    cards.heading(tr("whatif.chosen_n", n=formats.count(len(chosen))), tr("whatif.chosen_subtitle"))
    rows = chosen.rename(columns={"chance": "chance_rate"}).assign(
        move=[move_words(tr, a, b) for a, b in zip(chosen.from_tier, chosen.to_tier)],
        why=[reasons_words(page, codes) for codes in chosen.reasons],
    )
    shown = [name for name in SHOWN if name in rows and rows[name].notna().any()]
    picked = tables.frame(
        page,
        rows[shown],
        height=44 + 35 * min(len(rows), 12),
        key=f"optimise.{page.version}.{abs(hash((page.filters, tuple(sorted(options.items())))))}",
        on_select="rerun",
        selection_mode="single-cell",
    ).selection
    if picked.cells:
        open_customer(page, chosen.customer_id.iloc[picked.cells[0][0]])
    with st.container(horizontal=True, key="whatif.chosen_do", vertical_alignment="center"):
        st.button(
            tr("whatif.use_plan"),
            icon=":material/play_arrow:",
            type="primary",
            key="optimiser.use",
            on_click=_use,
            args=(planned(scenario, chosen),),
        )
        ids = chosen.customer_id.tolist()
        decisions.save_as_set(page, "optimiser", lambda: ids, len(ids), tr("whatif.save_set"))
    page.proof(chosen, "optimise", pyramid.optimise, tr("whatif.chosen_title"), tr("whatif.chosen_about"))


def planned(scenario: Scenario, chosen: pd.DataFrame) -> Scenario:
    """The plan as a scenario: these customers by name, at the plan's cost, with the one chance that expects the plan's gain."""
    chosen = chosen.head(MOST_NAMED)
    spent = float(chosen.cost.fillna(0).sum())
    success = float(chosen.expected_gain.sum() / (chosen.expected_gain / chosen.chance).sum())
    return replace(
        scenario,
        moves=(),
        named=tuple(zip(chosen.customer_id, chosen.to_tier)),
        success=f"{success:.4g}",
        cost_rule="budget" if spent else scenario.cost_rule,
        budget=round(spent, 2) if spent else scenario.budget,
    )


def _use(scenario: Scenario):
    scenario.write()
    moves.show_part("moves")


def required_card(page, scenario: Scenario):
    """The inverse question: what must be true, one lever at a time, for profit to rise by so much?"""
    tr = page.tr
    target = min(max(_number("target", TARGET), 1), 500)
    place = st.container()
    column, _ = st.columns([1, 3])
    column.number_input(
        formats.with_unit(tr("whatif.target"), "%", page.language),
        1,
        500,
        step=10,
        **kept.controlled("target", target, str(TARGET)),
    )
    found = page.measure(numbers.required, target=target / 100, **scenario.ranking)
    with place:
        cards.heading(tr("whatif.required_title", share=f"{target}%"), tr("whatif.required_subtitle"))
    if found.empty or not found.needed.notna().any():
        st.markdown(tr("whatif.required_unknown"))
        return
    headers = [tr(f"whatif.required_{name}") for name in ("lever", "needed", "available", "verdict")]
    cards.grid(headers, [_required_line(page, row) for row in found.itertuples()], right=(1, 2), quiet=(3,))
    with st.container(horizontal=True, key="whatif.levers", vertical_alignment="center"):
        for row in found.itertuples():
            if row.is_possible and row.moves:
                st.button(
                    tr("whatif.try_lever", lever=lever_words(tr, row.lever), n=formats.count(row.needed)),
                    icon=":material/play_arrow:",
                    key=f"required.{row.lever}",
                    on_click=_use,
                    args=(replace(scenario, moves=moves_of(row.moves), named=(), success="1"),),
                )
    page.proof(found, "required", numbers.required, tr("whatif.required_alt"), tr("whatif.required_about"))


def _required_line(page, row) -> list[str]:
    tr, is_customers = page.tr, ":" in row.lever or row.lever == "mix"
    written = formats.count if is_customers else formats.percent
    verdict = "unknown" if formats.is_missing(row.needed) else "yes" if row.is_possible else "no"
    return [
        lever_words(tr, row.lever),
        written(row.needed),
        written(row.available)
        if row.lever != "margin_rate"
        else tr("whatif.required_today", value=written(row.available)),
        tr(f"whatif.possible_{verdict}"),
    ]


def lever_words(tr, lever: str) -> str:
    """Small → Medium, or the lever's own name."""
    source, _, target = lever.replace("->", ":").partition(":")
    return move_words(tr, source, target) if target else tr(f"whatif.lever_{lever}")
