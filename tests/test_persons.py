"""Who counts as whom: one person's several numbers, customers joined by hand and parted again, customers who are not ranked."""

from datetime import date

import pytest

from crm_analytics import state
from crm_analytics.database import checksums
from crm_analytics.errors import CrmError
from tests.rows import given, kpis, prepared, read, snapshot_of

ORDERS = """
customer_id  order_id  ordered_at  amount
n1           1         2026-01-05  10
n2           2         2026-02-05  20
b            3         2026-03-05  40
-            4         2026-03-06  80
"""
PERSONS = """
customer_id  person_id  name  city
n1           p          Ana   Oslo
n2           p          Ann   Bergen
b            -          Bo    -
"""


def revenues(db) -> dict:
    return {row.Index: (row.orders, float(row.revenue)) for row in snapshot_of(db, "2026-06-30").itertuples()}


def numbers(db) -> list[tuple]:
    return read(db, "select customer_id, number from known_as order by all")


@pytest.mark.parametrize("first", ["customers", "orders"])
def test_two_numbers_of_one_person_are_one_customer_whatever_comes_first(db, first):
    tables = {"customers": PERSONS, "orders": ORDERS}
    given(db, **{first: tables.pop(first)})
    given(db, **tables)
    assert revenues(db) == {"p": (2, 30.0), "b": (1, 40.0)}
    assert kpis(db, "2026-06-30").loc["repurchase_rate", ["value", "n"]].tolist() == [0.5, 2]
    assert read(db, "select customer_id, name, city from customer_profile order by 1") == [
        ("b", "Bo", None),
        ("p", "Ann", "Bergen"),
    ]
    assert numbers(db) == [("b", "b"), ("p", "n1"), ("p", "n2"), ("p", "p")]


def test_merged_customers_are_one_and_part_again_to_the_row(db):
    given(db, orders=ORDERS, customers=PERSONS)
    before = checksums(db.cursor())
    state.merge_customers(db, "n1", "b")
    assert revenues(db) == {"b": (3, 70.0)}
    assert numbers(db) == [("b", "b"), ("b", "n1"), ("b", "n2"), ("b", "p")]
    assert state.merges(db.cursor())[["customer_id", "into_id"]].values.tolist() == [["p", "b"]]
    state.unmerge_customer(db, "p")
    assert checksums(db.cursor()) == before


def test_a_merge_into_one_who_is_merged_later_follows(db):
    given(db, orders=ORDERS)
    state.merge_customers(db, "n1", "n2")
    state.merge_customers(db, "n2", "b")
    assert revenues(db) == {"b": (3, 70.0)}
    state.unmerge_customer(db, "n2")
    assert revenues(db) == {"b": (1, 40.0), "n2": (2, 30.0)}


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [("n1", "n2", "E_MERGE_SAME"), ("b", "b", "E_MERGE_SAME"), ("b", "x", "E_CUSTOMER"), ("x", "b", "E_CUSTOMER")],
)
def test_what_cannot_be_merged_is_said_and_changes_nothing(db, one, other, code):
    given(db, orders=ORDERS, customers=PERSONS)
    before = checksums(db.cursor())
    with pytest.raises(CrmError) as refusal:
        state.merge_customers(db, one, other)
    assert refusal.value.code == code and checksums(db.cursor()) == before
    with pytest.raises(CrmError, match="not merged"):
        state.unmerge_customer(db, "b")


