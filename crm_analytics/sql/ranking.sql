-- One row per customer of the view `to_rank` (a snapshot): layer, place among the active, and what he brings in its window.
-- Active customers are ranked by the variable, then revenue, orders, last order (each descending) and number; the tiers end where
-- METRICS says: floor(share * n + 1/2) in exact arithmetic, never before the cut above, at least one on top.
with figures as (
    select customer_id, tier, is_active, revenue, revenue_before, orders, last_order_date,
        cast(margin + $rate * (revenue - covered_revenue) as decimal(26, 10)) as contribution
    from to_rank
),
sizes as (
    select count(*) as n, greatest(1, floor($top_cut * count(*) + 0.5)) as top_size,
        greatest(1, floor($top_cut * count(*) + 0.5), floor($big_cut * count(*) + 0.5)) as big_size,
        greatest(1, floor($top_cut * count(*) + 0.5), floor($big_cut * count(*) + 0.5), floor($medium_cut * count(*) + 0.5)) as medium_size
    from figures
    where is_active
),
valued as (
    select *, cast(case $by when 'margin' then contribution when 'orders' then orders else revenue end as decimal(26, 10)) as value
    from figures
),
ranked as (
    select *, row_number() over (order by value desc, revenue desc, orders desc, last_order_date desc, customer_id) as position
    from valued
    where is_active
)
select r.customer_id,
    case when r.position <= s.top_size then 'top' when r.position <= s.big_size then 'big'
        when r.position <= s.medium_size then 'medium' else 'small' end as tier,
    cast(r.position as integer) as position, r.revenue, r.revenue_before, r.orders, r.contribution, r.last_order_date, r.value
from ranked r
cross join sizes s
union all
select customer_id, tier, null, revenue, revenue_before, orders, contribution, last_order_date, value
from valued
where not is_active
