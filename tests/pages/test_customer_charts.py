"""The pictures of one customer's page."""

from datetime import date

import pandas as pd

from crm_analytics.charts import customer as charts
from crm_analytics.i18n import translator

tr = translator("en")


def months(*revenue: float) -> pd.DataFrame:
    every = pd.date_range("2026-01-01", periods=len(revenue), freq="MS")
    return pd.DataFrame({"month": every, "revenue": revenue, "orders": 1})


def test_the_month_that_is_not_over_is_hollow():
    bars = charts.months(months(5, 6, 7), tr, last_day=date(2026, 3, 20)).data[0]
    assert list(bars.marker.line.width)[-3:] == [0, 0, 2]
    over = charts.months(months(5, 6, 7), tr, last_day=date(2026, 3, 31)).data[0]
    assert set(over.marker.line.width) == {0}


def test_a_short_history_stands_among_empty_months():
    bars = charts.months(months(5), tr).data[0]
    assert len(bars.x) == 6 and sum(bars.y) == 5


def test_a_long_history_shows_its_last_36_months_with_a_dozen_labels():
    figure = charts.months(months(*range(60)), tr)
    assert len(figure.data[0].x) == 36 and len(figure.layout.xaxis.tickvals) <= 13


def test_the_seventh_purchase_and_those_after_it_are_one_bar():
    found = pd.DataFrame({"value": [*"abcdefg", None], "revenue": [8.0, 7, 6, 5, 4, 3, 2, 1], "share": [1 / 8] * 8})
    figure = charts.purchases(found, tr)
    assert list(figure.data[0].x) == [8, 7, 6, 5, 4, 3, 3]
    assert figure.layout.yaxis.ticktext[-1] == "2 others"


def test_a_value_that_is_markup_stays_text():
    found = pd.DataFrame({"value": ["<b>x</b>"], "revenue": [1.0], "share": [1.0]})
    assert charts.purchases(found, tr).layout.yaxis.ticktext == ("&lt;b&gt;x&lt;/b&gt;",)


def test_a_tier_is_named_where_it_changes():
    found = pd.DataFrame(
        {
            "day": [date(2025, 12, 31), date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30)],
            "revenue": [0.0, 10, 20, 90],
            "tier": [None, "small", "small", "top"],
        }
    )
    assert list(charts.history(found, tr).data[0].text) == ["", tr("tiers.small"), "", tr("tiers.top")]
