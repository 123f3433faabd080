"""Who is loyal: buys again, is not dissatisfied, was here lately. And how such customers differ from the others."""

import pandas as pd

from crm_analytics import cache
from crm_analytics.filters import Filters
from crm_analytics.metrics import _habits
from crm_analytics.metrics._traits import LOYAL
from crm_analytics.stats.intervals import Z, newcombe

COLUMNS = [
    "measure",
    "unit",
    "loyal",
    "others",
    "everyone",
    "change",
    "low",
    "high",
    "n",
    "n_others",
    "verdict",
    "wants",
]
SHARES = {  # measure -> which of those concerned it is true of, as columns of `traits`
    "several_channels": ("several_channels", "has_channel"),
    "tried_new": ("tried_new", "has_orders"),
    "promoters": ("is_promoter", "has_score"),
    "referrers": ("is_referrer", "everybody"),
    "responded": ("has_responded", "was_asked"),
}
MEANS = ("orders", "average_order_value", "revenue", "discounted_rate", "categories", "age")
UNITS = {"average_order_value": "money", "revenue": "money", "discounted_rate": "rate"}
# In place of a table of what no line tells.
NOTHING = (
    "(select cast(null as varchar) as customer_id, cast(null as bigint) as mask, cast(null as integer) as discounted_orders, "
    "cast(null as integer) as orders, false as has_channel, false as several_channels where false)"
)
WANTS = {  # measure -> the column an export must bring
    "discounted_rate": "orders.discount", "categories": "orders.category", "several_channels": "orders.channel",
    "age": "customers.birth_date", "tried_new": "orders.product", "promoters": "surveys.score", "referrers": "customers.referred_by",
    "responded": "campaign_members.responded_at",
}  # fmt: skip


def compared(con, filters: Filters) -> pd.DataFrame:
    """The frame of `profile.loyal`, which says what it means."""
    return cache.answer(con, filters, ("loyal",), lambda: _compared(con, filters))


def _compared(con, filters: Filters) -> pd.DataFrame:
    found = con.execute(_traits(con, filters) + _sums(), _parameters(filters)).df().set_index("is_loyal")
    loyal, others = (found.loc[flag] if flag in found.index else None for flag in (True, False))
    rows = [_whole(loyal, others, name) for name in ("customers", "revenue_share")]
    rows += [_mean(loyal, others, name) for name in MEANS]
    rows += [_share(loyal, others, name) for name in SHARES]
    found = pd.DataFrame(rows, columns=COLUMNS)
    is_told = found.wants.isin(
        [f"orders.{name}" for name in ("discount", "category", "channel", "product") if _habits.has(con, name)]
    )
    return found.assign(wants=found.wants.astype(object).mask(is_told, None))


def _parameters(filters: Filters) -> dict:
    return {"as_of": filters.as_of, "start": filters.start, "end": filters.end}


def _traits(con, filters: Filters) -> str:
    """The beginning of a query, `traits`: one row per chosen customer who has bought, with everything the comparison looks at."""
    told = {name: _habits.has(con, name) for name in ("discount", "category", "channel", "product")}
    bought = _habits.order_values(con, filters) if told["discount"] or told["channel"] else NOTHING
    categories = _habits.baskets(con, filters, "category") if told["category"] else NOTHING
    adopters = _habits.adopters(con, filters) if told["product"] else NOTHING
    return f"""
        with asked as (
            select customer_id, arg_max(promoter, struct_pack(at := answered_at, line := source_line)) as promoter
            from answers where question = 'nps' and promoter is not null and customer_id is not null and day >= $start and day < $end
            group by customer_id
        ),
        treated as (
            select coalesce(a.person, m.customer_id) as customer_id, max(case when m.responded_at < $end then 1 else 0 end) as responded
            from campaign_members m
            left join aliases a on a.number = m.customer_id
            where m.sent_at >= $start and m.sent_at < $end and (m.arm is null or lower(trim(m.arm)) = 'treated')
            group by 1
        ),
        referrers as (
            select distinct coalesce(a.person, p.referred_by) as customer_id
            from customer_profile p
            left join aliases a on a.number = p.referred_by
            where p.referred_by is not null and p.customer_id in (select customer_id from snapshot)
        ),
        traits as (select {LOYAL} as is_loyal, cast(s.revenue as double) as revenue, cast(s.orders as double) as orders,
            case when s.orders > 0 then 1e0 * s.revenue / s.orders end as average_order_value,
            1e0 * b.discounted_orders / b.orders as discounted_rate, cast(bit_count(k.mask) as double) as categories,
            date_diff('day', p.birth_date, $as_of) / 365.25 as age,
            1 as everybody, case when b.has_channel then 1 else 0 end as has_channel,
            case when b.several_channels then 1 else 0 end as several_channels,
            case when s.orders > 0 and (select count(*) from {adopters}) > 0 then 1 else 0 end as has_orders,
            case when s.orders > 0 and a.customer_id is not null then 1 else 0 end as tried_new,
            case when q.promoter is not null then 1 else 0 end as has_score, case when q.promoter = 1 then 1 else 0 end as is_promoter,
            case when r.customer_id is not null then 1 else 0 end as is_referrer,
            case when t.customer_id is not null then 1 else 0 end as was_asked, coalesce(t.responded, 0) as has_responded
        from chosen s
        left join customer_profile p on p.customer_id = s.customer_id
        left join {bought} b on b.customer_id = s.customer_id
        left join {categories} k on k.customer_id = s.customer_id
        left join {adopters} a on a.customer_id = s.customer_id
        left join asked q on q.customer_id = s.customer_id
        left join treated t on t.customer_id = s.customer_id
        left join referrers r on r.customer_id = s.customer_id
        where s.orders > 0)
        """


