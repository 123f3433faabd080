"""At most one option for each of many, the best together that a budget and a cap allow (the multiple-choice knapsack).

Large cases are made small without losing the optimum. With prices on money and on places (Lagrange multipliers) everyone has a
best option; `bound` = the worth of everyone's best at these prices plus the price of budget and cap. A selection in which some take
another option is worth at most `bound` less what these lose, so those who change in a selection better than one already found lose
less together than `bound` less its worth. Among rows alike (the same costs) with the same best option it is those who lose least
who change: two who trade places cost the same. So only the first few of each such group, by what they lose, are left to the
solver, and all others keep their best. (Balas and Zemel 1980; Pisinger 1995.)
"""

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_array

NONE = -1
FIRST = 60  # rows of each group and change that go to the solver at first
CUTS = 60  # cutting planes for the prices
CLOSE = 1e-6  # share of the optimum that need not be found
NODES = 100  # branches after which the solver answers with the best it has
MORE_NODES = 500  # where that may lie further than FAR below the optimum
FAR = 2e-3


def choose(
    value: np.ndarray, cost: np.ndarray, alike: np.ndarray, budget: float = np.inf, most: float = np.inf
) -> np.ndarray:
    """The option of each row, NONE for none, so that the values add up to the most.

    value, cost: (row, option); value <= 0 or not finite: no option; cost >= 0. alike: a number for each row, the same only for
    rows of the same costs. The costs add up to at most `budget`, and at most `most` rows have an option.
    """
    value = np.where(np.isfinite(value) & (value > 0) & (cost <= budget + 1e-9), value, -np.inf)
    budget, most = _tightened(value, cost, budget, most)
    best = _best(value)
    if np.isinf(budget) or _spent(cost, best) <= budget + 1e-9:
        return _capped(value, best, most)
    found = np.full(len(value), NONE)
    rows = _contenders(value, cost, alike, budget, most)
    value, cost, alike = value[rows], cost[rows], alike[rows]
    found[rows] = _around(value, cost, alike, budget, most, *_prices(value, cost, budget, most))
    return found


def _contenders(value, cost, alike, budget: float, most: float) -> np.ndarray:
    """The rows of which some best selection is made.

    It has at most `places` rows. If it gives an option to a row that is not among the `places` best of its kind for that option,
    one of those is left out of it and can take the place at the same cost without loss.
    """
    cheapest = cost[np.isfinite(value)].min(initial=np.inf)
    places = int(min(most, budget / cheapest + 1e-9 if cheapest > 0 else np.inf, len(value)))
    kept = np.zeros(len(value), bool)
    for kind in np.unique(alike):
        rows = np.flatnonzero(alike == kind)
        for option in range(value.shape[1]):
            worth = value[rows, option]
            if len(rows) > places:
                kept[rows[np.argpartition(-worth, places)[:places]]] = True
            else:
                kept[rows] = True
    return np.flatnonzero(kept & (value.max(1) > 0))


def _tightened(value, cost, budget: float, most: float) -> tuple[float, float]:
    """A budget that whole cents can reach; where all options cost the same, a cap instead of a budget."""
    used = cost[np.isfinite(value)]
    if not len(used) or np.isinf(budget):
        return budget, most
    if used.max() == 0:
        return np.inf, most
    if used.min() == used.max():
        return np.inf, min(most, np.floor(budget / used.max() + 1e-9))
    cents = np.round(used * 100)
    if np.abs(used * 100 - cents).max() < 1e-6:
        step = int(np.gcd.reduce(np.unique(cents).astype("int64"))) / 100
        budget = np.floor(budget / step + 1e-9) * step
    return budget, most


def _best(net: np.ndarray) -> np.ndarray:
    """Each row's option of the highest net value above zero."""
    option = net.argmax(1)
    return np.where(net[np.arange(len(net)), option] > 0, option, NONE)


def _spent(cost: np.ndarray, option: np.ndarray) -> float:
    rows = np.flatnonzero(option != NONE)
    return float(cost[rows, option[rows]].sum())


def _capped(value: np.ndarray, best: np.ndarray, most: float) -> np.ndarray:
    """Without a budget the best are those of the highest values."""
    if (best != NONE).sum() <= most:
        return best
    worth = np.where(best != NONE, value.max(1), -np.inf)
    kept = np.argsort(-worth, kind="stable")[: int(most)]
    found = np.full(len(best), NONE)
    found[kept] = best[kept]
    return found


