"""The Profile screen: each part in every company, what the URL says, what is wanted, what lies behind a mark."""

import json
import re

import pandas as pd
import pytest

from crm_analytics import importing
from crm_analytics.charts import profile as charts
from crm_analytics.database import open_database
from crm_analytics.i18n import LANGUAGES, translator
from tests.pages import visible
from tests.pages.test_pages import path_of

tr = translator("en")
PARTS = ("people", "baskets", "behaviour", "sources")
NOBODY = {"where.tier": "top", "where.is_active": "no"}


def html_of(app) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def answer(app) -> str:
    """The sentence the screen opens with, without its bold part's tags."""
    return re.search(r'class="answer">(.*?)</h1>', html_of(app), re.S).group(1).replace("<b>", "").replace("</b>", "")


def charts_of(app) -> int:
    return len(app.get("plotly_chart"))


@pytest.fixture
def company(companies, tmp_path, monkeypatch):
    """company(orders="rows of a CSV", ...) -> the name of a company of these exports."""

    def make(**exports: str) -> str:
        paths = [tmp_path / f"{table}.csv" for table in exports]
        for path, text in zip(paths, exports.values()):
            path.write_text(text)
        db = open_database(tmp_path / "crm.duckdb")
        importing.apply_plan(db, importing.plan_import(db, paths))
        monkeypatch.setitem(companies, "own", tmp_path / "crm.duckdb")
        return "own"

    return make


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_part_opens_in_the_readers_words(visit, companies, language, part):
    app = visit("profile", "made-up", lang=language, **{"q.part": part})
    assert not app.exception and [error.value for error in app.error] == []
    assert len(answer(app)) > 10 and 1 <= charts_of(app) <= 6
    words = visible.of_data(path_of(companies, "made-up"))
    assert language == "en" or visible.english(app, words) == {}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("company", ["orders", "one", "people"])
def test_each_part_opens_whatever_is_there(visit, company, part):
    app = visit("profile", company, **{"q.part": part})
    assert not app.exception and [error.value for error in app.error] == []


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("query", [NOBODY, {"as_of": "2001-01-01"}], ids=["nobody", "before"])
def test_nobody_and_before_the_first_order_are_sentences(visit, part, query):
    app = visit("profile", "made-up", **query, **{"q.part": part})
    assert not app.exception and len(answer(app)) > 10


@pytest.mark.parametrize(
    "query",
    [
        {"q.group": "top"},
        {"q.group": "new", "q.column": "need_tags"},
        {"q.group": "chosen", "q.column": "city"},
        {"q.column": "city", "q.against": "tier", "q.value": "no such place"},
        {"where.tier": "top"},
        {"q.group": "nonsense", "q.column": "nonsense", "q.against": "nonsense", "q.part": "nonsense"},
        {"q.part": "baskets", "q.level": "product", "q.per": "order"},
        {"q.part": "baskets", "q.category": "Make-up", "q.have": "Make-up", "q.lack": "Make-up"},
        {"q.part": "behaviour", "q.measure": "revenue", "q.spread": "gap_days", "q.by": "tier", "q.kinds": "channel", "q.band": "all"},
    ],
    ids=str,
)  # fmt: skip
def test_what_the_link_says_is_shown_and_nonsense_is_left_at_its_default(visit, query):
    app = visit("profile", "made-up", **query)
    assert not app.exception and [error.value for error in app.error] == []


def test_the_answer_names_what_is_most_typical(visit):
    assert re.fullmatch(
        r"Most typical of loyal customers is .+, \d+% of them against \d+% of all customers\.", answer(visit("profile"))
    )
    assert answer(visit("profile", "people")) == tr("profile.answer_few", n=4).replace("**", ""), (
        "four are told nothing of"
    )
    whole = answer(visit("profile", "made-up", **{"q.group": "chosen"}))
    assert re.fullmatch(r"3,000 people or companies, most often .+ \(\d+%\), .+ \(\d+%\)\.", whole)


def test_a_group_of_few_is_not_called_alike(visit):
    """Of the top customers hardly any has told an income."""
    app = visit("profile", "made-up", **{"q.group": "top", "q.column": "income_band"})
    assert tr("profile.title_few", column=tr("columns.income_band")) in html_of(app)


def test_new_is_not_told_from_old_where_the_data_begin_shortly_before_the_window(visit, company):
    """Bought two months before the window and in it: who comes back after longer than that looks new."""
    lines = "".join(f"{n},c{n},2025-05-{1 + n % 28:02d},10\n1{n},c{n},2026-06-30,10\n" for n in range(10, 40))
    app = visit("profile", company(orders=f"order_id,customer_id,ordered_at,amount\n{lines}"), **{"q.part": "sources"})
    assert answer(app) == "New cannot be told from old: the data begin only on 1 May 2025."
    assert tr("profile.acquisition_title") in html_of(app)


