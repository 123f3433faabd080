"""Whom a reader can choose: columns, ages, main channel, facts; two days side by side; a company without orders."""

from datetime import date, datetime

import pytest

from crm_analytics import snapshot, state
from crm_analytics.errors import CrmError
from crm_analytics.rules import Rules
from tests.rows import given, kpis, prepared, read, snapshot_of

ORDERS = """
customer_id  order_id  ordered_at  amount  channel  category  sku  quantity
a            1         2026-01-05  10      shop     soap      S1   1
a            2         2026-02-05  30      web      oil       S2   1
a            3         2025-02-05  90      shop     soap      S1   1
b            4         2026-02-05  20      shop     soap      S1   2
c            5         2025-01-05  20      web      -         S2   2
-            6         2026-02-06  99      phone    wax       S3   1
"""
PEOPLE = """
customer_id  birth_date  region
a            2001-07-01  north
b            1961-06-30  south
c            -           north
"""


def chosen(db, **where) -> list[str]:
    con, _ = prepared(
        db, "2026-06-30", where=tuple((column, tuple(values.split())) for column, values in where.items())
    )
    return [customer for (customer,) in con.execute("select customer_id from chosen order by 1").fetchall()]


@pytest.fixture
def shop(db):
    given(db, orders=ORDERS, customers=PEOPLE)
    return db


def test_the_choices_are_what_the_data_fill(shop):
    found = snapshot.choices(shop.cursor())
    assert found["region"] == ["north", "south"] and found["channel"] == ["shop", "web", "phone"]
    assert found["category"] == ["soap", "oil", "wax"] and found["age_band"][1] == "25-34"
    assert "brand" not in found and "gender" not in found


@pytest.mark.parametrize(
    ("where", "whom"),
    [
        ({"channel": "web"}, ["a", "c"]),  # a: 30 on the web, 10 in the shop, the 90 of last year do not count; c left
        ({"channel": "shop"}, ["b"]),
        ({"channel": "phone"}, []),  # nobody's
        ({"category": "oil soap"}, ["a", "b"]),
        ({"age_band": "0-24"}, ["a"]),  # 24 until tomorrow
        ({"age_band": "65+"}, ["b"]),  # 65 today
        ({"region": "north", "channel": "web", "is_active": "yes"}, ["a"]),
        ({"has_ordered": "yes"}, ["a", "b"]),
        ({"has_repeated": "yes"}, ["a"]),
        ({"has_repeated": "no"}, ["b", "c"]),
        ({"is_active_before": "yes", "is_active": "no"}, ["c"]),
        ({"is_new": "yes no"}, ["a", "b", "c"]),
        ({"is_satisfied": "no"}, []),  # nobody was asked
        ({"has_answered": "no"}, ["a", "b", "c"]),
    ],
)
def test_whom_a_choice_means(shop, where, whom):
    assert chosen(shop, **where) == whom


def test_the_main_channel_is_the_one_of_most_money_not_of_most_lines(db):
    rows = "a 1 2026-01-05 2 web\na 2 2026-01-06 3 web\na 3 2026-01-07 10 shop\na 4 2026-01-07 -4 shop"
    given(db, orders=f"customer_id order_id ordered_at amount channel\n{rows}\na 5 2026-01-08 0.5 web")
    assert chosen(db, channel="shop") == ["a"] and chosen(db, channel="web") == []


def test_a_tie_between_main_channels_goes_to_one_of_them_always_the_same(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount  channel
        a            1         2026-01-05  10      shop
        a            2         2026-01-06  10      web
        """,
    )
    assert chosen(db, channel="web") == ["a"] and chosen(db, channel="shop") == []


def test_a_column_nobody_has_is_one_sentence(shop):
    with pytest.raises(CrmError, match="shoe_size.*region"):
        chosen(shop, shoe_size="44")


def test_another_day_beside_the_chosen_one(shop):
    con, filters = prepared(shop, "2026-06-30", where=(("region", ("north",)),))
    then = snapshot.earlier(con, filters, date(2025, 6, 30))
    assert (then.start, then.end) == (date(2024, 7, 1), date(2025, 7, 1))
    assert con.execute("select customer_id, orders, revenue from chosen_then order by 1").fetchall() == [
        ("a", 1, 90),
        ("c", 1, 20),
    ]
    assert con.execute("select customer_id from snapshot_then where tier = 'prospect'").fetchall() == [("b",)]
    assert con.execute("select customer_id, orders from chosen order by 1").fetchall() == [("a", 2), ("c", 0)]


def test_a_saved_set_is_the_same_customers_on_the_other_day(shop):
    state.save_customer_set(shop, "two", ["b", "c"])
    con, filters = prepared(shop, "2026-06-30", customer_set="two")
    snapshot.earlier(con, filters, date(2025, 6, 30))
    assert con.execute("select customer_id, orders from chosen_then order by 1").fetchall() == [("b", 0), ("c", 1)]


def test_an_article_tells_what_its_lines_do_not(shop):
    given(
        shop,
        products="""
        sku  category  brand  unit_cost
        S1   cream     Aster  4
        S2   glass     Dune   9
        """,
    )
    assert read(shop, "select order_id, category, brand, cost from lines order by 1") == [
        ("1", "soap", "Aster", 4), ("2", "oil", "Dune", 9), ("3", "soap", "Aster", 4), ("4", "soap", "Aster", 8),
        ("5", "glass", "Dune", 18),
        ("6", "wax", None, None),
    ]  # fmt: skip
    assert kpis(shop, "2026-06-30").loc["margin", "value"] == (10 + 30 + 20) - (4 + 9 + 8)


def test_a_line_knows_its_own_cost_better_and_the_latest_row_of_an_article_counts(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount  cost  sku  quantity  category
        a            1         2026-01-05  10      7     S1   1         -
        a            2         2026-01-05  10      -     S1   2         -
        a            3         2026-01-05  10      -     S2   1         -
        """,
        products="""
        sku  category  unit_cost
        S1   soap      1
        S1   -         4
        S2   postage   1
        """,
    )
    assert read(db, "select order_id, category, cost from lines order by 1") == [
        ("1", "soap", 7), ("2", "soap", 8), ("3", "postage", 1),
    ]  # fmt: skip
    state.save_rules(db, Rules(not_goods=("Postage",)))
    assert read(db, "select order_id from lines order by 1") == [("1",), ("2",)]


