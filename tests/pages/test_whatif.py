"""What-if on screen: the URL is the scenario, the answer follows the moves, scenarios are kept and opened again."""

import html
import shutil

import pandas as pd
import pytest

from crm_analytics import state
from crm_analytics.charts import whatif as charts
from crm_analytics.database import open_database
from crm_analytics.i18n import translator
from crm_analytics.metrics import pyramid, whatif
from crm_analytics.ui import scenarios
from crm_analytics.ui.candidates import UPWARD
from crm_analytics.ui.optimiser import planned
from crm_analytics.ui.scenarios import EXAMPLE, Scenario, moves_of, named_of
from tests.pages.test_pages import untranslated
from tests.rows import prepared

tr = translator("en")


def html_of(app) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def answer_of(app) -> str:
    return html_of(app).split('class="answer">')[1].split("</h1>")[0]


@pytest.fixture
def own(companies, tmp_path, monkeypatch):
    """The made-up company in a place of its own: what a test saves, no other test sees."""
    folder = tmp_path / "own"
    folder.mkdir()
    source = companies["made-up"].with_name("demo.duckdb")
    db = open_database(source)
    db.cursor().execute("checkpoint")
    shutil.copy(source, folder / "demo.duckdb")
    monkeypatch.setitem(companies, "own", folder / "crm.duckdb")
    return open_database(folder / "demo.duckdb")


def test_a_scenario_goes_into_the_url_and_comes_back():
    made = Scenario(
        moves=(("small", "top", 2), ("big", "top", 1)), named=(("C-1", "medium"),), cost_rule="budget", budget=15000.0,
        brings="median", success="0.35", by="margin", rank_within=True,
    )  # fmt: skip
    assert made.query == {
        "q.moves": ["small:top=2,big:top=1"],
        "q.named": ["C-1:medium"],
        "q.rule": ["budget"],
        "q.budget": ["15000"],
        "q.brings": ["median"],
        "q.success": ["0.35"],
        "q.by": ["margin"],
        "q.within": ["1"],
    }
    assert Scenario.of_saved(made.options) == made


def test_the_example_is_not_written_and_nobody_is():
    assert Scenario(moves=EXAMPLE).query == {}
    assert Scenario().query == {"q.moves": ["none"]}


@pytest.mark.parametrize(
    ("text", "moves"),
    [
        ("small:medium=3", (("small", "medium", 3),)),
        ("small:medium=1,small:medium=2", (("small", "medium", 3),)),
        ("small:big=2,small:medium=3", (("small", "medium", 3), ("small", "big", 2))),
        ("none", ()),
        ("small:small=3,small:sky=1,small:top=-1,small:top=x,=,small:big=0", ()),
        ("prospect:small=5", (("prospect", "small", 5),)),
    ],
)
def test_moves_are_read_and_what_cannot_be_meant_is_left_out(text, moves):
    assert moves_of(text) == moves


def test_a_customers_number_may_hold_commas_and_colons():
    assert named_of("a,b:c:top,C-2:medium,x:sky") == (("a,b:c", "top"), ("C-2", "medium"))


def test_no_more_move_than_there_are_and_none_into_a_tier_of_nobody():
    present = {"small": 4, "medium": 1, "top": 1}
    assert Scenario(moves=EXAMPLE).fitting(present).moves == (("small", "medium", 3), ("small", "top", 1))
    assert Scenario(moves=(("medium", "prospect", 3),)).fitting(present).moves == (("medium", "prospect", 1),)


def test_names_take_the_place_of_movers_nobody_has_named():
    named = Scenario(moves=EXAMPLE).with_named(["a", "b"], "small", "medium")
    assert named.count("small", "medium") == 1 and named.size == 6
    again = named.with_named(["b", "c"], "small", "medium")
    assert again.named == (("a", "medium"), ("b", "medium"), ("c", "medium")) and again.size == 6


def test_moves_in_words():
    assert scenarios.moves_words(tr, Scenario(moves=EXAMPLE)) == "3 / 2 / 1"
    other = Scenario(moves=(("big", "top", 2),), named=(("a", "big"),))
    assert scenarios.moves_words(tr, other) == "Big → Top 2, 1 by name"
    assert scenarios.moves_words(tr, Scenario()) == "–"


