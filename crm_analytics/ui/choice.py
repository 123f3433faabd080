"""What the reader has chosen: language, view and currency label.  All of it lives in the URL, so a link opens the same view."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

import streamlit as st

from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.i18n import LANGUAGES, best_language

LONGEST_CURRENCY = 10


@dataclass(frozen=True)
class Choice:
    """One reader's choice.  `currency` stands in place of the one in Settings; "" leaves that one."""

    language: str
    wanted: Filters = Filters()
    currency: str = ""

    @property
    def query(self) -> dict[str, list[str]]:
        """The URL parameters that open this view on any screen."""
        named = (
            {"lang": self.language} | ({"currency": self.currency} if self.currency else {}) | self.wanted.to_query()
        )
        return {name: list(values) if isinstance(values, (list, tuple)) else [values] for name, values in named.items()}

    def but(self, **changes) -> "Choice":
        """The same choice with another view."""
        return replace(self, wanted=replace(self.wanted, **changes))


def read() -> tuple[Choice, CrmError | None]:
    """The choice named by the URL, and why a part of it cannot be meant; a page opened without any takes the session's last."""
    query = {name: st.query_params.get_all(name) for name in st.query_params}
    if "lang" not in query:
        query = st.session_state.get("choice", {}) | query
    language = (query.get("lang") or [""])[0]
    if language not in LANGUAGES:
        language = best_language(st.context.locale)
    try:
        wanted, error = Filters.from_query(query), None
    except CrmError as refusal:
        wanted, error = Filters(), refusal
    choice = Choice(language, wanted, _currency((query.get("currency") or [""])[0]))
    write(choice)
    return choice, error


def write(choice: Choice):
    """Put a choice into the URL; what the screen itself keeps there stays."""
    st.session_state["choice"] = choice.query
    query = choice.query | own_parameters()
    if {name: st.query_params.get_all(name) for name in st.query_params} != query:
        st.query_params.from_dict(query)


def own_parameters() -> dict[str, list[str]]:
    """What a screen keeps in the URL for itself: its search (`q.search`), whose page it is (`id`), whether it fills the screen
    (`meeting`).  Links to others leave it out."""
    return {
        name: st.query_params.get_all(name)
        for name in st.query_params
        if name in ("id", "meeting") or name.startswith("q.")
    }


def link(choice: Choice, as_of) -> str:
    """The query string of a link that opens this view: with its day, so that it shows the same after newer imports."""
    return urlencode(choice.but(as_of=as_of).query | own_parameters(), doseq=True)


def _currency(text: str) -> str:
    return " ".join(text.split())[:LONGEST_CURRENCY]
