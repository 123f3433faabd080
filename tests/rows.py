"""A company in sight: rows written as a small table of words, put where an import would put them, and read back as numbers."""

from datetime import date

import pandas as pd

from crm_analytics import derived, snapshot
from crm_analytics.database import bump_data_version, quoted
from crm_analytics.filters import Filters
from crm_analytics.metrics import overview
from crm_analytics.schema import TABLES

NOTHING = "-"


def given(database, **tables: str) -> None:
    """Accepted rows: table="header words, then one row per line"; `-` is null, `2026-01-05T10:30` a time. Derives anew."""
    with database.writing() as con:
        for table, text in tables.items():
            header, *rows = [line.split() for line in text.splitlines() if line.strip()]
            insert(con, table, header, [[None if word == NOTHING else word for word in row] for row in rows])
        derived.rebuild(con, set(tables))
        bump_data_version(con)


def insert(con, table: str, header: list[str], rows: list[list]) -> None:
    """Rows of text into an accepted table, behind those that are there; no derived table knows of them yet."""
    assert all(len(row) == len(header) for row in rows), f"{table}: a row is not as long as {header}"
    before = con.execute(f"select count(*) from {quoted(table)}").fetchone()[0]
    types = {column.name: column.sql_type for column in TABLES[table].stored}
    columns = ", ".join(quoted(name) for name in header)
    values = ", ".join(f"cast(unnest(${name}) as {types[name]})" for name in header)
    if rows:
        con.execute(
            f"insert into {quoted(table)} ({columns}, import_id, source_line) "
            f"select {values}, 0, {before} + unnest(range(1, {len(rows)} + 1))",
            {
                name: [None if row[place] is None else str(row[place]) for row in rows]
                for place, name in enumerate(header)
            },
        )


def prepared(database, as_of=None, **choice):
    """(cursor, filters) with the views `snapshot` and `chosen` in place."""
    con = database.cursor()
    return con, snapshot.prepare(
        con, Filters(as_of=date.fromisoformat(as_of) if isinstance(as_of, str) else as_of, **choice)
    )


def snapshot_of(database, as_of=None, months: int = 12) -> pd.DataFrame:
    """The whole company's snapshot by customer id, in the order of the ids."""
    con, _ = prepared(database, as_of, months=months)
    return con.execute("select * from snapshot order by customer_id").df().set_index("customer_id")


def kpis(database, as_of=None, **choice) -> pd.DataFrame:
    """The headline numbers by their name."""
    return overview.kpis(*prepared(database, as_of, **choice)).set_index("kpi")


def read(database, sql: str) -> list[tuple]:
    """Rows of a query; sums come as Decimal."""
    return database.cursor().execute(sql).fetchall()
