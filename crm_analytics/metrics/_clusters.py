"""Groups found by machine: customers as points, the cuts of their cloud, everyone's part, and each part's profile and name."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_analytics import cache
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.stats import clusters

LEAST = 50  # active customers; fewer are a list to read, and no valley between them could be told from chance
MOST_CUSTOMERS = 10_000  # from which centres and k are found; everyone is then given the nearest centre
MOST_GROUPS = 8
EVERYBODY = 1_000_000_000
REPEATED = 0.7  # adjusted Rand of nine bootstrap samples in ten
APART = 0.4  # standard deviations from the mean at which a group's customers are called frequent, big, recent
FEATURES = ("days_since_last_order", "order_count", "revenue")
# One customer as a point. Revenue is in typical orders, so that the currency does not matter and what is left after returns is no far
# outlier. `by_days` and `by_orders` move whole days and orders by up to a half (revenue with the orders): nobody ordered 1.4
# times, and without that the empty places between one order and two would look like valleys between groups.
POINT = """
    ln(1 + days_since_last_order + by_days) as days_since_last_order,
    ln(1 + orders + by_orders) as order_count,
    ln(1 + cast(revenue as double) / orders * (orders + by_orders) / $typical) as revenue
"""
SAMPLE = f"""
select {POINT}
from (
    select *, $moves_days * (hash(concat('days ', customer_id)) / 18446744073709551616.0 - 0.5) as by_days,
        $moves_orders * (hash(concat('orders ', customer_id)) / 18446744073709551616.0 - 0.5) as by_orders
    from snapshot
    where is_active
    order by hash(customer_id), customer_id
    limit $most
) moved
order by hash(customer_id), customer_id
"""
ASSIGNED = f"""
with centres as (
    select unnest(range(1, len($centres) + 1)) as cluster, unnest($centres) as centre
),
points as (
    select customer_id, {POINT}
    from (select *, 0 as by_days, 0 as by_orders from snapshot where is_active) exact
),
scaled as (
    select customer_id, (days_since_last_order - $mean[1]) / $spread[1] as days_z, (order_count - $mean[2]) / $spread[2] as orders_z,
        (revenue - $mean[3]) / $spread[3] as revenue_z
    from points
)
select s.customer_id,
    cast(arg_min(c.cluster, struct_pack(far := list_distance([days_z, orders_z, revenue_z], c.centre), n := c.cluster)) as integer)
        as cluster,
    any_value(days_z) as days_z, any_value(orders_z) as orders_z, any_value(revenue_z) as revenue_z
from scaled s
cross join centres c
group by s.customer_id
"""


@dataclass(frozen=True)
class Cloud:
    """The company's active customers as points: how they are scaled, and in which parts they can be cut."""

    typical: float  # revenue of a typical order
    mean: np.ndarray
    spread: np.ndarray
    customers: int
    sampled: int
    cuts: tuple[clusters.Cut, ...]

    @property
    def chosen(self) -> clusters.Cut | None:
        """The cut into clear groups, where there are any."""
        return clusters.best(list(self.cuts))

    @property
    def finest(self) -> clusters.Cut:
        """The finest cut that another sample would repeat, groups or not; where none would, that with the highest silhouette."""
        repeated = [each for each in self.cuts if each.stability_low >= REPEATED]
        return repeated[-1] if repeated else max(self.cuts, key=lambda each: each.silhouette)


@dataclass(frozen=True)
class Solution:
    """One cut of the cloud, its parts in order: 1 has the highest spenders.  Without clear groups and a typed k there is none."""

    cloud: Cloud
    cut: clusters.Cut
    centres: np.ndarray
    is_groups: bool


def cloud(con, filters: Filters) -> Cloud:
    """The points of the whole company, once per day and window.  Raises CrmError E_CLUSTERS_FEW, E_CLUSTERS_ALIKE."""
    company = replace(filters, where=(), customer_set=None, compare="before")
    return cache.answer(con, company, ("clusters",), lambda: _cloud(con))


