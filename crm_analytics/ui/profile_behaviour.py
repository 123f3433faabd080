"""Profile, part "behaviour": whose buying rises or falls, discounts, how many kinds, new products, how much and how often."""

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import profile as charts
from crm_analytics.metrics import profile
from crm_analytics.ui import cards, kept
from crm_analytics.ui import profile as shared
from crm_analytics.ui.text import literal

MEASURES = ("orders", "revenue")
WAYS = ("rising", "falling")
SPREADS = ("order_value", "orders", "gap_days")
LEVELS = ("category", "brand", "product", "channel")
BY = ("loyalty", "tier", "stage", "arrival")


def _measure(page) -> str:
    return kept.asked("measure", MEASURES, MEASURES[0])


def answer(page) -> str:
    """How many buy less and less, or more and more, beyond what chance would show."""
    tr, found = page.tr, page.measure(profile.trends, measure=_measure(page)).set_index("trend")
    few = formats.count(found.customers["too_few"])
    if not found.customers.sum():
        return tr("profile.answer_no_buyers")
    if not found.judged.iloc[0]:
        return tr("profile.answer_too_few", n=few)
    sure = {way: found.verdict[way] == "more" for way in WAYS}
    way = "both" if all(sure.values()) else next((way for way in WAYS if sure[way]), "none")
    words = {name: formats.count(found.customers[name]) for name in WAYS}
    return tr(f"profile.answer_trend_{way}", **words, judged=formats.count(found.judged.iloc[0]), few=few)


def show(page):
    """The part: trends, spending, discounts twice, breadth, new products, and who is behind a trend."""
    if not page.measure(profile.trends).customers.sum():
        return
    lines = shared.known(page, "lines")
    place = shared.both()
    with place:
        _trends(page)
    with place:
        _spending(page)
    for card, name in ((_discounts, "discount"), (_by_group, "discount"), (_breadth, ""), (_adoption, "product")):
        with place:
            if name and name not in lines:
                if card is not _by_group:
                    shared.wanted(page, name, page.tr(f"profile.{name}_wants"), name, "orders")
            else:
                card(page)
    _behind(page)


def _switch(page, name: str, values, default: str):
    st.segmented_control(
        page.tr(f"profile.{name}"), values, required=True, format_func=lambda value: page.tr(f"profile.{name}_{value}"),
        label_visibility="collapsed", width="content", **kept.controlled(name, kept.asked(name, values, default), default),
    )  # fmt: skip


def _trends(page):
    tr, measure = page.tr, _measure(page)
    found = page.measure(profile.trends, measure=measure)
    rows = [
        {"label": tr(f"profile.trend_{row.trend}"), "value": row.customers, "text": _trend_text(page, row), "key": [row.trend],
         "tip": f"{tr(f'profile.trend_{row.trend}')}: {formats.count(row.customers)} · {page.money(row.revenue)}",
         "is_quiet": row.trend in ("stable", "too_few")}
        for row in found.itertuples()
    ]  # fmt: skip
    few = found.set_index("trend").customer_share["too_few"]
    title = tr("profile.trends_few", share=formats.percent(few, 0))
    with cards.card("profile-trends", title, tr(f"profile.trends_subtitle_{measure}", window=page.window_words())):
        _switch(page, "measure", MEASURES, MEASURES[0])
        page.show(
            charts.bars(shared.rows(rows), page.mode),
            "profile-trends",
            title,
            on_click=lambda mark: shared.opened(page, "trend", mark[0]),
        )
        page.proof(found, "profile-trends", profile.trends, tr("profile.trends_title"), tr("profile.about_trends"))


def _trend_text(page, row) -> str:
    text = f"{formats.count(row.customers)} · {formats.percent(row.customer_share, 0)}"
    if row.trend in WAYS and not formats.is_missing(row.expected):
        return text + " · " + page.tr("profile.by_chance", n=formats.count(row.expected))
    return text


