"""What happened with one customer, as a list to read: icon, words, amount, day."""

import html

import pandas as pd
import streamlit as st

from crm_analytics import formats

SHOWN = 80
HIGH, MOST = 56, 660  # pixels of a row, and of the rows before they scroll
GROUPS = {  # what the reader filters by -> the kinds of events
    "buying": ("order", "return", "sent_back"),
    "service": ("complaint_opened", "complaint_answered", "complaint_resolved", "answer", "reason"),
    "contact": ("contact", "campaign_sent", "campaign_held_out", "campaign_opened", "campaign_responded"),
    "programme": ("joined", "member_tier", "points_earned", "points_used"),
    "money": ("due", "paid", "wallet"),
    "start": ("signed_up",),
}
ICONS = {
    "order": "shopping_bag",
    "return": "undo",
    "sent_back": "assignment_return",
    "complaint_opened": "report",
    "complaint_answered": "support_agent",
    "complaint_resolved": "task_alt",
    "answer": "star",
    "reason": "logout",
    "contact": "call",
    "campaign_sent": "campaign",
    "campaign_held_out": "visibility_off",
    "campaign_opened": "drafts",
    "campaign_responded": "ads_click",
    "joined": "card_membership",
    "member_tier": "military_tech",
    "points_earned": "add_circle",
    "points_used": "redeem",
    "due": "event",
    "paid": "payments",
    "wallet": "account_balance_wallet",
    "signed_up": "person_add",
}


def choose(page, events: pd.DataFrame) -> pd.DataFrame:
    """Pills of the groups of events there are; the events of the chosen ones, all of them where none is chosen."""
    present = [group for group, kinds in GROUPS.items() if events.kind.isin(kinds).any()]
    if len(present) < 2:
        return events
    st.session_state["customer.kinds"] = [g for g in st.query_params.get("q.kinds", "").split(",") if g in present]
    chosen = st.pills(
        page.tr("customer.kinds"),
        present,
        selection_mode="multi",
        format_func=lambda group: page.tr(f"customer.group_{group}"),
        key="customer.kinds",
        label_visibility="collapsed",
        on_change=_remember,
    )
    wanted = [kind for group in chosen for kind in GROUPS[group]]
    return events[events.kind.isin(wanted)] if chosen else events


def _remember():
    chosen = st.session_state["customer.kinds"]
    if chosen:
        st.query_params["q.kinds"] = ",".join(chosen)
    else:
        st.query_params.pop("q.kinds", None)


def show(page, events: pd.DataFrame):
    """The newest events as rows; how many more the file holds stands below."""
    rows = "".join(_row(page, event) for event in events.head(SHOWN).itertuples())
    least = min(MOST, HIGH * len(events))
    st.html(f'<div class="events" tabindex="0" style="min-height:{least}px">{rows}</div>')
    if len(events) > SHOWN:
        st.caption(page.tr("customer.more_events", n=formats.count(len(events) - SHOWN)))


def _row(page, event) -> str:
    detail = " · ".join(part for part in (event.what, event.reference) if isinstance(part, str) and part)
    day = formats.day(event.at, page.language) if pd.notna(event.at) else page.tr("customer.undated")
    origin = page.tr("customer.import", n=event.import_id) if pd.notna(event.import_id) else ""
    return (
        f'<div class="event {event.kind}" title="{html.escape(origin)}"><span class="icon" aria-hidden="true">{ICONS[event.kind]}</span>'
        f"<p>{html.escape(page.tr(f'customer.kind_{event.kind}'))}<small>{html.escape(detail)}</small></p>"
        f'<span class="worth">{html.escape(_worth(page, event))}</span><time>{html.escape(day)}</time></div>'
    )


def _worth(page, event) -> str:
    """The event's amount, score or points in words."""
    if pd.notna(event.amount):
        return formats.money_exact(event.amount, page.currency)
    if pd.isna(event.number):
        return ""
    if event.kind.startswith("points"):
        return ("+" if event.number > 0 else "") + formats.count(event.number)
    if pd.notna(event.out_of):
        return page.tr("customer.score", score=formats.number(event.number), out_of=formats.number(event.out_of))
    return formats.number(event.number)
