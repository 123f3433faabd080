"""The parts clusters and score of the Segments screen: in every company and language, and what can be done in them."""

import re

import pytest

from crm_analytics import importing, state
from crm_analytics.database import default_path, open_database
from crm_analytics.i18n import LANGUAGES, translator
from crm_analytics.ui import score, scoring
from crm_analytics.ui.scoring import Recipe
from tests.metrics.test_clusters import company as generated
from tests.metrics.test_clusters import planted
from tests.pages.conftest import COMPANIES
from tests.pages.test_pages import html_of, untranslated
from tests.pages.test_pyramid import answer

tr = translator("en")
CLASS_WEIGHTS = scoring.PRESETS["classes"]


@pytest.fixture
def company(companies, tmp_path, monkeypatch):
    """company(orders) -> the name under which `visit` opens a company that has imported these orders."""

    def make(orders: str) -> str:
        path = tmp_path / "orders.csv"
        path.write_text("\n".join(",".join(line.split()) for line in orders.splitlines()))
        db = open_database(tmp_path / "crm.duckdb")
        importing.apply_plan(db, importing.plan_import(db, [path]))
        monkeypatch.setitem(companies, "own", db.path)
        return "own"

    return make


def asked(app, name: str) -> str:
    """What the URL says."""
    said = app.query_params[name]
    return said if isinstance(said, str) else said[0]


