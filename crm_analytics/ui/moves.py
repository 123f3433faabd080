"""The move editor: who moves where, by which cost rule, what a mover brings, how likely it is. The URL keeps every choice."""

from dataclasses import replace

import streamlit as st

from crm_analytics import formats, state
from crm_analytics.errors import CrmError
from crm_analytics.ui import cards, scenarios
from crm_analytics.ui.scenarios import BRINGS, BY, LAYERS, RULES, USUAL, Scenario, move_words
from crm_analytics.ui.text import plain

WIDE = 340  # pixels of a popover


def _controlled(key: str, value, change):
    """The URL decides what a widget shows; what the reader enters becomes `change(entered)`, a scenario, and goes there."""
    st.session_state[key] = value
    return {"key": key, "on_change": _changed, "args": (key, change)}


def _changed(key: str, change):
    change(st.session_state[key]).write()


def editor(page, scenario: Scenario, present: dict[str, int], rows):
    """The whole card.  `present`: customers by layer; `rows`: of `pyramid.whatif`, for what is saved."""
    tr = page.tr
    cards.heading(tr("whatif.editor_title"), tr(f"whatif.editor_subtitle_{scenario.brings}"))
    for source, target in dict.fromkeys([*USUAL, *((a, b) for a, b, _ in scenario.moves)]):
        _field(tr, scenario, source, target, present)
    with st.container(horizontal=True, gap="xxsmall", key="whatif.more", vertical_alignment="center"):
        _add(page, scenario, present)
        _ranking(page, scenario)
        if scenario.size:
            st.button(
                tr("whatif.none"),
                icon=":material/close:",
                type="tertiary",
                key="whatif.clear",
                on_click=replace(scenario, moves=(), named=()).write,
            )
    named(page, scenario)
    _rules(page, scenario)
    with st.container(horizontal=True, gap="small", key="whatif.do"):
        _save(page, scenario, rows)
        st.button(
            tr("whatif.name_candidates"),
            key="whatif.candidates",
            icon=":material/person_search:",
            on_click=show_part,
            args=("candidates",),
        )


def show_part(part: str):
    """Go to another part of the screen."""
    if part == "moves":
        st.query_params.pop("q.part", None)
    else:
        st.query_params["q.part"] = part


def _field(tr, scenario: Scenario, source: str, target: str, present: dict[str, int]):
    """How many customers make one move; no more than the layer has left."""
    n = scenario.count(source, target)
    left = present.get(source, 0) - sum(m for a, _, m in scenario.moves if a == source)

    def with_n(typed):
        return scenario.with_move(source, target, int(typed or 0))

    st.number_input(
        move_words(tr, source, target),
        0,
        n + max(0, left),
        step=1,
        disabled=n + left <= 0,
        **_controlled(f"whatif.move.{source}.{target}", n, with_n),
    )


def _add(page, scenario: Scenario, present: dict[str, int]):
    """A popover that adds a move from any layer to any other."""
    tr = page.tr
    with (
        st.popover(tr("whatif.add"), icon=":material/add:", type="tertiary", key="whatif.add"),
        st.container(width=WIDE),
        st.form("whatif.add_form", border=False),
    ):
        sources = [tier for tier in LAYERS if present.get(tier)]
        source = st.selectbox(
            tr("whatif.from"),
            sources,
            index=sources.index("medium") if "medium" in sources else 0,
            format_func=lambda tier: tr("whatif.tier_n", tier=tr(f"tiers.{tier}"), n=formats.count(present[tier])),
            key="whatif.add_from",
        )
        target = st.selectbox(
            tr("whatif.to"), LAYERS, index=1, format_func=lambda tier: tr(f"tiers.{tier}"), key="whatif.add_to"
        )
        n = st.number_input(tr("whatif.how_many"), 1, 1_000_000, 1, key="whatif.add_n")
        if st.form_submit_button(tr("whatif.add_do"), type="primary", key="whatif.add_do"):
            if source is None or source == target:
                st.error(tr("whatif.add_same"))
            else:
                scenario.with_move(source, target, scenario.count(source, target) + n).fitting(present).write()
                st.rerun()


