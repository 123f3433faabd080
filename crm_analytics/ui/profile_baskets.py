"""Profile, part "baskets": what they buy, down to the product, which goods go together, what to offer to whom."""

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import profile as charts
from crm_analytics.metrics import profile
from crm_analytics.ui import cards, kept, tables
from crm_analytics.ui import profile as shared
from crm_analytics.ui.text import literal

LEVELS = ("category", "brand", "product")
PER = ("customer", "order")
SHOWN = 12  # bars, and rows of tables
MAPPED = 9  # things of the map


def _levels(page) -> list[str]:
    known = shared.known(page, "lines")
    return [level for level in LEVELS if level in known]


def _level(page) -> str:
    levels = _levels(page)
    return kept.asked("level", levels, levels[0] if levels else "")


def _options(page) -> dict:
    return {"level": _level(page), "per": kept.asked("per", PER, PER[0])}


def answer(page) -> str:
    """The pair that goes together most, or that none does."""
    tr = page.tr
    if not _levels(page):
        return tr("profile.answer_no_goods")
    found = page.measure(profile.affinity, **_options(page))
    best = _pairs(found).head(1)
    if best.empty:
        return tr("profile.answer_no_pairs" if len(found) else "profile.answer_no_baskets")
    row = best.iloc[0]
    return tr(
        "profile.answer_pair",
        first=literal(row["first"]),
        second=literal(row["second"]),
        times=f"{row.lift_alike:.2g}",
    )


def _pairs(found: pd.DataFrame) -> pd.DataFrame:
    """Each pair once, only those that go together also among customers with as many orders; the surest first."""
    known = found[(found.verdict == "more") & (found["first"] < found["second"])]
    return known.sort_values(["lift_alike", "first", "second"], ascending=[False, True, True])


def show(page):
    """The part: way down to the products, the map, the strongest pairs, what to offer next, and the list behind it."""
    if not _levels(page):
        shared.wanted(page, "goods", page.tr("profile.goods_wants"), "category", "orders")
        return
    _controls(page)
    place = shared.both()
    with place:
        _goods(page)
    found = page.measure(profile.affinity, **_options(page))
    if found.empty:
        return
    with place:
        _together(page, found)
    beside = place if len(_pairs(found)) else st.container()
    if beside is place:
        with place, cards.card("profile-pairs"):
            _strongest(page, found)
    with beside, cards.card("profile-next"):
        _next(page)
    _gap(page)


def _controls(page):
    tr = page.tr
    with st.container(horizontal=True, key="profile.how"):
        for name, values, default in (("level", _levels(page), _levels(page)[0]), ("per", PER, PER[0])):
            st.segmented_control(
                tr(f"profile.{name}"), values, required=True, format_func=lambda value, name=name: tr(f"profile.{name}_{value}"),
                label_visibility="collapsed", width="content", **kept.controlled(name, kept.asked(name, values, default), default),
            )  # fmt: skip


def _goods(page):
    """Revenue by category; a click goes down to its brands and products."""
    tr, levels = page.tr, _levels(page)
    category, brand = kept.asked("category"), kept.asked("brand")
    deepest = "product" if brand or (category and "brand" not in levels) else "brand" if category else levels[0]
    level = deepest if deepest in levels else levels[-1]
    found = page.measure(profile.goods, level=level, category=category, brand=brand)
    path = " › ".join(map(literal, filter(None, (category, brand))))
    subtitle = tr("profile.goods_subtitle", window=page.window_words())
    if path:
        subtitle = f"{path} · {subtitle}"
    top = found.head(1)
    title = (
        tr("profile.goods_top", value=literal(top.value.iloc[0]), share=formats.percent(top.revenue_share.iloc[0], 0))
        if len(top)
        else tr("profile.goods_none")
    )
    rows = shared.rows([_good(page, row, level) for row in found.head(SHOWN).itertuples()])
    with cards.card("profile-goods", title, subtitle):
        if path and st.button(
            tr("profile.goods_up"), icon=":material/arrow_upward:", type="tertiary", key="profile.up"
        ):
            kept.write("brand" if brand else "category", "")
            st.rerun()
        if len(rows):
            page.show(charts.bars(rows, page.mode), "profile-goods", title, on_click=lambda mark: _down(page, mark))
        page.proof(found, "profile-goods", profile.goods, tr("profile.goods_title"), tr("profile.about_goods"))


def _good(page, row, level: str) -> dict:
    text = f"{page.money(row.revenue)} · {formats.percent(row.revenue_share, 0 if row.revenue_share >= 0.01 else 1)}"
    tip = page.tr(
        "profile.goods_tip", value=row.value, customers=formats.count(row.customers), orders=formats.count(row.orders)
    )
    return {"label": row.value, "value": row.revenue, "text": text, "tip": tip, "key": [level, row.value]}


def _down(page, mark):
    """One level deeper; from a product to the customers whose list it opens nothing can lead: it stays."""
    level, value = mark
    if level != "product" and _levels(page)[-1] != level:
        kept.write(level, value)
        st.rerun()
    if level in page.choices and value in page.choices[level]:
        page.to_customers({level: value})


