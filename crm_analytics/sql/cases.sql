-- One row per complaint case: the newest row of its id.
create or replace table cases as
select complaint_id, customer_id, order_id, opened_at, cast(opened_at as date) as opened_day, first_response_at,
    coalesce(resolved_at, closed_at) as resolved_at, category, department, severity, channel, compensation, status,
    satisfaction_after, reopened_count
from (
    select *, row_number() over (partition by complaint_id order by import_id desc, source_line desc) as age
    from complaints
) newest
where age = 1;
