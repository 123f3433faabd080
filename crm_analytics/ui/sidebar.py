"""The dark frame at the left: window, customers, language, link, menu."""

from dataclasses import replace
from pathlib import Path

import streamlit as st

from crm_analytics.filters import COMPARISONS
from crm_analytics.i18n import LANGUAGES
from crm_analytics.ui import choice, copylink, whom
from crm_analytics.ui.text import quoted

LOGO = Path(__file__).parent / "logo.svg"
MONTHS = (3, 6, 12, 24, 36)
SEGMENTS = {"segment", "segment_11", "r", "f"}
OF_ALL = {
    "pyramid": {"tier"},
    "whatif": {"tier"},
    "segments": SEGMENTS,
}  # screens that show all of what a click chooses
MENU = (  # group, then its screens: topic, page, icon
    ("today", (("overview", "app.py", "finance"), ("forecast", "pages/forecast.py", "trending_up"))),
    (
        "customers_group",
        (
            ("pyramid", "pages/pyramid.py", "change_history"),
            ("whatif", "pages/whatif.py", "tune"),
            ("segments", "pages/segments.py", "grid_view"),
            ("value", "pages/value.py", "diamond"),
            ("profile", "pages/profile.py", "demography"),
            ("customers", "pages/customers.py", "groups"),
        ),
    ),
    ("keep", (("lifecycle", "pages/lifecycle.py", "cycle"), ("retention", "pages/retention.py", "replay"))),
    ("workshop", (("data", "pages/data.py", "database"), ("settings", "pages/settings.py", "settings"))),
)


def draw(page):
    """The whole sidebar."""
    st.logo(page.logo or LOGO.read_text(), size="large")
    name = page.rules.company_name if page.logo else ""
    st.html(f"<style>.stApp {{ --product: {quoted(name or page.tr('frame.product'))}; }}</style>")
    with st.sidebar:
        _window(page)
        whom.draw(page)
        _language(page)
        copylink.button(page)
        _menu(page)


def _window(page):
    tr, filters = page.tr, page.filters
    label = page.window_words(short=True) if filters.as_of else tr("frame.no_window")
    with st.popover(label, icon=":material/calendar_today:", width="stretch", key="frame.window"):
        if not filters.as_of:
            st.markdown(tr("frame.no_data"))
        else:
            _days(page)
        _currency(page)


def _days(page):
    """Last day, length of the window, and what it is compared with."""
    tr, filters, changed = page.tr, page.filters, {"on_change": _chose_window, "args": (page.choice,)}
    _controlled("frame.as_of", filters.as_of)
    st.date_input(
        tr("frame.as_of"),
        key="frame.as_of",
        format="YYYY-MM-DD",
        min_value=min(filter(None, (filters.data_from, filters.as_of))),
        max_value=max(filter(None, (page.last_day, filters.as_of))),
        help=tr("frame.as_of_help"),
        **changed,
    )
    _controlled("frame.months", filters.months)
    months = sorted({*MONTHS, filters.months})
    st.segmented_control(tr("frame.months"), months, key="frame.months", required=True, width="stretch", **changed)
    _controlled("frame.compare", filters.compare)
    st.segmented_control(
        tr("frame.compare"),
        COMPARISONS,
        key="frame.compare",
        required=True,
        width="stretch",
        format_func=lambda code: tr(f"frame.compare_{code}"),
        **changed,
    )
    if page.wanted.as_of:
        latest = page.choice.but(as_of=None)
        st.button(tr("frame.latest_day"), type="tertiary", key="frame.latest", on_click=choice.write, args=(latest,))


def _chose_window(chosen: choice.Choice):
    new = {name: st.session_state[f"frame.{name}"] for name in ("as_of", "months", "compare")}
    if not chosen.wanted.as_of and new["as_of"] == st.session_state.get("latest_day"):
        new["as_of"] = None
    choice.write(chosen.but(**new))


def _currency(page):
    """The word written beside amounts, for this reader only."""
    _controlled("frame.currency", page.choice.currency)
    st.text_input(
        page.tr("frame.currency"),
        key="frame.currency",
        max_chars=choice.LONGEST_CURRENCY,
        placeholder=page.rules.currency or page.tr("frame.currency_none"),
        help=page.tr("frame.currency_help"),
        on_change=_chose_currency,
        args=(page.choice,),
    )


def _chose_currency(chosen: choice.Choice):
    choice.write(replace(chosen, currency=st.session_state["frame.currency"].strip()))


def _language(page):
    _controlled("frame.lang", page.language)
    st.segmented_control(
        page.tr("frame.language"),
        list(LANGUAGES),
        key="frame.lang",
        required=True,
        width="stretch",
        label_visibility="collapsed",
        format_func=LANGUAGES.get,
        on_change=_chose_language,
        args=(page.choice,),
    )


def _chose_language(chosen: choice.Choice):
    choice.write(replace(chosen, language=st.session_state["frame.lang"]))


def _menu(page):
    """The screens.  A layer or segment that was clicked for its customers is not taken to the screens of all of them."""
    for group, screens in MENU:
        st.html(f'<p class="menu">{page.tr(f"menu.{group}")}</p>')
        for topic, path, icon in screens:
            others = tuple(each for each in page.wanted.where if each[0] not in OF_ALL.get(topic, ()))
            query = page.choice.but(where=others).query
            st.page_link(
                path, label=page.tr(f"menu.{topic}"), icon=f":material/{icon}:", width="stretch", query_params=query
            )


def _controlled(key: str, value):
    """The URL decides what a widget shows; its own memory never does."""
    st.session_state[key] = value
