"""The allocation of costs: each reaches the layers by its key, to the cent, and nothing is lost on the way.

In order of honesty: direct (tagged to a customer, campaign or layer), activity (contacts x unit cost), per head (everyone in the
seven layers), per revenue (what is positive, lines without a customer included).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from crm_analytics import cache
from crm_analytics.filters import Filters
from crm_analytics.metrics import _cost_rows
from crm_analytics.metrics._margins import margin_rate
from crm_analytics.metrics._ranking import LAYERS, ranking
from crm_analytics.rules import COST_KINDS

SPENT = COST_KINDS[:3]  # marketing, sales and service: what the return is measured on
KEYS = ("direct", "activity", "per_head", "revenue")
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Pot:
    """An amount that goes one way.  `layer`: the layer it is tagged to; other direct pots go to the customers they name."""

    kind: str
    key: str
    source: str
    layer: str | None
    amount: Decimal


@dataclass(frozen=True)
class Cell:
    """Customers alike to the allocation: those of a layer who are chosen, or not.  `layer`: the company's, for tags."""

    tier: str
    layer: str
    is_chosen: bool
    customers: int
    revenue: Decimal
    contribution: Decimal | None
    revenue_before: Decimal
    weights: dict  # key -> weight; "direct" by kind


def pots(con, filters: Filters) -> list[Pot]:
    """Every cost of the window, pro rata by days, in whole cents that add up to the rounded totals of M and of O.

    The view `cost_drivers` is there afterwards.
    """
    found = cache.answer(con, filters, ("pots",), lambda: _pots(con, filters))
    _cost_rows.make_drivers(con, filters)
    return found


def _pots(con, filters: Filters) -> list[Pot]:
    _cost_rows.make(con, filters)
    rows = con.execute(
        "select kind, key, source, layer, days, days_in, sum(amount) from cost_rows group by all order by all"
    ).fetchall()
    exact: dict[tuple, Fraction] = {}
    for kind, key, source, layer, days, days_in, amount in rows:
        place = (kind, key, source, layer)
        exact[place] = exact.get(place, Fraction(0)) + Fraction(amount) * days_in / days
    found = []
    for kinds in (SPENT, COST_KINDS[3:]):
        mine = {place: amount for place, amount in exact.items() if place[0] in kinds}
        found += [Pot(*place, amount) for place, amount in zip(mine, _rounded([each * 100 for each in mine.values()]))]
    return found


def cells(con, filters: Filters, *, by: str = "revenue", rank_within: bool = False) -> list[Cell]:
    """The company's customers in groups that the allocation treats alike, and the lines that name nobody."""
    ranking(con, filters, by=by, rank_within=rank_within)
    return cache.answer(con, filters, ("cells", by, rank_within), lambda: _cells(con, filters))


def _cells(con, filters: Filters) -> list[Cell]:
    rows = con.execute(
        """
        select coalesce(r.tier, 'others'), c.tier, r.is_chosen is not null and r.is_chosen, count(*), sum(c.revenue), sum(c.contribution),
            sum(c.revenue_before), sum(greatest(c.revenue, 0)), coalesce(sum(d.activity), 0), coalesce(sum(d.marketing), 0),
            coalesce(sum(d.sales), 0), coalesce(sum(d.service), 0), coalesce(sum(d.overhead), 0)
        from company_ranking c
        left join ranking r on r.customer_id = c.customer_id
        left join cost_drivers d on d.customer_id = c.customer_id
        group by 1, 2, 3
        order by 1, 2, 3
        """
    ).fetchall()
    found = [_cell(*row) for row in rows]
    is_all = not (filters.where or filters.customer_set)
    return found + [_empty(layer, is_all) for layer in LAYERS] + [_unidentified(con, filters, is_all)]


def _cell(tier, layer, is_chosen, customers, revenue, contribution, before, positive, activity, *direct) -> Cell:
    weights = {"per_head": Fraction(customers), "revenue": Fraction(positive), "activity": Fraction(activity)}
    weights |= {("direct", kind): Fraction(amount) for kind, amount in zip(COST_KINDS, direct)}
    return Cell(tier, layer, is_chosen, customers, revenue, contribution, before, weights)


def _empty(layer: str, is_chosen: bool) -> Cell:
    """Nobody, so that a cost tagged to an empty layer has its row."""
    return Cell(layer, layer, is_chosen, 0, Decimal(0), None, Decimal(0), {("empty", layer): Fraction(1)})


