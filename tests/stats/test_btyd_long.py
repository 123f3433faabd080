"""Long proof: planted parameters lie inside their intervals in at least 85 of 100 reseeded runs."""

import numpy as np
import pytest

from crm_analytics.stats import btyd
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
