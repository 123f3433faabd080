"""Is the data right?  A score per table with its five parts, the findings behind it and the rows behind those."""

import pandas as pd

from crm_analytics import cache
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics import _quality
from crm_analytics.metrics._checks import CHECKS, PARTS, date_of
from crm_analytics.metrics._quality import quoted
from crm_analytics.schema import TABLES, Table

STALE_DAYS = 31  # behind the latest order: a month that the table does not cover
LIMITED = 0.95  # share of right rows below which a number is marked as limited
COLUMNS = ["finding", "table", "part", "rows", "of", "unit", "example", "import_ids", "limits"]
HERE = ["table", "rows", "different", "imports", "first_date", "last_date", "days_behind"]
UNTIMED = (
    "orders",
    "customers",
    "members",
    "campaigns",
    "campaign_members",
    "wallet",
)  # no new row is due while orders go on


def quality(con, filters: Filters) -> pd.DataFrame:
    """Findings about the data as imported, whatever the filters.  One row per finding and table; none where all is well.

    finding: its code. part: of the score (see `scores`), empty where people or files decided so and it is no flaw. rows: how many
    `unit` (orders, rows, customers, answers, days) it is about, `of` so many, `share` of them. example: one of them. import_ids: the
    imports they came with. limits: the numbers and screens it limits. stale: days that the table's latest date lies behind the
    latest order, of the 365 that a window usually has; future_dates: rows dated after the day of their import.
    """
    return cache.answer(
        con, Filters(), ("quality",), lambda: _framed(_quality.found(con, _here(con)) + _stale(con, filters))
    )


def scores(con, filters: Filters) -> pd.DataFrame:
    """How far the numbers can rest on each table, from 0 to 100: what its weakest part leaves.  One row per accepted table with rows.

    completeness, duplicates, staleness, orphans, consistency: share that is right, 0 to 1, by the worst finding of that part; 1
    where nothing was found. Completeness looks only at what numbers need: who, how much, when, and what was set aside. Orphans name
    an order or customer that is nowhere else. score: the smallest of the five times 100, because no part makes up for another:
    lines without a customer are not put right by being on time. weakest, finding, rows, of, unit, limits: of that part, null at 100.
    """
    found = quality(con, filters)
    result = []
    for table in tables(con, filters)["table"]:
        flaws = found[(found["table"] == table) & (found["part"] != "")].sort_values(
            "share", ascending=False, kind="stable"
        )
        worst = flaws.groupby("part")["share"].max()
        parts = [1.0 - float(worst.get(part, 0.0)) for part in PARTS]
        top = flaws.iloc[0] if len(flaws) else dict.fromkeys(("part", "finding", "rows", "of", "unit", "limits"))
        weakest = [top[name] for name in ("part", "finding", "rows", "of", "unit", "limits")]
        result.append((table, 100 * min(parts), *parts, *weakest))
    return pd.DataFrame(
        result, columns=["table", "score", *PARTS, "weakest", "finding", "rows", "of", "unit", "limits"]
    )


def limits(con, filters: Filters, *, codes: str = "") -> pd.DataFrame:
    """What limits numbers and screens: fewer than 95 in 100 of the rows they need are right.  One row each: its worst finding.

    codes: the numbers and screens to look at, parted by commas (repurchase_rate, pyramid ...); empty: all of them.
    kpi, finding, table, rows, of, unit, example, share (0 to 1) that is not right.
    """
    known = {code for check in CHECKS for code in check.limits} | {
        code for each in _quality.LIMITS.values() for code in each
    }
    wanted = frozenset(codes.split(",")) & known if codes else frozenset(known)
    found = _framed(_quality.found(con, _here(con), wanted) + _stale(con, filters))
    found = found[(found["part"] != "") & (found["share"] > 1 - LIMITED)]
    found = found.assign(kpi=found["limits"].str.split(", ")).explode("kpi")
    found = found[found["kpi"].isin(wanted)].sort_values("share", ascending=False, kind="stable")
    columns = ["kpi", "finding", "table", "rows", "of", "unit", "example", "share"]
    return found.drop_duplicates("kpi")[columns].reset_index(drop=True)


