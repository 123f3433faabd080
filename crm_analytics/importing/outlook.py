"""What an upload brings, and what the company's data still cannot answer after it: codes with their facts, worded by the reader."""

from crm_analytics.importing.receipt import Receipt
from crm_analytics.importing.shapes import Caution, FilePlan, Plan
from crm_analytics.schema import ONE_ROW, TABLES, folded

SHOWN_COLUMNS = 6
DATED = ("orders", "interactions", "points")  # tables that say when customers did something


def brings(plan: Plan) -> list[str]:
    """The tables that the upload has rows for."""
    taken = {file.table for file in plan.taken}
    return [name for name in TABLES if name in taken]


def gaps(plan: Plan) -> list[Caution]:
    """What stays without an answer and which export it wants; nothing for an upload of which no file is taken."""
    if not plan.taken:
        return []
    after = plan.held | set(brings(plan))
    listing = [file for file in plan.taken if file.kept or file.typed and file.typed.only_with]
    found = []
    if listing and not after & set(DATED):
        found.append(Caution("one_row_per_customer", {}))
    if not {"orders"} & after:
        found.append(Caution("no_orders", {}))
        if totals := _totals(plan.taken):
            found.append(Caution("totals_are_no_orders", {"columns": ", ".join(totals)}))
    if any(_is_undated(file) for file in plan.taken):
        found.append(Caution("undated_answers", {}))
    if not _knows_costs(plan, after):
        found.append(Caution("no_cost", {}))
    if "surveys" not in after:
        found.append(Caution("no_surveys", {}))
    if not {"complaints", "complaint_events"} & after:
        found.append(Caution("no_complaints", {}))
    return found


def remarks(told: FilePlan | Receipt) -> list[Caution]:
    """What a plan would keep or a receipt has kept and yet needs a word: orders that bring nothing, columns kept by name."""
    counted = {
        "without_amount": told.without_amount,
        "not_counted": told.not_counted,
        "kept_columns": told.kept_columns,
    }
    return [Caution(name, {"n": count}) for name, count in counted.items() if count]


def _totals(files: list[FilePlan]) -> list[str]:
    """Columns that add up what a customer did, of those kept by name."""
    headers = dict.fromkeys(file.landing.headers[place] for file in files for place in file.kept)
    totals = [header for header in headers if any(word in folded(header) for word in ONE_ROW["totals"])]
    return totals[:SHOWN_COLUMNS] + (["…"] if len(totals) > SHOWN_COLUMNS else [])


def _is_undated(file: FilePlan) -> bool:
    return file.table == "surveys" and file.typed is not None and "answered_at" not in file.typed.filled()


def _knows_costs(plan: Plan, after: set[str]) -> bool:
    """Whether a margin can be worked out, or sales are missing altogether; what is here already is not looked into."""
    sales = {"orders", "order_items"}
    if plan.held & (sales | {"products"}) or not after & sales:
        return True
    costs = ("cost", "unit_cost")
    return any(set(costs) & set(file.typed.filled()) for file in plan.taken if file.table in sales | {"products"})
