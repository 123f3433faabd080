"""The derived tables, from a few accepted rows in sight: days of customers, of nobody, of the company; lines, answers, cases, profiles."""

from datetime import date
from decimal import Decimal

import pytest

from crm_analytics import derived
from crm_analytics.rules import Rules
from tests import plain
from tests.rows import given, insert, kpis, read, snapshot_of

DAYS = "select customer_id, cast(day as varchar), orders, revenue, run_orders, run_lines, run_revenue from customer_days order by all"


def test_a_customers_days_and_totals_up_to_each(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at        amount
        a            1         2026-01-05T09:00  10
        a            1         2026-01-05T09:00  5
        a            2         2026-01-05T18:00  1
        a            3         2026-02-01T00:00  20
        b            3         2026-02-01T00:00  7
        """,
    )
    assert read(db, DAYS) == [
        ("a", "2026-01-05", 2, 16, 2, 3, 16),
        ("a", "2026-02-01", 1, 20, 3, 4, 36),
        ("b", "2026-02-01", 1, 7, 1, 1, 7),
    ]
    assert read(
        db,
        "select cast(day as varchar), cast(next_day as varchar) from customer_days where customer_id = 'a' order by 1",
    ) == [("2026-01-05", "2026-02-01"), ("2026-02-01", "9999-12-31")]


def test_a_day_of_returns_alone_is_no_order_and_keeps_the_last_order_day(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount
        a            1         2026-01-05  10
        a            1R        2026-01-09  -10
        gift         2         2026-01-05  0
        """,
    )
    assert read(
        db,
        "select customer_id, cast(day as varchar), orders, revenue, cast(first_order_day as varchar), "
        "cast(last_order_day as varchar) from customer_days order by 1, 2",
    ) == [
        ("a", "2026-01-05", 1, 10, "2026-01-05", "2026-01-05"),
        ("a", "2026-01-09", 0, -10, "2026-01-05", "2026-01-05"),
        ("gift", "2026-01-05", 0, 0, None, None),
    ]


def test_an_order_whose_lines_carry_two_days_counts_once_on_its_first(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount
        a            1         2026-01-31  10
        a            1         2026-02-02  30
        a            2         2026-02-02  5
        -            9         2026-01-31  1
        -            9         2026-02-02  2
        """,
    )
    assert [row[:4] for row in read(db, DAYS)] == [("a", "2026-01-31", 1, 10), ("a", "2026-02-02", 1, 35)]
    assert read(db, "select cast(day as varchar), orders, revenue from unidentified_days order by 1") == [
        ("2026-01-31", 1, 1),
        ("2026-02-02", 0, 2),
    ]
    assert read(db, "select cast(day as varchar), orders, revenue from company_days order by 1") == [
        ("2026-01-31", 2, 11),
        ("2026-02-02", 1, 37),
    ]


def test_an_order_that_two_customers_share_is_one_of_each(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount
        a            1         2026-01-05  10
        b            1         2026-01-09  20
        a            1         2026-01-05  1
        """,
    )
    assert [row[:4] for row in read(db, DAYS)] == [("a", "2026-01-05", 1, 11), ("b", "2026-01-09", 1, 20)]


def test_an_order_counts_on_the_day_of_its_earliest_line_also_when_that_was_free(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount
        a            1         2026-01-31  0
        a            1         2026-02-02  30
        """,
    )
    assert snapshot_of(db, "2026-01-31").loc["a", "orders_ever"] == 1
    assert snapshot_of(db, "2026-02-02").loc["a", "orders_ever"] == 1


def test_company_days_hold_customers_and_the_unidentified(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount  cost
        a            1         2026-01-05  10      4
        -            2         2026-01-05  20      5
        -            2         2026-01-05  1       -
        -            3         2026-01-06  -8      -
        """,
    )
    columns = (
        "cast(day as varchar), lines, orders, revenue, margin, covered_revenue, customers, new_customers, "
        "unidentified_lines, unidentified_orders, unidentified_revenue"
    )
    assert read(db, f"select {columns} from company_days order by 1") == [
        ("2026-01-05", 3, 2, 31, 21, 30, 1, 1, 2, 1, 21),
        ("2026-01-06", 1, 0, -8, None, None, 0, 0, 1, 0, -8),
    ]


