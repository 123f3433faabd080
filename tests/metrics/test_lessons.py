"""The ten lessons: the worked example, rows in sight worked out by eye, verdicts by their intervals; of a real export, against pandas."""

import numpy as np
import pandas as pd
import pytest

from crm_analytics import state
from crm_analytics.metrics import _verdicts, pyramid
from crm_analytics.rules import DEFAULT_LIMITS, Rules
from crm_analytics.stats.intervals import newcombe, wilson
from tests import plain
from tests.metrics import worked_example
from tests.rows import given, prepared

AS_OF = "2026-06-30"  # twelve months from 2025-07-01; the window before from 2024-07-01
CODES = [
    "top_revenue", "top_profit", "known_revenue", "spent_elsewhere", "potential", "satisfied_rise", "reasonably_satisfied_leave",
    "marketing_moves", "others_move", "two_percent",
]  # fmt: skip
# Four tiers of one customer each on both days; old makes the windows complete. a left, b and d moved up, c stayed, e is new.
ORDERS = """
    customer_id  order_id  ordered_at  amount  region
    old          0         2024-07-01  10      north
    old          0R        2024-07-02  -10     north
    a            2         2024-08-01  400     north
    b            3         2024-08-01  300     north
    c            4         2024-08-01  200     south
    d            5         2024-08-01  100     south
    b            6         2025-08-01  500     north
    d            7         2025-08-01  250     south
    c            9         2025-08-01  200     south
    e            10        2025-08-01  50      south
    """


def company(db, **tables):
    """The rows in sight, where even one customer is enough to be judged."""
    limits = DEFAULT_LIMITS | {"least_customers": 1}
    state.save_rules(db, Rules(tier_shares=(0.25, 0.25, 0.25), limits=limits))
    given(db, orders=ORDERS, **tables)
    return db


def lessons(db, as_of=AS_OF, **choice) -> pd.DataFrame:
    return pyramid.lessons(*prepared(db, as_of, **choice)).set_index("code")


def lesson(db, code: str, **choice) -> pd.Series:
    return lessons(db, **choice).loc[code]


@pytest.fixture
def example(db):
    worked_example.build(db)
    return db


def test_ten_lessons_in_order(example):
    found = lessons(example, worked_example.AS_OF)
    assert list(found.index) == CODES and list(found["lesson"]) == list(range(1, 11))
    assert set(found["verdict"]) <= {"holds", "fails", "unclear", "unknown"}
    pd.testing.assert_frame_equal(found, lessons(example, worked_example.AS_OF))  # the seed is fixed


def test_two_percent_of_the_worked_example(example):
    found = lessons(example, worked_example.AS_OF).loc["two_percent"]
    assert found["value"] == pytest.approx(990_000 / 10_000_000) and found["second"] == pytest.approx(396_000 / 800_000)
    assert found["low"] < 0.099 < found["high"] and found["second_low"] < 0.495 < found["second_high"]
    assert (found["claim"], found["second_claim"]) == (0.1, 0.5)


def test_money_of_the_worked_example(example):
    found = lessons(example, worked_example.AS_OF)
    assert found.loc["top_revenue", "value"] == pytest.approx(0.8)
    assert found.loc["top_profit", "value"] == pytest.approx(1_340_000 / 800_000)
    assert found.loc["top_profit", "verdict"] == "holds"
    # Every cost is tagged, so nothing is open: 400,000 of 2,000,000.
    assert tuple(found.loc["spent_elsewhere", ["value", "low", "high"]]) == (0.2, 0.2, 0.2)
    assert tuple(found.loc["spent_elsewhere", ["n", "verdict"]]) == (worked_example.PROSPECTS, "fails")
    assert pd.isna(found.loc["spent_elsewhere", "note"])


