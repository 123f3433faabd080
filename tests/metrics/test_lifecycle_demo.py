"""The lifecycle of the made-up company against plain pandas on its own exports, and against what is true of it."""

from pathlib import Path

import pandas as pd
import pytest

from crm_analytics import importing
from crm_analytics.database import open_database
from crm_analytics.metrics import lifecycle
from crm_analytics.rules import Rules
from tests.rows import prepared

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
FILES = ("orders", "customers", "surveys", "complaints", "interactions")
DAYS = ("2026-10-31", "2025-03-15")
STAGES = ("active", "silent", "forgotten", "lost")


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    database = open_database(tmp_path_factory.mktemp("lifecycle") / "crm.duckdb")
    importing.apply_plan(database, importing.plan_import(database, [SAMPLE / f"{name}.csv" for name in FILES]))
    yield database
    database.close()


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    """One row per order: customer_id, order_id, at, day."""
    lines = pd.read_csv(SAMPLE / "orders.csv")
    lines = lines[(lines.status != "cancelled") & lines.customer_id.notna()]
    found = (
        lines.groupby(["customer_id", "order_id"]).agg(at=("ordered_at", "min"), best=("amount", "max")).reset_index()
    )
    found = found[found.best > 0].assign(at=lambda rows: pd.to_datetime(rows["at"]))
    return found.assign(day=found["at"].dt.normalize()).sort_values(["customer_id", "at"], ignore_index=True)


def stages_on(orders: pd.DataFrame, day: str) -> pd.Series:
    """Each customer's stage by plain days."""
    last = orders[orders.day <= day].groupby("customer_id").day.max()
    return pd.cut((pd.Timestamp(day) - last).dt.days, [-1, 30, 90, 179, 10_000], labels=STAGES).astype(str)


@pytest.mark.parametrize("day", DAYS)
def test_stages_and_flows(database, orders, day):
    con, filters = prepared(database, day)
    found = lifecycle.stages(con, filters).set_index("stage")
    assert found.customers.to_dict() == stages_on(orders, day).value_counts().to_dict()
    first = found.from_date.iloc[0]
    both = pd.DataFrame({"now": stages_on(orders, day), "then": stages_on(orders, str(first))})
    expected = both.then.fillna("new").groupby([both.then.fillna("new"), both.now]).size()
    flows = lifecycle.flows(con, filters)
    flows = flows[flows.customers > 0].set_index(["from_stage", "to_stage"]).customers
    assert flows.to_dict() == expected.to_dict()
    assert (found.customers == found.customers_then + found.entered - found.left).all()


@pytest.mark.parametrize("day", DAYS)
def test_the_ladder_of_satisfying_orders(database, orders, day):
    end = pd.Timestamp(day) + pd.Timedelta(days=1)
    complaints = pd.read_csv(SAMPLE / "complaints.csv", parse_dates=["opened_at"])
    complaints = complaints[complaints.opened_at < end]
    answers = pd.read_csv(SAMPLE / "surveys.csv", parse_dates=["answered_at"])
    answers = answers[(answers.question == "overall") & answers.competitor.isna() & (answers.answered_at < end)]
    assert complaints.order_id.notna().all() and answers.order_id.notna().all()
    last = answers.sort_values("answered_at").groupby("order_id").score.last()
    placed = orders[orders.day <= day].copy()
    placed["complained"] = placed.order_id.isin(complaints.order_id)
    placed["score"] = placed.order_id.map(last)
    is_bad = placed.complained | (placed.score < 4)
    is_known = (placed.day >= complaints.opened_at.min().normalize()) | placed.score.notna() | is_bad
    row = lifecycle.judged(*prepared(database, day)).iloc[0]
    assert (row.orders, row.unsatisfying, row.unknown) == (len(placed), is_bad.sum(), (~is_known).sum())
    assert (row.complained, row.scored_low, row.surveyed) == (
        placed.complained.sum(),
        (placed.score < 4).sum(),
        placed.score.notna().sum(),
    )
    good = placed[is_known & ~is_bad].copy()
    good["step"] = good.groupby("customer_id").cumcount() + 1
    good["gap"] = (good.groupby("customer_id").day.shift(-1) - good.day).dt.days
    found = lifecycle.ladder(*prepared(database, day), kind="satisfying").set_index("orders")
    for step in range(1, 6):
        here = good[good.step == step]
        old = here[here.day <= pd.Timestamp(day) - pd.Timedelta(days=180)]
        assert found.customers[step] == len(here)
        assert found.conversion_rate[step] == pytest.approx(here.gap.notna().mean())
        assert found.median_days[step] == here.gap.median()
        assert found.observed[step] == len(old) and found.observed_rate[step] == pytest.approx((old.gap <= 180).mean())


@pytest.mark.parametrize("day", DAYS)
def test_the_contact_policy(database, orders, day):
    contacts = pd.read_csv(SAMPLE / "interactions.csv", parse_dates=["at"])
    contacts = contacts[(contacts.direction == "out") & (contacts["at"].dt.normalize() <= day)]
    contacts["days"] = (pd.Timestamp(day) - contacts["at"].dt.normalize()).dt.days
    people = stages_on(orders, day).rename("stage").to_frame()
    people["last"] = contacts.groupby("customer_id").days.min()
    people["recent"] = contacts[contacts.days < 30].groupby("customer_id").size()
    people["consent"] = (
        pd.read_csv(SAMPLE / "customers.csv").set_index("customer_id").consent.map({"yes": True, "no": False})
    )
    people = people.fillna({"recent": 0})
    rules, found = Rules(), lifecycle.policy(*prepared(database, day)).set_index("stage")
    for stage in STAGES[:3]:
        group = people[people.stage == stage]
        in_time = group["last"] < rules.contact_days[stage]
        is_due = ~in_time & (group.consent != False) & (group.recent < rules.contact_caps[stage])  # noqa: E712
        above = (group.recent - rules.contact_caps[stage]).clip(lower=0)
        expected = [len(group), in_time.sum(), is_due.sum(), (~in_time & ~is_due).sum(), (above > 0).sum(), above.sum()]
        assert (
            found.loc[stage, ["customers", "contacted", "due", "held_back", "over_cap", "violations"]].tolist()
            == expected
        )


def test_the_lost_stage_finds_those_who_are_truly_gone(database):
    """Nobody sees a customer leave. Of those who left at least 180 days ago nearly all are called lost, and the colder the
    stage, the more of it have left."""
    con, _ = prepared(database, DAYS[0])
    stage = (
        con.execute("select customer_id, stage from snapshot where stage is not null")
        .df()
        .set_index("customer_id")
        .stage
    )
    lost_on = (
        pd.read_csv(SAMPLE / "truths" / "customers_truth.csv", parse_dates=["lost_on"]).set_index("customer_id").lost_on
    )
    lost_on = lost_on.reindex(stage.index)
    long_gone = lost_on <= pd.Timestamp(DAYS[0]) - pd.Timedelta(days=180)
    assert (stage[long_gone] == "lost").mean() > 0.9
    gone = (lost_on <= DAYS[0]).groupby(stage).mean()[list(STAGES)]
    assert gone.is_monotonic_increasing and gone["active"] < 0.1 and gone["lost"] > 0.7
