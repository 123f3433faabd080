-- One row per complaint case: the newest row of its id, and what its events say: they decide whether it is resolved.
-- A case that was opened again counts as open until it is resolved for the last time.
create or replace table cases as
with newest as (
    select *
    from (select *, row_number() over (partition by complaint_id order by import_id desc, source_line desc) as age from complaints) aged
    where age = 1
),
steps as (                         -- the words of usual help desks; any other event is only a sign of life
    select complaint_id, "at", customer_id, order_id, category, case
        when lower(trim(event)) in ('responded', 'response', 'first response', 'first_response', 'replied', 'answered', '响应', '首次响应', '回复', '回覆') then 'responded'
        when lower(trim(event)) in ('resolved', 'solved', 'closed', 'done', 'completed', '解决', '已解决', '关闭', '已关闭', '办结', '结案', '解決', '已解決', '關閉', '已關閉', '辦結', '結案') then 'resolved'
        when lower(trim(event)) in ('reopened', 'reopen', 're-opened', '重开', '重新打开', '重開', '重新開啟') then 'reopened'
        else 'other' end as step
    from complaint_events
),
told as (
    select complaint_id, min("at") as opened_at, min(case when step = 'responded' then "at" end) as first_response_at,
        min(case when step = 'resolved' then "at" end) as first_resolved_at,
        max(case when step = 'reopened' then "at" end) as last_reopened_at,
        count(case when step = 'reopened' then 1 end) as reopened_count,
        max(customer_id) as customer_id, max(order_id) as order_id, max(category) as category
    from steps
    group by complaint_id
),
settled as (                       -- the first resolution since the case was last opened
    select s.complaint_id, min(s."at") as resolved_at
    from steps s
    join told t on t.complaint_id = s.complaint_id
    where s.step = 'resolved' and (t.last_reopened_at is null or s."at" >= t.last_reopened_at)
    group by s.complaint_id
),
merged as (
    select coalesce(n.complaint_id, t.complaint_id) as complaint_id, coalesce(n.customer_id, t.customer_id) as number,
        coalesce(n.order_id, t.order_id) as order_id, coalesce(n.opened_at, t.opened_at) as opened_at,
        coalesce(n.first_response_at, t.first_response_at) as first_response_at,
        case when t.first_resolved_at is not null or t.last_reopened_at is not null then d.resolved_at
            else coalesce(n.resolved_at, n.closed_at) end as resolved_at,
        coalesce(n.category, t.category) as category, n.department, n.severity, n.channel, n.compensation, n.status,
        n.satisfaction_after, coalesce(n.reopened_count, t.reopened_count) as reopened_count
    from newest n
    full join told t on t.complaint_id = n.complaint_id
    left join settled d on d.complaint_id = t.complaint_id
)
select m.complaint_id, case when a.number is null then m.number else a.counts_as end as customer_id, m.order_id, m.opened_at,
    cast(m.opened_at as date) as opened_day, m.first_response_at, m.resolved_at, m.category, m.department, m.severity, m.channel,
    m.compensation, m.status, m.satisfaction_after, m.reopened_count
from merged m
left join aliases a on a.number = m.number;
