"""Which rows of a file are in its table already, and which say something new about a line that is there.

A row is known by its values and by which of its repeats in the file it is, so files that overlap unite as multisets.  An export
that gained or lost a column since is no other export: its rows are compared in the columns that both files fill.  A row that is
not known but stands for a line that is there (`Table.line`) is its newer version: the earlier one gives way and is kept aside.
"""

import json
from dataclasses import dataclass
from decimal import Decimal

from crm_analytics.database import quoted
from crm_analytics.importing.reading.typed import Typed
from crm_analytics.layout import replaced
from crm_analytics.schema import TABLES


@dataclass(frozen=True)
class Way:
    """How a file's rows meet those that are here, as a person decided.

    scope: append | replace-period | replace-table. repeats: keep | once. conflicts: latest (the newer version of a line takes
    its place) | both (lines of the same number are different lines).
    """

    scope: str = "append"
    repeats: str = "keep"
    conflicts: str = "latest"


@dataclass(frozen=True)
class Loaded:
    """What became of a file's rows; `amount_duplicates` sums the amounts of those known, None for tables without amounts.

    `repeated`: rows loaded that say the same as another row loaded.
    """

    loaded: int
    duplicates: int
    changed: int
    repeated: int
    amount_duplicates: Decimal | None


def load(con, typed: Typed, rows: str, import_id: int, way: Way = Way()) -> Loaded:
    """Insert the rows (a SELECT, see `incoming`) that are not in the table yet; earlier versions of their lines are set aside."""
    table = quoted(typed.table)
    if not is_comparable(con, typed.table, way):
        loaded = con.execute(f"insert into {table} {rows}").fetchone()[0]
        return Loaded(loaded, 0, 0, _repeated(con, typed, rows), Decimal(0) if has_amount(typed.table) else None)
    judge(con, typed, rows, way)
    con.execute(
        "create or replace temp table leaving as select old_import, old_line from judged where verdict = 'changed'"
    )
    changed = set_aside(con, typed.table, import_id) or mark_versions(con, typed)
    names = ", ".join([*map(quoted, columns(typed.table)), "import_id", "source_line"])
    taken = "verdict is null or verdict = 'changed'"
    news = f"select {names} from judged where {taken}"
    loaded = con.execute(f"insert into {table} ({names}) {news}").fetchone()[0]
    amount = "coalesce(sum(amount), 0)" if has_amount(typed.table) else "cast(null as decimal(38,4))"
    duplicates, total = con.execute(f"select count(*), {amount} from judged where not ({taken})").fetchone()
    return Loaded(loaded, duplicates, changed, _repeated(con, typed, news), total)


def _repeated(con, typed: Typed, rows: str) -> int:
    names = ", ".join(map(quoted, typed.filled()))
    return con.execute(f"select count(*) - count(distinct hash({names})) from ({rows})").fetchone()[0]


def has_amount(table: str) -> bool:
    """Whether the table carries money that an import must balance."""
    return "amount" in columns(table)


def columns(table: str) -> list[str]:
    """The stored columns of a table."""
    return [column.name for column in TABLES[table].stored]


def is_comparable(con, table: str, way: Way) -> bool:
    """Whether loading a file could find anything known: rows that are here, or its own repeats where these count once."""
    return way.repeats == "once" or holds_rows(con, table)


def holds_rows(con, table: str) -> bool:
    """Whether the table has any rows."""
    return con.execute(f"select exists (select 1 from {quoted(table)})").fetchone()[0]


def set_aside(con, table: str, import_id: int) -> int:
    """Move the rows that the temporary table `leaving` names (old_import, old_line) to those that gave way to this import."""
    names = ", ".join([*map(quoted, columns(table)), "import_id", "source_line"])
    left = "(import_id, source_line) in (select (old_import, old_line) from leaving)"
    if not con.execute("select exists (from leaving)").fetchone()[0]:
        return 0
    moved = f"insert into {replaced(table)} ({names}, replaced_by) select {names}, {import_id} from {quoted(table)}"
    count = con.execute(f"{moved} where {left}").fetchone()[0]
    con.execute(f"delete from {quoted(table)} where {left}")
    return count


def judge(con, typed: Typed, rows: str, way: Way) -> int:
    """Make the temporary table `judged`: every row (of this SELECT, see `incoming`) with its `verdict`.

    known; repeated (an earlier line of the file says the same and counts once); changed (a newer version of the line that
    old_import and old_line name); null: new. Returns how many new rows share their line with one that is here, where that
    proves nothing because lines are not told apart by it.
    """
    others = _other_fillings(con, typed) if way.scope == "append" else {}
    _judge_equals(con, typed, rows, way, [number for numbers in others.values() for number in numbers])
    for filled, numbers in others.items():
        _match_by_shared_columns(con, typed, filled, numbers)
    return _match_lines(con, typed) if way.conflicts == "latest" else 0


