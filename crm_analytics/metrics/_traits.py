"""What is known of customers, column by column, each as a query of (customer_id, value) that anything can be grouped by."""

from crm_analytics import cache, snapshot
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.schema import TABLES
from crm_analytics.snapshot import AGE_BANDS, CHOICE_COLUMNS, LINE_COLUMNS

# Over the snapshot `s`: two orders in the window, the last answer (if any) satisfied, no complaint open, and the last order no longer
# ago than Settings call a customer active or silent.
LOYAL = (
    "coalesce(s.orders > 1 and s.stage in ('active', 'silent') and s.is_satisfied is distinct from false "
    "and s.open_complaints = 0, false)"
)
OWN = {  # columns of the snapshot itself
    "tier": "case when s.is_active then s.tier end",
    "stage": "s.stage",
    "loyalty": f"case when s.orders_ever > 0 then case when {LOYAL} then 'loyal' else 'others' end end",
    "arrival": "case when s.orders > 0 then case when s.is_new then 'new' else 'existing' end end",
}
MANY = "need_tags"  # one customer may have several
ORDERED = {"age_band": tuple(AGE_BANDS), "tier": ("top", "big", "medium", "small"), "stage": ("active", "silent", "forgotten", "lost"),
           "loyalty": ("loyal", "others"), "arrival": ("new", "existing")}  # fmt: skip
BETWEEN = "[;,|、；，\\n]"  # tags stand between these


def known(con, filters: Filters) -> list[str]:
    """The columns this company's data fill: age, its profile, needs, what it buys; then the columns of its own customer files."""
    return cache.answer(con, filters, ("known traits",), lambda: _known(con))


def _known(con) -> list[str]:
    profile = ("birth_date", *CHOICE_COLUMNS, MANY)
    filled = con.execute(f"select {', '.join(f'count({name})' for name in profile)} from customer_profile").fetchone()
    found = ["age_band" if name == "birth_date" else name for name, n in zip(profile, filled) if n]
    return [*found, *(name for name in LINE_COLUMNS if told(con, name)), *attributes(con)]


def told(con, column: str) -> bool:
    """Whether any order, item or article tells of a column of the order lines; from the accepted tables, which know at once."""
    name = column
    tables = [each for each in ("orders", "order_items", "products") if column in {c.name for c in TABLES[each].stored}]
    counts = " + ".join(f"(select count({name}) from {each})" for each in tables)
    return con.execute(f"select {counts} > 0").fetchone()[0]


def attributes(con) -> list[str]:
    """The columns of the company's own customer files that have no place of their own."""
    return [name for (name,) in con.execute("select distinct name from customer_attributes order by 1").fetchall()]


def source(con, filters: Filters, column: str) -> tuple[str, dict]:
    """(query, parameters) of each customer's value of a column, null where it is unknown; of needs, one row each.

    Raises CrmError E_FILTER_COLUMN for a column nobody has.
    """
    if column in OWN:
        return f"select s.customer_id, {OWN[column]} as value from snapshot s", {}
    if column == "age_band":
        band = snapshot.age_band("birth_date")
        return f"select customer_id, {band} as value from customer_profile", {"as_of": filters.as_of}
    if column == MANY:
        return (
            "select p.customer_id, t.value from customer_profile p left join (select distinct need_tags, nullif(trim(tag), '') as value "
            "from (select need_tags, unnest(regexp_split_to_array(need_tags, $between)) as tag from (select distinct need_tags "
            "from customer_profile where need_tags is not null) written) tags) t on t.need_tags = p.need_tags",
            {"between": BETWEEN},
        )
    if column in CHOICE_COLUMNS:
        return f"select customer_id, {column} as value from customer_profile", {}
    if column in LINE_COLUMNS:
        return f"select customer_id, value from {snapshot.main_values(con, filters, column)}", {}
    if column in attributes(con):
        return "select customer_id, value from attributes where name = $name", {"name": column}
    raise CrmError("E_FILTER_COLUMN", name=column, known=", ".join([*OWN, *known(con, filters)]))
