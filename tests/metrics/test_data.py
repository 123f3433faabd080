"""Is the data right?  Each finding on a few rows written in sight."""

import pytest

from crm_analytics import importing, state
from crm_analytics.database import bump_data_version
from crm_analytics.filters import Filters
from crm_analytics.metrics import data
from crm_analytics.rules import Rules
from tests.rows import given

ORDERS = """
order_id customer_id ordered_at amount status
O1 C1 2026-01-05 10 done
O2 C2 2026-01-06 - done
O3 C2 2026-01-07 - done
O4 C3 2026-01-08 5 Canceled
O5 - 2026-01-09 7 done
"""
ITEMS = """
order_id sku amount
O2 A 3
O9 A 4
"""


def found(database) -> dict:
    """(finding, table) -> (rows, of, example)"""
    frame = data.quality(database.cursor(), Filters())
    return {(row.finding, row.table): (row.rows, row.of, row.example) for row in frame.itertuples()}


def test_orders_and_items(db):
    given(db, orders=ORDERS, order_items=ITEMS)
    assert found(db) == {
        ("orders_without_amount", "orders"): (1, 5, "O3"),
        ("excluded_status", "orders"): (1, 5, "Canceled"),
        ("lines_without_customer", "orders"): (1, 5, "O5"),
        ("items_without_order", "order_items"): (1, 2, "O9"),
    }


def test_customers_of_whom_no_file_tells(db):
    given(
        db,
        orders=ORDERS,
        order_items=ITEMS,
        customers="customer_id\nC1\nC3\n",
        points="customer_id at points\nC8 2026-01-05 1\n",
    )
    here = found(db)
    assert here["unknown_customers", "orders"] == (1, 3, "C2")
    assert here["unknown_customers", "points"] == (1, 1, "C8")


def test_customers_are_unknown_only_where_there_is_a_file_of_them(db):
    given(db, orders=ORDERS)
    assert ("unknown_customers", "orders") not in found(db)


def test_answers(db):
    answers = """
    response_id customer_id order_id answered_at score
    R1 C1 - 2026-01-05 5
    R2 - O2 - 4
    R3 - - 2026-01-05 3
    R4 - O5 - 3
    R5 - O7 - 3
    """
    given(db, orders=ORDERS, surveys=answers)
    here = found(db)
    assert here["answers_undated", "surveys"] == (3, 5, "R2")
    assert here["answers_without_customer", "surveys"] == (3, 5, "R3")
    assert here["unknown_orders", "surveys"] == (1, 5, "O7")


def test_persons_with_several_numbers(db):
    given(db, customers="customer_id person_id\nC1 P\nC2 P\nC3 Q\nC4 -\n")
    assert found(db)["persons_with_several_numbers", "customers"] == (1, 3, "P")


def test_what_people_decided(db):
    given(
        db,
        orders="order_id customer_id ordered_at amount sku\nO1 C1 2026-01-05 10 A\nO1 C1 2026-01-05 3 POST\nO2 C2 2026-01-06 4 A\n",
    )
    state.save_rules(db, Rules(not_goods=("post",)))
    state.set_ranked(db, ["C2"], False, "staff")
    here = found(db)
    assert here["not_goods_lines", "orders"] == (1, 3, "POST")
    assert here["unranked_customers", "customers"][0] == 1


def test_currencies_of_several_files_are_never_added_up_in_silence(db):
    given(
        db, orders="order_id customer_id ordered_at amount currency\nO1 C1 2026-01-05 10 EUR\nO2 C1 2026-01-05 10 usd\n"
    )
    assert found(db)["several_currencies", "orders"] == (2, 2, "EUR, USD")


@pytest.mark.parametrize("last, behind", [("2026-01-31", 31), ("2026-01-30", 32)])
def test_a_table_that_ends_a_month_before_the_orders_is_stale(db, last, behind):
    given(
        db,
        orders="order_id customer_id ordered_at amount\nO1 C1 2026-03-03 1\n",
        complaints=f"complaint_id opened_at\nT1 {last}\n",
    )
    assert found(db).get(("stale", "complaints")) == ((32, 365, "2026-01-30") if behind > 31 else None)
    (row,) = [row for row in data.tables(db.cursor(), Filters()).itertuples() if row.table == "complaints"]
    assert (row.rows, str(row.last_date)[:10], row.days_behind) == (1, last, behind)


def test_what_the_imports_set_aside_and_what_stood_twice(db, tmp_path):
    path = tmp_path / "orders.csv"
    good = "".join(f"G{number},C1,2026-01-05,1\n" for number in range(300))
    path.write_text("order_id,customer_id,ordered_at,amount\n" + good + "O1,C1,soon,1\nG1,C1,2026-01-05,1\n")
    importing.apply_plan(db, importing.plan_import(db, [path]))
    assert found(db) == {
        ("quarantined", "orders"): (1, 302, "orders.csv"),
        ("repeated_rows", "orders"): (1, 302, "orders.csv"),
    }
    frame = data.quality(db.cursor(), Filters())
    assert list(frame["import_ids"]) == ["1", "1"] and frame["share"].round(4).tolist() == [0.0033, 0.0033]


def test_dates_after_the_day_of_the_import(db, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("order_id,customer_id,ordered_at,amount\nO1,C1,2026-01-05,1\nO2,C1,2026-01-08,1\n")
    importing.apply_plan(db, importing.plan_import(db, [path]))
    with db.writing() as con:
        con.execute("update imports set imported_at = timestamp '2026-01-06 23:00:00'")
        bump_data_version(con)
    assert found(db)["future_dates", "orders"][:2] == (1, 2)


def test_the_day_after_the_import_is_not_the_future_somewhere(db, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("order_id,customer_id,ordered_at,amount\nO1,C1,2026-01-05,1\nO2,C1,2026-01-07 09:00,1\n")
    importing.apply_plan(db, importing.plan_import(db, [path]))
    with db.writing() as con:
        con.execute("update imports set imported_at = timestamp '2026-01-06 23:00:00'")
        bump_data_version(con)
    assert found(db) == {}


def test_clean_data_has_no_finding_and_an_empty_company_neither(db):
    assert found(db) == {} and data.tables(db.cursor(), Filters()).empty
    given(db, orders="order_id customer_id ordered_at amount\nO1 C1 2026-01-05 10\n", customers="customer_id\nC1\n")
    assert found(db) == {}


def test_how_full_each_column_is(db):
    given(db, orders=ORDERS)
    full = {
        row.column: (row.rows, row.filled, row.filled_share)
        for row in data.completeness(db.cursor(), Filters()).itertuples()
    }
    assert full["amount"] == (5, 3, 0.6) and full["order_id"] == (5, 5, 1.0) and "sku" not in full


def test_a_customer_of_several_files_counts_once(db):
    given(db, customers="customer_id name city\nC1 Ann -\nC1 - Bath\nC2 Bo -\n")
    full = {row.column: (row.rows, row.filled) for row in data.completeness(db.cursor(), Filters()).itertuples()}
    assert full == {"customer_id": (2, 2), "name": (2, 2), "city": (2, 1)}
    (row,) = data.tables(db.cursor(), Filters()).itertuples()
    assert (row.table, row.rows, row.different) == ("customers", 3, 2)
