"""The dark frame at the left: window, filters, language, menu.  Every choice lives in the URL, so a link opens the same view."""

from dataclasses import replace
from pathlib import Path

import streamlit as st

from crm_analytics import formats
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.i18n import LANGUAGES, best_language
from crm_analytics.ui.text import plain

LOGO = Path(__file__).parent / "logo.svg"
MONTHS = (3, 6, 12, 24, 36)
MENU = (
    ("today", (("overview", "app.py", ":material/finance:"),)),
    ("customers_group", (("customers", "pages/customers.py", ":material/groups:"),)),
    (
        "workshop",
        (("data", "pages/data.py", ":material/database:"), ("settings", "pages/settings.py", ":material/settings:")),
    ),
)


def read_choice() -> tuple[str, Filters, CrmError | None]:
    """Language and filters named by the URL; a page opened without any takes the session's last choice."""
    query = {name: st.query_params.get_all(name) for name in st.query_params}
    if "lang" not in query:
        query |= st.session_state.get("choice", {})
    language = (query.get("lang") or [""])[0]
    if language not in LANGUAGES:
        language = best_language(st.context.locale)
    try:
        filters, error = Filters.from_query(query), None
    except CrmError as refusal:
        filters, error = Filters(), refusal
    _write_choice(language, filters)
    return language, filters, error


def as_query(language: str, filters: Filters) -> dict[str, list[str]]:
    """The URL parameters of a choice."""
    query = {"lang": language} | filters.to_query()
    return {name: list(values) if isinstance(values, (list, tuple)) else [values] for name, values in query.items()}


def own_parameters() -> dict[str, list[str]]:
    """What the screen itself keeps in the URL, such as a search (`q.search`) or whose page it is (`id`); links to other screens
    leave it out."""
    return {name: st.query_params.get_all(name) for name in st.query_params if name == "id" or name.startswith("q.")}


def _write_choice(language: str, filters: Filters):
    query = as_query(language, filters)
    st.session_state["choice"] = query
    query = query | own_parameters()
    if {name: st.query_params.get_all(name) for name in st.query_params} != query:
        st.query_params.from_dict(query)


def draw(page):
    """The whole sidebar."""
    st.logo(LOGO.read_text(), size="large")
    with st.sidebar:
        _window(page)
        _customers(page)
        _language(page)
        _menu(page)


def _window(page):
    tr, filters = page.tr, page.filters
    label = page.window_words(short=True) if filters.as_of else tr("frame.no_window")
    with st.popover(label, icon=":material/calendar_today:", width="stretch", key="frame.window"):
        if not filters.as_of:
            st.markdown(tr("frame.no_data"))
            return
        _controlled("frame.as_of", filters.as_of)
        st.date_input(
            tr("frame.as_of"),
            key="frame.as_of",
            format="YYYY-MM-DD",
            min_value=min(filter(None, (filters.data_from, filters.as_of))),
            max_value=max(filter(None, (page.last_day, filters.as_of))),
            help=tr("frame.as_of_help"),
            on_change=_chose_window,
            args=(page.language, page.wanted),
        )
        _controlled("frame.months", filters.months)
        months = sorted({*MONTHS, filters.months})
        st.segmented_control(
            tr("frame.months"),
            months,
            key="frame.months",
            required=True,
            width="stretch",
            on_change=_chose_window,
            args=(page.language, page.wanted),
        )
        if page.wanted.as_of:
            st.button(
                tr("frame.latest_day"),
                type="tertiary",
                key="frame.latest",
                on_click=_write_choice,
                args=(page.language, replace(page.wanted, as_of=None)),
            )


def _chose_window(language: str, wanted: Filters):
    chosen = {name: st.session_state[f"frame.{name}"] for name in ("as_of", "months")}
    if not wanted.as_of and chosen["as_of"] == st.session_state.get("latest_day"):
        chosen["as_of"] = None
    _write_choice(language, replace(wanted, **chosen))


def _customers(page):
    tr, chosen = page.tr, dict(page.wanted.where)
    named = " · ".join(formats.listed(values) for values in chosen.values())
    with st.popover(
        plain(named) or tr("frame.all_customers"), icon=":material/filter_list:", width="stretch", key="frame.filter"
    ):
        if not page.choices:
            st.markdown(tr("frame.no_filters"))
        for column, values in page.choices.items():
            name = f"where.{column}"
            _controlled(name, [value for value in chosen.get(column, ()) if value in values])
            st.multiselect(
                page.column_label(column),
                values,
                key=name,
                placeholder=tr("frame.all"),
                on_change=_chose_customers,
                args=(page.language, page.wanted, tuple(page.choices)),
            )
        if chosen:
            st.button(
                tr("frame.clear"),
                type="tertiary",
                key="frame.clear",
                on_click=_write_choice,
                args=(page.language, replace(page.wanted, where=())),
            )


def _chose_customers(language: str, wanted: Filters, columns: tuple[str, ...]):
    where = {column: tuple(st.session_state[f"where.{column}"]) for column in columns}
    kept = {column: values for column, values in (dict(wanted.where) | where).items() if values}
    _write_choice(language, replace(wanted, where=tuple(sorted(kept.items()))))


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
        args=(page.wanted,),
    )


def _chose_language(wanted: Filters):
    _write_choice(st.session_state["frame.lang"], wanted)


def _menu(page):
    for group, screens in MENU:
        st.html(f'<p class="menu">{page.tr(f"menu.{group}")}</p>')
        for topic, path, icon in screens:
            st.page_link(path, label=page.tr(f"menu.{topic}"), icon=icon, width="stretch", query_params=page.query)


def _controlled(key: str, value):
    """The URL decides what a widget shows; its own memory never does."""
    st.session_state[key] = value
