"""T42, T47 and T48 of docs/trust.md: the next export of a source is read as the last one was, and what has changed is said."""

import io

import openpyxl
import pytest

from crm_analytics import cli, importing
from crm_analytics.errors import ImportRefused, QuestionOpen
from crm_analytics.importing import Options

HEADER = "Beleg,Kunde,Tag,Summe,Ort\n"  # no header of it is known to the product but one
FIELDS = {"order_id": "Beleg", "customer_id": "Kunde", "ordered_at": "Tag", "amount": "Summe"}
MARCH = HEADER + "B1,K1,03/04/2024,5.00,Bath\nB2,K2,05/06/2024,7.50,Cork\n"
APRIL = HEADER + "B3,K1,04/05/2024,2.00,Bath\nB4,K3,06/07/2024,1.25,Ulm\n"
KNOWN = "order_id,customer_id,ordered_at,amount,region\n"


def workbook(rows) -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(content)
    return content.getvalue()


def said(plan):
    return [caution.code for caution in plan.warnings]


def asked(plan):
    return [(question.code, question.column, question.params.get("field")) for question in plan.questions]


def first(uploads, text=MARCH, **options):
    return uploads.take(text, name="march.csv", **{"table": "orders", "mapping": FIELDS, "date_order": "dmy"} | options)


def days(uploads):
    return [str(day) for (day,) in uploads.rows("select cast(ordered_at as date) from orders order by order_id")]


