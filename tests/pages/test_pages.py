"""Every screen opens in every language, whatever the company has imported."""

import pytest

from crm_analytics.database import open_database
from crm_analytics.errors import DatabaseBusy
from crm_analytics.i18n import LANGUAGES, translator
from tests.pages import visible
from tests.pages.conftest import COMPANIES, PAGES


def html_of(app) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


@pytest.mark.parametrize("company", COMPANIES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", PAGES)
def test_the_page_opens_in_the_readers_words(visit, companies, topic, language, company):
    app = visit(topic, company, lang=language)
    assert not app.exception
    assert [error.value for error in app.error] == []
    assert "answer" in html_of(app), "every screen opens with its answer"
    assert untranslated(app, companies, language, company) == {}


@pytest.mark.parametrize(("company", "id"), [("orders", "a"), ("one", "a"), ("people", "P1"), ("made-up", None)])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_customer_opens_in_the_readers_words(visit, companies, language, company, id):
    if id is None:
        con = open_database(path_of(companies, company)).cursor()
        id = con.execute(
            "select customer_id from customer_days group by 1 order by sum(revenue) desc limit 1"
        ).fetchone()[0]
    app = visit("customer", company, lang=language, id=id)
    assert not app.exception
    assert id in html_of(app)
    assert untranslated(app, companies, language, company) == {}


def untranslated(app, companies, language: str, company: str) -> dict[str, str]:
    """English words on a Chinese screen that stand in no file of the company."""
    return {} if language == "en" else visible.english(app, visible.of_data(path_of(companies, company)))


def path_of(companies, company: str):
    return companies[company].with_name("demo.duckdb") if company == "made-up" else companies[company]


def test_the_check_of_words_finds_an_english_one(visit):
    assert {"Customers", "Settings"} <= set(visible.english(visit("overview", "orders", lang="en"), set()))


def test_what_the_data_cannot_answer_says_which_export_it_wants(visit):
    app = visit("overview", "orders")
    shown, tr = html_of(app), translator("en")
    assert tr("tables.surveys") in shown and tr("tables.complaints") in shown
    assert tr("overview.gaps_title") in shown


def test_the_made_up_company_says_so_and_an_own_one_does_not(visit):
    banner = translator("en")("frame.made_up")
    assert banner in [text.value for text in visit("overview", "made-up").markdown]
    assert banner not in [text.value for text in visit("overview", "orders").markdown]


def test_a_link_opens_the_same_view(visit):
    app = visit("overview", "orders", lang="zh-Hans", as_of="2025-03-04", months="3")
    assert "2025年3月4日" in html_of(app)
    assert app.query_params["months"] == "3"


def test_the_choice_survives_a_change_of_page(visit):
    app = visit("overview", "orders", lang="zh-Hans", as_of="2025-03-04")
    app.switch_page("pages/customers.py").run()
    assert not app.exception
    assert "2025年3月4日" in html_of(app)


def test_nonsense_in_the_link_is_one_sentence(visit):
    app = visit("overview", "orders", months="many")
    assert not app.exception
    assert len(app.warning) == 1 and "many" in app.warning[0].value


def test_a_filter_the_data_does_not_have_is_one_sentence(visit):
    app = visit("overview", "orders", **{"where.shoe_size": "44"})
    assert not app.exception
    assert len(app.warning) == 1


def test_a_window_before_the_first_order_opens(visit):
    assert not visit("overview", "orders", as_of="2001-01-01").exception


def test_the_language_switch_changes_every_word(visit):
    app = visit("overview", "orders")
    app.segmented_control(key="frame.lang").set_value("zh-Hans").run()
    assert not app.exception
    assert translator("zh-Hans")("overview.gaps_title") in html_of(app)


def test_the_window_chosen_goes_into_the_link(visit):
    app = visit("overview", "orders")
    app.segmented_control(key="frame.months").set_value(3).run()
    assert not app.exception
    assert app.query_params["months"] == "3"


def test_a_database_open_elsewhere_is_one_sentence(visit, monkeypatch):
    def busy(path=None):
        raise DatabaseBusy("E_BUSY", path="crm.duckdb", pid=4711)

    monkeypatch.setattr("crm_analytics.database.open_database", busy)
    app = visit("overview", "orders", lang="zh-Hans")
    assert not app.exception
    assert len(app.error) == 1 and "4711" in app.error[0].value


def test_names_are_found_and_stay_text(visit):
    app = visit("customers", "orders")
    app.text_input(key="customers.search").set_value("<script>").run()
    assert not app.exception
    assert "<script>" not in html_of(app)
    assert "&lt;script&gt;" in html_of(app)
