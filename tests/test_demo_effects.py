"""What acts on the made-up company is visible in its exports, in the size its truths state, and gone when it is set to zero.

Plain pandas on the written CSVs; the truths are used to say what is expected and to name the cause of an order.
"""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from crm_analytics import demo
from crm_analytics.demo import company
from crm_analytics.demo.effects import Effects
from crm_analytics.stats.intervals import newcombe

FIRST_EFFECT, END = pd.Timestamp(company.FIRST_EFFECT), pd.Timestamp(company.LAST_DAY) + pd.Timedelta(days=1)
PEOPLE = 20_000
WIDE = 2.576  # 99 %: many intervals are looked at
BROUGHT_BACK = "campaign:|winback:"  # orders that also the lost place


@dataclass(frozen=True)
class Books:
    """The exports and truths of one company, and its orders: order_id, customer_id, ordered_at, amount, cause."""

    folder: object
    effects: Effects
    orders: pd.DataFrame
    buyers: pd.DataFrame
    story: dict

    def read(self, name: str, *days: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / f"{name}.csv", parse_dates=list(days))


def written(folder, effects: Effects, people: int = PEOPLE, seed: int = 11) -> Books:
    demo.write(folder, people, seed, effects)
    lines = pd.read_csv(folder / "orders.csv", parse_dates=["ordered_at"])
    sold = lines[lines["return_of"].isna()]
    orders = sold.groupby("order_id", as_index=False).agg(
        {"customer_id": "first", "ordered_at": "first", "amount": "sum"}
    )
    orders = orders.merge(
        pd.read_csv(folder / "truths" / "orders_truth.csv").drop(columns="customer_id"), on="order_id"
    )
    orders = orders[~orders["cause"].isin(["guest", "cancelled"])]
    buyers = pd.read_csv(folder / "truths" / "customers_truth.csv", parse_dates=["lost_on"]).set_index("customer_id")
    return Books(folder, effects, orders, buyers, json.loads((folder / "truths" / "truths.json").read_text("utf-8")))


@pytest.fixture(scope="module")
def acted(tmp_path_factory):
    return written(tmp_path_factory.mktemp("acted"), Effects())


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    return written(tmp_path_factory.mktemp("quiet"), Effects.none())


@pytest.fixture(params=["acted", "quiet"])
def either(request):
    """The company with its effects, and the one with none of them: what is planted must be found in both."""
    return request.getfixturevalue(request.param)


def when(orders: pd.DataFrame) -> set:
    return set(zip(orders["customer_id"], orders["ordered_at"]))


def test_effects_add_to_the_base_process_and_take_away_what_a_complaint_prevents(acted, quiet):
    base = acted.orders[acted.orders["cause"] == "base"]
    assert set(quiet.orders["cause"]) == {"base"} and quiet.buyers["orders_prevented"].sum() == 0
    assert when(base) < when(quiet.orders)
    missing = quiet.orders.merge(base[["customer_id", "ordered_at"]], how="left", indicator=True).query(
        "_merge == 'left_only'"
    )
    theirs = acted.buyers.loc[missing["customer_id"]]
    assert set(theirs["lost_cause"]) == {"complaint"}
    assert (missing["ordered_at"].to_numpy() >= theirs["lost_on"].to_numpy()).all()
    prevented = missing.groupby("customer_id").size()
    more = acted.buyers["orders_prevented"].sub(prevented, fill_value=0)  # of the programme and the gift weeks
    assert (more >= 0).all() and more.sum() > 0


def test_nothing_acts_before_the_first_effect(acted, quiet):
    early, same = (each.orders[each.orders["ordered_at"] < FIRST_EFFECT] for each in (acted, quiet))
    assert set(early["cause"]) == {"base"} and when(early) == when(same)
    lines = acted.read("orders", "ordered_at")
    assert lines.loc[lines["return_of"].notna(), "ordered_at"].min() >= FIRST_EFFECT
    assert (acted.buyers.loc[acted.buyers["lost_cause"] == "complaint", "lost_on"] >= FIRST_EFFECT).all()
    assert acted.story["model_as_of"] == "2024-11-30" and acted.story["first_effect"] == "2024-12-01"


def test_nobody_buys_twice_on_a_day_before_the_first_effect(acted):
    early = acted.orders[acted.orders["ordered_at"] < FIRST_EFFECT]
    assert not early.assign(day=early["ordered_at"].dt.date).duplicated(["customer_id", "day"]).any()


def test_the_truths_name_the_cause_of_every_order(acted):
    lines, truth = acted.read("orders"), pd.read_csv(acted.folder / "truths" / "orders_truth.csv")
    assert truth["order_id"].is_unique and set(truth["order_id"]) == set(
        lines.loc[lines["return_of"].isna(), "order_id"]
    )
    causes = truth["cause"].value_counts().to_dict()
    assert {cause: n for cause, n in causes.items() if ":" not in cause} == acted.story["orders"]
    for campaign in acted.story["campaigns"]:
        kind = "winback" if campaign["kind"] == "winback" else "campaign"
        assert causes[f"{kind}:{campaign['campaign_id']}"] == campaign["orders_added"] > 0
    assert acted.buyers["lost_cause"].value_counts().to_dict() == acted.story["lost"]


