"""Curry's ten lessons on the company's own data; here those of money: who brings it, what it is spent on, what 2 % more would bring."""

from dataclasses import asdict, dataclass, field, fields
from functools import cached_property

import numpy as np
import pandas as pd

from crm_analytics import snapshot, state
from crm_analytics.filters import Filters
from crm_analytics.metrics import _costs, _lessons_of_moves, _ranked, _tiers
from crm_analytics.metrics._ranking import TIERS
from crm_analytics.metrics._verdicts import FAILS, HOLDS, ROUND, UNCLEAR, UNKNOWN, Lesson, at_least
from crm_analytics.stats.bootstrap import Resampled, interval

TOP = 0.2  # the lessons speak of the first fifth, whatever the tiers are set to
ALONE, GROUPS = 500, 1000  # the first customers stand alone in the bootstrap, the others in about a thousand groups
MOVING = (("small", "medium", 14), ("medium", "big", 4), ("big", "top", 2))  # of 1000 active customers: 2 % move up
KNOWN_KEYS = ("direct", "activity")  # costs that say on whom they were spent
NEVER_BOUGHT = ("prospect", "suspect")
# Active customers in groups of neighbours, best first, known ones and new ones apart.
GROUPED = f"""
with listed as (
    select cast(b.revenue as double) as revenue, cast(b.contribution as double) as contribution,
        cast(b.contribution as double) - b.marketing_cost - b.overhead as profit, s.is_new,
        row_number() over (order by b.position) as place, count(*) over () as n
    from ({_ranked.BORNE}) b
    join snapshot s on s.customer_id = b.customer_id
    where b.position is not null
)
select is_new, cast(count(*) as bigint) as customers, avg(revenue) as revenue, stddev_pop(revenue) as revenue_spread,
    avg(contribution) as contribution, stddev_pop(contribution) as contribution_spread, avg(profit) as profit,
    stddev_pop(profit) as profit_spread,
    sum(case when place <= greatest(1, floor({TOP} * n + 0.5)) then revenue else 0 end) as top_revenue,
    sum(case when place <= greatest(1, floor({TOP} * n + 0.5)) then profit else 0 end) as top_profit
from listed
group by case when place <= {ALONE} then place else {ALONE} + ceil(1e0 * {GROUPS} * (place - {ALONE}) / (n - {ALONE})) end, is_new
order by min(place)
"""


@dataclass
class Money:
    """What the lessons of money stand on: the layers' rows, the active customers in groups, and companies drawn from them."""

    tiers: pd.DataFrame
    groups: pd.DataFrame
    cuts: list[float]
    least: int
    _drawn: dict[str, np.ndarray] = field(default_factory=dict)

    @cached_property
    def resampled(self) -> Resampled:
        return Resampled(self.groups["customers"])

    @property
    def n(self) -> int:
        return int(self.groups["customers"].sum())

    def total(self, name: str) -> float:
        """Of all active customers."""
        return float((self.groups["customers"] * self.groups[name]).sum())

    def rest(self, name: str) -> float:
        """What the company has beside its active customers: the other layers, lines without a customer."""
        return float(self.tiers.at["total", name]) - self.total(name)

    def drawn(self, name: str) -> np.ndarray:
        """Sums of a figure in each group of each company drawn: the same for every lesson that asks for it."""
        if name not in self._drawn:
            self._drawn[name] = self.resampled.sums(self.groups[name], self.groups[f"{name}_spread"])
        return self._drawn[name]

    def enough(self, lesson: Lesson) -> Lesson:
        """Judged, unless too few customers are active."""
        return lesson.judged() if self.n >= self.least else lesson.unclear("too_few")


