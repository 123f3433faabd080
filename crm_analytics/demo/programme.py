"""What the company undertakes and what it costs: campaigns, loyalty programme, costs, wallet estimates, receivables."""

from collections import Counter
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_analytics.demo import company
from crm_analytics.demo.company import date_of, moment, pick, where
from crm_analytics.demo.effects import campaign_id
from crm_analytics.demo.service import END, later, until_now

GIFTS = {100: "Travel size", 300: "Gift box", 600: "Spa voucher"}
LEVELS = (["basic", "silver", "gold", "platinum"], [250, 600, 1500])  # by spend of the last twelve months
GOALS = {
    "promotion": "second order",
    "points": "frequency",
    "winback": "return of lapsed customers",
    "event": "loyalty",
}
OFFERS = {"promotion": "10% off", "points": "double points", "winback": "15% off and a gift", "event": "invitation"}


def campaigns(counted: Counter) -> pd.DataFrame:
    """One row per campaign; `counted` tells how many were treated in each.  The cost is a fixed part and one per person."""
    rows = []
    for place, (name, kind, first, days, channel, _, _, _, per_head) in enumerate(company.CAMPAIGNS):
        cost = round(400 + counted[f"{campaign_id(place)}:treated"] * (per_head + 1.5), 2)
        rows.append(
            (campaign_id(place), name, kind, first, first + timedelta(days=days - 1), channel, cost, GOALS[kind])
        )
    return pd.DataFrame(rows, columns=["campaign_id", "name", "kind", "starts", "ends", "channel", "cost", "goal"])


