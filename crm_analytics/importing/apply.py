"""Carrying out a plan: one transaction for all its files, balanced to the record and to the cent or rolled back."""

from collections.abc import Iterable
from dataclasses import fields, replace
from decimal import Decimal
from itertools import islice

from crm_analytics import derived
from crm_analytics.database import Database, bump_data_version, quoted
from crm_analytics.errors import Cancelled, ImportRefused
from crm_analytics.importing import attributes, corrections, incoming, replacing, tallies
from crm_analytics.importing.already import already
from crm_analytics.importing.history import record
from crm_analytics.importing.identity import Loaded, load
from crm_analytics.importing.incoming import Incoming
from crm_analytics.importing.landing import source as sources
from crm_analytics.importing.landing.cells import Marks
from crm_analytics.importing.landing.land import Landing
from crm_analytics.importing.landing.records import printable
from crm_analytics.importing.receipt import Receipt
from crm_analytics.importing.shapes import FilePlan, Plan
from crm_analytics.progress import Progress, Stretch, stretch
from crm_analytics.stop import Stop, no_way_back, obeying

LOADED = 0.6  # of the whole; then comes what is derived
AT_ONCE = 10_000  # records set aside or skipped that one statement writes


def apply_plan(
    database: Database, plan: Plan, progress: Progress | None = None, stop: Stop | None = None
) -> list[Receipt]:
    """Import the plan's files, all or none. A file that is here already changes nothing and says so.

    `progress` hears the step (loading, deriving) and how much of the whole is done. After `stop.request()` it raises Cancelled:
    the database is as it was before and the plan's working files are gone. Raises the plan's own refusal or question, and
    ImportRefused E_BALANCE when records or money do not add up; then the plan can be tried again.
    """
    plan.raise_if_not_ready()
    _check_scopes(plan)
    try:
        with obeying(stop):
            receipts = _apply(database, plan, progress)
    except Cancelled:
        _discard(plan)
        raise
    _discard(plan)
    return receipts


def _discard(plan: Plan) -> None:
    for file in plan.files:
        if file.landing:
            sources.discard(file.landing.source)


def _apply(database: Database, plan: Plan, progress: Progress | None) -> list[Receipt]:
    receipts, changed = [], set()
    uploaded = [file.landing.source for file in plan.files if file.landing]
    with sources.keeping(database, uploaded) as keep, database.writing() as con:
        upload = con.execute("select value from meta where name = 'next_import'").fetchone()[0]
        for number, file in enumerate(plan.files):
            told = stretch(
                progress, "loading", number / len(plan.files) * LOADED, (number + 1) / len(plan.files) * LOADED
            )
            if file.not_needed:
                receipts.append(_left_out(file))
                continue
            receipt = _known(con, file) or _import(con, file, upload, told)
            receipts.append(receipt)
            if not receipt.already:
                changed |= {file.table} | ({"customers"} if file.kept else set())
                keep(file.landing.source)
        receipts = _replace(con, plan, receipts)
        if changed:
            told = stretch(progress, "deriving", LOADED, 1.0)
            told(0, 0)
            derived.rebuild(con, changed, since=upload, told=told)
            bump_data_version(con)
        receipts = [_with_tallies(con, file, each) for file, each in zip(plan.files, receipts, strict=True)]
        no_way_back()
    return receipts


def _check_scopes(plan: Plan) -> None:
    """Files of one table come with one scope: what the one replaces the other may hold."""
    scopes: dict[str, str] = {}
    for file in plan.taken:
        if scopes.setdefault(file.table, file.options.scope) != file.options.scope:
            raise ImportRefused("E_SCOPES", file=file.name, table=file.table)


def _replace(con, plan: Plan, receipts: list[Receipt]) -> list[Receipt]:
    """Once all files of a table are in, the rows they replace give way to the first of them."""
    first: dict[str, int] = {}
    for place, (file, receipt) in enumerate(zip(plan.files, receipts, strict=True)):
        if file.is_taken and file.options.scope != "append" and not receipt.already:
            first.setdefault(file.table, place)
    for table, place in first.items():
        receipt = receipts[place]
        gone = replacing.replace(con, table, plan.files[place].options.scope, receipt.import_id)
        con.execute(
            "update imports set replaced = $gone where import_id = $id", {"gone": gone, "id": receipt.import_id}
        )
        receipts[place] = replace(receipt, replaced=gone)
    return receipts


def _left_out(file: FilePlan) -> Receipt:
    counts = {"records": file.records, "skipped": file.records}
    others = {field.name: 0 for field in fields(Receipt) if field.type == "int" or field.type is int}
    amounts = {field.name: None for field in fields(Receipt) if field.name.startswith("amount_")}
    return Receipt(
        **others | amounts | counts | {"import_id": None, "file_name": file.name, "table": None},
        not_needed=file.not_needed,
    )


def _with_tallies(con, file: FilePlan, receipt: Receipt) -> Receipt:
    """The receipt with what only the whole upload can tell: items may come in another of its files."""
    if receipt.table != "orders":
        return receipt
    without_amount, not_counted = tallies.of_import(con, file, receipt.import_id)
    return replace(receipt, without_amount=without_amount, not_counted=not_counted)


