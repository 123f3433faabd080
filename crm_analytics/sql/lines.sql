-- One row per order line that counts: the items of an order where it has any, else the order's own rows with an amount.
-- Orders with an excluded status (cancelled, unavailable) are no order and no revenue.
create or replace view lines as
with counted as (
    select * from orders
    where status is null or lower(trim(status)) not in (select lower(trim(status)) from excluded_statuses)
),
headers as (                       -- the order an item belongs to; an order id that several customers share tells none
    select order_id, case when count(distinct customer_id) = 1 then min(customer_id) end as customer_id, min(ordered_at) as ordered_at, min(channel) as channel
    from counted
    where order_id in (select order_id from order_items)
    group by order_id
)
select customer_id, order_id, ordered_at, cast(ordered_at as date) as day, amount, cost, channel, category, brand, product
from counted
where amount is not null and order_id not in (select order_id from order_items where amount is not null)
union all
select h.customer_id, h.order_id, h.ordered_at, cast(h.ordered_at as date) as day, i.amount, i.cost, h.channel,
    i.category, i.brand, i.product
from order_items i
join headers h on h.order_id = i.order_id
where i.amount is not null;
