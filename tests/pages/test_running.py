"""An import that runs while the screen looks on: one import however often it is asked for, and a way to stop it."""

import threading

import pytest

from crm_analytics import derived, stop
from crm_analytics.database import open_database
from crm_analytics.i18n import LANGUAGES, translator
from crm_analytics.importing import familiar
from tests.pages.test_data import ORDERS, button, click, data, drop, settled  # noqa: F401
from tests.pages.test_pages import html_of

tr = translator("en")


@pytest.fixture
def gate(monkeypatch):
    """Imports wait inside their transaction, rows stored and nothing committed, until the gate is opened."""
    opened, rebuild = threading.Event(), derived.rebuild

    def wait_and_rebuild(*arguments, **named):
        while not opened.wait(0.02):
            stop.check()
        return rebuild(*arguments, **named)

    monkeypatch.setattr(derived, "rebuild", wait_and_rebuild)
    yield opened
    opened.set()


def stored(tmp_path) -> tuple[int, int]:
    """Imports and orders that a reader sees."""
    con = open_database(tmp_path / "crm.duckdb").cursor()
    return con.execute("select (select count(*) from imports), (select count(*) from orders)").fetchone()


def running(data, gate, **query):  # noqa: F811
    """The screen while an import runs."""
    gate.set()
    app = drop(data(**query), ("orders.csv", ORDERS))
    gate.clear()
    return button(app, "import-now").click().run()


def left_behind(tmp_path) -> list[str]:
    folders = ("incoming", "staging", "raw")
    return [str(path) for name in folders for path in (tmp_path / "crm.files" / name).glob("*")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_running_import_says_so_and_everything_stays_as_it_was(data, gate, tmp_path, language):  # noqa: F811
    app, words = running(data, gate, lang=language), translator(language)
    assert not app.exception
    assert words("data.running_importing_about") in html_of(app)
    assert "import-now" not in [each.key for each in app.button], "there is nothing to click a second time"
    assert stored(tmp_path) == (0, 0)


def test_t84_cancel_leaves_the_state_before_and_says_so(data, gate, tmp_path):  # noqa: F811
    app = settled(running(data, gate).button(key="stop").click().run())
    assert not app.exception and not app.error
    assert tr("data.stopped") in [info.value for info in app.info]
    assert stored(tmp_path) == (0, 0) and left_behind(tmp_path) == []
    gate.set()
    app = drop(app, ("orders.csv", ORDERS))
    app = click(app, "import-now")
    assert stored(tmp_path) == (1, 2), "the same upload can be imported later"


def test_t60_a_rerun_while_it_runs_starts_no_second_import(data, gate, tmp_path):  # noqa: F811
    app = running(data, gate)
    task = app.session_state["import"].task
    for _ in range(3):
        app.run()
    assert app.session_state["import"].task is task
    gate.set()
    app = settled(app)
    assert tr("data.receipt_title") in html_of(app) and stored(tmp_path) == (1, 2)


def test_t60_a_browser_that_is_closed_leaves_the_import_to_finish(data, gate, tmp_path):  # noqa: F811
    app = running(data, gate)
    task = app.session_state["import"].task
    del app
    gate.set()
    task._thread.join(60)
    assert stored(tmp_path) == (1, 2)


def test_reading_can_be_stopped_too(data, monkeypatch, tmp_path):  # noqa: F811
    opened, land = threading.Event(), familiar.land_as_before

    def wait_and_land(*arguments):
        while not opened.wait(0.02):
            stop.check()
        return land(*arguments)

    monkeypatch.setattr(familiar, "land_as_before", wait_and_land)
    app = data()
    app.file_uploader[0].set_value([("orders.csv", ORDERS, "text/csv")]).run()
    assert tr("data.running_reading_about") in html_of(app)
    app = settled(app.button(key="stop").click().run())
    assert not app.exception and tr("data.stopped") in [info.value for info in app.info]
    assert left_behind(tmp_path) == [] and len(app.file_uploader) == 1