def test_margin_is_unknown_without_a_cost_and_known_for_the_part_that_has_one(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount  cost
        a            1         2026-01-05  10      -
        a            2         2026-01-06  20      5
        a            3         2026-01-07  30      -
        """,
    )
    assert read(db, "select run_margin, run_covered_revenue from customer_days order by day") == [
        (None, None),
        (15, 20),
        (15, 20),
    ]


def test_money_is_exact_to_the_ten_thousandth(db):
    given(
        db,
        orders="customer_id order_id ordered_at amount\n" + "\n".join(f"a {n} 2026-01-05 0.1001" for n in range(1000)),
    )
    assert read(db, "select run_revenue from customer_days") == [(Decimal("100.1000"),)]


def test_excluded_statuses_count_nowhere(db):
    words = ["cancelled", "CANCELED", "Unavailable", "已取消", "交易关闭", "交易關閉"]
    assert {word.lower() for word in words} <= set(Rules().excluded_statuses)
    rows = "\n".join(f"a {n} 2026-01-05 10 {word}" for n, word in enumerate(words))
    given(db, orders="customer_id order_id ordered_at amount status\n" + rows)
    assert read(db, "select * from lines") == read(db, "select * from customer_days") == []
    given(db, orders="customer_id order_id ordered_at amount status\n a 9 2026-01-05 10 shipped\n a 10 2026-01-06 10 -")
    with db.writing() as con:
        header = ["customer_id", "order_id", "ordered_at", "amount", "status"]
        insert(con, "orders", header, [["a", "11", "2026-01-07", "10", "  Cancelled "]])
        derived.rebuild(con, {"orders"})
    assert read(db, "select order_id from lines order by 1") == [("10",), ("9",)]


def test_items_stand_in_for_the_rows_of_their_order(db):
    given(
        db,
        orders="""
        order_id  customer_id  ordered_at        amount  status
        1         a            2026-01-05T10:00  99      -
        2         a            2026-01-06T10:00  50      -
        3         b            2026-01-07T10:00  -       -
        4         b            2026-01-08T10:00  -       -
        5         c            2026-01-09T10:00  -       cancelled
        """,
        order_items="""
        order_id  amount  cost  category
        1         60      20    cream
        1         39      -     soap
        3         7       2     soap
        5         1000    1     cream
        nowhere   1000    1     cream
        """,
    )
    lines = read(
        db, "select order_id, customer_id, cast(day as varchar), amount, cost, category from lines order by all"
    )
    assert lines == [
        ("1", "a", "2026-01-05", 39, None, "soap"),
        ("1", "a", "2026-01-05", 60, 20, "cream"),
        ("2", "a", "2026-01-06", 50, None, None),
        ("3", "b", "2026-01-07", 7, 2, "soap"),
    ]
    assert [row[:4] for row in read(db, DAYS)] == [
        ("a", "2026-01-05", 1, 99),
        ("a", "2026-01-06", 1, 50),
        ("b", "2026-01-07", 1, 7),
    ]


def test_an_order_over_several_rows_takes_its_items_once(db):
    given(
        db,
        orders="""
        order_id  customer_id  ordered_at  amount
        1         a            2026-01-05  10
        1         a            2026-01-07  10
        """,
        order_items="""
        order_id  amount
        1         15
        1         5
        """,
    )
    assert [row[:4] for row in read(db, DAYS)] == [("a", "2026-01-05", 1, 20)]


def test_items_of_an_order_that_customers_share_belong_to_nobody(db):
    given(
        db,
        orders="""
        order_id  customer_id  ordered_at  amount
        1         a            2026-01-05  -
        1         b            2026-01-05  -
        """,
        order_items="order_id amount\n 1 10",
    )
    assert read(db, "select customer_id, amount from lines") == [(None, 10)]


def test_an_update_of_part_equals_a_build_of_all(db):
    given(db, orders="customer_id order_id ordered_at amount\n a 1 2026-01-05 10")
    given(db, customers="customer_id region\n a north")
    given(db, orders="customer_id order_id ordered_at amount\n a 2 2026-01-04 5", surveys="customer_id score\n a 5")
    tables = ("customer_days", "company_days", "unidentified_days", "answers", "cases", "customer_profile")
    parts = [read(db, f"select * from {table} order by all") for table in tables]
    with db.writing() as con:
        derived.rebuild(con)
    assert parts == [read(db, f"select * from {table} order by all") for table in tables]


def test_every_derived_table_has_its_file_and_what_it_depends_on():
    files = {path.stem for path in derived.FOLDER.glob("*.sql")}
    assert files == {*derived.ORDER, "snapshot", "ranking"} and set(derived.DEPENDS_ON) == set(derived.ORDER)


def test_an_answer_belongs_to_its_customer_else_to_the_one_of_its_order(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount
        a            1         2026-01-05  10
        a            1         2026-01-05  10
        b            2         2026-01-05  10
        c            2         2026-01-05  10
        """,
        surveys="""
        response_id  customer_id  order_id  score
        own          x            1         5
        by_order     -            1         5
        shared       -            2         5
        unknown      -            99        5
        anonymous    -            -         5
        """,
    )
    owners = read(
        db,
        "select s.response_id, a.customer_id from answers a join surveys s on s.source_line = a.source_line order by 1",
    )
    assert owners == [("anonymous", None), ("by_order", "a"), ("own", "x"), ("shared", None), ("unknown", None)]


