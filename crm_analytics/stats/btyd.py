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


@dataclass(frozen=True)
class Fit:
    """Parameters of greatest likelihood, in the order of the model, and the covariance of their logarithms."""

    values: dict[str, float]
    log_likelihood: float
    n: int
    covariance: np.ndarray

    def intervals(self) -> dict[str, tuple[float, float] | tuple[None, None]]:
        """95 % interval of each parameter (Wald, on the log scale); (None, None) where the data say nothing about it."""
        factors = np.exp(Z * np.sqrt(np.diag(self.covariance))).tolist()
        return {
            name: (value / factor, value * factor) if np.isfinite(factor) else (None, None)
            for (name, value), factor in zip(self.values.items(), factors)
        }


def bg_nbd(x, t_x, T) -> Fit:
    """The BG/NBD fitted to histories: r, alpha (rates lambda ~ Gamma), a, b (chances to be lost p ~ Beta)."""
    histories = _grouped(x, t_x, T)
    typical = np.average(histories[2], weights=histories[3])
    start = np.log([1.0, max(typical, 1e-9), 1.0, 3.0])
    return _fitted(("r", "alpha", "a", "b"), start, lambda logs: bg_nbd_likelihood(logs, *histories), histories[3])


def gamma_gamma(x, spend) -> Fit:
    """The Gamma-Gamma fitted to the mean `spend` > 0 of x >= 1 occasions of each customer: p, q, gamma."""
    x, spend = np.asarray(x, dtype=float), np.asarray(spend, dtype=float)
    start = np.log([2.0, 3.0, max(spend.mean(), 1e-9)])
    return _fitted(("p", "q", "gamma"), start, lambda logs: gamma_gamma_likelihood(logs, x, spend), np.ones(len(x)))


def bg_nbd_likelihood(logs, x, t_x, T, weights) -> tuple[float, np.ndarray]:
    """Log-likelihood of histories, eq. (6), and its gradient by the logarithms of r, alpha, a, b.

    L = A1 A2 (A3 + A4): A4 = 0 for x = 0.  Histories that occur more than once carry a weight.
    """
    r, alpha, a, b = np.exp(logs)
    counts, place = np.unique(x, return_inverse=True)
    log_a1 = (gammaln(r + counts) - gammaln(r) + r * np.log(alpha))[place]
    log_a2 = (betaln(a, b + counts) - betaln(a, b))[place]
    log_alive, log_gone = -(r + x) * np.log(alpha + T), _log_gone(r, alpha, a, b, x, t_x)
    total = weights @ (log_a1 + log_a2 + np.logaddexp(log_alive, log_gone))

    gone = np.where(x > 0, expit(log_gone - log_alive), 0.0)  # A4 / (A3 + A4)
    both = digamma(a + b) - digamma(a + b + counts)
    by_r = (digamma(r + counts) - digamma(r) + np.log(alpha))[place]
    by_r = by_r - (1 - gone) * np.log(alpha + T) - gone * np.log(alpha + t_x)
    by_alpha = r / alpha - (r + x) * ((1 - gone) / (alpha + T) + gone / (alpha + t_x))
    by_a = both[place] + gone / a
    by_b = (both + digamma(b + counts) - digamma(b))[place] - gone / (b + np.maximum(x, 1) - 1)
    slopes = np.array([weights @ slope for slope in (by_r, by_alpha, by_a, by_b)])
    return total, slopes * np.exp(logs)


def _log_gone(r, alpha, a, b, x, t_x) -> np.ndarray:
    """Logarithm of A4, the part of a history's likelihood in which its last occasion was the last for good."""
    with np.errstate(divide="ignore"):
        log_odds = np.log(a) - np.log(b + np.maximum(x, 1) - 1)
    return np.where(x > 0, log_odds - (r + x) * np.log(alpha + t_x), -np.inf)


