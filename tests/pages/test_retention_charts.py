"""The pictures of the Retention screen: cells and their stripes, bands, labels apart, what a mark carries."""

import pandas as pd
import pytest

from crm_analytics.charts import retention, returning, style
from crm_analytics.i18n import translator

tr = translator("en")
COHORTS = pd.DataFrame(
    [
        ("2026-01-01", 0, 10, 10, 1.0, 5, 100.0, False, "first_month"), ("2026-01-01", 1, 10, 9, 0.9, 9, 90.0, False, "first_month"),
        ("2026-01-01", 2, 10, 1, 0.1, 1, 9.0, True, "first_month"),
        ("2026-02-01", 0, 20, 20, 1.0, 20, 200.0, False, None), ("2026-02-01", 1, 20, 0, 0.0, 0, 0.0, True, None),
        ("2026-03-01", 0, 5, 5, 1.0, 5, 50.0, True, None),
    ],
    columns=["cohort_month", "months_since_first", "customers", "active", "rate", "orders", "revenue", "in_progress", "note"],
).assign(low=0.1, high=0.9)  # fmt: skip
CURVES = pd.DataFrame(
    [(None, day, day / 100, 50 - day // 2, 1) for day in range(0, 91, 10)] + [("a", day, day / 90, 20, 1) for day in range(0, 91, 10)],
    columns=["group", "days", "returned_rate", "at_risk", "events"],
).assign(low=lambda f: f.returned_rate * 0.9, high=lambda f: f.returned_rate * 1.05)  # fmt: skip


def test_a_row_per_cohort_a_column_per_month_and_nothing_ahead():
    bars = retention.heatmap(COHORTS, tr).data[0]
    assert list(zip(bars.x, [round(base + 0.5) for base in bars.base])) == [
        (0, 0),
        (1, 0),
        (2, 0),
        (0, 1),
        (1, 1),
        (0, 2),
    ]
    assert list(bars.text) == ["100%", "90%", "10%", "100%", "0%", "100%"]
    assert [mark[:2] for mark in bars.customdata][2] == ["2026-01", "2026-03"]


def test_the_month_in_progress_is_striped_and_said():
    bars = retention.heatmap(COHORTS, tr).data[0]
    assert list(bars.marker.pattern.shape) == ["", "", "/", "", "/", "/"]
    assert "so far" in bars.customdata[2][2] and "so far" not in bars.customdata[1][2]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_ink_has_contrast_and_month_zero_is_no_colour(mode):
    bars = retention.heatmap(COHORTS, tr, mode).data[0]
    assert [style.ink_on(fill) for fill in bars.marker.color] == list(bars.insidetextfont.color)
    assert bars.marker.color[0] == style.palette(mode).grid != bars.marker.color[1]


@pytest.mark.parametrize("shown, text", [("orders", "9"), ("revenue", "90")])
def test_orders_and_revenue_are_written_as_such(shown, text):
    assert retention.heatmap(COHORTS, tr, shown=shown).data[0].text[1] == text


def test_the_first_month_has_a_star_and_each_row_its_customers():
    assert retention.heatmap(COHORTS, tr).layout.yaxis.ticktext[0] == "Jan 2026*  <b>10</b>"


def test_a_narrow_cell_has_the_number_alone():
    long = pd.concat([COHORTS.iloc[[1]].assign(months_since_first=n) for n in range(25)])
    assert set(retention.heatmap(long, tr).data[0].text) == {"90"}
    assert retention.heatmap(long, tr, shown="revenue").data[0].text is None


def test_many_columns_write_no_shares():
    long = pd.concat([COHORTS.iloc[[0]].assign(months_since_first=n) for n in range(40)])
    assert retention.heatmap(long, tr).data[0].text is None


def test_a_handful_of_customers_has_no_colour_for_its_share():
    few = COHORTS.assign(customers=[10, 10, 10, 9, 9, 5])
    grid = style.LIGHT.grid
    assert [fill == grid for fill in retention.heatmap(few, tr).data[0].marker.color] == [
        True,
        False,
        False,
        True,
        True,
        True,
    ]
    assert retention.heatmap(few, tr, shown="orders").data[0].marker.color[4] != grid


def test_all_in_month_zero_alone_has_a_picture():
    assert retention.heatmap(COHORTS.iloc[[5]], tr).data[0].text[0] == "100%"
    assert retention.heatmap(COHORTS.iloc[[0, 2]], tr, shown="revenue").data[0].text is not None


def test_labels_at_the_ends_stand_apart_and_inside():
    names = {None: "All", "a": "<i>A</i>"}
    colours = returning.colours_of(list(names), "light")
    figure = returning.survival(CURVES, names, colours, 90, tr)
    ends = sorted(note.y for note in figure.layout.annotations)
    assert ends[1] - ends[0] >= 0.05 and ends[1] <= figure.layout.yaxis.range[1] + 1e-9
    assert "&lt;i&gt;" in "".join(note.text for note in figure.layout.annotations)
    steps = [trace for trace in figure.data if trace.customdata is not None]
    assert {trace.line.shape for trace in steps} == {"hv"} and steps[1].customdata[0][1] == "a"


def test_groups_keep_the_colours_they_have_everywhere():
    found = returning.colours_of([None, "top", "x"], "dark", style.DARK.tiers)
    assert found["top"] == style.DARK.tiers["top"] and found[None] == style.DARK.ink


def test_a_long_curve_is_thinned_but_keeps_its_ends():
    days = range(2001)
    long = pd.DataFrame(
        {
            "group": None,
            "days": days,
            "returned_rate": [day / 2500 for day in days],
            "low": 0.0,
            "high": 1.0,
            "at_risk": 9,
        }
    )
    line = returning.survival(long, {None: "All"}, returning.colours_of([None], "light"), 2000, tr).data[-1]
    assert len(line.x) <= returning.MOST_POINTS + 1 and (line.x[0], line.x[-1]) == (0, 2000)


def test_the_chosen_window_is_marked_on_the_curve():
    own = pd.DataFrame(
        {"window_days": [30, 60], "rate": [0.2, 0.4], "n": [9, 5], "low": [0.1, 0.2], "high": [0.3, 0.6]}
    )
    marked = {
        days: [note.text for note in returning.curve(own, own.iloc[:0], days, tr).layout.annotations]
        for days in (30, 60)
    }
    assert "<b>20%</b>" in marked[30] and "<b>40%</b>" not in marked[60], "the end of the line says it"
    nobody = own.assign(rate=float("nan"))
    assert not returning.curve(nobody, nobody, 60, tr).layout.annotations


def test_the_bar_without_end_is_grey_and_quantiles_are_lines():
    bars = pd.DataFrame({"from_days": [1, 8, 15], "to_days": pd.array([7, 14, None], "Int64"), "gaps": [6, 3, 1], "share": [0.6, 0.3, 0.1],
                         "cumulative_share": [0.6, 0.9, 1.0]})  # fmt: skip
    figure = returning.gaps(bars, {"half": 5.0}, tr)
    assert list(figure.data[0].marker.color) == [style.LIGHT.primary] * 2 + [style.LIGHT.muted]
    assert [shape.x0 for shape in figure.layout.shapes] == [5.0]
    assert "15 days and more" in figure.data[0].customdata[2]
