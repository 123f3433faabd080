"""Everything about one customer: facts by hand, what happened, identities, and the same from real exports by pandas alone."""

from dataclasses import replace

import pandas as pd
import pytest

from crm_analytics import state
from crm_analytics.errors import CrmError
from crm_analytics.metrics import customer, customers
from tests.plain import UNIT
from tests.rows import given, prepared

AS_OF = "2026-06-30"
ORDERS = """
customer_id  order_id  ordered_at        amount  cost  category  channel  product
A            1         2025-01-10        50      20    skin      shop     cream
A            2         2026-01-10T10:00  100     60    skin      online   cream
A            2         2026-01-10T10:00  20      10    hair      online   soap
A            3         2026-01-30        40      30    skin      shop     cream
A            3R        2026-02-02        -10     -     skin      shop     cream
A            4         2026-04-10        60      -     -         shop     balm
B            5         2026-06-29        30      -     skin      shop     cream
B2           6         2026-05-01        70      -     hair      shop     soap
H            7         2026-03-01        500     -     skin      shop     cream
R            8R        2026-03-01        -5      -     skin      shop     cream
-            9         2026-03-01        100     -     skin      shop     cream
"""


@pytest.fixture
def company(db):
    """A bought on four days, B on one, B2 is B's other number, H is a house account, R only sent back, P never bought."""
    given(
        db,
        orders=ORDERS,
        customers="""
        customer_id  person_id  name   kind    birth_date  phone  signup_date  status    referred_by
        A            -          Ana    person  1988-07-01  555-1  2024-12-01   -         -
        B            -          Bo     person  -           -      2026-06-01   -         A
        B2           B          -      -       -           555-2  -            -         -
        P            -          Pat    -       -           -      2026-05-05   prospect  -
        """,
    )
    return db


def one(database, id: str, as_of=AS_OF):
    return customer.summary(*prepared(database, as_of), id=id).iloc[0]


def test_facts_of_a_customer_worked_out_by_eye(company):
    ana = one(company, "A")
    assert (ana["name"], ana["phone"], ana["age"], ana["tier"], ana["numbers"]) == ("Ana", "555-1", 37, "small", "A")
    assert (ana["revenue"], ana["orders"], ana["average_order"], ana["revenue_ever"]) == (210, 3, 70, 260)
    # 10 Jan 2025 - 10 Jan 2026 - 30 Jan - 10 Apr: 365, 20 and 70 days; the return is no purchase day
    assert (ana["typical_gap_days"], ana["gaps"], ana["days_since_last_order"]) == (70, 3, 81)
    assert ana["next_order_date"] == pd.Timestamp("2026-06-19")
    # company: 210 + 30 + 70 + 500 - 5 + 100
    assert ana["revenue_share"] == pytest.approx(210 / 905)


def test_rank_and_percentile_are_those_of_the_list(company):
    found = {id: one(company, id) for id in ("H", "A", "B")}
    assert {id: facts["rank"] for id, facts in found.items()} == {"H": 1, "A": 2, "B": 3}
    assert [facts["active_customers"] for facts in found.values()] == [3, 3, 3]
    listed = customers.listing(*prepared(company, AS_OF)).set_index("customer_id")
    assert {id: facts["tier"] for id, facts in found.items()} == listed.loc[["H", "A", "B"], "tier"].to_dict()


