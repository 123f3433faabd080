"""How customers buy: with discounts or without, how many kinds of things, new products, how much at a time and how often."""

import math

import numpy as np
import pandas as pd

from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics import _habits, _traits
from crm_analytics.stats.intervals import wilson

BANDS = (
    "none",
    "some",
    "half",
    "most",
    "all",
)  # of a customer's orders bought with a discount: 0, up to a half, to all but some, all
SHARE_BAND = (
    "case when b.discounted_orders = 0 then 'none' when b.discounted_orders = b.orders then 'all' "
    "when 2 * b.discounted_orders < b.orders then 'some' when 2 * b.discounted_orders = b.orders then 'half' else 'most' end"
)
MOST_BANDS = 14
SPREAD = ["measure", "band", "from", "to", "count", "share", "n", "mean", "median", "ninth_decile"]
TOP = 10  # "ten and more"


def _grouped(con, filters: Filters, by: str) -> tuple[str, dict, str]:
    """(query, parameters, by) of the groups that a table is told by; one group, "all", without any."""
    if not by:
        return "select customer_id, 'all' as value from snapshot", {}, by
    query, parameters = _traits.source(con, filters, by)
    return (
        f"select customer_id, cast(value as varchar) as value from ({query}) told where value is not null",
        parameters,
        by,
    )


def discounts(con, filters: Filters, by: str) -> pd.DataFrame:
    """The frame of `profile.discounts`, which says what it means."""
    _habits.wanted(con, "discount")
    values = _habits.order_values(con, filters)
    if by == "dependence":
        groups, parameters = (
            f"select b.customer_id, {SHARE_BAND} as value from {values} b where b.discounted_orders is not null",
            {},
        )
    else:
        groups, parameters, _ = _grouped(con, filters, by)
    found = con.execute(
        f"""
        select g.value as "group", count(*) as customers, sum(b.orders) as orders, sum(b.discounted_orders) as discounted_orders,
            sum(b.value) as revenue, sum(b.discounted_value) as discounted_revenue,
            avg(1e0 * b.discounted_orders / b.orders) as mean_share, stddev_samp(1e0 * b.discounted_orders / b.orders) as spread,
            count(case when b.discounted_orders = 0 then 1 end) as never,
            count(case when b.discounted_orders = b.orders then 1 end) as always
        from chosen s
        join {values} b on b.customer_id = s.customer_id and b.discounted_orders is not null
        join ({groups}) g on g.customer_id = s.customer_id
        group by 1
        order by customers desc, 1
        """,
        parameters,
    ).df()
    half = 1.959963984540054 * found.spread / found.customers**0.5
    money = found[["revenue", "discounted_revenue"]].astype(float)
    found = found.assign(
        **money, order_share=found.discounted_orders / found.orders,
        revenue_share=money.discounted_revenue / money.revenue.where(money.revenue > 0),
        low=(found.mean_share - half).clip(lower=0), high=(found.mean_share + half).clip(upper=1),
        customer_share=found.customers / max(1, found.customers.sum()),
    ).drop(columns="spread")  # fmt: skip
    return _in_order(found, "group", BANDS if by == "dependence" else _traits.ORDERED.get(by))


def _in_order(found: pd.DataFrame, column: str, order) -> pd.DataFrame:
    if not order:
        return found
    return found.sort_values(column, key=lambda values: values.map(order.index), ignore_index=True)


def discounted_customers(con, filters: Filters, band: str, limit: int, offset: int) -> pd.DataFrame:
    """The frame of `profile.discounted_customers`."""
    _habits.wanted(con, "discount")
    return con.execute(
        f"""
        select s.customer_id, p.name, b.orders, b.discounted_orders, 1e0 * b.discounted_orders / b.orders as discounted_share, s.revenue,
            count(*) over () as of_all
        from chosen s
        join {_habits.order_values(con, filters)} b on b.customer_id = s.customer_id and b.discounted_orders is not null
        left join customer_profile p on p.customer_id = s.customer_id
        where $band = '' or {SHARE_BAND} = $band
        order by s.revenue desc, s.customer_id
        limit $limit offset $offset
        """,
        {"band": band, "limit": limit, "offset": offset},
    ).df()