def test_ways_up_lead_to_a_tier_above():
    assert ("small", "medium") in UPWARD and ("prospect", "small") in UPWARD
    assert ("top", "big") not in UPWARD and ("suspect", "prospect") not in UPWARD


def test_six_small_customers_are_the_question_to_begin_with(visit):
    app = visit("whatif")
    assert not app.exception
    assert (
        "Moving 6 of" in answer_of(app) and "of profit" in answer_of(app) and "Eight times out of ten" in answer_of(app)
    )
    assert [app.number_input(key=f"whatif.move.small.{tier}").value for tier in ("medium", "big", "top")] == [3, 2, 1]
    assert "q.moves" not in app.query_params


def test_a_move_typed_goes_into_the_url_and_the_answer(visit):
    app = visit("whatif")
    app.number_input(key="whatif.move.small.medium").set_value(10).run()
    assert app.query_params["q.moves"] == "small:medium=10,small:big=2,small:top=1"
    assert "Moving 13 of" in answer_of(app)


def test_nobody_moves_and_the_screen_invites(visit):
    app = visit("whatif", **{"q.moves": "none"})
    assert tr("whatif.answer_invite").replace("**", "") == answer_of(app).replace("<b>", "").replace("</b>", "")
    app.button(key="whatif.example").click().run()
    assert not app.exception and "Moving 6 of" in answer_of(app)


def test_customers_who_go_down_cost_profit(visit):
    answer = answer_of(visit("whatif", **{"q.moves": "top:small=2"}))
    assert answer.startswith("Moving 2 of") and "top customers down costs" in answer


def test_a_link_opens_the_whole_scenario(visit):
    query = {
        "q.moves": "medium:big=4",
        "q.rule": "budget",
        "q.budget": "2000",
        "q.brings": "median",
        "q.success": "0.5",
    }
    app = visit("whatif", **query)
    assert app.number_input(key="whatif.move.medium.big").value == 4
    assert app.number_input(key="whatif.budget").value == 2000
    assert app.segmented_control(key="whatif.brings").value == "median"
    assert app.slider(key="whatif.success").value == 50
    assert {name: app.query_params[name] for name in query} == query, "opening it changes nothing"


def test_the_companys_own_rates_replace_the_slider(visit):
    app = visit("whatif")
    app.toggle(key="whatif.own").set_value(True).run()
    assert app.query_params["q.success"] == "own" and len(app.slider) == 0
    assert tr("whatif.eyebrow_own") in html.unescape(html_of(app))


def test_nonsense_in_the_link_is_left_out(visit):
    app = visit(
        "whatif",
        **{"q.moves": "a:b=c", "q.rule": "x", "q.success": "9", "q.budget": "-1", "q.part": "none", "q.by": "x"},
    )
    assert not app.exception and [error.value for error in app.error] == []


def test_a_name_that_is_nobodys_is_one_sentence(visit):
    app = visit("whatif", **{"q.named": "nobody-1:top"})
    assert not app.exception
    assert len(app.warning) == 1 and "nobody" in app.warning[0].value
    assert "Moving 6 of" in answer_of(app)


def test_orders_alone_speak_of_revenue_and_name_the_export_wanted(visit):
    answer = answer_of(visit("whatif", "orders", **{"q.moves": "small:top=1"}))
    assert "of revenue" in answer and "<b>cost</b>" in answer


def test_a_company_of_one_customer_has_nobody_to_move(visit):
    app = visit("whatif", "one", as_of="2024-06-01")
    assert not app.exception
    assert answer_of(app).startswith("<b>Nobody can move up</b>")


def test_a_window_of_nobody_says_so(visit):
    app = visit("whatif", "orders", as_of="2030-01-01", months="3")
    assert not app.exception and "Nobody is active" in answer_of(app)


