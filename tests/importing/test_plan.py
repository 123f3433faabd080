"""What a plan understands, asks and refuses. Planning changes nothing."""

import pytest

from crm_analytics.errors import QuestionOpen

HEADER = "order_id,customer_id,ordered_at,amount\n"


def reading(plan, field):
    return next(column.reading for column in plan.columns if column.field == field)


@pytest.mark.parametrize(
    "dates, form",
    [
        (["2024-03-01", "2024-12-31"], "timestamp, iso"),
        (["2024-03-01 08:15:00", "2024-12-31 23:59:59"], "timestamp, iso"),
        (["2024-03-01T08:15:00+08:00", "2024-12-31T10:00:00Z"], "timestamp, iso with offset"),
        (["31/12/2024", "01/03/2024"], "timestamp, d/m/Y"),
        (["12/31/2024 8:15", "3/1/2024 17:00"], "timestamp, m/d/Y"),
        (["31.12.24", "01.03.24"], "timestamp, d.m.y"),
        (["20241231", "20240301"], "timestamp, Ymd"),
        (["2024年12月31日", "2024年3月1日"], "timestamp, Y年m月d日"),
        (["31-Dec-24", "1-Mar-24"], "timestamp, d-Mon-y"),
    ],
)
def test_date_forms_are_found_by_counting(uploads, dates, form):
    plan = uploads.plan(HEADER + "".join(f"O{i},C1,{day},1\n" for i, day in enumerate(dates)))
    assert plan.refused is None and plan.is_ready
    assert reading(plan, "ordered_at") == form


def test_dates_that_fit_two_orders_are_asked_and_never_guessed(uploads):
    text = HEADER + "O1,C1,03/04/2024,1\nO2,C1,05/06/2024,2\n"
    plan = uploads.plan(text)
    assert [question.code for question in plan.questions] == ["date_order"] and not plan.is_ready
    with pytest.raises(QuestionOpen) as asked:
        uploads.take(text)
    assert "--date-order" in str(asked.value) and uploads.rows("select count(*) from imports") == [(0,)]


@pytest.mark.parametrize("order, day", [("dmy", "2024-04-03"), ("mdy", "2024-03-04")])
def test_the_answer_decides(uploads, order, day):
    uploads.take(HEADER + "O1,C1,03/04/2024,1\nO2,C1,05/06/2024,2\n", date_order=order)
    assert uploads.rows("select cast(ordered_at as date)::varchar from orders where order_id = 'O1'") == [(day,)]


@pytest.mark.parametrize(
    "amounts, kept",
    [
        (["12.5", "-3", "1e2"], ["12.5000", "-3.0000", "100.0000"]),
        (["1,234.50", "(12.00)", "7"], ["1234.5000", "-12.0000", "7.0000"]),
        (["￥1,234.50", "¥-3.00", "￥7"], ["1234.5000", "-3.0000", "7.0000"]),
        (["1.234,50", "3,5", "-0,25"], ["1234.5000", "3.5000", "-0.2500"]),
        (["12.50元", "7元", "1元"], ["12.5000", "7.0000", "1.0000"]),
        (["£12.50", "-£7.00", "£1"], ["12.5000", "-7.0000", "1.0000"]),
    ],
)
def test_money_forms(uploads, amounts, kept):
    text = "order_id;customer_id;ordered_at;amount\n" + "".join(
        f"O{i};C1;2024-03-01;{amount}\n" for i, amount in enumerate(amounts)
    )
    receipt = uploads.take(text)
    assert receipt.quarantined == 0
    assert [str(amount) for (amount,) in uploads.rows("select amount from orders order by order_id")] == kept


def test_mixed_currencies_are_never_added_up(uploads):
    plan = uploads.plan(HEADER + "O1,C1,2024-03-01,$12.50\nO2,C1,2024-03-01,€7.00\n")
    assert plan.refused.code == "E_MIXED_CURRENCY" and plan.refused.params["currencies"] == "$, €"


