"""The pyramid and the what-if from a snapshot that is there: the first look pays for the ranking, what follows reads it."""

from itertools import count

from benchmarks.company import Company
from benchmarks.measure import Stopwatch
from crm_analytics import snapshot
from crm_analytics.database import open_database
from crm_analytics.filters import Filters
from crm_analytics.metrics import pyramid


def everyone(company: Company, stopwatch: Stopwatch):
    """All customers, with costs by head, by contact and by revenue."""
    con = open_database(company.whole).cursor()
    filters = snapshot.prepare(con, Filters())
    with stopwatch("pyramid.tiers"):
        rows = pyramid.tiers(con, filters)
    stopwatch.typical("pyramid.costs", lambda: pyramid.costs(con, filters))
    stopwatch.typical("pyramid.customers", lambda: pyramid.customers(con, filters, tier="top"))
    stopwatch.typical("pyramid.concentration", lambda: pyramid.concentration(con, filters))
    pyramid.whatif(con, filters, moves="small:medium=1")
    moved = count(1)
    stopwatch.typical(
        "pyramid.whatif", lambda: pyramid.whatif(con, filters, moves=f"small:medium={next(moved)},small:top=1")
    )
    pyramid.migration(con, filters)
    stopwatch.typical("pyramid.migration", lambda: pyramid.migration(con, filters))
    return lambda: _facts(con, filters, rows.set_index("tier"))


def _facts(con, filters: Filters, rows) -> dict:
    """The rows must add up to what plain SQL over the accepted tables gives, to the cent."""
    revenue, spent = con.execute(
        "select (select sum(amount) from orders where ordered_at >= $start), "
        "(select sum(amount) from costs where period >= $month)",
        {"start": filters.start, "month": f"{filters.start:%Y-%m}"},
    ).fetchone()
    total, parts = rows.loc["total"], rows.drop(index="total")
    shown = [round(part.revenue.sum() if part is parts else part.revenue, 2) for part in (total, parts)]
    borne = [round(float((part.marketing_cost + part.overhead).sum()), 2) for part in (rows.loc[["total"]], parts)]
    if shown != [round(float(revenue), 2)] * 2 or borne != [round(float(spent), 2)] * 2:
        raise AssertionError(f"revenue {shown} is {revenue} by plain SQL, costs {borne} are {spent}")
    return {
        "pyramid: revenue": shown[0],
        "pyramid: costs": borne[0],
        "pyramid: top customers": int(rows.customers["top"]),
    }
