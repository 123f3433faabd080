"""The numbers of the first screens from a snapshot that is there, over all exports of the company."""

from benchmarks.company import Company
from benchmarks.measure import Stopwatch
from crm_analytics import snapshot
from crm_analytics.database import open_database
from crm_analytics.filters import Filters
from crm_analytics.metrics import customers, overview


def everyone(company: Company, stopwatch: Stopwatch):
    """All customers."""
    con = open_database(company.whole).cursor()
    filters = snapshot.prepare(con, Filters())
    stopwatch.typical("overview.prepare", lambda: snapshot.prepare(con, Filters()))
    stopwatch.typical("overview.kpis", lambda: overview.kpis(con, filters))
    stopwatch.typical("overview.trend", lambda: overview.trend(con, filters, points=25, rolling=0))
    stopwatch.typical("overview.rates", lambda: overview.trend(con, filters, points=13, rolling=13))
    stopwatch.typical("customers.listing", lambda: customers.listing(con, filters))
    stopwatch.typical("customers.size", lambda: customers.size(con, filters))
    return lambda: _facts(con, filters, "everyone")


def region(company: Company, stopwatch: Stopwatch):
    """The customers of one region in five."""
    con = open_database(company.whole).cursor()
    asked = Filters(where=(("region", ("North",)),))
    filters = snapshot.prepare(con, asked)
    stopwatch.typical("region.prepare", lambda: snapshot.prepare(con, asked))
    stopwatch.typical("region.kpis", lambda: overview.kpis(con, filters))
    stopwatch.typical("region.trend", lambda: overview.trend(con, filters, points=25, rolling=0))
    stopwatch.typical("region.listing", lambda: customers.listing(con, filters))
    stopwatch.typical("region.search", lambda: customers.listing(con, filters, search="77"))
    return lambda: _facts(con, filters, "region")


def _facts(con, filters: Filters, choice: str) -> dict:
    """What the screens show must be what plain SQL over the accepted lines gives."""
    found = overview.kpis(con, filters).set_index("kpi")["value"]
    revenue, active = con.execute(
        """
        select round(cast(sum(revenue) as double), 2), count(*) filter (where orders > 0 and revenue > 0)
        from (
            select customer_id, sum(amount) as revenue, count(distinct order_id) filter (where amount > 0) as orders
            from orders
            where customer_id in (select customer_id from customers where $everyone or region = 'North') and ordered_at >= $start
            group by customer_id
        ) by_customer
        """,
        {"start": filters.start, "everyone": choice == "everyone"},
    ).fetchone()
    shown = round(found["identified_revenue"], 2), int(found["active_customers"])
    if shown != (revenue, active):
        raise AssertionError(f"{choice}: revenue and active customers are {shown}, by plain SQL {(revenue, active)}")
    return {f"{choice}: revenue": revenue, f"{choice}: active customers": active}
