"""How they buy and what goes together: rows worked out by eye; real exports against plain pandas."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from crm_analytics.errors import CrmError
from crm_analytics.metrics import profile
from tests.plain import UNIT, bounds, orders_of
from tests.rows import given, prepared

AS_OF = "2026-06-30"


def orders(*rows: str, head: str = "customer_id order_id ordered_at amount category") -> str:
    return "\n".join([head, *rows])


def basket(who: str, things: str, day: str = "2026-06-01") -> list[str]:
    """One order of one customer with these categories."""
    return [f"{who} {who} {day} 10 {thing}" for thing in things]


def bought(**customers: tuple[int, str]) -> str:
    """kind=(how many, "ab"): so many customers who bought a and b."""
    return orders(
        *(line for kind, (n, things) in customers.items() for k in range(n) for line in basket(f"{kind}{k}", things))
    )


def test_support_confidence_and_lift_by_eye(db):
    """40 buy a and b, 10 a alone, 10 b alone, 40 c: together 0.4, each 0.5, so lift 1.6."""
    given(db, orders=bought(both=(40, "ab"), a=(10, "a"), b=(10, "b"), c=(40, "c")))
    found = profile.affinity(*prepared(db, AS_OF)).set_index(["first", "second"])
    row = found.loc["a", "b"]
    assert (row.n, row.n_first, row.n_second, row.baskets) == (40, 50, 50, 100)
    assert (row.support, row.confidence, row.lift) == (0.4, 0.8, pytest.approx(1.6))
    assert row.low < 1.6 < row.high and row.verdict == "more"
    assert found.lift["b", "a"] == row.lift and found.low["b", "a"] == row.low
    assert found.verdict["a", "c"] == "few" and pd.isna(found.lift["a", "c"]), "fewer than five baskets with both"


def test_who_buys_much_buys_of_everything_and_is_compared_with_his_like(db):
    """Ten customers with ten orders each buy a and b, ninety with one order either: lift 1.8, like with like 1."""
    lines = [f"big{k} {k}-{n} 2026-06-01 10 {'ab'[n % 2]}" for k in range(10) for n in range(10)]
    lines += [f"small{k} s{k} 2026-06-01 10 {'ab'[k % 2]}" for k in range(90)]
    given(db, orders=orders(*lines))
    row = profile.affinity(*prepared(db, AS_OF)).set_index(["first", "second"]).loc["a", "b"]
    assert (row.n, row.n_first, row.baskets) == (10, 55, 100)
    assert row.expected_alike == pytest.approx(10 * 10 / 10 + 45 * 45 / 90)
    assert row.verdict == "less", "of ninety with one order nobody has both, though 22.5 would by chance"
    per_order = profile.affinity(*prepared(db, AS_OF), per="order")
    assert set(per_order.verdict) == {"few"} and per_order.baskets.iloc[0] == 190


def test_returns_lines_before_the_window_and_of_nobody_are_in_no_basket(db):
    given(
        db,
        orders=orders(
            "x 1 2026-06-01 10 a",
            "x 1r 2026-06-02 -10 b",
            "x 2 2024-06-01 10 c",
            "- 3 2026-06-01 10 d",
            "x 4 2026-06-03 5 -",
        ),
    )
    assert profile.affinity(*prepared(db, AS_OF)).empty
    assert profile.goods(*prepared(db, AS_OF)).value.to_list() == ["a", "d", "b"]


def test_what_to_offer_and_to_whom(db):
    given(db, orders=bought(both=(40, "ab"), a=(10, "a"), b=(10, "b"), c=(40, "c")))
    con, filters = prepared(db, AS_OF)
    found = profile.next_category(con, filters).set_index("value")
    assert found.loc["a", ["offer", "confidence", "gap_customers", "verdict"]].to_list() == ["b", 0.8, 10, "more"]
    assert found.verdict["c"] == "few" and found.offer.isna()["c"]
    lacking = profile.gap_customers(con, filters, have="a", lack="b")
    assert set(lacking.customer_id) == {f"a{k}" for k in range(10)}
    assert len(profile.gap_customers(con, filters, have="a", lack="b", limit=3, offset=8)) == 2
    with pytest.raises(CrmError) as refusal:
        profile.gap_customers(con, filters, have="a", lack="nothing")
    assert refusal.value.code == "E_THING"


def test_only_the_chosen_are_in_the_baskets(db):
    given(
        db,
        orders=bought(both=(10, "ab"), a=(5, "a")),
        customers="customer_id region\n" + "\n".join(f"both{k} north" for k in range(10)),
    )
    found = profile.affinity(*prepared(db, AS_OF, where=(("region", ("north",)),)))
    assert set(found.baskets) == {10} and set(found.lift) == {1.0}


def test_from_category_to_brand_to_product(db):
    head = "customer_id order_id ordered_at amount cost category brand product"
    rows = ["x 1 2026-06-01 10 4 a p one", "x 1 2026-06-01 20 5 a q two", "y 2 2026-06-02 30 - b p one"]
    given(db, orders=orders(*rows, "y 3 2026-06-03 -5 - a p one", head=head))
    con, filters = prepared(db, AS_OF)
    top = profile.goods(con, filters).set_index("value")
    assert top.revenue.to_dict() == {"b": 30, "a": 25} and top.revenue_share["a"] == pytest.approx(25 / 55)
    assert (top.customers["a"], top.orders["a"], top.lines["a"], top.margin["a"]) == (1, 1, 3, 21)
    brands = profile.goods(con, filters, level="brand", category="a").set_index("value")
    assert brands.revenue.to_dict() == {"q": 20, "p": 5} and brands.revenue.sum() == top.revenue["a"]
    products = profile.goods(con, filters, level="product", category="a", brand="p")
    assert products[["value", "revenue"]].to_numpy().tolist() == [["one", 5.0]]


def test_dependence_on_discounts_by_eye(db):
    """never: no; half: one of two orders, one line of its two; always: both; unknown: the line tells nothing."""
    head = "customer_id order_id ordered_at amount discount"
    rows = ["never 1 2026-06-01 10 0", "half 2 2026-06-01 10 0", "half 2 2026-06-01 30 5", "half 3 2026-06-02 20 0",
            "always 4 2026-06-01 10 0.4", "always 5 2026-06-02 10 0.2", "unknown 6 2026-06-01 10 -"]  # fmt: skip
    given(db, orders=orders(*rows, head=head))
    con, filters = prepared(db, AS_OF)
    found = profile.discounts(con, filters).set_index("group")
    assert found.customers.to_dict() == {"none": 1, "half": 1, "all": 1}
    whole = profile.discounts(con, filters, by="").iloc[0]
    assert (whole.customers, whole.orders, whole.discounted_orders, whole.never, whole.always) == (3, 5, 3, 1, 1)
    assert whole.revenue_share == pytest.approx((40 + 20) / 90) and whole.mean_share == pytest.approx(0.5)
    listed = profile.discounted_customers(con, filters, band="half")
    assert listed[["customer_id", "discounted_orders", "discounted_share"]].to_numpy().tolist() == [["half", 1, 0.5]]


@pytest.mark.parametrize(
    "number",
    ["discounts", "discounted_customers", "breadth", "affinity", "next_category", "goods", "adoption", "new_products"],
)
def test_without_the_column_the_number_says_what_it_wants(db, number):
    given(db, orders="customer_id order_id ordered_at amount\nx 1 2026-06-01 10")
    with pytest.raises(CrmError) as refusal:
        getattr(profile, number)(*prepared(db, AS_OF))
    assert refusal.value.code == "E_COLUMN_WANTED" and "orders" in str(refusal.value)


def days(who: str, *dates: str) -> list[str]:
    return [f"{who} {who}-{n} {day} 10 -" for n, day in enumerate(dates)]


def test_rising_falling_stable_and_too_few_by_eye(db):
    """All were customers before the window. Six days late in the year: rising; six early: falling; spread: stable; five: too few."""
    late = ["2026-06-01", "2026-06-05", "2026-06-09", "2026-06-14", "2026-06-19", "2026-06-25"]
    early = ["2025-07-02", "2025-07-05", "2025-07-09", "2025-07-14", "2025-07-19", "2025-07-25"]
    spread = ["2025-07-20", "2025-09-20", "2025-11-20", "2026-02-20", "2026-04-20", "2026-06-20"]
    lines = [
        *days("late", "2024-01-05", *late),
        *days("early", "2024-01-05", *early),
        *days("spread", "2024-01-05", *spread),
        *days("few", "2024-01-05", *late[1:]),
    ]
    given(db, orders=orders(*lines))
    con, filters = prepared(db, AS_OF)
    found = profile.trend_customers(con, filters).set_index("customer_id")
    assert found.trend.to_dict() == {"late": "rising", "early": "falling", "spread": "stable", "few": "too_few"}
    assert found.late_share.to_dict() == {"late": 1, "early": 0, "spread": 0.5, "few": 1}
    assert found.per_month["spread"] == pytest.approx(6 / 365 * 30.4375)
    counts = profile.trends(con, filters).set_index("trend")
    assert counts.customers.to_dict() == {"rising": 1, "stable": 1, "falling": 1, "too_few": 1}
    assert counts.judged.iloc[0] == 3 and counts.expected["rising"] == pytest.approx(0.075)


def test_a_new_customer_is_watched_from_his_first_order_and_is_not_rising_for_being_new(db):
    """Bought first on 1 April and evenly since: within the year all is late, within his own time it is even."""
    given(
        db,
        orders=orders(
            "old 0 2024-01-01 10 -",
            *days(
                "new", "2026-04-01", "2026-04-15", "2026-04-29", "2026-05-13", "2026-05-27", "2026-06-10", "2026-06-24"
            ),
        ),
    )
    assert profile.trend_customers(*prepared(db, AS_OF)).set_index("customer_id").trend["new"] == "stable"


def test_several_orders_of_a_day_are_one_event(db):
    lines = [f"x {n} 2026-06-2{n % 3} 10 -" for n in range(9)]
    given(db, orders=orders("x first 2024-01-01 10 -", *lines))
    assert profile.trend_customers(*prepared(db, AS_OF)).trend.to_list() == ["too_few"]


def test_the_trend_of_revenue_weighs_each_day(db):
    """Orders lie evenly; one large one among small ones is but little more than one event."""
    even = [f"2025-{m:02}-15" for m in range(7, 13)] + [f"2026-{m:02}-15" for m in range(1, 7)]
    lines = [f"rising r{n} {day} {10 * 2**n} -" for n, day in enumerate(even)] + [
        f"even e{n} {day} 10 -" for n, day in enumerate(even)
    ]
    given(db, orders=orders("rising 0 2024-01-01 1 -", "even 0e 2024-01-01 1 -", *lines))
    con, filters = prepared(db, AS_OF)
    assert set(profile.trend_customers(con, filters).trend) == {"stable"}
    by_revenue = profile.trend_customers(con, filters, measure="revenue").set_index("customer_id").trend.to_dict()
    assert by_revenue == {"even": "stable", "rising": "too_few"}, "amounts that double each month are three equal days"


@pytest.mark.parametrize("rate", [1.0, 3.0])
def test_where_nothing_changes_no_more_are_called_rising_than_chance_would(db, rate):
    rng = np.random.default_rng(7)
    lines = []
    for who in range(600):
        places = rng.integers(0, 365, rng.poisson(12 * rate))
        lines += [
            f"c{who} {who}-{n} {pd.Timestamp('2025-07-01') + pd.Timedelta(days=int(p)):%Y-%m-%d} 10 -"
            for n, p in enumerate(places)
        ]
        lines.append(f"c{who} {who}-0 2024-01-01 10 -")
    given(db, orders=orders(*lines))
    found = profile.trends(*prepared(db, AS_OF)).set_index("trend")
    assert found.judged.iloc[0] > 550
    for way in ("rising", "falling"):
        assert found.low[way] * 0.5 <= found.customers[way] <= found.high[way] * 1.3


def test_new_products_by_eye(db):
    """old: since the first day; early: 60 days after it, not known to be new; fresh: first sold in the window."""
    head = "customer_id order_id ordered_at amount sku"
    rows = ["a 1 2025-05-15 10 old", "a 2 2025-07-14 10 early", "a 3 2026-05-01 10 fresh", "a 4 2026-05-09 10 fresh",
            "b 5 2026-06-01 10 old", "c 6 2026-07-05 10 later", "b 7 2026-06-02 -10 fresh2"]  # fmt: skip
    given(db, orders=orders(*rows, head=head))
    con, filters = prepared(db, AS_OF)
    whole = profile.adoption(con, filters).iloc[0]
    assert (whole.customers, whole.adopters, whole.adoption_rate, whole.new_products, whole.unknown_products) == (
        2,
        1,
        0.5,
        1,
        1,
    )
    assert whole.new_revenue == 20
    products = profile.new_products(con, filters).set_index("product")
    assert products.is_known.to_dict() == {"fresh": True, "early": False}, "no look ahead, and a return is no sale"
    assert products.loc["fresh", ["customers", "again", "revenue"]].to_list() == [1, 1, 20]


def test_where_nothing_is_known_to_be_new_there_is_no_rate(db):
    given(db, orders=orders("a 1 2026-06-01 10 x", head="customer_id order_id ordered_at amount sku"))
    whole = profile.adoption(*prepared(db, AS_OF)).iloc[0]
    assert pd.isna(whole.adoption_rate) and whole.unknown_products == 1


def test_breadth_by_eye(db):
    given(db, orders=bought(one=(3, "a"), two=(2, "ab"), three=(1, "abc")))
    found = profile.breadth(*prepared(db, AS_OF)).set_index("kinds")
    assert found.customers.to_dict() == {1: 3, 2: 2, 3: 1}
    assert found.customer_share.sum() == pytest.approx(1) and found.average.iloc[0] == pytest.approx(10 / 6)
    assert found.average_revenue.to_dict() == {1: 10, 2: 20, 3: 30}


def test_spending_by_eye(db):
    """Orders of 10, 10 and 45 (two lines); gaps of 9 and 21 days; a return is no order."""
    given(
        db,
        orders=orders(
            "x 1 2026-06-01 10 -",
            "x 2 2026-06-10 10 -",
            "x 3 2026-07-01 10 -",
            "y 4 2026-06-01 40 -",
            "y 4 2026-06-01 5 -",
            "y 5 2026-06-03 -5 -",
        ),
    )
    found = profile.spending(*prepared(db, "2026-07-31"))
    value = found[found.measure == "order_value"]
    assert value.n.iloc[0] == 4 and value["mean"].iloc[0] == pytest.approx(75 / 4) and value["median"].iloc[0] == 10
    for _, part in found.groupby("measure"):
        assert part["count"].sum() == part.n.iloc[0] and part.share.sum() == pytest.approx(1)
    gaps = found[(found.measure == "gap_days") & (found["count"] > 0)]
    assert gaps[["from", "to", "count"]].to_numpy().tolist() == [[8, 15, 1], [15, 31, 1]]
    each = found[(found.measure == "orders") & (found["count"] > 0)]
    assert each[["from", "count"]].to_numpy().tolist() == [[1, 1], [3, 1]]


def window(lines: pd.DataFrame, as_of, months: int = 12) -> pd.DataFrame:
    end, start, *_ = bounds(as_of, months)
    return lines[(lines.day >= start) & (lines.day < end)]


def test_categories_of_a_real_shop_against_plain_pandas(superstore, real):
    database, _ = superstore
    con, filters = prepared(database)
    csv = pd.read_csv(real("superstore_cn/订单.utf8.csv"))
    csv["day"] = pd.to_datetime(csv["订单日期"])
    mine = window(csv, filters.as_of)
    sold = mine[mine["销售额"] > 0]
    category = "子类别" if profile.goods(con, filters).value.nunique() > 3 else "类别"
    goods = profile.goods(con, filters, limit=99).set_index("value").revenue
    expected = mine.groupby(category)["销售额"].sum()
    assert goods.to_dict() == pytest.approx(expected.to_dict(), abs=0.01)
    held = sold.groupby("客户 ID")[category].agg(set)
    found = profile.affinity(con, filters).set_index(["first", "second"])
    assert set(found.baskets) == {len(held)}
    for a, b in list(permutations(sorted(expected.index), 2))[:60]:
        n, n_a, n_b = (sum(each <= basket for basket in held) for each in ({a, b}, {a}, {b}))
        row = found.loc[a, b]
        if n >= 5:
            assert (row.n, row.n_first, row.n_second) == (n, n_a, n_b)
            assert row.lift == pytest.approx(n * len(held) / (n_a * n_b))
    in_order = sold.groupby(["客户 ID", "订单 ID"])
    per_order = profile.discounts(con, filters, by="").iloc[0]
    assert per_order.orders == len(in_order) and per_order.discounted_orders == (in_order["折扣"].max() > 0).sum()


def test_new_products_and_spending_of_a_real_shop_against_plain_pandas(retail, real):
    database, lines = retail
    con, filters = prepared(database, months=6)
    csv = pd.read_csv(real("online_retail/online_retail.csv.gz"), usecols=["StockCode"], dtype=str)
    lines = lines.assign(sku=csv["StockCode"])
    sold = lines[(lines.amount > 0) & (lines.day <= pd.Timestamp(filters.as_of))]
    first = sold.groupby("sku").day.min()
    start = bounds(filters.as_of, 6)[1]
    new = set(first[first >= start].index)
    mine = window(sold, filters.as_of, 6)
    adopters = mine[mine.sku.isin(new) & mine.customer_id.notna()].customer_id.nunique()
    whole = profile.adoption(con, filters).iloc[0]
    assert (whole.new_products, whole.adopters) == (len(new), adopters)
    orders = orders_of(lines)
    orders = window(orders[orders.customer_id.notna()], filters.as_of, 6)
    assert whole.customers == orders.customer_id.nunique()
    every = (
        window(lines[lines.customer_id.notna()], filters.as_of, 6)
        .groupby(["customer_id", "order_id"])
        .amount.agg(["sum", "max"])
    )
    values = every["sum"][every["max"] > 0] / UNIT
    found = profile.spending(con, filters)
    value = found[found.measure == "order_value"].iloc[0]
    assert (value.n, value["median"]) == (len(values), pytest.approx(values.median()))
    assert value["mean"] == pytest.approx(values.mean()) and value.ninth_decile == pytest.approx(values.quantile(0.9))
    per_head = found[found.measure == "orders"].iloc[0]
    assert per_head["mean"] == pytest.approx(orders.groupby("customer_id").size().mean())