def gamma_gamma_likelihood(logs, x, spend) -> tuple[float, np.ndarray]:
    """Log-likelihood of mean spends, eq. (1a), and its gradient by the logarithms of p, q, gamma."""
    p, q, gamma = np.exp(logs)
    log_scale = np.log(gamma + x * spend)
    parts = (
        -betaln(p * x, q) - np.log(spend) + q * (np.log(gamma) - log_scale) + p * x * (np.log(x * spend) - log_scale)
    )
    every = digamma(p * x + q)
    by_p = x * (every - digamma(p * x) + np.log(x * spend) - log_scale)
    by_q = every - digamma(q) + np.log(gamma) - log_scale
    by_gamma = q / gamma - (p * x + q) / (gamma + x * spend)
    return parts.sum(), np.array([by_p.sum(), by_q.sum(), by_gamma.sum()]) * np.exp(logs)


def probability_alive(r, alpha, a, b, x, t_x, T) -> np.ndarray:
    """Chance that a customer has not been lost; 1 for x = 0, since only a repeat order can be the last (Fader, Hardie 2008)."""
    x, t_x, T = (np.asarray(each, dtype=float) for each in (x, t_x, T))
    return expit(-(r + x) * np.log(alpha + T) - _log_gone(r, alpha, a, b, x, t_x))


def expected_orders(r, alpha, a, b, weeks, x, t_x, T) -> np.ndarray:
    """Occasions expected in the next `weeks` of a customer with this history, eq. (10).

    Euler's transformation of its hypergeometric function: neither factor overflows for a customer with many orders.
    """
    x, t_x, T = (np.asarray(each, dtype=float) for each in (x, t_x, T))
    a = a if abs(a - 1) > NEAR_ONE else 1 + NEAR_ONE
    z = weeks / (alpha + T + weeks)
    kept = (1 - z) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, a + b + x - 1, z)
    return (a + b + x - 1) / (a - 1) * (1 - kept) * probability_alive(r, alpha, a, b, x, t_x, T)


def expected_spend(p, q, gamma, x, spend) -> np.ndarray:
    """Mean value of a customer's orders to come, eq. (5): what he has spent, drawn towards the mean of all where x is small."""
    x, spend = np.asarray(x, dtype=float), np.asarray(spend, dtype=float)
    return p * (gamma + x * np.where(x > 0, spend, 0.0)) / (p * x + q - 1)


def _grouped(x, t_x, T) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Histories without repetition, and how often each occurs."""
    columns = [np.asarray(each, dtype=float) for each in (x, t_x, T)]
    order = np.lexsort(columns)
    columns = [column[order] for column in columns]
    is_new = np.ones(len(order), bool)
    is_new[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    first = np.flatnonzero(is_new)
    weights = np.diff(np.append(first, len(order)))
    return *(column[first] for column in columns), weights.astype(float)


def _fitted(names: tuple[str, ...], start: np.ndarray, likelihood: Callable, weights: np.ndarray) -> Fit:
    """The parameters of greatest likelihood.  Their covariance is the inverse of the negative Hessian at the top."""
    n = int(weights.sum())

    def loss(logs):
        value, slopes = likelihood(logs)
        return -value / n, -slopes / n

    best = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=[(-12, 16)] * len(start), options={"ftol": 1e-14, "gtol": 1e-9}
    )
    steps = STEP * np.eye(len(start))
    hessian = np.array([(likelihood(best.x + step)[1] - likelihood(best.x - step)[1]) / (2 * STEP) for step in steps])
    return Fit(dict(zip(names, np.exp(best.x).tolist())), float(-best.fun * n), n, _inverse(-(hessian + hessian.T) / 2))


def _inverse(information: np.ndarray) -> np.ndarray:
    """The covariance, or infinite variances where the likelihood is flat in some direction."""
    if np.all(np.isfinite(information)) and np.linalg.eigvalsh(information).min() > 1e-8:
        return np.linalg.inv(information)
    return np.diag(np.full(len(information), np.inf))
