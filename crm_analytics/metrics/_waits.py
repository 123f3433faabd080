"""From the first order to the second: counts by day, from which every curve follows; a million customers are a thousand rows.

A customer who was first seen `age` days before the end and ordered again after `days` is in the sums of three days: `firsts` and
`repeaters` at `age`, `events` at `days`. As days <= age, the customers at least w days old who came back within w days are
those who came back within w days less the repeaters younger than w: events up to w - repeaters below w.
"""

import numpy as np
import pandas as pd

from crm_analytics import cache
from crm_analytics.filters import Filters
from crm_analytics.metrics import _grouping

COUNTED = ("events", "firsts", "repeaters")
# The second order: the one row of a customer up to which fewer than two orders, and with which two or more, were placed
SECONDS = """
select customer_id, cast(day - first_order_day as integer) as days
from customer_days
where day <= $as_of and run_orders >= 2 and run_orders - orders < 2
"""


def counts(con, filters: Filters, by: str = "", least_age: int = 0) -> pd.DataFrame:
    """Customers by day and group: group (null where unknown, or without `by`), days, events, firsts, repeaters; see above.

    Chosen customers with an order up to as_of; `least_age`: only those whose first order is at least so many days old.
    """
    return cache.answer(con, filters, ("waits", by, least_age), lambda: _counts(con, filters, by, least_age))


def _counts(con, filters: Filters, by: str, least_age: int) -> pd.DataFrame:
    value, joins, parameters = _grouping.value(con, filters, by)
    return con.execute(
        f"""
        with seconds as ({SECONDS}),
        bought as (
            select c.customer_id, {value} as "group", cast($as_of - c.first_order_date as integer) as age
            from chosen c
            {joins}
            where c.first_order_date <= $as_of - cast($least_age as integer)
        ),
        waited as (
            select b."group", b.age, s.days, count(*) as customers
            from bought b
            left join seconds s on s.customer_id = b.customer_id
            group by b."group", b.age, s.days
        )
        select "group", days, cast(sum(events) as bigint) as events, cast(sum(firsts) as bigint) as firsts,
            cast(sum(repeaters) as bigint) as repeaters
        from (
            select "group", age as days, 0 as events, customers as firsts, case when days is null then 0 else customers end as repeaters
            from waited
            union all
            select "group", days, customers, 0, 0 from waited where days is not null
        ) told
        group by 1, 2
        order by 1, 2
        """,
        {"as_of": filters.as_of, "least_age": least_age} | parameters,
    ).df().astype(dict.fromkeys(COUNTED, "int64"))  # fmt: skip


def within(found: pd.DataFrame, windows: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """(who ordered again within each window, of how many old enough for it) from the counts of one group."""
    days = found.days.to_numpy()
    events, firsts, repeaters = (np.concatenate([[0], np.cumsum(found[name].to_numpy())]) for name in COUNTED)
    before, up_to = (np.searchsorted(days, windows, side=side) for side in ("left", "right"))
    return events[up_to] - repeaters[before], firsts[-1] - firsts[before]


def cases(found: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(days, has ordered again, customers) of the counts of one group: what `stats.survival` takes."""
    days, open_ones = found.days.to_numpy(), (found.firsts - found.repeaters).to_numpy()
    seen = np.repeat([True, False], len(days))
    return np.tile(days, 2), seen, np.concatenate([found.events.to_numpy(), open_ones])
