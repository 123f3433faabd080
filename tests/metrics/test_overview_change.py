"""What drove a change: the bridge and the drivers of rows in sight, worked out by eye; of real exports, against plain pandas."""

from datetime import date

import pandas as pd
import pytest

from crm_analytics import state
from crm_analytics.errors import CrmError
from crm_analytics.metrics import overview
from tests import plain
from tests.rows import given, insert, kpis, prepared

AS_OF = "2026-06-30"  # twelve months: from 2025-07-01; before: from 2024-07-01; earlier: from 2023-07-01
ORDERS = """
    customer_id  order_id  ordered_at  amount  region
    early        1         2023-07-01  10      north
    returned     2         2023-08-01  10      south
    more         3         2024-08-01  100     north
    less         4         2024-09-01  50      south
    lost         5         2025-05-01  70      south
    sour         6         2025-06-01  20      north
    sour         6R        2025-06-02  -25     north
    -            7         2025-06-03  5       -
    more         8         2025-08-01  100     north
    more         9         2026-05-01  10      north
    less         10        2026-05-01  50      south
    less         10R       2026-05-02  -0.01   south
    returned     11        2026-05-01  33      south
    new          12        2026-06-01  30      south
    undone       13        2026-06-01  30      north
    undone       13R       2026-06-09  -30     north
    lost         5R        2026-06-09  -1      south
    sour         6R        2026-06-09  -2      north
    -            14        2026-06-02  40      -
    """


def bridge(db, **choice) -> dict[str, tuple]:
    """Group -> (customers, revenue before, revenue, change)."""
    found = overview.bridge(*prepared(db, **{"as_of": AS_OF} | choice))
    return {
        row.group: (None if pd.isna(row.customers) else row.customers, row.revenue_before, row.revenue, row.change)
        for row in found.itertuples()
    }


def test_each_group_of_the_bridge_by_hand(db):
    given(db, orders=ORDERS)
    assert bridge(db) == {
        "new": (2, 0, 30, 30),  # new and undone, whose return leaves nothing
        "returned": (1, 0, 33, 33),
        "kept_more": (1, 100, 110, 10),
        "kept_less": (1, 50, 49.99, -0.01),
        "lost": (1, 70, -1, -71),
        "adjustments": (1, -5, -2, 3),  # sour: the returns outweigh the order then, and go on
        "unidentified": (None, 5, 40, 35),
    }


def test_who_spends_the_same_is_kept_and_does_not_spend_more(db):
    given(db, orders="customer_id order_id ordered_at amount\nold 0 2020-01-01 1\na 1 2025-01-05 10\na 2 2026-01-05 10")
    assert (bridge(db)["kept_more"], bridge(db)["kept_less"]) == ((0, 0, 0, 0), (1, 10, 10, 0))


def test_the_bridge_of_chosen_customers_knows_no_unidentified_lines(db):
    given(db, orders=ORDERS)
    found = bridge(db, where=(("region", ("south",)),))
    assert "unidentified" not in found
    assert {group: row[0] for group, row in found.items() if row[0]} == {
        "new": 1,
        "returned": 1,
        "kept_less": 1,
        "lost": 1,
    }


@pytest.mark.parametrize(
    "where", [(), (("region", ("south",)),), (("region", ("north",)),)], ids=["all", "south", "north"]
)
@pytest.mark.parametrize("months, compare", [(12, "before"), (12, "year"), (3, "before"), (3, "year"), (6, "year")])
def test_the_bridge_adds_up_to_the_change_of_revenue(db, where, months, compare):
    given(db, orders=ORDERS)
    choice = {"months": months, "compare": compare, "where": where}
    revenue = kpis(db, AS_OF, **choice).loc["revenue"]
    before = revenue["year_earlier"] if compare == "year" and months != 12 else revenue["previous"]
    found = overview.bridge(*prepared(db, AS_OF, **choice))
    assert found["revenue"].sum() == pytest.approx(revenue["value"])
    assert found["revenue_before"].sum() == pytest.approx(before)
    assert found["change"].sum() == pytest.approx(revenue["value"] - before)
    assert found["share_of_change"].sum() == pytest.approx(1)


