"""Files with one row per customer, files that are not needed, logs of complaints, orders whose amounts come later."""

import pytest

from crm_analytics import importing
from crm_analytics.errors import ImportRefused
from crm_analytics.importing import Options

STATUS = "customer_id,City,Satisfaction Score,Churn Reason,Plan\nC1,Bath,4,,Gold\nC2,Ely,2,Too dear,\nC3,,,Moved away,Basic\n"
ORDERS = "order_id,customer_id,ordered_at\nO1,C1,2024-01-05\nO2,C2,2024-01-06\nO3,C2,2024-01-07\n"
ITEMS = "order_id,line_no,sku,amount\nO1,1,A,10\nO1,2,B,5.5\nO3,1,A,7\n"


def upload(uploads, *files, **options):
    """The plan of several files, each a text and a name."""
    paths = [uploads.file(text, name) for text, name in files]
    return importing.plan_import(uploads.db, paths, Options(**options))


def tables(plan) -> dict:
    return {file.table: file for file in plan.files}


def test_one_file_feeds_three_tables_and_each_balances(uploads):
    plan = upload(uploads, (STATUS, "status.csv"))
    receipts = {receipt.table: receipt for receipt in importing.apply_plan(uploads.db, plan)}
    counts = {name: (each.records, each.loaded, each.skipped, each.quarantined) for name, each in receipts.items()}
    assert counts == {"customers": (3, 3, 0, 0), "surveys": (3, 2, 1, 0), "churn_reasons": (3, 2, 1, 0)}
    assert uploads.rows("select customer_id, city from customers order by 1") == [
        ("C1", "Bath"),
        ("C2", "Ely"),
        ("C3", None),
    ]
    assert uploads.rows("select customer_id, cast(score as int) from surveys order by 1") == [("C1", 4), ("C2", 2)]
    assert uploads.rows('select customer_id, "text" from churn_reasons order by 1') == [
        ("C2", "Too dear"),
        ("C3", "Moved away"),
    ]
    assert uploads.rows("select * exclude (import_id) from customer_attributes order by 1") == [
        ("C1", "Plan", "Gold", 2),
        ("C3", "Plan", "Basic", 4),
    ]
    assert uploads.rows("select source_line, reason, raw from skipped order by 1") == [
        (2, "says_nothing", "C1,Bath,4,,Gold"),
        (4, "says_nothing", "C3,,,Moved away,Basic"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        STATUS + "C1,Bath,5,,Gold\n",  # a customer twice: rows are answers, not customers
        STATUS.replace("Plan", "Submitted At").replace("Gold", "2024-01-05").replace("Basic", "2024-01-06"),  # dated
        STATUS.replace("Plan", "response_id")
        .replace("Gold", "R1")
        .replace("Basic", "R3"),  # answers with a number of their own
    ],
)
def test_answers_that_are_no_list_of_customers_stay_one_table(uploads, text):
    plan = upload(uploads, (text, "survey.csv"), table=None)
    assert "customers" not in tables(plan) or len(plan.files) == 1


def test_a_column_that_cannot_be_read_for_another_table_is_kept_by_name(uploads):
    plan = upload(uploads, (STATUS.replace(",4,", ",fine,").replace(",2,", ",poor,"), "customers.csv"))
    assert set(tables(plan)) == {"customers", "churn_reasons"} and plan.is_ready
    importing.apply_plan(uploads.db, plan)
    assert uploads.rows("select value from customer_attributes where name = 'Satisfaction Score' order by 1") == [
        ("fine",),
        ("poor",),
    ]


@pytest.mark.parametrize(
    "words, kept",
    [("Stayed,Churned,Joined", True), ("Stayed,Churned,customer", True), ("customer,prospect,suspect", False)],
)
def test_a_status_of_another_kind_is_kept_by_its_own_name(uploads, words, kept):
    cells = [f"C{number},{word}" for number, word in enumerate(words.split(","))]
    uploads.take("\n".join(["customer_id,Customer Status", *cells, ""]), name="customers.csv")
    assert uploads.rows("select count(status) from customers") == [(0 if kept else 3,)]
    assert uploads.rows("select count(*) from customer_attributes") == [(3 if kept else 0,)]


def test_members_keep_what_has_no_place(uploads):
    uploads.take("customer_id,tier,Favourite\nC1,gold,tea\nC2,silver,\n", name="members.csv")
    assert uploads.rows("select customer_id, tier from members order by 1") == [("C1", "gold"), ("C2", "silver")]
    assert uploads.rows("select customer_id, name, value from customer_attributes") == [("C1", "Favourite", "tea")]


