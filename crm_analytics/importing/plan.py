"""What an import would do, before it does anything: what each file is, how each column is read, what would be set aside and why."""

from decimal import Decimal
from pathlib import Path

from crm_analytics import state
from crm_analytics.database import Database
from crm_analytics.errors import ImportRefused
from crm_analytics.importing import evidence as evidences
from crm_analytics.importing import identity, recognise
from crm_analytics.importing.describe import describe, show_as_it_is
from crm_analytics.importing.evidence import Evidence
from crm_analytics.importing.forms import DATE_FORMS, Reading
from crm_analytics.importing.landing import Landing, land
from crm_analytics.importing.shapes import Caution, FilePlan, Options, Plan, Progress, Question
from crm_analytics.importing.typed import MAY_BE_EMPTY, Typed
from crm_analytics.schema import TABLES

ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".gz")
COMPARED = 1_000_000  # records up to which a plan counts those that are here already; beyond, the import does
SHOWN_REJECTS = 50


def expand(paths: list[Path]) -> list[Path]:
    """Folders become the exports in them, in order of their names."""
    found: list[Path] = []
    for path in map(Path, paths):
        inside = sorted(item for item in path.iterdir() if item.suffix.lower() in ENDINGS) if path.is_dir() else [path]
        if not inside:
            raise ImportRefused("E_EMPTY_FOLDER", folder=path.name, endings=", ".join(ENDINGS))
        found += inside
    return found


