"""Decks and workbooks from the screens: both buttons are there, and what they make opens and is of this view."""

import io
from datetime import date

import openpyxl
import pytest
from pptx import Presentation

from crm_analytics import snapshot
from crm_analytics.database import open_database
from crm_analytics.filters import Filters
from crm_analytics.i18n import translator
from crm_analytics.metrics import pyramid
from crm_analytics.reporting.facts import Facts
from crm_analytics.ui import exports

SIX = {"moves": "small:medium=3,small:big=2,small:top=1"}


@pytest.fixture(scope="module")
def demo(companies):
    """(database, filters) of the made-up company."""
    database = open_database(companies["made-up"].with_name("demo.duckdb"))
    return database, snapshot.prepare(database.cursor(), Filters())


def made(demo, kind: str, *, language="en", **asked):
    database, filters = demo
    facts = Facts(tr=translator(language), answer="**Answer**", window="12 months", currency="GBP")
    is_scenario = "moves" in asked
    return exports._made(kind, database, filters, facts, asked, is_scenario, {})


@pytest.mark.parametrize("topic", ["pyramid", "whatif"])
@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_both_buttons_are_on_the_screen(topic, language, visit):
    page = visit(topic, lang=language)
    labels = [button.proto.label for button in page.get("download_button")]
    assert {translator(language)(f"slides.download_{kind}") for kind in ("slides", "sheets")} <= set(labels)
    assert not page.exception


def test_the_deck_of_the_made_up_company_has_every_part(demo):
    deck = Presentation(io.BytesIO(made(demo, "slides", by="revenue", rank_within=False, key="")))
    assert len(deck.slides) == 7
    assert deck.slides[0].shapes.title.text_frame.text == "Answer"


def test_the_workbook_holds_the_layers_and_the_ranking_list(demo):
    database, filters = demo
    book = openpyxl.load_workbook(io.BytesIO(made(demo, "sheets", language="zh-Hans", by="orders")), data_only=True)
    tr = translator("zh-Hans")
    con = database.cursor()
    tiers = pyramid.tiers(con, snapshot.prepare(con, filters), by="orders")
    layers = book[tr("slides.part_layers")]
    assert [row[0].value for row in layers.iter_rows(min_row=2, max_row=10)] == [
        tr(f"pyramid.name_{tier}") for tier in tiers.tier
    ]
    assert len(list(book[tr("slides.part_customers")].rows)) == 1 + int(tiers.customers.iloc[-1])


def test_a_scenario_becomes_a_deck_and_a_workbook(demo):
    deck = Presentation(io.BytesIO(made(demo, "slides", **SIX)))
    assert len(deck.slides) == 7  # with a slide of candidates for each of three moves
    book = openpyxl.load_workbook(io.BytesIO(made(demo, "sheets", **SIX)), data_only=True)
    assert len(book.sheetnames) == 6


def test_movements_that_cannot_be_judged_are_in_no_file(companies):
    database = open_database(companies["orders"])  # from 2024-01-05 on: eleven of the twelve months before this window
    con = database.cursor()
    filters = snapshot.prepare(con, Filters(as_of=date(2025, 3, 2)))
    assert set(pyramid.flows(con, filters).note) == {"window_then_incomplete"}
    deck = Presentation(io.BytesIO(made((database, filters), "slides", by="revenue")))
    said = " ".join(shape.text_frame.text for slide in deck.slides for shape in slide.shapes if shape.has_text_frame)
    assert translator("en")("slides.part_movement") not in said
    book = openpyxl.load_workbook(io.BytesIO(made((database, filters), "sheets", by="revenue")))
    assert translator("en")("slides.part_movement") not in book.sheetnames


def test_a_part_that_the_data_refuse_is_left_out(companies):
    database = open_database(companies["one"])
    filters = snapshot.prepare(database.cursor(), Filters())
    deck = Presentation(io.BytesIO(made((database, filters), "slides", by="revenue")))
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    assert len(titles) == 3 and titles[1] == "Most revenue comes from top customers: 100%"
