"""Customers who buy as the two models say, with what became of them: what fits and intervals are held against."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class World:
    """Histories up to now, and what each customer really did in the weeks after."""

    x: np.ndarray
    t_x: np.ndarray
    T: np.ndarray
    spend: np.ndarray  # mean of the repeat orders; nothing without one
    later: np.ndarray  # orders in the weeks ahead
    worth: np.ndarray  # their value, each discounted from its own time


def world(rng, count: int, orders, spend, weeks: float, discount: float, observed=(0.0, 104.0)) -> World:
    """Customers with rates Gamma(r, alpha), chances to be lost Beta(a, b) and orders Gamma(p, nu), nu Gamma(q, gamma)."""
    (r, alpha, a, b), (p, q, gamma) = orders, spend
    T = rng.uniform(*observed, count)
    rate, loss, nu = rng.gamma(r, 1 / alpha, count), rng.beta(a, b, count), rng.gamma(q, 1 / gamma, count)
    x, t_x, spent, later, worth, now = np.zeros((6, count))
    alive = np.ones(count, bool)
    while alive.any():
        now = np.where(alive, now + rng.exponential(1 / rate), now)
        alive &= now <= T + weeks
        value, seen = rng.gamma(p, 1 / nu), alive & (now <= T)
        x, t_x, spent = x + seen, np.where(seen, now, t_x), spent + seen * value
        ahead = alive & (now > T)
        later, worth = later + ahead, worth + ahead * value * np.exp(-discount * (now - T))
        alive &= rng.random(count) >= loss
    return World(x, t_x, T, spent / np.maximum(x, 1), later, worth)
