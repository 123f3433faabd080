"""What customers have brought, how long they have stayed, what moves make a tier worth, and our share of their wallets: by eye."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crm_analytics.metrics import _migration_value, pyramid, value
from tests.rows import given, prepared

ORDERS = """
order_id customer_id ordered_at amount cost
1        a           2022-02-01 100    60
2        a           2024-05-01 50     30
3        b           2022-12-31 30     -
4        c           2023-04-01 40     10
5        c           2023-04-02 -10    -
6        d           2024-06-30 5      -
7        -           2024-06-30 500    100
8        e           2024-07-01 9      -
"""


def test_history_by_the_year_of_the_first_order(db):
    """2022: a 150 (cost 90), b 30; 2023: c 30; 2024: d. Known cost: 600 of revenue 690 (the nameless line too): 490 of 690."""
    given(db, orders=ORDERS)
    found = value.history(*prepared(db, "2024-06-30")).set_index("cohort")
    assert found.index.tolist() == ["2022", "2023", "2024"]
    assert found.customers.tolist() == [2, 1, 1] and found.active.tolist() == [1, 0, 1]
    assert found.revenue_ever.tolist() == [180, 30, 5] and found.revenue_each.tolist() == [90, 30, 5]
    rate = (100 + 50 + 40 + 500 - 60 - 30 - 10 - 100) / (100 + 50 + 40 + 500)
    assert found.margin_ever.tolist() == pytest.approx([60 + 30 * rate, 30 - 10 * rate, 5 * rate])
    assert found.repeat_rate.tolist() == [0.5, 0, 0]
    assert found.years_mean["2022"] == pytest.approx((880 + 547) / 2 / 365.25)


def test_history_by_quarter_and_without_cost(db):
    given(db, orders=ORDERS.replace("60", "-").replace("30\n", "-\n").replace("10\n", "-\n").replace("100\n", "-\n"))
    found = value.history(*prepared(db, "2024-06-30"), period="quarter")
    assert found.cohort.tolist() == ["2022-Q1", "2022-Q4", "2023-Q2", "2024-Q2"]
    assert found.margin_ever.isna().all() and found.margin_each.isna().all()


def test_history_adds_up_to_the_customers_of_the_company(retail):
    database, lines = retail
    con, filters = prepared(database)
    known = lines[lines["customer_id"].notna()]
    buyers = known[known["amount"] > 0]["customer_id"].unique()
    for period in ("year", "quarter"):
        found = value.history(con, filters, period=period)
        assert found.customers.sum() == len(buyers)
        assert found.revenue_ever.sum() == pytest.approx(
            known[known["customer_id"].isin(buyers)]["amount"].sum() / 10_000
        )


def test_tenure_counts_months_since_the_first_order(db):
    """As of 30 June 2024: three months before is 30 March, of which the order of the 30th is three months old."""
    days = [
        "2024-06-30",
        "2024-03-31",
        "2024-03-30",
        "2023-06-30",
        "2023-07-01",
        "2022-06-30",
        "2021-07-01",
        "2021-06-30",
    ]
    rows = "\n".join(f"{n} c{n} {day} {10 * (n + 1)}" for n, day in enumerate(days))
    given(db, orders=f"order_id customer_id ordered_at amount\n{rows}")
    found = value.tenure(*prepared(db, "2024-06-30")).set_index("months")
    assert found.customers.to_dict() == {"0-3": 2, "3-6": 1, "6-12": 1, "12-24": 1, "24-36": 2, "36+": 1}
    assert found.active.to_dict() == {"0-3": 2, "3-6": 1, "6-12": 1, "12-24": 0, "24-36": 0, "36+": 0}
    assert found.revenue.to_dict() == {"0-3": 30, "3-6": 30, "6-12": 50, "12-24": 0, "24-36": 0, "36+": 0}
    assert found.customer_share.sum() == pytest.approx(1) and found.revenue_share.sum() == pytest.approx(1)


def test_moves_make_a_tier_worth_what_the_series_says():
    """Half stay and bring 100 a year, half are lost for good: 100 (1 + .5 / 1.1 + ...) = 100 / (1 - .5 / 1.1)."""
    moves, rewards = np.array([[5.0, 5.0], [0.0, 10.0]]), np.array([100.0, 0.0])
    assert _migration_value.values(moves, rewards, 0.1) == pytest.approx([100 / (1 - 0.5 / 1.1), 0])
    powers, total = np.eye(2), np.zeros(2)
    for _ in range(400):
        total += powers @ rewards
        powers = powers @ np.array([[0.5, 0.5], [0.0, 1.0]]) / 1.1
    assert _migration_value.values(moves, rewards, 0.1) == pytest.approx(total)


def test_a_tier_nobody_was_in_keeps_its_customers():
    assert _migration_value.values(np.array([[0.0, 0.0], [0.0, 4.0]]), np.array([11.0, 0.0]), 0.1) == pytest.approx(
        [121, 0]
    )


def test_worth_by_movement_follows_the_matrix_of_the_company(retail):
    """Online Retail holds a year: nobody's tier of the year before is known, so there is nothing to say."""
    con, filters = prepared(retail[0])
    found = value.migration(con, filters)
    matrix = pyramid.migration(con, filters)
    assert found.empty == matrix.empty
    if len(found):
        assert (
            found.set_index("tier").customers["top"] == pyramid.tiers(con, filters).set_index("tier").customers["top"]
        )
        assert (found.low <= found.value_ahead).all() and (found.value_ahead <= found.high).all()


