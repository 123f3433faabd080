"""Value analysis: from revenue to profit, what reaches whom by which key, what each tier returns, and who is in it."""

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import waterfall as charts
from crm_analytics.metrics import pyramid
from crm_analytics.ui import cards, kept, standing, tables, yearly_costs
from crm_analytics.ui.customers import open_customer
from crm_analytics.ui.pyramid_answer import is_chosen

TIERS = ("top", "big", "medium", "small")
EACH = ("total", "each")  # the table per tier: sums, or for one customer
AMOUNTS = ("revenue", "contribution", "marketing_cost", "overhead", "profit")
SHOWN = 100
EVERYBODY = 1_000_000_000
CENT = 0.005


def answer(page, view) -> str:
    """Which tiers earn back what they cost, whatever the key; without costs, what is left before them."""
    tr, tiers = page.tr, _tiers(page, view)
    total = tiers.loc["total"]
    if pd.isna(total.contribution):
        return tr("value.answer_unknown", revenue=page.money(total.revenue))
    if pd.isna(total.profit):
        return tr(
            "value.answer_no_costs", contribution=page.money(total.contribution), revenue=page.money(total.revenue)
        )
    always, sometimes = _losing(_ranges(page, view))
    best = tiers.loc[list(TIERS)].roi.idxmax() if tiers.loc[list(TIERS)].roi.notna().any() else None
    words = {"best": tr(f"value.those_{best}") if best else "", "roi": formats.number(tiers.roi.get(best))}
    if always:
        return tr("value.answer_lose", losing=_named(page, always), **words)
    if sometimes:
        return tr("value.answer_depends", losing=_named(page, sometimes), **words)
    return tr("value.answer_all_earn", profit=page.money(total.profit), **words)


