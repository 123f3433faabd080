"""Buy till you die: how often a customer comes back, whether he still does, and what an order of his is worth.

BG/NBD: Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24(2).
Gamma-Gamma: Fader and Hardie (2013), The Gamma-Gamma Model of Monetary Value, brucehardie.com/notes/025.

A history is (x, t_x, T): purchase occasions after the first, time of the last of them and time observed, both counted
from the first, in any one unit of time (METRICS: weeks).  A purchase never repeated has x = 0 and t_x = 0.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, digamma, expit, gammaln, hyp2f1

from crm_analytics.stats.intervals import Z

STEP = 1e-4  # of the numeric derivative of the gradient, on the log scale
NEAR_ONE = 1e-6  # a = 1 divides 0 by 0 in eq. (10): its neighbour stands for the limit
SHAPE, SCALE = (
    (-7, 7),
    (-12, 20),
)  # bounds of the logarithms: a shape that arrives there leaves customers no difference to speak of
AT_BOUND = 0.01
SAMPLE = 20_000  # rows on which the search begins where there are many more
LEVEL = 1e-4  # slope per customer at which a hill counts as climbed


@dataclass(frozen=True)
class Fit:
    """Parameters of greatest likelihood, in the order of the model, and the covariance of their logarithms.

    `is_certain`: the top was reached, and from it the likelihood falls in every direction; but for parameters that ran to their
    bound, beyond which the model expects the same of everybody (customers who are all alike have shapes without limit).
    """

    values: dict[str, float]
    log_likelihood: float
    n: int
    covariance: np.ndarray
    is_certain: bool

    def intervals(self) -> dict[str, tuple[float, float] | tuple[None, None]]:
        """95 % interval of each parameter (Wald, on the log scale); (None, None) where the data say nothing about it."""
        with np.errstate(over="ignore"):
            factors = np.exp(Z * np.sqrt(np.diag(self.covariance))).tolist()
        return {
            name: (value / factor, value * factor) if np.isfinite(factor) else (None, None)
            for (name, value), factor in zip(self.values.items(), factors)
        }


@dataclass(frozen=True)
class Histories:
    """Histories as the likelihood reads them: what hangs on x alone, on T alone and on all three, each without repetition.

    counts, of_count: values of x and how many customers have each; ends, of_end, bought_by_end: values of T, customers and sum
    of x of each; lasts: values of t_x.  x and weights: histories with x > 0, whose places among counts, lasts and ends follow.
    """

    counts: np.ndarray
    of_count: np.ndarray
    ends: np.ndarray
    of_end: np.ndarray
    bought_by_end: np.ndarray
    lasts: np.ndarray
    x: np.ndarray
    weights: np.ndarray
    at_count: np.ndarray
    at_last: np.ndarray
    at_end: np.ndarray

    @classmethod
    def of(cls, x, t_x, T, weights=None) -> "Histories":
        """Histories one by one, or each with how often it occurs."""
        x, t_x, T = (np.asarray(each, dtype=float) for each in (x, t_x, T))
        weights = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
        counts, at_count = np.unique(x, return_inverse=True)
        ends, at_end = np.unique(T, return_inverse=True)
        lasts, at_last = np.unique(t_x, return_inverse=True)
        key = (at_count * len(lasts) + at_last) * len(ends) + at_end
        _, first, place = np.unique(key, return_index=True, return_inverse=True)
        weight = np.bincount(place, weights)
        is_repeat = x[first] > 0
        kept = first[is_repeat]
        return cls(
            counts, np.bincount(at_count, weights), ends, np.bincount(at_end, weights), np.bincount(at_end, weights * x), lasts,
            x[kept], weight[is_repeat], at_count[kept], at_last[kept], at_end[kept],
        )  # fmt: skip

    @property
    def n(self) -> int:
        return int(round(self.of_count.sum()))


@dataclass(frozen=True)
class Spends:
    """Mean spends as the likelihood reads them: counts and of_count as in `Histories`; `total`: what each spent on x occasions."""

    counts: np.ndarray
    of_count: np.ndarray
    x: np.ndarray
    total: np.ndarray
    fixed: float  # part of the likelihood without a parameter
    of_p: float  # that with p alone

    @classmethod
    def of(cls, x, spend) -> "Spends":
        """The mean `spend` > 0 of x >= 1 occasions of each customer."""
        x, spend = np.asarray(x, dtype=float), np.asarray(spend, dtype=float)
        counts, of_count = np.unique(x, return_counts=True)
        return cls(counts, of_count, x, x * spend, -np.log(spend).sum(), _dot(x, np.log(x * spend)))

    @property
    def n(self) -> int:
        return len(self.x)


def bg_nbd(x, t_x, T, weights=None) -> Fit:
    """The BG/NBD fitted to histories: r, alpha (rates lambda ~ Gamma), a, b (chances to be lost p ~ Beta)."""
    columns = [each if each is None else np.asarray(each, dtype=float) for each in (x, t_x, T, weights)]
    typical = max(np.average(columns[2], weights=columns[3]), 1e-9)
    starts = np.log([[1.0, typical, 1.0, 3.0], [0.3, typical / 8, 0.5, 6.0]])
    whole, part = (Histories.of(*each) for each in (columns, _thinned(columns)))
    return _fitted(("r", "alpha", "a", "b"), starts, bg_nbd_likelihood, whole, part)


def gamma_gamma(x, spend) -> Fit:
    """The Gamma-Gamma fitted to the mean `spend` > 0 of x >= 1 occasions of each customer: p, q, gamma."""
    columns = [np.asarray(each, dtype=float) for each in (x, spend)]
    typical = max(columns[1].mean(), 1e-9)
    starts = np.log([[2.0, 3.0, typical], [6.0, 2.0, typical / 6]])
    whole, part = (Spends.of(*each) for each in (columns, _thinned(columns)))
    return _fitted(("p", "q", "gamma"), starts, gamma_gamma_likelihood, whole, part)


def _thinned(columns: list) -> list:
    """Every so manieth row, so that about SAMPLE are left."""
    step = max(1, len(columns[0]) // SAMPLE)
    return [each if each is None else each[::step] for each in columns]


def bg_nbd_likelihood(logs, of: Histories) -> tuple[float, np.ndarray]:
    """Log-likelihood of histories, eq. (6), and its gradient by the logarithms of r, alpha, a, b.

    L = A1 A2 (A3 + A4): A1 and A2 hang on x alone, A3 = (alpha + T)^-(r + x), A4 = 0 for x = 0; A3 + A4 = A3 (1 + A4 / A3).
    """
    r, alpha, a, b = np.exp(logs)
    counts, log_end, log_last = of.counts, np.log(alpha + of.ends), np.log(alpha + of.lasts)
    before = b + np.maximum(counts, 1) - 1
    longer = log_end[of.at_end] - log_last[of.at_last]
    log_gone = np.log(a / before)[of.at_count] + (r + of.x) * longer  # A4 / A3
    small = np.exp(-np.abs(log_gone))  # one exponential serves both the logarithm of 1 + A4 / A3 and its slope
    gone = of.weights * np.where(log_gone > 0, 1.0, small) / (1 + small)  # A4 / (A3 + A4)
    events = r * of.of_end + of.bought_by_end
    total = _dot(
        of.of_count, gammaln(r + counts) - gammaln(r) + r * np.log(alpha) + betaln(a, b + counts) - betaln(a, b)
    )
    total += _dot(of.weights, np.maximum(log_gone, 0) + np.log1p(small)) - _dot(events, log_end)

    both = digamma(a + b) - digamma(a + b + counts)
    shorter = (1 / (alpha + of.ends))[of.at_end] - (1 / (alpha + of.lasts))[of.at_last]
    by_r = _dot(of.of_count, digamma(r + counts) - digamma(r) + np.log(alpha))
    by_r += _dot(gone, longer) - _dot(of.of_end, log_end)
    by_alpha = of.n * r / alpha + _dot(gone, (r + of.x) * shorter) - _dot(events, 1 / (alpha + of.ends))
    by_a = _dot(of.of_count, both) + gone.sum() / a
    by_b = _dot(of.of_count, both + digamma(b + counts) - digamma(b))
    by_b -= _dot(np.bincount(of.at_count, gone, len(counts)), 1 / before)
    return total, np.array([by_r, by_alpha, by_a, by_b]) * np.exp(logs)


def gamma_gamma_likelihood(logs, of: Spends) -> tuple[float, np.ndarray]:
    """Log-likelihood of mean spends, eq. (1a), and its gradient by the logarithms of p, q, gamma."""
    p, q, gamma = np.exp(logs)
    counts, log_scale = of.counts, np.log(gamma + of.total)
    scales, x_scales = log_scale.sum(), _dot(of.x, log_scale)
    total = of.fixed + p * of.of_p - _dot(of.of_count, betaln(p * counts, q))
    total += of.n * q * np.log(gamma) - p * x_scales - q * scales
    every = digamma(p * counts + q)
    by_p = _dot(of.of_count, counts * (every - digamma(p * counts))) + of.of_p - x_scales
    by_q = _dot(of.of_count, every - digamma(q)) + of.n * np.log(gamma) - scales
    shares = 1 / (gamma + of.total)
    by_gamma = of.n * q / gamma - p * _dot(of.x, shares) - q * shares.sum()
    return total, np.array([by_p, by_q, by_gamma]) * np.exp(logs)


def _dot(a: np.ndarray, b: np.ndarray) -> float:
    """The sum of products without BLAS: on a busy machine its threads wait for each other longer than the sum takes."""
    return np.einsum("i,i->", a, b)


def probability_alive(r, alpha, a, b, x, t_x, T) -> np.ndarray:
    """Chance that a customer has not been lost; 1 for x = 0, since only a repeat order can be the last (Fader, Hardie 2008)."""
    x, t_x, T = (np.asarray(each, dtype=float) for each in (x, t_x, T))
    with np.errstate(divide="ignore"):
        log_odds = np.log(a) - np.log(b + np.maximum(x, 1) - 1)
    log_gone = log_odds + (r + x) * (np.log(alpha + T) - np.log(alpha + t_x))
    return np.where(x > 0, expit(-log_gone), 1.0)


def expected_orders(r, alpha, a, b, weeks, x, t_x, T) -> np.ndarray:
    """Occasions expected in the next `weeks` of a customer with this history, eq. (10)."""
    return expected_if_alive(r, alpha, a, b, weeks, x, T) * probability_alive(r, alpha, a, b, x, t_x, T)


def expected_if_alive(r, alpha, a, b, weeks, x, T) -> np.ndarray:
    """Occasions expected in the next `weeks` of a customer who has not been lost; his last order then says nothing more.

    Euler's transformation of the hypergeometric function: neither factor overflows for a customer with many orders.
    """
    x, T = (np.asarray(each, dtype=float) for each in (x, T))
    a = a if abs(a - 1) > NEAR_ONE else 1 + NEAR_ONE
    z = weeks / (alpha + T + weeks)
    kept = (1 - z) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, a + b + x - 1, z)
    return (a + b + x - 1) / (a - 1) * (1 - kept)


def expected_spend(p, q, gamma, x, spend) -> np.ndarray:
    """Mean value of a customer's orders to come, eq. (5): what he has spent, drawn towards the mean of all where x is small."""
    x, spend = np.asarray(x, dtype=float), np.asarray(spend, dtype=float)
    return p * (gamma + x * np.where(x > 0, spend, 0.0)) / (p * x + q - 1)


