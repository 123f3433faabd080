"""How far a ranking hangs on the weights of its parts: the same customers ranked by other weights."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import kendalltau, rankdata

SEED = 20261127
DRAWS = 200
FIRM = 30  # concentration of the drawn weights: a third of the whole then varies by about a quarter of itself
SHIFT = 0.25


@dataclass(frozen=True)
class Agreement:
    """Two rankings of the same customers: Spearman's and Kendall's (tau-b) correlation, what of the first's top the second keeps."""

    spearman: float
    kendall: float
    kept: float


def shifted(places: np.ndarray, weights: np.ndarray, top: float) -> list[tuple[int, float, Agreement]]:
    """(column, factor, agreement) for each weight a quarter lower and higher, the others as they are."""
    base = places @ weights
    found = []
    for column in range(len(weights)):
        for factor in (1 - SHIFT, 1 + SHIFT):
            other = weights.copy()
            other[column] *= factor
            found.append((column, factor, agreement(base, places @ other, top)))
    return found


def drawn(places: np.ndarray, weights: np.ndarray, top: float) -> list[Agreement]:
    """All weights drawn anew around their shares (Dirichlet), again and again; the same data give the same draws."""
    base, shares = places @ weights, weights / weights.sum()
    rng = np.random.default_rng(SEED)
    return [agreement(base, places @ other, top, ranks=False) for other in rng.dirichlet(FIRM * shares, DRAWS)]


def agreement(one: np.ndarray, other: np.ndarray, top: float, ranks: bool = True) -> Agreement:
    """How alike two scores rank.  All equal: nothing to agree on, NaN.  `ranks` False spares Kendall's."""
    first, second = rankdata(one), rankdata(other)
    is_flat = np.ptp(first) == 0 or np.ptp(second) == 0
    spearman = float("nan") if is_flat else float(np.corrcoef(first, second)[0, 1])
    kendall = float(kendalltau(one, other).statistic) if ranks and not is_flat else float("nan")
    return Agreement(spearman, kendall, kept(one, other, top))


def kept(one: np.ndarray, other: np.ndarray, top: float) -> float:
    """Of the first `top` by one score (with those equal to the last of them) the share among the first by the other, likewise."""
    if not len(one):
        return float("nan")
    ours, theirs = _first(one, top), _first(other, top)
    return float((ours & theirs).sum() / ours.sum())


def _first(score: np.ndarray, top: float) -> np.ndarray:
    """Those at or above the score of the last one of the top; sums of weights in another order may differ in the last digits."""
    place = max(1, int(top * len(score) + 0.5))
    border = np.partition(score, len(score) - place)[len(score) - place]
    return score >= border - 1e-12 * max(1.0, abs(border))
