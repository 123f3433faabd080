"""Long proof: every screen opens in every language for a company of a million customers."""

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks import company as benchmark
from crm_analytics.database import open_database
from crm_analytics.i18n import LANGUAGES
from tests.pages import visible
from tests.pages.conftest import PAGES, ROOT
from tests.pages.test_pages import html_of

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def million(tmp_path_factory):
    """The database of the benchmark's company: a million customers, three million order lines, surveys, complaints."""
    company = benchmark.Company(tmp_path_factory.mktemp("million"), 3_000_000, 1_000_000)
    benchmark.generate(company)
    benchmark.make_databases(company)
    yield company.whole
    open_database(company.whole).close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", PAGES)
def test_a_million_customers_open_in_the_readers_words(million, monkeypatch, topic, language):
    monkeypatch.setenv("CRM_DB", str(million))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    app.query_params["lang"] = language
    if topic == "customer":
        con = open_database(million).cursor()
        app.query_params["id"] = con.execute("select min(customer_id) from customer_days").fetchone()[0]
    if topic == "overview":
        app.run()
    else:
        app.switch_page(PAGES[topic]).run()
    assert not app.exception
    assert [error.value for error in app.error] == []
    assert "answer" in html_of(app)
    if language != "en":
        found = visible.english(app, visible.of_data(million))
        assert {word: text for word, text in found.items() if word.isalpha()} == {}  # C0000002 is a code, no word
