"""What was spent, each cost once, and by which key it reached whom: rows in sight, figures worked out by eye."""

import pytest

from crm_analytics import state
from crm_analytics.metrics import pyramid
from crm_analytics.metrics._periods import span
from crm_analytics.rules import Rules
from tests.rows import given, prepared

AS_OF = "2026-12-31"  # twelve months: the calendar year 2026
# top C-1 600, small C-2 300 and C-3 100 (three active), inactive C-4, prospect P-1
ORDERS = """
customer_id  order_id  ordered_at  amount  cost
C-1          1         2026-06-01  600     300
C-2          2         2026-05-01  300     150
C-3          3         2026-04-01  100     50
C-4          4         2024-04-01  70      50
"""
PEOPLE = "customer_id status\n P-1 prospect"


def costs(database, months=12, **choice):
    """{(kind, key, source): amount}"""
    rows = pyramid.costs(*prepared(database, AS_OF, months=months, **choice))
    return {(row.kind, row.key, row.source): row.amount for row in rows.itertuples()}


def borne(database, column="marketing_cost", **options) -> dict:
    """What each layer bears, nobody's zero left out."""
    rows = pyramid.tiers(*prepared(database, AS_OF), **options).set_index("tier")[column]
    return {tier: amount for tier, amount in rows.items() if amount and tier != "total"}


def company(database, **tables):
    given(database, orders=ORDERS, customers=PEOPLE, **tables)


def test_per_head_goes_to_everyone_we_know(db):
    company(db, costs="period kind amount\n 2026 marketing 100")
    assert costs(db) == {("marketing", "per_head", "costs"): 100}
    assert borne(db) == {"top": 20, "small": 40, "inactive": 20, "prospect": 20}


def test_revenue_goes_by_what_is_positive_lines_without_a_customer_included(db):
    company(db, costs="period kind amount allocation_key\n 2026 sales 99 revenue\n 2026 overhead 200 -")
    given(db, orders="customer_id order_id ordered_at amount cost\n - 9 2026-02-01 1000 500\n C-4 8 2026-02-01 -50 -25")
    assert borne(db) == {"top": 29.70, "small": 19.80, "unidentified": 49.50}
    assert borne(db, "overhead") == {"top": 60, "small": 40, "unidentified": 100}


def test_activity_goes_by_contacts_and_their_cost(db):
    company(
        db,
        costs="period kind amount allocation_key\n 2026 sales 100 activity",
        interactions="""
        customer_id  at          unit_cost
        C-1          2026-02-01  6
        C-2          2026-02-01  2
        P-1          2026-02-03  -
        C-4          2025-02-01  9
        C-3          2026-03-01  -
        """,
    )
    # a contact without a cost weighs the average of those that have one: (6 + 2 + 9) / 3 = 5.6667
    weights = {"top": 6, "small": 2 + 17 / 3, "prospect": 17 / 3}
    assert borne(db) == pytest.approx({tier: 100 * w / sum(weights.values()) for tier, w in weights.items()}, abs=0.006)
    assert costs(db) == {("sales", "activity", "costs"): 100}  # the contacts' own cost is a weight, not a cost again


def test_contacts_are_a_cost_where_nobody_told_what_sales_and_service_cost(db):
    company(db, interactions="customer_id at unit_cost\n C-1 2026-02-01 6\n P-1 2026-02-01 2\n C-1 2025-02-01 6")
    assert costs(db) == {("sales", "activity", "interactions"): 8}
    assert borne(db) == {"top": 6, "prospect": 2}


