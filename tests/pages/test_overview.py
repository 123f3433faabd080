"""The Overview on screen: lines that lead to customers, the comparison chosen, the number split, data that lack something."""

import re
from urllib.parse import parse_qs

import pytest

from crm_analytics import importing, state
from crm_analytics.database import default_path, open_database
from crm_analytics.i18n import translator
from crm_analytics.rules import Rules
from crm_analytics.ui.text import bare

tr = translator("en")


def html_of(app) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def links(app, words: str = "") -> dict[str, dict]:
    """Sentence -> query of the links to customers whose sentence holds these words."""
    found = {}
    for link in app.get("page_link"):
        label, query = link.proto.label.replace("\\", ""), parse_qs(link.proto.query_string)
        if words in label and any(name.startswith("where.") for name in query):
            found[label] = query
    return found


def beside(app) -> list[str]:
    """What stands beside the changes of the cards."""
    return [metric.proto.delta_description for metric in app.metric]


@pytest.fixture
def company(companies, tmp_path, monkeypatch):
    """company("rows of a CSV", "more") -> a company of these exports, opened by the next visit("...", company=...)."""

    def make(name: str, **exports: str) -> str:
        folder = tmp_path / name
        folder.mkdir()
        paths = []
        for table, text in exports.items():
            paths.append(folder / f"{table}.csv")
            paths[-1].write_text(text)
        db = open_database(folder / "crm.duckdb")
        importing.apply_plan(db, importing.plan_import(db, paths))
        monkeypatch.setitem(companies, name, folder / "crm.duckdb")
        return name

    return make


def test_a_problem_leads_to_its_customers(visit):
    app = visit("overview")
    found = [query for label, query in links(app).items() if "tier" in str(query)]
    assert found, "the made-up company has valuable customers in trouble"
    assert all(query["where.tier"] == ["top", "big"] for query in found)


def test_how_many_problems_there_are_is_the_title(visit):
    titles = html_of(visit("overview"))
    assert "problems found" in titles


def test_a_year_earlier_is_named_beside_the_change(visit):
    app = visit("overview", months="3", compare="year")
    assert not app.exception
    assert any("a year earlier" in words for words in beside(app))
    assert tr("overview.column_year_earlier") in html_of(app)
    before = visit("overview", months="3")
    assert not any("a year earlier" in words for words in beside(before))


def test_twelve_months_a_year_earlier_are_the_window_before(visit):
    app = visit("overview", compare="year")
    assert not any("a year earlier" in words for words in beside(app))
    assert tr("overview.column_year_earlier") not in html_of(app)


def test_the_number_to_split_stays_in_the_link(visit):
    app = visit("overview")
    app.selectbox(key="overview.kpi").set_value("satisfaction").run()
    assert not app.exception
    assert app.query_params["q.kpi"] in ("satisfaction", ["satisfaction"])
    again = visit("overview", **{"q.kpi": "satisfaction"})
    assert again.selectbox(key="overview.kpi").value == "satisfaction"
    assert not visit("overview", **{"q.kpi": "nonsense"}).exception


REGIONS = "order_id,customer_id,ordered_at,amount,region\n" + "".join(
    f"{region[:1]}{n}-{year},{region[:2]}{n},{year}-01-05,{10 + (20 if year == 2026 and region != 'north' else 0)},{region}\n"
    for region in ("<b>south</b>", "north")
    for n in range(40)
    for year in (2024, 2025, 2026)
)


def test_a_group_that_moved_beyond_its_share_is_said_and_stays_text(visit, company):
    app = visit("overview", company("regions", orders=REGIONS))
    assert not app.exception
    assert "<b>south</b>" not in html_of(app)
    assert tr("overview.driver_up_times", group="Region &lt;b&gt;south&lt;/b&gt;", value="800", times="2") in html_of(
        app
    )
    assert links(app, "<b>south</b>")["Region <b>south</b>: 1.20 k, was 400"]["where.region"] == ["<b>south</b>"]


def test_answers_alone_have_their_card_and_the_rest_says_what_it_wants(visit, company):
    app = visit(
        "overview",
        company("asked", surveys="response_id,customer_id,score,answered_at\n1,a,5,2026-01-05\n2,b,1,2026-01-06\n"),
    )
    assert not app.exception
    shown = html_of(app)
    assert "50.0%" in [bare(metric.value) for metric in app.metric] and tr("tables.orders") in shown
    assert tr("overview.bridge_title") not in shown


def answer(app) -> str:
    """The sentence a screen opens with, without its bold part's tags."""
    found = re.search(r'class="answer"[^>]*>(.*?)</', html_of(app).replace("<b>", "").replace("</b>", ""), re.S)
    return found.group(1).strip()


def test_customers_without_orders_want_an_orders_export(visit):
    assert answer(visit("overview", "people")) == tr("overview.answer_wants_orders").replace("**", "")


def test_a_choice_that_matches_nobody_says_so_and_judges_nothing(visit):
    app = visit("overview", **{"where.tier": "top", "where.is_active": "no"})
    assert not app.exception
    assert answer(app) == tr("overview.answer_nobody").replace("**", "")
    assert tr("problems.nothing_to_judge") in html_of(app) and tr("problems.none") not in html_of(app)
    assert tr("overview.bridge_same") not in html_of(app)


def test_a_window_without_orders_has_nothing_to_judge(visit):
    app = visit("overview", "orders", as_of="2001-01-01")
    assert not app.exception
    assert answer(app) == tr("overview.answer_no_orders").replace("**", "")
    assert tr("problems.nothing_to_judge") in html_of(app)
    assert tr("problems.none") not in html_of(app)


def test_a_target_of_twelve_months_is_called_so_in_another_window(visit, company):
    name = company("aimed", orders="order_id,customer_id,ordered_at,amount\n1,a,2024-01-05,10\n2,a,2026-01-05,10\n")
    app = visit("overview", name)
    state.save_rules(open_database(default_path()), Rules(targets={"repurchase_rate": 0.3}))
    assert tr("frame.target", value="30%") in html_of(app.run())
    assert tr("frame.target_year", value="30%") in html_of(visit("overview", name, months="6"))
