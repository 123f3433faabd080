"""Taking an import back: the database is as if it had never happened, also for what came after it."""

import json
from itertools import groupby

from crm_analytics import derived, touched
from crm_analytics.database import Database, bump_data_version, quoted
from crm_analytics.errors import ImportRefused
from crm_analytics.importing import attributes, incoming, replacing
from crm_analytics.importing.history import entries_of, standing
from crm_analytics.importing.identity import Loaded, Way, columns, load
from crm_analytics.importing.landing import pinned
from crm_analytics.importing.landing.land import Landing, land
from crm_analytics.importing.landing.source import discard
from crm_analytics.importing.reading.forms import Reading
from crm_analytics.importing.reading.typed import Typed
from crm_analytics.layout import replaced

OWN_TABLES = ("quarantine", "skipped", "customer_attributes")


def undo_import(database: Database, import_id: int) -> dict:
    """Take one import back: the database is as if it had never happened; the history keeps the entry.

    Later imports of its table are read again from the kept files, exactly as they were read then: rows that they had found here
    already, or had replaced, may be other ones now.  Returns the entry. Raises ImportRefused E_NO_IMPORT, E_UNDONE.
    """
    with database.writing() as con:
        entry = _entry(con, import_id)
        table = entry["table_name"]
        start = import_id if entry["scope"] == "append" else entry["upload"]
        for name in OWN_TABLES:
            con.execute(f"delete from {quoted(name)} where import_id = $import_id", {"import_id": import_id})
        con.execute("update quarantine set resolved_by = null where resolved_by = $id", {"id": import_id})
        con.execute(
            "update imports set undone_at = now() at time zone 'UTC' where import_id = $import_id",
            {"import_id": import_id},
        )
        touched.note_rows(con, start)
        _go_back(con, table, start)
        _load_again(
            database, con, standing(con, "table_name = $table and import_id >= $start", table=table, start=start)
        )
        has_attributes = bool(json.loads(entry["reading"]).get("kept")) or entry["scope"] == "replace-table"
        if has_attributes:
            _keep_again(database, con)
        derived.rebuild(con, {table} | ({"customers"} if has_attributes else set()), since=start)
        bump_data_version(con)
    return entry


def _entry(con, import_id: int) -> dict:
    found = entries_of(con.execute("select * from imports where import_id = $import_id", {"import_id": import_id}))
    if not found:
        known = [str(entry["import_id"]) for entry in standing(con, "true")]
        raise ImportRefused("E_NO_IMPORT", import_id=import_id, known=", ".join(known) or "-")
    (entry,) = found
    if entry["undone_at"]:
        raise ImportRefused("E_UNDONE", import_id=import_id, undone_at=f"{entry['undone_at']:%Y-%m-%d %H:%M}")
    return entry


def _go_back(con, table: str, start: int) -> None:
    """The table as it was before the import `start`: later rows go, earlier ones that gave way since come back."""
    names = ", ".join([*map(quoted, columns(table)), "import_id", "source_line"])
    since, later = f"replaced_by >= {start}", f"import_id >= {start}"
    con.execute(f"delete from {quoted(table)} where {later}")
    con.execute(
        f"insert into {quoted(table)} ({names}) select {names} from {replaced(table)} where {since} and not {later}"
    )
    con.execute(f"delete from {replaced(table)} where {since} or {later}")


def _load_again(database: Database, con, entries: list[dict]) -> None:
    """Load imports again from their kept files, in their order, each read exactly as it was then."""
    for _, upload in groupby(entries, key=lambda entry: entry["upload"] or entry["import_id"]):
        upload = list(upload)
        for entry in upload:
            typed, landing = _read_again(database, entry)
            way, staged = _way(entry), incoming.stage(con, typed, landing, entry["import_id"], has_faults=True)
            loaded = load(con, typed, staged.rows, entry["import_id"], way)
            if way.scope != "append":
                replacing.arrive(con, typed, staged.rows, way)
            incoming.clear(con)
            discard(landing.source)
            _note(con, entry, loaded)
        first = upload[0]
        if first["scope"] != "append":
            gone = replacing.replace(con, first["table_name"], first["scope"], first["import_id"])
            con.execute(
                "update imports set replaced = $gone where import_id = $id", {"gone": gone, "id": first["import_id"]}
            )


def _way(entry: dict) -> Way:
    reading = json.loads(entry["reading"])
    return Way(entry["scope"], reading.get("repeats", "keep"), reading.get("conflicts", "latest"))


def _note(con, entry: dict, loaded: Loaded) -> None:
    """Keep in the history what an import did, now that it was done again."""
    duplicates, before = loaded.amount_duplicates, entry["amount_duplicates"]
    moved = duplicates if duplicates is None or before is None else before - duplicates
    con.execute(
        "update imports set loaded = $loaded, duplicates = $duplicates, changed = $changed, replaced = 0, "
        "amount_duplicates = $amount, amount_loaded = amount_loaded + $moved where import_id = $id",
        {
            "loaded": loaded.loaded,
            "duplicates": loaded.duplicates,
            "changed": loaded.changed,
            "amount": duplicates,
            "moved": moved,
            "id": entry["import_id"],
        },
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


def _keep_again(database: Database, con) -> None:
    """Columns kept by name hold only what was new at the time: all imports that stand say again what they had said."""
    con.execute("delete from customer_attributes")
    for entry in standing(con, "json_array_length(reading, '$.kept') > 0 or scope = 'replace-table'"):
        if entry["scope"] == "replace-table":
            attributes.forget(con, entry["table_name"], entry["upload"])
        kept = tuple(json.loads(entry["reading"])["kept"])
        if kept:
            typed, landing = _read_again(database, entry)
            attributes.keep(con, typed, landing, kept, entry["import_id"])
            discard(landing.source)
