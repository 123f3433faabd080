"""The pictures of segments: where areas lie, what their words and marks say."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_analytics.charts import segments as charts
from crm_analytics.charts import style
from crm_analytics.i18n import translator
from crm_analytics.rfm import GROUPS, SEGMENTS

tr = translator("en")
NAMES = {code: tr(f"segment_names.{code}") for code in (*SEGMENTS, *GROUPS)}
NAN = float("nan")


def summary(**customers: int) -> pd.DataFrame:
    whole = max(1, sum(customers.values()))
    rows = [(code, n, n / whole, n / whole) for code, n in customers.items()]
    return pd.DataFrame(rows, columns=["segment", "customers", "share", "revenue_share"])


@given(st.dictionaries(st.sampled_from(list(SEGMENTS)), st.integers(0, 10**6), min_size=1))
def test_areas_are_as_large_as_their_customers_and_fill_the_whole(customers):
    found, whole = charts.areas(customers), sum(customers.values())
    assert {area.segment for area in found} == {code for code, n in customers.items() if n}
    for area in found:
        assert area.width * area.height == pytest.approx(customers[area.segment] / whole, abs=1e-9)
        assert min(area.x, area.y) >= -1e-9
        assert max(area.x + area.width, area.y + area.height) <= 1 + 1e-9
    for one in found:
        for other in found:
            if one.segment != other.segment:
                wide = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
                high = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
                assert wide <= 1e-9 or high <= 1e-9, "no two overlap"


def test_a_small_area_says_less_and_every_area_can_be_clicked():
    found = summary(HHH=1500, LLL=900, LHL=4)
    figure = charts.treemap(found, NAMES, tr)
    texts = [each.text for each in figure.layout.annotations]
    assert texts == [
        "<b>Champions</b><br>1,500 customers<br>62.4% of revenue",
        "<b>Lost small</b><br>900 customers<br>37.4% of revenue",
    ]
    marks = figure.data[-1]
    assert {mark[0] for mark in marks.customdata} == {"HHH", "LLL", "LHL"}
    assert len(figure.layout.shapes) == 3


def test_without_revenue_an_area_says_its_customers():
    found = summary(HHH=5, LLL=1).assign(revenue_share=NAN)
    assert charts.treemap(found, NAMES, tr).layout.annotations[1].text.endswith("1 customer")


def test_a_name_that_is_markup_is_shown_as_text():
    figure = charts.treemap(summary(HHH=5), NAMES | {"HHH": "<a href=x>b</a>"}, tr)
    assert "<a" not in figure.to_json().replace("\\u003c", "<").replace("<b>", "")


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("scheme", ["segments", "groups"])
def test_ink_can_be_read_on_every_colour(mode, scheme):
    colours = getattr(style.palette(mode), scheme)
    assert set(colours) == set(SEGMENTS if scheme == "segments" else GROUPS)
    assert len(set(colours.values())) == len(colours)
    for colour in colours.values():
        pair = sorted((style._luminance(colour), style._luminance(style.ink_on(colour))))
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4


def grid(**cells: int) -> pd.DataFrame:
    """r5f1=3: three customers with R 5 and F 1; all other cells empty."""
    rows = [(r, f, cells.get(f"r{r}f{f}", 0)) for r in range(5, 0, -1) for f in range(1, 6)]
    frame = pd.DataFrame(rows, columns=["r", "f", "customers"])
    return frame.assign(share=frame.customers / max(1, frame.customers.sum()), revenue_share=NAN)


def bands(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["dimension", "score", "customers", "lowest", "highest", "is_high"])


def test_the_map_says_counts_what_the_best_score_means_and_where_high_begins():
    known = bands(
        ("r", 1, 2, 40, 90, False), ("r", 4, 3, 0, 12, True), ("f", 1, 2, 1, 1, False), ("f", 5, 3, 6, 9, True)
    )
    figure = charts.heat_map(grid(r4f5=3, r1f1=2), known, tr)
    assert sorted(each.text for each in figure.layout.annotations) == ["<b>2</b>", "<b>3</b>"]
    assert figure.layout.xaxis.title.text == "Frequency score (5 = 6 orders or more)"
    assert figure.layout.yaxis.title.text == "Recency score (4 = bought in the last 12 days)"
    lines = [(line.x0, line.x1, line.y0, line.y1) for line in figure.layout.shapes if line.type == "line"]
    assert lines == [(4.5, 4.5, 0.5, 5.5), (0.5, 5.5, 3.5, 3.5)]
    marks = figure.data[-1]
    assert {tuple(mark[:2]) for mark in marks.customdata} == {(r, f) for r in range(1, 6) for f in range(1, 6)}
    assert all(round(x) == mark[1] and y == mark[0] for x, y, mark in zip(marks.x, marks.y, marks.customdata))


def test_a_company_of_nobody_and_of_one_can_be_drawn():
    for cells, known in ((grid(), bands()), (grid(r1f1=1), bands(("r", 1, 1, 5, 5, False), ("f", 1, 1, 1, 1, False)))):
        figure = charts.heat_map(cells, known, tr, "dark")
        assert not [line for line in figure.layout.shapes if line.type == "line"], "nothing is high"
    assert charts.areas({}) == [] and not charts.treemap(summary(), NAMES, tr).layout.shapes


def test_moves_between_segments_are_ribbons_and_cells():
    names = NAMES | {"lapsed": "No order in the window", "new_buyer": "Not yet buying"}
    names = {code: names[code] for code in (*SEGMENTS, "lapsed", "new_buyer")}
    frame = pd.DataFrame(
        [
            ("HHH", "LLH", "moved", 3),
            ("new_buyer", "HHH", "entered", 2),
            ("lapsed", "lapsed", None, 9),
            ("HLL", "HLL", "stayed", 0),
        ],
        columns=["from_segment", "to_segment", "flow", "customers"],
    ).assign(rate=1.0, low=0.5, high=1.0)
    marks = charts.sankey(frame, names, tr).data[-1].customdata
    assert {tuple(mark[:2]) for mark in marks} == {("HHH", "LLH"), ("new_buyer", "HHH")}
    figure = charts.matrix(frame, names, tr)
    assert list(figure.layout.xaxis.ticktext) == ["Champions", "Lost big", "No order in the window"]
    assert len(figure.layout.annotations) == 3


def test_a_head_is_broken_where_its_column_is_narrow():
    assert charts._head("Potential loyalists", 58) == "Potential<br>loyalists"
    assert charts._head("潜在忠诚客户", 58) == "潜在忠诚<br>客户"
    assert (
        charts._head("一般挽留/无意向", 58) == "一般挽留/<br>无意向"
        and charts._head("有流失风险", 58) == "有流失<br>风险"
    )
    assert charts._head("New", 58) == "New" and charts._head("Hibernating", 58) == "Hibernating", (
        "no word is torn apart"
    )