def test_groups_of_the_bridge_are_those_of_the_headline_numbers(db):
    given(db, orders=ORDERS)
    found, numbers = bridge(db), kpis(db, AS_OF)
    assert found["new"][0] == numbers.loc["new_customers", "value"] == 2
    assert found["lost"][0] == round(numbers.loc["churn_rate", "value"] * numbers.loc["churn_rate", "n"]) == 1
    active = (
        found["returned"][0] + found["kept_more"][0] + found["kept_less"][0] + 1
    )  # new; undone is new and not active
    assert active == numbers.loc["active_customers", "value"]


def test_every_bar_opens_as_many_customers_as_it_says(db):
    given(db, orders=ORDERS)
    found = overview.bridge(*prepared(db, AS_OF)).set_index("group")
    for group in ("new", "returned", "lost"):
        where = tuple(
            sorted(
                (name, (value,)) for name, value in (pair.split("=") for pair in found.loc[group, "where"].split("&"))
            )
        )
        con, _ = prepared(db, AS_OF, where=where)
        assert con.execute("select count(*) from chosen").fetchone()[0] == found.loc[group, "customers"], group


def test_a_year_earlier_is_another_window_than_the_one_before(db):
    given(db, orders=ORDERS)
    found = bridge(db, months=3, compare="year")  # April to June of 2026 and of 2025
    assert found["lost"] == (1, 70, -1, -71)
    assert found["returned"] == (3, 0, pytest.approx(92.99), pytest.approx(92.99))  # less, more, returned
    assert found["unidentified"] == (None, 5, 40, 35)
    assert bridge(db, months=3)["lost"] == (0, 0, 0, 0), "in January to March nobody was active"


def test_without_a_window_to_compare_with_there_are_no_rows(db):
    given(db, orders=ORDERS)
    assert bridge(db, as_of="2025-06-29") == {}
    assert overview.drivers(*prepared(db, "2025-06-29")).empty
    assert bridge(db, as_of="2024-06-29", months=3, compare="year") == {}


def test_headline_numbers_of_the_year_earlier(db):
    given(db, orders=ORDERS)
    found = kpis(db, AS_OF, months=3)
    assert found.loc["revenue", ["value", "previous", "year_earlier"]].tolist() == pytest.approx([159.99, 0, 70])
    assert found.loc["active_customers", "year_earlier"] == 1
    assert found.loc["repurchase_rate", ["value", "year_earlier"]].tolist() == [0, 0]
    for months, as_of in ((12, AS_OF), (3, "2024-06-29")):
        assert kpis(db, as_of, months=months)["year_earlier"].isna().all()


def test_the_year_earlier_of_chosen_customers(db):
    given(db, orders=ORDERS)
    found = kpis(db, AS_OF, months=3, where=(("region", ("north",)),))
    assert found.loc["revenue", ["value", "year_earlier"]].tolist() == [8, -5]


def test_the_interval_of_a_change_against_a_year_earlier_is_newcombes(db):
    """The same 120 and 80 of 1000 as for the window before: 1.37 to 6.64 points."""
    rows = [
        [f"{side}{n}", f"{side}{n}-{again}", day, "10"]
        for side, day, repeaters in (("now", "2026-06-01", 120), ("then", "2025-06-01", 80))
        for n in range(1000)
        for again in range(2 if n < repeaters else 1)
    ]
    with db.writing() as con:
        insert(con, "orders", ["customer_id", "order_id", "ordered_at", "amount"], rows)
    given(db, orders="customer_id order_id ordered_at amount\n old 0 2020-01-01 1")
    found = kpis(db, AS_OF, months=3).loc["repurchase_rate"]
    assert found["year_earlier"] == 0.08
    assert [round(100 * found[name], 2) for name in ("year_change_low", "year_change_high")] == [1.37, 6.64]


def drivers(db, kpi="revenue", column="region", **choice) -> dict[str, tuple]:
    """Group of a column -> (customers, value before, value, contribution); what nobody knows under "?"."""
    found = overview.drivers(*prepared(db, **{"as_of": AS_OF} | choice), kpi=kpi)
    found = found[found["column"] == column]
    return {
        "?" if pd.isna(row.group) else row.group: (row.customers, row.value_before, row.value, row.contribution)
        for row in found.itertuples()
    }


