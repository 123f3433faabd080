"""The pyramid: who stands in which layer, what it brings and leaves, the ranking list; rows add up to the company's to the cent."""

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from crm_analytics import derived, snapshot, state
from crm_analytics.database import bump_data_version, open_database
from crm_analytics.errors import CrmError
from crm_analytics.metrics import pyramid
from crm_analytics.metrics._costs import in_cents
from crm_analytics.rules import Rules
from tests.metrics import worked_example
from tests.rows import given, insert, prepared, read

AS_OF = "2026-06-30"
LAYERS = ["top", "big", "medium", "small", "inactive", "prospect", "suspect", "unidentified", "total"]


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """METRICS' worked example; nothing is written to it."""
    database = open_database(tmp_path_factory.mktemp("example") / "crm.duckdb")
    worked_example.build(database)
    yield database
    database.close()


def tiers(database, as_of=AS_OF, months=12, where=(), **options) -> pd.DataFrame:
    return pyramid.tiers(*prepared(database, as_of, months=months, where=where), **options).set_index("tier")


def test_the_worked_example_to_the_cent(example):
    rows = tiers(example, worked_example.AS_OF)
    table = rows[
        ["customers", "revenue", "average_revenue", "contribution", "marketing_cost", "overhead", "profit", "roi"]
    ]
    expected = {
        "top": (10, 4_000_000, 400_000, 1_600_000, 200_000, 480_000, 920_000, 4.60),
        "big": (40, 2_500_000, 62_500, 1_000_000, 300_000, 300_000, 400_000, 4 / 3),
        "medium": (150, 1_500_000, 10_000, 600_000, 400_000, 180_000, 20_000, 0.05),
        "small": (800, 2_000_000, 2_500, 800_000, 700_000, 240_000, -140_000, -0.20),
    }
    for tier, row in expected.items():
        assert table.loc[tier].tolist() == pytest.approx(row, rel=1e-12), tier
    assert table.loc["prospect", ["revenue", "contribution", "marketing_cost", "overhead", "profit", "roi"]].tolist() == [
        0, 0, 400_000, 0, -400_000, -1.0,
    ]  # fmt: skip
    total = rows.loc["total"]
    assert total[["revenue", "contribution", "marketing_cost", "overhead", "profit", "roi"]].tolist() == [
        10_000_000, 4_000_000, 2_000_000, 1_200_000, 800_000, 0.40,
    ]  # fmt: skip
    assert (total.customers, total.average_revenue) == (1050, 10_000)
    assert rows.revenue_share.dropna().tolist() == [0.40, 0.25, 0.15, 0.20]
    assert rows.customer_share.dropna().tolist() == [0.01, 0.04, 0.15, 0.80]
    assert rows.profit_share[:4].tolist() == [1.15, 0.5, 0.025, -0.175]
    assert rows.threshold_revenue.dropna().tolist() == [400_000, 62_500, 10_000, 2_500]


