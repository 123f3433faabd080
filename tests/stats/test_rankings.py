"""How alike two rankings are, by hand; and that a ranking hangs on its weights as far as it must."""

import numpy as np
import pytest

from crm_analytics.stats import rankings

FIVE = np.array([5.0, 4.0, 3.0, 2.0, 1.0])


def test_the_same_ranking_agrees_with_itself_and_not_with_its_reverse():
    same, turned = rankings.agreement(FIVE, 10 * FIVE, 0.4), rankings.agreement(FIVE, -FIVE, 0.4)
    assert (same.spearman, same.kendall, same.kept) == pytest.approx((1, 1, 1))
    assert (turned.spearman, turned.kendall, turned.kept) == pytest.approx((-1, -1, 0))


def test_one_swap_by_hand():
    swapped = np.array([5.0, 3.0, 4.0, 2.0, 1.0])  # second and third change places: 1 - 6 * 2 / (5 * 24), 9 pairs of 10
    found = rankings.agreement(FIVE, swapped, 0.4)
    assert found.spearman == pytest.approx(0.9) and found.kendall == pytest.approx(0.8)
    assert found.kept == 0.5  # of the first two one is still there


def test_those_equal_to_the_last_of_the_top_are_in_it():
    tied = np.array([3.0, 2.0, 2.0, 1.0])
    assert rankings.kept(tied, tied, 0.5) == 1
    assert rankings.kept(tied, np.array([9.0, 8.0, 1.0, 0.0]), 0.5) == pytest.approx(2 / 3)


def test_all_equal_have_no_ranking_to_agree_on():
    assert np.isnan(rankings.agreement(np.ones(4), FIVE[:4], 0.5).spearman)


def test_nobody_has_no_top():
    assert np.isnan(rankings.kept(np.array([]), np.array([]), 0.2))


def test_two_parts_that_say_the_same_do_not_hang_on_their_weights():
    places = np.column_stack([FIVE, FIVE]) / 5
    weights = np.array([3.0, 1.0])
    assert all(each.kept == 1 for _, _, each in rankings.shifted(places, weights, 0.2))
    assert all(each.spearman == pytest.approx(1) for each in rankings.drawn(places, weights, 0.2))


def test_each_weight_is_changed_by_a_quarter_both_ways():
    places = np.random.default_rng(1).uniform(size=(200, 3))
    found = rankings.shifted(places, np.array([1.0, 2.0, 3.0]), 0.2)
    assert [(column, factor) for column, factor, _ in found] == [(c, f) for c in range(3) for f in (0.75, 1.25)]
    assert all(0.5 < each.kept <= 1 and 0.9 < each.spearman < 1 for *_, each in found)


def test_a_weight_that_is_alone_changes_nothing():
    places = np.random.default_rng(2).uniform(size=(50, 1))
    assert all(each.kept == 1 for _, _, each in rankings.shifted(places, np.array([2.0]), 0.2))


def test_drawn_weights_are_the_same_each_time_and_vary_about_their_shares():
    places = np.random.default_rng(3).uniform(size=(100, 2))
    one, other = (rankings.drawn(places, np.array([1.0, 1.0]), 0.2) for _ in range(2))
    spearman = [each.spearman for each in one]
    assert spearman == [each.spearman for each in other] and len(spearman) == rankings.DRAWS
    assert len(set(spearman)) > 100
