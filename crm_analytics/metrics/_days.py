"""Days since the last order: their spread today, the stock of each stage over time, and the borders the company's own gaps suggest."""

import calendar
from datetime import date, timedelta

import pandas as pd

from crm_analytics.filters import Filters, months_before
from crm_analytics.metrics._stages import STAGES
from crm_analytics.metrics._stages import borders as in_force
from crm_analytics.rules import Rules

WIDTHS = (1, 7, 14, 30, 60, 90)  # days of a bar
MOST_BARS = 80
QUANTILES = {"silent": 0.5, "forgotten": 0.8, "lost": 0.95}
TREND = ["day", "month", "stage", "customers", "share", "in_progress", "is_young"]
# Between two lines of a customer the last order stays the same, so each stage holds him for one stretch of days at most: it opens
# and closes as days since the last order pass its borders, or where the next line takes over. Stock = opened - closed so far; what
# was closed by the first day is left out of both.
SPANS = """
with lines_of as (
    select day, next_day, last_order_day from customer_days where last_order_day is not null and day <= $as_of and next_day > $first{whom}
),
spans as (
    select 'active' as stage, day as opens, least(next_day, last_order_day + $silent) as closes from lines_of
    union all
    select 'silent', greatest(day, last_order_day + $silent), least(next_day, last_order_day + $forgotten) from lines_of
    union all
    select 'forgotten', greatest(day, last_order_day + $forgotten), least(next_day, last_order_day + $lost) from lines_of
    union all
    select 'lost', greatest(day, last_order_day + $lost), next_day from lines_of
)
select stage, opens as day, cast(count(*) as bigint) as n from spans where opens < closes and opens <= $as_of group by stage, opens
union all
select stage, closes, -cast(count(*) as bigint) from spans where opens < closes and closes <= $as_of group by stage, closes
"""
# The next line of a customer is an order unless that day has no order of his: those few rows are taken out.
GAPS = """
select next_day - last_order_day as days, cast(count(*) as bigint) as gaps
from customer_days a
where last_order_day is not null and next_day <= $as_of
    and not exists (select 1 from customer_days r where r.orders = 0 and r.customer_id = a.customer_id and r.day = a.next_day)
group by 1 order by 1
"""


def trend(con, filters: Filters, span: int) -> pd.DataFrame:
    """See `lifecycle.trend`."""
    days = [day for day in _month_ends(filters, span) if filters.data_from and day >= filters.data_from]
    if not days:
        return pd.DataFrame(columns=TREND)
    reached = in_force(con)
    whom = " and customer_id in (select customer_id from chosen)" if filters.where or filters.customer_set else ""
    events = con.execute(SPANS.format(whom=whom), {"as_of": filters.as_of, "first": days[0]} | reached).df()
    changes = events.assign(day=pd.to_datetime(events["day"])).pivot_table("n", "day", "stage", "sum", fill_value=0)
    stock = changes.reindex(columns=list(STAGES), fill_value=0).sort_index().cumsum()
    at = stock.reindex(pd.to_datetime(days), method="ffill").fillna(0).astype("int64").rename_axis("day").stack()
    found = at.rename("customers").rename_axis(["day", "stage"]).reset_index()
    whole = found.groupby("day")["customers"].transform("sum")
    found["share"] = (found["customers"] / whole).where(whole > 0)
    found["month"] = found["day"].dt.to_period("M").dt.start_time
    found["in_progress"] = (found["day"] == pd.Timestamp(filters.as_of)) & ~_is_month_end(filters.as_of)
    found["is_young"] = (found["day"] - pd.Timestamp(filters.data_from)).dt.days < found["stage"].map(
        {"active": 0} | reached
    ).astype("int64")
    return found[TREND]


def _month_ends(filters: Filters, span: int) -> list[date]:
    """The ends of the months before the day's own, then the day itself."""
    months = [months_before(filters.as_of.replace(day=1), back) - timedelta(days=1) for back in range(span - 1, -1, -1)]
    return [*months, filters.as_of]


def _is_month_end(day: date) -> bool:
    return day.day == calendar.monthrange(day.year, day.month)[1]


def histogram(con, filters: Filters) -> pd.DataFrame:
    """See `lifecycle.days`."""
    longest = con.execute("select max(days_since_last_order) from chosen").fetchone()[0] or 0
    width = next((width for width in WIDTHS if longest < width * MOST_BARS), WIDTHS[-1])
    return con.execute(
        "select cast(days_since_last_order // $width * $width as integer) as days_from, "
        "cast(days_since_last_order // $width * $width + $width - 1 as integer) as days_to, stage, cast(count(*) as bigint) as customers "
        "from chosen where stage is not null group by 1, 2, 3 order by 1, min(days_since_last_order)",
        {"width": width},
    ).df()  # fmt: skip


def borders(con, filters: Filters) -> pd.DataFrame:
    """See `lifecycle.borders`."""
    gaps = con.execute(GAPS, {"as_of": filters.as_of}).df()
    n = int(gaps["gaps"].sum())
    so_far, usual, rows, before = gaps["gaps"].cumsum(), Rules().lifecycle_days, [], 0
    for place, (stage, day) in enumerate(in_force(con).items()):
        derived = None
        if n:
            within = gaps["days"][so_far >= QUANTILES[stage] * n].iloc[0]
            derived = before = max(int(within) + 1, before + 1)
        longer = float(gaps["gaps"][gaps["days"] >= day].sum() / n) if n else None
        rows.append((stage, day, _source(stage, day, usual[place]), QUANTILES[stage], derived, n, longer))
    columns = ["stage", "days", "source", "quantile", "derived_days", "gaps", "longer_share"]
    return pd.DataFrame(rows, columns=columns).astype({"derived_days": "Int64", "longer_share": "float64"})


def _source(stage: str, day: int, usual: int) -> str:
    return "own" if day != usual else "given" if stage == "lost" else "ours"
