"""The pyramid for a sales meeting: it fills the screen, sliders move customers, everything is redrawn at once. Key M opens, Esc closes."""

from pathlib import Path

import pandas as pd
import streamlit as st

from crm_analytics import state
from crm_analytics.charts import drawing
from crm_analytics.charts import pyramid as charts
from crm_analytics.errors import CrmError
from crm_analytics.metrics import pyramid
from crm_analytics.ui import exports, meeting_words, pyramid_answer, scenarios
from crm_analytics.ui.scenarios import LAYERS, TIERS, Scenario
from crm_analytics.ui.text import bold, plain

CSS = Path(__file__).parent / "meeting.css"
HTML = '<div class="drawing"></div>'
JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  const place = parentElement.querySelector(".drawing");
  const held = place.contains(document.activeElement) ? document.activeElement.dataset.tier : "";
  place.innerHTML = data.svg;  // every word in it was escaped where it was drawn
  for (const layer of place.querySelectorAll("[data-tier]")) {
    layer.onclick = () => setTriggerValue("layer", layer.dataset.tier);
    layer.onkeydown = (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); layer.onclick(); }
    };
    if (layer.dataset.tier === held) layer.focus();
  }
  const guard = (event) => {  // Esc closes an open list first, and only then the meeting
    if (event.key === "Escape" && document.querySelector("[role=listbox]")) {
      event.stopImmediatePropagation();
      document.activeElement.blur();
    }
  };
  window.addEventListener("keydown", guard, true);
  return () => window.removeEventListener("keydown", guard, true);
}
"""
DRAWING = "meeting.pyramid"  # key of the component
STEPS = 30  # of a slider: customers in a company of a few thousand
PART = 0.01  # of a large company's layer
NAMED = 3  # of the largest customers of a layer


def is_open() -> bool:
    """The URL asks for the meeting screen."""
    return st.query_params.get("meeting") == "1"


def button(page):
    """Opens the meeting screen; so does the key M."""
    words = page.tr("meeting.open")
    st.button(words, icon=":material/slideshow:", shortcut="M", key="meeting.open", on_click=_open, width="content")


def _open():
    st.query_params["meeting"] = "1"


def show(page, view):
    """The whole screen.  `view`: how customers are ranked and how costs reach them."""
    st.html(CSS)
    _live(page, view)


@st.fragment
def _live(page, view):
    """All that changes with a slider; the frame around it is not run again."""
    tiers = page.measure(pyramid.tiers, **view.options)
    with st.container(key="meeting"):
        head, drawn, low = (st.container(key=f"meeting-{name}") for name in ("head", "drawing", "controls"))
        with low:
            controls = st.columns([2.4, 4, 4, 4, 3, 3], vertical_alignment="center")
        with controls[0]:
            source = _source(page)
        scenario = _scenario(page, view, tiers, source, controls[1:4])
        what = page.measure(pyramid.whatif, **scenario.options)
        chosen = st.session_state.get("meeting.layer", "")
        with controls[4]:
            hides, names = _hidden(page), _largest(page, view, chosen, tiers)
        answer = _draw(page, view, scenario, tiers, what, chosen, hides, drawn)
        with head:
            st.html(f'<p class="eyebrow">{bold(meeting_words.eyebrow(page, scenario, tiers, what, names, hides=hides))}</p>'
                    f'<h1 class="answer">{bold(answer)}</h1>')  # fmt: skip
            _top(page, scenario, chosen)
        with controls[5]:
            _keep(page, view, scenario, tiers, what)


def _source(page) -> str:
    """Which layer the movers come from."""
    return st.selectbox(
        page.tr("meeting.who"), LAYERS, index=LAYERS.index("small"), key="meeting.source",
        format_func=lambda tier: page.tr(f"pyramid.name_{tier}"),
    )  # fmt: skip


def _scenario(page, view, tiers: pd.DataFrame, source: str, places) -> Scenario:
    """Who moves: three sliders for the chosen layer; what was moved from the others stays."""
    present = tiers.set_index("tier").customers.reindex(LAYERS).fillna(0).astype(int).to_dict()
    kept = Scenario(_kept_moves(), **view.ranking)
    step, most = _reach(present[source])
    round_ = st.session_state.get("meeting.round", 0)
    for place, target in zip(places, targets(source)):
        label, key = scenarios.move_words(page.tr, source, target), f"meeting.{round_}.{source}.{target}"
        set_ = min(kept.count(source, target), most) if present[source] else 0
        with place:
            n = st.slider(label, 0, most, set_, step, "localized", key, disabled=not present[source])
        kept = kept.with_move(source, target, n if present[source] else 0)
    kept = kept.fitting(present)
    st.session_state["meeting.moves"] = kept.moves
    return kept


def _kept_moves() -> tuple:
    """What was moved before, or what the link names."""
    if "meeting.moves" not in st.session_state:
        st.session_state["meeting.moves"] = scenarios.moves_of(st.query_params.get("q.moves", ""))
    return st.session_state["meeting.moves"]


def targets(source: str) -> tuple[str, str, str]:
    """Where customers of a layer may go, nearest first: the three other tiers; from below, the three lowest."""
    if source not in TIERS:
        return ("small", "medium", "big")
    return tuple(tier for tier in reversed(TIERS) if tier != source)


def _reach(n: int) -> tuple[int, int]:
    """Step and end of a slider: single customers up to 30; in a large layer round numbers up to about one in a hundred."""
    step = 1
    for factor in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000):
        step = factor if factor * STEPS <= n * PART else step
    return step, max(1, min(step * STEPS, n))


def _hidden(page) -> bool:
    """Amounts are hidden, shares stay."""
    return st.toggle(page.tr("meeting.hide_amounts"), key="meeting.hide_amounts", persist_state="session")


def _largest(page, view, chosen: str, tiers: pd.DataFrame) -> list[str]:
    """Names of the largest customers of the marked layer, unless names are hidden."""
    if chosen not in TIERS or st.toggle(
        page.tr("meeting.hide_names"), key="meeting.hide_names", persist_state="session"
    ):
        return []
    found = page.measure(pyramid.customers, tier=chosen, limit=NAMED, **view.ranking)
    return [str(row["name"] or row["customer_id"]) for row in found.to_dict("records")]


def _draw(page, view, scenario: Scenario, tiers, what, chosen: str, hides: bool, place) -> str:
    """The pyramid as the moves leave it. Returns the answer: of the marked layer, else of the moves."""
    tr, months = page.tr, page.filters.months
    now = meeting_words.after(tiers, what) if scenario.moves else tiers
    rows = charts.rows(now, tr, page.currency, page.rules.tier_shares, months)
    rows = [drawing.without_amounts(row) for row in rows] if hides else rows
    has_share = any(row.profit_share for row in rows)
    profit = tr("pyramid.head_profit" if has_share else "pyramid.head_profit_amount")
    heads = (tr("pyramid.head_customers"), tr("pyramid.head_revenue", months=months), profit)
    wants = "" if any(row.profit is not None for row in rows) else pyramid_answer.wants(page)
    svg = drawing.svg(
        rows, heads, tr("menu.pyramid"), changes=meeting_words.changes(what), selected=chosen, wants=wants
    )
    with place:
        _component()(key=DRAWING, height="stretch", data={"svg": svg}, on_layer_change=_clicked)
    marked = next((row for row in rows if row.tier == chosen), None)
    if marked:
        return meeting_words.layer(page, marked, now, hides=hides)
    return meeting_words.answer(page, view, scenario, tiers, what, hides=hides)


def _clicked():
    """A click marks a layer, a second one takes the mark away."""
    tier = st.session_state[DRAWING].layer
    st.session_state["meeting.layer"] = "" if st.session_state.get("meeting.layer") == tier else tier


def _top(page, scenario: Scenario, chosen: str):
    """What leads away from here: the layer's customers, the start, the page."""
    tr = page.tr
    with st.container(key="meeting-top", horizontal=True, width="content", gap="small", vertical_alignment="center"):
        if chosen:
            page.customers_link(tr("meeting.customers"), {"tier": chosen})
        if scenario.moves:
            st.button(
                tr("meeting.again"),
                icon=":material/restart_alt:",
                type="tertiary",
                key="meeting.again",
                on_click=_start_again,
            )
        if st.button(
            tr("meeting.close"), icon=":material/close:", type="tertiary", shortcut="Esc", key="meeting.close"
        ):
            st.query_params.pop("meeting", None)
            st.rerun()