def _unidentified(con, filters: Filters, is_all: bool) -> Cell:
    """Lines that name no customer: they bring revenue and bear what goes by revenue."""
    rate = margin_rate(con, filters)
    revenue, contribution = con.execute(
        "select coalesce(sum(revenue), 0), cast(sum(coalesce(margin, 0) + $rate * (revenue - coalesce(covered_revenue, 0))) "
        "as decimal(26, 10)) from unidentified_days where day >= $start and day < $end",
        {"rate": rate, "start": filters.start, "end": filters.end},
    ).fetchone()
    (before,) = con.execute(
        "select coalesce(sum(revenue), 0) from unidentified_days where day >= $before and day < $start",
        {"before": filters.start_before, "start": filters.start},
    ).fetchone()
    weights = {"revenue": Fraction(max(revenue, Decimal(0))), "nobody": Fraction(1)}
    return Cell("unidentified", "unidentified", is_all, 0, revenue, contribution, before, weights)


def allocated(pots: Sequence[Pot], cells: Sequence[Cell], key: str = "") -> dict[str, list[Decimal]]:
    """What each cell bears: "marketing_cost" (M) and "overhead" (O), in cents that add up to the pots.

    `key`: all of M by this key instead of each pot's own.
    """
    borne = {"marketing_cost": [Decimal(0)] * len(cells), "overhead": [Decimal(0)] * len(cells)}
    if key:
        whole = sum((pot.amount for pot in pots if pot.kind in SPENT), Decimal(0))
        pots = [Pot("marketing", key, "", None, whole)] + [pot for pot in pots if pot.kind not in SPENT]
    for pot in pots:
        column = "marketing_cost" if pot.kind in SPENT else "overhead"
        _, weights = way(pot, cells)
        borne[column] = [had + more for had, more in zip(borne[column], in_cents(pot.amount, weights))]
    return borne


def way(pot: Pot, cells: Sequence[Cell]) -> tuple[str, list[Fraction]]:
    """By which key a pot really goes, and each cell's weight.  Where a key has nothing to go by, the next one below does."""
    keys = (pot.key, "per_head", "revenue", "nobody")
    for key in keys:
        if key == "direct" and pot.layer:
            weights = [cell.weights.get("per_head", Fraction(0)) * (cell.layer == pot.layer) for cell in cells]
            weights = (
                weights if any(weights) else [cell.weights.get(("empty", pot.layer), Fraction(0)) for cell in cells]
            )
        else:
            weights = [cell.weights.get((key, pot.kind) if key == "direct" else key, Fraction(0)) for cell in cells]
        if sum(weights):  # below zero: more was credited to those who are named than spent on them
            return key, weights
    raise AssertionError("lines that name nobody are always there")


def in_cents(total, weights: Sequence) -> list[Decimal]:
    """The total, rounded to the cent, in parts proportional to the weights: largest remainder, earlier rows first when equal."""
    cents = _half_up(Fraction(total) * 100)
    whole = sum(weights)
    if not whole:
        return [Decimal(0)] * len(weights)
    return _rounded([Fraction(weight) * cents / Fraction(whole) for weight in weights])


def _rounded(exact: Sequence[Fraction]) -> list[Decimal]:
    """Exact numbers of cents as amounts in whole ones that add up to their rounded sum, by largest remainder."""
    parts = [part.numerator // part.denominator for part in exact]
    order = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[: _half_up(sum(exact, Fraction(0))) - sum(parts)]:
        parts[place] += 1
    return [part * CENT for part in parts]


def _half_up(cents: Fraction) -> int:
    """Rounded to a whole one, a half away from zero."""
    whole = (2 * abs(cents.numerator) + cents.denominator) // (2 * cents.denominator)
    return whole if cents >= 0 else -whole


def per_customer(pots: Sequence[Pot], cells: Sequence[Cell]) -> dict[str, dict]:
    """What one customer bears, as coefficients by column (marketing_cost, overhead) and kind of weight.

    per_head, revenue (of each unit of positive revenue), activity (of each unit), direct by kind (of each unit tagged), layer by name.
    """
    found = {}
    for pot in pots:
        column = found.setdefault("marketing_cost" if pot.kind in SPENT else "overhead", {})
        key, weights = way(pot, cells)
        name = (key, pot.layer) if key == "direct" and pot.layer else (key, pot.kind) if key == "direct" else key
        column[name] = column.get(name, 0.0) + float(Fraction(pot.amount) / sum(weights))
    return found
