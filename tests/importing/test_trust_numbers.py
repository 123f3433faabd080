"""T28, T44, T45 and T49 of docs/trust.md: numbers are read to the last digit, ids are never numbers, currencies never added up."""

from decimal import Decimal

import pytest

from crm_analytics import importing
from crm_analytics.errors import ImportRefused
from crm_analytics.i18n import translator
from crm_analytics.importing.reading import texts

HEADER = "order_id;customer_id;ordered_at;amount\n"


def orders(amounts, start: int = 1) -> str:
    return HEADER + "".join(f"SO-{n};C1;2024-03-01;{amount}\n" for n, amount in enumerate(amounts, start))


def amounts(uploads) -> list[str]:
    rows = uploads.rows("select amount from orders order by import_id, source_line")
    return [f"{amount.normalize():f}" for (amount,) in rows]


@pytest.mark.parametrize(
    "texts, read",
    [
        (["￥1,234.50", "￥12.00"], ["1234.5", "12"]),
        (["(123.45)", "（10.00）", "7.00"], ["-123.45", "-10", "7"]),
        (["1.234,56", "12,50"], ["1234.56", "12.5"]),
        (["1 234,56", "12,50"], ["1234.56", "12.5"]),
        (["1\u00a0234,56", "1\u202f234,50"], ["1234.56", "1234.5"]),
        (["1'234.50", "12’345.00"], ["1234.5", "12345"]),
        (["１２３．５０", "１，２３４．００", "－５．００"], ["123.5", "1234", "-5"]),
        (["1,234万", "1.5亿", "3.2萬元", "800"], ["12340000", "150000000", "32000", "800"]),
        (["5千", "2千万", "1.25百万", "12.5"], ["5000", "20000000", "1250000", "12.5"]),
        (["1e5", "2.5E3", "12.5"], ["100000", "2500", "12.5"]),
        (["1e5", "1,234.50"], ["100000", "1234.5"]),
        (["123.45-", "10.00", "1,234.50-"], ["-123.45", "10", "-1234.5"]),
        (["12,34,567.00", "1,23,456.00"], ["1234567", "123456"]),
        (["CNY 1,234.50", "1,234.50 CNY"], ["1234.5", "1234.5"]),
        (["NT$1,234.50", "-NT$5.00"], ["1234.5", "-5"]),
        (["$(5.00)", "$ (1,234.50)", "$6.00"], ["-5", "-1234.5", "6"]),
        (["12,50 kr", "1 234,50 kr"], ["12.5", "1234.5"]),
        (["−12.50", "–3.00", "4.25"], ["-12.5", "-3", "4.25"]),
        (["0.30", "0.1", "1234567890123.4567"], ["0.3", "0.1", "1234567890123.4567"]),
    ],
)
def test_t44_amounts_are_read_exactly(uploads, texts, read):
    plan = uploads.plan(orders(texts))
    assert plan.refused is None and plan.questions == []
    receipt = uploads.take(orders(texts))
    assert (receipt.quarantined, receipt.rounded) == (0, 0) and amounts(uploads) == read
    assert receipt.amount_loaded == sum(map(Decimal, read))


@pytest.mark.parametrize("texts", [["1,234", "2,500"], ["1.234", "12.500"], ["1,234", "7"], ["1,234万", "2,500万"]])
@pytest.mark.parametrize("answer", ["point", "comma"])
def test_t44_a_thousand_or_one_and_a_bit_is_asked(uploads, texts, answer):
    plan = uploads.plan(orders(texts))
    (question,) = plan.questions
    assert (question.code, question.column, question.flag) == ("decimal_mark", "amount", "--decimal-mark point|comma")
    point, comma = question.offers
    marks = {"point": ".", "comma": ","}
    uploads.take(orders(texts), decimal_mark=answer)
    other = marks["comma" if answer == "point" else "point"]
    plain = texts[0].replace("万", "").replace(other, "").replace(marks[answer], ".")
    assert Decimal(amounts(uploads)[0]) == Decimal(plain) * (10000 if "万" in texts[0] else 1)
    assert point.means != comma.means and {point.fits, comma.fits} == {2}
    assert texts[0] in point.title(translator("en"))


@pytest.mark.parametrize(
    "texts, read",
    [
        (["1,234", "12,50"], ["1.234", "12.5"]),
        (["1,234", "1,234.50"], ["1234", "1234.5"]),
        (["1.234", "12.50"], ["1.234", "12.5"]),
        (["0.125", "1.250"], ["0.125", "1.25"]),
        (["0,125", "1,250"], ["0.125", "1.25"]),
        (["1.234.567", "1.250"], ["1234567", "1250"]),
        (["12", "7"], ["12", "7"]),
    ],
)
def test_t44_one_row_that_fits_one_mark_only_decides(uploads, texts, read):
    assert uploads.plan(orders(texts)).questions == []
    uploads.take(orders(texts))
    assert amounts(uploads) == read


