-- One row per person we know by any table: the last known value of each attribute, the customers file before the orders.
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
    from (
        select c.* replace (coalesce(a.person, c.customer_id) as customer_id),
            cast(c.import_id as bigint) * 1000000000000 + c.source_line as place
        from customers c
        left join aliases a on a.number = c.customer_id
    ) placed
    group by customer_id
),
bought as (                        -- what the latest order says; ties by the order's own id, so that uploads may come in any order
    select customer_id,
        arg_max(customer_name, place) as name, arg_max(kind, place) as kind, arg_max(region, place) as region,
        arg_max(city, place) as city, arg_max(country, place) as country
    from (
        select coalesce(a.person, o.customer_id) as customer_id, o.customer_name, o.kind, o.region, o.city, o.country,
            struct_pack(at := o.ordered_at, id := o.order_id) as place
        from orders o
        left join aliases a on a.number = o.customer_id
        where o.customer_id is not null and (o.customer_name is not null or o.kind is not null or o.region is not null
            or o.city is not null or o.country is not null)
    ) placed
    group by customer_id
),
enrolled as (
    select customer_id, arg_max(tier, place) as member_tier, min(joined_at) as joined_at
    from (
        select coalesce(a.person, m.customer_id) as customer_id, m.tier, m.joined_at,
            cast(m.import_id as bigint) * 1000000000000 + m.source_line as place
        from members m
        left join aliases a on a.number = m.customer_id
    ) placed
    group by customer_id
),
known as (
    select customer_id
    from told
    union
    select customer_id
    from bought
    union
    select customer_id
    from enrolled
)
select k.customer_id,
    coalesce(t.name, b.name) as name, coalesce(t.kind, b.kind) as kind, t.gender, t.birth_date, t.occupation, t.income_band,
    coalesce(t.region, b.region) as region, coalesce(t.city, b.city) as city, coalesce(t.country, b.country) as country,
    t.industry, t.company_size, t.signup_date, t.source, t.referred_by, t.owner, t.status, t.decision_style, t.need_tags,
    t.consent, e.member_tier, e.joined_at,
    t.customer_id is not null as is_listed -- stands in a customers file, so it may be a prospect
from known k
left join told t on t.customer_id = k.customer_id
left join bought b on b.customer_id = k.customer_id
left join enrolled e on e.customer_id = k.customer_id;
