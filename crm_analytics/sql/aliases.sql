-- One row per customer number that counts as somebody else: `person` it belongs to, and who it `counts_as` in orders.
-- The customers file says which numbers are one person's; merges by hand come on top. A customer who is not ranked counts as
-- nobody (counts_as is null): such lines belong to the company and to no customer.
create or replace table aliases as
with recursive told as (
    select customer_id as number, arg_max(person_id, cast(import_id as bigint) * 1000000000000 + source_line) as person
    from customers
    where person_id is not null
    group by customer_id
),
steps as (                         -- a merged into b, b into c: a is c
    select customer_id, into_id, 1 as step
    from merges
    union all
    select s.customer_id, m.into_id, s.step + 1
    from steps s
    join merges m on m.customer_id = s.into_id
    where s.step < 100
),
merged as (
    select customer_id as number, arg_max(into_id, step) as person
    from steps
    group by customer_id
),
persons as (
    select number, person
    from merged
    union all
    select t.number, coalesce(m.person, t.person)
    from told t
    left join merged m on m.number = t.person
    where t.number not in (select number from merged)
)
select number, person, case when person not in (select customer_id from unranked) then person end as counts_as
from persons
where number <> person
union all
select customer_id, customer_id, null
from unranked
where customer_id not in (select number from persons where number <> person);
