"""What an import would do, before it does anything: what each file is, how each column is read, what would be set aside and why."""

from pathlib import Path

from crm_analytics.database import Database, quoted
from crm_analytics.errors import ImportRefused
from crm_analytics.faults import told
from crm_analytics.importing import contradiction, corrections, familiar, parts, recognise, tallies, unneeded
from crm_analytics.importing.assess import assess
from crm_analytics.importing.describe import show_as_it_is
from crm_analytics.importing.landing.land import Landing
from crm_analytics.importing.landing.source import discard, expand, or_discarded
from crm_analytics.importing.reading.numbers import any_number
from crm_analytics.importing.recognise import Match
from crm_analytics.importing.shapes import Caution, FilePlan, Options, Plan
from crm_analytics.progress import Progress, stretch
from crm_analytics.schema import TABLES
from crm_analytics.stop import Stop, obeying


def plan_import(
    database: Database,
    paths: list[Path],
    options: Options | dict[Path, Options] | None = None,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> Plan:
    """Read the files and say what importing them would do. Changes nothing; a refusal stands in its FilePlan.

    `progress` hears the step (reading, checking) and how much of it is done. Raises Cancelled after `stop.request()`; working
    files are gone then.
    """
    landed: list[FilePlan] = []
    with told(database.path), obeying(stop), or_discarded():
        files = expand(paths)
        for number, path in enumerate(files):
            stretch(progress, "reading", number / len(files), 1)(0, 0)
            landed += _landed(
                database, path, options.get(path, Options()) if isinstance(options, dict) else options or Options()
            )
        has_items, planned = _has_items(database, landed), []
        for number, file in enumerate(landed):
            stretch(progress, "checking", number / len(landed), (number + 1) / len(landed))(0, 0.5)
            planned += _decide(database, file, has_items)
        return _as_plan(database, planned)


def replan(database: Database, plan: Plan, file: FilePlan, options: Options, stop: Stop | None = None) -> Plan:
    """The plan with one of its files read again under other decisions.

    Other columns for one table of a file that feeds several leave its other tables as they are; any other decision is about
    the file as a whole. Raises Cancelled after `stop.request()`; the plan is as it was then.
    """
    with told(database.path), obeying(stop), or_discarded():
        fresh = _replan(database, plan, file, options)
    used = {each.landing.source.raw for each in fresh.files if each.landing}
    for old in plan.files:
        if old.landing and old.landing.source.raw not in used:
            discard(old.landing.source)
    return fresh


def _replan(database: Database, plan: Plan, file: FilePlan, options: Options) -> Plan:
    mates = [other for other in plan.files if other is file or (file.landing and other.landing is file.landing)]
    if len(mates) > 1 and options.table == file.table:
        fresh = _with_part(database, mates, file, options)
    else:
        others = [other for other in plan.files if other not in mates]
        if file.landing is None or _cut(options) != _cut(file.options):
            file = _landed(database, file.path, options)[0]
        again = _about(file.landing, file.path, options) if file.landing else file
        fresh = _decide(database, again, _has_items(database, others))
    place = next(number for number, other in enumerate(plan.files) if other is mates[0])
    files = [other for other in plan.files if all(other is not mate for mate in mates)]
    return _as_plan(database, [*files[:place], *fresh, *files[place:]])


def _with_part(database: Database, mates: list[FilePlan], file: FilePlan, options: Options) -> list[FilePlan]:
    """The plans of one file's tables, one of them with other columns; the first keeps what the others do not use."""
    con = database.cursor()
    fresh = [_about(mate.landing, mate.path, options if mate is file else mate.options) for mate in mates]
    for mate, again in zip(mates, fresh, strict=True):
        again.profile = mate.profile
    try:
        for mate, again in list(zip(mates, fresh, strict=True))[::-1]:
            again.elsewhere = _used(fresh[1:]) if mate is mates[0] else _all_places(again)
            match = _match(con, again, has_items=False) if mate is file else mate.match
            assess(con, again, match, mate.typed.only_with if mate.typed else ())
    except ImportRefused as refusal:
        again.refused = refusal
        show_as_it_is(con, again)
    finally:
        con.close()
    return fresh


def _as_plan(database: Database, files: list[FilePlan]) -> Plan:
    con = database.cursor()
    try:
        contradiction.among(files)
        tallies.of_plans(con, files)
        held = [name for name in TABLES if con.execute(f"select exists (from {quoted(name)})").fetchone()[0]]
        return Plan(files, frozenset(held))
    finally:
        con.close()


def _landed(database: Database, path: Path, options: Options) -> list[FilePlan]:
    try:
        landings, options = familiar.land_as_before(database, path, options)
    except ImportRefused as refusal:
        return [FilePlan(path, path.name, options=options, refused=refusal)]
    con = database.cursor()
    for landing in landings:
        landing.cautions += corrections.say(con, landing)
    return [_about(landing, path, options) for landing in landings]


def _cut(options: Options) -> tuple:
    """The decisions that cut a text into other cells."""
    return options.delimiter, options.encoding, options.short_rows


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
        warnings=_cautions(landing),
    )


