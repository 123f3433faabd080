"""How a file was cut is kept with its import and followed again, whatever a later version would find by itself."""

import json

import openpyxl
import pytest

from crm_analytics import importing
from crm_analytics.importing.landing import dialect, header, pinned
from crm_analytics.importing.landing import land as landing
from tests.importing.landed import aside, cells, landed, rows, skipped

HEADER = "order_id,customer_id,ordered_at,amount\n"
FILES = {
    "plain": HEADER + "O1,C1,2024-03-01,12.50\nO2,C2,2024-03-02,7.00\n",
    "quoted by a single mark": "id,note\n1,'it''s, so'\n2,'two\nlines'\n3,'x'\n",
    "backslash": 'id;note\n1;"say \\"no\\"; please"\n2;"C:\\\\temp"\n3;"x"\n',
    "several characters": HEADER.replace(",", "|~|") + "O1|~|C1|~|2024-03-01|~|12.50\n" * 3,
    "preamble": "Sales\nby region: all\n\n" + HEADER + "O1,C1,2024-03-01,12.50\nO2,C2,2024-03-02,7.00\n合计,,,19.50\n",
    "no header": "O1,C1,2024-03-01,12.50\nO2,C2,2024-03-02,7.00\nO3,C2,2024-03-02\n",
    "two header lines": "Order,,Sales,\nid,date,quantity,amount\n1,2024-03-01,2,5.00\n2,2024-03-02,1,7.00\n",
    "blanks": "00001 19970101 1 11.77\n00002 19970112 1 12.00\n00002 19970112 5 77.00\n",
}


def _finds_nothing(*_, **__):
    raise AssertionError("nothing is to be looked for")


@pytest.mark.parametrize("content", FILES.values(), ids=FILES.keys())
def test_what_was_found_once_is_followed(db, tmp_path, monkeypatch, content):
    first = landed(db, tmp_path, content)
    kept = json.loads(json.dumps(pinned.as_json(first.dialect), ensure_ascii=False))
    monkeypatch.setattr(dialect, "detect", _finds_nothing)
    again = landed(db, tmp_path, content, dialect=pinned.of({"dialect": kept}))
    assert rows(db, again) == rows(db, first) and (again.header, again.headers) == (first.header, first.headers)
    assert (aside(again), skipped(again)) == (aside(first), skipped(first))
    assert [record.raw for record in again.skipped] == [record.raw for record in first.skipped]
    assert pinned.as_json(again.dialect) == kept


def test_a_sheet_is_found_again_by_its_name(db, tmp_path, monkeypatch):
    book = openpyxl.Workbook()
    book.active.append(["a report"])
    for row in (["id", "amount"], ["O1", 5], ["O2", 7]):
        book.create_sheet("rows" if "rows" not in book.sheetnames else "more").append(row)
    sheet = book.create_sheet("sales")
    for row in (["printed on Monday"], [], ["id", "amount", "note"], ["O1", 5, None], ["O2", 7, "x"]):
        sheet.append(row)
    book.save(tmp_path / "book.xlsx")
    first = next(each for each in landing.land(db, tmp_path / "book.xlsx") if each.sheet == "sales")
    kept = pinned.of({"dialect": pinned.as_json(first.dialect)})
    monkeypatch.setattr(header, "find", _finds_nothing)
    (again,) = landing.land(db, tmp_path / "book.xlsx", dialect=kept, sheet="sales")
    assert rows(db, again) == rows(db, first) == [(4, ["O1", "5", ""]), (5, ["O2", "7", "x"])]
    assert again.header == ("id", "amount", "note") and skipped(again) == skipped(first)


ODD = HEADER + "'O1','C1','2024-03-01','12.50'\n'O''2','C2','2024-03-02','7.00'\n"


@pytest.mark.parametrize("is_old", [False, True])
def test_undo_reads_a_later_import_as_it_was_read(uploads, db, monkeypatch, is_old):
    first = uploads.take(HEADER + "O'2,C2,2024-03-02,7.00\n", name="first.csv")
    second = uploads.take(ODD, name="second.csv")
    assert (second.loaded, second.duplicates) == (1, 1)
    if is_old:  # an entry of a version that kept no dialect
        with db.writing() as con:
            con.execute("update imports set reading = json_merge_patch(reading, '{\"dialect\": null}')")
    else:
        monkeypatch.setattr(dialect, "detect", _finds_nothing)
    importing.undo_import(db, first.import_id)
    assert uploads.rows("select order_id, amount::varchar from orders order by 1") == [
        ("O'2", "7.0000"),
        ("O1", "12.5000"),
    ]


def test_a_bad_byte_in_the_header_is_shown_and_kept(uploads, db):
    receipt = uploads.take(
        HEADER.encode().replace(b"amount", b"amount,caf\xff") + b"O1,C1,2024-03-01,12.50,\xc3\xa9\n" * 9
    )
    assert receipt.loaded == 9
    (reading,) = uploads.rows("select reading from imports")[0]
    assert json.loads(reading)["headers"][-1] == "caf\\xff"


SHORT = HEADER + "O1,C1,2024-03-01,12.50\nO2,C2,2024-03-02\nO3,C2,2024-03-02,7.00\nO4\n\nprinted on Monday\n"


def test_t04_short_rows_are_padded_only_if_somebody_says_so(db, tmp_path):
    assert aside(landed(db, tmp_path, SHORT)) == [(3, "too_few_cells"), (5, "too_few_cells")]
    found = landed(db, tmp_path, SHORT, short_rows="pad")
    assert cells(db, found) == [
        ["O1", "C1", "2024-03-01", "12.50"],
        ["O2", "C2", "2024-03-02", ""],
        ["O3", "C2", "2024-03-02", "7.00"],
        ["O4", "", "", ""],
    ]
    assert skipped(found) == [(6, "blank"), (7, "footer")] and not found.ragged
    (said,) = [caution for caution in found.cautions if caution.code == "rows_padded"]
    assert said.params == {"n": 2, "line": 3}


def test_t04_padded_rows_are_padded_again_on_undo(uploads, db):
    text = "customer_id,name,city\nC1,王,Bath\nC2,李\n"
    first = uploads.take(text.replace("C2,李", "C2,李,"), name="first.csv")
    again = uploads.take(text + "C3,张\n", name="second.csv", short_rows="pad")
    assert (again.loaded, again.duplicates, again.quarantined) == (1, 2, 0)
    importing.undo_import(db, first.import_id)
    assert uploads.rows("select customer_id, name, city from customers order by 1") == [
        ("C1", "王", "Bath"),
        ("C2", "李", None),
        ("C3", "张", None),
    ]
