"""Numbers and dates as the reader writes them."""

from datetime import date

import pytest

from crm_analytics import formats


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (2_360_000, "£2.36 M", "£236万"),
        (9_370_259.48, "£9.37 M", "£937万"),
        (123_456_789, "£123 M", "£1.23亿"),
        (56_200, "£56.2 k", "£5.62万"),
        (999_999, "£1.00 M", "£100万"),
        (632, "£632", "£632"),
        (-7_273, "−£7.27 k", "−£7,273"),
        (0.05, "£0.05", "£0.05"),
        (0, "£0", "£0"),
        (None, "–", "–"),
        (float("nan"), "–", "–"),
    ],
)
def test_money_has_three_significant_digits(value, english, chinese):
    assert formats.money(value, "en", "GBP") == english
    assert formats.money(value, "zh-Hans", "£") == chinese


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        (2_360_000, "TWD", "NT$236萬"),
        (123_456_789, "HKD", "HK$1.23億"),
        (56_200, "元", "5.62萬元"),
        (7_273, "NT$", "NT$7,273"),
        (-99_999_999, "TWD", "−NT$1.00億"),
    ],
)
def test_money_in_traditional_chinese_counts_in_its_own_characters(value, currency, text):
    assert formats.money(value, "zh-Hant", currency) == text


def test_an_axis_in_traditional_chinese_has_round_amounts():
    assert formats.money_round(1_500_000, "zh-Hant", "TWD") == "NT$150萬"
    assert formats.money_round(200_000_000, "zh-Hant", "元") == "2億元"


@pytest.mark.parametrize(
    ("currency", "text"), [("", "8.20"), ("$", "$8.20"), ("USD", "$8.20"), ("元", "8.20元"), ("SEK", "SEK 8.20")]
)
def test_the_currency_stands_where_its_readers_put_it(currency, text):
    assert formats.money(8.2, "en", currency) == text


def test_exact_money_keeps_the_cents():
    assert formats.money_exact(9747747.933, "£") == "£9,747,747.93"
    assert formats.money_exact(-0.5) == "−0.50"


def test_shares_and_points():
    assert formats.percent(0.876) == "87.6%"
    assert formats.percent(-0.021) == "−2.1%"
    assert formats.percent(-0.0001) == "0.0%", "a rounded zero has no sign"
    assert formats.points(0.014) == "1.4"


def test_a_change_has_an_ascii_sign_for_streamlit():
    assert formats.delta(-0.006, "−0.6 pt") == "-0.6 pt"
    assert formats.delta(0.014, "1.4 pt") == "+1.4 pt"
    assert formats.delta(0.0001, "0.0 pt") == "0.0 pt"
    assert formats.delta(None, "") == "–"


def test_dates_in_each_language():
    when = date(2011, 12, 9)
    assert formats.day(when) == "9 Dec 2011"
    assert formats.day(when, "zh-Hans") == "2011年12月9日"
    assert formats.day(when, "zh-Hans", short=True) == "2011-12-09"
    assert formats.month(when, "zh-Hans") == "12月"
    assert formats.day(date(2026, 10, 31), "zh-Hant") == "2026年10月31日"
    assert formats.day(date(2026, 10, 31), "zh-Hant", short=True) == "2026-10-31"
    assert formats.month(when, "zh-Hant", long=True, year=True) == "2011年12月"
    assert formats.month(when, long=True, year=True) == "December 2011"
    assert formats.day(None) == "–"


def test_counts_lists_and_sizes():
    assert formats.count(123456) == "123,456"
    assert formats.listed(["a", "b", "c", "d"]) == "a, b +2"
    assert formats.listed(["甲", "乙", "丙"], language="zh-Hant") == "甲、乙 +1"
    assert formats.together(["One.", "Two."]) == "One. Two."
    assert formats.together(["甲。", "乙。"], "zh-Hant") == "甲。乙。"
    assert formats.with_unit("Lost", "%") == "Lost (%)"
    assert formats.with_unit("流失率", "%", "zh-Hant") == "流失率（%）"
    assert formats.labelled("Region", "North") == "Region: North"
    assert formats.labelled("地区", "华北", "zh-Hans") == "地区：华北"
    assert formats.size(41_200_000) == "41.2 MB"
    assert formats.number(12.345) == "12.3"
