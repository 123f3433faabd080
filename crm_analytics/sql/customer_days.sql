-- One row per customer and day with at least one line: that day's totals, totals up to and including it, and the day it
-- stops being the latest (next_day), so that "state as of d" is a filter: day <= d and next_day > d.
-- Revenue belongs to its line's own day, an order to the day of its earliest line. Margin and covered_revenue (the revenue
-- whose cost is known) are null where no line has a cost.
create or replace temp table spread_orders as -- the few orders whose lines carry several days
select customer_id, order_id, min(day) as first_day, max(case when amount > 0 then 1 else 0 end) as is_order
from lines
where customer_id is not null and hash(customer_id, order_id) in (
    select hash(customer_id, order_id) from lines group by 1 having min(day) <> max(day)
)
group by customer_id, order_id
having min(day) <> max(day);

create or replace table customer_days as
with order_days as (
    select customer_id, order_id, day,
        max(case when amount > 0 then 1 else 0 end) as is_order,
        count(*) as lines,
        sum(amount) as revenue,
        sum(case when cost is not null then amount - cost end) as margin,
        sum(case when cost is not null then amount end) as covered_revenue
    from lines
    where customer_id is not null
    group by customer_id, order_id, day
),
placed as (                        -- each order counted once, on its first day
    select o.customer_id, o.day, o.lines, o.revenue, o.margin, o.covered_revenue,
        case when s.order_id is null then o.is_order when o.day = s.first_day then s.is_order else 0 end as orders
    from order_days o
    left join spread_orders s on s.customer_id = o.customer_id and s.order_id = o.order_id
),
days as (
    select customer_id, day, sum(orders) as orders, sum(lines) as lines, sum(revenue) as revenue,
        sum(margin) as margin, sum(covered_revenue) as covered_revenue
    from placed
    group by customer_id, day
)
select customer_id, day,
    cast(orders as integer) as orders,
    cast(revenue as decimal(17, 4)) as revenue,
    lead(day, 1, date '9999-12-31') over by_day as next_day,
    min(case when orders > 0 then day end) over (partition by customer_id) as first_order_day,
    max(case when orders > 0 then day end) over so_far as last_order_day,
    cast(sum(orders) over so_far as integer) as run_orders,
    cast(sum(lines) over so_far as integer) as run_lines,
    cast(sum(revenue) over so_far as decimal(17, 4)) as run_revenue,
    cast(sum(margin) over so_far as decimal(17, 4)) as run_margin,
    cast(sum(covered_revenue) over so_far as decimal(17, 4)) as run_covered_revenue
from days
window by_day as (partition by customer_id order by day),
    so_far as (partition by customer_id order by day rows unbounded preceding);

drop table spread_orders;
