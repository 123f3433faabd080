"""The tables behind how customers buy: what each one's orders were worth and carried, kept once per day and window."""

from datetime import timedelta

import pandas as pd

from crm_analytics import cache
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics import _traits

LEVELS = {"category": "category", "brand": "brand", "product": "coalesce(product, sku)", "channel": "channel"}
MOST = 60  # things a basket is looked at for, the commonest: they are bits of one number
KNOWN_DAYS = 90  # days of data before its first sale from which a product is known to be new


def window(filters: Filters) -> dict:
    """$start and $end of the window."""
    return {"start": filters.start, "end": filters.end}


def order_values(con, filters: Filters) -> str:
    """Table of one row per customer with orders in the window.

    orders, discounted_orders, value (of these orders: their lines' amounts), discounted_value, has_channel, several_channels. An order is
    discounted where one of its lines is; discounts and channels are null where no line tells of any.
    """
    return cache.table(
        con,
        "order_values",
        filters,
        f"""
        select customer_id, cast(count(*) as integer) as orders, cast(sum(is_discounted) as integer) as discounted_orders,
            sum(value) as value, sum(case when is_discounted = 1 then value else 0 end) as discounted_value,
            min(first_channel) is not null as has_channel, min(first_channel) <> max(last_channel) as several_channels
        from {each_order(con, filters)}
        group by customer_id
        """,
        {},
    )


def each_order(con, filters: Filters) -> str:
    """Table of one row per order of the window: customer_id, value, is_discounted (1, 0, null where no line tells), channels."""
    return cache.table(
        con,
        "each_order",
        filters,
        """
        select customer_id, cast(sum(amount) as decimal(17, 4)) as value,
            max(case when discount <> 0 then 1 when discount is not null then 0 end) as is_discounted,
            min(channel) as first_channel, max(channel) as last_channel
        from lines
        where customer_id is not null and day >= $start and day < $end
        group by customer_id, order_id
        having max(amount) > 0
        """,
        window(filters),
    )


def things(con, filters: Filters, level: str) -> pd.DataFrame:
    """The things of a level that are bought in the window, commonest first, at most sixty.  code, value, customers."""
    return con.execute(f"select code, value, customers from {_candidates(con, filters, level)} order by code").df()


def _candidates(con, filters: Filters, level: str) -> str:
    if level not in LEVELS:
        raise CrmError("E_LEVEL", level=level, known=", ".join(LEVELS))
    return cache.table(
        con,
        f"things_{level}",
        filters,
        f"""
        select cast(row_number() over (order by customers desc, value) - 1 as integer) as code, value, customers
        from (
            select {LEVELS[level]} as value, count(distinct customer_id) as customers
            from lines
            where customer_id is not null and day >= $start and day < $end and amount > 0 and {LEVELS[level]} is not null
            group by 1
        ) counted
        order by customers desc, value
        limit {MOST}
        """,
        window(filters),
    )


def baskets(con, filters: Filters, level: str, *, per_order: bool = False) -> str:
    """Table of one row per customer (per order) who bought any of the things in the window: customer_id, mask (bit `code` is set)."""
    table = _candidates(con, filters, level)
    each, name = ("customer_id, order_id", "orders_of") if per_order else ("customer_id", "baskets_of")
    return cache.table(
        con,
        f"{name}_{level}",
        filters,
        f"""
        select customer_id, bit_or(cast(1 as bigint) << t.code) as mask
        from lines l
        join {table} t on t.value = {LEVELS[level]}
        where l.customer_id is not null and l.day >= $start and l.day < $end and l.amount > 0
        group by {each}
        """,
        window(filters),
    )


def new_products(con, filters: Filters) -> str:
    """Table of the products first sold in the window: product, name, first_date, is_known.

    Known to be new: the data reach back at least 90 days before its first sale; a product sold from their first days may be old.
    """
    return cache.table(
        con,
        "new_products",
        filters,
        """
        select product, name, first_date, first_date >= $known as is_known
        from (
            select coalesce(sku, product) as product, any_value(coalesce(product, sku)) as name, min(day) as first_date
            from lines
            where coalesce(sku, product) is not null and amount > 0 and day < $end
            group by 1
        ) sold
        where first_date >= $start
        """,
        window(filters)
        | {"known": filters.data_from + timedelta(days=KNOWN_DAYS) if filters.data_from else filters.end},
    )


def adopters(con, filters: Filters) -> str:
    """Table of one row per customer and new product he bought in the window's order lines: see `new_products`."""
    bought = cache.table(
        con,
        "new_bought",
        filters,
        f"""
        select l.customer_id, n.product, sum(l.amount) as revenue, count(distinct l.day) as days
        from lines l
        join {new_products(con, filters)} n on n.product = coalesce(l.sku, l.product) and n.is_known
        where l.customer_id is not null and l.day >= $start and l.day < $end and l.amount > 0
        group by 1, 2
        """,
        window(filters),
    )
    return f"(select customer_id, sum(revenue) as revenue from {bought} group by customer_id)"


def has(con, column: str) -> bool:
    """Whether the order lines tell of a column; an article number stands for its product."""
    return _traits.told(con, column) or (column == "product" and _traits.told(con, "sku"))


def wanted(con, column: str) -> None:
    """Raises CrmError E_COLUMN_WANTED where no order line tells of a column."""
    if not has(con, column):
        raise CrmError("E_COLUMN_WANTED", column=column, table="orders")