def test_the_latest_value_wins_and_one_that_is_known_is_not_kept_twice(uploads):
    first = uploads.take("customer_id,Shoe size\nC1,38\nC2,40\n", name="a.csv")
    uploads.take("customer_id,Shoe size\nC2,40\nC1,39\n", name="b.csv")
    said = "select customer_id, value, import_id from customer_attributes order by 1, 3"
    assert uploads.rows(said) == [("C1", "38", 1), ("C1", "39", 2), ("C2", "40", 1)]
    importing.undo_import(uploads.db, first.import_id)
    assert uploads.rows(said) == [("C1", "39", 2), ("C2", "40", 2)]
    assert uploads.rows("select customer_id, value from attributes order by 1") == [("C1", "39"), ("C2", "40")]


def test_other_columns_for_one_table_leave_the_others(uploads):
    plan = upload(uploads, (STATUS, "status.csv"))
    reasons = tables(plan)["churn_reasons"]
    plan = importing.replan(
        uploads.db, plan, reasons, Options(table="churn_reasons", mapping={"text": "", "class": "Churn Reason"})
    )
    assert set(tables(plan)) == {"customers", "surveys", "churn_reasons"}
    importing.apply_plan(uploads.db, plan)
    assert uploads.rows('select "class", "text" from churn_reasons order by 1') == [
        ("Moved away", None),
        ("Too dear", None),
    ]
    assert uploads.rows("select distinct name from customer_attributes") == [("Plan",)]


def test_a_column_given_back_by_one_table_is_kept_by_name(uploads):
    plan = upload(uploads, (STATUS, "status.csv"))
    plan = importing.replan(
        uploads.db, plan, tables(plan)["surveys"], Options(table="surveys", mapping={"score": "Plan"})
    )
    assert tables(plan)["surveys"].refused.code == "E_NO_FORM"
    assert "Satisfaction Score" in [
        tables(plan)["customers"].landing.headers[place] for place in tables(plan)["customers"].kept
    ]


def test_a_person_may_say_that_the_file_is_one_table_only(uploads):
    plan = upload(uploads, (STATUS, "status.csv"))
    plan = importing.replan(uploads.db, plan, plan.files[0], Options(table="surveys"))
    assert [file.table for file in plan.files] == ["surveys"]


@pytest.mark.parametrize(
    "name, header, kind",
    [
        ("payments.csv", "order_id,payment_type,payment_value", "PAYMENTS"),
        ("付款.csv", "订单编号,支付方式,支付金额", "PAYMENTS"),
        ("sellers.csv", "seller_id,seller_city", "SELLERS"),
        ("供应商.csv", "供应商编号,供应商名称,城市", "SELLERS"),
        ("geo.csv", "geolocation_zip_code_prefix,geolocation_lat,geolocation_lng", "PLACES"),
        ("employees.csv", "Employee ID,Employee Name,Hire Date", "STAFF"),
        ("areas.csv", "city,region,country", "KEYLESS"),
    ],
)
def test_what_is_not_needed_is_named_and_stops_no_other(uploads, name, header, kind):
    text = f"{header}\n{','.join('1' for _ in header.split(','))}\n"
    plan = upload(uploads, (text, name), ("order_id,customer_id,ordered_at,amount\nO1,C1,2024-01-05,1\n", "orders.csv"))
    left = next(file for file in plan.files if file.name == name)
    assert left.not_needed.code == f"E_NOT_NEEDED_{kind}" and name in str(left.not_needed) and left.refused is None
    assert plan.is_ready and [
        receipt.loaded for receipt in importing.apply_plan(uploads.db, plan) if receipt.table
    ] == [1]
    with pytest.raises(ImportRefused) as alone:
        importing.apply_plan(uploads.db, upload(uploads, (text, name)))
    assert alone.value.code == f"E_NOT_NEEDED_{kind}"


@pytest.mark.parametrize(
    "name, header",
    [
        ("things.csv", "colour,weight"),
        ("zip.csv", "ID,Zip Code,Population"),
        ("sales.csv", "Date,Product,Quantity,Amount"),
        ("bestellungen.csv", "Bestellnummer,Kunde,Datum,Betrag,Status"),
        ("paid.csv", "customer_id,payment_type,payment_value"),
        ("deals.csv", "seller_id,seller_city,Plan,Colour,Weight"),
    ],
)
def test_what_may_be_ours_is_refused_and_never_left_out_unasked(uploads, name, header):
    text = f"{header}\n{','.join('1' for _ in header.split(','))}\n"
    plan = upload(
        uploads, (text, name), (ORDERS.replace("ordered_at", "ordered_at,amount").replace("-0", "-0"), "o.csv")
    )
    file = next(file for file in plan.files if file.name == name)
    assert file.not_needed is None and (file.refused or file.table)


@pytest.mark.parametrize(
    "header",
    [
        "complaint_id,at,event",
        "Ticket ID,Date,Status",
        "投诉编号,操作时间,事件",
        "工单编号,时间,状态",
        "投訴編號,時間,狀態",
    ],
)
def test_a_log_of_changes_is_told_from_a_list_of_complaints(uploads, header):
    log = (
        f"{header}\nT1,2024-01-05 09:00:00,opened\nT1,2024-01-05 11:00:00,responded\nT1,2024-01-06 09:00:00,resolved\n"
    )
    assert uploads.plan(log, name="export.csv").table == "complaint_events"
    uploads.take(log, name="complaints.csv")
    assert uploads.rows("select complaint_id, date_diff('hour', opened_at, resolved_at) from cases") == [("T1", 24)]


