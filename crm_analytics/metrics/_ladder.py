"""The ladder of orders and of satisfying orders: who took which step, when, and from which step on customers stay."""

import pandas as pd

from crm_analytics import cache
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics._stages import borders
from crm_analytics.stats.intervals import newcombe, wilson

KINDS = ("orders", "satisfying")
STEPS = 5
RISE = 0.05  # of the rate of going on: less is no rise that means anything
LEAST = 30  # customers observed long enough, below which a step is not judged
LADDER = ["kind", "orders", "customers", "customers_now", "conversion_rate", "low", "high", "median_days", "observed", "observed_rate",
          "observed_low", "observed_high", "rise", "rise_low", "rise_high", "verdict", "is_loyal", "within"]  # fmt: skip
# One row per customer who ever ordered: the day of each step on both ladders. Only orders that somebody complained about or answered
# on are looked at one by one; all others follow from customer_days. A complaint or an answer that names no order counts for the
# customer's last order up to its day, of several on that day for the latest.
CLIMBED = """
with told as (
    select row_number() over () as place, customer_id, order_id, opened_day as day, opened_at as at, true as is_complaint,
        cast(null as boolean) as is_satisfied
    from cases
    where opened_day <= $as_of
    union all
    select -row_number() over (), customer_id, order_id, day, answered_at, false, is_satisfied
    from answers
    where question = 'overall' and is_satisfied is not null and day <= $as_of
),
of_whom as (                       -- a complaint that names an order and nobody: whose order it is, where only one customer has it
    select order_id, min(customer_id) as customer_id
    from lines
    where order_id in (select order_id from told where customer_id is null)
    group by order_id
    having count(distinct customer_id) = 1
),
known as (
    select t.place, coalesce(t.customer_id, w.customer_id) as customer_id, t.order_id, t.day, t.at, t.is_complaint, t.is_satisfied
    from told t
    left join of_whom w on t.customer_id is null and w.order_id = t.order_id
),
orders_of as (
    select customer_id, order_id, min(ordered_at) as at, min(day) as day
    from lines
    where customer_id in (select customer_id from known)
    group by customer_id, order_id
    having max(case when amount > 0 then 1 else 0 end) = 1 and min(day) <= $as_of
),
about as (
    select k.place, o.customer_id, o.order_id, o.day
    from known k
    join orders_of o on o.customer_id = k.customer_id and o.order_id = k.order_id
    union all
    select k.place, k.customer_id, arg_max(o.order_id, struct_pack(at := o.at, id := o.order_id)), max(o.day)
    from known k
    join orders_of o on o.customer_id = k.customer_id and o.day <= k.day
    where k.order_id is null
    group by k.place, k.customer_id
),
judged as (
    select a.customer_id, a.order_id, max(a.day) as day, max(case when k.is_complaint then 1 else 0 end) as complained,
        arg_max(case when k.is_satisfied then 1 else 0 end, struct_pack(at := k.at, place := -k.place)) filter (where not k.is_complaint)
            as top_two
    from about a
    join known k on k.place = a.place
    group by a.customer_id, a.order_id
),
judged_days as (
    select customer_id, day, cast(sum(case when complained = 1 or top_two = 0 then 1 else 0 end) as integer) as bad,
        cast(sum(complained) as integer) as complained, cast(count(case when top_two = 0 then 1 end) as integer) as scored_low,
        cast(count(top_two) as integer) as surveyed,
        cast(sum(case when complained = 0 and top_two = 1 then 1 else 0 end) as integer) as good
    from judged
    group by customer_id, day
),
special as (                       -- whose satisfying orders are not simply all of theirs
    select customer_id from judged_days
    union
    select customer_id from customer_days where orders > 0 and day < $covered_from
),
days as (                          -- from the first complaint in the data on, an order nobody complained about is known to be one
    select d.customer_id, d.day, j.bad, j.complained, j.scored_low, j.surveyed,
        case when d.day >= $covered_from then d.orders - coalesce(j.bad, 0) else coalesce(j.good, 0) end as satisfying
    from customer_days d
    left join judged_days j on j.customer_id = d.customer_id and j.day = d.day
    where d.orders > 0 and d.day <= $as_of and d.customer_id in (select customer_id from special)
),
counted as (
    select *, sum(satisfying) over (partition by customer_id order by day rows unbounded preceding) as run_satisfying
    from days
),
by_satisfying as (
    select customer_id, max(run_satisfying) as satisfying, sum(bad) as unsatisfying, sum(complained) as complained,
        sum(scored_low) as scored_low, sum(surveyed) as surveyed,
        min(case when run_satisfying >= 1 then day end) as step_1, min(case when run_satisfying >= 2 then day end) as step_2,
        min(case when run_satisfying >= 3 then day end) as step_3, min(case when run_satisfying >= 4 then day end) as step_4,
        min(case when run_satisfying >= 5 then day end) as step_5, min(case when run_satisfying >= 6 then day end) as step_6
    from counted
    group by customer_id
),
by_orders as (
    select customer_id, max(run_orders) as orders, min(day) as step_1,
        min(case when run_orders >= 2 then day end) as step_2, min(case when run_orders >= 3 then day end) as step_3,
        min(case when run_orders >= 4 then day end) as step_4, min(case when run_orders >= 5 then day end) as step_5,
        min(case when run_orders >= 6 then day end) as step_6
    from customer_days
    where orders > 0 and day <= $as_of
    group by customer_id
)
select o.customer_id, cast(o.orders as integer) as orders,
    cast(coalesce(s.satisfying, case when $covered_from is null then 0 else o.orders end) as integer) as satisfying,
    cast(coalesce(s.unsatisfying, 0) as integer) as unsatisfying, cast(coalesce(s.complained, 0) as integer) as complained,
    cast(coalesce(s.scored_low, 0) as integer) as scored_low, cast(coalesce(s.surveyed, 0) as integer) as surveyed,
    o.step_1 as orders_1, o.step_2 as orders_2, o.step_3 as orders_3, o.step_4 as orders_4, o.step_5 as orders_5, o.step_6 as orders_6,
    case when s.customer_id is not null then s.step_1 when $covered_from is not null then o.step_1 end as satisfying_1,
    case when s.customer_id is not null then s.step_2 when $covered_from is not null then o.step_2 end as satisfying_2,
    case when s.customer_id is not null then s.step_3 when $covered_from is not null then o.step_3 end as satisfying_3,
    case when s.customer_id is not null then s.step_4 when $covered_from is not null then o.step_4 end as satisfying_4,
    case when s.customer_id is not null then s.step_5 when $covered_from is not null then o.step_5 end as satisfying_5,
    case when s.customer_id is not null then s.step_6 when $covered_from is not null then o.step_6 end as satisfying_6
from by_orders o
left join by_satisfying s on s.customer_id = o.customer_id
"""
STEP = """
select cast(count(*) as bigint) as customers, cast(count(next) as bigint) as went_on, median(next - reached) as median_days,
    cast(count(case when reached <= $old then 1 end) as bigint) as observed,
    cast(count(case when reached <= $old and next - reached <= $within then 1 end) as bigint) as observed_on
from (select l.{kind}_{step} as reached, l.{kind}_{after} as next from {ladder} l{whom} where l.{kind}_{step} is not null) step
"""
CHOSEN = " join chosen c on c.customer_id = l.customer_id"


