"""Whole exports of real companies, taken for what they carry. Expected values come from the files by plain Python alone."""

import csv
import json
from collections import Counter, defaultdict
from decimal import Decimal
from itertools import permutations

import pytest

from crm_analytics import cli, importing
from crm_analytics.database import checksums, open_database
from crm_analytics.errors import ImportRefused
from crm_analytics.importing import Options
from tests.rows import kpis, prepared

OUT_OF_USE = {"canceled", "unavailable"}
TELCO = ("Telco-Customer-Churn", "Telco_customer_churn_demographics", "Telco_customer_churn_location",
         "Telco_customer_churn_services", "Telco_customer_churn_status")  # fmt: skip


def rows(path, delimiter=","):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def olist_rows(folder, name):
    return rows(folder / f"olist_{name}_dataset.csv")


def take(db, paths, **options):
    return importing.apply_plan(db, importing.plan_import(db, list(paths), Options(**options)))


def everything(db):
    """What the accepted and derived tables hold, whichever import brought it."""
    con = db.cursor()
    shared = {"import_id", "source_line"}
    held = {}
    for (name,) in con.execute(
        "select table_name from duckdb_tables() where database_name = current_database() and not temporary "
        "and table_name not in ('meta', 'imports', 'skipped', 'quarantine')"
    ).fetchall():
        columns = [
            c for (c,) in con.execute(f"select column_name from (describe {name})").fetchall() if c not in shared
        ]
        listed = ", ".join(f'"{column}"' for column in columns)
        held[name] = con.execute(f"select count(*), coalesce(sum(hash({listed})), 0) from {name}").fetchone()
    return held


@pytest.fixture(scope="module")
def shop(real, tmp_path_factory):
    """(folder, database, receipts) of the eight Brazilian files, imported in one call."""
    folder = real("olist_subset")
    database = open_database(tmp_path_factory.mktemp("olist") / "crm.duckdb")
    yield folder, database, take(database, [folder])
    database.close()


@pytest.fixture(scope="module")
def telco(real, tmp_path_factory):
    """(folder, database, receipts) of the telephone company, the list of ZIP codes left out."""
    folder = real("telco_ibm")
    database = open_database(tmp_path_factory.mktemp("telco") / "crm.duckdb")
    yield folder, database, take(database, [folder / f"{name}.csv" for name in TELCO])
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


def test_one_file_feeds_customers_answers_and_reasons(telco):
    folder, database, receipts = telco
    written = {row["Customer ID"]: row for row in rows(folder / "Telco_customer_churn_status.csv")}
    parts = {receipt.table: receipt for receipt in receipts if receipt.file_name == "Telco_customer_churn_status.csv"}
    left = {each: row for each, row in written.items() if row["Churn Category"] or row["Churn Reason"]}
    assert set(parts) == {"customers", "surveys", "churn_reasons"}
    assert (
        (parts["churn_reasons"].loaded, parts["churn_reasons"].skipped)
        == (len(left), 7_043 - len(left))
        == (1_869, 5_174)
    )
    con = database.cursor()
    assert con.execute("select customer_id, score, answered_at from surveys order by source_line").fetchall() == [
        (each, Decimal(row["Satisfaction Score"]), None) for each, row in written.items()
    ]
    assert con.execute('select customer_id, "class", "text" from churn_reasons order by source_line').fetchall() == [
        (each, row["Churn Category"], row["Churn Reason"]) for each, row in left.items()
    ]
    assert con.execute(
        "select count(*), min(reason), min(source_line) from skipped where import_id = $id",
        {"id": parts["churn_reasons"].import_id},
    ).fetchone() == (5_174, "says_nothing", 2)


def test_every_other_column_is_kept_by_name_and_none_twice(telco):
    folder, database, _ = telco
    con = database.cursor()
    expected = {}
    ours = {"customerID", "Customer ID", "gender", "Gender", "Country", "State", "City", "Satisfaction Score",
            "Churn Category", "Churn Reason"}  # fmt: skip
    for name in TELCO:
        for row in rows(folder / f"{name}.csv"):
            number = row.get("Customer ID") or row["customerID"]
            expected |= {
                (number, header): value.strip() for header, value in row.items() if header not in ours and value.strip()
            }
    kept = con.execute("select customer_id, name, value from attributes").fetchall()
    assert {(number, name): value for number, name, value in kept} == expected
    assert len(kept) == len(expected) and ("0002-ORFBO", "Customer Status") in expected
    repeated = "select count(*) from (select customer_id, name, value from customer_attributes group by all having count(*) > 1)"
    assert con.execute(repeated).fetchone() == (0,)
    assert con.execute("select count(*), count(status) from customer_profile").fetchone() == (7_043, 0)


