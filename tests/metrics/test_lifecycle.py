"""Stages, flows, trend, borders: hand-written customers, identities, and the real export once more by pandas alone."""

from datetime import date

import pandas as pd
import pytest

from crm_analytics import state
from crm_analytics.errors import CrmError
from crm_analytics.metrics import lifecycle
from crm_analytics.metrics._stages import STAGES
from crm_analytics.rules import Rules
from tests import plain
from tests.rows import given, prepared

AS_OF = "2026-06-30"
# On 2026-06-30: a ordered today, b 30 days ago, c 31, d 90, e 91, f 179, g 180 days ago; h's return 5 days ago resets no clock;
# i's order was cancelled; j's only line is a gift.
BORDERS = """
    customer_id  order_id  ordered_at  amount  status
    a            1         2026-06-30  10      -
    b            2         2026-05-31  10      -
    c            3         2026-05-30  10      -
    d            4         2026-04-01  10      -
    e            5         2026-03-31  10      -
    f            6         2026-01-02  10      -
    g            7         2026-01-01  10      -
    h            8         2026-01-01  50      -
    h            8r        2026-06-25  -50     -
    i            9         2026-06-29  10      cancelled
    j            10        2026-06-29  0       -
"""


@pytest.fixture
def borders(db):
    given(db, orders=BORDERS)
    return db


