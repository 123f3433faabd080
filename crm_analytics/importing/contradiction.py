"""What earlier imports of the same source say against how a file is read now: dates or decimals turned round, another currency."""

import json
from collections.abc import Iterable

from crm_analytics import state
from crm_analytics.errors import ImportRefused
from crm_analytics.importing.profiles import key
from crm_analytics.importing.reading import dates, numbers
from crm_analytics.importing.reading.evidence import DATES, FITS, NUMBERS, Evidence
from crm_analytics.importing.reading.questions import Offer, Question, ask
from crm_analytics.importing.shapes import FilePlan

WITHIN = "contradiction_within"  # the question about two files of one upload
OTHER_WITHIN = "E_OTHER_CURRENCY_WITHIN"


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
    """Refuse amounts in another currency than those that are here: one company, one currency. What is replaced does not count."""
    is_replaced = file.options.scope == "replace-table"
    held = [
        (each, entry["earlier"])
        for entry in _standing(con, "table_name <> $gone", {"gone": file.table if is_replaced else ""})
        for each in entry["reading"].get("currencies", ())
    ]
    if not (is_replaced and file.table == "orders"):
        codes = con.execute("select distinct upper(currency) from orders where currency <> ''").fetchall()
        held += [(each, "") for (each,) in codes]
    for currency, name in held:
        if not _are_one(file, currency):
            raise ImportRefused("E_OTHER_CURRENCY", held=currency, earlier=name, **_own(file))


def _are_one(file: FilePlan, currency: str) -> bool:
    return not file.currencies or numbers.are_one([*file.currencies, currency])


def _own(file: FilePlan) -> dict[str, str]:
    return {"file": file.name, "currency": ", ".join(file.currencies)}


def among(files: list[FilePlan]) -> None:
    """What the files of one upload say against each other: the same as against earlier imports, judged anew for every plan."""
    for number, file in enumerate(files):
        file.questions = [question for question in file.questions if question.code != WITHIN]
        if file.refused and file.refused.code == OTHER_WITHIN:
            file.refused = None
        if not (file.is_taken and file.typed):
            continue
        others = [other for other in files if other is not file and other.is_taken and other.typed]
        before = [
            (other, each)
            for other in others
            if any(other is each for each in files[:number])
            for each in other.currencies
        ]
        for other, currency in before:
            if not _are_one(file, currency):
                file.refused = ImportRefused(OTHER_WITHIN, held=currency, earlier=other.name, **_own(file))
        file.questions += [question for other in others for question in _against_mate(file, other)]


def _against_mate(file: FilePlan, other: FilePlan) -> list[Question]:
    """Dates that this file's rows prove to be read in another order than a person said of the same column of another file."""
    if not (
        other.is_taken and other.typed and other.table == file.table and _is_same_source(file, other.landing.headers)
    ):
        return []
    open_ones = {question.column for question in file.questions} | file.answered.keys()
    found = []
    for reading in file.typed.readings:
        header = file.landing.headers[reading.place]
        then = other.answered.get(header)
        now = _meaning(reading.kind, reading.form) if reading.kind in DATES else None
        if header not in open_ones and now and then in dates.ORDERS and then != now:
            params = {"earlier": other.name, "then": then, "now": now}
            found.append(Question(WITHIN, header, params, f"--date-order {now}", (Offer(now, 0, 0),)))
    return found


def _earlier(con, file: FilePlan) -> list[dict]:
    """The standing imports of the same table from files with the same headers, latest first."""
    entries = _standing(con, "table_name = $table", {"table": file.table})
    return [entry for entry in entries if _is_same_source(file, entry["reading"].get("headers", ()))]


def _is_same_source(file: FilePlan, headers: Iterable[str]) -> bool:
    return set(map(key, file.landing.headers)) == set(map(key, headers))


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
    if key(header) not in map(key, reading.get("answers", (header,))):
        return None
    place = list(map(key, reading["headers"])).index(key(header))
    forms = [each["form"] for each in reading["readings"] if each["place"] == place and each["kind"] == kind]
    return _meaning(kind, forms[0]) if forms else None


def _meaning(kind: str, form: str) -> str | None:
    """dmy, mdy, ymd; point, comma; None where a form can mean one thing only."""
    if kind in DATES:
        return order if (order := dates.order_of(form)) in dates.ORDERS else None
    return numbers.DECIMAL_MARKS.get(form) if kind in NUMBERS else None
