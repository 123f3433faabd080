"""Is the data right?  What is incomplete, contradictory, left out, set aside or out of date in what was imported."""

import pandas as pd

from crm_analytics.filters import Filters
from crm_analytics.schema import TABLES, Table

STALE_DAYS = 31  # behind the latest order: a month that the table does not cover
COLUMNS = ["finding", "table", "rows", "of", "unit", "example", "import_ids"]
HERE = ["table", "rows", "different", "imports", "first_date", "last_date", "days_behind"]
IMPORTS = "string_agg(distinct cast(import_id as varchar), ', ' order by cast(import_id as varchar))"
PRICED = "(select order_id from order_items where amount is not null)"
EXCLUDED = "lower(trim(status)) in (select lower(trim(status)) from excluded_statuses)"
ORDERS = "(select count(distinct order_id) from orders)"
# finding, table, what is counted, how many of how many, an example, the condition; each over the rows of the table.
_ORDER, _ROW = "count(distinct order_id)", "count(*)"
CHECKS = (
    (
        "orders_without_amount",
        "orders",
        "orders",
        _ORDER,
        ORDERS,
        "min(order_id)",
        f"amount is null and order_id not in {PRICED} and order_id not in (select order_id from orders where amount is not null)",
    ),
    (
        "excluded_status",
        "orders",
        "orders",
        _ORDER,
        ORDERS,
        "string_agg(distinct trim(status), ', ' order by trim(status))",
        EXCLUDED,
    ),
    ("lines_without_customer", "orders", "rows", _ROW, None, "min(order_id)", "customer_id is null"),
    (
        "unknown_customers",
        "orders",
        "customers",
        "count(distinct customer_id)",
        "(select count(distinct customer_id) from orders)",
        "min(customer_id)",
        "customer_id not in (select customer_id from customers) and exists (from customers)",
    ),
    (
        "several_currencies",
        "orders",
        "rows",
        _ROW,
        None,
        "string_agg(distinct upper(currency), ', ' order by upper(currency))",
        "(select count(distinct upper(currency)) from orders) > 1 and currency is not null",
    ),
    (
        "items_without_order",
        "order_items",
        "rows",
        _ROW,
        None,
        "min(order_id)",
        "order_id not in (select order_id from orders)",
    ),
    (
        "answers_without_customer",
        "surveys",
        "answers",
        _ROW,
        None,
        "min(coalesce(response_id, order_id))",
        "customer_id is null and (order_id is null or order_id not in (select order_id from orders where customer_id is not null))",
    ),
    ("answers_undated", "surveys", "answers", _ROW, None, "min(coalesce(response_id, customer_id))", "answered_at is null"),
)  # fmt: skip
UNTIMED = ("orders", "customers", "members", "campaigns")  # no new row is due while orders go on
ORDER_OF = ("surveys", "complaints", "returns", "points")  # tables whose rows may name an order
CUSTOMER_OF = ("interactions", "campaign_members", "members", "points", "churn_reasons", "wallet", "receivables")


def quality(con, filters: Filters) -> pd.DataFrame:
    """Findings about the data as imported, whatever the filters.  One row per finding and table; none where all is well.

    finding: its code. rows: how many `unit` (orders, rows, customers, answers, days) it is about, `of` so many, `share` of them
    (null for days). example: one of them. import_ids: the imports they came with. stale: days that the table's latest date lies
    behind the latest order; future_dates: rows dated after the day of their import.
    """
    here = [name for name in TABLES if con.execute(f"select exists (from {_quoted(name)})").fetchone()[0]]
    found = [_checked(con, *check) for check in CHECKS if check[1] in here]
    found += [_orphans(con, name, "order_id", "unknown_orders") for name in ORDER_OF if name in here]
    found += [_orphans(con, name, "customer_id", "unknown_customers") for name in CUSTOMER_OF if name in here]
    found += [_not_goods(con), _persons(con), _unranked(con), *_from_imports(con)]
    found += [_future(con, name) for name in here if _date(name)]
    found += [
        (
            "stale",
            row.table,
            row.days_behind,
            None,
            "days",
            f"{row.last_date:%Y-%m-%d}",
            _ids(con, row.table),
        )
        for row in tables(con, filters).itertuples()
        if row.days_behind is not None and not pd.isna(row.days_behind) and row.days_behind > STALE_DAYS
    ]
    frame = pd.DataFrame([row for row in found if row and row[2]], columns=COLUMNS)
    frame.insert(4, "share", frame["rows"] / frame["of"].astype(float))
    return frame


def tables(con, filters: Filters) -> pd.DataFrame:
    """What is here.  One row per accepted table that holds rows, in the order of their usefulness.

    imports: how many brought them. different: customers, articles, complaints they are about, null where each row is a fact of
    its own. first_date, last_date: of the table's main date, null where it has none or none is filled.
    days_behind: days that last_date lies behind the latest order; null without orders, 0 where it does not.
    """
    latest = con.execute("select cast(max(ordered_at) as date) from orders").fetchone()[0]
    rows = []
    for name in TABLES:
        moment = f"cast({{}}({_quoted(_date(name))}) as date)" if _date(name) else "cast(null as date)"
        first, last = moment.format("min"), moment.format("max")
        thing = _thing(TABLES[name])
        different = f"count(distinct {thing})" if thing else "cast(null as bigint)"
        behind = f"greatest(0, date_diff('day', {last}, cast($latest as date)))"
        row = con.execute(
            f"select $name, count(*), {different}, count(distinct import_id), {first}, {last}, "
            f"case when $dated and {last} is not null then {behind} end from {_quoted(name)}",
            {"name": name, "latest": latest, "dated": name not in UNTIMED},
        ).fetchone()
        if row[1]:
            rows.append(row)
    return pd.DataFrame(rows, columns=HERE)


