"""What customers will bring: expected revenue, who is probably gone, worth by tier, the list with what is at stake."""

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import value as charts
from crm_analytics.metrics import value
from crm_analytics.ui import cards, decisions, kept, tables
from crm_analytics.ui import value as frame
from crm_analytics.ui.customers import ROWS, open_customer, pages
from crm_analytics.ui.value_check import FAIR

EVERYBODY = 1_000_000_000
WHOM = {  # lists by name -> what `value.customers` takes
    "": {},
    "lost": {"alive": "doubtful,gone", "brought": "high"},
    "safe": {"alive": "here", "brought": "high"},
    "once": {"alive": "unknown"},
}
SHOWN = (
    "customer_id", "name", "tier", "probability_alive", "expected_orders", "expected_value", "clv", "low", "high", "at_stake",
    "last_order_date",
)  # fmt: skip
ORDERS = ("clv", "at_stake", "expected_orders", "probability_alive", "revenue_ever")


def answer(page, view) -> str:
    """What today's customers will bring, and how many good ones are probably gone."""
    if not frame.can(page):
        return frame.why_not(page)
    total, cells = _total(page, view), page.measure(value.matrix, **view.options)
    if not total.customers:
        return page.tr("value.answer_nobody")
    model, lost = page.measure(value.model).iloc[0], _count(cells, **WHOM["lost"])
    if abs(model.error or 0) > FAIR:
        off = {
            "off": formats.percent(abs(model.error), 0),
            "value": page.money(total.expected_value),
            "months": view.horizon,
        }
        return page.tr("value.answer_far_more" if model.error > 0 else "value.answer_far_fewer", **off)
    words = {"value": page.money(total.expected_value), "months": view.horizon, "n": formats.count(lost)}
    return page.tr(
        "value.answer_lost" if lost > 1 else "value.answer_one_lost" if lost else "value.answer_none_lost", **words
    )


def _total(page, view) -> pd.Series:
    return page.measure(value.summary, **view.options).set_index("tier").loc["total"]


def _count(cells: pd.DataFrame, alive: str = "", brought: str = "") -> int:
    """How many customers a list holds."""
    for column, words in (("alive", alive), ("brought", brought)):
        cells = cells[cells[column].isin(words.split(","))] if words else cells
    return int(cells.customers.sum())


def show(page, view):
    """The section."""
    if not frame.can(page):
        frame.refused(page)
        return
    summary, cells = page.measure(value.summary, **view.options), page.measure(value.matrix, **view.options)
    if not summary.customers.iloc[-1]:
        with cards.card("value-nobody", page.tr("value.nobody_title"), page.tr("value.nobody_about"), height="content"):
            return
    _figures(page, view, summary)
    both = st.grid(2, min_column_width=520, height="stretch")
    with both, cards.card("value-tiers", _tiers_title(page, summary), _unit(page, view, summary)):
        figure = charts.by_tier(summary, page.tr, page.mode, page.currency)
        page.show(
            figure,
            "value-tiers",
            page.tr("value.tiers_title"),
            height="stretch",
            on_click=lambda tier: page.to_customers({"tier": tier}),
        )
        page.proof(
            summary, "value-summary", value.summary, page.tr("value.tiers_title"), page.tr("value.about_summary")
        )
    with both, cards.card("value-matrix", _matrix_title(page, cells), page.tr("value.matrix_subtitle")):
        figure = charts.matrix(cells, page.tr, page.mode, page.currency)
        page.show(figure, "value-matrix", page.tr("value.matrix_title"), on_click=_pick)
        page.proof(cells, "value-matrix", value.matrix, page.tr("value.matrix_title"), page.tr("value.about_matrix"))
    _list(page, view, cells)


def _unit(page, view, summary: pd.DataFrame) -> str:
    return page.tr(
        f"value.tiers_subtitle_{summary.basis.iloc[0]}", months=view.horizon, discount=formats.number(view.discount)
    )


def _figures(page, view, summary: pd.DataFrame):
    """Headline numbers in one strip."""
    tr, rows = page.tr, summary.set_index("tier")
    total, top = rows.loc["total"], rows.loc["top"]
    between = tr("value.between", low=page.money(total.expected_low), high=page.money(total.expected_high))
    worth = tr("value.between", low=page.money(total.low), high=page.money(total.high))
    gone = tr("value.gone_note", share=formats.percent(total.gone_rate, 0), n=formats.count(total.repeaters))
    items = [
        (tr("value.expected", months=view.horizon), page.money(total.expected_value), between),
        (tr(f"value.worth_{total.basis}"), page.money(total.clv), worth),
        (tr("value.gone"), formats.count(total.gone), gone),
        (tr("value.top_gone"), formats.count(top.gone), tr("value.top_gone_note", n=formats.count(top.customers))),
        (tr("value.churn"), formats.percent(total.churn_rate), tr("value.churn_note", n=formats.count(total.unknown))),
    ]  # fmt: skip
    with cards.card("value-figures"):
        cards.figures(items)
        rows = [(label, tr(f"value.about_{name}"), note)
                for (label, _, note), name in zip(items, ("expected", "worth", "gone", "top_gone", "churn"))]  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key="proof-value-figures"):
            cards.explained(page, rows, value.summary, key="value-figures")
            st.caption(_tested(page), width="content")


