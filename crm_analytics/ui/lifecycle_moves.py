"""Who came and went between the stages since an earlier day: stock and flow, ribbons, and the customers behind them."""

from datetime import date, timedelta

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import lifecycle as charts
from crm_analytics.charts.lifecycle import NEW, STAGES
from crm_analytics.metrics import lifecycle
from crm_analytics.ui import cards, kept, lists

FLOWS = ("cooled", "reactivated", "warmed", "new")  # what the list can be narrowed to
COUNTED = ("customers_then", "new", "entered", "left", "customers")


def show(page, view, found: pd.DataFrame):
    """The earlier day, the flows as ribbons and as a table that adds up, then the list of those who moved."""
    tr, flows = page.tr, page.measure(lifecycle.flows, **view.options)
    if flows.empty:
        first = formats.day(page.filters.data_from, page.language)
        with cards.card(
            "lifecycle-flow", tr("lifecycle.flow_title"), tr("lifecycle.too_short", first=first), height="content"
        ):
            _proof(page, found)
        return
    first = found.from_date.iloc[0]
    left, right = st.columns([3, 2])
    with (
        left,
        cards.card(
            "lifecycle-flow", _title(page, flows), tr("lifecycle.flow_subtitle", day=formats.day(first, page.language))
        ),
    ):
        figure = charts.flow(flows, tr, page.mode)
        page.show(figure, "lifecycle-flow", tr("lifecycle.flow_title"), on_click=lambda mark: _pick(mark))
        page.proof(flows, "lifecycle-flows", lifecycle.flows, tr("lifecycle.flow_title"), tr("lifecycle.about_flows"))
    with right, cards.card("lifecycle-balance", tr("lifecycle.balance_title"), tr("lifecycle.balance_subtitle")):
        _choose_day(page, view, first)
        _balance(page, found)
        _proof(page, found)
    _list(page, view)


def _proof(page, found: pd.DataFrame):
    """Stock and flow as files, and what each stage means."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key="proof-stages"):
        page.downloads(lambda: found, "lifecycle")
        rows = [(page.tr(f"stages.{stage}"), about(page, stage), "") for stage in STAGES]
        cards.explained(page, rows, lifecycle.stages)


def about(page, stage: str) -> str:
    """What a stage means by the borders in force, and what is commonly advised for it."""
    silent, forgotten, lost = page.rules.lifecycle_days
    bounds = {
        "active": (0, silent - 1),
        "silent": (silent, forgotten - 1),
        "forgotten": (forgotten, lost - 1),
        "lost": (lost, lost),
    }
    first, last = bounds[stage]
    return page.tr(f"lifecycle.about_{stage}", first=first, last=last)


def _choose_day(page, view, first: date):
    st.date_input(
        page.tr("lifecycle.from_date"),
        format="YYYY-MM-DD",
        min_value=min(page.filters.data_from, first),
        max_value=max(first, page.filters.as_of - timedelta(days=1)),
        width=200,
        help=page.tr("lifecycle.from_date_help"),
        **kept.controlled("from", first, turn=lambda day: day.isoformat()),
    )


def _balance(page, found: pd.DataFrame):
    """Then + entered - left = now, stage by stage."""
    tr = page.tr
    rows = [
        (
            tr(f"stages.{row.stage}"),
            formats.count(row.customers_then),
            _signed("+", row.entered),
            _signed("−", row.left),
            formats.count(row.customers),
        )
        for row in found.itertuples()
    ]
    sums = found[["customers_then", "customers"]].sum()
    came = int(found.new.sum())
    rows.append(
        (
            tr("lifecycle.all"),
            formats.count(sums.customers_then),
            _signed("+", came),
            formats.NOTHING,
            formats.count(sums.customers),
        )
    )
    heads = ("stage", "then", "entered", "left", "now")
    cards.grid([tr(f"lifecycle.column_{name}") for name in heads], rows, right=range(1, 5), total=True)
    st.caption(tr("lifecycle.balance_new", n=formats.count(came), back=formats.count(found.reactivated.sum())))


def _signed(sign: str, n) -> str:
    return f"{sign}{formats.count(n)}" if n else "0"


def _title(page, flows: pd.DataFrame) -> str:
    """Of the active then, how many are silent now; the largest loss of warmth."""
    active = flows[flows.from_stage == "active"].set_index("to_stage")
    n, cooled = int(active.customers.sum()), int(active.customers.drop("active").sum())
    if not n:
        return page.tr("lifecycle.flow_title")
    return page.tr(
        "lifecycle.flow_finding", share=formats.percent(cooled / n, 0), n=formats.count(cooled), whole=formats.count(n)
    )


def _pick(mark):
    """A ribbon was clicked: the list shows those who went that way."""
    kept.write("move", f"{mark[0]}:{mark[1]}")
    kept.write("flow", "")
    kept.write("movers_page", "1", "1")
    st.rerun()


def _picked() -> tuple[str, str] | None:
    """The move whose customers are listed, as the URL names it."""
    was, _, now = kept.asked("move").partition(":")
    return (was, now) if was in (NEW, *STAGES) and now in STAGES else None


def _list(page, view):
    """Those who moved: of one flow, or of one ribbon that was clicked."""
    tr, picked, flow = page.tr, _picked(), kept.asked("flow", FLOWS)
    asked = view.options | ({"from_stage": picked[0], "to_stage": picked[1]} if picked else {"flow": flow})
    with cards.card("lifecycle-list", _list_title(page, picked, flow), tr("lifecycle.list_subtitle"), height="content"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.segmented_control(
                tr("lifecycle.flow"),
                ["", *FLOWS],
                required=True,
                format_func=lambda each: tr(f"lifecycle.flow_{each}") if each else tr("lifecycle.flow_all"),
                label_visibility="collapsed",
                **kept.controlled("flow", flow),
            )
            if picked and st.button(tr("lifecycle.every_move"), icon=":material/close:", key="lifecycle.every"):
                kept.write("move", "")
                st.rerun()
        lists.listed(
            page, "movers", lifecycle.movers, asked, _moved(page, view, picked, flow), tr("lifecycle.about_movers")
        )


def _moved(page, view, picked, flow: str) -> int:
    """How many the list holds in all."""
    flows = page.measure(lifecycle.flows, **view.options)
    if picked:
        flows = flows[(flows.from_stage == picked[0]) & (flows.to_stage == picked[1])]
    else:
        flows = flows[flows.flow == flow] if flow else flows[flows.flow != "stayed"]
    return int(flows.customers.sum())


def _list_title(page, picked, flow: str) -> str:
    if picked:
        was, now = (charts.stage_words(page.tr, stage) for stage in picked)
        return page.tr("lifecycle.list_move", was=was, now=now)
    return page.tr(f"lifecycle.list_{flow}") if flow else page.tr("lifecycle.list_title")
