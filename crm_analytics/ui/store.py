"""Which company is open, and what is remembered between reruns: every cache is bounded and keyed by path and data version."""

import gc
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import streamlit as st

from crm_analytics import backup, database, demo, snapshot, state
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.ui import recorder
from crm_analytics.ui.recorder import Statement


def own_company() -> database.Database | None:
    """The reader's own database, or None while nothing was ever imported into it, or nothing since it was emptied."""
    path = database.default_path()
    if not Path(path).exists():
        return None
    db = database.open_database(path)
    return db if backup.is_in_use(db.cursor()) else None


def made_up_company() -> database.Database:
    """The demo, built beside the reader's own database on first need."""
    return database.open_database(demo.ensure(Path(database.default_path()).with_name("demo.duckdb")))


def resolved(db: database.Database, version: int, filters: Filters) -> Filters:
    """The filters with as-of day and first day of the data filled in."""
    return _resolved(str(db.path), version, filters)


def choices(db: database.Database, version: int) -> dict[str, list[str]]:
    """Filter columns the data has, and their values."""
    return _choices(str(db.path), version)


def rules(db: database.Database, version: int) -> state.Rules:
    """The company's rules in force."""
    return _rules(str(db.path), version)


def customer_sets(db: database.Database, version: int) -> list[str]:
    """Names of the saved sets of customers."""
    return _customer_sets(str(db.path), version)


def logo(db: database.Database, version: int) -> bytes | None:
    """The company's own logo, if it has given one."""
    return _logo(str(db.path), version)


def measured(
    db, version: int, filters: Filters, metric: Callable, options: dict
) -> tuple[pd.DataFrame, list[Statement]]:
    """A metric's frame and the SQL that made it, computed once per data version, filters and options."""
    name = f"{metric.__module__}.{metric.__qualname__}"
    return _measured(str(db.path), version, filters, name, tuple(sorted(options.items())), metric)


@st.cache_data(max_entries=64, show_spinner=False)
def _resolved(path: str, version: int, filters: Filters) -> Filters:
    try:
        return snapshot.prepare(database.open_database(path).cursor(), filters)
    except CrmError as refusal:
        if refusal.code == "E_NO_ORDERS":
            return filters
        raise


@st.cache_data(max_entries=8, show_spinner=False)
def _choices(path: str, version: int) -> dict[str, list[str]]:
    return snapshot.choices(database.open_database(path).cursor())


@st.cache_data(max_entries=8, show_spinner=False)
def _rules(path: str, version: int) -> state.Rules:
    return state.rules(database.open_database(path).cursor())


@st.cache_data(max_entries=8, show_spinner=False)
def _customer_sets(path: str, version: int) -> list[str]:
    return list(state.customer_sets(database.open_database(path).cursor()).name)


@st.cache_data(max_entries=8, show_spinner=False)
def _logo(path: str, version: int) -> bytes | None:
    found = state.logo(database.open_database(path).cursor())
    return found[0] if found else None


@st.cache_data(max_entries=256, show_spinner=False)
def _measured(path: str, version: int, filters: Filters, name: str, options: tuple, _metric: Callable):
    con = recorder.Recorder(database.open_database(path).cursor())
    frame = _metric(con, snapshot.prepare(con, filters), **dict(options))
    return frame, con.statements


@st.cache_resource(max_entries=1, show_spinner=False)
def freeze_imports() -> bool:
    """Streamlit collects garbage after each rerun; frozen imports are not walked again: half the work of a light page."""
    gc.collect()
    gc.freeze()
    return True