def _start_again():
    st.session_state["meeting.moves"] = ()
    st.session_state["meeting.round"] = (
        st.session_state.get("meeting.round", 0) + 1
    )  # sliders of a new round start at nothing


def _keep(page, view, scenario: Scenario, tiers: pd.DataFrame, what: pd.DataFrame):
    """Save the moves under a name; take them along as a deck or a workbook, which say their amounts."""
    tr, moves = page.tr, bool(scenario.moves)
    look = {"icon": ":material/bookmark_add:", "type": "primary", "width": "stretch", "disabled": not moves}
    with st.popover(tr("meeting.save"), key="meeting.save", **look), st.form("meeting.save_form", border=False):
        name = st.text_input(tr("meeting.save_name"), max_chars=100, key="meeting.name").strip()
        if st.form_submit_button(tr("meeting.save_now"), type="primary", key="meeting.save_now"):
            _save(page, name, scenario, what)
    answer = meeting_words.answer(page, view, scenario, tiers, what, hides=False)
    exports.buttons(page, answer, scenario.options if moves else view.options, is_scenario=moves)


def _save(page, name: str, scenario: Scenario, what: pd.DataFrame):
    try:
        state.save_scenario(page.db, name, scenarios.value(page, scenario, what))
    except CrmError as refusal:
        st.error(plain(refusal.sentence(page.tr)), icon=":material/error:")
        return
    st.toast(page.tr("meeting.saved", name=plain(name)), icon=":material/check:")


@st.cache_resource(max_entries=1, show_spinner=False)
def _component():
    return st.components.v2.component("crm_meeting", html=HTML, css=drawing.CSS, js=JS, isolate_styles=False)