def _cautions(landing: Landing) -> list[Caution]:
    source = landing.source
    unsure = [] if source.is_encoding_sure else [Caution("encoding_unsure", {"encoding": source.encoding})]
    return [*unsure, *landing.cautions]


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


def _decide(database: Database, file: FilePlan, has_items: bool) -> list[FilePlan]:
    """The plans of one file, one for each table that it feeds."""
    if file.refused or file.landing is None:
        return [file]
    con = database.cursor()
    try:
        familiar.recall(con, file)
        (base, only_with), *fed = familiar.matches(file, has_items) if file.profile else _matches(con, file, has_items)
        further = [_about(file.landing, file.path, file.options) for _ in fed]
        for part, (each, some) in zip(further, fed, strict=True):
            part.elsewhere, part.profile = _all_places(part), file.profile
            assess(con, part, each, some)
        further = [part for part in further if not part.refused]  # what cannot be read so is kept by its name
        file.elsewhere = _used(further)
        assess(con, file, base, only_with)
        return [file, *further]
    except ImportRefused as refusal:
        is_known = file.options.table or file.profile
        file.not_needed = None if is_known else unneeded.why(file.name, file.landing.headers)
        file.refused = None if file.not_needed else refusal
        file.skipped = file.records if file.not_needed else file.skipped
        show_as_it_is(con, file)
        return [file]
    finally:
        con.close()


def _matches(con, file: FilePlan, has_items: bool) -> list[tuple[Match, tuple[str, ...]]]:
    """What a file of a new source is, table by table, with the columns of which a record must fill one."""
    familiar.check_kind(file)
    match = _match(con, file, has_items)
    is_told = file.options.table is not None or file.options.mapping
    if not is_told and match.table == "order_items" and unneeded.is_payments(file.landing.headers):
        raise ImportRefused("E_UNTOLD", file=file.name, nearest=match.table, lacking="", headers="")
    base, *fed = [match] if is_told else parts.split(con, file.landing, match)
    return [(base, parts.only_with(con, file.landing, base)), *((each, parts.FEEDS[each.table]) for each in fed)]


def _all_places(file: FilePlan) -> frozenset[int]:
    """What a further table of a file has no use for, its customers keep."""
    return frozenset(range(len(file.landing.headers)))


def _used(files: list[FilePlan]) -> frozenset[int]:
    """Places of the columns that these plans use, the customer's own number apart."""
    return frozenset(
        reading.place
        for file in files
        if file.typed and not file.refused
        for reading in file.typed.readings
        if reading.field != "customer_id"
    )


def _match(con, file: FilePlan, has_items: bool) -> Match:
    options, headers = file.options, file.landing.headers
    if options.table is None and not options.mapping:
        found = recognise.recognise(file.name, headers, has_items=has_items)
        return parts.as_event_log(con, file.landing, found)
    table = options.table or recognise.recognise(file.name, headers, has_items=has_items).table
    if table not in TABLES:
        raise ImportRefused("E_TABLE", table=table, known=", ".join(TABLES))
    recognise.check(table, headers, options.mapping)
    match = recognise.match(table, headers, options.mapping, has_items=has_items)
    if match.lacking and not _may_lack(con, file, match):
        raise ImportRefused(
            "E_LACKING_AMOUNT" if (table, match.lacking) == ("orders", ("amount",)) else "E_LACKING",
            file=file.name,
            table=table,
            lacking=", ".join(match.lacking),
            headers=", ".join(headers[:12]),
        )
    if table == "orders" and not has_items and recognise.lacks_amount(match):
        file.warnings.append(Caution("orders_without_amount", {}))
    return match


def _may_lack(con, file: FilePlan, match: Match) -> bool:
    """Orders that a person names as such may lack the amount when no column left holds numbers: their items bring it."""
    if (match.table, match.lacking) != ("orders", ("amount",)):
        return False
    taken = set(match.mapping.values())
    left = [f"c{place}" for place, header in enumerate(file.landing.headers) if header not in taken]
    numbers = [f"count(nullif(trim({cell}), '')) = count({any_number(cell)})" for cell in left]
    filled = [f"count(nullif(trim({cell}), '')) > 0" for cell in left]
    asked = " or ".join(f"({number} and {some})" for number, some in zip(numbers, filled, strict=True)) or "false"
    return not con.execute(f"select {asked} from {file.landing.relation}").fetchone()[0]
