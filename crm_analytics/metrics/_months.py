"""What the course of the headline numbers is made of: sums of single months, and customers over the twelve months to a day."""

from datetime import date, timedelta

import pandas as pd

from crm_analytics import state
from crm_analytics.filters import Filters, months_before


def last_day(month: date) -> date:
    """The last day of a month given by its first."""
    return months_before(month, -1) - timedelta(days=1)


def is_everyone(con) -> bool:
    """Nobody is left out; then cases without a customer count too."""
    return con.execute("select (select count(*) from chosen) = (select count(*) from snapshot)").fetchone()[0]


def alone(con, filters: Filters, shown: list[date]) -> list[tuple]:
    """(month, kpi, value, n) of each month by itself; a month without a line is 0 once there were lines, and so with complaints.

    The margin of a month that sold without a known cost is unknown, not 0, unless a margin rate is typed.
    """
    dates = {"end": filters.end, "first": shown[0]}
    rate = {"rate": state.rules(con).margin_rate}
    sums = _of_chosen(con, dates | rate) if filters.where or filters.customer_set else _of_company(con, dates | rate)
    found = sums.merge(_complaints(con, dates), on="month", how="outer")
    known = {row.month.date(): row for row in found.itertuples()}
    sold = [month for month, row in known.items() if pd.notna(row.lines)]
    kpis = ["revenue", "orders", "new_customers"] + ["margin"] * bool(found["margin"].notna().any())
    rows = []
    for month in shown:
        row = known.get(month)
        lines = int(_number(row, "lines"))
        for kpi in kpis if sold and month >= min(sold) else []:
            is_unknown = kpi == "margin" and lines and pd.isna(row.margin)
            rows.append((month, kpi, None if is_unknown else _number(row, kpi), lines))
        if found["complaints"].notna().any() and month >= min(known):
            rows.append((month, "complaints", _number(row, "complaints"), int(_number(row, "complaints"))))
    return rows


def _number(row, name: str) -> float:
    value = getattr(row, name, 0)
    return 0.0 if pd.isna(value) else float(value)


def _of_company(con, dates: dict) -> pd.DataFrame:
    return con.execute(
        """
        select cast(date_trunc('month', day) as date) as month, sum(revenue) as revenue, sum(orders) as orders,
            sum(case when $rate is null then margin
                else coalesce(margin, 0) + $rate * (revenue - coalesce(covered_revenue, 0)) end) as margin,
            sum(new_customers) as new_customers, sum(lines) as lines
        from company_days where day >= $first and day < $end group by 1
        """,
        dates,
    ).df()


def _of_chosen(con, dates: dict) -> pd.DataFrame:
    return con.execute(
        """
        select cast(date_trunc('month', day) as date) as month, sum(revenue) as revenue,
            sum(margin_to_date - margin_so_far) as margin, sum(orders) as orders,
            count(*) filter (where day = first_order_day) as new_customers, sum(run_lines - lines_so_far) as lines
        from (
            select *, lag(margin_to_date, 1, 0) over earlier as margin_so_far, lag(run_lines, 1, 0) over earlier as lines_so_far
            from (
                select *, case when $rate is null then run_margin
                    else coalesce(run_margin, 0) + $rate * (run_revenue - coalesce(run_covered_revenue, 0)) end as margin_to_date
                from customer_days where customer_id in (select customer_id from chosen)
            ) rated
            window earlier as (partition by customer_id order by day)
        ) days
        where day >= $first and day < $end group by 1
        """,
        dates,
    ).df()


def _complaints(con, dates: dict) -> pd.DataFrame:
    return con.execute(
        """
        select cast(date_trunc('month', opened_day) as date) as month, count(*) as complaints
        from cases
        where opened_day >= $first and opened_day < $end and ($everyone or customer_id in (select customer_id from chosen))
        group by 1
        """,
        dates | {"everyone": is_everyone(con)},
    ).df()


def customers(con, filters: Filters):
    """Counts of the chosen customers over the filters' window and the one before, as of any day; one row."""
    return con.execute(
        """
        with state as (
            select
                a.run_orders - coalesce(w.run_orders, 0) as orders, a.run_revenue - coalesce(w.run_revenue, 0) as revenue,
                coalesce(w.run_orders, 0) - coalesce(b.run_orders, 0) as orders_before,
                coalesce(w.run_revenue, 0) - coalesce(b.run_revenue, 0) as revenue_before
            from customer_days a
            left join customer_days w on w.customer_id = a.customer_id and w.day < $start and w.next_day >= $start
            left join customer_days b on b.customer_id = a.customer_id and b.day < $start_before and b.next_day >= $start_before
            where a.day < $end and a.next_day >= $end and ($everyone or a.customer_id in (select customer_id from chosen))
        )
        select
            count(*) filter (where orders >= 1) as buyers, count(*) filter (where orders >= 2) as repeaters,
            count(*) filter (where orders > 0 and revenue > 0) as active,
            count(*) filter (where orders_before > 0 and revenue_before > 0) as active_before,
            count(*) filter (where orders_before > 0 and revenue_before > 0 and not (orders > 0 and revenue > 0)) as churned,
            case when $everyone then (select sum(revenue) from company_days where day >= $start and day < $end)
                else sum(revenue) end as revenue,
            case when $everyone then (select sum(orders) from company_days where day >= $start and day < $end)
                else sum(orders) end as orders
        from state
        """,
        {
            "start": filters.start,
            "start_before": filters.start_before,
            "end": filters.end,
            "everyone": not (filters.where or filters.customer_set),
        },
    )
