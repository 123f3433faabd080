-- One row per day with lines that name no customer: they belong to the company's totals and to nobody's.
create or replace table unidentified_days as
with by_order as (
    select order_id, day, count(*) as lines, sum(amount) as revenue,
        sum(case when cost is not null then amount - cost end) as margin,
        sum(case when cost is not null then amount end) as covered_revenue,
        case when day = min(day) over (partition by order_id)
            then max(max(case when amount > 0 then 1 else 0 end)) over (partition by order_id) else 0 end as orders
    from lines
    where customer_id is null
    group by order_id, day
)
select day, cast(sum(orders) as integer) as orders, cast(sum(lines) as integer) as lines,
    cast(sum(revenue) as decimal(17, 4)) as revenue, cast(sum(margin) as decimal(17, 4)) as margin,
    cast(sum(covered_revenue) as decimal(17, 4)) as covered_revenue
from by_order
group by day;
