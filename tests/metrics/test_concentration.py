"""How much hangs on how few: curves of four customers, worked out by eye; of a real export, against plain numpy."""

import numpy as np
import pandas as pd
import pytest

from crm_analytics import state
from crm_analytics.metrics import pyramid
from crm_analytics.rules import Rules
from tests import plain
from tests.metrics import worked_example
from tests.rows import given, prepared

AS_OF = "2026-06-30"
ORDERS = """
    customer_id  order_id  ordered_at  amount  cost  region
    a            1         2026-01-05  60      30    north
    b            2         2026-01-05  20      10    south
    b            3         2026-01-06  0       0     south
    c            4         2026-01-05  15      7.5   south
    d            5         2026-01-05  5       2.5   south
    gone         6         2024-01-05  900     100   south
    """


@pytest.fixture
def company(db):
    """Four tiers of one customer each: 60, 20, 15 and 5 of 100; half of it is contribution."""
    state.save_rules(db, Rules(tier_shares=(0.25, 0.25, 0.25)))
    given(db, orders=ORDERS)
    return db


def curve(db, **options) -> pd.DataFrame:
    where = options.pop("where", ())
    return pyramid.concentration(*prepared(db, AS_OF, where=where), **options)


def test_the_curve_and_its_gini_by_hand(company):
    found = curve(company)
    assert list(found["customers_share"]) == [0, 0.25, 0.5, 0.75, 1]
    assert list(found["revenue_share"]) == [0, 0.6, 0.8, 0.95, 1]
    assert list(found["value_share"]) == list(found["revenue_share"])
    assert found["marker"].isna()[0] and list(found["marker"][1:]) == ["top", "big", "medium", "small"]
    # Mean difference of all pairs: (2 * (40 + 45 + 55 + 5 + 15 + 10)) / 16; by twice the mean of 25 it is .425.
    assert set(found["gini"].round(12)) == {0.425} and set(found["customers"]) == {4}


def test_the_whale_curve_ranks_by_profit_and_passes_the_whole_where_the_last_lose_money(company):
    given(
        company,
        costs="period kind amount customer_id allocation_key\n2026-01 sales 28 a direct\n2026-01 service 12.5 d direct",
    )
    found = curve(company)
    assert list(found["profit"]) == [0, 10, 17.5, 19.5, 9.5]  # b 10, c 7.5, a 30 - 28, d 2.5 - 12.5
    assert found["profit_share"].iloc[2] == pytest.approx(17.5 / 9.5)
    assert list(found["revenue"]) == [0, 60, 80, 95, 100]


def test_profit_is_unknown_without_costs_and_its_share_where_there_is_a_loss(company):
    assert curve(company)[["profit", "profit_share"]].isna().all(axis=None)
    given(company, costs="period kind amount customer_id\n2026-01 sales 500 a")
    found = curve(company)
    assert found["profit"].iloc[-1] == -450 and found["profit_share"].isna().all()


def test_by_orders_the_curve_of_revenue_follows_the_orders(company):
    given(company, orders="customer_id order_id ordered_at amount cost\nd 7 2026-02-01 1 0.5")
    found = curve(company, by="orders")  # d has two orders and 6 of 101; the others one each
    assert list(found["value_share"]) == [0, 0.4, 0.6, 0.8, 1]
    assert found["revenue_share"].iloc[1] == pytest.approx(6 / 101)
    assert found["gini"].iloc[0] == pytest.approx(1.25 - 2 * (2 + 2 + 3 + 4) / (4 * 5))


def test_a_choice_is_a_curve_of_its_own(company):
    found = curve(company, where=(("region", ("south",)),))
    assert list(found["place"]) == [0, 1, 2, 3] and list(found["revenue"]) == [0, 20, 35, 40]
    assert list(found["marker"][1:]) == ["big", "medium", "small"]
    again = curve(company, where=(("region", ("south",)),), rank_within=True)
    assert list(again["marker"][1:]) == ["top", "big", "small"]


def test_customers_alike_have_a_gini_of_nothing_and_so_has_one_alone(db):
    given(db, orders="customer_id order_id ordered_at amount\na 1 2026-01-05 10")
    assert list(curve(db)["gini"]) == [0, 0]
    given(db, orders="customer_id order_id ordered_at amount\nb 2 2026-01-05 10\nc 3 2026-01-06 10")
    assert curve(db)["gini"].iloc[0] == pytest.approx(0, abs=1e-12)


def test_nobody_active_makes_no_curve(db):
    given(db, orders="customer_id order_id ordered_at amount\na 1 2020-01-05 10")
    assert curve(db).empty


def test_the_whale_curve_ends_at_the_profit_of_the_four_tiers(db):
    worked_example.build(db)
    found = pyramid.concentration(*prepared(db, worked_example.AS_OF))
    assert found["profit"].iloc[-1] == pytest.approx(1_200_000, abs=0.01)
    assert found["profit"].max() == pytest.approx(1_340_000, abs=0.01)  # before the small ones, who lose 140,000
    top = found[found["marker"] == "top"].iloc[0]
    assert (top["place"], top["revenue_share"], top["profit"]) == (10, 0.4, pytest.approx(920_000, abs=0.01))


def test_of_a_real_export_every_point_equals_numpy(retail):
    database, lines = retail
    snapshot = plain.snapshot(lines, "2011-12-09", 12)
    active = snapshot[snapshot["is_active"]]
    values = np.sort(active["revenue"].to_numpy(dtype=float))[::-1] / plain.UNIT
    found = pyramid.concentration(*prepared(database, "2011-12-09"))
    assert len(found) <= 200 and found["place"].is_monotonic_increasing and found["place"].is_unique
    places = found["place"].to_numpy()
    assert found["revenue"].to_numpy() == pytest.approx(np.concatenate([[0], values.cumsum()])[places], rel=1e-12)
    pairs = np.abs(np.subtract.outer(values, values)).mean()  # the definition: mean difference over twice the mean
    assert found["gini"].iloc[0] == pytest.approx(pairs / (2 * values.mean()), rel=1e-9)
    borders = found.dropna(subset="marker").set_index("marker")["place"]
    assert list(borders) == list(active["tier"].value_counts()[["top", "big", "medium", "small"]].cumsum())
