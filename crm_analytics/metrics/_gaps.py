"""The time from one order day to the next: how it spreads, what counting the open gaps changes, and who has fallen silent."""

import numpy as np
import pandas as pd

from crm_analytics import cache
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics import _kpis
from crm_analytics.state import rules as rules_in_force
from crm_analytics.stats import intervals, survival

WIDTHS = (1, 2, 3, 5, 7, 10, 14, 30, 60, 90, 180, 365)  # of a bar, in days
MOST_BARS = 26
QUANTILES = {"p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
OWN_GAPS = 5  # gaps from which a customer has a rhythm of his own
FORMS = ("period", "stock", "own_rhythm")
# Before each order day but a customer's first stands one row of his, whose last order day is where the gap began; days without an
# order (returns) are few, so to know that the next row is an order is to know that it is none of those.
GAPS = """
select a.customer_id, cast(a.next_day - a.last_order_day as integer) as days
from customer_days a
left join (select customer_id, day from customer_days where orders = 0) r on r.customer_id = a.customer_id and r.day = a.next_day
{whom}
where a.next_day <= $as_of and a.last_order_day is not null and r.customer_id is null
"""
WHOM = "join chosen c on c.customer_id = a.customer_id"


def bars(con, filters: Filters, width: int) -> pd.DataFrame:
    """The frame of `retention.gaps`, which says what it means."""
    if width < 0:
        raise CrmError("E_OPTION_VALUE", name="retention.gaps", option="--width", value=str(width))
    found = counts(con, filters)
    closed = found[found.closed > 0]
    p95 = _quantile(closed.days.to_numpy(), closed.closed.to_numpy(), 0.95)
    if p95 is None:
        return pd.DataFrame(columns=["from_days", "to_days", "gaps", "share", "cumulative_share"])
    width = width or next((each for each in WIDTHS if p95 < each * MOST_BARS), WIDTHS[-1])
    last = (int(p95) - 1) // width + 1  # everything beyond is one bar without an end
    place = np.minimum((closed.days - 1) // width, last)
    summed = closed.closed.groupby(place).sum().reindex(range(last + 1), fill_value=0)
    rows = pd.DataFrame(
        {"from_days": summed.index * width + 1, "to_days": (summed.index + 1) * width, "gaps": summed.to_numpy()}
    )
    rows["to_days"] = rows.to_days.astype("Int64").where(rows.index < last, None)
    rows["share"] = rows.gaps / rows.gaps.sum()
    rows["cumulative_share"] = rows.gaps.cumsum() / rows.gaps.sum()
    return rows if rows.gaps.iloc[-1] else rows.iloc[:-1]


def quantiles(con, filters: Filters) -> pd.DataFrame:
    """The frame of `retention.rhythm`, which says what it means."""
    found = counts(con, filters)
    closed, open_ones = found.closed.to_numpy(), found.open.to_numpy()
    n, days = int(closed.sum()), found.days.to_numpy()
    alone = {name: _quantile(days, closed, share) for name, share in QUANTILES.items()}
    alone["mean_days"] = float((days * closed).sum() / n) if n else None
    cases = np.tile(days, 2), np.repeat([True, False], len(days)), np.concatenate([closed, open_ones])
    waited = {
        name: survival.quantile(*cases[:2], share, cases[2])[0] if n else None for name, share in QUANTILES.items()
    }
    rows = [
        {"basis": "closed", "n": n, "open": 0} | alone,
        {"basis": "with_open", "n": n, "open": int(open_ones.sum())} | waited,
    ]
    return pd.DataFrame(rows, columns=["basis", "n", "open", "mean_days", *QUANTILES]).astype(
        dict.fromkeys(("mean_days", *QUANTILES), "float64")
    )


def counts(con, filters: Filters, view: str = "chosen") -> pd.DataFrame:
    """By day: days, closed (gaps that ended in an order), open (customers who last ordered so long ago), in order of days.

    `view`: chosen, or snapshot for the whole company."""
    whom = WHOM if view == "chosen" and (filters.where or filters.customer_set) else ""
    return cache.answer(
        con,
        filters,
        ("gaps", view if whom else "snapshot"),
        lambda: con.execute(
            f"""
            select days, cast(sum(closed) as bigint) as closed, cast(sum(open) as bigint) as open
            from (
                select days, count(*) as closed, 0 as open from ({GAPS.format(whom=whom)}) gaps group by days
                union all
                select days_since_last_order, 0, count(*) from {view} where last_order_date is not null group by 1
            ) told
            group by days
            order by days
            """,
            {"as_of": filters.as_of},
        ).df().astype("int64"),
    )  # fmt: skip


def churn(con, filters: Filters) -> pd.DataFrame:
    """The frame of `retention.churn`, which says what it means."""
    lost = rules_in_force(con).lifecycle_days[-1]
    period = _kpis.customer_kpis(con, filters)["churn_rate"]
    p95 = _p95(con, filters)
    stock = con.execute(
        "select count(case when days_since_last_order >= $days then 1 end), count(*) from chosen "
        "where first_order_date <= $as_of - cast($days as integer)",
        {"days": lost, "as_of": filters.as_of},
    ).fetchone()
    rows = [
        ("period", period.value, period.n, period.low, period.high, _part(period), None, period.note),
        ("stock", *_shares(*stock), lost, None if stock[1] else "nobody_old_enough"),
        ("own_rhythm", *_shares(*_silent(con, filters, p95)), p95, None if p95 else "no_gaps"),
    ]
    columns = ["form", "rate", "n", "low", "high", "customers", "days", "note"]
    return pd.DataFrame(rows, columns=columns).astype({"customers": "Int64", "days": "Int64"})


def _silent(con, filters: Filters, p95: int | None) -> tuple[int, int]:
    """(customers silent for longer than 95 % of their gaps, of how many old enough for it).

    Who has fewer than OWN_GAPS gaps is held against the whole company's.
    """
    if p95 is None:
        return 0, 0
    return con.execute(
        f"""
        with judged as (
            select c.days_since_last_order, c.first_order_date, coalesce(o.limit_days, $p95) as limit_days
            from chosen c
            left join {_own_limits(con, filters)} o on o.customer_id = c.customer_id
            where c.first_order_date is not null
        )
        select count(case when days_since_last_order > limit_days then 1 end), count(*)
        from judged
        where first_order_date < $as_of - cast(limit_days as integer)
        """,
        {"as_of": filters.as_of, "p95": p95},
    ).fetchone()


def _own_limits(con, filters: Filters) -> str:
    """The table (customer_id, limit_days) of the 95 % quantile of the gaps of each who has OWN_GAPS or more.

    Below 20 gaps that is the longest, which is found faster.
    """
    return cache.table(
        con,
        "own_rhythm",
        filters,
        f"""
        select customer_id, case when count(*) < 20 then max(days) else quantile_disc(days, 0.95) end as limit_days
        from ({GAPS.format(whom="")}) gaps
        where customer_id in (select customer_id from snapshot where orders_ever > $own_gaps)
        group by customer_id
        having count(*) >= $own_gaps
        """,
        {"as_of": filters.as_of, "own_gaps": OWN_GAPS},
    )


def _p95(con, filters: Filters) -> int | None:
    """The 95 % quantile of all gaps of the company; None while nobody has ordered twice."""
    found = counts(con, filters, "snapshot")
    limit = _quantile(found.days.to_numpy(), found.closed.to_numpy(), 0.95)
    return None if limit is None else int(limit)


def _quantile(days: np.ndarray, weights: np.ndarray, share: float) -> float | None:
    """The smallest number of days that at least this share of the gaps does not exceed."""
    whole = weights.sum()
    return float(days[np.searchsorted(weights.cumsum(), share * whole - 1e-9)]) if whole else None


def _shares(part: int, n: int) -> tuple:
    """(rate, n, low, high, part) with Wilson's interval."""
    return (part / n if n else None), n, *intervals.wilson(part, n), part


def _part(kpi) -> int | None:
    return None if kpi.value is None else round(kpi.value * kpi.n)