def test_t44_a_point_far_down_a_column_of_whole_numbers_is_asked_about(uploads):
    assert [q.code for q in uploads.plan(orders([*range(1, 6000), "1.234"])).questions] == ["decimal_mark"]
    assert uploads.plan(orders([*range(1, 6000), "12.34"])).is_ready


def test_t44_marks_of_thousands_that_the_first_rows_do_not_show_are_found(uploads):
    texts = [*range(1, 5500), *("1,234.50" for _ in range(3000))]
    plan = uploads.plan(orders(texts))
    assert plan.is_ready and plan.quarantined == 0
    assert plan.amount_file == 5499 * 2750 + 3000 * Decimal("1234.5")
    asked = uploads.plan(orders([*range(1, 5500), *("1,234" for _ in range(3000))]), name="b.csv")
    assert [question.code for question in asked.questions] == ["decimal_mark"]


def test_t44_a_percentage_is_a_hundredth_and_no_money(uploads):
    text = HEADER.replace("\n", ";discount\n") + "SO-1;C1;2024-03-01;9;12%\nSO-2;C1;2024-03-01;9;0,5 %\n"
    plan = uploads.plan(text)
    assert [caution.code for caution in plan.warnings] == ["percentages"]
    uploads.take(text)
    assert uploads.rows("select discount::varchar from orders order by 1") == [("0.0050",), ("0.1200",)]
    assert uploads.plan(orders(["12%", "15%"])).refused.code == "E_NO_FORM"
    receipt = uploads.take(orders(["12.50"] * 9 + ["12%"], start=10), name="more.csv", anew=True)
    assert (receipt.loaded, receipt.quarantined) == (9, 1)


def test_t44_more_decimals_than_are_kept_are_counted_however_they_are_written(uploads):
    receipt = uploads.take(orders(["1e-7", "1.23456万", "1.2345678万", "12.5"]))
    assert receipt.rounded == 1 and amounts(uploads) == ["0", "12345.6", "12345.678", "12.5"]


def test_t44_ids_phones_and_postcodes_are_never_numbers(uploads):
    codes = ["1e5", "2E10", "007", "00123", "1,234", "+86 138 0000 0000", "12%", "(123)", "3/4/2024", "１２３"]
    uploads.take(HEADER + "".join(f"{code};K{n};2024-03-01;{n}\n" for n, code in enumerate(codes)))
    kept = [code for (code,) in uploads.rows("select order_id from orders order by amount")]
    assert kept == [*codes[:-1], "123"]
    uploads.take(
        "customer_id;phone;city\n" + "".join(f"{code};{code};Bath\n" for code in codes[:4]), name="customers.csv"
    )
    phones = uploads.rows("select customer_id, phone from customers order by source_line")
    assert phones == [(code, code) for code in codes[:4]]


def test_t44_numbers_that_a_spreadsheet_has_cut_are_told(uploads):
    text = HEADER + "8.61381E+12;C1;2024-03-01;1\n8.61382E+12;C1;2024-03-01;1\n"
    assert [caution.code for caution in uploads.plan(text).warnings] == ["ids_damaged"]
    uploads.take(text)
    assert uploads.rows("select min(order_id) from orders") == [("8.61381E+12",)]


def test_t44_words_for_nothing_are_shown(uploads):
    (caution,) = uploads.plan(orders(["NULL", "n/a", "-", "5", "NULL"])).warnings
    assert caution.code == "null_words"
    assert caution.params == {"column": "amount", "n": 4, "words": "“-”, “n/a”, “null”"}


def test_every_word_for_nothing_passes_the_cheap_look_before_it(db):
    for word in texts.NULL_WORDS:
        for cell in (word, word.upper()):
            seen = f"select {texts.may_be_null_word('cell')}, {texts.is_null_word('text', 'cell')} from (select $cell as cell)"
            assert db.cursor().execute(seen, {"cell": cell}).fetchone() == (True, True), cell