def test_t42_the_next_export_needs_no_click(tmp_path, capsys):
    for name, text in (("march.csv", MARCH), ("april.csv", APRIL)):
        (tmp_path / name).write_text(text)
    base = ["import", str(tmp_path / "march.csv"), "--db", str(tmp_path / "crm.duckdb")]
    flags = ["--as", "orders", *(part for name, header in FIELDS.items() for part in ("--map", f"{name}={header}"))]
    assert cli.main(base) == 2 and cli.main([*base, *flags]) == 2
    assert "--date-order" in capsys.readouterr().err
    assert cli.main([*base, *flags, "--date-order", "dmy"]) == 0
    following = ["import", str(tmp_path / "april.csv"), "--db", str(tmp_path / "crm.duckdb")]
    assert cli.main([*following, "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "as march.csv was read (import 1, " in told and "Read as in import 1 (march.csv, " in told
    assert cli.main(following) == 0
    database = importing.history(cli.open_database(tmp_path / "crm.duckdb").cursor())
    assert database["loaded"].tolist() == [2, 2]


def test_t42_answers_about_dates_hold_for_the_next_export(uploads):
    first(uploads)
    plan = uploads.plan(APRIL, name="april.csv")
    assert plan.is_ready and said(plan) == ["read_as_before"]
    assert (plan.profile.import_id, plan.profile.file_name) == (1, "march.csv")
    uploads.take(APRIL, name="april.csv")
    assert days(uploads) == ["2024-04-03", "2024-06-05", "2024-05-04", "2024-07-06"]


def test_t42_a_day_13_where_the_answer_put_the_month_stops_the_import(uploads):
    first(uploads)
    rows = "".join(f"B{n},K1,04/{n}/2024,1.00,Bath\n" for n in range(13, 28))
    with pytest.raises((ImportRefused, QuestionOpen)):
        uploads.take(HEADER + rows, name="april.csv")
    assert uploads.rows("select count(*) from orders") == [(2,)]


def test_t42_dates_of_which_the_rows_told_the_order_tell_it_for_rows_that_do_not(uploads):
    uploads.take(KNOWN + "O1,C1,03/04/2024,5,Bath\nO2,C1,25/04/2024,5,Bath\n", name="march.csv")
    plan = uploads.plan(KNOWN + "O3,C1,05/06/2024,5,Bath\n", name="april.csv")
    assert plan.is_ready and said(plan) == ["dates_as_before"]
    uploads.take(KNOWN + "O3,C1,05/06/2024,5,Bath\n", name="april.csv")
    assert days(uploads) == ["2024-04-03", "2024-04-25", "2024-06-05"]


def test_t42_dates_whose_rows_tell_another_order_are_read_as_they_say(uploads):
    uploads.take(KNOWN + "O1,C1,03/04/2024,5,Bath\nO2,C1,25/04/2024,5,Bath\n", name="march.csv")
    uploads.take(KNOWN + "O3,C1,06/25/2024,5,Bath\n", name="april.csv")
    assert days(uploads)[-1] == "2024-06-25"


def test_t42_undoing_an_import_forgets_how_it_was_read(uploads):
    first(uploads, date_order="mdy")
    importing.undo_import(uploads.db, 1)
    plan = uploads.plan(APRIL, name="april.csv")
    assert plan.profile is None and plan.refused.code == "E_UNKNOWN"
    first(uploads, date_order="dmy")
    uploads.take(APRIL, name="april.csv")
    assert days(uploads) == ["2024-04-03", "2024-06-05", "2024-05-04", "2024-07-06"]


def test_t42_the_latest_standing_import_tells(uploads):
    first(uploads)
    uploads.take(APRIL, name="april.csv", date_order="mdy", anew=True, table="orders", mapping=FIELDS)
    may = HEADER + "B5,K1,01/02/2024,2.00,Bath\n"
    assert uploads.plan(may, name="may.csv").profile.import_id == 2
    importing.undo_import(uploads.db, 2)
    assert uploads.plan(may, name="may.csv").profile.import_id == 1
    uploads.take(may, name="may.csv")
    assert days(uploads)[-1] == "2024-02-01"


def test_t42_what_a_person_says_now_overrules_what_was_said(uploads):
    first(uploads)
    uploads.take(APRIL, name="april.csv", date_order="mdy")
    assert days(uploads)[2:] == ["2024-04-05", "2024-06-07"]


def test_t42_anew_asks_again(uploads):
    first(uploads)
    plan = uploads.plan(APRIL, name="april.csv", anew=True)
    assert plan.profile is None and plan.refused.code == "E_UNKNOWN"


def test_t42_a_delimiter_and_an_encoding_once_named_are_used_again(uploads):
    text = "order_id@customer_id@ordered_at@amount@product\nO1@C1@2024-03-01@5@{}\nO2@C1@2024-03-02@6@{}\n"
    with pytest.raises(ImportRefused):
        uploads.take(text.format("é", "ü"), encoding="cp1252")
    uploads.take(text.format("é", "ü"), encoding="cp1252", delimiter="@", name="march.csv")
    again = text.replace("O", "P").format("Käse", "Brûlée")
    path = uploads.file(again, "april.csv", "cp1252")
    before = len(list(uploads.db.folder("staging").iterdir()))
    importing.apply_plan(uploads.db, importing.plan_import(uploads.db, [path]))
    assert uploads.rows("select product from orders where order_id like 'P%' order by 1") == [("Brûlée",), ("Käse",)]
    assert len(list(uploads.db.folder("staging").iterdir())) == before
    assert uploads.plan("a,b\n1,2\n", name="other.csv").profile is None


def test_t42_short_rows_that_were_padded_are_padded_again(uploads):
    text = KNOWN + "O{0}1,C1,2024-03-01,5\nO{0}2,C1,2024-03-02,6,Bath\n"
    assert uploads.take(text.format("A"), name="march.csv", short_rows="pad").loaded == 2
    assert uploads.take(text.format("B"), name="april.csv").loaded == 2
    assert uploads.take(text.format("C"), name="may.csv", anew=True).quarantined == 1


def test_t42_an_encoding_once_named_does_not_overrule_proven_utf8(uploads):
    text = KNOWN + "O{},C1,2024-03-01,5,台北\n"
    uploads.file(text.format(1).encode("gb18030"), "march.csv")
    uploads.take(text.format(1).encode("gb18030"), name="march.csv")
    path = uploads.file(text.format(2).encode("big5"), "april.csv")
    importing.apply_plan(uploads.db, importing.plan_import(uploads.db, [path], Options(encoding="big5")))
    uploads.take((text.format(3) + "台北車站、高雄港、臺南" * 60 + "\n").encode(), name="may.csv")
    assert [region for (region,) in uploads.rows("select region from orders order by order_id")] == ["台北"] * 3


def test_t42_two_sources_keep_their_own_ways(uploads):
    first(uploads)
    other = "Nr,Wer,Wann,Wert\n"
    names = {"order_id": "Nr", "customer_id": "Wer", "ordered_at": "Wann", "amount": "Wert"}
    uploads.take(other + "N1,K9,03/04/2024,1\n", name="b.csv", table="orders", mapping=names, date_order="mdy")
    uploads.take(APRIL, name="april.csv")
    uploads.take(other + "N2,K9,04/05/2024,1\n", name="c.csv")
    kept = uploads.rows("select order_id, cast(ordered_at as date)::varchar from orders where order_id in ('B3', 'N2')")
    assert sorted(kept) == [("B3", "2024-05-04"), ("N2", "2024-04-05")]


def test_t42_a_workbook_is_a_source_of_its_own(uploads):
    first(uploads)
    rows = [["Beleg", "Kunde", "Tag", "Summe", "Ort"], ["X1", "K1", "03/04/2024", "5", "Bath"]]
    assert uploads.plan(workbook(rows), name="march.xlsx").refused.code == "E_UNKNOWN"
    uploads.take(workbook(rows), name="march.xlsx", table="orders", mapping=FIELDS, date_order="mdy")
    rows[1] = ["X2", "K1", "04/05/2024", "5", "Bath"]
    assert uploads.take(workbook(rows), name="april.xlsx").loaded == 1
    assert uploads.plan(APRIL, name="april.csv").profile.import_id == 1
    assert days(uploads)[2:] == ["2024-03-04", "2024-04-05"]


def test_t42_a_file_that_feeds_several_tables_feeds_them_again(uploads):
    text = "Customer ID,Gender,Satisfaction Score,Churn Category,Churn Reason\n"
    rows = "C{}1,Male,3,Competitor,Better offer\nC{}2,Female,5,,\n"
    paths = [uploads.file(text + rows.format(n, n), f"telco{n}.csv") for n in (1, 2)]
    for path in paths:
        importing.apply_plan(uploads.db, importing.plan_import(uploads.db, [path]))
    tables = uploads.rows("select import_id, table_name, loaded from imports order by 1")
    assert tables == [
        (first + 3 * n, table, count)
        for n in (0, 1)
        for first, table, count in ((1, "customers", 2), (2, "surveys", 2), (3, "churn_reasons", 1))
    ]
    importing.undo_import(uploads.db, 4)
    plan = importing.plan_import(uploads.db, [uploads.file(text + rows.format(3, 3), "telco3.csv")])
    assert [file.table for file in plan.files] == ["customers", "surveys", "churn_reasons"]


def test_t47_headers_in_another_order_are_the_same_source(uploads):
    first(uploads)
    turned = "Ort,Summe,Tag,Kunde,Beleg\nUlm,2.00,04/05/2024,K7,B9\n"
    plan = uploads.plan(turned, name="april.csv")
    assert plan.is_ready and said(plan) == ["read_as_before"] and plan.profile.is_same
    uploads.take(turned, name="april.csv")
    assert uploads.rows("select customer_id, amount::varchar from orders where order_id = 'B9'") == [("K7", "2.0000")]


def test_t47_a_column_that_is_new_is_said_and_loaded(uploads):
    first(uploads)
    text = HEADER.replace("Ort", "Ort,product,Farbe") + "B9,K7,04/05/2024,2.00,Ulm,Tea,red\n"
    plan = uploads.plan(text, name="april.csv")
    assert plan.is_ready and said(plan) == ["read_as_before", "columns_added"]
    assert plan.warnings[1].params["headers"] == "product, Farbe"
    uploads.take(text, name="april.csv")
    assert uploads.rows("select product from orders where order_id = 'B9'") == [("Tea",)]


def test_t47_a_column_that_is_gone_and_was_not_used_is_said(uploads):
    first(uploads)
    plan = uploads.plan("Beleg,Kunde,Tag,Summe\nB9,K7,04/05/2024,2.00\n", name="april.csv")
    assert plan.is_ready and said(plan) == ["read_as_before", "columns_gone"]
    assert plan.warnings[1].params["headers"] == "Ort"


def test_t47_a_column_whose_new_name_is_known_is_read_and_said(uploads):
    first(uploads)
    text = HEADER.replace("Kunde", "customer_id") + "B9,K7,04/05/2024,2.00,Ulm\n"
    plan = uploads.plan(text, name="april.csv")
    (renamed,) = [caution for caution in plan.warnings if caution.code == "column_renamed"]
    assert plan.is_ready and (renamed.params["column"], renamed.params["header"]) == ("Kunde", "customer_id")
    uploads.take(text, name="april.csv")
    assert uploads.rows("select customer_id from orders where order_id = 'B9'") == [("K7",)]


def test_t47_a_column_under_an_unknown_new_name_is_asked(uploads):
    first(uploads)
    text = HEADER.replace("Kunde", "Konto") + "B9,K7,04/05/2024,2.00,Ulm\n"
    plan = uploads.plan(text, name="april.csv")
    assert asked(plan) == [("needed_column_gone", "Kunde", "customer_id")] and not plan.is_ready
    with pytest.raises(QuestionOpen) as open_question:
        uploads.take(text, name="april.csv")
    for word in ("Kunde", "customer_id", "Konto", "march.csv", "--map customer_id="):
        assert word in str(open_question.value)
    uploads.take(text, name="april.csv", mapping={"customer_id": "Konto"})
    assert uploads.rows("select customer_id, ordered_at::date::varchar from orders where order_id = 'B9'") == [
        ("K7", "2024-05-04")
    ]
    assert uploads.plan(text.replace("B9", "B10"), name="may.csv").is_ready


def test_t47_a_column_may_be_gone_for_good(uploads):
    uploads.take(KNOWN + "O1,C1,2024-03-01,5,Bath\n", name="march.csv")
    text = "order_id,customer_id,ordered_at,amount\nO2,C1,2024-04-01,5\n"
    assert asked(uploads.plan(text, name="april.csv")) == [("column_gone", "region", "region")]
    uploads.take(text, name="april.csv", mapping={"region": ""})
    assert uploads.rows("select order_id, region from orders order by 1") == [("O1", "Bath"), ("O2", None)]
    assert uploads.take(text.replace("O2", "O3"), name="may.csv").loaded == 1


def test_t47_a_required_column_that_is_gone_refuses_with_its_old_name(uploads):
    first(uploads)
    plan = uploads.plan("Beleg,Tag,Summe,Ort\nB9,04/05/2024,2.00,Ulm\n", name="april.csv")
    assert plan.refused.code == "E_COLUMN_GONE"
    assert "Kunde" in str(plan.refused) and "march.csv" in str(plan.refused)


def test_t47_nobody_goes_without_a_required_column(uploads):
    first(uploads)
    text = HEADER.replace("Kunde", "Konto") + "B9,K7,04/05/2024,2.00,Ulm\n"
    assert uploads.plan(text, name="april.csv", mapping={"customer_id": ""}).refused.code == "E_LACKING"


def test_t47_another_kind_of_file_with_common_headers_is_no_changed_source(uploads):
    uploads.take(KNOWN + "O1,C1,2024-03-01,5,Bath\n", name="march.csv")
    plan = uploads.plan("customer_id,region,name,amount\nC1,Bath,Ann,3\n", name="customers.csv")
    assert plan.profile is None and plan.table == "customers"


CUSTOMERS = "customer_id,name,region,signup_date,phone\nC1,Ann,Bath,2024-01-01,1\n"


def test_t48_customers_named_orders_are_refused_with_the_way_out(uploads):
    plan = uploads.plan(CUSTOMERS, name="customers.csv", table="orders")
    assert plan.refused.code == "E_OTHER_KIND"
    assert "--as customers" in str(plan.refused) and "ordered_at" in str(plan.refused)
    assert uploads.plan(CUSTOMERS, name="customers.csv").is_ready


def test_t48_a_complete_file_that_resembles_another_table_is_read_as_told_and_says_so(uploads):
    text = "order_id,customer_id,ordered_at,amount,quantity,unit_price,category,channel,region,sku\n"
    row = "O1,C1,2024-03-01,5,1,5,a,b,0,s\n"
    plan = uploads.plan(text + row, name="lines.csv", table="order_items")
    assert plan.is_ready and said(plan) == ["other_kind"]


@pytest.mark.parametrize("further", ["", ",store"])
def test_t48_a_file_name_tells_tables_with_the_same_headers_apart(uploads, further):
    cell = ",Bath" if further else ""
    uploads.take(f"order_id,customer_id,date,amount{further}\nO1,C1,2024-03-01,5{cell}\n", name="orders.csv")
    text = "order_id,customer_id,date,amount\nO1,C1,2024-03-09,5\n"
    assert uploads.plan(text, name="returns.csv").table == "returns"
    assert uploads.plan(text, name="orders_april.csv").table == "orders"
    uploads.take(text, name="returns.csv")
    following = text.replace("O1", "O2")
    assert uploads.plan(following, name="returns_april.csv").table == "returns"
    plan = uploads.plan(following, name="orders_april.csv")
    assert (plan.table, plan.profile.file_name) == ("orders", "orders.csv")


def test_t48_headers_that_were_another_table_are_refused(uploads):
    text = "customer_id,tier,joined_at\nC1,gold,2024-03-01\n"
    uploads.take(text, name="members.csv")
    following = text.replace("C1", "C2")
    plan = uploads.plan(following, name="april.csv", table="customers")
    assert plan.refused.code == "E_OTHER_SOURCE" and "members" in str(plan.refused) and "--anew" in str(plan.refused)
    assert uploads.plan(following, name="april.csv", table="customers", anew=True).is_ready


def test_t42_half_swapped_complaints_are_swapped_back_without_a_second_question(uploads, real):
    path = real("complaints_comcast/Comcast_telecom_complaints_data.csv")
    header, *rows = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    older, newer = header + "".join(rows[:1200]), header + "".join(rows[1200:])
    assert [question.code for question in uploads.plan(older, name="older.csv").questions] == ["half_swapped"]
    uploads.take(older, name="older.csv", date_order="swapped")
    plan = uploads.plan(newer, name="newer.csv")
    assert plan.is_ready and plan.profile.import_id == 1
    uploads.take(newer, name="newer.csv")
    months = uploads.rows(
        "select import_id, list_sort(list(distinct month(opened_at))) from complaints group by 1 order by 1"
    )
    assert months == [(1, [4, 5, 6]), (2, [4, 5, 6])]  # as the file's own second column of dates says
    importing.undo_import(uploads.db, 2)
    importing.undo_import(uploads.db, 1)
    assert [question.code for question in uploads.plan(newer, name="newer.csv").questions] == ["half_swapped"]
