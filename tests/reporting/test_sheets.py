"""Workbooks: reopened they hold the frames to the cent, their formulas give what stands there, text is never a formula."""

import io

import openpyxl
import pytest

from crm_analytics.charts.pyramid import LAYERS
from crm_analytics.i18n import translator
from crm_analytics.reporting.facts import Facts
from crm_analytics.reporting.pyramid_sheets import TIER_COLUMNS, pyramid_book
from crm_analytics.reporting.sheets import Book
from crm_analytics.reporting.whatif_sheets import MEASURES, scenario_book
from tests.reporting.conftest import TRANSLATED, table
from tests.reporting.formulas import recomputed

CUSTOMERS = """
rank customer_id name tier revenue orders cumulative_revenue_share contribution cost profit roi percentile_in_tier
1 C-1 =HYPERLINK("x") top 400000.10 3 0.5 160000 68000 92000 4.6 0.9
- C-2 - inactive -0.50 0 - - 12.5 -12.5 -1 -
"""


def books(data: bytes):
    """(with values, with formulas)"""
    return tuple(openpyxl.load_workbook(io.BytesIO(data), data_only=only) for only in (True, False))


@pytest.fixture
def pyramid(facts, frames) -> bytes:
    return pyramid_book(facts(), customers=table(CUSTOMERS), **frames)


@pytest.fixture
def scenario_file(facts, scenario) -> bytes:
    return scenario_book(facts(), **scenario)


def rows(sheet) -> list[tuple]:
    return list(sheet.iter_rows(values_only=True))


def test_one_sheet_for_each_table(pyramid, scenario_file):
    assert books(pyramid)[0].sheetnames == [
        "About", "Layers", "From revenue to profit", "Costs", "Return by key of cost", "Concentration", "Movement",
        "Ten lessons", "Ranking list",
    ]  # fmt: skip
    assert books(scenario_file)[0].sheetnames == ["About", "Before and after", "Effect, move by move", "Small → Medium"]


def test_the_layers_are_the_frame_to_the_cent(pyramid, frames):
    header, *body = rows(books(pyramid)[0]["Layers"])
    tiers = frames["tiers"]
    names = [name for name in TIER_COLUMNS if tiers[name].notna().any()]
    assert list(header[1:]) == [translator("en")(f"slides.head_{name}") for name in names]
    for line, (_, row) in zip(body, tiers.iterrows()):
        assert line[0] == translator("en")(f"pyramid.name_{row.tier}")
        assert list(line[1:]) == [
            None if row[name] != row[name] else pytest.approx(row[name], abs=0.005) for name in names
        ]


def test_every_formula_of_every_sheet_gives_what_stands_there(pyramid, scenario_file):
    for data in (pyramid, scenario_file):
        values, formulas = books(data)
        for name in values.sheetnames:
            assert recomputed(formulas[name], values[name]) == [], name


def test_totals_are_live(pyramid, scenario_file):
    layers, steps = books(pyramid)[1]["Layers"], books(pyramid)[1]["From revenue to profit"]
    revenue = [cell.value for cell in layers[1]].index("Revenue") + 1
    assert layers.cell(len(LAYERS) + 3, revenue).value == "=SUM(D2:D9)"
    assert all(str(cell.value).startswith("=") for cell in steps["E"][1:])
    assert str(books(scenario_file)[1]["Before and after"]["D2"].value) == "=C2-B2"


def test_a_total_that_is_no_sum_of_its_rows_stays_a_number(facts, frames):
    torn = frames["tiers"].copy()
    torn.loc[torn.tier == "total", "revenue"] += 1
    values, formulas = books(pyramid_book(facts(), tiers=torn))
    assert formulas["Layers"]["D10"].value == values["Layers"]["D10"].value == 10_000_001


def test_an_unknown_number_is_an_empty_cell(facts, frames):
    unknown = frames["tiers"].copy()
    unknown.loc[unknown.tier == "top", "profit"] = float("nan")
    sheet = books(pyramid_book(facts(), tiers=unknown))[0]["Layers"]
    place = [cell.value for cell in sheet[1]].index("Profit")
    assert sheet[2][place].value is None and sheet[3][place].value == pytest.approx(400_000)


