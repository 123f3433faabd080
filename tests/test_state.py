"""Rules: their defaults, their versions, what they rebuild, what they refuse, and that they outlive the data."""

import pytest

from crm_analytics import state
from crm_analytics.database import data_version, open_database
from crm_analytics.errors import CrmError
from crm_analytics.i18n import LANGUAGES, translator
from crm_analytics.rules import Rules
from tests.rows import given, read


def test_nobody_has_changed_them_yet(db):
    assert state.rules(db.cursor()) == Rules()
    assert state.rules_history(db.cursor()).empty
    assert set(read(db, "select status from excluded_statuses")) == {(status,) for status in Rules().excluded_statuses}


def test_what_is_saved_is_in_force_and_comes_back_whole(db):
    new = Rules(
        company_name="晨星",
        currency="GBP",
        time_zone="Europe/London",
        fiscal_year_start=4,
        excluded_statuses=("void",),
        tier_shares=(0.02, 0.05, 0.2),
        lifecycle_days=(15, 60, 200),
        targets={"nps": 40.5},
    )
    assert state.save_rules(db, new) == 1
    assert state.rules(db.cursor()) == new


def test_each_change_is_a_version_that_says_what_it_changed(db):
    state.save_rules(db, Rules(currency="EUR"))
    state.save_rules(db, Rules(currency="EUR", tier_shares=(0.05, 0.05, 0.1)))
    state.save_rules(db, Rules())
    history = state.rules_history(db.cursor())
    assert history["version"].tolist() == [3, 2, 1]
    assert history["changes"].tolist() == [["currency", "tier_shares"], ["tier_shares"], ["currency"]]
    assert history["saved_at"].is_monotonic_decreasing


def test_a_change_is_a_new_version_of_the_data(db):
    before = data_version(db.cursor())
    state.save_rules(db, Rules(currency="EUR"))
    assert data_version(db.cursor()) == before + 1


def test_excluded_statuses_are_no_order_and_no_revenue(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount  status
        a            1         2026-06-01  10      Cancelled
        a            2         2026-06-02  20      refunded
        a            3         2026-06-03  40      completed
        """,
    )
    assert read(db, "select sum(orders), sum(revenue) from company_days") == [(2, 60)]
    state.save_rules(db, Rules(excluded_statuses=(" Refunded ", "Completed")))
    assert read(db, "select sum(orders), sum(revenue) from company_days") == [(1, 10)]
    state.save_rules(db, Rules(excluded_statuses=()))
    assert read(db, "select sum(orders), sum(revenue) from company_days") == [(3, 70)]


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    database = open_database(tmp_path_factory.mktemp("untouched") / "crm.duckdb")
    yield database
    database.close()


@pytest.mark.parametrize(
    "rule, value",
    [
        ("tier_shares", (0, 0, 0)),
        ("tier_shares", (0.5, 0.4, 0.1)),
        ("tier_shares", (-0.1, 0.2, 0.3)),
        ("tier_shares", (float("nan"), 0.1, 0.1)),
        ("tier_shares", (0.1, 0.2)),
        ("lifecycle_days", (0, 1, 2)),
        ("lifecycle_days", (30, 30, 180)),
        ("lifecycle_days", (91, 31, 180)),
        ("lifecycle_days", (31, 91)),
        ("fiscal_year_start", 0),
        ("fiscal_year_start", 13),
    ],
    ids=str,
)
def test_rules_that_cannot_be_meant_are_refused_and_nothing_changes(untouched, rule, value):
    before = data_version(untouched.cursor())
    with pytest.raises(CrmError) as refused:
        state.save_rules(untouched, Rules(**{rule: value}))
    assert refused.value.code == "E_RULE" and refused.value.params["name"] == rule
    assert [language for language in LANGUAGES if rule in refused.value.sentence(translator(language))] == []
    assert state.rules(untouched.cursor()) == Rules() and data_version(untouched.cursor()) == before


def test_rules_survive_a_restart(tmp_path):
    first = open_database(tmp_path / "crm.duckdb")
    state.save_rules(first, Rules(company_name="晨星", excluded_statuses=("void",)))
    first.close()
    again = open_database(tmp_path / "crm.duckdb")
    assert state.rules(again.cursor()).company_name == "晨星"
    assert read(again, "select status from excluded_statuses") == [("void",)]
    again.close()


def test_rules_of_another_version_of_the_product_are_read_by_the_names_known(db):
    with db.writing() as con:
        con.execute(
            """insert into made values ('rules', 'company', 1, now() at time zone 'UTC', '{"currency": "CNY", "tomorrow": 1}')"""
        )
    assert state.rules(db.cursor()) == Rules(currency="CNY")


def test_a_score_is_kept_by_name_and_every_version_of_it(db):
    before = data_version(db.cursor())
    assert state.save_score(db, " loyal ", {"weights": "orders=1"}) == 1
    assert state.save_score(db, "loyal", {"weights": "orders=2"}) == 2
    assert state.save_score(db, "rich", {"weights": "revenue=1"}) == 1
    found = state.scores(db.cursor())
    assert [(each["name"], each["version"], each["weights"]) for each in found] == [
        ("rich", 1, "revenue=1"), ("loyal", 2, "orders=2"), ("loyal", 1, "orders=1")]  # fmt: skip
    assert data_version(db.cursor()) == before, "no number depends on it"
    state.delete_score(db, "loyal")
    assert [each["name"] for each in state.scores(db.cursor())] == ["rich"]
    with pytest.raises(CrmError) as refusal:
        state.save_score(db, "  ", {})
    assert refusal.value.code == "E_SCORE_NAME"
