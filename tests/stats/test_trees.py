"""Generations of referrals, by eye and against a walk up the tree; circles; baskets as bits."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crm_analytics.stats import pairs, trees


def test_generations_by_eye():
    """0 brought 1 and 2, 1 brought 3; 4 and 5 brought each other, 6 hangs on them; 7 brought himself."""
    parent = [-1, 0, 0, 1, 5, 4, 4, 7]
    generation = trees.generations(parent)
    assert list(generation) == [0, 1, 1, 2, -1, -1, -1, -1]
    assert list(trees.offspring(parent, generation)) == [3, 1, 0, 0, 0, 0, 0, 0]


def test_nobody_has_no_tree():
    assert list(trees.generations([])) == [] and list(trees.offspring([], trees.generations([]))) == []


def test_a_long_chain_is_as_deep_as_it_is_long():
    generation = trees.generations(np.arange(-1, 4999))
    assert generation[-1] == 4999 and trees.offspring(np.arange(-1, 4999), generation)[0] == 4999


@given(st.lists(st.integers(-1, 11), min_size=12, max_size=12))
def test_the_same_as_walking_up(parent):
    def walk(place: int) -> int:
        steps = 0
        while parent[place] >= 0 and steps <= 12:
            place, steps = parent[place], steps + 1
        return steps if parent[place] < 0 else -1

    generation = trees.generations(parent)
    assert list(generation) == [walk(place) for place in range(12)]
    below = trees.offspring(parent, generation)
    whole = sum(1 for each in generation if each > 0)
    assert sum(below[place] for place in range(12) if generation[place] == 0) == whole


@given(st.lists(st.tuples(st.sets(st.integers(0, 6)), st.integers(1, 9)), max_size=8))
def test_pairs_are_counted_as_by_hand(baskets):
    masks = [sum(1 << thing for thing in basket) for basket, _ in baskets]
    found = pairs.together(np.array(masks), np.array([n for _, n in baskets]), 7)
    for a in range(7):
        for b in range(7):
            assert found[a, b] == sum(n for basket, n in baskets if a in basket and b in basket)


def test_the_highest_bit_is_a_thing_like_any_other():
    assert pairs.together(np.array([(1 << 59) | 1]), np.array([3]), 60)[59, 0] == 3
