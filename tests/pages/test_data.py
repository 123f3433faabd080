"""The Data screen: from a dropped file to a receipt, with a person's corrections on the way.  Undo: see the browser tests."""

import time

import pandas as pd
import pytest

from crm_analytics.database import open_database
from crm_analytics.i18n import LANGUAGES, translator
from crm_analytics.ui.text import plain
from tests.pages.test_pages import html_of

tr = translator("en")
AMBIGUOUS = b"order_id,customer_id,ordered_at,amount\n1,a,03/04/2024,10\n2,b,05/06/2024,20\n3,a,01/02/2024,5\n"
ORDERS = b"order_id,customer_id,ordered_at,amount\n1,a,2024-04-03,10\n2,b,2024-06-05,20\n"
SELLERS = b"seller_id,seller_city\n1,Bath\n"
STATUS = b"customer_id,City,Satisfaction Score,Churn Reason,Plan\n1,Bath,4,,Gold\n2,Ely,2,Too dear,Basic\n"
UNPRICED = b"order_id,customer_id,ordered_at,order_status\n1,a,2024-04-03,done\n2,b,2024-06-05,canceled\n"
STRANGE = b"Nr,Who,When,Worth\n1,a,2024-04-03,10\n2,b,2024-06-05,20\n"


@pytest.fixture
def data(visit, companies, tmp_path, monkeypatch):
    """data() -> the Data screen of a reader who has imported nothing yet."""

    def data(**query):
        companies["new"] = tmp_path / "crm.duckdb"
        monkeypatch.setattr("crm_analytics.demo.ensure", lambda path: companies["made-up"].with_name("demo.duckdb"))
        return visit("data", "new", **query)

    return data


def drop(app, *files):
    return settled(app.file_uploader[0].set_value([(name, content, "text/csv") for name, content in files]).run())


def button(app, key: str):
    return next(button for button in app.button if button.key == key)


def click(app, key: str):
    return settled(button(app, key).click().run())


def settled(app):
    """The screen once nothing runs any more: where a browser would look again by itself."""
    while "stop" in [button.key for button in app.button]:
        time.sleep(0.1)
        app.run()
    return app


def imported(tmp_path) -> list[tuple]:
    return (
        open_database(tmp_path / "crm.duckdb")
        .cursor()
        .execute("select order_id, ordered_at, amount from orders order by 1")
        .fetchall()
    )


def test_a_file_is_checked_then_imported(data, tmp_path):
    app = drop(data(), ("orders.csv", ORDERS))
    assert not app.exception
    assert "2 records read, 2 can be imported" in html_of(app)
    assert imported(tmp_path) == [], "nothing is stored before the reader says so"
    click(app, "import-now")
    assert tr("data.receipt_title") in html_of(app)
    assert len(imported(tmp_path)) == 2


def test_an_open_question_waits_for_its_answer(data, tmp_path):
    app = drop(data(), ("orders.csv", AMBIGUOUS))
    assert button(app, "import-now").disabled
    assert "3 Apr 2024" in app.radio[0].options[0] and "4 Mar 2024" in app.radio[0].options[1]
    app.radio[0].set_value("mdy").run()
    click(app, "import-now")
    assert not app.exception
    assert [f"{at:%m-%d}" for _, at, _ in imported(tmp_path)] == ["03-04", "05-06", "01-02"]


