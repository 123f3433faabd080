"""The Value screen: its answers, the question in the URL, what it says where there is no model, lists behind the marks."""

import html
import json
import re
from datetime import date, timedelta

import pytest

from crm_analytics import formats, importing
from crm_analytics.database import default_path, open_database
from crm_analytics.filters import Filters
from crm_analytics.i18n import LANGUAGES, translator
from crm_analytics.metrics import value
from crm_analytics.snapshot import prepare
from crm_analytics.ui import value_list
from crm_analytics.ui.value import PARTS
from tests.pages.test_pages import html_of, untranslated

tr = translator("en")
NEW = "order_id,customer_id,ordered_at,amount\n" + "".join(
    f"{n},c{n % 150},2025-{1 + n // 150:02d}-{1 + n % 28:02d},{10 + n * 37 % 90}\n" for n in range(600)
)


def answer(app) -> str:
    """The sentence the screen opens with, without its bold part's tags."""
    return re.search(r'class="answer">(.*?)</h1>', html_of(app), re.S).group(1).replace("<b>", "").replace("</b>", "")


def metric(name: str, **options):
    """The number of the company whose page was opened last."""
    path = default_path() if default_path().exists() else default_path().with_name("demo.duckdb")
    con = open_database(path).cursor()
    return getattr(value, name)(con, prepare(con, Filters()), **options)


@pytest.fixture
def company(companies, tmp_path, monkeypatch):
    """company("text of an orders export") -> the name of a company of it."""

    def make(orders: str) -> str:
        (tmp_path / "orders.csv").write_text(orders)
        db = open_database(tmp_path / "own.duckdb")
        importing.apply_plan(db, importing.plan_import(db, [tmp_path / "orders.csv"]))
        monkeypatch.setitem(companies, "own", tmp_path / "own.duckdb")
        return "own"

    return make


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", PARTS)
def test_every_part_opens_in_the_readers_words(visit, companies, part, language):
    app = visit("value", lang=language, **{"q.part": part})
    assert not app.exception and [error.value for error in app.error] == []
    assert answer(app) and untranslated(app, companies, language, "made-up") == {}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", ["orders", "one"])
def test_every_part_opens_in_a_small_company(visit, part, name):
    app = visit("value", name, **{"q.part": part})
    assert not app.exception and [error.value for error in app.error] == []
    assert answer(app)


def test_the_answer_is_what_the_numbers_say(visit):
    said = answer(visit("value"))
    total, cells = metric("summary").set_index("tier").loc["total"], metric("matrix")
    lost = cells[cells.alive.isin(["doubtful", "gone"]) & (cells.brought == "high")].customers.sum()
    assert formats.money(total.expected_value, "en", "EUR") in said and f"{lost} good ones" in said


def test_a_choice_of_customers_is_not_all_of_them(visit):
    assert answer(visit("value")).startswith(html.escape(tr("value.who_all")))
    assert answer(visit("value", **{"where.tier": "top"})).startswith(tr("value.who_chosen"))


def test_a_model_that_sees_nobody_leave_says_so(visit, company):
    """Everybody orders every ten days to the end: of leaving there is nothing to learn, of how often a little."""
    days = [(c, day) for c in range(150) for day in range(c % 60, 360, 10 + c % 5)]
    start = date(2025, 1, 1)
    lines = "".join(f"{n},c{c},{start + timedelta(day)},{10 + n * 37 % 90}\n" for n, (c, day) in enumerate(days))
    app = visit("value", company("order_id,customer_id,ordered_at,amount\n" + lines))
    assert metric("summary").set_index("tier").churn_rate["total"] < 0.01
    assert tr("value.matrix_unseen") in html_of(app)


