"""Curry's lessons 5 to 9 on the company's own data: who could move up, and what goes with moving up, down or away.

They look at customers as they stood on the last day of the window before, and at where they stand now.
"""

from dataclasses import replace

import pandas as pd

from crm_analytics.filters import Filters
from crm_analytics.metrics import _cost_rows, _migration, _relations
from crm_analytics.metrics._ranking import TIERS
from crm_analytics.metrics._verdicts import Lesson
from crm_analytics.stats.intervals import stratified, wilson

VERY, REASONABLY = 0.9, 0.65  # score out of the top of its scale: 5 of 5, 9 of 10; 4 of 5, 5 and 6 of 7, 7 and 8 of 10
ANSWERED = """
, answered as (                    -- each customer's last overall answer in the window before
    select customer_id, arg_max(1e0 * score / scale_top, place) as level, arg_max(is_satisfied, place) as is_satisfied
    from (
        select customer_id, score, scale_top, is_satisfied,
            struct_pack(at := answered_at, import := import_id, line := source_line) as place
        from answers
        where question = 'overall' and is_satisfied is not null and customer_id is not null and day >= $start_before and day < $start
    ) dated
    group by customer_id
)
"""
SATISFIED = (
    ANSWERED
    + """
select count(case when a.is_satisfied and m.flow = 'up' then 1 end), count(case when a.is_satisfied then 1 end),
    count(case when not a.is_satisfied and m.flow = 'up' then 1 end), count(case when not a.is_satisfied then 1 end)
from moves m
join answered a on a.customer_id = m.customer_id
where m.place_then > 1
"""
)
REASONABLE = (
    ANSWERED
    + """
, banded as (
    select m.flow, case when a.level >= $very then 'very' when a.level >= $reasonably then 'reasonably' end as band
    from moves m
    join answered a on a.customer_id = m.customer_id
    where m.place_then is not null
)
select count(case when band = 'reasonably' and flow = 'left' then 1 end), count(case when band = 'reasonably' then 1 end),
    count(case when band = 'very' and flow = 'left' then 1 end), count(case when band = 'very' then 1 end)
from banded
"""
)
SERVED = """
, served as (                      -- whoever had a case in the window before: slow where one of them was
    select customer_id, max(case when resolved_at is null or resolved_at >= $end
        or epoch(resolved_at - opened_at) > 3600e0 * $hours then 1 else 0 end) as is_slow
    from cases
    where customer_id is not null and opened_day >= $start_before and opened_day < $start
    group by customer_id
)
select count(case when s.is_slow = 1 and m.flow in ('down', 'left') then 1 end), count(case when s.is_slow = 1 then 1 end),
    count(case when s.is_slow = 0 and m.flow in ('down', 'left') then 1 end), count(case when s.is_slow = 0 then 1 end)
from moves m
join served s on s.customer_id = m.customer_id
where m.place_then is not null
"""
CAMPAIGNS = """
, asked as (                       -- once per campaign and person; who got a message in it was not held back
    select c.campaign_id, coalesce(p.person, c.customer_id) as customer_id,
        min(case when lower(trim(c.arm)) in (select word from cost_words where what = 'control') then 1 else 0 end) as is_control
    from campaign_members c
    left join aliases p on p.number = c.customer_id
    join campaign_days d on d.campaign_id = c.campaign_id and d.first_day >= $start and d.first_day < $end
    group by 1, 2
)
select a.campaign_id, count(case when a.is_control = 0 and m.flow in ('up', 'returned', 'entered') then 1 end),
    count(case when a.is_control = 0 then 1 end),
    count(case when a.is_control = 1 and m.flow in ('up', 'returned', 'entered') then 1 end),
    count(case when a.is_control = 1 then 1 end)
from moves m
join asked a on a.customer_id = m.customer_id
where m.from_tier not in ('top', 'new')
group by a.campaign_id
having count(distinct a.is_control) = 2
order by a.campaign_id
"""
CONTACTS = """
, contacted as (
    select distinct coalesce(p.person, i.customer_id) as customer_id
    from interactions i
    left join aliases p on p.number = i.customer_id
    where i.at >= $start and i.at < $end
)
select count(case when c.customer_id is not null and m.flow = 'up' then 1 end), count(c.customer_id),
    count(case when c.customer_id is null and m.flow = 'up' then 1 end), count(case when c.customer_id is null then 1 end)
from moves m
left join contacted c on c.customer_id = m.customer_id
where m.place_then > 1
"""
# Who spends enough elsewhere to enter the next tier if it were all spent with us, among the active with an estimate.
ROOM = """
select count(case when r.tier <> 'top' and r.revenue + (e.spend - least(e.own, e.spend)) * $months / 12 >= case r.tier
    when 'small' then coalesce($medium, $big, $top) when 'medium' then coalesce($big, $top) else $top end then 1 end), count(*)
from ranking r
join estimated e on e.customer_id = r.customer_id
where r.is_chosen and r.position is not null and e.is_covered
"""
ROSE = "select count(case when flow = 'up' then 1 end), count(*) from moves where place_then is not null"