WALLETS = """
customer_id as_of      total_spend source    supplier_count our_rank
a           2024-06-30 200         survey    3              1
b           2024-06-30 20          interview -              -
c           2024-06-30 -           survey    2              1
d           2024-06-30 -           survey    2              2
x           2024-06-30 70          survey    -              -
a           2023-12-31 900         survey    -              -
a           2024-12-31 100         survey    -              -
"""
SALES = """
order_id customer_id ordered_at amount
1        a           2022-01-01 7
2        a           2024-02-01 50
3        b           2024-03-01 30
4        c           2024-03-01 30
5        d           2024-03-01 30
"""


def test_share_of_wallet_of_each_customer(db):
    """a: 50 of 200; b: 30 of 20, so all of it; c and d: first and second of two suppliers; x buys nothing from us."""
    given(db, orders=SALES, wallet=WALLETS, customers="customer_id name\nx Xenia\n")
    found = value.wallet(*prepared(db, "2024-07-31")).set_index("customer_id")
    assert found.index.tolist() == ["a", "x", "b", "c", "d"]
    assert found.wallet_share.to_dict() == pytest.approx(
        {"a": 0.25, "x": 0, "b": 1, "c": np.nan, "d": np.nan}, nan_ok=True
    )
    assert found.room.dropna().to_dict() == {"a": 150, "x": 70, "b": 0}
    assert (
        found.is_capped.dropna().to_dict() == {"a": False, "x": False, "b": True} and found.note["b"] == "wallet_capped"
    )
    assert found.rank_share[["c", "d"]].round(4).tolist() == [0.6667, 0.3333] and found.note["c"] == "wallet_by_rank"
    assert (found.age_days == 31).all() and found.source["b"] == "interview"
    assert pd.Timestamp(found.estimated_on["a"]).date() == date(2024, 6, 30)


def test_an_estimate_older_than_the_data_is_left_out_and_says_so(db):
    given(db, orders=SALES.replace("2022-01-01", "2023-12-01"), wallet=WALLETS)
    found = value.wallet(*prepared(db, "2024-07-31")).set_index("customer_id")
    assert found.note["a"] == "wallet_left_out" and pd.isna(found.wallet_share["a"]) and found.total_spend["a"] == 200


def test_wallets_agree_with_those_of_the_layers(db):
    given(db, orders=SALES, wallet=WALLETS)
    con, filters = prepared(db, "2024-07-31")
    layers, each = pyramid.relations(con, filters), value.wallet(con, filters)
    assert layers.wallet_room.sum() == pytest.approx(each.room.sum())
    assert layers.wallet_capped.sum() == each.is_capped.fillna(False).sum() == 1
    assert layers.rank_customers.sum() == each.rank_share.notna().sum() == 2
