"""What changed and who drove it: the bridge of revenue, and the groups of customers that moved by more than their share."""

from urllib.parse import parse_qs

import streamlit as st

from crm_analytics import formats
from crm_analytics.charts.overview import revenue_bridge
from crm_analytics.metrics import overview
from crm_analytics.ui import cards
from crm_analytics.ui.numbers import Number
from crm_analytics.ui.problems import linked
from crm_analytics.ui.text import literal

SHOWN = 5
MOST_OF_A_COLUMN = 2  # lines of one column, so that one column does not hide the others
SUMS = {"revenue", "orders", "active_customers"}


def bridge_card(page):
    """Whose revenue came, went, grew and shrank; a click on a bar opens the customers."""
    tr, found = page.tr, page.measure(overview.bridge)
    if found.empty:
        cards.heading(tr("overview.bridge_title"), tr("overview.nothing_before"))
        return
    before, now = page.money(found.revenue_before.sum()), page.money(found.revenue.sum())
    cards.heading(
        bridge_words(page, found),
        tr("overview.bridge_subtitle", before=before, now=now, compared=page.comparison_words()),
    )
    figure = revenue_bridge(found, tr, page.mode, page.currency)
    page.show(
        figure,
        "bridge",
        alt=tr("overview.bridge_title"),
        height="stretch",
        on_click=lambda group: _open_group(page, found, group),
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
        page.downloads(lambda: found, "bridge")
        groups = [(tr(f"overview.group_{group}"), tr(f"overview.group_{group}_about"), "") for group in found.group]
        cards.explained(page, groups, overview.bridge)


def bridge_words(page, found) -> str:
    """Revenue rose by £157 k: new customers brought £170 k, customers who left took £85 k."""
    tr, change = page.tr, float(found.change.sum())
    ranked = found.sort_values("change")
    parts = [("gain", ranked.iloc[-1]), ("loss", ranked.iloc[0])]
    parts = [(way, row) for way, row in parts if (row.change > 0) == (way == "gain") and row.change]
    told = [
        tr(f"overview.{way}_{row.group}", value=page.money(abs(row.change)))
        for way, row in (parts if change >= 0 else parts[::-1])
    ]
    way = "rose" if change > 0 else "fell" if change < 0 else "same"
    head = tr(f"overview.bridge_{way}", change=page.money(abs(change)))
    return tr("overview.told", head=head, parts=tr("overview.comma").join(told)) if told else head


def _open_group(page, found, group):
    name = group[0] if isinstance(group, (list, tuple)) else group
    where = dict(zip(found.group, found["where"])).get(name)
    if where:
        page.to_customers(parse_qs(where))


def drivers_card(page, numbers: dict[str, Number], is_many: bool):
    """Which groups drove the change of a number the reader chooses; on demand where that costs a pass over very many."""
    tr = page.tr
    kpis = [kpi for kpi in overview.DRIVEN if kpi in numbers and numbers[kpi].has_previous]
    if not kpis:
        cards.heading(tr("overview.drivers_title"), tr("overview.nothing_before"))
        return
    place, kpi = st.empty(), _chosen(tr, kpis)
    with place.container():
        cards.heading(tr("overview.drivers_title"), _change_words(tr, numbers[kpi]))
    if is_many and not st.toggle(tr("overview.drivers_on_demand"), key="overview.drivers"):
        return
    found = page.measure(overview.drivers, kpi=kpi)
    known = found[found["group"].notna() & ~found["is_small"].astype(bool)]
    shown = known[known.groupby("column").cumcount() < MOST_OF_A_COLUMN].head(SHOWN)
    if shown.empty:
        st.markdown(tr("overview.drivers_none"))
        return
    with place.container():
        cards.heading(driver_words(page, numbers[kpi], shown.iloc[0]), _change_words(tr, numbers[kpi]))
    for row in shown.itertuples():
        _driver(page, numbers[kpi], row)
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
        page.downloads(lambda: found, f"drivers-{kpi}")
        meaning = [
            (tr(f"overview.{name}"), tr(f"overview.{name}_about"), "") for name in ("contribution", "share", "ranking")
        ]
        cards.explained(page, meaning, overview.drivers, key=f"drivers-{kpi}")


def _chosen(tr, kpis: list[str]) -> str:
    """The number whose change is split; it stays in the link."""
    wanted = st.query_params.get("q.kpi", kpis[0])
    st.session_state["overview.kpi"] = wanted if wanted in kpis else kpis[0]
    return st.selectbox(
        tr("overview.drivers_of"),
        kpis,
        key="overview.kpi",
        format_func=lambda kpi: tr(f"kpis.{kpi}.label"),
        on_change=lambda: st.query_params.update({"q.kpi": st.session_state["overview.kpi"]}),
    )


def _change_words(tr, number: Number) -> str:
    judged = tr("frame.within_noise") if number.within_noise else ""
    change = (number.change or formats.NOTHING).replace("-", "−")
    told = tr("overview.change", label=number.label, value=number.value, previous=number.previous)
    return " · ".join(part for part in (told, change, judged) if part)


def is_clear(row) -> bool:
    """The group moved by more than its share, and by more than chance."""
    return bool(abs(row.surplus) > row.noise)


def driver_words(page, number: Number, row) -> str:
    """South lost £12 k, 3 times its share; or that no group stands out."""
    tr = page.tr
    if not is_clear(row):
        return tr("overview.driver_even")
    group, amount = _group(page, row), _contribution(page, number, row.contribution).lstrip("+−")
    way = "up" if row.contribution > 0 else "down"
    if row.expected and row.contribution / row.expected > 1:
        times = formats.number(row.contribution / row.expected, 2)
        return tr(f"overview.driver_{way}_times", group=group, value=amount, times=times)
    is_against = number.difference and (row.contribution > 0) != (number.difference > 0)
    size = "against" if is_against else "little"
    return tr(f"overview.driver_{way}_{size}", group=group, value=amount)


def _driver(page, number: Number, row):
    tr = page.tr
    good = (row.surplus > 0) != number.falling_is_good
    tone = "even" if not is_clear(row) else "better" if good else "worse"
    words = tr(
        "overview.driver",
        group=_group(page, row),
        value=number.written(row.value),
        previous=number.written(row.value_before),
    )
    expected = tr("overview.driver_expected", value=_contribution(page, number, row.expected))
    noise = "" if is_clear(row) else tr("frame.within_noise")
    under = " · ".join(part for part in (expected, noise, tr("frame.n", n=formats.count(row.customers))) if part)
    linked(
        page, f"driver-{row.Index}", tone, _contribution(page, number, row.contribution), words, under, where=row.where
    )


def _group(page, row) -> str:
    """Region South"""
    return page.tr("overview.group_of", column=page.column_label(row.column), group=literal(row.group))


def _contribution(page, number: Number, value) -> str:
    """A part of a change in the number's unit: +£12 k, −1.2 pt, +30."""
    if formats.is_missing(value):
        return formats.NOTHING
    if number.row["unit"] == "money":
        return formats.money_change(value, page.language, page.currency)
    is_rate = number.row["unit"] == "rate"
    text = page.tr("frame.points", n=formats.points(abs(value), 2)) if is_rate else formats.count(abs(value))
    return formats.delta(value, text).replace("-", "−", 1)
