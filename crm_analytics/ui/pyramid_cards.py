"""Below the drawn pyramid: the table per layer, how concentrated revenue and profit are."""

import html
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import concentration as charts
from crm_analytics.charts.pyramid import LAYERS, TIERS
from crm_analytics.metrics import pyramid
from crm_analytics.ui import cards, kept
from crm_analytics.ui import pyramid_answer as words

MONEY = ("revenue", "average_revenue", "threshold_revenue", "contribution", "cost", "profit")
COLUMNS = ("customers", *MONEY, "roi")
BELOW_ZERO = ("profit", "roi")  # columns whose losses are red


def show(page, view, tiers: pd.DataFrame):
    """The cards below the drawing."""
    with st.container(horizontal=True, key="pyramid-below"):
        with cards.card("tiers", page.tr("pyramid.tiers_title"), _based(page)):
            table(page, view, tiers)
            page.proof(tiers, "tiers", pyramid.tiers, page.tr("pyramid.tiers_title"), page.tr("pyramid.about"))
        if words.active(tiers) > 1:
            with cards.card("concentration"):
                _concentration(page, view, tiers)


def links(page):
    """Below a drawing without profits: the ways to what it wants."""
    goods, costs = words.knows_goods(page), words.knows_costs(page)
    if goods and costs:
        return
    tr = page.tr
    with st.container(horizontal=True, horizontal_alignment="right", gap="medium", key="pyramid.wants"):
        if not goods:
            st.page_link(
                "pages/data.py", label=tr("pyramid.link_goods"), icon=":material/upload:", query_params=page.query
            )
        if not costs:
            st.page_link(
                "pages/data.py", label=tr("pyramid.link_costs"), icon=":material/upload:", query_params=page.query
            )
        st.page_link(
            "pages/settings.py", label=tr("pyramid.link_typed"), icon=":material/edit:", query_params=page.query
        )


def _based(page) -> str:
    """What contribution stands on: known costs of goods, a typed rate, or the rate of what is known."""
    basis = page.measure(pyramid.basis).iloc[0]
    if formats.is_missing(basis.margin_rate):
        return ""
    rate, covered = formats.percent(basis.margin_rate), basis.covered_share
    if formats.is_missing(covered) or covered < 0.0005:
        return page.tr("pyramid.based_rate", rate=rate)
    if covered >= 0.9995:
        return page.tr("pyramid.based_cost")
    key = "pyramid.based_typed" if basis.is_rate_typed else "pyramid.based_part"
    return page.tr(key, share=formats.percent(covered), rate=rate)


def table(page, view, tiers: pd.DataFrame):
    """One row per layer with its colour, then lines without a customer, then the total; columns nobody knows are left out."""
    tr = page.tr
    shown = tiers.assign(cost=tiers.marketing_cost + tiers.overhead.fillna(0))
    is_there = (
        shown.tier.isin((*TIERS, "total")) | (shown.customers > 0) | (shown.revenue != 0) | (shown.cost.fillna(0) != 0)
    )
    shown = shown[is_there]
    columns = [name for name in COLUMNS if (shown[name].fillna(0) != 0).any()]
    labels = {name: tr(f"pyramid.column_{name}") for name in columns}
    if view.by != "revenue":
        labels["threshold_revenue"] = tr("pyramid.column_lowest_revenue")
    head = "".join(f'<th class="right">{html.escape(labels[name])}</th>' for name in columns)
    body = "".join(_line(page, view, row, columns) for _, row in shown.iterrows())
    st.html(
        f'<div class="grid-wrap"><table class="grid tiers"><thead><tr><th>{html.escape(tr("pyramid.column_tier"))}</th>{head}</tr>'
        f"</thead><tbody>{body}</tbody></table></div>"
    )


def _line(page, view, row, columns) -> str:
    name = html.escape(page.tr(f"pyramid.name_{row.tier}"))
    if row.tier in LAYERS:
        if view.is_as_in_the_list and row.customers:
            query = html.escape(urlencode(page.customers_query({"tier": row.tier}), doseq=True))
            name = f'<a href="customers?{query}" target="_self">{name}</a>'
        name = f'<span class="swatch {row.tier}"></span>{name}'
    cells = "".join(_cell(page, row, column) for column in columns)
    return f'<tr class="{"total" if row.tier == "total" else ""}"><td>{name}</td>{cells}</tr>'


def _cell(page, row, column: str) -> str:
    value = row[column]
    if column == "customers":
        text = formats.NOTHING if row.tier == "unidentified" else formats.count(value)
    elif column == "roi":
        text = (
            formats.NOTHING
            if formats.is_missing(value)
            else formats.number(value, 3)
            if abs(value) >= 10
            else f"{value:.2f}"
        )
        text = text.replace("-", "−")
    else:
        is_nothing = not value or row.tier not in (*TIERS, "total") and column == "average_revenue"
        text = formats.NOTHING if is_nothing else page.money(value)
    loss = " loss" if column in BELOW_ZERO and not formats.is_missing(value) and value < 0 else ""
    return f'<td class="right{loss}">{html.escape(text)}</td>'


def _concentration(page, view, tiers: pd.DataFrame):
    """The curve of Lorenz; where profits are known, also the whale curve: customers from the most profitable to the most costly."""
    tr, points = page.tr, page.measure(pyramid.concentration, **view.ranking)
    place, has_profit = st.container(), bool(points.profit_share.notna().any())
    what = kept.asked("curve", ("revenue", "profit"), "revenue") if has_profit else "revenue"
    if has_profit:
        st.segmented_control(
            tr("pyramid.curve"),
            ("revenue", "profit"),
            format_func=lambda each: tr(f"pyramid.curve_{each}"),
            required=True,
            label_visibility="collapsed",
            **kept.controlled("curve", what, "revenue"),
        )
    with place:
        cards.heading(*(_lorenz_words(page, view, points) if what == "revenue" else _whale_words(page, points)))
    draw = charts.lorenz if what == "revenue" else charts.whale
    page.show(draw(points, tr, page.mode), f"curve-{what}", alt=tr(f"pyramid.curve_{what}"))
    page.proof(
        points, "concentration", pyramid.concentration, tr(f"pyramid.curve_{what}"), tr(f"pyramid.curve_{what}_about")
    )


def _lorenz_words(page, view, points: pd.DataFrame) -> tuple[str, str]:
    """Half of all revenue comes from 5.8% of customers."""
    tr, gini = page.tr, points.gini.iloc[0]
    half = charts.reached(points, 0.5)
    under = tr(f"pyramid.curve_under_{view.by}", gini=formats.NOTHING if formats.is_missing(gini) else f"{gini:.2f}")
    return tr("pyramid.curve_half", share=formats.percent(half)), under


def _whale_words(page, points: pd.DataFrame) -> tuple[str, str]:
    """The best 38% of customers earn 121% of the profit; the rest takes it down again."""
    tr, best = page.tr, points.loc[points.profit_share.idxmax()]
    words_ = {"share": formats.percent(best.customers_share, 0), "profit": formats.percent(best.profit_share, 0)}
    key = "pyramid.whale_all" if best.profit_share <= 1.005 else "pyramid.whale_some"
    return tr(key, **words_), tr("pyramid.whale_under")
