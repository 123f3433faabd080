"""What each customer is expected to bring, kept as one table per horizon and discount; lists, groups and sums are SQL over it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_analytics import cache
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics import _histories, _models
from crm_analytics.stats.worth import WEEKS_A_YEAR, worth

MOST_MONTHS = 60
BY = ("", "margin", "revenue")
GONE = 0.5  # probability below which a customer is called probably gone
HISTORIES = """
select number, x, last_days / 7e0 as t_x, days / 7e0 as t, paid, spend
from {histories}
order by number
"""
# of one who bought once nobody can say whether he is still there: BG/NBD's chance is 1 by construction
WORTH = """
select h.customer_id, h.first_day, h.x as repeat_orders, h.last_days, h.days,
    case when h.x > 0 then s.alive end as probability_alive,
    s.orders as expected_orders, s.order_value, s.expected_value, s.clv, s.low, s.high,
    s.clv_if_alive, s.variance
from scored s
join {histories} h on h.number = s.number
"""


@dataclass(frozen=True)
class Asked:
    """Horizon in months, discount a year, in what worth is counted, and where its classes are cut."""

    horizon: int = 12
    discount: float = 0.1
    by: str = ""
    high_share: float = 0.2  # of the customers, from the most valuable down: class high, then medium
    medium_share: float = 0.3

    @property
    def weeks(self) -> float:
        return self.horizon * WEEKS_A_YEAR / 12

    @property
    def code(self) -> str:
        return f"worth_{self.horizon}_{round(self.discount * 1e6)}_{self.by or 'usual'}"


@dataclass(frozen=True)
class Scored:
    """The table, what worth is counted in (margin or revenue), and what of its sums all customers err in together."""

    table: str
    by: str
    shared_error: float
    model: _models.Model


def asked(horizon: int, discount: float, by: str, high_share: float = 0.2, medium_share: float = 0.3) -> Asked:
    """The question, checked. Raises CrmError E_CHOICE."""
    if not 1 <= horizon <= MOST_MONTHS:
        raise CrmError("E_CHOICE", option="horizon", value=str(horizon), known=f"1 ... {MOST_MONTHS}")
    if not 0 <= discount <= 1:
        raise CrmError("E_CHOICE", option="discount", value=f"{discount:g}", known="0 ... 1")
    if by not in BY:
        raise CrmError("E_CHOICE", option="by", value=by, known=", ".join(BY[1:]))
    if not (high_share > 0 and medium_share > 0 and high_share + medium_share < 1):
        raise CrmError("E_CHOICE", option="high_share", value=f"{high_share:g} + {medium_share:g}", known="0 ... 1")
    return Asked(horizon, discount, by, high_share, medium_share)


def scored(con, filters: Filters, question: Asked) -> Scored:
    """The kept table `WORTH`. Raises CrmError as `_models.model` does, and E_NO_MARGIN."""
    model, day = _models.model(con, filters), _histories.company(filters)
    if question.by == "margin" and model.margin_rate is None:
        raise CrmError("E_NO_MARGIN")
    by = "revenue" if question.by == "revenue" or model.margin_rate is None else "margin"
    table = cache.known_table(con, question.code, day) or _make(con, day, question, model, by)
    error = cache.answer(
        con, day, (question.code, "error"), lambda: _models.shared_error(con, model, question.weeks, question.discount)
    )
    return Scored(table, by, error, model)


def placed(con, filters: Filters, question: Asked) -> tuple[Scored, str, dict]:
    """The chosen customers, each with the groups he is in: SQL that begins with them, and its parameters."""
    found, day = scored(con, filters, question), _histories.company(filters)
    high, middle = cache.answer(con, day, ("brought",), lambda: con.execute(BROUGHT).fetchone())
    shares = {"high": 1 - question.high_share, "medium": 1 - question.high_share - question.medium_share}
    what = (question.code, "classes", *shares.values())
    cuts = cache.answer(con, day, what, lambda: con.execute(CLASSES.format(table=found.table), shares).fetchone())
    values = {"brought_high": high, "brought_middle": middle, "worth_high": cuts[0], "worth_medium": cuts[1]}
    return found, PLACED.format(table=found.table), values


def _make(con, day: Filters, question: Asked, model: _models.Model, by: str) -> str:
    rows = con.execute(HISTORIES.format(histories=model.histories)).fetchnumpy()
    found = worth(
        model.parameters, question.weeks, question.discount, rows["x"], rows["t_x"], rows["t"], rows["paid"],
        _models.filled(rows["spend"]),
    )  # fmt: skip
    net = model.net_rate
    rate = net * (model.margin_rate if by == "margin" else 1.0)
    low, high = (found.low, found.high) if rate >= 0 else (found.high, found.low)
    frame = pd.DataFrame({
        "number": np.asarray(rows["number"]), "alive": found.alive, "orders": found.orders, "order_value": found.order_value * net,
        "expected_value": found.orders * found.order_value * net, "clv": found.worth * rate, "low": low * rate, "high": high * rate,
        "clv_if_alive": found.if_alive * rate, "variance": found.variance * rate**2,
    })  # fmt: skip
    con.register("scored", frame)
    try:
        return cache.table(con, question.code, day, WORTH.format(histories=model.histories), {})
    finally:
        con.unregister("scored")


# What a customer has brought so far among all who ever ordered: the first 20 % high, the next 30 % middle.
BROUGHT = """
select percentile_disc(0.8) within group (order by revenue_ever), percentile_disc(0.5) within group (order by revenue_ever)
from snapshot
where first_order_date is not null
"""
CLASSES = "select quantile_disc(clv, $high), quantile_disc(clv, $medium) from {table}"
PLACED = """
with placed as (
    select w.*, c.tier, c.revenue, c.revenue_ever, c.last_order_date,
        case when w.probability_alive is null then 'unknown' when w.probability_alive >= 0.8 then 'here'
            when w.probability_alive >= 0.5 then 'likely' when w.probability_alive >= 0.2 then 'doubtful' else 'gone' end as alive,
        case when c.revenue_ever >= $brought_high then 'high' when c.revenue_ever >= $brought_middle then 'middle'
            else 'low' end as brought,
        case when w.clv >= $worth_high then 'high' when w.clv >= $worth_medium then 'medium' else 'low' end as worth,
        case when w.repeat_orders = 0 then '1' when w.repeat_orders = 1 then '2' when w.repeat_orders < 4 then '3-4'
            when w.repeat_orders < 9 then '5-9' else '10+' end as bought,
        case when w.days - w.last_days <= 30 then '0-30' when w.days - w.last_days <= 90 then '31-90'
            when w.days - w.last_days <= 180 then '91-180' when w.days - w.last_days <= 365 then '181-365' else '366+' end as since
    from {table} w
    join chosen c on c.customer_id = w.customer_id
)
"""
BY_TIER = """
select coalesce(tier, 'total') as tier, cast(count(*) as bigint) as customers, cast(count(probability_alive) as bigint) as repeaters,
    sum(expected_orders) as expected_orders, sum(expected_value) as expected_value, sum(clv) as clv, avg(clv) as average_clv,
    cast(count(case when probability_alive < 0.5 then 1 end) as bigint) as gone,
    cast(count(*) - count(probability_alive) as bigint) as unknown, avg(1 - probability_alive) as churn_rate,
    sum(case when probability_alive < 0.5 then clv_if_alive - clv end) as at_stake, sqrt(sum(variance)) as own_error