def test_a_tag_goes_straight_to_its_customer_layer_or_campaign(db):
    company(
        db,
        costs="""
        period  kind       amount  customer_id  tier    campaign_id
        2026    sales      10      C-2          -       -
        2026    service    20      -            small   -
        2026    marketing  30      -            -       CMP-1
        2026    marketing  5       -            Small   -
        """,
        campaign_members="""
        campaign_id  customer_id  arm
        CMP-1        C-1          treated
        CMP-1        C-2          treated
        CMP-1        P-1          treated
        CMP-1        C-3          control
        """,
    )
    assert borne(db) == {"top": 10, "small": 10 + 20 + 10 + 5, "prospect": 10}
    listed = pyramid.customers(*prepared(db, AS_OF), limit=9).set_index("customer_id")
    assert listed.cost.to_dict() == pytest.approx({"C-1": 10, "C-2": 10 + 12.5 + 10, "C-3": 12.5, "C-4": 0, "P-1": 10})
    assert listed.profit["C-2"] == pytest.approx(150 - 32.5)
    assert listed.roi["C-2"] == pytest.approx((150 - 32.5) / 32.5)


def test_a_tag_nobody_has_goes_by_its_kinds_usual_key_and_is_counted(db):
    company(
        db,
        costs="period kind amount customer_id tier\n 2026 sales 10 C-99 -\n 2026 overhead 10 - platinum\n 2026 sales 10 C-1 -",
    )
    assert costs(db) == {
        ("sales", "direct", "costs"): 10,
        ("sales", "per_head", "costs"): 10,
        ("overhead", "revenue", "costs"): 10,
    }
    assert pyramid.basis(*prepared(db, AS_OF)).unplaced[0] == 2


def test_every_number_of_a_person_is_the_persons(db):
    company(
        db,
        costs="""
        period  kind       amount  customer_id  campaign_id  allocation_key
        2026    sales      10      C-2b         -            -
        2026    marketing  9       -            CMP-1        -
        2026    service    6       -            -            activity
        """,
        campaign_members="campaign_id customer_id\n CMP-1 C-2b\n CMP-1 C-1\n CMP-1 C-3\n CMP-1 C-3b",
        interactions="customer_id at unit_cost\n C-2b 2026-02-01 3\n C-1 2026-02-01 1.5",
    )
    given(db, customers="customer_id person_id\n C-2b C-2\n C-3b C-3")
    assert borne(db) == {"top": 3 + 2, "small": 10 + 3 + 3 + 4}
    assert pyramid.basis(*prepared(db, AS_OF)).unplaced[0] == 0


@pytest.mark.parametrize("kind", ["sales", "service"])
def test_contacts_are_no_cost_beside_what_was_told(db, kind):
    told = f"period kind amount\n 2026 {kind} 5"
    company(db, costs=told, interactions="customer_id at unit_cost\n C-1 2026-02-01 6")
    assert costs(db) == {(kind, "per_head", "costs"): 5}


def test_a_tag_goes_before_the_key_beside_it_and_a_layer_before_a_campaign(db):
    company(
        db,
        costs="""
        period  kind       amount  customer_id  tier   campaign_id  allocation_key
        2026    sales      10      C-2          -      -            revenue
        2026    marketing  4       -            small  CMP-1        per_head
        2026    marketing  10      C-3          -      -            -
        """,
        campaign_members="campaign_id customer_id\n CMP-1 C-1",
    )
    assert borne(db) == {"small": 24}
    assert pyramid.customers(*prepared(db, AS_OF)).set_index("customer_id").cost["C-2"] == 12


def test_what_one_gave_back_takes_nothing_off_what_others_bear(db):
    late = "\n C-5 5 2025-12-31 20 -\n C-5 5 2026-01-01 100 -\n C-4 6 2026-02-01 -100 -"  # C-5 ordered before, C-4 returned
    given(db, orders=ORDERS + late, costs="period kind amount allocation_key\n 2026 sales 11 revenue")
    assert borne(db) == {"top": 6, "small": 4, "inactive": 1}


def test_what_is_below_a_cent_each_adds_up_before_it_is_rounded(db):
    company(db, costs="period kind amount\n 2026 marketing 0.004\n 2026 sales 0.004\n 2026 service 0.004")
    assert pyramid.tiers(*prepared(db, AS_OF)).marketing_cost.iloc[-1] == 0.01


def test_a_layer_without_anybody_still_bears_what_is_tagged_to_it(db):
    company(db, costs="period kind amount tier\n 2026 marketing 10 suspect")
    assert borne(db) == {"suspect": 10}