def _judge_equals(con, typed: Typed, rows: str, way: Way, others: list[int]) -> None:
    """Rows whose every value is here, each repeat once; rows of the imports in `others` are compared in their own way.

    Columns that the file does not fill are null in all its rows, and so they must be in the rows it is compared with.
    """
    filled, names = typed.filled(), ", ".join(map(quoted, typed.filled()))
    alike = [f"hash({names}) in (select hash({names}) from ({rows}))"]
    alike += [f"{quoted(name)} is null" for name in columns(typed.table) if name not in filled]
    alike += [f"not list_contains({others}, import_id)"] if others else []
    con.execute(
        f"create or replace temp table held as select {names}, count(*) as times from {quoted(typed.table)} "
        f"where {' and '.join(alike)} group by all"
    )
    again = "when n.occurrence > 1 then 'repeated'" if way.repeats == "once" else ""
    con.execute(
        "create or replace temp table judged as "
        f"with n as (select *, row_number() over (partition by {names} order by source_line) as occurrence from ({rows})) "
        f"select n.* exclude (occurrence), case {again} when n.occurrence <= coalesce(h.times, 0) then 'known' end as verdict, "
        f"cast(null as integer) as old_import, cast(null as bigint) as old_line from n left join held h on {_same('h', filled)}"
    )
    con.execute("drop table held")


def _same(other: str, names: list[str] | tuple[str, ...]) -> str:
    """SQL: rows n and `other` agree in these columns, nulls alike."""
    return " and ".join(f"{other}.{quoted(name)} is not distinct from n.{quoted(name)}" for name in names)


def _other_fillings(con, typed: Typed) -> dict[frozenset[str], list[int]]:
    """Standing imports whose files say the same with a column more or less: the columns they fill -> their numbers.

    Not where things have versions (each file adds what it knows of a customer), nor where the shared columns lack the day: then
    rows that look alike may be different facts.
    """
    mine, table = set(typed.filled()), TABLES[typed.table]
    if table.key or table.period not in mine:
        return {}
    found: dict[frozenset[str], list[int]] = {}
    for number, reading in con.execute(
        "select import_id, reading from imports where table_name = $table and undone_at is null", {"table": typed.table}
    ).fetchall():
        filled = set(json.loads(reading).get("filled", ()))
        if table.period in filled and (filled < mine or filled > mine):
            found.setdefault(frozenset(filled), []).append(number)
    return found


def _match_by_shared_columns(con, typed: Typed, filled: frozenset[str], numbers: list[int]) -> None:
    """Rows that agree with a row of these imports in all columns both fill: known, or changed where they say more."""
    shared = [name for name in typed.filled() if name in filled]
    more = [f"{quoted(name)} is not null" for name in typed.filled() if name not in filled]
    names = ", ".join(map(quoted, shared))
    con.execute(
        "create or replace temp table further as with n as ("
        f"select {names}, source_line, {' or '.join(more) or 'false'} as says_more, "
        f"row_number() over (partition by {names} order by source_line) as nth from judged where verdict is null), "
        f"h as (select {names}, import_id as old_import, source_line as old_line, "
        f"row_number() over (partition by {names} order by import_id, source_line) as nth from {quoted(typed.table)} "
        f"where list_contains({numbers}, import_id) and hash({names}) in (select hash({names}) from n)) "
        f"select n.source_line, n.says_more, h.old_import, h.old_line from n join h on n.nth = h.nth and {_same('h', shared)}"
    )
    con.execute(
        "update judged set verdict = case when f.says_more then 'changed' else 'known' end, "
        "old_import = f.old_import, old_line = f.old_line from further f where judged.source_line = f.source_line"
    )
    con.execute("drop table further")


def _match_lines(con, typed: Typed) -> int:
    """Rows that stand for a line that is here become its newer version, where lines are told apart; else how many there are."""
    line = next((names for names in TABLES[typed.table].line if names[-1] in typed.filled()), None)
    if line is None:
        return 0
    told, table = f"{quoted(line[-1])} is not null", quoted(typed.table)
    con.execute(
        "create or replace temp table pairs as select n.source_line, h.import_id as old_import, h.source_line as old_line "
        f"from judged n join {table} h on {_same('h', line)} where n.verdict is null and n.{told}"
    )
    found = con.execute("select count(distinct source_line) from pairs").fetchone()[0]
    key = f"hash({', '.join(map(quoted, line))})"
    unique = f"select count(*) = count(distinct {key}) from {{}} where {told}"
    within = "(select * from judged where verdict is distinct from 'repeated')"
    if found and all(con.execute(unique.format(rows)).fetchone()[0] for rows in (within, table)):
        con.execute(
            "update judged set verdict = 'changed', old_import = p.old_import, old_line = p.old_line "
            "from pairs p where judged.source_line = p.source_line"
        )
        return 0
    return found


def mark_versions(con, typed: Typed) -> int:
    """Of tables whose things have versions: rows that say something new of a thing that is here, paired with its latest."""
    key = TABLES[typed.table].key
    if not key:
        return 0
    same = " and ".join(f"h.{quoted(name)} = n.{quoted(name)}" for name in key)
    news = [
        f"n.{quoted(name)} is not null and n.{quoted(name)} is distinct from h.{quoted(name)}"
        for name in typed.filled()
    ]
    things, place = ", ".join(map(quoted, key)), "cast(import_id as bigint) * 1000000000000 + source_line"
    con.execute(
        f"create or replace temp table pairs as with h as (select * from {quoted(typed.table)} where ({things}) in "
        f"(select ({things}) from judged where verdict is null) "
        f"qualify row_number() over (partition by {things} order by {place} desc) = 1) "
        "select n.source_line, h.import_id as old_import, h.source_line as old_line from judged n "
        f"join h on {same} where n.verdict is null and ({' or '.join(f'({new})' for new in news)})"
    )
    return con.execute(
        "update judged set verdict = 'changed', old_import = p.old_import, old_line = p.old_line "
        "from pairs p where judged.source_line = p.source_line"
    ).fetchone()[0]
