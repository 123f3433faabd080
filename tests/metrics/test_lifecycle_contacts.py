"""Contacts by hand: what counts, who is due, held back, over the cap; birthdays; without interactions no zero."""

from datetime import date

import pandas as pd
import pytest

from crm_analytics import state
from crm_analytics.errors import CrmError
from crm_analytics.metrics import lifecycle
from crm_analytics.rules import Rules
from tests.rows import given, prepared

AS_OF = "2026-06-30"
RULES = Rules(
    contact_days={"active": 60, "silent": 30, "forgotten": 90, "lost": 0},
    contact_caps={"active": 2, "silent": 1, "forgotten": 1, "lost": 1},
)
ORDERS = """
    customer_id  order_id  ordered_at  amount
    met          1         2026-06-20  10
    owed         2         2026-06-20  20
    never        3         2026-06-20  30
    called       4         2026-06-20  40
    shy          5         2026-06-20  50
    silent       6         2026-05-01  60
    wooed        7         2026-05-01  70
    lost         8         2025-05-01  80
    gone         9         2025-05-01  90
"""
CUSTOMERS = """
    customer_id  name    owner  consent  birth_date
    met          Met     Ann    true     1990-07-01
    owed         Owed    Ann    true     1992-02-29
    never        Never   Bob    -        1985-07-30
    called       Called  -      true     1985-07-31
    shy          Shy     Bob    false    2026-07-05
    silent       Silent  Bob    true     1985-06-30
    wooed        Wooed   Ann    true     -
"""
INTERACTIONS = """
    customer_id  at                direction
    met          2026-05-02T10:00  out
    owed         2026-05-01T23:59  OUT
    called       2026-06-29        in
    called       2026-06-29        来电
    called       2026-06-29        Inbound
    shy          2026-06-25        out
    silent       2026-05-31        -
    silent       2026-06-01        outbound
    silent       2026-06-30T23:59  呼出
    wooed        2026-06-10        out
    wooed        2026-06-11        out
    wooed        2026-06-12        out
    lost         2026-05-31        out
    gone         2026-06-01        out
    gone         2026-07-01        out
"""


@pytest.fixture
def company(db):
    given(db, orders=ORDERS, customers=CUSTOMERS, interactions=INTERACTIONS)
    state.save_rules(db, RULES)
    return db


def policy(database, day=AS_OF) -> pd.DataFrame:
    return lifecycle.policy(*prepared(database, day)).set_index("stage")


def test_who_is_met_due_held_back_and_over_the_cap(company):
    found = policy(company)
    # active: met 59 days ago is in time, owed 60 days ago and never met are due; what called started itself is no contact of ours, so
    # he is due too; shy was met in time, though without consent.
    columns = ["customers", "contacted", "due", "held_back", "over_cap", "violations", "without_consent"]
    assert found.loc["active", columns].tolist() == [5, 2, 3, 0, 0, 0, 1]
    assert found.loc["silent", columns].tolist() == [2, 2, 0, 0, 2, 3, 0]  # silent: 2 of 1 within 30 days; wooed: 3
    assert found.loc["lost", columns].tolist() == [
        2,
        1,
        0,
        0,
        0,
        0,
        0,
    ]  # no regular contact: only gone was met within 30 days
    assert (
        found.coverage_rate.round(2).tolist()[:2] == [0.4, 1]
        and found.coverage_rate[["forgotten", "lost"]].isna().all()
    )


def test_what_each_owner_met_in_time_is_what_the_policy_counts(company):
    con, filters = prepared(company, AS_OF)
    kept = lifecycle.policy(con, filters).query("every_days > 0")
    found = lifecycle.owners(con, filters).set_index("owner", drop=False)
    assert found.contacted.sum() == kept.contacted.sum() == 4, "gone was met too, but no stage asks for it"
    assert found.due.sum() == kept.due.sum() and found.contacted["Ann"] == 2  # met and wooed


def test_every_customer_is_in_time_due_or_held_back(company):
    state.save_rules(
        company,
        Rules(contact_days={"active": 3, "silent": 3, "forgotten": 3, "lost": 3}, contact_caps=RULES.contact_caps),
    )
    found = policy(company)
    assert (found.contacted + found.due + found.held_back == found.customers).all()
    assert found.held_back.to_dict() == {
        "active": 1,
        "silent": 1,
        "forgotten": 0,
        "lost": 1,
    }  # shy; wooed and gone are at the cap


def test_the_due_list_by_value_and_by_how_long_overdue(company):
    con, filters = prepared(company, AS_OF)
    assert lifecycle.due(con, filters).customer_id.tolist() == ["called", "never", "owed"]
    overdue = lifecycle.due(con, filters, order_by="overdue")
    assert overdue.customer_id.tolist() == ["owed", "called", "never"]
    assert overdue.days_overdue.tolist()[0] == 0 and overdue.days_overdue.isna().tolist() == [False, True, True]
    assert lifecycle.due(con, filters, owner="Ann").customer_id.tolist() == ["owed"]
    assert lifecycle.due(con, filters, stage="silent").empty
    assert lifecycle.due(con, filters, limit=1, offset=1).customer_id.tolist() == ["never"]
    assert [lifecycle.due_size(con, filters, owner=owner) for owner in ("", "Ann", "Bob")] == [3, 1, 1]
    by_owner = lifecycle.owners(con, filters)
    assert by_owner.due.sum() == 3 and by_owner.customers.sum() == 9
    assert by_owner.set_index(by_owner.owner.fillna("-")).due.to_dict() == {"Ann": 1, "Bob": 1, "-": 1}