def plan_import(
    database: Database,
    paths: list[Path],
    options: Options | dict[Path, Options] | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Read the files and say what importing them would do. Changes nothing; a refusal stands in its FilePlan."""
    landed: list[FilePlan] = []
    files = expand(paths)
    for number, path in enumerate(files):
        if progress:
            progress("reading", number / len(files))
        landed += _landed(
            database, path, options.get(path, Options()) if isinstance(options, dict) else options or Options()
        )
    has_items = _has_items(database, landed)
    for number, file in enumerate(landed):
        if progress:
            progress("checking", number / len(landed))
        _decide(database, file, has_items)
    return Plan(landed)


def replan(database: Database, file: FilePlan, options: Options, *, has_items: bool = False) -> FilePlan:
    """The plan of a file already read, under other decisions; `has_items`: another file of the upload brings order items."""
    if file.landing is None or (options.delimiter, options.encoding) != (file.options.delimiter, file.options.encoding):
        file = _landed(database, file.path, options)[0]
    fresh = _about(file.landing, file.path, options) if file.landing else file
    _decide(database, fresh, has_items or _has_items(database, []))
    return fresh


def _landed(database: Database, path: Path, options: Options) -> list[FilePlan]:
    try:
        landings = land(database, path, delimiter=options.delimiter, encoding=options.encoding)
    except ImportRefused as refusal:
        return [FilePlan(path, path.name, options=options, refused=refusal)]
    return [_about(landing, path, options) for landing in landings]


def _about(landing: Landing, path: Path, options: Options) -> FilePlan:
    source = landing.source
    return FilePlan(
        path,
        landing.name,
        source.size,
        source.sha256,
        source.encoding,
        landing.delimiter,
        landing.header_line,
        options=options,
        landing=landing,
        records=landing.physical,
        skipped=len(landing.skipped),
        quarantined=len(landing.ragged),
        warnings=[] if source.is_encoding_sure else [Caution("encoding_unsure", {"encoding": source.encoding})],
    )


def _has_items(database: Database, files: list[FilePlan]) -> bool:
    """Whether amounts of orders may come from order items: in this upload or imported before."""
    con = database.cursor()
    if con.execute("select count(*) from order_items").fetchone()[0]:
        return True
    tables = [file.options.table or _likely_table(file) for file in files if file.landing]
    return "order_items" in tables


def _likely_table(file: FilePlan) -> str | None:
    try:
        return recognise.recognise(file.name, file.landing.headers).table
    except ImportRefused:
        return None


def _decide(database: Database, file: FilePlan, has_items: bool) -> None:
    if file.refused or file.landing is None:
        return
    con = database.cursor()
    try:
        match = _match(file, has_items)
        file.table = match.table
        file.already_imported = _already(con, file)
        found = _weigh(con, file, match)
        file.typed = Typed(
            match.table, tuple(e.reading for e in found if not e.is_left_out), state.rules(con).time_zone
        )
        _check_totals(con, file)
        describe(con, file, match, found)
        _count(con, file, found)
    except ImportRefused as refusal:
        file.refused = refusal
        show_as_it_is(con, file)
    finally:
        con.close()


def _match(file: FilePlan, has_items: bool) -> recognise.Match:
    options, headers = file.options, file.landing.headers
    if options.table is None and not options.mapping:
        return recognise.recognise(file.name, headers, has_items=has_items)
    table = options.table or recognise.recognise(file.name, headers, has_items=has_items).table
    if table not in TABLES:
        raise ImportRefused("E_TABLE", table=table, known=", ".join(TABLES))
    recognise.check(table, headers, options.mapping)
    match = recognise.match(table, headers, options.mapping, has_items=has_items)
    if match.lacking:
        raise ImportRefused(
            "E_LACKING", file=file.name, table=table, lacking=", ".join(match.lacking), headers=", ".join(headers[:12])
        )
    return match


def _already(con, file: FilePlan) -> dict | None:
    row = con.execute(
        "select import_id, imported_at, file_name from imports "
        "where sha256 = $sha256 and table_name = $table and sheet is not distinct from $sheet and undone_at is null",
        {"sha256": file.sha256, "table": file.table, "sheet": file.landing.sheet},
    ).fetchone()
    return dict(zip(("import_id", "imported_at", "file_name"), row, strict=True)) if row else None


def _weigh(con, file: FilePlan, match: recognise.Match) -> list[Evidence]:
    table, headers = TABLES[match.table], file.landing.headers
    readings = [Reading(column, headers.index(header), table[column].kind) for column, header in match.mapping.items()]
    found = evidences.weigh(
        con, file.landing.relation, readings, date_order=file.options.date_order, time_zone=state.rules(con).time_zone
    )
    for evidence in found:
        evidences.judge(con, file.landing.relation, evidence)
        _ask(file, evidence, headers[evidence.reading.place])
        if evidence.reading.has_guards:
            file.warnings.append(Caution("guards_removed", {"column": headers[evidence.reading.place]}))
    return found


def _ask(file: FilePlan, evidence: Evidence, header: str) -> None:
    """Ask what the rows leave open, refuse what cannot be read though it must, say what is left out."""
    problem, has_answer = evidence.problem, file.options.date_order is not None
    if problem == "ambiguous_dates" and not has_answer:
        file.questions.append(Question("date_order", header, {"readings": "dmy, mdy"}, "--date-order dmy|mdy"))
    elif problem == "half_swapped" and not has_answer:
        order = DATE_FORMS[evidence.reading.form]
        file.questions.append(Question("half_swapped", header, {"order": order}, f"--date-order {order}"))
    elif problem == "mixed_currency":
        currencies = ", ".join(evidence.currencies)
        raise ImportRefused("E_MIXED_CURRENCY", file=file.name, column=header, currencies=currencies)
    elif evidence.is_left_out and _is_needed(file.table, evidence.reading.field):
        fits = {"fits": evidence.filled - evidence.misfits, "filled": evidence.filled}
        column = TABLES[file.table][evidence.reading.field]
        raise ImportRefused("E_NO_FORM", file=file.name, column=header, field=column.name, kind=column.kind, **fits)
    elif evidence.is_left_out:
        file.warnings.append(Caution("column_left_out", {"column": header, "field": evidence.reading.field}))


def _is_needed(table: str, field: str) -> bool:
    """Required, or a part of which an amount is worked out."""
    parts = {"quantity", "unit_price", "total"} if table in ("orders", "order_items") else set()
    return TABLES[table][field].required or field in parts


def _check_totals(con, file: FilePlan) -> None:
    """Some shops repeat an order's total on each of its lines; added up it would count several times."""
    read = {reading.field: reading.sql() for reading in file.typed.readings}
    if file.table != "orders" or "amount" in read or "total" not in read or "unit_price" in read:
        return
    repeated = con.execute(
        f"select count(*) from (select {read['order_id']} as order_id, {read['customer_id']} as customer_id "
        f"from {file.landing.relation} group by all having count(*) > 1 and count(distinct {read['total']}) = 1)"
    ).fetchone()[0]
    if repeated:
        header = file.landing.headers[next(r.place for r in file.typed.readings if r.field == "total")]
        raise ImportRefused("E_TOTAL_REPEATED", file=file.name, column=header, orders=repeated)


def _count(con, file: FilePlan, found: list[Evidence]) -> None:
    """How many records would load and how many would be set aside, and the file's own sum of amounts."""
    landing, fault = file.landing, file.typed.fault()
    faulty, file.amount_file = (
        _known_without_looking(file, found)
        or con.execute(
            f"select count({fault}), sum({file.typed.values().get('amount', 'null')}) from {landing.relation}"
        ).fetchone()
    )
    file.quarantined = len(landing.ragged) + faulty
    file.duplicates = (
        identity.known(con, file.typed, landing.relation, has_faults=bool(faulty)) if landing.records <= COMPARED else 0
    )
    file.loaded = landing.records - faulty - file.duplicates
    file.rounded = evidences.rounded(con, landing.relation, found)
    file.without_customer = sum(
        landing.records - evidence.filled for evidence in found if (file.table, evidence.reading.field) in MAY_BE_EMPTY
    )
    if faulty:
        file.reject_sample = con.execute(
            "select source_line, split_part(fault, '|', 1) as column_name, split_part(fault, '|', 2) as reason, "
            f"* exclude (source_line, fault) from (select *, {fault} as fault from {landing.relation}) "
            f"where fault is not null order by source_line limit {SHOWN_REJECTS}"
        ).df()


def _known_without_looking(file: FilePlan, found: list[Evidence]) -> tuple[int, Decimal | None] | None:
    """(0, sum) where the evidence already shows that every record loads; a second pass over a large file costs seconds."""
    used = {evidence.reading.field: evidence for evidence in found if not evidence.is_left_out}
    table = TABLES[file.table]
    is_full = all(
        used[column.name].filled == file.landing.records
        for column in table.columns
        if column.required and column.name in used and (table.name, column.name) not in MAY_BE_EMPTY
    )
    has_amount = "amount" in {column.name for column in table.columns}
    if any(evidence.misfits for evidence in used.values()) or not is_full:
        return None
    if has_amount and not ("amount" in used and used["amount"].total is not None):
        return None
    return 0, used["amount"].total if has_amount else None