def _losing(ranges: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Tiers that lose money under every key, and those that do under some."""
    spans = charts.spread(ranges)
    always = [span.tier for span in spans.itertuples() if span.high < 0]
    return always, [span.tier for span in spans.itertuples() if span.low < 0 <= span.high]


def _named(page, tiers: list[str]) -> str:
    names = [page.tr(f"value.those_{tier}") for tier in tiers]
    return formats.listed(names, most=4, language=page.language)


def _tiers(page, view) -> pd.DataFrame:
    return page.measure(pyramid.tiers, **view.options).set_index("tier")


def _ranges(page, view) -> pd.DataFrame:
    """The tiers alone: the layers that buy nothing return nothing under any key."""
    found = page.measure(pyramid.ranges, **view.ranking)
    return found[found.tier.isin(TIERS)]


def show(page, view):
    """The section: waterfall and keys, returns and tiers, one customer and the form, the ranked list."""
    basis = page.measure(pyramid.basis).iloc[0]
    steps = page.measure(pyramid.waterfall, by=view.by)
    costs = page.measure(pyramid.costs)
    left, right = st.columns(2)
    with left, cards.card("value-waterfall", _waterfall_title(page, steps), _waterfall_subtitle(page, steps, basis)):
        page.show(
            charts.profit(steps, page.tr, page.mode, page.currency), "value-waterfall", page.tr("value.waterfall_title")
        )
        about = page.tr("value.waterfall_title"), page.tr("value.about_waterfall")
        page.proof(steps, "value-waterfall", pyramid.waterfall, *about)
    with right, cards.card("value-costs"):
        _costs(page, costs, basis)
    ranges = _ranges(page, view)
    if ranges.roi.notna().any():
        with cards.card("value-returns", _returns_title(page, ranges), page.tr("value.returns_subtitle")):
            page.show(charts.returns(ranges, page.tr, page.mode), "value-returns", page.tr("value.returns_title"))
            about = page.tr("value.returns_title"), page.tr("value.about_returns")
            page.proof(ranges, "value-returns", pyramid.ranges, *about)
    with cards.card("value-tiers", height="content"):
        _per_tier(page, view)
    left, right = st.columns(2)
    with left, cards.card("value-standing"):
        standing.card(page, view)
    with right, cards.card("value-form"):
        yearly_costs.card(page, costs, basis)
    _ranked(page, view)


def _waterfall_title(page, steps: pd.DataFrame) -> str:
    """What remains of the revenue."""
    amounts = steps.set_index("step").amount
    for step in ("profit", "contribution"):
        if pd.notna(amounts.get(step)):
            sign = "loss" if amounts[step] < 0 else step
            left, of = page.money(abs(amounts[step])), page.money(amounts.get("revenue"))
            return page.tr(f"value.waterfall_{sign}", left=left, revenue=of)
    return page.tr("value.waterfall_unknown")


def _waterfall_subtitle(page, steps: pd.DataFrame, basis) -> str:
    """The window, what the contribution rests on where the cost of goods is not known throughout, and what is not deducted."""
    words = [page.tr("value.waterfall_subtitle", window=page.window_words())]
    covered = 0.0 if pd.isna(basis.covered_share) else float(basis.covered_share)
    if covered < 0.9995 and pd.notna(basis.margin_rate):
        key = "typed" if basis.is_rate_typed else "known"
        rate, rest = formats.percent(basis.margin_rate), formats.percent(1 - covered, 0)
        words.append(page.tr(f"value.rate_{key}", rate=rate, rest=rest))
    amounts = steps.set_index("step").amount
    unknown = [page.tr(f"value.kind_{kind}") for kind in charts.KINDS if pd.isna(amounts.get(kind))]
    if unknown and pd.notna(amounts.get("profit")):
        words.append(page.tr("value.not_deducted", kinds=formats.listed(unknown, most=4, language=page.language)))
    return formats.together(words, page.language)


def _costs(page, costs: pd.DataFrame, basis):
    """By which key how much of the cost reaches the customers, and where it was read."""
    tr = page.tr
    if costs.empty or not costs.amount.sum():
        cards.heading(tr("value.costs_title"), tr("value.costs_unknown"))
        st.page_link(
            "pages/data.py", label=tr("frame.add_export", table=tr("tables.costs")), icon=":material/upload:",
            query_params=page.query,
        )  # fmt: skip
        return
    shares = costs.groupby("key").amount.sum() / costs.amount.sum()
    title = tr("value.costs_finding", share=formats.percent(float(shares.reindex(["direct", "activity"]).sum()), 0))
    cards.heading(title, _costs_subtitle(page, basis))
    page.show(charts.allocation(costs, tr, page.mode, page.currency), "value-costs", tr("value.costs_title"))
    rows = (
        costs.groupby(["key", "source"], sort=False).amount.sum().reset_index().sort_values("amount", ascending=False)
    )
    tables.grid(
        [tr(f"value.column_{name}") for name in ("key", "source", "amount", "share")],
        [
            (
                tr(f"value.key_{row.key}"), tr(f"value.source_{row.source}"), page.money(row.amount),
                formats.percent(row.amount / costs.amount.sum(), 0),
            )
            for row in rows.itertuples()
        ],
        right=(2, 3), quiet=(1,),
    )  # fmt: skip
    page.proof(costs, "value-costs", pyramid.costs, tr("value.costs_title"), tr("value.about_costs"))


def _costs_subtitle(page, basis) -> str:
    """What is not in it: kinds nobody knows, rows that could not be read or placed."""
    tr, words = page.tr, [page.tr("value.costs_subtitle")]
    if is_chosen(page):
        words.append(tr("value.whole_company"))
    absent = [tr(f"value.kind_{kind}") for kind in str(basis.kinds_absent or "").split(",") if kind]
    if absent:
        words.append(tr("value.kinds_absent", kinds=formats.listed(absent, most=4, language=page.language)))
    for name in ("unread_periods", "unplaced"):
        if basis[name]:
            words.append(tr(f"value.{name}", n=formats.count(basis[name])))
    return formats.together(words, page.language)


def _returns_title(page, ranges: pd.DataFrame) -> str:
    """Whatever the key, small loses; or it depends on the key."""
    always, sometimes = _losing(ranges)
    if always:
        return page.tr("value.returns_lose", losing=_named(page, always))
    return (
        page.tr("value.returns_depend", losing=_named(page, sometimes)) if sometimes else page.tr("value.returns_earn")
    )


def _per_tier(page, view):
    """Every row of the pyramid in sums or for one customer, and that they add up to the company's books."""
    tr, tiers = page.tr, _tiers(page, view)
    each = kept.asked("each", EACH, "total")
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container():
            cards.heading(tr("value.tiers_title"), tr(f"value.tiers_subtitle_{each}"))
        st.segmented_control(
            tr("value.each"),
            EACH,
            required=True,
            format_func=lambda way: tr(f"value.each_{way}"),
            label_visibility="collapsed",
            **kept.controlled("each", each, "total"),
        )
    names = [name for name in AMOUNTS if tiers[name].notna().any()]
    has_roi = tiers.roi.notna().any()
    rows = [
        [_row_name(tr, tier), *_amounts(page, row, names, each), *_roi(row, has_roi)] for tier, row in tiers.iterrows()
    ]
    heads = ["tier", "customers", *names, *["roi"] * has_roi]
    tables.grid([tr(f"value.column_{name}") for name in heads], rows, right=range(1, len(heads)), total=True)
    st.caption(_adds_up(page, tiers))
    page.proof(tiers.reset_index(), "value-tiers", pyramid.tiers, tr("value.tiers_title"), tr("value.about_tiers"))


def _row_name(tr, tier: str) -> str:
    return tr(f"value.row_{tier}") if tier in ("unidentified", "total") else tr(f"tiers.{tier}")


def _amounts(page, row, names: list[str], each: str):
    """Customers, then each amount: the layer's, or the part of one customer."""
    n = row.customers
    has_customers = pd.notna(n) and n > 0
    yield formats.count(n) if has_customers or row.name != "unidentified" else formats.NOTHING
    for name in names:
        yield page.money(row[name] if each == "total" else row[name] / n if has_customers else None)


def _roi(row, has_roi: bool) -> list[str]:
    return [formats.number(row.roi)] if has_roi else []


def _adds_up(page, tiers: pd.DataFrame) -> str:
    """All rows together against the company's total, to the cent."""
    parts, total = tiers.drop(index="total"), tiers.loc["total"]
    known = [name for name in ("revenue", "profit") if pd.notna(total[name])]
    off = {name: float(parts[name].sum() - total[name]) for name in known}
    if any(abs(gap) > CENT for gap in off.values()):
        gap = max(off.values(), key=abs)
        return page.tr("value.does_not_add_up", gap=formats.money_exact(gap, page.currency))
    amounts = {name: formats.money_exact(total[name], page.currency) for name in known}
    whose = "" if is_chosen(page) else "_company"
    return page.tr(f"value.adds_up{whose}{'_profit' if 'profit' in known else ''}", **amounts)


def _ranked(page, view):
    """The ranked list of a tier or of all, with what has been brought up to each; a click opens the customer."""
    tr, tier = page.tr, kept.asked("tier", TIERS)
    with cards.card("value-ranked", tr("value.ranked_title"), tr("value.ranked_subtitle"), height="content"):
        st.segmented_control(
            tr("value.column_tier"),
            ["", *TIERS],
            required=True,
            format_func=lambda each: tr(f"tiers.{each}") if each else tr("frame.all"),
            label_visibility="collapsed",
            **kept.controlled("tier", tier),
        )
        asked = view.ranking | {"tier": tier}
        rows = page.measure(pyramid.customers, **asked, limit=SHOWN)
        shown = page.in_words(rows.dropna(axis="columns", how="all")) if len(rows) else rows
        chosen = tables.frame(
            page, shown, height=44 + 35 * min(max(len(rows), 1), 12),
            key=f"value.rows.{page.version}.{abs(hash((page.filters, tier, view.by, view.rank_within)))}",
            on_select="rerun", selection_mode="single-cell",
        ).selection  # fmt: skip
        if chosen.cells:
            open_customer(page, rows.customer_id.iloc[chosen.cells[0][0]])
        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key="proof-ranked"):
            page.downloads(lambda: page.fetch(pyramid.customers, **asked, limit=EVERYBODY), "ranking")
            cards.explained(page, [(tr("value.ranked_title"), tr("value.about_ranked"), "")], pyramid.customers)
