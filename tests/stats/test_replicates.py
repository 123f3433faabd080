"""Replicates: moments of what is drawn, chances, and that the same question has the same draws."""

import numpy as np
import pytest

from crm_analytics.stats import replicates
from crm_analytics.stats.replicates import REPLICATES

SAMPLE = np.array([[100.0, 40.0], [200.0, 70.0], [600.0, 260.0]])
COVARIANCE = np.cov(SAMPLE.T)


@pytest.mark.parametrize("n", [1, replicates.DIRECT, replicates.DIRECT + 1, 5_000])
def test_sums_of_draws_have_the_samples_mean(n):
    count, sums = replicates.brought((1,), n, np.array([0.5]), SAMPLE, COVARIANCE)
    assert count.mean() == pytest.approx(n / 2, rel=0.05)
    assert sums.mean(0) == pytest.approx(n / 2 * SAMPLE.mean(0), rel=0.06)
    assert sums.shape == (REPLICATES, 2)


def test_the_root_gives_the_covariance_back_also_without_full_rank():
    for covariance in (
        COVARIANCE,
        np.array([[4.0, 2.0], [2.0, 1.0]]),
        np.zeros((2, 2)),
        np.array([[0.0, 0.0], [0.0, 9.0]]),
    ):
        root = replicates._root(covariance)
        assert root @ root.T == pytest.approx(covariance)
        assert np.triu(root, 1).any() == np.False_


def test_a_mean_of_many_is_surer_than_that_of_few():
    few, many = (replicates.shifts((1,), COVARIANCE, count) for count in (4, 400))
    assert few.std(0) == pytest.approx(np.sqrt(np.diag(COVARIANCE) / 4), rel=0.05)
    assert many.std(0) == pytest.approx(few.std(0) / 10, rel=1e-9)
    assert (replicates.shifts((1,), COVARIANCE, 0) == 0).all()


def test_shares_add_up_and_lie_around_their_weights():
    found = replicates.shares((1,), np.array([8.0, 2.0, 0.2]))
    assert found.sum(1) == pytest.approx(1)
    assert found.mean(0) == pytest.approx(np.array([8, 2, 0.2]) / 10.2, abs=0.01)


def test_the_first_movers_luck_stays_when_more_are_drawn():
    chance = np.array([0.3])
    assert (replicates.successes((5,), 9, chance)[:4] == replicates.successes((5,), 4, chance)).all()
    assert (replicates.draws((5,), 9, SAMPLE)[:4] == replicates.draws((5,), 4, SAMPLE)).all()
    assert replicates.typical((5,), 1, SAMPLE, np.zeros((REPLICATES, 2))).tolist() == [200, 70]
