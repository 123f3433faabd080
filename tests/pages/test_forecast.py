"""The Forecast screen: its answer, what it says where the past is short, its choices in the URL, where its marks lead."""

import json
import re

import pandas as pd
import pytest

from crm_analytics import importing
from crm_analytics.charts import forecast as charts
from crm_analytics.database import open_database
from crm_analytics.i18n import LANGUAGES, translator
from crm_analytics.ui import forecast as words

tr = translator("en")
HEAD = "order_id,customer_id,ordered_at,amount\n"
BOUNDS = {"low": 0.9, "high": 1.1, "low_95": 0.8, "high_95": 1.2}


def html_of(app) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def answer(app) -> str:
    return re.search(r'class="answer">(.*?)</h1>', html_of(app), re.S).group(1).replace("<b>", "").replace("</b>", "")


def drawn(app, place: int = 0) -> dict:
    return json.loads(app.get("plotly_chart")[place].proto.spec)


@pytest.fixture
def months(companies, tmp_path, monkeypatch):
    """months(12) -> the name of a company with an order in each of so many months."""

    def make(n: int) -> str:
        rows = [f"{i},c{i % 5},{2023 + i // 12}-{i % 12 + 1:02d}-01,{100 + i % 12 * 10}\n" for i in range(n)]
        path = tmp_path / "orders.csv"
        path.write_text(HEAD + "".join(rows))
        db = open_database(tmp_path / "crm.duckdb")
        importing.apply_plan(db, importing.plan_import(db, [path]))
        monkeypatch.setitem(companies, "own", tmp_path / "crm.duckdb")
        return "own"

    return make


def test_the_answer_names_amount_span_interval_and_the_year_before(visit):
    app = visit("forecast")
    assert not app.exception
    assert re.fullmatch(
        r"About €\d+ k of revenue, Nov 2026 to Apr 2027, 8 in 10 outcomes €\d+ k to €\d+ k: .+ a year before\.",
        answer(app),
    )
    assert len(app.get("plotly_chart")) == 3


def test_the_baseline_is_drawn_whatever_method_is_in_use(visit):
    for horizon in ("6", "12"):  # over twelve months the past is too short for another method
        dots = [
            trace
            for trace in drawn(visit("forecast", **{"q.horizon": horizon}))["data"]
            if trace["line"].get("dash") == "dot"
        ]
        assert len(dots) == 1 and len(dots[0]["x"]) == 36 + int(horizon)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kpi", ["active_customers", "orders"])
def test_the_other_numbers_in_every_language(visit, language, kpi):
    app = visit("forecast", lang=language, **{"q.kpi": kpi, "q.horizon": "3", "q.ahead": "6"})
    assert not app.exception and not app.error
    assert translator(language)(f"forecast.course_subtitle_{kpi}") in html_of(app)


def test_nonsense_in_the_link_is_left_at_the_default(visit):
    app = visit("forecast", **{"q.kpi": "margin", "q.horizon": "99", "q.ahead": "x"})
    assert not app.exception and answer(app).startswith("About €")


def test_what_is_chosen_goes_into_the_link(visit):
    app = visit("forecast")
    app.segmented_control(key="kept.kpi").set_value("orders").run()
    app.segmented_control(key="kept.horizon").set_value("12").run()
    assert not app.exception
    assert (app.query_params["q.kpi"], app.query_params["q.horizon"]) == ("orders", "12")
    assert "orders, Nov 2026 to Oct 2027" in answer(app)


def test_a_past_too_short_says_how_many_months_it_takes_and_shows_those_there_are(visit, months):
    app = visit("forecast", months(7))
    assert answer(app) == "Too early to forecast: it takes 12 whole months of orders; so far: 6."
    assert not app.get("plotly_chart") and tr("forecast.history_title") in html_of(app)


def test_a_year_has_a_baseline_and_says_that_nobody_knows_how_sure_it_is(visit, months):
    app = visit("forecast", months(13))
    assert answer(app).endswith("as a year before; too few months to say how sure.")
    assert len(app.get("plotly_chart")) == 1, "nothing to replay"
    assert tr("forecast.why_too_few", model=tr("forecast.model_seasonal_naive"), gain="") in html_of(app)