def test_a_key_with_nothing_to_go_by_falls_to_per_head(db):
    company(db, costs="period kind amount allocation_key\n 2026 sales 100 activity")
    assert costs(db) == {("sales", "per_head", "costs"): 100}


@pytest.mark.parametrize(
    "period, months, expected",
    [
        ("2026", 12, 365),
        ("2026", 6, 184),  # July to December
        ("2026-Q4", 2, 365 * 61 / 92),
        ("2026-11", 1, None),
        ("2025", 12, None),
        ("2026-12-05", 1, 365),
    ],
)
def test_a_period_counts_by_its_days_in_the_window(db, period, months, expected):
    company(db, costs=f"period kind amount\n {period} marketing 365")
    found = costs(db, months)
    assert found == ({("marketing", "per_head", "costs"): round(expected, 2)} if expected else {})


def test_the_windows_first_and_last_day_belong_to_it(db):
    days = ("2025-12-31", "2026-01-01", "2026-12-31", "2027-01-01")
    rows = "\n".join(f"{day} marketing {10**place}" for place, day in enumerate(days))
    contacts = "\n".join(f"C-{place} {day}T00:00 {10**place}" for place, day in enumerate(days))
    company(db, costs=f"period kind amount\n{rows}", interactions=f"customer_id at unit_cost\n{contacts}")
    assert costs(db) == {("marketing", "per_head", "costs"): 110, ("sales", "activity", "interactions"): 110}


@pytest.mark.parametrize(
    "text, first, last",
    [
        ("2025", "2025-01-01", "2025-12-31"), ("2025年", "2025-01-01", "2025-12-31"), ("2024-Q1", "2024-01-01", "2024-03-31"),
        ("2025 q4", "2025-10-01", "2025-12-31"), ("Q3/2025", "2025-07-01", "2025-09-30"), ("2025年第2季度", "2025-04-01", "2025-06-30"),
        ("2024-02", "2024-02-01", "2024-02-29"), ("202512", "2025-12-01", "2025-12-31"), ("2025/3", "2025-03-01", "2025-03-31"),
        ("2025年11月", "2025-11-01", "2025-11-30"), ("2025-06-14", "2025-06-14", "2025-06-14"),
        ("2025-06-14 00:00", "2025-06-14", "2025-06-14"),
    ],
)  # fmt: skip
def test_periods_as_exports_write_them(text, first, last):
    assert tuple(map(str, span(text))) == (first, last)


@pytest.mark.parametrize("text", ["", "spring", "2025-13", "2025-00", "20256", "2025-02-30", "0000", "2025-Q5", "12.5"])
def test_what_is_no_period_is_none(text):
    assert span(text) is None


def test_an_unreadable_period_is_counted_and_counts_nowhere(db):
    company(db, costs="period kind amount\n spring marketing 10\n 2026 marketing 5")
    assert costs(db) == {("marketing", "per_head", "costs"): 5}
    assert pyramid.basis(*prepared(db, AS_OF)).unread_periods[0] == 1


CAMPAIGNS = "campaign_id starts ends cost\n CMP-1 2026-12-30 2027-01-02 40\n CMP-2 2026-02-01 - -\n CMP-3 2026-03-01 2026-03-02 7"
MEMBERS = """
campaign_id  customer_id  cost  sent_at
CMP-1        C-1          9     2026-12-30T10:00
CMP-2        C-2          2     2026-02-01T10:00
CMP-2        C-3          1     2026-02-02T10:00
CMP-2        C-1          1     2025-02-02T10:00
"""


def test_a_campaign_counts_once_by_the_most_exact_that_is_known(db):
    company(
        db,
        campaigns=CAMPAIGNS,
        campaign_members=MEMBERS,
        costs="period kind amount campaign_id\n 2025 marketing 3 CMP-3",
    )
    # CMP-1: its own cost, two of four days; CMP-2: its members' costs in the window; CMP-3: told by costs, in another year
    assert costs(db) == {("marketing", "direct", "campaigns"): 20, ("marketing", "direct", "campaign_members"): 3}
    # CMP-1 to its one member; what CMP-2 cost to those whom it reached, each alike
    assert borne(db) == {"top": 21, "small": 2}


