"""The customer snapshot: one row per customer as of a day, built once per day and window, kept, and grouped by every screen."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from crm_analytics import cache, derived, first_order, rfm
from crm_analytics.database import quoted
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.state import rules as rules_in_force

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
    "member_tier",
)
LINE_COLUMNS = ("channel", "category", "brand")  # a customer has his main one, by revenue in the window
SEGMENT_COLUMNS = rfm.COLUMNS  # groups in the scheme -> the snapshot's column of them
SCORE_COLUMNS = ("r", "f", "m")
AGE_BANDS = {
    "0-24": (0, 24),
    "25-34": (25, 34),
    "35-44": (35, 44),
    "45-54": (45, 54),
    "55-64": (55, 64),
    "65+": (65, 999),
}
FACTS = {  # yes or no of each customer; who never answered is neither satisfied nor not
    "is_active": "s.is_active",
    "is_active_before": "s.is_active_before",
    "is_new": "s.is_new",
    "has_ordered": "s.orders > 0",
    "has_repeated": "s.orders > 1",
    "is_satisfied": "s.is_satisfied",
    "has_answered": "s.satisfaction is not null",
    "has_complained": "s.complaints > 0",
    "has_open_complaint": "s.open_complaints > 0",
    "has_second_order": "case when s.orders_ever > 0 then s.orders_ever > 1 end",
}
SMALLEST = Decimal("0.0001")  # of money
LADDER = "case when s.orders_ever >= 5 then '5+' else cast(s.orders_ever as varchar) end"
MOST_CHOICES = 200
MOST_OF_ATTRIBUTE = 30


def prepare(con, filters: Filters) -> Filters:
    """The filters with their day resolved; on this cursor the views `snapshot` (everyone) and `chosen` now show that view.

    `as_of` defaults to the day of the latest order, else of the latest thing known of a customer. Raises CrmError E_NO_ORDERS
    while nothing is known of anybody.
    """
    first, last = con.execute("select min(day), max(day) from company_days where orders > 0").fetchone()
    last = filters.as_of or last or _latest_day(con)
    if last is None:
        raise CrmError("E_NO_ORDERS")
    filters = replace(filters, as_of=last, data_from=first)
    con.execute(f"create or replace temp view snapshot as {_with_segments(con, filters)}")
    _choose(con, filters)
    return filters


def earlier(con, filters: Filters, as_of: date) -> Filters:
    """Another day beside the prepared one: views `snapshot_then` (everyone) and `chosen_then` (those who are chosen now).

    Returns the filters of that day: the same window length and choice.
    """
    then = replace(filters, as_of=as_of)
    con.execute(f"create or replace temp view snapshot_then as {_with_segments(con, then)}")
    whom = " where customer_id in (select customer_id from chosen)" if filters.where or filters.customer_set else ""
    con.execute(f"create or replace temp view chosen_then as select * from snapshot_then{whom}")
    return then


def _latest_day(con) -> date | None:
    """The latest day known of a company without orders; files without any date count by the day of their import."""
    return con.execute(
        "select coalesce((select max(day) from (select max(signup_date) as day from customers union all "
        "select max(day) from answers union all select max(opened_day) from cases) known), "
        "(select cast(max(imported_at) as date) from imports where undone_at is null and loaded > 0))"
    ).fetchone()[0]


def _table(con, filters: Filters) -> str:
    """The kept snapshot of this day and window."""
    return cache.table(con, "snapshot", filters, derived.sql("snapshot"), _parameters(filters, rules_in_force(con)))


def _with_segments(con, filters: Filters) -> str:
    """The kept snapshot with the columns segment and segment_11, which cost nothing until they are read."""
    table, high = _table(con, filters), high_scores(con, filters)
    return f"select *, {rfm.segment_sql(high)} as segment, {rfm.group_sql()} as segment_11 from {table}"


def high_scores(con, filters: Filters) -> tuple[int, int, int]:
    """The lowest score of R, F and M that is high among the company's buyers of this window, whomever the filters choose."""
    everyone = replace(filters, where=(), customer_set=None)

    def counted() -> list[tuple]:
        table = _table(con, filters)
        return con.execute(f"select r, f, m, count(*) from {table} where r is not null group by r, f, m").fetchall()

    return rfm.high_scores(cache.answer(con, everyone, ("scores",), counted), rules_in_force(con))


def cuts(con) -> dict[str, Decimal]:
    """Where the tiers end, as exact shares of the active customers: top_cut, big_cut, medium_cut."""
    return _cuts(rules_in_force(con))


def _cuts(rules) -> dict[str, Decimal]:
    top, big, medium = (Decimal(str(share)) for share in rules.tier_shares)
    return {"top_cut": top, "big_cut": top + big, "medium_cut": top + big + medium}


def _parameters(filters: Filters, rules) -> dict:
    day = timedelta(days=1)
    silent, forgotten, lost = rules.lifecycle_days
    return (
        {
            "as_of": filters.as_of,
            "since": filters.start - day,
            "before": filters.start_before - day,
            "earlier": filters.start_earlier - day,
            "unranked_share": max(0.0, 0.99 - sum(rules.tier_shares)),
            "silent": silent,
            "forgotten": forgotten,
            "lost": lost,
        }
        | _cuts(rules)
        | _score_cuts(filters, rules)
    )


