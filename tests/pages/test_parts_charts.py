"""The pictures of value and movement: where bars and ribbons stand."""

import pandas as pd
import pytest

from crm_analytics.charts import flows, movement, style, waterfall
from crm_analytics.i18n import translator

tr = translator("en")
NAN = float("nan")


def steps(**amounts: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "step": list(amounts),
            "amount": list(amounts.values()),
            "is_total": [name in ("revenue", "contribution", "profit") for name in amounts],
        }
    )


def moves(*rows: tuple) -> pd.DataFrame:
    """(from, to, customers) with rates of the tier they come from."""
    frame = pd.DataFrame(rows, columns=["from_tier", "to_tier", "customers"])
    rates = frame.customers / frame.groupby("from_tier").customers.transform("sum")
    return frame.assign(rate=rates, low=rates * 0.9, high=rates * 1.1)


def drawing(migration: pd.DataFrame):
    return flows.drawing(movement.buyers(migration), movement.THEN, movement.NOW)


def test_each_cost_hangs_where_the_one_before_ended():
    placed = waterfall.placed(
        steps(revenue=100, cost_of_goods=-60, contribution=40, marketing=-10, overhead=-35, profit=-5)
    )
    assert placed.start.tolist() == [0, 100, 0, 40, 30, 0]
    ends = (placed.start + placed.amount).tolist()
    assert ends == [100, 40, 40, 30, -5, -5], "the last cost ends at the profit"


def test_an_unknown_step_moves_nothing_and_is_said():
    known = steps(revenue=100, cost_of_goods=-60, contribution=40, marketing=NAN, sales=-10, profit=30)
    assert waterfall.placed(known).start.tolist() == [0, 100, 0, 40, 40, 0]
    figure = waterfall.profit(known, tr)
    assert [each.text for each in figure.layout.annotations][3] == tr("pyramid_value.unknown_step")
    assert len(figure.data[0].x) == 5, "no bar for what is not known"


def test_revenue_alone_is_drawn():
    figure = waterfall.profit(steps(revenue=100, cost_of_goods=NAN, contribution=NAN, profit=NAN), tr)
    assert list(figure.data[0].x) == [100]


def test_a_loss_is_red_in_both_themes():
    for mode in ("light", "dark"):
        figure = waterfall.profit(steps(revenue=10, cost_of_goods=-30, contribution=-20, profit=-20), tr, mode)
        red = waterfall.LOSS[mode]
        assert figure.data[0].marker.color[2:] == (red, red) and red not in figure.data[0].marker.color[:2]


def test_the_parts_of_a_kind_of_cost_stand_in_order_of_honesty():
    costs = pd.DataFrame(
        [
            ("marketing", "per_head", "costs", 60.0),
            ("marketing", "direct", "costs", 40.0),
            ("overhead", "revenue", "typed", 50.0),
        ],
        columns=["kind", "key", "source", "amount"],
    )
    figure = waterfall.allocation(costs, tr)
    assert [list(bar.x) for bar in figure.data] == [[40.0, 0.0], [60.0, 0.0], [0.0, 50.0]]
    assert list(figure.data[0].text) == ["Direct 40%", ""]
    assert list(figure.data[2].text) == ["", "By revenue"]


def test_a_return_spans_all_keys_and_unknown_keys_are_left_out():
    ranges = pd.DataFrame(
        [("small", "own", -0.2), ("small", "per_head", -0.6), ("small", "activity", NAN), ("small", "revenue", 0.4)],
        columns=["tier", "key", "roi"],
    )
    span = waterfall.spread(ranges).iloc[0]
    assert (span.own, span.low, span.high) == (-0.2, -0.6, 0.4)
    figure = waterfall.returns(ranges, tr)
    assert sorted(figure.data[-1].x) == [-0.6, -0.2, 0.4]
    assert figure.layout.annotations[0].text == "<b>−0.20</b>  −0.60 … 0.40"


@pytest.mark.parametrize(
    ("value", "text"), [(1.333, "1.33"), (-1, "−1.00"), (13.64, "13.6"), (137.2, "137"), (NAN, "–")]
)
def test_a_return_in_words(value, text):
    assert waterfall.ratio(value) == text


