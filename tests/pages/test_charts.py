"""The picture of revenue by month."""

from datetime import date

import pandas as pd

from crm_analytics.charts.overview import revenue_bridge, revenue_by_month, revenue_months
from crm_analytics.i18n import translator

tr = translator("en")


def trend(months: int, in_progress: bool = False) -> pd.DataFrame:
    """Revenue 100, 200, ... over the months up to December 2025."""
    numbers = range(12 * 2026 - months, 12 * 2026)
    rows = [(date(n // 12, n % 12 + 1, 1), "revenue", 100.0 * (i + 1), 1, False) for i, n in enumerate(numbers)]
    frame = pd.DataFrame(rows, columns=["month", "kpi", "value", "n", "in_progress"])
    frame.loc[frame.index[-1:], "in_progress"] = in_progress
    return frame


def test_thirteen_months_beside_the_same_months_a_year_before():
    months = revenue_months(trend(25))
    assert len(months) == 13
    assert list(months.iloc[-1][["value", "year_before"]]) == [2500.0, 1300.0]


def test_without_a_year_before_there_is_no_grey_line():
    assert len(revenue_by_month(revenue_months(trend(6)), tr).data) == 1


def test_an_unfinished_month_stands_alone_and_is_never_the_peak():
    figure = revenue_by_month(revenue_months(trend(6, in_progress=True)), tr, currency="£", last_day=date(2025, 12, 9))
    line, hollow = figure.data
    assert len(line.x) == 5 and hollow.mode == "markers" and len(hollow.x) == 1
    assert [note.text for note in figure.layout.annotations] == ["9 days", "<b>£500</b>"]


def test_one_month_negative_months_and_none_can_be_drawn():
    for months in (trend(1), trend(3).assign(value=-50.0), trend(0)):
        figure = revenue_by_month(revenue_months(months), tr, "dark")
        assert 0 in figure.layout.yaxis.tickvals, "the axis always has zero"


def test_a_currency_that_is_markup_is_shown_as_text():
    figure = revenue_by_month(revenue_months(trend(3)), tr, currency="<a href=x>")
    assert "<a" not in figure.to_json().replace("\\u003c", "<").replace("<b>", "").replace("</b>", "")


def bridge(**changes: float) -> pd.DataFrame:
    """Groups with ten customers each and these changes; unidentified lines have no customers."""
    rows = [(group, None if group == "unidentified" else 10, change) for group, change in changes.items()]
    frame = pd.DataFrame(rows, columns=["group", "customers", "change"])
    return frame.astype({"customers": "Int64", "change": "float64"})


def test_every_bar_of_the_bridge_begins_where_the_last_one_ended():
    bar = revenue_bridge(bridge(new=100, lost=-30, unidentified=5), tr).data[0]
    assert list(bar.base) == [0, 100, 70, 0] and list(bar.x) == [100, -30, 5, 75]
    assert list(bar.customdata) == ["new", "lost", "unidentified", None]
    assert list(bar.y)[:3] == ["New · 10", "Left · 10", "No customer named"]


def test_the_bridge_says_each_change_and_leaves_out_groups_of_nobody():
    rows = bridge(new=1000, adjustments=0).assign(customers=[10, 0]).astype({"customers": "Int64"})
    figure = revenue_bridge(rows, tr, "dark", "£")
    assert [note.text for note in figure.layout.annotations] == ["+£1.00 k", "+£1.00 k"]


def test_a_bridge_of_no_change_can_be_drawn():
    assert revenue_bridge(bridge(kept_less=0), tr).layout.xaxis.range[0] < 0


def test_a_click_on_a_month_tells_which():
    figure = revenue_by_month(revenue_months(trend(25)), tr)
    assert figure.data[1].customdata[-1][2] == "2025-12-01" and figure.data[0].customdata[-1][2] == "2024-12-01"