def _score_cuts(filters: Filters, rules) -> dict:
    """The largest value of each score but the best, where it is typed: the last order as yyyymmdd, orders, revenue; else null."""
    furthest = filters.as_of.toordinal() - 1
    last_orders = [filters.as_of - timedelta(days=min(days + 1, furthest)) for days in reversed(rules.r_cuts)]
    cuts = {
        "r": [10_000 * day.year + 100 * day.month + day.day for day in last_orders],
        "f": [orders - 1 for orders in rules.f_cuts],
        "m": [Decimal(str(revenue)) - SMALLEST for revenue in rules.m_cuts],
    }
    return {f"{name}{place + 1}": found[place] if found else None for name, found in cuts.items() for place in range(4)}


def _choose(con, filters: Filters) -> None:
    """View `chosen`: the snapshot's customers that every condition allows. Values are parameters; columns are the profile's."""
    if not filters.where and not filters.customer_set:
        con.execute("create or replace temp view chosen as select * from snapshot")
        return
    conditions, values = [], {}
    for number, (column, allowed) in enumerate(filters.where):
        values[f"allowed_{number}"] = list(allowed)
        conditions.append(_condition(con, filters, column, number, values))
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


def _condition(con, filters: Filters, column: str, number: int, values: dict) -> str:
    allowed = f"$allowed_{number}"
    if column in ("tier", "stage", *SEGMENT_COLUMNS.values()):
        return f"list_contains({allowed}, s.{quoted(column)})"
    if column in SCORE_COLUMNS:
        return f"list_contains({allowed}, cast(s.{quoted(column)} as varchar))"
    if column == "orders_ever":
        return f"list_contains({allowed}, {LADDER})"
    if column in FACTS:
        return (
            f"list_contains({allowed}, case when {FACTS[column]} then 'yes' when not ({FACTS[column]}) then 'no' end)"
        )
    if column in CHOICE_COLUMNS:
        return f"list_contains({allowed}, p.{quoted(column)})"
    if column == "age_band":
        values["as_of"] = filters.as_of
        return f"list_contains({allowed}, {age_band('p.birth_date')})"
    if column in LINE_COLUMNS:
        return f"s.customer_id in (select customer_id from {_main(con, filters, column)} where list_contains({allowed}, value))"
    if column in first_order.MONTHS or column in first_order.COLUMNS:
        return first_order.condition(con, filters, column, allowed.removeprefix("$"), values)
    known = con.execute("select count(*) from customer_attributes where name = $name", {"name": column}).fetchone()[0]
    if not known:
        raise CrmError("E_FILTER_COLUMN", name=column, known=", ".join(choices(con)) or "-")
    values[f"name_{number}"] = column
    return f"s.customer_id in (select customer_id from attributes where name = $name_{number} and list_contains({allowed}, value))"


def age_band(birth_date: str) -> str:
    """SQL: the band of a customer's age on $as_of, null where the day of birth is unknown or lies ahead."""
    age = (
        f"(year($as_of) - year({birth_date}) - case when month($as_of) * 100 + day($as_of) < "
        f"month({birth_date}) * 100 + day({birth_date}) then 1 else 0 end)"
    )
    bands = " ".join(f"when {age} between {low} and {high} then '{name}'" for name, (low, high) in AGE_BANDS.items())
    return f"case {bands} end"


def main_values(con, filters: Filters, column: str) -> str:
    """The table (customer_id, value) of each customer's main channel, category or brand: the one with most revenue in the window.

    Who bought nothing in it has that of the window before, else of the one before that: those who left had a channel too.
    """
    if column not in LINE_COLUMNS:
        raise CrmError("E_FILTER_COLUMN", name=column, known=", ".join(LINE_COLUMNS))
    return _main(con, filters, column)


def _main(con, filters: Filters, column: str) -> str:
    name = quoted(column)
    return cache.table(
        con,
        f"main_{column}",
        filters,
        "select customer_id, arg_max(value, struct_pack(part := part, revenue := revenue, value := value)) as value from ("
        f"select customer_id, {name} as value, case when day >= $start then 2 when day >= $before then 1 else 0 end as part, "
        f"sum(amount) as revenue from lines where {name} is not null and customer_id is not null and day >= $earlier "
        "and day < $end group by 1, 2, 3) sums group by customer_id",
        {
            "start": filters.start,
            "before": filters.start_before,
            "earlier": filters.start_earlier,
            "end": filters.end,
        },
    )


def choices(con) -> dict[str, list[str]]:
    """What a reader can choose customers by: the columns this data fills, each with its values, commonest first.

    Segments where there are orders; columns of the profile, age band, main channel, category and brand with 2 to 200 values; then
    columns of the customers' own files with 2 to 30.
    """
    has_orders = con.execute("select exists (select 1 from customer_days where orders > 0)").fetchone()[0]
    found = {column: list(rfm.SCHEMES[groups]) for groups, column in SEGMENT_COLUMNS.items() if has_orders}
    found |= {column: _values(con, "customer_profile", column) for column in CHOICE_COLUMNS}
    if con.execute("select exists (select 1 from customer_profile where birth_date is not null)").fetchone()[0]:
        found["age_band"] = list(AGE_BANDS)
    found |= {column: _values(con, "lines", column) for column in LINE_COLUMNS}
    return {column: values for column, values in found.items() if 2 <= len(values) <= MOST_CHOICES} | _attributes(con)


def _values(con, table: str, column: str) -> list[str]:
    name = quoted(column)
    rows = con.execute(
        f"select {name} from {table} where {name} is not null group by 1 order by count(*) desc, 1 limit {MOST_CHOICES + 1}"
    )
    return [value for (value,) in rows.fetchall()]


def _attributes(con) -> dict[str, list[str]]:
    rows = con.execute(
        "select name, list(value order by times desc, value) from (select name, value, count(*) as times from attributes "
        f"group by name, value) counted group by name having count(*) between 2 and {MOST_OF_ATTRIBUTE} order by name"
    )
    return dict(rows.fetchall())
