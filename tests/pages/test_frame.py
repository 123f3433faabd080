"""The frame: what is chosen lives in the URL, is said in words and can be taken away; how a number was computed is said."""

from datetime import date

import pytest

from crm_analytics import state
from crm_analytics.database import open_database
from crm_analytics.filters import Filters
from crm_analytics.i18n import LANGUAGES, translator
from crm_analytics.ui import choice
from crm_analytics.ui.recorder import Recorder
from tests.pages import visible
from tests.pages.test_pages import html_of

tr = translator("en")


def chips(app) -> list[str]:
    return [button.label.replace("\\", "") for button in app.button if button.key and button.key.startswith("chip.")]


def test_a_choice_is_the_url_and_back():
    wanted = Filters(
        as_of=date(2025, 3, 4), months=6, compare="year", where=(("region", ("North", "South")),), customer_set="VIP"
    )
    chosen = choice.Choice("zh-Hans", wanted, "元")
    assert chosen.query == {
        "lang": ["zh-Hans"], "currency": ["元"], "as_of": ["2025-03-04"], "months": ["6"], "compare": ["year"], "set": ["VIP"],
        "where.region": ["North", "South"],
    }  # fmt: skip
    assert Filters.from_query(chosen.query) == wanted


def test_conditions_are_chips_in_words_and_each_can_be_taken_away(visit):
    app = visit("customers", "people", **{"where.is_active": "no", "where.region": "South"})
    assert not app.exception
    assert chips(app) == ["Not active in the window", "Region: South"]
    app.button(key="chip.region").click().run()
    assert chips(app) == ["Not active in the window"]
    assert "where.region" not in app.query_params and app.query_params["where.is_active"] in ("no", ["no"])


def test_a_column_of_the_companys_own_file_is_behind_more_columns(visit):
    app = visit("customers", "people")
    labels = {widget.label for widget in app.multiselect}
    assert "Region" in labels and "Contract" not in labels
    app.selectbox(key="frame.more").set_value("Contract").run()
    app.multiselect(key="where.Contract").set_value(["Yearly"]).run()
    assert not app.exception
    assert chips(app) == ["Contract: Yearly"]
    assert "2 customers" in html_of(app)


def test_a_saved_set_is_chosen_in_the_sidebar(visit, companies):
    state.save_customer_set(open_database(companies["orders"]), "Best ones", ["a"])
    app = visit("customers", "orders")
    app.selectbox(key="frame.set").set_value("Best ones").run()
    assert not app.exception
    assert app.query_params["set"] in ("Best ones", ["Best ones"])
    assert chips(app) == ["Saved set: Best ones"]
    assert "1 customer" in html_of(app)


def test_comparison_and_currency_go_into_the_link_and_along_to_the_next_page(visit):
    app = visit("overview", "orders")
    app.segmented_control(key="frame.compare").set_value("year").run()
    app.text_input(key="frame.currency").set_value("£").run()
    assert not app.exception
    assert app.query_params["compare"] in ("year", ["year"]) and app.query_params["currency"] in ("£", ["£"])
    assert tr("frame.compared_year", months=12) in html_of(app)
    assert "£" in html_of(app)
    assert "Revenue (£)" in "".join(visible.texts(app.switch_page("pages/customers.py").run()))


def test_what_a_screen_keeps_in_the_url_stays_there(visit):
    app = visit("customers", "orders", **{"q.search": "b", "q.unknown": "1"})
    app.segmented_control(key="frame.lang").set_value("zh-Hans").run()
    assert app.query_params["q.search"] in ("b", ["b"]) and app.query_params["q.unknown"] in ("1", ["1"])


def test_links_to_other_screens_carry_the_choice_and_not_the_screens_own(visit):
    app = visit("customers", "orders", lang="zh-Hans", months="6", **{"q.search": "b"})
    links = [link.proto.query_string for link in app.get("page_link")]
    assert links and all("months=6" in link and "lang=zh-Hans" in link and "q." not in link for link in links)


def test_the_copied_link_names_its_day(visit):
    app = visit("overview", "orders", lang="en")
    assert '"query": "lang=en&as_of=2025-03-05"' in app.get("bidi_component")[0].proto.json


def test_a_day_of_its_own_in_the_link_stays(visit):
    app = visit("overview", "orders", lang="en", as_of="2025-01-31", months="6")
    assert '"query": "lang=en&as_of=2025-01-31&months=6"' in app.get("bidi_component")[0].proto.json


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_it_was_computed_says_meaning_left_out_files_and_sql(visit, companies, language):
    tr = translator(language)
    app = visit("overview", "orders", lang=language)
    app.button(key="explained-kpis").click().run()
    assert not app.exception
    said = "\n".join(visible.texts(app))
    assert tr("formulas.repurchase_rate") in said
    assert tr("left_out.lines_without_customer") in said, "order 6 names no customer"
    assert "orders.csv" in said
    assert "from chosen" in said and "$start = 2024-03-06" in said
    if language != "en":
        code = visible.words_of(element.value for element in app.code)
        assert visible.english(app, visible.of_data(companies["orders"]) | code | {"snapshot", "chosen"}) == {}


def test_only_what_a_metric_asks_is_remembered_and_each_text_once(db):
    con = Recorder(db.cursor())
    assert con.execute("select 1").fetchone() == (1,)
    assert con.statements == []
    ask = eval(
        "lambda con, n: con.execute('select $n', {'n': n}).fetchone()[0]", {"__name__": "crm_analytics.metrics.x"}
    )
    assert [ask(con, 1), ask(con, 2)] == [1, 2]
    assert [str(statement) for statement in con.statements] == ["-- $n = 1\nselect $n"]