def test_where_no_pair_goes_together_no_empty_card_says_so_again(visit):
    app = visit("profile", "made-up", **{"q.part": "baskets"})
    assert answer(app) == tr("profile.answer_no_pairs").replace("**", "")
    assert tr("profile.pairs_none") in html_of(app) and tr("profile.strong_subtitle") not in html_of(app)


def test_only_the_shown_part_is_computed(visit):
    """No chart of another part, and its words neither."""
    app = visit("profile", "made-up", **{"q.part": "sources"})
    assert tr("profile.trends_few", share="")[:10] not in html_of(app)
    assert tr("profile.arrival_existing") in html_of(app)


def test_what_is_wanted_is_named_with_the_way_there(visit, company):
    orders = "order_id,customer_id,ordered_at,amount\n" + "".join(
        f"{n},c{n % 9},2025-0{1 + n % 6}-05,10\n" for n in range(40)
    )
    name = company(orders=orders)
    for part, column in (("baskets", "category"), ("behaviour", "discount"), ("sources", "referred_by")):
        app = visit("profile", name, **{"q.part": part})
        assert not app.exception
        assert tr(
            "profile.wants", column=column, table=tr("tables.customers" if part == "sources" else "tables.orders")
        ) in html_of(app)
        assert any("data" in str(link.proto.page) for link in app.get("page_link"))


def test_the_group_goes_into_the_link(visit):
    app = visit("profile")
    app.selectbox(key="kept.group").set_value("top").run()
    assert not app.exception and app.query_params["q.group"] == "top"
    assert "top customers" in answer(app)


def test_what_a_file_says_is_text(visit, company):
    """Categories with markup in them, in charts, titles and tables."""
    lines = [f"{n},c{n},2025-01-05,10,<b>x</b>*\n{n},c{n},2025-01-05,10,a_b\n" for n in range(12)]
    lines += [f"z{n},z{n},2025-01-05,10,<i>y\n" for n in range(12)]
    name = company(orders="order_id,customer_id,ordered_at,amount,category\n" + "".join(lines))
    for part in PARTS:
        app = visit("profile", name, **{"q.part": part, "q.column": "category"})
        assert not app.exception
        assert "<b>x</b>*" not in html_of(app) and "<i>y" not in html_of(app)
        drawn = [text for chart in app.get("plotly_chart") for text in said(json.loads(chart.proto.spec))]
        assert not [text for text in drawn if "<i>" in text or "<b>x" in text]


def said(part) -> list[str]:
    """Every text of a chart but what a mark remembers."""
    if isinstance(part, dict):
        return [text for key, value in part.items() if key != "customdata" for text in said(value)]
    return (
        [text for each in part for text in said(each)]
        if isinstance(part, list)
        else [part]
        if isinstance(part, str)
        else []
    )


def index_rows(*values) -> pd.DataFrame:
    rows = [{"label": f"v{place}", "index": value, "low": value and value * 0.8, "high": value and value * 1.3, "note": "n", "tip": "t",
             "verdict": "even" if value else "hidden", "key": ["c", f"v{place}"]} for place, value in enumerate(values)]  # fmt: skip
    return pd.DataFrame(rows).assign(place=range(len(rows)))


def test_half_and_double_lie_equally_far_from_a_hundred():
    bar = charts.index_bars(index_rows(200.0, 50.0, None), tr).data[0]
    assert list(bar.x) == [1, -1], "what is not told has no bar"


def test_the_sizes_of_bars_are_the_numbers_and_marks_know_what_they_are():
    rows = index_rows(1.0, 2.0).assign(value=[3.0, 4.0], text="x", is_quiet=[False, True])
    for figure in (charts.bars(rows), charts.columns(rows), charts.ranges(rows)):
        assert [list(key) for key in figure.data[0].customdata] == [["c", "v0"], ["c", "v1"]]
    assert list(charts.bars(rows).data[0].x) == [3, 4] and list(charts.columns(rows).data[0].y) == [3, 4]


def test_a_map_says_in_every_cell_what_it_is():
    rows = pd.DataFrame([{"first": "a", "second": "b", "ratio": 2.0, "text": "2.0", "tip": "t", "key": ["a", "b"]},
                         {"first": "b", "second": "a", "ratio": None, "text": "·", "tip": "t", "key": ["b", "a"]}])  # fmt: skip
    figure = charts.heat(rows, first=["a", "b"], second=["a", "b"])
    assert sorted(note.text for note in figure.layout.annotations) == ["2.0", "·"]
    assert figure.data[0].z[0][1] > 0 and figure.data[0].z[1][0] is None
