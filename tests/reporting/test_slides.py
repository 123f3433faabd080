"""Decks: native charts whose workbooks hold the metrics' numbers, the pyramid as shapes, in every language, nothing cut off."""

import io
import re

import openpyxl
import pytest
from pptx import Presentation
from pptx.util import Emu, Inches

from crm_analytics.charts import style
from crm_analytics.charts.pyramid import LAYERS, TIERS, geometry
from crm_analytics.i18n import translator
from crm_analytics.reporting.drawn import darker
from crm_analytics.reporting.measured import measure
from crm_analytics.reporting.pyramid_slides import pyramid_deck
from crm_analytics.reporting.whatif_slides import scenario_deck
from tests.reporting.conftest import TRANSLATED
from tests.reporting.formulas import recomputed

LOSS = "B3261E"
HOSTILE = "<b>=cmd|' /C'!A1\x0b</b> & " + "Söhne " * 40


def opened(data: bytes):
    return Presentation(io.BytesIO(data))


def charts(deck) -> list:
    return [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]


def workbook(chart, *, values: bool = True):
    """The sheet inside a chart."""
    return openpyxl.load_workbook(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob), data_only=values).active


def columns(chart) -> dict[str, list]:
    """Header -> values of the workbook inside a chart."""
    return {str(column[0].value): [cell.value for cell in column[1:]] for column in workbook(chart).columns}


def leaves(shapes):
    """Every shape, those of groups too."""
    for shape in shapes:
        yield from leaves(shape.shapes) if shape.shape_type == 6 else [shape]


def texts(slide) -> list[str]:
    """Every text of a slide, of tables and charts too."""
    found = [shape.text_frame.text for shape in leaves(slide.shapes) if shape.has_text_frame]
    for shape in slide.shapes:
        if shape.has_table:
            found += [cell.text for row in shape.table.rows for cell in row.cells]
        if shape.has_chart:
            found += [plot_text for plot in shape.chart.plots for plot_text in map(str, plot.categories)]
            found += [series.name for plot in shape.chart.plots for series in plot.series]
    return found


@pytest.fixture
def pyramid(facts, frames):
    return opened(pyramid_deck(facts(), **frames))


@pytest.fixture
def scenario_of(facts, scenario):
    return opened(scenario_deck(facts(), **scenario))


def test_a_slide_for_each_part_with_a_finding_as_title(pyramid):
    assert [slide.shapes.title.text_frame.text for slide in pyramid.slides] == [
        "1% of customers bring 40% of revenue.",
        "Most comes back from top customers: 4.6 of profit for each 1 of marketing, sales and service",
        "£800 k of £10.0 M remain as profit",
        "However costs are spread, top customers return 0.4 to 57.8 for each 1 spent",
        "Half of all revenue comes from 2.6% of customers",
        "3 customers moved up, 4 moved down, 50 entered and 100 left",
        "Holds here: 1 of the ten lessons. Not here: 1. Unclear: 1. Wants data: 7.",
    ]


def test_charts_are_native_and_nothing_is_a_picture(pyramid, scenario_of):
    for deck, count in ((pyramid, 5), (scenario_of, 1)):
        found = charts(deck)
        assert len(found) == count
        assert all(chart.part.chart_workbook.xlsx_part.blob for chart in found)
        parts = [str(part.partname) for part in deck.part.package.iter_parts()]
        assert [name for name in parts if "media" in name or name.endswith((".png", ".jpeg", ".emf"))] == []


def test_the_pyramid_is_seven_layers_of_two_shapes_each(pyramid):
    groups = [shape for shape in pyramid.slides[0].shapes if shape.shape_type == 6]
    assert [group.name for group in groups] == [translator("en")(f"pyramid.name_{tier}") for tier in LAYERS]
    fills = [[f"#{shape.fill.fore_color.rgb}" for shape in group.shapes] for group in groups if len(group.shapes) == 2]
    known = ("top", "big", "medium", "small", "prospect")
    assert fills == [[style.LIGHT.tiers[tier], darker(style.LIGHT.tiers[tier])] for tier in known]


def test_layers_nobody_is_in_are_outlines(pyramid):
    inactive = [shape for shape in pyramid.slides[0].shapes if shape.name == "Inactive" and shape.shape_type == 6][0]
    (outline,) = inactive.shapes
    assert outline.fill.type == 5  # no fill: the page shows through


