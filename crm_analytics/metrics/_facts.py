"""The parts of `customer.summary`, one row each: who it is, where it stands, its rhythm, service, programme, money outstanding.

Each reads the temp tables of `_person` and the view `snapshot`; $id, $as_of, $start and $end are the view's.
"""

PROFILE = """
with contacts as (
    select arg_max(phone, place) as phone, arg_max(email, place) as email
    from (
        select phone, email, cast(import_id as bigint) * 1000000000000 + source_line as place
        from customers
        where customer_id in (select number from own_numbers)
    ) placed
)
select p.name, p.kind, p.gender, p.birth_date, date_diff('year', p.birth_date, $as_of)
        - case when strftime(p.birth_date, '%m%d') > strftime($as_of, '%m%d') then 1 else 0 end as age,
    p.occupation, p.income_band, p.region, p.city, p.country, p.industry, p.company_size, p.signup_date, p.source, p.referred_by,
    p.owner, p.status, p.decision_style, p.need_tags, p.consent, p.member_tier, p.joined_at, c.phone, c.email
from contacts c
left join customer_profile p on p.customer_id = $id
"""
STANDING = """
with me as (select * from snapshot where customer_id = $id),
others as (
    select count(case when o.is_active then 1 end) as active_customers,
        count(case when o.is_active and (o.revenue > me.revenue or (o.revenue = me.revenue and (o.orders > me.orders
            or (o.orders = me.orders and (o.last_order_date > me.last_order_date
                or (o.last_order_date = me.last_order_date and o.customer_id < me.customer_id)))))) then 1 end) as better,
        count(case when o.tier = me.tier then 1 end) as tier_customers,
        count(case when o.tier = me.tier and o.revenue < me.revenue then 1 end) as tier_lower,
        avg(case when o.tier = me.tier then o.revenue end) as tier_revenue,
        avg(case when o.tier = me.tier then o.orders end) as tier_orders,
        1e0 * sum(case when o.tier = me.tier then o.revenue end) / nullif(sum(case when o.tier = me.tier then o.orders end), 0)
            as tier_average_order,
        avg(case when o.tier = me.tier then o.days_since_last_order end) as tier_days_since_last_order
    from snapshot o
    cross join me
)
select me.* exclude (customer_id, margin), case when me.margin <> 0 or me.covered_revenue <> 0 then me.margin end as margin,
    case when me.is_active then o.better + 1 end as rank, o.active_customers, o.tier_customers,
    case when me.is_active then 1e0 * o.tier_lower / o.tier_customers end as percentile_in_tier,
    o.tier_revenue, o.tier_orders, o.tier_average_order, o.tier_days_since_last_order
from (select 1) one
left join me on true
left join others o on true
"""
OWN = """
select min(case when orders > 0 then day end) as first_order_date, max(case when orders > 0 then day end) as last_order_date,
    cast($as_of - max(case when orders > 0 then day end) as integer) as days_since_last_order,
    coalesce(cast(sum(orders) as integer), 0) as orders_ever, coalesce(sum(revenue), 0) as revenue_ever,
    coalesce(cast(sum(case when day >= $start then orders end) as integer), 0) as orders,
    coalesce(sum(case when day >= $start then revenue end), 0) as revenue
from own_days
"""
RHYTHM = """
with gaps as (
    select day - lag(day) over (order by day) as gap
    from own_days
    where orders > 0
)
select median(gap) as typical_gap_days, cast(count(gap) as integer) as gaps
from gaps
"""
COMPANY = """
select sum(revenue) as company_revenue from company_days where day >= $start and day < $end
"""
SERVICE = """
with mine as (
    select complaint_id from complaints where customer_id in (select number from own_numbers)
    union
    select complaint_id from complaint_events where customer_id in (select number from own_numbers)
)
select cast(count(*) as integer) as complaints_ever,
    cast(count(case when c.resolved_at is null or c.resolved_at >= $end then 1 end) as integer) as complaints_open,
    min(case when c.resolved_at is null or c.resolved_at >= $end then c.opened_at end) as oldest_open_at
from cases c
join mine m on m.complaint_id = c.complaint_id
where c.opened_at < $end
"""
ANSWERED = """
select a.score as last_score, a.scale_top as last_score_out_of, a.is_satisfied as last_is_satisfied, a.answered_at as last_answer_at
from answers a
join surveys s on s.import_id = a.import_id and s.source_line = a.source_line
where a.question = 'overall' and (a.customer_id = $id or s.customer_id in (select number from own_numbers))
    and (a.answered_at is null or a.answered_at < $end)
order by a.answered_at desc nulls last, a.import_id desc, a.source_line desc
limit 1
"""
POINTS = """
select sum(case when "at" < $end then signed end) as points_balance from own_points
"""
OUTSTANDING = """
select sum(case when due_at < $end and (paid_at is null or paid_at >= $end) then amount end) as overdue_amount,
    min(case when due_at < $end and (paid_at is null or paid_at >= $end) then due_at end) as overdue_since,
    cast(count(*) as integer) as receivables
from receivables
where customer_id in (select number from own_numbers)
"""
LAST_CONTACT = """
select max("at") as last_contact_at from interactions where "at" < $end and customer_id in (select number from own_numbers)
"""
WALLET = """
select as_of as wallet_as_of, total_spend as wallet_total, source as wallet_source,
    (select sum(revenue) from own_days where day <= as_of and day > as_of - interval 12 month) as wallet_own
from wallet
where as_of < $end and total_spend > 0 and customer_id in (select number from own_numbers)
order by as_of desc, import_id desc, source_line desc
limit 1
"""
ABSENT = """
select array_to_string(list_filter([
    case when not exists(select 1 from company_days) then 'orders' end,
    case when not exists(select 1 from customers) then 'customers' end,
    case when not exists(select 1 from surveys) then 'surveys' end,
    case when not exists(select 1 from complaints) and not exists(select 1 from complaint_events) then 'complaints' end,
    case when not exists(select 1 from interactions) then 'interactions' end,
    case when not exists(select 1 from campaign_members) then 'campaign_members' end,
    case when not exists(select 1 from members) then 'members' end,
    case when not exists(select 1 from points) then 'points' end,
    case when not exists(select 1 from wallet) then 'wallet' end,
    case when not exists(select 1 from receivables) then 'receivables' end
], lambda name: name is not null), ',') as absent
"""
