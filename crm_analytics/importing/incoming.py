"""The records of a file on their way into a table, each with the line it came from, and those that cannot become a row of it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from crm_analytics.database import quoted
from crm_analytics.importing.landing.clean import Landing
from crm_analytics.importing.reading.typed import Typed

AT_ONCE = 100_000  # records looked through with one statement


@dataclass(frozen=True)
class Incoming:
    """What stands in the temporary table `incoming`: `rows` is the SELECT of the records that become rows, `line` tells theirs.

    A record without a place in the table has its `cells`, and a `fault` ('column|reason') unless it says nothing; where it is
    known beforehand that all become rows (`is_sound`), there are no such columns.
    """

    rows: str
    line: str
    amount: str
    first: int
    last: int
    is_sound: bool


def stage(con, typed: Typed, landing: Landing, import_id: int, *, has_faults: bool) -> Incoming:
    """Read the file once, into the temporary table `incoming`; `has_faults=False`: it is known that no record has one.

    The engine's CSV reader knows no line numbers, and counting rows leaves all but one processor idle. Where each line is a
    record, all of them read, and the place of a row in the table says its line. See decision 022.
    """
    values, filled, is_sound = typed.values(), typed.filled(), not (has_faults or typed.only_with)
    staged = [f"{values[name]} as {quoted(name)}" for name in filled]
    staged += [] if landing.in_order else ["source_line"]
    records = landing.in_order or landing.relation
    if not is_sound:
        cells = ", ".join(f"coalesce(c{place}, '')" for place in range(len(landing.headers)))
        staged += ["fault", f"case when fault is not null or says_nothing then [{cells}] end as cells"]
        records = f"(select *, {typed.fault()} as fault, {typed.skips()} as says_nothing from {records})"
    con.execute(f"create or replace temp table incoming as select {', '.join(staged)} from {records}")
    first, last = _places(con, landing.records)
    line = f"rowid - {first} + {landing.first_line}" if landing.in_order else "source_line"
    columns = ", ".join(quoted(name) if name in filled else f"{sql} as {quoted(name)}" for name, sql in values.items())
    rows = f"select {columns}, {import_id} as import_id, {line} as source_line from incoming"
    amount = "amount" if "amount" in filled else "cast(null as decimal(17,4))"
    return Incoming(rows if is_sound else f"{rows} where cells is null", line, amount, first, last, is_sound)


def _places(con, records: int) -> tuple[int, int]:
    """The first and the last rowid: within a transaction they begin at a large number, the others follow without a gap."""
    first, last = con.execute("select coalesce(min(rowid), 0), coalesce(max(rowid), -1) from incoming").fetchone()
    if last - first + 1 != records:
        raise AssertionError(f"{records} records have the places {first} to {last}")
    return first, last


def faults(con, found: Incoming) -> tuple[Counter[str], Decimal | None]:
    """How often each fault occurs, and the sum of amounts, those of faulty records among them; None: the file has none."""
    fault = "cast(null as varchar)" if found.is_sound else "fault"
    counted = con.execute(f"select {fault}, count(*), sum({found.amount}) from incoming group by 1").fetchall()
    sums = [total for _, _, total in counted if total is not None]
    return Counter({fault: n for fault, n, _ in counted if fault}), sum(sums, Decimal(0)) if sums else None


def silent(con, found: Incoming) -> int:
    """Records that say nothing for this table."""
    if found.is_sound:
        return 0
    return con.execute("select count(*) from incoming where cells is not null and fault is null").fetchone()[0]


def first_faults(con, found: Incoming, headers: list[str], most: int) -> pd.DataFrame:
    """The first records with a fault: source_line, column_name, reason, then the cells under their headers."""
    cells = ", ".join(f"cells[{place}] as {quoted(header)}" for place, header in enumerate(headers, 1))
    return con.execute(
        f"select {found.line} as source_line, split_part(fault, '|', 1) as column_name, split_part(fault, '|', 2) as reason, "
        f"{cells} from incoming where fault is not null order by source_line limit {most}"
    ).df()


def amount_with_faults(con, found: Incoming) -> Decimal:
    """The sum of the amounts of records with a fault."""
    return con.execute(f"select coalesce(sum({found.amount}), 0) from incoming where fault is not null").fetchone()[0]


def without_place(con, found: Incoming) -> Iterator[list[tuple[int, str | None, list[str]]]]:
    """(line, fault or None where it says nothing, cells) of the records that become no row, some at a time."""
    for start in range(found.first, found.last + 1, AT_ONCE):
        yield con.execute(
            f"select {found.line}, fault, cells from incoming where cells is not null and rowid between {start} and {start + AT_ONCE - 1}"
        ).fetchall()


def clear(con) -> None:
    """Drop what was staged."""
    con.execute("drop table if exists incoming")