def test_the_average_of_the_tier_stands_beside(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount
        A            1         2026-06-01  900
        B            2         2026-06-01  30
        C            3         2026-06-11  10
        C            4         2026-06-21  20
        D            5         2026-06-30  60
        """,
    )
    c = one(db, "C")
    assert (c["tier"], c["tier_customers"], c["tier_revenue"], c["tier_orders"]) == ("small", 3, 40, 4 / 3)
    assert c["tier_average_order"] == 30  # 120 in 4 orders
    assert c["tier_days_since_last_order"] == pytest.approx((29 + 9 + 0) / 3)
    assert (c["rank"], c["percentile_in_tier"]) == (3, 0)


def test_a_prospect_has_no_rank_no_gap_and_no_orders(company):
    pat = one(company, "P")
    assert (pat["tier"], pat["orders_ever"], pat["revenue_ever"]) == ("prospect", 0, 0)
    missing = [
        "rank",
        "typical_gap_days",
        "next_order_date",
        "average_order",
        "days_since_last_order",
        "margin",
        "percentile_in_tier",
    ]
    assert [name for name in missing if not pd.isna(pat[name])] == []


def test_one_purchase_day_has_no_gap(db):
    given(db, orders="customer_id order_id ordered_at amount\nA 1 2026-06-01 10\nA 2 2026-06-01 20")
    facts = one(db, "A")
    assert (facts["orders"], facts["gaps"]) == (2, 0) and pd.isna(facts["typical_gap_days"])


def test_another_number_opens_the_person(company):
    bo = one(company, "B2")
    assert (bo["customer_id"], bo["asked_id"], bo["numbers"], bo["name"], bo["revenue"]) == (
        "B",
        "B2",
        "B,B2",
        "Bo",
        100,
    )
    assert bo["phone"] == "555-2"


def test_a_merge_by_hand_and_its_undoing(company):
    state.merge_customers(company, "R", "A")
    assert (one(company, "R")["customer_id"], one(company, "A")["revenue"]) == ("A", 205)
    state.unmerge_customer(company, "R")
    assert (one(company, "R")["customer_id"], one(company, "A")["revenue"]) == ("R", 210)


def test_who_is_not_ranked_keeps_a_page_of_his_own_lines(company):
    given(company, complaints="complaint_id opened_at customer_id category\nT1 2026-03-05 H late")
    state.set_ranked(company, ["H"], False, "house account")
    house = one(company, "H")
    assert (house["is_ranked"], house["revenue"], house["orders"], house["complaints_open"]) == (False, 500, 1, 1)
    assert pd.isna(house["tier"]) and pd.isna(house["rank"])
    events = customer.timeline(*prepared(company, AS_OF), id="H")
    assert events.kind.tolist() == ["complaint_opened", "order"]
    assert customer.months(*prepared(company, AS_OF), id="H").revenue.sum() == 500
    state.set_ranked(company, ["H"], True)
    assert one(company, "H")["rank"] == 1


@pytest.mark.parametrize("id", ["nobody", "", "' or 1=1 --", "a"])
def test_a_number_nobody_has_is_one_sentence(company, id):
    for number in (customer.summary, customer.timeline, customer.months, customer.categories, customer.history):
        with pytest.raises(CrmError) as refused:
            number(*prepared(company, AS_OF), id=id)
        assert refused.value.code == "E_CUSTOMER"


def test_a_customer_only_a_survey_knows_has_a_page(company):
    given(company, surveys="customer_id answered_at score\nS 2026-06-01 4")
    facts = one(company, "S")
    assert facts["last_score"] == 4 and pd.isna(facts["tier"])


def test_a_day_before_the_customer_came_shows_nothing_of_later(company):
    bo = one(company, "B", as_of="2026-01-31")
    assert pd.isna(bo["tier"]) and pd.isna(bo["last_order_date"])
    assert customer.timeline(*prepared(company, "2026-01-31"), id="B").empty


def test_service_programme_and_money(company):
    given(
        company,
        surveys="customer_id answered_at score question\nA 2026-02-01 5 overall\nA 2026-03-01 2 overall\nA 2026-04-01 9 nps",
        complaints="""
        complaint_id  opened_at   customer_id  category  resolved_at
        T1            2026-02-01  A            late      2026-02-03
        T2            2026-03-01  A            broken    -
        """,
        points="customer_id at kind points\nA 2026-01-10 earn 120\nA 2026-02-10 redeem 50\nA 2026-03-10 expire -20",
        members="customer_id joined_at tier\nA 2025-01-10 gold",
        receivables="customer_id due_at amount paid_at\nA 2026-05-01 40 -\nA 2026-06-30 5 -\nA 2026-07-01 9 -\nA 2026-04-01 7 2026-04-02",
        wallet="customer_id as_of total_spend source\nA 2026-01-31 400 survey",
        interactions="customer_id at channel\nA 2026-05-05 phone",
    )
    ana = one(company, "A")
    assert (ana["last_score"], ana["last_score_out_of"], ana["last_is_satisfied"]) == (2, 5, False)
    assert (ana["complaints_ever"], ana["complaints_open"], ana["points_balance"], ana["member_tier"]) == (
        2,
        1,
        50,
        "gold",
    )
    assert ana["overdue_amount"] == 45  # the one of 30 June was not paid by the end of that day; 1 July lies ahead
    # the twelve months to 31 January 2026: 100 + 20 + 40
    assert ana["wallet_share"] == pytest.approx(160 / 400)
    assert ana["last_contact_at"] == pd.Timestamp("2026-05-05")


def test_service_and_money_of_a_past_day_are_what_was_known_then(company):
    given(
        company,
        complaints="complaint_id opened_at customer_id resolved_at\nT1 2026-02-01T08:00 A 2026-02-03T00:00",
        points="customer_id at kind points\nA 2026-01-10 earn 120\nA 2026-02-10 redeem 50",
        receivables="customer_id due_at amount paid_at\nA 2026-01-15 40 2026-02-10",
        interactions="customer_id at channel\nA 2026-05-05 phone",
    )
    then, later = one(company, "A", as_of="2026-02-02"), one(company, "A", as_of="2026-02-10")
    assert (then["complaints_open"], then["overdue_amount"], then["points_balance"]) == (1, 40, 120)
    assert then["oldest_open_at"] == pd.Timestamp("2026-02-01 08:00") and pd.isna(then["last_contact_at"])
    assert (later["complaints_ever"], later["complaints_open"], later["points_balance"]) == (1, 0, 70)
    assert pd.isna(later["overdue_amount"]) and pd.isna(later["oldest_open_at"])


def test_the_year_of_an_estimate_begins_on_the_day_after_the_same_day(db):
    given(
        db,
        orders="customer_id order_id ordered_at amount\nA 1 2025-01-31 50\nA 2 2025-02-01 7\nA 3 2026-01-31 3\nA 4 2026-02-01 90",
        wallet="customer_id as_of total_spend\nA 2026-01-31 100",
    )
    assert one(db, "A")["wallet_share"] == pytest.approx(0.10)


def test_what_nobody_has_exported_is_named(company):
    absent = one(company, "A")["absent"].split(",")
    assert "surveys" in absent and "customers" not in absent
    given(company, surveys="customer_id answered_at score\nB 2026-06-01 4")
    assert "surveys" not in one(company, "A")["absent"].split(",")


def test_the_timeline_tells_each_event_once_newest_first(company):
    given(
        company,
        campaigns="campaign_id name starts\nK spring 2026-03-01",
        campaign_members="""
        campaign_id  customer_id  arm      sent_at           opened_at
        K            A            treated  2026-03-01T09:00  2026-03-02
        K            B            control  -                 -
        """,
        churn_reasons="customer_id at class\nA - price",
        returns="order_id customer_id returned_at reason amount\n3 A 2026-02-02 broken 10",
    )
    events = customer.timeline(*prepared(company, AS_OF), id="A")
    assert events.kind.tolist() == [
        "order",
        "campaign_opened",
        "campaign_sent",
        "return",
        "sent_back",
        "order",
        "order",
        "order",
        "signed_up",
        "reason",
    ]
    assert events["at"].iloc[:-1].is_monotonic_decreasing and pd.isna(events["at"].iloc[-1])
    second = events[events.reference == "2"].iloc[0]
    assert (second.amount, second.what) == (120, "cream + soap · online")
    held = customer.timeline(*prepared(company, AS_OF), id="B")
    assert "campaign_held_out" in held.kind.tolist() and "campaign_sent" not in held.kind.tolist()


def test_the_timeline_of_two_numbers_is_one(company):
    events = customer.timeline(*prepared(company, AS_OF), id="B")
    assert events[events.kind == "order"].reference.tolist() == ["5", "6"]


@pytest.mark.parametrize("id", ["A", "B", "H", "R", "P"])
@pytest.mark.parametrize("as_of", ["2026-02-01", AS_OF])
def test_amounts_months_and_purchases_add_up_to_the_revenue_ever(company, id, as_of):
    con, filters = prepared(company, as_of)
    ever = customer.summary(con, filters, id=id).revenue_ever.iloc[0]
    ever = 0 if pd.isna(ever) else ever
    events = customer.timeline(con, filters, id=id)
    assert events[events.kind.isin(["order", "return"])].amount.sum() == ever
    assert customer.months(con, filters, id=id).revenue.sum() == ever
    bought = customer.categories(con, filters, id=id)
    assert {dimension: rows.revenue.sum() for dimension, rows in bought.groupby("dimension")} in (
        {},
        dict.fromkeys(bought.dimension, ever),
    )


def test_months_without_an_order_are_there(company):
    months = customer.months(*prepared(company, AS_OF), id="A").set_index("month")
    assert len(months) == 18 and months.revenue.loc["2026-03-01"] == 0
    assert months.revenue.loc["2026-01-01"] == 160 and months.revenue.loc["2026-02-01"] == -10
    assert months.orders.sum() == 4


def test_what_it_buys(company):
    bought = customer.categories(*prepared(company, AS_OF), id="A").set_index(["dimension", "value"])
    assert bought.revenue.loc[("category", "skin")] == 180 and bought.revenue_window.loc[("category", "skin")] == 130
    assert bought.share.loc[("channel", "online")] == pytest.approx(120 / 260)
    assert "store" not in bought.index.get_level_values("dimension"), "no line speaks of a store"
    assert bought.lines.loc["category"].sum() == 6


def test_tiers_of_past_quarters_are_those_the_snapshot_of_that_day_gives(company):
    con, filters = prepared(company, AS_OF)
    history = customer.history(con, filters, id="A").set_index("day")
    then = customers.listing(*prepared(company, "2026-03-31")).set_index("customer_id").loc["A"]
    march = history.loc[pd.Timestamp("2026-03-31").date()]
    assert (march.revenue, march.orders, march.tier) == (then.revenue, then.orders, then.tier) == (150, 2, "small")
    assert pd.isna(history.loc[pd.Timestamp("2025-12-31").date(), "tier"]), (
        "the data do not reach back over that window"
    )
    assert history.tier.iloc[-1] == one(company, "A")["tier"]
    edges = customer.tier_edges(con, filters)
    again = customer.history(con, filters, id="A", edges=tuple(edges.itertuples(index=False, name=None)))
    pd.testing.assert_frame_equal(again.reset_index(drop=True), history.reset_index())


def test_quarters_follow_the_fiscal_year(company):
    con, filters = prepared(company, "2026-06-15")
    assert [str(day) for day in customer.tier_edges(con, filters).day][-2:] == ["2026-03-31", "2026-06-15"]
    state.save_rules(company, replace(state.rules(con), fiscal_year_start=2))
    assert [str(day) for day in customer.tier_edges(*prepared(company, "2026-06-15")).day][-2:] == [
        "2026-04-30",
        "2026-06-15",
    ]


def test_without_any_order_prospects_have_a_page(db):
    given(db, customers="customer_id name status\nP Pat prospect")
    con, filters = prepared(db, AS_OF)
    pat = customer.summary(con, filters, id="P").iloc[0]
    assert pat["name"] == "Pat" and "orders" in pat["absent"].split(",")
    unknown = ("revenue", "orders", "revenue_ever", "orders_ever", "average_order", "revenue_share")
    assert [name for name in unknown if not pd.isna(pat[name])] == [], "without orders nothing is zero"
    assert customers.listing(con, filters)[["revenue", "orders_ever"]].isna().all(axis=None)
    assert customer.months(con, filters, id="P").empty and customer.categories(con, filters, id="P").empty
    assert customer.history(con, filters, id="P").tier.dropna().tolist() == ["prospect"]


def by_pandas(lines: pd.DataFrame, id: str) -> dict:
    own = lines[lines.customer_id == id]
    days = own[own.amount > 0].groupby("order_id").day.min().drop_duplicates().sort_values()
    gap = days.diff().dt.days.median()
    months = own.groupby(own.day.dt.to_period("M")).amount.sum() / UNIT
    return {
        "revenue_ever": own.amount.sum() / UNIT,
        "orders_ever": own[own.amount > 0].order_id.nunique(),
        "gap": None if pd.isna(gap) else gap,
        "months": {str(month): amount for month, amount in months.items() if amount},
    }


@pytest.mark.parametrize(
    "company, ids", [("retail", ["14646", "12748", "12346"]), ("superstore", ["曾惠-14485", "许安-10165"])]
)
def test_real_customers_equal_pandas(request, company, ids):
    database, lines = request.getfixturevalue(company)
    con, filters = prepared(database)
    for id in ids:
        expected = by_pandas(lines, id)
        facts = customer.summary(con, filters, id=id).iloc[0]
        assert facts["revenue_ever"] == pytest.approx(expected["revenue_ever"])
        assert facts["orders_ever"] == expected["orders_ever"]
        assert (None if pd.isna(facts["typical_gap_days"]) else facts["typical_gap_days"]) == expected["gap"]
        months = customer.months(con, filters, id=id)
        found = {f"{row.month:%Y-%m}": row.revenue for row in months.itertuples() if row.revenue}
        assert found == pytest.approx(expected["months"])
        events = customer.timeline(con, filters, id=id, limit=None)
        assert events[events.kind.isin(["order", "return"])].amount.sum() == pytest.approx(expected["revenue_ever"])
