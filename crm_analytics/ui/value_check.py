"""How far the model can be trusted: fitted on the first part of the data and held against the rest; its parameters in words."""

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import value_past as charts
from crm_analytics.metrics import value
from crm_analytics.ui import cards, tables
from crm_analytics.ui import value as frame
from crm_analytics.ui.text import plain

GREEK = {"alpha": "α", "gamma": "γ"}
CLOSE, FAIR = 0.05, 0.15  # error of all orders up to which the model is called close, or fair


def answer(page, view) -> str:
    """By how much the model was off on what it had not seen."""
    if not frame.can(page):
        return frame.why_not(page)
    model = page.measure(value.model).iloc[0]
    if formats.is_missing(model.error):
        return page.tr("value.check_answer_short")
    off = abs(model.error)
    judged = "close" if off <= CLOSE else "fair" if off <= FAIR else "far"
    way = "more" if model.error > 0 else "fewer"
    return page.tr(f"value.check_answer_{judged}", off=formats.percent(off, 0), way=page.tr(f"value.check_{way}"))


def show(page, view):
    """The section."""
    if not frame.can(page):
        frame.refused(page)
        return
    model = page.measure(value.model).iloc[0]
    if not formats.is_missing(model.error):
        _figures(page, model)
        both = st.grid(2, min_column_width=520, height="stretch")
        with both:
            _tracking(page, model)
        with both:
            _groups(page)
    _parameters(page, model)


def _figures(page, model):
    """Actual, expected, and the error of a customer beside that of the simplest rule."""
    tr = page.tr
    first, days = formats.day(model.held_out_from, page.language), formats.count(model.held_out_days)
    items = [
        (tr("value.held_out_actual"), formats.count(model.actual), tr("value.held_out_since", day=first, n=days)),
        (tr("value.held_out_expected"), formats.count(model.expected), tr("value.held_out_error", off=_signed(model.error))),
        (tr("value.mape"), formats.percent(model.mape), tr("value.mape_note")),
        (tr("value.mae"), f"{model.mae:.2f}", tr("value.mae_note", rule=f"{model.mae_same_rate:.2f}")),
    ]  # fmt: skip
    with cards.card("value-held-out"):
        cards.figures(items)
        about = [(label, tr(f"value.about_{name}"), "")
                 for (label, _, _), name in zip(items, ("actual", "model_expected", "mape", "mae"))]  # fmt: skip
        cards.explained(page, about, value.model, key="value-held-out")


def _signed(share) -> str:
    if formats.is_missing(share):
        return formats.NOTHING
    text = formats.percent(share)
    return f"+{text}" if share > 0 else text


def _tracking(page, model):
    tr, weeks = page.tr, page.measure(value.tracking)
    title = tr(
        "value.tracking_more" if model.error > 0 else "value.tracking_fewer", off=formats.percent(abs(model.error))
    )
    with cards.card("value-tracking", title, tr("value.tracking_subtitle")):
        page.show(charts.tracking(weeks, tr, page.mode), "value-tracking", tr("value.tracking_title"), height="stretch")
        page.proof(weeks, "value-tracking", value.tracking, tr("value.tracking_title"), tr("value.about_tracking"))


def _groups(page):
    tr, rows = page.tr, page.measure(value.holdout)
    inside = int(((rows.expected - rows.actual).abs() <= 1.96 * rows.error).sum())
    title = tr("value.groups_finding", n=inside, of=len(rows))
    with cards.card("value-groups", title, tr("value.groups_subtitle")):
        page.show(charts.groups(rows, tr, page.mode), "value-groups", tr("value.groups_title"), height="stretch")
        page.proof(rows, "value-holdout", value.holdout, tr("value.groups_title"), tr("value.about_groups"))


def _parameters(page, model):
    """The parameters with their intervals, and what they say about the customers."""
    tr = page.tr
    with cards.card(
        "value-model",
        tr("value.model_title"),
        tr("value.model_subtitle", n=formats.count(model.n_repeat)),
        height="content",
    ):
        names = ("r", "alpha", "a", "b", "p", "q", "gamma")
        rows = [
            (
                GREEK.get(name, name),
                formats.number(model[name], 4),
                _between(model, name),
                tr(f"value.parameter_{name}"),
            )
            for name in names
        ]
        tables.grid(
            [tr(f"value.column_{name}") for name in ("parameter", "estimate", "interval", "meaning")],
            rows,
            right=(1, 2),
            quiet=(3,),
        )
        st.caption(plain(_in_words(page, model)))
        page.proof(pd.DataFrame([model]), "value-model", value.model, tr("value.model_title"), tr("value.about_model"))


def _between(model, name: str) -> str:
    low, high = model[f"{name}_low"], model[f"{name}_high"]
    return formats.NOTHING if formats.is_missing(low) else f"{formats.number(low, 3)} – {formats.number(high, 3)}"


def _in_words(page, model) -> str:
    """A typical customer: orders a year while he is there, chance to be lost after each, value of an order."""
    order = model.p * model.gamma / (model.q - 1) * model.net_rate
    return page.tr(
        "value.model_words", orders=formats.number(model.r / model.alpha * 365.25 / 7), loss=formats.percent(model.a / (model.a + model.b)),
        value=page.money(order),
    )  # fmt: skip
