"""The tables we derive from the accepted ones: sql/*.sql, run in a fixed order inside the transaction of the change."""

from functools import cache
from pathlib import Path

import duckdb

from crm_analytics import touched
from crm_analytics.progress import Stretch, stretch

FOLDER = Path(__file__).parent / "sql"
ORDER = (
    "aliases",
    "attributes",
    "goods",
    "lines",
    "customer_days",
    "unidentified_days",
    "company_days",
    "answers",
    "cases",
    "customer_profile",
    "known_as",
)
DEPENDS_ON = {  # derived table -> the accepted tables whose change makes it stale; the rules make all of them stale
    "aliases": {"customers", "decisions"},
    "known_as": set(),
    "attributes": set(),
    "goods": {"products", "orders", "order_items"},
    "lines": set(),
    "customer_days": {"orders", "order_items", "products", "aliases"},
    "unidentified_days": {"orders", "order_items", "products", "aliases"},
    "company_days": {"orders", "order_items", "products", "aliases"},
    "answers": {"surveys", "orders", "aliases"},
    "cases": {"complaints", "complaint_events", "aliases"},
    "customer_profile": {"customers", "orders", "members", "aliases"},
}

# The part that a statement of customer_days takes of deriving; dropping takes none.
STRETCHES = {duckdb.StatementType.CREATE: (0.1, 0.2), duckdb.StatementType.INSERT: (0.2, 0.9)}


@cache
def sql(name: str) -> str:
    """The text of sql/<name>.sql."""
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def rebuild(
    con, changed: set[str] | None = None, since: int | None = None, told: Stretch = stretch(None, "", 0, 1)
) -> None:
    """Build again what depends on the `changed` accepted tables (None: all of them).

    "decisions" among them: merges, customers not ranked. A customers file that gives nobody another number leaves the orders'
    tables as they are. `since`: only rows of the imports from this number on are new, or are gone (`touched.note_rows` was told of
    them before they went); then the days of customers whom they touch are worked out again, and no others. `told` hears how far it is.
    """
    for name in ORDER:
        if changed is not None and not DEPENDS_ON[name] & changed:
            continue
        if name == "customer_days":
            _rebuild_days(con, told, are_some=_touch_some(con, changed, since))
        elif name == "aliases" and changed is not None:
            changed = changed | _rebuild_aliases(con)
        else:
            con.execute(sql(name))
    touched.forget(con)


def _rebuild_aliases(con) -> set[str]:
    """Build the aliases again; {"aliases"} where a number counts as somebody else since."""
    con.execute("create or replace temp table aliases_before as from aliases")
    con.execute(sql("aliases"))
    is_changed = touched.note_persons(con, "aliases_before")
    con.execute("drop table aliases_before")
    return {"aliases"} if is_changed else set()


def _touch_some(con, changed: set[str] | None, since: int | None) -> bool:
    """Whether it is known whose lines differ and these are few; then they stand in the temporary table touched_customers."""
    sold = changed & set(touched.SALES) if changed is not None else set()
    if changed is None or "products" in changed or (sold and since is None):
        return False
    customers = con.execute("select count(*) from customer_days where next_day = date '9999-12-31'").fetchone()[0]
    if not customers:
        return False
    if sold:
        touched.note_rows(con, since)
    return touched.customers(con) * touched.MOST <= customers


def _rebuild_days(con, told: Stretch, *, are_some: bool) -> None:
    """Work out the days of all customers, or of some."""
    told(0, 0.1)
    touched_ones = "customer_id in (select customer_id from touched_customers)"
    con.execute(f"delete from customer_days where {touched_ones}" if are_some else "drop table if exists customer_days")
    whose = f"({touched_ones}) is true" if are_some else "customer_id is not null"
    con.execute(
        "create or replace temp table their_lines as select customer_id, order_id, day, amount, cost from lines "
        f"where {whose}"  # without "is true" the engine builds its hash table of all lines
    )
    for statement in con.extract_statements(sql("customer_days")):
        if statement.type in STRETCHES:
            told(*STRETCHES[statement.type])
        con.execute(statement)