def test_answers_complaints_and_attributes_follow_the_person(db):
    given(
        db,
        orders=ORDERS,
        customers=PERSONS,
        surveys="""
        customer_id  answered_at  score  order_id
        n1           2026-04-01   5      -
        n2           2026-04-02   2      -
        -            2026-04-03   4      3
        """,
        complaints="""
        complaint_id  customer_id  opened_at
        1             n2           2026-04-02
        """,
        members="""
        customer_id  tier    joined_at
        n1           silver  2025-01-01
        n2           gold    2025-03-01
        """,
    )
    seen = snapshot_of(db, "2026-06-30")
    assert seen.loc["p", ["satisfaction", "is_satisfied", "complaints", "open_complaints"]].tolist() == [2, False, 1, 1]
    assert seen.loc["b", ["satisfaction", "is_satisfied", "complaints", "open_complaints"]].tolist() == [4, True, 0, 0]
    assert read(db, "select customer_id, member_tier, joined_at from customer_profile order by 1") == [
        ("b", None, None),
        ("p", "gold", date(2025, 1, 1)),
    ]


def test_a_customer_who_is_not_ranked_counts_for_the_company_alone(db):
    given(db, orders=ORDERS, customers=PERSONS)
    company = kpis(db, "2026-06-30")
    before = checksums(db.cursor())
    assert state.set_ranked(db, ["n2"], False, " staff ") == 1
    assert revenues(db) == {"b": (1, 40.0)}
    now = kpis(db, "2026-06-30")
    for name in ("revenue", "orders", "margin", "average_order_value"):
        assert now.loc[name, "value"] == company.loc[name, "value"] or name == "margin"
    assert (now.loc["identified_revenue", "value"], company.loc["identified_revenue", "value"]) == (40, 70)
    assert now.loc["active_customers", "value"] == 1
    assert state.unranked(db.cursor())[["customer_id", "name", "reason"]].values.tolist() == [["p", "Ann", "staff"]]
    assert ("p", "n1") in numbers(db), "the person and the numbers stay known"
    assert state.set_ranked(db, ["p"], True) == 0
    assert checksums(db.cursor()) == before


def test_one_who_is_not_ranked_and_is_then_merged_counts_once_and_for_the_other(db):
    given(db, orders=ORDERS)
    state.set_ranked(db, ["n1"], False)
    state.merge_customers(db, "n1", "b")
    assert revenues(db) == {"b": (2, 50.0), "n2": (1, 20.0)}
    assert kpis(db, "2026-06-30").loc["revenue", "value"] == 150


def test_the_latest_file_says_whose_number_it_is(db):
    given(db, orders=ORDERS, customers="customer_id person_id\nn1 p\nn1 q\nn2 q")
    assert revenues(db) == {"q": (2, 30.0), "b": (1, 40.0)}


def test_one_who_never_bought_and_is_not_ranked_is_no_prospect(db):
    given(db, orders=ORDERS, customers=PERSONS + "z - Zoe -\n")
    assert "z" in snapshot_of(db, "2026-06-30").index
    state.set_ranked(db, ["z"], False)
    assert "z" not in snapshot_of(db, "2026-06-30").index


def test_marks_and_merges_outlive_the_data(db):
    given(db, orders=ORDERS)
    state.merge_customers(db, "n1", "b")
    with db.writing() as con:
        con.execute("delete from orders")
    given(db, orders=ORDERS)
    assert revenues(db) == {"b": (2, 50.0), "n2": (1, 20.0)}


def test_an_order_of_two_numbers_of_one_person_is_one_order_of_items(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at
        n1           7         2026-01-05
        n2           7         2026-01-05
        """,
        order_items="""
        order_id  line_no  amount
        7         1        10
        7         2        5
        """,
        customers=PERSONS,
    )
    assert revenues(db)["p"] == (1, 15.0)


def test_the_choice_by_a_column_of_the_customers_own_file_follows_the_person(db):
    given(db, orders=ORDERS, customers=PERSONS)
    with db.writing() as con:
        con.execute(
            "insert into customer_attributes values ('n1', 'hat', 'red', 1, 1), ('n2', 'hat', 'blue', 1, 2), ('b', 'hat', 'red', 1, 3)"
        )
    con, _ = prepared(db, "2026-06-30", where=(("hat", ("blue",)),))
    assert con.execute("select customer_id from chosen").fetchall() == [("p",)]
