"""Whether a database is sound: every column reads, and every import still balances."""

import duckdb
import pandas as pd

from crm_analytics import faults, stop
from crm_analytics.database import Database, quoted
from crm_analytics.layout import replaced
from crm_analytics.schema import TABLES


def check(con) -> pd.DataFrame:
    """One row per thing checked: check, is_sound, found (what was seen). Reading every column finds damage that counting misses."""
    rows = [_readable(con, table) for table in _tables(con)] + [_balanced(con, row) for row in _imports(con)]
    return pd.DataFrame(rows, columns=["check", "is_sound", "found"])


def damage(database: Database) -> str | None:
    """Read every value of every table: what the engine says of the first that is not as it was written."""
    con = database.cursor()
    try:
        for table in _tables(con):
            _hashed(con, table)
    except duckdb.Error as error:
        return (
            faults.where(str(error).splitlines()[0]) if faults.is_damage(error) else None
        )  # closed meanwhile, for instance
    return None


def _tables(con) -> list[str]:
    return [
        name
        for (name,) in con.execute(
            "select table_name from duckdb_tables() where database_name = current_database() and not temporary order by 1"
        ).fetchall()
    ]


def _readable(con, table: str) -> tuple[str, bool, str]:
    """Hash every value: a flipped or missing block raises."""
    try:
        rows = _hashed(con, table)
    except duckdb.Error as error:
        stop.check()
        return f"table {table}", False, str(error).splitlines()[0]
    return f"table {table}", True, f"{rows:,} rows"


def _hashed(con, table: str) -> int:
    return con.execute(f"select count(*), bit_xor(hash(t)) from {quoted(table)} t").fetchone()[0]


def _imports(con) -> list[dict]:
    found = con.execute(
        "select import_id, table_name, records, loaded, duplicates, quarantined, skipped from imports "
        "where undone_at is null order by import_id"
    )
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _balanced(con, entry: dict) -> tuple[str, bool, str]:
    if entry["table_name"] not in TABLES:
        return f"import {entry['import_id']}", False, f"unknown table {entry['table_name']}"
    table = entry["table_name"]
    rows = " + ".join(
        f"(select count(*) from {each} where import_id = $id)" for each in (quoted(table), replaced(table))
    )
    stands = con.execute(f"select {rows}", {"id": entry["import_id"]}).fetchone()[0]
    total = entry["loaded"] + entry["duplicates"] + entry["quarantined"] + entry["skipped"]
    return (
        f"import {entry['import_id']}",
        stands == entry["loaded"] and total == entry["records"],
        f"{entry['records']:,} records = {entry['loaded']:,} + {entry['duplicates']:,} + {entry['quarantined']:,} "
        f"+ {entry['skipped']:,}, {stands:,} rows stand",
    )
