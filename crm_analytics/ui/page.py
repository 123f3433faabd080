"""`page = ui.page("overview")`: one call at the top of each page draws the frame and opens the company."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from pathlib import Path

import pandas as pd
import streamlit as st

from crm_analytics import database, faults, formats, snapshot, state
from crm_analytics.charts import style
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.i18n import translator
from crm_analytics.ui import cards, choice, downloads, limits, rescue, sidebar, store, whom
from crm_analytics.ui.text import bold, literal, plain, quoted

CSS = Path(__file__).parent / "style.css"
PLOT = {"displayModeBar": False, "responsive": True}


@dataclass
class Page:
    """What a page works with.  `choice`: language and filters as the URL names them; `filters`: with the days filled in."""

    topic: str
    tr: Callable[..., str]
    db: database.Database
    is_made_up: bool
    version: int
    choice: choice.Choice
    filters: Filters
    executed: dict[str, list[store.Statement]] = field(default_factory=dict)  # by metric: the SQL behind it
    limited: list[tuple] = field(default_factory=list)  # (number or screen, room for what limits it): see `limits`

    @property
    def language(self) -> str:
        return self.tr.language

    @property
    def mode(self) -> str:
        """The reader's theme: "light" or "dark"."""
        return "dark" if st.context.theme.type == "dark" else "light"

    @property
    def query(self) -> dict[str, list[str]]:
        """The URL parameters that open this view."""
        return self.choice.query

    @property
    def wanted(self) -> Filters:
        """The filters as the URL names them."""
        return self.choice.wanted

    @property
    def currency(self) -> str:
        """The label beside amounts: the reader's own, else the one in Settings."""
        return self.choice.currency or self.rules.currency

    @cached_property
    def rules(self) -> state.Rules:
        return store.rules(self.db, self.version)

    @cached_property
    def choices(self) -> dict[str, list[str]]:
        return store.choices(self.db, self.version)

    @cached_property
    def customer_sets(self) -> list[str]:
        """Names of the saved sets of customers."""
        return store.customer_sets(self.db, self.version)

    @cached_property
    def logo(self) -> bytes | None:
        """The company's own logo."""
        return store.logo(self.db, self.version)

    @cached_property
    def last_day(self) -> date | None:
        """The day of the latest order in the data; without orders, of the latest thing known of a customer."""
        return store.resolved(self.db, self.version, Filters()).as_of

    @property
    def is_empty(self) -> bool:
        """No order was ever accepted."""
        return self.filters.data_from is None

    @property
    def knows_nobody(self) -> bool:
        """Nothing was ever accepted that tells of a customer."""
        return self.last_day is None

    def measure(self, metric: Callable, **options) -> pd.DataFrame:
        """A metric's frame for this view, remembered until data, rules or filters change."""
        try:
            with faults.told(self.db.path):
                frame, statements = store.measured(self.db, self.version, self.filters, metric, options)
        except CrmError as refusal:
            self.refuse(refusal)
        self.executed[metric.__qualname__] = statements
        return frame

    def fetch(self, metric: Callable, **options) -> pd.DataFrame:
        """A metric's frame that is not worth remembering: a download of everything."""
        con = self.db.cursor()
        return metric(con, snapshot.prepare(con, self.filters), **options)

    def refuse(self, refusal: CrmError):
        """One plain sentence instead of the page."""
        st.error(plain(refusal.sentence(self.tr)), icon=":material/error:")
        st.stop()

    def money(self, value) -> str:
        return formats.money(value, self.language, self.currency)

    def money_change(self, value) -> str:
        """+£170 k, −£85 k"""
        return formats.money_change(value, self.language, self.currency)

    def column_label(self, column: str) -> str:
        """The reader's word for a column, as text: a column of the reader's own file keeps its header."""
        key = f"columns.{column}"
        return self.tr(key) if self.tr.knows(key) else column

    def rules_history(self) -> pd.DataFrame:
        """Every saved version of the rules, newest first."""
        return state.rules_history(self.db.cursor())

    def in_words(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Codes of tiers, stages, segments and statuses in the reader's words."""
        worded = {
            column: rows[column].map(
                lambda code, column=column: whom.value_words(self, column, code) if isinstance(code, str) else None
            )
            for column in whom.WORDED
            if column in rows
        }
        return rows.assign(**worded)

    def answer(self, eyebrow: str, sentence: str):
        """The head of a screen: company, topic and window, then the answer; **this** is the answer's heart."""
        company = (
            "" if self.is_made_up and self.topic == "data" else self.rules.company_name
        )  # files are never the made-up one's
        eyebrow = " · ".join(filter(None, (literal(company), eyebrow)))
        st.html(f'<p class="eyebrow">{bold(eyebrow)}</p><h1 class="answer">{bold(sentence)}</h1>')
        limits.reserve(self, self.topic)

    def mark_limits(self):
        """Say beside each number, and below the answer, where the data limit them: the last step of a screen."""
        limits.show(self)

    def comparison_words(self) -> str:
        """compared with the 12 months before"""
        return self.tr(f"frame.compared_{self.filters.compare}", months=self.filters.months)

    def window_words(self, short: bool = False) -> str:
        """12 months to 9 Dec 2011"""
        day = formats.day(self.filters.as_of, self.language, short=short)
        return self.tr("frame.window", months=self.filters.months, day=day)

    def show(self, figure, key: str, alt: str = "", height="content", on_click: Callable | None = None):
        """A chart in the house manner; `height="stretch"`: as high as its card.

        `on_click` gets the customdata of a mark that was clicked, once per click, and may leave the page: see `to_customers`.
        """
        clicked = f"clicked-{key}"
        remember = partial(_remember_click, key, clicked)
        family = style.fonts(self.language)
        figure.update_layout(font_family=family, hoverlabel_font_family=family)
        selecting = {"on_select": remember, "selection_mode": "points"} if on_click else {}
        st.plotly_chart(
            figure, width="stretch", theme=None, config=PLOT, height=height, key=key, alt=alt or None, **selecting
        )
        if on_click and clicked in st.session_state:
            on_click(st.session_state.pop(clicked))

    def customers_query(self, where: Mapping[str, str | Iterable[str]], **filters) -> dict[str, list[str]]:
        """The URL parameters of the customers list for those that `where` names, on top of whom the reader has chosen."""
        named = {column: (values,) if isinstance(values, str) else tuple(values) for column, values in where.items()}
        kept = dict(self.wanted.where) | named
        return self.choice.but(where=tuple(sorted(kept.items())), **filters).query

    def to_customers(self, where: Mapping[str, str | Iterable[str]], **filters):
        """Go to the customers behind a mark, for instance `{"tier": "top", "is_active": "no"}`."""
        st.switch_page("pages/customers.py", query_params=self.customers_query(where, **filters))

    def customers_link(
        self, label: str, where: Mapping[str, str | Iterable[str]], *, icon: str = ":material/groups:", **filters
    ):
        """A link to the customers behind a number.  `label` is markdown: escape what comes from a file."""
        st.page_link("pages/customers.py", label=label, icon=icon, query_params=self.customers_query(where, **filters))

    def table(
        self, frame: pd.DataFrame, name: str, *, everything: Callable[[], pd.DataFrame] | None = None, height="auto"
    ):
        """A frame of any length, with download as CSV and XLSX (of `everything` where the frame is one part of it)."""
        cards.frame(self, frame, height=height)
        self.downloads(everything or (lambda: frame), name)

    def downloads(self, rows: Callable[[], pd.DataFrame], name: str):
        """CSV and XLSX of what a function returns; it is called when the reader asks for the file."""
        downloads.buttons(self.tr, rows, name)

    def proof(self, rows: pd.DataFrame, name: str, metric: Callable, title: str, about: str):
        """The quiet row below a chart: what it is drawn from as files, and how that was computed.  `about`: what it is."""
        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key=f"proof-{name}"):
            self.downloads(lambda: rows, name)
            cards.explained(self, [(title, about, "")], metric, key=name)