def test_whoever_had_not_bought_is_one_bar_and_who_never_did_is_none():
    found = movement.buyers(
        moves(("new", "small", 3), ("prospect", "small", 2), ("prospect", "prospect", 9), ("top", "top", 1))
    )
    assert found.set_index(["was", "now"]).customers.to_dict() == {("outside", "small"): 5, ("top", "top"): 1}


def test_bars_fill_the_height_as_the_square_root_of_their_customers():
    then, now, _ = drawing(moves(("top", "top", 1), ("small", "small", 8), ("small", "top", 1)))
    heights = [bar.bottom - bar.top for bar in then]
    assert heights[1] / heights[0] == pytest.approx(3), "nine small customers beside one at the top"
    assert sum(heights) + flows.GAP == pytest.approx(1)
    assert [(bar.group, bar.customers) for bar in now] == [("top", 2), ("small", 8)]


def test_ribbons_share_each_bar_by_their_customers():
    then, now, ribbons = drawing(moves(("top", "top", 3), ("top", "small", 1), ("small", "small", 6)))
    for side, bars in (("left", then), ("right", now)):
        for bar in bars:
            end = "was" if side == "left" else "now"
            stretches = sorted(getattr(ribbon, side) for ribbon in ribbons if getattr(ribbon, end) == bar.group)
            assert stretches[0][0] == pytest.approx(bar.top) and stretches[-1][1] == pytest.approx(bar.bottom)
            assert all(a[1] == pytest.approx(b[0]) for a, b in zip(stretches, stretches[1:])), "no gap, no overlap"
    stays = next(ribbon for ribbon in ribbons if (ribbon.was, ribbon.now) == ("top", "top"))
    assert stays.left[1] - stays.left[0] == pytest.approx(0.75 * (then[0].bottom - then[0].top))


def test_every_ribbon_can_be_clicked():
    figure = movement.sankey(moves(("top", "top", 3), ("top", "small", 1)), tr)
    marks = figure.data[-1]
    assert {tuple(mark[:2]) for mark in marks.customdata} == {("top", "top"), ("top", "small")}
    assert len(marks.x) == 2 * len(flows.MARKED) and all(0 < x < 1 for x in marks.x)


def test_the_matrix_says_rate_customers_and_interval_and_leaves_out_empty_layers():
    frame = moves(("top", "top", 3), ("top", "small", 1), ("small", "small", 0), ("new", "small", 2))
    assert movement.axes(frame) == (["top", "new"], ["top", "small"])
    texts = [each.text for each in movement.matrix(frame, tr).layout.annotations]
    assert texts == ["<b>75%</b><br>3<br>68–82", "<b>25%</b><br>1<br>22–28", "<b>100%</b><br>2<br>90–110"]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_shade_goes_from_pale_to_deep_and_its_ink_can_be_read(mode):
    shades = [style.shade(rate / 20, mode) for rate in range(21)]
    assert (shades[0], shades[10], shades[20]) == style.palette(mode).counts
    light = [style._luminance(shade) for shade in shades]
    assert light == sorted(light, reverse=mode == "light")
    for shade in shades:
        pair = sorted((style._luminance(shade), style._luminance(style.ink_on(shade))))
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4


def test_words_of_a_tier_that_always_loses_stand_right_of_zero():
    ranges = pd.DataFrame(
        {"tier": ["top", "top", "small", "small"], "key": ["own", "revenue"] * 2, "roi": [-3.0, -1.0, -0.5, 2.0]}
    )
    assert [(each.x, each.text) for each in waterfall.returns(ranges, tr).layout.annotations] == [
        (0.0, "<b>−3.00</b>  −3.00 … −1.00"),
        (2.0, "<b>−0.50</b>  −0.50 … 2.00"),
    ]


def test_a_relationship_without_interval_is_a_dot():
    relations = pd.DataFrame(
        {
            "tier": ["top", "small"],
            "tenure_years_median": [2.5, 1.0],
            "tenure_low": [None, 0.5],
            "tenure_high": [None, 1.5],
        }
    )
    figure = movement.tenure(relations, tr)
    assert [list(line.x) for line in figure.data[:2]] == [[2.5, 2.5], [0.5, 1.5]]
    assert list(figure.data[-1].x) == [2.5, 1.0]


def test_a_han_character_is_as_wide_as_high():
    assert style.width("顶级客户") == round(13 * 4 * 1.02) and style.width("<b>ab</b>") == round(13 * 2 * 0.58)
