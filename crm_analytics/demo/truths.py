"""What is true of the made-up company, for those who check the product's numbers against it."""

import json
from collections import Counter
from dataclasses import asdict

import numpy as np
import pandas as pd

from crm_analytics.demo import company, goods
from crm_analytics.demo.company import date_of, where
from crm_analytics.demo.effects import Effects, campaign_id, cause_of
from crm_analytics.demo.people import numbered
from crm_analytics.demo.world import FIRST_NUMBERS, Group, draws, live

ABOUT = {
    "base": "Weeks; BG/NBD and Gamma-Gamma. True of the orders up to and including model_as_of: nothing acts on them before first_effect.",
    "effects": "Sizes as effects.Effects defines them; orders_truth.csv names the cause of each order.",
    "season": "added to the rate of every buyer who is not lost, 1 to 24 December",
    "programme": "added to the rate of a member who is not lost, from the day he joins",
    "promotion": "orders added per treated person within 30 days of the message",
    "points": "orders added per treated person within 30 days of the message",
    "event": "orders added per treated person within 30 days of the message",
    "winback": "orders added per treated person within 30 days of the message; half of those order once more 30 to 120 days after it",
    "complaint": "probability that a complaint not settled within 48 hours drives a buyer away who is not lost yet",
    "price_rise": "each January since the first effect",
    "returned": "share of lines sent back since the first effect",
}
# Means of the net revenue per tier (METRICS: pyramid, twelve months to the last day) among a million people under the default
# effects, made by `population()`; a long test makes them again.
POPULATION_SEED = 20261031
POPULATION = {
    "people": 1_000_000,
    "seed": POPULATION_SEED,
    "months": 12,
    "as_of": "2026-10-31",
    "active": 671_927,
    "tiers": {
        "top": {"customers": 6_719, "mean_revenue": 5118.83},
        "big": {"customers": 26_877, "mean_revenue": 1596.62},
        "medium": {"customers": 100_789, "mean_revenue": 643.86},
        "small": {"customers": 537_542, "mean_revenue": 138.75},
    },
}


def customers(group: Group, first_complaint: int) -> pd.DataFrame:
    """One row per buyer: his parameters, when and why he was lost, and the orders that were prevented by that.

    rate = orders a week, loss = probability to be lost after a repeat order, mean_order = mean value of his orders at the
    opening's prices, lost_cause = base (by himself) or complaint (which one: complaint_id).
    """
    everyone = group.people
    lost = group.lost.set_index("buyer").reindex(np.arange(len(everyone)))
    is_lost, is_driven = lost["day"].notna().to_numpy(), (lost["cause"] == "complaint").to_numpy()
    complaint = first_complaint + lost["complaint"].fillna(0).to_numpy().astype("int64")
    table = pd.DataFrame({
        "customer_id": everyone["customer_id"],
        "rate": (everyone["rate"] * 7).round(6),
        "loss": everyone["loss"].round(6),
        "mean_order": (company.P / everyone["nu"]).round(4),
        "lost_on": where(is_lost, date_of(lost["day"].fillna(0))),
        "lost_cause": where(is_lost, lost["cause"]),
        "complaint_id": where(is_driven, numbered("T-", complaint)),
        "orders_prevented": group.prevented,
    })  # fmt: skip
    return table[(everyone["status"] == "customer").to_numpy()]


def orders(group: Group) -> pd.DataFrame:
    """One row per order: order_id, customer_id, cause.

    cause = base, season, programme, campaign:<id>, winback:<id>, guest (no customer), cancelled (the copy of an order).
    """
    buyers = group.people["customer_id"].to_numpy()[group.orders["buyer"]]
    return pd.DataFrame({
        "order_id": group.orders["order_id"],
        "customer_id": where(~group.orders["is_guest"], buyers),
        "cause": group.orders["cause"],
    })  # fmt: skip


def count(group: Group) -> Counter:
    """How often each cause occurs, and who was asked, driven away, kept from ordering: what groups add up to."""
    counted = Counter(group.orders["cause"].value_counts().to_dict())
    counted.update({f"lost:{cause}": n for cause, n in group.lost["cause"].value_counts().to_dict().items()})
    counted.update(
        {
            f"{campaign_id(place)}:{arm}": n
            for (place, arm), n in group.asked.groupby(["campaign", "arm"]).size().items()
        }
    )
    counted["prevented"] = int(group.prevented.sum())
    counted["members"] = int(np.isfinite(group.joined).sum())
    return counted


