-- One row per order line that counts: the items of an order where it has any, else the order's own rows with an amount.
-- Orders with an excluded status (cancelled, unavailable) are no order and no revenue; charges that are no goods are no line.
-- The customer is the person whose number the order names; null where it names none, or one who is not ranked.
-- What a line does not say of its article (category, brand, cost) comes from the products file.
create or replace view lines as
with counted as (
    select o.*, case when a.number is null then o.customer_id else a.counts_as end as person
    from orders o
    left join aliases a on a.number = o.customer_id
    where o.status is null or lower(trim(o.status)) not in (select lower(trim(status)) from excluded_statuses)
),
headers as (                       -- the order an item belongs to; an order id that several customers share tells none
    select order_id, case when count(distinct person) = 1 then min(person) end as person, min(ordered_at) as ordered_at,
        min(channel) as channel, min(store) as store
    from counted
    where order_id in (select order_id from order_items)
    group by order_id
),
sold as (
    select person as customer_id, order_id, ordered_at, line_no, sku, product, category, brand, quantity, amount, cost, discount,
        channel, store
    from counted
    where amount is not null and order_id not in (select order_id from order_items where amount is not null)
    union all
    select h.person, h.order_id, h.ordered_at, i.line_no, i.sku, i.product, i.category, i.brand, i.quantity, i.amount, i.cost, null,
        h.channel, h.store
    from order_items i
    join headers h on h.order_id = i.order_id
    where i.amount is not null
)
select s.customer_id, s.order_id, s.ordered_at, cast(s.ordered_at as date) as day, s.line_no, s.sku,
    coalesce(s.product, g.product) as product, coalesce(s.category, g.category) as category, coalesce(s.brand, g.brand) as brand,
    s.quantity, s.amount, coalesce(s.cost, cast(g.unit_cost * s.quantity as decimal(17, 4))) as cost, s.discount, s.channel, s.store
from sold s
left join goods g on g.sku = s.sku
where coalesce(s.sku, '') not in (select word from charges) and coalesce(s.product, '') not in (select word from charges)
    and coalesce(s.category, '') not in (select word from charges) and coalesce(g.category, '') not in (select word from charges);
