"""A score of the reader's own numbers and weights: everybody's place on each, the weighted mean, and the classes it is cut into."""

import hashlib
from dataclasses import dataclass, replace

from crm_analytics import cache
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics._margins import margin_rate

LOWER = ("days_since_last_order", "complaints")  # of these fewer are better
MEASURES = (
    "days_since_last_order", "orders", "revenue", "margin", "average_order_value", "tenure_days", "loyalty_days", "interactions",
    "activity", "satisfaction", "complaints",
)  # fmt: skip
SCALINGS = ("rank", "minmax", "z")
MOST_WEIGHT = 1_000_000
# One row per buyer of the window, with what he can be scored by; unknown is null, never zero.
BUYERS = """
with contacted as (
    select coalesce(p.person, i.customer_id) as customer_id, count(*) as interactions
    from interactions i
    left join aliases p on p.number = i.customer_id
    where i.at >= $start and i.at < $end
    group by 1
),
answered as (                      -- the last overall answer of the window, as a share of its scale
    select customer_id,
        arg_max(1e0 * score / scale_top, struct_pack(at := answered_at, import := import_id, line := source_line)) as satisfaction
    from answers
    where question = 'overall' and day >= $start and day < $end and customer_id is not null and scale_top > 0
    group by customer_id
),
known as (
    select exists (select 1 from interactions) as has_interactions, exists (select 1 from cases) as has_complaints
)
select b.customer_id, cast(b.days_since_last_order as double) as days_since_last_order, cast(b.orders as double) as orders,
    cast(b.revenue as double) as revenue,
    case when $rate is not null then cast(b.margin as double) + $rate * cast(b.revenue - b.covered_revenue as double) end as margin,
    cast(b.revenue as double) / b.orders as average_order_value,
    cast($as_of - b.first_order_date as double) as tenure_days,
    cast(b.last_order_date - b.first_order_date as double) as loyalty_days,
    case when k.has_interactions then cast(coalesce(i.interactions, 0) as double) end as interactions,
    a.satisfaction,
    case when k.has_complaints then cast(b.complaints as double) end as complaints
from snapshot b
cross join known k
left join contacted i on i.customer_id = b.customer_id
left join answered a on a.customer_id = b.customer_id
where b.orders > 0
"""
# A column's place among the buyers, more being better: its rank with equals in the middle of theirs, its place between the extremes,
# its deviation.
UP = {
    "rank": "coalesce((rank() over (order by {c} nulls last) - 1 + (count(*) over (partition by {c}) - 1) / 2e0) "
    "/ nullif(count({c}) over () - 1, 0), 0.5)",
    "minmax": "coalesce(({c} - min({c}) over ()) / nullif(max({c}) over () - min({c}) over (), 0), 0.5)",
    "z": "coalesce(({c} - avg({c}) over ()) / nullif(stddev_pop({c}) over (), 0), 0)",
}
SCORED = """
with measured as (
    select *, $per_order * orders + $per_contact * coalesce(interactions, 0) as activity
    from {buyers}
),
scaled as (
    select customer_id, {scaled}
    from measured
),
weighted as (
    select *, {mean} as score
    from scaled
),
placed as (
    select *, rank() over (order by score desc nulls last) as place, count(score) over () as n
    from weighted
)
select * exclude (n), case when score is null then 'unknown' when place <= greatest(1, floor($high * n + 0.5)) then 'high'
    when place <= floor(($high + $medium) * n + 0.5) then 'medium' else 'low' end as class
from placed
"""


@dataclass(frozen=True)
class Plan:
    """A score as it was asked for: weights by measure, of which fewer are better, how they are scaled and cut."""

    weights: tuple[tuple[str, float], ...]
    lower: tuple[str, ...]
    scaling: str
    high: float
    medium: float
    per_order: float  # of `activity`
    per_contact: float

    @property
    def key(self) -> str:
        """A name of letters and digits for what the plan makes."""
        return hashlib.md5(repr(self).encode(), usedforsecurity=False).hexdigest()[:16]

    @property
    def names(self) -> list[str]:
        """The measures that weigh."""
        return [name for name, _ in self.weights]


