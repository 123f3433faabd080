"""What a customer will bring: expected orders, discounted, and the interval of one customer by the two models of `btyd`.

Given that he has not been lost, his rate is Gamma(r + x, alpha + T) and his chance to be lost Beta(a, b + x); both hang on x
and T alone, so that a table over (x, T) serves a million customers, and only the chance that he is there is each one's own.
"""

from dataclasses import dataclass

import numpy as np

from crm_analytics.stats import btyd

WEEKS_A_YEAR = 365.25 / 7
NODES, WEIGHTS = np.polynomial.legendre.leggauss(5)
DRAWS, SEED = 4000, 20260101
EXACT = 12  # repeat occasions up to which each number has cells of its own; beyond, each the next fifth
CELLS = 14  # lengths of observation
TAILS = 0.025, 0.975
LEVELS = np.concatenate([np.linspace(0, 0.03, 7), np.linspace(0.05, 0.9, 35), [0.92, 0.94, 0.955, 0.965, 0.975]])
NUDGE = 0.05  # of the logarithm of a parameter
RAREST = 0.999  # draws beyond are counted as this one: the mean of heavy tails has a variance without bound


@dataclass(frozen=True)
class Models:
    """Parameters in the order of the papers: r, alpha, a, b (weeks) and p, q, gamma."""

    orders: tuple[float, ...]
    spend: tuple[float, ...]

    @classmethod
    def of(cls, orders: btyd.Fit, spend: btyd.Fit) -> "Models":
        """The parameters of two fits."""
        return cls(tuple(orders.values.values()), tuple(spend.values.values()))


@dataclass(frozen=True)
class Worth:
    """Per customer, in the order asked: the chance that he is there, the orders and their discounted worth over the horizon.

    if_alive: worth of one who is there; low, high and variance are of his own future, at these parameters.
    """

    alive: np.ndarray
    orders: np.ndarray
    order_value: np.ndarray
    if_alive: np.ndarray
    worth: np.ndarray
    low: np.ndarray
    high: np.ndarray
    variance: np.ndarray


def worth(models: Models, weeks: float, discount: float, x, t_x, T, paid, spend, intervals: bool = True) -> Worth:
    """What each customer's orders of the next `weeks` are worth at a yearly discount, with the interval of 95 %.

    paid: repeat occasions that cost something, on average `spend`. Without `intervals` low, high and variance are 0.
    """
    x, t_x, T, paid = (np.asarray(each, dtype=float) for each in (x, t_x, T, paid))
    alive = btyd.probability_alive(*models.orders, x, t_x, T)
    pairs, place = _pairs(x, T)
    if_alive, discounted = ahead(models, weeks, discount, *pairs)
    order_value = btyd.expected_spend(*models.spend, paid, spend)
    mean = discounted[place] * order_value
    low, high, second = _interval(models, weeks, pairs, place, alive) if intervals else np.zeros((3, len(x)))
    return Worth(
        alive, if_alive[place] * alive, order_value, mean, mean * alive, low * mean, high * mean,
        np.maximum(alive * second * mean**2 - (mean * alive) ** 2, 0.0),
    )  # fmt: skip


def shared_error(orders: btyd.Fit, spend: btyd.Fit, weeks: float, discount: float, *history) -> float:
    """The relative standard error of a sum of worths that comes from the parameters, in which all customers err together.

    Delta method; a parameter whose variance is infinite changes nothing that is expected. `history`: x, t_x, T, paid, spend.
    """

    def total(logs: np.ndarray) -> float:
        values = np.exp(logs).tolist()
        return float(
            worth(Models(tuple(values[:4]), tuple(values[4:])), weeks, discount, *history, intervals=False).worth.sum()
        )

    at = np.log([*orders.values.values(), *spend.values.values()])
    steps = NUDGE * np.eye(len(at))
    slopes = np.array([total(at + step) - total(at - step) for step in steps]) / (2 * NUDGE * total(at))
    variance = sum(
        slopes[part] @ np.where(np.isfinite(fit.covariance), fit.covariance, 0.0) @ slopes[part]
        for part, fit in ((slice(0, 4), orders), (slice(4, 7), spend))
    )
    return float(np.sqrt(max(variance, 0.0)))


