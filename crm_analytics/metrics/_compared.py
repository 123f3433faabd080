"""The window that numbers are compared with, and every customer's doings in both: the window before, or a year earlier."""

from dataclasses import dataclass
from datetime import date

from crm_analytics import snapshot
from crm_analytics.filters import Filters

BEFORE = """
    create or replace temp view compared as
    select customer_id, orders, revenue, is_active, is_new, is_active_before as was_active,
        orders_before as orders_then, revenue_before as revenue_then, is_active_before as is_active_then,
        is_active_earlier as was_active_then
    from chosen
    """
YEAR = """
    create or replace temp view compared as
    select c.customer_id, c.orders, c.revenue, c.is_active, c.is_new, c.is_active_before as was_active,
        coalesce(t.orders, 0) as orders_then, coalesce(t.revenue, 0) as revenue_then,
        coalesce(t.is_active, false) as is_active_then, coalesce(t.is_active_before, false) as was_active_then
    from chosen c left join chosen_then t on t.customer_id = c.customer_id
    """
BEHIND = {  # group of the bridge -> the query that opens its customers, where the window before is the one compared with
    "new": "is_new=yes",
    "returned": "is_active=yes&is_active_before=no&is_new=no",
    "kept_more": "is_active=yes&is_active_before=yes",
    "kept_less": "is_active=yes&is_active_before=yes",
    "lost": "is_active=no&is_active_before=yes",
}


@dataclass(frozen=True)
class Earlier:
    """The window compared with: [start, end), whether the data reach back over it, and over the one before it."""

    start: date
    end: date
    is_complete: bool
    has_one_before: bool


def is_by_year(filters: Filters) -> bool:
    """The year-earlier window is asked for and is another than the window before."""
    return filters.compare == "year" and filters.months != 12


def prepare(con, filters: Filters) -> Earlier:
    """The window compared with.

    Where the data reach back over it, the view `compared` on this cursor has one row per chosen customer: orders, revenue,
    is_active, is_new, was_active (in the window before this one), and orders_then, revenue_then, is_active_then,
    was_active_then of the window compared with.
    """
    if not is_by_year(filters):
        con.execute(BEFORE)
        complete = filters.is_window_before_complete, filters.is_window_earlier_complete
        return Earlier(filters.start_before, filters.start, *complete)
    then = filters.year_earlier()
    if then.is_window_complete:
        snapshot.earlier(con, filters, then.as_of)
        con.execute(YEAR)
    return Earlier(then.start, then.end, then.is_window_complete, then.is_window_before_complete)


def behind(filters: Filters) -> dict[str, str]:
    """Group of the bridge -> the query that opens its customers.

    A year earlier has no fact of its own to choose by, and in windows that overlap new customers were active then, too.
    """
    if not is_by_year(filters):
        return BEHIND
    return {"new": BEHIND["new"]} if filters.months < 12 else {}