from placed
group by grouping sets ((tier), ())
"""
BY_CHANCE = """
select alive, brought, cast(count(*) as bigint) as customers, cast(sum(revenue_ever) as double) as revenue_ever, sum(clv) as clv,
    sum(case when alive <> 'unknown' then clv_if_alive - clv end) as at_stake
from placed
group by alive, brought
"""
PARTS = """
, ranked as (select clv, row_number() over (order by clv desc, customer_id) as place, count(*) over () as n from placed),
cuts as (select unnest([0.01, 0.05, 0.1, 0.2, 0.5, 1.0]) as share)
select cast(c.share as double) as customers_share, cast(count(*) as bigint) as customers, sum(r.clv) as clv
from cuts c
join ranked r on r.place <= greatest(1, floor(c.share * r.n + 0.5))
group by c.share
order by c.share
"""
BY_CLASS = """
select worth, cast(count(*) as bigint) as customers, min(clv) as threshold, sum(clv) as clv, avg(clv) as average_clv,
    cast(sum(revenue) as double) as revenue, cast(count(case when probability_alive < 0.5 then 1 end) as bigint) as gone
from placed
group by worth
"""
BY_RHYTHM = """
select bought, since, cast(count(*) as bigint) as customers, avg(probability_alive) as probability_alive, sum(clv) as clv
from placed
group by bought, since
"""
