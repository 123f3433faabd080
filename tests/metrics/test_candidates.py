"""Candidates for a move: distance, wallet, satisfaction and trend, each worked out by eye; what is unknown stays unknown."""

import numpy as np
import pandas as pd
import pytest

from crm_analytics import state
from crm_analytics.database import open_database
from crm_analytics.errors import CrmError
from crm_analytics.metrics import pyramid, whatif
from crm_analytics.rules import Rules
from tests.rows import given, prepared

JUNE = "2026-06-30"
ORDERS = """
customer_id  order_id  ordered_at  amount
Old          0         2023-01-01  1
Top          1         2026-05-01  1000
Mid          2         2026-05-01  400
Near         3         2026-05-01  360
Poor         4         2026-05-01  120
Far          5         2026-05-01  100
Near         6         2025-05-01  300
Poor         7         2025-05-01  240
Top          8         2025-05-01  900
Mid          9         2025-05-01  100
"""
# Shares 0.2, 0, 0.2 of five: Top, nobody, Mid; Near, Poor and Far are small. Then: Top, Near; Poor, Mid small.
FIVE = Rules(tier_shares=(0.2, 0.0, 0.2))
WALLET = """
customer_id  as_of       total_spend
Near         2025-01-31  9999
Near         2026-06-15  480
Poor         2026-03-31  500
Far          2026-06-15  350
"""  # within the year to 2026-03-31 Poor bought for 240 only
SURVEYS = """
customer_id  answered_at  score  scale_max
Near         2026-06-01   5      5
Poor         2026-06-01   2      5
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """Five customers and one of old; nothing is written to them."""
    database = open_database(tmp_path_factory.mktemp("five") / "crm.duckdb")
    state.save_rules(database, FIVE)
    given(database, orders=ORDERS, wallet=WALLET, surveys=SURVEYS)
    yield database
    database.close()


def listed(database, **options) -> pd.DataFrame:
    return whatif.candidates(*prepared(database, JUNE), **options).set_index("customer_id")


def test_each_reason_and_the_score_by_eye(company):
    rows = listed(company)
    assert rows.index.tolist() == ["Near", "Far", "Poor"]
    assert rows["gap_to_threshold"].tolist() == [40, 300, 280]
    assert rows["wallet_room"].tolist() == [480 - 360, 350 - 100, 500 - 240]
    assert rows["trend"].tolist() == pytest.approx([0.2, np.nan, -0.5], nan_ok=True)
    assert rows["satisfaction"].tolist() == pytest.approx([5, np.nan, 2], nan_ok=True)
    assert rows["reasons"].tolist() == ["near,room,satisfied,rising", "", ""]
    score = [
        0.4 * 360 / 400 + 0.2 * 1 + 0.2 * 1 + 0.2 * 0.7,
        0.4 * 100 / 400 + 0.2 * 250 / 300 + 0.2 * 0.5 + 0.2 * 0.5,
        0.4 * 120 / 400 + 0.2 * 260 / 280 + 0.2 * 0 + 0.2 * 0,
    ]
    assert rows["score"].tolist() == pytest.approx(score)
    assert rows["days_since_last_order"].tolist() == [60] * 3


def test_the_chance_is_the_share_of_the_tenth_that_rose(company):
    """Then Top, Near, Poor, Mid were top, medium (1 of 4 each by 0.2), small, small; of the small ones Mid rose to medium."""
    rows = listed(company)
    matrix = pyramid.migration(*prepared(company, JUNE)).set_index(["from_tier", "to_tier"])["customers"]
    assert (matrix["small", "medium"], matrix["small", "small"]) == (1, 1)
    overall = (1 + 3 / 7) / 3
    lower, upper = (1 + 20 * overall) / 21, 20 * overall / 21  # Mid was in the fifth tenth, Poor in the best one
    assert rows["chance"].tolist() == pytest.approx([upper, overall, overall])
    assert lower != upper


def test_by_another_variable_room_is_held_against_what_the_destination_brings(company):
    rows = listed(company, by="orders")
    assert (rows["gap_to_threshold"] == 0).all() and (rows["score"] <= 1).all()


def test_limit_and_direction(company):
    assert listed(company, limit=1).index.tolist() == ["Near"]
    assert listed(company, limit=0).empty
    assert listed(company, move="inactive:small").index.tolist() == ["Old"]
    assert listed(company, move="inactive:small")["gap_to_threshold"].tolist() == [100]
    for move, code in (
        ("small:inactive", "E_MOVE_UP"),
        ("top:small", "E_MOVE_UP"),
        ("small", "E_MOVES"),
        ("small:x", "E_LAYER"),
    ):
        with pytest.raises(CrmError) as refused:
            listed(company, move=move)
        assert refused.value.code == code
    with pytest.raises(CrmError) as refused:
        listed(company, limit=-1)
    assert refused.value.code == "E_NEGATIVE"


def test_without_history_wallet_and_surveys_the_distance_decides(db):
    state.save_rules(db, FIVE)
    given(db, orders="\n".join(line for line in ORDERS.splitlines() if "2023" not in line and "2025" not in line))
    rows = listed(db)
    assert rows.index.tolist() == ["Near", "Poor", "Far"]
    assert rows[["chance", "wallet_room", "satisfaction", "trend"]].isna().all(axis=None)
    assert rows["score"].tolist() == pytest.approx([0.4 * part / 400 + 0.3 for part in (360, 120, 100)])


def test_a_tier_nobody_is_in_has_no_threshold(company):
    rows = listed(company, move="small:big")
    assert len(rows) == 3 and rows["gap_to_threshold"].isna().all()


EDGES = """
customer_id  order_id  ordered_at  amount
T            1         2026-05-01  997
T            2         2026-05-02  1
T            3         2026-05-03  1
T            4         2026-05-04  1
M            5         2026-05-01  98
M            6         2026-05-02  1
M            7         2026-05-03  1
Even         8         2026-05-01  87
Even         9         2026-05-02  1
Even         10        2025-05-01  80
Edge         11        2026-05-01  80
Edge         12        2025-06-30  8
"""  # T top, M medium; Even has risen by a tenth exactly, Edge brings four fifths of what M does
EDGE_WALLET = "customer_id as_of total_spend\nEdge 2026-06-30 100"  # told on the day; its year begins on 2025-07-01


def test_what_is_just_reached_counts(db):
    state.save_rules(db, Rules(tier_shares=(0.25, 0.0, 0.25)))
    given(db, orders=EDGES + "Z 0 2023-01-01 1", wallet=EDGE_WALLET)
    rows = listed(db)
    assert rows.loc["Edge", ["wallet_room", "gap_to_threshold", "reasons"]].tolist() == [20, 20, "near,room,rising"]
    assert rows.loc["Even", "reasons"] == "near,rising"
    by_orders = listed(db, by="orders")["gap_to_threshold"]
    assert by_orders.to_dict() == {"Edge": 2, "Even": 1}  # orders that are lacking to the three of M


def test_a_window_before_that_the_data_do_not_cover_tells_no_trend(db):
    state.save_rules(db, Rules(tier_shares=(0.25, 0.0, 0.25)))
    given(db, orders=EDGES)
    rows = listed(db)
    assert rows["trend"].isna().all() and not rows["reasons"].str.contains("rising").any()


def test_only_the_chosen_are_candidates_for_the_companys_tiers(db):
    state.save_rules(db, Rules(tier_shares=(0.25, 0.0, 0.25)))
    given(db, orders=EDGES)
    state.save_customer_set(db, "some", ["Edge", "T"])
    con, filters = prepared(db, JUNE, customer_set="some")
    rows = whatif.candidates(con, filters)
    assert rows["customer_id"].tolist() == ["Edge"] and rows["gap_to_threshold"].tolist() == [20]
    alone = whatif.candidates(con, filters, move="small:top", rank_within=True)  # of two, one is top and one small
    assert alone["gap_to_threshold"].tolist() == [1000 - 80]
