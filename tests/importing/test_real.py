"""Real exports, read with no option at all. Each test computes what it expects from the file itself, by plain Python."""

import csv
import gzip
import io
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal

import pytest

from crm_analytics import cli, importing
from crm_analytics.database import checksums

FOUR = Decimal("0.0001")


def take(db, *paths):
    return importing.apply_plan(db, importing.plan_import(db, list(paths)))


def half_up(text: str) -> Decimal:
    return Decimal(text).quantize(FOUR, ROUND_HALF_UP)


def test_online_retail_loads_whole_and_undoes_whole(db, real):
    path = real("online_retail/online_retail.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    before = checksums(db.cursor())
    (receipt,) = take(db, path)
    assert (receipt.table, receipt.records, receipt.loaded, receipt.quarantined, receipt.skipped) == (
        "orders",
        len(rows),
        len(rows),
        0,
        0,
    )
    assert receipt.without_customer == sum(row[6] == "" for row in rows) == 135_080
    assert receipt.repeated == sum(times - 1 for times in Counter(map(tuple, rows)).values()) == 5_268
    assert (
        receipt.amount_loaded
        == sum((Decimal(row[3]) * Decimal(row[5]) for row in rows), Decimal(0))
        == Decimal("9747747.934")
    )
    con = db.cursor()
    ids = con.execute("select count(distinct customer_id), count(*) filter (where customer_id like '%.%') from orders")
    assert ids.fetchone() == (4_372, 0)
    middle = len(rows) // 2
    assert con.execute(
        "select order_id, sku, customer_id from orders where source_line = $line", {"line": middle + 2}
    ).fetchone() == (rows[middle][0], rows[middle][1], rows[middle][6].removesuffix(".0") or None)
    loaded = checksums(con)
    assert take(db, path)[0].already and checksums(con) == loaded
    importing.undo_import(db, receipt.import_id)
    assert checksums(con) == before


def test_superstore_is_the_same_table_from_gb18030_and_from_utf8(db_factory, real):
    kept = []
    for name in ("superstore_cn/订单.gb18030.csv", "superstore_cn/订单.utf8.csv"):
        database = db_factory()
        (receipt,) = take(database, real(name))
        assert (receipt.table, receipt.loaded, receipt.quarantined) == ("orders", 10_000, 0)
        kept.append(
            database.cursor().execute("select * exclude (import_id) from orders order by source_line").fetchall()
        )
    assert kept[0] == kept[1]
    (receipt,) = take(database, real("superstore_cn/订单.gb18030.csv"))
    assert (receipt.loaded, receipt.duplicates) == (0, 10_000)


def test_superstore_money_is_what_the_file_says(db, real):
    path = real("superstore_cn/订单.utf8.csv")
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    (receipt,) = take(db, path)
    con = db.cursor()
    stored = con.execute(
        "select order_id, customer_id, amount, cost, region, city, kind from orders order by source_line"
    ).fetchall()
    for row, (order_id, customer_id, amount, cost, region, city, _) in zip(rows, stored, strict=True):
        assert (order_id, customer_id, region, city) == (row["订单 ID"], row["客户 ID"], row["地区"], row["城市"])
        assert amount == half_up(row["销售额"]) and amount - cost == half_up(row["利润"])
    exact = [any(Decimal(row[name]) != half_up(row[name]) for name in ("销售额", "利润")) for row in rows]
    assert receipt.rounded == sum(exact)
    assert con.execute("select count(*) from (select distinct customer_id, order_id from lines)").fetchone() == (4_979,)
    assert con.execute("select count(distinct customer_id) from customer_days").fetchone() == (790,)


@pytest.mark.parametrize("name", ["superstore_cn/订单.gb18030.csv", "superstore_cn/退货.gb18030.csv"])
def test_read_is_exact(real, tmp_path, name):
    path = real(name)
    assert cli.main(["read", str(path), "--out", str(tmp_path)]) == 0
    expected = list(csv.reader(io.StringIO(path.read_bytes().decode("gb18030"), newline="")))
    with open(tmp_path / f"{path.stem}.csv", encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == expected


@pytest.mark.parametrize(
    "name, table, records",
    [
        ("olist_subset/olist_order_items_dataset.csv", "order_items", 8_365),
        ("olist_subset/olist_order_reviews_dataset.csv", "surveys", 8_225),
        ("olist_subset/olist_customers_dataset.csv", "customers", 8_135),
        ("superstore_cn/退货.gb18030.csv", "returns", 296),
    ],
)
def test_what_real_files_are_taken_for(db, real, name, table, records):
    (file,) = importing.plan_import(db, [real(name)]).files
    assert (file.refused, file.table, file.records) == (None, table, records)


def test_telco_zip_codes_are_refused_by_name(db, real):
    (file,) = importing.plan_import(db, [real("telco_ibm/Telco_customer_churn_population.csv")]).files
    assert file.refused.code == "E_UNTOLD" and "Telco_customer_churn_population.csv" in str(file.refused)


def test_half_swapped_complaint_dates_are_asked_and_never_read_silently(db, real):
    (file,) = importing.plan_import(db, [real("complaints_comcast/Comcast_telecom_complaints_data.csv")]).files
    assert file.delimiter == "\t" and [question.code for question in file.questions] == ["half_swapped"]


def test_olist_orders_alone_are_not_taken_for_customers(db, real):
    (file,) = importing.plan_import(db, [real("olist_subset/olist_orders_dataset.csv")]).files
    assert (
        file.refused.code == "E_UNKNOWN"
        and file.refused.params["nearest"] == "orders"
        and file.refused.params["lacking"] == "amount"
    )
