"""The card "Keep it safe": back up, restore, start over, as a reader does them."""

import pytest

from crm_analytics import backup, importing, state
from crm_analytics.database import open_database
from crm_analytics.i18n import LANGUAGES, translator
from crm_analytics.rules import Rules
from tests.pages.test_data import button
from tests.pages.test_pages import html_of

tr = translator("en")
ORDERS = "order_id,customer_id,ordered_at,amount\n1,a,2024-04-03,10\n2,b,2024-06-05,20\n"


@pytest.fixture
def own(visit, companies, tmp_path, monkeypatch):
    """own() -> the Data screen of a reader whose company has two orders and a name."""
    monkeypatch.setattr("crm_analytics.demo.ensure", lambda path: companies["made-up"].with_name("demo.duckdb"))
    companies["own"] = tmp_path / "crm.duckdb"
    (tmp_path / "orders.csv").write_text(ORDERS)
    db = open_database(companies["own"])
    importing.apply_plan(db, importing.plan_import(db, [tmp_path / "orders.csv"]))
    state.save_rules(db, Rules(company_name="North *wind*"))
    yield lambda **query: visit("data", "own", **query)
    open_database(companies["own"]).close() if companies["own"].exists() else None


def orders(tmp_path) -> int:
    return open_database(tmp_path / "crm.duckdb").cursor().execute("select count(*) from orders").fetchone()[0]


def press(app, key: str):
    app = button(app, key).click().run()
    assert not app.exception
    return app


def said(app) -> str:
    return " ".join(element.value for element in [*app.success, *app.error, *app.warning]).replace("\\", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_dialog_opens_in_every_language(own, language):
    for key in ("safety-restore", "safety-start_over"):
        app = press(own(lang=language), key)
        assert [error.value for error in app.error] == []
        assert button(app, "restore-now" if "restore" in key else "start-over-now").disabled


def test_a_backup_is_made_and_can_be_taken_along(own, tmp_path):
    app = press(own(), "safety-backup")
    (path,) = (tmp_path / "backups").glob("*.zip")
    assert path.name in said(app) and str(path.parent) in said(app)
    assert backup.look(path).rows(["orders"]) == {"orders": 2}
    assert len(app.get("download_button")) > 0


def test_start_over_asks_for_the_companys_name_then_the_made_up_company_shows(own, tmp_path):
    app = press(own(), "safety-start_over")
    app.text_input(key="start-over-word").set_value("yes").run()
    assert button(app, "start-over-now").disabled and orders(tmp_path) == 2
    app.text_input(key="start-over-word").set_value("north *WIND*").run()
    app = press(app, "start-over-now")
    assert orders(tmp_path) == 0 and "crm-0001-before-start-over.zip" in said(app)
    assert tr("frame.made_up") in [text.value for text in app.markdown]
    assert not [each for each in app.button if each.key in ("safety-backup", "safety-start_over")], (
        "the made-up company is left alone"
    )


def test_start_over_with_the_data_only_keeps_the_name(own, tmp_path):
    app = press(own(), "safety-start_over")
    app.radio(key="start-over-what").set_value("data").run()
    app.text_input(key="start-over-word").set_value("North *wind*").run()
    app = press(app, "start-over-now")
    assert orders(tmp_path) == 0 and "North *wind*" in html_of(app)
    assert tr("frame.made_up") not in [text.value for text in app.markdown]


def test_leaving_a_dialog_changes_nothing(own, tmp_path):
    for key in ("start_over", "restore"):
        app = press(press(own(), f"safety-{key}"), f"{key.replace('_', '-')}-keep")
        assert not [each for each in app.button if each.key.endswith("-now")]
    assert orders(tmp_path) == 2 and not (tmp_path / "backups").exists()


def test_what_was_emptied_comes_back_from_the_list_of_kept_backups(own, tmp_path):
    backup.start_over(open_database(tmp_path / "crm.duckdb"))
    app = press(own(), "safety-restore")
    app.selectbox(key="safety-kept").select_index(0).run()
    assert "North *wind*" in html_of(app) and not button(app, "restore-now").disabled
    app = press(app, "restore-now")
    assert orders(tmp_path) == 2
    assert tr("frame.made_up") not in [text.value for text in app.markdown]


def test_an_uploaded_backup_shows_what_is_in_it_and_keeps_the_present_aside(own, tmp_path):
    saved = backup.backup(open_database(tmp_path / "crm.duckdb"), tmp_path / "saved.zip")
    app = press(own(), "safety-restore")
    app.file_uploader(key="safety-upload").set_value(("<b>saved.zip", saved.read_bytes(), "application/zip")).run()
    assert not app.exception and not button(app, "restore-now").disabled
    app = press(app, "restore-now")
    assert "crm-0001-before-restore.zip" in said(app)
    assert [path.name for path in (tmp_path / "backups").iterdir()] == ["crm-0001-before-restore.zip"], (
        "the upload is not left behind"
    )


def test_a_damaged_upload_is_one_sentence(own, tmp_path):
    saved = backup.backup(open_database(tmp_path / "crm.duckdb"), tmp_path / "saved.zip").read_bytes()
    app = press(own(), "safety-restore")
    for data in (saved[: len(saved) // 2], b"order_id\n1\n"):
        app.file_uploader(key="safety-upload").set_value(("saved.zip", data, "application/zip")).run()
        assert not app.exception and len(app.error) == 1 and "saved.zip" in said(app)
        assert button(app, "restore-now").disabled
    assert orders(tmp_path) == 2


def test_a_lost_database_is_said_and_its_files_are_kept(own, tmp_path, visit):
    (tmp_path / "crm.duckdb").unlink()
    assert "crm.duckdb" in said(visit("overview", "own"))
    app = own()
    assert "crm.files" in said(app)
    app = press(app, "safety-leave")
    assert "crm-0001-set-aside.files" in said(app) and len(list((tmp_path / "backups").rglob("raw/*"))) == 1
    assert tr("safety.lost").split("}")[1][:10] not in said(app.run())