def plan(
    weights: str, reverse: str, scaling: str, high: float, medium: float, purchases: float, contacts: float
) -> Plan:
    """The plan, checked.  Raises CrmError E_SCORE_WEIGHTS, E_SCORE_MEASURE, E_SCORE_CUTS, E_CHOICE."""
    turned = {_measure(name.strip()) for name in reverse.split(",") if name.strip()}
    if scaling not in SCALINGS:
        raise CrmError("E_CHOICE", option="scaling", value=scaling, known=", ".join(SCALINGS))
    if not (0 < high < 1 and 0 <= medium < 1 and high + medium < 1 + 1e-9):
        raise CrmError("E_SCORE_CUTS")
    if not (min(purchases, contacts) >= 0 and 0 < purchases + contacts <= MOST_WEIGHT):
        raise CrmError("E_SCORE_WEIGHTS", text=f"{purchases:g}, {contacts:g}")
    lower = tuple(sorted(set(LOWER) ^ turned))
    return Plan(_weights(weights), lower, scaling, high, medium, purchases, contacts)


def _weights(text: str) -> tuple[tuple[str, float], ...]:
    """revenue=3,orders=2; those of zero fall away."""
    found: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, number = part.partition("=")
        name = _measure(name.strip())
        try:
            weight = float(number or 1)
        except ValueError:
            raise CrmError("E_SCORE_WEIGHTS", text=part) from None
        if not 0 <= weight <= MOST_WEIGHT or name in found:
            raise CrmError("E_SCORE_WEIGHTS", text=part)
        found[name] = weight
    if not sum(found.values()):
        raise CrmError("E_SCORE_WEIGHTS", text=text)
    return tuple((name, weight) for name, weight in found.items() if weight)


def _measure(name: str) -> str:
    if name not in MEASURES:
        raise CrmError("E_SCORE_MEASURE", name=name, known=", ".join(MEASURES))
    return name


def buyers(con, filters: Filters) -> str:
    """The table of every buyer of the company with his measures, `activity` apart, which has weights of its own."""
    rate = margin_rate(con, filters)
    return cache.table(
        con, "buyers", filters, BUYERS,
        {"start": filters.start, "end": filters.end, "as_of": filters.as_of, "rate": None if rate is None else float(rate)},
    )  # fmt: skip


def scored(con, filters: Filters, plan: Plan) -> str:
    """The table of every buyer of the company: customer_id, his place on each measure, score, place among all, class.

    score 0..100 (z: a mean of deviations) is null, and the class unknown, where any measure that weighs is. The best `high` of those
    with a score are high, the next `medium` medium; equal scores share the better class.
    """
    whole = sum(weight for _, weight in plan.weights)
    sql = SCORED.format(
        buyers=buyers(con, filters),
        scaled=", ".join(f"{_scaled(name, plan)} as {name}" for name in plan.names),
        mean=" + ".join(f"$w_{name} * {name}" for name in plan.names),
    )
    size = 1 if plan.scaling == "z" else 100
    values = {f"w_{name}": size * weight / whole for name, weight in plan.weights}
    values |= {
        "high": plan.high,
        "medium": plan.medium,
        "per_order": plan.per_order,
        "per_contact": plan.per_contact,
    }
    return cache.table(con, f"score_{plan.key}", replace(filters, where=(), customer_set=None), sql, values)


def _scaled(name: str, plan: Plan) -> str:
    """The place on one measure; `name` is one of MEASURES."""
    up = UP[plan.scaling].format(c=name)
    if name in plan.lower:
        up = f"-({up})" if plan.scaling == "z" else f"1 - {up}"
    return f"case when {name} is not null then {up} end"