def _tested(page) -> str:
    """What the check says, beside the numbers that stand on it."""
    model = page.measure(value.model).iloc[0]
    if formats.is_missing(model.error):
        return page.tr("value.tested_not")
    way = "more" if model.error > 0 else "fewer"
    return page.tr(
        f"value.tested_{way}", days=formats.count(model.held_out_days), off=formats.percent(abs(model.error))
    )


def _tiers_title(page, summary: pd.DataFrame) -> str:
    """How much of all worth the most valuable customers hold."""
    parts = page.measure(value.concentration, **frame.View.of_url().options)
    share = parts.set_index(parts.customers_share.round(3)).clv_share.get(0.2)
    if formats.is_missing(share) or summary.customers.iloc[-1] < 10:
        return page.tr("value.tiers_title")
    return page.tr("value.tiers_finding", share=formats.percent(share, 0))


def _matrix_title(page, cells: pd.DataFrame) -> str:
    """What is at stake with those who brought most and are doubtful or gone."""
    stake = cells[cells.alive.isin(["doubtful", "gone"]) & (cells.brought == "high")].at_stake.sum()
    if not stake > 0:
        return page.tr("value.matrix_title")
    return page.tr("value.matrix_finding", value=page.money(stake))


def _pick(mark):
    """A cell was clicked: the list shows its customers."""
    kept.write("whom", f"{mark[0]}:{mark[1]}")
    kept.write("page", "1", "1")
    st.rerun()


def _picked() -> tuple[str, dict]:
    """The list that the URL names, and what `value.customers` takes for it."""
    said = kept.asked("whom")
    alive, _, brought = said.partition(":")
    if alive in charts.ALIVE and brought in charts.BROUGHT:
        return said, {"alive": alive, "brought": brought}
    return (said, WHOM[said]) if said in WHOM else ("", {})


def _list(page, view, cells: pd.DataFrame):
    """The customers behind the numbers, a page at a time."""
    tr, (name, whom) = page.tr, _picked()
    usual = "at_stake" if "gone" in whom.get("alive", "") or whom.get("alive") == "doubtful" else ORDERS[0]
    found, order = _count(cells, **whom), kept.asked("order", ORDERS, usual)
    at = min(_page(), pages(found))
    options = view.options | whom | {"order_by": order}
    with cards.card("value-list", _list_title(page, name, found), tr("value.list_subtitle"), height="content"):
        with st.container(
            horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="value.list"
        ):
            st.segmented_control(
                tr("value.whom"), [*WHOM, *([name] if name not in WHOM else [])], required=True, label_visibility="collapsed",
                format_func=lambda each: _whom_words(tr, each), **kept.controlled("whom", name),
            )  # fmt: skip
            st.selectbox(
                tr("value.order"), ORDERS, format_func=page.column_label, width=260, label_visibility="collapsed",
                **kept.controlled("order", order, usual),
            )  # fmt: skip
        rows = page.measure(value.customers, **options, limit=ROWS, offset=ROWS * (at - 1))
        _table(page, rows, (name, order, at))
        if pages(found) > 1:
            st.pagination(pages(found), default=at, key=f"value.page.{at}", on_change=_turn, args=(f"value.page.{at}",))
        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key="proof-value-list"):
            everyone = options | {"limit": EVERYBODY}
            if found:
                ids = lambda: page.fetch(value.customers, **everyone).customer_id.tolist()  # noqa: E731
                decisions.save_as_set(page, "value", ids, found, tr("value.save_all", n=formats.count(found)))
            page.downloads(lambda: page.fetch(value.customers, **everyone), "value")
            about = [
                (tr("columns.clv"), tr("value.about_customers"), ""),
                (tr("columns.low"), tr("value.about_interval"), ""),
            ]
            cards.explained(page, about, value.customers, key="value-list")


def _page() -> int:
    said = kept.asked("page", default="1")
    return max(1, int(said)) if said.isascii() and said.isdigit() and len(said) < 9 else 1


def _turn(key: str):
    kept.write("page", str(st.session_state[key]), "1")


def _whom_words(tr, name: str) -> str:
    if name in WHOM:
        return tr(f"value.whom_{name or 'all'}")
    alive, _, brought = name.partition(":")
    return f"{tr(f'value.alive_{alive}')} · {tr(f'value.brought_{brought}')}"


def _list_title(page, name: str, found: int) -> str:
    return page.tr("value.list_title", whom=_whom_words(page.tr, name), n=formats.count(found))


def _table(page, rows: pd.DataFrame, of: tuple):
    """The list as it is shown; a click opens the customer."""
    shown = page.in_words(rows[list(SHOWN)].dropna(axis="columns", how="all")).rename(
        columns={"probability_alive": "alive_share"}
    )
    chosen = tables.frame(
        page, shown, height=44 + 35 * min(max(len(rows), 1), 14),
        key=f"value.rows.{page.version}.{abs(hash((page.filters, of)))}", on_select="rerun", selection_mode="single-cell",
    ).selection  # fmt: skip
    if chosen.cells:
        open_customer(page, rows.customer_id.iloc[chosen.cells[0][0]])
