-- One row per customer as of a day: everyone with a line up to that day, and listed customers who never bought.
-- The window is (since, as_of], the window before is (before, since], the one before that (earlier, before].
-- Scores and tiers come from thresholds instead of ranks over all rows: the same result (tested) at a third of the cost.
with state as (
    select a.customer_id,
        case when a.first_order_day <= $as_of then a.first_order_day end as first_order_date,
        a.last_order_day as last_order_date,
        a.day as last_line_date,
        a.run_orders as orders_ever,
        a.run_revenue as revenue_ever,
        a.run_orders - coalesce(w.run_orders, 0) as orders,
        a.run_lines - coalesce(w.run_lines, 0) as lines,
        a.run_revenue - coalesce(w.run_revenue, 0) as revenue,
        coalesce(a.run_margin, 0) - coalesce(w.run_margin, 0) as margin,
        coalesce(a.run_covered_revenue, 0) - coalesce(w.run_covered_revenue, 0) as covered_revenue,
        coalesce(w.run_orders, 0) - coalesce(b.run_orders, 0) as orders_before,
        coalesce(w.run_lines, 0) - coalesce(b.run_lines, 0) as lines_before,
        coalesce(w.run_revenue, 0) - coalesce(b.run_revenue, 0) as revenue_before,
        coalesce(w.run_margin, 0) - coalesce(b.run_margin, 0) as margin_before,
        coalesce(w.run_covered_revenue, 0) - coalesce(b.run_covered_revenue, 0) as covered_revenue_before,
        w.day as last_line_date_before,
        coalesce(b.run_orders, 0) - coalesce(e.run_orders, 0) > 0
            and coalesce(b.run_revenue, 0) - coalesce(e.run_revenue, 0) > 0 as is_active_earlier
    from customer_days a
    left join customer_days w on w.customer_id = a.customer_id and w.day <= $since and w.next_day > $since
    left join customer_days b on b.customer_id = a.customer_id and b.day <= $before and b.next_day > $before
    left join customer_days e on e.customer_id = a.customer_id and e.day <= $earlier and e.next_day > $earlier
    where a.day <= $as_of and a.next_day > $as_of
),
fifths as (                        -- fifth s = the smallest value that s fifths of the buyers do not exceed
    select
        percentile_disc(0.2) within group (order by year(last_order_date) * 10000 + month(last_order_date) * 100 + day(last_order_date)) as r1,
        percentile_disc(0.4) within group (order by year(last_order_date) * 10000 + month(last_order_date) * 100 + day(last_order_date)) as r2,
        percentile_disc(0.6) within group (order by year(last_order_date) * 10000 + month(last_order_date) * 100 + day(last_order_date)) as r3,
        percentile_disc(0.8) within group (order by year(last_order_date) * 10000 + month(last_order_date) * 100 + day(last_order_date)) as r4,
        percentile_disc(0.2) within group (order by orders) as f1, percentile_disc(0.4) within group (order by orders) as f2,
        percentile_disc(0.6) within group (order by orders) as f3, percentile_disc(0.8) within group (order by orders) as f4,
        percentile_disc(0.2) within group (order by revenue) as m1, percentile_disc(0.4) within group (order by revenue) as m2,
        percentile_disc(0.6) within group (order by revenue) as m3, percentile_disc(0.8) within group (order by revenue) as m4
    from state
    where orders > 0
),
cuts as (                          -- cut s = the largest value with score s: as typed in the rules, else the fifth
    select coalesce(cast($r1 as integer), q.r1) as r1, coalesce(cast($r2 as integer), q.r2) as r2,
        coalesce(cast($r3 as integer), q.r3) as r3, coalesce(cast($r4 as integer), q.r4) as r4,
        coalesce(cast($f1 as integer), q.f1) as f1, coalesce(cast($f2 as integer), q.f2) as f2,
        coalesce(cast($f3 as integer), q.f3) as f3, coalesce(cast($f4 as integer), q.f4) as f4,
        coalesce(cast($m1 as decimal(17, 4)), q.m1) as m1, coalesce(cast($m2 as decimal(17, 4)), q.m2) as m2,
        coalesce(cast($m3 as decimal(17, 4)), q.m3) as m3, coalesce(cast($m4 as decimal(17, 4)), q.m4) as m4
    from fifths q
),
floor_of_tiers as (                -- rows below this revenue are small without being ranked
    select count(*) as n, percentile_disc($unranked_share) within group (order by revenue) as lowest
    from state
    where orders > 0 and revenue > 0
),
ranked as (
    select s.revenue, s.orders, s.last_order_date, s.customer_id,
        row_number() over (order by s.revenue desc, s.orders desc, s.last_order_date desc, s.customer_id) as position,
        greatest(1, floor($top_cut * f.n + 0.5)) as top_size,
        greatest(1, floor($top_cut * f.n + 0.5), floor($big_cut * f.n + 0.5)) as big_size,
        greatest(1, floor($top_cut * f.n + 0.5), floor($big_cut * f.n + 0.5), floor($medium_cut * f.n + 0.5)) as medium_size
    from state s
    cross join floor_of_tiers f
    where s.orders > 0 and s.revenue > 0 and s.revenue >= f.lowest
),
edges as (                         -- the last customer of each tier
    select
        max(case when position = top_size then revenue end) as v1, max(case when position = top_size then orders end) as o1,
        max(case when position = top_size then last_order_date end) as d1, max(case when position = top_size then customer_id end) as k1,
        max(case when position = big_size then revenue end) as v2, max(case when position = big_size then orders end) as o2,
        max(case when position = big_size then last_order_date end) as d2, max(case when position = big_size then customer_id end) as k2,
        max(case when position = medium_size then revenue end) as v3, max(case when position = medium_size then orders end) as o3,
        max(case when position = medium_size then last_order_date end) as d3, max(case when position = medium_size then customer_id end) as k3
    from ranked
),
placed as (
    select s.*, $as_of - s.last_order_date as days_since_last_order,
        s.orders > 0 and s.revenue > 0 as is_active,
        s.orders_before > 0 and s.revenue_before > 0 as is_active_before,
        coalesce(s.first_order_date > $since, false) as is_new,
        year(s.last_order_date) * 10000 + month(s.last_order_date) * 100 + day(s.last_order_date) as last_order_number
    from state s
),
bought as (
    select p.customer_id, p.first_order_date, p.last_order_date, p.last_line_date, p.last_line_date_before,
        cast(p.days_since_last_order as integer) as days_since_last_order,
        cast(p.orders_ever as integer) as orders_ever, p.revenue_ever,
        cast(p.orders as integer) as orders, cast(p.lines as integer) as lines, p.revenue, p.margin, p.covered_revenue,
        cast(p.orders_before as integer) as orders_before, cast(p.lines_before as integer) as lines_before, p.revenue_before,
        p.margin_before, p.covered_revenue_before,
        p.is_active, p.is_active_before, p.is_active_earlier, p.is_new,
        case when p.orders > 0 then 1 + case when p.last_order_number > c.r1 then 1 else 0 end + case when p.last_order_number > c.r2 then 1 else 0 end
            + case when p.last_order_number > c.r3 then 1 else 0 end + case when p.last_order_number > c.r4 then 1 else 0 end end as r,
        case when p.orders > 0 then 1 + case when p.orders > c.f1 then 1 else 0 end + case when p.orders > c.f2 then 1 else 0 end
            + case when p.orders > c.f3 then 1 else 0 end + case when p.orders > c.f4 then 1 else 0 end end as f,
        case when p.orders > 0 then 1 + case when p.revenue > c.m1 then 1 else 0 end + case when p.revenue > c.m2 then 1 else 0 end
            + case when p.revenue > c.m3 then 1 else 0 end + case when p.revenue > c.m4 then 1 else 0 end end as m,
        case
            when not p.is_active then 'inactive'
            when p.revenue > t.v1 or (p.revenue = t.v1 and (p.orders > t.o1 or (p.orders = t.o1 and (p.last_order_date > t.d1
                or (p.last_order_date = t.d1 and p.customer_id <= t.k1))))) then 'top'
            when p.revenue > t.v2 or (p.revenue = t.v2 and (p.orders > t.o2 or (p.orders = t.o2 and (p.last_order_date > t.d2
                or (p.last_order_date = t.d2 and p.customer_id <= t.k2))))) then 'big'
            when p.revenue > t.v3 or (p.revenue = t.v3 and (p.orders > t.o3 or (p.orders = t.o3 and (p.last_order_date > t.d3
                or (p.last_order_date = t.d3 and p.customer_id <= t.k3))))) then 'medium'
            else 'small'
        end as tier,
        case
            when p.last_order_date is null then null
            when p.days_since_last_order < $silent then 'active'
            when p.days_since_last_order < $forgotten then 'silent'
            when p.days_since_last_order < $lost then 'forgotten'
            else 'lost'
        end as stage
    from placed p
    cross join cuts c
    cross join edges t
),
never_bought as (
    select customer_id, case when lower(trim(status)) = 'suspect' then 'suspect' else 'prospect' end as tier
    from customer_profile
    where is_listed and (signup_date is null or signup_date <= $as_of)
        and customer_id not in (select customer_id from state) and customer_id not in (select customer_id from unranked)
),
everyone as (
    select * from bought
    union all
    select customer_id, null, null, null, null, null, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, false, false, false, false,
        null, null, null, tier, null
    from never_bought
),
asked as (                         -- the last answer to the overall question in the window
    select customer_id, arg_max(score, place) as satisfaction, arg_max(is_satisfied, place) as is_satisfied
    from (
        select customer_id, score, is_satisfied,
            struct_pack(at := answered_at, import := import_id, line := source_line) as place
        from answers
        where question = 'overall' and day > $since and day <= $as_of and customer_id is not null and is_satisfied is not null
    ) placed
    group by customer_id
),
complained as (
    select customer_id, cast(count(case when opened_day > $since then 1 end) as integer) as complaints,
        cast(count(case when resolved_at is null or cast(resolved_at as date) > $as_of then 1 end) as integer) as open_complaints
    from cases
    where opened_day <= $as_of and customer_id is not null
    group by customer_id
)
select e.*, a.satisfaction, a.is_satisfied, coalesce(c.complaints, 0) as complaints, coalesce(c.open_complaints, 0) as open_complaints
from everyone e
left join asked a on a.customer_id = e.customer_id
left join complained c on c.customer_id = e.customer_id
