"""Contacts held against the policy of each stage: who is due, who had too many, whose birthday comes.

A contact is a row of the interactions export by us or of unknown direction, up to the day; an attempt counts too, because it is
what the customer notices. What he started himself (inbound) is no contact of ours.
"""

from datetime import date, timedelta

import pandas as pd

from crm_analytics import cache
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics._stages import STAGES
from crm_analytics.state import rules as rules_in_force
from crm_analytics.stats.intervals import wilson

RECENT = 30  # days in which contacts are held against the cap
NEAR = 7  # days around a birthday in which a contact is a greeting
INBOUND = (
    "in",
    "inbound",
    "incoming",
    "received",
    "呼入",
    "来电",
    "來電",
    "进线",
    "進線",
    "来访",
    "來訪",
    "客户来电",
    "客戶來電",
)
MOST_AHEAD = 365
ORDERS = ("value", "overdue")
COUNTS = ["contacted", "due", "held_back", "over_cap", "violations", "off_purpose", "without_consent"]
DATES = """
select case when a.number is null then i.customer_id else a.counts_as end as customer_id, cast(i."at" as date) as day, i.purpose
from interactions i
left join aliases a on a.number = i.customer_id
where i."at" < $end and not list_contains($inbound, coalesce(lower(trim(i.direction)), ''))
"""
CONTACTED = f"""
select customer_id, max(day) as last_contact_date, cast(count(case when day > $since then 1 end) as integer) as contacts_30,
    list(day order by day desc) filter (where day > $since) as recent,
    cast(count(case when day > $since and not list_contains($purposes, lower(trim(purpose))) then 1 end) as integer) as other_purpose
from ({DATES}) dates where customer_id is not null group by customer_id
"""
COMING = """
with coming as (
    select unnest($numbers) as number, unnest($days) as birthday
),
birthdays as (
    select c.customer_id, p.name, b.birthday, p.birth_date, c.stage, p.owner, c.revenue_ever
    from chosen c
    join customer_profile p on p.customer_id = c.customer_id
    join coming b on b.number = month(p.birth_date) * 100 + day(p.birth_date)
    where c.stage is not null and p.birth_date <= $as_of
)
"""
# Each chosen customer beside the policy of his stage.
STANDING = """
with policy as (
    select unnest($stages) as stage, unnest($every) as every_days, unnest($caps) as cap
),
placed as (
    select c.customer_id, c.stage, c.revenue, c.revenue_ever, c.last_order_date, y.every_days, y.cap, t.last_contact_date, t.recent,
        coalesce(t.contacts_30, 0) as contacts_30, p.name, p.owner, p.consent is not null and not p.consent as is_refused,
        case when c.stage = 'lost' and len($purposes) > 0 then t.other_purpose end as off_purpose,
        coalesce($as_of - t.last_contact_date < case when y.every_days > 0 then y.every_days else $recent end, false) as is_contacted
    from chosen c
    join policy y on y.stage = c.stage
    left join {contacts} t on t.customer_id = c.customer_id
    left join customer_profile p on p.customer_id = c.customer_id
),
standing as (
    select *, every_days > 0 and not is_contacted as is_missed,
        every_days > 0 and not is_contacted and not is_refused and contacts_30 < cap as is_due,
        $as_of - last_contact_date - every_days as days_overdue
    from placed
)
"""


def basis(con, filters: Filters) -> pd.DataFrame:
    """See `lifecycle.basis`."""
    return con.execute(
        f"select exists ({DATES}) as has_contacts, exists (select 1 from answers where question = 'overall' and is_satisfied is not null "
        "and day < $end) as has_surveys, exists (select 1 from cases where opened_day < $end) as has_complaints, "
        "exists (select 1 from customer_profile where birth_date is not null) as has_birthdays, "
        "exists (select 1 from customer_profile where owner is not null) as has_owners, "
        "exists (select 1 from customer_profile where consent is not null) as has_consent",
        {"end": filters.end, "inbound": list(INBOUND)},
    ).df()  # fmt: skip


