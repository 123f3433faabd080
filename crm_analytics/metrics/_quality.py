"""Carrying out the checks: what each finds, and the very rows behind it."""

import pandas as pd

from crm_analytics.metrics._checks import CHECKS, Check, date_of
from crm_analytics.schema import TABLES, Table

IMPORTS = "string_agg(distinct cast(import_id as varchar), ', ' order by cast(import_id as varchar))"
BY_THING = (
    "two_names",
    "key_twice",
    "customers_alike",
    "orders_of_several_customers",
)  # rows that belong together stand together
LACKING = 365.0  # days: a table that ends a year before the orders says nothing of the usual window
# What no condition on the rows of one table tells; limits of those that limit numbers.
LIMITS = {
    ("quarantined", "orders"): ("revenue", "average_order_value", "active_customers"),
    ("quarantined", "surveys"): ("satisfaction", "nps"),
    ("quarantined", "complaints"): ("complaint_hours_median",),
    ("repeated_rows", "orders"): ("revenue", "average_order_value"),
    ("repeated_rows", "order_items"): ("revenue", "average_order_value"),
    ("stale", "surveys"): ("satisfaction", "nps"),
    ("stale", "complaints"): ("complaint_hours_median",),
    ("stale", "complaint_events"): ("complaint_hours_median",),
    ("stale", "order_items"): ("revenue",),
    ("key_twice", "products"): ("margin", "profile"),
}
_NOT_GOODS = "sku in (select word from charges) or product in (select word from charges) or category in (select word from charges)"


def quoted(name: str) -> str:
    """A table or column of the schema as SQL."""
    return f'"{name}"'


def found(con, here: list[str], limiting: frozenset[str] | None = None) -> list[tuple]:
    """(finding, table, part, rows, of, unit, example, import_ids, limits) of every check that finds something.

    `limiting`: only those that limit one of these numbers and screens, which is less work.
    """
    wanted = [check for check in CHECKS if limiting is None or limiting & set(check.limits)]
    possible = [check for table in here for check in _possible(con, table, [c for c in wanted if c.table == table])]
    _know_numbers(con, possible)
    hits = [_measured(con, check) for check in possible]
    for table in here:
        hits += [_key_twice(con, table)] if TABLES[table].key and limiting is None else []
    hits += [*_set_aside(con), *_repeated(con)]
    hits += [] if limiting is not None else [_not_goods(con), _persons(con), _unranked(con)]
    return [hit for hit in hits if hit[3]]


def rows_behind(con, table: str, finding: str, limit: int) -> pd.DataFrame | None:
    """The rows that a finding is about, with the file and the line they came from; None where no row is."""
    if finding == "quarantined":
        return _quarantined(con, table, limit)
    checks = [check for check in CHECKS if (check.table, check.finding) == (table, finding)]
    _know_numbers(con, checks)
    where = checks[0].where if checks else _other_condition(table, finding)
    if where is None:
        return None
    filled = _filled(con, table)
    order = f"{filled[0]}, import_id, source_line" if finding in BY_THING else "import_id, source_line"
    return con.execute(
        f"select r.import_id, file_name, source_line, {', '.join(filled)} from "
        f"(select * from {quoted(table)} where {where} order by {order} limit $limit) r "
        f"left join imports i on i.import_id = r.import_id order by {order.replace('import_id', 'r.import_id')}",
        {"limit": limit},
    ).df()


def _other_condition(table: str, finding: str) -> str | None:
    """SQL over the rows of the table for what is no check; None where the finding is about no rows of it."""
    if finding in ("repeated_rows", "key_twice"):
        return f"rowid in ({_repeats(TABLES[table])})"
    if finding == "stale":  # its newest rows
        day = quoted(date_of(table))
        return f"{day} >= (select max({day}) - interval 1 day from {quoted(table)})"
    return _NOT_GOODS if finding == "not_goods_lines" else None


def _filled(con, table: str) -> list[str]:
    """The columns of the table that any row fills."""
    names = [quoted(column.name) for column in TABLES[table].stored]
    counts = con.execute(f"select {', '.join(f'count({name})' for name in names)} from {quoted(table)}").fetchone()
    return [name for name, count in zip(names, counts, strict=True) if count]


def _know_numbers(con, checks: list[Check]) -> None:
    """All numbers of all customers, once for all the checks that ask for them."""
    if any("known_numbers" in check.but for check in checks):
        con.execute("create or replace temp table known_numbers as select distinct number from known_as")


def _possible(con, table: str, checks: list[Check]) -> list[Check]:
    """The checks of which a row may be found, by one pass over the table."""
    if not checks:
        return []
    flags = ", ".join(f"coalesce(bool_or({check.when}), false)" for check in checks)
    hits = con.execute(f"select {flags} from {quoted(table)}").fetchone()
    return [check for check, is_hit in zip(checks, hits, strict=True) if is_hit]