def test_a_file_that_fits_nothing_is_put_right_by_hand(data, tmp_path):
    app = drop(data(), ("strange.csv", STRANGE))
    assert not app.exception and len(app.error) == 1
    app.selectbox[0].set_value("orders").run()
    assert not app.exception
    assert list(app.data_editor[0].value["header"]) == ["Nr", "Who", "When", "Worth"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_column_that_cannot_be_read_is_named_as_the_screen_names_it(data, language):
    words = b"order_id,customer_id,ordered_at,amount,discount\n1,a,2024-04-03,10,much\n2,b,2024-06-05,20,little\n"
    app, own = drop(data(lang=language), ("orders.csv", words)), translator(language)
    assert not app.exception and own("fields.orders.discount") in app.warning[0].value
    app = drop(data(lang=language), ("orders.csv", words.replace(b"10,", b"ten,").replace(b"20,", b"twenty,")))
    assert not app.exception and own("fields.orders.amount") in app.error[0].value


def test_one_unreadable_file_stops_the_upload_until_it_is_left_out(data, tmp_path):
    app = drop(data(), ("empty.csv", b""), ("orders.csv", ORDERS))
    assert not app.exception and len(app.error) == 1
    assert button(app, "import-now").disabled
    click(app, "leave-out")
    click(app, "import-now")
    assert not app.exception
    assert len(imported(tmp_path)) == 2


def test_the_same_file_again_says_so(data, tmp_path):
    app = drop(data(), ("orders.csv", ORDERS))
    click(app, "import-now")
    click(app, "more")
    app = drop(app, ("again.csv", ORDERS))
    assert not app.exception
    assert "already imported" in html_of(app)
    assert button(app, "import-now").disabled


def test_cancel_forgets_the_file(data, tmp_path):
    app = drop(data(), ("orders.csv", ORDERS))
    click(app, "import-cancel")
    assert len(app.file_uploader) == 1
    assert not list((tmp_path / "crm.files" / "incoming").glob("*"))
    assert not list((tmp_path / "crm.files" / "staging").glob("*"))


def test_a_path_on_the_server_is_read_and_a_wrong_one_is_one_sentence(data, tmp_path):
    (tmp_path / "orders.csv").write_bytes(ORDERS)
    app = data()
    app.text_input(key="server-path").set_value(str(tmp_path / "nothing.csv"))
    settled(app.form_submit_button[0].click().run())
    assert not app.exception and len(app.error) == 1
    click(app, "import-cancel")
    app.text_input(key="server-path").set_value(str(tmp_path / "orders.csv"))
    settled(app.form_submit_button[0].click().run())
    assert "2 records read" in html_of(app)


def test_markup_in_a_file_is_shown_as_text(data):
    nasty = (
        'order_id,customer_id,ordered_at,amount,"<script>x</script>"\n1,![](http://a/b.png),2024-04-03,10,$x$ :smile:\n'
    )
    app = drop(data(), ("<script>alert(1)</script>.csv", nasty.encode()))
    assert not app.exception
    assert "<script>" not in html_of(app)
    assert "http://a/b.png" not in " ".join(text.value for text in app.markdown)
    assert isinstance(app.dataframe[0].value, pd.DataFrame)


def test_a_file_that_is_not_needed_is_said_and_stops_nothing(data, tmp_path):
    app = drop(data(), ("sellers.csv", SELLERS), ("orders.csv", ORDERS))
    assert not app.exception and not app.error
    assert "sellers.csv is not needed" in html_of(app)
    click(app, "import-now")
    assert not app.exception and len(imported(tmp_path)) == 2
    assert tr("data.left_out_title") in html_of(app)


def test_a_file_that_is_not_needed_alone_imports_nothing(data, tmp_path):
    app = drop(data(), ("sellers.csv", SELLERS))
    assert not app.exception and button(app, "import-now").disabled
    assert "not needed" in " ".join(info.value for info in app.info)
    app.selectbox[0].set_value("customers").run()
    assert not app.exception and len(app.error) == 1


def test_one_file_is_shown_by_each_table_it_feeds(data, tmp_path):
    app = drop(data(), ("status.csv", STATUS))
    assert not app.exception
    assert [name.partition(" → ")[2] for name in app.selectbox(key="which-file").options] == [
        tr(f"tables.{name}") for name in ("customers", "surveys", "churn_reasons")
    ]
    app.selectbox(key="which-file").set_value(2).run()
    assert not app.exception
    becomes = app.data_editor[0].value.set_index("header")["becomes"]
    assert becomes["Churn Reason"] == "text" and "one row per customer" in html_of(app).lower()
    click(app, "import-now")
    assert not app.exception
    con = open_database(tmp_path / "crm.duckdb").cursor()
    assert con.execute("select (select count(*) from customers), (select count(*) from surveys)").fetchone() == (2, 2)
    assert con.execute("select count(*) from churn_reasons").fetchone() == (1,)


def test_another_column_for_one_table_keeps_the_others(data, tmp_path):
    app = drop(data(), ("status.csv", STATUS))
    app.selectbox(key="which-file").set_value(1).run()
    app.selectbox[1].set_value("churn_reasons").run()
    assert not app.exception
    assert "which-file" not in [box.key for box in app.selectbox], "the person has said that it is one table"


def test_orders_without_amounts_are_taken_when_a_person_says_so(data, tmp_path):
    app = drop(data(), ("orders.csv", UNPRICED))
    assert not app.exception and len(app.error) == 1
    click(app, "without-amount")
    assert not app.exception and not app.error
    click(app, "import-now")
    assert not app.exception and len(imported(tmp_path)) == 2
    assert "no revenue: 2" in " ".join(caption.value for caption in app.caption).replace("\\", "")
    assert plain(tr("findings.orders_without_amount")) in [link.proto.label for link in app.get("page_link")]


def test_the_file_that_waits_for_an_answer_is_shown_first(data):
    app = drop(data(), ("orders.csv", ORDERS), ("strange.csv", STRANGE))
    assert not app.exception and len(app.error) == 1
    assert "strange" in app.error[0].value and "strange.csv cannot be taken" in html_of(app)


FAULTY = (
    b"order_id,customer_id,ordered_at,amount\n"
    + b"".join(b"G%d,a,2024-04-03,1\n" % n for n in range(300))
    + b"B1,a,soon,5\nB2,b,2024-04-04,-6,x\n"
)


def test_rows_set_aside_are_listed_with_their_reasons_corrected_and_brought_again(data, tmp_path):
    app = click(drop(data(), ("orders.csv", FAULTY)), "import-now")
    app = button(app, "aside-1").click().run()
    assert not app.exception
    shown = html_of(app)
    assert tr("reasons.timestamp") in shown and tr("reasons.too_many_cells") in shown
    (rows,) = [frame.value for frame in app.dataframe if "crm_line" in frame.value]
    assert rows[["order_id", "crm_import", "crm_line"]].values.tolist() == [["B1", "1", "302"], ["B2", "1", "303"]]
    better = rows.assign(ordered_at=["2024-04-05", "2024-04-04"]).to_csv(index=False).encode()
    app = click(drop(click(app, "more"), ("better.csv", better)), "import-now")
    assert not app.exception
    assert [str(amount) for _, _, amount in imported(tmp_path)[:2]] == ["5.0000", "-6.0000"]
    app = button(app, "aside-1").click().run()
    assert tr("data.aside_none") in [caption.value for caption in app.caption]


def test_what_would_be_set_aside_is_shown_under_its_own_headers(data):
    app = drop(data(), ("orders.csv", FAULTY.replace(b"\n", b",gift\n").replace(b"gift", b"Line", 1)))
    assert not app.exception
    (rows,) = [frame.value for frame in app.dataframe if "Line" in frame.value and "Reason" in frame.value]
    assert list(rows)[:7] == ["Line", "Column", "Reason", "order_id", "customer_id", "ordered_at", "amount"]
    assert rows.columns.is_unique and rows.iloc[0, -1] == "gift"
    assert rows.iloc[0]["Column"] == tr("fields.orders.ordered_at")


def test_a_text_is_cut_otherwise_when_somebody_says_so(data):
    app = drop(data(), ("customers.csv", b"customer_id,name,city\n1,Ann,Bath\n2,Bob\n"))
    assert "2 records read, 1 can be imported" in html_of(app)
    next(each for each in app.toggle if each.key.endswith("-pad")).set_value(True)
    click(app, "cut-now")
    assert not app.exception and "2 records read, 2 can be imported" in html_of(app)
    assert any("1 rows had too few cells" in each.value for each in app.warning)


def test_a_delimiter_and_an_encoding_are_overruled(data):
    app = drop(data(), ("orders.csv", "订单编号,客户编号,日期,金额\n1,a,2024-04-03,10\n".encode("gb18030")))
    assert "GB18030, comma" in html_of(app)
    boxes = {each.key.rpartition("-")[2]: each for each in app.selectbox if each.key.startswith("cut-")}
    boxes["encoding"].set_value("big5")
    boxes["delimiter"].set_value(";")
    click(app, "cut-now")
    assert not app.exception and "BIG5, semicolon" in html_of(app)