def _ranking(page, scenario: Scenario):
    """A popover: by what customers are ranked, and among whom."""
    tr = page.tr
    with st.popover(tr("whatif.ranking"), icon=":material/sort:", type="tertiary", key="whatif.ranking"):
        st.segmented_control(
            tr("whatif.by"),
            BY,
            required=True,
            format_func=lambda by: tr(f"whatif.by_{by}"),
            **_controlled("whatif.by", scenario.by, lambda by: replace(scenario, by=by)),
        )
        if page.wanted.where or page.wanted.customer_set:
            st.toggle(
                tr("whatif.within"),
                help=tr("whatif.within_help"),
                **_controlled("whatif.within", scenario.rank_within, lambda on: replace(scenario, rank_within=on)),
            )


def named(page, scenario: Scenario):
    """Who is named already, each to take away again."""
    if not scenario.named:
        return
    tr = page.tr
    st.markdown(tr("whatif.named", n=formats.count(len(scenario.named))))
    with st.container(horizontal=True, gap="xsmall", key="whatif.named"):
        for id, target in scenario.named[:12]:
            without = tuple(pair for pair in scenario.named if pair[0] != id)
            st.button(
                plain(f"{id} → {tr(f'tiers.{target}')}"),
                key=f"whatif.named.{id}",
                icon=":material/close:",
                icon_position="right",
                help=tr("whatif.unname"),
                on_click=replace(scenario, named=without).write,
            )
        if len(scenario.named) > 12:
            st.caption(tr("customers.more", n=formats.count(len(scenario.named) - 12)))
        if len(scenario.named) > 1:
            nobody = replace(scenario, named=())
            st.button(tr("whatif.unname_all"), key="whatif.unname", type="tertiary", on_click=nobody.write)


def _rules(page, scenario: Scenario):
    """Cost rule, what a mover brings, chance of success."""
    tr = page.tr
    st.segmented_control(
        tr("whatif.rule"),
        RULES,
        required=True,
        format_func=lambda rule: tr(f"whatif.rule_{rule}"),
        help=tr("whatif.rule_help"),
        **_controlled("whatif.rule", scenario.cost_rule, lambda rule: replace(scenario, cost_rule=rule)),
    )
    if scenario.cost_rule == "budget":
        label = tr("whatif.budget")
        st.number_input(
            tr("frame.in_currency", label=label, currency=plain(page.currency)) if page.currency else label,
            0.0,
            step=1000.0,
            format="%.0f",
            **_controlled(
                "whatif.budget", scenario.budget, lambda amount: replace(scenario, budget=float(amount or 0))
            ),
        )
    st.segmented_control(
        tr("whatif.brings"),
        BRINGS,
        required=True,
        format_func=lambda brings: tr(f"whatif.brings_{brings}"),
        help=tr("whatif.brings_help"),
        **_controlled("whatif.brings", scenario.brings, lambda brings: replace(scenario, brings=brings)),
    )
    _success(page, scenario)


def _success(page, scenario: Scenario):
    """One chance for every move, or the company's own rates."""
    tr, is_own = page.tr, scenario.success == "own"
    if not is_own:
        st.slider(
            tr("whatif.success"),
            0,
            100,
            step=5,
            format="%d%%",
            **_controlled(
                "whatif.success",
                round(100 * float(scenario.success)),
                lambda share: replace(scenario, success=f"{share / 100:g}"),
            ),
        )
    st.toggle(
        tr("whatif.own"),
        help=tr("whatif.own_help"),
        **_controlled("whatif.own", is_own, lambda on: replace(scenario, success="own" if on else "1")),
    )


def _save(page, scenario: Scenario, rows):
    """A popover that keeps the scenario under a name."""
    tr = page.tr
    with (
        st.popover(
            tr("whatif.save"),
            icon=":material/bookmark_add:",
            type="primary",
            disabled=not scenario.size,
            key="whatif.save",
        ),
        st.container(width=WIDE),
        st.form("whatif.save_form", border=False),
    ):
        st.markdown(tr("whatif.save_about"))
        name = st.text_input(tr("whatif.save_name"), max_chars=100, key="whatif.save_name")
        if st.form_submit_button(tr("whatif.save_do"), type="primary", key="whatif.save_do"):
            keep(page, name, scenarios.value(page, scenario, rows))


def keep(page, name: str, value: dict):
    """Save a scenario, or say in one sentence why not."""
    name = " ".join(name.split())
    try:
        state.save_scenario(page.db, name, value)
    except CrmError as refusal:
        st.error(plain(refusal.sentence(page.tr)), icon=":material/error:")
        return
    st.toast(page.tr("whatif.saved", name=plain(name)), icon=":material/check:")
    st.rerun()
