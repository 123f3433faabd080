"""95 % intervals for the shares and scores on the screens."""

from collections.abc import Iterable
from math import ceil, isfinite, sqrt

from scipy.special import bdtr, bdtrik

Z = 1.959963984540054  # 97.5 % quantile of the normal distribution


def wilson(successes: int, n: int) -> tuple[float, float] | tuple[None, None]:
    """Interval of one proportion (Wilson 1927, without continuity correction); (None, None) for n = 0."""
    if n <= 0:
        return None, None
    share, z2 = successes / n, Z * Z
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def newcombe(successes_1: int, n_1: int, successes_2: int, n_2: int) -> tuple[float, float] | tuple[None, None]:
    """Interval of the difference of two independent proportions p1 - p2 (Newcombe 1998, method 10)."""
    if n_1 <= 0 or n_2 <= 0:
        return None, None
    p_1, p_2 = successes_1 / n_1, successes_2 / n_2
    low_1, high_1 = wilson(successes_1, n_1)
    low_2, high_2 = wilson(successes_2, n_2)
    difference = p_1 - p_2
    return (
        difference - sqrt((p_1 - low_1) ** 2 + (high_2 - p_2) ** 2),
        difference + sqrt((high_1 - p_1) ** 2 + (p_2 - low_2) ** 2),
    )


def stratified(strata: Iterable[tuple[int, int, int, int]]) -> tuple[float, float, float] | tuple[None, None, None]:
    """(p1 - p2, low, high) over strata of (successes 1, n 1, successes 2, n 2), so that what differs between them plays no part.

    Mantel and Haenszel's weights n1 * n2 / (n1 + n2); Newcombe's intervals joined by MOVER; of one stratum it is Newcombe's own.
    """
    found = [
        (n_1 * n_2 / (n_1 + n_2), s_1 / n_1 - s_2 / n_2, *newcombe(s_1, n_1, s_2, n_2))
        for s_1, n_1, s_2, n_2 in strata
        if n_1 and n_2
    ]
    whole = sum(weight for weight, *_ in found)
    if not whole:
        return None, None, None
    gap = sum(weight * each for weight, each, _, _ in found) / whole
    below = sqrt(sum((weight * (each - low)) ** 2 for weight, each, low, _ in found)) / whole
    above = sqrt(sum((weight * (high - each)) ** 2 for weight, each, _, high in found)) / whole
    return gap, gap - below, gap + above


def median_places(n: int) -> tuple[int, int] | tuple[None, None]:
    """Which of n sorted values, counted from 1, bound their population's median with at least 95 %; (None, None) below six.

    The number of values below the median is binomial with 1/2.
    """
    if n < 6:
        return None, None
    low = ceil(bdtrik(0.025, n, 0.5))
    while low and bdtr(low - 1, n, 0.5) > 0.025:  # the inverse is as good as its rounding
        low -= 1
    return (low, n + 1 - low) if low else (None, None)


def net_promoter(
    promoters: int, passives: int, detractors: int
) -> tuple[float, float, float] | tuple[None, None, None]:
    """(score, low, high) of the net promoter score in points, -100..100; variance of one answer is p + d - (p - d)^2."""
    n = promoters + passives + detractors
    if n <= 0:
        return None, None, None
    p, d = promoters / n, detractors / n
    score = 100 * (p - d)
    half = 100 * Z * sqrt((p + d - (p - d) ** 2) / n)
    return score, score - half, score + half


def difference(
    value_1: float, low_1: float, high_1: float, value_2: float, low_2: float, high_2: float
) -> tuple[float, float]:
    """Interval of a difference of two independent estimates from their own intervals (Zou and Donner's MOVER)."""
    gap = value_1 - value_2
    return (
        gap - sqrt((value_1 - low_1) ** 2 + (high_2 - value_2) ** 2),
        gap + sqrt((high_1 - value_1) ** 2 + (value_2 - low_2) ** 2),
    )


def is_number(value) -> bool:
    """Whether a value can enter a calculation: not None, not NaN, not infinite."""
    return value is not None and isfinite(value)
