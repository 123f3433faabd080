"""Where they come from: new beside existing, the cost of winning and of keeping, referrals; by eye and against the made-up company."""

import pandas as pd
import pytest

from crm_analytics import demo
from crm_analytics.database import open_database
from crm_analytics.errors import CrmError
from crm_analytics.metrics import profile, pyramid
from tests.rows import given, prepared

AS_OF = "2026-06-30"
ORDERS = """
    customer_id  order_id  ordered_at  amount  cost
    old          1         2024-08-01  100     60
    old          2         2025-08-01  100     60
    old          3         2026-05-01  100     60
    back         4         2023-08-01  50      20
    back         5         2026-05-01  50      20
    new          6         2026-05-01  30      10
    new          7         2026-06-01  30      10
    gone         8         2024-08-01  30      10
    """


def test_new_beside_existing_by_eye(db):
    given(db, orders=ORDERS)
    found = profile.acquisition(*prepared(db, AS_OF)).set_index("group")
    assert found.customers.to_dict() == {"new": 1, "existing": 2}
    assert found.revenue.to_dict() == {"new": 60, "existing": 250}
    assert found.contribution.to_dict() == pytest.approx({"new": 40, "existing": 110})
    assert found.average_order_value.to_dict() == pytest.approx({"new": 30, "existing": 250 / 3})
    assert found.repeat_rate.to_dict() == {"new": 1, "existing": 0.5}
    assert found.revenue_share.sum() == found.customer_share.sum() == 1 and found.note.isna().all()


def test_data_that_begin_within_the_window_cannot_tell_new_from_old(db):
    given(db, orders=ORDERS)
    assert set(profile.acquisition(*prepared(db, AS_OF, months=48)).note) == {"window_incomplete"}


@pytest.mark.parametrize(("first", "note"), [("2025-04-03", "history_short"), ("2025-04-02", None)])
def test_data_that_begin_shortly_before_the_window_cannot_tell_new_from_old_either(db, first, note):
    """The window begins on 1 July 2025: 89 days after the one day, 90 after the other."""
    given(db, orders=f"customer_id order_id ordered_at amount\na 1 {first} 10\nb 2 2026-05-01 10")
    con, filters = prepared(db, AS_OF)
    assert {each if isinstance(each, str) else None for each in profile.acquisition(con, filters).note} == {note}


def test_nobody_has_no_average(db):
    given(db, orders=ORDERS)
    found = profile.acquisition(*prepared(db, "2022-01-01"))
    assert list(found.customers) == [0, 0] and found.average_revenue.isna().all()


def test_costs_tagged_to_prospects_and_first_orders_by_eye(db):
    """300 on prospects, 60 for a campaign for first orders; 240 of the rest of marketing and sales keeps the two others."""
    given(
        db,
        orders=ORDERS,
        customers="customer_id status\np1 prospect\np2 prospect",
        campaigns="campaign_id goal starts ends\nk acquisition 2026-01-01 2026-01-31",
        campaign_members="campaign_id customer_id\nk p1\nk new",
        costs="""
        period kind amount tier campaign_id
        2026-01 marketing 300 prospect -
        2026-01 marketing 60 - k
        2026-01 sales 140 - -
        2026-01 service 100 - -
        2026-01 overhead 999 - -
        """,
    )
    found = profile.acquisition_cost(*prepared(db, AS_OF)).set_index("basis")
    assert found.acquisition_cost["tagged"] == pytest.approx(360) and found.keeping_cost["tagged"] == pytest.approx(240)
    assert found.cost_per_new["tagged"] == pytest.approx(360) and found.cost_per_existing["tagged"] == pytest.approx(
        120
    )
    assert found.acquisition_cost["all"] == pytest.approx(500) and pd.isna(found.keeping_cost["all"])
    # by key: 300 tagged to prospects; the campaign to p1 and new alike; sales per head over six people, three of them won;
    # keeping: sales and service per head of old and back
    assert found.acquisition_cost["allocated"] == pytest.approx(300 + 60 + 140 * 3 / 6)
    assert found.keeping_cost["allocated"] == pytest.approx((140 + 100) * 2 / 6)
    assert found.times["allocated"] == pytest.approx((430 / 1) / (80 / 2))


