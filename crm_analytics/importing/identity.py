"""Which rows of a file are in its table already.

A row is known by its values and by which of its repeats in the file it is, so files that overlap unite as multisets.
"""

from decimal import Decimal

from crm_analytics.database import quoted
from crm_analytics.importing.typed import Typed
from crm_analytics.schema import TABLES


def load(con, typed: Typed, relation: str, import_id: int, *, has_faults: bool) -> tuple[int, int, Decimal | None]:
    """Insert the rows that are not in the table yet: (loaded, duplicates, their amount)."""
    table, rows = quoted(typed.table), _rows(typed, relation, import_id, has_faults)
    if not _judge(con, typed, rows):
        return (
            con.execute(f"insert into {table} {rows}").fetchone()[0],
            0,
            Decimal(0) if has_amount(typed.table) else None,
        )
    loaded = con.execute(
        f"insert into {table} select * exclude (occurrence, is_known) from judged where not is_known"
    ).fetchone()[0]
    amount = "coalesce(sum(amount), 0)" if has_amount(typed.table) else "cast(null as decimal(38,4))"
    duplicates, total = con.execute(f"select count(*), {amount} from judged where is_known").fetchone()
    con.execute("drop table judged")
    return loaded, duplicates, total


def known(con, typed: Typed, relation: str, *, has_faults: bool) -> int:
    """How many of the rows are in the table already; changes nothing."""
    if not _judge(con, typed, _rows(typed, relation, 0, has_faults)):
        return 0
    count = con.execute("select count(*) from judged where is_known").fetchone()[0]
    con.execute("drop table judged")
    return count


def has_amount(table: str) -> bool:
    """Whether the table carries money that an import must balance."""
    return "amount" in {column.name for column in TABLES[table].stored}


def _rows(typed: Typed, relation: str, import_id: int, has_faults: bool) -> str:
    return typed.rows(relation, str(import_id), f" where {typed.fault()} is null" if has_faults else "")


def _judge(con, typed: Typed, rows: str) -> bool:
    """Make the temporary table `judged`: every row with `is_known`. False, and no table, where no row can be known."""
    table, names = quoted(typed.table), [quoted(column.name) for column in TABLES[typed.table].stored]
    if not con.execute(f"select exists (select 1 from {table})").fetchone()[0]:
        return False
    columns = ", ".join(names)
    con.execute(f"create or replace temp table incoming as {rows}")
    con.execute(
        f"create or replace temp table held as select {columns}, count(*) as times from {table} "
        f"where hash({columns}) in (select hash({columns}) from incoming) group by all"
    )
    same = " and ".join(f"h.{column} is not distinct from n.{column}" for column in names)
    con.execute(
        "create or replace temp table judged as "
        f"with n as (select *, row_number() over (partition by {columns} order by source_line) as occurrence from incoming) "
        f"select n.*, n.occurrence <= coalesce(h.times, 0) as is_known from n left join held h on {same}"
    )
    con.execute("drop table incoming")
    con.execute("drop table held")
    return True
