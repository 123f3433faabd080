"""What was left out and why, counted on rows in sight; which files feed the numbers."""

from dataclasses import replace

from crm_analytics import state
from crm_analytics.metrics import basis
from tests.rows import given, prepared

ORDERS = """
    order_id customer_id ordered_at amount status    sku
    1        a           2026-01-05 10     paid      soap
    2        -           2026-01-06 20     -         soap
    3        b           2026-01-07 30     Cancelled soap
    3        b           2026-01-07 5      Cancelled brush
    4        b           2026-01-08 -      paid      soap
    5        c           2026-01-09 4      paid      POST
    6        d           2026-01-31 9      paid      soap
    7        -           2025-06-01 9      paid      soap
"""


def left_out(database, **choice) -> dict[str, int]:
    con, filters = prepared(database, "2026-01-31", months=1, **choice)
    frame = basis.left_out(con, filters)
    assert list(frame.reason) == list(basis.REASONS)
    return {reason: n for reason, n in zip(frame.reason, frame.n) if n}


def test_each_reason_is_counted_in_the_window(db):
    given(db, orders=ORDERS)
    assert left_out(db) == {"lines_without_customer": 1, "orders_excluded": 1, "orders_without_amount": 1}


def test_charges_and_customers_not_ranked_count_once_somebody_says_so(db):
    given(db, orders=ORDERS)
    state.save_rules(db, replace(state.rules(db.cursor()), not_goods=("post",)))
    state.set_ranked(db, ["d"], ranked=False)
    assert left_out(db) == {
        "lines_without_customer": 2,  # order 2 of nobody, order 6 of somebody who is not ranked
        "customers_not_ranked": 1,
        "orders_excluded": 1,
        "orders_without_amount": 1,
        "lines_not_goods": 1,
    }


def test_charges_of_a_cancelled_order_are_counted_with_the_order(db):
    given(db, orders=ORDERS, order_items="order_id sku amount\n3 POST 7\n6 POST 2\n6 soap 9")
    state.save_rules(db, replace(state.rules(db.cursor()), not_goods=("post",)))
    assert left_out(db)["lines_not_goods"] == 2  # of orders 5 and 6; order 3 is left out whole


def test_an_order_whose_items_carry_the_amount_has_one(db):
    given(db, orders=ORDERS, order_items="order_id sku amount\n4 soap 7")
    assert "orders_without_amount" not in left_out(db)


def test_whom_the_filters_leave_out(db):
    given(db, orders=ORDERS, customers="customer_id region\na North\nc South\nd South")
    assert left_out(db, where=(("region", ("South",)),))["customers_not_chosen"] == 1


def test_nothing_imported_feeds_nothing(db):
    given(db, orders=ORDERS)
    con, filters = prepared(db)
    assert basis.sources(con, filters).empty
