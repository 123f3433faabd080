"""What customers say and what is done about it: surveys, complaints, contacts, reasons for leaving."""

import numpy as np
import pandas as pd

from crm_analytics.demo import company
from crm_analytics.demo.company import business_year, moment, pick, where
from crm_analytics.demo.people import numbered

TROUBLES = {  # category: share, department
    "delivery": (0.34, "logistics"),
    "product": (0.22, "quality"),
    "advice": (0.20, "sales"),
    "billing": (0.13, "finance"),
    "online shop": (0.11, "it"),
}
PRAISE = ["Lovely shade", "Fast delivery", "Good advice at the counter", "Will buy again", "Nicely packed"]
BLAME = [
    "Parcel came late",
    "Nobody called back",
    "Smaller than expected",
    "Too dear for what it is",
    "Skin did not like it",
]
FAREWELLS = {
    "service": "Nobody had time for me",
    "communication": "Never heard from you again",
    "price": "Found it cheaper elsewhere",
    "product": "Did not suit my skin",
    "competitor": "Another brand won me over",
    "need": "Do not need it any more",
}
COMPETITORS = ["Velloria", "Petal & Co"]
END = np.datetime64(company.LAST_DAY, "s") + np.timedelta64(1, "D")


def later(at, hours) -> np.ndarray:
    """Times some hours later, to the minute."""
    return np.asarray(at, dtype="datetime64[s]") + (np.floor(np.asarray(hours) * 60) * 60).astype("timedelta64[s]")


def until_now(at) -> np.ndarray:
    """The times that have come by the last day; nothing for the others."""
    return np.where(at < END, at, np.datetime64("NaT")).astype("datetime64[s]")


def complaints(rng, bought: pd.DataFrame) -> pd.DataFrame:
    """One row per complaint about a purchase, as it would go on: occasion (row of `bought`), buyer, day, hours.

    `day` = when it is opened, `hours` = until it is settled for good.  One in ten complains again.
    """
    about = np.flatnonzero(rng.random(len(bought)) < company.COMPLAINED)
    day = bought["day"].to_numpy()[about] + 0.5 + rng.gamma(2.0, 1.2, len(about))
    again = rng.random(len(about)) < 0.1
    about = np.concatenate([about, about[again]])
    day = np.concatenate([day, day[again] + 4 + 36 * rng.random(again.sum())])
    order = np.argsort(day, kind="stable")
    about, day = about[order][day[order] < company.DAYS], day[order][day[order] < company.DAYS]
    severity = pick(rng, ["low", "medium", "high"], [0.45, 0.4, 0.15], len(day))
    return pd.DataFrame({
        "occasion": about,
        "buyer": bought["buyer"].to_numpy()[about],
        "day": day,
        "hours": _hours(rng, day, severity),
        "severity": severity,
    })  # fmt: skip


def _hours(rng, day: np.ndarray, severity: np.ndarray) -> np.ndarray:
    median = np.array(company.RESOLUTION_HOURS)[business_year(day)] * np.where(severity == "high", 0.7, 1.05)
    hours = median * np.exp(rng.normal(0, 1.0, len(day)))
    stuck = rng.random(len(day)) < 0.03
    hours[stuck] = 24 * rng.gamma(2.0, 30.0, stuck.sum())
    hours[rng.random(len(day)) < 0.015] = 10**6  # forgotten
    return hours


