"""The list of customers behind any number."""

import pandas as pd

from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters

SORTABLE = (
    "customer_id",
    "name",
    "tier",
    "stage",
    "revenue",
    "orders",
    "margin",
    "last_order_date",
    "first_order_date",
    "days_since_last_order",
    "revenue_ever",
    "orders_ever",
    "region",
    "city",
    "kind",
    "owner",
)
COLUMNS = """c.customer_id, p.name, c.tier, c.stage, c.revenue,
    case when c.margin <> 0 or c.covered_revenue <> 0 then c.margin end as margin,
    c.orders, c.last_order_date, c.days_since_last_order, c.first_order_date, c.orders_ever, c.revenue_ever,
    c.revenue_before, c.orders_before, c.r, c.f, c.m, p.kind, p.region, p.city, p.owner"""


def listing(
    con,
    filters: Filters,
    *,
    search: str = "",
    order_by: str = "revenue",
    descending: bool = True,
    limit: int = 200,
    offset: int = 0,
) -> pd.DataFrame:
    """The chosen customers with what the snapshot knows of them.  One row per customer.

    `search` finds part of an id or a name. Margin is null where no line of the customer has a known cost. Raises CrmError
    E_SORT on a column that cannot order the list.
    """
    if order_by not in SORTABLE:
        raise CrmError("E_SORT", column=order_by, known=", ".join(SORTABLE))
    direction = "desc" if descending else "asc"
    return con.execute(
        f"select {COLUMNS} from chosen c left join customer_profile p on p.customer_id = c.customer_id "
        "where $search = '' or contains(lower(c.customer_id), $search) or contains(lower(p.name), $search) "
        f'order by "{order_by}" {direction} nulls last, c.customer_id limit $limit offset $offset',
        {"search": search.strip().lower(), "limit": limit, "offset": offset},
    ).df()


def size(con, filters: Filters, *, search: str = "") -> int:
    """How many customers the list holds."""
    return con.execute(
        "select count(*) from chosen c left join customer_profile p on p.customer_id = c.customer_id "
        "where $search = '' or contains(lower(c.customer_id), $search) or contains(lower(p.name), $search)",
        {"search": search.strip().lower()},
    ).fetchone()[0]
