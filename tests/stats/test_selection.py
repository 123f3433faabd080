"""The best options under a budget and a cap: equal to trying all, and large cases equal to small ones."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analytics.stats import selection
from crm_analytics.stats.selection import NONE, choose


def worth(value, option) -> float:
    rows = np.flatnonzero(option != NONE)
    return float(value[rows, option[rows]].sum())


def is_allowed(cost, option, budget, most) -> bool:
    rows = np.flatnonzero(option != NONE)
    return len(rows) <= most and cost[rows, option[rows]].sum() <= budget + 1e-6


def best_of_all(value, cost, budget, most) -> float:
    """Every selection tried."""
    rows, options = value.shape
    tried = (np.array(each) for each in product(range(-1, options), repeat=rows))
    return max(worth(value, each) for each in tried if is_allowed(cost, each, budget, most))


@st.composite
def cases(draw):
    """Up to six rows of up to three options in up to two kinds, each kind with its own costs."""
    rows, options, kinds = draw(st.integers(1, 6)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
    value = st.integers(-5, 40).map(lambda n: n / 2)
    price = draw(st.sampled_from([st.integers(0, 9).map(float), st.integers(1, 900).map(lambda n: n / 100)]))

    def matrix(of, n: int) -> np.ndarray:
        return np.array(draw(st.lists(st.lists(of, min_size=options, max_size=options), min_size=n, max_size=n)))

    alike = np.array(draw(st.lists(st.integers(0, kinds - 1), min_size=rows, max_size=rows)))
    limit = st.sampled_from([np.inf, 1.0, 4.5, 8.0, 15.0])
    return (
        matrix(value, rows),
        matrix(price, kinds)[alike],
        alike,
        draw(limit),
        draw(st.sampled_from([np.inf, 1, 2, 4])),
    )


@settings(max_examples=60, deadline=None)
@given(cases(), st.integers(1, 3))
def test_equal_to_the_best_of_all_selections(monkeypatched_first, case, first):
    value, cost, alike, budget, most = case
    monkeypatched_first(first)
    option = choose(value, cost, alike, budget, most)
    assert is_allowed(cost, option, budget, most)
    assert worth(value, option) == pytest.approx(best_of_all(value, cost, budget, most), rel=1e-5, abs=1e-9)


@pytest.fixture(scope="module")
def monkeypatched_first():
    """Sets how few rows the solver is given at first, so that it must be given more."""
    before = selection.FIRST
    yield lambda first: setattr(selection, "FIRST", first)
    selection.FIRST = before


def many(rows: int, seed: int = 3):
    """Customers of three kinds with a gain for each of three options, the costs of each kind the same."""
    rng = np.random.default_rng(seed)
    alike = rng.choice(3, rows, p=[0.05, 0.15, 0.8])
    chance = np.array([[0.2, 0, 0], [0.02, 0.15, 0], [0.002, 0.01, 0.1]])[alike] * rng.choice([0.5, 1, 1.5], (rows, 1))
    cost = np.array([[20.98, 0, 0], [27.99, 7.02, 0], [29.28, 8.3, 1.28]])[alike]
    gain = chance * (np.array([2000, 900, 400.0]) - rng.gamma(1, 50, rows)[:, None])
    return np.where(chance > 0, gain - cost, -np.inf), cost, alike


@pytest.mark.parametrize(
    ("budget", "most"), [(90.0, np.inf), (700.0, np.inf), (700.0, 60), (np.inf, 60), (5.0, np.inf)]
)
def test_what_is_left_out_beforehand_loses_nothing(budget, most):
    """Against the solver with all rows at once, and against the linear bound that no selection can exceed."""
    value, cost, alike = many(400)
    option = choose(value, cost, alike, budget, most)
    assert is_allowed(cost, option, budget, most)
    whole, _ = selection._solved(value, cost, min(budget, 1e9), most, 1e-6)
    assert worth(value, option) >= worth(value, whole) * (1 - 2e-6)


def test_many_rows_come_close_to_the_bound_that_none_can_exceed():
    value, cost, alike = many(200_000)
    budget = 30_000.0
    option = choose(value, cost, alike, budget)
    assert is_allowed(cost, option, budget, np.inf)
    price, _ = selection._prices(value, cost, budget, np.inf)
    bound = price * budget + np.maximum((value - price * cost).max(1), 0).sum()
    assert bound * (1 - 1e-4) <= worth(value, option) <= bound


def test_nothing_worth_choosing_or_nothing_affordable():
    value, cost = np.array([[-1.0, np.nan], [0.0, 5.0]]), np.array([[0.0, 0.0], [1.0, 9.0]])
    alike = np.arange(2)
    assert choose(value, cost, alike).tolist() == [NONE, 1]
    assert choose(value, cost, alike, budget=8.0).tolist() == [NONE, NONE]
    assert choose(value, cost, alike, most=0).tolist() == [NONE, NONE]
    assert len(choose(value[:0], cost[:0], alike[:0], budget=8.0)) == 0
