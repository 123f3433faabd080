"""A forecast replayed on the past: at the end of each month, what would it have said, how far off was it, is another one better?"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from crm_analytics.stats.forecast import BASELINE, CHALLENGERS, Model

LONGEST = 12  # months ahead
LEAST_ORIGINS = 12  # fewer, and not every season has been forecast once
LEAST_ERRORS = 6  # fewer, and nothing is said of the spread
MARGIN = 0.05  # a method that is better by less is not worth another explanation
CHANCE = 0.10  # of being taken by luck, all challengers together


def replay(model: Model, series: np.ndarray) -> np.ndarray:
    """What the model said at each month's end: row t, column h - 1 = the h-th month after the first t, known by those alone.

    NaN where it had not seen enough. The baseline knows the months whose year before is there.
    """
    least = 1 if model is BASELINE else model.needs
    said = np.full((len(series), LONGEST), np.nan)
    for origin in range(least, len(series)):
        said[origin] = model.forecast(series[:origin], LONGEST)
    return said


def happened(series: np.ndarray) -> np.ndarray:
    """What came, in the places of `replay`; NaN where it has not come yet."""
    places = np.arange(len(series))[:, None] + np.arange(LONGEST)
    return np.where(places < len(series), series[np.minimum(places, len(series) - 1)], np.nan)


@dataclass(frozen=True)
class Verdict:
    """How a challenger did beside the baseline, at the origins from which all the months judged are known.

    `ratio`: its mean absolute error over the baseline's; `p`: the chance of so clear a lead if there were none.
    `outcome`: "better", "not_better" (worse or within the margin), "unclear" (better, but it may be luck), "too_few" (origins).
    """

    model: Model
    origins: int
    ratio: float
    p: float
    outcome: str


def judge(series: np.ndarray, said: dict[str, np.ndarray], horizon: int) -> list[Verdict]:
    """Every challenger against the baseline over the months shown.  `said`: the replay of each model by its name."""
    came, baseline = happened(series)[:, :horizon], said[BASELINE.name][:, :horizon]
    losses = [_losses(came, said[model.name][:, :horizon], baseline) for model in CHALLENGERS]
    tried = sum(len(each[0]) >= LEAST_ORIGINS for each in losses)
    return [_verdict(model, *each, tried) for model, each in zip(CHALLENGERS, losses, strict=True)]


def chosen(verdicts: list[Verdict]) -> Model:
    """The model in use: of the challengers that beat the baseline the one with the smallest error, else the baseline."""
    better = [verdict for verdict in verdicts if verdict.outcome == "better"]
    return min(better, key=lambda verdict: verdict.ratio).model if better else BASELINE


def _losses(came, said, baseline) -> tuple[np.ndarray, np.ndarray]:
    """Mean absolute errors, model and baseline, of each origin from which every month is known."""
    off, off_baseline = (np.abs(came - each).mean(axis=1) for each in (said, baseline))
    both = ~np.isnan(off) & ~np.isnan(off_baseline)
    return off[both], off_baseline[both]


def _verdict(model: Model, off: np.ndarray, off_baseline: np.ndarray, tried: int) -> Verdict:
    origins = len(off)
    if not origins:
        return Verdict(model, 0, np.nan, np.nan, "too_few")
    ratio = off.mean() / off_baseline.mean() if off_baseline.any() else (np.inf if off.any() else 1.0)
    if origins < LEAST_ORIGINS:
        return Verdict(model, origins, ratio, np.nan, "too_few")
    p = chance_of_lead(off_baseline - off)
    outcome = "not_better" if not ratio <= 1 - MARGIN else "better" if p <= CHANCE / tried else "unclear"
    return Verdict(model, origins, ratio, p, outcome)


def chance_of_lead(leads: np.ndarray) -> float:
    """One-sided p of a mean lead above zero (Diebold and Mariano 1995) where leads of neighbouring origins resemble each other.

    Their long-run variance comes from the lowest frequencies, which keeps the size in small samples (Coroneo and Iacone 2020).
    """
    n, mean = len(leads), leads.mean()
    frequencies = max(1, int(n ** (1 / 3)))
    waves = np.abs(np.fft.rfft(leads)[1 : frequencies + 1]) ** 2 / n
    if not waves.any():
        return 0.0 if mean > 0 else 1.0
    return float(student.sf(np.sqrt(n) * mean / np.sqrt(waves.mean()), 2 * frequencies))


@dataclass(frozen=True)
class Spread:
    """How far off a model was at each origin and horizon: as logarithms of ratios where all is positive, else as differences."""

    errors: np.ndarray
    is_ratio: bool

    @classmethod
    def of(cls, came: np.ndarray, said: np.ndarray) -> "Spread":
        """From what came and what was said, in the places of `replay`."""
        known = ~np.isnan(came) & ~np.isnan(said)
        is_ratio = bool((came[known] > 0).all() and (said[known] > 0).all())
        with np.errstate(invalid="ignore", divide="ignore"):
            errors = np.log(came / said) if is_ratio else came - said
        return cls(np.where(known, errors, np.nan), is_ratio)

    def widths(self, level: float, before: int | None = None) -> np.ndarray:
        """Half-widths by horizon, never narrower further ahead; NaN where too few errors tell. `before`: known at that origin.

        Student's t with the root mean square of the errors, which are not centred: a model that lags behind knows it does.
        """
        errors = self.errors
        if before is not None:
            target = np.arange(len(errors))[:, None] + np.arange(errors.shape[1])
            errors = np.where(target < before, errors, np.nan)
        n = (~np.isnan(errors)).sum(axis=0)
        size = np.sqrt(np.nansum(errors**2, axis=0) / np.maximum(n, 1))
        quantile = student.ppf((1 + level) / 2, np.maximum(n - 1, 1))
        return np.where(
            n >= LEAST_ERRORS, quantile * np.maximum.accumulate(np.where(n >= LEAST_ERRORS, size, 0)), np.nan
        )

    def around(self, forecast, width) -> tuple:
        """(low, high) of forecasts."""
        if self.is_ratio:
            return forecast * np.exp(-width), forecast * np.exp(width)
        return forecast - width, forecast + width

    def coverage(self, level: float) -> np.ndarray:
        """Of the intervals that could have been given at each origin: did the outcome fall into them? 1, 0, or NaN: none given."""
        widths = np.array([self.widths(level, before=origin) for origin in range(len(self.errors))])
        known = ~np.isnan(self.errors) & ~np.isnan(widths)
        return np.where(known, np.abs(self.errors) <= widths, np.nan)


def total_bounds(came, said, forecast: np.ndarray, level: float) -> tuple[float, float]:
    """(low, high) of the sum of the coming months, from the errors of such sums; NaN where no month has an interval.

    Sums of neighbouring origins share months, so n of them tell as much as n / ((2h^2 + 1) / 3h) apart; and months that all err
    together are the worst there can be, so the sum of their own bounds is never exceeded.
    """
    horizon, spread = len(forecast), Spread.of(came, said)
    low, high = (bound.sum() for bound in spread.around(forecast, spread.widths(level)[:horizon]))
    sums = Spread.of(*(each[:, :horizon].sum(axis=1, keepdims=True) for each in (came, said)))
    errors = sums.errors[~np.isnan(sums.errors)]
    if len(errors) < LEAST_ERRORS:
        return low, high
    apart = max(1.0, len(errors) / ((2 * horizon**2 + 1) / (3 * horizon)))
    width = student.ppf((1 + level) / 2, apart) * np.sqrt((errors**2).mean())
    closer_low, closer_high = sums.around(forecast.sum(), width)
    return max(low, closer_low), min(high, closer_high)