@pytest.fixture
def moving(db):
    """Of 2026-05-31 and 2026-06-30: one of each way a customer can go."""
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at        amount
        stays        1         2026-05-25        10
        stays        2         2026-06-10        10
        cools        3         2026-05-20        20
        warms        4         2026-04-01        30
        warms        5         2026-06-30T23:59  30
        forgets      6         2026-03-10        40
        returns      7         2026-01-10        50
        returns      8         2026-06-01        50
        lost         9         2025-12-10        60
        back         10        2025-06-01        70
        back         11        2026-06-15        70
        new          12        2026-06-01        80
        late         13        2026-07-01        90
        """,
    )
    return db


def stage_of(database, day: str) -> dict:
    found = lifecycle.stages(*prepared(database, day)).set_index("stage")
    return found.customers.to_dict()


def test_each_border_belongs_to_the_colder_stage(borders):
    assert stage_of(borders, AS_OF) == {"active": 2, "silent": 2, "forgotten": 2, "lost": 2}


def test_days_count_from_the_last_order_up_to_the_day(borders):
    assert stage_of(borders, "2026-06-29") == {"active": 2, "silent": 2, "forgotten": 3, "lost": 0}
    assert stage_of(borders, "2026-01-01") == {"active": 2, "silent": 0, "forgotten": 0, "lost": 0}
    assert stage_of(borders, "2025-12-31") == {"active": 0, "silent": 0, "forgotten": 0, "lost": 0}


def test_revenue_is_of_all_history_and_the_window_is_beside_it(borders):
    found = lifecycle.stages(*prepared(borders, AS_OF, months=1)).set_index("stage")
    assert found.revenue.to_dict() == {"active": 20, "silent": 20, "forgotten": 20, "lost": 10}  # h: 50 - 50
    assert found.revenue_window.to_dict() == {"active": 10, "silent": 0, "forgotten": 0, "lost": -50}


def test_the_borders_in_the_rules_are_followed(borders):
    state.save_rules(borders, Rules(lifecycle_days=(1, 31, 91)))
    assert stage_of(borders, AS_OF) == {"active": 1, "silent": 1, "forgotten": 2, "lost": 4}


def test_every_way_between_two_days(moving):
    found = lifecycle.flows(*prepared(moving, AS_OF))
    assert found.from_date.unique().tolist() == [date(2026, 5, 31)]
    ways = {(row.from_stage, row.to_stage, row.flow): row.customers for row in found.itertuples() if row.customers}
    assert ways == {
        ("active", "active", "stayed"): 1,
        ("active", "silent", "cooled"): 1,
        ("silent", "active", "warmed"): 1,
        ("silent", "forgotten", "cooled"): 1,
        ("forgotten", "active", "reactivated"): 1,
        ("forgotten", "lost", "cooled"): 1,
        ("lost", "active", "reactivated"): 1,
        ("new", "active", "new"): 1,
    }
    assert found.groupby("from_stage").rate.sum().to_dict() == dict.fromkeys(
        ["active", "forgotten", "lost", "new", "silent"], 1
    )


def test_stock_and_flow_of_the_hand_written(moving):
    found = lifecycle.stages(*prepared(moving, AS_OF)).set_index("stage")
    columns = ["customers_then", "entered", "left", "stayed", "new", "reactivated", "customers"]
    assert found.loc["active", columns].tolist() == [2, 4, 1, 1, 1, 2, 5]
    assert found.loc["lost", columns].tolist() == [1, 1, 1, 0, 0, 0, 1]


def test_who_moved_is_listed_by_name(moving):
    con, filters = prepared(moving, AS_OF)
    assert lifecycle.movers(con, filters, flow="reactivated").customer_id.tolist() == ["back", "returns"]
    assert lifecycle.movers(con, filters, from_stage="active", to_stage="silent").customer_id.tolist() == ["cools"]
    everybody = lifecycle.movers(con, filters)
    assert "stays" not in set(everybody.customer_id) and len(everybody) == 7
    assert lifecycle.movers(con, filters, limit=2, offset=1).customer_id.tolist() == everybody.customer_id.tolist()[1:3]


def test_a_day_of_the_readers_own(moving):
    con, filters = prepared(moving, AS_OF)
    found = lifecycle.flows(con, filters, from_date=date(2025, 6, 1))
    assert found[found.from_stage == "active"].customers.sum() == 1  # back, on the day of the first order
    for day in (date(2025, 5, 31), date(2026, 7, 1)):
        with pytest.raises(CrmError) as refusal:
            lifecycle.flows(con, filters, from_date=day)
        assert refusal.value.code == "E_FROM_DATE"


def test_a_history_of_less_than_a_month_has_a_stock_and_no_flow(db):
    given(db, orders="customer_id order_id ordered_at amount\n a 1 2026-06-20 10")
    con, filters = prepared(db, AS_OF)
    found = lifecycle.stages(con, filters)
    assert found.customers.tolist() == [1, 0, 0, 0] and found.entered.isna().all()
    assert set(found.note) == {"history_too_short"}
    assert lifecycle.flows(con, filters).empty and lifecycle.flows(con, filters).attrs["note"] == "history_too_short"
    assert lifecycle.movers(con, filters).empty


def test_what_cannot_be_meant_is_refused(moving):
    con, filters = prepared(moving, AS_OF)
    for options in ({"flow": "up"}, {"from_stage": "top"}, {"to_stage": "new"}):
        with pytest.raises(CrmError) as refusal:
            lifecycle.movers(con, filters, **options)
        assert refusal.value.code == "E_OPTION_VALUE"


def test_nobody_and_one(db):
    given(
        db,
        customers="customer_id status\n p prospect",
        orders="customer_id order_id ordered_at amount\n - 1 2026-06-20 10",
    )
    con, filters = prepared(db, AS_OF)
    assert lifecycle.stages(con, filters).customers.sum() == 0
    assert lifecycle.days(con, filters).empty
    assert lifecycle.trend(con, filters).customers.sum() == 0
    assert lifecycle.borders(con, filters).derived_days.isna().all()


def test_the_trend_ends_with_the_stock_of_the_day(borders):
    con, filters = prepared(borders, AS_OF)
    found = lifecycle.trend(con, filters, span=6)
    assert found.day.dt.strftime("%Y-%m-%d").unique().tolist() == [
        "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"
    ]  # fmt: skip
    last = found[found.day == pd.Timestamp(AS_OF)].set_index("stage").customers
    assert last.to_dict() == stage_of(borders, AS_OF)
    assert not found.in_progress.any()  # the day is the end of its month
    young = found[found.is_young].groupby("stage").day.max()
    assert young["lost"] == pd.Timestamp("2026-05-31") and "active" not in young.index  # the data begin 2026-01-01


def test_every_month_end_of_the_trend_is_that_days_stock(moving):
    con, filters = prepared(moving, "2026-06-20")
    found = lifecycle.trend(con, filters, span=13)
    assert found[found.in_progress].day.unique() == [pd.Timestamp("2026-06-20")]
    for day, rows in found.groupby("day"):
        assert rows.set_index("stage").customers.to_dict() == stage_of(moving, f"{day:%Y-%m-%d}"), day


def test_the_trend_of_a_choice_is_of_those_chosen(moving):
    con, filters = prepared(moving, AS_OF, where=(("stage", ("lost",)),))
    found = lifecycle.trend(con, filters, span=2)
    assert found.groupby("day").customers.sum().tolist() == [1, 1, 1]


def test_gaps_are_between_orders_and_a_return_is_none(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount
        a            1         2026-01-01  10
        a            2         2026-01-01  10
        a            2r        2026-01-05  -10
        a            3         2026-01-11  10
        b            4         2026-01-01  10
        b            5         2026-01-21  10
        b            5r        2026-03-01  -10
        c            6         2026-01-01  10
        c            7         2026-02-10  10
        c            8         2026-07-10  10
        """,
    )
    found = lifecycle.borders(*prepared(db, AS_OF)).set_index("stage")
    assert found.gaps.unique().tolist() == [3]  # 10, 20 and 40 days
    assert found.derived_days.tolist() == [21, 41, 42]  # each at least a day after the one before
    assert found.source.tolist() == ["ours", "ours", "given"]
    assert found.longer_share.tolist() == [1 / 3, 0, 0]
    state.save_rules(db, Rules(lifecycle_days=(21, 41, 42)))
    assert lifecycle.borders(*prepared(db, AS_OF)).source.unique().tolist() == ["own"]


