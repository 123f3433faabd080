"""What is worth knowing of how a column is read, though it stops nothing: said once per column, with what it changes."""

from crm_analytics.importing.caution import Caution
from crm_analytics.importing.reading import dates
from crm_analytics.importing.reading.evidence import DATES, Evidence
from crm_analytics.importing.reading.texts import literal

SCIENTIFIC = r"\d(?:\.\d+)?E\+\d{2,}"  # 8.61381E+12: what a spreadsheet leaves of a long number


def of_column(con, relation: str, evidence: Evidence, header: str, time_zone: str) -> list[Caution]:
    """The remarks about one column of a file; those that need a look at its values take it from the sample."""
    if evidence.is_left_out:
        return []
    found = []
    if evidence.reading.has_guards:
        found.append(Caution("guards_removed", {"column": header}))
    if evidence.null_words:
        words = ", ".join(f"“{word}”" for word in evidence.nothing)
        found.append(Caution("null_words", {"column": header, "n": evidence.null_words, "words": words}))
    if evidence.folded:
        found.append(Caution("ids_folded", {"column": header, "n": evidence.folded}))
    if evidence.reading.kind == "id" and _is_scientific(con, evidence):
        found.append(Caution("ids_damaged", {"column": header}))
    if evidence.reading.form == "percent":
        found.append(Caution("percentages", {"column": header}))
    if evidence.reading.kind in DATES and dates.has_short_year(evidence.reading.form):
        found.append(_short_years(con, relation, evidence, header, time_zone))
    return found


def _is_scientific(con, evidence: Evidence) -> bool:
    text = evidence.reading.text()
    matches = f"regexp_full_match({text}, {literal(SCIENTIFIC)})"
    return con.execute(f"select coalesce(bool_or({matches}), false) from sample").fetchone()[0]


def _short_years(con, relation: str, evidence: Evidence, header: str, time_zone: str) -> Caution:
    """Two digits leave the century open: which one was taken, and the years that come of it."""
    moment = evidence.reading.sql(time_zone)
    first, last = con.execute(f"select year(min({moment})), year(max({moment})) from {relation}").fetchone()
    years = {"first": str(first), "last": str(last)}
    return Caution("short_years", {"column": header, "below": str(dates.PIVOT - 1), "from": str(dates.PIVOT)} | years)
