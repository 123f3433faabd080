"""Intervals against published values and against scipy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from crm_analytics.stats import intervals


@pytest.mark.parametrize(
    "successes, n, low, high",
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),  # Newcombe 1998, table I
        (350, 1000, 0.3211, 0.3801),
        (20, 20, 0.8389, 1),
        (1, 1, 0.2065, 1),
        (0, 1, 0, 0.7935),
    ],
)
def test_wilson(successes, n, low, high):
    assert intervals.wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_equals_scipys_and_holds_the_share(counts):
    successes, n = counts
    low, high = intervals.wilson(successes, n)
    assert (low, high) == pytest.approx(tuple(stats.binomtest(successes, n).proportion_ci(method="wilson")), abs=1e-12)
    assert 0 <= low <= successes / n + 1e-12 and successes / n - 1e-12 <= high <= 1


@pytest.mark.parametrize(
    "first, second, low, high",
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),  # Newcombe 1998, table II, method 10
        ((120, 1000), (80, 1000), 0.0137, 0.0664),
    ],
)
def test_newcombe(first, second, low, high):
    assert intervals.newcombe(*first, *second) == pytest.approx((low, high), abs=5.5e-5)


@given(st.integers(0, 30), st.integers(30, 60), st.integers(0, 30), st.integers(30, 60))
def test_newcombe_turns_round_with_its_groups(a, n, b, m):
    low, high = intervals.newcombe(a, n, b, m)
    assert intervals.newcombe(b, m, a, n) == pytest.approx((-high, -low))
    assert -1 - 1e-12 <= low <= a / n - b / m <= high <= 1 + 1e-12


@pytest.mark.parametrize(
    "promoters, passives, detractors, score, half",
    [
        (3, 2, 1, 33.333, 59.640),  # variance of one answer 5/9
        (291, 476, 395, -8.950, 4.388),
        (1, 0, 0, 100, 0),
        (0, 7, 0, 0, 0),
    ],
)
def test_net_promoter(promoters, passives, detractors, score, half):
    found, low, high = intervals.net_promoter(promoters, passives, detractors)
    assert (found, found - low, high - found) == pytest.approx((score, half, half), abs=5e-4)


def test_nobody_asked_has_no_interval():
    assert intervals.wilson(0, 0) == (None, None)
    assert intervals.newcombe(1, 2, 0, 0) == intervals.newcombe(0, 0, 1, 2) == (None, None)
    assert intervals.net_promoter(0, 0, 0) == (None, None, None)


def test_difference_of_two_estimates_from_their_intervals():
    """Symmetric intervals: 5 +- 3 less 2 +- 4 is 3 +- 5. From Wilson's intervals it is Newcombe's."""
    assert intervals.difference(5, 2, 8, 2, -2, 6) == pytest.approx((-2, 8))
    first, second = (0.12, *intervals.wilson(120, 1000)), (0.08, *intervals.wilson(80, 1000))
    assert intervals.difference(*first, *second) == pytest.approx(intervals.newcombe(120, 1000, 80, 1000))


@pytest.mark.parametrize(
    "value, is_number", [(0, True), (-1.5, True), (None, False), (float("nan"), False), (float("inf"), False)]
)
def test_what_can_enter_a_calculation(value, is_number):
    assert intervals.is_number(value) is is_number


@pytest.mark.parametrize("n", [1, 5, 6, 9, 10, 100, 101, 1000, 1_000_000])
def test_median_places_hold_95_percent_and_are_the_narrowest(n):
    low, high = intervals.median_places(n)
    if n < 6:  # even the smallest and the largest value leave out the median too often
        assert (low, high) == (None, None)
        return
    below = stats.binom.cdf(low - 1, n, 0.5)
    assert low + high == n + 1 and below <= 0.025 < stats.binom.cdf(low, n, 0.5)


def test_one_stratum_is_newcombes_interval():
    assert intervals.stratified([(120, 1000, 80, 1000)])[1:] == pytest.approx(intervals.newcombe(120, 1000, 80, 1000))
    assert intervals.stratified([(1, 5, 0, 0)]) == (None, None, None)


def test_strata_keep_apart_what_lies_between_them():
    """In each stratum both arms do alike; thrown together they would differ, for the second arm is mostly in the worse one."""
    gap, low, high = intervals.stratified([(450, 900, 50, 100), (10, 100, 90, 900)])
    assert gap == pytest.approx(0) and low < 0 < high
    assert intervals.newcombe(460, 1000, 140, 1000)[0] > 0.2
