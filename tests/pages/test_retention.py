"""The Retention screen: its answer in every state of a company, its parts, what a click opens, what is left out."""

import html
import json
import re

import pytest

from crm_analytics import importing
from crm_analytics.database import open_database
from crm_analytics.i18n import LANGUAGES, translator
from crm_analytics.ui.text import bare
from tests.pages.conftest import COMPANIES
from tests.pages.test_pages import html_of, untranslated

tr = translator("en")
PARTS = ("cohorts", "second", "rhythm")
HEAD = "order_id,customer_id,ordered_at,amount,channel\n"


def answer(app) -> str:
    """The sentence the screen opens with, without its bold part's tags."""
    return re.sub("</?b>", "", html.unescape(re.search(r'class="answer">(.*?)</h1>', html_of(app), re.S).group(1)))


def figures(app) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


@pytest.fixture
def company(companies, tmp_path, monkeypatch):
    """company(rows of (customer, day, channel)) -> the name of a company of these orders."""
    folders = iter(range(9))

    def make(rows) -> str:
        folder = tmp_path / f"company{next(folders)}"
        folder.mkdir()
        (folder / "orders.csv").write_text(
            HEAD + "".join(f"{n},{who},{day},10,{how}\n" for n, (who, day, how) in enumerate(rows))
        )
        db = open_database(folder / "crm.duckdb")
        importing.apply_plan(db, importing.plan_import(db, [folder / "orders.csv"]))
        monkeypatch.setitem(companies, "own", folder / "crm.duckdb")
        return "own"

    return make


def crowd(*, before: int, now: int, size: int = 100) -> list[tuple]:
    """Two years: of `size` new customers in May of each, so many order again a month later; the first in January alone."""
    rows = [("first", "2024-01-10", "web")]
    for year, again in ((2025, before), (2026, now)):
        channel = ["web" if n % 2 else "shop" for n in range(size)]
        rows += [(f"{year}-{n}", f"{year}-05-05", channel[n]) for n in range(size)]
        rows += [(f"{year}-{n}", f"{year}-06-01", channel[n]) for n in range(again)]
    return [*rows, ("last", "2026-08-20", "web")]


