"""Our share of what each customer spends on such goods, from an estimate of his spending or from our place among his suppliers."""

import pandas as pd

from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics._relations import ESTIMATED

SORTS = ("room", "wallet_share", "total_spend", "own_sales", "estimated_on", "age_days")
COLUMNS = [
    "customer_id", "name", "tier", "own_sales", "total_spend", "wallet_share", "room", "is_capped", "source", "estimated_on", "age_days",
    "our_rank", "supplier_count", "rank_share", "note",
]  # fmt: skip
# Own sales above the estimate: the estimate is too low, so all of it counts as ours, and the note says so.
EACH = """
, known as (
    select customer_id, own, spend, 1e0 * least(own, spend) / spend as wallet_share, spend - least(own, spend) as room,
        own > spend as is_capped, source, as_of, null as our_rank, null as supplier_count, null as rank_share,
        case when own > spend then 'wallet_capped' end as note
    from estimated
    where is_covered
    union all
    select customer_id, null, spend, null, null, null, source, as_of, null, null, null, 'wallet_left_out'
    from estimated
    where not is_covered
    union all
    select customer_id, null, null, null, null, null, source, as_of, our_rank, supplier_count, share, 'wallet_by_rank'
    from placed
)
select k.customer_id, p.name, c.tier, cast(k.own as double) as own_sales, cast(k.spend as double) as total_spend, k.wallet_share,
    cast(k.room as double) as room, k.is_capped, k.source, k.as_of as estimated_on, cast($end - k.as_of - 1 as integer) as age_days,
    k.our_rank, k.supplier_count, k.rank_share, k.note
from known k
join chosen c on c.customer_id = k.customer_id
left join customer_profile p on p.customer_id = k.customer_id
"""


def listing(con, filters: Filters, order_by: str, descending: bool, limit: int, offset: int) -> pd.DataFrame:
    """The frame of `value.wallet`, which says what it means."""
    if order_by not in SORTS:
        raise CrmError("E_SORT", column=order_by, known=", ".join(SORTS))
    way = "desc" if descending else "asc"
    return con.execute(
        ESTIMATED + EACH + f"order by {order_by} {way} nulls last, k.customer_id limit $limit offset $offset",
        {"end": filters.end, "data_from": filters.data_from, "limit": limit, "offset": offset},
    ).df()[COLUMNS]