def test_tiers_that_will_bring_the_same_are_not_called_apart(visit, company):
    """All order alike, so that what made some the top ones of the window says nothing of what comes."""
    lines = [(n, n * 7919 % 400, date(2024, 1, 1) + timedelta(n * 720 // 2400)) for n in range(2400)]
    text = "".join(f"{n},c{c % 397},{day},{10 + n * 37 % 90}\n" for n, c, day in lines)
    app = visit("value", company("order_id,customer_id,ordered_at,amount\n" + text))
    tiers = metric("summary").set_index("tier")
    assert tiers.low["top"] / tiers.customers["top"] < tiers.high["small"] / tiers.customers["small"]
    assert tr("value.tiers_title") in html_of(app) and "times what a small one does" not in html_of(app)


def test_a_cohort_is_named_in_the_readers_words(visit):
    query = {"q.part": "past", "q.period": "quarter"}
    assert "2023年第4季度的新客户" in html_of(visit("value", lang="zh-Hans", **query))
    assert "Customers who came in Q4 2023 " in html_of(visit("value", **query))


def test_the_question_lives_in_the_url(visit):
    app = visit("value", **{"q.horizon": "24", "q.discount": "5", "q.by": "revenue"})
    total = metric("summary", horizon=24, discount=0.05, by="revenue").set_index("tier").loc["total"]
    assert tr("value.worth_revenue") in html_of(app) and formats.money(total.clv, "en", "EUR") in html_of(app)
    assert "24 months" in answer(app)


NONSENSE = [
    {"q.horizon": "7"}, {"q.discount": "many"}, {"q.whom": "chance:gone:never"}, {"q.whom": "luck:high"}, {"q.page": "9999"},
    {"q.high": "80", "q.medium": "30"}, {"q.part": "x"},
]  # fmt: skip


@pytest.mark.parametrize("query", NONSENSE)
def test_what_a_link_cannot_mean_is_left_at_its_default(visit, query):
    app = visit("value", **query)
    assert not app.exception and answer(app) == answer(visit("value"))


def test_a_cell_names_the_list_below(visit):
    app = visit("value", **{"q.whom": "chance:gone:high"})
    n = metric("matrix").set_index(["alive", "brought"]).customers["gone", "high"]
    assert f"{tr('value.alive_gone')} · {tr('value.brought_high')}: {n} customers" in html_of(app)


@pytest.mark.parametrize(
    ("mark", "options"),
    [
        (["tier", "top"], {"tier": "top"}),
        (["chance", "here", "low", "a tip"], {"alive": "here", "brought": "low"}),
        (["rhythm", "2", "31-90"], {"bought": "2", "since": "31-90"}),
        (["worth", "medium"], {"worth": "medium"}),
    ],
)
def test_each_mark_names_its_list(visit, monkeypatch, mark, options):
    said = {}
    monkeypatch.setattr(value_list.kept, "write", lambda name, text, default="": said.update({f"q.{name}": text}))
    monkeypatch.setattr(value_list.st, "rerun", lambda: None)
    value_list.pick(mark)
    monkeypatch.undo()
    app = visit("value", **said)
    assert not app.exception
    found = metric("size", **options)
    assert found > 0 and f": {found:,} customers" in html_of(app)


def test_the_borders_of_the_classes_live_in_the_url(visit):
    app = visit("value", **{"q.high": "5", "q.medium": "15"})
    (high, *_) = json.loads(app.get("plotly_chart")[3].proto.spec)["layout"]["yaxis"]["ticktext"]
    assert high.startswith(
        f"<b>{tr('value.worth_high')}</b><br>{metric('classes', high_share=0.05, medium_share=0.15).customers[0]}<br>"
    )


def test_too_few_who_came_back_says_how_many_are_wanted(visit):
    app = visit("value", "orders")
    assert answer(app) == tr("value.cannot_model_few", n="2", least=100).replace("**", "")
    assert tr("value.refused_title") in html_of(app)
    assert "each so far" in answer(visit("value", "orders", **{"q.part": "past"}))


def test_a_day_before_the_first_order_opens(visit):
    for part in PARTS:
        app = visit("value", "orders", as_of="2001-01-01", **{"q.part": part})
        assert not app.exception and [error.value for error in app.error] == []


def test_a_choice_of_nobody_opens(visit):
    for part in PARTS:
        app = visit("value", as_of="2026-10-31", **{"q.part": part, "where.tier": "suspect"})
        assert not app.exception and [error.value for error in app.error] == []


def test_a_short_history_opens(visit, company):
    name = company(NEW)
    for part in PARTS:
        app = visit("value", name, **{"q.part": part})
        assert not app.exception and [error.value for error in app.error] == []


def test_without_estimates_the_screen_names_the_export(visit):
    app = visit("value", "orders", **{"q.part": "wallet"})
    assert answer(app) == tr("value.wallet_answer_none")
    assert html.escape(tr("movement.wallet_unknown")) in html_of(app)
