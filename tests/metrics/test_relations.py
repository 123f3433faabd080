"""How close the relation is: rows in sight, worked out by eye; of a real export, against plain pandas."""

from datetime import date

import pandas as pd
import pytest

from crm_analytics import state
from crm_analytics.metrics import pyramid
from crm_analytics.rules import Rules
from crm_analytics.stats.intervals import median_places
from tests import plain
from tests.rows import given, prepared

AS_OF = "2026-06-30"
ORDERS = """
    customer_id  order_id  ordered_at  amount  region
    gone         1         2023-07-01  50      north
    gone         2         2024-07-01  50      north
    a            3         2024-06-30  1000    north
    a            4         2025-12-31  400     south
    b            5         2026-01-05  300     south
    c            6         2026-01-05  200     south
    d            7         2026-01-05  100     south
    """


@pytest.fixture
def company(db):
    """Four tiers of one customer each, 400, 300, 200 and 100 in twelve months, and one who left."""
    state.save_rules(db, Rules(tier_shares=(0.25, 0.25, 0.25)))
    given(db, orders=ORDERS)
    return db


def layers(db, as_of=AS_OF, **choice) -> pd.DataFrame:
    return pyramid.relations(*prepared(db, as_of, **choice)).set_index("tier")


def test_share_of_wallet_by_hand(company):
    given(
        company,
        wallet="""
        customer_id  as_of       total_spend
        a            2025-01-31  9000
        a            2026-03-31  800
        b            2026-03-31  200
        c            2026-07-01  999
        d            2026-01-04  500
        """,
    )
    found = layers(company)
    assert tuple(found.loc["top", ["wallet_share", "wallet_room", "wallet_customers"]]) == (0.5, 400, 1)
    assert tuple(found.loc["big", ["wallet_share", "wallet_room", "wallet_capped"]]) == (1, 0, 1)  # 300 of 200
    assert found["wallet_share"].isna()["medium"] and found["wallet_customers"]["medium"] == 0  # tomorrow's estimate
    assert tuple(found.loc["small", ["wallet_share", "wallet_room"]]) == (0, 500)  # bought on the day after it
    assert found["wallet_newest"]["top"] == pd.Timestamp(2026, 3, 31)
    assert found["wants"].isna().all()


def test_estimates_of_months_before_the_data_are_left_out_and_counted(company):
    given(company, wallet="customer_id as_of total_spend\na 2024-06-29 100\ngone 2024-06-30 100")
    found = layers(company)
    assert (found["wallet_left_out"]["top"], found["wallet_customers"]["top"]) == (1, 0)
    assert (found["wallet_left_out"]["inactive"], found["wallet_share"]["inactive"]) == (0, 0.5)


def test_the_wallets_of_a_layer_are_added_up_before_they_are_divided(db):
    given(
        db,
        orders="customer_id order_id ordered_at amount\nold 0 2020-01-01 9\na 1 2026-01-05 90\nb 2 2026-01-05 10\nc 3 2026-01-05 5",
        wallet="customer_id as_of total_spend\nb 2026-06-30 10\nc 2026-06-30 90",
    )
    assert layers(db)["wallet_share"]["small"] == 0.15  # 15 of 100, not the mean of 1 and 1/18


def test_the_year_to_an_estimate_and_what_counts_of_it(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount
        old          0         2020-01-01  9
        a            1         2026-01-05  900
        b            2         2025-03-31  70
        b            3         2025-04-01  20
        b            4         2026-03-31  3
        c            5         2026-01-05  60
        """,
        wallet="customer_id as_of total_spend\nb 2026-03-31 100\nc 2026-03-31 50",
    )
    small = layers(db).loc["small"]  # b sold 23 of 100 in the year, c 60 of 50, which count as 50
    assert small[["wallet_share", "wallet_room", "wallet_capped"]].tolist() == [73 / 150, 77, 1]


def test_an_estimate_under_another_number_is_the_persons(company):
    given(company, wallet="customer_id as_of total_spend\na-2 2026-03-31 800")
    assert layers(company)["wallet_customers"].sum() == 0
    given(company, customers="customer_id person_id\na-2 a\na a")
    assert layers(company)["wallet_share"]["top"] == 0.5


def test_ranks_stand_in_where_nobody_told_a_sum(company):
    given(
        company,
        wallet="""
        customer_id  as_of       total_spend  supplier_count  our_rank
        a            2026-03-31  -            2               1
        b            2026-03-31  -            2               2
        c            2026-03-31  400          2               1
        d            2026-03-31  -            2               3
        """,
    )
    found = layers(company)
    assert found["rank_share"]["top"] == pytest.approx(2 / 3) and found["rank_share"]["big"] == pytest.approx(1 / 3)
    assert found["rank_share"].isna()["medium"] and found["wallet_share"]["medium"] == 0.5
    assert found["rank_customers"]["small"] == 0  # third of two cannot be


def test_without_estimates_the_export_is_named_and_nothing_is_zero(company):
    found = layers(company)
    assert set(found["wants"]) == {"wallet"}
    assert found[["wallet_share", "wallet_room", "rank_share"]].isna().all(axis=None)


def test_how_long_they_have_bought_by_hand(company):
    found = layers(company)
    assert found["tenure_years_median"]["top"] == (date(2026, 6, 30) - date(2024, 6, 30)).days / 365.25
    assert found["tenure_years_median"]["inactive"] == 366 / 365.25  # to the last order
    assert set(found["observed_years"]) == {(date(2026, 6, 30) - date(2023, 7, 1)).days / 365.25}
    assert found["tenure_low"].isna().all()  # nobody's median is known from one


def test_the_median_of_many_lies_between_the_places_the_binomial_gives(db):
    rows = [f"c{place} {place} 2026-06-{place + 10:02} {place + 1}" for place in range(12)]
    given(db, orders="customer_id order_id ordered_at amount\n" + "\n".join(rows))
    small = layers(db).loc["small"]  # top is the last, medium the one before: ten are small, 10 to 19 June
    days = sorted((date(2026, 6, 30) - date(2026, 6, day)).days for day in range(10, 20))
    assert small["tenure_customers"] == 10
    assert small["tenure_years_median"] == pytest.approx((days[4] + days[5]) / 2 / 365.25)
    assert (small["tenure_low"], small["tenure_high"]) == (days[1] / 365.25, days[8] / 365.25)


def test_a_choice_leaves_the_others_out(company):
    found = layers(company, where=(("region", ("north",)),))
    assert dict(found["customers"][found["customers"] > 0]) == {"inactive": 1}


def test_of_a_real_export_every_layers_tenure_equals_pandas(retail):
    database, lines = retail
    snapshot = plain.snapshot(lines, "2011-12-09", 12)
    end = snapshot["last_order_date"].where(~snapshot["is_active"], pd.Timestamp(2011, 12, 9))
    years = (end - snapshot["first_order_date"]).dt.days / 365.25
    found = layers(database, "2011-12-09")
    for tier, mine in years.dropna().groupby(snapshot["tier"]):
        values, (low, high) = sorted(mine), median_places(len(mine))
        assert found["tenure_years_median"][tier] == pytest.approx(mine.median())
        assert (found["tenure_low"][tier], found["tenure_high"][tier]) == (values[low - 1], values[high - 1])
    assert dict(found["customers"][found["customers"] > 0]) == dict(snapshot["tier"].value_counts())
