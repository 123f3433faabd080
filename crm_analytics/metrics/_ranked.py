"""The ranking list: every customer with place, tier, what he brings and what he costs; and one of them beside his tier."""

import pandas as pd

from crm_analytics.filters import Filters
from crm_analytics.metrics import _costs
from crm_analytics.metrics._person import person
from crm_analytics.rules import COST_KINDS

# Each customer's M and O by the coefficients of `_costs.per_customer`.
BORNE_OF = """
select r.customer_id, r.tier, r.position, r.revenue, r.orders, r.contribution, r.value,
    $m_head + $m_revenue * greatest(r.revenue, 0) + $m_activity * coalesce(d.activity, 0) + $m_marketing * coalesce(d.marketing, 0)
        + $m_sales * coalesce(d.sales, 0) + $m_service * coalesce(d.service, 0)
        + coalesce(list_extract($m_layers, list_position($layers, r.layer)), 0) as marketing_cost,
    $o_head + $o_revenue * greatest(r.revenue, 0) + $o_activity * coalesce(d.activity, 0) + $o_overhead * coalesce(d.overhead, 0)
        + coalesce(list_extract($o_layers, list_position($layers, r.layer)), 0) as overhead
from {customers} r
left join cost_drivers d on d.customer_id = r.customer_id
where r.is_chosen
"""
BORNE = BORNE_OF.format(customers="ranking")
PAGE = """
create or replace temp table page as
select * from ranking where is_chosen and ($tier = '' or tier = $tier)
order by position is null, position, revenue desc, customer_id limit $limit offset $offset
"""
LISTED = f"""
with listed as (
    {BORNE_OF.format(customers="page")}
),
sizes as (
    select tier, count(*) as size, max(position) as last_position from ranking where position is not null group by tier
),
whole as (
    select sum(revenue) as revenue from ranking where position is not null
),
cumulated as (
    select l.customer_id, sum(r.revenue) as revenue
    from (select customer_id, position, lag(position) over (order by position) as before from listed where position is not null) l
    join (select position, revenue from ranking where position <= (select max(position) from page)) r
        on r.position <= l.position and (l.before is null or r.position > l.before)
    group by l.customer_id
)
select l.position as rank, l.customer_id, p.name, l.tier, cast(l.revenue as double) as revenue, l.orders,
    case when l.position is not null then cast(sum(c.revenue) over (order by l.position) / nullif(w.revenue, 0) as double) end
        as cumulative_revenue_share,
    cast(l.contribution as double) as contribution, l.marketing_cost, l.overhead,
    1e0 * (s.last_position - l.position) / s.size as percentile_in_tier
from listed l
cross join whole w
left join sizes s on s.tier = l.tier and l.position is not null
left join cumulated c on c.customer_id = l.customer_id
left join customer_profile p on p.customer_id = l.customer_id
order by l.position is null, l.position, l.revenue desc, l.customer_id
"""
MEASURES = ("revenue", "orders", "contribution", "cost", "profit", "roi")


def listing(con, filters: Filters, by: str, rank_within: bool, tier: str, limit: int, offset: int) -> pd.DataFrame:
    """See `pyramid.customers`."""
    parameters, known = coefficients(con, filters, by, rank_within)
    con.execute(PAGE, {"tier": tier, "limit": limit, "offset": offset})
    found = _judged(con.execute(LISTED, parameters).df(), known)
    return found[
        ["rank", "customer_id", "name", "tier", "revenue", "orders", "cumulative_revenue_share", "contribution", "cost", "profit",
         "roi", "percentile_in_tier"]
    ].astype({"rank": "Int64"})  # fmt: skip


def coefficients(con, filters: Filters, by: str, rank_within: bool) -> tuple[dict, set[str]]:
    """What one customer bears of every cost, as parameters of BORNE, and which kinds of cost are known."""
    pots = _costs.pots(con, filters)
    cells = _costs.cells(con, filters, by=by, rank_within=rank_within)
    rates = _costs.per_customer(pots, cells)
    layers = sorted({cell.layer for cell in cells})
    parameters: dict = {"layers": layers}
    for short, column, kinds in (("m", "marketing_cost", _costs.SPENT), ("o", "overhead", COST_KINDS[3:])):
        rate = rates.get(column, {})
        parameters |= {
            f"{short}_head": rate.get("per_head", 0.0),
            f"{short}_revenue": rate.get("revenue", 0.0),
            f"{short}_activity": rate.get("activity", 0.0),
            f"{short}_layers": [rate.get(("direct", layer), 0.0) for layer in layers],
        } | {f"{short}_{kind}": rate.get(("direct", kind), 0.0) for kind in kinds}
    return parameters, {pot.kind for pot in pots}


def _judged(found: pd.DataFrame, known: set[str]) -> pd.DataFrame:
    """Cost, profit and return of each; unknown where marketing, sales and service all are."""
    is_known = bool(known & set(_costs.SPENT))
    marketing = found.marketing_cost if is_known else found.marketing_cost * float("nan")
    cost = marketing + found.overhead
    profit = found.contribution.astype(float) - cost
    return found.assign(cost=cost, profit=profit, roi=(profit / marketing).where(marketing.abs() > 0))


def standing(con, filters: Filters, id: str, by: str) -> pd.DataFrame:
    """See `pyramid.standing`."""
    who = person(con, id)
    parameters, known = coefficients(con, filters, by, False)
    con.execute(f"create or replace temp table borne as {BORNE}", parameters)
    mates = _judged(
        con.execute(
            "select customer_id, cast(revenue as double) as revenue, orders, cast(contribution as double) as contribution, "
            "marketing_cost, overhead from borne where tier = (select tier from borne where customer_id = $id)",
            {"id": who.id},
        ).df(),
        known,
    )
    own = mates[mates.customer_id == who.id]
    found = [(name, *_beside(own[name].astype(float), mates[name].astype(float))) for name in MEASURES]
    beside = pd.DataFrame(found, columns=["measure", "own", "tier_average", "tier_median", "percentile_in_tier"])
    spent = float(mates.marketing_cost.sum())
    if spent and mates.profit.notna().any():  # the tier's return, as in the pyramid: not the mean of single returns
        beside.loc[beside.measure == "roi", "tier_average"] = float(mates.profit.sum()) / spent
    return beside


def _beside(own: pd.Series, mates: pd.Series) -> tuple:
    """His own figure, the tier's average and median, and the share of the tier below him."""
    if own.empty or own.isna().all():
        return (None, mates.mean(), mates.median(), None) if len(mates) else (None, None, None, None)
    value = own.iloc[0]
    return value, mates.mean(), mates.median(), float((mates < value).sum() / mates.notna().sum())
