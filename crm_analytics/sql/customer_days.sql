-- One row per customer and day with at least one line: that day's totals, totals up to and including it, and the day it
-- stops being the latest (next_day), so that "state as of d" is a filter: day <= d and next_day > d.
-- Revenue belongs to its line's own day, an order to the day of its earliest line. Margin and covered_revenue (the revenue
-- whose cost is known) are null where no line has a cost.
-- Works out the days of the customers whose lines stand in the temporary table their_lines, all lines of each; the table holds
-- no days of theirs yet.
-- Orders of one line are counted as they pass and only the others are grouped, which spares a company with one line per order
-- the costliest step. The hash may only take too many for such: they are grouped by their real ids.
create table if not exists customer_days (
    customer_id varchar, day date, orders integer, revenue decimal(17, 4), next_day date, first_order_day date,
    last_order_day date, run_orders integer, run_lines integer, run_revenue decimal(17, 4), run_margin decimal(17, 4),
    run_covered_revenue decimal(17, 4)
);

create or replace temp table many_lined as
select hash(customer_id, order_id) as order_hash
from their_lines
group by 1
having count(*) > 1;

create or replace temp table grouped_orders as
select customer_id, order_id, min(day) as day, max(case when amount > 0 then 1 else 0 end) as orders
from their_lines
where hash(customer_id, order_id) in (select order_hash from many_lined)
group by customer_id, order_id;

insert into customer_days
with events as (
    select customer_id, day, 1 as lines, amount as revenue,
        case when cost is not null then amount - cost end as margin,
        case when cost is not null then amount end as covered_revenue,
        case when amount > 0 and hash(customer_id, order_id) not in (select order_hash from many_lined) then 1 else 0 end as orders
    from their_lines
    union all
    select customer_id, day, 0 as lines, 0 as revenue, null as margin, null as covered_revenue, orders
    from grouped_orders
    where orders > 0
),
days as (
    select customer_id, day,
        cast(sum(orders) as integer) as orders, cast(sum(lines) as integer) as lines,
        cast(sum(revenue) as decimal(17, 4)) as revenue, cast(sum(margin) as decimal(17, 4)) as margin,
        cast(sum(covered_revenue) as decimal(17, 4)) as covered_revenue
    from events
    group by customer_id, day
)
select customer_id, day, orders, revenue,
    lead(day, 1, date '9999-12-31') over by_day as next_day,
    min(case when orders > 0 then day end) over whole as first_order_day,
    max(case when orders > 0 then day end) over so_far as last_order_day,
    cast(sum(orders) over so_far as integer) as run_orders,
    cast(sum(lines) over so_far as integer) as run_lines,
    cast(sum(revenue) over so_far as decimal(17, 4)) as run_revenue,
    cast(sum(margin) over so_far as decimal(17, 4)) as run_margin,
    cast(sum(covered_revenue) over so_far as decimal(17, 4)) as run_covered_revenue
from days
window by_day as (partition by customer_id order by day),
    so_far as (partition by customer_id order by day rows unbounded preceding),
    whole as (partition by customer_id order by day rows between unbounded preceding and unbounded following);

drop table many_lined;
drop table grouped_orders;
drop table their_lines;
