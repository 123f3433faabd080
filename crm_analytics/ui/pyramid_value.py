"""Value analysis: from revenue to profit, what reaches whom by which key, what each tier returns, and who is in it."""

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import waterfall as charts
from crm_analytics.metrics import pyramid
from crm_analytics.ui import cards, cost_keys, kept, relations, standing, tables
from crm_analytics.ui.customers import open_customer
from crm_analytics.ui.pyramid_answer import is_chosen
from crm_analytics.ui.text import plain

TIERS = ("top", "big", "medium", "small")
EACH = ("total", "each")  # the table per tier: sums, or for one customer
AMOUNTS = ("revenue", "contribution", "marketing_cost", "overhead", "profit")
SHOWN = 100
EVERYBODY = 1_000_000_000
BELOW_ZERO = ("contribution", "profit", "roi")  # red where they are losses
CENT = 0.005


def answer(page, view) -> str:
    """Which tiers earn back what they cost, whatever the key; without costs, what is left before them."""
    tr, tiers = page.tr, _tiers(page, view)
    total = tiers.loc["total"]
    if page.is_empty or not tiers.customers[list(TIERS)].sum():
        return tr("pyramid_value.answer_nobody")
    if pd.isna(total.contribution):
        return tr("pyramid_value.answer_unknown", revenue=page.money(total.revenue))
    if pd.isna(total.profit):
        return tr(
            "pyramid_value.answer_no_costs",
            contribution=page.money(total.contribution),
            revenue=page.money(total.revenue),
        )
    always, sometimes = _losing(_ranges(page, view))
    best = tiers.loc[list(TIERS)].roi.idxmax() if tiers.loc[list(TIERS)].roi.notna().any() else None
    words = {"best": tr(f"pyramid_value.those_{best}") if best else "", "roi": charts.ratio(tiers.roi.get(best))}
    if always:
        if len(always) == tiers.loc[list(TIERS)].roi.notna().sum() > 1:
            return tr("pyramid_value.answer_lose_all", **words)
        return tr("pyramid_value.answer_lose", losing=_named(page, always), **words)
    if sometimes:
        return tr("pyramid_value.answer_depends", losing=_named(page, sometimes), **words)
    return tr("pyramid_value.answer_all_earn", profit=page.money(total.profit), **words)


