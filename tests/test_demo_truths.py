"""The made-up company's sample and its truths: what is committed is what is made, and the models find what was planted."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crm_analytics import demo
from crm_analytics.demo import company, truths, world
from crm_analytics.demo.effects import Effects
from crm_analytics.stats import btyd

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
NAMES = ["r", "alpha", "a", "b", "p", "q", "gamma"]


def files(folder: Path) -> dict[str, Path]:
    return {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def story():
    return json.loads((SAMPLE / "truths" / "truths.json").read_text("utf-8"))


def test_the_sample_is_what_the_generator_makes(tmp_path):
    demo.write(tmp_path)
    made, committed = files(tmp_path), files(SAMPLE)
    assert set(made) == set(committed)
    assert [name for name, path in made.items() if path.read_bytes() != committed[name].read_bytes()] == []


def test_the_sample_is_small_and_complete():
    assert sum(path.stat().st_size for path in files(SAMPLE).values()) < 8_000_000
    assert set(files(SAMPLE)) == {f"{name}.csv" for name in demo.TABLES} | {
        "truths/truths.json", "truths/orders_truth.csv", "truths/customers_truth.csv"
    }  # fmt: skip


def test_the_truths_state_the_parameters_of_the_world(story):
    stated = [story["base"][name] for name in NAMES]
    assert stated == [company.R, company.ALPHA, company.A, company.B, company.P, company.Q, company.GAMMA]
    assert {name: effect["size"] for name, effect in story["effects"].items() if name != "about"} == vars(Effects())
    assert (story["people"], story["seed"]) == (3000, 1)
    assert story["population"] == truths.POPULATION


def test_the_events_tell_the_story_of_the_complaints():
    cases = pd.read_csv(
        SAMPLE / "complaints.csv", parse_dates=["opened_at", "first_response_at", "resolved_at", "closed_at"]
    )
    log = pd.read_csv(SAMPLE / "complaint_events.csv", parse_dates=["at"])
    cases = cases.set_index("complaint_id")
    assert set(log["complaint_id"]) == set(cases.index) and log["at"].is_monotonic_increasing
    assert set(log["event"]) == {"opened", "assigned", "responded", "resolved", "reopened", "closed"}
    times = log.groupby(["event", "complaint_id"])["at"].max().unstack("event").reindex(cases.index)
    assert times["opened"].equals(cases["opened_at"].rename("opened"))
    for event, column in {"responded": "first_response_at", "closed": "closed_at"}.items():
        pd.testing.assert_series_equal(times[event], cases[column], check_names=False)
    times["resolved"] = times["resolved"].where(~(times["reopened"] >= times["resolved"]))
    pd.testing.assert_series_equal(times["resolved"], cases["resolved_at"], check_names=False)
    reopened = log[log["event"] == "reopened"].groupby("complaint_id").size().reindex(cases.index, fill_value=0)
    assert (reopened == cases["reopened_count"]).all() and reopened.sum() > 20
    assert (cases["status"] == "open").equals(cases["resolved_at"].isna()) and (cases["status"] == "open").sum() > 10


def models(folder: Path, as_of: str) -> tuple[btyd.Fit, btyd.Fit]:
    """Both models of a company's exports as of a day; purchase occasions by METRICS, in plain pandas."""
    wanted = ["customer_id", "ordered_at", "quantity", "amount", "status", "return_of"]
    lines = pd.read_csv(folder / "orders.csv", usecols=wanted, parse_dates=["ordered_at"])
    lines = lines[lines["customer_id"].notna() & (lines["status"] != "cancelled")]
    bought = lines[lines["return_of"].isna() & (lines["quantity"] >= 0) & (lines["amount"] >= 0)]
    bought = bought.assign(day=bought["ordered_at"].dt.normalize())
    days = bought[bought["day"] <= as_of].groupby(["customer_id", "day"], as_index=False)["amount"].sum()
    by_customer = days.groupby("customer_id")["day"]
    first, last, count = by_customer.min(), by_customer.max(), by_customer.count()
    orders = btyd.bg_nbd(count - 1, (last - first).dt.days / 7, (pd.Timestamp(as_of) - first).dt.days / 7)
    repeats = days[(days["day"] > by_customer.transform("min")) & (days["amount"] > 0)].groupby("customer_id")["amount"]
    return orders, btyd.gamma_gamma(repeats.count(), repeats.mean())


def test_the_models_find_the_base_process_as_of_the_day_before_the_first_effect(tmp_path, story):
    demo.write(tmp_path, 20_000, 11)
    for fit in models(tmp_path, story["model_as_of"]):
        off = [np.log(value / story["base"][name]) for name, value in fit.values.items()]
        assert np.all(np.abs(off) < 3.5 * np.sqrt(np.diag(fit.covariance)))


@pytest.mark.long
def test_long_planted_parameters_lie_in_their_intervals(tmp_path, story):
    """Of 100 companies of the default size, at least 85 hold each planted parameter in its 95 % interval."""
    found = []
    for seed in range(1000, 1100):
        demo.write(tmp_path, 3000, seed)
        orders, spend = models(tmp_path, story["model_as_of"])
        intervals = orders.intervals() | spend.intervals()
        found.append(
            {name: low is not None and low <= story["base"][name] <= high for name, (low, high) in intervals.items()}
        )
    covered = pd.DataFrame(found).sum()
    print(covered.to_dict())
    assert list(covered.index) == NAMES
    assert (covered >= 85).all(), covered.to_dict()


def test_the_tiers_of_a_sample_are_those_of_the_population():
    found = truths.population(20_000, seed=3, group_size=10_000)["tiers"]
    for tier, off in {"top": 0.15, "big": 0.06, "medium": 0.05, "small": 0.03}.items():
        assert found[tier]["mean_revenue"] == pytest.approx(truths.POPULATION["tiers"][tier]["mean_revenue"], rel=off)


@pytest.mark.long
def test_long_the_population_is_made_again():
    assert truths.population() == truths.POPULATION


def test_the_tiers_of_a_population_by_eye(monkeypatch):
    """Seven customers make 1 / 0 / 0 / 6; the cancelled line and the one of last year do not count, the return does."""
    lines = pd.DataFrame({
        "customer_id": ["a", "a", "b", "c", "d", "e", "f", "g", "h", None],
        "ordered_at": pd.to_datetime(["2026-01-01"] * 6 + ["2025-11-01", "2026-10-31", "2025-10-31", "2026-01-01"]),
        "amount": [100.0, -10, 20, 30, 40, 50, 10, 60, 500, 900],
        "status": ["completed"] * 10,
    })  # fmt: skip
    gone = lines.iloc[[0]].assign(customer_id="x", status="cancelled")
    monkeypatch.setattr(truths.goods, "lines", lambda *_: pd.concat([lines, gone]))
    monkeypatch.setattr(truths, "live", lambda *_: world.Group(*[None] * 7))
    assert truths.population(1, group_size=1)["tiers"] == {
        "top": {"customers": 1, "mean_revenue": 90.0},
        "big": {"customers": 0, "mean_revenue": None},
        "medium": {"customers": 0, "mean_revenue": None},
        "small": {"customers": 6, "mean_revenue": 35.0},
    }
