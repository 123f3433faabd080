"""What happened with one customer, one query per accepted table: at, kind, what, amount, number, out_of, reference, import_id.

Each reads the temp tables `own_numbers` and `own_lines` and the parameter $end; an event without a date is undated, not left out.
"""

ORDERS = """
with bought as (
    select order_id, day, min(ordered_at) as "at", sum(amount) as amount, max(case when amount > 0 then 1 else 0 end) as is_order,
        list(distinct product) filter (where product is not null) as products, min(channel) as channel, min(store) as store
    from own_lines
    group by order_id, day
),
came_with as (
    select order_id, max(import_id) as import_id
    from orders
    where customer_id in (select number from own_numbers)
    group by order_id
)
select b.at, case when b.is_order = 1 or b.amount >= 0 then 'order' else 'return' end as kind,
    concat_ws(' · ', array_to_string(list_sort(b.products)[1:3], ' + ') || case when len(b.products) > 3 then ' …' else '' end,
        b.channel, b.store) as what,
    b.amount, null as number, null as out_of, b.order_id as reference, c.import_id
from bought b
left join came_with c on c.order_id = b.order_id
"""
RETURNS = """
select r.returned_at as "at", 'sent_back' as kind, r.reason as what, r.amount, null as number, null as out_of, r.order_id as reference,
    r.import_id
from returns r
where coalesce(r.returned, true) and (r.returned_at is null or r.returned_at < $end)
    and (r.customer_id in (select number from own_numbers)
        or (r.customer_id is null and r.order_id in (select order_id from own_lines)))
"""
COMPLAINTS = """
with mine as (
    select complaint_id, max(import_id) as import_id, max(text) as text
    from (
        select complaint_id, import_id, text from complaints where customer_id in (select number from own_numbers)
        union all
        select complaint_id, import_id, text from complaint_events where customer_id in (select number from own_numbers)
    ) told
    group by complaint_id
),
steps as (
    select opened_at as "at", 'complaint_opened' as kind, complaint_id from cases
    union all
    select first_response_at, 'complaint_answered', complaint_id from cases where first_response_at is not null
    union all
    select resolved_at, 'complaint_resolved', complaint_id from cases where resolved_at is not null
)
select s.at, s.kind, case when s.kind = 'complaint_opened' then concat_ws(' · ', c.category, c.channel, m.text) else c.category end as what,
    case when s.kind = 'complaint_resolved' then c.compensation end as amount,
    case when s.kind = 'complaint_resolved' then c.satisfaction_after end as number, null as out_of,
    s.complaint_id as reference, m.import_id
from mine m
join steps s on s.complaint_id = m.complaint_id
join cases c on c.complaint_id = m.complaint_id
where s.at is null or s.at < $end
"""
ANSWERS = """
select a.answered_at as "at", 'answer' as kind,
    concat_ws(' · ', case when a.question <> 'overall' then a.question end, s.touchpoint, s.text) as what,
    null as amount, a.score as number, a.scale_top as out_of, coalesce(s.order_id, s.complaint_id) as reference, a.import_id
from answers a
join surveys s on s.import_id = a.import_id and s.source_line = a.source_line
where (a.customer_id = $id or s.customer_id in (select number from own_numbers)) and (a.answered_at is null or a.answered_at < $end)
"""
CONTACTS = """
select "at", 'contact' as kind, concat_ws(' · ', purpose, channel, outcome, staff) as what, null as amount, null as number, null as out_of,
    null as reference, import_id
from interactions
where "at" < $end and customer_id in (select number from own_numbers)
"""
CAMPAIGNS = """
with asked as (
    select campaign_id, arm, offer, import_id, sent_at as "at",
        case when lower(trim(arm)) = 'control' then 'campaign_held_out' else 'campaign_sent' end as kind
    from campaign_members where customer_id in (select number from own_numbers)
    union all
    select campaign_id, arm, offer, import_id, opened_at, 'campaign_opened'
    from campaign_members where opened_at is not null and customer_id in (select number from own_numbers)
    union all
    select campaign_id, arm, offer, import_id, responded_at, 'campaign_responded'
    from campaign_members where responded_at is not null and customer_id in (select number from own_numbers)
),
named as (
    select campaign_id, max(name) as name, min(starts) as starts
    from campaigns
    group by campaign_id
)
select coalesce(a.at, n.starts) as "at", a.kind, concat_ws(' · ', coalesce(n.name, a.campaign_id), a.offer) as what, null as amount,
    null as number, null as out_of, a.campaign_id as reference, a.import_id
from asked a
left join named n on n.campaign_id = a.campaign_id
where coalesce(a.at, n.starts) is null or coalesce(a.at, n.starts) < $end
"""
POINTS = """
select "at", case when signed < 0 then 'points_used' else 'points_earned' end as kind, concat_ws(' · ', reason, gift) as what,
    null as amount, signed as number, null as out_of, order_id as reference, import_id
from own_points
where "at" < $end
"""
MEMBERSHIP = """
select cast(joined_at as timestamp) as "at", 'joined' as kind, tier as what, null as amount, null as number, null as out_of,
    null as reference, import_id
from members
where joined_at < $end and customer_id in (select number from own_numbers)
union all
select cast(tier_since as timestamp), 'member_tier', tier, null, null, null, null, import_id
from members
where tier_since < $end and tier_since > joined_at and customer_id in (select number from own_numbers)
"""
REASONS = """
select "at", 'reason' as kind, concat_ws(' · ', class, severity, text) as what, null as amount, null as number, null as out_of,
    null as reference, import_id
from churn_reasons
where ("at" is null or "at" < $end) and customer_id in (select number from own_numbers)
"""
ESTIMATES = """
select cast(as_of as timestamp) as "at", 'wallet' as kind, source as what, total_spend as amount, our_rank as number, null as out_of,
    null as reference, import_id
from wallet
where as_of < $end and customer_id in (select number from own_numbers)
"""
PAYMENTS = """
select cast(due_at as timestamp) as "at", 'due' as kind, null as what, amount, null as number, null as out_of, null as reference, import_id
from receivables
where due_at < $end and customer_id in (select number from own_numbers)
union all
select cast(paid_at as timestamp), 'paid', null, amount, null, null, null, import_id
from receivables
where paid_at < $end and customer_id in (select number from own_numbers)
"""
SIGNING_UP = """
select cast(min(signup_date) as timestamp) as "at", 'signed_up' as kind, max(source) as what, null as amount, null as number,
    null as out_of, null as reference, max(import_id) as import_id
from customers
where signup_date < $end and customer_id in (select number from own_numbers)
having min(signup_date) is not null
"""
ALL = (
    ORDERS, RETURNS, COMPLAINTS, ANSWERS, CONTACTS, CAMPAIGNS, POINTS, MEMBERSHIP, REASONS, ESTIMATES, PAYMENTS, SIGNING_UP,
)  # fmt: skip