def test_a_choice_of_nobody_is_said_so(visit):
    app = visit("forecast", **{"where.region": "nowhere"})
    assert not app.exception and tr("forecast.nobody").replace("**", "").split(".")[0] in answer(app)


def test_customers_chosen_by_how_their_past_ended_carry_a_caution(visit):
    said = [each.value for each in visit("forecast", **{"where.tier": "top"}).caption]
    assert tr("forecast.chosen_by_past") in said
    assert tr("forecast.chosen_by_past") not in [each.value for each in visit("forecast").caption]


def test_a_click_on_a_past_month_opens_its_customers_and_a_coming_one_nothing(monkeypatch):
    opened = []
    monkeypatch.setattr(words, "open_month", lambda page, mark: opened.append(mark[2]))
    words.open_past(None, ["Nov 2025", "€1", "2025-11-01"])
    words.open_past(None, None)
    assert opened == ["2025-11-01"]


def course(values, forecasts, **columns) -> pd.DataFrame:
    n, m = len(values), len(forecasts)
    empty = [float("nan")]
    frame = pd.DataFrame(
        {
            "month": pd.date_range("2024-01-01", periods=n + m, freq="MS").date,
            "kpi": "revenue",
            "value": [*values, *empty * m],
            "forecast": [*empty * n, *forecasts],
            **{name: [*empty * n, *(each * factor for each in forecasts)] for name, factor in BOUNDS.items()},
            "baseline": [*empty * n, *(each * 0.95 for each in forecasts)],
            "is_forecast": [False] * n + [True] * m,
            "in_progress": False,
        }
    )
    return frame.assign(**columns)


def test_only_what_has_happened_can_be_clicked():
    figure = charts.course(course([100.0, 200], [150.0, 160]), tr)
    clickable = [trace for trace in figure.data if trace.customdata is not None]
    assert [list(mark) for mark in clickable[0].customdata] == [
        ["Jan 2024", "100", "2024-01-01"],
        ["Feb 2024", "200", "2024-02-01"],
    ]
    assert len(clickable) == 1


def test_names_at_the_end_keep_apart():
    for forecasts in ([100.0, 100], [100.0, 100.1]):
        figure = charts.course(course([100.0], forecasts), tr)
        low, high = figure.layout.yaxis.range
        pixels = [
            note.y * (figure.layout.height - 60) / (high - low) + note.yshift for note in figure.layout.annotations
        ]
        assert abs(pixels[0] - pixels[1]) >= charts.LINE - 1e-6


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_one_coming_month_none_past_zero_and_losses_can_be_drawn(mode):
    for frame in (course([1.0], [5.0]), course([0.0], [0.0]), course([-5.0, -4], [-3.0, -3])):
        figure = charts.course(frame, tr, mode, "€")
        assert 0 in figure.layout.yaxis.tickvals
    assert charts.replayed(
        pd.DataFrame({"month": [], "kpi": [], "value": [], "forecast": [], "low": [], "high": []}), tr, mode
    )


def test_a_month_in_progress_is_hollow_and_says_its_days():
    frame = course([100.0], [90.0, 80])
    frame.loc[1, ["value", "in_progress"]] = [12.0, True]
    figure = charts.course(frame, tr, last_day=pd.Timestamp("2024-02-09").date())
    assert figure.data[-1].marker.color == charts.CLEAR and list(figure.data[-1].y) == [12.0]
    assert "9 days" in [note.text for note in figure.layout.annotations]


def test_errors_beyond_twice_the_baseline_leave_the_picture():
    frame = pd.DataFrame(
        {"model": "seasonal_growth", "months_ahead": [1, 2], "error_ratio": [0.5, 7.0], "origins": 9, "is_used": True}
    )
    figure = charts.errors(frame, tr)
    assert list(figure.data[0].y) == [0.5] and figure.layout.yaxis.range[1] < 2
