-- One row per article that we know more of than its order lines say, or that is none: the latest row of its number.
create or replace table goods as
select sku, arg_max(category, place) as category, arg_max(brand, place) as brand, arg_max(unit_cost, place) as unit_cost,
    arg_max(product, place) as product
from (select *, cast(import_id as bigint) * 1000000000000 + source_line as place from products) placed
group by sku;

-- One row per article number, article name or category, as lines write it, that the rules say is no goods: postage, charges.
create or replace table charges as
select distinct word
from (
    select sku as word from orders union all select product from orders union all select category from orders
    union all
    select sku from order_items union all select product from order_items union all select category from order_items
    union all
    select category from products
) written
where lower(trim(word)) in (select lower(trim(word)) from not_goods);