def _measured(con, check: Check) -> tuple:
    count, example, ids = con.execute(
        f"select {check.rows}, {check.example}, {IMPORTS} from {quoted(check.table)} where {check.where}"
    ).fetchone()
    of = total(con, check.table, check.of)
    return check.finding, check.table, check.part, count, of, check.unit, example, ids, check.limits


def total(con, table: str, of: str = "") -> int:
    """How many there are of what is counted: rows, or what `of` says."""
    return con.execute(f"select {of or f'(select count(*) from {quoted(table)})'}").fetchone()[0]


def _repeats(table: Table) -> str:
    """SQL of the rows that say once more what a row of the same import has said: the very same, or of the same thing.

    Only rows whose fingerprint stands there twice are compared value by value: a group of everything is dear.
    """
    names = ", ".join(map(quoted, table.key or [column.name for column in table.stored]))
    mark = f"hash({names}, import_id)"
    return (
        f"select rowid from (select rowid, row_number() over (partition by import_id, {names} order by source_line) as time "
        f"from {quoted(table.name)} where {mark} in (select {mark} from {quoted(table.name)} group by {mark} having count(*) > 1)) timed "
        "where time > 1"
    )


def _key_twice(con, table: str) -> tuple:
    """Rows of one import about a thing that another of its rows is about: the later one counts."""
    key = TABLES[table].key
    count, example, ids = con.execute(
        f"select count(*), min(cast({quoted(key[0])} as varchar)), {IMPORTS} from {quoted(table)} "
        f"where rowid in ({_repeats(TABLES[table])})"
    ).fetchone()
    limits = LIMITS.get(("key_twice", table), ())
    return "key_twice", table, "duplicates", count, total(con, table), "rows", example, ids, limits


def _not_goods(con) -> tuple:
    """Lines of articles that the rules call no goods."""
    lines = "(select sku, product, category, import_id from orders union all select sku, product, category, import_id from order_items)"
    count, example, ids = con.execute(
        f"select count(*), min(coalesce(product, sku, category)), {IMPORTS} from {lines} where {_NOT_GOODS}"
    ).fetchone()
    of = total(con, "orders") + total(con, "order_items")
    return "not_goods_lines", "orders", "", count, of, "rows", example, ids, ()


def _persons(con) -> tuple:
    """Persons who stand behind several customer numbers."""
    count, example = con.execute(
        "with numbers as (select person, number from aliases union select person, person from aliases), "
        "used as (select customer_id from customers union all select customer_id from orders) "
        "select count(*), min(person) from (select person from numbers where number in (select customer_id from used) "
        "group by person having count(*) > 1) several"
    ).fetchone()
    return (
        "persons_with_several_numbers",
        "customers",
        "",
        count,
        _known(con) if count else None,
        "customers",
        example,
        None,
        (),
    )


def _known(con) -> int:
    return con.execute("select count(distinct customer_id) from known_as").fetchone()[0]


def _unranked(con) -> tuple:
    count, example = con.execute("select count(*), min(customer_id) from unranked").fetchone()
    return "unranked_customers", "customers", "", count, _known(con) if count else None, "customers", example, None, ()


def _set_aside(con) -> list[tuple]:
    """Records that the imports in force set aside and that nobody has put right since, by table, of all their records."""
    rows = con.execute(
        f"select table_name, count(*), (select cast(sum(records) as bigint) from imports a where a.table_name = i.table_name "
        f"and a.undone_at is null), min(file_name), {IMPORTS} from quarantine join imports i using (import_id) "
        "where undone_at is null and resolved_by is null group by table_name"
    ).fetchall()
    return [("quarantined", *_of_imports("quarantined", "completeness", row)) for row in rows]


def _repeated(con) -> list[tuple]:
    """Lines that stood in their file twice, by table; where rows have a key `key_twice` tells it."""
    rows = con.execute(
        f"select table_name, cast(sum(repeated) as bigint), cast(sum(records) as bigint), arg_max(file_name, repeated), {IMPORTS} "
        "from imports where undone_at is null and repeated > 0 group by table_name"
    ).fetchall()
    return [
        ("repeated_rows", *_of_imports("repeated_rows", "duplicates", row)) for row in rows if not TABLES[row[0]].key
    ]


def _of_imports(finding: str, part: str, row: tuple) -> tuple:
    table, count, of, example, ids = row
    return table, part, count, of, "rows", example, ids, LIMITS.get((finding, table), ())


def _quarantined(con, table: str, limit: int) -> pd.DataFrame:
    return con.execute(
        "select q.import_id, file_name, source_line, column_name, reason, raw from quarantine q join imports i using (import_id) "
        "where table_name = $table and undone_at is null and resolved_by is null order by import_id, source_line limit $limit",
        {"table": table, "limit": limit},
    ).df()
