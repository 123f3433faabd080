"""The parts of the Pyramid screen: value, movement, lessons."""

import html
import shutil

import pytest

from crm_analytics import state
from crm_analytics.database import open_database
from crm_analytics.i18n import LANGUAGES, translator
from crm_analytics.metrics import pyramid
from crm_analytics.ui import pyramid_lessons
from crm_analytics.ui.text import bare
from tests.metrics import worked_example
from tests.pages.conftest import COMPANIES
from tests.pages.test_pages import html_of, untranslated
from tests.rows import given, prepared

tr = translator("en")
PARTS = ("value", "movement", "lessons")
# One large customer and six small ones; 700 of marketing for seven heads.
UNEVEN = {
    "orders": """order_id customer_id ordered_at amount cost
        1 a 2025-06-01 1000 100
        2 b 2025-06-02 10 6
        3 c 2025-06-03 10 6
        4 d 2025-06-04 10 6
        5 e 2025-06-05 10 6
        6 f 2025-06-06 10 6
        7 g 2025-06-07 10 6""",
    "costs": """period kind amount allocation_key
        2025 marketing 700 per_head""",
}
ALL_LOSE = {
    "orders": """order_id customer_id ordered_at amount cost
        1 a 2025-06-01 1000 1100
        2 b 2025-06-02 10 60""",
    "costs": UNEVEN["costs"],
}
MOVED = """order_id customer_id ordered_at amount
    1 a 2024-06-01 100
    2 b 2024-06-02 50
    3 c 2024-06-03 20
    4 a 2025-06-01 10
    5 b 2025-06-02 90
    6 d 2025-12-31 5
    7 z 2022-01-01 1"""


@pytest.fixture
def company(companies, tmp_path):
    """company(build) -> the name under which `visit` opens a new company that `build(database)` has filled, and its database."""
    opened = []

    def make(build):
        db = open_database(tmp_path / "crm.duckdb")
        opened.append(db)
        build(db)
        companies["own"] = db.path
        return db

    yield make
    for db in opened:
        db.close()


@pytest.fixture
def shop(companies, tmp_path):
    """The database of a copy of the company of orders, open to `visit` as "own"."""
    open_database(companies["orders"]).cursor().execute("checkpoint")
    companies["own"] = shutil.copy(companies["orders"], tmp_path / "crm.duckdb")
    db = open_database(companies["own"])
    yield db
    db.close()


def answer_of(app) -> str:
    return html.unescape(html_of(app)).split('class="answer">')[1].split("</h1>")[0]


def titles_of(app) -> list[str]:
    return [part.split("</h2>")[0] for part in html.unescape(html_of(app)).split('class="title">')[1:]]


def rows_of(app, place: int = 0) -> list[list[str]]:
    """The cells of a small table, line by line."""
    table = html.unescape(html_of(app)).split('class="grid">')[1 + place].split("</table>")[0]
    lines = table.split("<tbody>")[1].split("<tr")[1:]
    return [[cell.split(">", 1)[1].split("</td>")[0] for cell in line.split("<td")[1:]] for line in lines]


