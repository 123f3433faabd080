"""What the customers cost: how much by which key, where it was read, and a form for what no export says."""

import html
from dataclasses import replace

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import waterfall as charts
from crm_analytics.metrics import pyramid
from crm_analytics.ui import cards, relations, settings
from crm_analytics.ui.pyramid_answer import is_chosen

COVERED = 0.9995  # share of revenue with a cost of goods from which all of it counts as covered


def card(page, costs: pd.DataFrame, basis):
    """The shares of the keys; what is not known can be typed: at once where nothing is, else behind a line that unfolds."""
    tr = page.tr
    missing, wants_rate = _missing(costs), not (basis.covered_share or 0) >= COVERED
    with cards.card("value-costs"):
        if costs.empty:
            cards.heading(tr("pyramid_value.costs_title"), tr("pyramid_value.costs_unknown"))
            form(page, missing, wants_rate)
            return
        _keys(page, costs, basis)
        if missing or wants_rate:
            with st.expander(tr("pyramid_value.form_title"), type="compact"):
                form(page, missing, wants_rate)
        else:
            st.caption(tr("pyramid_value.form_done"))


def _keys(page, costs: pd.DataFrame, basis):
    tr, whole = page.tr, costs.amount.sum()
    honest = float(costs.amount[costs.key.isin(("direct", "activity"))].sum()) / whole if whole else None
    finding = (
        tr("pyramid_value.costs_finding", share=formats.percent(honest, 0))
        if honest
        else tr("pyramid_value.costs_spread")
    )
    cards.heading(finding, _subtitle(page, basis))
    page.show(charts.allocation(costs, tr, page.mode, page.currency), "value-costs", tr("pyramid_value.costs_title"))
    rows = costs.groupby(["key", "source"], sort=False).amount.sum().reset_index()
    rows = rows.sort_values("key", key=lambda keys: keys.map(charts.KEYS.index), kind="stable")
    lines = "".join(_line(page, row, whole) for row in rows.itertuples())
    head = "".join(
        f'<th class="{kind}">{html.escape(tr(f"pyramid_value.column_{name}"))}</th>'
        for name, kind in (("key", ""), ("source", "quiet"), ("amount", "right"), ("share", "right"))
    )
    st.html(
        f'<div class="grid-wrap"><table class="grid"><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>'
    )
    page.proof(costs, "value-costs", pyramid.costs, tr("pyramid_value.costs_title"), tr("pyramid_value.about_costs"))


def _line(page, row, whole: float) -> str:
    """A key with its colour in the chart, where its costs were read, how much they are."""
    cells = [
        ("", f'<span class="swatch key-{row.key}"></span>{html.escape(page.tr(f"pyramid_value.key_{row.key}"))}'),
        ("quiet", html.escape(page.tr(f"pyramid_value.source_{row.source}"))),
        ("right", html.escape(page.money(row.amount))),
        ("right", html.escape(formats.percent(row.amount / whole if whole else None, 0))),
    ]
    return f"<tr>{''.join(f'<td class={chr(34)}{kind}{chr(34)}>{text}</td>' for kind, text in cells)}</tr>"


def _subtitle(page, basis) -> str:
    """What is not in it: kinds nobody knows, rows that could not be read or placed."""
    tr, words = page.tr, [page.tr("pyramid_value.costs_subtitle")]
    if is_chosen(page):
        words.append(tr("pyramid_value.whole_company"))
    absent = [tr(f"pyramid_value.kind_{kind}") for kind in str(basis.kinds_absent or "").split(",") if kind]
    if absent:
        words.append(tr("pyramid_value.kinds_absent", kinds=formats.listed(absent, most=4, language=page.language)))
    for name in ("unread_periods", "unplaced"):
        if basis[name]:
            words.append(tr(f"pyramid_value.{name}", n=formats.count(basis[name])))
    return formats.together(words, page.language)


def _missing(costs: pd.DataFrame) -> list[str]:
    """The kinds of cost of which no export has a row."""
    exported = set(costs.kind[costs.source != "typed"])
    return [kind for kind in charts.KINDS if kind not in exported]


def form(page, missing: list[str], wants_rate: bool):
    """A field for each thing the exports do not say; what is typed becomes a new version of the rules."""
    tr, rules = page.tr, page.rules
    st.caption(tr("pyramid_value.form_subtitle"))
    with st.form("pyramid_value.costs", border=False):
        places = [place for _ in range(0, len(missing), 2) for place in st.columns(2)]
        typed = {kind: settings.yearly_cost(page, place, kind) for kind, place in zip(missing, places)}
        rate = settings.margin_rate(page, rules.margin_rate) if wants_rate else rules.margin_rate
        if st.form_submit_button(tr("pyramid_value.form_save"), type="primary", icon=":material/save:"):
            kept = {kind: amount for kind, amount in rules.yearly_costs.items() if kind not in missing}
            given = {kind: amount for kind, amount in typed.items() if amount is not None}
            settings.save(page, replace(rules, yearly_costs=kept | given, margin_rate=rate))
    cards.points(tr("pyramid_value.form_export_adds").split("\n"))
    relations.add_export(page, "costs")
