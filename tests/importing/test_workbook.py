"""Workbooks: every sheet with a table lands, in this process or in one of its own that can be stopped."""

import io
import zipfile

import openpyxl
import pytest

from crm_analytics.errors import ImportRefused
from crm_analytics.importing.landing import magic, workbook
from crm_analytics.importing.landing.land import land
from tests.importing.landed import aside, cells, landed, said, skipped


def book(**sheets) -> bytes:
    made, content = openpyxl.Workbook(), io.BytesIO()
    made.remove(made.active)
    for title, rows in sheets.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
    made.save(content)
    return content.getvalue()


ORDERS = [["order_id", "amount"], ["O1", 12.5], ["O2", 7]]


def test_a_large_workbook_is_unpacked_by_a_process_of_its_own(db, tmp_path, monkeypatch):
    here = cells(db, landed(db, tmp_path, book(a=ORDERS), "a.xlsx"))
    monkeypatch.setattr(workbook, "SMALL", 0)
    monkeypatch.setattr(workbook, "SECONDS", 120)
    assert cells(db, landed(db, tmp_path, book(a=ORDERS), "a.xlsx")) == here == [["O1", "12.5"], ["O2", "7"]]


def test_one_that_takes_too_long_is_stopped(db, tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "SMALL", 0)
    monkeypatch.setattr(workbook, "SECONDS", 0.05)
    with pytest.raises(ImportRefused) as refused:
        landed(db, tmp_path, book(a=ORDERS), "a.xlsx")
    assert refused.value.code == "E_READ_TOO_LONG" and "a.xlsx" in str(refused.value)
    assert list(db.folder("staging").iterdir()) == []


def test_titles_totals_and_rows_too_long(db, tmp_path):
    rows = [
        ["Sales report"],
        [],
        ["order_id", "customer", "amount"],
        ["O1", "C1", 5],
        ["O2", "C2", 6, "x"],
        ["O3", "C3", 7, *[None] * 9, "a note far to the right"],
        ["Total", None, 11],
    ]
    found = landed(db, tmp_path, book(a=rows), "a.xlsx")
    assert found.header_line == 3 and cells(db, found) == [["O1", "C1", "5", ""], ["O2", "C2", "6", "x"]]
    assert aside(found) == [(6, "too_many_cells")] and skipped(found) == [
        (1, "preamble"),
        (2, "preamble"),
        (7, "total"),
    ]


def test_a_sheet_without_a_table_is_named(db, tmp_path):
    path = tmp_path / "b.xlsx"
    path.write_bytes(book(cover=[["made by the shop"]], orders=ORDERS, empty=[]))
    (found,) = land(db, path)
    assert found.sheet == "orders" and said(found) == ["sheets_without_table"]
    assert found.cautions[0].params == {"sheets": "cover"}


@pytest.mark.parametrize("content", [[[]], [[None]]])
def test_a_workbook_without_a_cell_is_empty(db, tmp_path, content):
    with pytest.raises(ImportRefused) as refused:
        landed(db, tmp_path, book(a=content), "a.xlsx")
    assert refused.value.code == "E_EMPTY"


def test_a_damaged_workbook_is_refused(db, tmp_path):
    whole = book(a=ORDERS)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/worksheets/sheet1.xml"] = members["xl/worksheets/sheet1.xml"][:200]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    for damaged in (content.getvalue(), whole[: len(whole) // 2]):
        with pytest.raises(ImportRefused) as refused:
            landed(db, tmp_path, damaged, "a.xlsx")
        assert refused.value.code in ("E_DAMAGED", "E_NOT_TEXT")


def test_a_workbook_that_is_a_bomb_is_not_unpacked(db, tmp_path):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (magic.SMALL + 1))
    with pytest.raises(ImportRefused) as refused:
        landed(db, tmp_path, content.getvalue(), "a.xlsx")
    assert refused.value.code == "E_BOMB"