@pytest.mark.parametrize("company_name", COMPANIES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", PARTS)
def test_the_part_opens_in_the_readers_words(visit, companies, part, language, company_name):
    app = visit("pyramid", company_name, lang=language, **{"q.part": part})
    assert not app.exception
    assert [error.value for error in app.error] == []
    assert "answer" in html_of(app), "every part opens with its answer"
    assert untranslated(app, companies, language, company_name) == {}


def test_whatever_the_key_small_customers_lose(visit, company):
    company(lambda db: given(db, **UNEVEN))
    app = visit("pyramid", "own", as_of="2025-12-31", **{"q.part": "value"})
    # per head 100 each: top (900 - 100) / 100 = 8, small (4 - 100) / 100; by revenue small bears 39.62 and brings 24
    assert (
        answer_of(app)
        == "<b>Whatever the key, small customers lose money</b>; top customers earn 8.00 for each 1 spent."
    )
    assert tr("pyramid_value.returns_lose", losing=tr("pyramid_value.those_small")) in titles_of(app)


def test_the_worked_example_depends_on_the_key_and_adds_up(visit, company):
    company(worked_example.build)
    app = visit("pyramid", "own", as_of=worked_example.AS_OF, **{"q.part": "value"})
    # small: own key -140,000 / 700,000; by revenue (800 - 240 - 400) / 400 thousand = 0.40
    assert "Whether small customers pay depends on the key" in answer_of(app)
    assert "top customers earn 4.60" in answer_of(app)
    total = rows_of(app)[-1]
    assert total == ["Total", "1,050", "10.0 M", "4.00 M", "2.00 M", "1.20 M", "800 k", "0.40"]
    assert any("10,000,000.00" in said and "800,000.00" in said for said in (bare(text.value) for text in app.caption))


def test_the_table_per_customer_divides_by_the_layer(visit, company):
    company(worked_example.build)
    app = visit("pyramid", "own", as_of=worked_example.AS_OF, **{"q.part": "value", "q.each": "each"})
    assert rows_of(app)[0][:4] == ["Top", "10", "400 k", "160 k"]
    app.segmented_control(key="kept.each").set_value("total").run()
    assert rows_of(app)[0][:4] == ["Top", "10", "4.00 M", "1.60 M"]


def test_typed_totals_become_rules_and_a_profit(visit, shop):
    app = visit("pyramid", "own", **{"q.part": "value"})
    assert "what remains of it is unknown" in answer_of(app)
    app.number_input(key="pyramid_value.yearly.marketing").set_value(10.0)
    app.number_input(key="pyramid_value.rate").set_value(50.0)
    next(button for button in app.button if button.label == tr("pyramid_value.form_save")).click().run()
    assert not app.exception and not app.error
    rules = state.rules(shop.cursor())
    assert rules.yearly_costs == {"marketing": 10.0} and rules.margin_rate == 0.5
    # 51.50 of revenue in the window, half of it remains, less 10 of marketing
    assert titles_of(app)[0] == "15.8 of 51.5 remain as profit"
    subtitle = html.unescape(html_of(app))
    assert "Not known and so not deducted: Sales, Service, Overhead." in subtitle
    assert "100% of the revenue has no cost of goods: the typed margin of 50.0% stands in." in subtitle


def test_an_empty_field_stays_unknown_and_never_a_zero(visit, shop):
    app = visit("pyramid", "own", **{"q.part": "value"})
    next(button for button in app.button if button.label == tr("pyramid_value.form_save")).click().run()
    assert state.rules(shop.cursor()).yearly_costs == {}
    assert "what remains of it is unknown" in answer_of(app)


def test_one_customer_is_found_and_stands_beside_the_tier(visit, company):
    company(worked_example.build)
    app = visit("pyramid", "own", as_of=worked_example.AS_OF, **{"q.part": "value"})
    assert any(title.startswith("C0001") for title in titles_of(app)), "without a choice the first of the ranking"
    app.text_input(key="standing.search").set_value("C0500").run()
    assert app.query_params["q.customer"] in ("C0500", ["C0500"])
    assert any(title.startswith("C0500") for title in titles_of(app))
    # 2,500 of revenue, 1,000 of contribution; cost 700,000 / 800 of its tier and 3 % of the overhead's 1,200,000 / 1,000
    own = {row[0]: row[1] for row in rows_of(app, 2)}
    assert own == {
        "Revenue": "2.50 k",
        "Orders": "1",
        "Contribution": "1.00 k",
        "Cost": "1.18 k",
        "Profit": "−175",
        "Return": "−0.20",
    }


def test_a_search_with_several_hits_lets_choose(visit):
    app = visit("pyramid", "made-up", **{"q.part": "value"})
    app.text_input(key="standing.search").set_value("Stone").run()
    hits = [button for button in app.button if "Stone" in button.label]
    assert 2 <= len(hits) <= 8
    hits[1].click().run()
    chosen = hits[1].key.removeprefix("standing.")
    assert any(f"({chosen})" in title for title in titles_of(app))


@pytest.mark.parametrize("said", ["nobody", "<b>x</b>", "' or 1=1 --"])
def test_nonsense_in_the_link_opens_the_part(visit, said):
    for part in PARTS:
        query = dict.fromkeys(("q.customer", "q.tier", "q.each", "q.from", "q.frame", "q.flow", "q.move"), said)
        app = visit("pyramid", "orders", **{"q.part": part}, **query)
        assert not app.exception and not app.error
        assert said not in html_of(app) or "<" not in said


def test_the_list_is_of_the_tier_that_was_chosen(visit):
    app = visit("pyramid", "made-up", **{"q.part": "value", "q.tier": "big"})
    listed = app.dataframe[0].value
    assert "tier" not in listed and len(listed) == 82
    assert listed["rank"].tolist() == list(range(21, 103))


def test_who_rose_fell_came_and_left_since_a_day(visit, company):
    company(lambda db: given(db, orders=MOVED))
    app = visit("pyramid", "own", as_of="2025-12-31", **{"q.part": "movement"})
    # 2024: a 100 top, b 50 small, c 20 small; 2025: b 90 top, a 10 small, d 5 small; c is gone
    assert answer_of(app) == ("Since 31 Dec 2024 <b>1 moved up and 1 moved down</b>; 1 came, 1 left, 0 returned.")
    moved = app.dataframe[0].value.set_index("customer_id")
    assert moved.change.to_dict() == {"a": -90.0, "b": 40.0, "c": -20.0, "d": 5.0}
    app.segmented_control(key="kept.flow").set_value("left").run()
    assert app.dataframe[0].value.customer_id.tolist() == ["c"]


def test_a_click_on_a_move_lists_those_who_made_it(visit, company):
    company(lambda db: given(db, orders=MOVED))
    app = visit("pyramid", "own", as_of="2025-12-31", **{"q.part": "movement", "q.move": "small:top"})
    assert app.dataframe[0].value.customer_id.tolist() == ["b"]
    assert "Small → Top" in titles_of(app)
    entered = visit("pyramid", "own", as_of="2025-12-31", **{"q.part": "movement", "q.move": "outside:small"})
    assert entered.dataframe[0].value.customer_id.tolist() == ["d"]
    next(button for button in entered.button if button.key == "moves-every").click().run()
    assert len(entered.dataframe[0].value) == 4


def test_the_thresholds_of_then_let_all_rise_together(visit, company):
    orders = """order_id customer_id ordered_at amount
        1 a 2024-06-01 100
        2 b 2024-06-02 50
        3 a 2025-06-01 300
        4 b 2025-06-02 200
        5 z 2022-01-01 1"""
    company(lambda db: given(db, orders=orders))
    relative = visit("pyramid", "own", as_of="2025-12-31", **{"q.part": "movement"})
    assert "0 moved up and 0 moved down" in answer_of(relative)
    frozen = visit("pyramid", "own", as_of="2025-12-31", **{"q.part": "movement", "q.frame": "absolute"})
    assert answer_of(frozen).startswith("<b>More rise than fall</b>: since 31 Dec 2024 1 moved up and 0 down")


def test_a_day_too_close_to_the_first_data_is_said(visit):
    app = visit("pyramid", "orders", **{"q.part": "movement"})
    assert answer_of(app).startswith("<b>The data begin on 5 Jan 2024, too close to 5 Mar 2024 to judge who moved.</b>")


def test_tiers_of_like_tenure_are_not_called_apart(visit, company):
    """One or two customers in each: too few to say who has been here longer."""
    company(lambda db: given(db, orders=MOVED))
    app = visit("pyramid", "own", as_of="2025-12-31", **{"q.part": "movement"})
    assert tr("movement.tenure_alike") in "".join(each.proto.body for each in app.get("html"))


def test_without_estimates_the_wallet_says_which_export_it_wants(visit):
    app = visit("pyramid", "orders", **{"q.part": "movement"})
    assert tr("movement.wallet_unknown") in html.unescape(html_of(app))


def test_the_answer_counts_the_verdicts(visit, companies):
    db = open_database(companies["made-up"].with_name("demo.duckdb"))
    verdicts = pyramid.lessons(*prepared(db)).verdict.value_counts()
    app = visit("pyramid", "made-up", **{"q.part": "lessons"})
    said = answer_of(app)
    for verdict, key in (("fails", "rest_fails"), ("unclear", "rest_unclear"), ("unknown", "rest_unknown")):
        n = verdicts.get(verdict, 0)
        words = tr(f"lessons.{key}{'_one' if n == 1 else ''}", n=n)
        assert (words in said) == bool(n)
    assert html_of(app).count('class="findings lesson"') == 10


def test_a_lesson_without_data_names_the_export(visit):
    app = visit("pyramid", "orders", **{"q.part": "lessons"})
    shown = html.unescape(html_of(app))
    assert tr("lessons.wants", tables=tr("tables.surveys")) in shown
    assert tr("lessons.wants_title") in titles_of(app)


class Row:
    """A lesson as far as a drawing needs it."""

    def __init__(self, value, low, high, claim, claim_high=None):
        self.value, self.low, self.high, self.claim, self.claim_high = value, low, high, claim, claim_high


def places(row) -> dict[str, float]:
    """Left edge of each mark of the gauge in percent."""
    marks = pyramid_lessons.gauge(row).split("<i ")[1:]
    return {mark.split('class="')[1].split('"')[0]: float(mark.split("left:")[1].split("%")[0]) for mark in marks}


def test_what_is_found_and_what_is_said_stand_on_one_scale():
    found = places(Row(0.6, 0.5, 0.7, 0.8))
    assert found["band"] < found["dot"] < found["said"]
    assert found["dot"] - found["band"] == pytest.approx((found["said"] - found["dot"]) / 2, abs=0.2)
    assert places(Row(-0.1, -0.2, 0.1, 0.0))["dot"] < places(Row(-0.1, -0.2, 0.1, 0.0))["said"]


def test_an_end_without_bound_stays_on_the_scale():
    found = places(Row(1.5, 1.2, float("inf"), 1.0))
    assert 0 < found["said"] < found["band"] < found["dot"] < 100


def test_nothing_found_draws_nothing():
    assert "dot" not in pyramid_lessons.gauge(Row(None, None, None, 0.8))


def test_where_every_tier_loses_it_is_said_once_and_losses_are_red(visit, company):
    company(lambda db: given(db, **ALL_LOSE))
    app = visit("pyramid", "own", as_of="2025-12-31", **{"q.part": "value"})
    assert not app.exception
    assert "<b>Whatever the key, every tier loses money</b>; the least" in html_of(app)
    assert tr("pyramid_value.returns_lose_all") in titles_of(app)
    # 700 of marketing for two heads: the top brings −100, the small −50 before it
    for loss in ("−450", "−400", "−850"):
        assert f'<td class="right loss">{loss}</td>' in html_of(app)
