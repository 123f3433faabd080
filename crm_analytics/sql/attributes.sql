-- One row per customer and column of his files that has no place of its own: its latest value.
create or replace view attributes as
select coalesce(a.person, c.customer_id) as customer_id, c.name,
    arg_max(c.value, cast(c.import_id as bigint) * 1000000000000 + c.source_line) as value
from customer_attributes c
left join aliases a on a.number = c.customer_id
group by 1, 2;
