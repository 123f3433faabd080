"""The Data screen for a source that is known: no click where nothing changed, a word or a question where something did."""

import pytest

from crm_analytics.database import open_database
from crm_analytics.i18n import translator
from crm_analytics.ui.text import bare
from tests.pages.test_data import AMBIGUOUS, ORDERS, button, click, data, drop, imported

tr = translator("en")
MAY = b"order_id,customer_id,ordered_at,amount\n7,a,04/05/2024,10\n8,b,06/07/2024,20\n"
STORES = b"order_id,customer_id,ordered_at,amount,store\n1,a,2024-04-03,10,Bath\n"
__all__ = ["data"]  # the fixture


def captions(app) -> str:
    return bare(" ".join(caption.value for caption in app.caption))


def taken(app, *files):
    """The screen after an import of these files, ready for the next."""
    return click(click(drop(app, *files), "import-now"), "more")


def test_t42_an_answer_holds_for_the_next_file_and_can_be_asked_again(data, tmp_path):
    app = drop(data(), ("april.csv", AMBIGUOUS))
    app.radio[0].set_value("mdy").run()
    click(click(app, "import-now"), "more")
    drop(app, ("may.csv", MAY))
    assert not app.exception and not app.radio and not button(app, "import-now").disabled
    assert "Read as in import 1 (april.csv, " in captions(app)
    click(app, "read-anew")
    assert len(app.radio) == 1 and button(app, "import-now").disabled
    app.radio[0].set_value("dmy").run()
    click(app, "import-now")
    assert [f"{at:%m-%d}" for _, at, _ in imported(tmp_path)][3:] == ["05-04", "07-06"]


@pytest.mark.parametrize(("answer", "kept"), [("Quux", "Cork"), ("", None)])
def test_t47_a_column_that_is_gone_is_asked_with_the_columns_that_are_new(data, tmp_path, answer, kept):
    app = taken(data(), ("march.csv", STORES))
    drop(app, ("april.csv", STORES.replace(b"store", b"Quux").replace(b"1,a", b"2,a").replace(b"Bath", b"Cork")))
    assert not app.exception and app.radio[0].options == ["Quux", tr("data.go_without")]
    assert button(app, "import-now").disabled
    app.radio[0].set_value(answer).run()
    assert not app.exception and not app.radio
    click(app, "import-now")
    con = open_database(tmp_path / "crm.duckdb").cursor()
    assert con.execute("select store from orders order by order_id").fetchall() == [("Bath",), (kept,)]


def test_t47_a_column_that_the_table_needs_cannot_be_left_out(data, tmp_path):
    app = taken(data(), ("march.csv", STORES))
    drop(app, ("april.csv", STORES.replace(b"customer_id", b"Quux").replace(b"1,a", b"2,a")))
    assert not app.exception and app.radio[0].options == ["Quux"]
    app.radio[0].set_value("Quux").run()
    click(app, "import-now")
    assert len(imported(tmp_path)) == 2


def test_t48_another_table_than_ever_before_is_refused_with_a_way_out(data):
    app = taken(data(), ("march.csv", ORDERS))
    drop(app, ("april.csv", ORDERS.replace(b"1,a", b"3,a")))
    app.selectbox[0].set_value("points").run()
    assert not app.exception and len(app.error) == 1
    assert tr("tables.orders") in app.error[0].value and "march" in app.error[0].value
    click(app, "read-anew")
    assert not app.exception and "march" not in app.error[0].value