def policy(con, filters: Filters) -> pd.DataFrame:
    """See `lifecycle.policy`."""
    sql, parameters = _standing(con, filters)
    found = con.execute(
        sql + "select y.stage, y.every_days, y.cap, cast(count(s.customer_id) as bigint) as customers, "
        "cast(count(case when s.is_contacted then 1 end) as bigint) as contacted, "
        "cast(count(case when s.is_due then 1 end) as bigint) as due, "
        "cast(count(case when s.is_missed and not s.is_due then 1 end) as bigint) as held_back, "
        "cast(count(case when s.contacts_30 > s.cap then 1 end) as bigint) as over_cap, "
        "cast(coalesce(sum(greatest(s.contacts_30 - s.cap, 0)), 0) as bigint) as violations, "
        "cast(coalesce(sum(s.off_purpose), 0) as bigint) as off_purpose, "
        "cast(count(case when s.is_refused and s.contacts_30 > 0 then 1 end) as bigint) as without_consent "
        "from policy y left join standing s on s.stage = y.stage group by y.stage, y.every_days, y.cap",
        parameters,
    ).df()  # fmt: skip
    found = found.set_index("stage").loc[list(STAGES)].reset_index()
    is_known = has_contacts(con, filters)
    judged = is_known & (found["every_days"] > 0) & (found["customers"] > 0)
    found["coverage_rate"] = (found["contacted"] / found["customers"]).where(judged)
    bounds = [
        wilson(row.contacted, row.customers) if on else (None, None) for row, on in zip(found.itertuples(), judged)
    ]
    found["low"], found["high"] = (pd.Series(ends, dtype="float64") for ends in zip(*bounds, strict=True))
    if not is_known:
        found = found.assign(**dict.fromkeys(COUNTS, pd.Series(pd.NA, index=found.index, dtype="Int64")))
    found["note"] = None if is_known else "needs_interactions"
    return found[["stage", "every_days", "cap", "customers", "due", "contacted", "coverage_rate", "low", "high", "held_back", "over_cap",
                  "violations", "off_purpose", "without_consent", "note"]]  # fmt: skip


def due(con, filters: Filters, stage: str, owner: str, order_by: str, limit: int, offset: int) -> pd.DataFrame:
    """See `lifecycle.due`."""
    if order_by not in ORDERS:
        raise CrmError("E_OPTION_VALUE", name="lifecycle.due", option="--order-by", value=order_by)
    sql, parameters = _asked(con, filters, "due", stage)
    order = "revenue desc, revenue_ever desc" if order_by == "value" else "days_overdue desc nulls last, revenue desc"
    return con.execute(
        sql
        + "select customer_id, name, stage, owner, last_contact_date, days_overdue, contacts_30, last_order_date, revenue, "
        "revenue_ever from standing where is_due and ($stage = '' or stage = $stage) and ($owner = '' or owner = $owner) "
        f"order by {order}, customer_id limit $limit offset $offset",
        parameters | {"stage": stage, "owner": owner, "limit": limit, "offset": offset},
    ).df()


def due_size(con, filters: Filters, stage: str, owner: str) -> int:
    """See `lifecycle.due_size`."""
    sql, parameters = _asked(con, filters, "due", stage)
    return con.execute(
        sql
        + "select count(*) from standing where is_due and ($stage = '' or stage = $stage) and ($owner = '' or owner = $owner)",
        parameters | {"stage": stage, "owner": owner},
    ).fetchone()[0]


def owners(con, filters: Filters) -> pd.DataFrame:
    """See `lifecycle.owners`."""
    sql, parameters = _asked(con, filters, "owners", "")
    found = con.execute(
        sql
        + "select owner, cast(count(*) as bigint) as customers, cast(count(case when is_due then 1 end) as bigint) as due, "
        "cast(count(case when is_contacted and every_days > 0 then 1 end) as bigint) as contacted, "
        "coalesce(sum(case when is_due then revenue end), 0) as value from standing group by owner order by due desc, owner nulls last",
        parameters,
    ).df()
    whole = found["due"].sum()
    return found.assign(share=(found["due"] / whole) if whole else float("nan"))[
        ["owner", "customers", "due", "contacted", "share", "value"]
    ]


def fatigue(con, filters: Filters, stage: str, limit: int, offset: int) -> pd.DataFrame:
    """See `lifecycle.fatigue`."""
    sql, parameters = _asked(con, filters, "fatigue", stage)
    return con.execute(
        sql + "select customer_id, name, stage, owner, contacts_30, cast(cap as integer) as cap, "
        "cast(contacts_30 - cap as integer) as above, last_contact_date, "
        "case when cap > 0 then cast(recent[cap] + $recent as date) end as free_on "
        "from standing where contacts_30 > cap and ($stage = '' or stage = $stage) "
        "order by above desc, contacts_30 desc, customer_id limit $limit offset $offset",
        parameters | {"stage": stage, "limit": limit, "offset": offset},
    ).df()


def birthdays(con, filters: Filters, ahead: int, limit: int, offset: int) -> pd.DataFrame:
    """See `lifecycle.birthdays`."""
    return con.execute(
        COMING + "select b.customer_id, b.name, b.birthday, cast(b.birthday - $as_of as integer) as days_until, "
        "cast(year(b.birthday) - year(b.birth_date) as integer) as age, b.stage, b.owner, t.last_contact_date, b.revenue_ever "
        f"from birthdays b left join {_contacted(con, filters)} t on t.customer_id = b.customer_id "
        "order by b.birthday, b.revenue_ever desc, b.customer_id limit $limit offset $offset",
        _coming(con, filters, ahead) | {"limit": limit, "offset": offset},
    ).df()