def _remember_click(chart: str, clicked: str):
    """Keep what was clicked until the chart is drawn: a callback cannot leave the page."""
    points = st.session_state[chart].selection.points
    if points:
        st.session_state[clicked] = points[0].get("customdata")


def page(topic: str) -> Page:
    """Title, style, company, language, filters and menu of one screen; every page runs by its URL alone."""
    chosen, refusal = choice.read()
    tr = translator(chosen.language)
    st.set_page_config(
        page_title=f"{tr(f'menu.{topic}')} · {tr('frame.product')}",
        page_icon=str(sidebar.LOGO),
        layout="wide",
        initial_sidebar_state="auto",
    )
    st.html(CSS)
    st.html(f"<style>{_style(tr)}</style>")
    store.freeze_imports()
    try:
        with faults.told(Path(database.default_path())):
            this = _open(topic, tr, chosen)
    except CrmError as error:
        rescue.show(tr, error)
        st.stop()
    sidebar.draw(this)
    if refusal:
        st.warning(plain(refusal.sentence(tr)), icon=":material/filter_list_off:")
    if this.is_made_up:
        _say_made_up(this)
        rescue.warn_if_lost(tr)
    else:
        rescue.warn_if_damaged(tr, this.db)
    return this


def _open(topic: str, tr, chosen: choice.Choice) -> Page:
    db = store.own_company()
    is_made_up = db is None
    if is_made_up:
        with st.spinner(tr("frame.making_up")):
            db = store.made_up_company()
    version = database.data_version(db.cursor())
    st.session_state["latest_day"] = store.resolved(db, version, Filters()).as_of
    try:
        filters = store.resolved(db, version, chosen.wanted)
    except CrmError as error:
        st.warning(plain(error.sentence(tr)), icon=":material/filter_list_off:")
        chosen = chosen.but(where=(), customer_set=None)
        filters = store.resolved(db, version, chosen.wanted)
    return Page(topic, tr, db, is_made_up, version, chosen, filters)


def _style(tr) -> str:
    """What the stylesheet cannot know: words and fonts of the language."""
    rules = [f"body {{ --choose-files: {quoted(tr('frame.choose_files'))}; }}"]
    if tr.language != "en":  # Streamlit's own English sentence; the card says the same
        rules.append("[data-testid=stFileUploaderDropzoneInstructions] { display: none; }")
    if tr.language == "zh-Hant":  # the theme's fonts draw the simplified forms
        text = ":not([data-testid=stIconMaterial], [data-testid$=DynamicIcon], .icon, code, code *)"
        rules.append(f"body {text} {{ font-family: {style.fonts(tr.language)}; }}")
    return " ".join(rules)


def _say_made_up(this: Page):
    with st.container(key="made-up", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(this.tr("frame.made_up"))
        if this.topic != "data":
            st.page_link(
                "pages/data.py",
                label=this.tr("frame.start_own"),
                icon=":material/upload:",
                query_params=choice.Choice(this.language).query,
            )
