"""Movement within the pyramid: who came, rose, fell and left since another day; share of wallet and relationship per tier."""

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import movement as charts
from crm_analytics.metrics import pyramid
from crm_analytics.ui import cards, kept, relations, since

FRAMES = ("relative", "absolute")
COUNTERS = ("entered", "up", "down", "left", "returned", "stayed")
GAINS, LOSSES = ("entered", "up", "returned"), ("down", "left")
MOVES = ("up", "down", "entered", "left", "returned")  # what the list of movers can be narrowed to
SHOWN = 100
NARROWEST = 560  # pixels of a card in which the matrix can be read
EVERYBODY = 1_000_000_000


def options(page, view) -> dict:
    """What `migration`, `flows` and `movers` take: the earlier day, relative or frozen, and the ranking."""
    return {"from_date": since.from_date(page), "frame": kept.asked("frame", FRAMES, "relative")} | view.ranking


def answer(page, view) -> str:
    """Who rose, who fell, who came and who left, in one sentence."""
    tr, flows = page.tr, _flows(page, view)
    if flows.empty:
        return tr("movement.answer_nothing_before", months=page.filters.months)
    if not flows.customers.drop("entered").sum():
        return tr("movement.answer_nobody_then", day=since.day_words(page))
    n = {flow: formats.count(flows.customers[flow]) for flow in COUNTERS}
    if isinstance(flows.note.iloc[0], str):
        first = formats.day(page.filters.data_from, page.language)
        return tr("movement.answer_incomplete", first=first, day=since.day_words(page), **n)
    up, down = flows.customers["up"], flows.customers["down"]
    way = "rising" if up > down else "falling" if down > up else "level"
    if options(page, view)["frame"] == "relative":
        way = "relative"
    return tr(f"movement.answer_{way}", day=since.day_words(page), **n)


def _flows(page, view) -> pd.DataFrame:
    return page.measure(pyramid.flows, **options(page, view)).set_index("flow")


def show(page, view):
    """The section: choice of the earlier day, counters, flows and matrix, movers, share of wallet and relationship."""
    if not page.is_empty:
        _controls(page, view)
    flows = _flows(page, view)
    if not flows.customers.sum():
        why = page.tr("movement.nobody_wants" if page.is_empty else "movement.nobody")
        with cards.card("moves-none", page.tr("movement.nobody_title"), why, height="content"):
            if page.is_empty:
                relations.add_export(page, "orders")
        return
    _counters(page, flows)
    migration = page.measure(pyramid.migration, **options(page, view))
    both = st.grid(2, min_column_width=NARROWEST, height="stretch")
    with both, cards.card("moves-flow", _flow_title(page, flows), page.tr("movement.flow_subtitle")):
        figure = charts.sankey(migration, page.tr, page.mode)
        page.show(
            figure,
            "moves-flow",
            page.tr("movement.flow_title"),
            height="stretch",
            on_click=lambda mark: _pick(page, mark),
        )
    with both, cards.card("moves-matrix", _matrix_title(page, migration), page.tr("movement.matrix_subtitle")):
        figure = charts.matrix(migration, page.tr, page.mode)
        page.show(figure, "moves-matrix", page.tr("movement.matrix_title"), on_click=lambda mark: _pick(page, mark))
        about = page.tr("movement.matrix_title"), page.tr("movement.about_migration")
        page.proof(migration, "migration", pyramid.migration, *about)
    _movers(page, view)
    _relations(page, view)


def _controls(page, view):
    """The earlier day, and whether the tiers of today are drawn anew or by the thresholds of that day."""
    tr, chosen = page.tr, options(page, view)
    with st.container(horizontal=True, vertical_alignment="bottom", key="moves-controls"):
        since.picker(page, tr("movement.from_date_help"))
        st.segmented_control(
            tr("movement.frame"),
            FRAMES,
            required=True,
            format_func=lambda frame: tr(f"movement.frame_{frame}"),
            help=tr("movement.frame_help"),
            **kept.controlled("frame", chosen["frame"], "relative"),
        )


def _counters(page, flows: pd.DataFrame):
    """Entered, up, down, left, returned, stayed: customers, and their revenue then and now."""
    with cards.card("moves-counters"):
        cards.figures([_counter(page, flow, flows) for flow in COUNTERS])
        rows = [(page.tr(f"movement.flow_{flow}"), page.tr(f"movement.about_{flow}"), "") for flow in COUNTERS]
        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
            page.downloads(lambda: flows.reset_index(), "flows")
            cards.explained(page, rows, pyramid.flows)


