-- One row per survey answer that tells about us: who gave it, when, to which question, and how it counts.
-- The customer is the answer's own, else the one of its order, by person; null where that one is not ranked. An answer without a date is undated: day is null.
-- A promoter score is always out of ten, also where few answers leave its upper end empty.
create or replace table answers as
with buyers as (
    select order_id, min(customer_id) as customer_id
    from orders
    where order_id in (select order_id from surveys where customer_id is null)
    group by order_id
    having count(distinct customer_id) = 1
),
given as (
    select s.*, coalesce(s.customer_id, b.customer_id) as number
    from surveys s
    left join buyers b on s.customer_id is null and b.order_id = s.order_id
),
scales as (                        -- the top of a scale nobody states: the next usual one at or above the highest score
    select coalesce(question, 'overall') as question, import_id,
        case when max(score) <= 5 and lower(coalesce(question, 'overall')) <> 'nps' then 5
            when max(score) <= 7 and lower(coalesce(question, 'overall')) <> 'nps' then 7
            when max(score) <= 10 then 10 else 100 end as top
    from surveys
    group by 1, 2
),
scaled as (
    select case when a.number is null then s.number else a.counts_as end as customer_id, s.answered_at, cast(s.answered_at as date) as day,
        lower(coalesce(s.question, 'overall')) as question, s.score, coalesce(s.scale_max, c.top) as scale_top,
        s.touchpoint, s.order_id, s.import_id, s.source_line
    from given s
    left join aliases a on a.number = s.number
    join scales c on c.question = coalesce(s.question, 'overall') and c.import_id = s.import_id
    where s.competitor is null and s.score is not null
)
select *,
    case when scale_top = 5 then score >= 4 when scale_top = 7 then score >= 6 when scale_top = 10 then score >= 9 end
        as is_satisfied,           -- top two boxes; null on other scales
    case when scale_top <> 10 then null when score >= 9 then 1 when score <= 6 then -1 else 0 end as promoter
from scaled;
