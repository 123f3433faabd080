"""The list of customers and the page of one: search, sets, marks, merges, each with its way back."""

import io
import shutil

import openpyxl
import pandas as pd
import pytest

from crm_analytics import database, state
from crm_analytics.filters import Filters
from crm_analytics.i18n import LANGUAGES, translator
from crm_analytics.ui import customers as listed
from tests.pages.test_pages import html_of

tr = translator("en")


@pytest.fixture
def shop(companies, tmp_path, visit):
    """shop("customers", ...) -> a page of a copy of the company of orders, which the test may change."""
    companies["copy"] = tmp_path / "crm.duckdb"
    database.open_database(companies["orders"]).cursor().execute("checkpoint")
    shutil.copy(companies["orders"], companies["copy"])
    yield lambda topic, **query: visit(topic, "copy", **query)
    database.open_database(companies["copy"]).close()


@pytest.fixture
def db(companies, shop):
    return database.open_database(companies["copy"])


def pick(app, *rows: int):
    """Tick rows of the list, as the reader does in the browser."""
    app.session_state[app.dataframe[0].key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return app.run()


def press(app, key: str):
    """A button, also one of a form."""
    return next(button for button in app.button if button.key == key).click().run()


def toasts(app) -> list[str]:
    return [toast.value for toast in app.toast]


def test_search_order_and_page_live_in_the_link(shop):
    app = shop("customers")
    app.text_input(key="customers.search").set_value("b").run()
    app.selectbox(key="customers.sort").set_value("name").run()
    app.segmented_control(key="customers.down").set_value(False).run()
    said = {name: app.query_params[name] for name in ("q.search", "q.sort", "q.down")}
    assert said == {"q.search": "b", "q.sort": "name", "q.down": "0"} or said == {
        "q.search": ["b"],
        "q.sort": ["name"],
        "q.down": ["0"],
    }
    again = shop("customers", **{"q.search": "b", "q.sort": "name", "q.down": "0"})
    assert not again.exception
    assert again.text_input(key="customers.search").value == "b"
    assert again.dataframe[0].value.customer_id.tolist() == ["b"]


@pytest.mark.parametrize(
    "query",
    [
        {"q.page": "99"},
        {"q.page": "-1"},
        {"q.page": "x"},
        {"q.sort": "drop table orders"},
        {"q.columns": "shoe_size,phone"},
        {"q.columns": ","},
        {"q.down": "maybe"},
        {"q.search": "' or 1=1 --"},
        {"id": "left from a customer's page"},
    ],
)
def test_nonsense_in_the_link_opens_the_list(shop, query):
    app = shop("customers", **query)
    assert not app.exception and not app.error
    assert "answer" in html_of(app) and "id" not in app.query_params


def test_columns_can_be_chosen(shop):
    app = shop("customers", **{"q.columns": "customer_id,r,lines"})
    assert app.dataframe[0].value.columns.tolist() == ["customer_id", "r", "lines"]


def test_columns_no_export_fills_are_not_among_the_usual(shop):
    columns = shop("customers").dataframe[0].value.columns.tolist()
    assert "revenue" in columns and not {"name", "satisfaction", "open_complaints"} & set(columns)


def test_a_search_is_saved_as_a_set_opened_and_forgotten(shop, db):
    app = shop("customers", **{"q.search": "a"})
    app.text_input(key="all.set_name").set_value("first letters")
    press(app, "all.set_save")
    assert not app.exception
    sets = state.customer_sets(db.cursor())
    assert sets.name.tolist() == ["first letters"] and sets.customers.tolist() == [2]  # a, and alert
    assert "first letters" in html_of(app)
    opened = shop("customers", set="first letters")
    assert sorted(opened.dataframe[0].value.customer_id) == ["<script>alert(1)</script>", "a"]
    press(opened, "forget-do.first letters")
    assert state.customer_sets(db.cursor()).empty


def test_ticked_customers_are_saved_as_a_set(shop, db):
    app = pick(shop("customers"), 1)
    id = app.dataframe[0].value.customer_id.iloc[1]
    app.text_input(key="picked.set_name").set_value("one")
    press(app, "picked.set_save")
    assert db.cursor().execute("select name, customer_id from customer_sets").fetchall() == [("one", id)]


def test_a_set_needs_a_name(shop, db):
    app = press(shop("customers"), "all.set_save")
    assert tr("errors.E_SET_NAME")[:5] in app.error[0].value
    assert state.customer_sets(db.cursor()).empty


def test_a_mark_leaves_a_customer_out_and_can_be_taken_back(shop, db):
    app = shop("customers")
    ids = app.dataframe[0].value.customer_id.tolist()
    app = pick(app, ids.index("a"))
    app.text_input(key="picked.reason").set_value("house account")
    press(app, "picked.unrank_save")
    assert not app.exception
    assert "a" not in app.dataframe[0].value.customer_id.tolist()
    shown = html_of(app)
    assert "house account" in shown and tr("customers.left_out", n=1) in shown
    assert tr("customer.answer_unranked", name="a", ever="–").split("**")[1] in html_of(shop("customer", id="a"))
    press(app, "rank.a")
    assert "a" in app.dataframe[0].value.customer_id.tolist()
    assert state.unranked(db.cursor()).empty


def test_two_customers_are_merged_and_parted(shop, db):
    app = shop("customers")
    ids = app.dataframe[0].value.customer_id.tolist()
    app = pick(app, ids.index("a"), ids.index("b"))
    app.radio(key="picked.stays").set_value("b")
    press(app, "picked.merge_save")
    assert not app.exception
    assert state.merges(db.cursor())[["customer_id", "into_id"]].values.tolist() == [["a", "b"]]
    left = app.dataframe[0].value.set_index("customer_id")
    assert "a" not in left.index and left.loc["b", "orders_ever"] == 4
    found = shop("customers", **{"q.search": "a"})
    assert "b" in found.dataframe[0].value.customer_id.tolist(), "the number that went still finds the person"
    press(app, "part.a")
    assert app.dataframe[0].value.set_index("customer_id").loc["b", "orders_ever"] == 2


def test_the_merged_number_opens_the_person_and_can_be_parted_there(shop, db):
    state.merge_customers(db, "a", "b")
    app = shop("customer", id="a")
    assert not app.exception
    assert "stands for b" in app.info[0].value
    press(app, "customer.a")
    assert state.merges(db.cursor()).empty


def test_everything_can_be_done_from_the_customers_page(shop, db):
    state.save_customer_set(db, "mine", ["a"])
    app = shop("customer", id="b")
    app.selectbox(key="customer.set_name").set_value("mine")
    press(app, "customer.set_save")
    assert state.customer_sets(db.cursor()).customers.tolist() == [2], "who is in the set stays in it"
    press(app, "customer.unrank_save")
    assert state.unranked(db.cursor()).customer_id.tolist() == ["b"]
    press(app, "customer.rank")
    assert state.unranked(db.cursor()).empty
    app.text_input(key="customer.other").set_value("a")
    press(app, "customer.merge_save")
    assert state.merges(db.cursor())[["customer_id", "into_id"]].values.tolist() == [["a", "b"]]
    app.text_input(key="customer.other").set_value("nobody")
    press(app, "customer.merge_save")
    assert "nobody" in app.error[0].value, "one sentence, and nothing has changed"
    assert len(state.merges(db.cursor())) == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "query",
    [{}, {"id": "a"}, {"id": "<script>alert(1)</script>"}, {"id": "nobody"}, {"id": "a", "as_of": "2020-01-01"}],
)
def test_the_page_of_a_customer_opens(shop, language, query):
    app = shop("customer", lang=language, **query)
    assert not app.exception and not app.error
    assert "answer" in html_of(app) and "<script>" not in html_of(app)