def _counter(page, flow: str, flows: pd.DataFrame) -> tuple[str, str, str]:
    label = page.tr(f"movement.flow_{flow}")
    if flow not in flows.index or not flows.customers[flow]:
        return label, "0", page.tr("movement.nobody_moved")
    then, now = page.money(flows.revenue_then[flow]), page.money(flows.revenue_now[flow])
    return label, formats.count(flows.customers[flow]), page.tr(f"movement.revenue_{flow}", then=then, now=now)


def _flow_title(page, flows: pd.DataFrame) -> str:
    """What the moves did to revenue: the largest gain and the largest loss."""
    change = (flows.revenue_now - flows.revenue_then).reindex([*GAINS, *LOSSES]).fillna(0)
    change["left"] = -flows.revenue_then["left"]  # as their counter says; returns since then are not what they took
    gain, loss = change[list(GAINS)].idxmax(), change[list(LOSSES)].idxmin()
    if change[gain] <= 0 or change[loss] >= 0:
        return page.tr("movement.flow_title")
    words = [
        page.tr(f"movement.gain_{gain}", n=page.money(change[gain])),
        page.tr(f"movement.loss_{loss}", n=page.money(-change[loss])),
    ]
    return page.tr("movement.flow_finding", gain=words[0], loss=words[1])


def _matrix_title(page, migration: pd.DataFrame) -> str:
    """How many of the top customers of then are still at the top."""
    kept_at_top = migration[(migration.from_tier == "top") & (migration.to_tier == "top")]
    if kept_at_top.empty or formats.is_missing(kept_at_top.rate.iloc[0]):
        return page.tr("movement.matrix_title")
    whole = int(migration[migration.from_tier == "top"].customers.sum())
    n = formats.count(kept_at_top.customers.iloc[0])
    return page.tr("movement.matrix_finding", n=n, whole=formats.count(whole))


def _pick(page, mark):
    """A mark was clicked: the list shows those who went that way."""
    kept.write("move", f"{mark[0]}:{mark[1]}")
    kept.write("flow", "")
    st.rerun()


def _picked() -> tuple[str, str] | None:
    """The move whose customers are listed, as the URL names it."""
    was, _, now = kept.asked("move").partition(":")
    return (was, now) if was in (*charts.LAYERS, *charts.NOT_YET) and now in charts.LAYERS else None


def _whom(picked, flow: str) -> dict:
    """What `movers` takes for a flow, or for a move that was clicked."""
    if picked and picked[0] == charts.OUTSIDE and picked[1] in charts.TIERS:
        return {"flow": "entered", "to_tier": picked[1]}
    if picked:
        return {"from_tier": "new" if picked[0] == charts.OUTSIDE else picked[0], "to_tier": picked[1]}
    return {"flow": flow}


def _movers(page, view):
    """The list of those who moved: of one flow, or of one move that was clicked."""
    tr, picked, flow = page.tr, _picked(), kept.asked("flow", MOVES)
    asked = options(page, view) | _whom(picked, flow)
    with cards.card("moves-list", _list_title(page, picked, flow), tr("movement.list_subtitle"), height="content"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.segmented_control(
                tr("movement.flow"),
                ["", *MOVES],
                required=True,
                format_func=lambda each: tr(f"movement.flow_{each}") if each else tr("movement.flow_all"),
                label_visibility="collapsed",
                **kept.controlled("flow", flow),
            )
            if picked and st.button(tr("movement.every_move"), icon=":material/close:", key="moves-every"):
                kept.write("move", "")
                st.rerun()
        _list(page, page.measure(pyramid.movers, **asked, limit=SHOWN))
        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key="proof-movers"):
            page.downloads(lambda: page.fetch(pyramid.movers, **asked, limit=EVERYBODY).drop(columns="note"), "movers")
            cards.explained(page, [(tr("movement.list_title"), tr("movement.about_movers"), "")], pyramid.movers)


def _list_title(page, picked, flow: str) -> str:
    if picked:
        was, now = (charts.tier_words(page.tr, tier) for tier in picked)
        return page.tr("movement.list_move", was=was, now=now)
    return page.tr(f"movement.list_{flow}") if flow else page.tr("movement.list_title")


def _list(page, rows: pd.DataFrame):
    """The movers as a table; a click opens the customer."""
    tr = page.tr
    names = ("from_tier", "to_tier")
    words = {name: rows[name].map(lambda tier: charts.tier_words(tr, tier), na_action="ignore") for name in names}
    words["flow"] = rows.flow.map(lambda flow: tr(f"movement.flow_{flow}"), na_action="ignore")
    since.movers(page, rows, words, (kept.asked("flow"), kept.asked("move")))


def _relations(page, view):
    """Share of wallet and length of the relationship, layer by layer."""
    found = page.measure(pyramid.relations, **view.ranking)
    left, right = st.columns(2)
    with left, cards.card("moves-wallet"):
        relations.wallet(page, found)
    with right, cards.card("moves-tenure"):
        relations.tenure(page, found)
