"""The plan beside what is here: what is new, newer or gone; adding or replacing; the analyst's own total."""

from decimal import Decimal

import pytest

from crm_analytics import importing
from crm_analytics.database import open_database
from crm_analytics.i18n import LANGUAGES, translator
from crm_analytics.ui.comparison import total
from tests.pages.test_data import button, click, data, drop, imported  # noqa: F401
from tests.pages.test_pages import html_of

tr = translator("en")
HEADER = b"order_id,line_no,customer_id,ordered_at,amount\n"
FIRST = HEADER + b"1,1,a,2024-04-03,10\n2,1,b,2024-04-05,20\n3,1,c,2024-04-06,30.50\n4,1,c,2024-05-01,4\n"
LATER = HEADER + b"1,1,a,2024-04-03,10\n2,1,b,2024-04-05,25\n5,1,c,2024-04-06,1\n"  # 2 corrected, 3 gone, 5 new


@pytest.fixture
def later(data):  # noqa: F811
    """later(lang=...) -> the screen with the second file planned, the first imported."""

    def later(**query):
        app = click(click(drop(data(**query), ("april.csv", FIRST)), "import-now"), "more")
        return drop(app, ("april again.csv", LATER))

    return later


def figures(app) -> dict[str, str]:
    """Label -> number of the strip that compares."""
    parts = html_of(app).split('class="figure"')[1:]
    text = [
        (part.split('class="label">')[1].split("<")[0], part.split('class="value">')[1].split("<")[0]) for part in parts
    ]
    return dict(text)


def choice(app, key: str):
    return next(group for group in app.button_group if key in group.key)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_new_known_newer_and_gone(later, language):
    app, words = later(lang=language), translator(language)
    assert not app.exception
    shown = figures(app)
    assert [shown[words(f"data.compare_{name}")] for name in ("new", "known", "changed", "vanished")] == [
        "1",
        "1",
        "1",
        "1",
    ]
    (rows,) = [frame.value for frame in app.dataframe if words("data.differs") in frame.value]
    amount = words("fields.orders.amount")
    assert dict(zip(rows[words("data.differs")], rows[amount])) == {
        words("data.differs_changed"): "20 → 25",
        words("data.differs_vanished"): "30.5",
    }


def test_replacing_the_files_days_says_what_would_leave_and_undo_brings_it_back(later, tmp_path):
    app = later()
    choice(app, "scope-").set_value("replace-period").run()
    assert not app.exception
    assert figures(app)[tr("data.compare_replaced")] == "1"
    app = click(app, "import-now")
    assert [each[0] for each in imported(tmp_path)] == ["1", "2", "4", "5"]
    said = " ".join(caption.value for caption in app.caption).replace("\\", "")
    assert tr("data.receipt_changed", n=1) in said and tr("data.receipt_replaced", n=1) in said
    assert tr("data.history_replaced", n=1) in html_of(app)
    app = button(app, "undo-2").click().run()
    assert any(tr("data.undo_back", n=2) in text.value.replace("\\", "") for text in app.markdown)
    importing.undo_import(open_database(tmp_path / "crm.duckdb"), 2)  # its button: see the browser tests
    assert [(each[0], str(each[2])) for each in imported(tmp_path)] == [
        ("1", "10.0000"), ("2", "20.0000"), ("3", "30.5000"), ("4", "4.0000"),
    ]  # fmt: skip


def test_replacing_the_whole_table(later, tmp_path):
    app = later()
    choice(app, "scope-").set_value("replace-table").run()
    assert figures(app)[tr("data.compare_replaced")] == "2", "order 3, and order 4 of May"
    click(app, "import-now")
    assert [each[0] for each in imported(tmp_path)] == ["1", "2", "5"]


def test_a_first_file_has_nothing_to_be_compared_with(data):  # noqa: F811
    app = drop(data(), ("april.csv", FIRST))
    assert tr("data.compare_title") not in html_of(app)
    assert not [group for group in app.button_group if "scope-" in (group.key or "")]


def test_a_total_that_differs_stops_the_import_until_it_is_right(data, tmp_path):  # noqa: F811
    app = drop(data(), ("april.csv", FIRST))
    app.text_input(key=own_total(app)).set_value("64.00").run()
    assert button(app, "import-now").disabled
    said = [text.value.replace("\\", "") for text in app.markdown]
    assert any("64.50" in text and "0.50" in text for text in said), "the file's own sum and the difference"
    app.text_input(key=own_total(app)).set_value("64,50").run()
    assert not button(app, "import-now").disabled
    click(app, "import-now")
    kept = open_database(tmp_path / "crm.duckdb").cursor().execute("select control_total from imports").fetchone()
    assert kept == (Decimal("64.5000"),)


def own_total(app) -> str:
    return next(field.key for field in app.text_input if (field.key or "").startswith("own-total-"))


def test_lines_that_stand_twice_may_count_once(data, tmp_path):  # noqa: F811
    app = drop(data(), ("april.csv", FIRST + b"4,1,c,2024-05-01,4\n"))
    choice(app, "repeats-").set_value("once").run()
    assert not app.exception
    click(app, "import-now")
    assert len(imported(tmp_path)) == 4


def test_reasons_for_setting_aside_are_counted_before_the_import(data):  # noqa: F811
    good = b"".join(b"G%d,1,a,2024-04-03,1\n" % number for number in range(400))
    app = drop(data(), ("april.csv", HEADER + good + b"1,1,a,soon,10\n2,1,b,later,20\n3,1,c\n"))
    shown = html_of(app)
    cells = [f'<td class="">{tr("reasons.timestamp")}</td>', f'<td class="">{tr("reasons.too_few_cells")}</td>']
    assert all(cell in shown for cell in cells), shown
    assert shown.index(cells[0]) < shown.index(cells[1]), "the most frequent first"


@pytest.mark.parametrize(
    "text, meant, found",
    [
        ("1,234.50", "1234.50", "1234.50"),
        ("1.234,50", "1234.50", "1234.50"),
        ("1 234.50 €", "1234.50", "1234.50"),
        ("¥1,234", "1234", "1234"),
        ("1,234", "1.234", "1.234"),
        ("(12.00)", "-12", "-12.00"),
        ("−12", "-12", "-12"),
        ("1,000", "5", "1000"),
        ("", "5", None),
        ("many", "5", None),
    ],
)
def test_a_typed_total_is_read_as_it_is_meant(text, meant, found):
    assert total(text, Decimal(meant)) == (None if found is None else Decimal(found))