def test_amounts_are_rounded_half_up_to_four_decimals_and_counted(uploads):
    amounts = ["1.00005", "-1.00005", "125.43999999999998", "2.50000"]
    receipt = uploads.take(HEADER + "".join(f"O{i},C1,2024-03-01,{amount}\n" for i, amount in enumerate(amounts)))
    assert receipt.rounded == 3
    assert [str(a) for (a,) in uploads.rows("select amount from orders order by order_id")] == [
        "1.0001",
        "-1.0001",
        "125.4400",
        "2.5000",
    ]


def test_ids_stay_text_and_lose_a_dot_zero_only_when_all_have_it(uploads):
    uploads.take(HEADER + "007,17850.0,2024-03-01,1\n7,13085.0,2024-03-01,2\n8,,2024-03-02,3\n")
    assert uploads.rows("select order_id, customer_id from orders order by amount") == [
        ("007", "17850"),
        ("7", "13085"),
        ("8", None),
    ]
    uploads.take(HEADER + "9,17850.0,2024-03-01,1\n10,A1,2024-03-01,2\n", name="more.csv")
    assert uploads.rows("select customer_id from orders where order_id = '9'") == [("17850.0",)]


def test_words_for_nothing_are_nothing(uploads):
    uploads.take(
        "order_id,customer_id,ordered_at,amount,cost\nO1,NULL,2024-03-01,1,n/a\nO2,C2,2024-03-01,2,-\nO3,C3,2024-03-01,2,1.5\n"
    )
    kept = uploads.rows("select customer_id, cost from orders order by order_id")
    assert kept == [(None, None), ("C2", None), ("C3", pytest.approx(1.5))]


def test_an_optional_column_that_cannot_be_read_stays_in_the_file(uploads):
    plan = uploads.plan(
        "order_id,customer_id,ordered_at,amount,delivered_at\nO1,C1,2024-03-01,1,soon\nO2,C1,2024-03-01,2,later\n"
    )
    assert plan.is_ready and [caution.code for caution in plan.warnings] == ["column_left_out"]


def test_a_required_column_that_cannot_be_read_is_refused_with_its_share(uploads):
    plan = uploads.plan(HEADER + "O1,C1,yesterday,1\nO2,C1,2024-03-01,2\n")
    assert plan.refused.code == "E_NO_FORM" and plan.refused.params["fits"] == 1


def test_an_unknown_file_says_what_is_missing(uploads):
    plan = uploads.plan("colour,weight\nred,2\nblue,3\n", name="things.csv")
    assert plan.refused.code == "E_UNKNOWN" and "things.csv" in str(plan.refused)


def test_a_mapping_can_be_corrected(uploads):
    text = "nr,who,when,sum\nO1,C1,2024-03-01,5\nO2,C2,2024-03-02,6\n"
    receipt = uploads.take(
        text, table="orders", mapping={"order_id": "nr", "customer_id": "who", "ordered_at": "when", "amount": "sum"}
    )
    assert receipt.loaded == 2
    plan = uploads.plan(text, table="orders", mapping={"order_id": "nummer"})
    assert plan.refused.code == "E_HEADER" and "nr, who, when, sum" in str(plan.refused)


def test_a_customers_file_in_the_orders_slot_is_refused(uploads):
    plan = uploads.plan("customer_id,name,city\nC1,Ann,Bath\n", table="orders")
    assert plan.refused.code == "E_OTHER_KIND" and "ordered_at" in plan.refused.params["lacking"]


def test_planning_changes_nothing(uploads):
    before = uploads.rows("select * from meta order by name")
    uploads.plan(HEADER + "O1,C1,2024-03-01,1\n")
    assert uploads.rows("select * from meta order by name") == before
    assert uploads.rows("select count(*) from orders") == [(0,)]


def test_the_preview_shows_before_and_after(uploads):
    plan = uploads.plan("Invoice No,Customer ID,Date,Qty,Unit Price\nI1,5.0,01/02/2024,2,3.5\nI2,6.0,31/12/2024,1,1\n")
    assert list(plan.preview_before.iloc[0]) == ["I1", "5.0", "01/02/2024", "2", "3.5"]
    after = plan.preview_after.iloc[0]
    assert (after["customer_id"], str(after["ordered_at"]), float(after["amount"])) == ("5", "2024-02-01 00:00:00", 7.0)


