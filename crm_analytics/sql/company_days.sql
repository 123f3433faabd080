-- One row per day with at least one line: the company's totals, and the part of them that names no customer.
create or replace table company_days as
with known as (
    select day, sum(orders) as orders, count(*) as customers, sum(revenue) as revenue,
        sum(case when first_order_day = day then 1 else 0 end) as new_customers
    from customer_days
    group by day
),
totals as (
    select day, count(*) as lines, sum(amount) as revenue,
        sum(case when cost is not null then amount - cost end) as margin,
        sum(case when cost is not null then amount end) as covered_revenue
    from lines
    group by day
)
select t.day, cast(t.lines as integer) as lines, cast(t.revenue as decimal(17, 4)) as revenue,
    cast(t.margin as decimal(17, 4)) as margin, cast(t.covered_revenue as decimal(17, 4)) as covered_revenue,
    cast(coalesce(k.orders, 0) + coalesce(u.orders, 0) as integer) as orders,
    cast(coalesce(k.new_customers, 0) as integer) as new_customers,
    cast(coalesce(k.customers, 0) as integer) as customers,
    cast(coalesce(u.lines, 0) as integer) as unidentified_lines,
    cast(coalesce(u.orders, 0) as integer) as unidentified_orders,
    cast(coalesce(u.revenue, 0) as decimal(17, 4)) as unidentified_revenue
from totals t
left join known k on k.day = t.day
left join unidentified_days u on u.day = t.day;