def test_the_first_fifth_is_a_fifth_whatever_the_tiers_are(db):
    rows = [
        f"c{place} {place} 2026-01-05 {amount}" for place, amount in enumerate([60, 20, 5, 5, 5, 2, 1, 1, 0.5, 0.5])
    ]
    given(db, orders="customer_id order_id ordered_at amount\n" + "\n".join(rows))
    for shares in ((0.01, 0.04, 0.15), (0.3, 0.3, 0.3)):
        state.save_rules(db, Rules(tier_shares=shares))
        found = lesson(db, "top_revenue")
        assert found["value"] == pytest.approx(0.8)
        assert (found["n"], found["verdict"], found["note"]) == (10, "unclear", "too_few")


def test_revenue_of_known_customers_by_hand(db):
    found = lesson(company(db), "known_revenue")
    assert found["value"] == 0.95  # 950 of 1000: all but e
    young = lesson(company(db), "known_revenue", months=18)
    assert (young["verdict"], young["note"]) == ("unclear", "window_before_incomplete")


def test_without_anything_before_the_window_nobody_is_known_to_be_new(db):
    given(db, orders="customer_id order_id ordered_at amount\na 1 2026-01-05 10")
    found = lesson(db, "known_revenue")
    assert np.isnan(found["value"]) and tuple(found[["verdict", "note"]]) == ("unknown", "window_incomplete")
    assert lesson(db, "satisfied_rise")["wants"] == "surveys"


def test_data_that_begin_with_the_window_know_nobody_of_before(db):
    limits = DEFAULT_LIMITS | {"least_customers": 1}
    state.save_rules(db, Rules(limits=limits))
    for first_day, verdict in (("2025-07-01", "unknown"), ("2025-06-30", "unclear")):
        given(db, orders=f"customer_id order_id ordered_at amount\na {first_day} {first_day} 10\na 2 2026-01-05 10")
        assert lesson(db, "known_revenue")["verdict"] == verdict


def test_costs_without_a_tag_leave_open_on_whom_they_were_spent(db):
    company(
        db,
        customers="customer_id signup_date\nasked 2025-01-01",
        costs="""
        period   kind       amount  customer_id  allocation_key
        2026-01  marketing  30      asked        direct
        2026-02  sales      10      b            direct
        2026-03  service    60      -            per_head
        """,
    )
    found = lesson(db, "spent_elsewhere")
    assert tuple(found[["low", "high", "n"]]) == (0.3, 0.9, 1)
    assert found["value"] == pytest.approx(0.3 + 0.0857)  # one head of seven, in whole cents
    assert tuple(found[["verdict", "note"]]) == ("unclear", "spent_without_tag")


def test_contacts_tell_on_whom_a_cost_was_spent(db):
    company(
        db,
        customers="customer_id signup_date\nasked 2025-01-01",
        costs="period kind amount allocation_key\n2026-01 sales 30 activity",
        interactions="customer_id at unit_cost\nasked 2026-02-01 1\nb 2026-02-01 2",
    )
    found = lesson(db, "spent_elsewhere")
    assert found[["value", "low", "high"]].tolist() == pytest.approx([1 / 3] * 3) and pd.isna(found["note"])


def test_wants_name_what_is_absent(db):
    found = lessons(company(db))
    wanted = {
        "top_profit": "orders,costs", "spent_elsewhere": "costs", "satisfied_rise": "surveys", "marketing_moves": "campaign_members",
        "reasonably_satisfied_leave": "surveys", "others_move": "complaints", "two_percent": "orders,costs",
    }  # fmt: skip
    assert dict(found["wants"].dropna()) == wanted
    assert set(found.loc[[*wanted][:-1], "verdict"]) == {"unknown"}
    given(db, costs="period kind amount\n2026-01 sales 5")
    assert lesson(db, "top_profit")["wants"] == "orders" and lesson(db, "spent_elsewhere")["wants"] == "customers"


def test_a_company_without_orders_wants_them(db):
    given(db, customers="customer_id signup_date\na 2026-01-05")
    found = lessons(db, None)
    assert set(found["verdict"]) == {"unknown"} and set(found["wants"]) == {"orders"}


