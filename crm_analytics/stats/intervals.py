"""95 % intervals for the shares and scores on the screens."""

from math import isfinite, sqrt

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