def ahead(models: Models, weeks: float, discount: float, x, T) -> tuple[np.ndarray, np.ndarray]:
    """Orders expected of a customer who is still there, as they are and each discounted from its own time.

    The integral of exp(-d t) dE(t) is E(weeks) exp(-d weeks) + d times that of E(t) exp(-d t), five Gaussian points of it.
    """
    rate = np.log1p(discount) / WEEKS_A_YEAR
    orders = btyd.expected_if_alive(*models.orders, weeks, x, T)
    discounted = orders * np.exp(-rate * weeks)
    for node, weight in zip(NODES, WEIGHTS) if discount else ():
        at = weeks * (node + 1) / 2
        part = btyd.expected_if_alive(*models.orders, at, x, T) * np.exp(-rate * at)
        discounted = discounted + rate * weeks * weight / 2 * part
    return orders, discounted


def _pairs(x, T) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """The pairs that occur, and whose each customer's is."""
    ends, at_end = np.unique(T, return_inverse=True)
    keys, place = np.unique(x.astype("int64") * len(ends) + at_end, return_inverse=True)
    return ((keys // len(ends)).astype(float), ends[keys % len(ends)]), place


def _interval(models: Models, weeks: float, pairs, place, alive) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ends of the interval, and the mean square, as multiples of the mean of a customer who is still there.

    With the chance 1 - alive he brings nothing: the level u of all is the level 1 - (1 - u) / alive of those who are there.
    """
    counts, ends = _cells(*pairs)
    table, square = _quantiles(models, weeks, counts, ends)
    row = _nearest(counts, pairs[0]) * len(ends) + _nearest(ends, pairs[1])
    row = row[place]
    found = []
    for level in TAILS:
        wanted = np.clip(1 - (1 - level) / np.maximum(alive, 1e-9), 0, LEVELS[-1])
        right = np.clip(np.searchsorted(LEVELS, wanted), 1, len(LEVELS) - 1)
        part = (wanted - LEVELS[right - 1]) / (LEVELS[right] - LEVELS[right - 1])
        value = table[row, right - 1] * (1 - part) + table[row, right] * part
        found.append(np.where(1 - alive >= level, 0.0, value))
    return *found, square[row]


def _cells(x, T) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of occasions and lengths of observation for which futures are drawn."""
    counts = np.arange(min(EXACT, x.max()) + 1)
    while counts[-1] < x.max():
        counts = np.append(counts, min(x.max(), np.ceil(counts[-1] * 1.2)))
    return counts, np.unique(np.quantile(T, np.linspace(0, 1, CELLS)))


def _nearest(cells: np.ndarray, values: np.ndarray) -> np.ndarray:
    middles = (cells[1:] + cells[:-1]) / 2
    return np.searchsorted(middles, values)


def _quantiles(models: Models, weeks: float, counts, ends) -> tuple[np.ndarray, np.ndarray]:
    """Per cell (count by end) the quantiles at LEVELS and the mean square of what is drawn, both in units of its mean."""
    (r, alpha, a, b), (p, q, _) = models.orders, models.spend
    rng = np.random.default_rng(SEED)
    x, T = (each.reshape(-1, 1) for each in np.meshgrid(counts, ends, indexing="ij"))
    shape = len(x), DRAWS
    rate = rng.gamma(r + x, size=shape) / (alpha + T)
    loss = np.maximum(rng.beta(a, b + x, size=shape), 1e-12)
    orders = np.minimum(rng.poisson(rate * weeks), rng.geometric(loss))
    spent = rng.gamma(np.maximum(p * orders, 1e-9)) / rng.gamma(q + p * x, size=shape) * (orders > 0)
    mean = btyd.expected_if_alive(*models.orders, weeks, x[:, 0], T[:, 0]) * p / (p * x[:, 0] + q - 1)
    spent = spent / mean[:, None]
    table = np.quantile(spent, [*LEVELS, RAREST], axis=1)
    return table[:-1].T, np.mean(np.minimum(spent, table[-1][:, None]) ** 2, axis=1)
