"""What was spent in the window: every cost once, with the key by which it reaches customers, and what it is tagged to."""

from crm_analytics import cache, state
from crm_analytics.filters import Filters
from crm_analytics.metrics._periods import span
from crm_analytics.rules import COST_KINDS

WORDS = {  # how exports write kinds, keys and layers
    "kind": {
        "marketing": "marketing advertising promotion campaign 营销 市场 市场费用 营销费用 推广 广告 行銷 行銷費用 廣告",
        "sales": "sales selling 销售 销售费用 銷售 銷售費用 业务 業務",
        "service": "service support customer_service 服务 客服 服务费用 客户服务 售后 服務 客戶服務 售後",
        "overhead": "overhead indirect admin administration 管理 管理费用 间接费用 一般费用 管理費用 間接費用",
    },
    "key": {
        "direct": "direct 直接",
        "activity": "activity contacts 活动 接触 按活动 作业 活動 接觸",
        "per_head": "per_head head headcount per_customer 人头 按人头 按人数 人均 人頭 按人頭 按人數",
        "revenue": "revenue sales per_revenue 收入 销售额 按收入 按销售额 營收 銷售額 按銷售額",
    },
    "layer": {
        "top": "top 顶级 顶级客户 頂級 頂級客戶",
        "big": "big 大 大客户 大客戶",
        "medium": "medium 中 中型 中型客户 中型客戶",
        "small": "small 小 小客户 小客戶",
        "inactive": "inactive 沉睡 沉睡客户 沉睡客戶 非活跃",
        "prospect": "prospect prospects 潜在 潜在客户 潛在 潛在客戶",
        "suspect": "suspect suspects 观望 观望客户 觀望 觀望客戶",
    },
    "control": {"control": "control holdout hold_out 对照 对照组 對照 對照組"},
}
COST_ROWS = """
create or replace temp table cost_rows as
with counted as (
    select c.kind, c.allocation_key, c.customer_id, c.campaign_id, c.tier, c.amount, 'costs' as source, p.first_day, p.last_day
    from costs c
    join cost_periods p on p.period = c.period
    where c.amount is not null
    union all
    select 'marketing', null, null, campaign_id, null, cost, 'campaigns', first_day, last_day
    from campaign_days
    where cost is not null and not has_costs
    union all
    select 'marketing', null, null, m.campaign_id, null, m.cost, 'campaign_members', coalesce(cast(m.sent_at as date), d.first_day),
        coalesce(cast(m.sent_at as date), d.first_day)
    from campaign_members m
    join campaign_days d on d.campaign_id = m.campaign_id
    where m.cost is not null and d.cost is null and not d.has_costs
),
read as (
    select coalesce(k.code, case when c.kind is null then 'marketing' else 'overhead' end) as kind, s.code as stated, l.code as layer,
        c.campaign_id, c.amount, c.source, p.customer_id as person,
        coalesce(c.customer_id, c.campaign_id, c.tier) is not null or s.code = 'direct' as is_tagged,
        p.customer_id is not null or l.code is not null or c.campaign_id in (select distinct campaign_id from campaign_people) as is_placed,
        cast(c.last_day - c.first_day + 1 as integer) as days,
        cast(least(c.last_day, $last) - greatest(c.first_day, $start) + 1 as integer) as days_in
    from counted c
    left join cost_words k on k.what = 'kind' and k.word = replace(lower(trim(c.kind)), ' ', '_')
    left join cost_words s on s.what = 'key' and s.word = replace(lower(trim(c.allocation_key)), ' ', '_')
    left join cost_words l on l.what = 'layer' and l.word = lower(trim(c.tier))
    left join aliases n on n.number = c.customer_id
    left join snapshot p on p.customer_id = coalesce(n.person, c.customer_id)
    where c.last_day >= $start and c.first_day <= $last
)
select kind, source, campaign_id, person, case when person is null then layer end as layer, amount, days, days_in,
    case when is_placed then 'direct' when stated <> 'direct' then stated when kind = 'overhead' then 'revenue' else 'per_head' end as key,
    is_tagged and not is_placed as is_unplaced
from read
"""
CAMPAIGN_DAYS = """
create or replace temp table campaign_days as
with sent as (
    select campaign_id, min(cast(sent_at as date)) as day from campaign_members group by campaign_id
),
named as (
    select campaign_id from campaigns union select campaign_id from campaign_members
)
select n.campaign_id, c.cost, coalesce(c.starts, s.day) as first_day, greatest(coalesce(c.starts, s.day), c.ends) as last_day,
    n.campaign_id in (select c.campaign_id from costs c join cost_periods p on p.period = c.period where c.campaign_id is not null)
        as has_costs -- a cost whose period cannot be read counts nowhere, so it tells nothing of its campaign either
from named n
left join campaigns c on c.campaign_id = n.campaign_id
left join sent s on s.campaign_id = n.campaign_id
"""
# One row per campaign and person who was treated, and how many these are.
CAMPAIGN_PEOPLE = """
select m.campaign_id, s.customer_id, count(*) over (partition by m.campaign_id) as people
from (
    select distinct m.campaign_id, coalesce(a.person, m.customer_id) as customer_id
    from campaign_members m
    left join aliases a on a.number = m.customer_id
    where m.arm is null or lower(trim(m.arm)) not in (select unnest($control))
) m
join snapshot s on s.customer_id = m.customer_id
"""
# One row per customer with any: contacts of the window weighed by their cost, and what is tagged to him, by kind.
DRIVERS = """
with tagged as (
    select person as customer_id, kind, 1e0 * amount * days_in / days as amount
    from cost_rows
    where key = 'direct' and person is not null
    union all
    select p.customer_id, c.kind, 1e0 * c.amount * c.days_in / c.days / p.people
    from cost_rows c
    join campaign_people p on p.campaign_id = c.campaign_id
    where c.key = 'direct' and c.person is null and c.layer is null
),
contacted as (
    select coalesce(a.person, i.customer_id) as customer_id, sum(coalesce(i.unit_cost, $unit_cost)) as activity
    from interactions i
    left join aliases a on a.number = i.customer_id
    where i.at >= $start and i.at < $end
    group by 1
)
select customer_id, sum(activity) as activity, sum(case when kind = 'marketing' then amount end) as marketing,
    sum(case when kind = 'sales' then amount end) as sales, sum(case when kind = 'service' then amount end) as service,
    sum(case when kind = 'overhead' then amount end) as overhead
from (
    select customer_id, activity, null as kind, null as amount from contacted
    union all
    select customer_id, null, kind, amount from tagged
) driven
where customer_id in (select customer_id from snapshot)
group by customer_id
"""


