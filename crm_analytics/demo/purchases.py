"""Who buys when, and for how much: the base process, and the orders that come of it and of what acted on it."""

import numpy as np
import pandas as pd

from crm_analytics.demo import company
from crm_analytics.demo.company import moment, pick
from crm_analytics.demo.people import numbered

STORES = {"Counter": ["High Street", "Station", "Harbour"], "Mall": ["Arcade North", "Arcade South"]}


def occasions(rng, people: pd.DataFrame) -> pd.DataFrame:
    """The base process.  One row per purchase: buyer (row of people), day, value, cause (base), is_final (lost after it).

    BG/NBD: repeat orders come as a Poisson process at the buyer's own rate; after each of them the buyer may be lost.  The
    first order is no chance to be lost.  `day` is the time since the opening in days; nobody buys twice on a day.
    """
    buyers = np.flatnonzero(people["status"] == "customer")
    acquired = people["acquired"].to_numpy()[buyers]
    repeats = rng.poisson(people["rate"].to_numpy()[buyers] * (company.DAYS - acquired))
    buyer, begins = np.repeat(buyers, repeats), np.repeat(acquired, repeats)
    day = begins + rng.random(len(buyer)) * (company.DAYS - begins)
    order = np.lexsort((day, buyer))
    buyer, day = buyer[order], day[order]
    nth = 1 + np.arange(len(buyer)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    lifetime = people["lifetime"].to_numpy()[buyer]
    alive = nth <= lifetime
    day = _one_a_day(buyer, day, begins, nth)
    alive &= day < company.DAYS
    bought = purchase(
        rng, people, np.concatenate([buyers, buyer[alive]]), np.concatenate([acquired, day[alive]]), "base"
    )
    bought["is_final"] = np.concatenate([np.zeros(len(buyers), bool), (nth == lifetime)[alive]])
    return bought


def _one_a_day(buyer: np.ndarray, day: np.ndarray, begins: np.ndarray, nth: np.ndarray) -> np.ndarray:
    """Days of repeat orders, in order of buyer and time, such that each falls at least a day after the one before."""
    spare = np.maximum(np.floor(day) - np.floor(begins) - nth, 0)
    apart = buyer * (2.0 * company.DAYS)  # keeps the running maximum of one buyer out of the next one's days
    return np.maximum.accumulate(spare + apart) - apart + np.floor(begins) + nth


def purchase(rng, people: pd.DataFrame, buyer: np.ndarray, day: np.ndarray, cause) -> pd.DataFrame:
    """Orders of these buyers on these days: each at a time of its own while the shop is open, each of a Gamma-Gamma value."""
    return pd.DataFrame({
        "buyer": buyer,
        "day": np.floor(day) + (9 + 12 * rng.beta(2, 2, len(buyer))) / 24,
        "value": rng.gamma(company.P, 1 / people["nu"].to_numpy()[buyer]),
        "cause": cause,
        "is_final": False,
    })  # fmt: skip


def orders(rng, people: pd.DataFrame, bought: pd.DataFrame, first_number: int, price_rise: float) -> pd.DataFrame:
    """One row per order in order of time: buyer, day, at, order_id, occasion, value, cause, channel, store, status, is_guest.

    Beside the purchases: orders that were cancelled and placed again, and orders that name no customer.  `occasion` = row
    of `bought`, -1 for these.
    """
    again = bought[rng.random(len(bought)) < company.CANCELLED].assign(cause="cancelled", is_final=False)
    model = bought[rng.random(len(bought)) < company.GUESTS]
    guests = purchase(rng, people, model["buyer"].to_numpy(), model["day"].to_numpy(), "guest")
    every = pd.concat([bought, again, guests], ignore_index=True)
    count = len(every)
    every["occasion"] = np.where(np.arange(count) < len(bought), np.arange(count), -1)
    every["is_guest"] = (every["cause"] == "guest").to_numpy()
    every["status"] = np.where(every["cause"] == "cancelled", "cancelled", "completed")
    every["at"] = moment(every["day"])
    every["value"] *= price_level(every["at"], price_rise)
    every["channel"] = _channels(rng, people["shop"].to_numpy()[every["buyer"]], every["is_guest"].to_numpy())
    every["store"] = _stores(rng, every["channel"].to_numpy())
    every = every.sort_values(["at", "buyer"], kind="stable", ignore_index=True)
    every["order_id"] = numbered("SO-", np.arange(first_number, first_number + count))
    every["day"] = np.floor(every["day"])
    return every


def price_level(at, price_rise: float) -> np.ndarray:
    """Prices relative to the opening's: they rise each January since the first effect."""
    return (1 + price_rise) ** np.maximum(pd.DatetimeIndex(at).year.to_numpy() - company.FIRST_EFFECT.year, 0)


def _channels(rng, usual: np.ndarray, is_guest: np.ndarray) -> np.ndarray:
    other = pick(rng, *company.CHANNELS, len(usual))
    return np.where(is_guest, "Counter", np.where(rng.random(len(usual)) < 0.75, usual, other))


def _stores(rng, channel: np.ndarray) -> np.ndarray:
    store = np.full(len(channel), None, dtype=object)
    for name, stores in STORES.items():
        there = channel == name
        store[there] = pick(rng, stores, None, int(there.sum()))
    return store