def test_won_kept_and_the_others_add_up_to_what_was_spent(made_up):
    con, filters = made_up
    found = profile.acquisition_cost(con, filters).set_index("basis")
    tiers = pyramid.tiers(con, filters).set_index("tier")
    spent = float(tiers.marketing_cost["total"])
    assert found.spent.iloc[0] == pytest.approx(spent, abs=0.01)
    row = found.loc["allocated"]
    assert 0 < row.acquisition_cost < found.acquisition_cost["all"] < spent
    assert row.acquisition_cost + row.keeping_cost <= spent


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    """(cursor, filters) of the made-up company."""
    path = tmp_path_factory.mktemp("made-up") / "demo.duckdb"
    demo.build(path, customers=1500, seed=3)
    database = open_database(path)
    yield prepared(database)
    database.close()


def test_without_costs_it_says_what_it_wants(db):
    given(db, orders=ORDERS)
    with pytest.raises(CrmError) as refusal:
        profile.acquisition_cost(*prepared(db, AS_OF))
    assert refusal.value.code == "E_COLUMN_WANTED"


REFERRED = """
    customer_id  referred_by
    old          -
    new          old
    back         old
    late         new
    round1       round2
    round2       round1
    lost         nobody
    gone         gone
    """


def test_referrals_by_eye(db):
    given(db, orders=ORDERS, customers=REFERRED)
    con, filters = prepared(db, AS_OF)
    found = profile.referrals(con, filters).set_index("group")
    assert found.customers.to_dict() == {"referred": 7, "others": 1}
    assert found.bought_rate.to_dict() == pytest.approx({"referred": 3 / 7, "others": 1})
    assert found.repeat_rate.to_dict() == pytest.approx({"referred": 2 / 3, "others": 1})
    assert found.average_revenue.to_dict() == pytest.approx({"referred": 55, "others": 300 - 100})
    assert found.retention_rate_n.to_dict() == {"referred": 1, "others": 1} and found.retention_rate["referred"] == 0
    assert found.bought_rate_change["referred"] == pytest.approx(3 / 7 - 1) and pd.isna(
        found.bought_rate_change["others"]
    )
    depth = profile.referral_depth(con, filters)
    assert depth.astype(object).where(depth.notna(), None).to_numpy().tolist() == [
        ["referrers", None, 1], ["generation", 1, 2], ["generation", 2, 1], ["circle", None, 3], ["unknown_referrer", None, 1]
    ]  # fmt: skip
    top = profile.referrers(con, filters).set_index("customer_id")
    assert top.loc["old", ["referred", "referred_below", "bought"]].to_list() == [2, 3, 2]
    assert float(top.referred_revenue["old"]) == 100 + 60 and "gone" not in top.index, "nobody brings himself"


def test_a_person_of_two_numbers_is_one_referrer(db):
    given(db, orders=ORDERS, customers="customer_id person_id referred_by\nn1 P -\nn2 P -\nnew Q n1\nback R n2")
    top = profile.referrers(*prepared(db, AS_OF))
    assert list(top.referred) == [2]


def test_without_referrals_it_says_what_it_wants(db):
    given(db, orders=ORDERS)
    for number in (profile.referrals, profile.referral_depth, profile.referrers):
        with pytest.raises(CrmError) as refusal:
            number(*prepared(db, AS_OF))
        assert refusal.value.code == "E_COLUMN_WANTED"


def test_the_made_up_company_refers_as_it_is_made(made_up):
    """A seventh come by referral, each by somebody earlier, and neither better nor worse than the others."""
    con, filters = made_up
    found = profile.referrals(con, filters).set_index("group")
    assert found.share["referred"] == pytest.approx(0.14, abs=0.03)
    depth = profile.referral_depth(con, filters).set_index("part").customers
    assert "circle" not in depth.index and depth["generation"].sum() == found.customers["referred"]
    assert found.repeat_rate_change_low["referred"] < 0 < found.repeat_rate_change_high["referred"]


def test_the_made_up_companys_programme_is_what_sets_loyal_customers_apart(made_up):
    """Members buy more often by its design; nothing else of the profile has to do with loyalty."""
    con, filters = made_up
    found = profile.index(con, filters, group="loyal", bought=False)
    assert set(found.column[found.verdict.isin(["over", "under"])]) <= {"member_tier", "income_band", "kind"}
    assert found[(found.column == "member_tier") & (found.verdict == "under")].value.to_list() == ["basic"]
