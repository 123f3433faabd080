"""Times to an event when some have not happened yet: Kaplan and Meier's estimate (1958)."""

import numpy as np

from crm_analytics.stats.intervals import Z


def kaplan_meier(durations, observed) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(times, share still waiting after each, Greenwood's variance of its logarithm), one entry per different event time.

    `observed` is False for a case that was still open after its duration (censored); at equal times events come first.
    """
    durations, observed = np.asarray(durations, dtype=float), np.asarray(observed, dtype=bool)
    times, events = np.unique(durations[observed], return_counts=True)
    at_risk = len(durations) - np.searchsorted(np.sort(durations), times, side="left")
    survival = np.cumprod(1 - events / at_risk)
    with np.errstate(divide="ignore"):
        variance = np.cumsum(events / (at_risk * (at_risk - events)))
    return times, survival, variance


def quantile(durations, observed, share: float = 0.5) -> tuple[float | None, float | None, float | None]:
    """(value, low, high): the time by which `share` of the cases have had their event, with a 95 % interval.

    None where the estimate never gets that far. The interval inverts the log-log bands (Brookmeyer and Crowley 1982).
    """
    times, survival, variance = kaplan_meier(durations, observed)
    left = 1 - share
    low, high = _log_log_band(survival, variance)
    return _first(times, survival, left), _first(times, low, left), _first(times, high, left)


def _log_log_band(survival: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pointwise 95 % band of the survival curve, between 0 and 1; unknown (NaN) once nobody is waiting any more."""
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = Z * np.sqrt(variance) / np.abs(np.log(survival))
        low, high = survival ** np.exp(spread), survival ** np.exp(-spread)
    over = survival <= 0
    return np.where(over, np.nan, low), np.where(over, np.nan, high)


def _first(times: np.ndarray, curve: np.ndarray, left: float) -> float | None:
    """The first time at which the curve is at or below `left`; rounding errors of a product do not move it."""
    reached = np.nonzero(curve <= left + 1e-12)[0]
    return float(times[reached[0]]) if len(reached) else None
