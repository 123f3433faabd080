"""Orders that count for less than they seem: no amount known of them, or a status that says they are none."""

from crm_analytics.importing.shapes import FilePlan

COMPARED = 1_000_000  # records up to which a plan counts; beyond, the import does
PRICED = "select order_id from order_items where amount is not null"
EXCLUDED = "lower(trim({status})) in (select lower(trim(status)) from excluded_statuses)"


def of_plans(con, files: list[FilePlan]) -> None:
    """Count, for each orders file of an upload, the orders without amount or item and those with an excluded status."""
    items = " union all ".join([PRICED, *(_priced(file) for file in files if _brings(file, "order_items"))])
    for file in files:
        if not _brings(file, "orders"):
            continue
        values, filled = file.typed.values(), file.typed.filled()
        if "amount" not in filled:
            file.without_amount = con.execute(
                f"select count(distinct order_id) from (select {values['order_id']} as order_id from {file.landing.relation}) "
                f"where order_id not in ({items})"
            ).fetchone()[0]
        if "status" in filled and file.landing.records <= COMPARED:
            file.not_counted = con.execute(
                f"select count(distinct {values['order_id']}) from {file.landing.relation} "
                f"where {EXCLUDED.format(status=values['status'])}"
            ).fetchone()[0]


def of_import(con, file: FilePlan, import_id: int) -> tuple[int, int]:
    """(orders without amount or item, orders with an excluded status) of one import of orders, as the data stands now."""
    filled = file.typed.filled()
    unpriced = "false" if "amount" in filled else f"amount is null and order_id not in ({PRICED})"
    excluded = EXCLUDED.format(status="status") if "status" in filled else "false"
    if unpriced == excluded == "false":
        return 0, 0  # a look at every order costs seconds
    return con.execute(
        f"select count(distinct order_id) filter (where {unpriced}), count(distinct order_id) filter (where {excluded}) "
        "from orders where import_id = $id",
        {"id": import_id},
    ).fetchone()


def _brings(file: FilePlan, table: str) -> bool:
    return file.is_taken and file.table == table and file.typed is not None


def _priced(file: FilePlan) -> str:
    """The order ids of an items file that is about to be imported."""
    values = file.typed.values()
    return f"select {values['order_id']} from {file.landing.relation} where {values['amount']} is not null and {file.typed.fault()} is null"