def make_drivers(con, filters: Filters) -> None:
    """The view `cost_drivers` alone, of what was made for this window before, or all of `make`."""
    drivers = cache.known_table(con, "cost_drivers", filters)
    if drivers:
        con.execute(f"create or replace temp view cost_drivers as select * from {drivers}")
    else:
        make(con, filters)


def make(con, filters: Filters) -> None:
    """Temp table `cost_rows` (one row per cost that touches the window) and view `cost_drivers` (one row per customer with any).

    cost_rows: kind, source, campaign_id, person, layer, amount with days_in of days (pro rata), key, is_unplaced (tagged to
    somebody unknown, so it goes by its kind's usual key). cost_drivers: customer_id, activity, marketing, sales, service, overhead.
    """
    window = {"start": filters.start, "end": filters.end, "last": filters.as_of}
    _make_words(con)
    _make_periods(con)
    con.execute(CAMPAIGN_DAYS)
    control = {"control": WORDS["control"]["control"].split()}
    people = cache.table(con, "campaign_people", filters, CAMPAIGN_PEOPLE, control)
    con.execute(f"create or replace temp view campaign_people as select * from {people}")
    con.execute(COST_ROWS, {"start": window["start"], "last": window["last"]})
    parameters = {"start": window["start"], "end": window["end"], "unit_cost": _usual_contact(con)}
    drivers = cache.table(con, "cost_drivers", filters, DRIVERS, parameters)
    con.execute(f"create or replace temp view cost_drivers as select * from {drivers}")
    _add_typed(con, filters)
    _add_contacts(con)


def _make_words(con) -> None:
    rows = [
        (what, word, code) for what, codes in WORDS.items() for code, words in codes.items() for word in words.split()
    ]
    con.execute(
        "create or replace temp table cost_words as select unnest($what) as what, unnest($word) as word, unnest($code) as code",
        dict(zip(("what", "word", "code"), map(list, zip(*rows)))),
    )


def _make_periods(con) -> None:
    written = [text for (text,) in con.execute("select distinct period from costs where period is not null").fetchall()]
    spans = [(text, *span(text)) for text in written if span(text)]
    columns = list(zip(*spans)) or [(), (), ()]
    con.execute(
        "create or replace temp table cost_periods as select unnest($period::varchar[]) as period, "
        "unnest($first::date[]) as first_day, unnest($last::date[]) as last_day",
        dict(zip(("period", "first", "last"), map(list, columns))),
    )


def _usual_contact(con):
    """What a contact without a unit cost weighs: the average of the others, or all the same."""
    return con.execute("select coalesce(cast(avg(unit_cost) as decimal(15, 4)), 1) from interactions").fetchone()[0]


def _add_typed(con, filters: Filters) -> None:
    """Yearly totals typed in Settings, for kinds without any row in the costs export; campaigns are part of what is typed."""
    known = {kind for (kind,) in con.execute(
        "select distinct coalesce(w.code, case when c.kind is null then 'marketing' else 'overhead' end) from costs c "
        "left join cost_words w on w.what = 'kind' and w.word = replace(lower(trim(c.kind)), ' ', '_')"
    ).fetchall()}  # fmt: skip
    typed = state.rules(con).yearly_costs
    for kind in (kind for kind in COST_KINDS if kind in typed and kind not in known):
        con.execute(
            "insert into cost_rows select $kind, 'typed', null, null, null, greatest(0, cast($yearly as decimal(17, 4)) * $months / 12 - "
            "coalesce((select sum(amount * days_in / days) from cost_rows where kind = $kind), 0)), 1, 1, "
            "case $kind when 'overhead' then 'revenue' else 'per_head' end, false",
            {"kind": kind, "yearly": str(typed[kind]), "months": filters.months},
        )


def _add_contacts(con) -> None:
    """Where nobody has told what sales and service cost, the contacts' own costs are it."""
    con.execute(
        "insert into cost_rows select 'sales', 'interactions', null, null, null, spent, 1, 1, 'activity', false from "
        "(select cast(sum(activity) as decimal(17, 4)) as spent from cost_drivers) s where spent > 0 "
        "and exists (select 1 from interactions where unit_cost is not null) "
        "and not exists (select 1 from cost_rows where kind in ('sales', 'service'))"
    )
