"""The part "contacts": the policy of each stage, how far contacts keep to it, who is due, who had too many, whose birthday comes."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.metrics import lifecycle
from crm_analytics.ui import cards, kept, lists, settings
from crm_analytics.ui.relations import add_export
from crm_analytics.ui.text import plain

ORDERS = ("value", "overdue")
AHEAD = ("7", "30")
WIDE, NARROWEST = 460, 560  # pixels of the popover; of a card in which a list can be read


def answer(page, view) -> str:
    """Who is due and who had too many, in one sentence."""
    tr, policy = page.tr, page.measure(lifecycle.policy)
    if not policy.customers.sum():
        return tr("lifecycle.answer_nobody")
    if not _basis(page).has_contacts:
        return tr("lifecycle_contacts.answer_wants")
    kept_by = policy[policy.every_days > 0]
    words = {
        "due": formats.count(kept_by.due.sum()),
        "n": formats.count(kept_by.customers.sum()),
        "over": formats.count(policy.over_cap.sum()),
    }
    if not kept_by.due.sum():
        return tr("lifecycle_contacts.answer_none_due", **words)
    return tr("lifecycle_contacts.answer_over" if policy.over_cap.sum() else "lifecycle_contacts.answer", **words)


def _basis(page):
    return page.measure(lifecycle.basis).iloc[0]


def show(page, view):
    """The policy, then the lists; without interactions, the export that would tell."""
    tr, policy, basis = page.tr, page.measure(lifecycle.policy), _basis(page)
    if not policy.customers.sum():
        return
    _policy(page, policy, basis)
    if basis.has_contacts:
        _due(page, policy, basis)
        both = st.grid(2, min_column_width=NARROWEST, height="stretch")
        with (
            both,
            cards.card("contacts-fatigue", _fatigue_title(page, policy), tr("lifecycle_contacts.fatigue_subtitle")),
        ):
            about, hidden = tr("lifecycle_contacts.about_fatigue"), ("owner", "above", "last_contact_date")
            lists.listed(page, "fatigue", lifecycle.fatigue, {}, int(policy.over_cap.sum()), about, hidden)
        with both, cards.card("contacts-birthdays"):
            _birthdays(page, basis)
    else:
        with cards.card("contacts-birthdays", height="content"):
            _birthdays(page, basis)


def _fatigue_title(page, policy: pd.DataFrame) -> str:
    over = int(policy.over_cap.sum())
    if not over:
        return page.tr("lifecycle_contacts.fatigue_title")
    return page.tr("lifecycle_contacts.fatigue_finding", n=formats.count(over))


def _policy(page, policy: pd.DataFrame, basis):
    """Rules and how far they are kept, stage by stage."""
    tr = page.tr
    title = _policy_title(page, policy) if basis.has_contacts else tr("lifecycle_contacts.policy_title")
    with cards.card("contacts-policy", height="content"):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="top", key="contacts.title"
        ):
            with st.container(width="stretch"):
                cards.heading(
                    title,
                    tr("lifecycle_contacts.policy_subtitle" if basis.has_contacts else "lifecycle_contacts.wants"),
                )
            _edit(page)
        names = [
            "stage",
            "every",
            "cap",
            "customers",
            *(["contacted", "coverage", "due", "over"] if basis.has_contacts else []),
            "advice",
        ]
        cells = [_cells(page, row) for row in policy.itertuples()]
        cards.grid(
            [tr(f"lifecycle_contacts.column_{name}") for name in names],
            [[cell[name] for name in names] for cell in cells],
            right=range(1, len(names) - 1),
            quiet=(len(names) - 1,),
        )
        if basis.has_contacts:
            _notes(page, policy, basis)
        else:
            add_export(page, "interactions")
        page.proof(
            policy,
            "contact-policy",
            lifecycle.policy,
            tr("lifecycle_contacts.policy_title"),
            tr("lifecycle_contacts.about_policy"),
        )


def _policy_title(page, policy: pd.DataFrame) -> str:
    """How many of those to be contacted regularly were, in time."""
    kept_by = policy[policy.every_days > 0]
    n, contacted = int(kept_by.customers.sum()), int(kept_by.contacted.sum())
    if not n:
        return page.tr("lifecycle_contacts.policy_title")
    return page.tr(
        "lifecycle_contacts.policy_finding",
        share=formats.percent(contacted / n, 0),
        n=formats.count(contacted),
        whole=formats.count(n),
    )


def _cells(page, row) -> dict[str, str]:
    tr = page.tr
    coverage = formats.NOTHING if formats.is_missing(row.coverage_rate) else formats.percent(row.coverage_rate)
    if not formats.is_missing(row.low):
        coverage += f" ({formats.points(row.low)}–{formats.points(row.high)})"
    return {
        "stage": tr(f"stages.{row.stage}"),
        "every": tr("lifecycle_contacts.every", n=row.every_days) if row.every_days else tr("lifecycle_contacts.never"),
        "cap": str(row.cap),
        "customers": formats.count(row.customers),
        "contacted": formats.NOTHING if pd.isna(row.contacted) or not row.every_days else formats.count(row.contacted),
        "coverage": coverage,
        "due": formats.NOTHING if pd.isna(row.due) or not row.every_days else formats.count(row.due),
        "over": formats.NOTHING if pd.isna(row.over_cap) else formats.count(row.over_cap),
        "advice": tr(f"lifecycle_contacts.advice_{row.stage}"),
    }


def _notes(page, policy: pd.DataFrame, basis):
    """What counts as a contact, who is held back and why, contacts with those who do not want any."""
    tr = page.tr
    words = [tr("lifecycle_contacts.what_counts")]
    if held := int(policy.held_back.sum()):
        words.append(tr("lifecycle_contacts.held_back", n=formats.count(held)))
    if off := int(policy.off_purpose.sum()):
        words.append(tr("lifecycle_contacts.off_purpose", n=formats.count(off)))
    if basis.has_consent and (without := int(policy.without_consent.sum())):
        words.append(tr("lifecycle_contacts.without_consent", n=formats.count(without)))
    st.caption(plain(formats.together(words, page.language)))


def _edit(page):
    """The policy edited in place; Settings keeps every version."""
    tr, rules = page.tr, page.rules
    with (
        st.popover(tr("lifecycle_contacts.edit"), icon=":material/edit:", key="contacts.policy"),
        st.container(width=WIDE),
    ):
        with st.form("contacts.policy-form", border=False):
            days, caps = settings.contact_policy(page, rules)
            purposes = settings.words(page, "lost_purposes", rules.lost_purposes)
            if st.form_submit_button(tr("settings.save"), type="primary", icon=":material/save:"):
                settings.save(page, replace(rules, contact_days=days, contact_caps=caps, lost_purposes=tuple(purposes)))
        st.caption(tr("lifecycle_contacts.edit_about"))


def _due(page, policy: pd.DataFrame, basis):
    """Whom to contact next: of one stage or owner, by value or by how long overdue; and how the work falls on the sales people."""
    tr = page.tr
    stages = [stage for stage, n in zip(policy.stage, policy.due) if n]
    owners = page.measure(lifecycle.owners) if basis.has_owners else None
    names = [] if owners is None else [name for name in owners.owner if isinstance(name, str)]
    stage, order, owner = (
        kept.asked("stage", stages),
        kept.asked("order", ORDERS, ORDERS[0]),
        kept.asked("owner", names),
    )
    total = int(policy.due.sum())
    with cards.card(
        "contacts-due",
        tr("lifecycle_contacts.due_title", n=formats.count(total)),
        tr("lifecycle_contacts.due_subtitle"),
        height="content",
    ):
        _choose_due(page, stages, names, stage, order, owner)
        asked = {"stage": stage, "owner": owner, "order_by": order}
        shown = page.measure(lifecycle.due_size, stage=stage, owner=owner)
        lists.listed(page, "due", lifecycle.due, asked, shown, tr("lifecycle_contacts.about_due"))
    if names:
        with cards.card(
            "contacts-owners",
            _owners_title(page, owners),
            tr("lifecycle_contacts.owners_subtitle"),
            height="content",
        ):
            _owners(page, owners)


def _choose_due(page, stages, names, stage: str, order: str, owner: str):
    """Which of the due customers are listed, and in which order."""
    tr = page.tr
    with st.container(horizontal=True, vertical_alignment="bottom", key="contacts.due-how"):
        st.segmented_control(
            tr("columns.stage"),
            ["", *stages],
            required=True,
            format_func=lambda each: tr(f"stages.{each}") if each else tr("lifecycle_contacts.every_stage"),
            **kept.controlled("stage", stage),
        )
        st.segmented_control(
            tr("lifecycle_contacts.order"),
            ORDERS,
            required=True,
            format_func=lambda each: tr(f"lifecycle_contacts.order_{each}"),
            **kept.controlled("order", order, ORDERS[0]),
        )
        if names:
            chosen = kept.controlled("owner", owner or None)
            st.selectbox(tr("columns.owner"), names, placeholder=tr("frame.all"), width=220, **chosen)


def _owners_title(page, owners: pd.DataFrame) -> str:
    """With whom most of the due contacts are, or that nobody has them."""
    tr, due = page.tr, owners.due.tolist()
    if not due[0] or due[0] in due[1:2]:
        return tr("lifecycle_contacts.owners_title")
    most = owners.iloc[0]
    if not isinstance(most.owner, str):
        return tr("lifecycle_contacts.owners_nobody", share=formats.percent(most.share, 0))
    words = {"n": formats.count(most.due), "whole": formats.count(sum(due))}
    return tr("lifecycle_contacts.owners_finding", owner=most.owner, **words)


def _owners(page, owners: pd.DataFrame):
    """How many are due with each of the sales people."""
    tr = page.tr
    rows = [
        (
            row.owner if isinstance(row.owner, str) else tr("lifecycle_contacts.nobodys"),
            formats.count(row.customers),
            formats.count(row.contacted),
            formats.count(row.due),
            formats.percent(row.share, 0),
            page.money(row.value),
        )
        for row in owners.head(12).itertuples()
    ]
    names = ("owner", "customers", "contacted", "due", "share", "value")
    cards.grid([tr(f"lifecycle_contacts.column_{name}") for name in names], rows, right=range(1, len(names)))
    page.proof(
        owners,
        "contact-owners",
        lifecycle.owners,
        tr("lifecycle_contacts.owners_title"),
        tr("lifecycle_contacts.about_owners"),
    )


def _birthdays(page, basis):
    """Whose birthday comes within 7 or 30 days; whether those of the last 30 days came with a contact."""
    tr = page.tr
    if not basis.has_birthdays:
        cards.heading(tr("lifecycle_contacts.birthdays_title"), tr("lifecycle_contacts.birthdays_wants"))
        add_export(page, "customers")
        return
    ahead = int(kept.asked("ahead", AHEAD, AHEAD[0]))
    total = page.measure(lifecycle.birthdays_size, ahead=ahead)
    cards.heading(tr("lifecycle_contacts.birthdays_finding", n=formats.count(total), days=ahead), _greeted(page, basis))
    st.segmented_control(
        tr("lifecycle_contacts.ahead"),
        AHEAD,
        required=True,
        label_visibility="collapsed",
        format_func=lambda n: tr("lifecycle_contacts.ahead_days", n=n),
        **kept.controlled("ahead", str(ahead), AHEAD[0]),
    )
    about, hidden = tr("lifecycle_contacts.about_birthdays"), ("owner", "revenue_ever")
    lists.listed(page, "birthdays", lifecycle.birthdays, {"ahead": ahead}, total, about, hidden)


def _greeted(page, basis) -> str:
    if not basis.has_contacts:
        return page.tr("lifecycle_contacts.birthdays_title")
    row = page.measure(lifecycle.greetings).iloc[0]
    if not row.birthdays:
        return page.tr("lifecycle_contacts.birthdays_title")
    return page.tr("lifecycle_contacts.greeted", n=formats.count(row.birthdays), greeted=formats.count(row.contacted))
