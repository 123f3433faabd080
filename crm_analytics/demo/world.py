"""A group of people and everything that happens to them, and the exports that tell of it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_analytics.demo import company, goods, programme, purchases, service
from crm_analytics.demo import effects as acting
from crm_analytics.demo.effects import Effects
from crm_analytics.demo.people import EXPORTED, people

FIRST_NUMBERS = {"people": 1, "orders": 10_001, "complaints": 1, "surveys": 1}


@dataclass(frozen=True)
class Group:
    """People and their hidden truth.  A day is the time since the opening; `buyer` is a row of `people`.

    people      one row per person (people.people)
    orders      one row per order with its cause (purchases.orders)
    complaints  one row per complaint (service.complaints)
    lost        one row per buyer who is lost: buyer, day, cause (base or complaint), complaint (row, -1)
    prevented   orders that would have come of each person had no complaint driven him away
    joined      day each person joins the programme, infinite for the others
    asked       one row per campaign and person (effects.campaign_members)
    """

    people: pd.DataFrame
    orders: pd.DataFrame
    complaints: pd.DataFrame
    lost: pd.DataFrame
    prevented: np.ndarray
    joined: np.ndarray
    asked: pd.DataFrame


def draws(seed: int, group: int) -> Callable[[str], np.random.Generator]:
    """A source of chance for each topic, so that what one effect draws changes nothing of another nor of the base process."""
    return lambda topic: np.random.default_rng([seed, group, *topic.encode()])


def live(chance: Callable, count: int, numbers: dict[str, int], effects: Effects) -> Group:
    """What becomes of `count` people: the base process, what effects add to it and what they prevent."""
    everyone = people(chance("people"), count, numbers["people"])
    bought = purchases.occasions(chance("base"), everyone)
    lost = acting.lost_by_himself(everyone, bought)
    joined = acting.joined(chance("joining"), everyone, lost)
    bought = pd.concat([bought, acting.added(chance("added"), everyone, lost, joined, effects)], ignore_index=True)

    complaints = service.complaints(chance("complaints"), bought)
    gone = acting.driven_away(chance("leaving"), complaints, lost, effects)
    leaves = np.full(count, np.inf)
    leaves[gone["buyer"]] = gone["day"]
    stays = bought["day"].to_numpy() <= leaves[bought["buyer"]]
    place = np.cumsum(stays) - 1
    gone, complaints = _kept(gone, complaints, stays, place)
    prevented = np.bincount(bought["buyer"][~stays], minlength=count)
    joined = np.where(joined < leaves, joined, np.inf)
    bought = bought[stays].reset_index(drop=True)

    asked, caused = acting.campaign_members(chance("campaigns"), everyone, bought, effects)
    final = bought[bought["is_final"]]
    lost = pd.concat([
        final[["buyer", "day"]].assign(cause="base", complaint=-1), gone.assign(cause="complaint")
    ])  # fmt: skip
    bought = pd.concat([bought, caused], ignore_index=True)
    orders = purchases.orders(chance("orders"), everyone, bought, numbers["orders"], effects.price_rise)
    return Group(everyone, orders, complaints, lost.sort_values("buyer", ignore_index=True), prevented, joined, asked)


def _kept(
    gone: pd.DataFrame, complaints: pd.DataFrame, stays: np.ndarray, place: np.ndarray
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Complaints about orders that came to be, by their new rows; an order that did not cannot be complained about."""
    kept = stays[complaints["occasion"]]
    gone = gone.assign(complaint=(np.cumsum(kept) - 1)[gone["complaint"]])
    return gone, complaints[kept].assign(occasion=lambda some: place[some["occasion"]]).reset_index(drop=True)


def exports(chance: Callable, group: Group, numbers: dict[str, int], effects: Effects) -> dict[str, pd.DataFrame]:
    """The tables of the group as the company's systems would export them."""
    everyone, orders = group.people, group.orders
    lines = goods.lines(chance("lines"), everyone, orders, effects)
    cases = service.cases(chance("cases"), everyone, group.complaints, orders, numbers["complaints"])
    totals = lines.groupby("order_id")["amount"].sum().round(2)
    return {
        "customers": everyone[EXPORTED],
        "orders": lines,
        "surveys": service.surveys(chance("surveys"), everyone, orders, cases, numbers["surveys"]),
        "complaints": cases.drop(columns=["first_end", "reopens"]),
        "complaint_events": service.events(chance("events"), cases),
        "interactions": service.interactions(chance("interactions"), everyone),
        "campaign_members": programme.campaign_members(chance("reactions"), everyone, group.asked),
        "members": programme.members(everyone, orders, group.joined),
        "points": programme.points(chance("points"), everyone, orders, group.joined),
        "churn_reasons": service.churn_reasons(chance("reasons"), everyone, group.lost),
        "wallet": programme.wallet(chance("wallet"), everyone, orders),
        "receivables": programme.receivables(chance("receivables"), everyone, orders, totals),
    }


def advance(numbers: dict[str, int], group: Group, tables: dict[str, pd.DataFrame]) -> dict[str, int]:
    """Where the next group's running numbers begin."""
    return {
        "people": numbers["people"] + len(group.people),
        "orders": numbers["orders"] + len(group.orders),
        "complaints": numbers["complaints"] + len(group.complaints),
        "surveys": numbers["surveys"] + tables["surveys"]["response_id"].nunique(),
    }


def products() -> pd.DataFrame:
    """The products export, one row per article."""
    return company.catalogue().drop(columns="price")
