"""The rows of a file on their way into a table, each with the line it came from."""

from crm_analytics.database import quoted
from crm_analytics.importing.landing.clean import Landing
from crm_analytics.importing.reading.typed import Typed


def stage(con, typed: Typed, landing: Landing, import_id: int, *, has_faults: bool) -> str:
    """Read the values into the temporary table `incoming`; returns the SELECT of the rows without a fault, numbered.

    The engine's CSV reader knows no line numbers, and counting rows leaves all but one processor idle. Where each line is a
    record, all of them read, and the place of a row in the table says its line. See decision 022.
    """
    values, filled, is_sound = typed.values(), typed.filled(), typed.is_sound(has_faults=has_faults)
    staged = ", ".join(f"{values[name]} as {quoted(name)}" for name in filled)
    number = "" if landing.in_order else ", source_line"
    con.execute(
        f"create or replace temp table incoming as select {staged}{number}, {is_sound} as is_sound "
        f"from {landing.in_order or landing.relation}"
    )
    line = f"rowid - {_first(con, landing.records)} + {landing.first_line}" if landing.in_order else "source_line"
    columns = ", ".join(quoted(name) if name in filled else f"{sql} as {quoted(name)}" for name, sql in values.items())
    return f"select {columns}, {import_id} as import_id, {line} as source_line from incoming where is_sound"


def _first(con, records: int) -> int:
    """The first rowid, which within a transaction is a large number; the others follow without a gap."""
    first, last = con.execute("select coalesce(min(rowid), 0), coalesce(max(rowid), -1) from incoming").fetchone()
    if last - first + 1 != records:
        raise AssertionError(f"{records} records have the places {first} to {last}")
    return first


def clear(con) -> None:
    """Drop what was staged."""
    con.execute("drop table if exists incoming")