def _losing(ranges: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Tiers that lose money under every key, and those that do under some."""
    spans = charts.spread(ranges)
    always = [span.tier for span in spans.itertuples() if span.high < 0]
    return always, [span.tier for span in spans.itertuples() if span.low < 0 <= span.high]


def _named(page, tiers: list[str]) -> str:
    names = [page.tr(f"pyramid_value.those_{tier}") for tier in tiers]
    return formats.listed(names, most=4, language=page.language)


def _tiers(page, view) -> pd.DataFrame:
    return page.measure(pyramid.tiers, **view.options).set_index("tier")


def _ranges(page, view) -> pd.DataFrame:
    """The tiers alone: the layers that buy nothing return nothing under any key. No rows where no cost is known."""
    if page.measure(pyramid.costs).empty:
        return pd.DataFrame(columns=["tier", "key", "marketing_cost", "profit", "roi"])
    found = page.measure(pyramid.ranges, **view.ranking)
    return found[found.tier.isin(TIERS)]


def show(page, view):
    """The section: what remains and what each tier returns, the tiers' books, costs and one customer, the ranked list."""
    if page.is_empty:
        with cards.card(
            "value-none",
            page.tr("pyramid_value.waterfall_unknown"),
            page.tr("pyramid_value.wants_orders"),
            height="content",
        ):
            relations.add_export(page, "orders")
        return
    basis = page.measure(pyramid.basis).iloc[0]
    costs, ranges = page.measure(pyramid.costs), _ranges(page, view)
    has_returns = bool(ranges.roi.notna().any())
    left, right = st.columns(2)
    with left:
        _waterfall(page, view, basis)
    with right:
        _returns(page, ranges) if has_returns else cost_keys.card(page, costs, basis)
    with cards.card("value-tiers", height="content"):
        _per_tier(page, view)
    left, right = st.columns(2) if has_returns else (None, st.container())
    if left:
        with left:
            cost_keys.card(page, costs, basis)
    with right, cards.card("value-standing"):
        standing.card(page, view)
    _ranked(page, view)


def _waterfall(page, view, basis):
    steps = page.measure(pyramid.waterfall, by=view.by)
    with cards.card("value-waterfall", _waterfall_title(page, steps), _waterfall_subtitle(page, steps, basis)):
        figure = charts.profit(steps, page.tr, page.mode, page.currency)
        page.show(figure, "value-waterfall", page.tr("pyramid_value.waterfall_title"), height="stretch")
        about = page.tr("pyramid_value.waterfall_title"), page.tr("pyramid_value.about_waterfall")
        page.proof(steps, "value-waterfall", pyramid.waterfall, *about)


def _returns(page, ranges: pd.DataFrame):
    with cards.card("value-returns", _returns_title(page, ranges), page.tr("pyramid_value.returns_subtitle")):
        figure = charts.returns(ranges, page.tr, page.mode)
        page.show(figure, "value-returns", page.tr("pyramid_value.returns_title"), height="stretch")
        about = page.tr("pyramid_value.returns_title"), page.tr("pyramid_value.about_returns")
        page.proof(ranges, "value-returns", pyramid.ranges, *about)


def _waterfall_title(page, steps: pd.DataFrame) -> str:
    """What remains of the revenue."""
    amounts = steps.set_index("step").amount
    for step in ("profit", "contribution"):
        if pd.notna(amounts.get(step)):
            sign = "loss" if amounts[step] < 0 else step
            left, of = page.money(abs(amounts[step])), page.money(amounts.get("revenue"))
            return page.tr(f"pyramid_value.waterfall_{sign}", left=left, revenue=of)
    return page.tr("pyramid_value.waterfall_unknown")


def _waterfall_subtitle(page, steps: pd.DataFrame, basis) -> str:
    """The window, what the contribution rests on where the cost of goods is not known throughout, and what is not deducted."""
    words = [page.tr("pyramid_value.waterfall_subtitle", window=page.window_words())]
    covered = 0.0 if pd.isna(basis.covered_share) else float(basis.covered_share)
    if covered < 0.9995 and pd.notna(basis.margin_rate):
        key = "typed" if basis.is_rate_typed else "known"
        rate, rest = formats.percent(basis.margin_rate), formats.percent(1 - covered, 0)
        words.append(page.tr(f"pyramid_value.rate_{key}", rate=rate, rest=rest))
    amounts = steps.set_index("step").amount
    unknown = [page.tr(f"pyramid_value.kind_{kind}") for kind in charts.KINDS if pd.isna(amounts.get(kind))]
    if unknown and pd.notna(amounts.get("profit")):
        words.append(
            page.tr("pyramid_value.not_deducted", kinds=formats.listed(unknown, most=4, language=page.language))
        )
    return formats.together(words, page.language)


def _returns_title(page, ranges: pd.DataFrame) -> str:
    """Whatever the key, small loses; or it depends on the key."""
    always, sometimes = _losing(ranges)
    if always:
        is_all = len(always) == ranges[ranges.roi.notna()].tier.nunique() > 1
        return page.tr(
            "pyramid_value.returns_lose_all" if is_all else "pyramid_value.returns_lose", losing=_named(page, always)
        )
    return (
        page.tr("pyramid_value.returns_depend", losing=_named(page, sometimes))
        if sometimes
        else page.tr("pyramid_value.returns_earn")
    )


def _per_tier(page, view):
    """Every row of the pyramid in sums or for one customer, and that they add up to the company's books."""
    tr, tiers = page.tr, _tiers(page, view)
    each = kept.asked("each", EACH, "total")
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container():
            cards.heading(tr("pyramid_value.tiers_title"), tr(f"pyramid_value.tiers_subtitle_{each}"))
        st.segmented_control(
            tr("pyramid_value.each"),
            EACH,
            required=True,
            format_func=lambda way: tr(f"pyramid_value.each_{way}"),
            label_visibility="collapsed",
            **kept.controlled("each", each, "total"),
        )
    shown = tiers[
        tiers.index.isin((*TIERS, "total")) | (tiers[["customers", *AMOUNTS]].fillna(0) != 0).any(axis="columns")
    ]
    names = [name for name in AMOUNTS if shown[name].notna().any()]
    heads = ["tier", "customers", *names, *["roi"] * bool(shown.roi.notna().any())]
    rows = [[_cell(page, row, name, each) for name in heads] for _, row in shown.iterrows()]
    losses = [place for place, name in enumerate(heads) if name in BELOW_ZERO]
    tables.grid(
        [tr(f"pyramid_value.column_{name}") for name in heads],
        rows,
        right=range(1, len(heads)),
        losses=losses,
        total=True,
    )
    st.caption(plain(_adds_up(page, tiers)))
    page.proof(
        tiers.reset_index(),
        "value-tiers",
        pyramid.tiers,
        tr("pyramid_value.tiers_title"),
        tr("pyramid_value.about_tiers"),
    )


def _cell(page, row, name: str, each: str) -> str:
    """One number of a layer, or its part of one customer; lines without a customer are nobody's."""
    tier, n = row.name, row.customers
    if name == "tier":
        return page.tr(f"pyramid.name_{tier}")
    if name == "customers":
        return formats.NOTHING if tier == "unidentified" else formats.count(n)
    if name == "roi":
        return charts.ratio(row.roi)
    if each == "total":
        return page.money(row[name])
    return page.money(row[name] / n if n > 0 and tier != "total" else None)


def _adds_up(page, tiers: pd.DataFrame) -> str:
    """All rows together against the company's total, to the cent."""
    parts, total = tiers.drop(index="total"), tiers.loc["total"]
    known = [name for name in ("revenue", "profit") if pd.notna(total[name])]
    off = {name: float(parts[name].sum() - total[name]) for name in known}
    if any(abs(gap) > CENT for gap in off.values()):
        gap = max(off.values(), key=abs)
        return page.tr("pyramid_value.does_not_add_up", gap=formats.money_exact(gap, page.currency))
    amounts = {name: formats.money_exact(total[name], page.currency) for name in known}
    whose = "" if is_chosen(page) else "_company"
    return page.tr(f"pyramid_value.adds_up{whose}{'_profit' if 'profit' in known else ''}", **amounts)


def _ranked(page, view):
    """The ranked list of a tier or of all, with what has been brought up to each; a click opens the customer."""
    tr, tier = page.tr, kept.asked("tier", TIERS)
    with cards.card(
        "value-ranked", tr("pyramid_value.ranked_title"), tr("pyramid_value.ranked_subtitle"), height="content"
    ):
        st.segmented_control(
            tr("pyramid_value.column_tier"),
            ["", *TIERS],
            required=True,
            format_func=lambda each: tr(f"tiers.{each}") if each else tr("pyramid_value.every_tier"),
            label_visibility="collapsed",
            **kept.controlled("tier", tier),
        )
        asked = view.ranking | {"tier": tier}
        rows = page.measure(pyramid.customers, **asked, limit=SHOWN)
        chosen = tables.frame(
            page, _in_the_list(page, rows, tier), height=44 + 35 * min(max(len(rows), 1), 12),
            key=f"pyramid_value.rows.{page.version}.{abs(hash((page.filters, tier, view.by, view.rank_within)))}",
            on_select="rerun", selection_mode="single-cell",
        ).selection  # fmt: skip
        if chosen.cells:
            open_customer(page, rows.customer_id.iloc[chosen.cells[0][0]])
        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key="proof-ranked"):
            page.downloads(lambda: page.fetch(pyramid.customers, **asked, limit=EVERYBODY), "ranking")
            cards.explained(
                page, [(tr("pyramid_value.ranked_title"), tr("pyramid_value.about_ranked"), "")], pyramid.customers
            )


def _in_the_list(page, rows: pd.DataFrame, tier: str) -> pd.DataFrame:
    """The list as it is shown: without columns nobody knows anything for, and without the tier where it is chosen."""
    if rows.empty:
        return rows
    shown = page.in_words(rows.dropna(axis="columns", how="all")).drop(columns=["tier"] if tier else [])
    return shown.rename(columns={"contribution": "margin_contribution", "percentile_in_tier": "above_share"})