def table(con, filters: Filters) -> pd.DataFrame:
    """The frame of `pyramid.lessons`, which says what it means."""
    rank_within = bool(filters.where or filters.customer_set)
    rules = state.rules(con)
    least = int(rules.limits["least_customers"])
    tiers = _tiers.rows(con, filters, "revenue", rank_within, "").set_index("tier")
    coefficients, _ = _ranked.coefficients(con, filters, "revenue", rank_within)
    money = Money(
        tiers, con.execute(GROUPED, coefficients).df(), [float(cut) for cut in snapshot.cuts(con).values()], least
    )
    found = [
        _revenue_of_top(money),
        _profit_of_top(money),
        _revenue_of_known(money, filters),
        _spent_elsewhere(con, filters, tiers),
    ]
    found += _lessons_of_moves.table(con, filters, rules, tiers, rank_within)
    found.append(_two_percent(money))
    if filters.data_from is None:
        found = [
            Lesson(each.lesson, each.code, each.unit, each.claim, each.claim_high).lacks("orders") for each in found
        ]
    columns = [each.name for each in fields(Lesson)]
    listed = pd.DataFrame([asdict(lesson) for lesson in found], columns=columns)
    numbers = [
        name for name in columns if name not in ("lesson", "code", "unit", "n", "n_others", "verdict", "wants", "note")
    ]
    return listed.astype(dict.fromkeys(numbers, "float64") | {"n_others": "Int64"})


def _revenue_of_top(money: Money) -> Lesson:
    """1. The first fifth brings 80 % of revenue: share of the active customers' revenue, bootstrapped over them."""
    lesson = Lesson(1, "top_revenue", "share", 0.8, judged_at=0.8 * ROUND, n=money.n)
    if not money.n:
        return lesson.unclear("too_few")
    lesson.value = money.groups["top_revenue"].sum() / money.total("revenue")
    sums = money.drawn("revenue")
    with np.errstate(divide="ignore", invalid="ignore"):
        lesson.low, lesson.high = interval(money.resampled.first(sums, [TOP])[:, 0] / sums.sum(axis=1))
    return money.enough(lesson)


def _profit_of_top(money: Money) -> Lesson:
    """2. The first fifth by revenue brings more than all of the company's profit; null unless there is a profit."""
    lesson = Lesson(2, "top_profit", "share", 1.0, n=money.n)
    lacking = _lacking(money)
    if lacking:
        return lesson.lacks(*lacking)
    whole = float(money.tiers.at["total", "profit"])
    if not money.n or whole <= 0:
        return lesson.unclear("no_profit" if money.n else "too_few")
    lesson.value = money.groups["top_profit"].sum() / whole
    sums = money.drawn("profit")
    company = sums.sum(axis=1) + money.rest("profit") * money.resampled.customers / money.n
    lesson.low, lesson.high = interval(_of_gain(money.resampled.first(sums, [TOP])[:, 0], company))
    return money.enough(lesson)