def test_t28_ids_are_equal_in_full_width_and_with_invisible_marks(uploads):
    text = "order_id,customer_id,ordered_at,amount,customer_name\n" + "".join(
        f"O{n},{number},2024-03-01,1,{number}\n"
        for n, number in enumerate(["Ｃ００１", "C001", "C\u200b001", "\u202eC001\u202c", "Cafe\u0301", "Café"])
    )
    (caution,) = (each for each in uploads.plan(text).warnings if each.code == "ids_folded")
    assert caution.params == {"column": "customer_id", "n": 4}
    uploads.take(text)
    assert uploads.rows("select customer_id, count(*) from orders group by 1 order by 1") == [("C001", 4), ("Café", 2)]
    names = [name for (name,) in uploads.rows("select customer_name from orders order by source_line")]
    assert names[0] == "Ｃ００１" and names[2] == "C\u200b001" and len(set(names)) == 6


def test_t28_full_width_numbers_and_dates_are_read(uploads):
    uploads.take(orders(["１，２３４．５０", "￥５"]).replace("2024-03-01", "２０２４－０３－０１"))
    assert amounts(uploads) == ["1234.5", "5"]
    assert uploads.rows("select distinct ordered_at::varchar from orders") == [("2024-03-01 00:00:00",)]


@pytest.mark.parametrize(
    "texts", [["$12.50", "€7.00"], ["￥12", "$12"], ["CNY 5", "USD 5"], ["NT$5", "HK$5"], ["5元", "5€"]]
)
def test_t45_several_currencies_in_a_column_are_refused(uploads, texts):
    refusal = uploads.plan(orders(texts)).refused
    assert refusal.code == "E_MIXED_CURRENCY" and refusal.params["column"] == "amount"


@pytest.mark.parametrize(
    "texts", [["¥12.00", "12元", "CNY 3", "RMB 4", "￥5"], ["$12", "US$7", "USD 3"], ["€5", "EUR 6"]]
)
def test_t45_several_names_of_one_currency_are_one(uploads, texts):
    assert uploads.take(orders(texts)).loaded == len(texts)


def test_t45_another_currency_than_what_is_here_is_refused(uploads):
    uploads.take(orders(["$12.50"]), name="march.csv")
    with pytest.raises(ImportRefused) as refused:
        uploads.take(orders(["€7.00"], start=2), name="april.csv")
    assert refused.value.code == "E_OTHER_CURRENCY" and "$" in str(refused.value) and "€" in str(refused.value)
    assert uploads.take(orders(["US$7.00", "8.00"], start=2), name="april.csv").loaded == 2


def test_t45_two_files_of_one_upload_are_in_one_currency(uploads):
    paths = [uploads.file(orders(["$1.00"], start=1), "a.csv"), uploads.file(orders(["€1.00"], start=2), "b.csv")]
    first, second = importing.plan_import(uploads.db, paths).files
    assert first.refused is None and second.refused.code == "E_OTHER_CURRENCY_WITHIN" and "a.csv" in str(second.refused)


def test_t45_what_is_replaced_does_not_count(uploads):
    uploads.take(orders(["$12.50"]), name="march.csv")
    plan = uploads.plan(orders(["€7.00"], start=2), name="april.csv", scope="replace-table")
    assert plan.refused is None


def test_t44_decimals_that_an_earlier_answer_contradicts_stop_the_import(uploads):
    uploads.take(orders(["1,234", "2,500"]), name="march.csv", decimal_mark="point")
    plan = uploads.plan(orders(["12,50", "7,25"], start=3), name="april.csv")
    assert [(q.code, q.flag) for q in plan.questions] == [("contradiction", "--decimal-mark comma")]
    assert uploads.plan(orders(["3,750"], start=3), name="april.csv").is_ready, "what was said settles what is open"
    assert uploads.plan(orders(["7", "12"], start=3), name="whole.csv").is_ready


def test_t45_a_column_of_codes_tells_the_currency_too(uploads):
    text = HEADER.replace("\n", ";currency\n")
    uploads.take(text + "SO-1;C1;2024-03-01;1;CNY\n")
    refusal = uploads.plan(text + "SO-2;C1;2024-03-01;1;USD\n", name="more.csv").refused
    assert refusal.code == "E_OTHER_CURRENCY"
    assert uploads.plan(orders(["5元", "7元"], start=3), name="yuan.csv", anew=True).is_ready


def test_t49_a_million_rows_add_up_to_the_cent(uploads):
    values = ["0.1", "0.2", "0.3", "1234567.89", "-0.7", "1e-2", "99999999.9999"]
    rows = 1_000_000
    path = uploads.file(orders(values[n % len(values)] for n in range(rows)))
    whole, rest = divmod(rows, len(values))
    expected = whole * sum(map(Decimal, values)) + sum(map(Decimal, values[:rest]))
    plan = uploads.plan(path.read_bytes())
    assert plan.records == rows and plan.amount_file == expected
    assert plan.quarantined == plan.rounded == 0