@pytest.mark.parametrize("company", COMPANIES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", PARTS[1:])
def test_each_part_opens_in_the_readers_words(visit, companies, part, language, company):
    app = visit("retention", company, lang=language, **{"q.part": part})
    assert not app.exception and not app.error
    assert untranslated(app, companies, language, company) == {}


@pytest.mark.parametrize(
    "before, now, said",
    [
        (20, 60, "60% of new customers order again within 90 days, 40.0 points more than before."),
        (60, 20, "20% of new customers order again within 90 days, 40.0 points fewer than before."),
        (40, 43, "43% of new customers order again within 90 days, unchanged within noise."),
    ],
)
def test_the_answer_knows_noise(visit, company, before, now, said):
    assert answer(visit("retention", company(crowd(before=before, now=now)))) == said


@pytest.mark.parametrize(
    "rows, query, said",
    [
        ([("a", "2026-01-05", "web")], {}, "Nobody's first order is 90 days old yet: choose a shorter time."),
        ([("a", "2026-01-05", "web"), ("b", "2026-06-05", "web")], {}, "One customer had 90 days to order again: too few for a verdict."),
        (crowd(before=3, now=4, size=9), {}, "7 of 19 customers ordered again within 90 days: too few for a verdict."),
        (crowd(before=20, now=20)[1:121], {"as_of": "2025-08-20"},
         "20% of customers order again within 90 days. The data are too young to compare."),
        (crowd(before=20, now=0)[:121] + [("z", "2026-05-05", "web"), ("last", "2026-08-20", "web")], {},
         "20% of customers order again within 90 days; there are too few new customers to compare."),
        ([("a", "2026-01-05", "web")], {"as_of": "2025-01-01"}, "Nobody had ordered by 1 Jan 2025."),
        ([("a", "2026-01-05", "web"), ("b", "2026-01-06", "shop")], {"where.first_order_month": "2020-01"},
         "None of the chosen customers had ordered by 6 Jan 2026."),
    ],
)  # fmt: skip
def test_the_answer_of_little_data(visit, company, rows, query, said):
    app = visit("retention", company(rows), **query)
    assert not app.exception
    assert answer(app) == said


def test_the_first_year_may_hold_old_customers(visit, company):
    said = tr("retention.first_year", month="Jan 2024")
    own = company(crowd(before=30, now=60))
    for by, is_said in (("first_order_year", True), ("first_channel", False)):
        app = visit("retention", own, **{"q.part": "second", "q.by": by})
        assert (said in [caption.value for caption in app.caption]) == is_said


def test_of_a_handful_the_curve_goes_as_far_as_all_of_them(visit, company):
    rows = [(f"c{n}", f"2025-01-{n + 1:02d}", "web") for n in range(5)] + [
        ("c0", "2025-03-01", "web"),
        ("new", "2025-12-31", "web"),
    ]
    found = html_of(visit("retention", company(rows), **{"q.part": "second"}))
    assert "20% of all have a second order within 90 days" in found
    assert tr("retention.few_old_enough", days=90) not in found


@pytest.mark.parametrize("part", PARTS)
def test_one_customer_and_nobody_open_every_part(visit, company, part):
    own = company([("a", "2026-01-05", "web"), ("a", "2026-02-05", "web"), ("a", "2026-03-05", "shop")])
    for query in ({}, {"as_of": "2025-01-01"}, {"where.first_order_month": "2020-01"}):
        app = visit("retention", own, **{"q.part": part}, **query)
        assert not app.exception and not app.error


def test_without_orders_the_screen_wants_them(visit):
    for name in ("people", "empty"):
        assert tr("tables.orders") in answer(visit("retention", name))


def test_only_the_shown_part_is_drawn(visit):
    assert [len(visit("retention", **{"q.part": part}).get("plotly_chart")) for part in PARTS] == [1, 2, 1]


def test_nonsense_in_the_link_is_left_at_its_default(visit):
    app = visit("retention", **{"q.part": "x", "q.within": "7", "q.shown": "x", "q.size": "-1", "q.by": "shoe_size"})
    assert not app.exception and not app.error
    assert "within 90 days" in answer(app)


@pytest.mark.parametrize("shown", ["customers", "orders", "revenue"])
@pytest.mark.parametrize("size", ["13", "37"])
def test_what_a_cell_shows_is_in_the_link(visit, shown, size):
    app = visit("retention", **{"q.shown": shown, "q.size": size})
    assert not app.exception
    assert (
        app.segmented_control(key="kept.shown").value == shown and app.segmented_control(key="kept.size").value == size
    )


def test_the_days_go_into_the_link_and_into_the_answer(visit):
    app = visit("retention")
    app.segmented_control(key="kept.within").set_value("30").run()
    assert app.query_params["q.within"] in ("30", ["30"]) and "within 30 days" in answer(app)


def test_a_cell_opens_its_customers(visit, company):
    """The mark of a cell carries both months; the list understands them."""
    own = company(crowd(before=20, now=60))
    app = visit("retention", own)
    marks = figures(app)[0]["data"][0]["customdata"]
    assert ["2026-05", "2026-06"] in [mark[:2] for mark in marks]
    listed = visit("customers", own, **{"where.first_order_month": "2026-05", "where.order_month": "2026-06"})
    assert not listed.exception and answer(listed).startswith("60 ")
    chips = {bare(button.label) for button in listed.button}
    assert {"Month of the first order: May 2026", "Ordered in: Jun 2026"} <= chips


@pytest.mark.parametrize(
    "language, words", [("zh-Hans", "首次下单月份：2026年5月"), ("zh-Hant", "首次下單月份：2026年5月")]
)
def test_months_of_a_chip_are_in_the_readers_words(visit, company, language, words):
    app = visit("customers", company(crowd(before=1, now=1)), lang=language, **{"where.first_order_month": "2026-05"})
    assert words in {button.label for button in app.button}


@pytest.mark.parametrize("month", ["2026-5", "May", "2026-99"])
def test_a_month_that_is_none_is_one_sentence(visit, month):
    app = visit("customers", **{"where.first_order_month": month})
    assert not app.exception and len(app.warning) == 1 and month in app.warning[0].value.replace("\\", "")


def test_groups_say_whether_they_differ(visit, company):
    rows = crowd(before=0, now=0)
    rows += [
        (f"2026-{n}", "2026-06-10", "web") for n in range(1, 100, 2)
    ]  # those of the web come back, nobody else does
    app = visit("retention", company(rows), **{"q.part": "second", "q.by": "first_channel"})
    assert "Back within 90 days: web " in html.unescape(html_of(app))
    alike = visit("retention", company(crowd(before=50, now=50)), **{"q.part": "second", "q.by": "first_channel"})
    assert "no difference beyond chance" in html_of(alike)


def test_a_group_of_later_purchases_is_not_sold_as_a_forecast(visit):
    shown = {text.value for text in visit("retention", **{"q.part": "second", "q.by": "tier"}).caption}
    assert tr("retention.known_later") in shown
    shown = {text.value for text in visit("retention", **{"q.part": "second", "q.by": "first_channel"}).caption}
    assert tr("retention.known_later") not in shown


def test_the_three_forms_and_what_is_left_out_are_said(visit):
    shown = html_of(visit("retention", "orders", **{"q.part": "second"}))
    assert all(tr(f"retention.form_{form}") in shown for form in ("period", "cohort", "old_customers"))
    shown = html.unescape(html_of(visit("retention", "orders")))
    assert tr("retention.part_of_unidentified") in shown and tr("retention.part_of_total") in shown
    assert "Jan 2024 is the first month of the data" in html.unescape(
        html_of(visit("retention", "orders", **{"q.size": "25"}))
    )


def test_values_of_the_data_stay_text(visit, company):
    rows = [(f"c{n}", f"2026-0{1 + n % 5}-05", "<b>bold</b> **x**") for n in range(80)]
    rows += [(f"d{n}", f"2026-0{1 + n % 5}-05", "shop") for n in range(80)] + [
        (f"c{n}", "2026-06-05", "shop") for n in range(70)
    ]
    app = visit("retention", company(rows), **{"q.part": "second", "q.by": "first_channel"})
    assert not app.exception and "<b>bold</b>" not in html_of(app)
    assert "<b>bold</b>" not in app.get("plotly_chart")[1].proto.spec