def _sums() -> str:
    means = ", ".join(f"count({m}) as n_{m}, avg({m}) as {m}, var_samp({m}) as var_{m}" for m in MEANS)
    shares = ", ".join(f"sum({hit}) as {hit}, sum({concerned}) as {concerned}" for hit, concerned in SHARES.values())
    return f"select is_loyal, count(*) as customers, sum(revenue) as whole, {means}, {shares} from traits group by is_loyal"


def _whole(loyal, others, name: str) -> dict:
    """How many they are, and how much of the revenue of all buyers they bring."""
    column = "customers" if name == "customers" else "whole"
    mine, theirs = (0.0 if row is None else float(row[column]) for row in (loyal, others))
    value = mine if name == "customers" else mine / (mine + theirs) if mine + theirs > 0 else None
    rest = theirs if name == "customers" else None if value is None else 1 - value
    whole = mine + theirs if name == "customers" else None
    n, n_others = (0 if row is None else int(row["customers"]) for row in (loyal, others))
    unit = "count" if name == "customers" else "rate"
    return {
        "measure": name,
        "unit": unit,
        "loyal": value,
        "others": rest,
        "everyone": whole,
        "n": n,
        "n_others": n_others,
    }


def _mean(loyal, others, name: str) -> dict:
    """A mean over customers; the interval of the difference is Welch's by the normal distribution, from two of each on."""
    (n, mean, var), (m, other, var_other) = (_moments(row, name) for row in (loyal, others))
    row = {"measure": name, "unit": UNITS.get(name, "number"), "loyal": mean, "others": other, "n": n, "n_others": m}
    row["everyone"] = (n * (mean or 0) + m * (other or 0)) / (n + m) if n + m else None
    if n > 1 and m > 1:
        half = Z * (var / n + var_other / m) ** 0.5
        row |= {"change": mean - other, "low": mean - other - half, "high": mean - other + half}
    return _judged(row)


def _moments(row, name: str) -> tuple:
    n = 0 if row is None else int(row[f"n_{name}"])
    return (n, float(row[name]), float(row[f"var_{name}"]) if n > 1 else 0.0) if n else (0, None, 0.0)


def _share(loyal, others, name: str) -> dict:
    """A share of those concerned, with Newcombe's interval of the difference."""
    hit, concerned = SHARES[name]
    (k, n), (j, m) = ((0, 0) if row is None else (int(row[hit]), int(row[concerned])) for row in (loyal, others))
    if not (k or j) and name in ("referrers", "responded"):  # nobody at all: not told rather than never done
        n = m = 0
    row = {
        "measure": name,
        "unit": "rate",
        "loyal": k / n if n else None,
        "others": j / m if m else None,
        "n": n,
        "n_others": m,
    }
    row["everyone"] = (k + j) / (n + m) if n + m else None
    if n and m:
        low, high = newcombe(k, n, j, m)
        row |= {"change": k / n - j / m, "low": low, "high": high}
    return _judged(row)


def _judged(row: dict) -> dict:
    if not row["n"] + row["n_others"]:
        return row | {"verdict": "unknown", "wants": WANTS.get(row["measure"])}
    if row.get("low") is None:
        return row | {"verdict": "unclear"}
    return row | {"verdict": "more" if row["low"] > 0 else "less" if row["high"] < 0 else "unclear"}
