"""What acts on the base process, and how strongly: each order an effect adds has its cause, each one it prevents is counted."""

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from crm_analytics.demo import company
from crm_analytics.demo.purchases import purchase


@dataclass(frozen=True)
class Effects:
    """The size of each effect; 0 = it does not act.  None acts before company.FIRST_EFFECT.

    season       share added to the rate of every buyer who is not lost, in the gift weeks of December
    programme    share added to the rate of a member who is not lost, from the day he joins
    promotion, points, event, winback
                 campaigns by kind: probability of one more order within 30 days of the message, for the treated alone
    complaint    probability that a complaint not settled within company.SLOW_HOURS drives its buyer away
    price_rise   share by which prices rise each January
    returned     share of lines sent back
    """

    season: float = 0.6
    programme: float = 0.25
    promotion: float = 0.04
    points: float = 0.05
    event: float = 0.08
    winback: float = 0.10
    complaint: float = 0.5
    price_rise: float = 0.02
    returned: float = 0.03

    @classmethod
    def none(cls) -> "Effects":
        """The base process alone."""
        return cls(*[0.0] * len(fields(cls)))


def lost_by_himself(people: pd.DataFrame, bought: pd.DataFrame) -> np.ndarray:
    """For each person the day of the order after which the base process loses him; infinite for those it keeps."""
    lost = np.full(len(people), np.inf)
    final = bought[bought["is_final"]]
    lost[final["buyer"]] = final["day"]
    return lost


def joined(rng, people: pd.DataFrame, lost: np.ndarray) -> np.ndarray:
    """The day each buyer joins the programme, infinite for the others.  Who buys often joins more often."""
    count = len(people)
    base, more = company.JOINING
    rate = people["rate"].to_numpy()
    first = people["acquired"].to_numpy()
    launch = company.day_of(company.PROGRAMME_FROM)
    wait = np.where((rng.random(count) < 0.5) & (first >= launch), 0.0, rng.gamma(1.5, 60, count))
    day = np.floor(np.maximum(first, launch) + wait)
    chance = np.minimum(base + more * rate / (company.R / company.ALPHA / 7), 0.95)
    joins = (rng.random(count) < chance) & (people["status"] == "customer").to_numpy()
    return np.where(joins & (day < np.minimum(lost, company.DAYS)), day, np.inf)


def added(rng, people: pd.DataFrame, lost: np.ndarray, joining: np.ndarray, effects: Effects) -> pd.DataFrame:
    """The orders that the programme and the gift weeks add, as a Poisson process beside the base process."""
    end = np.minimum(lost, company.DAYS)
    parts = [_more(rng, people, joining, end, effects.programme, "programme")]
    begins = np.where(people["status"] == "customer", people["acquired"], np.inf)
    for first, last in company.GIFT_WEEKS:
        start, stop = np.maximum(begins, company.day_of(first)), np.minimum(end, company.day_of(last) + 1)
        parts.append(_more(rng, people, start, stop, effects.season, "season"))
    return pd.concat(parts, ignore_index=True)


def _more(rng, people: pd.DataFrame, start, end, share: float, cause: str) -> pd.DataFrame:
    """Orders at `share` of each person's rate between two days."""
    length = np.where(start < end, end - np.where(start < end, start, 0), 0)
    count = rng.poisson(people["rate"].to_numpy() * share * length)
    buyer = np.repeat(np.arange(len(people)), count)
    return purchase(rng, people, buyer, start[buyer] + rng.random(len(buyer)) * length[buyer], cause)


def driven_away(rng, complaints: pd.DataFrame, lost: np.ndarray, effects: Effects) -> pd.DataFrame:
    """The complaints that drove a buyer away who was not lost yet, one row per buyer: buyer, day, complaint (row)."""
    day = complaints["day"].to_numpy() + company.SLOW_HOURS / 24
    slow = (complaints["hours"] > company.SLOW_HOURS) & (complaints["day"] >= company.day_of(company.FIRST_EFFECT))
    leaves = slow.to_numpy() & (rng.random(len(complaints)) < effects.complaint)
    leaves &= (day < lost[complaints["buyer"]]) & (day < company.DAYS)
    gone = pd.DataFrame({"buyer": complaints["buyer"], "day": day, "complaint": np.arange(len(complaints))})[leaves]
    return gone.sort_values("day", kind="stable").drop_duplicates("buyer")


def campaign_members(
    rng, people: pd.DataFrame, bought: pd.DataFrame, effects: Effects
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(one row per campaign and person asked or held back at random; the orders that campaigns caused).

    Members: campaign (place), buyer, arm, sent (day), prompted (whether he orders because of it).
    """
    parts, orders = [], [bought.iloc[:0]]
    for place, (_, kind, first, _, _, audience, share, held_back, _) in enumerate(company.CAMPAIGNS):
        sent = company.day_of(first) + 0.4
        wanted = _audience(people, pd.concat([bought, *orders]), sent, audience)
        chosen = wanted[rng.random(len(wanted)) < share]
        treated = rng.random(len(chosen)) >= held_back
        prompted = treated & (rng.random(len(chosen)) < getattr(effects, kind))
        arm = np.where(treated, "treated", "control")
        parts.append(pd.DataFrame({"campaign": place, "buyer": chosen, "arm": arm, "sent": sent, "prompted": prompted}))
        orders.append(_prompted(rng, people, chosen[prompted], sent, cause_of(place), kind == "winback"))
    return pd.concat(parts, ignore_index=True), pd.concat(orders, ignore_index=True)


def cause_of(place: int) -> str:
    """What the truths call the orders of a campaign: campaign:CMP-01, winback:CMP-03."""
    return f"{'winback' if company.CAMPAIGNS[place][1] == 'winback' else 'campaign'}:{campaign_id(place)}"


def campaign_id(place: int) -> str:
    """The id by which every table names a campaign."""
    return f"CMP-{place + 1:02d}"


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


def _prompted(rng, people: pd.DataFrame, buyer: np.ndarray, sent: float, cause: str, wins_back: bool) -> pd.DataFrame:
    """One order each within 30 days of the message; some of those won back order once more."""
    again = buyer[rng.random(len(buyer)) < company.WINBACK_AGAIN] if wins_back else buyer[:0]
    day = np.concatenate([1 + 28 * rng.random(len(buyer)), 30 + 90 * rng.random(len(again))])
    orders = purchase(rng, people, np.concatenate([buyer, again]), sent + day, cause)
    return orders[orders["day"] < company.DAYS]
