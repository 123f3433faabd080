"""The Brazilian shop's eight files, taken for what they carry. Expected values come from the files by plain Python alone."""

import json
from collections import Counter, defaultdict
from decimal import Decimal
from itertools import permutations

import pytest

from crm_analytics import cli
from crm_analytics.database import open_database
from crm_analytics.errors import ImportRefused
from crm_analytics.filters import Filters
from crm_analytics.metrics import data
from tests.importing.exports import everything, rows, take
from tests.rows import kpis

OUT_OF_USE = {"canceled", "unavailable"}


def olist_rows(folder, name):
    return rows(folder / f"olist_{name}_dataset.csv")


@pytest.fixture(scope="module")
def shop(real, tmp_path_factory):
    """(folder, database, receipts) of the eight Brazilian files, imported in one call."""
    folder = real("olist_subset")
    database = open_database(tmp_path_factory.mktemp("olist") / "crm.duckdb")
    yield folder, database, take(database, [folder])
    database.close()


def test_eight_files_at_once_and_what_is_not_needed_stops_nothing(shop):
    _, _, receipts = shop
    taken = {receipt.table: (receipt.records, receipt.loaded) for receipt in receipts if receipt.table}
    assert taken == {
        "customers": (8_135, 8_135),
        "order_items": (8_365, 8_365),
        "surveys": (8_225, 8_225),
        "orders": (8_135, 8_135),
        "products": (5_460, 5_460),
    }
    assert {receipt.file_name: receipt.not_needed.code for receipt in receipts if receipt.not_needed} == {
        "olist_order_payments_dataset.csv": "E_NOT_NEEDED_PAYMENTS",
        "olist_sellers_dataset.csv": "E_NOT_NEEDED_SELLERS",
        "product_category_name_translation.csv": "E_NOT_NEEDED_TRANSLATIONS",
    }
    for receipt in receipts:
        assert receipt.records == receipt.loaded + receipt.duplicates + receipt.quarantined + receipt.skipped


def test_orders_without_items_and_cancelled_ones_are_counted(shop):
    folder, database, receipts = shop
    priced = {row["order_id"] for row in olist_rows(folder, "order_items")}
    orders = olist_rows(folder, "orders")
    unpriced = sum(row["order_id"] not in priced for row in orders)
    void = sum(row["order_status"] in OUT_OF_USE for row in orders)
    (receipt,) = [each for each in receipts if each.table == "orders"]
    assert (receipt.without_amount, receipt.not_counted) == (unpriced, void) == (775, 1_234)


def test_revenue_by_person_is_the_price_of_the_orders_that_count(shop):
    folder, database, _ = shop
    person = {row["customer_id"]: row["customer_unique_id"] for row in olist_rows(folder, "customers")}
    buyer = {
        row["order_id"]: person[row["customer_id"]]
        for row in olist_rows(folder, "orders")
        if row["order_status"] not in OUT_OF_USE
    }
    spent, ordered = defaultdict(Decimal), defaultdict(set)
    for row in olist_rows(folder, "order_items"):
        if row["order_id"] in buyer:
            spent[buyer[row["order_id"]]] += Decimal(row["price"])
            ordered[buyer[row["order_id"]]].add(row["order_id"])
    con = database.cursor()
    assert dict(con.execute("select customer_id, sum(amount) from lines group by 1").fetchall()) == dict(spent)
    assert dict(con.execute("select customer_id, count(distinct order_id) from lines group by 1").fetchall()) == {
        each: len(orders) for each, orders in ordered.items()
    }
    items = con.execute("select sum(amount), sum(freight) from order_items").fetchone()
    assert items == (Decimal("1093264.35"), Decimal("1265552.74") - Decimal("1093264.35"))
    assert con.execute("select count(distinct customer_id) from customer_profile").fetchone() == (8_016,)
    assert len(set(person.values())) == 8_016


def test_the_headline_numbers_count_persons(shop):
    folder, database, _ = shop
    person = {row["customer_id"]: row["customer_unique_id"] for row in olist_rows(folder, "customers")}
    priced = {row["order_id"] for row in olist_rows(folder, "order_items")}
    bought = {
        person[row["customer_id"]]
        for row in olist_rows(folder, "orders")
        if row["order_id"] in priced
        and row["order_status"] not in OUT_OF_USE
        and "2017-09-04" <= row["order_purchase_timestamp"] < "2018-09-04"
    }
    assert kpis(database, "2018-09-03").value["customers"] == len(bought)


