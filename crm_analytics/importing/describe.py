"""A file as the screen shows it: every column with its first values and what it becomes, the first rows before and after."""

import pandas as pd

from crm_analytics.database import quoted
from crm_analytics.importing import recognise
from crm_analytics.importing.reading.evidence import DATES, Evidence
from crm_analytics.importing.shapes import ColumnPlan, FilePlan
from crm_analytics.schema import TABLES

SHOWN_ROWS = 5
LOOKED_AT = 200  # rows from which examples are taken


def show_as_it_is(con, file: FilePlan) -> None:
    """Headers and first values of a file that is not understood, so that a person can say what they are."""
    landing = file.landing
    cells = con.execute(f"select * exclude (source_line) from {landing.relation} limit {LOOKED_AT}").df()
    file.preview_before = cells.head(SHOWN_ROWS).set_axis(landing.headers, axis=1)
    file.columns = [
        ColumnPlan(
            header,
            _examples(cells[f"c{place}"]),
            float(cells[f"c{place}"].notna().mean()) if len(cells) else 0.0,
            None,
            "",
            "unused",
        )
        for place, header in enumerate(landing.headers)
    ]


def _examples(values: pd.Series) -> list[str]:
    return [str(value) for value in values.dropna().drop_duplicates().head(3)]


def describe(con, file: FilePlan, match: recognise.Match, found: list[Evidence]) -> None:
    """Every column of the file with its first values, and the first rows before and after."""
    by_place = {evidence.reading.place: evidence for evidence in found}
    headers = file.landing.headers
    sample = con.execute(f"select * exclude (source_line) from sample limit {LOOKED_AT}").df()
    filled = {
        place: evidence.filled / file.landing.records if file.landing.records else 0.0
        for place, evidence in by_place.items()
    }
    for place, header in enumerate(headers):
        values = sample[f"c{place}"].dropna()
        share = filled.get(place, len(values) / len(sample) if len(sample) else 0.0)
        evidence = by_place.get(place)
        file.columns.append(
            ColumnPlan(
                header,
                _examples(values),
                share,
                evidence.reading.field if evidence else None,
                _reading(evidence),
                _state(file, place, evidence),
            )
        )
    file.preview_before = sample.head(SHOWN_ROWS).set_axis(headers, axis=1)
    columns = ", ".join(quoted(column) for column in match.mapping if TABLES[file.table][column].stored) + _worked_out(
        file, match
    )
    file.preview_after = con.execute(f"select {columns} from ({file.typed.rows('sample')}) limit {SHOWN_ROWS}").df()


def _worked_out(file: FilePlan, match: recognise.Match) -> str:
    """Columns that the file lacks and its parts give."""
    return "".join(
        f", {name}" for name in ("amount", "cost") if name in file.typed.filled() and name not in match.mapping
    )


def _reading(evidence: Evidence | None) -> str:
    if evidence is None:
        return ""
    reading = evidence.reading
    is_said = reading.kind in DATES or reading.form not in ("as it is", "plain")
    return f"{reading.kind}, {reading.form}" if is_said else reading.kind


def _state(file: FilePlan, place: int, evidence: Evidence | None) -> str:
    header = file.landing.headers[place]
    if place in file.kept:
        return "kept"
    if evidence is None:
        return "elsewhere" if place in file.elsewhere else "unused"
    if any(question.column == header for question in file.questions):
        return "ask"
    if evidence.is_left_out:
        return "unused"
    return (
        "certain"
        if recognise.is_certain(file.table, evidence.reading.field, header) and not evidence.misfits
        else "check"
    )
