"""T16, T28, T62 and T66 of docs/trust.md without a screen: texts of any kind come in to the letter and leave as text."""

import html
import io
import json

import openpyxl
import pandas as pd
import pytest
from pptx import Presentation

from crm_analytics import cli, importing, snapshot
from crm_analytics.charts import style
from crm_analytics.filters import Filters
from crm_analytics.i18n import LANGUAGES, catalogue, translator
from crm_analytics.importing import Options
from crm_analytics.reporting.facts import Facts
from crm_analytics.ui import downloads, exports
from crm_analytics.ui.text import bare, bold, literal, plain
from tests import naughty

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "a;=cmd",
    'say "=cmd"',
    "line\n=cmd",
    "'=quoted",
    "''=twice",
    "x;'=half",
    "=cmd|' /C calc'!A0",
    "007",
    "+44 20 7946 0000",
    "O'Brien",
    "it's -5",
    "a - b",
    "'tis",
]


def products(con) -> list[str]:
    return [product for (product,) in con.execute("select product from orders order by line_no::int").fetchall()]


def orders(texts) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "order_id": [f"O{n}" for n in range(len(texts))],
            "customer_id": "C1",
            "ordered_at": "2024-03-01",
            "amount": 5,
            "line_no": [str(n) for n in range(len(texts))],
            "product": texts,
        }
    )


def taken(db, path):
    importing.apply_plan(db, importing.plan_import(db, [path]))
    return db.cursor()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_t66_what_was_exported_is_imported_to_the_letter(db_factory, tmp_path, kind):
    one, other = db_factory(), db_factory()
    orders(FORMULAS).to_csv(tmp_path / "first.csv", index=False)
    con = taken(one, tmp_path / "first.csv")
    assert products(con)[:6] == FORMULAS[:6] and len(products(con)) == len(FORMULAS)
    kept = con.execute("select order_id, customer_id, ordered_at, amount, line_no, product from orders").df()
    path = tmp_path / f"again.{kind}"
    path.write_bytes(getattr(downloads, kind)(kept))
    assert products(taken(other, path)) == products(con)


@pytest.mark.parametrize("text", FORMULAS)
def test_t66_no_cell_of_a_download_starts_what_a_program_runs(text):
    sent = downloads.csv(pd.DataFrame({text: [text]})).decode("utf-8-sig")
    for part in sent.replace('"', ";").replace("\n", ";").split(";"):
        assert not part.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")), part


def test_t66_a_workbook_holds_texts_and_no_formula():
    sheet = openpyxl.load_workbook(io.BytesIO(downloads.xlsx(pd.DataFrame({"=head": FORMULAS})))).active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ["{0} {name} {{x}} {a.b[0]} {!r}", "%s %(x)s %n", "}{", "**x** ***y", "$1 \\1"])
def test_t65_signs_of_templates_in_data_are_letters(language, text):
    tr = translator(language)
    keys = [key for key in catalogue(language) if key in ("errors.E_UNTOLD", "data.undo_question", "data.already_here")]
    for key in keys:
        said = tr(key, file=text, nearest=text, n=text, day=text, headers=text, lacking=text)
        assert text in said


@pytest.mark.parametrize("text", ["**a** b", "****", "***x***", "a * b ** c", "<b>c</b>"])
def test_t65_only_our_own_words_become_bold(text):
    said = bold(f"**ours** and {literal(text)}")
    assert said.startswith("<b>ours</b> and ") and said.count("<b>") == 1
    assert html.unescape(said.partition(" and ")[2]).replace("\u2060", "") == text


@pytest.mark.parametrize("text", naughty.STRINGS)
def test_t65_markdown_and_plotly_get_text(text):
    assert bare(plain(text)) == " ".join(text.split())
    assert "<" not in style.plain(text)