def test_the_profit_of_the_first_fifth_is_a_share_of_the_whole_companys(db):
    rows = "\n".join(f"c{place} {place} 2026-01-05 20 10" for place in range(28))
    state.save_rules(db, Rules(limits=DEFAULT_LIMITS | {"least_customers": 1}))
    given(
        db,
        orders=f"customer_id order_id ordered_at amount cost\n{rows}",
        customers="customer_id signup_date\nasked 2025-01-01",
        costs="period kind amount customer_id\n2026-01 marketing 180 asked",
    )
    found = lesson(db, "top_profit")
    assert found["value"] == pytest.approx(0.6)  # six of 28, and what was spent on somebody who never bought
    # All are alike, so nothing is open: a fifth of 280 of 100, however many are drawn.
    assert found[["low", "high"]].tolist() == pytest.approx([0.56, 0.56])
    assert found["verdict"] == "fails"


def test_a_company_without_profit_has_no_share_of_it(db):
    company(db, costs="period kind amount\n2026-01 sales 5000")
    state.save_rules(db, Rules(margin_rate=0.5))
    found = lessons(db)
    assert tuple(found.loc["top_profit", ["verdict", "note"]]) == ("unclear", "no_profit")
    assert np.isnan(found.loc["top_profit", "value"])


def test_upgrade_potential_by_hand(db):
    """The tiers are entered at 500, 250 and 200: d and c spend as much elsewhere as they lack, e does not."""
    company(
        db,
        wallet="customer_id as_of total_spend\nb 2026-06-30 9000\nd 2026-06-30 500\nc 2026-06-30 250\ne 2026-06-30 199",
    )
    found = lesson(db, "potential")
    assert (found["value"], found["n"]) == (0.5, 4)
    assert tuple(found[["low", "high"]]) == wilson(2, 4)
    assert (found["claim"], found["claim_high"], found["verdict"]) == (0.05, 0.3, "unclear")


def test_of_half_a_years_window_half_of_what_is_spent_elsewhere_counts(db):
    given(
        db,
        orders="customer_id order_id ordered_at amount\nold 0 2020-01-01 1\na 1 2026-06-01 100\nb 2 2026-06-01 40",
        wallet="customer_id as_of total_spend\nb 2026-06-30 159",
    )
    state.save_rules(db, Rules(limits=DEFAULT_LIMITS | {"least_customers": 1}))
    assert lesson(db, "potential")["value"] == 1  # 40 + 119 >= 100
    assert lesson(db, "potential", months=6)["value"] == 0  # 40 + 59.5 < 100


def test_without_estimates_those_who_did_move_up_stand_in(db):
    found = lesson(company(db), "potential")
    assert (found["value"], found["n"], found["note"]) == (0.5, 4, "from_moves")  # b and d of a, b, c, d


def test_who_was_satisfied_moves_up_by_hand(db):
    company(
        db,
        surveys="""
        customer_id  answered_at  score  scale_max
        a            2025-01-01   5      5
        b            2024-09-01   2      5
        b            2025-01-01   4      5
        d            2025-01-01   1      5
        c            2025-01-01   3      5
        e            2025-01-01   5      5
        d            2025-07-01   5      5
        """,
    )
    found = lesson(db, "satisfied_rise")  # a was top and cannot rise; e was not there; d's last answer came later
    assert tuple(found[["rate", "n", "rate_others", "n_others"]]) == (1, 1, 0.5, 2)
    assert found["value"] == 0.5 and tuple(found[["low", "high"]]) == newcombe(1, 1, 1, 2)
    assert tuple(found[["verdict", "note"]]) == ("unclear", "association")


def test_the_reasonably_satisfied_leave_by_hand(db):
    company(
        db,
        surveys="""
        customer_id  answered_at  score  scale_max
        a            2025-01-01   4      5
        b            2025-01-01   8      10
        c            2025-01-01   5      5
        d            2025-01-01   3      5
        """,
    )
    found = lesson(db, "reasonably_satisfied_leave")
    assert tuple(found[["rate", "n", "rate_others", "n_others"]]) == (0.5, 2, 0, 1)


