"""Forecasts of a monthly series: the same month a year before, and two methods that must prove themselves against it.

Every method is a function (series, horizon) -> the next months, and multiplies with its series: twice the sales, twice the forecast.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

SEASON = 12
RECENT = 6  # months whose level is held against the same months a year before
ALPHAS = np.linspace(0.05, 0.95, 10)
SHARES = np.linspace(0.02, 0.5, 5)  # how fast the trend follows, as a part of how fast the level does
DAMPING = np.array([0.8, 0.9, 0.95, 0.98])
_ALPHA, _SHARE, _PHI = (grid.ravel() for grid in np.meshgrid(ALPHAS, SHARES, DAMPING, indexing="ij"))


@dataclass(frozen=True)
class Model:
    """A way to continue a series; `needs` is how many months it must have seen."""

    name: str
    needs: int
    forecast: Callable[[np.ndarray, int], np.ndarray]


def seasonal_naive(series: np.ndarray, horizon: int) -> np.ndarray:
    """The same month a year before; unknown (NaN) where the series does not reach back."""
    places = len(series) + np.arange(horizon) % SEASON - SEASON
    return np.where(places >= 0, series[np.maximum(places, 0)], np.nan)


def seasonal_growth(series: np.ndarray, horizon: int) -> np.ndarray:
    """The same month a year before, times how far the last six months stand above theirs (plus, where that is no ratio)."""
    now, then = series[-RECENT:].sum(), series[-RECENT - SEASON : -SEASON].sum()
    years = 1 + np.arange(horizon) // SEASON
    before = seasonal_naive(series, horizon)
    return before * (now / then) ** years if now > 0 and then > 0 else before + years * (now - then) / RECENT


def damped_season(series: np.ndarray, horizon: int) -> np.ndarray:
    """The series without its season continued by a trend that flattens, and the season put back."""
    season, is_ratio = seasons(series)
    seen, coming = np.resize(season, len(series)), season[(len(series) + np.arange(horizon)) % SEASON]
    bare = damped_trend(series / seen if is_ratio else series - seen, horizon)
    return bare * coming if is_ratio else bare + coming


def damped_trend(series: np.ndarray, horizon: int) -> np.ndarray:
    """Exponential smoothing with a trend that flattens (Gardner and McKenzie 1985).

    Of a grid of smoothing weights, those with the smallest squared errors one month ahead; the start is a line through the first
    year.
    """
    slope, start = np.polyfit(np.arange(1, SEASON + 1), series[:SEASON], 1)
    level, trend, squares = (np.full(len(_ALPHA), value) for value in (start, slope, 0.0))
    for value in series:
        expected = level + _PHI * trend
        error = value - expected
        squares += error**2
        level, trend = expected + _ALPHA * error, _PHI * trend + _ALPHA * _SHARE * error
    best = squares.argmin()
    return level[best] + trend[best] * np.cumsum(_PHI[best] ** np.arange(1, horizon + 1))


def seasons(series: np.ndarray) -> tuple[np.ndarray, bool]:
    """(how far each of the twelve months, beginning with the first of the series, lies off the year around it, whether as a ratio).

    Classical decomposition: centred averages over twelve months. Ratios where every month is positive, else differences.
    """
    weights = np.array([0.5, *np.ones(SEASON - 1), 0.5]) / SEASON
    year = np.convolve(series, weights, "valid")
    middle = series[SEASON // 2 : -(SEASON // 2)]
    is_ratio = bool((series > 0).all())
    off = middle / year if is_ratio else middle - year
    month = (np.arange(len(off)) + SEASON // 2) % SEASON
    season = np.array([np.median(off[month == place]) for place in range(SEASON)])
    return (season / season.mean(), True) if is_ratio else (season - season.mean(), False)


BASELINE = Model("seasonal_naive", SEASON, seasonal_naive)
CHALLENGERS = (
    Model("seasonal_growth", SEASON + RECENT, seasonal_growth),
    Model("damped_season", 2 * SEASON, damped_season),
)
MODELS = (BASELINE, *CHALLENGERS)