def table(con, filters: Filters, rules, tiers: pd.DataFrame, rank_within: bool) -> list[Lesson]:
    """Lessons 5 to 9.  `tiers`: the rows of the pyramid by tier."""
    least = int(rules.limits["least_customers"])
    hours = rules.targets.get("complaint_hours_median") or rules.limits["open_complaint_hours"]
    asked = _migration.moves(con, filters, None, "relative", "revenue", rank_within)
    if asked is not None:  # each lesson asks of the same moves
        con.execute("create or replace temp table moved as " + asked.sql + "select * from moves", asked.parameters)
        asked = replace(asked, sql="with moves as (select * from moved) ", parameters={})
    before = {"start_before": filters.start_before, "start": filters.start}
    window = {"start": filters.start, "end": filters.end}
    sixth = Lesson(6, "satisfied_rise", "difference", 0.0)
    seventh = Lesson(7, "reasonably_satisfied_leave", "difference", 0.0)
    ninth = Lesson(9, "others_move", "difference", 0.0)
    bands = before | {"very": VERY, "reasonably": REASONABLY}
    return [
        _potential(con, filters, tiers, asked, least),
        _compared(con, asked, sixth, "surveys", SATISFIED, before, least),
        _compared(con, asked, seventh, "surveys", REASONABLE, bands, least),
        _sold_to(con, filters, asked, window, least),
        _either_way(
            _compared(con, asked, ninth, "complaints", SERVED, before | {"end": filters.end, "hours": hours}, least)
        ),
    ]


def _potential(con, filters: Filters, tiers: pd.DataFrame, asked, least: int) -> Lesson:
    """5. Between 5 and 30 % of the customers could move up: they spend enough elsewhere to enter the next tier.

    Without enough estimates of that, those who did move up since the window before stand in.
    """
    lesson = Lesson(5, "potential", "share", 0.05, 0.30)
    edges = {tier: _or_none(tiers.at[tier, "threshold_revenue"]) for tier in TIERS[:-1]}
    sold = {"end": filters.end, "data_from": filters.data_from, "months": filters.months}
    part, n = con.execute(_relations.ESTIMATED + ROOM, sold | edges).fetchone()
    note = None
    if n < least and asked is not None:
        (part, n), note = con.execute(asked.sql + ROSE, asked.parameters).fetchone(), "from_moves"
    if not n:
        return lesson.lacks("wallet", "window_before_incomplete" if asked is None else None)
    lesson.n, lesson.value = n, part / n
    lesson.low, lesson.high = wilson(part, n)
    if n < least:
        return lesson.unclear("too_few")
    if note and asked.note:
        return lesson.unclear(asked.note)
    lesson.judged().note = note
    return lesson


def _compared(con, asked, lesson: Lesson, wants: str, sql: str, parameters: dict, least: int) -> Lesson:
    """Two groups of customers of the window before, by what was asked of them or done for them; what became of them since.

    6. The satisfied move up more often than the others.  7. The reasonably satisfied leave more often than the very satisfied.
    9. Complaints settled slowly, or not at all, go with moving down or leaving: other employees have a hand in it.
    """
    table = {"surveys": "answers", "complaints": "cases"}[wants]
    if not con.execute(f"select exists (select 1 from {table})").fetchone()[0]:
        return lesson.lacks(wants)
    if asked is None:
        return lesson.lacks(None, "window_before_incomplete")
    lesson.compare(*con.execute(asked.sql + sql, _used(asked, sql, parameters)).fetchone(), least)
    if lesson.note is None:
        lesson.note = "association"
    return lesson.unclear(asked.note) if asked.note else lesson


def _sold_to(con, filters: Filters, asked, window: dict, least: int) -> Lesson:
    """8. Marketing and sales move customers up: who got a campaign's message against who was held back, campaign by campaign.

    Without anybody held back, who was contacted against who was not: that is no effect, and is never judged.
    """
    lesson = Lesson(8, "marketing_moves", "difference", 0.0)
    has_members, has_contacts = con.execute(
        "select exists (select 1 from campaign_members), exists (select 1 from interactions)"
    ).fetchone()
    if not has_members and not has_contacts:
        return lesson.lacks("campaign_members")
    if asked is None:
        return lesson.lacks(None, "window_before_incomplete")
    _cost_rows.make(con, filters)  # whom a campaign treated, and when it ran
    strata = [row[1:] for row in con.execute(asked.sql + CAMPAIGNS, _used(asked, CAMPAIGNS, window)).fetchall()]
    if not strata:
        lesson.compare(*con.execute(asked.sql + CONTACTS, _used(asked, CONTACTS, window)).fetchone(), least)
        return lesson.unclear("observational")
    rose, lesson.n, rose_others, lesson.n_others = (sum(column) for column in zip(*strata))
    lesson.rate, lesson.rate_others = rose / lesson.n, rose_others / lesson.n_others
    lesson.value, lesson.low, lesson.high = stratified(strata)
    if min(lesson.n, lesson.n_others) < least:
        return lesson.unclear("too_few")
    return lesson.unclear(asked.note) if asked.note else lesson.judged()


def _either_way(lesson: Lesson) -> Lesson:
    """An influence counts in either direction; none seen is unclear, for it may be small."""
    if lesson.verdict == "fails":
        lesson.verdict = "holds"
    return lesson


def _used(asked, sql: str, parameters: dict) -> dict:
    """The parameters a query names: one it does not know is an error."""
    return asked.parameters | {name: value for name, value in parameters.items() if f"${name}" in sql}


def _or_none(value) -> float | None:
    return None if pd.isna(value) else float(value)
