"""Index and interval against numbers worked out by hand, published examples, simulation; lift; which differences are believed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from crm_analytics.stats import indices
from crm_analytics.stats.intervals import wilson


def one(*counts) -> list[float]:
    return [float(each[0]) for each in indices.index(*([count] for count in counts))]


def test_twice_the_share_is_an_index_of_two_hundred():
    value, low, high = one(10, 100, 50, 1000)
    assert value == pytest.approx(200)
    assert low < 200 < high and low > 100


def test_the_whole_base_is_a_hundred_without_an_interval():
    assert one(30, 100, 30, 100) == [100, 100, 100]


def test_what_only_the_group_has_ends_at_the_base_over_the_group():
    value, low, high = one(20, 100, 20, 1000)
    assert value == high == pytest.approx(1000) and 300 < low < 1000


def test_what_nobody_in_the_group_has_is_zero_with_an_upper_limit():
    value, low, high = one(0, 100, 50, 1000)
    assert (value, low) == (0, 0) and 0 < high < 100


def test_nobody_with_the_value_is_no_index():
    assert np.isnan(one(0, 100, 0, 1000)).all()


def test_a_ratio_whose_denominator_is_nearly_certain_is_the_interval_of_the_numerator():
    """MOVER-R: with a huge second sample the ratio is p1 over a constant, so its limits are Wilson's over it."""
    low, high = indices.ratio(np.array([30.0]), np.array([100.0]), np.array([5e8]), np.array([1e9]))
    expected = [end / 0.5 for end in wilson(30, 100)]
    assert [low[0], high[0]] == pytest.approx(expected, rel=1e-3)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 300), st.integers(0, 300), st.integers(1, 3000), st.integers(0, 3000))
def test_the_interval_holds_the_index_and_a_hundred_exactly_where_the_ratio_holds_one(size, n, rest, m):
    n, m = min(n, size), min(m, rest)
    if n + m == 0:
        return
    value, low, high = one(n, size, n + m, size + rest)
    assert low <= value * (1 + 1e-9) and value <= high * (1 + 1e-9)
    ends = indices.ratio(*(np.array([float(each)]) for each in (n, size, m, rest)))
    assert (low <= 100 <= high) == bool(ends[0][0] <= 1 + 1e-12 and ends[1][0] >= 1 - 1e-12)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    rng, size, rest, p, q = np.random.default_rng(1), 150, 850, 0.3, 0.2
    n, m = rng.binomial(size, p, 4000), rng.binomial(rest, q, 4000)
    truth = 100 * p / (0.15 * p + 0.85 * q)
    _, low, high = indices.index(n, np.full(4000, size), n + m, np.full(4000, 1000))
    assert 0.94 < np.mean((low <= truth) & (truth <= high)) < 0.965


def test_p_values_are_those_of_the_test_of_two_shares():
    table = [[30, 70], [150, 750]]
    expected = stats.chi2_contingency(table, correction=False).pvalue
    assert indices.p_values([30], [100], [180], [1000])[0] == pytest.approx(expected)
    assert list(indices.p_values([5, 0, 9], [5, 9, 9], [5, 0, 90], [9, 20, 90])[1:]) == [1, 1]


def test_of_many_differences_those_are_believed_that_benjamini_and_hochberg_believe():
    p = [
        0.001,
        0.008,
        0.039,
        0.041,
        0.042,
        0.06,
        0.074,
        0.205,
        0.212,
        0.216,
    ]  # their classic example: the first two of ten
    assert list(indices.discoveries(p)) == [True, True] + [False] * 8
    assert list(indices.discoveries(p)) == list(stats.false_discovery_control(p) <= 0.05)
    assert list(indices.discoveries([])) == []


def test_of_pure_noise_hardly_anything_is_believed():
    rng = np.random.default_rng(2)
    assert sum(indices.discoveries(rng.random(40)).any() for _ in range(400)) / 400 < 0.08


def test_lift_by_hand_and_the_same_both_ways():
    value, low, high = (float(each) for each in indices.lift(20, 30, 40, 100))
    assert value == pytest.approx(20 * 100 / (30 * 40))
    assert [float(each) for each in indices.lift(20, 40, 30, 100)] == [value, low, high]
    assert low < value < high
    assert np.isnan(indices.lift(0, 30, 40, 100)[1])


def test_the_interval_of_lift_covers_independence_as_often_as_it_says():
    rng = np.random.default_rng(3)
    cells = rng.multinomial(2000, [0.06, 0.14, 0.24, 0.56], 3000)  # 20 % and 30 %, independent: lift 1
    _, low, high = indices.lift(cells[:, 0], cells[:, 0] + cells[:, 1], cells[:, 0] + cells[:, 2], np.full(3000, 2000))
    assert 0.94 < np.mean((low <= 1) & (high >= 1)) < 0.965