def _spending(page):
    tr, which = page.tr, kept.asked("spread", SPREADS, SPREADS[0])
    every = page.measure(profile.spending)
    found = every[every.measure == which]
    if found.empty:
        with cards.card("profile-spending", tr(f"profile.spread_{which}"), tr("profile.spread_none")):
            _switch(page, "spread", SPREADS, SPREADS[0])
        return
    worded = (lambda value: page.money(value)) if which == "order_value" else formats.number
    first = found.iloc[0]
    title = tr(f"profile.spread_title_{which}", median=worded(first["median"]), ninth=worded(first.ninth_decile))
    rows = [{"label": _band(page, which, row), "value": row["share"], "text": formats.percent(row["share"], 0), "key": [row["band"]],
             "tip": f"{_band(page, which, row)}: {formats.count(row['count'])} · {formats.percent(row['share'])}"}
            for row in found.to_dict("records")]  # fmt: skip
    with cards.card(
        "profile-spending",
        title,
        tr(f"profile.spread_subtitle_{which}", n=formats.count(first.n), mean=worded(first["mean"])),
    ):
        _switch(page, "spread", SPREADS, SPREADS[0])
        page.show(charts.columns(shared.rows(rows), page.mode), "profile-spending", title)
        page.proof(
            every, "profile-spending", profile.spending, tr("profile.spending_title"), tr("profile.about_spending")
        )


def _band(page, which: str, row: dict) -> str:
    """20–50, 3, 11+ ..."""
    low, high = row["from"], row["to"]
    if which == "order_value":
        if formats.is_missing(low):
            return f"<{formats.money_round(high, page.language)}"
        if formats.is_missing(high):
            return f"{formats.money_round(low, page.language)}+"
        return f"{formats.money_round(low, page.language)}–{formats.money_round(high, page.language)}"
    if formats.is_missing(low):
        return f"<{formats.count(high)}"
    if formats.is_missing(high):
        return f"{formats.count(low)}+"
    return formats.count(low) if high - low == 1 else f"{formats.count(low)}–{formats.count(high - 1)}"


def _discounts(page):
    tr, found = page.tr, page.measure(profile.discounts)
    whole = page.measure(profile.discounts, by="")
    if found.empty or whole.empty:
        return
    rows = [
        {"label": tr(f"profile.dependence_{row.group}"), "value": row.customers, "key": [row.group], "is_quiet": row.group == "none",
         "text": f"{formats.count(row.customers)} · {formats.percent(row.customer_share, 0)}",
         "tip": tr("profile.discount_tip", customers=formats.count(row.customers), revenue=page.money(row.revenue))}
        for row in found.itertuples()
    ]  # fmt: skip
    title = tr(
        "profile.discounts_found",
        orders=formats.percent(whole.order_share.iloc[0], 0),
        revenue=formats.percent(whole.revenue_share.iloc[0], 0),
    )
    subtitle, figure = (
        tr("profile.discounts_subtitle", window=page.window_words()),
        charts.bars(shared.rows(rows), page.mode),
    )
    shared.chart(page, "discounts", title, subtitle, figure, found, profile.discounts, "discounts",
                 on_click=lambda mark: shared.opened(page, "band", mark[0]))  # fmt: skip


def _by_group(page):
    """Who depends on discounts: loyal customers, tiers, stages, new ones."""
    tr, by = page.tr, kept.asked("by", BY, BY[0])
    found = page.measure(profile.discounts, by=by)
    rows = [_group_row(page, by, row, row.mean_share) for row in found.itertuples()]
    if not rows:
        return
    apart = found[["low", "high"]].max().low > found[["low", "high"]].min().high
    most = found.loc[found.mean_share.idxmax(), "group"]
    title = (
        tr("profile.by_apart", group=literal(shared.value_words(page, by, most))) if apart else tr("profile.by_alike")
    )
    with cards.card("profile-by", title, tr("profile.by_subtitle", window=page.window_words())):
        _switch(page, "by", BY, BY[0])
        page.show(
            charts.ranges(shared.rows(rows), page.mode),
            "profile-by",
            title,
            on_click=lambda mark: _to_group(page, mark),
        )
        page.proof(found, "profile-by", profile.discounts, tr("profile.discounts_title"), tr("profile.about_discounts"))


def _group_row(page, by: str, row, share: float) -> dict:
    """A group's share with its interval."""
    words, said = shared.value_words(page, by, row.group), formats.percent(share)
    tip = page.tr(
        "profile.group_tip", value=words, share=said, low=formats.percent(row.low), high=formats.percent(row.high)
    )
    text = f"{formats.percent(share, 0)} · {formats.count(row.customers)}"
    return {
        "label": words,
        "value": share,
        "low": row.low,
        "high": row.high,
        "key": [by, row.group],
        "text": text,
        "tip": tip,
    }