def _of_gain(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Shares of a whole; where the whole is no gain, a gain is without bound more of it, and a loss less."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / whole, np.copysign(np.inf, part))


def _revenue_of_known(money: Money, filters: Filters) -> Lesson:
    """3. Those who were customers before the window bring 90 % of revenue: share of the active customers' revenue."""
    lesson = Lesson(3, "known_revenue", "share", 0.9, judged_at=0.9 * ROUND, n=money.n)
    if filters.data_from is None or filters.data_from >= filters.start:
        return lesson.lacks(None, "window_incomplete")
    if not money.n:
        return lesson.unclear("too_few")
    is_known = ~money.groups["is_new"].to_numpy(dtype=bool)
    revenue = (money.groups["customers"] * money.groups["revenue"]).to_numpy()
    lesson.value = revenue[is_known].sum() / revenue.sum()
    sums = money.drawn("revenue")
    with np.errstate(divide="ignore", invalid="ignore"):
        lesson.low, lesson.high = interval(sums[:, is_known].sum(axis=1) / sums.sum(axis=1))
    # Customers of before the data look new: the share can only be larger, so what holds still does.
    judged = money.enough(lesson)
    is_young = not filters.is_window_before_complete and judged.verdict != HOLDS
    return judged.unclear("window_before_incomplete") if is_young else judged


def _spent_elsewhere(con, filters: Filters, tiers: pd.DataFrame) -> Lesson:
    """4. More than half of marketing, sales and service goes to people who have never bought: prospects and suspects.

    The interval is what the cost keys leave open: what no tag or contact places could all have gone to customers, or none of it.
    """
    lesson = Lesson(4, "spent_elsewhere", "share", 0.5, n=int(tiers.loc[list(NEVER_BOUGHT), "customers"].sum()))
    pots = [pot for pot in _costs.pots(con, filters) if pot.kind in _costs.SPENT]
    if not pots or not lesson.n:
        return lesson.lacks(None if pots and lesson.n else "customers" if pots else "costs")
    cells = _costs.cells(con, filters, rank_within=bool(filters.where or filters.customer_set))
    spent, placed, unplaced, elsewhere = 0.0, 0.0, 0.0, 0.0
    for pot in pots:
        key, weights = _costs.way(pot, cells)
        parts = [
            (cell, float(part)) for cell, part in zip(cells, _costs.in_cents(pot.amount, weights)) if cell.is_chosen
        ]
        mine, away = sum(part for _, part in parts), sum(part for cell, part in parts if cell.tier in NEVER_BOUGHT)
        spent, elsewhere = spent + mine, elsewhere + away
        placed, unplaced = (placed + away, unplaced) if key in KNOWN_KEYS else (placed, unplaced + mine)
    if spent <= 0:
        return lesson.lacks("costs")
    lesson.value, lesson.low, lesson.high = elsewhere / spent, placed / spent, (placed + unplaced) / spent
    lesson.judged()
    lesson.note = "spent_without_tag" if unplaced else None
    return lesson


def _two_percent(money: Money) -> Lesson:
    """10. 2 % of the customers moved up bring 10 % more revenue and 50 % more profit, at the same total cost.

    Of 1000 active customers 14 small ones become medium, 4 medium big, 2 big top; each brings his new tier's mean and no longer
    his old one's.  value is the change of revenue, second that of profit (of contribution, as costs stay).
    """
    lesson = Lesson(10, "two_percent", "change", 0.1, judged_at=0.1 * ROUND, second_claim=0.5, n=money.n)
    if not money.n or (money.tiers.loc[list(TIERS), "customers"] == 0).any():
        return lesson.unclear("too_few")
    lesson.value, lesson.low, lesson.high = _moved(money, "revenue", "revenue")
    first = lesson.judged().verdict
    lacking = _lacking(money)
    if lacking:  # what already fails in revenue fails
        lesson.lacks(*lacking).verdict = FAILS if first == FAILS and money.n >= money.least else UNKNOWN
        return lesson
    if money.tiers.at["total", "profit"] <= 0:
        return lesson.unclear("no_profit")
    lesson.second, lesson.second_low, lesson.second_high = _moved(money, "contribution", "profit")
    both = {first, at_least(lesson.second_low, lesson.second_high, lesson.second_claim * ROUND)}
    if money.n < money.least:
        return lesson.unclear("too_few")
    lesson.verdict = FAILS if FAILS in both else UNCLEAR if UNCLEAR in both else HOLDS
    return lesson


def _moved(money: Money, name: str, whole: str) -> tuple[float, float | None, float | None]:
    """What the moves add to one figure as a share of the company's whole, with the interval over companies drawn anew."""
    means = money.tiers.loc[list(TIERS), name] / money.tiers.loc[list(TIERS), "customers"]
    value = (
        money.n / 1000 * sum(n * (means[to] - means[tier]) for tier, to, n in MOVING) / money.tiers.at["total", whole]
    )
    sums = money.drawn(name)
    reached = money.resampled.first(sums, [*money.cuts, 1])
    sizes = np.diff(np.array([0, *money.cuts, 1]))[None] * money.resampled.customers[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = dict(zip(TIERS, (np.diff(reached, axis=1, prepend=0) / sizes).T))
        added = sum(n * (drawn[to] - drawn[tier]) for tier, to, n in MOVING) / 1000
        company = (sums if name == whole else money.drawn(whole)).sum(axis=1) / money.resampled.customers
    return float(value), *interval(_of_gain(added, company + money.rest(whole) / money.n))


def _lacking(money: Money) -> tuple[str, str | None] | None:
    """Which export a profit lacks."""
    total = money.tiers.loc["total"]
    if np.isnan(total["contribution"]):
        return ("orders" if not np.isnan(total["marketing_cost"]) else "orders,costs"), "needs_cost"
    return ("costs", None) if np.isnan(total["profit"]) else None