def test_a_scenario_is_saved_compared_opened_and_deleted(visit, own):
    app = visit("whatif", "own", **{"q.moves": "small:big=2", "q.rule": "per_head"})
    app.text_input(key="whatif.save_name").set_value("Two <b>big</b>")
    app.button(key="whatif.save_do").click().run()
    assert not app.exception
    (saved,) = state.scenarios(own.cursor())
    assert (saved["name"], saved["moves"], saved["cost_rule"]) == ("Two <b>big</b>", "small:big=2", "per_head")
    rows = pyramid.whatif(*prepared(own), moves="small:big=2", cost_rule="per_head").set_index("tier")
    assert saved["result"]["profit_delta"] == rows.profit_delta["total"] and saved["result"]["low"] == rows.low["total"]
    assert saved["before"]["small"]["customers"] == rows.customers_before["small"]

    app = visit("whatif", "own", **{"q.part": "scenarios"})
    assert "Two &lt;b&gt;big&lt;/b&gt;" in html_of(app), "a name stays text"
    app.button(key="saved.open").click().run()
    assert app.query_params["q.moves"] == "small:big=2" and app.query_params["q.rule"] == "per_head"
    app = visit("whatif", "own", **{"q.part": "scenarios"})
    app.button(key="saved.delete_do").click().run()
    assert not app.exception and state.scenarios(own.cursor()) == []


def test_the_candidates_of_a_move_can_be_used_as_the_movers(visit):
    app = visit("whatif", **{"q.part": "candidates", "q.moves": "small:medium=3"})
    assert not app.exception
    app.button(key="candidates.use").click().run()
    assert not app.exception
    assert "q.part" not in app.query_params and app.query_params["q.moves"] == "none"
    assert len(named_of(app.query_params["q.named"])) == 3
    assert "Moving 3 of" in answer_of(app)


def test_a_named_mover_can_be_taken_back(visit):
    app = visit("whatif", **{"q.part": "candidates", "q.moves": "small:medium=1"})
    app.button(key="candidates.use").click().run()
    id = named_of(app.query_params["q.named"])[0][0]
    app.button(key=f"whatif.named.{id}").click().run()
    assert "q.named" not in app.query_params and tr("whatif.answer_invite").split("?")[0].strip("*") in answer_of(app)


def effects_of(*changes: float, total: float | None = None) -> pd.DataFrame:
    """Steps of small customers to medium, big, top with these changes of profit."""
    tiers = ("medium", "big", "top")[: len(changes)]
    rows = [("small", tier, place + 1, change) for place, (tier, change) in enumerate(zip(tiers, changes))]
    moves = pd.DataFrame(rows, columns=["from_tier", "to_tier", "customers", "profit_delta"])
    return charts.effects(moves, sum(changes) if total is None else total, "profit")


def test_every_step_begins_where_the_last_one_ended():
    steps = effects_of(10.0, -4.0, 20.0)
    assert list(steps.start) == [0.0, 10.0, 6.0] and list(steps.change) == [10.0, -4.0, 20.0]


def test_what_the_moves_do_not_explain_is_a_step_of_its_own():
    steps = effects_of(10.0, 5.0, total=12.0)
    assert steps.iloc[-1][["change", "start"]].tolist() == [-3.0, 15.0] and steps.to_tier.isna().tolist() == [
        False,
        False,
        True,
    ]


def test_the_waterfall_says_each_step_the_whole_and_the_interval():
    figure = charts.waterfall(effects_of(1000.0, 2000.0), (1500.0, 3000.0, 4500.0), tr, "dark", "£")
    assert list(figure.data[0].y) == [1000.0, 2000.0, 3000.0] and list(figure.data[0].base) == [0.0, 1000.0, 0.0]
    assert list(figure.layout.xaxis.ticktext) == ["1 to Medium", "2 to Big", "All 3", "8 in 10 outcomes"]
    words = [note.text for note in figure.layout.annotations]
    assert words == ["<b>+£1.00 k</b>", "<b>+£2.00 k</b>", "<b>+£3.00 k</b>", "<b>+£4.50 k</b>", "<b>+£1.50 k</b>"]
    pole = figure.data[1].error_y
    assert (pole.array[0], pole.arrayminus[0]) == (1500.0, 1500.0)


def test_a_waterfall_of_losses_or_nothing_can_be_drawn():
    loss = charts.waterfall(effects_of(-5.0), None, tr)
    assert loss.layout.yaxis.range[0] < -5 and loss.layout.yaxis.range[1] > 0
    assert 0 in charts.waterfall(effects_of(0.0), None, tr).layout.yaxis.tickvals


