"""The bootstrap over customers in groups: against a plain one over single customers, and by eye."""

import numpy as np
import pytest

from crm_analytics.stats.bootstrap import Resampled, interval


def test_the_first_share_of_customers_is_cut_inside_a_group():
    drawn = Resampled([1, 1], times=1)
    drawn.drawn = np.array([[4.0, 6.0]])
    drawn.customers = np.array([10.0])
    sums = drawn.sums([10, 1], [0, 0])
    assert sums.tolist() == [[40, 6]]
    assert drawn.first(sums, [0.2, 0.4, 0.7, 1]).tolist() == [[20, 40, 43, 46]]


def test_groups_of_many_vary_as_single_customers_do():
    """The share of the first fifth of 4,000 customers: alone, and in groups of forty with what they differ by."""
    values = np.sort(np.random.default_rng(7).gamma(0.7, 100, 4000))[::-1]
    alone = Resampled(np.ones(4000), times=400)
    groups = values.reshape(100, 40)
    together = Resampled(np.full(100, 40), times=400)
    spreads = []
    for drawn, means, deviations in ((alone, values, 0 * values), (together, groups.mean(axis=1), groups.std(axis=1))):
        sums = drawn.sums(means, deviations)
        shares = drawn.first(sums, [0.2])[:, 0] / sums.sum(axis=1)
        spreads.append(shares.std())
        assert shares.mean() == pytest.approx(values[:800].sum() / values.sum(), abs=0.003)
    assert spreads[0] == pytest.approx(spreads[1], rel=0.15)


def test_the_mean_varies_as_theory_says():
    values = np.random.default_rng(7).gamma(2, 10, 500)
    drawn = Resampled(np.ones(500))
    means = drawn.sums(values, np.zeros(500)).sum(axis=1) / drawn.customers
    assert means.std() == pytest.approx(values.std() / np.sqrt(500), rel=0.08)


def test_the_same_seed_gives_the_same_and_another_another():
    assert (Resampled([5, 5]).drawn == Resampled([5, 5]).drawn).all()
    assert (Resampled([5, 5]).drawn != Resampled([5, 5], seed=1).drawn).any()


def test_an_interval_has_no_end_where_there_is_none():
    assert interval(np.arange(1001.0)) == (25.0, 975.0)
    assert interval(np.array([1.0] * 90 + [np.inf] * 10)) == (1.0, None)
    assert interval(np.array([1.0, np.nan])) == (None, None) == interval(np.array([]))