def test_rows_are_always_all_of_them_in_order(db):
    given(db, orders="customer_id order_id ordered_at amount\n C-1 1 2026-06-01 10")
    frame = pyramid.tiers(*prepared(db, AS_OF))
    assert frame.tier.tolist() == LAYERS
    one = frame.set_index("tier")
    assert one.customers.tolist() == [1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert one.loc["top", ["customer_share", "revenue_share"]].tolist() == [1, 1]
    # without a cost of goods, and without costs, nothing is called a profit or a zero
    assert one[["contribution", "marketing_cost", "overhead", "profit", "profit_share", "roi"]].isna().all(axis=None)


@pytest.mark.parametrize(
    "n, expected",
    [(1000, (10, 40, 150, 800)), (5878, (59, 235, 882, 4702)), (7, (1, 0, 0, 6)), (1, (1, 0, 0, 0))],
)
def test_the_sizes_of_the_tiers(db, n, expected):
    rows = [(f"O{place}", f"C{place}", "2026-06-01", 1) for place in range(n)]
    with db.writing() as con:
        insert(con, "orders", ["order_id", "customer_id", "ordered_at", "amount"], rows)
        derived.rebuild(con)
    assert tuple(tiers(db).customers[:4]) == expected


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """A database whose orders each example replaces."""
    database = open_database(tmp_path_factory.mktemp("scratch") / "crm.duckdb")
    yield database
    database.close()


def refill(database, orders, **tables) -> None:
    """In place of what was there: orders as (customer, amount, cost) of one day each, other tables as rows."""
    with database.writing() as con:
        for table in ("orders", "costs"):
            con.execute(f"delete from {table}")
        lines = [
            (f"O{place}", customer, "2026-03-01", amount, cost) for place, (customer, amount, cost) in enumerate(orders)
        ]
        insert(con, "orders", ["order_id", "customer_id", "ordered_at", "amount", "cost"], lines)
        insert(con, "costs", ["period", "kind", "amount", "tier", "allocation_key"], tables.get("costs", []))
        derived.rebuild(con)
        bump_data_version(con)


AMOUNTS = st.sampled_from(["-7.5", "1", "1", "2.25", "10", "99.99", "1000.01"])
ORDERS = st.lists(
    st.tuples(st.integers(1, 200).map("C{}".format), AMOUNTS, st.sampled_from([None, "0.5", "3"])), max_size=300
)
COSTS = st.lists(
    st.tuples(
        st.sampled_from(["2026", "2026-03", "2025-Q4", "2026-02"]),
        st.sampled_from(["marketing", "sales", "service", "overhead"]),
        st.sampled_from(["0.01", "100", "33.33", "1234.57"]),
        st.sampled_from([None, None, "top", "small", "prospect", "nonsense"]),
        st.sampled_from([None, "per_head", "revenue", "activity", "direct"]),
    ),
    max_size=6,
)
BRIEFLY = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@BRIEFLY
@drawn(orders=ORDERS, costs=COSTS, by=st.sampled_from(["revenue", "orders"]))
def test_rows_add_up_to_the_company_whatever_the_company(scratch, orders, costs, by):
    refill(scratch, orders, costs=costs)
    if not orders:
        return
    con, filters = prepared(scratch, AS_OF)
    rows = pyramid.tiers(con, filters, by=by).set_index("tier")
    parts, total = rows.iloc[:-1], rows.iloc[-1]
    assert (parts.customers >= 0).all()
    revenue = sum(Decimal(amount) for _, amount, _ in orders)
    assert Decimal(str(total.revenue)) == revenue
    for column in ("customers", "revenue", "contribution", "marketing_cost", "overhead", "profit"):
        if pd.notna(total[column]):
            assert round(parts[column].sum() - total[column], 6) == 0, column
    spent = pyramid.costs(con, filters)
    for column, kinds in (("marketing_cost", ["marketing", "sales", "service"]), ("overhead", ["overhead"])):
        mine = spent[spent.kind.isin(kinds)]
        assert pd.isna(total[column]) if mine.empty else round(mine.amount.sum() - total[column], 6) == 0


@BRIEFLY
@drawn(orders=ORDERS)
def test_tiers_are_a_partition_of_the_active_in_the_order_of_the_ranking(scratch, orders):
    refill(scratch, orders)
    if not orders:
        return
    con, filters = prepared(scratch, AS_OF)
    net: dict[str, Decimal] = {}
    for customer, amount, _ in orders:
        net[customer] = net.get(customer, Decimal(0)) + Decimal(amount)
    active = [customer for customer, revenue in net.items() if revenue > 0]
    n = len(active)
    cuts = [max(min(n, 1), int(Decimal(share) * n / 100 + Decimal("0.5"))) for share in (1, 5, 20)]
    listed = pyramid.customers(con, filters, limit=1000)
    assert sorted(listed.customer_id[listed["rank"].notna()]) == sorted(active)
    assert listed["rank"].dropna().tolist() == list(range(1, n + 1))
    assert listed.revenue[:n].is_monotonic_decreasing
    expected = ["top"] * cuts[0] + ["big"] * (cuts[1] - cuts[0]) + ["medium"] * (cuts[2] - cuts[1])
    assert listed.tier[:n].tolist() == (expected + ["small"] * n)[:n]
    # the ranking's tiers are those of the snapshot that every other screen speaks of
    assert dict(zip(listed.customer_id, listed.tier)) == dict(
        con.execute("select customer_id, tier from snapshot").fetchall()
    )


def test_each_customers_cost_adds_up_to_the_tiers(example):
    con, filters = prepared(example, worked_example.AS_OF)
    listed = pyramid.customers(con, filters, limit=2000)
    rows = pyramid.tiers(con, filters).set_index("tier")
    mine = listed.groupby("tier")[["revenue", "contribution", "cost", "profit"]].sum()
    for tier in LAYERS[:4]:
        expected = rows.loc[tier, ["revenue", "contribution"]].tolist()
        expected += [rows.marketing_cost[tier] + rows.overhead[tier], rows.profit[tier]]
        assert mine.loc[tier].tolist() == pytest.approx(expected, rel=1e-9)
    assert listed.cumulative_revenue_share.iloc[[9, 49, 199, 999]].tolist() == pytest.approx([0.4, 0.65, 0.8, 1])
    assert listed.percentile_in_tier.iloc[[0, 9]].tolist() == pytest.approx([0.9, 0.0])


THREE = """
customer_id  order_id  ordered_at  amount  cost
C-1          1         2026-06-01  100     90
C-2          2         2026-05-01  80      10
C-3          3         2026-04-01  30      20
C-3          4         2026-04-02  30      20
C-4          5         2025-01-02  500     20
-            6         2026-04-02  40      20
"""


def test_the_ranking_variable_is_a_choice(db):
    given(db, orders=THREE)
    con, filters = prepared(db, AS_OF)
    first = {
        by: pyramid.customers(con, filters, by=by, limit=1).customer_id[0] for by in ("revenue", "margin", "orders")
    }
    assert first == {"revenue": "C-1", "margin": "C-2", "orders": "C-3"}
    with pytest.raises(CrmError, match="ranked by"):
        pyramid.tiers(con, filters, by="height")


def test_margin_cannot_rank_where_no_cost_is_known(db):
    given(db, orders="customer_id order_id ordered_at amount\n C-1 1 2026-06-01 10")
    with pytest.raises(CrmError, match="margin rate"):
        pyramid.tiers(*prepared(db, AS_OF), by="margin")
    state.save_rules(db, Rules(margin_rate=0.4))
    assert tiers(db, by="margin").contribution["top"] == 4


def test_a_missing_cost_of_goods_is_filled_by_the_known_ones_rate_or_the_typed_one(db):
    given(db, orders="customer_id order_id ordered_at amount cost\n C-1 1 2026-06-01 100 60\n C-2 2 2026-06-01 50 -")
    assert tiers(db).contribution[["top", "total"]].tolist() == [40, 60]  # 100 - 60; 50 at 40 %
    facts = pyramid.basis(*prepared(db, AS_OF)).iloc[0]
    assert (facts.covered_share, facts.margin_rate, facts.is_rate_typed) == (pytest.approx(2 / 3), 0.4, False)
    state.save_rules(db, Rules(margin_rate=0.1))
    assert tiers(db).contribution[["top", "total"]].tolist() == [40, 45]
    assert pyramid.basis(*prepared(db, AS_OF)).iloc[0].is_rate_typed


def test_lines_without_a_customer_and_without_a_cost_go_by_the_rate_too(db):
    given(
        db,
        orders="customer_id order_id ordered_at amount cost\n C-1 1 2026-06-01 100 60\n - 2 2026-06-01 50 -\n - 3 2026-06-01 10 9",
    )
    rate = (40 + 1) / 110
    assert tiers(db).contribution["unidentified"] == pytest.approx(1 + 50 * rate, abs=1e-4)
    state.save_rules(db, Rules(margin_rate=0.0))  # nothing is a rate too
    assert tiers(db).contribution[["top", "unidentified"]].tolist() == [40, 1]


def test_whom_a_reader_chooses_keeps_the_companys_tier_unless_ranked_within(db):
    given(db, orders=THREE, customers="customer_id region\n C-1 north\n C-2 south\n C-3 south\n C-4 south")
    south = (("region", ("south",)),)
    assert tiers(db, where=south).customers.tolist() == [0, 0, 0, 2, 1, 0, 0, 0, 3]
    assert tiers(db, where=south, rank_within=True).customers.tolist() == [1, 0, 0, 1, 1, 0, 0, 0, 3]
    assert tiers(db, where=south).revenue["total"] == 140  # lines without a customer are in no choice
    assert tiers(db).revenue[["unidentified", "total"]].tolist() == [40, 280]


def test_a_saved_set_is_a_choice_like_any_other(db):
    given(db, orders=THREE, costs="period kind amount\n 2026-06 marketing 100")
    state.save_customer_set(db, "some", ["C-2", "C-4"])
    con, filters = prepared(db, AS_OF, customer_set="some")
    rows = pyramid.tiers(con, filters).set_index("tier")
    assert rows.customers.tolist() == [0, 0, 0, 1, 1, 0, 0, 0, 2]
    assert rows.loc["total", ["revenue", "contribution", "marketing_cost"]].tolist() == [80, 70, 50]
    assert pyramid.customers(con, filters).customer_id.tolist() == ["C-2", "C-4"]
    within = pyramid.tiers(con, filters, rank_within=True).set_index("tier")
    assert within.customers.tolist() == [1, 0, 0, 0, 1, 0, 0, 0, 2]


def test_parts_of_the_company_bear_what_the_whole_bears(db):
    costs = "period kind amount allocation_key\n 2026-06 marketing 100 per_head\n 2026-06 sales 50 revenue\n 2026-06 overhead 10 -"
    given(db, orders=THREE, costs=costs, customers="customer_id region\n C-1 north\n C-2 south\n C-3 south\n C-4 south")
    whole = tiers(db).loc[["top", "big", "medium", "small", "inactive", "prospect", "suspect"]]
    parts = [tiers(db, where=(("region", (region,)),)).loc["total"] for region in ("north", "south")]
    for column in ("customers", "revenue", "contribution", "marketing_cost", "overhead"):
        assert round(sum(part[column] for part in parts) - whole[column].sum(), 6) == 0, column


def test_the_window_before_has_lines_without_a_customer_too(db):
    given(db, orders=THREE)
    given(db, orders="customer_id order_id ordered_at amount\n - 7 2025-06-30 9\n - 8 2024-07-01 6\n - 9 2024-06-30 5")
    rows = tiers(db)
    assert rows.revenue_before[["inactive", "unidentified", "total"]].tolist() == [500, 15, 515]
    assert rows.revenue_before[:-1].sum() == rows.revenue_before["total"]


def test_who_is_not_active_has_no_place_and_no_share_up_to_it(db):
    given(db, orders=THREE)
    con, filters = prepared(db, AS_OF)
    listed = pyramid.customers(con, filters)
    assert listed.customer_id.tolist() == ["C-1", "C-2", "C-3", "C-4"]
    assert listed.cumulative_revenue_share[:3].tolist() == pytest.approx([100 / 240, 180 / 240, 1])
    alone = pyramid.customers(con, filters, tier="inactive")
    for rows in (listed[3:], alone):  # whatever else is on the page
        assert rows[["rank", "cumulative_revenue_share", "percentile_in_tier"]].isna().all(axis=None)


def test_a_page_further_down_goes_on_where_the_one_before_ended(db):
    given(db, orders=THREE, customers="customer_id region\n C-1 north\n C-2 south\n C-3 south\n C-4 south")
    whole = pyramid.customers(*prepared(db, AS_OF))
    pages = [pyramid.customers(*prepared(db, AS_OF), limit=2, offset=offset) for offset in (0, 2)]
    pd.testing.assert_frame_equal(pd.concat(pages, ignore_index=True), whole)
    south = pyramid.customers(*prepared(db, AS_OF, where=(("region", ("south",)),)))
    assert south.cumulative_revenue_share[:2].tolist() == pytest.approx(
        [180 / 240, 1]
    )  # of the company's, as the place is
    assert south["rank"].tolist()[:2] == [2, 3]


def test_prospects_who_became_customers(db):
    given(
        db,
        orders="customer_id order_id ordered_at amount\n C-1 1 2026-06-01 10\n C-2 2 2024-06-01 10\n C-2 3 2026-06-01 10",
        customers="customer_id signup_date status\n C-1 2024-01-01 customer\n C-2 2024-01-01 customer\n P-1 2025-01-01 prospect\n"
        " P-2 2026-05-01 prospect\n P-3 2025-01-01 suspect\n P-4 2025-02-01 prospect",
    )
    # known before July 2025 and no order until then: C-1, P-1, P-3, P-4; one of them ordered
    assert tiers(db).converted_rate["prospect"] == 0.25


def test_who_became_a_customer_on_the_windows_first_day_is_a_prospect_of_before(db):
    given(
        db,
        orders="customer_id order_id ordered_at amount\n C-1 1 2025-07-01 10\n C-2 2 2025-06-30 10",
        customers="customer_id signup_date region\n C-1 2025-06-30 north\n C-2 2025-06-30 north\n P-1 2025-07-01 north\n"
        " P-2 2025-06-30 south\n P-3 2025-06-30 north",
    )
    assert tiers(db).converted_rate["prospect"] == pytest.approx(1 / 3)  # C-1 of C-1, P-2, P-3
    assert tiers(db, where=(("region", ("north",)),)).converted_rate["prospect"] == 0.5


def test_of_a_loss_nobody_has_a_share(db):
    given(db, orders=THREE, costs="period kind amount\n 2026 marketing 5000")
    rows = tiers(db)
    assert rows.profit["total"] < 0 and rows.profit_share.isna().all()


def test_those_who_are_not_active_are_listed_by_what_they_brought(db):
    returned = "\n C-5 7 2026-06-01 -20 -\n C-6 8 2026-06-01 -5 -\n C-7 9 2026-06-01 -5 -"
    given(db, orders=THREE + returned)
    assert pyramid.customers(*prepared(db, AS_OF)).customer_id.tolist()[3:] == ["C-4", "C-6", "C-7", "C-5"]
    pages = [pyramid.customers(*prepared(db, AS_OF), tier="inactive", limit=1, offset=offset) for offset in range(4)]
    assert pd.concat(pages).customer_id.tolist() == ["C-4", "C-6", "C-7", "C-5"]


def test_everything_came_back(db):
    given(db, orders="customer_id order_id ordered_at amount\n C-1 1 2026-06-01 10\n C-1 2 2026-06-02 -10")
    rows = tiers(db)
    assert rows.customers[["top", "small", "inactive", "total"]].tolist() == [0, 0, 1, 1]
    assert rows[["customer_share", "revenue_share"]].isna().all(axis=None)


@BRIEFLY
@drawn(total=st.decimals(-10_000, 10_000, places=4), weights=st.lists(st.integers(0, 1000), min_size=1, max_size=9))
def test_the_largest_remainder_loses_no_cent(total, weights):
    parts = in_cents(total, weights)
    if not sum(weights):
        assert parts == [0] * len(weights)
        return
    assert abs(sum(parts) - total) <= Decimal("0.005")
    for part, weight in zip(parts, weights):
        assert abs(part - total * weight / sum(weights)) < Decimal("0.0151")


@pytest.mark.parametrize("months, sizes", [(12, [42, 170, 637, 3394]), (6, [35, 138, 521, 2774])])
def test_online_retail_by_its_known_figures(retail, months, sizes):
    database, _ = retail
    rows = tiers(database, "2011-12-09", months)
    assert rows.customers[:4].tolist() == sizes
    if months == 12:
        assert [round(100 * share, 2) for share in rows.revenue_share[:4]] == [29.46, 18.59, 25.17, 26.78]
        assert round(rows.revenue[:4].sum(), 2) == 8_008_923.52
        assert rows.customers["inactive"] == 129
        assert round(rows.revenue[:-1].sum(), 2) == round(rows.revenue["total"], 2) == 9_370_259.48


def test_online_retail_equals_pandas(retail):
    database, lines = retail
    window = lines[(lines.day >= pd.Timestamp("2010-12-10")) & (lines.day <= pd.Timestamp("2011-12-09"))]
    known = window[window.customer_id.notna()]
    net = known.groupby("customer_id").amount.sum()
    ordered = known[known.amount > 0].groupby("customer_id").order_id.nunique()
    last = known[known.amount > 0].groupby("customer_id").day.max()
    active = pd.DataFrame({"revenue": net, "orders": ordered, "last": last}).dropna()
    active = active[active.revenue.round(4) > 0].reset_index()
    active["revenue"] = active.revenue.round(4)
    active = active.sort_values(["revenue", "orders", "last", "customer_id"], ascending=[False, False, False, True])
    listed = pyramid.customers(*prepared(database, "2011-12-09"), limit=5000)
    assert listed.customer_id[listed["rank"].notna()].tolist() == active.customer_id.tolist()
    assert read(database, "select count(*) from costs") == [(0,)]


def test_tiers_of_any_size_with_ties_are_a_partition(db):
    con = db.cursor()
    for n in range(201):
        con.execute(
            "create or replace temp view to_rank as select 'C' || i as customer_id, 'small' as tier, true as is_active, "
            "cast(1 + i % 3 as decimal(17, 4)) as revenue, cast(0 as decimal(17, 4)) as revenue_before, 1 as orders, "
            "date '2026-01-01' as last_order_date, cast(0 as decimal(17, 4)) as margin, cast(0 as decimal(17, 4)) as covered_revenue "
            f"from range({n}) t(i)"
        )
        rows = con.execute(derived.sql("ranking"), {"by": "revenue", "rate": None} | snapshot.cuts(con)).fetchall()
        cuts = [max(min(n, 1), (share * n + 50) // 100) for share in (1, 5, 20)]
        sizes = [cuts[0], cuts[1] - cuts[0], cuts[2] - cuts[1], n - cuts[2]]
        assert [sum(row[1] == tier for row in rows) for tier in LAYERS[:4]] == sizes and min(sizes) >= 0
        assert sorted(row[2] for row in rows) == list(range(1, n + 1))


def test_what_is_remembered_of_a_view_is_there_for_every_cursor(db):
    """Each number answers the same after another one, on a cursor of its own, and says by which queries."""
    given(
        db,
        orders=THREE,
        costs="period kind amount\n 2026 marketing 100",
        campaigns="campaign_id starts\n CMP 2026-02-01",
        campaign_members="campaign_id customer_id arm\n CMP C-1 treated\n CMP C-2 control",
        interactions="customer_id at unit_cost\n C-1 2026-02-01 6",
        surveys="customer_id answered_at score question scale_max\n C-1 2025-02-01 5 overall 5",
        complaints="complaint_id customer_id opened_at\n T-1 C-3 2025-03-01",
    )
    numbers = (
        pyramid.tiers, pyramid.customers, pyramid.costs, pyramid.waterfall, pyramid.ranges, pyramid.basis, pyramid.concentration,
        pyramid.migration, pyramid.relations, pyramid.lessons, pyramid.whatif,
    )  # fmt: skip
    first = [number(*prepared(db, AS_OF)) for number in numbers]
    for number, before in zip(numbers, first):
        pd.testing.assert_frame_equal(number(*prepared(db, AS_OF)), before)
