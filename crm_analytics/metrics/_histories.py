"""Purchase occasions and what BG/NBD knows of a customer by them: kept per day, whatever the window and whoever is chosen.

A purchase occasion is a distinct day with at least one line that is not a return (METRICS): no return mark, quantity not negative,
amount not below 0; a purchase of amount 0 counts.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from crm_analytics import cache
from crm_analytics.filters import Filters, months_before

MOST_HELD_OUT = 12  # months
# Its value is that of the day, what came back on the same day less: a purchase cancelled at once is worth nothing. Orders all of
# whose rows carry the mark of a return are no purchase, whatever the sign of their amounts.
OCCASIONS = """
create or replace temp table occasions as
with marked as (
    select order_id from orders
    where order_id in (select order_id from orders where return_of is not null)
    group by order_id having count(*) = count(return_of)
)
select customer_id, day, sum(amount) as spend
from lines
where customer_id is not null and day <= $as_of
group by customer_id, day
having count(case when amount >= 0 and coalesce(quantity, 0) >= 0 and order_id not in (select order_id from marked) then 1 end) > 0
"""
# x, last_days and days are x, t_x and T in days; paid of the repeat occasions cost something, on average `spend`. The same of those
# up to the day of the split, for the hold-out check, and the occasions after it.
HISTORIES = """
with summed as (
    select customer_id, min(day) as first_day, max(day) as last_day, count(*) as occasions, sum(spend) as spent,
        sum(case when spend > 0 then spend end) as paid_sum, count(case when spend > 0 then 1 end) as paid,
        arg_min(spend, day) as first_spend,
        count(case when day <= $split then 1 end) as occasions_then, max(case when day <= $split then day end) as last_day_then
    from occasions
    group by customer_id
)
select row_number() over () as number, customer_id, first_day,
    cast(occasions - 1 as integer) as x, cast(last_day - first_day as integer) as last_days,
    cast($as_of - first_day as integer) as days,
    cast(paid - case when first_spend > 0 then 1 else 0 end as integer) as paid,
    1e0 * cast(paid_sum - greatest(first_spend, 0) as double) / nullif(paid - case when first_spend > 0 then 1 else 0 end, 0) as spend,
    cast(spent as double) as spent,
    case when first_day <= $split then cast(occasions_then - 1 as integer) end as x_then,
    case when first_day <= $split then cast(last_day_then - first_day as integer) end as last_days_then,
    case when first_day <= $split then cast($split - first_day as integer) end as days_then,
    cast(occasions - occasions_then as integer) as x_later
from summed
"""
DAYS = """
select o.day, count(case when o.day = h.first_day then 1 end) as acquired,
    count(case when o.day > h.first_day and h.first_day <= $split then 1 end) as repeats
from occasions o
join {histories} h on h.customer_id = o.customer_id
group by o.day
"""


@dataclass(frozen=True)
class Kept:
    """Tables of one day: `histories` (one row per customer who ever bought), `days` (one row per day with an occasion)."""

    histories: str
    days: str
    split: date | None


def company(filters: Filters) -> Filters:
    """The same day for everybody: models are the company's, and no window bounds them."""
    return replace(filters, months=12, compare="before", where=(), customer_set=None)


def usual_split(filters: Filters) -> date | None:
    """The last day of the first part of the data: the last third of the months is held out, at most twelve; None before three."""
    if filters.data_from is None:
        return None
    months = (filters.as_of.year - filters.data_from.year) * 12 + filters.as_of.month - filters.data_from.month + 1
    held_out = min(MOST_HELD_OUT, months // 3)
    return months_before(filters.end, held_out) - timedelta(days=1) if held_out else None


def histories(con, filters: Filters, split: date | None = None) -> Kept:
    """The kept tables of this day, made where there are none; `split` as `usual_split` unless another is given."""
    day, split = company(filters), split or usual_split(filters)
    named = f"{split or filters.as_of:%Y%m%d}"
    names = [f"histories_{named}", f"occasion_days_{named}"]
    known = [cache.known_table(con, name, day) for name in names]
    if all(known):
        return Kept(*known, split)
    con.execute(OCCASIONS, {"as_of": filters.as_of})
    at = {"split": split or filters.as_of}
    table = cache.table(con, names[0], day, HISTORIES, at | {"as_of": filters.as_of})
    days = cache.table(con, names[1], day, DAYS.format(histories=table), at)
    con.execute("drop table occasions")
    return Kept(table, days, split)