def test_the_main_channel_of_a_past_day_knows_nothing_of_later(shop):
    con, _ = prepared(shop, "2026-01-31", months=6, where=(("channel", ("shop",)),))
    assert con.execute("select customer_id, revenue from chosen order by 1").fetchall() == [("a", 10)]


def test_charges_are_no_goods(shop):
    before = kpis(shop, "2026-06-30")
    state.save_rules(shop, Rules(not_goods=(" s1 ", "WAX")))
    now = kpis(shop, "2026-06-30")
    assert (before.loc["revenue", "value"], now.loc["revenue", "value"]) == (159, 30)
    assert (before.loc["orders", "value"], now.loc["orders", "value"]) == (4, 1)
    state.save_rules(shop, Rules())
    assert kpis(shop, "2026-06-30").equals(before)


def test_customers_without_any_order_have_a_day_too(db):
    given(
        db,
        customers="""
        customer_id  signup_date  status
        a            2026-01-05   -
        b            2026-03-05   suspect
        """,
    )
    con, filters = prepared(db)
    assert (filters.as_of, filters.data_from) == (date(2026, 3, 5), None)
    assert con.execute("select customer_id, tier from chosen order by 1").fetchall() == [
        ("a", "prospect"),
        ("b", "suspect"),
    ]
    assert kpis(db).loc["revenue", "note"] == "needs_orders"


def test_nothing_known_of_anybody_is_said(db):
    with pytest.raises(CrmError) as refusal:
        prepared(db)
    assert refusal.value.code == "E_NO_ORDERS"


EVENTS = """
complaint_id  at                event      customer_id
1             2026-06-01T08:00  opened     a
1             2026-06-01T10:00  Responded  a
1             2026-06-02T08:00  resolved   a
1             2026-06-03T08:00  reopened   a
1             2026-06-04T08:00  closed     a
1             2026-06-04T09:00  closed     a
2             2026-06-05T08:00  opened     b
2             2026-06-06T08:00  assigned   b
3             2026-06-07T08:00  受理        b
3             2026-06-07T09:00  办结        b
3             2026-06-08T09:00  重开        b
"""


def test_answers_and_complaints_of_the_days_at_the_borders_of_the_window(shop):
    given(
        shop,
        surveys="customer_id answered_at score\na 2025-06-30T23:59 5\nb 2025-07-01 2\nc 2026-06-30T23:59 5\nc 2026-07-01 1",
        complaints="""
        complaint_id  opened_at         customer_id  resolved_at
        1             2025-06-30T23:59  a            2026-06-30T23:59
        2             2025-07-01        b            2026-07-01
        3             2026-07-01        c            -
        """,
    )
    seen = snapshot_of(shop, "2026-06-30")
    assert seen["satisfaction"].dropna().to_dict() == {"b": 2, "c": 5}
    assert seen["complaints"].to_dict() == {"a": 0, "b": 1, "c": 0}
    assert seen["open_complaints"].to_dict() == {"a": 0, "b": 1, "c": 0}


def test_the_complaints_file_knows_the_first_response_and_how_often_a_case_was_opened_again(shop):
    given(
        shop,
        complaints="""
        complaint_id  opened_at   customer_id  reopened_count  first_response_at
        1             2026-06-01  a            3               -
        2             2026-06-01  b            -               2026-06-02
        """,
        complaint_events=EVENTS,
    )
    found = read(shop, "select complaint_id, reopened_count, first_response_at is null from cases order by 1")
    assert found == [("1", 3, False), ("2", 0, False), ("3", 1, True)]


def test_a_case_is_what_its_events_say(shop):
    given(shop, complaint_events=EVENTS)
    assert read(
        shop,
        "select complaint_id, customer_id, opened_at, first_response_at, resolved_at, reopened_count from cases order by 1",
    ) == [
        ("1", "a", datetime(2026, 6, 1, 8), datetime(2026, 6, 1, 10), datetime(2026, 6, 4, 8), 1),
        ("2", "b", datetime(2026, 6, 5, 8), None, None, 0),
        ("3", "b", datetime(2026, 6, 7, 8), None, None, 1),
    ]
    assert snapshot_of(shop, "2026-06-30")["open_complaints"].to_dict() == {"a": 0, "b": 2, "c": 0}
    assert snapshot_of(shop, "2026-06-03")["open_complaints"].to_dict() == {"a": 1, "b": 0, "c": 0}


def test_events_complete_the_complaints_file(shop):
    given(
        shop,
        complaints="""
        complaint_id  opened_at         resolved_at       category  customer_id
        1             2026-06-01T07:00  2026-06-02T08:00  delivery  a
        9             2026-06-01T07:00  2026-06-02T08:00  price     c
        """,
        complaint_events=EVENTS,
    )
    assert read(
        shop,
        "select complaint_id, opened_at, resolved_at, category from cases where complaint_id in ('1', '9') order by 1",
    ) == [
        ("1", datetime(2026, 6, 1, 7), datetime(2026, 6, 4, 8), "delivery"),
        ("9", datetime(2026, 6, 1, 7), datetime(2026, 6, 2, 8), "price"),
    ]
