"""Customers by their first order and by the months they ordered in: conditions of a choice, and groups to compare."""

from datetime import date

from crm_analytics import cache
from crm_analytics.database import quoted
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters

COLUMNS = {"first_channel": "channel", "first_category": "category", "first_brand": "brand"}  # of the first order's day
MONTHS = ("first_order_month", "order_month")  # written 2025-03: of the first order, of any order up to as_of


def condition(con, filters: Filters, column: str, allowed: str, values: dict) -> str:
    """SQL: the snapshot's customer s has one of the allowed values of the column.  `allowed` is the parameter's name.

    Raises CrmError E_FILTER_MONTH on what is no month.
    """
    if column in COLUMNS:
        return f"s.customer_id in (select customer_id from {table(con, filters, column)} where list_contains(${allowed}, value))"
    values[allowed] = [_month_number(column, text) for text in values[allowed]]
    if column == "first_order_month":
        return f"list_contains(${allowed}, 12 * year(s.first_order_date) + month(s.first_order_date))"
    values["as_of"] = filters.as_of
    return (
        "s.customer_id in (select customer_id from customer_days where orders > 0 and day <= $as_of "
        f"and list_contains(${allowed}, 12 * year(day) + month(day)))"
    )


def table(con, filters: Filters, column: str) -> str:
    """The table (customer_id, value) of the channel, category or brand most was spent on on the day of the first order."""
    name = quoted(COLUMNS[column])
    return cache.table(
        con,
        column,
        filters,
        f"""
        select customer_id, arg_max(value, struct_pack(amount := amount, value := value)) as value
        from (
            select l.customer_id, l.{name} as value, sum(l.amount) as amount
            from lines l
            join customer_days d on d.customer_id = l.customer_id and d.day = l.day and d.day = d.first_order_day
            where l.{name} is not null and l.amount > 0 and l.day <= $as_of
            group by 1, 2
        ) sums
        group by customer_id
        """,
        {"as_of": filters.as_of},
    )


def month(text: str) -> date | None:
    """The first day of a month written 2025-03; None if it is none."""
    try:
        return date.fromisoformat(f"{text}-01") if len(text) == len("2025-03") else None
    except ValueError:
        return None


def _month_number(column: str, text: str) -> int:
    first = month(text)
    if first is None:
        raise CrmError("E_FILTER_MONTH", name=column, value=text)
    return 12 * first.year + first.month