def completeness(con, filters: Filters) -> pd.DataFrame:
    """How full each column is.  One row per column that any import fills, by table: rows, filled, filled_share (0 to 1).

    Where rows of a table are about the same thing (a customer in several files), the thing counts once: what any row says of it.
    """
    found = []
    for table in TABLES.values():
        names = [column.name for column in table.stored]
        thing = None if _is_once(con, table) else _thing(table)
        counts = ", ".join(
            f"count(distinct {thing}) filter ({_quoted(name)} is not null)" if thing else f"count({_quoted(name)})"
            for name in names
        )
        every = f"count(distinct {thing})" if thing else "count(*)"
        total, *filled = con.execute(f"select {every}, {counts} from {_quoted(table.name)}").fetchone()
        found += [
            (table.name, name, total, count, count / total) for name, count in zip(names, filled, strict=True) if count
        ]
    return pd.DataFrame(found, columns=["table", "column", "rows", "filled", "filled_share"])


def _is_once(con, table: Table) -> bool:
    """Every thing has one row, so that rows can be counted: counting distinct things column by column is dear."""
    things = f"select count(*) = count(distinct {_thing(table)}) from {_quoted(table.name)}"
    return not table.key or con.execute(things).fetchone()[0]


def _thing(table: Table) -> str | None:
    """SQL of what a row of the table is about; null where each row is a fact of its own."""
    return f"row({', '.join(map(_quoted, table.key))})" if table.key else None


def _checked(con, finding: str, table: str, unit: str, rows: str, of: str | None, example: str, where: str) -> tuple:
    count, shown, ids = con.execute(
        f"select {rows}, {example}, {IMPORTS} from {_quoted(table)} where {where}"
    ).fetchone()
    return finding, table, count, _total(con, table, of), unit, shown, ids


def _total(con, table: str, of: str | None = None) -> int:
    return con.execute(f"select {of or f'(select count(*) from {_quoted(table)})'}").fetchone()[0]


def _orphans(con, table: str, column: str, finding: str) -> tuple:
    """Rows that name an order or a customer of which nothing else is known; nothing to say while nothing else is here."""
    known = "select order_id from orders" if column == "order_id" else "select number from known_as"
    where = f"{column} is not null and {column} not in ({known}) and exists ({known})"
    return _checked(con, finding, table, "rows", "count(*)", None, f"min({column})", where)


def _not_goods(con) -> tuple:
    """Lines of articles that the rules call no goods."""
    word = "(select word from charges)"
    where = f"sku in {word} or product in {word} or category in {word}"
    lines = "(select sku, product, category, import_id from orders union all select sku, product, category, import_id from order_items)"
    count, example, ids = con.execute(
        f"select count(*), min(coalesce(product, sku, category)), {IMPORTS} from {lines} where {where}"
    ).fetchone()
    return "not_goods_lines", "orders", count, _total(con, "orders") + _total(con, "order_items"), "rows", example, ids


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
        count,
        _known(con) if count else None,
        "customers",
        example,
        None,
    )


def _known(con) -> int:
    return con.execute("select count(distinct customer_id) from known_as").fetchone()[0]


def _unranked(con) -> tuple:
    count, example = con.execute("select count(*), min(customer_id) from unranked").fetchone()
    return "unranked_customers", "customers", count, _known(con) if count else None, "customers", example, None


def _from_imports(con) -> list[tuple]:
    """What the imports set aside, and what stood twice in their files, by table."""
    found = []
    for finding, column in (("quarantined", "quarantined"), ("repeated_rows", "repeated")):
        found += con.execute(
            f"select $finding, table_name, cast(sum({column}) as bigint), cast(sum(records) as bigint), 'rows', "
            f"arg_max(file_name, {column}), {IMPORTS} from imports where undone_at is null and {column} > 0 group by table_name",
            {"finding": finding},
        ).fetchall()
    return found


def _future(con, table: str) -> tuple:
    """Rows dated after the day of their import; dates that are meant to lie ahead (ends, due dates) are not looked at."""
    day = _quoted(_date(table))
    count, example, ids = con.execute(
        f"select count(*), cast(max({day}) as varchar), {IMPORTS.replace('import_id', 't.import_id')} from {_quoted(table)} t "
        f"join imports i on i.import_id = t.import_id where t.{day} >= cast(i.imported_at as date) + interval 2 day"
    ).fetchone()
    return "future_dates", table, count, _total(con, table), "rows", example, ids


def _date(table: str) -> str | None:
    """The column that says when a row of the table happened."""
    ahead = ("ends", "due_at", "birth_date")
    return next((c.name for c in TABLES[table].stored if c.kind in ("timestamp", "day") and c.name not in ahead), None)


def _quoted(name: str) -> str:
    """A table or column of the schema as SQL."""
    return f'"{name}"'


def _ids(con, table: str) -> str | None:
    return con.execute(f"select {IMPORTS} from {_quoted(table)}").fetchone()[0]
