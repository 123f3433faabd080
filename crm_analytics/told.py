"""What an import would do or did, in the plain words and the plain JSON of the command line."""

from dataclasses import asdict

from crm_analytics.errors import CrmError
from crm_analytics.i18n import translator
from crm_analytics.importing import Caution, FilePlan, Plan, Receipt, outlook

TR = translator("en")
SHOWN = 5  # of the rows that differ
PLANNED = (
    "name",
    "table",
    "records",
    "loaded",
    "duplicates",
    "quarantined",
    "skipped",
    "changed",
    "vanished",
    "replaced",
    "rounded",
    "without_customer",
    "without_amount",
    "not_counted",
    "encoding",
    "delimiter",
    "header_line",
)


def plan_as_rows(plan: Plan) -> list[dict]:
    """One entry per file and table it feeds; files that are left out have no table and say why."""
    said = {"cannot_answer": _sentences("gaps", outlook.gaps(plan))}
    return [
        {name: getattr(file, name) for name in PLANNED}
        | {"mapping": {column.field: column.header for column in file.columns if column.field}}
        | {"kept_columns": [file.landing.headers[place] for place in file.kept] if file.landing else []}
        | {"read_as": file.profile.facts | {"day": file.profile.day.isoformat()} if file.profile else None}
        | {"cautions": _sentences("cautions", file.warnings), "remarks": _sentences("remarks", outlook.remarks(file))}
        | _why_not(file.not_needed)
        | said
        for file in plan.files
    ]


def receipts_as_rows(plan: Plan, receipts: list[Receipt]) -> list[dict]:
    """One entry per receipt; files that are left out have no import and no table and say why."""
    said = {"cannot_answer": _sentences("gaps", outlook.gaps(plan))}
    return [
        {name: value for name, value in asdict(receipt).items() if name != "not_needed"}
        | _why_not(receipt.not_needed)
        | said
        for receipt in receipts
    ]


def plan_in_words(plan: Plan) -> str:
    """What each file would become, and what the data could not answer after it."""
    return "\n".join([*(_planned(file) for file in plan.files), *_unanswered(plan)])


def receipts_in_words(plan: Plan, receipts: list[Receipt]) -> str:
    """The balance of each import, and what the data cannot answer after it."""
    anything = any(receipt.import_id and not receipt.already for receipt in receipts)
    return "\n".join([*map(_receipt, receipts), *(_unanswered(plan) if anything else [])])


def _planned(file: FilePlan) -> str:
    if file.not_needed:
        return str(file.not_needed)
    lines = [
        f"{file.name} would be read as {file.table} ({file.encoding}, delimiter {file.delimiter!r}): "
        f"{file.records:,} records, {file.loaded:,} to load, {file.duplicates:,} here already, "
        f"{file.quarantined:,} to set aside, {file.skipped:,} skipped."
    ]
    if file.profile:
        lines.append("  as {before} was read (import {import_id}, {day})".format(**file.profile.facts))
    lines += [f"  {count:,} {words}" for count, words in _giving_way(file) if count]
    lines += [f"    {', '.join(_said(row))}" for row in file.differences.head(SHOWN).to_dict("records")]
    lines += [f"  {column.header} -> {column.field}" for column in file.columns if column.field]
    if file.kept:
        lines.append(f"  kept by name: {', '.join(file.landing.headers[place] for place in file.kept)}")
    said = [remark for remark in outlook.remarks(file) if remark.code != "kept_columns"]
    notes = _sentences("cautions", file.warnings) + _sentences("remarks", said)
    return "\n".join(lines + [f"  {note}" for note in notes])


def _giving_way(told: FilePlan | Receipt) -> tuple[tuple[int, str], ...]:
    """What becomes of rows that are here already."""
    return (
        (told.changed, "lines are newer versions of lines imported before, whose earlier versions are kept aside"),
        (told.replaced, "rows imported before give way and are kept aside"),
    )


def _said(row: dict) -> list[str]:
    """changed: order_id O1, amount 10 → 12"""
    values = [f"{name} {value}" for name, value in row.items() if name != "what" and isinstance(value, str)]
    return [f"{row['what']}: {values[0]}", *values[1:]]


def _receipt(receipt: Receipt) -> str:
    if receipt.not_needed:
        return str(receipt.not_needed)
    if receipt.already:
        return f"{receipt.file_name} was already imported (import {receipt.import_id}); nothing changed."
    lines = [
        f"{receipt.file_name} -> {receipt.table} (import {receipt.import_id})",
        f"  records {receipt.records:,} = {receipt.loaded:,} loaded + {receipt.duplicates:,} duplicates "
        f"+ {receipt.quarantined:,} quarantined + {receipt.skipped:,} skipped",
    ]
    if receipt.amount_file is not None:
        lines.append(
            f"  amount {receipt.amount_file:,} = {receipt.amount_loaded:,} loaded + {receipt.amount_duplicates:,} duplicates "
            f"+ {receipt.amount_quarantined:,} quarantined"
        )
    notes = (
        *_giving_way(receipt),
        (receipt.without_customer, "lines without a customer, kept: they count for the company and for nobody"),
        (receipt.repeated, "lines repeat an earlier line of the file; all are kept"),
        (receipt.rounded, "lines had amounts with more than four decimals, rounded half up"),
    )
    lines += [f"  {count:,} {words}" for count, words in notes if count]
    return "\n".join(lines + [f"  {note}" for note in _sentences("remarks", outlook.remarks(receipt))])


def _unanswered(plan: Plan) -> list[str]:
    found = _sentences("gaps", outlook.gaps(plan))
    return ["What the data cannot answer yet:", *(f"  {sentence}" for sentence in found)] if found else []


def _why_not(reason: CrmError | None) -> dict:
    """The reason for which a file is left out, as a code and as a sentence."""
    code = reason.code.removeprefix("E_NOT_NEEDED_").lower() if reason else None
    return {"not_needed": code, "why": str(reason) if reason else None}


def _sentences(section: str, found: list[Caution]) -> list[str]:
    numbered = [
        {key: f"{value:,}" if isinstance(value, int) else value for key, value in each.params.items()} for each in found
    ]
    return [TR(f"{section}.{each.code}", **params) for each, params in zip(found, numbered, strict=True)]