def test_slow_service_goes_with_moving_down_or_away_by_hand(db):
    company(
        db,
        complaints="""
        complaint_id  customer_id  opened_at         resolved_at
        1             a            2025-01-01T08:00  2025-01-05T08:00
        2             b            2025-01-01T08:00  2025-01-02T08:00
        3             c            2025-01-01T08:00  2025-01-04T08:00
        4             c            2025-02-01T08:00  -
        5             d            2025-07-01T08:00  2025-08-01T08:00
        """,
    )
    found = lesson(db, "others_move")  # a waited 96 hours and left; c is still waiting and stayed; d complained later
    assert tuple(found[["rate", "n", "rate_others", "n_others"]]) == (0.5, 2, 0, 1)
    state.save_rules(db, Rules(limits=DEFAULT_LIMITS | {"least_customers": 1}, targets={"complaint_hours_median": 20}))
    assert lesson(db, "others_move")["n"] == 3  # b waited 24


def test_messages_are_held_against_those_held_back_campaign_by_campaign(db):
    company(
        db,
        campaigns="campaign_id starts\nnow 2025-07-01\nearly 2025-06-30\nall 2025-09-01",
        campaign_members="""
        campaign_id  customer_id  arm      sent_at
        now          b            treated  2025-07-01
        now          c            control  -
        now          a            treated  2025-07-01
        now          e            treated  2025-07-01
        early        d            treated  2025-06-30
        early        c            control  -
        all          d            treated  2025-09-01
        all          c            -        2025-09-01
        """,
    )
    found = lesson(
        db, "marketing_moves"
    )  # a was top, e was not there; the others' campaigns were too early, or for all
    assert tuple(found[["rate", "n", "rate_others", "n_others"]]) == (1, 1, 0, 1)
    assert tuple(found[["low", "high"]]) == pytest.approx(newcombe(1, 1, 0, 1))


def test_who_got_a_message_under_one_of_his_numbers_was_not_held_back(db):
    company(
        db,
        customers="customer_id person_id\nb2 b",
        campaigns="campaign_id starts\nCMP 2025-07-10",
        campaign_members="campaign_id customer_id arm\nCMP b control\nCMP b2 treated\nCMP c control\nCMP d treated",
    )
    found = lesson(db, "marketing_moves")
    assert tuple(found[["rate", "n", "rate_others", "n_others"]]) == (1, 2, 0, 1)  # b and d rose, c stayed


def test_without_anybody_held_back_nothing_is_called_an_effect(db):
    company(db, interactions="customer_id at\nb 2025-07-01\na 2025-07-01\nc 2025-06-30")
    found = lesson(db, "marketing_moves")
    assert tuple(found[["rate", "n", "rate_others", "n_others"]]) == (1, 1, 0.5, 2)
    assert tuple(found[["verdict", "note"]]) == ("unclear", "observational")


def test_too_few_are_not_judged(db):
    company(db, surveys="customer_id answered_at score scale_max\nb 2025-01-01 5 5\nc 2025-01-01 1 5")
    state.save_rules(db, Rules(tier_shares=(0.25, 0.25, 0.25)))
    found = lessons(db)
    assert tuple(found.loc["satisfied_rise", ["verdict", "note"]]) == ("unclear", "too_few")
    assert set(found["verdict"]) == {"unclear", "unknown"}


def test_a_first_day_with_part_of_its_window_is_not_judged(db):
    company(db, surveys="customer_id answered_at score scale_max\nb 2025-01-01 5 5\nc 2025-01-01 1 5")
    found = lesson(db, "satisfied_rise", months=13)
    assert tuple(found[["verdict", "note"]]) == ("unclear", "window_then_incomplete")


def test_chosen_customers_are_a_company_of_their_own(db):
    company(db)
    found = lesson(db, "known_revenue", where=(("region", ("south",)),))
    assert (found["value"], found["n"]) == (0.9, 3)  # d 250, c 200, e 50