def test_the_layers_stand_where_the_geometry_says(pyramid):
    groups = [shape for shape in pyramid.slides[0].shapes if shape.shape_type == 6]
    span = max(group.top + group.height for group in groups) - groups[0].top
    for layer, group in zip(geometry(), groups):
        assert (group.top - groups[0].top) / span == pytest.approx(layer.top, abs=0.002)
        assert group.height / span == pytest.approx(layer.bottom - layer.top, abs=0.002)
        assert group.width / groups[-1].width == pytest.approx(
            layer.half_bottom / geometry()[-1].half_bottom, abs=0.002
        )


def test_the_workbook_of_the_shares_is_the_frame(pyramid, frames):
    held, active = columns(charts(pyramid)[0]), frames["tiers"].set_index("tier").loc[list(TIERS)]
    assert held["Share of revenue"] == pytest.approx(list(active.revenue_share))
    assert held["Share of profit"] == pytest.approx(list(active.profit_share))


def test_the_waterfall_holds_the_steps_to_the_cent_and_its_formulas_draw_them(pyramid, frames):
    chart = charts(pyramid)[1]
    held, steps = columns(chart), frames["waterfall"].dropna()
    assert held["Amount"] == [round(amount, 2) for amount in steps.amount]
    assert [abs(value) for value in held["Amount"]] == pytest.approx(
        [a - b for a, b in zip(held["Above zero"], held["Below zero"])]
    )
    assert recomputed(workbook(chart, values=False), workbook(chart)) == []
    for name, series in zip(("Base", "Above zero", "Below zero"), chart.plots[0].series):
        assert list(series.values) == pytest.approx(held[name])


def test_the_returns_hold_every_key(pyramid, frames):
    held = columns(charts(pyramid)[2])
    ranges = frames["ranges"].set_index(["key", "tier"]).roi
    assert held["As it stands"] == pytest.approx([ranges["own", tier] for tier in TIERS])
    assert held["Per head"] == pytest.approx([ranges["per_head", tier] for tier in TIERS])
    assert recomputed(workbook(charts(pyramid)[2], values=False), workbook(charts(pyramid)[2])) == []


def test_the_curve_and_the_flows_hold_their_frames(pyramid, frames):
    points = [
        (x, y) for x, y in workbook(charts(pyramid)[3]).iter_rows(values_only=True) if isinstance(y, (int, float))
    ]
    curve = frames["concentration"]
    n = len(curve)
    assert points[:n] == list(zip(curve.customers_share, curve.revenue_share))
    assert points[n : 2 * n] == list(zip(curve.customers_share, curve.profit_share))
    assert columns(charts(pyramid)[4])["Customers"] == list(frames["flows"].customers)


def test_losses_are_red(pyramid):
    bars = [shape for shape in pyramid.slides[0].shapes if shape.name == "Small" and shape.shape_type == 1]
    assert [str(bar.fill.fore_color.rgb) for bar in bars] == [style.LIGHT.tiers["small"][1:], LOSS]
    table = next(shape.table for shape in pyramid.slides[1].shapes if shape.has_table)
    runs = [run for row in table.rows for cell in row.cells for run in cell.text_frame.paragraphs[0].runs]
    red = [run.text for run in runs if str(run.font.color.rgb) == LOSS]
    assert red == [run.text for run in runs if run.text.startswith("−")]
    assert "−£140 k" in red


def test_the_scenario_shows_before_and_after_and_what_it_brings(scenario_of, scenario):
    first, effect, table, assumed, candidates = scenario_of.slides
    assert [text for text in texts(first) if text in ("1", "10", "11", "+1")][:2] == ["10", "11"]
    assert effect.shapes.title.text_frame.text == "+£216 k of profit from 6 movers, from £800 k to £1.02 M"
    chart = next(shape.chart for shape in effect.shapes if shape.has_chart)
    held = columns(chart)
    assert held["Amount"] == pytest.approx([*scenario["moves"].profit_delta, 216_000])
    assert recomputed(workbook(chart, values=False), workbook(chart)) == []
    assert "794" in " ".join(texts(table)) and "+£216 k" in texts(table)
    assert "constant total" in texts(assumed)
    assert candidates.shapes.title.text_frame.text == "12 customers by name who could move: Small → Medium"


def test_the_interval_is_drawn_from_the_workbook(scenario_of, scenario):
    chart = charts(scenario_of)[0]
    whole = scenario["whatif"].set_index("tier").loc["total"]
    marks = chart.part._element.findall(".//{*}errBars")
    cached = [float(value.text) for value in marks[0].findall(".//{*}v")]
    assert cached == pytest.approx([whole.high - whole.profit_delta, whole.profit_delta - whole.low])
    held = columns(chart)
    assert [held["+"][-1], held["-"][-1]] == pytest.approx(cached)