def test_charts_are_native(pyramid, scenario_file):
    found = {sheet.title: len(sheet._charts) for data in (pyramid, scenario_file) for sheet in books(data)[1]}
    assert {name for name, count in found.items() if count} == {
        "Layers", "From revenue to profit", "Concentration", "Before and after",
    }  # fmt: skip


def test_the_matrix_and_the_flows_hold_their_frames(pyramid, frames):
    sheet = rows(books(pyramid)[0]["Movement"])
    assert sheet[0] == ("From ↓ to →", *("Top", "Big", "Small", "Inactive", "Total"), None)[: len(sheet[0])]
    assert sheet[1][:6] == ("Top", 6, 4, 0, 0, 10)
    assert sheet[5][:6] == ("Total", 9, 34, 750, 100, 893)
    entered = next(row for row in sheet if row[0] == "Entered")
    assert entered[1:4] == (50, 0, 125_000.5)


def test_the_scenario_is_the_frame_to_the_cent(scenario_file, scenario):
    header, *body = rows(books(scenario_file)[0]["Before and after"])
    whatif = scenario["whatif"]
    kinds = [f"{name}_{when}" for name in MEASURES for when in ("before", "after", "delta")]
    for line, (_, row) in zip(body, whatif.iterrows()):
        expected = [row[name] for name in (*kinds, "low", "median", "high")]
        assert list(line[1:]) == [None if value != value else pytest.approx(value, abs=0.005) for value in expected]
    moves = rows(books(scenario_file)[0]["Effect, move by move"])
    assert moves[-1][-1] == pytest.approx(216_000, abs=0.005)


def test_text_is_never_a_formula(pyramid):
    cell = books(pyramid)[1]["Ranking list"]["C2"]
    assert (cell.value, cell.data_type) == ('=HYPERLINK("x")', "s")
    assert cell.quotePrefix


def test_money_carries_the_label_as_text_whatever_it_is(frames):
    for currency, expected in (
        ("GBP", '"£"#,##0.00;[Red]-"£"#,##0.00'),
        ("元", '#,##0.00"元";[Red]-#,##0.00"元"'),
        ("CHF", '"CHF "#,##0.00;[Red]-"CHF "#,##0.00'),
        ('"0;[Red]', '"0;[Red]"#,##0.00;[Red]-"0;[Red]"#,##0.00'),
        ("", "#,##0.00;[Red]-#,##0.00"),
    ):
        view = Facts(tr=translator("en"), answer="", window="", currency=currency)
        assert books(pyramid_book(view, tiers=frames["tiers"]))[1]["Layers"]["D2"].number_format == expected


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_first_sheet_says_view_definitions_and_sources(language, facts, frames):
    data = pyramid_book(facts(language, whom="Region: North", left_out=("Left out: a thing.",)), **frames)
    said = {str(cell) for row in rows(books(data)[0].worksheets[0]) for cell in row if cell}
    tr = translator(language)
    expected = (
        "Region: North",
        "Left out: a thing.",
        "orders.csv",
        tr("pyramid_value.about_waterfall"),
        tr("pyramid.about"),
    )
    assert {text for text in expected if text not in said} == set()


def test_a_ranking_list_that_is_cut_says_so(pyramid):
    said = [row[1] for row in rows(books(pyramid)[0]["About"])]
    assert "The first 2 of 1,050, by rank." in said


def test_control_signs_break_no_file(frames, facts):
    data = pyramid_book(facts(company="Li\x0bma\x00", currency="a\x0b", answer="x\x01"), tiers=frames["tiers"])
    assert books(data)[1]["Layers"]["D2"].number_format.startswith('"a "#')


def test_names_of_sheets_are_such_as_the_program_takes(facts):
    book = Book(facts())
    names = [book.sheet(name).get_name() for name in ("a/b:c", "A b c", "x" * 40, "x" * 50, "'", "")]
    assert names == ["a b c", "A b c 2", "x" * 31, "x" * 28 + " 2", "-", "- 2"]
