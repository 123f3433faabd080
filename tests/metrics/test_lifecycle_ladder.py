"""The ladders: orders by hand (ties, 0-day gaps, returns, cancelled, the day in the past), judged orders, loyalty, the real export."""

from datetime import date

import pandas as pd
import pytest

from crm_analytics.errors import CrmError
from crm_analytics.metrics import lifecycle
from crm_analytics.metrics._ladder import loyalty_point
from tests import plain
from tests.rows import given, prepared

AS_OF = "2026-06-30"
# a: three orders, two of them on one day, one line of the third is a return; b: two orders 10 days apart; c: one, and a return of it;
# d: only a cancelled one and a gift; e: one order of two lines, its earliest line counts.
ORDERS = """
    customer_id  order_id  ordered_at        amount  status
    a            1         2026-01-01T09:00  10      -
    a            2         2026-01-01T18:00  10      -
    a            3         2026-01-21        10      -
    a            3         2026-01-25        -5      -
    b            4         2026-02-01        10      -
    b            5         2026-02-11        10      -
    c            6         2026-03-01        10      -
    c            6r        2026-03-05        -10     -
    d            7         2026-03-01        10      cancelled
    d            8         2026-03-02        0       -
    e            9         2026-04-10        10      -
    e            9         2026-04-01        10      -
"""


def steps(database, day=AS_OF, kind="orders", **options) -> pd.DataFrame:
    return lifecycle.ladder(*prepared(database, day), kind=kind, **options).set_index("orders")


@pytest.fixture
def bought(db):
    given(db, orders=ORDERS)
    return db


def test_two_orders_of_a_day_are_two_steps_of_no_days(bought):
    found = steps(bought)
    assert found.customers.tolist() == [4, 2, 1, 0, 0]
    assert found.customers_now.tolist() == [2, 1, 1, 0, 0]
    assert found.median_days.tolist()[:2] == [5, 20]  # 0 and 10; 20
    assert found.conversion_rate.tolist()[:3] == [0.5, 0.5, 0]
    assert found.conversion_rate.isna().tolist() == [False] * 3 + [True] * 2


def test_the_day_in_the_past_knows_nothing_of_later_orders(bought):
    assert steps(bought, "2026-01-20").customers.tolist() == [1, 1, 0, 0, 0]
    assert steps(bought, "2026-02-01").customers.tolist() == [2, 1, 1, 0, 0]
    assert steps(bought, "2025-12-31").customers.tolist() == [0] * 5


def test_only_those_watched_long_enough_are_in_the_rate_in_time(bought):
    found = steps(bought, "2026-04-05", within=30)  # first orders of 6 March or before: a, b, c; second: a, b
    assert found.observed.tolist()[:3] == [3, 2, 1]
    assert found.observed_rate.tolist()[:3] == [pytest.approx(2 / 3), 0.5, 0]
    assert steps(bought, "2026-04-05", within=9).observed_rate[1] == pytest.approx(1 / 3)  # b took ten days
    assert steps(bought, "2026-04-05", within=10).observed_rate[1] == pytest.approx(2 / 3)
    assert steps(bought, "2026-04-05", within=4).observed[1] == 4  # e's order is exactly four days old
    assert steps(bought, "2026-04-05", within=5).observed[1] == 3
    assert steps(bought).within.unique().tolist() == [180]


def test_without_surveys_and_complaints_there_is_one_ladder_and_no_zero(bought):
    con, filters = prepared(bought, AS_OF)
    assert lifecycle.ladder(con, filters).kind.unique().tolist() == ["orders"]
    assert lifecycle.ladder(con, filters, kind="satisfying").empty
    assert lifecycle.judged(con, filters)[["orders", "satisfying", "unknown"]].iloc[0].tolist() == [7, 0, 7]
    assert lifecycle.one_more(con, filters, step=3).satisfying.isna().all()


def test_an_order_without_a_complaint_is_satisfying_once_complaints_are_known(bought):
    given(bought, complaints="complaint_id opened_at customer_id order_id\n x 2026-01-25 a 3\n y 2026-03-10 c -")
    con, filters = prepared(bought, AS_OF)
    row = lifecycle.judged(con, filters).iloc[0]
    # From 25 January on: b's two, e's one; a's two of 1 January are unknown, a's third and c's only one complained about.
    assert row[["orders", "satisfying", "unsatisfying", "unknown", "complained"]].tolist() == [7, 3, 2, 2, 2]
    assert row.covered_from == date(2026, 1, 25)
    found = steps(bought, kind="satisfying")
    assert found.customers.tolist() == [2, 1, 0, 0, 0] and found.median_days[1] == 10


def test_an_answer_judges_its_order_and_the_last_one_counts(bought):
    given(
        bought,
        surveys="""
        customer_id  order_id  answered_at       score  scale_max  question
        a            1         2026-01-03        5      5          overall
        a            2         2026-01-03        5      5          overall
        a            2         2026-01-04        3      5          overall
        a            3         2026-02-01        1      5          product
        b            -         2026-02-05        4      5          overall
        c            -         2026-02-20        5      5          overall
        zz           -         2026-02-20        5      5          overall
        b            5         -                 1      5          overall
        """,
    )
    con, filters = prepared(bought, AS_OF)
    row = lifecycle.judged(con, filters).iloc[0]
    # a's first is satisfying, a's second is not (3), b's first is by an answer that names none; c had no order yet; undated left out.
    assert row[["orders", "satisfying", "unsatisfying", "unknown", "scored_low", "surveyed"]].tolist() == [
        7,
        2,
        1,
        4,
        1,
        3,
    ]
    assert row.covered_from is None or pd.isna(row.covered_from)
    before = lifecycle.judged(*prepared(bought, "2026-01-03")).iloc[0]
    assert before[["orders", "satisfying", "unsatisfying", "unknown"]].tolist() == [2, 2, 0, 0]


