"""What earlier imports of the same source say against how a file is read now: dates or decimals turned round, another currency."""

import json

from crm_analytics import state
from crm_analytics.errors import ImportRefused
from crm_analytics.importing import dates, numbers
from crm_analytics.importing.evidence import DATES, FITS, NUMBERS, Evidence
from crm_analytics.importing.questions import Question, ask
from crm_analytics.importing.shapes import FilePlan

MONEY_TABLES = "table_name in ('orders', 'order_items', 'returns', 'receivables', 'costs')"


def questions(con, file: FilePlan, found: list[Evidence]) -> list[Question]:
    """One question per column whose rows prove another reading than an earlier import was told to use.

    Earlier: a standing import of the same table from a file with the same headers. What a person says of the column itself
    settles it; an earlier reading that its own rows had proven says nothing against this one.
    """
    asked, earlier = {question.column for question in file.questions}, _earlier(con, file)
    return [
        question
        for evidence in found
        if not evidence.answer and not evidence.problem
        for header in [file.landing.headers[evidence.reading.place]]
        if header not in asked
        for question in _against(con, file, earlier, evidence, header)
    ]


def check_currency(con, file: FilePlan) -> None:
    """Refuse amounts in another currency than those that are here: one company, one currency."""
    if not file.currencies:
        return
    held = [
        (each, entry["earlier"])
        for entry in _standing(con, MONEY_TABLES, {})
        for each in entry["reading"].get("currencies", ())
    ]
    held += [
        (each, "")
        for (each,) in con.execute("select distinct upper(currency) from orders where currency <> ''").fetchall()
    ]
    for currency, name in held:
        if not numbers.are_one([*file.currencies, currency]):
            raise ImportRefused(
                "E_OTHER_CURRENCY", file=file.name, currency=", ".join(file.currencies), held=currency, earlier=name
            )


def _earlier(con, file: FilePlan) -> list[dict]:
    """The standing imports of the same table from files with the same headers, latest first."""
    entries = _standing(con, "table_name = $table", {"table": file.table})
    return [entry for entry in entries if entry["reading"].get("headers") == list(file.landing.headers)]


def _standing(con, where: str, params: dict) -> list[dict]:
    found = con.execute(
        "select import_id, file_name, imported_at, reading from imports "
        f"where undone_at is null and {where} order by import_id desc",
        params,
    ).fetchall()
    return [
        {"import_id": number, "earlier": name, "day": at.date(), "reading": json.loads(reading)}
        for number, name, at, reading in found
    ]


def _against(con, file: FilePlan, earlier: list[dict], evidence: Evidence, header: str) -> list[Question]:
    """The question against the latest earlier import that was told to read the column in a way its rows now exclude."""
    kind = evidence.reading.kind
    fitting = {_meaning(kind, form) for form, fits in evidence.fits.items() if fits >= FITS * evidence.filled}
    now = _meaning(kind, evidence.reading.form)
    if now is None or evidence.is_unsettled:
        return []
    for entry in earlier:
        then = _told(entry["reading"], header, kind)
        if then and then not in fitting:
            params = {name: entry[name] for name in ("import_id", "earlier", "day")} | {"then": then, "now": now}
            zone = state.rules(con).time_zone
            rivals = {now: evidence.reading}
            return [ask(con, file.landing, "contradiction", rivals, [evidence.reading], zone, params)]
    return []


def _told(reading: dict, header: str, kind: str) -> str | None:
    """How an earlier import was told to read a column; imports that do not say what they were told may have been."""
    if header not in reading.get("answers", (header,)):
        return None
    place = reading["headers"].index(header)
    forms = [each["form"] for each in reading["readings"] if each["place"] == place and each["kind"] == kind]
    return _meaning(kind, forms[0]) if forms else None


def _meaning(kind: str, form: str) -> str | None:
    """dmy, mdy, ymd; point, comma; None where a form can mean one thing only."""
    if kind in DATES:
        return order if (order := dates.order_of(form)) in dates.ORDERS else None
    return numbers.DECIMAL_MARKS.get(form) if kind in NUMBERS else None
