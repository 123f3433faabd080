"""Which named customers to move where: the plan with the highest expected profit that a budget and a number of movers allow."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_analytics.errors import CrmError
from crm_analytics.metrics import _candidates, _chances, _ranking, _scenario, _whatif
from crm_analytics.metrics._effects import Company
from crm_analytics.metrics._ranking import TIERS
from crm_analytics.metrics._scenario import MoveRefused
from crm_analytics.stats.selection import NONE, choose

SOURCES = TIERS[1:]
TARGETS = TIERS[:-1]
COLUMNS = [
    "customer_id", "name", "from_tier", "to_tier", "chance", "revenue", "contribution", "expected_gain", "cost", "expected_profit",
    "gain_per_cost", "reasons",
]  # fmt: skip
POINTS = 10  # of the frontier beside its start
PEOPLE = """
with sized as (
    select tier, min(position) as first, count(*) as n
    from ranking
    where position is not null
    group by tier
)
select r.position, list_position($sources, r.tier) - 1 as source, (r.position - z.first) * 10 // z.n as tenth,
    cast(r.contribution as double) as contribution
from ranking r
join sized z on z.tier = r.tier
where r.is_chosen and list_contains($sources, r.tier)
"""


@dataclass(frozen=True)
class Choice:
    """Everyone who could move up, and what each move would bring: (customer, TARGETS), null where it is no move up.

    position, source (place in SOURCES) of each customer; chance, gain = chance x (mean contribution of the destination - own), cost.
    """

    position: np.ndarray
    source: np.ndarray
    chance: np.ndarray
    gain: np.ndarray
    cost: np.ndarray
    is_costed: bool

    def plan(self, budget: float, most: float) -> np.ndarray:
        """The place in TARGETS for each customer, NONE for none."""
        return choose(self.gain - self.cost, self.cost, self.source, budget, most)

    def of(self, figure: np.ndarray, option: np.ndarray) -> np.ndarray:
        """A figure of those who move."""
        rows = np.flatnonzero(option != NONE)
        return figure[rows, option[rows]]


def choice(con, filters, start: Company, cost_per_move: float, by: str, rank_within: bool) -> Choice:
    """Everyone who could move up.  Raises CrmError E_MOVE_MARGIN, MoveRefused E_NO_HISTORY where nobody's chance is known."""
    if not np.isfinite(start.tiers.at["total", "contribution"]):
        raise CrmError("E_MOVE_MARGIN")
    chances, costs, is_costed = _by_layer(con, filters, start, cost_per_move, by, rank_within)
    _ranking.ranking(con, filters, by=by, rank_within=rank_within)
    people = con.execute(PEOPLE, {"sources": list(SOURCES)}).df()
    source, tenth = people["source"].to_numpy(int), people["tenth"].to_numpy(int)
    means = np.array([start.mean(layer)[1] for layer in TARGETS])
    chance = chances[source, tenth]
    gain = chance * (means - people["contribution"].to_numpy(float)[:, None])
    return Choice(people["position"].to_numpy(int), source, chance, gain, costs[source], is_costed)


def _by_layer(con, filters, start: Company, cost_per_move: float, by: str, rank_within: bool):
    """(chance by layer, tenth and destination, cost by layer and destination in whole cents, whether costs are known).

    Who costs less in the destination costs nothing to move: no saving is counted.
    """
    past = _chances.history(con, filters, by=by, rank_within=rank_within)
    known = set(past["from_tier"])
    if not known & set(SOURCES):
        raise MoveRefused("E_NO_HISTORY", layer=SOURCES[-1])
    chances = np.full((len(SOURCES), _chances.TENTHS, len(TARGETS)), np.nan)
    costs = np.full((len(SOURCES), len(TARGETS)), cost_per_move)
    for place, layer in enumerate(SOURCES):
        for target, destination in enumerate(TARGETS):
            if target <= place and layer in known and start.customers(destination):
                chances[place, :, target] = _chances.by_tenth(past, layer, destination)
            if not cost_per_move:
                costs[place, target] = start.head(destination) - start.head(layer)
    is_costed = bool(cost_per_move) or bool(np.isfinite(start.tiers.at["total", "marketing_cost"]))
    return chances, np.round(np.maximum(np.nan_to_num(costs), 0), 2), is_costed


