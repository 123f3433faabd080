"""The same table in every encoding a company exports in."""

import pytest

SIMPLIFIED = "订单编号,客户编号,订单日期,金额,地区\nO1,张三,2024-03-01,12.50,华东\nO2,李四,2024-03-02,7.00,华南，广东\n"
TRADITIONAL = (
    "訂單編號,客戶編號,訂單日期,金額,地區\nO1,張三,2024-03-01,12.50,臺北\nO2,李四,2024-03-02,7.00,高雄，鳳山\n"
)
LATIN = "order_id,customer_id,ordered_at,amount,region\nO1,C1,2024-03-01,12.50,Île-de-France\nO2,Müller,2024-03-02,7.00,Café – rue\n"
KEPT = "select order_id, customer_id, ordered_at, amount, region from orders order by order_id"


@pytest.mark.parametrize(
    "text, encoding, name",
    [
        (SIMPLIFIED, "utf-8", "utf-8"),
        (SIMPLIFIED, "utf-8-sig", "utf-8-bom"),
        (SIMPLIFIED, "utf-16", "utf-16"),
        (SIMPLIFIED, "utf-16-le", "utf-16-le"),
        (SIMPLIFIED, "utf-16-be", "utf-16-be"),
        (SIMPLIFIED, "gb18030", "gb18030"),
        (TRADITIONAL, "big5", "big5"),
        (TRADITIONAL, "utf-8", "utf-8"),
        (LATIN, "cp1252", "cp1252"),
        (LATIN, "utf-16", "utf-16"),
    ],
)
def test_every_encoding_gives_the_same_rows(uploads, text, encoding, name):
    plan = uploads.plan(text, encoding=encoding)
    assert (plan.encoding, plan.refused) == (name, None)
    uploads.take(text, encoding=encoding)
    expected = [line.split(",") for line in text.splitlines()[1:]]
    assert [(row[0], row[1], row[4]) for row in uploads.rows(KEPT)] == [
        (cells[0], cells[1], cells[4]) for cells in expected
    ]


def test_a_wrong_guess_can_be_overruled(uploads):
    plan = uploads.plan(LATIN.replace("–", "-"), encoding="latin-1")
    assert plan.encoding == "cp1252"
    assert uploads.plan(SIMPLIFIED.encode("gb18030")).encoding == "gb18030"


@pytest.mark.parametrize("sign", ["¥", "£", "€"])
def test_the_currency_sign_of_a_single_amount_proves_no_chinese(uploads, sign):
    plan = uploads.plan(f"order_id,customer_id,ordered_at,amount\nO1,C1,2024-03-01,{sign}12.50\n")
    assert (plan.encoding, str(plan.amount_file)) == ("utf-8", "12.5000") and not plan.warnings


def test_a_lone_chinese_word_beside_a_number_stays_what_it_is(uploads):
    text = "order_id,customer_id,ordered_at,amount,region\nO1,C1,2024-03-01,12.50,3楼\n"
    assert uploads.plan(text, encoding="gb18030").encoding == "gb18030"