def adoption(con, filters: Filters, by: str) -> pd.DataFrame:
    """The frame of `profile.adoption`, which says what it means."""
    _habits.wanted(con, "product")
    products = _habits.new_products(con, filters)
    known, unknown = con.execute(
        f"select count(case when is_known then 1 end), count(case when not is_known then 1 end) from {products}"
    ).fetchone()
    adopters = _habits.adopters(con, filters)
    groups, parameters, _ = _grouped(con, filters, by)
    found = con.execute(
        f"""
        select g.value as "group", count(*) as customers, count(a.customer_id) as adopters, coalesce(sum(a.revenue), 0) as new_revenue
        from chosen s
        join ({groups}) g on g.customer_id = s.customer_id
        left join {adopters} a on a.customer_id = s.customer_id
        where s.orders > 0
        group by 1
        order by customers desc, 1
        """,
        parameters,
    ).df()
    ends = [wilson(int(k), int(n)) if known else (None, None) for k, n in zip(found.adopters, found.customers)]
    rate = found.adopters / found.customers if known else math.nan
    found = found.assign(adoption_rate=rate, low=[low for low, _ in ends], high=[high for _, high in ends], new_products=known,
                         unknown_products=unknown, new_revenue=found.new_revenue.astype(float))  # fmt: skip
    return _in_order(found, "group", _traits.ORDERED.get(by))


def new_products(con, filters: Filters, limit: int) -> pd.DataFrame:
    """The frame of `profile.new_products`."""
    _habits.wanted(con, "product")
    _habits.adopters(con, filters)
    bought = _habits.cache.known_table(con, "new_bought", filters)
    return con.execute(
        f"""
        select n.product, n.name, n.first_date, n.is_known, count(s.customer_id) as customers,
            1e0 * count(s.customer_id) / nullif((select count(*) from chosen where orders > 0), 0) as adoption_rate,
            count(case when b.days > 1 then s.customer_id end) as again,
            coalesce(sum(case when s.customer_id is not null then b.revenue end), 0) as revenue
        from {_habits.new_products(con, filters)} n
        left join {bought} b on b.product = n.product
        left join chosen s on s.customer_id = b.customer_id
        group by all
        order by n.is_known desc, customers desc, n.product
        limit $limit
        """,
        {"limit": limit},
    ).df()


def breadth(con, filters: Filters, level: str) -> pd.DataFrame:
    """The frame of `profile.breadth`, which says what it means."""
    table = _habits.baskets(con, filters, level)
    _habits.wanted(con, level)
    found = con.execute(
        f"""
        select cast(least(bit_count(b.mask), {TOP}) as integer) as kinds, count(*) as customers, sum(s.orders) as orders,
            sum(s.revenue) as revenue, sum(bit_count(b.mask)) as all_kinds
        from chosen s
        join {table} b on b.customer_id = s.customer_id
        group by 1
        order by 1
        """
    ).df()
    whole = found.customers.sum()
    found = found.assign(revenue=found.revenue.astype(float), average=found.all_kinds.sum() / whole if whole else None)
    return found.assign(
        is_open=found.kinds == TOP, customer_share=found.customers / whole, average_revenue=found.revenue / found.customers,
        average_orders=found.orders / found.customers, revenue_share=found.revenue / found.revenue.sum(),
    ).drop(columns="all_kinds")  # fmt: skip