def _cloud(con) -> Cloud:
    n, typical, has_days, has_orders, has_revenue = con.execute(
        "select count(*), median(cast(revenue as double) / orders), min(days_since_last_order) < max(days_since_last_order), "
        "min(orders) < max(orders), min(revenue) < max(revenue) from snapshot where is_active"
    ).fetchone()
    if n < LEAST:
        raise CrmError("E_CLUSTERS_FEW", n=n, least=LEAST)
    if not (has_days or has_orders or has_revenue):
        raise CrmError("E_CLUSTERS_ALIKE", n=n)
    moved = {"moves_days": int(has_days), "moves_orders": int(has_orders)}  # what is the same for all stays so
    sample = con.execute(SAMPLE, {"typical": typical, "most": MOST_CUSTOMERS} | moved).fetchnumpy()
    points = np.column_stack([sample[name] for name in FEATURES])
    mean, spread = points.mean(axis=0), points.std(axis=0)
    spread[spread < 1e-9] = 1.0
    found = clusters.cuts((points - mean) / spread, MOST_GROUPS)
    return Cloud(typical, mean, spread, n, len(points), tuple(found))


def solution(con, filters: Filters, k: int) -> Solution | None:
    """The clear groups, or the parts of a typed k; None where there are no clear groups.  Raises CrmError E_CLUSTERS_K."""
    found = cloud(con, filters)
    cut = found.chosen if not k else next((each for each in found.cuts if each.k == k), None)
    if k and cut is None:
        raise CrmError("E_CLUSTERS_K", k=k, most=found.cuts[-1].k)
    if cut is None:
        return None
    days, orders, revenue = cut.centres.T
    return Solution(found, cut, cut.centres[np.lexsort((days, -orders, -revenue))], cut.is_clear)


def assigned(con, filters: Filters, found: Solution) -> str:
    """The table of every active customer's part: customer_id, cluster, and his place on each feature in standard deviations."""
    return cache.table(
        con, f"clusters_{found.cut.k}", filters, ASSIGNED,
        {"typical": found.cloud.typical, "mean": found.cloud.mean.tolist(), "spread": found.cloud.spread.tolist(),
         "centres": found.centres.tolist()},
    )  # fmt: skip


def choice(con, filters: Filters) -> pd.DataFrame:
    """See `segments.cluster_choice`."""
    found = cloud(con, filters)
    rows = [
        {
            "k": each.k, "silhouette": each.silhouette, "stability": each.stability, "stability_low": each.stability_low,
            "valley": each.valley if np.isfinite(each.valley) else None, "is_clear": each.is_clear, "is_chosen": each is found.chosen,
            "is_finest": each is found.finest, "customers": found.customers, "sampled": found.sampled,
        }
        for each in found.cuts
    ]  # fmt: skip
    return pd.DataFrame(rows)


def listing(con, filters: Filters, k: int, cluster: int, limit: int, offset: int) -> pd.DataFrame:
    """See `segments.clusters`."""
    found = solution(con, filters, k)
    table = assigned(con, filters, found) if found else "(select '' as customer_id, 0 as cluster where false)"
    rows = con.execute(
        f"""
        select c.customer_id, p.name, a.cluster, c.tier, c.days_since_last_order, c.orders as order_count,
            cast(c.revenue as double) as revenue,
            case when not c.is_active then 'no_revenue' when a.cluster is null then 'no_clear_groups' end as note
        from chosen c
        left join {table} a on a.customer_id = c.customer_id
        left join customer_profile p on p.customer_id = c.customer_id
        where c.orders > 0 and ($cluster = 0 or a.cluster = $cluster)
        order by a.cluster is null, a.cluster, c.revenue desc, c.customer_id
        limit $limit offset $offset
        """,
        {"cluster": cluster, "limit": limit or EVERYBODY, "offset": offset},
    ).df()
    names = _names(con, filters, found)[["cluster", "cluster_name", "told_by"]] if found else None
    if names is not None:
        rows = rows.merge(names, on="cluster", how="left").assign(k=found.cut.k, silhouette=found.cut.silhouette,
                                                                  stability=found.cut.stability, is_clear=found.is_groups)  # fmt: skip
    else:
        rows = rows.assign(cluster_name=None, told_by=None, k=1, silhouette=None, stability=None, is_clear=False)
    head = ["customer_id", "name", "cluster", "cluster_name"]
    return rows[head + [name for name in rows if name not in head]].astype({"cluster": "Int64"})