@pytest.mark.parametrize("header", ["Ticket ID,Date,Status", "工单编号,时间,状态"])
def test_a_list_with_each_complaint_once_is_no_log(uploads, header):
    assert (
        uploads.plan(f"{header}\nT1,2024-01-05,open\nT2,2024-01-06,closed\n", name="export.csv").table == "complaints"
    )


@pytest.mark.parametrize("together", [True, False])
def test_orders_without_items_are_kept_and_counted(uploads, together):
    files = [(ORDERS, "orders.csv"), (ITEMS, "order_items.csv")]
    if together:
        plan = upload(uploads, *files)
        assert tables(plan)["orders"].without_amount == 1
        receipts = importing.apply_plan(uploads.db, plan)
    else:
        receipts = [uploads.take(ORDERS, "orders.csv", table="orders")]
        assert receipts[0].without_amount == 3
        uploads.take(ITEMS, "order_items.csv")
        receipts = [uploads.take(ORDERS, "orders.csv")]
    assert next(receipt.without_amount for receipt in receipts if receipt.table == "orders") == 1
    assert uploads.rows("select order_id, sum(amount)::varchar from lines group by 1 order by 1") == [
        ("O1", "15.5000"),
        ("O3", "7.0000"),
    ]


def test_an_item_that_is_set_aside_gives_its_order_no_amount(uploads):
    items = ITEMS.replace("line_no,sku", "line_no,quantity,sku").replace(",A", ",1,A").replace(",B", ",1,B")
    many = "".join(f"O1,{place},1,A,1\n" for place in range(3, 200))
    files = [(ORDERS, "orders.csv"), (items + many + "O2,1,some,A,9\n", "order_items.csv")]
    plan = upload(uploads, *files)
    assert tables(plan)["orders"].without_amount == 1
    importing.apply_plan(uploads.db, plan)
    assert uploads.rows("select count(*) from lines where order_id = 'O2'") == [(0,)]


def test_orders_alone_without_amounts_are_asked_about(uploads):
    assert uploads.plan(ORDERS).refused.code == "E_UNKNOWN"
    named = uploads.plan(ORDERS, table="orders")
    assert named.is_ready and [caution.code for caution in named.warnings] == ["orders_without_amount"]


def test_orders_with_numbers_that_nobody_named_may_have_an_amount(uploads):
    text = "order_id,customer_id,ordered_at,Betrag\nO1,C1,2024-01-05,12.50\n"
    plan = uploads.plan(text, table="orders")
    assert plan.refused.code == "E_LACKING_AMOUNT" and "--map amount=" in str(plan.refused)
    assert uploads.plan(text, table="orders", mapping={"amount": ""}).is_ready
    assert uploads.plan(text, table="orders", mapping={"amount": "Betrag"}).amount_file == 12.5


def test_a_status_that_does_not_count_is_counted(uploads):
    header = "order_id,customer_id,ordered_at,amount,status\n"
    text = header + "O1,C1,2024-01-05,1,done\n" + 2 * "O2,C1,2024-01-05,1,Canceled\n"
    plan = uploads.plan(text)
    assert plan.not_counted == 1 and uploads.take(text).not_counted == 1


def test_what_stays_unanswered_depends_on_what_is_here(uploads):
    orders = "order_id,customer_id,ordered_at,amount\nO1,C1,2024-01-05,1\n"
    codes = lambda plan: [gap.code for gap in importing.outlook.gaps(plan)]  # noqa: E731
    assert codes(upload(uploads, (orders, "orders.csv"))) == ["no_cost", "no_surveys", "no_complaints"]
    assert "no_cost" not in codes(
        upload(uploads, (orders.replace("amount", "amount,cost").replace(",1\n", ",1,1\n"), "o.csv"))
    )
    assert "no_orders" in codes(upload(uploads, (STATUS, "status.csv")))
    uploads.take(orders)
    assert codes(upload(uploads, (STATUS, "status.csv"))) == ["undated_answers", "no_complaints"]


def test_the_first_rows_shown_are_those_that_would_load(uploads):
    """Of customers of whom the first gave no score, the answers begin with the second."""
    path = uploads.file("customer_id,name,Satisfaction Score\nC1,Ann,\nC2,Bo,4\nC3,Cy,5\n", name="customers.csv")
    files = {file.table: file for file in importing.plan_import(uploads.db, [path]).files}
    assert list(files["surveys"].preview_after.customer_id) == ["C2", "C3"]
    assert list(files["customers"].preview_after.customer_id) == ["C1", "C2", "C3"]
