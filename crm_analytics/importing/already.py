"""The same bytes once more: what an earlier import has brought already."""

from crm_analytics.layout import replaced


def already(con, file) -> dict | None:
    """The standing import (import_id, imported_at, file_name) of the same bytes that makes this one needless, or None.

    It does not when rows of it gave way to a later upload that replaced them, nor when this one is to replace and others came since.
    """
    row = con.execute(
        "select import_id, imported_at, file_name from imports where sha256 = $sha256 and table_name = $table "
        "and sheet is not distinct from $sheet and undone_at is null order by import_id desc limit 1",
        {"sha256": file.sha256, "table": file.table, "sheet": file.landing.sheet},
    ).fetchone()
    if row is None or _has_given_way(con, file.table, row[0]):
        return None
    if file.options.scope != "append" and _is_among_others(con, file, row[0]):
        return None
    return dict(zip(("import_id", "imported_at", "file_name"), row, strict=True))


def _has_given_way(con, table: str, import_id: int) -> bool:
    """Whether rows of an import were replaced; newer versions of single lines are no reason to bring the older back."""
    return con.execute(
        f"select exists (select 1 from {replaced(table)} r join imports i on i.import_id = r.replaced_by "
        "where r.import_id = $id and i.scope <> 'append')",
        {"id": import_id},
    ).fetchone()[0]


def _is_among_others(con, file, import_id: int) -> bool:
    """Whether the table holds rows of other imports: replacing would not leave it as it is."""
    return con.execute(
        f'select exists (select 1 from "{file.table}" where import_id <> $id)', {"id": import_id}
    ).fetchone()[0]