def test_how_an_answer_counts_on_its_scale(db):
    given(
        db,
        surveys="""
        response_id  score  scale_max
        a            3      5
        b            4      5
        c            5      7
        d            6      7
        e            0      10
        f            6      10
        g            7      10
        h            8      10
        i            9      10
        j            80     100
        """,
    )
    assert read(db, "select is_satisfied, promoter from answers order by source_line") == [
        (False, None),
        (True, None),
        (False, None),
        (True, None),
        (False, -1),
        (False, -1),
        (False, 0),
        (False, 0),
        (True, 1),
        (None, None),
    ]


def test_a_scale_nobody_states_is_the_usual_one_and_nps_is_always_out_of_ten(db):
    given(
        db,
        surveys="""
        question  score
        service   1
        service   4
        price     3
        price     6
        speed     3
        speed     8
        percent   0
        percent   80
        nps       3
        nps       5
        -         5
        """,
    )
    assert dict(read(db, "select distinct question, scale_top from answers")) == {
        "service": 5,
        "price": 7,
        "speed": 10,
        "percent": 100,
        "nps": 10,
        "overall": 5,
    }


def test_answers_about_a_competitor_or_without_a_score_are_not_ours(db):
    given(
        db,
        surveys="""
        customer_id  score  competitor  answered_at
        a            5      rival       2026-01-05
        a            3      -           -
        """,
    )
    assert read(db, "select score, day from answers") == [(3, None)]


def test_a_case_is_the_newest_row_of_its_id(db):
    given(
        db,
        complaints="""
        complaint_id  opened_at         resolved_at       closed_at         status
        T1            2026-01-05T09:00  -                 -                 open
        T2            2026-01-05T09:00  -                 2026-01-06T09:00  closed
        T1            2026-01-05T09:00  2026-01-05T12:00  2026-01-08T09:00  resolved
        """,
    )
    assert read(db, "select complaint_id, status, strftime(resolved_at, '%d %H') from cases order by 1") == [
        ("T1", "resolved", "05 12"),
        ("T2", "closed", "06 09"),
    ]


def test_a_profile_takes_the_customers_file_before_the_latest_order(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount  region  city    customer_name
        a            2         2026-02-05  10      south   Harbour  Ann
        a            1         2026-01-05  10      west    Hill     Anna
        b            3         2026-01-05  10      east    -        Bo
        b            4         2026-02-05  10      -       -        -
        """,
        customers="""
        customer_id  region  gender  name
        a            north   female  -
        c            north   -       Cy
        a            -       -       -
        """,
    )
    assert read(db, "select customer_id, name, region, city, gender, is_listed from customer_profile order by 1") == [
        ("a", "Ann", "north", "Harbour", "female", True),
        ("b", "Bo", "east", None, None, False),
        ("c", "Cy", "north", None, None, True),
    ]


@pytest.mark.parametrize("months", [6, 12, 24])
def test_superstore_equals_pandas(superstore, months):
    database, lines = superstore
    plain.assert_same(snapshot_of(database, "2017-12-30", months), lines, "2017-12-30", months)


def test_superstore_by_its_known_figures(superstore):
    database, lines = superstore
    assert read(database, "select sum(orders) from company_days") == [(4979,)]
    assert lines.groupby(["customer_id", "order_id"]).ngroups == 4979
    assert read(database, "select count(distinct customer_id) from customer_days") == [(790,)]
    margin = (lines["amount"] - lines["cost"]).sum()
    assert int(read(database, "select sum(margin) * 10000 from company_days")[0][0]) == margin
    year = lines[lines["day"] > "2016-12-30"]
    found = kpis(database, date(2017, 12, 30))
    assert found.loc["margin", "value"] == pytest.approx((year["amount"] - year["cost"]).sum() / 10_000, abs=1e-6)
    assert found.loc["orders", "value"] == year[year["amount"] > 0].groupby(["customer_id", "order_id"]).ngroups
