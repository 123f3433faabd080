"""Is somebody's rhythm rising or falling, or is it chance?  An exact test on when in a span of time things happened."""

from functools import cache
from math import comb, factorial, floor, sqrt

from crm_analytics.stats.intervals import Z

LEAST = 6  # with fewer events nearly any pattern is chance
EXACT = 20  # beyond it the sum of uniforms is normal to four digits


@cache
def reach(n: int) -> float:
    """How far the mean place of n events may lie from the middle of their span (0..1) before chance is an unlikely reason.

    At a constant rate the places of n events are n independent uniforms (Laplace's trend test), so their mean lies beyond
    1/2 + reach with probability 2.5 %, and below 1/2 - reach likewise. Exact (Irwin, Hall 1927) up to 20, then normal.
    """
    if n > EXACT:
        return Z / sqrt(12 * n)
    low, high = n / 2, float(n)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _below(n - middle, n) > 0.025 else (low, middle)
    return (low + high) / 2 / n - 0.5


def _below(x: float, n: int) -> float:
    """P(sum of n uniforms <= x)."""
    return sum((-1) ** k * comb(n, k) * (x - k) ** n for k in range(floor(x) + 1)) / factorial(n)


def reaches() -> tuple[list[int], list[float]]:
    """The numbers of events from the least that can be judged to the last exact one, and their reach."""
    places = list(range(LEAST, EXACT + 1))
    return places, [reach(n) for n in places]