def test_costs_that_name_a_campaign_go_before_its_own_and_its_members(db):
    told = "period kind amount campaign_id\n 2026 marketing 4 CMP-1\n 2026 marketing 2 CMP-2"
    company(db, campaigns=CAMPAIGNS, campaign_members=MEMBERS, costs=told)
    assert costs(db) == {("marketing", "direct", "costs"): 6, ("marketing", "per_head", "campaigns"): 7}
    # CMP-1 has one member, CMP-2 three, of whom one is on top; the 7 of CMP-3, which reached nobody, go to five heads
    assert borne(db) == {"top": 6.07, "small": 4.13, "inactive": 1.40, "prospect": 1.40}


def test_members_who_were_sent_nothing_cost_on_their_campaigns_first_day(db):
    members = "campaign_id customer_id cost sent_at\n CMP-2 C-2 2 -\n CMP-2 C-3 1 2025-02-02T10:00"
    company(db, campaigns="campaign_id starts\n CMP-2 2026-02-01", campaign_members=members)
    assert costs(db) == {("marketing", "direct", "campaign_members"): 2}


def test_a_typed_total_below_what_campaigns_cost_adds_nothing(db):
    company(db, campaigns=CAMPAIGNS, campaign_members=MEMBERS)
    state.save_rules(db, Rules(yearly_costs={"marketing": 29}))
    assert sum(costs(db).values()) == 30  # 20 + 7 + 3


def test_a_cost_of_no_readable_period_does_not_stand_for_its_campaign(db):
    told = "period kind amount campaign_id\n spring marketing 99 CMP-1"
    company(db, campaigns=CAMPAIGNS, campaign_members="campaign_id customer_id\n CMP-1 C-1", costs=told)
    assert costs(db)["marketing", "direct", "campaigns"] == 20


def test_a_credit_goes_to_whom_it_is_tagged(db):
    company(db, costs="period kind amount customer_id\n 2026 sales -30 C-1\n 2026 service 30 C-2")
    assert borne(db) == {"top": -30, "small": 30}
    given(db, costs="period kind amount customer_id\n 2026 sales 10 C-2\n 2026 marketing 0.014 C-2")
    assert borne(db) == {"top": -30, "small": 40.01}
    listed = pyramid.customers(*prepared(db, AS_OF)).set_index("customer_id").cost
    assert listed[["C-1", "C-2"]].tolist() == pytest.approx([-30, 40.01])


def test_a_typed_yearly_total_stands_in_for_kinds_the_export_has_no_row_of(db):
    company(db, costs="period kind amount\n 2024 sales 3", campaigns=CAMPAIGNS, campaign_members=MEMBERS)
    state.save_rules(db, Rules(yearly_costs={"marketing": 123, "sales": 1000, "overhead": 60}))
    found = costs(db)
    # sales has rows, though none in the window; campaigns (20 + 7 + 3) are part of the typed marketing
    assert found == {
        ("marketing", "direct", "campaigns"): 20,
        ("marketing", "direct", "campaign_members"): 3,
        ("marketing", "per_head", "campaigns"): 7,
        ("marketing", "per_head", "typed"): 93,
        ("overhead", "revenue", "typed"): 60,
    }
    # in the half year without a sale there is no revenue to go by
    assert costs(db, 6)["overhead", "per_head", "typed"] == 30
    facts = pyramid.basis(*prepared(db, AS_OF)).iloc[0]
    assert (facts.typed_costs, facts.kinds_absent) == ("marketing,overhead", "sales,service")