def ladder(con, filters: Filters, kind: str, within: int) -> pd.DataFrame:
    """See `lifecycle.ladder`."""
    if kind and kind not in KINDS:
        raise CrmError("E_OPTION_VALUE", name="lifecycle.ladder", option="--kind", value=kind)
    if within < 0:
        raise CrmError("E_OPTION_VALUE", name="lifecycle.ladder", option="--within", value=within)
    within = within or borders(con)["lost"]
    shown = [each for each in KINDS if kind in ("", each) and (each == "orders" or _is_judged(con, filters))]
    steps = [row for each in shown for row in _steps(con, filters, each, within)]
    return pd.DataFrame(steps, columns=LADDER).astype({"median_days": "float64"})


def _steps(con, filters: Filters, kind: str, within: int) -> list[dict]:
    """The steps of one ladder, each beside the one before."""
    counted, name, whom = [], climbed(con, filters), CHOSEN if filters.where or filters.customer_set else ""
    for step in range(1, STEPS + 1):
        sql = STEP.format(kind=kind, step=step, after=step + 1, ladder=name, whom=whom)
        old = pd.Timestamp(filters.as_of) - pd.Timedelta(days=within)
        counted.append(con.execute(sql, {"old": old.date(), "within": within}).fetchone())
    rows, before = [], None
    for step, (customers, went_on, median, observed, observed_on) in enumerate(counted, 1):
        low, high = wilson(went_on, customers)
        observed_low, observed_high = wilson(observed_on, observed)
        rise, rise_low, rise_high = _rise(before, (observed_on, observed))
        rows.append({
            "kind": kind, "orders": step, "customers": customers, "customers_now": customers - (went_on if step < STEPS else 0),
            "conversion_rate": went_on / customers if customers else None, "low": low, "high": high, "median_days": median,
            "observed": observed, "observed_rate": observed_on / observed if observed else None,
            "observed_low": observed_low, "observed_high": observed_high, "rise": rise, "rise_low": rise_low, "rise_high": rise_high,
            "verdict": _verdict(before, observed, rise, rise_low, rise_high), "within": within,
        })  # fmt: skip
        before = observed_on, observed
    loyal = loyalty_point([row["verdict"] for row in rows])
    return [row | {"is_loyal": row["orders"] == loyal} for row in rows]


