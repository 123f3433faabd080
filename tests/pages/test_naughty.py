"""T16, T62, T64 and T65 of docs/trust.md: whatever a file says is shown as text, on every screen and in every part of it."""

import html

import pytest
from streamlit.testing.v1 import AppTest

from crm_analytics.database import open_database
from crm_analytics.ui import lifecycle, profile, pyramid, retention, segments, value, whatif
from crm_analytics.ui.text import bare
from tests import naughty
from tests.pages.conftest import PAGES, ROOT
from tests.pages.naughty_signs import read_as_markup, shown
from tests.pages.test_data import drop

PARTS = {
    topic: module.PARTS
    for topic, module in {
        "pyramid": pyramid,
        "whatif": whatif,
        "segments": segments,
        "value": value,
        "profile": profile,
        "lifecycle": lifecycle,
        "retention": retention,
    }.items()
}
VIEWS = [(topic, part) for topic in PAGES for part in PARTS.get(topic, ("",))]


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """(file of the database, its largest customer) of the company whose every text is naughty."""
    path = naughty.company(tmp_path_factory.mktemp("naughty"))
    best = "select customer_id from customer_days group by 1 order by sum(revenue) desc limit 1"
    return path, open_database(path).cursor().execute(best).fetchone()[0]


@pytest.fixture
def open_page(company, monkeypatch):
    """open_page("pyramid", part) -> the page of the naughty company."""

    def open_page(topic: str, part: str = "", **query) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        query |= {"q.part": part} if part else {}
        query |= {"id": company[1]} if topic == "customer" and "id" not in query else {}
        for name, said in (query | {"lang": "en"}).items():
            app.query_params[name] = said
        return app.run() if topic == "overview" else app.switch_page(PAGES[topic]).run()

    monkeypatch.setenv("CRM_DB", str(company[0]))
    return open_page


def is_text(app):
    assert not app.exception
    assert read_as_markup(app) == []


def test_the_company_holds_every_string_to_the_letter(company):
    con = open_database(company[0]).cursor()
    names = [name for (name,) in con.execute("select distinct name from customers").fetchall()]
    texts = names + [text for (text,) in con.execute("select distinct order_id from orders").fetchall()]
    assert {text for text in naughty.STRINGS if not any(each.startswith(text + " ") for each in texts)} == set()
    assert con.execute("select sum(loaded) = sum(records) from imports").fetchone() == (True,)
    headers = {name for (name,) in con.execute("select distinct name from customer_attributes").fetchall()}
    assert headers == set(naughty.HEADERS)
    assert con.execute("select count(*) from imports where file_name like '%<script>%'").fetchone() == (2,)


@pytest.mark.parametrize(("topic", "part"), VIEWS)
def test_t65_no_text_is_markup(open_page, topic, part):
    app = open_page(topic, part)
    is_text(app)
    assert "zqj" in shown(app)


def test_the_check_finds_what_would_be_markup(open_page):
    app = open_page("settings")
    for element, text in ((app.markdown[0].proto, ":red[zqj]"), (app.get("html")[0].proto, "<b>zqj</b>")):
        kept, element.body = element.body, text
        assert len(read_as_markup(app)) == 1
        element.body = kept


@pytest.mark.parametrize("place", range(4, len(naughty.STRINGS), 8))
def test_t65_a_customer_with_any_name_is_text(open_page, company, place):
    con = open_database(company[0]).cursor()
    wanted = {"text": naughty.STRINGS[place] + " "}
    found = con.execute(
        "select customer_id from customers where starts_with(customer_id, $text) or starts_with(name, $text) limit 1",
        wanted,
    ).fetchone()
    if found:
        app = open_page("customer", id=found[0])
        is_text(app)
        assert html.escape(found[0]) in shown(app).replace("\u2060", "")


@pytest.mark.parametrize("place", range(0, len(naughty.HEADERS), 8))
def test_t65_a_choice_by_any_column_and_value_is_text(open_page, company, place):
    con = open_database(company[0]).cursor()
    header = naughty.HEADERS[place]
    (said,) = con.execute("select min(value) from customer_attributes where name = $name", {"name": header}).fetchone()
    app = open_page("customers", **{f"where.{header}": said})
    is_text(app)
    (chip,) = [button.label for button in app.button if button.key == f"chip.{header}"]
    assert bare(chip) == " ".join(f"{header}: {said}".split())


def test_t65_a_set_of_any_name_is_text(open_page):
    for name in (naughty.STRINGS[1], naughty.STRINGS[10]):
        is_text(open_page("overview", set=name))


@pytest.mark.parametrize("text", ["<img src=zqj>", ":red[zqj] ![zqj](http://zqj.invalid)"])
def test_t63_what_a_link_says_is_text(open_page, text):
    for topic, query in (
        ("overview", {"months": text}),
        ("overview", {f"where.{text}": text}),
        ("overview", {"currency": text, "set": text}),
        ("customers", {"q.search": text}),
        ("customer", {"id": text}),
        ("data", {"q.finding": text}),
        ("forecast", {"q.kpi": text}),
    ):
        is_text(open_page(topic, **query))


def test_t65_a_file_about_to_be_imported_is_text(open_page, company):
    header = ",".join('"' + text.replace('"', '""') + '"' for text in naughty.HEADERS)
    rows = "".join(
        f"order {n},{n},2024-0{n}-01,5,"
        + ",".join('"' + text.replace('"', '""') + '"' for text in naughty.HEADERS)
        + "\n"
        for n in range(1, 6)
    )
    text = f"order_id,customer_id,ordered_at,amount,{header}\n{rows}"
    app = drop(open_page("data"), ("<b>zqj<i> [zqj](x) $zqj$.csv", text.encode()))
    is_text(app)
    assert "zqj" in shown(app) and len(app.get("data_editor")) + len(app.dataframe) > 0