def test_the_bars_hold_everybody_once(borders):
    found = lifecycle.days(*prepared(borders, AS_OF))
    assert found.customers.sum() == 8
    assert found.groupby("stage").customers.sum().to_dict() == stage_of(borders, AS_OF)
    assert ((found.days_to - found.days_from) == found.days_to.iloc[0]).all()


def test_identities_on_the_real_export(retail):
    database, _ = retail
    con, filters = prepared(database, "2011-12-09")
    for options in ({}, {"from_date": date(2011, 6, 9)}, {"from_date": date(2010, 12, 1)}):
        found = lifecycle.stages(con, filters, **options)
        assert (found.customers == found.customers_then + found.entered - found.left).all()
        assert (found.customers == found.stayed + found.entered).all()
        assert lifecycle.flows(con, filters, **options).customers.sum() == found.customers.sum() == 4338


def test_the_real_export_as_pandas_alone_counts_it(retail):
    database, lines = retail
    assert stage_of(database, "2011-12-09") == {"active": 1667, "silent": 1222, "forgotten": 588, "lost": 861}
    orders = plain.orders_of(lines[lines.customer_id.notna()])
    for day in ("2011-12-09", "2011-07-31"):
        last = orders[orders.day <= day].groupby("customer_id").day.max()
        expected = plain._stages((pd.Timestamp(day) - last).dt.days).value_counts()
        assert stage_of(database, day) == expected.reindex(list(STAGES), fill_value=0).to_dict()
    gaps = (
        orders[orders.day <= "2011-12-09"]
        .drop_duplicates(["customer_id", "day"])
        .sort_values("day")
        .groupby("customer_id")
        .day.diff()
    )
    gaps = gaps.dropna().dt.days.sort_values(ignore_index=True)
    found = lifecycle.borders(*prepared(database, "2011-12-09"))
    assert found.gaps.unique().tolist() == [len(gaps)]
    assert found.derived_days.tolist() == [gaps[-(-len(gaps) * part // 100) - 1] + 1 for part in (50, 80, 95)]


def test_the_trend_of_the_real_export_as_pandas_alone_counts_it(retail):
    database, lines = retail
    orders = plain.orders_of(lines[lines.customer_id.notna()])
    found = lifecycle.trend(*prepared(database, "2011-12-09"))
    assert found.day.nunique() == 13
    for day, rows in found.groupby("day"):
        last = orders[orders.day <= day].groupby("customer_id").day.max()
        expected = plain._stages((day - last).dt.days).value_counts().reindex(list(STAGES), fill_value=0)
        assert rows.set_index("stage").customers.to_dict() == expected.to_dict(), day
