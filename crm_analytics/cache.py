"""What is worth keeping of a view: tables of a day and window in the attached memory database, small answers in the process."""

import threading
from collections.abc import Callable
from time import monotonic

import pandas as pd

from crm_analytics.database import data_version
from crm_analytics.filters import Filters

KEPT = 10  # tables in memory; more only while readers still stand on them
READING = 120  # seconds in which a reader may still stand on a table
ANSWERS = 64

_building = threading.Lock()
_used: dict[str, float] = {}  # table -> when a reader last asked for it
_remembering = threading.Lock()
_answers: dict[tuple, tuple] = {}  # least recently used first


def known_table(con, what: str, filters: Filters) -> str | None:
    """The table of this day and window, if it is there; it then stays while its reader stands on it."""
    name = _name(con, what, filters)
    with _building:
        if name not in _known(con):
            return None
        _used[name] = monotonic()
    return f"cache.{name}"


def _name(con, what: str, filters: Filters) -> str:
    return f"{what}_{data_version(con)}_{filters.as_of:%Y%m%d}_{filters.months}"


def _known(con) -> list[str]:
    """The kept tables, oldest first."""
    rows = con.execute("select table_name from duckdb_tables() where database_name = 'cache' order by table_oid")
    return [name for (name,) in rows.fetchall()]


def table(con, what: str, filters: Filters, sql: str, parameters: dict) -> str:
    """A table of this day and window for the whole company, built where there is none. Its name is its key."""
    name = _name(con, what, filters)
    with _building:
        known = _known(con)
        if name not in known:
            con.execute(f"create table cache.{name} as {sql}", parameters)
            for oldest in known[: max(0, len(known) + 1 - KEPT)]:
                if monotonic() - _used.get(oldest, 0) > READING:
                    con.execute(f"drop table cache.{oldest}")
                    _used.pop(oldest, None)
        _used[name] = monotonic()
    return f"cache.{name}"


def answer(con, filters: Filters, what: tuple, make: Callable):
    """A small answer about this view, made once per opened database, data version, filters and `what`; of a frame, a copy.

    A cursor that records what it is asked (`statements`) is told again by which queries the answer was made.
    """
    recorded = getattr(con, "statements", None)
    opening = con.execute("select id from cache.opening").fetchone()[0]
    key = (opening, data_version(con), filters, what, recorded is None)
    with _remembering:
        found = _answers.pop(key, None)
    if found is None:
        before = len(recorded or ())
        found = (make(), tuple((recorded or ())[before:]))
    elif recorded is not None:
        recorded.extend(each for each in found[1] if each not in recorded)
    with _remembering:
        _answers[key] = found
        while len(_answers) > ANSWERS:
            _answers.pop(next(iter(_answers)))
    return found[0].copy() if isinstance(found[0], pd.DataFrame) else found[0]