def profile(con, filters: Filters, k: int) -> pd.DataFrame:
    """See `segments.cluster_profile`."""
    found = solution(con, filters, k)
    if found is None:
        return pd.DataFrame(columns=PROFILE)
    rows = con.execute(
        f"""
        with members as (
            select c.*, a.cluster, a.days_z, a.orders_z, a.revenue_z, $as_of - c.first_order_date as tenure_days
            from chosen c
            left join {assigned(con, filters, found)} a on a.customer_id = c.customer_id
            where c.orders > 0
        ),
        parts as (
            select unnest(range(1, $k + 1)) as cluster
            union all
            select null where exists (select 1 from members where cluster is null)
        )
        select p.cluster, count(m.customer_id) as customers,
            count(m.customer_id) / nullif(sum(count(m.customer_id)) over (), 0) as customer_share,
            cast(coalesce(sum(m.revenue), 0) as double) as revenue,
            cast(sum(m.revenue) / nullif(sum(sum(m.revenue)) over (), 0) as double) as revenue_share,
            median(m.days_since_last_order) as days_since_last_order, median(m.orders) as order_count,
            median(cast(m.revenue as double)) as median_revenue,
            cast(sum(m.revenue) as double) / nullif(sum(m.orders), 0) as average_order_value,
            median(m.tenure_days) as tenure_days, avg(m.days_z) as days_z, avg(m.orders_z) as orders_z, avg(m.revenue_z) as revenue_z
        from parts p
        left join members m on m.cluster is not distinct from p.cluster
        group by p.cluster
        order by p.cluster nulls last
        """,
        {"k": found.cut.k, "as_of": filters.as_of},
    ).df()
    rows = rows.merge(_names(con, filters, found)[["cluster", "cluster_name", "told_by"]], on="cluster", how="left")
    rows = rows.assign(
        k=found.cut.k, silhouette=found.cut.silhouette, stability=found.cut.stability, is_clear=found.is_groups
    )
    return rows.astype({"cluster": "Int64", "customers": "int64"})[PROFILE]


PROFILE = [
    "cluster", "cluster_name", "told_by", "customers", "customer_share", "revenue", "revenue_share", "days_since_last_order", "order_count",
    "median_revenue", "average_order_value", "tenure_days", "days_z", "orders_z", "revenue_z", "k", "silhouette", "stability", "is_clear",
]  # fmt: skip


def _names(con, filters: Filters, found: Solution) -> pd.DataFrame:
    """Each part's name as a code, from the company's customers in it: how often, how much, how lately they buy.

    told_by: what tells two parts of one name apart: the feature whose medians differ most, "cluster" where none does, else null.
    """
    rows = con.execute(
        f"""
        select a.cluster, avg(a.days_z) as days_z, avg(a.orders_z) as orders_z, avg(a.revenue_z) as revenue_z,
            median(s.days_since_last_order) as days_since_last_order, median(s.orders) as order_count,
            median(cast(s.revenue as double)) as revenue
        from {assigned(con, filters, found)} a
        join snapshot s on s.customer_id = a.customer_id
        group by a.cluster
        order by a.cluster
        """
    ).df()
    rows["cluster_name"] = [
        f"{_level(row.orders_z)}_{_level(row.revenue_z)}_{_level(-row.days_z)}" for row in rows.itertuples()
    ]
    rows["told_by"] = None
    for _, alike in rows.groupby("cluster_name"):
        if len(alike) > 1:
            rows.loc[alike.index, "told_by"] = _told_by(alike)
    return rows


def _level(deviation: float) -> str:
    return "high" if deviation > APART else "low" if deviation < -APART else "mid"


def _told_by(alike: pd.DataFrame) -> str:
    """The feature on which parts of one name lie farthest apart and whose medians all differ."""
    spans = {"days_since_last_order": "days_z", "order_count": "orders_z", "revenue": "revenue_z"}
    telling = {name: np.ptp(alike[z]) for name, z in spans.items() if alike[name].round().is_unique}
    return max(telling, key=telling.get) if telling else "cluster"
