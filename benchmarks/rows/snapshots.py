"""One row per customer as of a day: the barest group-by, the product's snapshot, and the same snapshot in pandas and polars."""

from datetime import timedelta

from benchmarks.company import Company
from benchmarks.measure import Stopwatch
from crm_analytics import snapshot
from crm_analytics.database import open_database
from crm_analytics.filters import Filters

GROUP_BY = """
create or replace temp table grouped as
select customer_id, max(ordered_at) as last, count(*) as lines, sum(amount) as revenue from orders group by customer_id
"""
TIERS = """
select tier, count(*), sum(orders), cast(sum(revenue) * 100 as bigint), cast(sum(revenue_before) * 100 as bigint) from snapshot group by 1
"""
SCORES = "select r, f, m, count(*), sum(days_since_last_order) from snapshot where orders > 0 group by 1, 2, 3"
STAGES = "select stage, count(*), sum(orders_ever), sum(days_since_last_order) from snapshot group by 1"
SUMS = """
select count(*), sum(orders), sum(orders_before), sum(lines), sum(lines_before), cast(sum(revenue_ever) * 100 as bigint),
    cast(sum(margin) * 100 as bigint), cast(sum(margin_before) * 100 as bigint), cast(sum(covered_revenue) * 100 as bigint),
    count(*) filter (where is_active_before), count(*) filter (where is_active_earlier), count(*) filter (where is_new),
    cast(sum(date_diff('day', date '2000-01-01', first_order_date)) as bigint),
    cast(sum(date_diff('day', date '2000-01-01', last_line_date)) as bigint)
from snapshot
"""


def bare(company: Company, stopwatch: Stopwatch):
    """Over the accepted orders in the product's own database: the least that any snapshot has to do."""
    con = open_database(company.orders_only).cursor()
    with stopwatch("groupby.cold"):
        con.execute(GROUP_BY)
    with stopwatch("groupby.warm"):
        con.execute(GROUP_BY)
    return lambda: {
        "revenue of customers": con.execute(
            "select cast(sum(revenue) * 100 as bigint) from grouped where customer_id is not null"
        ).fetchone()[0]
    }


def product(company: Company, stopwatch: Stopwatch):
    """The default day in a process that has read nothing yet, then the day before."""
    database = open_database(company.orders_only)
    con, other = database.cursor(), database.cursor()
    with stopwatch("snapshot.cold"):
        filters = snapshot.prepare(con, Filters())
    with stopwatch("snapshot.warm"):
        snapshot.prepare(other, Filters(as_of=filters.as_of - timedelta(days=1)))

    def facts():
        found = {name: _rows(con, query) for name, query in (("tiers", TIERS), ("scores", SCORES), ("stages", STAGES))}
        sums = con.execute(SUMS).fetchone()
        return found | {"sums": sums, "revenue of customers": sums[5]}

    return facts


def _rows(con, query: str) -> list[tuple]:
    """In one order whatever the engine: null first."""
    return sorted(
        (tuple(row) for row in con.execute(query).fetchall()),
        key=lambda row: tuple((cell is not None, cell) for cell in row),
    )


def pandas(company: Company, stopwatch: Stopwatch):
    """Needs what the product needs."""
    from benchmarks.rows import in_pandas

    with stopwatch("pandas.load"):
        lines = in_pandas.load(company.orders)
    with stopwatch("pandas.snapshot"):
        customers = in_pandas.snapshot(lines)
    return lambda: in_pandas.facts(customers)


def polars(company: Company, stopwatch: Stopwatch):
    """Needs benchmarks/requirements.txt."""
    from benchmarks.rows import in_polars

    with stopwatch("polars.load"):
        lines = in_polars.load(company.orders)
    with stopwatch("polars.snapshot"):
        customers = in_polars.snapshot(lines)
    return lambda: in_polars.facts(customers)
