"""Times to an event when some have not happened yet: Kaplan and Meier's estimate (1958), its band, and the log-rank test."""

import numpy as np
from scipy.stats import chi2

from crm_analytics.stats.intervals import Z


def kaplan_meier(durations, observed, weights=None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(times, share still waiting after each, Greenwood's variance of its logarithm), one entry per different event time.

    `observed` is False for a case that was still open after its duration (censored); at equal times events come first, also at
    time 0. `weights`: how many cases each entry stands for; without them one. Entries of no case are as if absent.
    """
    times, events, at_risk = _table(durations, observed, weights)
    survival = np.cumprod(1 - events / at_risk)
    with np.errstate(divide="ignore"):
        variance = np.cumsum(events / (at_risk * (at_risk - events)))
    return times, survival, variance


def quantile(durations, observed, share: float = 0.5, weights=None) -> tuple[float | None, float | None, float | None]:
    """(value, low, high): the time by which `share` of the cases have had their event, with a 95 % interval.

    None where the estimate never gets that far. The interval inverts the log-log bands (Brookmeyer and Crowley 1982).
    """
    times, survival, variance = kaplan_meier(durations, observed, weights)
    left = 1 - share
    low, high = log_log_band(survival, variance)
    return _first(times, survival, left), _first(times, low, left), _first(times, high, left)


def log_log_band(survival: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pointwise 95 % band of the survival curve, between 0 and 1; unknown (NaN) once nobody is waiting any more."""
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = Z * np.sqrt(variance) / np.abs(np.log(survival))
        low, high = survival ** np.exp(spread), survival ** np.exp(-spread)
    over = survival <= 0
    return np.where(over, np.nan, low), np.where(over, np.nan, high)


def log_rank(groups) -> float | None:
    """How likely curves at least as different are if all groups come back alike (Mantel 1966, Peto 1972).

    `groups`: (durations, observed, weights) of each. None for fewer than two groups with a case, or without any event.
    """
    groups = [group for group in groups if np.sum(group[2]) > 0]
    times = np.unique(np.concatenate([_table(*group)[0] for group in groups])) if groups else np.array([])
    if len(groups) < 2 or not len(times):
        return None
    events, at_risk = (np.array(each) for each in zip(*(_counts_at(times, *group) for group in groups)))
    whole, waiting = events.sum(axis=0), at_risk.sum(axis=0)
    share = at_risk / waiting
    spread = np.where(waiting > 1, whole * (waiting - whole) / np.maximum(waiting - 1, 1), 0)
    surplus = (events - share * whole).sum(axis=1)[:-1]
    variance = (np.eye(len(groups))[:, :, None] * share - share[:, None] * share[None, :]) @ spread
    statistic = surplus @ np.linalg.pinv(variance[:-1, :-1]) @ surplus
    return float(chi2.sf(statistic, len(groups) - 1))


def at_risk_at(times, durations, weights) -> np.ndarray:
    """How many cases were still under observation, without an event yet, just before each time."""
    durations, weights = np.asarray(durations, dtype=float), np.asarray(weights, dtype=float)
    order = np.argsort(durations, kind="stable")
    gone = np.concatenate([[0.0], np.cumsum(weights[order])])
    return gone[-1] - gone[np.searchsorted(durations[order], times, side="left")]


def _table(durations, observed, weights=None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Different event times, events at each, cases at risk just before each."""
    durations, observed = np.asarray(durations, dtype=float), np.asarray(observed, dtype=bool)
    weights = np.ones(len(durations)) if weights is None else np.asarray(weights, dtype=float)
    durations, observed, weights = (each[weights > 0] for each in (durations, observed, weights))
    times, places = np.unique(durations[observed], return_inverse=True)
    events = np.bincount(places, weights[observed], len(times))
    return times, events, at_risk_at(times, durations, weights)


def _counts_at(times, durations, observed, weights) -> tuple[np.ndarray, np.ndarray]:
    """Events of one group at each of the times of all groups, and its cases at risk then."""
    own, events, _ = _table(durations, observed, weights)
    spread_out = np.zeros(len(times))
    spread_out[np.searchsorted(times, own)] = events
    return spread_out, at_risk_at(times, durations, weights)


def _first(times: np.ndarray, curve: np.ndarray, left: float) -> float | None:
    """The first time at which the curve is at or below `left`; rounding errors of a product do not move it."""
    reached = np.nonzero(curve <= left + 1e-12)[0]
    return float(times[reached[0]]) if len(reached) else None