def test_reviews_arrive_whole(shop):
    folder, database, _ = shop
    expected = olist_rows(folder, "order_reviews")
    stored = database.cursor().execute(
        "select response_id, order_id, score, text, strftime(answered_at, '%Y-%m-%d %H:%M:%S') from surveys order by source_line"
    )
    written = [
        (
            row["review_id"],
            row["order_id"],
            Decimal(row["review_score"]),
            row["review_comment_message"].strip(" ") or None,
            row["review_answer_timestamp"],
        )
        for row in expected
    ]
    assert stored.fetchall() == written
    assert Counter(int(row["review_score"]) for row in expected) == {5: 3354, 4: 1184, 3: 667, 2: 382, 1: 2638}
    assert sum("\n" in (text or "") for *_, text, _ in written) > 100
    person = {row["customer_id"]: row["customer_unique_id"] for row in olist_rows(folder, "customers")}
    buyer = {row["order_id"]: person[row["customer_id"]] for row in olist_rows(folder, "orders")}
    answered = Counter((buyer[row["order_id"]], Decimal(row["review_score"])) for row in expected)
    con = database.cursor()
    assert Counter(con.execute("select customer_id, score from answers").fetchall()) == answered


def test_categories_come_from_the_products(shop):
    folder, database, _ = shop
    category = {row["product_id"]: row["product_category_name"] or None for row in olist_rows(folder, "products")}
    counted = {row["order_id"] for row in olist_rows(folder, "orders") if row["order_status"] not in OUT_OF_USE}
    sold = defaultdict(Decimal)
    for row in olist_rows(folder, "order_items"):
        if row["order_id"] in counted:
            sold[category[row["product_id"]]] += Decimal(row["price"])
    assert dict(database.cursor().execute("select category, sum(amount) from lines group by 1").fetchall()) == dict(
        sold
    )


def test_one_file_after_the_other_in_any_order_ends_the_same(shop, db_factory):
    folder, database, _ = shop
    names = ["orders", "order_items", "customers", "order_reviews", "products"]
    for order in list(permutations(names))[::31]:
        alone = db_factory()
        for name in order:
            take(alone, [folder / f"olist_{name}_dataset.csv"], table="orders" if name == "orders" else None)
        assert everything(alone) == everything(database), order


def test_a_file_that_is_not_needed_is_refused_where_it_comes_alone(real, db):
    paths = [real("olist_subset/olist_sellers_dataset.csv"), real("olist_subset/olist_order_payments_dataset.csv")]
    for some in (paths[:1], paths):
        with pytest.raises(ImportRefused, match="olist_sellers_dataset.csv is not needed"):
            take(db, some)
    assert db.cursor().execute("select count(*) from imports").fetchone() == (0,)


def test_the_command_line_says_what_it_took_and_what_it_left(real, tmp_path, capsys):
    folder, arguments = real("olist_subset"), ["--db", str(tmp_path / "crm.duckdb"), "--format", "json"]
    assert cli.main(["import", str(folder), "--dry-run", *arguments]) == 0
    planned = json.loads(capsys.readouterr().out)
    assert cli.main(["import", str(folder), *arguments]) == 0
    done = json.loads(capsys.readouterr().out)
    open_database(tmp_path / "crm.duckdb").close()
    for entries in (planned, done):
        left = {entry["not_needed"]: entry["why"] for entry in entries if entry["not_needed"]}
        assert set(left) == {"payments", "sellers", "translations"}
        assert all("not needed" in why and ".csv" in why for why in left.values())
        (orders,) = [entry for entry in entries if entry["table"] == "orders"]
        assert (orders["without_amount"], orders["not_counted"]) == (775, 1_234)
        assert any("complaints export" in sentence for sentence in orders["cannot_answer"])


def test_what_is_wrong_with_the_data_is_found(shop):
    folder, database, _ = shop
    orders, people = olist_rows(folder, "orders"), olist_rows(folder, "customers")
    priced = {row["order_id"] for row in olist_rows(folder, "order_items")}
    several = Counter(row["customer_unique_id"] for row in people)
    found = data.quality(database.cursor(), Filters()).set_index("finding").rows
    assert found.to_dict() == {
        "orders_without_amount": sum(row["order_id"] not in priced for row in orders),
        "excluded_status": sum(row["order_status"] in OUT_OF_USE for row in orders),
        "persons_with_several_numbers": sum(times > 1 for times in several.values()),
    }
