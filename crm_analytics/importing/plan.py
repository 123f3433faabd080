"""What an import would do, before it does anything: what each file is, how each column is read, what would be set aside and why."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pandas as pd

from crm_analytics import state
from crm_analytics.database import Database, quoted
from crm_analytics.errors import CrmError, ImportRefused, QuestionOpen
from crm_analytics.importing import evidence as evidences
from crm_analytics.importing import identity, recognise
from crm_analytics.importing.evidence import Evidence
from crm_analytics.importing.forms import DATE_FORMS, Reading
from crm_analytics.importing.landing import Landing, land
from crm_analytics.importing.typed import MAY_BE_EMPTY, Typed
from crm_analytics.schema import TABLES

SCOPES = ("append", "replace-period", "replace-table")
ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".gz")
SHOWN_ROWS = 5
LOOKED_AT = 200  # rows from which examples are taken
COMPARED = 1_000_000  # records up to which a plan counts those that are here already; beyond, the import does
SHOWN_REJECTS = 50
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Options:
    """What a person has decided about a file: its table, headers for columns ('' = leave out), the order in dates, the scope."""

    table: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    date_order: str | None = None
    scope: str = "append"
    delimiter: str | None = None
    encoding: str | None = None


@dataclass(frozen=True)
class ColumnPlan:
    """One column of the file: its first values, how full it is, what it becomes and how it is read."""

    header: str
    examples: list[str]
    filled: float
    field: str | None
    reading: str
    state: str  # certain | check | unused | ask


@dataclass(frozen=True)
class Question:
    """Something only a person can know; `flag` is the option of the command line that answers it."""

    code: str
    column: str
    params: dict
    flag: str


@dataclass(frozen=True)
class Caution:
    """Something worth knowing that stops nothing."""

    code: str
    params: dict


@dataclass
class FilePlan:
    """What would happen to one file, or to one sheet of a workbook."""

    path: Path
    name: str
    size: int = 0
    sha256: str = ""
    encoding: str = ""
    delimiter: str = ""
    header_line: int = 0
    table: str | None = None
    options: Options = field(default_factory=Options)
    columns: list[ColumnPlan] = field(default_factory=list)
    records: int = 0
    loaded: int = 0
    duplicates: int = 0
    quarantined: int = 0
    skipped: int = 0
    rounded: int = 0
    without_customer: int = 0
    questions: list[Question] = field(default_factory=list)
    warnings: list[Caution] = field(default_factory=list)
    already_imported: dict | None = None
    refused: CrmError | None = None
    preview_before: pd.DataFrame = field(default_factory=pd.DataFrame)
    preview_after: pd.DataFrame = field(default_factory=pd.DataFrame)
    reject_sample: pd.DataFrame = field(default_factory=pd.DataFrame)
    landing: Landing | None = None
    typed: Typed | None = None
    amount_file: Decimal | None = None

    @property
    def is_ready(self) -> bool:
        """Whether an import may start: nothing refused, nothing asked, not here already."""
        return self.refused is None and not self.questions and self.already_imported is None


@dataclass
class Plan:
    """One upload: its files are imported together or not at all."""

    files: list[FilePlan]

    @property
    def is_ready(self) -> bool:
        return all(file.is_ready or file.already_imported for file in self.files)

    def raise_if_not_ready(self) -> None:
        """Raise the first refusal, or the first open question as a sentence that names its flag."""
        for file in self.files:
            if file.refused:
                raise file.refused
            for question in file.questions:
                raise QuestionOpen(
                    "E_ASK_" + question.code.upper(),
                    file=file.name,
                    column=question.column,
                    flag=question.flag,
                    **question.params,
                )


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
            match.table, tuple(e.reading for e in found if not _is_left_out(e)), state.rules(con).time_zone
        )
        _describe(con, file, match, found)
        _count(con, file, found)
    except ImportRefused as refusal:
        file.refused = refusal
        _show_as_it_is(con, file)
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


def _is_left_out(evidence: Evidence) -> bool:
    """An optional column that is not what its header says stays in the file, unused; a required one is asked about."""
    return evidence.problem in ("no_date_form", "no_number_form")


def _ask(file: FilePlan, evidence: Evidence, header: str) -> None:
    column = TABLES[file.table][evidence.reading.field]
    is_needed = (
        column.required
        or column.name in ("quantity", "unit_price", "total")
        and file.table in ("orders", "order_items")
    )
    if evidence.problem == "ambiguous_dates" and file.options.date_order is None:
        file.questions.append(Question("date_order", header, {"readings": "dmy, mdy"}, "--date-order dmy|mdy"))
    elif evidence.problem == "half_swapped" and file.options.date_order is None:
        order = DATE_FORMS[evidence.reading.form]
        file.questions.append(Question("half_swapped", header, {"order": order}, f"--date-order {order}"))
    elif evidence.problem == "mixed_currency":
        raise ImportRefused(
            "E_MIXED_CURRENCY", file=file.name, column=header, currencies=", ".join(evidence.currencies)
        )
    elif evidence.problem in ("no_date_form", "no_number_form"):
        if is_needed:
            raise ImportRefused(
                "E_NO_FORM",
                file=file.name,
                column=header,
                field=column.name,
                kind=column.kind,
                fits=evidence.filled - evidence.misfits,
                filled=evidence.filled,
            )
        file.warnings.append(Caution("column_left_out", {"column": header, "field": column.name}))


def _show_as_it_is(con, file: FilePlan) -> None:
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


def _describe(con, file: FilePlan, match: recognise.Match, found: list[Evidence]) -> None:
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
                _state(file, header, evidence),
            )
        )
    file.preview_before = sample.head(SHOWN_ROWS).set_axis(headers, axis=1)
    columns = ", ".join(quoted(column) for column in match.mapping if TABLES[file.table][column].stored) + _worked_out(
        file, match
    )
    file.preview_after = con.execute(
        f"select {columns} from ({file.typed.rows('sample', '0')}) limit {SHOWN_ROWS}"
    ).df()


def _worked_out(file: FilePlan, match: recognise.Match) -> str:
    """Columns that the file lacks and its parts give."""
    return "".join(
        f", {name}" for name in ("amount", "cost") if name in file.typed.filled() and name not in match.mapping
    )


def _reading(evidence: Evidence | None) -> str:
    if evidence is None:
        return ""
    reading = evidence.reading
    order = DATE_FORMS.get(reading.form) if reading.kind in ("timestamp", "day") else None
    return f"{reading.kind}, {reading.form}" if order or reading.form not in ("as it is", "plain") else reading.kind


def _state(file: FilePlan, header: str, evidence: Evidence | None) -> str:
    if evidence is None:
        return "unused"
    if any(question.column == header for question in file.questions):
        return "ask"
    if _is_left_out(evidence):
        return "unused"
    return (
        "certain"
        if recognise.is_certain(file.table, evidence.reading.field, header) and not evidence.misfits
        else "check"
    )


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
    used = {evidence.reading.field: evidence for evidence in found if not _is_left_out(evidence)}
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