def test_drivers_of_revenue_by_hand(db):
    given(db, orders=ORDERS)
    assert drivers(db) == {
        "north": (3, 95, 108, 13),  # more 100 -> 110, sour -5 -> -2, undone 0
        "south": (4, 120, pytest.approx(111.99), pytest.approx(-8.01)),  # less, lost, returned, new
        "?": (0, 5, 40, 35),
    }
    found = overview.drivers(*prepared(db, AS_OF)).set_index("group")
    assert found.loc["north", "expected"] == pytest.approx(95 / 220 * 39.99)
    assert found.loc["south", "surplus"] == pytest.approx(-8.01 - 120 / 220 * 39.99)
    assert found["is_small"].all()
    assert found.loc["south", "where"] == "region=south"


def test_what_a_rates_change_lets_expect_follows_the_shares_before(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount  region
        n1           1         2024-07-01  1       north
        s1           2         2024-08-01  1       south
        s1           3         2024-09-01  1       south
        s2           4         2024-09-01  1       south
        s3           5         2024-09-01  1       south
        n1           6         2025-07-01  1       north
        n1           7         2025-08-01  1       north
        n2           8         2025-08-01  1       north
        s1           9         2025-08-01  1       south
        s1           10        2025-09-01  1       south
        s2           11        2025-09-01  1       south
        """,
    )
    found = overview.drivers(*prepared(db, AS_OF), kpi="repurchase_rate")
    found = found[found["column"] == "region"].set_index("group")["expected"]
    # from 1 of 4 to 2 of 4; of the buyers before, one in four was a northerner
    assert found.to_dict() == pytest.approx({"north": 0.25 * 0.25, "south": 0.75 * 0.25})


def test_a_churn_of_the_year_earlier_needs_the_window_before_that(db):
    orders = """
        customer_id  order_id  ordered_at  amount  region
        a            1         2024-12-01  10      north
        b            2         2025-03-01  10      south
        a            3         2025-08-01  10      north
        b            4         2025-09-01  10      south
        a            5         2026-02-01  10      north
        """
    given(db, orders=orders)
    assert drivers(db, "churn_rate", months=6, compare="year") == {}
    given(db, orders="customer_id order_id ordered_at amount region\nc 0 2024-07-01 10 south")
    # then: a and c, active before 2025, had gone; now: a came again, b did not
    assert drivers(db, "churn_rate", months=6, compare="year") == {
        "north": (1, 1, 0, pytest.approx(-0.5)), "south": (2, 1, 1, pytest.approx(0)),
    }  # fmt: skip


def test_drivers_of_orders_and_of_active_customers_by_hand(db):
    given(db, orders=ORDERS)
    assert drivers(db, "orders") == {"south": (4, 2, 3, 1), "north": (3, 2, 3, 1), "?": (0, 1, 1, 0)}
    assert drivers(db, "active_customers") == {"south": (4, 2, 3, 1), "north": (1, 1, 1, 0)}


def test_drivers_of_a_rate_are_a_rates_change_and_a_mixs(db):
    """Bought again: north 1 of 2, south 0 of 2; then 3 of 3 and 0 of 1.  The whole rises from 1/4 to 3/4.

    North: (1 - 1/2) at the mean share 5/8, and 1/4 more share at a distance of 3/4 - 1/2: 5/16 + 1/16. South: -1/4 at -1/2.
    """
    buyers = {
        "2025-01": [("n1", 2), ("n2", 1), ("s1", 1), ("s2", 1)],
        "2026-01": [("n1", 2), ("n2", 2), ("n3", 2), ("s1", 1)],
    }
    rows = [
        [who, f"{who}-{month}-{again}", f"{month}-05", "10", "north" if who[0] == "n" else "south"]
        for month, orders in buyers.items()
        for who, times in orders
        for again in range(times)
    ]
    with db.writing() as con:
        insert(con, "orders", ["customer_id", "order_id", "ordered_at", "amount", "region"], rows)
    given(db, orders="customer_id order_id ordered_at amount region\n old 0 2020-01-01 1 west")
    assert drivers(db, "repurchase_rate") == {
        "north": (3, 0.5, 1, pytest.approx(0.375)),
        "south": (2, 0, 0, pytest.approx(0.125)),
    }


def test_drivers_of_satisfaction_count_each_customers_last_answer(db):
    given(
        db,
        orders=ORDERS,
        surveys="""
        customer_id  score  scale_max  answered_at
        more         1      5          2026-01-01
        more         5      5          2026-02-01
        less         2      5          2026-02-01
        more         1      5          2025-02-01
        lost         5      5          2025-02-01
        """,
    )
    found = drivers(db, "satisfaction")
    assert found["north"] == (1, 0, 1, pytest.approx(0.5))
    assert found["south"] == (2, 1, 0, pytest.approx(-0.5))


def test_a_main_channel_is_that_of_the_latest_window_with_a_purchase(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount  channel
        early        1         2023-07-01  10      shop
        moved        2         2025-01-01  10      shop
        moved        3         2026-01-01  20      web
        lost         4         2025-01-01  40      shop
        """,
    )
    assert drivers(db, column="channel") == {"shop": (1, 40, 0, -40), "web": (1, 10, 20, 10)}
    assert drivers(db, "churn_rate", column="channel") == {
        "shop": (2, 1, 1, pytest.approx(-0.125)),  # early left before, lost now: 1 of 1, but half the share
        "web": (1, pytest.approx(float("nan"), nan_ok=True), 0, pytest.approx(-0.375)),
    }