def layers(**changed) -> pd.DataFrame:
    """Rows as of `pyramid.whatif`: ten customers of 100 each in every layer that buys; `small=-2`: two leave, with what they bring."""
    rows = []
    for tier in scenarios.LAYERS:
        n, revenue = (10, 1000.0) if tier in scenarios.TIERS else (0, 0.0)
        delta = changed.get(tier, 0)
        rows.append((tier, n, n + delta, delta, revenue, revenue + 100 * delta, 100.0 * delta))
    names = [f"{name}_{when}" for name in ("customers", "revenue") for when in ("before", "after", "delta")]
    return pd.DataFrame(rows, columns=["tier", *names])


def test_before_and_after_by_tier():
    figure = charts.before_after(layers(small=-2, top=2), tr, currency="£")
    before, after = figure.data
    assert list(before.x) == [1000.0] * 4 and list(after.x) == [1200.0, 1000.0, 1000.0, 800.0]
    words = [note.text for note in figure.layout.annotations]
    assert "10 → 12 customers" in words[0] and "+£200" in words[0]
    assert "10 customers" in words[1] and "→" not in words[1]


def test_layers_that_do_not_buy_are_drawn_where_their_revenue_changes():
    assert list(charts.before_after(layers(inactive=3, small=-3), tr).data[0].y)[-1] == "Inactive"


def test_the_pyramid_shows_counts_before_and_after():
    words = [note.text for note in charts.pyramid(layers(small=-2, top=2), tr, "dark").layout.annotations]
    assert words[:4] == ["Top", "10", "<b>12</b>", "+2"]
    assert words[words.index("Small") : words.index("Small") + 4] == ["Small", "10", "<b>8</b>", "−2"]
    assert words[words.index("Prospects") + 1] == "–", "what the data do not hold is no zero"


def test_the_frontier_marks_the_plan_at_hand():
    points = pd.DataFrame(
        {"budget": [0.0, 100.0, 200.0], "expected_profit": [0.0, 80.0, 120.0], "customers": [0, 2, 4]}
    )
    figure = charts.frontier(points, (100.0, 80.0), tr, "light", "<i>")
    assert list(figure.data[1].x) == [100.0] and "<i>" not in figure.layout.annotations[0].text


def test_a_plan_becomes_a_scenario_of_named_customers():
    chosen = pd.DataFrame(
        {
            "customer_id": ["a", "b"], "to_tier": ["medium", "big"], "cost": [100.0, 50.0],
            "chance": [0.5, 0.1], "expected_gain": [50.0, 10.0],
        }
    )  # fmt: skip
    made = planned(Scenario(moves=EXAMPLE), chosen)
    assert made.moves == () and made.named == (("a", "medium"), ("b", "big"))
    # 60 are expected of 50 / 0.5 + 10 / 0.1 = 200 that would come if both succeeded
    assert (made.success, made.cost_rule, made.budget) == ("0.3", "budget", 150.0)


def test_a_plan_used_as_a_scenario_expects_what_the_plan_expects(own):
    con, filters = prepared(own)
    chosen = pyramid.optimise(con, filters, budget=500.0)
    total = pyramid.whatif(con, filters, **planned(Scenario(), chosen).options).iloc[-1]
    assert len(chosen) > 3 and total.profit_delta == pytest.approx(chosen.expected_profit.sum(), rel=2e-3)


def test_a_choice_of_customers_can_be_ranked_by_itself(visit):
    app = visit("whatif", **{"where.region": "North", "q.named": "", "q.moves": "small:medium=2"})
    before = app.number_input(key="whatif.move.small.medium").max
    app.toggle(key="whatif.within").set_value(True).run()
    assert not app.exception and app.query_params["q.within"] == "1"
    assert app.number_input(key="whatif.move.small.medium").max != before


def test_a_ranking_nobody_knows_is_one_sentence(visit):
    app = visit("whatif", "orders", **{"q.by": "margin", "q.moves": "none"})
    assert not app.exception and len(app.warning) == 1 and [error.value for error in app.error] == []