def test_kinds_keys_and_layers_in_the_exports_own_words(db):
    company(
        db,
        costs="""
        period  kind      amount  tier    allocation_key
        2026    营销      10      -       按销售额
        2026    管理费用  20      -       人头
        2026    客服      5       小客户  -
        2026    rent      9       -       -
        2026    -         4       -       -
        """,
    )
    assert costs(db) == {
        ("marketing", "per_head", "costs"): 4,
        ("marketing", "revenue", "costs"): 10,
        ("service", "direct", "costs"): 5,
        ("overhead", "per_head", "costs"): 20,
        ("overhead", "revenue", "costs"): 9,  # a kind of cost we do not know is overhead
    }


def test_the_waterfall_ends_at_the_profit_of_the_pyramid(db):
    company(db, costs="period kind amount\n 2026 marketing 100\n 2026 service 50\n 2026 overhead 25.55")
    rows = pyramid.waterfall(*prepared(db, AS_OF)).set_index("step")
    assert rows.amount.dropna().to_dict() == {
        "revenue": 1000, "cost_of_goods": -500, "contribution": 500, "marketing": -100, "service": -50,
        "overhead": -25.55, "profit": 324.45,
    }  # fmt: skip
    assert rows.amount.isna()["sales"]  # nobody told: unknown, not zero
    assert pyramid.tiers(*prepared(db, AS_OF)).profit.iloc[-1] == 324.45


@pytest.mark.parametrize("by, sales", [("revenue", 90), ("margin", 0), ("orders", 0)])
def test_the_waterfall_of_a_choice_bears_the_tags_of_the_same_ranking(db, by, sales):
    orders = ORDERS + "\n C-2 5 2026-05-02 1 -500"  # C-2 has the margin and the orders, C-1 the revenue
    given(
        db,
        orders=orders,
        customers="customer_id region\n C-1 north\n C-2 south",
        costs="period kind amount tier\n 2026 sales 90 top",
    )
    con, filters = prepared(db, AS_OF, where=(("region", ("north",)),))
    rows = pyramid.waterfall(con, filters, by=by).set_index("step").amount
    assert (rows["contribution"], -rows["sales"], rows["profit"]) == (300, sales, 300 - sales)
    assert rows["profit"] == pyramid.tiers(con, filters, by=by).profit.iloc[-1]


def test_every_key_leaves_the_total_as_it_is(db):
    company(
        db,
        costs="period kind amount allocation_key\n 2026 sales 60 revenue\n 2026 marketing 40 per_head\n 2026 overhead 10 -",
    )
    rows = pyramid.ranges(*prepared(db, AS_OF)).set_index(["tier", "key"])
    assert rows.marketing_cost["total"].to_dict() == pytest.approx(
        {"own": 100, "per_head": 100, "activity": float("nan"), "revenue": 100}, nan_ok=True
    )
    assert rows.marketing_cost["top"].to_dict() == pytest.approx(
        {"own": 44, "per_head": 20, "activity": float("nan"), "revenue": 60}, nan_ok=True
    )
    assert rows.roi["top", "revenue"] == pytest.approx((300 - 60 - 6) / 60)


def test_one_customer_beside_his_tier(db):
    company(db, costs="period kind amount\n 2026 marketing 100")
    rows = pyramid.standing(*prepared(db, AS_OF), id="C-2").set_index("measure")
    assert rows.loc["revenue"].tolist() == [300, 200, 200, 0.5]
    assert rows.loc["cost"].tolist() == [20, 20, 20, 0]
    assert rows.loc["profit"].tolist() == [130, 80, 80, 0.5]
    assert rows.own["roi"] == 6.5
    assert rows.tier_average["roi"] == 4  # (130 + 30) / 40; the two returns are 6.5 and 1.5


def test_without_costs_nothing_is_a_zero(db):
    company(db)
    con, filters = prepared(db, AS_OF)
    assert pyramid.costs(con, filters).empty
    rows = pyramid.tiers(con, filters)
    assert rows[["marketing_cost", "overhead", "profit", "roi"]].isna().all(axis=None)
    assert rows.contribution.iloc[-1] == 500
    assert pyramid.customers(con, filters)[["cost", "profit", "roi"]].isna().all(axis=None)
    assert pyramid.waterfall(con, filters).amount.isna().tolist() == [False, False, False, True, True, True, True, True]