KPIS = ["revenue", "orders", "active_customers", "repurchase_rate", "churn_rate", "satisfaction"]


@pytest.mark.parametrize("where", [(), (("region", ("south",)),)], ids=["all", "south"])
@pytest.mark.parametrize("months, compare", [(12, "before"), (6, "before"), (6, "year")])
@pytest.mark.parametrize("kpi", KPIS)
def test_contributions_of_every_column_add_up_to_the_change(db, kpi, months, compare, where):
    given(
        db,
        orders=ORDERS,
        customers="customer_id gender kind\n more f person\n less m firm\n lost f person\n new m -",
        surveys="customer_id score scale_max answered_at\n more 1 5 2026-02-01\n new 5 5 2026-02-01\n less 4 5 2025-11-01\n"
        "lost 5 5 2025-03-01\n less 1 5 2025-02-01\n more 5 5 2025-09-01",
    )
    choice = {"months": months, "compare": compare, "where": where}
    number = kpis(db, AS_OF, **choice).loc[kpi]
    before = number["year_earlier"] if compare == "year" else number["previous"]
    found = overview.drivers(*prepared(db, AS_OF, **choice), kpi=kpi)
    if pd.isna(before):
        assert found.empty
        return
    sums = found.groupby("column")["contribution"].sum()
    assert sums.to_dict() == pytest.approx(dict.fromkeys(sums.index, number["value"] - before))
    assert {"gender", "kind"} <= set(sums.index)


def shop(db, growing: str = "east") -> None:
    """Four regions of 200 customers who spent 10 to 19 then and 1 less or more now; those of one region now spend 5 more."""
    rows = [
        [
            f"{region}{n}",
            f"{region}{n}-{year}",
            f"{year}-01-05",
            str(10 + n % 10 + now * ((-1) ** n + 5 * (region == growing))),
            region,
        ]
        for region in ("east", "west", "north", "south")
        for n in range(200)
        for year, now in ((2025, 0), (2026, 1))
    ]
    with db.writing() as con:
        insert(con, "orders", ["customer_id", "order_id", "ordered_at", "amount", "region"], rows)
    given(db, orders="customer_id order_id ordered_at amount region\n old 0 2020-01-01 1 -\n x 1 2026-01-01 50 islet")


def test_the_most_telling_group_comes_first_and_a_tiny_one_never(db):
    shop(db)
    found = overview.drivers(*prepared(db, AS_OF))
    found = found[found["column"] == "region"].set_index("group")
    assert found.index[0] == "east" and found.loc["east", "change"] == 1000
    assert found.loc["east", "surplus"] > found.loc["east", "noise"]
    assert found.loc["islet", "is_small"] and list(found.index).index("islet") > list(found.index).index("south")


def test_chance_alone_makes_no_driver(db):
    shop(db, growing="nowhere")
    found = overview.drivers(*prepared(db, AS_OF, where=(("region", ("east", "west", "north", "south")),)))
    assert (found["surplus"].abs() <= found["noise"]).all()


def test_a_number_nobody_can_split_is_refused(db):
    given(db, orders=ORDERS)
    with pytest.raises(CrmError) as refusal:
        overview.drivers(*prepared(db, AS_OF), kpi="nps")
    assert refusal.value.code == "E_OPTION_VALUE"