def _rise(before, now) -> tuple:
    """By how much the rate of going on is above that of the step before, with its interval."""
    if before is None or not before[1] or not now[1]:
        return None, None, None
    low, high = newcombe(*now, *before)
    return now[0] / now[1] - before[0] / before[1], low, high


def _verdict(before, observed: int, rise, low, high) -> str | None:
    """Whether a step keeps more customers than the one before: rises, level, unclear; few where too few can be judged."""
    if before is None:
        return None
    if min(before[1], observed) < LEAST:
        return "few"
    if high < RISE:
        return "level"
    return "rises" if low > 0 and rise >= RISE else "unclear"


def loyalty_point(verdicts: list[str | None]) -> int | None:
    """The step with the last rise, if all later steps are level; None where nothing rises, the last step still does, or one is unclear."""
    rising = [step for step, verdict in enumerate(verdicts, 1) if verdict == "rises"]
    later = verdicts[rising[-1] :] if rising else []
    return rising[-1] if later and set(later) == {"level"} else None


def climbed(con, filters: Filters) -> str:
    """The kept table of every customer's steps up to the day."""
    return cache.table(
        con, "ladder", filters, CLIMBED, {"as_of": filters.as_of, "covered_from": _covered_from(con, filters)}
    )


def _covered_from(con, filters: Filters):
    """The day of the first complaint in the data up to the day."""
    return con.execute(
        "select min(opened_day) from cases where opened_day <= $as_of", {"as_of": filters.as_of}
    ).fetchone()[0]


def _is_judged(con, filters: Filters) -> bool:
    """Whether any complaint or overall answer is known by the day."""
    return con.execute(
        "select exists (select 1 from cases where opened_day <= $as_of) or exists (select 1 from answers "
        "where question = 'overall' and is_satisfied is not null and day <= $as_of)",
        {"as_of": filters.as_of},
    ).fetchone()[0]


def judged(con, filters: Filters) -> pd.DataFrame:
    """See `lifecycle.judged`."""
    found = con.execute(
        "select cast(coalesce(sum(l.orders), 0) as bigint) as orders, cast(coalesce(sum(l.satisfying), 0) as bigint) as satisfying, "
        "cast(coalesce(sum(l.unsatisfying), 0) as bigint) as unsatisfying, "
        "cast(coalesce(sum(l.orders - l.satisfying - l.unsatisfying), 0) as bigint) as unknown, "
        "cast(coalesce(sum(l.complained), 0) as bigint) as complained, cast(coalesce(sum(l.scored_low), 0) as bigint) as scored_low, "
        f"cast(coalesce(sum(l.surveyed), 0) as bigint) as surveyed from {climbed(con, filters)} l{CHOSEN}"
    ).df()
    return found.assign(covered_from=_covered_from(con, filters))


def one_more(con, filters: Filters, kind: str, step: int, limit: int, offset: int) -> pd.DataFrame:
    """See `lifecycle.one_more`."""
    return con.execute(
        f"with page as (select c.*, l.satisfying from {_short_of(con, filters, kind, step)} "
        "order by c.revenue_ever desc, c.customer_id limit $limit offset $offset) "
        "select g.customer_id, p.name, g.stage, p.owner, g.orders_ever, case when $is_judged then g.satisfying end as satisfying, "
        "g.last_order_date, g.days_since_last_order, g.revenue_ever from page g "
        "left join customer_profile p on p.customer_id = g.customer_id order by g.revenue_ever desc, g.customer_id",
        {"short": step - 1, "is_judged": _is_judged(con, filters), "limit": limit, "offset": offset},
    ).df()


def one_more_size(con, filters: Filters, kind: str, step: int) -> int:
    """See `lifecycle.one_more_size`."""
    return con.execute(f"select count(*) from {_short_of(con, filters, kind, step)}", {"short": step - 1}).fetchone()[0]


def _short_of(con, filters: Filters, kind: str, step: int) -> str:
    """The chosen customers who stand one order below a step and are not lost, as the end of a query that takes $short."""
    for option, value, known in (("kind", kind, KINDS), ("step", step, range(2, STEPS + 1))):
        if value not in known:
            raise CrmError("E_OPTION_VALUE", name="lifecycle.one_more", option=f"--{option}", value=value)
    ladder = climbed(con, filters)
    return f"chosen c join {ladder} l on l.customer_id = c.customer_id where l.{kind} = $short and c.stage <> 'lost'"
