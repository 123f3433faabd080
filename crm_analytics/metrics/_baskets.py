"""Which goods go together: pairs in the baskets of the window, what to offer to whom, and the way from category to product."""

from itertools import permutations

import pandas as pd
from scipy.special import ndtr

from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics import _habits
from crm_analytics.stats import indices, pairs
from crm_analytics.stats.intervals import wilson

SMALLEST = 5  # baskets with both below which a pair is not judged
STRATA = "case when s.orders <= 1 then 1 when s.orders <= 2 then 2 when s.orders <= 4 then 3 when s.orders <= 9 then 4 else 5 end"
LEVELS = ("category", "brand", "product")
PAIRS = ["first", "second", "n", "n_first", "n_second", "baskets", "support", "confidence", "low_confidence", "high_confidence", "lift",
         "low", "high", "expected_alike", "lift_alike", "verdict"]  # fmt: skip
GOODS = {"category": "category", "brand": "brand", "product": "coalesce(product, sku)"}


def affinity(con, filters: Filters, level: str, per: str) -> pd.DataFrame:
    """The frame of `profile.affinity`, which says what it means."""
    if per not in ("customer", "order"):
        raise CrmError("E_PER", per=per)
    values, kinds = _kinds(con, filters, level, per)
    size = len(values)
    if not size or kinds.empty:
        return pd.DataFrame(columns=PAIRS)
    both = pairs.together(kinds["mask"].to_numpy(), kinds["baskets"].to_numpy(), size)
    alike, noise = (sum(parts) for parts in zip(*(_expected(part, size) for _, part in kinds.groupby("stratum"))))
    whole, single = int(kinds["baskets"].sum()), both.diagonal()
    rows = pd.DataFrame(
        [
            (a, b, both[a, b], single[a], single[b], alike[a, b], noise[a, b])
            for a, b in permutations(range(size), 2)
            if single[a] and single[b]
        ],
        columns=["a", "b", "n", "n_first", "n_second", "expected_alike", "noise"],
    )  # fmt: skip
    if rows.empty:
        return pd.DataFrame(columns=PAIRS)
    return _judged(rows.assign(first=[values[a] for a in rows.a], second=[values[b] for b in rows.b], baskets=whole))


def _expected(part: pd.DataFrame, size: int):
    """Baskets with both that chance would make of the single things, and the variance of that (hypergeometric), in one stratum."""
    single = pairs.together(part["mask"].to_numpy(), part["baskets"].to_numpy(), size).diagonal().astype(float)
    n = float(part["baskets"].sum())
    expected = single[:, None] * single[None, :] / n
    return expected, expected * (n - single[:, None]) * (n - single[None, :]) / (n * max(1.0, n - 1))


def _kinds(con, filters: Filters, level: str, per: str) -> tuple[list[str], pd.DataFrame]:
    """The things of the level, and the kinds of baskets: mask, stratum (customers with about as many orders), how many there are."""
    if level not in LEVELS:
        raise CrmError("E_LEVEL", level=level, known=", ".join(LEVELS))
    _habits.wanted(con, level)
    values = list(_habits.things(con, filters, level)["value"])
    table = _habits.baskets(con, filters, level, per_order=per == "order")
    stratum = STRATA if per == "customer" else "1"
    kinds = con.execute(
        f"select b.mask, {stratum} as stratum, count(*) as baskets from {table} b "
        "join chosen s on s.customer_id = b.customer_id group by 1, 2"
    ).df()
    return values, kinds


def _judged(rows: pd.DataFrame) -> pd.DataFrame:
    """Support, confidence and lift; a pair in fewer than five baskets is told only by its number of baskets being small."""
    value, low, high = indices.lift(rows.n, rows.n_first, rows.n_second, rows.baskets)
    ends = [wilson(int(k), int(n)) for k, n in zip(rows.n, rows.n_first)]
    few = rows.n < SMALLEST
    found = rows.assign(
        support=rows.n / rows.baskets, confidence=rows.n / rows.n_first, low_confidence=[low for low, _ in ends],
        high_confidence=[high for _, high in ends], lift=value, low=low, high=high, lift_alike=rows.n / rows.expected_alike,
        p=2 * ndtr(-((rows.n - rows.expected_alike).abs() / rows.noise.where(rows.noise > 0) ** 0.5)),
    )  # fmt: skip
    believed = pd.Series(indices.discoveries(found.p.where(~few, 1.0).fillna(1.0)), index=found.index)
    found["verdict"] = "even"
    found.loc[believed & (found.lift_alike > 1), "verdict"] = "more"
    found.loc[believed & (found.lift_alike < 1), "verdict"] = "less"
    found.loc[few, "verdict"] = "few"
    told = ["n", "support", "confidence", "low_confidence", "high_confidence", "lift", "low", "high", "lift_alike"]
    found[told] = found[told].astype(float).mask(few)
    by = ["lift", "n", "first", "second"]
    return found.sort_values(by, ascending=[False, False, True, True], na_position="last", ignore_index=True)[PAIRS]


