"""What is in a file stays text: never SQL, never a path, never a way out of the database's own folder."""

import duckdb
import pytest

from crm_analytics import importing, snapshot
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics import customers

NASTY = [
    "'; DROP TABLE orders; --",
    '" or 1=1 --',
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "$$; select 1",
    "{x}",
    "%s",
    "\\",
    "🙂",
    "../../etc/passwd",
    "read_csv('/etc/passwd')",
    "NULL;",
    "ʺ; delete from orders",
    "Robert'); --",
]


def orders(path, ids):
    lines = ["order_id,customer_id,ordered_at,amount"]
    quoted = ['"' + text.replace('"', '""') + '"' for text in ids]
    lines += [f"O{i},{text},2024-03-{1 + i:02},1" for i, text in enumerate(quoted)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_nasty_values_are_stored_and_found_literally(db, tmp_path):
    importing.apply_plan(db, importing.plan_import(db, [orders(tmp_path / "orders.csv", NASTY)]))
    con = db.cursor()
    assert [
        value for (value,) in con.execute("select customer_id from orders order by order_id, source_line").fetchall()
    ] != []
    assert {value for (value,) in con.execute("select customer_id from orders").fetchall()} == set(NASTY)
    filters = snapshot.prepare(con, Filters())
    for text in NASTY:
        assert customers.size(con, filters, search=text) >= 1


def test_nasty_headers_are_never_sql(db, tmp_path):
    path = tmp_path / "customers.csv"
    path.write_text('customer_id,"x""; DROP TABLE orders; --",\'); --\nC1,a,b\n', encoding="utf-8")
    importing.apply_plan(db, importing.plan_import(db, [path]))
    con = db.cursor()
    kept = con.execute("select name, value from customer_attributes order by value").fetchall()
    assert kept == [('x"; DROP TABLE orders; --', "a"), ("'); --", "b")]
    assert con.execute("select count(*) from orders").fetchone() == (0,)


def test_a_filter_with_sql_has_no_effect(db, tmp_path):
    importing.apply_plan(db, importing.plan_import(db, [orders(tmp_path / "orders.csv", ["C1", "C2"])]))
    con = db.cursor()
    for where in ((("region", ("x') or 1=1 --",)),), (('customer_id" or 1=1 --', ("x",)),)):
        try:
            filters = snapshot.prepare(con, Filters(where=where))
            assert customers.size(con, filters) == 0
        except CrmError as refusal:
            assert refusal.code == "E_FILTER_COLUMN"
    with pytest.raises(CrmError):
        customers.listing(con, snapshot.prepare(con, Filters()), order_by="revenue; drop table orders")


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "copy (select 1) to '/tmp/stolen.csv'",
        "attach '/tmp/other.duckdb'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
        "set memory_limit = '100GB'",
    ],
)
def test_the_database_reaches_nothing_outside_its_folder(db, statement):
    with pytest.raises(duckdb.Error):
        db.cursor().execute(statement)


@pytest.mark.parametrize(
    "name", ["x'; drop table orders; --.csv", "中文 名称.csv", "a" * 200 + ".csv", "<b>.csv", "$x$.csv"]
)
def test_odd_file_names_are_only_names(db, tmp_path, name):
    (receipt,) = importing.apply_plan(db, importing.plan_import(db, [orders(tmp_path / name, ["C1"])]))
    assert receipt.file_name == name
    kept = [path.name for path in db.folder("raw").iterdir()]
    assert len(kept) == 1 and len(kept[0]) == 64 and kept[0].isalnum()


def test_long_queries_draw_nothing_on_the_command_line(db):
    assert db.cursor().execute("select current_setting('enable_progress_bar')").fetchone() == (False,)