def test_customers_who_are_not_ranked_count_among_the_unidentified(db):
    given(db, orders=ORDERS)
    state.set_ranked(db, ["lost"], False)
    assert bridge(db)["lost"][0] == 0
    assert bridge(db)["unidentified"] == (None, 75, 39, -36)


def classes(lines: pd.DataFrame, as_of, months: int) -> pd.DataFrame:
    """Customer, group, revenue of both windows, by pandas alone."""
    now = plain.snapshot(lines, as_of, months)
    kept = now["is_active"] & now["is_active_before"]
    group = pd.Series("adjustments", index=now.index)
    group[now["is_active"] & ~now["is_active_before"]] = "returned"
    group[now["is_new"] & ~now["is_active_before"]] = "new"
    group[~now["is_active"] & now["is_active_before"]] = "lost"
    group[kept] = (now["revenue"] > now["revenue_before"])[kept].map({True: "kept_more", False: "kept_less"})
    moved = (now[["orders", "orders_before", "revenue", "revenue_before"]] != 0).any(axis=1)
    return now.assign(group=group)[moved]


def assert_bridge_equals(database, lines, as_of: str, months: int) -> None:
    found = overview.bridge(*prepared(database, as_of, months=months)).set_index("group")
    expected = classes(lines, as_of, months).groupby("group")
    for group in overview.GROUPS[:-1]:
        rows = expected.get_group(group) if group in expected.groups else classes(lines, as_of, months).iloc[:0]
        assert found.loc[group, "customers"] == len(rows), group
        assert round(found.loc[group, "revenue"] * plain.UNIT) == rows["revenue"].sum(), group
        assert round(found.loc[group, "revenue_before"] * plain.UNIT) == rows["revenue_before"].sum(), group
    whole, before = plain.headline(lines, as_of, months)
    assert found["change"].sum() == pytest.approx(whole["revenue"] - before["revenue"], abs=1e-4)


@pytest.mark.parametrize("as_of, months", [("2011-12-09", 6), ("2011-11-30", 3)])
def test_the_bridge_of_online_retail_equals_pandas(retail, as_of, months):
    assert_bridge_equals(*retail, as_of, months)


@pytest.mark.parametrize("months", [12, 6])
def test_the_bridge_of_the_superstore_equals_pandas(superstore, months):
    assert_bridge_equals(*superstore, "2017-12-30", months)


@pytest.fixture(scope="module")
def traits(real) -> pd.DataFrame:
    """What the Superstore's customers are by their latest order: one row per customer."""
    csv = pd.read_csv(real("superstore_cn/订单.utf8.csv"), dtype=str)
    csv = csv.assign(day=pd.to_datetime(csv["订单日期"])).sort_values(["day", "订单 ID"], kind="stable")
    return csv.groupby("客户 ID").last()[["地区", "细分"]].rename(columns={"地区": "region", "细分": "kind"})


@pytest.mark.parametrize("column", ["region", "kind"])
def test_drivers_of_the_superstores_revenue_equal_pandas(superstore, traits, column):
    database, lines = superstore
    found = overview.drivers(*prepared(database, "2017-12-30"))
    found = found[found["column"] == column].set_index("group")
    customers = classes(lines, "2017-12-30", 12).join(traits)
    sums = customers.groupby(column)[["revenue_before", "revenue"]].sum() / plain.UNIT
    assert set(found.index) == set(sums.index)
    assert found["value"].to_dict() == pytest.approx(sums["revenue"].to_dict())
    assert found["value_before"].to_dict() == pytest.approx(sums["revenue_before"].to_dict())
    assert found["customers"].to_dict() == customers.groupby(column).size().to_dict()
    share = sums["revenue_before"] / sums["revenue_before"].sum()
    total = sums["revenue"].sum() - sums["revenue_before"].sum()
    assert found["expected"].to_dict() == pytest.approx((share * total).to_dict())


def test_drivers_of_the_superstores_rates_equal_pandas(superstore, traits):
    database, lines = superstore
    found = overview.drivers(*prepared(database, date(2017, 12, 30)), kpi="repurchase_rate")
    found = found[found["column"] == "region"].set_index("group")
    customers = classes(lines, "2017-12-30", 12).join(traits)
    for name, orders in (("value", "orders"), ("value_before", "orders_before")):
        buyers = customers[customers[orders] > 0]
        assert found[name].to_dict() == pytest.approx((buyers[orders] > 1).groupby(buyers["region"]).mean().to_dict())