def campaign_members(rng, people: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """The export of the members: one row per campaign and person.  Nobody writes to the control arm."""
    facts = pd.DataFrame(company.CAMPAIGNS).iloc[members["campaign"]].reset_index(drop=True)
    treated = (members["arm"] == "treated").to_numpy()
    sent = moment(members["sent"])
    opened = treated & ((rng.random(len(members)) < 0.45) | members["prompted"].to_numpy())
    responded = opened & ((rng.random(len(members)) < 0.12) | members["prompted"].to_numpy())
    opened_at = later(sent, 0.2 + 20 * rng.random(len(members)) ** 2)
    kind = facts[1].to_numpy()
    return pd.DataFrame({
        "campaign_id": [campaign_id(place) for place in members["campaign"].tolist()],
        "customer_id": people["customer_id"].to_numpy()[members["buyer"]],
        "arm": members["arm"],
        "sent_at": np.where(treated, sent, np.datetime64("NaT")).astype("datetime64[s]"),
        "opened_at": np.where(opened, opened_at, np.datetime64("NaT")).astype("datetime64[s]"),
        "responded_at": np.where(responded, later(opened_at, 1 + rng.random(len(members))), np.datetime64("NaT")).astype("datetime64[s]"),
        "attended": where((kind == "event") & treated, np.where(responded, "yes", "no")),
        "offer": where(treated, np.array([OFFERS[each] for each in kind], dtype=object)),
        "cost": np.where(treated, facts[8].to_numpy(dtype=float), 0.0),
    })  # fmt: skip


def members(people: pd.DataFrame, orders: pd.DataFrame, joined: np.ndarray) -> pd.DataFrame:
    """One row per member; `joined` = the day for each person.  The tier goes by what he spent in the last twelve months."""
    named = orders[~orders["is_guest"].to_numpy() & (orders["status"] == "completed").to_numpy()]
    buyer = np.flatnonzero(np.isfinite(joined))
    joined = joined[buyer]
    recent = named[named["day"] >= company.YEARS[2]]
    spent = np.bincount(recent["buyer"], recent["value"], minlength=len(people))[buyer]
    level = np.searchsorted(LEVELS[1], spent, side="right")
    return pd.DataFrame({
        "customer_id": people["customer_id"].to_numpy()[buyer],
        "joined_at": date_of(joined),
        "tier": np.array(LEVELS[0], dtype=object)[level],
        "tier_since": date_of(np.where(level == 0, joined, np.maximum(joined, company.YEARS[2] + 61))),
    })  # fmt: skip


def points(rng, people: pd.DataFrame, orders: pd.DataFrame, joined: np.ndarray) -> pd.DataFrame:
    """One row per booking: a point per unit of money, redeemed in hundreds, expired after 12 months without an order."""
    earned = orders[
        ~orders["is_guest"].to_numpy()
        & (orders["status"] == "completed").to_numpy()
        & (orders["day"].to_numpy() >= joined[orders["buyer"]])
    ].sort_values(["buyer", "at"], ignore_index=True)
    earned["points"] = np.floor(earned["value"]).astype("int64")
    redeemed = _redeemed(rng, earned)
    every = pd.concat([
        earned.assign(kind="earn", reason="purchase", gift=None),
        redeemed,
        _expired(earned, redeemed),
    ])  # fmt: skip
    every = every[(every["points"] != 0) & (every["at"] < END)].sort_values(["at", "buyer"], kind="stable")
    every["customer_id"] = people["customer_id"].to_numpy()[every["buyer"]]
    return every[["customer_id", "at", "kind", "points", "reason", "order_id", "gift"]].reset_index(drop=True)


def _redeemed(rng, earned: pd.DataFrame) -> pd.DataFrame:
    """At one order in eight the full hundreds earned since the last time go, so that a balance is never negative."""
    asks = rng.random(len(earned)) < 0.12
    stretch = np.cumsum(np.concatenate([[0], asks[:-1]])) if len(earned) else np.array([], int)
    collected = earned.groupby([earned["buyer"], stretch], sort=False)["points"].transform("sum").to_numpy()
    spent = collected // 100 * 100
    gifts = np.array(list(GIFTS.values()), dtype=object)[np.searchsorted([300, 600], spent, side="right")]
    rows = earned.assign(kind="redeem", reason="gift", gift=gifts, points=-spent, order_id=None)[asks & (spent > 0)]
    return rows.assign(at=later(rows["at"], 0.25))


def _expired(earned: pd.DataFrame, redeemed: pd.DataFrame) -> pd.DataFrame:
    left = earned.groupby("buyer")["points"].sum().add(redeemed.groupby("buyer")["points"].sum(), fill_value=0)
    last = earned.groupby("buyer")["at"].max()
    at = later(last.to_numpy(), 24 * 365)
    return pd.DataFrame({
        "buyer": last.index,
        "at": at,
        "kind": "expire",
        "points": -left.reindex(last.index).to_numpy().astype("int64"),
        "reason": "12 months without an order",
        "order_id": None,
        "gift": None,
    })  # fmt: skip


def costs(revenue: np.ndarray, campaigns: pd.DataFrame) -> pd.DataFrame:
    """One row per month and kind of cost, with its allocation key; campaigns and key accounts are charged directly.

    `revenue` = revenue per month since the opening.
    """
    rows = [
        (f"{month:%Y-%m}", kind, round(share * taken * (1 + 0.08 * np.sin(7 * place + len(kind))), 2), None, None, key)
        for place, (month, taken) in enumerate(zip(company.month_starts(), revenue, strict=True))
        for kind, share, key in company.COSTS
    ]
    rows += [
        (f"{row.starts:%Y-%m}", "marketing", row.cost, None, row.campaign_id, "direct")
        for row in campaigns.itertuples()
    ]
    years = np.add.reduceat(revenue, range(0, len(revenue), 12))
    for quarter in range(len(revenue) // 3):
        first = company.month_starts()[3 * quarter]
        period = f"{first.year}-Q{(first.month + 2) // 3}" if first.month % 3 == 1 else f"{first:%Y-%m}"
        rows.append((period, "sales", round(0.004 * years[quarter // 4], 2), "top", None, "direct"))
    columns = ["period", "kind", "amount", "tier", "campaign_id", "allocation_key"]
    return pd.DataFrame(rows, columns=columns).sort_values(["period", "kind"], kind="stable", ignore_index=True)


def wallet(rng, people: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """One row per buyer who was asked: what he spends on cosmetics in a year with anyone, and our place among his brands."""
    day = company.day_of(date(2026, 6, 30))
    year = orders[
        (orders["day"] <= day) & (orders["day"] > day - 365) & ~orders["is_guest"] & (orders["status"] == "completed")
    ]
    spent = year.groupby("buyer")["value"].sum()
    asked = spent[rng.random(len(spent)) < 0.18]
    share = np.clip(rng.beta(3.0, 2.6, len(asked)), 0.05, 1.0)
    suppliers = 1 + rng.binomial(4, np.clip(1.1 - share, 0, 1))
    rank = np.where(share > 0.5, 1, np.minimum(1 + rng.integers(0, 3, len(asked)), suppliers))
    return pd.DataFrame({
        "customer_id": people["customer_id"].to_numpy()[asked.index],
        "as_of": np.datetime64("2026-06-30"),
        "total_spend": np.round(asked.to_numpy() / share, 2),
        "source": pick(rng, ["survey", "interview"], [0.8, 0.2], len(asked)),
        "supplier_count": suppliers,
        "our_rank": rank,
    })  # fmt: skip


def receivables(rng, people: pd.DataFrame, orders: pd.DataFrame, totals: pd.Series) -> pd.DataFrame:
    """One row per order of a business: due after 30 days, paid around then, now and then not at all.

    `totals` = what the lines of an order add up to, by order_id.
    """
    business = (people["kind"] == "business").to_numpy()[orders["buyer"]]
    owed = orders[business & ~orders["is_guest"].to_numpy() & (orders["status"] == "completed").to_numpy()]
    due = owed["day"].to_numpy() + 30
    paid = moment(due + np.round(rng.normal(-2, 9, len(owed))))
    paid = np.where(rng.random(len(owed)) < 0.03, np.datetime64("NaT"), until_now(paid)).astype("datetime64[D]")
    return pd.DataFrame({
        "customer_id": people["customer_id"].to_numpy()[owed["buyer"]],
        "due_at": date_of(due),
        "amount": totals.reindex(owed["order_id"]).to_numpy(),
        "paid_at": paid,
    })  # fmt: skip
