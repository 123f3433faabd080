"""Both roads from a file to text cells give the same landing; what is no data is listed, never dropped in silence."""

import openpyxl
import pytest

from crm_analytics.errors import ImportRefused
from crm_analytics.importing.landing import aside
from crm_analytics.importing.landing import land as landings
from crm_analytics.importing.landing.land import land

TABLE = "a;b\nid;x, y;z\n"


def cells(db, landed):
    return db.cursor().execute(f"select * from {landed.relation} order by source_line").fetchall()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(db, tmp_path, delimiter):
    path = tmp_path / "t.csv"
    path.write_text(
        "\n".join(delimiter.join(row) for row in (["id", "name", "city"], ["1", "Ann", "Bath"], ["2", "Bo", "Ely"]))
    )
    (landed,) = land(db, path)
    assert landed.delimiter == delimiter and landed.headers == ["id", "name", "city"]
    assert cells(db, landed) == [(2, "1", "Ann", "Bath"), (3, "2", "Bo", "Ely")]


@pytest.mark.parametrize(
    "text",
    [
        'id,name\n1,Ann\n2,"Bo, jr"\n',
        "id,name\r\n1,Ann\r\n2,Bo",
        'id,name\n1,"a""b"\n',
        "title\nid,name\n1,Ann\n2,Bo\n3,Cy\n",
    ],
)
def test_the_fast_road_and_the_careful_one_agree(db, tmp_path, monkeypatch, text):
    path = tmp_path / "t.csv"
    path.write_text(text, newline="")
    (fast,) = land(db, path)
    assert "row_number" in fast.relation
    monkeypatch.setattr(landings, "_is_proven", lambda *_: False)
    (careful,) = land(db, path)
    assert cells(db, fast) == cells(db, careful)
    assert (fast.headers, fast.records, fast.physical) == (careful.headers, careful.records, careful.physical)


@pytest.mark.parametrize(
    "text",
    [
        'id,name\n1,"Ann\nof Bath"\n',
        'id,name\n1, "Ann"\n2,Bo\n',
        "id,name\n1,Ann\n\n2,Bo\n",
        "id,name\n1,Ann,x\n2,Bo\n",
        'id,name\n1,"Ann\n2,Bo\n',
        "id,name\r1,Ann\r2,Bo\r",
    ],
)
def test_whatever_is_not_one_record_per_line_takes_the_careful_road(db, tmp_path, text):
    path = tmp_path / "t.csv"
    path.write_text(text, newline="")
    (landed,) = land(db, path)
    assert "row_number" not in landed.relation


def test_lines_before_the_header_and_blank_lines_are_listed(db, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("Sales report\nprinted 2024-03-01\nid,name\n1,Ann\n\n2,Bo\n3,Cy\n4,Di\n")
    (landed,) = land(db, path)
    assert [(record.line, record.reason) for record in landed.skipped] == [
        (1, "preamble"),
        (2, "preamble"),
        (5, "blank"),
    ]
    assert landed.header_line == 3 and landed.physical == 7
    assert cells(db, landed)[0] == (4, "1", "Ann")


def test_a_file_without_a_header_loses_no_record(db, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("1,2024-03-01,12.50\n2,2024-03-02,7.00\n")
    (landed,) = land(db, path)
    assert landed.headers == ["column 1", "column 2", "column 3"] and landed.records == 2


def test_repeated_and_blank_headers_tell_columns_apart(db, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,name,name,\na,b,c,d\n")
    (landed,) = land(db, path)
    assert landed.headers == ["id", "name", "name (2)", "column 4"]


def test_each_sheet_of_a_workbook_lands(db, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["id", "amount"])
    book.active.append([7, 12.5])
    second = book.create_sheet("more")
    second.append(["id", "amount"])
    second.append(["007", 3])
    book.save(tmp_path / "book.xlsx")
    first, more = land(db, tmp_path / "book.xlsx")
    assert cells(db, first) == [(2, "7", "12.5")] and cells(db, more) == [(2, "007", "3")]


@pytest.mark.parametrize(
    "content, code",
    [
        (b"", "E_EMPTY"),
        (b"\xef\xbb\xbf", "E_EMPTY"),
        (b"%PDF-1.7 ...", "E_NOT_TEXT"),
        (b"\x80\x04\x95 pickle", "E_NOT_TEXT"),
        (b"PAR1....", "E_NOT_TEXT"),
        (b"PK\x03\x04 no workbook", "E_NOT_TEXT"),
        (b"12345678DUCK", "E_NOT_TEXT"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "E_NOT_TEXT"),
        (b"<html><body>", "E_NOT_TEXT"),
        (b"\x1f\x8b\x08 broken", "E_DAMAGED"),
    ],
)
def test_a_file_that_is_no_table_is_refused_by_its_bytes(db, tmp_path, content, code):
    path = tmp_path / "orders.csv"
    path.write_bytes(content)
    with pytest.raises(ImportRefused) as refused:
        land(db, path)
    assert refused.value.code == code and "orders.csv" in str(refused.value)


def test_a_file_of_which_nearly_nothing_fits_is_refused_early(db, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("id,amount\n" + "1,5\n" * 500 + "one,cell,too,many\n" * 120_000)
    with pytest.raises(ImportRefused) as refused:
        land(db, path)
    assert refused.value.code == "E_MOST_ASIDE" and refused.value.params["line"] == 502
    assert refused.value.params["aside"] == "100,000" and "," in str(refused.value)
    assert not list(db.folder("staging").iterdir())


def test_any_number_of_records_may_be_set_aside_among_rows(db, tmp_path, monkeypatch):
    monkeypatch.setattr(aside, "IN_MEMORY", 7)
    path = tmp_path / "orders.csv"
    path.write_bytes(b"id,amount\n" + b"".join(b"%d,5\n\n%d,caf\xe9\n%d\n" % (n, n, n) for n in range(40)))
    (landed,) = land(db, path, encoding="utf-8")
    assert [record.line for record in landed.ragged if record.reason == "too_few_cells"] == list(range(5, 162, 4))
    assert [record.raw for record in landed.ragged if record.reason == "bad_bytes"] == [
        f"{n},caf\udce9" for n in range(40)
    ]
    assert [record.line for record in landed.skipped] == list(range(3, 162, 4)) and landed.records == 40
    assert list(landed.ragged) == sorted(landed.ragged, key=lambda record: record.line)
    assert len(landed.ragged.first) == 7 and len(landed.ragged) == 80