def birthdays_size(con, filters: Filters, ahead: int) -> int:
    """See `lifecycle.birthdays_size`."""
    return con.execute(COMING + "select count(*) from birthdays", _coming(con, filters, ahead)).fetchone()[0]


def _coming(con, filters: Filters, ahead: int) -> dict:
    """What COMING takes."""
    if not 1 <= ahead <= MOST_AHEAD:
        raise CrmError("E_OPTION_VALUE", name="lifecycle.birthdays", option="--ahead", value=ahead)
    _check_birthdays(con)
    return {"as_of": filters.as_of} | _anniversaries(filters.as_of + timedelta(days=1), ahead)


def greetings(con, filters: Filters) -> pd.DataFrame:
    """See `lifecycle.greetings`."""
    _check_birthdays(con)
    past = _anniversaries(filters.as_of - timedelta(days=RECENT - 1), RECENT)
    n, greeted = con.execute(
        f"with past as (select unnest($numbers) as number, unnest($days) as birthday), dates as ({DATES}), "
        "had as (select c.customer_id, b.birthday from chosen c join customer_profile p on p.customer_id = c.customer_id "
        "join past b on b.number = month(p.birth_date) * 100 + day(p.birth_date) where c.stage is not null and p.birth_date <= b.birthday) "
        "select count(*), count(case when exists (select 1 from dates d where d.customer_id = h.customer_id "
        "and d.day between h.birthday - $near and h.birthday + $near) then 1 end) from had h",
        {"end": filters.end, "inbound": list(INBOUND), "near": NEAR} | past,
    ).fetchone()  # fmt: skip
    low, high = wilson(greeted, n)
    row = (n, greeted, greeted / n if n else None, low, high)
    found = pd.DataFrame([row], columns=["birthdays", "contacted", "rate", "low", "high"])
    if not has_contacts(con, filters):
        found = found.astype({"contacted": "Int64"})
        found[["contacted", "rate", "low", "high"]] = None
    return found


def has_contacts(con, filters: Filters) -> bool:
    """Whether any contact of ours is known by the day."""
    sql = f"select exists ({DATES})"
    return con.execute(sql, {"end": filters.end, "inbound": list(INBOUND)}).fetchone()[0]


def _contacted(con, filters: Filters) -> str:
    """The kept table of last and recent contacts up to the day."""
    since = filters.as_of - timedelta(days=RECENT)
    parameters = {"end": filters.end, "since": since, "inbound": list(INBOUND), "purposes": _purposes(con)}
    return cache.table(con, "contacts", filters, CONTACTED, parameters)


def _purposes(con) -> list[str]:
    """What lost customers may be contacted for, as the purposes of contacts are compared."""
    return [word.strip().lower() for word in rules_in_force(con).lost_purposes]


def _standing(con, filters: Filters) -> tuple[str, dict]:
    """STANDING and its parameters."""
    rules = rules_in_force(con)
    every, caps = ([int(each.get(stage, 0)) for stage in STAGES] for each in (rules.contact_days, rules.contact_caps))
    view = {"as_of": filters.as_of, "recent": RECENT, "purposes": _purposes(con)}
    parameters = {"stages": list(STAGES), "every": every, "caps": caps} | view
    return STANDING.format(contacts=_contacted(con, filters)), parameters


def _asked(con, filters: Filters, name: str, stage: str) -> tuple[str, dict]:
    """STANDING for a list, which cannot be made without contacts."""
    if stage and stage not in STAGES:
        raise CrmError("E_OPTION_VALUE", name=f"lifecycle.{name}", option="--stage", value=stage)
    if not has_contacts(con, filters):
        raise CrmError("E_NO_CONTACTS")
    return _standing(con, filters)


def _check_birthdays(con) -> None:
    if not con.execute("select exists (select 1 from customer_profile where birth_date is not null)").fetchone()[0]:
        raise CrmError("E_NO_BIRTHDAYS")


def _anniversaries(first: date, days: int) -> dict:
    """The days from `first` on, and the birthday (month * 100 + day) that is kept on each; 29 February on the 28th in other years."""
    numbers, kept = [], []
    for day in (first + timedelta(days=ahead) for ahead in range(days)):
        numbers.append(day.month * 100 + day.day)
        kept.append(day)
        if (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3:
            numbers.append(229)
            kept.append(day)
    return {"numbers": numbers, "days": kept}
