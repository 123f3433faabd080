"""One customer on a cursor: who is meant by a number, and the temp tables `own_numbers`, `own_lines`, `own_days` of this customer."""

from dataclasses import dataclass

from crm_analytics.errors import CrmError

KNOWN = """
select exists(select 1 from customer_profile where customer_id = $id) or exists(select 1 from customer_days where customer_id = $id)
    or exists(select 1 from unranked where customer_id = $id)
"""
MENTIONED = """
select exists(
    select 1
    from (
        select customer_id from orders union all select customer_id from surveys union all select customer_id from complaints
        union all select customer_id from complaint_events union all select customer_id from returns
        union all select customer_id from interactions union all select customer_id from campaign_members
        union all select customer_id from points union all select customer_id from churn_reasons
        union all select customer_id from wallet union all select customer_id from receivables
    ) mentions
    where customer_id in (select number from own_numbers)
)
"""


@dataclass(frozen=True)
class Person:
    """A customer: `id` it counts as, the number that was `asked` for, all its `numbers`, whether it is ranked."""

    id: str
    asked: str
    numbers: tuple[str, ...]
    is_ranked: bool


def person(con, number: str) -> Person:
    """Who has this number; the temp table `own_numbers` then holds all of them. Raises CrmError E_CUSTOMER."""
    id = _stands_for(con, number)
    con.execute("create or replace temp table own_numbers (number varchar)")
    con.execute("insert into own_numbers select $id union select number from aliases where person = $id", {"id": id})
    numbers = tuple(each for (each,) in con.execute("select number from own_numbers order by number").fetchall())
    if not _is_known(con, id):
        raise CrmError("E_CUSTOMER", customer=number)
    marked = con.execute("select count(*) from unranked where customer_id = $id", {"id": id}).fetchone()[0]
    return Person(id, number, numbers, not marked)


def _stands_for(con, number: str) -> str:
    found = con.execute("select person from aliases where number = $number", {"number": number}).fetchone()
    return found[0] if found else number


def _is_known(con, id: str) -> bool:
    return con.execute(KNOWN, {"id": id}).fetchone()[0] or con.execute(MENTIONED).fetchone()[0]


def make_lines(con, who: Person, filters) -> None:
    """Temp table `own_lines`: one row per line of this customer up to the day.

    Of a customer who is not ranked: the lines of the orders placed under its numbers that count for nobody. The order ids go as
    values: the view `lines` then reads those orders alone.
    """
    found = con.execute(
        "select distinct order_id from orders where customer_id in $numbers", {"numbers": list(who.numbers)}
    )
    con.execute(
        """
        create or replace temp table own_lines as
        select *
        from lines
        where order_id in $orders and day < $end and (customer_id = $id or (not $is_ranked and customer_id is null))
        """,
        {
            "orders": [order for (order,) in found.fetchall()],
            "id": who.id,
            "is_ranked": who.is_ranked,
            "end": filters.end,
        },
    )


def make_days(con, who: Person, filters) -> None:
    """Temp table `own_days`: one row per day with a line up to the day of the view: day, orders, revenue, lines."""
    if who.is_ranked:
        con.execute(
            "create or replace temp table own_days as select day, orders, revenue, "
            "run_lines - lag(run_lines, 1, 0) over (order by day) as lines "
            "from customer_days where customer_id = $id and day < $end",
            {"id": who.id, "end": filters.end},
        )
        return
    make_lines(con, who, filters)
    con.execute(
        """
        create or replace temp table own_days as
        with of_order as (
            select order_id, day, count(*) as lines, sum(amount) as revenue,
                case when day = min(day) over (partition by order_id)
                    then max(max(case when amount > 0 then 1 else 0 end)) over (partition by order_id) else 0 end as orders
            from own_lines
            group by order_id, day
        )
        select day, cast(sum(orders) as integer) as orders, cast(sum(revenue) as decimal(17, 4)) as revenue, sum(lines) as lines
        from of_order
        group by day
        """
    )


def make_points(con) -> None:
    """Temp table `own_points`: this customer's bookings with their sign: redeemed and expired points are taken away, however
    the export writes them."""
    con.execute(
        """
        create or replace temp table own_points as
        select "at", case when lower(trim(kind)) in ('redeem', 'redeemed', 'expire', 'expired', 'spend', '兑换', '过期', '兌換', '過期')
                then -abs(points) else points end as signed, reason, gift, order_id, import_id
        from points
        where customer_id in (select number from own_numbers)
        """
    )
