"""Groups found by machine, on generated companies of our own: planted groups, no groups, too few, and what a typed k is worth."""

from datetime import date, timedelta

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from crm_analytics.database import open_database
from crm_analytics.errors import CrmError
from crm_analytics.metrics import segments
from tests.rows import given, prepared

AS_OF = date(2026, 6, 30)
REGIONS = ("north", "south")


def company(days, orders, revenue) -> str:
    """Orders of customers who last ordered so many days ago, so often, and brought so much, the first ones in the north."""
    lines = ["customer_id order_id ordered_at amount region"]
    for number, (last, n, total) in enumerate(zip(days, orders, revenue)):
        for back in range(n):
            day = max(AS_OF - timedelta(days=int(last + 3 * back)), AS_OF - timedelta(days=360))
            region = REGIONS[number * 2 // len(days)]
            lines.append(f"c{number:04d} {number}-{back} {day} {total / n:.4f} {region}")
    return "\n".join(lines)


def opened(folder, orders: str):
    database = open_database(folder / "crm.duckdb")
    given(database, orders=orders)
    return database


def planted(seed: int, n: int = 400):
    """Three kinds of customers: (orders of the company, kind of each)."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    days = np.clip(np.rint(np.exp(rng.normal(np.log([220, 60, 8])[kind], 0.3))), 0, 330)
    orders = 1 + rng.poisson(np.array([0.3, 5, 18])[kind])
    revenue = orders * np.exp(rng.normal(np.log([30, 60, 200])[kind], 0.3))
    return company(days, orders, revenue), kind


def without_groups(seed: int, n: int = 400) -> str:
    """A company as they are: gamma-Poisson orders, exponential gaps, log-normal amounts; no two kinds of customers."""
    rng = np.random.default_rng(seed)
    orders = rng.poisson(rng.gamma(1.2, 3, n))
    orders = orders[orders > 0]
    days = np.minimum(np.rint(rng.exponential(365 / (orders + 1))), 355)
    return company(days, orders, orders * np.exp(rng.normal(np.log(60), 0.7, len(orders))))


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """A company with three planted groups, and the kind of each customer."""
    orders, kind = planted(1)
    database = opened(tmp_path_factory.mktemp("three"), orders)
    yield database, kind
    database.close()


@pytest.fixture(scope="module")
def none(tmp_path_factory):
    """A company without groups."""
    database = opened(tmp_path_factory.mktemp("none"), without_groups(1))
    yield database
    database.close()


def grouped(database, **choice):
    return segments.clusters(*prepared(database, AS_OF, **choice)).set_index("customer_id").sort_index()


def test_three_planted_groups_are_found_and_named_by_what_they_are_like(three):
    database, kind = three
    found = grouped(database)
    assert len(found) == 400 and set(found.k) == {3} and found.is_clear.all() and found.note.isna().all()
    assert adjusted_rand_score(kind, found.cluster.astype(int)) >= 0.9
    assert found.groupby("cluster").cluster_name.first().tolist() == ["high_high_high", "high_mid_mid", "low_low_low"]
    assert (found.stability > 0.95).all() and (found.silhouette > 0.5).all()


def test_another_company_with_three_groups(tmp_path):
    orders, kind = planted(2, 200)
    found = grouped(opened(tmp_path, orders))
    assert set(found.k) == {3} and adjusted_rand_score(kind, found.cluster.astype(int)) >= 0.8


def test_a_company_without_groups_has_none(none):
    found = grouped(none)
    assert found.cluster.isna().all() and set(found.note) == {"no_clear_groups"} and set(found.k) == {1}
    choice = segments.cluster_choice(*prepared(none, AS_OF))
    assert not choice.is_clear.any() and not choice.is_chosen.any() and choice.is_finest.sum() == 1
    assert segments.cluster_profile(*prepared(none, AS_OF)).empty


@pytest.mark.parametrize("n", [100, 700])
def test_other_companies_without_groups(tmp_path, n):
    assert grouped(opened(tmp_path, without_groups(n, n))).cluster.isna().all()


def test_a_typed_number_divides_anyway_and_says_what_it_is_worth(none):
    con, filters = prepared(none, AS_OF)
    found = segments.clusters(con, filters, k=4)
    assert set(found.cluster) == {1, 2, 3, 4} and not found.is_clear.any() and found.note.isna().all()
    profile = segments.cluster_profile(con, filters, k=4)
    labels = profile.cluster_name + profile.told_by.fillna("")
    assert profile.cluster_name[profile.told_by.isna()].is_unique, "parts of one name are told apart"
    assert len(labels) == 4 and (profile.median_revenue.iloc[0] > profile.median_revenue.iloc[-1])


def test_the_profile_is_that_of_the_members(three):
    database, _ = three
    con, filters = prepared(database, AS_OF)
    members, profile = segments.clusters(con, filters), segments.cluster_profile(con, filters)
    by = members.groupby("cluster")
    assert profile.customers.tolist() == by.size().tolist()
    for column, name in (("days_since_last_order",) * 2, ("order_count",) * 2, ("revenue", "median_revenue")):
        assert profile[name].tolist() == pytest.approx(by[column].median().tolist())
    assert profile.revenue.tolist() == pytest.approx(by.revenue.sum().tolist())
    assert profile.customer_share.sum() == pytest.approx(1) and profile.revenue_share.sum() == pytest.approx(1)
    assert profile.average_order_value.tolist() == pytest.approx((by.revenue.sum() / by.order_count.sum()).tolist())
    for z in ("days_z", "orders_z", "revenue_z"):
        assert abs((profile[z] * profile.customers).sum() / profile.customers.sum()) < 0.05


def test_the_order_of_the_rows_does_not_matter(three, tmp_path):
    database, _ = three
    head, *lines = planted(1)[0].splitlines()
    np.random.default_rng(7).shuffle(lines)
    again = grouped(opened(tmp_path, "\n".join([head, *lines])))
    first = grouped(database)
    assert (first.cluster == again.cluster).all() and first.stability.iloc[0] == again.stability.iloc[0]


def test_groups_are_the_companys_whomever_the_filters_choose(three):
    database, _ = three
    whole, north = grouped(database), grouped(database, where=(("region", ("north",)),))
    assert 0 < len(north) < len(whole)
    assert (north.cluster == whole.cluster[north.index]).all() and set(north.k) == {3}
    con, filters = prepared(database, AS_OF, where=(("region", ("nowhere",)),))
    profile = segments.cluster_profile(con, filters)
    assert profile.customers.tolist() == [0, 0, 0] and profile.revenue_share.isna().all()


def test_one_group_and_pages_of_it(three):
    database, _ = three
    con, filters = prepared(database, AS_OF)
    best = segments.clusters(con, filters, cluster=1)
    assert set(best.cluster) == {1} and best.revenue.is_monotonic_decreasing
    pages = [
        segments.clusters(con, filters, cluster=1, limit=20, offset=start).customer_id.tolist() for start in (0, 20)
    ]
    assert pages[0] + pages[1] == best.customer_id.tolist()[:40]


def test_who_returned_all_is_in_no_group_and_said_so(tmp_path):
    orders = planted(1, 120)[0] + "\nback b1 2026-05-01 50 north\nback b1R 2026-05-09 -50 north"
    database = opened(tmp_path, orders)
    found = grouped(database)
    assert found.note["back"] == "no_revenue" and found.cluster.isna().sum() == 1
    profile = segments.cluster_profile(*prepared(database, AS_OF))
    assert profile.customers.sum() == len(found) and profile.customers[profile.cluster.isna()].tolist() == [1]


def test_few_customers_are_refused_in_a_sentence(tmp_path):
    database = opened(tmp_path, company([10] * 49, range(1, 50), range(10, 500, 10)))
    with pytest.raises(CrmError, match="49 active customers; at least 50"):
        segments.clusters(*prepared(database, AS_OF))


def test_customers_who_are_all_alike_are_nothing_to_group(tmp_path):
    same = "\n".join(f"c{n} {n} 2026-06-01 10 north" for n in range(60))
    database = opened(tmp_path, "customer_id order_id ordered_at amount region\n" + same)
    with pytest.raises(CrmError, match="All 60 active customers buy alike"):
        grouped(database)


def test_what_is_the_same_for_all_parts_nobody(tmp_path):
    """One order each on one day, for ten or for a thousand: two groups, by their revenue alone."""
    rows = "\n".join(f"c{n} {n} 2026-06-01 {1000 if n % 3 == 0 else 10} north" for n in range(90))
    found = grouped(opened(tmp_path, "customer_id order_id ordered_at amount region\n" + rows))
    assert set(found.k) == {2} and found.revenue.groupby(found.cluster).agg(["min", "max"]).values.tolist() == [
        [1000, 1000],
        [10, 10],
    ]


def test_whole_orders_are_no_gaps(tmp_path):
    """One order, two, three, ever fewer customers, at one price: steps of one staircase, no groups."""
    rng = np.random.default_rng(5)
    orders = rng.geometric(0.5, 300)
    database = opened(tmp_path, company(rng.integers(0, 300, 300), orders, 10 * orders))
    assert grouped(database).cluster.isna().all()


@pytest.mark.parametrize("k", [1, 9, -2])
def test_a_number_of_groups_that_cannot_be_meant_is_refused(none, k):
    with pytest.raises(CrmError) as refusal:
        segments.cluster_profile(*prepared(none, AS_OF), k=k)
    assert refusal.value.code == "E_CLUSTERS_K"


def test_an_earlier_day_knows_nothing_of_later_orders(three):
    database, _ = three
    con, filters = prepared(database, AS_OF - timedelta(days=30))
    found = segments.clusters(con, filters, k=2)
    assert found.days_since_last_order.min() >= 0
    sums = con.execute("select sum(amount) from lines where day <= $day and day >= $start",
                       {"day": filters.as_of, "start": filters.start}).fetchone()  # fmt: skip
    assert found.revenue.sum() == pytest.approx(float(sums[0])) and len(found) <= 400


def test_a_real_shop_is_one_cloud(retail):
    """Online Retail shades from one-time buyers to wholesalers; its halves are stable and have more between them than within."""
    con, filters = prepared(retail[0])
    choice = segments.cluster_choice(con, filters).set_index("k")
    assert not choice.is_clear.any()
    assert choice.stability[2] > 0.9 and choice.valley[2] > 1
    found = segments.clusters(con, filters, k=4)
    active = con.execute("select count(*) from snapshot where is_active").fetchone()[0]
    assert found.cluster.notna().sum() == active and (found.note == "no_revenue").sum() == len(found) - active
