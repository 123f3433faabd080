"""BG/NBD and Gamma-Gamma: the published figures, gradients against differences, formulas against integrals, planted parameters."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.optimize import approx_fprime

from crm_analytics.stats import btyd


@pytest.fixture(scope="module")
def occasions(real):
    """The CDNOW sample up to 1997-09-30: one row per customer and day with what he spent."""
    lines = pd.read_csv(
        real("cdnow/CDNOW_sample.txt"), sep=r"\s+", header=None, names=["master", "customer", "day", "discs", "amount"]
    )
    lines["day"] = pd.to_datetime(lines["day"].astype(str))
    return lines[lines["day"] <= "1997-09-30"].groupby(["customer", "day"], as_index=False)["amount"].sum()


@pytest.fixture(scope="module")
def cdnow(occasions):
    days = occasions.groupby("customer")["day"]
    weeks = (days.max() - days.min()).dt.days / 7, (pd.Timestamp("1997-09-30") - days.min()).dt.days / 7
    return btyd.bg_nbd(days.count() - 1, *weeks)


def test_cdnow_gives_the_parameters_of_the_paper(cdnow):
    published = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    assert {name: round(value, 3) for name, value in cdnow.values.items()} == published
    assert (cdnow.n, round(cdnow.log_likelihood, 1)) == (2357, -9582.4)
    for name, (low, high) in cdnow.intervals().items():
        assert low < cdnow.values[name] < high < 4 * low


def test_cdnow_gives_the_expectations_of_the_paper(cdnow):
    history = 2, 30.43, 38.86
    assert float(btyd.expected_orders(*cdnow.values.values(), 39, *history)) == pytest.approx(1.2259, abs=5e-5)
    assert float(btyd.probability_alive(*cdnow.values.values(), *history)) == pytest.approx(0.7266, abs=5e-5)


def test_cdnow_gives_the_spend_of_the_paper(occasions):
    first = occasions.groupby("customer")["day"].transform("min")
    repeats = occasions[(occasions["day"] > first) & (occasions["amount"] > 0)].groupby("customer")["amount"]
    fit = btyd.gamma_gamma(repeats.count(), repeats.mean())
    assert {name: round(value, 2) for name, value in fit.values.items()} == {"p": 6.25, "q": 3.74, "gamma": 15.44}
    assert (fit.n, round(fit.log_likelihood, 2)) == (946, -4055.92)


HISTORIES = btyd.Histories.of([0, 0, 1, 3, 12], [0, 0, 4, 20, 51], [10, 52, 30, 20, 52], [2, 1, 1, 3, 1])


@pytest.mark.parametrize("values", [(0.243, 4.414, 0.793, 2.426), (3.0, 20.0, 1.0, 9.0), (0.05, 0.3, 6.0, 0.2)])
def test_the_gradient_of_bg_nbd_is_the_slope_of_the_likelihood(values):
    logs = np.log(values)
    slopes = approx_fprime(logs, lambda at: btyd.bg_nbd_likelihood(at, HISTORIES)[0], 1e-7)
    assert btyd.bg_nbd_likelihood(logs, HISTORIES)[1] == pytest.approx(slopes, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("values", [(6.25, 3.74, 15.44), (0.4, 1.1, 200.0)])
def test_the_gradient_of_gamma_gamma_is_the_slope_of_the_likelihood(values):
    logs, spends = np.log(values), btyd.Spends.of([1, 2, 30], [12.5, 80, 31])
    slopes = approx_fprime(logs, lambda at: btyd.gamma_gamma_likelihood(at, spends)[0], 1e-7)
    assert btyd.gamma_gamma_likelihood(logs, spends)[1] == pytest.approx(slopes, rel=1e-4, abs=1e-4)


def test_the_likelihood_of_two_histories_by_eye():
    """r = alpha = a = b = 1.  Nothing in one week: 1/2.  Once, at the end of the first of two: 1/2 (1/9 + 1/4)."""
    value, _ = btyd.bg_nbd_likelihood(np.zeros(4), btyd.Histories.of([0, 1], [0, 1], [1, 2]))
    assert value == pytest.approx(np.log(1 / 2) + np.log(1 / 2 * (1 / 9 + 1 / 4)))


@pytest.mark.parametrize(
    ("values", "history"), [((0.9, 6.0, 0.8, 2.5), (3, 20.0, 30.0)), ((1.8, 14.0, 0.6, 8.0), (0, 0.0, 25.0))]
)
def test_expectations_are_the_integrals_they_stand_for(values, history):
    """A customer with rate L and probability p who is alive orders (1 - exp(-L p t)) / p more; L is integrated out by hand."""
    (r, alpha, a, b), (x, t_x, T), weeks = values, history, 26.0

    def over_p(weight):
        return quad(lambda p: weight(p) * p ** (a - 1) * (1 - p) ** (b - 1), 0, 1, epsabs=0, epsrel=1e-10, limit=500)[0]

    alive = over_p(lambda p: (1 - p) ** x * (alpha + T) ** -(r + x))
    lost = over_p(lambda p: p * (1 - p) ** (x - 1) * (alpha + t_x) ** -(r + x)) if x else 0
    orders = over_p(lambda p: (1 - p) ** x * ((alpha + T) ** -(r + x) - (alpha + T + p * weeks) ** -(r + x)) / p)
    assert float(btyd.probability_alive(*values, *history)) == pytest.approx(alive / (alive + lost), rel=1e-6)
    assert float(btyd.expected_orders(*values, weeks, *history)) == pytest.approx(orders / (alive + lost), rel=1e-6)


def test_extreme_histories_stay_finite():
    values = 0.243, 4.414, 0.793, 2.426
    x, t_x, T = [0, 1, 5000, 5000], [0, 0.0, 51.9, 0.1], [52, 520, 52, 520]
    alive, orders = btyd.probability_alive(*values, x, t_x, T), btyd.expected_orders(*values, 52, x, t_x, T)
    assert np.isfinite(alive).all() and np.isfinite(orders).all() and (orders >= 0).all()
    assert alive[0] == 1 and alive[3] == pytest.approx(0, abs=1e-12)
    near = [btyd.expected_orders(0.9, 6.0, a, 2.5, 26, 3, 20, 30) for a in (1 - 1e-4, 1.0, 1 + 1e-4)]
    assert near[0] > near[1] > near[2] and near[0] - near[2] < 1e-3


def test_spend_to_come_lies_between_his_own_and_everybodys():
    p, q, gamma = 6.25, 3.74, 15.44
    everybody = p * gamma / (q - 1)
    once, often, never = btyd.expected_spend(p, q, gamma, [1, 100, 0], [100.0, 100.0, np.nan])
    assert everybody < once < often < 100 and never == pytest.approx(everybody)


def simulated(rng, count, r, alpha, a, b):
    """Histories of customers who came in the first of two years."""
    T = 52 + 52 * rng.random(count)
    rate, loss = rng.gamma(r, 1 / alpha, count), rng.beta(a, b, count)
    x, t_x, now = np.zeros(count), np.zeros(count), np.zeros(count)
    alive = np.ones(count, bool)
    while alive.any():
        now = np.where(alive, now + rng.exponential(1 / rate), now)
        alive &= now <= T
        x, t_x = x + alive, np.where(alive, now, t_x)
        alive &= rng.random(count) >= loss
    return x, t_x, T


def test_planted_parameters_are_found():
    rng, planted = np.random.default_rng(5), {"r": 0.8, "alpha": 6.0, "a": 0.9, "b": 3.0}
    fit = btyd.bg_nbd(*simulated(rng, 20_000, **planted))
    for name, (low, high) in fit.intervals().items():
        assert low < planted[name] < high < 1.5 * low
    spending = {"p": 5.0, "q": 4.0, "gamma": 35.0}
    x = rng.integers(1, 9, 20_000)
    mean = rng.gamma(spending["p"] * x) / rng.gamma(spending["q"], 1 / spending["gamma"], 20_000) / x
    for name, (low, high) in btyd.gamma_gamma(x, mean).intervals().items():
        assert low < spending[name] < high < 1.5 * low


def test_histories_that_repeat_count_as_often_as_they_occur():
    x, t_x, T = simulated(np.random.default_rng(6), 300, 0.8, 6.0, 0.9, 3.0)
    once, twice = btyd.bg_nbd(x, t_x, T), btyd.bg_nbd(*(np.repeat(each, 2) for each in (x, t_x, T)))
    assert twice.n == 600 and twice.log_likelihood == pytest.approx(2 * once.log_likelihood)
    assert list(twice.values.values()) == pytest.approx(list(once.values.values()), rel=1e-4)
    width = {fit.n: np.log(fit.intervals()["r"][1] / fit.values["r"]) for fit in (once, twice)}
    assert width[300] == pytest.approx(2**0.5 * width[600], rel=1e-3)


def test_data_that_say_nothing_have_no_interval():
    fit = btyd.bg_nbd([0, 0, 0], [0, 0, 0], [10, 20, 30])
    assert set(fit.intervals().values()) == {(None, None)}
