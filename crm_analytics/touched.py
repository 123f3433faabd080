"""Whose lines a change may have touched, so that only their days are worked out again.

Lines meet across customers in one way: those of one order are looked at together (see sql/lines.sql). So whoever has an order that a
changed row names, or a number whose person is another one now, is touched, and nobody else.
"""

from crm_analytics.layout import replaced

TABLE = "touched"  # temporary: order_id, customer_id; either may be null
MOST = 3  # of so many customers one: beyond, working all out again is faster
SALES = ("orders", "order_items")


def note_rows(con, since: int) -> None:
    """Note the rows that the imports from number `since` on brought, and those that gave way to them.

    Called before rows leave for good, and again when the new ones are there.
    """
    _open(con)
    for table in SALES:
        customer = "customer_id" if table == "orders" else "null"
        for place, changed in (
            (table, f"import_id >= {since}"),
            (replaced(table), f"greatest(import_id, replaced_by) >= {since}"),
        ):
            con.execute(f"insert into {TABLE} select distinct order_id, {customer} from {place} where {changed}")


def note_persons(con, before: str) -> bool:
    """Note the numbers that count as somebody else now than in the table `before` of aliases; returns whether there are any."""
    _open(con)
    con.execute(
        "create or replace temp table parted as "
        f"(from aliases except from {before}) union all (from {before} except from aliases)"
    )
    con.execute(
        f"insert into {TABLE} select null, unnest([number, counts_as]) from parted union "
        "select order_id, null from orders where customer_id in (select number from parted)"
    )
    found = con.execute("select exists (from parted)").fetchone()[0]
    con.execute("drop table parted")
    return found


def customers(con) -> int:
    """Make the temporary table `touched_customers` of what was noted; returns their number."""
    _open(con)
    con.execute(
        "create or replace temp table touched_customers as with numbers as ("
        f"select customer_id from {TABLE} union select customer_id from orders where order_id in (select order_id from {TABLE})) "
        "select customer_id from numbers where customer_id is not null union "
        "select counts_as from aliases where number in (select customer_id from numbers) and counts_as is not null"
    )
    return con.execute("select count(*) from touched_customers").fetchone()[0]


def forget(con) -> None:
    """Forget what was noted."""
    con.execute(f"drop table if exists {TABLE}; drop table if exists touched_customers")


def _open(con) -> None:
    con.execute(f"create temp table if not exists {TABLE} (order_id varchar, customer_id varchar)")