def _to_group(page, mark):
    by, value = mark
    if by in ("tier", "stage"):
        page.to_customers({by: value})
    if by == "arrival":
        page.to_customers({"is_new": "yes" if value == "new" else "no", "has_ordered": "yes"})


def _breadth(page):
    tr, lines = page.tr, shared.known(page, "lines")
    levels = [level for level in LEVELS if level in lines]
    if not levels:
        shared.wanted(page, "breadth", tr("profile.goods_wants"), "category", "orders")
        return
    level = kept.asked("kinds", levels, levels[0])
    found = page.measure(profile.breadth, level=level)
    if found.empty:
        return
    rows = [
        {"label": f"{row.kinds}{'+' if row.is_open else ''}", "value": row.customer_share, "key": [row.kinds],
         "text": formats.percent(row.customer_share, 0),
         "tip": tr("profile.breadth_tip", n=formats.count(row.customers), amount=page.money(row.average_revenue))}
        for row in found.itertuples()
    ]  # fmt: skip
    title = tr(
        f"profile.breadth_found_{level}",
        share=formats.percent(found.customer_share[found.kinds == 1].sum(), 0),
        average=f"{found.average.iloc[0]:.1f}",
    )
    with cards.card("profile-breadth", title, tr("profile.breadth_subtitle", window=page.window_words())):
        _switch(page, "kinds", levels, levels[0])
        page.show(charts.columns(shared.rows(rows), page.mode, 220), "profile-breadth", title)
        page.proof(found, "profile-breadth", profile.breadth, tr("profile.breadth_title"), tr("profile.about_breadth"))


def _adoption(page):
    tr, found = page.tr, page.measure(profile.adoption, by="tier")
    whole = page.measure(profile.adoption)
    unknown = int(whole.unknown_products.iloc[0]) if len(whole) else 0
    if whole.empty or not whole.new_products.iloc[0]:
        why = [tr("profile.adoption_none_why")]
        if unknown:
            why.append(tr("profile.adoption_unknown", n=formats.count(unknown)))
        with cards.card("profile-adoption", tr("profile.adoption_none"), formats.together(why, page.language)):
            page.proof(
                whole, "profile-adoption", profile.adoption, tr("profile.adoption_title"), tr("profile.about_adoption")
            )
        return
    rows = [_group_row(page, "tier", row, row.adoption_rate) for row in found.itertuples()]
    title = tr(
        "profile.adoption_found",
        share=formats.percent(whole.adoption_rate.iloc[0], 0),
        n=formats.count(whole.new_products.iloc[0]),
    )
    subtitle = tr("profile.adoption_subtitle", window=page.window_words())
    if unknown:
        subtitle = formats.together([subtitle, tr("profile.adoption_unknown", n=formats.count(unknown))], page.language)
    figure = charts.ranges(shared.rows(rows), page.mode)
    shared.chart(page, "adoption", title, subtitle, figure, _with_products(page, found), profile.adoption, "adoption",
                 on_click=lambda mark: page.to_customers({"tier": mark[1]}))  # fmt: skip


def _with_products(page, found: pd.DataFrame) -> pd.DataFrame:
    """The groups, and behind them each new product."""
    return pd.concat([found, page.measure(profile.new_products)], ignore_index=True)


def _behind(page):
    """The customers of a trend, or of a dependence on discounts."""
    tr = page.tr
    band = kept.asked("band", ("none", "some", "half", "most", "all"))
    if band and "discount" in shared.known(page, "lines"):
        title = tr("profile.band_list", band=tr(f"profile.dependence_{band}"))
        shared.listing(
            page, "bands", title, tr("profile.behind_subtitle"), profile.discounted_customers, "discounts", band=band
        )
    verdict = page.measure(profile.trends, measure=_measure(page)).set_index("trend").verdict
    default = "rising" if verdict["rising"] == "more" != verdict["falling"] else "falling"
    trend = kept.asked("trend", ("rising", "stable", "falling", "too_few"), default)
    title = tr("profile.trend_list", trend=tr(f"profile.trend_{trend}"))
    shared.listing(
        page,
        "trend",
        title,
        tr("profile.trend_list_subtitle"),
        profile.trend_customers,
        "trends",
        measure=_measure(page),
        trend=trend,
    )
