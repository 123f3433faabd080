"""The Segments screen: groups and movement of every company, both numbers of groups, marks that lead on, rules and names."""

import html
import re
from types import SimpleNamespace

import pandas as pd
import pytest

from crm_analytics import importing, state
from crm_analytics.database import open_database
from crm_analytics.i18n import LANGUAGES, translator
from crm_analytics.rules import Rules
from crm_analytics.ui import segment_rules, segments_answer
from crm_analytics.ui.text import bare
from tests.pages.conftest import COMPANIES
from tests.pages.test_pages import html_of, untranslated

tr = translator("en")
# The window of 2025 and the one before: a buys most and often in both, b once in the first, c once in the second.
OWN = """order_id,customer_id,ordered_at,amount
0,old,2023-12-01,1.00
1,a,2024-03-01,500.00
2,a,2024-11-01,500.00
3,b,2024-02-01,20.00
4,a,2025-11-05,400.00
5,a,2025-12-31,450.00
6,c,2025-01-20,30.00
7,d,2025-12-31,10.00
"""


@pytest.fixture
def own(companies, tmp_path):
    """A company with two whole windows; its database may be changed."""
    (tmp_path / "orders.csv").write_text(OWN)
    db = open_database(tmp_path / "crm.duckdb")
    importing.apply_plan(db, importing.plan_import(db, [tmp_path / "orders.csv"]))
    companies["own"] = db.path
    yield db
    del companies["own"]


def opened(visit, company: str = "own", **query):
    return visit("segments", company, **{name.replace("_", "."): value for name, value in query.items()})


def shown(app) -> str:
    return html.unescape(html_of(app))


