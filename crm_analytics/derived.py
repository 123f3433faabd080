"""The tables we derive from the accepted ones: sql/*.sql, run in a fixed order inside the transaction of the change."""

from functools import cache
from pathlib import Path

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
    "customer_days": {"orders", "order_items", "products", "aliases", "decisions"},
    "unidentified_days": {"orders", "order_items", "products", "aliases", "decisions"},
    "company_days": {"orders", "order_items", "products", "aliases", "decisions"},
    "answers": {"surveys", "orders", "aliases", "decisions"},
    "cases": {"complaints", "complaint_events", "aliases", "decisions"},
    "customer_profile": {"customers", "orders", "members", "aliases", "decisions"},
}


@cache
def sql(name: str) -> str:
    """The text of sql/<name>.sql."""
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def rebuild(con, changed: set[str] | None = None) -> None:
    """Build again what depends on the `changed` accepted tables (None: all of them).

    "decisions" among them: merges, customers not ranked. A customers file that gives nobody another number leaves the orders'
    tables as they are.
    """
    for name in ORDER:
        if changed is None or DEPENDS_ON[name] & changed:
            before = _content(con, name) if changed is not None and name == "aliases" else None
            con.execute(sql(name))
            if before is not None and _content(con, name) != before:
                changed = changed | {"aliases"}


def _content(con, table: str) -> tuple:
    return con.execute(f"select count(*), coalesce(sum(hash(t)), 0) from {table} t").fetchone()
