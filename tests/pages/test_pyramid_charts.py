"""The drawn pyramid and the curves of concentration: geometry, words in place of zeros, losses, clicks."""

import pandas as pd
import pytest

from crm_analytics.charts import concentration, style
from crm_analytics.charts.pyramid import BORDER, BUYING, GAP, LAYERS, TIERS, WAITING, border, drawing, geometry, rows
from crm_analytics.i18n import translator

tr = translator("en")
COLUMNS = ["tier", "customers", "customer_share", "revenue", "revenue_share", "contribution", "profit", "profit_share"]


def tiers(*found, **changes) -> pd.DataFrame:
    """The layers of the worked example: 1000 active, shares 40 / 25 / 15 / 20 %; `changes`: column -> value by tier."""
    rows = found or (
        ("top", 10, 0.01, 4000.0, 0.40, 1600.0, 920.0, 1.15),
        ("big", 40, 0.04, 2500.0, 0.25, 1000.0, 400.0, 0.50),
        ("medium", 150, 0.15, 1500.0, 0.15, 600.0, 20.0, 0.025),
        ("small", 800, 0.80, 2000.0, 0.20, 800.0, -140.0, -0.175),
        ("inactive", 30, None, 0.0, None, 0.0, -400.0, -0.50),
        ("prospect", 20, None, 0.0, None, 0.0, 0.0, 0.0),
        ("suspect", 0, None, 0.0, None, 0.0, 0.0, 0.0),
    )
    frame = pd.DataFrame(rows, columns=COLUMNS).assign(revenue_before=0.0, converted_rate=float("nan"))
    for column, values in changes.items():
        for tier, value in values.items():
            frame.loc[frame.tier == tier, column] = value
    return frame


def without_profit() -> pd.DataFrame:
    return tiers().assign(profit=float("nan"), profit_share=float("nan"))


def told(figure) -> str:
    return " | ".join(note.text for note in figure.layout.annotations)


def test_heights_and_gaps_are_those_of_the_design():
    layers = geometry()
    whole = 4 * BUYING + 3 * WAITING + 5 * GAP + BORDER
    assert [layer.tier for layer in layers] == list(LAYERS)
    assert layers[0].top == 0 and layers[-1].bottom == pytest.approx(1)
    heights = [layer.bottom - layer.top for layer in layers]
    assert heights == pytest.approx([BUYING / whole] * 4 + [WAITING / whole] * 3)
    gaps = [below.top - above.bottom for above, below in zip(layers, layers[1:])]
    assert gaps == pytest.approx([GAP / whole] * 3 + [BORDER / whole] + [GAP / whole] * 2)


def test_both_sides_are_one_straight_line():
    assert all((layer.half_top, layer.half_bottom) == (layer.top, layer.bottom) for layer in geometry())


def test_the_dotted_line_lies_between_buying_and_not_buying():
    small, inactive = geometry()[3:5]
    assert small.bottom < border() < inactive.top
    assert border(TIERS) is None and geometry(TIERS)[-1].bottom == pytest.approx(1)


def test_rows_say_place_count_share_and_amount():
    top, *_, inactive, prospect, suspect = rows(tiers(), tr, "GBP")
    assert (top.name, top.place, top.count) == ("Top", "first 1%", "10")
    assert (top.revenue_share, top.revenue_amount, top.profit_share) == ("40.0%", "£4.00 k", "115%")
    assert top.revenue == 1, "the longest bar"
    assert (inactive.revenue, inactive.revenue_share) == (None, "") and inactive.is_loss
    assert suspect.count == "–" and suspect.is_unknown and suspect.profit is None, "nobody is known: no zero"
    assert not prospect.is_unknown


def test_profits_share_one_scale_of_gains_and_losses():
    lengths = {row.tier: row.profit for row in rows(tiers(), tr)}
    assert lengths["top"] - lengths["inactive"] == pytest.approx(1)
    assert lengths["small"] == pytest.approx(-140 / 1320)


def test_shares_typed_in_settings_are_the_places():
    assert [row.place for row in rows(tiers(), tr, shares=(0.005, 0.045, 0.2))][:4] == [
        "first 0.5%", "next 4.5%", "next 20%", "other 75%",
    ]  # fmt: skip


def test_what_a_layer_without_revenue_is():
    found = tiers(revenue_before={"inactive": 412000.0}, converted_rate={"prospect": 0.061})
    notes = {row.tier: row.note for row in rows(found, tr, "GBP")}
    assert notes["inactive"] == "bought £412 k the year before" and notes["prospect"] == "6.1% became customers"
    assert notes["suspect"] == tr("pyramid.empty_suspect") and notes["top"] == ""
    assert {row.tier: row.note for row in rows(found, tr, "GBP", months=6)}[
        "inactive"
    ] == "£412 k in the 6 months before"
    few = rows(tiers(customers={"big": 0}, revenue_share={"big": 0.0}), tr)[1]
    assert few.note == tr("pyramid.empty_tier") and few.revenue is None and few.revenue_share == ""