@pytest.mark.parametrize("company", COMPANIES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_movement_opens_in_the_readers_words(visit, companies, company, language):
    app = opened(visit, company, lang=language, q_part="movement")
    assert not app.exception and not app.error
    assert untranslated(app, companies, language, company) == {}


@pytest.mark.parametrize("part", ["groups", "movement"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_eleven_groups_open_in_the_readers_words(visit, companies, language, part):
    app = opened(visit, "made-up", lang=language, q_part=part, q_groups="11")
    assert not app.exception and not app.error
    assert translator(language)("segment_names.cant_lose") in str(app.main) + shown(app)
    assert untranslated(app, companies, language, "made-up") == {}


def test_the_answer_counts_those_who_bring_most(visit, own):
    page = shown(opened(visit))
    assert tr("segments.lead_one", name="Champions", share="33%", revenue="96%").replace("**", "") in plain(page)
    assert "Champions" in page and "3 customers" in page
    assert tr("segments.heat_finding", recent="50%", others="0%") in page, "a and d bought lately, a twice"


def plain(text: str) -> str:
    return re.sub(r"<[^>]+>", "", text)


def test_little_data_is_a_caution_and_no_refusal(visit, own):
    app = opened(visit)
    captions = [bare(each.value) for each in app.caption]
    assert tr("segments.caution", n="3", days="365", least=500, least_days=180) in captions
    assert not [each.value for each in opened(visit, "made-up").caption if "caution" in each.value]


def test_a_window_without_orders_and_a_choice_of_nobody_say_so(visit, own):
    app = visit("segments", "own", as_of="2024-08-31", months="1")
    assert not app.exception and plain(tr("segments.answer_nobody")).replace("**", "") in plain(shown(app))
    app = opened(visit, **{"where.segment": "LHL"})
    assert not app.exception and tr("segments.answer_nobody_chosen").replace("**", "") in plain(shown(app))


def test_the_table_shows_the_window_before_and_leads_to_the_customers(visit, own):
    page = shown(opened(visit))
    assert "customers?lang=en&where.segment=HHH" in page
    assert tr("segments.column_previous") in page and "+1" in page


def test_a_segment_is_kept_as_a_set(visit, own):
    app = opened(visit)
    app.text_input(key="segments-HHH.set_name").set_value("the best")
    app.button(key="segments-HHH.set_save").click().run()
    assert not app.exception
    kept = state.customer_sets(own.cursor())
    assert list(kept.itertuples(index=False, name=None)) == [("the best", 1)]


def test_whoever_moved_is_listed_and_kept_as_a_set(visit, own):
    app = opened(visit, q_part="movement", q_move="new_buyer:HLL")
    assert "Not yet buying → New small" in shown(app) or app.dataframe
    rows = app.dataframe[0].value
    assert set(rows.to_segment) == {"New small"} and set(rows.from_segment) == {"Not yet buying"}
    every = opened(visit, q_part="movement").dataframe[0].value
    assert {"a"} & set(every.customer_id) == set(), "a has stayed"


def test_ribbons_say_whom_the_matrix_has_beyond_them(visit, own):
    assert tr("segments_moves.flow_outside", n="1") in shown(opened(visit, q_part="movement")), "old ordered in neither"


def test_a_window_that_is_not_whole_has_figures_and_no_findings(visit, own):
    page = shown(visit("segments", "own", as_of="2024-12-31", **{"q.part": "movement"}))
    assert "too close to" in page
    assert tr("segments_moves.matrix_title") in page and "more than in any other" not in page


@pytest.mark.parametrize(
    "before, now, came, left, title",
    [
        ((100, 90), (180, 88), (90, 20), (10, 22), "A grew most: from 100 to 180"),
        ((100, 90), (104, 50), (60, 1), (56, 41), "B shrank most: from 90 to 50"),
        ((100, 90), (110, 85), (60, 40), (50, 45), tr("segments.table_title")),
    ],
)
def test_a_segment_grew_by_more_than_its_coming_and_going(before, now, came, left, title):
    page, view = SimpleNamespace(tr=tr), SimpleNamespace(names=lambda page: {"a": "A", "b": "B"})
    columns = {"customers": now, "previous": before, "moved_in": came, "moved_out": left}
    assert segments_answer.grown(page, pd.DataFrame({"segment": ["a", "b"]} | columns), view) == title


def test_the_companys_own_name_stands_everywhere(visit, own):
    state.save_rules(own, Rules(segment_names={"HHH": "Darlings", "LLL": "<b>Sleepers</b>"}))
    page = shown(opened(visit))
    assert "Darlings" in page and "Champions" not in plain(page)
    assert "<b>Sleepers</b>" not in html_of(opened(visit)), "a name is text"
    rows = visit("customers", "own").dataframe[0].value
    assert "Darlings" in set(rows.segment)
    chip = visit("customers", "own", **{"where.segment": "HHH"}).button(key="chip.segment")
    assert bare(chip.label) == "Segment: Darlings"


def test_rules_are_edited_on_the_screen(visit, own):
    app = opened(visit)
    app.text_input(key="segment_rules.r_cuts").set_value("30, 60、90 180")
    app.selectbox(key="segment_rules.high_by").set_value("median")
    app.text_input(key="segment_rules.name_HHH").set_value("Darlings")
    submit(app, "segments.rules-form")
    rules = state.rules(own.cursor())
    assert (rules.r_cuts, rules.high_by, rules.segment_names) == ((30, 60, 90, 180), "median", {"HHH": "Darlings"})
    app = opened(visit)
    app.text_input(key="segment_rules.f_cuts").set_value("few, many")
    submit(app, "segments.rules-form")
    assert "few, many" in app.error[0].value and state.rules(own.cursor()) == rules


def submit(app, form: str):
    next(each for each in app.button if each.key.startswith(f"FormSubmitter:{form}")).click().run()


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", ()),
        ("30, 60, 90, 180", (30, 60, 90, 180)),
        ("1.5；2 3、4", (1.5, 2, 3, 4)),
        ("a 1", ("a", 1)),
        ("1e3", (1000,)),
        ("nan inf", ("nan", "inf")),
    ],
)
def test_borders_as_they_are_typed(text, numbers):
    assert segment_rules.numbers(text) == numbers


def test_the_menu_does_not_take_a_clicked_segment_to_the_screen_of_all(visit, own):
    app = visit("customers", "own", **{"where.segment": "HHH", "where.r": "5"})
    links = {link.proto.label: link.proto.query_string for link in app.get("page_link")}
    assert "segment" not in links[tr("menu.segments")] and "where.segment=HHH" in links[tr("menu.pyramid")]