def test_the_guard_says_from_when_one_more_keeps_to_the_cap(company):
    found = lifecycle.fatigue(*prepared(company, AS_OF)).set_index("customer_id")
    assert found.index.tolist() == ["wooed", "silent"]
    assert found.above.to_dict() == {"wooed": 2, "silent": 1}
    # With a cap of 1 the latest contact must be 30 days old; wooed's of 12 June is on 12 July.
    assert found.free_on.dt.strftime("%Y-%m-%d").to_dict() == {"wooed": "2026-07-12", "silent": "2026-07-30"}
    given(company, orders="customer_id order_id ordered_at amount\n wooed 10 2026-07-12 5")
    later = lifecycle.due(*prepared(company, "2026-07-12"))
    assert "wooed" not in later.customer_id.tolist()  # just met; but free again:
    assert lifecycle.fatigue(*prepared(company, "2026-07-12")).empty


def test_the_day_in_the_past_knows_nothing_of_later_contacts(company):
    found = policy(company, "2026-05-01")
    assert (
        found.contacted.sum() == 0 and found.loc["active", "due"] == 2
    )  # of owed's contact that day, owed has not ordered yet
    early = policy(company, "2026-04-30")
    assert early.contacted.isna().all() and set(early.note) == {"needs_interactions"}


def test_lost_customers_hear_of_promotions_only(company):
    given(
        company,
        interactions="""
        customer_id  at          direction  purpose
        lost         2026-06-20  out        Promotion
        lost         2026-06-21  out        care
        lost         2026-06-22  in         question
        gone         2026-06-22  out        促销
        gone         2026-05-31  out        care
        met          2026-06-22  out        care
        """,
    )
    assert policy(company).off_purpose.tolist() == [0, 0, 0, 1]  # what states no purpose is not judged
    state.save_rules(company, Rules(lost_purposes=("CARE ",)))
    assert policy(company).off_purpose.tolist() == [0, 0, 0, 2]
    state.save_rules(company, Rules(lost_purposes=()))
    assert policy(company).off_purpose.tolist() == [0, 0, 0, 0]


def test_without_contacts_nothing_is_zero(db):
    given(db, orders=ORDERS)
    con, filters = prepared(db, AS_OF)
    found = lifecycle.policy(con, filters)
    assert found.customers.tolist() == [5, 2, 0, 2]
    assert found[["contacted", "due", "coverage_rate", "over_cap", "violations"]].isna().all(axis=None)
    assert not lifecycle.basis(con, filters).has_contacts.iloc[0]
    for refused, code in ((lifecycle.due, "E_NO_CONTACTS"), (lifecycle.fatigue, "E_NO_CONTACTS"), (lifecycle.owners, "E_NO_CONTACTS"),
                          (lifecycle.birthdays, "E_NO_BIRTHDAYS"), (lifecycle.greetings, "E_NO_BIRTHDAYS")):  # fmt: skip
        with pytest.raises(CrmError) as refusal:
            refused(con, filters)
        assert refusal.value.code == code


def test_contacts_of_a_number_that_was_merged_are_the_persons(company):
    given(
        company,
        orders="customer_id order_id ordered_at amount\n owed2 11 2026-06-20 5",
        interactions="customer_id at\n owed2 2026-06-20",
    )
    state.merge_customers(company, "owed2", "owed")
    assert "owed" not in lifecycle.due(*prepared(company, AS_OF)).customer_id.tolist()


def test_coming_birthdays(company):
    con, filters = prepared(company, AS_OF)
    found = lifecycle.birthdays(con, filters, ahead=30)
    assert found.customer_id.tolist() == ["met", "never"]  # 1 and 30 July; not the 31st, not yet born, not today's
    assert found.days_until.tolist() == [1, 30] and found.age.tolist() == [36, 41]
    assert lifecycle.birthdays_size(con, filters, ahead=31) == 3
    assert lifecycle.birthdays(con, filters, ahead=7).customer_id.tolist() == ["met"]
    row = lifecycle.greetings(con, filters).iloc[0]
    assert (row.birthdays, row.contacted) == (1, 1)  # silent's, today, was called today
    with pytest.raises(CrmError):
        lifecycle.birthdays(con, filters, ahead=0)


@pytest.mark.parametrize(("day", "kept_on"), [("2027-02-01", date(2027, 2, 28)), ("2028-02-01", date(2028, 2, 29))])
def test_a_leap_days_birthday_is_kept_each_year(company, day, kept_on):
    found = lifecycle.birthdays(*prepared(company, day), ahead=30)
    assert found.customer_id.tolist() == ["owed"]
    assert found.birthday.dt.date.tolist() == [kept_on]


def test_birthdays_go_on_over_the_turn_of_the_year(db):
    given(
        db,
        customers="customer_id birth_date\n a 2000-01-02\n b 2000-12-31",
        orders="customer_id order_id ordered_at amount\n a 1 2026-12-01 5\n b 2 2026-12-01 5",
    )
    found = lifecycle.birthdays(*prepared(db, "2026-12-30"), ahead=7)
    assert found.customer_id.tolist() == ["b", "a"] and found.age.tolist() == [26, 27]


@pytest.mark.parametrize(
    "wrong", [{"active": 1}, {**RULES.contact_days, "lost": -1}, {**RULES.contact_days, "lost": 1.5}]
)
def test_a_policy_that_cannot_be_meant_is_refused(db, wrong):
    for name in ("contact_days", "contact_caps"):
        with pytest.raises(CrmError) as refusal:
            state.save_rules(db, Rules(**{name: wrong}))
        assert refusal.value.code == "E_RULE"


def test_rules_of_an_older_version_get_the_usual_policy(db):
    with db.writing() as con:
        con.execute(
            "insert into made values ('rules', 'company', 1, now() at time zone 'UTC', '{\"company_name\": \"Old\"}')"
        )
    assert state.rules(db.cursor()).contact_days == Rules().contact_days
