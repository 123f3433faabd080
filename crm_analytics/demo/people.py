"""Who the customers are: what the export says of them, and what only their maker knows."""

import numpy as np
import pandas as pd

from crm_analytics.demo import company
from crm_analytics.demo.company import date_of, pick, where

EXPORTED = [
    "customer_id", "name", "kind", "gender", "birth_date", "occupation", "income_band", "region", "city", "phone", "email",
    "signup_date", "source", "referred_by", "owner", "status", "decision_style", "need_tags", "consent",
]  # fmt: skip

FIRST = (
    "Ada Ana Bea Cora Dina Ella Emma Faye Gina Hana Iris Jane June Kira Lara Lena Lily Maya Mina Nora Olga Pia Rosa Ruth "
    "Sara Tess Uma Vera Yara Zoe Adam Carl Dean Erik Finn Hugo Ivan Jack Karl Marc"
)
LAST = (
    "Abbot Baker Bell Berg Black Brook Carter Cole Cross Dale Dean Field Fisher Ford Fox Gray Green Hall Hart Hill Holm "
    "Hunt Kent King Lake Lane Lind Lima Marsh Mason Moore Moss Nash North Page Park Reed Rivers Rose Shaw Stone Vale "
    "Wade Ward Webb West Wood York"
)
OCCUPATIONS = ["Office", "Teaching", "Health", "Student", "Own business", "Retail", "Technology", "Home", "Retired"]
SOURCES = (["Online", "Counter", "Social media", "Referral", "Event"], [0.36, 0.26, 0.18, 0.14, 0.06])


def people(rng, count: int, first_number: int) -> pd.DataFrame:
    """One row per person in order of first contact: the exported columns, and the hidden truth about each.

    Hidden: acquired (day of the first order), rate (orders a day), loss (probability to be lost after a repeat order),
    lifetime (repeat orders until lost), nu (Gamma-Gamma), mood (standard normal), favourite (category), shop (channel).
    """
    hidden = _nature(rng, count)
    if first_number == 1:  # someone was there on the opening day
        hidden.loc[0, ["acquired", "status"]] = [0.0, "customer"]
    return pd.concat([_facts(rng, hidden, first_number), hidden.drop(columns="status")], axis=1)


def _nature(rng, count: int) -> pd.DataFrame:
    days = np.arange(company.DAYS)
    contacts = np.cumsum(company.contacts())
    loss = np.clip(rng.beta(company.A, company.B, count), 1e-9, 1)
    return pd.DataFrame({
        "acquired": np.interp(np.sort(rng.random(count)) * contacts[-1], contacts, days),
        "status": pick(rng, *company.STATUSES, count),
        "rate": rng.gamma(company.R, 1 / company.ALPHA, count) / 7,
        "loss": loss,
        "lifetime": rng.geometric(loss),
        "nu": rng.gamma(company.Q, 1 / company.GAMMA, count),
        "mood": rng.standard_normal(count),
        "favourite": rng.choice(len(company.CATEGORIES), count, p=_category_shares()),
        "shop": pick(rng, *company.CHANNELS, count),
    })  # fmt: skip


def _category_shares() -> np.ndarray:
    shares = np.array([facts[0] for facts in company.CATEGORIES.values()])
    return shares / shares.sum()