def cases(rng, people: pd.DataFrame, complaints: pd.DataFrame, orders: pd.DataFrame, first_number: int) -> pd.DataFrame:
    """The complaints export, one row per complaint as it stands on the last day.  Hidden: reopens, first_end (of its log)."""
    count, hours = len(complaints), complaints["hours"].to_numpy()
    about = orders[orders["occasion"] >= 0].set_index("occasion").loc[complaints["occasion"]]
    opened = moment(complaints["day"])
    resolved = until_now(later(opened, hours))
    is_open = np.isnat(resolved)
    closed = until_now(later(resolved, 24 + 48 * rng.random(count)))
    first_end, reopens = later(opened, np.minimum(hours * 0.4, 24)), later(opened, np.minimum(hours * 0.6, 40))
    is_reopened = (rng.random(count) < 0.07) & (hours > 4) & (reopens < END)
    category = pick(rng, list(TROUBLES), [share for share, _ in TROUBLES.values()], count)
    compensated = ~is_open & (rng.random(count) < 0.35)
    after = np.clip(np.rint(4.3 - 0.35 * np.log(hours / 12) + 0.5 * compensated + rng.normal(0, 0.8, count)), 1, 5)
    return pd.DataFrame({
        "complaint_id": numbered("T-", np.arange(first_number, first_number + count)),
        "customer_id": people["customer_id"].to_numpy()[complaints["buyer"]],
        "order_id": about["order_id"].to_numpy(),
        "opened_at": opened,
        "first_response_at": until_now(later(opened, np.minimum(hours * 0.3, 5 * np.exp(rng.normal(0, 0.8, count))))),
        "resolved_at": resolved,
        "closed_at": closed,
        "reopened_count": is_reopened.astype(int),
        "category": category,
        "department": np.array([TROUBLES[name][1] for name in category], dtype=object),
        "severity": complaints["severity"].to_numpy(),
        "channel": pick(rng, ["phone", "email", "chat", "counter"], [0.35, 0.3, 0.25, 0.1], count),
        "compensation": where(compensated, np.round(about["value"].to_numpy() * rng.uniform(0.1, 0.5, count), 2)),
        "status": np.where(is_open, "open", np.where(np.isnat(closed), "resolved", "closed")),
        "satisfaction_after": where(~is_open & (rng.random(count) < 0.6), after.astype(int)),
        "first_end": np.where(is_reopened, first_end, np.datetime64("NaT")).astype("datetime64[s]"),
        "reopens": np.where(is_reopened, reopens, np.datetime64("NaT")).astype("datetime64[s]"),
    })  # fmt: skip


def events(rng, cases: pd.DataFrame) -> pd.DataFrame:
    """The log of the complaints, one row per change: it tells the same story as the cases."""
    opened, responded = cases["opened_at"].to_numpy(), cases["first_response_at"].to_numpy()
    staff = pick(rng, company.OWNERS, None, len(cases))
    steps = [
        ("opened", opened, None),
        ("assigned", opened + ((responded - opened) * 0.25).astype("timedelta64[m]"), staff),
        ("responded", responded, staff),
        ("resolved", cases["first_end"].to_numpy(), staff),
        ("reopened", cases["reopens"].to_numpy(), None),
        ("resolved", cases["resolved_at"].to_numpy(), staff),
        ("closed", cases["closed_at"].to_numpy(), None),
    ]
    log = pd.concat([
        pd.DataFrame({"complaint_id": cases["complaint_id"], "at": at, "event": event, "staff": who})
        for event, at, who in steps
    ])  # fmt: skip
    return log.dropna(subset="at").sort_values(["at", "complaint_id"], kind="stable", ignore_index=True)


def surveys(
    rng, people: pd.DataFrame, orders: pd.DataFrame, complaints: pd.DataFrame, first_number: int
) -> pd.DataFrame:
    """One row per answer: each questionnaire asks for product, service, delivery and overall (1-5) and nps (0-10)."""
    able = orders[~orders["is_guest"].to_numpy() & (orders["status"] == "completed").to_numpy()]
    asked = able[rng.random(len(able)) < company.ANSWERED]
    answered = later(asked["at"], 24 * (2 + rng.gamma(2.0, 2.0, len(asked))))
    asked, answered = asked[answered < END], answered[answered < END]
    scores = _scores(rng, people, asked, asked["order_id"].isin(complaints["order_id"]).to_numpy())
    sheet = pd.DataFrame({
        "response_id": numbered("R-", np.arange(first_number, first_number + len(asked))),
        "customer_id": people["customer_id"].to_numpy()[asked["buyer"]],
        "answered_at": answered,
        "order_id": asked["order_id"].to_numpy(),
        "touchpoint": asked["channel"].to_numpy(),
    })  # fmt: skip
    words = where(rng.random(len(sheet)) < 0.2, _words(rng, scores["overall"]))
    answers = [
        sheet.assign(question=question, score=score, scale_min=0 if question == "nps" else 1,
                     scale_max=10 if question == "nps" else 5, competitor=None, text=words if question == "overall" else None)
        for question, score in scores.items()
    ]  # fmt: skip
    answers.append(_rivals(rng, sheet, scores["overall"]))
    return pd.concat(answers).sort_values(["answered_at", "response_id"], kind="stable", ignore_index=True)