def test_a_saved_scenario_opens_in_the_view_it_was_made_in(visit, own):
    view = {"as_of": "2026-03-31", "months": "6", "where.region": "North"}
    app = visit("whatif", "own", **view, **{"q.moves": "small:medium=5"})
    app.text_input(key="whatif.save_name").set_value("North")
    app.button(key="whatif.save_do").click().run()
    app = visit("whatif", "own", **{"q.part": "scenarios"})
    app.button(key="saved.open").click().run()
    assert not app.exception
    assert {name: app.query_params[name] for name in view} == view
    assert app.query_params["q.moves"] == "small:medium=5" and "q.part" not in app.query_params


def test_a_scenario_without_a_name_is_not_saved(visit, own):
    app = visit("whatif", "own")
    app.text_input(key="whatif.save_name").set_value("  ")
    app.button(key="whatif.save_do").click().run()
    assert len(app.error) == 1 and state.scenarios(own.cursor()) == []


@pytest.mark.parametrize("company", ["orders", "one", "made-up"])
@pytest.mark.parametrize("part", ["candidates", "optimiser", "scenarios"])
def test_every_part_opens_in_chinese(visit, companies, part, company):
    app = visit("whatif", company, lang="zh-Hans", **{"q.part": part})
    assert not app.exception and [error.value for error in app.error] == []
    assert untranslated(app, companies, "zh-Hans", company) == {}


def test_the_best_plan_becomes_the_scenario(visit):
    app = visit("whatif", **{"q.part": "optimiser", "q.each": "50", "q.spend": "300", "q.top": "5"})
    assert not app.exception
    assert "€250 spent on 5 customers" in html_of(app), "five attempts of 50 each, not the whole budget"
    app.button(key="optimiser.use").click().run()
    assert not app.exception
    assert len(named_of(app.query_params["q.named"])) == 5 and app.query_params["q.moves"] == "none"
    assert app.query_params["q.rule"] == "budget" and app.query_params["q.budget"] == "250"
    assert 0 < float(app.query_params["q.success"]) < 1 and "Moving 5" in answer_of(app)


def test_what_must_be_true_can_be_tried(visit):
    app = visit("whatif", **{"q.part": "optimiser", "q.target": "10"})
    assert "+10%" in html_of(app)
    app.button(key="required.small:medium").click().run()
    assert not app.exception
    gain = float(answer_of(app).split("+")[1].split("%")[0])
    assert 10 <= gain < 11, "the fewest movers that bring the target"


def test_without_margins_the_optimiser_says_what_it_wants(visit):
    app = visit("whatif", "orders", **{"q.part": "optimiser"})
    assert not app.exception and [error.value for error in app.error] == []
    assert any("margin rate" in text.value for text in app.markdown)


def saved_of(own, day: str, **asked) -> None:
    """A scenario of six small customers in the made-up company, saved on a day of the past."""
    con, filters = prepared(own, day)
    options = Scenario(moves=EXAMPLE).options | asked
    total = pyramid.whatif(con, filters, **options).set_index("tier").loc["total"]
    result = {"revenue_delta": float(total.revenue_delta), "profit_delta": float(total.profit_delta)}
    state.save_scenario(own, "Last year", options | {"as_of": day, "months": 12, "where": [], "result": result})


def test_a_scenario_of_last_year_is_held_against_what_happened(visit, own):
    con, filters = prepared(own, "2025-10-31")
    first = whatif.candidates(con, filters, move="small:medium", limit=1).customer_id[0]
    saved_of(own, "2025-10-31", named=f"{first}:medium")
    app = visit("whatif", "own", **{"q.part": "scenarios"})
    assert not app.exception and [error.value for error in app.error] == []
    made = whatif.outcome(*prepared(own), name="Last year")
    moves = made[made.kind == "move"]
    assert f"7 moves were planned, {moves.actual.sum():,.0f} were made; profit is" in html_of(app)
    assert f"{tr('tiers.small')} → {tr('tiers.medium')}" in html_of(app) and tr("whatif.column_named") in html_of(app)


def test_a_scenario_of_today_has_no_outcome_yet(visit, own):
    saved_of(own, "2026-10-31")
    app = visit("whatif", "own", lang="zh-Hans", **{"q.part": "scenarios"})
    assert not app.exception
    assert any("Last year" in text.value for text in app.markdown), "why, in a sentence"
