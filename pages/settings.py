"""Settings: by which rules are the numbers computed?"""

from dataclasses import replace

import streamlit as st

from crm_analytics import formats, ui
from crm_analytics.ui import segment_rules, settings

page = ui.page("settings")
tr, rules = page.tr, page.rules
versions = page.rules_history()

page.answer(
    tr("settings.eyebrow"),
    tr(
        "settings.answer_changed" if len(versions) else "settings.answer_default",
        n=len(versions),
        day=formats.day(versions.saved_at.max() if len(versions) else None, page.language),
    ),
)

with st.form("settings", border=False):
    left, right = st.columns(2)
    with (
        left,
        ui.cards.card("company", tr("settings.company_title"), tr("settings.company_subtitle"), height="content"),
    ):
        name = st.text_input(tr("settings.company_name"), rules.company_name, max_chars=100)
        currency = st.text_input(
            tr("settings.currency"), rules.currency, max_chars=10, help=tr("settings.currency_help")
        )
        zone = settings.time_zone(page, rules.time_zone)
        fiscal = settings.months(page, tr("settings.fiscal_year_start"), rules.fiscal_year_start)
    with left, ui.cards.card("orders", tr("settings.orders_title"), tr("settings.orders_subtitle")):
        excluded = settings.words(page, "excluded_statuses", rules.excluded_statuses)
        not_goods = settings.words(page, "not_goods", rules.not_goods)
    with (
        right,
        ui.cards.card("customers", tr("settings.groups_title"), tr("settings.groups_subtitle"), height="content"),
    ):
        tier_shares = settings.shares(page, rules.tier_shares)
        lifecycle = settings.days(page, rules.lifecycle_days)
    with (
        right,
        ui.cards.card("targets", tr("settings.targets"), tr("settings.targets_subtitle")),
        st.grid(2, min_column_width=180),
    ):
        targets = settings.targets(page)
    with left, ui.cards.card("costs", tr("settings.costs_title"), tr("settings.costs_subtitle"), height="content"):
        yearly_costs = settings.yearly_costs(page)
        margin_rate = settings.margin_rate(page, rules.margin_rate)
    with ui.cards.card("segments", tr("settings.segments_title"), tr("settings.segments_subtitle"), height="content"):
        segments = segment_rules.side_by_side(page)
    with (
        ui.cards.card("limits", tr("settings.limits"), tr("settings.limits_subtitle")),
        st.grid(3, min_column_width=260),
    ):
        limits = settings.limits(page)
    if st.form_submit_button(tr("settings.save"), type="primary", icon=":material/save:"):
        settings.save(
            page,
            replace(
                rules,
                company_name=" ".join(name.split()),
                currency=currency.strip(),
                time_zone=zone,
                fiscal_year_start=fiscal,
                excluded_statuses=tuple(excluded),
                not_goods=tuple(not_goods),
                tier_shares=tuple(tier_shares),
                lifecycle_days=tuple(lifecycle),
                targets=targets,
                limits=limits,
                yearly_costs=yearly_costs,
                margin_rate=margin_rate,
                **segments,
            ),
        )

with ui.cards.card("logo", tr("settings.logo_title"), tr("settings.logo_subtitle"), height="content"):
    settings.logo(page)
with ui.cards.card("history", tr("settings.history_title"), tr("settings.history_subtitle"), height="content"):
    settings.history(page, versions)