def _facts(rng, hidden: pd.DataFrame, first_number: int) -> pd.DataFrame:
    count = len(hidden)
    ids = numbered("C-", np.arange(first_number, first_number + count))
    mean_order = company.P / hidden["nu"].to_numpy()
    is_business = rng.random(count) < np.clip(0.004 * np.exp(mean_order / 45), 0, 0.8)  # salons order in larger lots
    names, emails = _names(rng, count, is_business, first_number)
    region = pick(rng, list(company.REGIONS), [0.24, 0.16, 0.26, 0.14, 0.20], count)
    signup = np.floor(hidden["acquired"]) - np.where(rng.random(count) < 0.4, rng.integers(0, 30, count), 0)
    source = pick(rng, *SOURCES, count)
    return pd.DataFrame({
        "customer_id": ids,
        "name": names,
        "kind": np.where(is_business, "business", "person"),
        "gender": where(~is_business & (rng.random(count) > 0.03), pick(rng, ["female", "male"], [0.79, 0.21], count)),
        "birth_date": _birth_dates(rng, count, is_business),
        "occupation": where(~is_business & (rng.random(count) < 0.7), pick(rng, OCCUPATIONS, None, count)),
        "income_band": where(~is_business & (rng.random(count) < 0.75), _income(rng, mean_order)),
        "region": region,
        "city": _cities(rng, region),
        "phone": numbered("555-01", rng.integers(10**6, 10**7, count)),
        "email": where(rng.random(count) < 0.93, emails),
        "signup_date": date_of(signup),
        "source": source,
        "referred_by": where((source == "Referral") & (np.arange(count) > 0), ids[_earlier(rng, count)]),
        "owner": where(is_business & (rng.random(count) < 0.9) | (rng.random(count) < 0.3), pick(rng, company.OWNERS, None, count)),
        "status": hidden["status"],
        "decision_style": where(rng.random(count) < 0.6, pick(rng, ["rational", "emotional"], [0.42, 0.58], count)),
        "need_tags": where(rng.random(count) < 0.65, _needs(rng, hidden["favourite"].to_numpy())),
        "consent": np.where(rng.random(count) < 0.82, "yes", "no"),
    })  # fmt: skip


def numbered(prefix: str, numbers: np.ndarray) -> np.ndarray:
    """Codes such as C-000042; longer numbers keep all their digits."""
    return np.array([f"{prefix}{number:06d}" for number in numbers.tolist()], dtype=object)


def _names(rng, count: int, is_business, first_number: int) -> tuple[np.ndarray, np.ndarray]:
    first, last = pick(rng, FIRST.split(), None, count), pick(rng, LAST.split(), None, count)
    names = np.where(is_business, "Salon " + last, first + " " + last)
    numbers = np.arange(first_number, first_number + count).astype(str).astype(object)
    return names, np.array([part.lower() for part in first + "." + last], dtype=object) + numbers + "@example.com"


def _birth_dates(rng, count: int, is_business) -> np.ndarray:
    age = np.clip(rng.normal(37, 12, count), 16, 82)
    born = np.datetime64(company.LAST_DAY, "D") - (age * 365.25).astype("int64")
    return np.where(is_business | (rng.random(count) < 0.12), np.datetime64("NaT"), born).astype("datetime64[D]")


def _income(rng, mean_order: np.ndarray) -> np.ndarray:
    """Who orders for more tends to earn more."""
    score = np.log(mean_order / 58) + rng.normal(0, 0.8, len(mean_order))
    return np.array(["under 20k", "20-35k", "35-60k", "over 60k"], dtype=object)[
        np.searchsorted([-0.9, -0.1, 0.8], score)
    ]


def _cities(rng, region: np.ndarray) -> np.ndarray:
    city = np.empty(len(region), dtype=object)
    for name, cities in company.REGIONS.items():
        there = region == name
        city[there] = pick(rng, cities, range(len(cities), 0, -1), int(there.sum()))
    return city


def _earlier(rng, count: int) -> np.ndarray:
    """For each person the place of somebody who came before (0 for the first)."""
    return np.floor(rng.random(count) * np.arange(count)).astype("int64")


def _needs(rng, favourite: np.ndarray) -> np.ndarray:
    """One or two needs; the first tends to go with the favourite category."""
    needs = np.array(company.NEEDS, dtype=object)
    suits = np.array([0, 5, 2, 3, 0, 4])[favourite]
    first = np.where(rng.random(len(favourite)) < 0.5, suits, rng.integers(0, len(needs), len(favourite)))
    second = rng.integers(0, len(needs), len(favourite))
    both = (rng.random(len(favourite)) < 0.45) & (second != first)
    return np.where(both, needs[first] + "; " + needs[second], needs[first])