def _prices(value, cost, budget: float, most: float) -> tuple[float, float]:
    """Prices of money and of a place at which the bound is lowest, by cutting planes (Kelley 1960).  Any prices are safe."""
    limits = np.array([budget, most if np.isfinite(most) else len(value)])
    used = np.isfinite(value)
    dear = (value[used] / np.maximum(cost[used], 1e-12)).max() if used.any() else 0.0
    box = [(0.0, min(dear, value[used].max() / max(cost[used & (cost > 0)].min(), 1e-12))), (0.0, value[used].max())]
    if np.isinf(most):
        box[1] = (0.0, 0.0)
    cuts, best, prices = [], np.inf, (0.0, 0.0)
    tried = np.array([0.0, 0.0])
    for _ in range(CUTS):
        net = value - tried[0] * cost - tried[1]
        option = _best(net)
        taken = np.flatnonzero(option != NONE)
        bound = tried @ limits + net[taken, option[taken]].sum()
        slope = limits - np.array([_spent(cost, option), len(taken)])
        if bound < best:
            best, prices = bound, (float(tried[0]), float(tried[1]))
        cuts.append((*slope, -1.0, slope @ tried - bound))
        rows = np.array(cuts)
        lowest = linprog([0, 0, 1], rows[:, :3], rows[:, 3], bounds=[*box, (None, None)])
        if not lowest.success or lowest.x[2] >= best - 1e-9 * max(1.0, abs(best)):
            break
        tried = lowest.x[:2]
    return prices


def _around(value, cost, alike, budget: float, most: float, money: float, place: float) -> np.ndarray:
    """The optimum: the best options at these prices, but for the rows that may change, which the solver decides."""
    net = np.column_stack([value - money * cost - place, np.zeros(len(value))])
    best = net.argmax(1)
    bound = money * budget + (place * most if np.isfinite(most) else 0.0) + net.max(1).sum()
    groups = _changes(net, best, alike)
    sizes = [FIRST] * len(groups)
    best = np.where(best == value.shape[1], NONE, best)
    while True:
        core = np.unique(np.concatenate([rows[:size] for size, group in zip(sizes, groups) for rows, _ in group]))
        found = best.copy()
        found[core] = NONE
        left = budget - _spent(cost, found), most - (found != NONE).sum()
        if min(left) < -1e-9:
            sizes = [2 * size for size in sizes]
            continue
        near = CLOSE * bound / max(bound - _worth(value, found), 1e-12)
        found[core], is_best = _solved(value[core], cost[core], *left, near)
        if not is_best:
            return found
        beyond = bound * (1 - CLOSE) - _worth(value, found)
        needed = [sum(int(np.searchsorted(lost, beyond, side="right")) for _, lost in group) for group in groups]
        if all(count <= size for count, size in zip(needed, sizes)):
            return found
        sizes = [max(count, size) for count, size in zip(needed, sizes)]


def _changes(net: np.ndarray, best: np.ndarray, alike: np.ndarray) -> list[list[tuple[np.ndarray, np.ndarray]]]:
    """For rows alike with the same best option, and each other one: the rows by what they lose, and what the first ones lose together."""
    groups = []
    for kind in np.unique(alike):
        for option in range(net.shape[1]):
            rows = np.flatnonzero((alike == kind) & (best == option))
            group = []
            for other in range(net.shape[1]):
                loss = net[rows, option] - net[rows, other]
                possible = np.flatnonzero(np.isfinite(loss)) if other != option else []
                order = np.argsort(loss[possible], kind="stable") if len(possible) else []
                if len(order):
                    group.append((rows[possible][order], np.cumsum(loss[possible][order])))
            if group:
                groups.append(group)
    return groups


def _worth(value: np.ndarray, option: np.ndarray) -> float:
    rows = np.flatnonzero(option != NONE)
    return float(value[rows, option[rows]].sum())


def _solved(value, cost, budget: float, most: float, near: float) -> tuple[np.ndarray, bool]:
    """The optimum by scipy's mixed-integer solver (HiGHS), or a selection worth a share `near` less; and whether it is proved."""
    row, option = np.nonzero(np.isfinite(value))
    found = np.full(len(value), NONE)
    if not len(row):
        return found, True
    worth, price, count = value[row, option], cost[row, option], len(row)
    once = coo_array((np.ones(count), (row, np.arange(count))), shape=(len(value), count)).tocsr()
    limits = [
        LinearConstraint(once, ub=1),
        LinearConstraint(price[None] * 100, ub=budget * 100),
    ]  # whole cents are exact
    if np.isfinite(most):
        limits.append(LinearConstraint(np.ones((1, count)), ub=most))
    for nodes, gap in ((NODES, near), (MORE_NODES, max(near, FAR / 2))):
        answer = milp(
            -worth / worth.max(),
            integrality=np.ones(count),
            bounds=Bounds(0, 1),
            constraints=limits,
            options={"mip_rel_gap": gap, "node_limit": nodes, "presolve": False},
        )
        if answer.status == 0 or (answer.x is not None and answer.mip_gap <= FAR):
            break
    if answer.x is not None:
        taken = answer.x > 0.5
        found[row[taken]] = option[taken]
    is_within = _spent(cost, found) <= budget + 1e-6
    while _spent(cost, found) > budget + 1e-6:  # the solver's tolerance on a large budget
        rows = np.flatnonzero(found != NONE)
        found[rows[value[rows, found[rows]].argmin()]] = NONE
    return found, is_within and answer.status == 0
