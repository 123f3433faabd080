"""The test of a customer's rhythm: exact at its borders, as rare under no change as it says."""

import numpy as np
import pytest

from crm_analytics.stats import slopes


@pytest.mark.parametrize("n", [6, 8, 12, 20, 21, 60])
def test_a_constant_rhythm_is_called_rising_in_one_case_of_forty(n):
    places = np.random.default_rng(n).random((200_000, n)).mean(axis=1)
    assert np.mean(places > 0.5 + slopes.reach(n)) == pytest.approx(0.025, abs=0.0013)
    assert np.mean(places < 0.5 - slopes.reach(n)) == pytest.approx(0.025, abs=0.0013)


def test_two_events_by_hand():
    """The sum of two uniforms exceeds 2 - t with probability t^2 / 2 = 2.5 % at t = 0.2236."""
    assert slopes.reach(2) == pytest.approx((2 - 0.05**0.5) / 2 - 0.5)


def test_more_events_reach_less_far():
    reaches = slopes.reaches()[1]
    assert reaches == sorted(reaches, reverse=True) and reaches[-1] > slopes.reach(21)
