"""Settings: what is typed becomes a version of the rules; what cannot be meant is a sentence and changes nothing."""

import base64

import pytest

from crm_analytics import importing, state
from crm_analytics.database import open_database
from crm_analytics.i18n import translator
from crm_analytics.ui.text import bare
from tests.pages.conftest import ORDERS
from tests.pages.test_pages import html_of

tr = translator("en")
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def settings(visit, companies, tmp_path):
    """settings() -> the Settings of a company of its own."""
    companies["own"] = tmp_path / "own.duckdb"
    (tmp_path / "orders.csv").write_text(ORDERS)
    db = open_database(companies["own"])
    importing.apply_plan(db, importing.plan_import(db, [tmp_path / "orders.csv"]))
    yield lambda **query: visit("settings", "own", **query)
    db.close()


def field(widgets, label: str):
    return next(widget for widget in widgets if widget.label == label)


def saved(app):
    """The page after a press on Save."""
    return app.button(key="FormSubmitter:settings-" + tr("settings.save")).click().run()


def rules(tmp_path) -> state.Rules:
    return state.rules(open_database(tmp_path / "own.duckdb").cursor())


def test_what_is_typed_is_a_new_version_that_says_what_it_changed(settings, tmp_path):
    app = settings()
    field(app.text_input, tr("settings.currency")).set_value("£")
    field(app.selectbox, tr("settings.time_zone")).set_value("Asia/Shanghai")
    field(app.multiselect, tr("settings.not_goods")).set_value(["POST"])
    field(app.number_input, tr("problems.limit_top_share") + " (%)").set_value(50.0)
    field(app.number_input, tr("kpis.churn_rate.label") + " (%)").set_value(20.0)
    field(app.number_input, tr("pyramid_value.yearly_sales")).set_value(5000.0)
    field(app.number_input, tr("pyramid_value.margin_rate") + " (%)").set_value(40.0)
    app = saved(app)
    assert not app.exception
    now = rules(tmp_path)
    assert (now.currency, now.time_zone, now.not_goods) == ("£", "Asia/Shanghai", ("POST",))
    assert (now.limits["top_share"], now.targets) == (0.5, {"churn_rate": 0.2})
    assert (now.yearly_costs, now.margin_rate) == ({"sales": 5000}, 0.4)
    shown = html_of(app)
    assert "Currency: – → £" in shown
    assert "Revenue of the top tier: 40.0% → 50.0%" in shown
    assert "Lost customers: – → 20.0%" in shown
    assert "Yearly costs typed in · Sales: – → 5,000" in shown
    assert "Margin where the cost of goods is unknown: – → 40.0%" in shown


def test_saving_without_a_change_says_so_and_makes_no_version(settings, tmp_path):
    app = saved(settings())
    assert [info.value for info in app.info] == [tr("settings.unchanged")]
    assert state.rules_history(open_database(tmp_path / "own.duckdb").cursor()).empty


def test_days_that_do_not_rise_and_shares_that_leave_nothing_are_sentences(settings, tmp_path):
    app = settings()
    field(app.number_input, tr("stages.silent")).set_value(400)
    field(app.number_input, tr("tiers.medium") + " (%)").set_value(98.0)
    app = saved(app)
    assert not app.exception
    said = " ".join(error.value for error in app.error)
    assert "400 · 91 · 180" in said and "103" in said
    assert rules(tmp_path) == state.Rules()


def test_the_currency_reaches_every_amount_and_a_reader_may_write_his_own(settings, visit, tmp_path):
    app = settings()
    field(app.text_input, tr("settings.currency")).set_value("£")
    saved(app)
    assert "£" in amounts(visit("overview", "own"))
    assert "£" not in amounts(visit("overview", "own", currency="元"))
    assert "元" in amounts(visit("overview", "own", currency="元"))


def amounts(app) -> str:
    assert not app.exception
    return " ".join(bare(metric.value) for metric in app.metric) + html_of(app)


def test_a_logo_is_kept_shown_and_taken_away(settings, tmp_path):
    app = settings()
    app = app.file_uploader[0].set_value([("logo.png", PNG, "image/png")]).run()
    assert not app.exception
    assert state.logo(open_database(tmp_path / "own.duckdb").cursor()) == (PNG, "image/png")
    app = app.button(key="logo-remove").click().run()
    assert not app.exception
    assert state.logo(open_database(tmp_path / "own.duckdb").cursor()) is None


@pytest.mark.parametrize(
    ("name", "data"),
    [("logo.png", b"<svg onload='alert(1)'/>"), ("logo.jpg", PNG), ("logo.png", PNG + bytes(200_000))],
    ids=["svg in disguise", "other picture than its name", "too large"],
)
def test_what_is_no_small_picture_is_refused_in_one_sentence(settings, tmp_path, name, data):
    app = settings()
    app = app.file_uploader[0].set_value([(name, data, "image/png")]).run()
    assert not app.exception
    assert len(app.error) == 1 and "200 kB" in app.error[0].value.replace("\\", "")
    assert state.logo(open_database(tmp_path / "own.duckdb").cursor()) is None
