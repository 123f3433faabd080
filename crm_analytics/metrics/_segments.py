"""The segments of a window: who is in which, what each brings, what the scores mean, and how each did since the window before."""

import pandas as pd

from crm_analytics import snapshot
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics import _segment_moves
from crm_analytics.rfm import COLUMNS, GROUPS, SCHEMES, SCORES, SEGMENTS

RFM = "customer_id, days_since_last_order, orders as order_count, cast(revenue as double) as revenue, r, f, m, segment, segment_11"
SUMMARY = [
    "segment", "name", "customers", "share", "revenue", "revenue_share", "average_revenue", "average_orders",
    "average_days_since_last_order", "previous", "moved_in", "moved_out", "note",
]  # fmt: skip


def scheme(number: str, groups: int) -> tuple[str, tuple[str, ...]]:
    """The snapshot's column of a scheme and its codes in order. Raises CrmError E_OPTION_VALUE."""
    if groups not in SCHEMES:
        raise CrmError("E_OPTION_VALUE", name=number, option="--groups", value=groups)
    return COLUMNS[groups], SCHEMES[groups]


def scored(con, segment: str, limit: int, offset: int) -> pd.DataFrame:
    """The frame of `segments.rfm`, which says what it means."""
    if segment and segment not in (*SEGMENTS, *GROUPS):
        raise CrmError("E_OPTION_VALUE", name="segments.rfm", option="--segment", value=segment)
    return con.execute(
        f"""
        select {RFM}
        from chosen
        where r is not null and ($segment = '' or segment = $segment or segment_11 = $segment)
        order by revenue desc, customer_id limit $limit offset $offset
        """,
        {"segment": segment, "limit": limit or None, "offset": offset},
    ).df()


def summary(con, filters: Filters, groups: int) -> pd.DataFrame:
    """The frame of `segments.summary`, which says what it means."""
    column, codes = scheme("segments.summary", groups)
    found = con.execute(
        f"""
        select {column} as segment, cast(count(*) as bigint) as customers, sum(revenue) as revenue, avg(revenue) as average_revenue,
            avg(orders) as average_orders, avg(days_since_last_order) as average_days_since_last_order
        from chosen
        where r is not null
        group by 1
        """
    ).df()
    found = found.set_index("segment").reindex(pd.Index(codes, name="segment")).reset_index()
    found = found.fillna({"customers": 0, "revenue": 0.0}).astype({"customers": "int64", "revenue": "float64"})
    n, revenue = found["customers"].sum(), found["revenue"].sum()
    found["share"] = found["customers"] / n if n else None
    found["revenue_share"] = found["revenue"] / revenue if revenue > 0 else None
    found["name"] = [SEGMENTS.get(code, code) for code in found["segment"]]
    return _since(con, filters, groups, found)[SUMMARY]


def _since(con, filters: Filters, groups: int, found: pd.DataFrame) -> pd.DataFrame:
    """With the customers of the window before, and who came in and went out; null where the data do not reach back so far."""
    if not filters.is_window_before_complete:
        empty = pd.Series(pd.NA, index=found.index, dtype="Int64")
        return found.assign(previous=empty, moved_in=empty, moved_out=empty, note="window_before_incomplete")
    cells = _segment_moves.matrix(con, filters, None, groups)
    moved = cells[cells["from_segment"] != cells["to_segment"]]
    columns = {
        "previous": cells.groupby("from_segment")["customers"].sum(),
        "moved_in": moved.groupby("to_segment")["customers"].sum(),
        "moved_out": moved.groupby("from_segment")["customers"].sum(),
    }
    counted = {name: found["segment"].map(column).fillna(0).astype("Int64") for name, column in columns.items()}
    return found.assign(**counted, note=None)


def grid(con) -> pd.DataFrame:
    """The frame of `segments.grid`, which says what it means."""
    found = con.execute(
        """
        select r, f, cast(count(*) as bigint) as customers, sum(revenue) as revenue, avg(revenue) as average_revenue
        from chosen
        where r is not null
        group by r, f
        """
    ).df()
    every = pd.MultiIndex.from_product([SCORES[::-1], SCORES], names=["r", "f"])
    found = found.set_index(["r", "f"]).reindex(every).reset_index()
    found = found.fillna({"customers": 0, "revenue": 0.0}).astype({"customers": "int64", "revenue": "float64"})
    n, revenue = found["customers"].sum(), found["revenue"].sum()
    found.insert(3, "share", found["customers"] / n if n else None)
    return found.assign(revenue_share=found["revenue"] / revenue if revenue > 0 else None)


def bands(con, filters: Filters) -> pd.DataFrame:
    """The frame of `segments.bands`, which says what it means."""
    found = con.execute(
        """
        with scored as (
            select r, f, m, days_since_last_order, orders, revenue from snapshot where r is not null
        )
        select 'r' as dimension, r as score, cast(count(*) as bigint) as customers,
            cast(min(days_since_last_order) as double) as lowest, cast(max(days_since_last_order) as double) as highest
        from scored group by r
        union all
        select 'f', f, count(*), min(orders), max(orders) from scored group by f
        union all
        select 'm', m, count(*), min(revenue), max(revenue) from scored group by m
        """
    ).df()
    high = dict(zip(snapshot.SCORE_COLUMNS, snapshot.high_scores(con, filters), strict=True))
    found["is_high"] = found["score"] >= found["dimension"].map(high)
    order = found["dimension"].map(snapshot.SCORE_COLUMNS.index)
    return found.assign(order=order).sort_values(["order", "score"], ignore_index=True).drop(columns="order")