def arms(books: Books, kind: str, days: int = 30) -> tuple[pd.Series, pd.Series]:
    """Orders per treated and per control person within some days of the message, all campaigns of a kind together."""
    campaigns = books.read("campaigns", "starts")
    members = books.read("campaign_members").merge(campaigns[campaigns["kind"] == kind][["campaign_id", "starts"]])
    at = members.reset_index().merge(books.orders, on="customer_id")
    inside = (at["ordered_at"] > at["starts"] + pd.Timedelta(hours=24)) & (
        at["ordered_at"] < at["starts"] + pd.Timedelta(days=days)
    )
    count = at[inside].groupby("index").size().reindex(members.index, fill_value=0)
    return count[members["arm"] == "treated"], count[members["arm"] == "control"]


@pytest.mark.parametrize("kind", ["promotion", "points", "event", "winback"])
def test_a_campaign_adds_the_orders_it_is_planted_to_add(either, kind):
    treated, control = arms(either, kind)
    uplift = treated.mean() - control.mean()
    width = WIDE * np.sqrt(treated.var() / len(treated) + control.var() / len(control))
    assert uplift - width < getattr(either.effects, kind) < uplift + width
    if kind in ("promotion", "winback"):  # of the others there are too few
        assert (uplift - width > 0) == (either.effects != Effects.none())


def test_the_winback_returns_are_what_a_manager_would_count(either):
    """METRICS: a return = an order within 90 days of the contact; those who come by themselves cannot be won back."""
    treated, control = arms(either, "winback", 91)
    low, high = newcombe((treated > 0).sum(), len(treated), (control > 0).sum(), len(control))
    assert low < either.effects.winback * (control == 0).mean() < high


def complained(books: Books) -> pd.DataFrame:
    """Complaints since the first effect that are old enough: is_slow, and whether the buyer ordered in the 180 days after."""
    cases = books.read("complaints", "opened_at", "resolved_at")
    judged = cases["opened_at"] + pd.Timedelta(hours=company.SLOW_HOURS)
    cases = cases[(cases["opened_at"] >= FIRST_EFFECT) & (judged + pd.Timedelta(days=180) < END)].copy()
    cases["is_slow"] = ~((cases["resolved_at"] - cases["opened_at"]).dt.total_seconds() <= 3600 * company.SLOW_HOURS)
    own = books.orders[~books.orders["cause"].str.contains(BROUGHT_BACK)]
    at = cases.merge(own[["customer_id", "ordered_at"]], on="customer_id")
    after = (at["ordered_at"] - at["opened_at"]).dt.total_seconds() / 3600 - company.SLOW_HOURS
    returned = at.loc[(after > 0) & (after < 180 * 24), "complaint_id"]
    return cases.assign(has_returned=cases["complaint_id"].isin(returned))


def test_a_slow_complaint_drives_away_as_many_as_planted(either):
    cases = complained(either)
    slow, fast = cases[cases["is_slow"]], cases[~cases["is_slow"]]
    low, high = newcombe((~slow["has_returned"]).sum(), len(slow), (~fast["has_returned"]).sum(), len(fast))
    assert low < either.effects.complaint * fast["has_returned"].mean() < high


def test_the_truths_tell_who_left_because_of_a_complaint(acted):
    cases = acted.read("complaints", "opened_at", "resolved_at").set_index("complaint_id")
    driven = acted.buyers[acted.buyers["lost_cause"] == "complaint"]
    theirs = cases.loc[driven["complaint_id"]]
    assert (theirs["customer_id"].to_numpy() == driven.index).all()
    waited = (theirs["resolved_at"].fillna(END) - theirs["opened_at"]).dt.total_seconds() / 3600
    assert (waited >= company.SLOW_HOURS).all() and (theirs["opened_at"] >= FIRST_EFFECT).all()
    own = acted.orders[~acted.orders["cause"].str.contains(BROUGHT_BACK)].groupby("customer_id")["ordered_at"].max()
    lost = acted.buyers["lost_on"].dropna()
    assert (own[lost.index] < lost + pd.Timedelta(days=1)).all()
    reasons = acted.read("churn_reasons", "at").merge(acted.buyers, on="customer_id")
    assert reasons.groupby("lost_cause")["class"].agg(set).to_dict() == {
        cause: set(said) for cause, said in company.REASONS.items()
    }
    assert (reasons["at"] > reasons["lost_on"]).all()


