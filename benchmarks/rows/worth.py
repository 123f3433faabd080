"""What customers will bring: on the company itself, and on histories with planted parameters beside the package lifetimes.

The company's customers do not differ in what an order of theirs is worth nor in how easily they are lost, so that some parameters
have no end there: the product says so, lifetimes does not arrive. Histories drawn from the models themselves compare both.
"""

import numpy as np

from benchmarks.company import Company
from benchmarks.measure import Near, Stopwatch
from crm_analytics import snapshot
from crm_analytics.database import open_database
from crm_analytics.filters import Filters
from crm_analytics.metrics import value
from crm_analytics.stats import btyd

R, ALPHA, A, B = 0.243, 4.414, 0.793, 2.426  # those of the CDNOW customers, weeks
P, Q, GAMMA = 6.25, 3.74, 15.44
WEEKS = 52.0


def company(company: Company, stopwatch: Stopwatch):
    """From lines that are imported: histories, both models with intervals, hold-out check; then everybody."""
    con = open_database(company.whole).cursor()
    filters = snapshot.prepare(con, Filters())
    with stopwatch("clv.model"):
        value.model(con, filters)
    with stopwatch("clv.customers"):
        value.customers(con, filters)
    return dict


def product(company: Company, stopwatch: Stopwatch):
    """Both models with intervals, then the next year of everybody."""
    x, t_x, T, spend = planted(company.customers)
    back = x > 0
    with stopwatch("btyd.fit"):
        orders, values = btyd.bg_nbd(x, t_x, T), btyd.gamma_gamma(x[back], spend[back])
    with stopwatch("btyd.ahead"):
        coming = btyd.expected_orders(*orders.values.values(), WEEKS, x, t_x, T)
        worth = coming * btyd.expected_spend(*values.values.values(), x, spend)
    return lambda: _facts(orders.values | values.values, coming, worth)


def lifetimes(company: Company, stopwatch: Stopwatch):
    """Needs benchmarks/requirements.txt. The two models alone."""
    from lifetimes import BetaGeoFitter, GammaGammaFitter

    x, t_x, T, spend = planted(company.customers)
    back = x > 0
    with stopwatch("btyd.fit.lifetimes"):
        orders, values = BetaGeoFitter().fit(x, t_x, T), GammaGammaFitter().fit(x[back], spend[back])
    with stopwatch("btyd.ahead.lifetimes"):
        coming = orders.conditional_expected_number_of_purchases_up_to_time(WEEKS, x, t_x, T)
        worth = coming * values.conditional_expected_average_profit(x, spend)
    found = dict(orders.params_) | dict(zip(("p", "q", "gamma"), values.params_[["p", "q", "v"]]))
    return lambda: _facts(found, coming, worth)


def planted(n: int) -> tuple[np.ndarray, ...]:
    """(x, t_x, T, mean spend) of n customers who buy, are lost and spend as the models say, over one to three years, by whole days."""
    rng = np.random.default_rng(20260101)
    T = rng.integers(365, 3 * 365, n) / 7
    rate, lost = rng.gamma(R, 1 / ALPHA, n), rng.beta(A, B, n)
    x, t_x, is_there = np.zeros(n), np.zeros(n), np.ones(n, bool)
    while is_there.any():
        at = t_x[is_there] + rng.exponential(1, is_there.sum()) / rate[is_there]
        who = np.flatnonzero(is_there)
        bought = at <= T[is_there]
        x[who[bought]] += 1
        t_x[who[bought]] = at[bought]
        is_there[who] = bought & (rng.random(len(who)) >= lost[who])
    t_x = np.minimum(np.ceil(t_x * 7) / 7, T)
    spend = rng.gamma(P * np.maximum(x, 1)) / (np.maximum(x, 1) * rng.gamma(Q, 1 / GAMMA, n))
    return x, t_x, T, np.where(x > 0, spend, 0.0)


def _facts(parameters: dict, coming, worth) -> dict:
    """Both stand on the same top, as far as each climbed."""
    found = {f"btyd: {name}": Near(float(each), 0.01) for name, each in parameters.items()}
    sums = {"orders to come": np.sum(coming), "revenue to come": np.sum(worth)}
    return found | {f"btyd: {name}": Near(float(each), 1e-3) for name, each in sums.items()}