@pytest.mark.parametrize("name", COMPANIES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", ["clusters", "score"])
def test_the_part_opens_in_the_readers_words(visit, companies, part, language, name):
    app = visit("segments", name, lang=language, **{"q.part": part})
    assert not app.exception and [error.value for error in app.error] == []
    assert "answer" in html_of(app)
    assert untranslated(app, companies, language, name) == {}


def test_three_groups_are_named_and_listed(visit, company):
    app = visit("segments", company(planted(1, 200)[0]), as_of="2026-06-30", **{"q.part": "clusters"})
    assert answer(app).startswith("3 clear groups: Frequent big spenders, recent, ")
    assert not app.exception and "Rare small spenders, long ago" in html_of(app)
    chosen = visit("segments", "own", as_of="2026-06-30", **{"q.part": "clusters", "q.cluster": "1"})
    assert {"Frequent big spenders, recent"} == set(chosen.dataframe[0].value.cluster_name)
    assert tr("clusters.save") in {popover.proto.popover.label for popover in chosen.get("popover")}


def test_without_clear_groups_it_says_so_and_a_number_divides_anyway(visit):
    app = visit("segments", "made-up", **{"q.part": "clusters"})
    assert answer(app).startswith("No clear groups: customers shade into one another")
    app = visit("segments", "made-up", **{"q.part": "clusters", "q.k": "5"})
    assert answer(app) == "No clear groups: 5 parts of one cloud, as asked."
    assert len(set(app.dataframe[0].value.cluster_name)) == 1, "the list begins with the first group"
    for nonsense in ("1", "99", "x"):
        assert answer(visit("segments", "made-up", **{"q.part": "clusters", "q.k": nonsense})).startswith(
            "No clear groups"
        )


def test_a_cell_of_a_tier_lists_its_customers(visit):
    app = visit("segments", "made-up", **{"q.part": "score", "q.class": "high", "q.tier": "small"})
    rows = app.dataframe[0].value
    assert set(rows["class"]) == {"High"} and set(rows.tier) == {"Small"}
    assert f"{len(rows)} small customers score high" in html_of(app) or len(rows) == score.SHOWN
    app.button(key="score-tier").click().run()
    assert "q.tier" not in app.query_params and len(set(app.dataframe[0].value.tier)) > 1


def test_of_some_customers_the_score_says_how_many_are_the_companys_best(visit):
    said = answer(visit("segments", "made-up", **{"q.part": "score", "where.tier": "top"}))
    assert re.fullmatch(r"\d+% of the chosen score high and bring \d+% of their revenue\.", said)


@pytest.mark.parametrize("k", range(2, 9))
def test_every_number_of_parts_has_names_that_differ(visit, k):
    app = visit("segments", "made-up", **{"q.part": "clusters", "q.k": str(k)})
    assert not app.exception
    names = [option for option in app.selectbox(key="kept.cluster").options if option != tr("clusters.every_group")]
    assert len(names) == len(set(names)) == k


def test_few_customers_are_said_to_be_few(visit, company):
    orders = generated(range(10), [1] * 10, range(10, 20))
    app = visit("segments", company(orders), as_of="2026-06-30", **{"q.part": "clusters"})
    assert answer(app) == "Too few to group: active customers 10, needed 50."
    assert tr("clusters.none_title") in html_of(app) and not app.get("plotly_chart")


def test_weights_go_into_the_url_and_change_the_ranking(visit):
    app = visit("segments", "made-up", **{"q.part": "score"})
    first = app.dataframe[0].value.customer_id.tolist()
    app.number_input(key="score.weight.revenue").set_value(9.0).run()
    assert asked(app, "q.weights") == "days_since_last_order=1,orders=1,revenue=9"
    assert app.dataframe[0].value.customer_id.tolist() != first
    app.multiselect(key="score.measures").set_value(["revenue"]).run()
    assert asked(app, "q.weights") == "revenue=9" and not app.exception
    assert app.dataframe[0].value.revenue.is_monotonic_decreasing
    app.multiselect(key="score.lower").set_value(["revenue"]).run()
    assert asked(app, "q.reverse") == "revenue"
    assert app.dataframe[0].value.revenue.is_monotonic_increasing


def test_the_preset_of_activity_satisfaction_and_loyalty(visit):
    app = visit("segments", "made-up", **{"q.part": "score"})
    app.button(key="score.preset.classes").click().run()
    assert asked(app, "q.weights") == CLASS_WEIGHTS
    assert "have no score" in answer(app) and tr("score.class_unknown") in html_of(app)
    assert any("is not known of" in caption.value for caption in app.caption)


def test_what_nobody_is_known_for_names_its_export(visit):
    app = visit("segments", "orders", **{"q.part": "score", "q.weights": CLASS_WEIGHTS})
    assert "satisfaction" not in app.multiselect(key="score.measures").value
    told = " ".join(caption.value for caption in app.caption)
    assert tr("tables.surveys") in told and tr("tables.interactions") in told


def test_one_customer_does_not_stand_out(visit):
    app = visit("segments", "one", **{"q.part": "score"})
    assert answer(app) == "Nobody stands out: all with a score have the same one."


def test_a_class_is_listed_alone_and_can_be_saved(visit):
    app = visit("segments", "made-up", **{"q.part": "score", "q.class": "high"})
    assert set(app.dataframe[0].value["class"]) == {"High"}
    assert tr("score.save_class") in {popover.proto.popover.label for popover in app.get("popover")}


def test_a_score_is_kept_and_opened_again(visit, company):
    name = company(generated(range(60), [1 + n % 5 for n in range(60)], range(60, 120)))
    app = visit("segments", name, as_of="2026-06-30", **{"q.part": "score", "q.weights": "orders=2"})
    app.text_input(key="score.name").set_value("mine")
    app.button(key="score.save_do").click().run()
    saved = state.scores(open_database(default_path()).cursor())
    assert [(each["name"], each["version"], each["weights"]) for each in saved] == [("mine", 1, "orders=2")]
    app = visit("segments", name, as_of="2026-06-30", **{"q.part": "score"})
    app.button(key="score.open").click().run()
    assert asked(app, "q.weights") == "orders=2"


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("revenue=3,orders=2", (("revenue", 3), ("orders", 2))),
        ("revenue=0,orders=x,nothing=3", ()),
        ("revenue=1e8,orders=0.001", (("revenue", 100), ("orders", 0.1))),
        ("revenue=nan,orders=inf", ()),
        ("", ()),
    ],
)
def test_weights_of_the_url(text, weights):
    assert scoring.weights_of(text, ["revenue", "orders"]) == weights


def test_a_recipe_says_of_which_fewer_are_better():
    recipe = Recipe((("complaints", 1.0), ("revenue", 1.0)))
    assert recipe.lower == ["complaints"]
    assert Recipe(recipe.weights, reverse=("complaints", "revenue")).lower == ["revenue"]


@pytest.mark.parametrize(("part", "whom"), [("score", {"q.class": "high"}), ("clusters", {"q.cluster": "1"})])
def test_a_class_and_a_group_become_a_set_that_chooses_on_every_screen(visit, company, part, whom):
    name = company(planted(1, 200)[0])
    app = visit("segments", name, as_of="2026-06-30", **{"q.part": part} | whom)
    listed = set(app.dataframe[0].value.customer_id)
    app.text_input(key=f"{part}.set_name").set_value("best")
    app.button(key=f"{part}.set_save").click().run()
    con = open_database(default_path()).cursor()
    kept = {id for (id,) in con.execute("select customer_id from customer_sets where name = 'best'").fetchall()}
    assert kept == listed and 0 < len(kept) < 100
    again = visit("segments", name, as_of="2026-06-30", set="best", **{"q.part": part})
    assert not again.exception and set(again.dataframe[0].value.customer_id) == kept
    assert "Nobody stands out" not in answer(again)