def _scores(rng, people: pd.DataFrame, asked: pd.DataFrame, complained: np.ndarray) -> dict[str, np.ndarray]:
    """Question -> scores.  overall is the weighted sum of the answers about the dimensions and some noise."""
    count, year = len(asked), business_year(asked["day"])
    mood, final = people["mood"].to_numpy()[asked["buyer"]], asked["is_final"].to_numpy()
    loss = company.FINAL_LOSS * final
    felt = {
        "product": 4.0 + 0.35 * mood + company.PRODUCT_GAIN * (year == 2) - loss + rng.normal(0, 0.6, count),
        "service": 3.9 + 0.35 * mood - company.COMPLAINT_LOSS * complained - loss + rng.normal(0, 0.7, count),
        "delivery": 4.0 + 0.15 * mood - company.DELIVERY_LOSS * (year == 2) - loss + rng.normal(0, 0.7, count),
    }
    scores = {name: np.clip(np.rint(each), 1, 5).astype(int) for name, each in felt.items()}
    overall = sum(weight * scores[name] for name, weight in company.WEIGHTS.items()) + rng.normal(0, 0.3, count)
    scores = {"overall": np.clip(np.rint(overall), 1, 5).astype(int), **scores}
    return scores | {"nps": np.clip(np.rint(2.4 * overall - 1.6 + rng.normal(0, 1.1, count)), 0, 10).astype(int)}


def _words(rng, overall: np.ndarray) -> np.ndarray:
    return np.where(overall >= 4, pick(rng, PRAISE, None, len(overall)), pick(rng, BLAME, None, len(overall)))


def _rivals(rng, sheet: pd.DataFrame, overall: np.ndarray) -> pd.DataFrame:
    """One answer in eight also rates a competitor."""
    some = rng.random(len(sheet)) < 0.125
    score = np.clip(overall[some] + rng.integers(-2, 2, some.sum()), 1, 5)
    rival = pick(rng, COMPETITORS, None, some.sum())
    return sheet[some].assign(question="overall", score=score, scale_min=1, scale_max=5, competitor=rival, text=None)


def interactions(rng, people: pd.DataFrame) -> pd.DataFrame:
    """One row per contact: about two a year, more with those who have an owner."""
    signup = (people["signup_date"].to_numpy().astype("datetime64[D]") - np.datetime64(company.OPENED, "D")).astype(int)
    begins = np.maximum(signup, 0)
    owned = people["owner"].notna().to_numpy()
    count = rng.poisson((company.DAYS - begins) / 365 * np.where(owned, 3.6, 1.1))
    who = np.repeat(np.arange(len(people)), count)
    day = np.floor(begins[who] + rng.random(len(who)) * (company.DAYS - begins[who]))
    channel = pick(rng, ["phone", "email", "chat", "visit", "social"], [0.3, 0.32, 0.2, 0.08, 0.1], len(who))
    price = {"phone": 3.5, "email": 0.6, "chat": 1.8, "visit": 38.0, "social": 0.9}
    inbound = rng.random(len(who)) < 0.3
    reached = rng.random(len(who)) < 0.7
    table = pd.DataFrame({
        "customer_id": people["customer_id"].to_numpy()[who],
        "at": moment(day + (9 + 9 * rng.random(len(who))) / 24),
        "channel": channel,
        "direction": np.where(inbound, "in", "out"),
        "purpose": np.where(inbound, pick(rng, ["question", "advice", "order"], None, len(who)),
                            pick(rng, ["follow-up", "birthday", "care call", "invitation"], None, len(who))),
        "outcome": np.where(inbound | reached, pick(rng, ["informed", "interested", "ordered"], [0.6, 0.3, 0.1], len(who)), "not reached"),
        "staff": np.where(owned[who], people["owner"].to_numpy()[who], pick(rng, company.OWNERS, None, len(who))),
        "unit_cost": np.array([price[name] for name in channel], dtype=float),
    })  # fmt: skip
    return table.sort_values(["at", "customer_id"], ignore_index=True)


def churn_reasons(rng, people: pd.DataFrame, lost: pd.DataFrame) -> pd.DataFrame:
    """One row per lost buyer who told why: about a third of them.  `lost`: buyer, day, cause (base or complaint)."""
    lost = lost[rng.random(len(lost)) < 0.35]
    day = lost["day"].to_numpy() + 30 + 170 * rng.random(len(lost))
    lost, day = lost[day < company.DAYS], day[day < company.DAYS]
    reason = np.where(
        lost["cause"] == "complaint",
        *(pick(rng, list(said), list(said.values()), len(lost)) for said in company.REASONS.values()),
    )
    table = pd.DataFrame({
        "customer_id": people["customer_id"].to_numpy()[lost["buyer"]],
        "at": moment(day),
        "class": reason,
        "severity": pick(rng, ["low", "medium", "high"], [0.3, 0.45, 0.25], len(lost)),
        "source": pick(rng, ["survey", "call", "staff"], [0.5, 0.3, 0.2], len(lost)),
        "text": np.array([FAREWELLS[name] for name in reason], dtype=object),
    })  # fmt: skip
    return table.sort_values(["at", "customer_id"], ignore_index=True)
