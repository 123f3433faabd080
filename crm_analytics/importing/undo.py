"""Taking an import back: its rows go, and rows that later imports had found already here come back from the kept files."""

import json

import pandas as pd

from crm_analytics import derived
from crm_analytics.database import Database, bump_data_version, quoted
from crm_analytics.errors import ImportRefused
from crm_analytics.importing import attributes, pinned
from crm_analytics.importing.forms import Reading
from crm_analytics.importing.identity import load
from crm_analytics.importing.landing import Landing, land
from crm_analytics.importing.source import discard
from crm_analytics.importing.typed import Typed

OWN_TABLES = ("quarantine", "skipped", "customer_attributes")


def undo_import(database: Database, import_id: int) -> dict:
    """Take one import back: the database is as if it had never happened; the history keeps the entry.

    Returns the entry. Raises ImportRefused E_NO_IMPORT, E_UNDONE.
    """
    with database.writing() as con:
        entry = _entry(con, import_id)
        table = entry["table_name"]
        for name in (table, *OWN_TABLES):
            con.execute(f"delete from {quoted(name)} where import_id = $import_id", {"import_id": import_id})
        con.execute(
            "update imports set undone_at = now() at time zone 'UTC' where import_id = $import_id",
            {"import_id": import_id},
        )
        for later in _with_duplicates(con, table):
            _load_again(database, con, later)
        had_attributes = json.loads(entry["reading"]).get("kept")
        if had_attributes:
            _keep_again(database, con, import_id)
        derived.rebuild(con, {table} | ({"customers"} if had_attributes else set()))
        bump_data_version(con)
    return entry


def _entry(con, import_id: int) -> dict:
    found = con.execute("select * from imports where import_id = $import_id", {"import_id": import_id})
    row = found.fetchone()
    if row is None:
        known = [
            str(number)
            for (number,) in con.execute("select import_id from imports where undone_at is null order by 1").fetchall()
        ]
        raise ImportRefused("E_NO_IMPORT", import_id=import_id, known=", ".join(known) or "-")
    entry = dict(zip((column[0] for column in found.description), row, strict=True))
    if entry["undone_at"]:
        raise ImportRefused("E_UNDONE", import_id=import_id, undone_at=f"{entry['undone_at']:%Y-%m-%d %H:%M}")
    return entry


def _with_duplicates(con, table: str) -> list[dict]:
    found = con.execute(
        "select * from imports where table_name = $table and undone_at is null and duplicates > 0 order by import_id",
        {"table": table},
    )
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _load_again(database: Database, con, entry: dict) -> None:
    """Load what is now missing of an import from its kept file, read exactly as it was then."""
    typed, landing = _read_again(database, entry)
    con.execute(f"delete from {quoted(entry['table_name'])} where import_id = $id", {"id": entry["import_id"]})
    loaded, duplicates, amount = load(con, typed, landing.relation, entry["import_id"], has_faults=True)
    discard(landing.source)
    moved = amount if amount is None or entry["amount_duplicates"] is None else entry["amount_duplicates"] - amount
    con.execute(
        "update imports set loaded = $loaded, duplicates = $duplicates, amount_duplicates = $amount, "
        "amount_loaded = amount_loaded + $moved where import_id = $id",
        {"loaded": loaded, "duplicates": duplicates, "amount": amount, "moved": moved, "id": entry["import_id"]},
    )


def _read_again(database: Database, entry: dict) -> tuple[Typed, Landing]:
    reading = json.loads(entry["reading"])
    kept = database.folder("raw") / entry["sha256"]
    landings = land(
        database,
        kept,
        delimiter=reading["delimiter"],
        encoding=reading["encoding"],
        dialect=pinned.of(reading),
        sheet=entry["sheet"],
    )
    landing = next(landing for landing in landings if landing.sheet == entry["sheet"])
    readings = tuple(Reading(**each) for each in reading["readings"])
    only_with = tuple(reading.get("only_with", ()))
    return Typed(entry["table_name"], readings, reading["time_zone"], only_with), landing


def _keep_again(database: Database, con, undone: int) -> None:
    """Columns kept by name hold only what was new at the time: later imports say again what the one undone had said."""
    later = con.execute(
        "select * from imports where undone_at is null and import_id > $undone "
        "and json_array_length(reading, '$.kept') > 0 order by import_id",
        {"undone": undone},
    )
    names = [column[0] for column in later.description]
    for row in later.fetchall():
        entry = dict(zip(names, row, strict=True))
        con.execute("delete from customer_attributes where import_id = $id", {"id": entry["import_id"]})
        typed, landing = _read_again(database, entry)
        attributes.keep(con, typed, landing, tuple(json.loads(entry["reading"])["kept"]), entry["import_id"])
        discard(landing.source)


def history(con) -> pd.DataFrame:
    """One row per import, newest first: when, which file, what became of its records."""
    return con.execute(
        "select import_id, imported_at, file_name, table_name, records, loaded, duplicates, quarantined, skipped, repeated, "
        "rounded, without_customer, amount_loaded, undone_at from imports order by import_id desc"
    ).df()


def mates(con, import_id: int) -> list[tuple[int, str]]:
    """(import, table) of the other imports that stand and came from the same file: one file may feed several tables."""
    return con.execute(
        "select o.import_id, o.table_name from imports i join imports o on o.sha256 = i.sha256 "
        "and o.sheet is not distinct from i.sheet and o.import_id <> i.import_id and o.undone_at is null "
        "where i.import_id = $id order by 1",
        {"id": import_id},
    ).fetchall()


def quarantined(con, import_id: int) -> pd.DataFrame:
    """One row per record an import set aside: source_line, column_name, reason, raw."""
    return con.execute(
        "select source_line, column_name, reason, raw from quarantine where import_id = $id order by source_line",
        {"id": import_id},
    ).df()
