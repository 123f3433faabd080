"""What is in an order: its lines, and what is sent back."""

import numpy as np
import pandas as pd

from crm_analytics.demo import company
from crm_analytics.demo.company import moment, pick, where
from crm_analytics.demo.purchases import price_level


def lines(rng, people: pd.DataFrame, orders: pd.DataFrame, effects) -> pd.DataFrame:
    """The orders export.  One row per order line, in order of time; a return is a line of its own with negative amounts.

    An order's value is shared out over one to five lines; each line gets an article and a quantity of its category, so that
    an article has one price at a time and the amounts are the Gamma-Gamma draws but for a rounding without bias.
    """
    place, line_no, target = _shares(rng, orders["value"].to_numpy())
    order = orders.iloc[place]
    discount = pick(rng, *company.DISCOUNTS, len(orders)).astype(float)[place]
    level = price_level(order["at"], effects.price_rise)
    target = target / (1 - discount) / level
    article, quantity = _articles(rng, _categories(rng, people, order, target), target)
    goods = company.catalogue().iloc[article]
    unit_price = np.round(goods["price"].to_numpy() * level, 2)
    gross = np.round(quantity * unit_price, 2)
    taken_off = np.round(gross * discount, 2)
    sold = pd.DataFrame({
        "order_id": order["order_id"].to_numpy(),
        "customer_id": where(~order["is_guest"].to_numpy(), people["customer_id"].to_numpy()[order["buyer"]]),
        "ordered_at": order["at"].to_numpy(),
        "line_no": line_no.astype(str),
        "sku": goods["sku"].to_numpy(),
        "quantity": quantity,
        "unit_price": unit_price,
        "discount": taken_off,
        "amount": np.round(gross - taken_off, 2),
        "channel": order["channel"].to_numpy(),
        "store": order["store"].to_numpy(),
        "status": order["status"].to_numpy(),
        "return_of": None,
        "delivered_at": _delivered(rng, order, place),
    })  # fmt: skip
    back = _returns(rng, sold, effects.returned)
    return pd.concat([sold, back]).sort_values(["ordered_at", "order_id", "line_no"], ignore_index=True)


def _shares(rng, value: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(order, line number, value) of the lines that the orders' values are shared out over; no line is very small."""
    count = 1 + np.minimum(rng.poisson(0.45, len(value)), np.clip(np.floor(value / 12 - 1), 0, 4)).astype("int64")
    place = np.repeat(np.arange(len(value)), count)
    line_no = 1 + np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
    weight = rng.uniform(0.5, 1.5, len(place))
    return place, line_no, value[place] * weight / np.bincount(place, weight)[place]


def _categories(rng, people: pd.DataFrame, order: pd.DataFrame, target: np.ndarray) -> np.ndarray:
    """The buyer's favourite in six of ten lines; where that has nothing so cheap, something for the body."""
    usual = people["favourite"].to_numpy()[order["buyer"]]
    other = pick(rng, range(len(company.CATEGORIES)), [facts[0] for facts in company.CATEGORIES.values()], len(order))
    category = np.where(rng.random(len(order)) < 0.6, usual, other).astype("int64")
    cheapest = np.array([facts[1] for facts in company.CATEGORIES.values()])
    return np.where(target < cheapest[category], list(company.CATEGORIES).index("Body care"), category)


def _articles(rng, category: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(row of the catalogue, quantity) for each line: the price next below or next above the target, which it is on average."""
    goods = company.catalogue()
    article, quantity = np.zeros(len(target), "int64"), np.ones(len(target), "int64")
    chance = rng.random(len(target))
    for place, name in enumerate(company.CATEGORIES):
        rows = np.flatnonzero(goods["category"] == name)
        pairs = np.array([(row, count) for count in (1, 2, 3) for row in rows])
        price, first = np.unique(goods["price"].to_numpy()[pairs[:, 0]] * pairs[:, 1], return_index=True)
        pairs = pairs[first]
        here = np.flatnonzero(category == place)
        above = np.clip(np.searchsorted(price, target[here]), 1, len(price) - 1)
        share = (target[here] - price[above - 1]) / (price[above] - price[above - 1])
        article[here], quantity[here] = pairs[np.where(chance[here] < share, above, above - 1)].T
        dearest = goods["price"].to_numpy()[rows[-1]]
        large = here[target[here] > price[-1]]
        article[large], quantity[large] = rows[-1], np.floor(target[large] / dearest + chance[large])
    return article, quantity


def _delivered(rng, order: pd.DataFrame, place: np.ndarray) -> np.ndarray:
    """Parcels arrive one to six days later; what is bought in a shop is taken along, what is still under way is empty."""
    wait = (1 + rng.gamma(3.0, 0.6, place.max() + 1 if len(place) else 0))[place]
    at = order["at"].to_numpy() + (wait * 1440).astype("timedelta64[m]")
    sent = order["channel"].isin(["Online", "Social"]).to_numpy() & (order["status"] == "completed").to_numpy()
    return np.where(sent & (at < moment(company.DAYS)), at, np.datetime64("NaT")).astype("datetime64[s]")


def _returns(rng, sold: pd.DataFrame, share: float) -> pd.DataFrame:
    """Lines sent back 3 to 25 days later, since the first effect: a document of their own that points at the order."""
    open_to_it = (sold["status"] == "completed") & (sold["ordered_at"] >= moment(company.day_of(company.FIRST_EFFECT)))
    back = sold[open_to_it.to_numpy() & (rng.random(len(sold)) < share)].copy()
    wait = 3 + 22 * rng.beta(1.2, 2.5, len(back))
    back["ordered_at"] = back["ordered_at"].to_numpy() + (wait * 1440).astype("timedelta64[m]")
    back["return_of"], back["status"], back["delivered_at"] = back["order_id"], "returned", pd.NaT
    back["order_id"] = "RT-" + back["order_id"].str.removeprefix("SO-")
    for column in ("quantity", "amount", "discount"):
        back[column] = 0 - back[column]  # 0 - 0 is 0, -0.0 would be written as such
    return back[back["ordered_at"] < moment(company.DAYS)]
