"""How much commoner something is in a group than in the whole it belongs to: index, interval, and which differences are no accident."""

import numpy as np
from scipy.special import ndtr

from crm_analytics.stats.intervals import Z


def index(n, size, n_base, size_base) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(index, low, high): share n / size over share n_base / size_base, x 100; the group is a part of the base.

    As the group is in the base, the two shares lean on each other. With R = share in the group / share in the others and w = the
    group's part of the base, index = 100 / (w + (1 - w) / R), which rises with R: the interval of R (see `ratio`) gives that of the
    index. Where the group is the whole base the index is 100 by construction. NaN where the base has nobody with the value.
    """
    n, size, n_base, size_base = (np.asarray(each, dtype=float) for each in (n, size, n_base, size_base))
    with np.errstate(divide="ignore", invalid="ignore"):
        value = 100 * (n / size) / (n_base / size_base)
        low, high = ratio(n, size, n_base - n, size_base - size)
        weight = size / size_base
        low, high = (100 / (weight + (1 - weight) / each) for each in (low, high))
    alone = np.broadcast_to(size >= size_base, value.shape)
    known = n_base > 0
    return tuple(np.where(known, np.where(alone, 100.0, each), np.nan) for each in (value, low, high))


def ratio(n_1, size_1, n_2, size_2) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of a ratio of two independent proportions: MOVER-R (Donner, Zou 2012) on Wilson's intervals.

    The upper limit is infinite where the second proportion may be zero.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        p_1, p_2 = n_1 / size_1, n_2 / size_2
        (low_1, high_1), (low_2, high_2) = _wilson(p_1, size_1), _wilson(p_2, size_2)
        both = p_1 * p_2
        least = low_1 * (2 * p_1 - low_1)
        root = np.sqrt(np.maximum(both**2 - least * high_2 * (2 * p_2 - high_2), 0))
        low = np.where(least > 0, least / (both + root), 0.0)
        most, part = high_1 * (2 * p_1 - high_1), low_2 * (2 * p_2 - low_2)
        high = np.where(part > 0, (both + np.sqrt(np.maximum(both**2 - most * part, 0))) / part, np.inf)
    return low, high


def _wilson(share, size) -> tuple[np.ndarray, np.ndarray]:
    z2 = Z * Z
    centre = (share + z2 / (2 * size)) / (1 + z2 / size)
    half = Z * np.sqrt(share * (1 - share) / size + z2 / (4 * size * size)) / (1 + z2 / size)
    low, high = np.maximum(0.0, centre - half), np.minimum(1.0, centre + half)
    return np.where(share <= 0, 0.0, low), np.where(share >= 1, 1.0, high)


def p_values(n, size, n_base, size_base) -> np.ndarray:
    """How easily a share that differs so much from that of the others would come by chance: two-sided score test of two shares.

    1 where there are no others, or where nobody or everybody has the value.
    """
    n, size, n_base, size_base = (np.asarray(each, dtype=float) for each in (n, size, n_base, size_base))
    with np.errstate(divide="ignore", invalid="ignore"):
        others, pooled = size_base - size, n_base / size_base
        error = np.sqrt(pooled * (1 - pooled) * (1 / size + 1 / others))
        z = np.abs(n / size - (n_base - n) / others) / error
    return np.where(np.isfinite(z), 2 * ndtr(-z), 1.0)


def discoveries(p, level: float = 0.05) -> np.ndarray:
    """Which of many differences to believe, so that at most `level` of the believed are chance (Benjamini, Hochberg 1995)."""
    p = np.asarray(p, dtype=float)
    order = np.argsort(p, kind="stable")
    passes = p[order] <= level * np.arange(1, len(p) + 1) / max(len(p), 1)
    believed = np.zeros(len(p), dtype=bool)
    believed[order[: np.flatnonzero(passes).max(initial=-1) + 1]] = True
    return believed


def lift(n_both, n_1, n_2, size) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(lift, low, high): share with both / (share with the one x share with the other); the same whichever comes first.

    Interval by the delta method on the logarithm under multinomial sampling; null where nobody has both.
    """
    n_both, n_1, n_2, size = (np.asarray(each, dtype=float) for each in (n_both, n_1, n_2, size))
    with np.errstate(divide="ignore", invalid="ignore"):
        value = n_both * size / (n_1 * n_2)
        error = np.sqrt(np.maximum(1 / n_both - 1 / n_1 - 1 / n_2 + (2 * value - 1) / size, 0))
        low, high = value * np.exp(-Z * error), value * np.exp(Z * error)
    return value, np.where(n_both > 0, low, np.nan), np.where(n_both > 0, high, np.nan)