def _fitted(names: tuple[str, ...], starts: np.ndarray, likelihood: Callable, whole, part) -> Fit:
    """The parameters of greatest likelihood.  Their covariance is the inverse of the negative Hessian at the top.

    The search climbs `part` of the rows from each start, then the whole from the best of what it found.
    """
    bounds = _bounds(names)
    best = min((_climbed(start, likelihood, part, bounds) for start in starts), key=lambda found: found.fun)
    if part.n < whole.n:
        best = _climbed(best.x, likelihood, whole, bounds)
    low, high = np.transpose(bounds)
    is_free = (best.x > low + AT_BOUND) & (best.x < high - AT_BOUND)
    covariance, falls = _covariance(lambda logs: likelihood(logs, whole)[1], best.x, is_free)
    has_climbed = bool(np.isfinite(best.fun) and np.abs(best.jac[is_free]).max(initial=0) < LEVEL)
    values = dict(zip(names, np.exp(best.x).tolist()))
    return Fit(values, float(-best.fun * whole.n), whole.n, covariance, has_climbed and falls)


def _bounds(names: tuple[str, ...]) -> list[tuple[float, float]]:
    return [SCALE if name in ("alpha", "gamma") else SHAPE for name in names]


def _climbed(start: np.ndarray, likelihood: Callable, rows, bounds):
    def loss(logs):
        value, slopes = likelihood(logs, rows)
        return -value / rows.n, -slopes / rows.n

    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-14, "gtol": 1e-9})


def _covariance(slope: Callable, top: np.ndarray, is_free: np.ndarray) -> tuple[np.ndarray, bool]:
    """Inverse of the negative Hessian at the top, and whether the likelihood falls in each direction that is free.

    Infinite variances where it is flat in any.
    """
    steps = STEP * np.eye(len(top))
    hessian = np.array([slope(top + step) - slope(top - step) for step in steps]) / (2 * STEP)
    information = -(hessian + hessian.T) / 2
    if _is_positive(information):
        return np.linalg.inv(information), True
    return np.diag(np.full(len(top), np.inf)), _is_positive(information[np.ix_(is_free, is_free)])


def _is_positive(matrix: np.ndarray) -> bool:
    return bool(np.isfinite(matrix).all() and (not len(matrix) or np.linalg.eigvalsh(matrix).min() > 1e-8))
