"""How close the relation is, layer by layer: our share of what customers spend on such goods, and how long they have bought."""

import pandas as pd

from crm_analytics.filters import Filters
from crm_analytics.metrics import _ranking
from crm_analytics.metrics._ranking import LAYERS
from crm_analytics.stats.intervals import median_places

DAYS_A_YEAR = 365.25
COLUMNS = [
    "tier", "customers", "wallet_share", "wallet_customers", "wallet_room", "wallet_capped", "wallet_left_out", "wallet_oldest",
    "wallet_newest", "rank_share", "rank_customers", "tenure_years_median", "tenure_low", "tenure_high", "tenure_customers",
    "observed_years", "wants",
]  # fmt: skip
# The latest estimate of a person's spending beside our own sales of the twelve months to it; who has none may have told our place
# among his suppliers. Own sales below nothing count as nothing, above the estimate as all of it.
ESTIMATED = """
with told as (
    select coalesce(a.person, w.customer_id) as customer_id, w.as_of, w.total_spend, w.source, w.supplier_count, w.our_rank,
        row_number() over (partition by coalesce(a.person, w.customer_id), coalesce(w.total_spend, 0) > 0
            order by w.as_of desc, w.import_id desc, w.source_line desc) as age
    from wallet w
    left join aliases a on a.number = w.customer_id
    where w.as_of < $end and (w.total_spend > 0 or (w.our_rank >= 1 and w.our_rank <= w.supplier_count))
),
money as (
    select * from told where total_spend > 0 and age = 1
),
sold as (
    select m.customer_id, sum(d.revenue) as revenue
    from money m
    join customer_days d on d.customer_id = m.customer_id and d.day <= m.as_of and d.day > m.as_of - interval 12 month
    group by m.customer_id
),
estimated as (
    select m.customer_id, m.as_of, m.source, m.total_spend as spend, greatest(0, coalesce(s.revenue, 0)) as own,
        m.as_of - interval 12 month + interval 1 day >= cast($data_from as date) as is_covered
    from money m
    left join sold s on s.customer_id = m.customer_id
),
placed as (                          -- Wallet Allocation Rule (Keiningham et al. 2011): (1 - rank / (n + 1)) * 2 / n
    select customer_id, as_of, source, our_rank, supplier_count,
        (1 - our_rank / (supplier_count + 1)) * 2e0 / supplier_count as share
    from told
    where age = 1 and coalesce(total_spend, 0) <= 0 and customer_id not in (select customer_id from money)
)
"""
BY_LAYER = """
select r.tier, cast(count(*) as bigint) as customers,
    cast(count(case when e.is_covered then 1 end) as bigint) as wallet_customers,
    cast(sum(case when e.is_covered then least(e.own, e.spend) end) as double) as wallet_own,
    cast(sum(case when e.is_covered then e.spend - least(e.own, e.spend) end) as double) as wallet_room,
    cast(count(case when e.is_covered and e.own > e.spend then 1 end) as bigint) as wallet_capped,
    cast(count(case when not e.is_covered then 1 end) as bigint) as wallet_left_out,
    min(case when e.is_covered then e.as_of end) as wallet_oldest, max(case when e.is_covered then e.as_of end) as wallet_newest,
    avg(p.share) as rank_share, cast(count(p.share) as bigint) as rank_customers
from ranking r
left join estimated e on e.customer_id = r.customer_id
left join placed p on p.customer_id = r.customer_id
where r.is_chosen
group by r.tier
"""
TENURES = """
select r.tier, cast(case when r.position is null then s.last_order_date else $as_of end as date) - s.first_order_date as days,
    count(*) as customers
from ranking r
join snapshot s on s.customer_id = r.customer_id
where r.is_chosen and s.first_order_date is not null
group by 1, 2
order by 1, 2
"""


def table(con, filters: Filters, by: str, rank_within: bool) -> pd.DataFrame:
    """The frame of `pyramid.relations`, which says what it means."""
    _ranking.ranking(con, filters, by=by, rank_within=rank_within)
    found = con.execute(ESTIMATED + BY_LAYER, {"end": filters.end, "data_from": filters.data_from}).df()
    found = pd.DataFrame({"tier": LAYERS}).merge(found, on="tier", how="left")
    counts = ["customers", "wallet_customers", "wallet_capped", "wallet_left_out", "rank_customers"]
    found[counts] = found[counts].fillna(0).astype("int64")
    found["wallet_share"] = found["wallet_own"] / (found["wallet_own"] + found["wallet_room"])
    days = con.execute(TENURES, {"as_of": filters.as_of}).df()
    found = found.merge(pd.DataFrame([_tenure(days, tier) for tier in LAYERS]), on="tier")
    observed = (filters.as_of - filters.data_from).days / DAYS_A_YEAR if filters.data_from else None
    has_wallets = con.execute("select exists (select 1 from wallet)").fetchone()[0]
    return found.assign(observed_years=observed, wants=None if has_wallets else "wallet")[COLUMNS]


def _tenure(days: pd.DataFrame, tier: str) -> dict:
    """Median of one layer in years with the interval of its order statistics, from how many there are of each length."""
    mine = days[days["tier"] == tier]
    reached = mine["customers"].cumsum()
    n = int(mine["customers"].sum())

    def at(place: int) -> float:
        return mine["days"].iloc[int(reached.searchsorted(place))] / DAYS_A_YEAR

    low, high = median_places(n)
    return {
        "tier": tier,
        "tenure_customers": n,
        "tenure_years_median": (at((n + 1) // 2) + at(n // 2 + 1)) / 2 if n else None,
        "tenure_low": at(low) if low else None,
        "tenure_high": at(high) if high else None,
    }
