"""The pictures of the lifecycle: what is drawn is what the rows say, names beside the marks, what a click brings."""

import pandas as pd
import pytest

from crm_analytics.charts import lifecycle as charts
from crm_analytics.charts import style
from crm_analytics.i18n import LANGUAGES, translator
from crm_analytics.metrics import lifecycle
from tests.rows import given, prepared

tr = translator("en")
MODES = ("light", "dark")
ORDERS = """
    customer_id  order_id  ordered_at  amount
    a            1         2026-06-10  10
    a            2         2026-06-30  10
    b            3         2026-05-10  10
    c            4         2026-03-10  10
    d            5         2025-12-01  10
    d            6         2025-12-21  10
"""


@pytest.fixture
def view(db):
    given(db, orders=ORDERS)
    return prepared(db, "2026-06-30")


def words(figure) -> list[str]:
    return [annotation.text for annotation in figure.layout.annotations]


def test_the_areas_are_the_stock_and_are_named_at_the_right(view):
    trend = lifecycle.trend(*view, span=3)
    figure = charts.stock(trend, tr)
    drawn = {each.customdata[-1][1]: list(each.y) for each in figure.data}
    assert drawn == {stage: trend[trend.stage == stage].customers.tolist() for stage in charts.STAGES}
    assert words(figure) == ["<b>Active</b>  1", "<b>Silent</b>  1", "<b>Forgotten</b>  1", "<b>Lost</b>  1"]
    assert [annotation.y for annotation in figure.layout.annotations] == [0.5, 1.5, 2.5, 3.5]
    assert figure.data[0].customdata[-1][:2] == ["2026-06-30", "active"]
    assert [each.fillcolor for each in figure.data] == list(style.LIGHT.stages.values())


def test_the_ribbons_are_the_flows(view):
    flows = lifecycle.flows(*view)
    figure = charts.flow(flows, tr)
    marks = figure.data[-1]
    moved = {(was, now) for was, now, _ in marks.customdata}
    assert moved == {(row.from_stage, row.to_stage) for row in flows.itertuples() if row.customers}
    assert "<b>No order yet</b>  1" in words(figure) and "<b>Lost</b>  1" in words(figure)


def test_the_bars_are_all_customers_and_borders_are_drawn(view):
    days, borders = lifecycle.days(*view), lifecycle.borders(*view)
    figure = charts.since(days, borders, tr)
    assert sum(sum(each.y) for each in figure.data) == 4
    assert [shape.x0 for shape in figure.layout.shapes] == [31, 91, 180]
    assert words(figure) == ["Silent 31", "Forgotten 91", "Lost 180"]
    assert [each.customdata[0][0] for each in figure.data] == list(charts.STAGES)


def test_the_steps_stand_beside_what_goes_on(view):
    ladder = lifecycle.ladder(*view)
    figure = charts.steps(ladder, tr)
    assert list(figure.data[0].y) == [4, 2, 0, 0, 0] and list(figure.data[0].text) == ["4", "2", "0", "0", "0"]
    assert words(figure)[:2] == ["<b>50%</b> →<br>20 days", "<b>0%</b> →"]
    assert list(figure.data[0].customdata[1][:2]) == ["orders", 2]
    assert figure.layout.xaxis.ticktext[-1] == "Order 5+"


def step(kind: str, orders: int, rate: float, *, is_loyal: bool = False, customers: int = 1000) -> dict:
    return {
        "kind": kind, "orders": orders, "customers": customers, "customers_now": 10, "conversion_rate": rate, "median_days": 20.0,
        "observed": 900, "observed_rate": rate, "observed_low": rate - 0.02, "observed_high": rate + 0.02, "is_loyal": is_loyal,
        "within": 180,
    }  # fmt: skip


def test_the_loyalty_point_is_marked_on_its_line_only():
    rates = (0.5, 0.7, 0.9, 0.9, 0.9)
    ladder = pd.DataFrame(
        [
            step(kind, n, rate, is_loyal=n == 3 and kind == "orders")
            for kind in charts.KINDS
            for n, rate in enumerate(rates, 1)
        ]
    )
    figure = charts.going_on(ladder, tr)
    assert words(figure) == ["<b>loyalty point</b>", "<b>All orders</b>", "<b>Satisfying orders</b>"]
    assert figure.layout.annotations[0].x == 3
    assert (
        list(figure.data[0].y) == list(rates) and [round(gap, 3) for gap in figure.data[0].error_y.array] == [0.02] * 5
    )


def test_two_ladders_stand_side_by_side_and_long_counts_fit():
    ladder = pd.DataFrame([step(kind, n, 0.5, customers=827_203 // n) for kind in charts.KINDS for n in range(1, 6)])
    figure = charts.steps(ladder, tr)
    assert len(figure.data) == 2 and (figure.data[0].x < figure.data[1].x).all()
    assert figure.data[0].text[0] == "827 k"


def test_a_day_without_anybody_and_a_company_of_one_can_be_drawn(db):
    given(db, orders="customer_id order_id ordered_at amount\n a 1 2026-06-30 10")
    con, filters = prepared(db, "2026-06-30")
    assert charts.stock(lifecycle.trend(con, filters), tr).layout.yaxis.dtick == 1
    assert charts.since(lifecycle.days(con, filters), lifecycle.borders(con, filters), tr).layout.yaxis.dtick == 1
    ladder = lifecycle.ladder(con, filters)
    assert words(charts.steps(ladder, tr))[1:] == ["", "", ""]
    assert not words(charts.going_on(ladder, tr))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chart_speaks_the_readers_language_and_is_the_same_each_time(view, mode, language):
    said = translator(language)
    rows = (
        lifecycle.trend(*view),
        lifecycle.flows(*view),
        lifecycle.days(*view),
        lifecycle.borders(*view),
        lifecycle.ladder(*view, within=5),
    )

    def drawn():
        trend, flows, days, borders, ladder = rows
        yield charts.stock(trend, said, mode)
        yield charts.flow(flows, said, mode)
        yield charts.since(days, borders, said, mode)
        yield charts.steps(ladder, said, mode)
        yield charts.going_on(ladder, said, mode)

    for figure, again in zip(drawn(), drawn(), strict=True):
        shown = " ".join([*map(str, words(figure)), *map(str, figure.layout.xaxis.ticktext or ())])
        assert language == "en" or not any(word in shown for word in ("Active", "Order", "days", "after"))
        assert figure.to_json() == again.to_json()