def next_best(con, filters: Filters, level: str) -> pd.DataFrame:
    """The frame of `profile.next_category`, which says what it means."""
    found = affinity(con, filters, level, "customer")
    columns = [
        "value",
        "customers",
        "offer",
        "confidence",
        "low",
        "high",
        "lift",
        "lift_alike",
        "gap_customers",
        "offer_revenue",
        "verdict",
    ]
    if found.empty:
        return pd.DataFrame(columns=columns)
    revenue = _revenue_per_buyer(con, filters, level)
    rows = []
    for value, mine in found.groupby("first", sort=False):
        known = mine[mine.verdict == "more"]
        best = (known if len(known) else mine[mine.lift.notna()]).sort_values(
            ["lift_alike" if len(known) else "confidence", "second"], ascending=[False, True]
        )
        n = int(mine.n_first.iloc[0])
        if best.empty:
            rows.append({"value": value, "customers": n, "verdict": "few"})
            continue
        pair = best.iloc[0]
        rows.append({
            "value": value, "customers": n, "offer": pair["second"], "confidence": pair.confidence, "low": pair.low_confidence,
            "high": pair.high_confidence, "lift": pair.lift, "lift_alike": pair.lift_alike, "gap_customers": n - int(pair.n),
            "offer_revenue": revenue.get(pair["second"]), "verdict": "more" if len(known) else "even",
        })  # fmt: skip
    return pd.DataFrame(rows, columns=columns).sort_values(
        ["customers", "value"], ascending=[False, True], ignore_index=True
    )


def _revenue_per_buyer(con, filters: Filters, level: str) -> dict[str, float]:
    """What a customer who buys a thing spends on it in the window."""
    return dict(
        con.execute(
            f"""
            select {GOODS[level]} as value, cast(sum(l.amount) as double) / count(distinct l.customer_id)
            from lines l
            where l.customer_id is not null and l.day >= $start and l.day < $end
                and {GOODS[level]} in (select value from {_habits._candidates(con, filters, level)})
            group by 1
            """,
            _habits.window(filters),
        ).fetchall()
    )


def gap(con, filters: Filters, level: str, have: str, lack: str, limit: int, offset: int) -> pd.DataFrame:
    """The frame of `profile.gap_customers`, which says what it means."""
    _habits.wanted(con, level)
    things = _habits.things(con, filters, level)
    codes = dict(zip(things["value"], things["code"]))
    for value in (have, lack):
        if value not in codes:
            raise CrmError("E_THING", value=value, level=level, known=", ".join(list(codes)[:12]) or "-")
    return con.execute(
        f"""
        select s.customer_id, p.name, s.tier, s.orders, s.revenue, s.last_order_date, count(*) over () as of_all
        from chosen s
        join {_habits.baskets(con, filters, level)} b on b.customer_id = s.customer_id
        left join customer_profile p on p.customer_id = s.customer_id
        where b.mask & (cast(1 as bigint) << $have) <> 0 and b.mask & (cast(1 as bigint) << $lack) = 0
        order by s.revenue desc, s.customer_id
        limit $limit offset $offset
        """,
        {"have": int(codes[have]), "lack": int(codes[lack]), "limit": limit, "offset": offset},
    ).df()


def goods(con, filters: Filters, level: str, category: str, brand: str, limit: int) -> pd.DataFrame:
    """The frame of `profile.goods`, which says what it means."""
    if level not in GOODS:
        raise CrmError("E_LEVEL", level=level, known=", ".join(GOODS))
    _habits.wanted(con, level)
    within = [(name, value) for name, value in (("category", category), ("brand", brand)) if value]
    narrowed = "".join(f" and l.{name} = ${name}" for name, _ in within)
    whom = " join chosen s on s.customer_id = l.customer_id" if filters.where or filters.customer_set else ""
    found = con.execute(
        f"""
        select {GOODS[level]} as value, count(distinct case when l.amount > 0 then l.customer_id end) as customers,
            count(distinct case when l.amount > 0 then (l.customer_id, l.order_id) end) as orders, count(*) as lines,
            sum(l.quantity) as quantity, sum(l.amount) as revenue,
            sum(case when l.cost is not null then l.amount - l.cost end) as margin
        from lines l{whom}
        where l.day >= $start and l.day < $end and {GOODS[level]} is not null{narrowed}
        group by 1
        order by revenue desc, value
        """,
        _habits.window(filters) | dict(within),
    ).df()
    whole = float(found.revenue.sum())
    return found.assign(
        revenue=found.revenue.astype(float), margin=found.margin.astype(float),
        revenue_share=found.revenue.astype(float) / whole if whole > 0 else None, values=len(found),
    ).head(limit)  # fmt: skip
