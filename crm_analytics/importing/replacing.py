"""Uploads that take the place of what is here: the rows of their own time, or the whole table."""

from crm_analytics.database import quoted
from crm_analytics.importing.identity import Way, columns, set_aside
from crm_analytics.importing.reading.typed import Typed
from crm_analytics.schema import TABLES


def arrive(con, typed: Typed, rows: str, way: Way) -> None:
    """Remember what one file of an upload holds: these rows (a SELECT, see `incoming`)."""
    names = ", ".join(map(quoted, columns(typed.table)))
    times = "1" if way.repeats == "once" else "count(*)"
    held = f"select {names}, {times} as times from ({rows}) group by {names}"
    con.execute(f"create temp table if not exists {_arriving(typed.table)} as {held} limit 0")
    con.execute(f"insert into {_arriving(typed.table)} {held}")


def replace(con, table: str, scope: str, first: int) -> int:
    """Set aside the rows of imports before `first` that no file of the upload holds; returns their number.

    replace-table: all of them; replace-period: those from the upload's first moment to its last, so that an
    export that begins in the middle of a day takes nothing from the morning; in tables without dates, about the things it names.
    """
    if not _has_arrived(con, table):
        return 0
    names = ", ".join(map(quoted, columns(table)))
    same = " and ".join(f"a.{quoted(name)} is not distinct from h.{quoted(name)}" for name in columns(table))
    con.execute(
        "create or replace temp table leaving as "
        f"with a as (select {names}, max(times) as times from {_arriving(table)} group by all), "
        "h as (select *, row_number() over "
        f"(partition by {names} order by import_id, source_line) as nth from {quoted(table)} "
        f"where import_id < {first} and {within(table, scope, _arriving(table))}) "
        f"select h.import_id as old_import, h.source_line as old_line from h left join a on {same} "
        "where h.nth > coalesce(a.times, 0)"
    )
    con.execute(f"drop table {_arriving(table)}")
    return set_aside(con, table, first)


def within(table: str, scope: str, rows: str) -> str:
    """SQL: whether a row of the table is among those that `rows` replace under this scope."""
    if scope == "replace-table":
        return "true"
    period = quoted(TABLES[table].period)
    if TABLES[table].is_dated:
        return f"{period} between (select min({period}) from {rows}) and (select max({period}) from {rows})"
    return f"{period} in (select {period} from {rows})"


def _arriving(table: str) -> str:
    return quoted(f"arriving_{table}")


def _has_arrived(con, table: str) -> bool:
    found = "select count(*) > 0 from duckdb_tables() where table_name = $name and temporary"
    return con.execute(found, {"name": f"arriving_{table}"}).fetchone()[0]
