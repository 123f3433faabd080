"""The customer snapshot: one row per customer as of a day, built once per day and window, kept, and grouped by every screen."""

import threading
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from time import monotonic

from crm_analytics import derived
from crm_analytics.database import data_version, quoted
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.state import rules as rules_in_force

KEPT = 6  # snapshots in memory; more only while readers still stand on them
READING = 120  # seconds in which a reader may still stand on a snapshot
CHOICE_COLUMNS = (
    "kind",
    "gender",
    "region",
    "country",
    "city",
    "income_band",
    "occupation",
    "industry",
    "company_size",
    "source",
    "owner",
    "status",
    "decision_style",
)
MOST_CHOICES = 200

_building = threading.Lock()
_used: dict[str, float] = {}  # snapshot -> when a reader last asked for it


def prepare(con, filters: Filters) -> Filters:
    """The filters with their day resolved; on this cursor the views `snapshot` (everyone) and `chosen` now show that view.

    `as_of` defaults to the day of the latest order. Raises CrmError E_NO_ORDERS while there are none.
    """
    first, last = con.execute("select min(day), max(day) from company_days where orders > 0").fetchone()
    if first is None and not filters.as_of:
        raise CrmError("E_NO_ORDERS")
    filters = replace(filters, as_of=filters.as_of or last, data_from=first)
    table = _table(con, filters)
    con.execute(f"create or replace temp view snapshot as select * from {table}")
    _choose(con, filters)
    return filters


def _table(con, filters: Filters) -> str:
    """The kept table of this day and window, built where there is none. Its name is its key."""
    name = f"snapshot_{data_version(con)}_{filters.as_of:%Y%m%d}_{filters.months}"
    with _building:
        kept = [
            table
            for (table,) in con.execute(
                "select table_name from duckdb_tables() where database_name = 'cache' order by table_oid"
            ).fetchall()
        ]
        if name not in kept:
            con.execute(
                f"create table cache.{name} as {derived.sql('snapshot')}", _parameters(filters, rules_in_force(con))
            )
            for oldest in kept[: max(0, len(kept) + 1 - KEPT)]:
                if monotonic() - _used.get(oldest, 0) > READING:
                    con.execute(f"drop table cache.{oldest}")
                    _used.pop(oldest, None)
        _used[name] = monotonic()
    return f"cache.{name}"


def _parameters(filters: Filters, rules) -> dict:
    day = timedelta(days=1)
    top, big, medium = (Decimal(str(share)) for share in rules.tier_shares)
    silent, forgotten, lost = rules.lifecycle_days
    return {
        "as_of": filters.as_of,
        "since": filters.start - day,
        "before": filters.start_before - day,
        "earlier": filters.start_earlier - day,
        "top_cut": top,
        "big_cut": top + big,
        "medium_cut": top + big + medium,
        "unranked_share": max(0.0, 1 - float(top + big + medium) - 0.01),
        "silent": silent,
        "forgotten": forgotten,
        "lost": lost,
    }


def _choose(con, filters: Filters) -> None:
    """View `chosen`: the snapshot's customers that every condition allows. Values are parameters; columns are the profile's."""
    if not filters.where and not filters.customer_set:
        con.execute("create or replace temp view chosen as select * from snapshot")
        return
    conditions, values = [], {}
    for number, (column, allowed) in enumerate(filters.where):
        values[f"allowed_{number}"] = list(allowed)
        conditions.append(_condition(con, column, number, values))
    if filters.customer_set:
        _check_set(con, filters.customer_set)
        values["set"] = filters.customer_set
        conditions.append("s.customer_id in (select customer_id from customer_sets where name = $set)")
    con.execute(
        "create or replace temp table choice as select s.customer_id from snapshot s "
        f"left join customer_profile p on p.customer_id = s.customer_id where {' and '.join(conditions)}",
        values,
    )
    con.execute(
        "create or replace temp view chosen as select s.* from snapshot s join choice c on c.customer_id = s.customer_id"
    )


def _check_set(con, name: str) -> None:
    known = [each for (each,) in con.execute("select distinct name from customer_sets order by 1").fetchall()]
    if name not in known:
        raise CrmError("E_SET", name=name, known=", ".join(known) or "-")


def _condition(con, column: str, number: int, values: dict) -> str:
    if column in ("tier", "stage"):
        return f"list_contains($allowed_{number}, s.{quoted(column)})"
    if column in CHOICE_COLUMNS:
        return f"list_contains($allowed_{number}, p.{quoted(column)})"
    known = con.execute("select count(*) from customer_attributes where name = $name", {"name": column}).fetchone()[0]
    if not known:
        raise CrmError("E_FILTER_COLUMN", name=column, known=", ".join(choices(con)) or "-")
    values[f"name_{number}"] = column
    return (
        f"s.customer_id in (select customer_id from customer_attributes where name = $name_{number} group by customer_id "
        f"having list_contains($allowed_{number}, arg_max(value, struct_pack(import := import_id, line := source_line))))"
    )


def choices(con) -> dict[str, list[str]]:
    """What a reader can choose customers by: the columns this data fills, each with its values (at most 200, commonest first)."""
    found = {}
    for column in CHOICE_COLUMNS:
        values = con.execute(
            f"select {quoted(column)} from customer_profile where {quoted(column)} is not null "
            f"group by 1 order by count(*) desc, 1 limit {MOST_CHOICES + 1}"
        ).fetchall()
        if 2 <= len(values) <= MOST_CHOICES:
            found[column] = [value for (value,) in values]
    return found
