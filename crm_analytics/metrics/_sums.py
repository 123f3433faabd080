"""What groups of customers are worth: by tier, by chance and what they brought, how it is concentrated; and the list itself."""

import pandas as pd

from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics import _worth
from crm_analytics.stats.intervals import Z

TIERS = ("top", "big", "medium", "small", "inactive", "total")
ALIVE = ("here", "likely", "doubtful", "gone", "unknown")
BROUGHT = ("high", "middle", "low")
WORTH = ("high", "medium", "low")
BOUGHT = ("1", "2", "3-4", "5-9", "10+")  # purchase occasions
SINCE = ("0-30", "31-90", "91-180", "181-365", "366+")  # days since the last one
GROUPS = {"tier": TIERS[:-1], "alive": ALIVE, "brought": BROUGHT, "worth": WORTH, "bought": BOUGHT, "since": SINCE}
CLASSED = [
    "worth", "customers", "customer_share", "threshold", "clv", "clv_share", "average_clv", "revenue", "revenue_share", "gone", "basis",
]  # fmt: skip
SORTS = (
    "clv", "expected_value", "expected_orders", "probability_alive", "low", "high", "at_stake", "revenue_ever", "last_order_date",
    "order_value", "repeat_orders",
)  # fmt: skip
LISTED = [
    "customer_id", "name", "tier", "probability_alive", "expected_orders", "order_value", "expected_value", "clv", "low", "high",
    "at_stake", "repeat_orders", "last_order_date", "revenue_ever", "basis", "horizon", "discount",
]  # fmt: skip
SUMMED = [
    "tier", "customers", "repeaters", "expected_orders", "expected_value", "expected_low", "expected_high", "clv", "clv_share",
    "average_clv", "low", "high", "gone", "gone_rate", "unknown", "churn_rate", "at_stake", "basis",
]  # fmt: skip


def by_tier(con, filters: Filters, question: _worth.Asked) -> pd.DataFrame:
    """The frame of `value.summary`, which says what it means."""
    scored, sql, values = _worth.placed(con, filters, question)
    found = con.execute(sql + _worth.BY_TIER, values).df()
    found = pd.DataFrame({"tier": TIERS}).merge(found, on="tier", how="left")
    counts = ["customers", "repeaters", "gone", "unknown"]
    found[counts] = found[counts].fillna(0).astype("int64")
    sums = ["expected_orders", "expected_value", "clv"]
    found[sums] = found[sums].fillna(0.0)
    whole = found["clv"].iloc[-1]
    error = Z * (found["own_error"] ** 2 + (scored.shared_error * found["clv"]) ** 2) ** 0.5
    relative = (error / found["clv"].abs()).where(found["clv"] != 0)
    return found.assign(
        clv_share=found["clv"] / whole if whole > 0 else None,
        low=found["clv"] - error, high=found["clv"] + error,
        expected_low=found["expected_value"] * (1 - relative), expected_high=found["expected_value"] * (1 + relative),
        gone_rate=(found["gone"] / found["repeaters"]).where(found["repeaters"] > 0), basis=scored.by,
    )[SUMMED]  # fmt: skip


def by_chance(con, filters: Filters, question: _worth.Asked) -> pd.DataFrame:
    """The frame of `value.matrix`, which says what it means."""
    scored, sql, values = _worth.placed(con, filters, question)
    found = con.execute(sql + _worth.BY_CHANCE, values).df()
    every = pd.MultiIndex.from_product([ALIVE, BROUGHT], names=["alive", "brought"])
    found = found.set_index(["alive", "brought"]).reindex(every).reset_index()
    found["customers"] = found["customers"].fillna(0).astype("int64")
    found[["revenue_ever", "clv"]] = found[["revenue_ever", "clv"]].fillna(0.0)
    return found.assign(basis=scored.by)


def parts(con, filters: Filters, question: _worth.Asked) -> pd.DataFrame:
    """The frame of `value.concentration`, which says what it means."""
    _, sql, values = _worth.placed(con, filters, question)
    found = con.execute(sql + _worth.PARTS, values).df()
    whole = found["clv"].iloc[-1] if len(found) else 0
    return found.assign(clv_share=found["clv"] / whole if whole > 0 else None)


def by_class(con, filters: Filters, question: _worth.Asked) -> pd.DataFrame:
    """The frame of `value.classes`, which says what it means."""
    scored, sql, values = _worth.placed(con, filters, question)
    found = pd.DataFrame({"worth": WORTH}).merge(
        con.execute(sql + _worth.BY_CLASS, values).df(), on="worth", how="left"
    )
    found[["customers", "gone"]] = found[["customers", "gone"]].fillna(0).astype("int64")
    found[["clv", "revenue"]] = found[["clv", "revenue"]].fillna(0.0)
    for column, share in (("customers", "customer_share"), ("clv", "clv_share"), ("revenue", "revenue_share")):
        whole = found[column].sum()
        found[share] = found[column] / whole if whole > 0 else None
    return found.assign(basis=scored.by)[CLASSED]


def by_rhythm(con, filters: Filters, question: _worth.Asked) -> pd.DataFrame:
    """The frame of `value.rhythm`, which says what it means."""
    _, sql, values = _worth.placed(con, filters, question)
    every = pd.MultiIndex.from_product([BOUGHT, SINCE], names=["bought", "since"])
    found = con.execute(sql + _worth.BY_RHYTHM, values).df().set_index(["bought", "since"]).reindex(every).reset_index()
    found["customers"] = found["customers"].fillna(0).astype("int64")
    return found.assign(clv=found["clv"].fillna(0.0))


def listing(
    con, filters: Filters, question: _worth.Asked, whom: dict[str, str], *, order_by, descending, limit, offset
) -> pd.DataFrame:
    """The frame of `value.customers`, which says what it means."""
    if order_by not in SORTS:
        raise CrmError("E_SORT", column=order_by, known=", ".join(SORTS))
    wanted, chosen = _whom(whom)
    scored, sql, values = _worth.placed(con, filters, question)
    way = "desc" if descending else "asc"
    found = con.execute(
        sql
        + f"""
        , page as (
            select *, clv_if_alive - clv as at_stake from placed where {wanted}
            order by {order_by} {way} nulls last, customer_id limit $limit offset $offset
        )
        select g.*, p.name from page g
        left join customer_profile p on p.customer_id = g.customer_id
        order by g.{order_by} {way} nulls last, g.customer_id
        """,
        values | chosen | {"limit": limit, "offset": offset},
    ).df()
    found["at_stake"] = found["at_stake"].where(found["probability_alive"].notna())
    found["revenue_ever"] = found["revenue_ever"].astype("float64")
    return found.assign(basis=scored.by, horizon=question.horizon, discount=question.discount)[LISTED]


def size(con, filters: Filters, question: _worth.Asked, whom: dict[str, str]) -> int:
    """How many customers the list of `value.customers` holds."""
    wanted, chosen = _whom(whom)
    _, sql, values = _worth.placed(con, filters, question)
    return con.execute(sql + f"select count(*) from placed where {wanted}", values | chosen).fetchone()[0]


def _whom(said: dict[str, str]) -> tuple[str, dict]:
    """The condition of the list; each of several words of an option is allowed."""
    words = {name: [word.strip() for word in text.split(",") if word.strip()] for name, text in said.items()}
    for name, text in said.items():
        if set(words[name]) - set(GROUPS[name]):
            raise CrmError("E_CHOICE", option=name, value=text, known=", ".join(GROUPS[name]))
    chosen = {name: each for name, each in words.items() if each}
    return " and ".join(f"list_contains(${name}, {name})" for name in chosen) or "true", chosen