@pytest.mark.parametrize(
    "text",
    [
        "http://a.b",
        "www.a.b",
        "x@a.b",
        "a -> b",
        "a <- b",
        "a -- b",
        "a >= b",
        ":material/home:",
        ":streamlit:",
        "ok:x",
    ],
)
def test_t65_what_is_looked_for_behind_the_backslashes_is_parted(text):
    assert ":small[]" in plain(text)


@pytest.mark.parametrize("text", ["10:30", "Name: x", "A - B", "3 < 4", "Umsatz", "2024-03-01", "https"])
def test_usual_texts_are_not_parted(text):
    assert ":small[]" not in plain(text)


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    from crm_analytics.database import open_database

    return open_database(naughty.company(tmp_path_factory.mktemp("naughty"), 150))


@pytest.mark.parametrize("asked", [{"by": "revenue"}, {"moves": "small:medium=2,small:big=1"}])
def test_t65_decks_and_workbooks_hold_the_texts_as_text(company, asked):
    filters = snapshot.prepare(company.cursor(), Filters())
    facts = Facts(tr=translator("en"), answer=naughty.STRINGS[0], window=naughty.STRINGS[6], months=12, currency=":red[zqj]",
                  company=naughty.STRINGS[1], whom=naughty.STRINGS[9])  # fmt: skip
    made = {kind: exports._made(kind, company, filters, facts, asked, "moves" in asked, {}) for kind in exports.KINDS}
    deck = Presentation(io.BytesIO(made["slides"]))
    said = "\n".join(shape.text_frame.text for slide in deck.slides for shape in slide.shapes if shape.has_text_frame)
    assert naughty.STRINGS[0] in said and naughty.STRINGS[1] in said
    links = [run.hyperlink.address for slide in deck.slides for shape in slide.shapes if shape.has_text_frame
             for paragraph in shape.text_frame.paragraphs for run in paragraph.runs]  # fmt: skip
    assert not any(links)
    book = openpyxl.load_workbook(io.BytesIO(made["sheets"]))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if "zqj" in str(cell.value)]
    assert cells and {cell.data_type for cell in cells} == {"s"}
    assert not any(cell.hyperlink for cell in cells)


def test_t62_the_command_line_shows_every_text(company, capsys):
    company.close()
    for format in ("json", "csv", "table"):
        assert cli.main(["show", "customers.listing", "--db", str(company.path), "--format", format]) == 0
        assert "zqj" in capsys.readouterr().out


def test_t16_t62_the_collected_strings_come_in_to_the_letter_and_leave_as_text(real, db_factory, tmp_path):
    texts = json.loads(real("csv_corpora/naughty_strings/blns.json").read_text(encoding="utf-8"))
    texts = [text for text in dict.fromkeys(texts) if text.strip(" ") == text != "" and "\0" not in text]
    one, other = db_factory(), db_factory()
    orders([f"{text} ." for text in texts]).to_csv(tmp_path / "orders.csv", index=False, quoting=1)
    con = taken(one, tmp_path / "orders.csv")
    stored = products(con)
    assert stored == [f"{text} ." for text in texts]
    kept = con.execute("select order_id, customer_id, ordered_at, amount, line_no, product from orders").df()
    (tmp_path / "again.csv").write_bytes(downloads.csv(kept))
    assert products(taken(other, tmp_path / "again.csv")) == stored
    assert [text for text in texts if bare(plain(text)) != " ".join(text.split())] == []


def test_t28_marks_that_do_not_show_stay_and_tell_nobody_apart_from_his_headers(db, tmp_path):
    text = "\u202ename\u202c"
    (tmp_path / "customers.csv").write_text(f"customer_id,na\u200bme,region\nC1,{text},a\u200bb\n", encoding="utf-8")
    plan = importing.plan_import(db, [tmp_path / "customers.csv"], Options())
    assert plan.files[0].match.mapping["name"] == "na\u200bme"
    importing.apply_plan(db, plan)
    assert db.cursor().execute("select name, region from customers").fetchall() == [(text, "a\u200bb")]