def limits(budget: float, most: int, is_costed: bool) -> tuple[float, float]:
    """Budget and cap; nothing typed is no limit.  Raises CrmError E_NEGATIVE, E_MOVE_COST."""
    budget, most = _scenario.amount("budget", budget), _scenario.amount("most", most)
    if budget and not is_costed:
        raise CrmError("E_MOVE_COST")
    return budget or np.inf, most or np.inf


def listing(con, filters, budget: float, cost_per_move: float, most: int, by: str, rank_within: bool) -> pd.DataFrame:
    """The frame of `pyramid.optimise`, which says what it means."""
    start = _whatif.company(con, filters, by=by, rank_within=rank_within)
    everyone = choice(con, filters, start, _scenario.amount("cost_per_move", cost_per_move), by, rank_within)
    option = everyone.plan(*limits(budget, most, everyone.is_costed))
    rows = np.flatnonzero(option != NONE)
    table = pd.DataFrame({
        "position": everyone.position[rows],
        "from_tier": [SOURCES[place] for place in everyone.source[rows]],
        "to_tier": [TARGETS[place] for place in option[rows]],
        "chance": everyone.of(everyone.chance, option),
        "expected_gain": everyone.of(everyone.gain, option),
        "cost": everyone.of(everyone.cost, option),
    })  # fmt: skip
    table["expected_profit"] = table["expected_gain"] - table["cost"]
    table["gain_per_cost"] = (table["expected_gain"] / table["cost"]).where(table["cost"] > 0)
    if not everyone.is_costed:
        table["cost"] = np.nan
    table = _named(con, filters, table, by, rank_within)
    return table.sort_values(["expected_profit", "position"], ascending=[False, True], ignore_index=True)[COLUMNS]


def _named(con, filters, table: pd.DataFrame, by: str, rank_within: bool) -> pd.DataFrame:
    """The plan with the customers' names and what speaks for each."""
    told = [
        _candidates.facts(
            con, filters, "r.position in (select unnest($positions))", {"positions": mine["position"].tolist()},
            dict.fromkeys(SOURCES, destination), by, rank_within, "",
        )
        for destination, mine in table.groupby("to_tier")
    ]  # fmt: skip
    facts = pd.concat(told) if told else pd.DataFrame(columns=["position"])
    wanted = ["position", "customer_id", "name", "revenue", "contribution", "reasons"]
    return table.merge(facts.reindex(columns=wanted), on="position", how="left")


def frontier(con, filters, cost_per_move: float, most: int, by: str, rank_within: bool) -> pd.DataFrame:
    """The frame of `whatif.frontier`, which says what it means."""
    start = _whatif.company(con, filters, by=by, rank_within=rank_within)
    everyone = choice(con, filters, start, _scenario.amount("cost_per_move", cost_per_move), by, rank_within)
    _, most = limits(0.0, most, everyone.is_costed)
    whole = everyone.plan(np.inf, most)
    enough = float(everyone.of(everyone.cost, whole).sum())
    budgets = (
        [enough * (step / POINTS) ** 1.5 for step in range(POINTS)] if enough else []
    )  # most bends are at its start
    plans = [everyone.plan(budget or np.nextafter(0, 1), most) for budget in budgets] + [whole]
    points = [
        (
            float(everyone.of(everyone.cost, plan).sum()),
            float(everyone.of(everyone.gain - everyone.cost, plan).sum()),
            int((plan != NONE).sum()),
        )
        for plan in plans
    ]
    return pd.DataFrame(list(dict.fromkeys(points)), columns=["budget", "expected_profit", "customers"]).round(
        {"budget": 2}
    )
