"""Profile, part "sources": new customers beside existing ones, what winning and keeping one costs, and who came through whom."""

import pandas as pd

from crm_analytics import formats
from crm_analytics.charts import profile as charts
from crm_analytics.metrics import profile
from crm_analytics.ui import cards, tables
from crm_analytics.ui import profile as shared
from crm_analytics.ui.customers import open_customer

BASES = ("tagged", "allocated", "all")
RATES = ("bought_rate", "repeat_rate", "retention_rate", "satisfaction")
MONEY = ("revenue", "average_revenue", "average_order_value", "average_contribution")


def answer(page) -> str:
    """How much new customers bring, and what one costs beside keeping one."""
    tr, found = page.tr, page.measure(profile.acquisition).set_index("group")
    new = found.loc["new"]
    if not found.customers.sum():
        return tr("profile.answer_no_buyers")
    if isinstance(new.note, str):
        return tr("profile.answer_new_incomplete", first=formats.day(page.filters.data_from, page.language))
    words = {"customers": formats.percent(new.customer_share, 0), "revenue": formats.percent(new.revenue_share, 0)}
    if "costs" in shared.known(page, "lines"):
        cost = _costs(page)
        if cost is not None and not formats.is_missing(cost.cost_per_new.get("allocated")):
            row = cost.loc["allocated"]
            return tr(
                "profile.answer_new_cost",
                cost=page.money(row.cost_per_new),
                keep=page.money(row.cost_per_existing),
                **words,
            )
    return tr("profile.answer_new", **words)


def _costs(page) -> pd.DataFrame | None:
    """The three readings by basis, where any cost of marketing or sales is known."""
    found = page.measure(profile.acquisition_cost) if "costs" in shared.known(page, "lines") else None
    return None if found is None else found.set_index("basis")


def show(page):
    """The part: both groups in a table, where the new come from, costs, the referred, the tree and who brings most."""
    if not page.measure(profile.acquisition).customers.sum():
        return
    place = shared.both()
    with place, cards.card("profile-new"):
        _beside(page)
    with place:
        _cost(page)
    if "source" in shared.known(page):
        with place:
            _origin(page)
    if "referred_by" not in shared.known(page, "lines"):
        with place:
            shared.wanted(page, "referrals", page.tr("profile.referrals_wants"), "referred_by", "customers")
        return
    with place:
        _referred(page)
    _depth(page)
    with cards.card("profile-referrers", height="content"):
        _referrers(page)


def _beside(page):
    tr, found = page.tr, page.measure(profile.acquisition)
    new, existing = (found[found.group == name].iloc[0] for name in ("new", "existing"))
    title = tr("profile.beside_found", share=formats.percent(new.revenue_share, 0))
    subtitle = tr("profile.beside_subtitle", window=page.window_words())
    if isinstance(new.note, str):
        title = tr("profile.acquisition_title")
        subtitle = formats.together(
            [subtitle, tr("profile.beside_incomplete", first=formats.day(page.filters.data_from, page.language))],
            page.language,
        )
    cards.heading(title, subtitle)
    rows = [("customers", lambda r: f"{formats.count(r.customers)} · {formats.percent(r.customer_share, 0)}"),
            ("revenue", lambda r: f"{page.money(r.revenue)} · {formats.percent(r.revenue_share, 0)}"),
            ("average_revenue", lambda r: page.money(r.average_revenue)),
            ("average_contribution", lambda r: page.money(r.average_contribution)),
            ("orders", lambda r: formats.number(r.average_orders)),
            ("average_order_value", lambda r: page.money(r.average_order_value)),
            ("repeat_rate", lambda r: shared.rate(r.repeat_rate, r.low, r.high))]  # fmt: skip
    if formats.is_missing(new.average_contribution):
        rows = [row for row in rows if row[0] != "average_contribution"]
    body = [(tr(f"profile.beside_{name}"), said(new), said(existing)) for name, said in rows]
    tables.grid(["", tr("profile.arrival_new"), tr("profile.arrival_existing")], body, right=(1, 2))
    page.customers_link(tr("profile.open_new"), {"is_new": "yes"})
    page.proof(
        found, "profile-new", profile.acquisition, tr("profile.acquisition_title"), tr("profile.about_acquisition")
    )


def _cost(page):
    tr, found = page.tr, _costs(page)
    if found is None:
        shared.wanted(page, "cost", tr("profile.cost_wants"), "amount", "costs")
        return
    rows = []
    for basis in BASES:
        row = found.loc[basis]
        if not formats.is_missing(row.cost_per_new):
            rows.append(_cost_row(page, "new", basis, row.cost_per_new, row.acquisition_cost))
    usual = "allocated" if not formats.is_missing(found.cost_per_existing["allocated"]) else "tagged"
    if not formats.is_missing(found.cost_per_existing[usual]):
        rows.append(
            _cost_row(page, "existing", usual, found.cost_per_existing[usual], found.keeping_cost[usual])
            | {"is_quiet": True}
        )
    times = found.times["allocated"]
    title = (
        tr("profile.cost_none")
        if formats.is_missing(times) or isinstance(found.note["allocated"], str)
        else tr("profile.cost_found", times=shared.times(page, times))
    )
    subtitle = tr(
        "profile.cost_subtitle" if not formats.is_missing(found.cost_per_new["tagged"]) else "profile.cost_untagged",
        window=page.window_words(),
    )
    if not rows:
        with cards.card("profile-cost", title, subtitle):
            page.proof(
                found.reset_index(),
                "profile-cost",
                profile.acquisition_cost,
                tr("profile.cost_title"),
                tr("profile.about_cost"),
            )
        return
    figure = charts.bars(shared.rows(rows), page.mode)
    shared.chart(page, "cost", title, subtitle, figure, found.reset_index(), profile.acquisition_cost, "cost")


