"""Long proof: planted parameters, and what a company's customers really bring, lie inside their intervals in 85 of 100 reseeded runs."""

import numpy as np
import pytest

from crm_analytics.stats import btyd
from crm_analytics.stats.intervals import Z
from crm_analytics.stats.worth import WEEKS_A_YEAR, Models, shared_error, worth
from tests.stats.worlds import world

pytestmark = pytest.mark.long

RUNS, LEAST, CUSTOMERS = 100, 85, 4000
PLANTED = {
    "a shop": ({"r": 0.8, "alpha": 6.0, "a": 0.9, "b": 3.0}, {"p": 5.0, "q": 4.0, "gamma": 35.0}),
    "the made-up company": ({"r": 1.8, "alpha": 14.0, "a": 0.6, "b": 8.0}, {"p": 5.0, "q": 2.2, "gamma": 13.92}),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_parameters_lie_inside_their_intervals(name):
    orders, spend = PLANTED[name]
    inside = dict.fromkeys([*orders, *spend], 0)
    for seed in range(RUNS):
        made = world(np.random.default_rng(seed), CUSTOMERS, tuple(orders.values()), tuple(spend.values()), 0.0, 0.0)
        again = made.x > 0
        fits = btyd.bg_nbd(made.x, made.t_x, made.T), btyd.gamma_gamma(made.x[again], made.spend[again])
        for planted, fit in zip((orders, spend), fits):
            assert fit.is_certain
            for parameter, (low, high) in fit.intervals().items():
                inside[parameter] += low is not None and low < planted[parameter] < high
    print(name, inside)
    assert min(inside.values()) >= LEAST, inside


def test_what_all_customers_bring_lies_inside_its_interval():
    """Fitted, not planted, parameters: each customer's own chance, and the error that all share."""
    orders, spend = PLANTED["a shop"]
    inside, discount = 0, 0.1
    for seed in range(RUNS):
        rate = np.log1p(discount) / WEEKS_A_YEAR
        made = world(
            np.random.default_rng(seed), 1500, tuple(orders.values()), tuple(spend.values()), WEEKS_A_YEAR, rate
        )
        again, history = made.x > 0, (made.x, made.t_x, made.T, made.x, made.spend)
        fits = btyd.bg_nbd(made.x, made.t_x, made.T), btyd.gamma_gamma(made.x[again], made.spend[again])
        told = worth(Models.of(*fits), WEEKS_A_YEAR, discount, *history)
        shared = shared_error(*fits, WEEKS_A_YEAR, discount, *history) * told.worth.sum()
        error = Z * (told.variance.sum() + shared**2) ** 0.5
        inside += abs(told.worth.sum() - made.worth.sum()) < error
    print("sums inside", inside)
    assert inside >= LEAST
