"""What customers have brought so far: by when they came, by how long they have stayed, and what a tier is worth if moves go on."""

import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import value_past as charts
from crm_analytics.metrics import value
from crm_analytics.ui import cards, kept, tables

PERIODS = ("year", "quarter")


def answer(page, view) -> str:
    """What a customer has brought so far."""
    history = page.measure(value.history, period="year")
    n, revenue = history.customers.sum(), history.revenue_ever.sum()
    if not n:
        return page.tr("value.past_answer_nobody")
    words = {
        "each": page.money(revenue / n),
        "repeat": formats.percent((history.repeat_rate * history.customers).sum() / n, 0),
    }
    return page.tr("value.past_answer_one" if n == 1 else "value.past_answer", n=formats.count(n), **words)


def show(page, view):
    """The section."""
    tr, bands = page.tr, page.measure(value.tenure)
    if not bands.customers.sum():
        with cards.card("value-past-none", tr("value.past_none"), tr("value.past_none_about"), height="content"):
            return
    both = st.grid(2, min_column_width=520, height="stretch")
    with both, cards.card("value-cohorts"):
        _cohorts(page)
    with both, cards.card("value-tenure", _tenure_title(page, bands), tr("value.tenure_subtitle")):
        page.show(
            charts.tenure(bands, tr, page.mode, page.currency),
            "value-tenure",
            tr("value.tenure_title"),
            height="stretch",
        )
        page.proof(bands, "value-tenure", value.tenure, tr("value.tenure_title"), tr("value.about_tenure"))
    _migration(page, view)


def _cohorts(page):
    tr, period = page.tr, kept.asked("period", PERIODS, PERIODS[0])
    history = page.measure(value.history, period=period)
    with st.container(horizontal=True, horizontal_alignment="distribute", key="value.cohorts"):
        with st.container(width="stretch"):
            has_margin = history.margin_each.notna().any()
            cards.heading(
                _cohorts_title(page, history, period), tr(f"value.cohorts_subtitle{'_margin' if has_margin else ''}")
            )
        st.segmented_control(
            tr("value.period"), PERIODS, format_func=lambda each: tr(f"value.period_{each}"), required=True,
            label_visibility="collapsed", width="content", **kept.controlled("period", period, PERIODS[0]),
        )  # fmt: skip
    page.show(
        charts.cohorts(history, tr, page.mode, page.currency),
        "value-cohorts",
        tr("value.cohorts_title"),
        height="stretch",
    )
    page.proof(history, "value-history", value.history, tr("value.cohorts_title"), tr("value.about_history"))


def _cohorts_title(page, history, period: str) -> str:
    first = history.iloc[0]
    if len(history) < 2:
        return page.tr("value.cohorts_title")
    year, _, quarter = first.cohort.partition("-Q")
    cohort = page.tr(f"value.cohort_{period}", **({"year": year, "quarter": quarter} if quarter else {"year": year}))
    return page.tr("value.cohorts_finding", cohort=cohort, each=page.money(first.revenue_each))


def _tenure_title(page, bands) -> str:
    """What those bring who have been there for more than two years."""
    old = bands[bands.months.isin(["24-36", "36+"])]
    share, people = old.revenue_share.sum(), old.customer_share.sum()
    if not old.customers.sum() or formats.is_missing(share):
        return page.tr("value.tenure_title")
    return page.tr("value.tenure_finding", people=formats.percent(people, 0), share=formats.percent(share, 0))


def _migration(page, view):
    """What a customer of each tier is worth if everybody keeps moving as in the last year."""
    tr, rows = page.tr, page.measure(value.migration, discount=max(view.discount, 1) / 100)
    if rows.empty:
        with cards.card("value-migration", tr("value.migration_title"), tr("value.migration_short"), height="content"):
            return
    basis = rows.basis.iloc[0]
    note = tr("value.migration_incomplete") if isinstance(rows.note.iloc[0], str) else ""
    subtitle = formats.together(
        [tr(f"value.migration_subtitle_{basis}", discount=formats.number(max(view.discount, 1))), note], page.language
    )
    with cards.card("value-migration", _migration_title(page, rows), subtitle, height="content"):
        names = ("tier", "customers", "stays_rate", "yearly", "value_ahead", "interval")
        cells = [
            (
                tr(f"tiers.{row.tier}"), formats.count(row.customers), formats.percent(row.stays_rate, 0), page.money(row.yearly),
                page.money(row.value_ahead), f"{page.money(row.low)} – {page.money(row.high)}",
            )
            for row in rows.itertuples()
        ]  # fmt: skip
        tables.grid([tr(f"value.column_{name}") for name in names], cells, right=range(1, len(names)))
        page.proof(rows, "value-migration", value.migration, tr("value.migration_title"), tr("value.about_migration"))


def _migration_title(page, rows) -> str:
    tiers = rows.set_index("tier")
    ahead = tiers.value_ahead
    if not (ahead["small"] > 0 and tiers.low["top"] > tiers.high["small"]):
        return page.tr("value.migration_title")
    return page.tr("value.migration_finding", times=formats.number(ahead["top"] / ahead["small"], 2))
