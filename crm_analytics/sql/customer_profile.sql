-- One row per customer we know by any table: the last known value of each attribute, the customers file before the orders.
create or replace table customer_profile as
with told as (                     -- arg_max skips nulls: a later export without a column takes nothing away
    select customer_id,
        arg_max(name, place) as name, arg_max(kind, place) as kind, arg_max(gender, place) as gender,
        arg_max(birth_date, place) as birth_date, arg_max(occupation, place) as occupation,
        arg_max(income_band, place) as income_band, arg_max(region, place) as region, arg_max(city, place) as city,
        arg_max(country, place) as country, arg_max(industry, place) as industry,
        arg_max(company_size, place) as company_size, arg_max(signup_date, place) as signup_date,
        arg_max(source, place) as source, arg_max(referred_by, place) as referred_by, arg_max(owner, place) as owner,
        arg_max(status, place) as status, arg_max(decision_style, place) as decision_style,
        arg_max(need_tags, place) as need_tags, arg_max(consent, place) as consent
    from (select *, cast(import_id as bigint) * 1000000000000 + source_line as place from customers) placed
    group by customer_id
),
bought as (                        -- what the latest order says; ties by the order's own id, so that uploads may come in any order
    select customer_id,
        arg_max(customer_name, place) as name, arg_max(kind, place) as kind, arg_max(region, place) as region,
        arg_max(city, place) as city, arg_max(country, place) as country
    from (
        select customer_id, customer_name, kind, region, city, country,
            struct_pack(at := ordered_at, id := order_id) as place
        from orders
        where customer_id is not null
            and (customer_name is not null or kind is not null or region is not null or city is not null or country is not null)
    ) placed
    group by customer_id
)
select coalesce(t.customer_id, b.customer_id) as customer_id,
    coalesce(t.name, b.name) as name, coalesce(t.kind, b.kind) as kind, t.gender, t.birth_date, t.occupation, t.income_band,
    coalesce(t.region, b.region) as region, coalesce(t.city, b.city) as city, coalesce(t.country, b.country) as country,
    t.industry, t.company_size, t.signup_date, t.source, t.referred_by, t.owner, t.status, t.decision_style, t.need_tags,
    t.consent,
    t.customer_id is not null as is_listed -- stands in a customers file, so it may be a prospect
from told t
full join bought b on b.customer_id = t.customer_id;