def _cost_row(page, whom: str, basis: str, each, amount) -> dict:
    words = page.tr(f"profile.cost_{whom}_{basis}")
    return {
        "label": words,
        "value": each,
        "text": page.money(each),
        "key": [basis],
        "tip": f"{words}: {page.money(amount)}",
    }


def _origin(page):
    """Where new customers come from, against all customers."""
    tr, found = page.tr, page.measure(profile.index, column="source", group="new")
    told = found[found.share.notna() & found.value.notna()]
    if told.empty:
        return
    top = told.loc[told.share.idxmax()]
    title = tr("profile.origin_top", value=top.value, share=formats.percent(top.share, 0))
    rows = [{"label": row["value"], "value": row["share"], "key": [row["value"]], "is_quiet": False,
             "text": tr("profile.origin_text", share=formats.percent(row["share"], 0), index=f"{row['index']:.0f}"),
             "tip": f"{row['value']}: {formats.count(row['n'])}"} for row in told.head(10).to_dict("records")]  # fmt: skip
    subtitle, figure = (
        tr("profile.origin_subtitle", n=formats.count(top.known)),
        charts.bars(shared.rows(rows), page.mode),
    )
    shared.chart(page, "origin", title, subtitle, figure, found, profile.index, "index",
                 on_click=lambda mark: page.to_customers({"is_new": "yes", "source": mark[0]}))  # fmt: skip


def _referred(page):
    tr, found = page.tr, page.measure(profile.referrals).set_index("group")
    mine, others = found.loc["referred"], found.loc["others"]
    rows = []
    for name in RATES:
        for who, row in (("referred", mine), ("others", others)):
            if formats.is_missing(row[name]):
                continue
            label = tr(f"profile.rate_{name}") if who == "referred" else tr("profile.rate_others")
            ends = {end: row[f"{name}_{end}"] for end in ("low", "high")}
            rows.append({"label": label, "value": row[name], **ends, "is_quiet": who == "others",
                         "text": f"{formats.percent(row[name], 0)} · {formats.count(row[f'{name}_n'])}", "key": [name, who],
                         "tip": f"{tr(f'profile.rate_{name}')}, {tr(f'profile.who_{who}')}: {formats.percent(row[name])}"})  # fmt: skip
    sure = [
        name
        for name in RATES
        if not formats.is_missing(mine[f"{name}_change_low"])
        and not mine[f"{name}_change_low"] <= 0 <= mine[f"{name}_change_high"]
    ]
    share, n = formats.percent(mine["share"], 0), formats.count(mine.customers)
    title = tr("profile.referred_alike", share=share)
    if sure:
        way = "more" if mine[f"{sure[0]}_change"] > 0 else "less"
        title = tr(f"profile.referred_{way}", share=share, what=tr(f"profile.what_{sure[0]}"))
    revenue = tr(
        "profile.referred_revenue", mine=page.money(mine.average_revenue), others=page.money(others.average_revenue)
    )
    subtitle = formats.together([tr("profile.referred_subtitle", n=n), revenue], page.language)
    if rows:
        shared.chart(
            page,
            "referrals",
            title,
            subtitle,
            charts.ranges(shared.rows(rows), page.mode),
            found.reset_index(),
            profile.referrals,
            "referrals",
        )


def _depth(page):
    tr, found = page.tr, page.measure(profile.referral_depth)
    if found.empty:
        return
    rows = [{"label": tr(f"profile.tree_{row.part}", n=row.generation) if row.part == "generation" else tr(f"profile.tree_{row.part}"),
             "value": row.customers, "text": formats.count(row.customers), "tip": formats.count(row.customers), "key": [row.part],
             "is_quiet": row.part != "generation"} for row in found.itertuples()]  # fmt: skip
    deep = found.generation.max()
    title = tr("profile.depth_found", n=0 if pd.isna(deep) else int(deep))
    shared.chart(
        page,
        "depth",
        title,
        tr("profile.depth_subtitle"),
        charts.bars(shared.rows(rows[:10]), page.mode),
        found,
        profile.referral_depth,
        "depth",
    )


def _referrers(page):
    tr, found = page.tr, page.measure(profile.referrers)
    top = found.head(1)
    title = (
        tr("profile.referrers_top", n=formats.count(top.referred.iloc[0])) if len(top) else tr("profile.referrers_none")
    )
    cards.heading(title, tr("profile.referrers_subtitle"))
    chosen = tables.frame(
        page, found, height=44 + 35 * min(max(len(found), 1), 10), on_select="rerun", selection_mode="single-cell",
        key=f"profile.referrers.{page.version}.{abs(hash(page.filters))}",
    ).selection  # fmt: skip
    if chosen.cells:
        open_customer(page, found.customer_id.iloc[chosen.cells[0][0]])
    page.proof(
        found, "profile-referrers", profile.referrers, tr("profile.referrers_title"), tr("profile.about_referrers")
    )
