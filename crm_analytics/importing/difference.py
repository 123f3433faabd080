"""What a file says against what is here: rows that are known, newer versions, rows that the file has no more."""

from dataclasses import dataclass, field

import pandas as pd

from crm_analytics.database import quoted
from crm_analytics.importing.identity import Way, columns, is_comparable, judge, mark_versions
from crm_analytics.importing.reading.typed import Typed
from crm_analytics.importing.replacing import within
from crm_analytics.schema import TABLES

SHOWN = 50
FEW = 3  # versions below which other dates prove no other source
HERE = "(select * from judged where verdict is distinct from 'repeated')"


@dataclass(frozen=True)
class Difference:
    """Counts of rows. known: here already (repeats that count once among them). changed: newer versions of lines that are here.

    beside: share their line with a row that is here and are kept beside it, as lines are not told apart by it. vanished: here,
    from the file's first moment to its last, and no more in a file that holds most of them. replaced: would leave under the chosen scope,
    earlier versions of changed lines apart. is_other_source: the same numbers stand for other orders.
    rows: a sample, `what` = changed | vanished | replaced, then one text column per filled column, "old → new" where changed.
    """

    known: int = 0
    changed: int = 0
    beside: int = 0
    vanished: int = 0
    replaced: int = 0
    is_other_source: bool = False
    rows: pd.DataFrame = field(default_factory=pd.DataFrame)


def compare(con, typed: Typed, rows: str, way: Way) -> Difference:
    """The difference that loading these rows (a SELECT, see `incoming`) would make; changes nothing."""
    if not is_comparable(con, typed.table, way):
        return Difference()
    beside = judge(con, typed, rows, way)
    known, changed, same = con.execute(
        "select count(*) filter (verdict in ('known', 'repeated')), count(*) filter (verdict = 'changed'), "
        "count(*) filter (verdict = 'known') from judged"
    ).fetchone()
    left = _left(con, typed.table, way)
    is_again = bool(same + changed) and left <= same + changed and not TABLES[typed.table].key
    vanished = left if way.scope == "append" and is_again else 0
    replaced = left if way.scope != "append" else 0
    if TABLES[typed.table].key:
        changed = mark_versions(con, typed)
    rows = [_changed(con, typed)]
    if vanished or replaced:
        rows.append(_leaving(con, typed, way, "vanished" if vanished else "replaced"))
    return Difference(
        known,
        changed,
        beside,
        vanished,
        replaced,
        _is_other_source(con, typed, same, changed),
        pd.concat(rows, ignore_index=True),
    )


def _range(table: str, way: Way) -> str:
    """SQL: whether a row of the table lies where the file could replace it; when appending, within the file's own time."""
    return within(table, "replace-period" if way.scope == "append" else way.scope, HERE)


def _left(con, table: str, way: Way) -> int:
    """Rows that are here, in the file's range, and neither known nor given a newer version by it."""
    old = "select (old_import, old_line) from judged where verdict = 'changed'"
    here = (
        f"select count(*) from {quoted(table)} where {_range(table, way)} and (import_id, source_line) not in ({old})"
    )
    same = "select count(*) from judged where verdict = 'known'"
    return con.execute(f"select ({here}) - ({same})").fetchone()[0]


def _is_other_source(con, typed: Typed, same: int, changed: int) -> bool:
    """Whether the numbers of orders are those of other orders: nothing is known, and most of what meets happened at other times."""
    if typed.table != "orders" or same or changed < FEW:
        return False
    return con.execute(
        "select count(*) filter (h.ordered_at is distinct from n.ordered_at) * 2 > count(*) from judged n "
        "join orders h on h.import_id = n.old_import and h.source_line = n.old_line where n.verdict = 'changed'"
    ).fetchone()[0]


def _changed(con, typed: Typed) -> pd.DataFrame:
    """Changed rows field by field: "old → new" where it changed."""
    names, table = typed.filled(), quoted(typed.table)
    fields = ", ".join(
        f"case when h.{quoted(name)} is distinct from n.{quoted(name)} "
        f"then concat(coalesce({_shown(typed, 'h', name)}, '–'), ' → ', coalesce({_shown(typed, 'n', name)}, '–')) "
        f"else {_shown(typed, 'n', name)} end as {quoted(name)}"
        for name in names
    )
    return con.execute(
        f"select 'changed' as what, {fields} from judged n join {table} h on h.import_id = n.old_import "
        f"and h.source_line = n.old_line where n.verdict = 'changed' order by n.source_line limit {SHOWN}"
    ).df()


def _leaving(con, typed: Typed, way: Way, what: str) -> pd.DataFrame:
    """Rows that are here and no more in the file."""
    names = ", ".join(map(quoted, columns(typed.table)))
    fields = ", ".join(f"{_shown(typed, 'h', name)} as {quoted(name)}" for name in typed.filled())
    old = "select (old_import, old_line) from judged where verdict = 'changed'"
    return con.execute(
        f"select $what as what, {fields} from (select {names} from {quoted(typed.table)} where {_range(typed.table, way)} "
        f"and (import_id, source_line) not in ({old}) except all select {names} from {HERE}) h order by all limit {SHOWN}",
        {"what": what},
    ).df()


def _shown(typed: Typed, row: str, name: str) -> str:
    """SQL: a value as text, decimals without the zeros behind them."""
    text = f"cast({row}.{quoted(name)} as varchar)"
    is_decimal = TABLES[typed.table][name].kind in ("money", "number")
    return f"regexp_replace({text}, '[.]?0+$', '')" if is_decimal else text
