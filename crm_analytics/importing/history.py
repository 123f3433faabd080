"""What the database remembers of every import: when, which file, how it was read, what became of its records."""

import json
from dataclasses import asdict

import pandas as pd

from crm_analytics.database import quoted
from crm_analytics.importing import profiles
from crm_analytics.importing.landing import pinned
from crm_analytics.importing.receipt import NOT_KEPT, Receipt
from crm_analytics.importing.shapes import FilePlan


def record(con, file: FilePlan, receipt: Receipt, upload: int) -> None:
    """The entry in the history, with how the file was read, so that it can be read the same way again."""
    reading = {
        "encoding": file.encoding,
        "delimiter": file.delimiter,
        "header_line": file.header_line,
        "headers": file.landing.headers,
        "dialect": pinned.as_json(file.landing.dialect),
        "time_zone": file.typed.time_zone,
        "readings": [asdict(reading) for reading in file.typed.readings],
        "only_with": file.typed.only_with,
        "kept": file.kept,
        "elsewhere": sorted(file.elsewhere),
        "mapping": file.match.mapping,
        "said": profiles.remembered(file.options),
        "answers": file.answered,
        "currencies": file.currencies,
        "filled": file.typed.filled(),
        "repeats": file.options.repeats,
        "conflicts": file.options.way.conflicts,
    }
    entry = asdict(receipt) | {
        "table_name": receipt.table,
        "sheet": file.landing.sheet,
        "sha256": file.sha256,
        "size": file.size,
        "scope": file.options.scope,
        "upload": upload,
        "control_total": file.options.control_total,
        "reading": json.dumps(reading, ensure_ascii=False),
    }
    for name in ("table", *NOT_KEPT):
        del entry[name]
    names, values = ", ".join(map(quoted, entry)), ", ".join(f"${name}" for name in entry)
    con.execute(f"insert into imports ({names}, imported_at) values ({values}, now() at time zone 'UTC')", entry)


def standing(con, where: str, **values) -> list[dict]:
    """The entries of the imports that were not undone, in their order."""
    return entries_of(
        con.execute(f"select * from imports where undone_at is null and {where} order by import_id", values or None)
    )


def entries_of(found) -> list[dict]:
    """Rows of `imports` as dicts, each an entry."""
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def history(con) -> pd.DataFrame:
    """One row per import, newest first: when, which file, what became of its records."""
    return con.execute(
        "select import_id, imported_at, file_name, table_name, scope, records, loaded, duplicates, quarantined, skipped, "
        "changed, replaced, repeated, rounded, without_customer, amount_loaded, undone_at from imports order by import_id desc"
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
    """One row per record an import set aside: source_line, column_name, reason, raw; resolved_by: the import that brought it right."""
    return con.execute(
        "select source_line, column_name, reason, raw, resolved_by from quarantine where import_id = $id order by source_line",
        {"id": import_id},
    ).df()