def test_without_costs_no_slide_of_them_and_the_export_is_named(facts, frames):
    unknown = frames["tiers"].assign(marketing_cost=None, overhead=None, profit=None, profit_share=None, roi=None)
    unknown = unknown.astype(dict.fromkeys(("marketing_cost", "overhead", "profit", "profit_share", "roi"), "float64"))
    steps = frames["waterfall"].copy()
    steps.loc[steps.step.isin(["marketing", "sales", "service", "overhead", "profit"]), "amount"] = None
    deck = opened(pyramid_deck(facts(), tiers=unknown, waterfall=steps))
    assert len(deck.slides) == 3
    said = translator("en")("slides.wants_costs")
    assert said in texts(deck.slides[0]) and said in texts(deck.slides[1])
    assert "Profit" not in texts(deck.slides[1]) and "Share of profit" not in texts(deck.slides[1])
    assert any("Marketing" in text and "not deducted" in text for text in texts(deck.slides[2]))
    assert len(columns(charts(deck)[1])["Amount"]) == 3


def test_the_notes_say_what_is_meant_and_what_was_left_out(pyramid):
    for slide in pyramid.slides:
        notes = slide.notes_slide.notes_text_frame.text
        assert "Three lines without a customer." in notes and "orders.csv" in notes
    assert translator("en")("pyramid_value.about_waterfall") in pyramid.slides[2].notes_slide.notes_text_frame.text


@pytest.mark.parametrize("language", [language for language in TRANSLATED if language != "en"])
def test_no_english_is_left_in_a_chinese_deck(language, facts, frames, scenario):
    for data in (pyramid_deck(facts(language), **frames), scenario_deck(facts(language), **scenario)):
        said = " ".join(text for slide in opened(data).slides for text in texts(slide))
        assert set(re.findall(r"[A-Za-z]{3,}", said)) <= {"Lima"}


@pytest.mark.parametrize(
    ("language", "font", "tag"),
    [
        row
        for row in (("en", "Microsoft YaHei", "en-GB"), ("zh-Hans", "Microsoft YaHei", "zh-CN"), ("zh-Hant", "Microsoft JhengHei", "zh-TW"))
        if row[0] in TRANSLATED
    ],
)  # fmt: skip
def test_fonts_are_those_a_reader_has(language, font, tag, facts, frames):
    deck = opened(pyramid_deck(facts(language), **frames))
    theme = next(
        part for part in deck.part.package.iter_parts() if part.partname == "/ppt/theme/theme1.xml"
    ).blob.decode()
    assert set(re.findall(r'<a:latin typeface="([^"]*)"', theme)) == {"Arial"}
    assert set(re.findall(r'<a:ea typeface="([^"]*)"', theme)) == {font}
    assert {look.get("lang") for slide in deck.slides for look in slide._element.iter("{*}rPr")} == {tag}


@pytest.mark.parametrize("language", TRANSLATED)
def test_everything_stays_on_the_slide_and_every_line_in_its_box(language, facts, frames, scenario):
    long = {"company": HOSTILE, "answer": "**" + "A long answer 很长的回答 " * 12 + "**", "currency": "Moneten"}
    for data in (pyramid_deck(facts(language, **long), **frames), scenario_deck(facts(language, **long), **scenario)):
        deck = opened(data)
        for slide in deck.slides:
            for shape in slide.shapes:
                assert shape.left >= 0 and shape.top >= 0
                assert shape.left + shape.width <= deck.slide_width + Inches(0.01), shape.name
                assert shape.top + shape.height <= deck.slide_height, shape.name
                if shape.has_text_frame and not shape.is_placeholder and not shape.text_frame.word_wrap:
                    for paragraph in shape.text_frame.paragraphs:
                        wide = sum(measure(run.text, run.font.size.pt, bool(run.font.bold)) for run in paragraph.runs)
                        assert wide <= Emu(shape.width).inches + 0.35, paragraph.text


def test_text_of_the_reader_stays_text(facts, frames, scenario):
    candidates = scenario["candidates"]["small:medium"].assign(name="=cmd\x00 <b>&")
    options = scenario | {"candidates": {"small:medium": candidates}}
    deck = opened(scenario_deck(facts(company=HOSTILE, currency='X"&<'), **options))
    assert "=cmd <b>&" in texts(deck.slides[4])
    assert "<b>=cmd" in texts(deck.slides[0])[1]


def test_shapes_have_numbers_of_their_own_and_slides_are_wide(pyramid):
    assert pyramid.slide_width / pyramid.slide_height == pytest.approx(16 / 9, abs=0.001)
    assert pyramid.part._element.sldSz.get("type") is None
    for slide in pyramid.slides:
        ids = [int(mark.get("id")) for mark in slide._element.iter("{*}cNvPr")]
        assert len(ids) == len(set(ids))
