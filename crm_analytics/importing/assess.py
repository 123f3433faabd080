"""What one file would become as one table: how its columns are read, what is asked, what would be set aside and why."""

from collections import Counter
from decimal import Decimal

from crm_analytics import state
from crm_analytics.errors import ImportRefused
from crm_analytics.importing import contradiction, corrections, familiar, incoming, parts
from crm_analytics.importing.already import already
from crm_analytics.importing.describe import describe, show_as_it_is
from crm_analytics.importing.difference import compare
from crm_analytics.importing.identity import is_comparable
from crm_analytics.importing.incoming import Incoming
from crm_analytics.importing.reading import cautions, questions
from crm_analytics.importing.reading import evidence as evidences
from crm_analytics.importing.reading.evidence import Evidence
from crm_analytics.importing.reading.forms import Reading
from crm_analytics.importing.reading.judge import MIXED_CURRENCY, judge
from crm_analytics.importing.reading.questions import Question
from crm_analytics.importing.reading.typed import MAY_BE_EMPTY, Typed
from crm_analytics.importing.recognise import Match
from crm_analytics.importing.shapes import Caution, FilePlan
from crm_analytics.schema import TABLES

SHOWN_REJECTS = 50


def assess(con, file: FilePlan, match: Match, only_with: tuple[str, ...] = ()) -> None:
    """Fill the plan of a file for one table; what cannot be taken stands in `file.refused`.

    `only_with`: columns of which a record must fill one to say anything for this table; the others are skipped.
    """
    file.table, file.match = match.table, match
    try:
        file.already_imported = already(con, file)
        found = _weigh(con, file, match)
        readings = tuple(e.reading for e in found if not e.is_left_out)
        file.typed = Typed(match.table, readings, state.rules(con).time_zone, only_with)
        _check_totals(con, file)
        file.kept = _kept(con, file, match)
        describe(con, file, match, found)
        _count(con, file, found)
        _check_control(file)
        _check_scope(file)
    except ImportRefused as refusal:
        file.refused = refusal
        show_as_it_is(con, file)


def _kept(con, file: FilePlan, match: Match) -> tuple[int, ...]:
    """Places of the columns that have no place in any table and are kept by name."""
    if file.typed.only_with or not parts.keeps_columns(con, file.landing, match):
        return ()
    used = {reading.place for reading in file.typed.readings} | file.elsewhere
    return tuple(place for place in range(len(file.landing.headers)) if place not in used)


def _weigh(con, file: FilePlan, match: Match) -> list[Evidence]:
    table, headers, zone = TABLES[match.table], file.landing.headers, state.rules(con).time_zone
    relation = file.landing.relation
    readings = [Reading(column, headers.index(header), table[column].kind) for column, header in match.mapping.items()]
    answers = {reading.place: _answer(file, headers[reading.place], reading.kind) for reading in readings}
    found = evidences.weigh(con, relation, readings, answers=answers, time_zone=zone)
    for evidence in found:
        header = headers[evidence.reading.place]
        judge(con, relation, evidence, zone)
        familiar.settle(con, file, evidence, header, zone)
        corrections.settle(con, file.landing, match.table, evidence)
        _refuse_or_leave_out(file, evidence, header)
        if evidence.problem in questions.CODES:
            code, readings = questions.CODES[evidence.problem], [each.reading for each in found]
            file.questions.append(questions.ask(con, file.landing, code, evidence.rivals, readings, zone))
        elif evidence.answer:
            file.answered[header] = evidence.answer
        file.warnings += cautions.of_column(con, relation, evidence, header, zone)
    file.currencies = tuple(dict.fromkeys(currency for evidence in found for currency in evidence.currencies))
    contradiction.check_currency(con, file)
    file.questions += contradiction.questions(con, file, found)
    return found


def _answer(file: FilePlan, header: str, kind: str) -> str | None:
    """What a person has said of how this file's column is meant; what was said of its source last time waits, see `familiar`."""
    said = questions.answer(file.options, header, kind)
    return None if file.profile and said == familiar.answer(file, header, kind) else said


def _refuse_or_leave_out(file: FilePlan, evidence: Evidence, header: str) -> None:
    """Refuse what cannot be read though it must, say what is left out."""
    if evidence.problem == MIXED_CURRENCY:
        currencies = ", ".join(evidence.currencies)
        raise ImportRefused("E_MIXED_CURRENCY", file=file.name, column=header, currencies=currencies)
    if evidence.is_left_out and _is_needed(file.table, evidence.reading.field):
        fits = {"fits": evidence.filled - evidence.misfits, "filled": evidence.filled}
        column = TABLES[file.table][evidence.reading.field]
        raise ImportRefused("E_NO_FORM", file=file.name, column=header, field=column.name, kind=column.kind, **fits)
    if evidence.is_left_out:
        file.warnings.append(Caution("column_left_out", {"column": header, "field": evidence.reading.field}))


