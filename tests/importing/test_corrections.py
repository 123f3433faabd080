"""Rows that were set aside, corrected in a spreadsheet program and uploaded again."""

import pandas as pd
import pytest

from crm_analytics import importing
from crm_analytics.importing.landing.cells import WHITESPACE, Marks
from crm_analytics.ui.downloads import csv_to_correct

GOOD = "".join(f"G{number},C{number % 5},2026-01-05,{number}.50,note\n" for number in range(300))
HEADER = "Order ID,Customer ID,Order Date,Amount,Note\n"
BAD = 'B1,C1,soon,5.00,"says ""now"", twice"\nB2,C2,2026-01-07,6.00\nB3,C3,2026-01-08,-7.00,=x,more,cells\nB4,C4,2026-01-09,x,\n'


def take(db, path, text: str):
    path.write_text(text, encoding="utf-8")
    plan = importing.plan_import(db, [path])
    return plan.files[0], importing.apply_plan(db, plan)[0]


def rows(db, sql: str) -> list[tuple]:
    return db.cursor().execute(sql).fetchall()


@pytest.fixture
def aside(db, tmp_path):
    """A company with four records set aside, and the file in which they can be corrected."""
    take(db, tmp_path / "orders.csv", HEADER + GOOD + BAD)
    return importing.to_correct(db.cursor(), 1)


def test_what_was_set_aside_comes_as_cells_under_the_files_own_headers(aside):
    assert list(aside.columns) == [
        "Order ID",
        "Customer ID",
        "Order Date",
        "Amount",
        "Note",
        "crm_import",
        "crm_line",
        "crm_reason",
        "crm_rest",
    ]
    assert aside.values.tolist() == [
        ["B1", "C1", "soon", "5.00", 'says "now", twice', "1", "302", "timestamp", ""],
        ["B2", "C2", "2026-01-07", "6.00", "", "1", "303", "too_few_cells", ""],
        ["B3", "C3", "2026-01-08", "-7.00", "=x", "1", "304", "too_many_cells", "more,cells"],
        ["B4", "C4", "2026-01-09", "x", "", "1", "305", "money", ""],
    ]


def corrected(aside: pd.DataFrame, tmp_path) -> str:
    """The download with three of the four rows put right, as a spreadsheet program saves it."""
    better = aside.copy()
    better.loc[0, "Order Date"] = "2026-01-06"
    return csv_to_correct(better).decode("utf-8-sig")


def test_corrected_quarantine_rows_uploaded_again(db, aside, tmp_path):
    """Three are right now, one is not: those are resolved, and nothing of the two columns is kept."""
    before = rows(db, "select * from orders order by all")
    file, receipt = take(db, tmp_path / "corrected.csv", corrected(aside, tmp_path))
    assert [(each.code, each.params) for each in file.warnings if each.code.startswith("corrects")] == [
        ("corrects", {"n": 4})
    ]
    assert (receipt.table, receipt.records, receipt.loaded, receipt.quarantined) == ("orders", 4, 3, 1)
    assert rows(db, "select order_id, amount from orders where order_id like 'B%' order by 1") == [
        ("B1", 5),
        ("B2", 6),
        ("B3", -7),
    ]
    assert rows(db, "select source_line, resolved_by from quarantine where import_id = 1 order by 1") == [
        (302, 2),
        (303, 2),
        (304, 2),
        (305, None),
    ]
    assert rows(db, "select distinct name from customer_attributes where lower(name) like 'crm%'") == []
    assert list(importing.to_correct(db.cursor(), 1)["crm_line"]) == ["305"], (
        "only what is still open is given out again"
    )
    importing.undo_import(db, 2)
    assert rows(db, "select * from orders order by all") == before
    assert rows(db, "select distinct resolved_by from quarantine") == [(None,)]
    assert len(importing.to_correct(db.cursor(), 1)) == 4


def test_corrected_rows_are_read_as_their_file_was_without_a_question(db, tmp_path):
    """Day first is proven by the whole file; of the corrected rows alone nobody could tell."""
    good = "".join(f"G{n};C1;{1 + n % 28:02}/03/2026;1,50\n" for n in range(300))
    take(db, tmp_path / "orders.csv", "Order ID;Customer ID;Order Date;Amount\n" + good + "B1;C1;04/05/2026;x\n")
    again = csv_to_correct(importing.to_correct(db.cursor(), 1).assign(Amount="2,50")).decode("utf-8-sig")
    file, receipt = take(db, tmp_path / "again.csv", again)
    assert not file.questions and receipt.loaded == 1
    assert [str(day)[:10] for (day,) in rows(db, "select ordered_at from orders where order_id = 'B1'")] == [
        "2026-05-04"
    ]


def test_a_record_that_is_not_set_aside_is_said_and_imported_like_any_other(db, aside, tmp_path):
    other = aside.assign(crm_line=["9999"] * 4).iloc[[1]]
    file, receipt = take(db, tmp_path / "other.csv", csv_to_correct(other).decode("utf-8-sig"))
    assert ("corrects_nothing", {"n": 1}) in [(each.code, each.params) for each in file.warnings]
    assert receipt.loaded == 1
    assert rows(db, "select count(*) from quarantine where resolved_by is not null") == [(0,)]


def test_the_two_columns_alone_may_come_in_any_order(db, aside, tmp_path):
    few = aside[["crm_line", "Amount", "Order ID", "crm_import", "Customer ID", "Order Date", "Note"]].iloc[[1]]
    _, receipt = take(db, tmp_path / "few.csv", csv_to_correct(few).decode("utf-8-sig"))
    assert receipt.loaded == 1 and rows(db, "select resolved_by from quarantine where source_line = 303") == [(2,)]


def test_an_import_without_quarantine_gives_out_nothing(db, tmp_path):
    take(db, tmp_path / "orders.csv", HEADER + GOOD)
    assert importing.to_correct(db.cursor(), 1).empty


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "||", WHITESPACE])
def test_a_joined_line_is_cut_into_the_very_same_cells(delimiter):
    marks = Marks(delimiter)
    for cells in (["a", "b"], ['say "x"', "1||2;3,4"], ["two\nlines", " blank "], ["a b", "c\td"], ['5"', "=x"]):
        assert marks.cut(marks.joined(cells)) == (cells, None)


def test_records_set_aside_from_a_file_with_a_long_delimiter(db, tmp_path):
    text = (HEADER + GOOD + "B1,C1,soon,5.00,x\n").replace(",", "||")
    _, receipt = take(db, tmp_path / "orders.csv", text)
    assert receipt.quarantined == 1
    assert importing.to_correct(db.cursor(), 1).iloc[0, :5].tolist() == ["B1", "C1", "soon", "5.00", "x"]
