"""Saved scenarios: side by side with the one at hand, each to open, to delete, to hold against what happened."""

import pandas as pd
import streamlit as st

from crm_analytics import formats, state
from crm_analytics.ui import cards, kept, moves, outcome, scenarios
from crm_analytics.ui.scenarios import Scenario
from crm_analytics.ui.text import plain
from crm_analytics.ui.whatif import outcomes_words, total_of

SHOWN = 5  # below the pictures; the part of its own shows all
COLUMNS = ("scenario", "made_on", "moves", "rule", "brings", "revenue", "profit", "outcomes", "probability")
RIGHT = ("revenue", "profit", "outcomes", "probability")


def beside(page, scenario: Scenario, rows):
    """Card below the pictures: the one at hand and the latest saved ones; nothing while none is saved."""
    saved = state.scenarios(page.db.cursor())
    if not saved:
        return
    with cards.card("saved", page.tr("whatif.saved_title"), height="content"):
        _grid(
            page,
            scenario,
            rows,
            saved[:SHOWN],
            ("scenario", "moves", "rule", "revenue", "profit", "outcomes", "probability"),
        )
        label = page.tr("whatif.saved_all", n=formats.count(len(saved)))
        st.button(
            label,
            type="tertiary",
            icon=":material/compare:",
            key="saved.all",
            on_click=moves.show_part,
            args=("scenarios",),
        )


def show(page, scenario: Scenario, rows):
    """All of them side by side; below, the one that is chosen: open, delete, and what happened since."""
    tr, saved = page.tr, state.scenarios(page.db.cursor())
    with cards.card("saved", tr("whatif.saved_title"), tr("whatif.saved_subtitle"), height="content"):
        _grid(page, scenario, rows, saved, COLUMNS)
        if not saved:
            st.caption(tr("whatif.saved_none"))
            return
        page.downloads(lambda: comparison(page, scenario, rows, saved), "scenarios")
    names = [each["name"] for each in saved]
    with cards.card("outcome", height="content"):
        place = st.container()
        left, right = st.columns([2, 3], vertical_alignment="bottom")
        name = kept.asked("scenario", names, names[0])
        left.selectbox(tr("whatif.scenario"), names, **kept.controlled("scenario", name, names[0]))
        chosen = next(each for each in saved if each["name"] == name)
        with right.container(horizontal=True, key="saved.do", vertical_alignment="center"):
            st.button(
                tr("whatif.open"),
                icon=":material/open_in_new:",
                type="primary",
                key="saved.open",
                on_click=open_view,
                args=(scenarios.view(page, chosen),),
            )
            _delete(page, name)
        outcome.show(page, name, place)


def open_view(query: dict[str, list[str]]):
    """Open a saved scenario in the view it was made in."""
    st.query_params.from_dict(query)


def _delete(page, name: str):
    tr, own = (
        page.tr,
        f"saved.delete.{abs(hash(name))}",
    )  # a key of its own: left open, it would offer to delete the next one
    with st.popover(tr("customers.forget"), icon=":material/delete:", type="tertiary", key=own):
        st.markdown(tr("whatif.delete_about", name=plain(name)))
        if st.button(tr("whatif.delete_do"), type="primary", key="saved.delete_do"):
            state.delete_scenario(page.db, name)
            st.toast(tr("whatif.deleted", name=plain(name)), icon=":material/check:")
            st.query_params.pop("q.scenario", None)
            st.rerun()


def _grid(page, scenario: Scenario, rows, saved: list[dict], columns):
    """The table, the scenario at hand in its first line."""
    tr = page.tr
    lines = [_line(page, tr("whatif.this_one"), scenario, _result(rows), None)] if scenario.size else []
    lines += [
        _line(page, each["name"], Scenario.of_saved(each), each.get("result") or {}, each["saved_at"]) for each in saved
    ]
    if lines:
        cards.grid(
            [tr(f"whatif.column_{name}") for name in columns],
            [[line[name] for name in columns] for line in lines],
            right=[place for place, name in enumerate(columns) if name in RIGHT],
        )


def _result(rows) -> dict:
    total = total_of(rows)
    return {name: scenarios.known(total.get(name)) for name in scenarios.KEPT}


def _line(page, name: str, scenario: Scenario, result: dict, saved_at) -> dict[str, str]:
    """One scenario in words."""
    tr = page.tr
    return {
        "scenario": name,
        "made_on": formats.day(saved_at, page.language, short=True),
        "moves": scenarios.moves_words(tr, scenario),
        "rule": scenarios.rule_words(page, scenario),
        "brings": brings_words(tr, scenario),
        "revenue": page.money_change(result.get("revenue_delta")),
        "profit": page.money_change(result.get("profit_delta")),
        "outcomes": outcomes_words(page, result.get("low"), result.get("high")) or formats.NOTHING,
        "probability": probability_words(result.get("probability")),
    }


def probability_words(share) -> str:
    """93%; never certain: >99%, <1%."""
    if formats.is_missing(share):
        return formats.NOTHING
    return ">99%" if share > 0.99 else "<1%" if share < 0.01 else formats.percent(share, 0)


def brings_words(tr, scenario: Scenario) -> str:
    """Mean, 30% succeed"""
    told = [tr(f"whatif.brings_{scenario.brings}")]
    if scenario.success == "own":
        told.append(tr("whatif.column_own"))
    elif scenario.success != "1":
        told.append(tr("whatif.column_success", share=formats.percent(float(scenario.success), 0)))
    return formats.listed(told, language=tr.language)


def comparison(page, scenario: Scenario, rows, saved: list[dict]) -> pd.DataFrame:
    """Every scenario as numbers, for a file.  One row per scenario, the one at hand first."""
    each = [(page.tr("whatif.this_one"), scenario.options, _result(rows), None, page.filters.as_of.isoformat())]
    each += [
        (one["name"], Scenario.of_saved(one).options, one.get("result") or {}, one["saved_at"], one.get("as_of"))
        for one in saved
    ]
    return pd.DataFrame(
        [
            {"scenario": name, "saved_at": saved_at, "as_of": as_of}
            | options
            | {column: result.get(column) for column in scenarios.KEPT}
            for name, options, result, saved_at, as_of in each
        ]
    )
