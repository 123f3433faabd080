"""Settings: by which rules are the numbers computed?"""

from dataclasses import replace

import streamlit as st

from crm_analytics import formats, ui
from crm_analytics.ui.settings import (
    TARGETS,
    days,
    months,
    read_targets,
    saved,
    shares,
    statuses,
    target,
)

page = ui.page("settings")
tr, rules = page.tr, page.rules
history = page.rules_history()

page.answer(
    tr("settings.eyebrow"),
    tr(
        "settings.answer_changed" if len(history) else "settings.answer_default",
        n=len(history),
        day=formats.day(history.saved_at.max() if len(history) else None, page.language),
    ),
)

with st.form("settings", border=False):
    left, right = st.columns(2)
    with left, ui.cards.card("company", tr("settings.company_title"), tr("settings.company_subtitle")):
        name = st.text_input(tr("settings.company_name"), rules.company_name, max_chars=100)
        currency = st.text_input(tr("settings.currency"), rules.currency, max_chars=10, help=tr("settings.currency_help"))
        fiscal = months(page, tr("settings.fiscal_year_start"), rules.fiscal_year_start)
        excluded = statuses(page, tr("settings.excluded_statuses"), rules.excluded_statuses)
    with right, ui.cards.card("customers", tr("settings.groups_title"), tr("settings.groups_subtitle")):
        tier_shares = shares(tr("settings.tier_shares"), [tr(f"tiers.{tier}") for tier in ("top", "big", "medium")], rules.tier_shares)
        lifecycle = days(
            tr("settings.lifecycle_days"),
            [tr(f"stages.{stage}") for stage in ("silent", "forgotten", "lost")],
            rules.lifecycle_days,
        )
    with right, ui.cards.card("targets", tr("settings.targets"), tr("settings.targets_subtitle")), st.grid(2, min_column_width=180):
        targets = {kpi: target(page, kpi, rules.targets.get(kpi)) for kpi in TARGETS}
    if st.form_submit_button(tr("settings.save"), type="primary", icon=":material/save:"):
        saved(
            page,
            replace(
                rules,
                company_name=name,
                currency=currency.strip(),
                fiscal_year_start=fiscal,
                excluded_statuses=tuple(excluded),
                tier_shares=tuple(tier_shares),
                lifecycle_days=tuple(lifecycle),
                targets=read_targets(targets),
            ),
        )

with ui.cards.card("history", tr("settings.history_title"), tr("settings.history_subtitle"), height="content"):
    lines = [
        (
            row.version,
            formats.day(row.saved_at, page.language),
            formats.listed((tr(f"settings.{name}") for name in row.changes), 9, page.language),
        )
        for row in history.itertuples()
    ]
    ui.cards.grid(
        [tr(f"settings.column_{name}") for name in ("version", "saved_at", "changes")],
        lines or [("–", "–", tr("settings.never"))],
    )