def _known(con, file: FilePlan) -> Receipt | None:
    """The receipt of the same bytes imported before, also when that happened after the plan was made."""
    here = already(con, file)
    if here is None:
        return None
    found = con.execute("select * from imports where import_id = $import_id", {"import_id": here["import_id"]})
    kept = dict(zip((column[0] for column in found.description), found.fetchone(), strict=True))
    counts = {field.name: kept[field.name] for field in fields(Receipt) if field.name in kept}
    return Receipt(table=kept["table_name"], already=True, kept_columns=len(file.kept), **counts)


def _import(con, file: FilePlan, upload: int, told: Stretch) -> Receipt:
    import_id = con.execute(
        "update meta set value = value + 1 where name = 'next_import' returning value - 1"
    ).fetchone()[0]
    faulty, way = file.quarantined - len(file.landing.ragged), file.options.way
    told(0, 0.2)
    staged = incoming.stage(con, file.typed, file.landing, import_id, has_faults=bool(faulty))
    amount_aside = _keep_without_place(con, staged, file.landing, import_id)
    _keep_ragged(con, file.landing, import_id)
    told(0.2, 0.5)  # the engine counts the rows it has read, not those it has written
    loaded = load(con, file.typed, staged.rows, import_id, way)
    if way.scope != "append":
        replacing.arrive(con, file.typed, staged.rows, way)
    incoming.clear(con)
    if way.scope == "replace-table":
        attributes.forget(con, file.table, upload)
    attributes.keep(con, file.typed, file.landing, file.kept, import_id)
    corrections.resolve(con, file.landing, file.typed, import_id)
    receipt = _receipt(con, file, import_id, loaded, amount_aside)
    _balance(receipt)
    record(con, file, receipt, upload)
    return receipt


def _keep_without_place(con, staged: Incoming, landing: Landing, import_id: int) -> Decimal:
    """Keep the records that become no row, as text with their reason; returns the amounts of those with a fault."""
    if staged.is_sound:
        return Decimal(0)
    marks = Marks(landing.delimiter)
    for found in incoming.without_place(con, staged):
        _set_aside(
            con,
            ((import_id, line, *fault.split("|", 1), marks.joined(cells)) for line, fault, cells in found if fault),
        )
        _skip(
            con, ((import_id, line, "says_nothing", marks.joined(cells)) for line, fault, cells in found if not fault)
        )
    return incoming.amount_with_faults(con, staged)


def _keep_ragged(con, landing: Landing, import_id: int) -> None:
    _set_aside(con, ((import_id, record.line, None, record.reason, printable(record.raw)) for record in landing.ragged))
    _skip(con, ((import_id, record.line, record.reason, printable(record.raw)) for record in landing.skipped))


def _set_aside(con, rows: Iterable[tuple]) -> None:
    columns = "import_id, source_line, column_name, reason, raw"
    values = "select unnest($a), unnest($b), unnest($c), unnest($d), unnest($e)"
    _insert(con, f"insert into quarantine ({columns}) {values}", rows)


def _skip(con, rows: Iterable[tuple]) -> None:
    _insert(con, "insert into skipped select unnest($a), unnest($b), unnest($c), unnest($d)", rows)


def _insert(con, statement: str, rows: Iterable[tuple]) -> None:
    """Insert rows by column, so many with each statement that their number costs no memory."""
    waiting = iter(rows)
    while some := list(islice(waiting, AT_ONCE)):
        con.execute(statement, dict(zip("abcde", map(list, zip(*some, strict=True)), strict=False)))


def _receipt(con, file: FilePlan, import_id: int, loaded: Loaded, amount_aside: Decimal) -> Receipt:
    counts = (loaded.loaded, loaded.duplicates, file.quarantined, file.skipped)
    notes = (file.rounded, loaded.repeated, file.without_customer)
    amounts = _amounts(con, file, import_id, loaded.amount_duplicates, amount_aside)
    kept = len(file.kept)
    return Receipt(
        import_id,
        file.name,
        file.table,
        file.records,
        *counts,
        *notes,
        *amounts,
        changed=loaded.changed,
        kept_columns=kept,
    )


def _amounts(
    con, file: FilePlan, import_id: int, duplicates: Decimal | None, aside: Decimal
) -> tuple[Decimal | None, ...]:
    """Sums of the loaded, known, set-aside and all records' amounts; None each where the file carries no amount."""
    if "amount" not in file.typed.filled():
        return (None,) * 4
    loaded = con.execute(
        f"select coalesce(sum(amount), 0) from {quoted(file.table)} where import_id = {import_id}"
    ).fetchone()[0]
    return loaded, duplicates, aside, file.amount_file or Decimal(0)


def _balance(receipt: Receipt) -> None:
    """An import that does not balance changes nothing."""
    records = receipt.loaded + receipt.duplicates + receipt.quarantined + receipt.skipped
    amounts = sum(
        amount or 0 for amount in (receipt.amount_loaded, receipt.amount_duplicates, receipt.amount_quarantined)
    )
    if records != receipt.records or amounts != (receipt.amount_file or 0):
        raise ImportRefused(
            "E_BALANCE",
            file=receipt.file_name,
            records=receipt.records,
            found=records,
            amount_file=receipt.amount_file,
            amount_found=amounts,
        )
