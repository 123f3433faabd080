"""The ranking that the pyramid stands on: everyone with a layer, a place and what he brings, as a view on the cursor."""

from crm_analytics import cache, derived, snapshot
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics._margins import margin_rate

TIERS = ("top", "big", "medium", "small")
LAYERS = (*TIERS, "inactive", "prospect", "suspect")
ROWS = (*LAYERS, "unidentified", "total")
VARIABLES = ("revenue", "margin", "orders")


def ranking(con, filters: Filters, *, by: str = "revenue", rank_within: bool = False, then: bool = False) -> str:
    """View `ranking` (`ranking_then` of the views `snapshot_then`): one row per customer; `company_ranking`: the same of everyone.

    customer_id, is_chosen, tier (his layer), layer (the company's, also where ranked within), position among the active (1 = first,
    else null), revenue, revenue_before, orders, contribution (null where no cost of goods is known at all), last_order_date, value
    (of the ranking variable).
    `rank_within`: only the chosen are in it and ranked. Returns the view's name.
    Raises CrmError E_RANKING for a variable there is none of, E_NO_MARGIN where margin is unknown.
    """
    if by not in VARIABLES:
        raise CrmError("E_RANKING", by=by, known=", ".join(VARIABLES))
    rate = margin_rate(con, filters)
    if by == "margin" and rate is None:
        raise CrmError("E_NO_MARGIN")
    day = "_then" if then else ""
    parameters = {"by": by, "rate": rate} | snapshot.cuts(con)
    con.execute(f"create or replace temp view to_rank as select * from snapshot{day}")
    table = cache.table(con, f"ranking_{by}", filters, derived.sql("ranking"), parameters)
    con.execute(f"create or replace temp view company_ranking{day} as select * from {table}")
    if rank_within:
        table = f"ranked_within{day}"
        con.execute(f"create or replace temp view to_rank as select * from chosen{day}")
        con.execute(f"create or replace temp table {table} as {derived.sql('ranking')}", parameters)
    is_all = rank_within or not (filters.where or filters.customer_set)
    chosen = "true" if is_all else f"r.customer_id in (select customer_id from chosen{day})"
    joined = f" join company_ranking{day} c on c.customer_id = r.customer_id" if rank_within else ""
    con.execute(
        f"create or replace temp view ranking{day} as select r.*, {'c' if rank_within else 'r'}.tier as layer, {chosen} as is_chosen "
        f"from {table} r{joined}"
    )
    return f"ranking{day}"


def edges(con, filters: Filters, *, by: str = "revenue", rank_within: bool = False) -> dict[str, float]:
    """The lowest value of the ranking variable in each tier that has customers: where it is entered."""
    ranking(con, filters, by=by, rank_within=rank_within)
    rows = con.execute("select tier, min(value) from ranking where position is not null group by tier").fetchall()
    return {tier: float(value) for tier, value in rows}
