"""What a customer will bring: discounting against sums by hand, and intervals that hold as often as they say."""

import numpy as np
import pytest

from crm_analytics.stats import btyd
from crm_analytics.stats.worth import TAILS, WEEKS_A_YEAR, Models, ahead, worth
from tests.stats.worlds import world

ORDERS, SPEND = (1.8, 14.0, 0.6, 8.0), (5.0, 2.8, 20.0)
MODELS = Models(ORDERS, SPEND)
DISCOUNT = 0.1


@pytest.fixture(scope="module")
def shop():
    """60,000 customers watched for up to two years, and their year after."""
    rate = np.log1p(DISCOUNT) / WEEKS_A_YEAR
    return world(np.random.default_rng(7), 60_000, ORDERS, SPEND, WEEKS_A_YEAR, rate)


@pytest.fixture(scope="module")
def told(shop):
    return worth(MODELS, WEEKS_A_YEAR, DISCOUNT, shop.x, shop.t_x, shop.T, shop.x, shop.spend)


def test_the_means_are_those_of_what_happens(shop, told):
    for expected, actual in ((told.orders, shop.later), (told.worth, shop.worth)):
        error = actual.std() / len(actual) ** 0.5
        assert expected.mean() == pytest.approx(actual.mean(), abs=4 * error)


GROUPS = {
    "bought once": lambda shop, told: shop.x == 0,
    "once again": lambda shop, told: shop.x == 1,
    "often": lambda shop, told: shop.x > 10,
    "probably gone": lambda shop, told: told.alive < 0.5,
    "surely there": lambda shop, told: (told.alive > 0.95) & (shop.x > 0),
    "seen shortly": lambda shop, told: shop.T < 15,
    "seen long": lambda shop, told: shop.T > 90,
}


@pytest.mark.parametrize("group", GROUPS)
def test_the_interval_of_a_customer_holds_as_often_as_it_says(shop, told, group):
    """Above the high end: 2.5 %. Below the low end: at most 2.5 %, since no orders at all is often likelier than that."""
    mine = GROUPS[group](shop, told)
    n = mine.sum()
    above, below = (shop.worth[mine] > told.high[mine]).mean(), (shop.worth[mine] < told.low[mine]).mean()
    room = 4 * (TAILS[0] * TAILS[1] / n) ** 0.5 + 0.003
    assert n > 1000 and above == pytest.approx(TAILS[0], abs=room) and below <= TAILS[0] + room


def test_the_sum_of_all_has_the_spread_it_says(shop, told):
    off = (told.worth.sum() - shop.worth.sum()) / told.variance.sum() ** 0.5
    assert abs(off) < 3
    parts = np.arange(len(shop.x)) % 200
    offs = np.bincount(parts, told.worth - shop.worth) / np.bincount(parts, told.variance) ** 0.5
    assert 0.8 < offs.std() < 1.2


def test_discounting_is_the_sum_over_days():
    x, T = np.array([0.0, 3.0, 30.0]), np.array([5.0, 60.0, 100.0])
    weeks, rate = WEEKS_A_YEAR, np.log1p(0.25) / WEEKS_A_YEAR
    orders, discounted = ahead(MODELS, weeks, 0.25, x, T)
    edges = np.linspace(0, weeks, 4001)
    steps = np.diff([btyd.expected_if_alive(*ORDERS, edge, x, T) for edge in edges], axis=0)
    by_hand = (steps * np.exp(-rate * (edges[1:] + edges[:-1]) / 2)[:, None]).sum(axis=0)
    assert discounted == pytest.approx(by_hand, rel=1e-6) and (discounted < orders).all()
    assert ahead(MODELS, weeks, 0.0, x, T)[1] == pytest.approx(orders)


def test_who_is_surely_gone_is_worth_nothing_and_who_is_there_something():
    gone, there = (worth(MODELS, 52, 0.1, [60], [t_x], [104], [60], [50.0]) for t_x in (30.0, 103.0))
    assert gone.alive[0] < 1e-6 and gone.high[0] == 0 and gone.worth[0] < 0.01
    assert there.low[0] > 0 and there.low[0] < there.worth[0] < there.high[0]


def test_a_longer_horizon_is_worth_more():
    year, three = (worth(MODELS, weeks, 0.1, [4], [50.0], [52.0], [4], [60.0]) for weeks in (52, 156))
    assert year.worth[0] < three.worth[0] < 3 * year.worth[0] and year.high[0] < three.high[0]