def test_a_complaint_and_a_low_answer_are_one_unsatisfying_order(bought):
    given(
        bought,
        complaints="complaint_id opened_at customer_id order_id\n x 2026-01-01 b 5\n y 2026-02-12 b 5\n z 2026-02-12 - 4",
        surveys="customer_id order_id answered_at score scale_max question\n b 5 2026-02-13 1 5 overall\n b 4 2026-02-13 5 5 overall",
    )
    row = lifecycle.judged(*prepared(bought, AS_OF)).iloc[0]
    assert row[["satisfying", "unsatisfying", "unknown", "complained", "scored_low"]].tolist() == [5, 2, 0, 2, 1]
    assert steps(bought, kind="satisfying").customers.tolist() == [3, 1, 1, 0, 0]  # a, c, e; a's others; none of b's


def test_of_two_orders_of_a_day_the_later_is_meant(bought):
    given(bought, complaints="complaint_id opened_at customer_id\n x 2026-01-01 a")
    con, filters = prepared(bought, AS_OF)
    assert lifecycle.judged(con, filters).unsatisfying.iloc[0] == 1
    assert steps(bought, kind="satisfying").customers.tolist() == [4, 2, 0, 0, 0]  # a's first and third, b's two


def test_one_more_lists_who_is_short_and_not_lost(bought):
    con, filters = prepared(bought, AS_OF)
    assert lifecycle.one_more(con, filters, step=2).customer_id.tolist() == ["e", "c"]  # 20 and 0 of revenue
    assert lifecycle.one_more(con, filters, step=3).customer_id.tolist() == ["b"]
    assert [lifecycle.one_more_size(con, filters, step=step) for step in (2, 3, 4, 5)] == [2, 1, 1, 0]
    late = prepared(bought, "2026-08-28")
    assert lifecycle.one_more(*late, step=2).customer_id.tolist() == ["e"]  # c's order is 180 days old
    for options in ({"step": 1}, {"step": 6}, {"kind": "loyal"}):
        with pytest.raises(CrmError) as refusal:
            lifecycle.one_more(con, filters, **options)
        assert refusal.value.code == "E_OPTION_VALUE"


@pytest.mark.parametrize(
    ("verdicts", "point"),
    [
        ([None, "rises", "rises", "level", "level"], 3),
        ([None, "level", "rises", "level", "level"], 3),
        ([None, "level", "level", "level", "level"], None),
        ([None, "rises", "rises", "rises", "rises"], None),
        ([None, "rises", "level", "unclear", "level"], None),
        ([None, "rises", "level", "few", "few"], None),
        ([None, "few", "few", "few", "few"], None),
    ],
)
def test_the_loyalty_point_is_the_last_rise_before_level_steps(verdicts, point):
    assert loyalty_point(verdicts) == point


def test_a_planted_loyalty_point_is_found(db):
    """Of 4,000 with one order half go on; of those with two, 70 %; from the third order on, 90 %."""
    taken = [1] * 2000 + [2] * 600 + [3] * 140 + [4] * 126 + [5] * 113 + [6] * 1021
    rows = [f"c{who} {who}-{step} 2025-0{1 + step}-01 10" for who, n in enumerate(taken) for step in range(n)]
    given(db, orders="\n".join(["customer_id order_id ordered_at amount", *rows]))
    found = steps(db)
    assert found.observed_rate.round(2).tolist() == [0.5, 0.7, 0.9, 0.9, 0.9]
    assert found.verdict.tolist()[1:] == ["rises", "rises", "level", "level"]
    assert found[found.is_loyal].index.tolist() == [3]


def test_a_choice_has_a_ladder_of_its_own(bought):
    found = lifecycle.ladder(*prepared(bought, AS_OF, where=(("orders_ever", ("2", "3")),))).set_index("orders")
    assert found.customers.tolist() == [2, 2, 1, 0, 0]


def test_the_real_exports_ladder_as_pandas_alone_counts_it(retail):
    database, lines = retail
    for day in ("2011-12-09", "2011-06-30"):
        orders = plain.orders_of(lines[lines.customer_id.notna()])
        orders = orders[orders.day <= day].sort_values(["customer_id", "day"], kind="stable")
        orders["step"] = orders.groupby("customer_id").cumcount() + 1
        orders["gap"] = (orders.groupby("customer_id").day.shift(-1) - orders.day).dt.days
        found = steps(database, day)
        for step in range(1, 6):
            here = orders[orders.step == step]
            old = here[here.day <= pd.Timestamp(day) - pd.Timedelta(days=180)]
            assert found.customers[step] == len(here)
            assert found.conversion_rate[step] == pytest.approx(here.gap.notna().mean())
            assert found.median_days[step] == here.gap.median()
            assert found.observed[step] == len(old)
            assert found.observed_rate[step] == pytest.approx((old.gap <= 180).mean())


def test_steps_only_fall_and_begin_with_everybody_who_ordered(retail):
    database, _ = retail
    con, filters = prepared(database, "2011-12-09")
    found = steps(database, "2011-12-09")
    assert found.customers.is_monotonic_decreasing
    assert (
        found.customers[1] == con.execute("select count(*) from snapshot where orders_ever > 0").fetchone()[0] == 4338
    )
    assert found.customers_now.sum() == found.customers[1]
    assert con.execute("select count(*) from snapshot where orders_ever >= 5").fetchone()[0] == found.customers[5]