def _is_needed(table: str, field: str) -> bool:
    """Required, or a part of which an amount is worked out."""
    parts = {"quantity", "unit_price", "total"} if table in ("orders", "order_items") else set()
    return TABLES[table][field].required or field in parts


def _check_totals(con, file: FilePlan) -> None:
    """Some shops repeat an order's total on each of its lines; added up it would count several times."""
    read = {reading.field: reading.sql() for reading in file.typed.readings}
    if file.table != "orders" or "amount" in read or "unit_price" in read or not {"total", "order_id"} <= read.keys():
        return
    repeated = con.execute(
        f"select count(*) from (select {read['order_id']} as order_id, {read['customer_id']} as customer_id "
        f"from {file.landing.relation} group by all having count(*) > 1 and count(distinct {read['total']}) = 1)"
    ).fetchone()[0]
    if repeated:
        header = file.landing.headers[next(r.place for r in file.typed.readings if r.field == "total")]
        raise ImportRefused("E_TOTAL_REPEATED", file=file.name, column=header, orders=repeated)


def _count(con, file: FilePlan, found: list[Evidence]) -> None:
    """How many records would load and how many would be set aside and why, and the file's own sum of amounts."""
    landing, is_known = file.landing, _known_without_looking(file, found)
    staged = None
    if is_known is None or is_comparable(con, file.table, file.options.way):
        staged = incoming.stage(con, file.typed, landing, 0, has_faults=is_known is None)
    faults, file.amount_file = is_known or incoming.faults(con, staged)
    faulty, silent = faults.total(), incoming.silent(con, staged) if staged else 0
    file.skipped = len(landing.skipped) + silent
    file.quarantined = len(landing.ragged) + faulty
    if staged:
        _compare(con, file, staged)
    file.loaded = landing.records - silent - faulty - file.duplicates
    file.rounded = evidences.rounded(con, landing.relation, found)
    file.without_customer = sum(
        landing.records - evidence.filled for evidence in found if (file.table, evidence.reading.field) in MAY_BE_EMPTY
    )
    file.reasons = _reasons(file, faults)
    if faulty:
        file.reject_sample = incoming.first_faults(con, staged, landing.headers, SHOWN_REJECTS)
    incoming.clear(con)


def _reasons(file: FilePlan, faults: Counter[str]) -> tuple[tuple[str, str, int], ...]:
    """Why records would be set aside, the most frequent reason first."""
    counted = Counter(("", record.reason) for record in file.landing.ragged)
    counted.update({tuple(fault.split("|", 1)): n for fault, n in faults.items()})
    return tuple((*what, n) for what, n in sorted(counted.items(), key=lambda each: (-each[1], each[0])))


def _compare(con, file: FilePlan, staged: Incoming) -> None:
    """What the file says against what is here; asks where its order numbers are those of other orders."""
    way = file.options.way
    file.difference = compare(con, file.typed, staged.rows, way)
    file.duplicates = file.difference.known
    if file.difference.is_other_source and file.options.conflicts is None:
        header = file.match.mapping["order_id"]
        file.questions.append(Question("conflicts", header, {"n": file.changed}, "--conflicts latest|both"))
    for code in ("beside", "vanished") if way.scope == "append" else ():  # both advise to replace the period
        if count := getattr(file.difference, code):
            file.warnings.append(Caution(code, {"n": count}))


def _check_scope(file: FilePlan) -> None:
    """An empty file replaces nothing."""
    if file.options.scope != "append" and not file.loaded + file.duplicates:
        raise ImportRefused("E_REPLACE_EMPTY", file=file.name, table=file.table)


def _check_control(file: FilePlan) -> None:
    """What the amounts add up to is what a person expects, or nothing is taken."""
    wanted, found = file.options.control_total, file.amount_file
    if wanted is not None and found is None:
        raise ImportRefused("E_NO_CONTROL", file=file.name, table=file.table)
    if wanted is not None and wanted != found:
        raise ImportRefused("E_CONTROL", file=file.name, wanted=wanted, found=found, difference=found - wanted)


def _known_without_looking(file: FilePlan, found: list[Evidence]) -> tuple[Counter[str], Decimal | None] | None:
    """(no faults, the sum of amounts) where the evidence already shows that every record loads: another pass costs seconds."""
    used = {evidence.reading.field: evidence for evidence in found if not evidence.is_left_out}
    table = TABLES[file.table]
    is_full = all(
        used[column.name].filled == file.landing.records
        for column in table.columns
        if column.required and column.name in used and (table.name, column.name) not in MAY_BE_EMPTY
    )
    has_amount = "amount" in {column.name for column in table.columns}
    if any(evidence.misfits for evidence in used.values()) or not is_full or file.typed.only_with:
        return None
    if has_amount and not ("amount" in used and used["amount"].total is not None):
        return None
    return Counter(), used["amount"].total if has_amount else None