@pytest.mark.parametrize(
    "rows",
    ["a 1 2026-01-05 10 20", "a 1 2026-01-05 -10 -5", "a 1 2020-01-05 10 5", "a 1 2026-01-05 10 5\nb 2 2025-01-05 10 5"],
    ids=["one with a loss", "only returns", "nobody active", "one came, one left"],
)  # fmt: skip
def test_a_company_of_almost_nobody_is_not_judged(db, rows):
    given(
        db, orders="customer_id order_id ordered_at amount cost\n" + rows, costs="period kind amount\n2026-01 sales 3"
    )
    found = lessons(db)
    assert set(found["verdict"]) <= {"unclear", "unknown"}
    assert pyramid.relations(*prepared(db, AS_OF))["customers"].sum() == 1 + rows.count("\nb")
    assert len(pyramid.flows(*prepared(db, AS_OF))) == (6 if "2020" in rows or "2025" in rows else 0)


@pytest.mark.parametrize(
    "low, high, verdict",
    [(0.81, 0.9, "holds"), (0.7, 0.79, "fails"), (0.7, 0.9, "unclear"), (0.8, 0.9, "unclear"), (None, 0.9, "unclear"),
     (0.9, None, "holds"), (None, 0.7, "fails"), (None, None, "unclear")],
)  # fmt: skip
def test_the_verdict_is_the_intervals(low, high, verdict):
    assert _verdicts.at_least(low, high, 0.8) == verdict


@pytest.mark.parametrize(
    "low, high, verdict",
    [(0.05, 0.3, "holds"), (0.04, 0.2, "unclear"), (0.2, 0.31, "unclear"), (0, 0.049, "fails"), (0.31, 0.4, "fails"),
     (None, None, "unclear")],
)  # fmt: skip
def test_the_verdict_on_a_range(low, high, verdict):
    assert _verdicts.within(low, high, 0.05, 0.3) == verdict


def test_a_round_figure_is_reached_a_twentieth_earlier():
    near = {"lesson": 1, "code": "x", "unit": "share", "claim": 0.8, "low": 0.77, "high": 0.79}
    assert _verdicts.Lesson(**near, judged_at=0.76).judged().verdict == "holds"
    assert _verdicts.Lesson(**near).judged().verdict == "fails"


def test_of_a_real_export_shares_and_moves_equal_pandas_and_lie_in_their_intervals(retail):
    database, lines = retail
    now, then = plain.snapshot(lines, "2011-12-09", 6), plain.snapshot(lines, "2011-06-09", 6)
    active = now[now["is_active"]].sort_values("revenue", ascending=False)
    found = lessons(database, "2011-12-09", months=6)
    whole = active["revenue"].sum()
    assert found.loc["top_revenue", "value"] == pytest.approx(
        active["revenue"][: round(0.2 * len(active))].sum() / whole
    )
    assert found.loc["known_revenue", "value"] == pytest.approx(active["revenue"][~active["is_new"]].sum() / whole)
    was = then["tier"][then["is_active"]].map({"top": 0, "big": 1, "medium": 2, "small": 3})
    place = now["tier"].map({"top": 0, "big": 1, "medium": 2, "small": 3}).reindex(was.index)
    assert found.loc["potential", "value"] == pytest.approx((place < was).sum() / len(was))
    means = active.groupby("tier")["revenue"].mean()
    added = (
        14 * (means["medium"] - means["small"])
        + 4 * (means["big"] - means["medium"])
        + 2 * (means["top"] - means["big"])
    )
    company_revenue = lines["amount"][(lines["day"] >= "2011-06-10") & (lines["day"] < "2011-12-10")].sum()
    assert found.loc["two_percent", "value"] == pytest.approx(added * len(active) / 1000 / company_revenue, rel=1e-6)
    inside = found.loc[["top_revenue", "known_revenue", "potential", "two_percent"]]
    assert ((inside["low"] < inside["value"]) & (inside["value"] < inside["high"])).all()