def test_an_unknown_number_is_one_sentence_and_a_search(shop):
    app = shop("customer", id="nobody")
    assert "nobody" in app.warning[0].value
    app.text_input(key="customer.search").set_value("a").run()
    assert not app.exception


def test_orders_alone_say_which_exports_would_tell_more(shop):
    app = shop("customer", id="a")
    said = " ".join(caption.value for caption in app.caption)
    assert tr("tables.surveys") in said and tr("tables.complaints") in said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tier", ["top", "inactive", "prospect", "suspect"])
def test_every_tier_has_its_page(visit, tier, language):
    listed_ = visit("customers", "made-up", **{"where.tier": tier})
    if not listed_.dataframe:
        pytest.skip(f"nobody of the made-up company is {tier}")
    app = visit("customer", "made-up", id=listed_.dataframe[0].value.customer_id.iloc[0], lang=language)
    assert not app.exception and not app.error and not app.warning
    assert "events" in html_of(app)


def test_the_timeline_is_filtered_by_kind(visit):
    app = visit("customer", "made-up", id="C-000001")
    everything = html_of(app).count('class="event ')
    app.button_group(key="customer.kinds").set_value(["buying"]).run()
    assert not app.exception
    assert 0 < html_of(app).count('class="event ') < everything


class Shown:
    """What `listed.csv` needs of a page."""

    def __init__(self, db, filters):
        self.db, self.filters = db, filters


def test_files_hold_everything_found_in_parts(db, shop, monkeypatch):
    monkeypatch.setattr(listed, "CHUNK", 2)
    view = listed.View(columns=("customer_id", "revenue_ever", "last_order_date"))
    rows = pd.read_csv(listed.csv(Shown(db, Filters()), view), encoding="utf-8-sig")
    assert sorted(rows.customer_id) == ["<script>alert(1)</script>", "a", "b"] and rows.revenue_ever.sum() == 72.5
    sheet = openpyxl.load_workbook(io.BytesIO(listed.xlsx(Shown(db, Filters()), view).getvalue())).active
    found = list(sheet.iter_rows(values_only=True))
    assert found[0] == ("customer_id", "revenue_ever", "last_order_date") and len(found) == 4
    assert {type(row[2]).__name__ for row in found[1:]} == {"datetime"}


def test_more_rows_than_a_sheet_holds_are_said(shop, monkeypatch):
    monkeypatch.setattr(listed, "MOST_IN_XLSX", 2)
    app = shop("customers")
    button = next(each for each in app.get("download_button") if each.proto.id.endswith("xlsx-customers"))
    assert button.proto.disabled and "1,048,575" in button.proto.help
