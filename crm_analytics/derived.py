"""The tables we derive from the accepted ones: sql/*.sql, run in a fixed order inside the transaction of the change."""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "sql"
ORDER = ("lines", "customer_days", "unidentified_days", "company_days", "answers", "cases", "customer_profile")
DEPENDS_ON = {  # derived table -> the accepted tables whose change makes it stale; the rules make all of them stale
    "lines": {"orders", "order_items"},
    "customer_days": {"orders", "order_items"},
    "unidentified_days": {"orders", "order_items"},
    "company_days": {"orders", "order_items"},
    "answers": {"surveys", "orders"},
    "cases": {"complaints"},
    "customer_profile": {"customers", "orders"},
}


@cache
def sql(name: str) -> str:
    """The text of sql/<name>.sql."""
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def rebuild(con, changed: set[str] | None = None) -> None:
    """Build again what depends on the `changed` accepted tables (None: all of them)."""
    for name in ORDER:
        if changed is None or DEPENDS_ON[name] & changed:
            con.execute(sql(name))