def _together(page, found: pd.DataFrame):
    """The map of lift among the things bought by most."""
    tr, per = page.tr, _options(page)["per"]
    usual = found[["first", "n_first"]].drop_duplicates().nlargest(MAPPED, "n_first")["first"].tolist()
    best = _pairs(found).head(1)
    title = tr("profile.pairs_none")
    if len(best):
        title = tr(
            "profile.pairs_best",
            first=literal(best["first"].iloc[0]),
            second=literal(best["second"].iloc[0]),
            times=shared.times(page, best.lift_alike.iloc[0]),
        )
    rows = pd.DataFrame(
        [_cell(page, row) for row in found[found["first"].isin(usual) & found["second"].isin(usual)].itertuples()]
    )
    subtitle = tr(f"profile.pairs_subtitle_{per}", n=formats.count(found.baskets.iloc[0]))
    if rows.empty:
        return
    figure = charts.heat(rows, page.mode, first=usual, second=usual)
    shared.chart(
        page,
        "map",
        title,
        subtitle,
        figure,
        found,
        profile.affinity,
        "affinity",
        on_click=lambda mark: _pick(page, mark),
    )


def _cell(page, row) -> dict:
    if row.verdict == "few":
        tip, text, ratio = page.tr("profile.pairs_few"), "·", None
    else:
        known = {name: f"{getattr(row, name):.2f}" for name in ("lift", "low", "high")}
        share, n = formats.percent(row.confidence), formats.count(row.n)
        tip = page.tr("profile.pairs_tip", first=row.first, second=row.second, share=share, n=n, **known)
        text, ratio = f"{row.lift_alike:.2f}" if row.lift_alike < 10 else f"{row.lift_alike:.0f}", row.lift_alike
    return {
        "first": row.first,
        "second": row.second,
        "ratio": ratio,
        "text": text,
        "tip": tip,
        "key": [row.first, row.second],
    }


def _pick(page, mark):
    """Who bought the one and not the other: the list below."""
    kept.write("have", mark[0])
    kept.write("lack", mark[1])
    st.rerun()


def _strongest(page, found: pd.DataFrame):
    tr, pairs = page.tr, _pairs(found)
    cards.heading(tr("profile.strong_found", n=formats.count(len(pairs))), tr("profile.strong_subtitle"))
    rows = [
        (f"{row['first']} + {row['second']}", formats.count(row.n), formats.percent(row.confidence, 0),
         f"{row.lift:.2f} ({row.low:.2f}–{row.high:.2f})", f"{row.lift_alike:.2f}")
        for _, row in pairs.head(8).iterrows()
    ]  # fmt: skip
    tables.grid(
        [tr(f"profile.strong_{head}") for head in ("pair", "n", "confidence", "lift", "alike")],
        rows,
        right=(1, 2, 3, 4),
    )
    page.proof(found, "profile-pairs", profile.affinity, tr("profile.affinity_title"), tr("profile.about_affinity"))


def _next(page):
    """For the buyers of each thing, what to offer, and how many lack it."""
    tr, found = page.tr, page.measure(profile.next_category, level=_level(page))
    told = found[found.offer.notna()]
    best = told[told.verdict == "more"].head(1)
    title = tr("profile.next_none")
    if len(best):
        title = tr(
            "profile.next_best",
            value=literal(best.value.iloc[0]),
            offer=literal(best.offer.iloc[0]),
            n=formats.count(best.gap_customers.iloc[0]),
        )
    cards.heading(title, tr("profile.next_subtitle"))
    rows = [(row.value, row.offer, f"{formats.percent(row.confidence, 0)}", f"{row.lift_alike:.2f}", formats.count(row.gap_customers))
            for row in told.head(8).itertuples()]  # fmt: skip
    if rows:
        tables.grid(
            [tr(f"profile.next_{head}") for head in ("value", "offer", "confidence", "alike", "gap")],
            rows,
            right=(2, 3, 4),
        )
    page.proof(found, "profile-next", profile.next_category, tr("profile.next_title"), tr("profile.about_next"))


def _gap(page):
    """The cross-selling list: who has one thing and lacks another."""
    tr, level = page.tr, _level(page)
    found = page.measure(profile.next_category, level=level)
    things = list(found.value)
    if len(things) < 2:
        return
    offers = found[found.offer.notna()]
    have = kept.asked("have", things, offers.value.iloc[0] if len(offers) else things[0])
    others = [thing for thing in things if thing != have]
    offered = found.offer[found.value == have].iloc[0]
    lack = kept.asked("lack", others, offered if isinstance(offered, str) else others[0])
    lack = lack if lack in others else others[0]
    with st.container(horizontal=True, vertical_alignment="bottom", key="profile.gap"):
        st.selectbox(tr("profile.have"), things, width=280, **kept.controlled("have", have))
        st.selectbox(tr("profile.lack"), others, width=280, **kept.controlled("lack", lack))
    title = tr("profile.gap_title", have=literal(have), lack=literal(lack))
    shared.listing(
        page, "gap", title, tr("profile.gap_subtitle"), profile.gap_customers, "gap", level=level, have=have, lack=lack
    )
