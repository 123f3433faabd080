"""Who came through whom: how many, what they are worth beside the others, who brings most, and how deep the tree goes."""

import numpy as np
import pandas as pd

from crm_analytics import cache
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.stats import trees
from crm_analytics.stats.intervals import Z, newcombe, wilson

# Who each person says has brought him: by person, whatever number was named; `is_known`: the referrer is somebody we know.
BROUGHT = """
select p.customer_id, coalesce(a.person, p.referred_by) as referrer,
    coalesce(a.person, p.referred_by) in (select customer_id from snapshot) as is_known
from customer_profile p
left join aliases a on a.number = p.referred_by
where p.referred_by is not null and p.customer_id in (select customer_id from snapshot)
"""
RATES = {"bought_rate": ("bought", "customers"), "repeat_rate": ("repeated", "bought"), "retention_rate": ("stayed", "were_active"),
         "satisfaction": ("satisfied", "answered")}  # fmt: skip


def _brought(con, filters: Filters) -> str:
    if not con.execute("select exists (select 1 from customer_profile where referred_by is not null)").fetchone()[0]:
        raise CrmError("E_COLUMN_WANTED", column="referred_by", table="customers")
    return cache.table(con, "brought", filters, BROUGHT, {})


def compared(con, filters: Filters) -> pd.DataFrame:
    """The frame of `profile.referrals`, which says what it means."""
    found = con.execute(
        f"""
        select case when b.customer_id is null then 'others' else 'referred' end as "group", count(*) as customers,
            count(case when s.orders_ever > 0 then 1 end) as bought, count(case when s.orders_ever > 1 then 1 end) as repeated,
            count(case when s.is_active_before then 1 end) as were_active,
            count(case when s.is_active_before and s.is_active then 1 end) as stayed, count(s.is_satisfied) as answered,
            count(case when s.is_satisfied then 1 end) as satisfied, count(case when s.orders > 0 then 1 end) as buyers,
            avg(case when s.orders > 0 then cast(s.revenue as double) end) as average_revenue,
            var_samp(case when s.orders > 0 then cast(s.revenue as double) end) as spread, sum(s.revenue) as revenue
        from chosen s
        left join {_brought(con, filters)} b on b.customer_id = s.customer_id
        group by 1
        """
    ).df()
    found = pd.DataFrame({"group": ["referred", "others"]}).merge(found, on="group", how="left")
    counts = ["customers", "bought", "repeated", "were_active", "stayed", "answered", "satisfied", "buyers"]
    found[counts] = found[counts].fillna(0).astype("int64")
    if not filters.is_window_before_complete:
        found[["were_active", "stayed"]] = 0
    whole = int(found.customers.sum())
    found["share"] = found.customers / whole if whole else None
    for name, (hit, of) in RATES.items():
        found[name] = found[hit] / found[of].where(found[of] > 0)
        ends = [wilson(int(k), int(n)) for k, n in zip(found[hit], found[of])]
        found[f"{name}_low"], found[f"{name}_high"], found[f"{name}_n"] = (
            [low for low, _ in ends],
            [high for _, high in ends],
            found[of],
        )
    half = Z * (found.spread / found.buyers.where(found.buyers > 1)) ** 0.5
    found = found.assign(revenue=found.revenue.astype(float), average_revenue_low=found.average_revenue - half,
                         average_revenue_high=found.average_revenue + half)  # fmt: skip
    return _differing(found).drop(
        columns=["spread", *(c for c in counts if c not in ("customers", "bought", "buyers"))]
    )


def _differing(found: pd.DataFrame) -> pd.DataFrame:
    """Of each rate, the referred less the others, with Newcombe's interval, on the row of the referred."""
    mine, others = found.iloc[0], found.iloc[1]
    for name, (hit, of) in RATES.items():
        low, high = newcombe(int(mine[hit]), int(mine[of]), int(others[hit]), int(others[of]))
        gap = mine[name] - others[name] if low is not None else None
        for end, value in (("change", gap), ("change_low", low), ("change_high", high)):
            found[f"{name}_{end}"] = [value, None]
    gap = mine.average_revenue - others.average_revenue
    half = Z * (mine.spread / max(1, mine.buyers) + others.spread / max(1, others.buyers)) ** 0.5
    return found.assign(average_revenue_change=[gap, None], average_revenue_change_low=[gap - half, None],
                        average_revenue_change_high=[gap + half, None])  # fmt: skip


def tree(con, filters: Filters) -> pd.DataFrame:
    """Everybody in the tree: customer_id, parent (place, -1 nobody), generation, brought (below him), direct."""
    return cache.answer(con, filters, ("referral_tree",), lambda: _tree(con, filters))


def _tree(con, filters: Filters) -> pd.DataFrame:
    edges = con.execute(
        f"select customer_id, referrer, is_known from {_brought(con, filters)} order by customer_id"
    ).df()
    known = edges[edges.is_known]
    people = pd.Index(pd.unique(pd.concat([known.customer_id, known.referrer])), name="customer_id")
    parent = np.full(len(people), -1, dtype=np.int64)
    parent[people.get_indexer(known.customer_id)] = people.get_indexer(known.referrer)
    generation = trees.generations(parent)
    direct = np.bincount(parent[parent >= 0], minlength=len(people)) if len(people) else np.zeros(0, dtype=np.int64)
    brought = trees.offspring(parent, generation)
    found = pd.DataFrame({"customer_id": people, "generation": generation, "brought": brought, "direct": direct})
    found.attrs["unknown"] = int((~edges.is_known).sum())
    return found


def generations(con, filters: Filters) -> pd.DataFrame:
    """The frame of `profile.referral_depth`, which says what it means."""
    found = tree(con, filters)
    rows = []
    for depth, n in found.generation.value_counts().items():
        part = "referrers" if depth == 0 else "circle" if depth < 0 else "generation"
        rows.append((part, int(depth) if depth > 0 else None, int(n)))
    rows.sort(key=lambda row: (row[0] == "circle", row[0] != "referrers", row[1] or 0))
    if found.attrs.get("unknown"):
        rows.append(("unknown_referrer", None, found.attrs["unknown"]))
    return pd.DataFrame(rows, columns=["part", "generation", "customers"]).astype({"generation": "Int64"})


def top(con, filters: Filters, limit: int) -> pd.DataFrame:
    """The frame of `profile.referrers`, which says what it means."""
    found = tree(con, filters)
    found = found[found.direct > 0]
    con.execute(
        "create or replace temp table referral_tree as "
        "select unnest($ids::varchar[]) as customer_id, unnest($brought::bigint[]) as brought",
        {"ids": found.customer_id.tolist(), "brought": found.brought.tolist()},
    )
    return con.execute(
        f"""
        select s.customer_id, p.name, count(*) as referred, t.brought as referred_below,
            count(case when o.orders_ever > 0 then 1 end) as bought, coalesce(sum(o.revenue_ever), 0) as referred_revenue, s.revenue
        from chosen s
        join referral_tree t on t.customer_id = s.customer_id
        join {_brought(con, filters)} b on b.referrer = s.customer_id and b.customer_id <> s.customer_id
        join snapshot o on o.customer_id = b.customer_id
        left join customer_profile p on p.customer_id = s.customer_id
        group by all
        order by referred desc, referred_revenue desc, s.customer_id
        limit $limit
        """,
        {"limit": limit},
    ).df()
