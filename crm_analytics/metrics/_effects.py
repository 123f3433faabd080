"""The arithmetic of a what-if on a company of layers: what the movers of each move bring, give up and cost, and how sure that is."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from crm_analytics.metrics._ranking import LAYERS, ROWS, TIERS
from crm_analytics.metrics._scenario import Move
from crm_analytics.stats import replicates

FIGURES = ("revenue", "contribution")


@dataclass(frozen=True)
class Company:
    """A company at the start of a what-if.

    tiers        the rows of `pyramid.tiers`, by tier
    samples      tier -> figures of customers at evenly spaced places of it (customer, FIGURES), their means the tier's
    covariances  tier -> covariance of the figures among all its customers
    """

    tiers: pd.DataFrame
    samples: dict[str, np.ndarray]
    covariances: dict[str, np.ndarray]

    def customers(self, layer: str) -> float:
        """How many there are."""
        return float(self.tiers.at[layer, "customers"])

    def mean(self, layer: str) -> np.ndarray:
        """FIGURES of one customer of the layer on average; nothing where nobody is; contribution null where it is unknown."""
        count = self.customers(layer)
        return self._of(layer) / count if count else np.zeros(len(FIGURES))

    def entry(self, layer: str, brings: str) -> np.ndarray:
        """FIGURES of the tier's median customer or of its last one, with the tier's contribution rate; else the mean.

        Layers below the active have neither: the mean.
        """
        column = {"median": "median_revenue", "threshold": "threshold_revenue"}.get(brings)
        revenue = self.tiers.at[layer, column] if column and layer in TIERS else np.nan
        whole, contribution = self._of(layer)
        if not np.isfinite(revenue) or not whole:
            return self.mean(layer)
        return np.array([revenue, revenue * contribution / whole])

    def head(self, layer: str) -> float:
        """Marketing, sales and service cost of one customer of the layer; null where costs are unknown."""
        count = self.customers(layer)
        return float(self.tiers.at[layer, "marketing_cost"]) / count if count else 0.0

    def sample(self, layer: str) -> np.ndarray:
        """What single customers of the layer bring; below the active nobody differs from the mean."""
        return self.samples.get(layer, self.mean(layer)[None])

    def covariance(self, layer: str) -> np.ndarray:
        """How customers of the layer differ."""
        return self.covariances.get(layer, np.zeros((len(FIGURES), len(FIGURES))))

    def _of(self, layer: str) -> np.ndarray:
        return self.tiers.loc[layer, list(FIGURES)].to_numpy(float)


@dataclass(frozen=True)
class Plan:
    """What is asked of a company.

    moves    who moves
    own      customer named -> his FIGURES, which he gives up
    success  (from, to) -> probability that a mover succeeds; 1 where none is given
    chances  (from, to) -> that probability in each replicate, where it is not known for sure
    """

    moves: list[Move]
    cost_rule: str = "constant"
    budget: float = 0.0
    brings: str = "mean"
    own: dict[str, np.ndarray] = field(default_factory=dict)
    success: dict[tuple[str, str], float] = field(default_factory=dict)
    chances: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)

    def expected(self, move: Move) -> float:
        """The probability that a mover of this move succeeds."""
        return self.success.get((move.from_tier, move.to_tier), 1.0)

    def chance(self, move: Move) -> np.ndarray:
        """That probability, one for all replicates or one for each."""
        return self.chances.get((move.from_tier, move.to_tier), np.array([self.expected(move)]))

    def own_figures(self, move: Move) -> np.ndarray:
        """What the named movers give up if they succeed (customer, FIGURES)."""
        return np.array([self.own[customer] for customer in move.named], dtype=float).reshape(-1, len(FIGURES))


def effects(company: Company, plan: Plan) -> pd.DataFrame:
    """What is expected of each move.  One row per move.

    from_tier, to_tier, customers (tried), named, success, moved (expected), <figure>_in (to the destination), <figure>_out (from
    the source), cost_in, cost_out, extra_cost (cost_in - cost_out).
    """
    rows = []
    everyone = sum(move.n for move in plan.moves)
    for move in plan.moves:
        success = plan.expected(move)
        coming = success * move.n * _brings(company, plan, move)
        leaving = success * (move.customers * company.mean(move.from_tier) + plan.own_figures(move).sum(0))
        cost_in, cost_out = _costs(company, plan, move, everyone)
        rows.append(
            [move.from_tier, move.to_tier, move.n, len(move.named), success, success * move.n]
            + [*coming, *leaving, cost_in, cost_out, cost_in - cost_out]
        )
    columns = ["from_tier", "to_tier", "customers", "named", "success", "moved"]
    columns += [f"{figure}_{way}" for way in ("in", "out") for figure in FIGURES] + [
        "cost_in",
        "cost_out",
        "extra_cost",
    ]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[4:], "float64"))


def _brings(company: Company, plan: Plan, move: Move) -> np.ndarray:
    """FIGURES that one mover brings to the destination."""
    if plan.brings != "bootstrap":
        return company.entry(move.to_tier, plan.brings)
    return replicates.typical(_seed(move), move.n, company.sample(move.to_tier), _shift(company, move.to_tier))


def _costs(company: Company, plan: Plan, move: Move, everyone: int) -> tuple[float, float]:
    """(cost that comes to the destination, cost that leaves the source) for all movers tried, whether they succeed or not."""
    if plan.cost_rule == "per_head":
        return move.n * company.head(move.to_tier), move.n * company.head(move.from_tier)
    return (plan.budget * move.n / everyone if plan.cost_rule == "budget" and everyone else 0.0), 0.0


def replicated(company: Company, plan: Plan) -> dict[str, np.ndarray]:
    """Change of the FIGURES of each row of ROWS that moves touch, and of the total, in each replicate: (replicate, figure)."""
    found: dict[str, np.ndarray] = {}
    for move in plan.moves:
        coming, leaving = _replicated(company, plan, move)
        for layer, change in ((move.to_tier, coming), (move.from_tier, -leaving), ("total", coming - leaving)):
            found[layer] = found.get(layer, 0) + change
    return found


def _replicated(company: Company, plan: Plan, move: Move) -> tuple[np.ndarray, np.ndarray]:
    """What comes to the destination and what leaves the source in each replicate.

    A mover who succeeds brings what some customer of the destination brings, and the destination's true mean may lie off the
    one seen; he gives up the source's mean, which may lie off too, or his own figures where he is named.
    """
    chance, seed = plan.chance(move), _seed(move)
    sample, covariance = company.sample(move.to_tier), company.covariance(move.to_tier)
    known, named = np.zeros(replicates.REPLICATES), 0.0
    coming = np.zeros((replicates.REPLICATES, len(FIGURES)))
    if move.customers:
        known, coming = replicates.brought(seed, move.customers, chance, sample, covariance)
    leaving = known[:, None] * (company.mean(move.from_tier) + _shift(company, move.from_tier))
    if move.named:
        named, brought, given = _named(plan, move, sample, covariance)
        coming, leaving = coming + brought, leaving + given
    return coming + (known + named)[:, None] * _shift(company, move.to_tier), leaving


def _named(plan: Plan, move: Move, sample, covariance) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(how many of the named succeed, what they bring, what they give up) in each replicate."""
    own, seed, n = plan.own_figures(move), (*_seed(move), 7), len(move.named)
    chance = plan.chance(move)
    count, brought = replicates.brought(seed, n, chance, sample, covariance)
    if n <= replicates.DIRECT:
        lucky = replicates.successes((*seed, 0), n, chance)
        return count, brought, np.einsum("cr,cf->rf", lucky, own)
    success = plan.expected(move)
    spread = success * (1 - success) * np.cov(own.T, bias=True) * n  # which of many succeed
    return count, brought, count[:, None] * own.mean(0) + replicates.shifts((*seed, 2), spread, 1)


def _shift(company: Company, layer: str) -> np.ndarray:
    """How far the layer's true mean may lie from the one seen, the same for all moves of a replicate."""
    return replicates.shifts((len(ROWS), LAYERS.index(layer)), company.covariance(layer), company.customers(layer))


def _seed(move: Move) -> tuple[int, int]:
    return LAYERS.index(move.from_tier), LAYERS.index(move.to_tier)