def test_the_apostrophe_that_guards_a_spreadsheet_is_taken_off_and_said(uploads):
    text = "order_id,customer_id,ordered_at,amount\n'=1+1,'@bo,2024-03-01,1\nO'2,'quoted',2024-03-01,2\n"
    assert [caution.code for caution in uploads.plan(text).warnings] == ["guards_removed", "guards_removed"]
    uploads.take(text)
    assert uploads.rows("select order_id, customer_id from orders order by amount") == [
        ("=1+1", "@bo"),
        ("O'2", "'quoted'"),
    ]


def test_a_slip_in_a_small_file_is_set_aside_and_not_the_file(uploads):
    text = HEADER + "".join(f"O{i},C1,2024-03-01,{i}\n" for i in range(59)) + "O59,C1,2024-03-01,12..5\n"
    receipt = uploads.take(text)
    assert (receipt.loaded, receipt.quarantined) == (59, 1)
    assert uploads.rows("select source_line, column_name, reason from quarantine") == [(61, "amount", "money")]


def test_a_plan_counts_what_is_here_already(uploads):
    uploads.take(HEADER + "O1,C1,2024-03-01,1\nO2,C1,2024-03-01,2\n")
    plan = uploads.plan(HEADER + "O2,C1,2024-03-01,2\nO3,C1,2024-03-01,3\n", name="more.csv")
    assert (plan.records, plan.loaded, plan.duplicates) == (2, 1, 1)


def test_a_currency_column_with_two_currencies_is_refused(uploads):
    text = "order_id,customer_id,ordered_at,amount,currency\nO1,C1,2024-03-01,1,EUR\nO2,C1,2024-03-01,2,usd\n"
    assert uploads.plan(text).refused.params["currencies"] == "EUR, USD"
    assert uploads.plan(text.replace("usd", "eur")).is_ready


def test_an_order_total_repeated_on_every_line_is_not_added_up(uploads):
    rows = ["#1,C1,2024-03-01,30,Soap", "#1,C1,2024-03-01,30,Cream", "#2,C1,2024-03-02,5,Soap"]
    lines = "\n".join(["Name,Customer ID,Created at,Total,Lineitem name", *rows, ""])
    plan = uploads.plan(lines, mapping={"order_id": "Name"}, table="orders")
    assert plan.refused.code == "E_TOTAL_REPEATED" and plan.refused.params["orders"] == 1


def test_an_offset_far_down_the_file_is_seen(uploads):
    rows = [f"O{i},C1,2024-03-01 00:00:00,1\n" for i in range(6000)]
    uploads.take(HEADER + "".join(rows) + "P1,C1,2024-03-01T22:00:00-05:00,1\n")
    assert uploads.rows("select ordered_at::varchar from orders where order_id = 'P1'") == [("2024-03-02 03:00:00",)]


@pytest.mark.parametrize("pad", [" {}", "{} ", "  {}  "])
def test_spaces_around_dates_hide_no_second_reading(uploads, pad):
    rows = "".join(
        f"O{i},C1,{pad.format(day)},{pad.format('1.5')}\n" for i, day in enumerate(["03/04/2024", "05/06/2024"])
    )
    assert [question.code for question in uploads.plan(HEADER + rows).questions] == ["date_order"]
    uploads.take(HEADER + rows, date_order="dmy")
    assert uploads.rows("select ordered_at::date::varchar, amount::varchar from orders order by 1") == [
        ("2024-04-03", "1.5000"),
        ("2024-06-05", "1.5000"),
    ]


def test_dates_beyond_reason_are_set_aside(uploads):
    good = "".join(f"O{i},C1,2024-03-01,1\n" for i in range(300))
    receipt = uploads.take(HEADER + good + "P1,C1,0024-03-01,1\n")
    assert (receipt.loaded, receipt.quarantined) == (300, 1)
