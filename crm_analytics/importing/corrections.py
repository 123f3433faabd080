"""Rows that were set aside, given out to be put right in a spreadsheet program and taken in again.

The file has the headers of the file they came from and two columns more, `crm_import` and `crm_line`, which say which record each
row corrects; `crm_reason` says why it was set aside, `crm_rest` holds cells that no header was left for. Whoever lands such a file
gets it without these columns: it is another file of the same source.
"""

import json

import pandas as pd

from crm_analytics.importing.caution import Caution
from crm_analytics.importing.landing import pinned
from crm_analytics.importing.landing.cells import Marks
from crm_analytics.importing.landing.clean import Landing
from crm_analytics.importing.landing.corrected import OURS, REST
from crm_analytics.importing.reading.evidence import Evidence
from crm_analytics.importing.reading.typed import Typed

NO_ROWS = ("second_table",)  # records of something else, which no correction makes a row of this table
OPEN = "resolved_by is null"


def to_correct(con, import_id: int) -> pd.DataFrame:
    """The records of an import that wait for a correction: its headers, then crm_import, crm_line, crm_reason (a code).

    Cells are text as it stands in the file. Records with too few cells end early; those with too many have the others in crm_rest,
    parted as in the file.
    """
    reading = json.loads(
        con.execute("select reading from imports where import_id = $id", {"id": import_id}).fetchone()[0]
    )
    rows = con.execute(
        f"select source_line, column_name, reason, raw from quarantine where import_id = $id and {OPEN} "
        "and not list_contains($no_rows, reason) order by source_line",
        {"id": import_id, "no_rows": list(NO_ROWS)},
    ).fetchall()
    headers, written = reading["headers"], Marks(reading["delimiter"])
    dialect = pinned.of(reading)
    found = []
    for line, column, reason, raw in rows:
        marks = (
            written if column or not dialect else dialect.marks
        )  # what fits no column was written by us, the rest is raw
        cells = marks.cut(raw)[0]
        full = cells[: len(headers)] + [""] * (len(headers) - len(cells))
        found.append([*full, str(import_id), str(line), reason, marks.delimiter.join(cells[len(headers) :])])
    frame = pd.DataFrame(found, columns=[*headers, *OURS], dtype=str)
    return frame if (frame[REST] != "").any() else frame.drop(columns=REST)


def reasons(con, import_id: int) -> pd.DataFrame:
    """Why an import set records aside.  One row per column and reason: column_name, reason, n, resolved, first_line; most first."""
    return con.execute(
        f"select column_name, reason, count(*) as n, count(*) - count(*) filter ({OPEN}) as resolved, min(source_line) as first_line "
        "from quarantine where import_id = $id group by all order by n desc, first_line",
        {"id": import_id},
    ).df()


def say(con, landing: Landing) -> list[Caution]:
    """How many of a file's records correct one that is set aside, and how many name one that is not."""
    if not landing.corrects:
        return []
    known, named = con.execute(
        f"select count(*) filter ((import_id, line) in (select import_id, source_line from quarantine where {OPEN})), "
        f"count(*) filter (import_id is not null) from {landing.corrects}"
    ).fetchone()
    said = [Caution("corrects", {"n": known})] if known else []
    return said + ([Caution("corrects_nothing", {"n": named - known})] if named > known else [])


def settle(con, landing: Landing, table: str, evidence: Evidence) -> None:
    """A column of a few corrected rows proves nothing: what is open is read as in their file, what does not fit is set aside again."""
    if landing.corrects and evidence.is_left_out:
        evidence.problem = None
    elif landing.corrects and evidence.rivals:
        before = _form_before(con, landing, table, evidence.reading.field)
        known = next((answer for answer, each in evidence.rivals.items() if each.form == before), None)
        if evidence.problem and known:
            evidence.problem, evidence.reading = None, evidence.rivals[known]


def _form_before(con, landing: Landing, table: str, field: str) -> str | None:
    """The form in which the corrected import read the column of this field."""
    found = con.execute(
        f"select any_value(i.reading) from {landing.corrects} c join imports i using (import_id) where table_name = $table",
        {"table": table},
    ).fetchone()[0]
    readings = json.loads(found)["readings"] if found else []
    return next((each["form"] for each in readings if each["field"] == field), None)


def resolve(con, landing: Landing, typed: Typed, import_id: int) -> None:
    """Mark what the records of this import put right, those that are sound; undo takes the marks off again."""
    if landing.corrects:
        con.execute(
            f"update quarantine set resolved_by = $id where {OPEN} and (import_id, source_line) in ("
            f"select c.import_id, c.line from {landing.corrects} c join imports i using (import_id) "
            "where i.table_name = $table and i.undone_at is null and c.source_line not in "
            f"(select source_line from {landing.relation} where {typed.fault()} is not null))",
            {"id": import_id, "table": typed.table},
        )
