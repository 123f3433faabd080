"""What customers will bring: expected revenue, who is probably gone, worth by tier, the list with what is at stake."""

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import value as charts
from crm_analytics.metrics import value
from crm_analytics.ui import cards, value_list
from crm_analytics.ui import value as frame
from crm_analytics.ui.text import plain
from crm_analytics.ui.value_check import FAIR

SEES_NOBODY_LEAVE = 0.01  # churn by the model: below it the history does not tell the gone from the slow


def answer(page, view) -> str:
    """What today's customers will bring, and how many good ones are probably gone."""
    if not frame.can(page):
        return frame.why_not(page)
    total, cells = _total(page, view), page.measure(value.matrix, **view.options)
    who = page.tr("value.who_chosen" if page.wanted.where or page.wanted.customer_set else "value.who_all")
    if not total.customers:
        return page.tr("value.answer_nobody")
    model, lost = page.measure(value.model).iloc[0], _lost(cells)
    if abs(model.error or 0) > FAIR:
        off = {
            "off": formats.percent(abs(model.error), 0),
            "value": page.money(total.expected_value),
            "months": view.horizon,
        }
        return page.tr("value.answer_far_more" if model.error > 0 else "value.answer_far_fewer", **off)
    words = {"who": who, "value": page.money(total.expected_value), "months": view.horizon, "n": formats.count(lost)}
    return page.tr(
        "value.answer_lost" if lost > 1 else "value.answer_one_lost" if lost else "value.answer_none_lost", **words
    )


def _total(page, view) -> pd.Series:
    return page.measure(value.summary, **view.options).set_index("tier").loc["total"]


def _lost(cells: pd.DataFrame) -> int:
    """How many have brought much and are probably gone."""
    return int(cells[cells.alive.isin(["doubtful", "gone"]) & (cells.brought == "high")].customers.sum())


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
    places = st.grid(2, min_column_width=520, height="stretch")
    with places, cards.card("value-tiers", _tiers_title(page, view, summary), _unit(page, view, summary)):
        _chart(page, "tiers", charts.by_tier(summary, page.tr, page.mode, page.currency), summary, value.summary)
    with places, cards.card("value-matrix", _matrix_title(page, summary, cells), page.tr("value.matrix_subtitle")):
        _chart(page, "matrix", charts.matrix(cells, page.tr, page.mode, page.currency), cells, value.matrix)
    rhythm, classes = (
        page.measure(value.rhythm, **view.options),
        page.measure(value.classes, **view.options, **view.cuts),
    )
    with places, cards.card("value-rhythm", _rhythm_title(page, rhythm), page.tr("value.rhythm_subtitle")):
        _chart(page, "rhythm", charts.rhythm(rhythm, page.tr, page.mode), rhythm, value.rhythm)
    with places, cards.card("value-classes", _classes_title(page, classes), page.tr("value.classes_subtitle")):
        _chart(page, "classes", charts.classes(classes, page.tr, page.mode, page.currency), classes, value.classes)
    value_list.show(page, view)


def _chart(page, name: str, figure, rows: pd.DataFrame, metric):
    """A chart whose marks name the list below."""
    title = page.tr(f"value.{name}_title")
    page.show(figure, f"value-{name}", title, height="stretch", on_click=value_list.pick)
    page.proof(rows, f"value-{name}", metric, title, page.tr(f"value.about_{name}"))


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
            st.caption(plain(_tested(page)), width="content")


def _tested(page) -> str:
    """What the check says, beside the numbers that stand on it."""
    model = page.measure(value.model).iloc[0]
    if formats.is_missing(model.error):
        return page.tr("value.tested_not")
    way = "more" if model.error > 0 else "fewer"
    return page.tr(
        f"value.tested_{way}", days=formats.count(model.held_out_days), off=formats.percent(abs(model.error))
    )


def _tiers_title(page, view, summary: pd.DataFrame) -> str:
    """What a customer of the first tier is worth beside one of the last, where the intervals tell them apart."""
    rows = summary.set_index("tier")
    each, low, high = rows.average_clv, rows.low / rows.customers, rows.high / rows.customers
    if not (each["small"] > 0 and low["top"] > high["small"]):
        return page.tr("value.tiers_title")
    times = formats.number(each["top"] / each["small"], 2)
    return page.tr("value.tiers_finding", times=times, months=view.horizon)


def _matrix_title(page, summary: pd.DataFrame, cells: pd.DataFrame) -> str:
    """What is at stake with those who brought most and are doubtful or gone; a model that sees nobody leave says so."""
    if summary.set_index("tier").churn_rate["total"] < SEES_NOBODY_LEAVE:
        return page.tr("value.matrix_unseen")
    stake = cells[cells.alive.isin(["doubtful", "gone"]) & (cells.brought == "high")].at_stake.sum()
    if not stake > 0:
        return page.tr("value.matrix_title")
    return page.tr("value.matrix_finding", value=page.money(stake))


def _rhythm_title(page, cells: pd.DataFrame) -> str:
    """From when on those who bought often are more probably gone than not."""
    often = cells[(cells.bought == "5-9") & (cells.customers >= 10) & (cells.probability_alive < 0.5)]
    if often.empty:
        return page.tr("value.rhythm_title")
    return page.tr("value.rhythm_finding", since=page.tr(f"value.since_{often.since.iloc[0]}"))


def _classes_title(page, rows: pd.DataFrame) -> str:
    high = rows.iloc[0]
    if formats.is_missing(high.clv_share) or not high.customers:
        return page.tr("value.classes_title")
    return page.tr("value.classes_finding", n=formats.count(high.customers), share=formats.percent(high.clv_share, 0))