def test_where_nobody_buys_no_layer_is_called_too_small():
    nobody = tiers(customers=dict.fromkeys((*TIERS, "inactive"), 0), revenue_share=dict.fromkeys(TIERS))
    assert {row.note for row in rows(nobody, tr)[:5]} == {tr("pyramid.empty_nobody")}
    assert drawing(nobody, tr).data


def test_a_layer_nobody_chosen_is_in_says_so_and_is_a_true_zero():
    found = rows(tiers(customers={"top": 0}), tr, is_chosen=True)
    assert (found[0].note, found[-1].note) == (tr("pyramid.empty_chosen"),) * 2
    assert found[-1].count == "0" and not found[-1].is_unknown


def test_losses_are_red_and_gains_in_the_colour_of_their_tier():
    figure = drawing(tiers(), tr, "light")
    bars = [shape.fillcolor for shape in figure.layout.shapes if shape.type == "rect"]
    assert bars.count("#B3261E") == 2, "small and inactive"
    assert bars.count(style.LIGHT.tiers["top"]) == 2, "revenue and profit of the top"


def test_without_profits_the_column_says_what_it_wants_and_no_zero():
    figure = drawing(without_profit(), tr, wants="bring <costs>\nor type them")
    assert "bring &lt;costs&gt;<br>or type them" in told(figure)
    assert "0%" not in told(figure).replace("10%", "").replace("80%", "").replace(".0%", "")
    assert sum(shape.type == "rect" for shape in figure.layout.shapes) == 4, "revenue only"


def test_a_company_that_loses_shows_amounts_without_shares():
    loss = tiers(profit=dict.fromkeys(TIERS, -100.0)).assign(profit_share=float("nan"))
    figure = drawing(loss, tr, currency="GBP")
    assert "<b>−£100</b>" in told(figure) and tr("pyramid.head_profit_amount") in told(figure)


def test_each_layer_with_customers_can_be_clicked_and_says_so():
    marks = drawing(tiers(), tr).data[-1]
    assert {mark[0] for mark in marks.customdata} == set(LAYERS) - {"suspect"}
    assert marks.marker.opacity == 0 and marks.unselected.marker.opacity == 0
    assert tr("pyramid.click") in marks.hovertemplate


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_layers_lie_in_one_triangle_and_nothing_is_written_in_it(mode, language):
    figure = drawing(tiers(), translator(language), mode)
    filled = [trace for trace in figure.data if trace.fill == "toself"]
    for trace in filled:
        assert all(abs(x - 37.5) <= 16.5 * y + 1e-9 for x, y in zip(trace.x, trace.y))
    assert all(note.x <= 19.4 or note.x >= 57 for note in figure.layout.annotations)


def test_an_empty_layer_is_an_outline():
    figure = drawing(tiers(), tr)
    hollow = [trace for trace in figure.data if trace.fill == "toself" and trace.line.dash == "dot"]
    assert len(hollow) == 1 and hollow[0].line.color == style.LIGHT.tiers["suspect"]


def test_a_currency_that_is_markup_is_shown_as_text():
    assert "<a" not in told(drawing(tiers(), tr, currency="<a href=x>"))


POINTS = pd.DataFrame(
    [(0.0, 0.0, 0.0, None), (0.01, 0.4, 0.7, "top"), (0.05, 0.65, 1.2, "big"), (0.2, 0.8, 1.4, "medium"), (1.0, 1.0, 1.0, "small")],
    columns=["customers_share", "revenue_share", "profit_share", "marker"],
)  # fmt: skip


def test_half_of_the_revenue_is_read_off_the_curve():
    assert concentration.reached(POINTS, 0.4) == pytest.approx(0.01)
    assert concentration.reached(POINTS, 0.525) == pytest.approx(0.03), "half way from 40 to 65 %"


def test_the_curve_changes_colour_where_a_tier_ends():
    figure = concentration.lorenz(POINTS, tr, "dark")
    lines = {trace.line.color: (trace.x[0], trace.x[-1]) for trace in figure.data if trace.line.width == 3}
    assert lines == {
        style.DARK.tiers[tier]: part for tier, part in zip(TIERS, ((0, 0.01), (0.01, 0.05), (0.05, 0.2), (0.2, 1)))
    }
    assert [note.text[:10] for note in figure.layout.annotations] == ["<b>40%</b>", "<b>65%</b>", "<b>80%</b>"]


def test_tiers_nobody_is_in_have_no_line():
    few = POINTS[POINTS.marker.isna() | POINTS.marker.isin(["top", "small"])]
    assert sum(trace.line.width == 3 for trace in concentration.lorenz(few, tr).data) == 2


def test_the_whale_curve_says_its_height_and_what_is_lost_again():
    assert told(concentration.whale(POINTS, tr)) == "<b>140%</b> | <b>−40%</b>"
    even = POINTS.assign(profit_share=POINTS.revenue_share)
    assert told(concentration.whale(even, tr)) == ""


def test_a_whale_far_above_the_whole_keeps_a_readable_axis():
    steep = POINTS.assign(profit_share=[0.0, 4.0, 7.0, 12.0, 1.0])
    assert 3 <= len(concentration.whale(steep, tr).layout.yaxis.tickvals) <= 8
