"""Two lists of customers without a date, taken for what they carry. Expected values come from the files by plain Python alone."""

from decimal import Decimal

import pytest

from crm_analytics import cli, importing
from crm_analytics.database import checksums, open_database
from tests.importing.exports import everything, rows, take
from tests.rows import kpis, prepared

TELCO = (
    "Telco-Customer-Churn",
    "Telco_customer_churn_demographics",
    "Telco_customer_churn_location",
    "Telco_customer_churn_services",
    "Telco_customer_churn_status",
)


@pytest.fixture(scope="module")
def telco(real, tmp_path_factory):
    """(folder, database, receipts) of the telephone company, the list of ZIP codes left out."""
    folder = real("telco_ibm")
    database = open_database(tmp_path_factory.mktemp("telco") / "crm.duckdb")
    yield folder, database, take(database, [folder / f"{name}.csv" for name in TELCO])
    database.close()


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
