"""What the tests of whole exports share: rows of a file by plain Python, an import, and all that a database holds."""

import csv

from crm_analytics import importing
from crm_analytics.importing import Options


def rows(path, delimiter=","):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def take(db, paths, **options):
    return importing.apply_plan(db, importing.plan_import(db, list(paths), Options(**options)))


def everything(db):
    """What the accepted and derived tables hold, whichever import brought it."""
    con = db.cursor()
    shared = {"import_id", "source_line"}
    held = {}
    for (name,) in con.execute(
        "select table_name from duckdb_tables() where database_name = current_database() and not temporary "
        "and table_name not in ('meta', 'imports', 'skipped', 'quarantine')"
    ).fetchall():
        columns = [
            c for (c,) in con.execute(f"select column_name from (describe {name})").fetchall() if c not in shared
        ]
        listed = ", ".join(f'"{column}"' for column in columns)
        held[name] = con.execute(f"select count(*), coalesce(sum(hash({listed})), 0) from {name}").fetchone()
    return held