def test_customers_without_orders_can_be_chosen_by_what_is_kept(telco):
    folder, database, _ = telco
    yearly = {
        row["Customer ID"]
        for row in rows(folder / "Telco_customer_churn_services.csv")
        if row["Contract"] == "One Year"
    }
    con, _ = prepared(database, where=(("Contract", ("One Year",)),))
    assert {each for (each,) in con.execute("select customer_id from chosen").fetchall()} == yearly
    assert kpis(database).note["satisfaction"] == "answers_undated"


def test_what_the_telephone_company_cannot_answer_is_said(real, db):
    plan = importing.plan_import(db, [real("telco_ibm") / f"{name}.csv" for name in TELCO])
    gaps = {gap.code: gap.params for gap in importing.outlook.gaps(plan)}
    assert set(gaps) == {
        "one_row_per_customer",
        "no_orders",
        "totals_are_no_orders",
        "undated_answers",
        "no_complaints",
    }
    assert "TotalCharges" in gaps["totals_are_no_orders"]["columns"]
    assert importing.outlook.brings(plan) == ["customers", "surveys", "churn_reasons"]


def test_telco_with_its_zip_codes_changes_nothing(real, tmp_path, capsys):
    path = tmp_path / "crm.duckdb"
    assert cli.main(["import", str(real("telco_ibm")), "--db", str(path)]) == 2
    assert "Telco_customer_churn_population.csv" in capsys.readouterr().err
    database = open_database(path)
    assert database.cursor().execute("select count(*) from imports").fetchone() == (0,)
    database.close()


def test_undo_of_every_part_leaves_nothing_and_again_is_no_change(real, db_factory):
    db, paths = db_factory(), [real("telco_ibm") / f"{name}.csv" for name in TELCO]
    before = checksums(db.cursor())
    receipts = take(db, paths)
    loaded = checksums(db.cursor())
    assert all(receipt.already for receipt in take(db, paths)) and checksums(db.cursor()) == loaded
    status = [receipt for receipt in receipts if receipt.file_name == "Telco_customer_churn_status.csv"]
    assert importing.mates(db.cursor(), status[0].import_id) == [(each.import_id, each.table) for each in status[1:]]
    for receipt in receipts:
        importing.undo_import(db, receipt.import_id)
    assert checksums(db.cursor()) == before


@pytest.mark.parametrize("undone", range(5))
def test_undo_of_one_file_leaves_what_the_others_say(real, db_factory, undone):
    paths = [real("telco_ibm") / f"{name}.csv" for name in TELCO]
    all_five, four = db_factory(), db_factory()
    for receipt in take(all_five, paths):
        if receipt.file_name == paths[undone].name:
            importing.undo_import(all_five, receipt.import_id)
    take(four, [path for path in paths if path != paths[undone]])
    assert everything(all_five) == everything(four)


def test_customer_personality_is_a_list_of_customers(real, db):
    path = real("customer_personality/marketing_campaign.csv")
    plan = importing.plan_import(db, [path])
    gaps = {gap.code: gap.params for gap in importing.outlook.gaps(plan)}
    assert gaps["totals_are_no_orders"]["columns"].startswith("Recency, MntWines") and "no_orders" in gaps
    (receipt,) = importing.apply_plan(db, plan)
    written = rows(path, ";")
    con = db.cursor()
    assert (receipt.loaded, receipt.kept_columns) == (len(written), 26) == (2_240, 26)
    assert con.execute(
        "select customer_id, cast(signup_date as varchar), income_band from customers order by source_line"
    ).fetchall() == [(row["ID"], row["Dt_Customer"], row["Income"] or None) for row in written]
    kept = con.execute(
        "select customer_id, name, value from attributes where name in ('Year_Birth', 'Education', 'MntWines')"
    )
    assert set(kept.fetchall()) == {
        (row["ID"], name, row[name]) for row in written for name in ("Year_Birth", "Education", "MntWines")
    }
