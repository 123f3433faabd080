"""Who buys when and what: the purchase process, what campaigns add to it, and the lines of each order."""

import numpy as np
import pandas as pd

from crm_analytics.demo import company
from crm_analytics.demo.company import moment, pick, where
from crm_analytics.demo.people import numbered

STORES = {"Counter": ["High Street", "Station", "Harbour"], "Mall": ["Arcade North", "Arcade South"]}


def occasions(rng, people: pd.DataFrame) -> pd.DataFrame:
    """BG/NBD.  One row per purchase occasion: buyer (row of people), day (with a fraction), is_final (lost after it).

    Repeat orders come as a Poisson process at the buyer's own rate, in time that runs faster in season; after each of
    them the buyer may be lost.  The first order is no chance to be lost.
    """
    clock = np.concatenate([[0.0], np.cumsum(company.season())])
    days = np.arange(company.DAYS + 1)
    buyers = np.flatnonzero(people["status"] == "customer")
    acquired = people["acquired"].to_numpy()
    start = np.interp(acquired[buyers], days, clock)
    repeats = rng.poisson(people["rate"].to_numpy()[buyers] * (clock[-1] - start))
    buyer, begins = np.repeat(buyers, repeats), np.repeat(start, repeats)
    ticks = begins + rng.random(len(buyer)) * (clock[-1] - begins)
    order = np.lexsort((ticks, buyer))
    buyer, ticks = buyer[order], ticks[order]
    nth = 1 + np.arange(len(buyer)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    lifetime = people["lifetime"].to_numpy()[buyer]
    alive = nth <= lifetime
    return pd.DataFrame({
        "buyer": np.concatenate([buyers, buyer[alive]]),
        "day": np.concatenate([acquired[buyers], np.interp(ticks[alive], clock, days)]),
        "is_final": np.concatenate([np.zeros(len(buyers), bool), (nth == lifetime)[alive]]),
    })  # fmt: skip


def campaign_members(rng, people: pd.DataFrame, bought: pd.DataFrame) -> pd.DataFrame:
    """One row per campaign and person asked or held back: campaign (place), buyer, arm, sent (day), orders (prompted)."""
    parts = []
    for place, (_, _, first, _, _, audience, share, held_back, uplift, _) in enumerate(company.CAMPAIGNS):
        sent = company.day_of(first) + 0.4
        wanted = _audience(people, bought, sent, audience)
        chosen = wanted[rng.random(len(wanted)) < share]
        treated = rng.random(len(chosen)) >= held_back
        parts.append(pd.DataFrame({
            "campaign": place,
            "buyer": chosen,
            "arm": np.where(treated, "treated", "control"),
            "sent": sent,
            "prompted": treated & (rng.random(len(chosen)) < uplift),
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _audience(people: pd.DataFrame, bought: pd.DataFrame, day: float, name: str) -> np.ndarray:
    """Rows of the people whom a campaign of this audience would address on that day."""
    so_far = bought[bought["day"] < day]
    last = np.full(len(people), -np.inf)
    np.maximum.at(last, so_far["buyer"].to_numpy(), so_far["day"].to_numpy())
    if name == "lapsed":
        return np.flatnonzero((last < day - 180) & (last >= 0))
    if name == "valuable":
        spent = np.bincount(so_far["buyer"], minlength=len(people)) / people["nu"].to_numpy()
        return np.flatnonzero(last >= 0)[np.argsort(-spent[last >= 0], kind="stable")][: (last >= 0).sum() // 5]
    return np.flatnonzero(last >= day - 180)


def prompted(rng, members: pd.DataFrame) -> pd.DataFrame:
    """The orders that campaigns caused, within 30 days of the message.  Same columns as occasions."""
    asked = members[members["prompted"]]
    day = asked["sent"].to_numpy() + 0.1 + 29.8 * rng.random(len(asked))
    orders = pd.DataFrame({"buyer": asked["buyer"].to_numpy(), "day": day, "is_final": False})
    return orders[orders["day"] < company.DAYS]


def orders(rng, people: pd.DataFrame, bought: pd.DataFrame, first_number: int) -> pd.DataFrame:
    """One row per order in order of time: buyer, day, at, order_id, value, channel, store, status, is_final, is_guest.

    Beside the purchase occasions: orders that were cancelled and placed again, and orders that name no customer.
    """
    again = bought[rng.random(len(bought)) < company.CANCELLED].assign(is_final=False, status="cancelled")
    guests = bought[rng.random(len(bought)) < company.GUESTS].assign(is_final=False, is_guest=True)
    every = pd.concat([bought, again, guests], ignore_index=True)
    every = every.assign(
        status=every["status"].fillna("completed"), is_guest=every["is_guest"].fillna(False).astype(bool)
    )
    count = len(every)
    day = np.floor(every["day"].to_numpy())
    every["at"] = moment(day + (9 + 12 * rng.beta(2, 2, count)) / 24)
    every["day"] = day
    every["value"] = rng.gamma(company.P, 1 / people["nu"].to_numpy()[every["buyer"]])
    every["channel"] = _channels(rng, people["shop"].to_numpy()[every["buyer"]], every["is_guest"].to_numpy())
    every["store"] = _stores(rng, every["channel"].to_numpy())
    every = every.sort_values(["at", "buyer"], kind="stable", ignore_index=True)
    every["order_id"] = numbered("SO-", np.arange(first_number, first_number + count))
    return every


def _channels(rng, usual: np.ndarray, is_guest: np.ndarray) -> np.ndarray:
    other = pick(rng, *company.CHANNELS, len(usual))
    return np.where(is_guest, "Counter", np.where(rng.random(len(usual)) < 0.75, usual, other))


def _stores(rng, channel: np.ndarray) -> np.ndarray:
    store = np.full(len(channel), None, dtype=object)
    for name, stores in STORES.items():
        there = channel == name
        store[there] = pick(rng, stores, None, int(there.sum()))
    return store


def lines(rng, people: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """The orders export.  One row per order line, in order of time; a return is a line of its own with negative amounts.

    An order's value is shared out over one to five lines; each line gets the article and quantity of its category whose
    price comes nearest, so that an article has one price at a time and values stay close to the Gamma-Gamma draw.
    """
    place, line_no, target = _shares(rng, orders["value"].to_numpy())
    order = orders.iloc[place]
    discount = pick(rng, *company.DISCOUNTS, len(orders)).astype(float)[place]
    target = target / (1 - discount)
    article, quantity = _articles(rng, _categories(rng, people, order, target), target)
    goods = company.catalogue().iloc[article].reset_index(drop=True)
    year = pd.DatetimeIndex(order["at"]).year.to_numpy() - 2023
    factor = (1 + company.PRICE_RISE) ** year
    unit_price = np.round(goods["price"].to_numpy() * factor, 2)
    gross = np.round(quantity * unit_price, 2)
    taken_off = np.round(gross * discount, 2)
    sold = pd.DataFrame({
        "order_id": order["order_id"].to_numpy(),
        "customer_id": where(~order["is_guest"].to_numpy(), people["customer_id"].to_numpy()[order["buyer"]]),
        "ordered_at": order["at"].to_numpy(),
        "line_no": line_no.astype(str),
        "sku": goods["sku"],
        "product": goods["product"],
        "category": goods["category"],
        "brand": goods["brand"],
        "quantity": quantity,
        "unit_price": unit_price,
        "amount": np.round(gross - taken_off, 2),
        "cost": np.round(quantity * goods["unit_cost"].to_numpy() * factor, 2),
        "discount": taken_off,
        "channel": order["channel"].to_numpy(),
        "store": order["store"].to_numpy(),
        "status": order["status"].to_numpy(),
        "return_of": None,
        "delivered_at": _delivered(rng, order, place),
    })  # fmt: skip
    return pd.concat([sold, _returns(rng, sold)]).sort_values(["ordered_at", "order_id", "line_no"], ignore_index=True)


def _shares(rng, value: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(order, line number, value) of the lines that the orders' values are shared out over."""
    count = 1 + np.minimum(rng.poisson(0.9, len(value)), 4)
    place = np.repeat(np.arange(len(value)), count)
    line_no = 1 + np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
    weight = rng.gamma(3.0, 1.0, len(place))
    return place, line_no, value[place] * weight / np.bincount(place, weight)[place]


def _categories(rng, people: pd.DataFrame, order: pd.DataFrame, target: np.ndarray) -> np.ndarray:
    """The buyer's favourite in six of ten lines; where that has nothing so cheap, something for the body."""
    usual = people["favourite"].to_numpy()[order["buyer"]]
    other = pick(rng, range(len(company.CATEGORIES)), [facts[0] for facts in company.CATEGORIES.values()], len(order))
    category = np.where(rng.random(len(order)) < 0.6, usual, other).astype("int64")
    cheapest = np.array([facts[1] for facts in company.CATEGORIES.values()])
    return np.where(target < cheapest[category], list(company.CATEGORIES).index("Body care"), category)


def _articles(rng, category: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(row of the catalogue, quantity) whose price at the opening comes nearest to the target within the category."""
    goods = company.catalogue()
    article, quantity = np.zeros(len(target), "int64"), np.ones(len(target), "int64")
    for place, name in enumerate(company.CATEGORIES):
        rows = np.flatnonzero(goods["category"] == name)
        pairs = np.array([(row, count) for row in rows for count in (1, 2, 3)])
        price = goods["price"].to_numpy()[pairs[:, 0]] * pairs[:, 1]
        pairs, price = pairs[np.argsort(price, kind="stable")], np.sort(price)
        here = np.flatnonzero(category == place)
        nearest = np.searchsorted((price[1:] + price[:-1]) / 2, target[here]) + rng.integers(-1, 2, len(here))
        article[here], quantity[here] = pairs[np.clip(nearest, 0, len(price) - 1)].T
        large = here[target[here] > price[-1]]  # beyond three of the dearest
        quantity[large] = np.round(target[large] / (price[-1] / 3))
        article[large] = rows[-1]
    return article, quantity


def _delivered(rng, order: pd.DataFrame, place: np.ndarray) -> np.ndarray:
    """Parcels arrive one to six days later; what is bought in a shop is taken along, what is still under way is empty."""
    wait = np.round(1 + rng.gamma(3.0, 0.6, place.max() + 1 if len(place) else 0), 2)[place]
    at = order["at"].to_numpy() + (wait * 86400).astype("timedelta64[s]")
    sent = order["channel"].isin(["Online", "Social"]).to_numpy() & (order["status"] == "completed").to_numpy()
    return np.where(sent & (at < moment(company.DAYS)), at, np.datetime64("NaT")).astype("datetime64[s]")


def _returns(rng, sold: pd.DataFrame) -> pd.DataFrame:
    """Lines sent back 3 to 25 days later: a document of their own that points at the order."""
    back = sold[(sold["status"] == "completed").to_numpy() & (rng.random(len(sold)) < company.RETURNED)].copy()
    wait = 3 + 22 * rng.beta(1.2, 2.5, len(back))
    back["ordered_at"] = (back["ordered_at"].to_numpy() + (wait * 86400).astype("timedelta64[s]")).astype(
        "datetime64[m]"
    )
    back["ordered_at"] = back["ordered_at"].astype("datetime64[s]")
    back["return_of"], back["status"], back["delivered_at"] = back["order_id"], "returned", pd.NaT
    back["order_id"] = "RT-" + back["order_id"].str.removeprefix("SO-")
    for column in ("quantity", "amount", "cost", "discount"):
        back[column] = 0 - back[column]  # 0 - 0 is 0, -0.0 would be written as such
    return back[back["ordered_at"] < moment(company.DAYS)]