def story(people: int, seed: int, effects: Effects, counted: Counter) -> str:
    """Everything that is true of the company but for single orders and customers, as JSON."""
    sizes = asdict(effects)
    return json.dumps(
        {
            "people": people,
            "seed": seed,
            "opened": str(company.OPENED),
            "last_day": str(company.LAST_DAY),
            "first_effect": str(company.FIRST_EFFECT),
            "model_as_of": str(date_of([company.day_of(company.FIRST_EFFECT) - 1])[0]),
            "base": {
                "about": ABOUT["base"], "r": company.R, "alpha": company.ALPHA, "a": company.A, "b": company.B,
                "p": company.P, "q": company.Q, "gamma": company.GAMMA,
            },
            "effects": {"about": ABOUT["effects"]} | {name: {"size": size, "about": ABOUT[name]} for name, size in sizes.items()},
            "orders": {cause: counted[cause] for cause in sorted(counted) if ":" not in cause and cause not in ("prevented", "members")},
            "orders_prevented": counted["prevented"],
            "lost": {cause: counted[f"lost:{cause}"] for cause in ("base", "complaint")},
            "members": counted["members"],
            "campaigns": [_campaign(place, sizes, counted) for place in range(len(company.CAMPAIGNS))],
            "satisfaction_weights": company.WEIGHTS,
            "satisfaction_points": {
                "product_since_third_year": company.PRODUCT_GAIN,
                "delivery_since_third_year": -company.DELIVERY_LOSS,
                "all_at_the_order_before_leaving": -company.FINAL_LOSS,
                "service_when_complained": -company.COMPLAINT_LOSS,
            },
            "population": POPULATION if effects == Effects() else None,
        },
        indent=1,
    )  # fmt: skip


def _campaign(place: int, sizes: dict[str, float], counted: Counter) -> dict:
    name, kind, first, *_ = company.CAMPAIGNS[place]
    number = campaign_id(place)
    return {
        "campaign_id": number, "name": name, "kind": kind, "sent": str(first), "uplift": sizes[kind],
        "treated": counted[f"{number}:treated"], "control": counted[f"{number}:control"], "orders_added": counted[cause_of(place)],
    }  # fmt: skip


def population(people: int = 1_000_000, seed: int = POPULATION_SEED, group_size: int = 25_000) -> dict:
    """Customers and mean net revenue of each tier in the twelve months to the last day, under the default effects.

    Tiers by METRICS (pyramid): active = an order and net revenue > 0 in the window, ranked by revenue, cut at 1, 5 and 20 %.
    """
    numbers, revenue = dict(FIRST_NUMBERS), []
    for place in range(people // group_size):
        chance = draws(seed, place)
        group = live(chance, group_size, numbers, Effects())
        numbers["people"] += group_size
        revenue.append(_year(goods.lines(chance("lines"), group.people, group.orders, Effects())))
    ranked = np.sort(np.concatenate(revenue))[::-1]
    cuts = [0, *_cuts(len(ranked)), len(ranked)]
    tiers = {
        tier: {
            "customers": stop - start,
            "mean_revenue": round(float(ranked[start:stop].mean()), 2) if stop > start else None,
        }
        for tier, start, stop in zip(("top", "big", "medium", "small"), cuts[:-1], cuts[1:])
    }
    return {
        "people": people,
        "seed": seed,
        "months": 12,
        "as_of": str(company.LAST_DAY),
        "active": len(ranked),
        "tiers": tiers,
    }


def _cuts(count: int) -> list[int]:
    """Where the tiers of so many ranked customers end: at 1, 5 and 20 %, rounded half up, and at least one on top."""
    top, big, medium = (int(np.floor(share * count / 100 + 0.5)) for share in (1, 5, 20))
    top = max(top, min(count, 1))
    return [top, max(big, top), max(medium, big, top)]


def _year(lines: pd.DataFrame) -> np.ndarray:
    """Net revenue of each active customer in the last business year."""
    start = np.datetime64(company.OPENED, "D") + company.YEARS[2]
    counted = lines[(lines["ordered_at"] >= start) & (lines["status"] != "cancelled") & lines["customer_id"].notna()]
    by_customer = counted.groupby("customer_id")["amount"]
    has_ordered = counted[counted["amount"] > 0].groupby("customer_id").size()
    net = by_customer.sum().reindex(has_ordered.index)
    return net[net > 0.005].to_numpy()