def spending(con, filters: Filters) -> pd.DataFrame:
    """The frame of `profile.spending`, which says what it means."""
    chosen = " join chosen s on s.customer_id = o.customer_id" if filters.where or filters.customer_set else ""
    con.execute(
        f"create or replace temp table spread as select cast(o.value as double) as v from {_habits.each_order(con, filters)} o{chosen}"
    )
    per_head = con.execute("select orders as v, count(*) as n from chosen where orders > 0 group by 1").df()
    gaps = con.execute(
        """
        select d.day - b.last_order_day as v, count(*) as n
        from customer_days d
        join chosen s on s.customer_id = d.customer_id and s.orders_ever > 1
        join customer_days b on b.customer_id = d.customer_id and b.next_day = d.day and b.last_order_day is not null
        where d.orders > 0 and d.day >= $start and d.day < $end
        group by 1
        """,
        _habits.window(filters),
    ).df()
    frames = [_of_values(con), _of_counts("orders", per_head, [1, 2, 3, 4, 5, 6, 8, 11, 21, 51])]
    frames.append(_of_counts("gap_days", gaps, [0, 8, 15, 31, 61, 91, 181, 366]))
    return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)


def _of_values(con) -> pd.DataFrame:
    """The distribution of the order values in the temp table `spread`."""
    n, mean, least, points = con.execute(
        "select count(v), avg(v), min(v), quantile_cont(v, [0.02, 0.5, 0.9, 0.98]) from spread"
    ).fetchone()
    if not n:
        return pd.DataFrame(columns=SPREAD)
    edges = _edges(least, points[0], points[3])
    reached = " + ".join(f"case when v >= $edge_{place} then 1 else 0 end" for place in range(len(edges)))
    values = {f"edge_{place}": float(edge) for place, edge in enumerate(edges)}
    counts = dict(con.execute(f"select {reached} as band, count(*) from spread group by 1", values).fetchall())
    return _bands("order_value", edges, counts, n, mean, points[1], points[2])


def _of_counts(measure: str, counted: pd.DataFrame, edges: list) -> pd.DataFrame:
    """The distribution of whole numbers, from how many there are of each (v, n)."""
    if counted.empty:
        return pd.DataFrame(columns=SPREAD)
    values = np.sort(np.repeat(counted.v.to_numpy(dtype=float), counted.n))
    places, counts = np.unique(np.searchsorted(edges, values, side="right"), return_counts=True)
    median, ninth = np.quantile(values, [0.5, 0.9])
    return _bands(
        measure, edges, dict(zip(places.tolist(), counts.tolist())), len(values), values.mean(), median, ninth
    )


def _bands(measure: str, edges: list, counts: dict, n: int, mean: float, median: float, ninth: float) -> pd.DataFrame:
    """One row per band [from, to) from the first to the last that holds anything."""
    rows = [
        (measure, place, edges[place - 1] if place else None, edges[place] if place < len(edges) else None,
         counts.get(place, 0), counts.get(place, 0) / n, n, float(mean), float(median), float(ninth))
        for place in range(min(counts), max(counts) + 1)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=SPREAD).astype({"from": float, "to": float})


def _edges(least: float, first: float, last: float) -> list[float]:
    """Round borders, 1, 2, 5 times powers of ten, around nearly all values; evenly spaced where these would be too few."""
    if first >= last:
        return [first]
    low, high = max(first, 1e-4), max(last, 1e-3)
    steps = [step * 10.0**power for power in range(-4, 12) for step in (1, 2, 5)]
    edges = [edge for edge in steps if low / 2 < edge < high * 1.0001]
    if len(edges) > 5:
        return edges[-MOST_BANDS:]
    width = next(step for step in steps if step * 8 >= high - low)
    start = math.floor(first / width) * width
    return [
        round(start + width * place, 10)
        for place in range(0 if least < start else 1, 12)
        if start + width * (place - 1) < high
    ]


def level_known(level: str) -> None:
    """Raises CrmError E_LEVEL for a level there is none of."""
    if level not in _habits.LEVELS:
        raise CrmError("E_LEVEL", level=level, known=", ".join(_habits.LEVELS))