def rows_behind(
    con, filters: Filters, *, table: str = "orders", finding: str = "lines_without_customer", limit: int = 1000
) -> pd.DataFrame:
    """The very rows behind a finding: import, file, line, then what the row says.  One row per row of the table, at most `limit`.

    Columns that no row of the table fills are left out. quarantined: the records as they stood in the file, with their reason.
    Empty where a finding is about no row of the table. Raises CrmError E_TABLE for an unknown table.
    """
    if table not in TABLES:
        raise CrmError("E_TABLE", table=table, known=", ".join(TABLES))
    rows = _quality.rows_behind(con, table, finding, limit)
    return pd.DataFrame(columns=["import_id", "file_name", "source_line"]) if rows is None else rows


def _here(con) -> list[str]:
    """The accepted tables that hold rows."""
    return [name for name in TABLES if con.execute(f"select exists (from {quoted(name)})").fetchone()[0]]


def _framed(findings: list[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(findings, columns=COLUMNS)
    frame["limits"] = frame["limits"].map(", ".join)
    frame.insert(5, "share", (frame["rows"] / frame["of"].astype(float)).clip(upper=1.0))
    return frame


def _stale(con, filters: Filters) -> list[tuple]:
    """Tables that end more than a month before the latest order."""
    return [
        (
            "stale", row.table, "staleness", row.days_behind, _quality.LACKING, "days", f"{row.last_date:%Y-%m-%d}", _ids(con, row.table),
            _quality.LIMITS.get(("stale", row.table), ()),
        )
        for row in tables(con, filters).itertuples()
        if row.days_behind is not None and not pd.isna(row.days_behind) and row.days_behind > STALE_DAYS
    ]  # fmt: skip


def tables(con, filters: Filters) -> pd.DataFrame:
    """What is here.  One row per accepted table that holds rows, in the order of their usefulness.

    imports: how many brought them. different: customers, articles, complaints they are about, null where each row is a fact of
    its own. first_date, last_date: of the table's main date, null where it has none or none is filled.
    days_behind: days that last_date lies behind the latest order; null without orders, 0 where it does not.
    """
    latest = con.execute("select cast(max(ordered_at) as date) from orders").fetchone()[0]
    rows = []
    for name in TABLES:
        moment = f"cast({{}}({quoted(date_of(name))}) as date)" if date_of(name) else "cast(null as date)"
        first, last = moment.format("min"), moment.format("max")
        thing = _thing(TABLES[name])
        different = f"count(distinct {thing})" if thing else "cast(null as bigint)"
        behind = f"greatest(0, date_diff('day', {last}, cast($latest as date)))"
        row = con.execute(
            f"select $name, count(*), {different}, count(distinct import_id), {first}, {last}, "
            f"case when $dated and {last} is not null then {behind} end from {quoted(name)}",
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
            f"count(distinct {thing}) filter ({quoted(name)} is not null)" if thing else f"count({quoted(name)})"
            for name in names
        )
        every = f"count(distinct {thing})" if thing else "count(*)"
        total, *filled = con.execute(f"select {every}, {counts} from {quoted(table.name)}").fetchone()
        found += [
            (table.name, name, total, count, count / total) for name, count in zip(names, filled, strict=True) if count
        ]
    return pd.DataFrame(found, columns=["table", "column", "rows", "filled", "filled_share"])


def _is_once(con, table: Table) -> bool:
    """Every thing has one row, so that rows can be counted: counting distinct things column by column is dear."""
    things = f"select count(*) = count(distinct {_thing(table)}) from {quoted(table.name)}"
    return not table.key or con.execute(things).fetchone()[0]


def _thing(table: Table) -> str | None:
    """SQL of what a row of the table is about; null where each row is a fact of its own."""
    return f"row({', '.join(map(quoted, table.key))})" if table.key else None


def _ids(con, table: str) -> str | None:
    return con.execute(f"select {_quality.IMPORTS} from {quoted(table)}").fetchone()[0]