def rates(books: Books) -> dict[bool, float]:
    """Repeat orders over the orders expected at each buyer's own rate, as a member and not, since the launch and until lost.

    With the sum of both, from which the interval of the ratio follows.
    """
    buyers = books.buyers.join(books.read("members", "joined_at").set_index("customer_id")["joined_at"])
    first = books.orders.groupby("customer_id")["ordered_at"].min()
    buyers["start"] = np.maximum(
        first.reindex(buyers.index).dt.normalize() + pd.Timedelta(days=1), pd.Timestamp(company.PROGRAMME_FROM)
    )
    buyers["end"] = (buyers["lost_on"] + pd.Timedelta(days=1)).fillna(END)
    buyers["joined_at"] = buyers["joined_at"].fillna(END)
    own = books.orders[~books.orders["cause"].str.contains(BROUGHT_BACK)].merge(buyers.reset_index(), on="customer_id")
    own = own[(own["ordered_at"] >= own["start"]) & (own["ordered_at"] < own["end"])]
    is_member = own["ordered_at"] >= own["joined_at"]
    found = {}
    for member in (True, False):
        start, end = (np.maximum(buyers["start"], buyers["joined_at"]), buyers["end"]) if member else (
            buyers["start"], np.minimum(buyers["end"], buyers["joined_at"]))  # fmt: skip
        weeks = np.maximum((end - start).dt.total_seconds() / 86400 / 7, 0)
        found[member] = ((is_member == member).sum(), (weeks * buyers["rate"]).sum())
    return found


def test_members_buy_more_by_the_planted_factor(either):
    (members, expected), (others, expected_of_others) = rates(either)[True], rates(either)[False]
    factor = (members / expected) / (others / expected_of_others)
    width = np.exp(WIDE * np.sqrt(1 / members + 1 / others))
    season = either.effects.season * 24 / (END - pd.Timestamp(company.PROGRAMME_FROM)).days  # acts on both alike
    assert factor / width < 1 + either.effects.programme / (1 + season) < factor * width
    assert others / expected_of_others == pytest.approx(1 + season, rel=0.03)


def test_the_gift_weeks_bring_more_orders(either):
    """December 2024 against November, over those who are not lost: the programme has not begun."""
    days = {"2024-11-01": 30, "2024-12-01": 24}
    found = {}
    first = either.orders.groupby("customer_id")["ordered_at"].min()
    for start, length in days.items():
        begin = pd.Timestamp(start)
        end = begin + pd.Timedelta(days=length)
        there = either.buyers[(first.reindex(either.buyers.index) < begin) & ~(either.buyers["lost_on"] < begin)]
        weeks = (there["lost_on"].fillna(END).clip(upper=end) - begin).dt.total_seconds() / 86400 / 7
        bought = either.orders["customer_id"].isin(there.index) & either.orders["ordered_at"].between(begin, end)
        found[start] = (bought.sum(), (weeks * there["rate"]).sum())
    (november, usual), (december, expected) = found.values()
    ratio, width = (december / expected) / (november / usual), np.exp(WIDE * np.sqrt(1 / november + 1 / december))
    assert ratio / width < 1 + either.effects.season < ratio * width


def test_prices_rise_and_goods_come_back_as_planted(either):
    lines = either.read("orders", "ordered_at")
    prices = lines.groupby(["sku", lines["ordered_at"].dt.year])["unit_price"].first().unstack()
    assert (prices[2026] / prices[2024]).median() == pytest.approx((1 + either.effects.price_rise) ** 2, abs=0.001)
    assert (prices[2024] == prices[2023]).all()
    sold = lines[
        (lines["status"] == "completed") & (lines["ordered_at"] >= FIRST_EFFECT) & (lines["ordered_at"] < "2026-10-01")
    ]
    back = lines.loc[lines["return_of"].notna(), ["return_of", "line_no"]]
    came_back = set(zip(back["return_of"], back["line_no"]))
    share = np.mean([line in came_back for line in zip(sold["order_id"], sold["line_no"])])
    assert share == pytest.approx(either.effects.returned, abs=0.002)


def test_satisfaction_follows_its_drivers_by_their_weights(acted):
    answers = acted.read("surveys")
    sheet = answers[answers["competitor"].isna()].pivot(index="response_id", columns="question", values="score")
    drivers = np.column_stack([np.ones(len(sheet)), *(sheet[name] for name in company.WEIGHTS)])
    found, residual, *_ = np.linalg.lstsq(drivers, sheet["overall"].to_numpy(), rcond=None)
    error = np.sqrt(residual[0] / len(sheet) * np.diag(np.linalg.inv(drivers.T @ drivers)))
    assert len(sheet) > 10_000
    assert np.all(np.abs(found[1:] - list(company.WEIGHTS.values())) < WIDE * error[1:] + 0.005)  # the scale ends at 5
    assert acted.story["satisfaction_weights"] == company.WEIGHTS
