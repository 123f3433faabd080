"""T13-T21 of docs/trust.md: malformed files, continued. Each row of that table has its test here, by its number."""

import gzip
import io
import random
import zipfile

import openpyxl
import pytest

from crm_analytics.errors import ImportRefused
from crm_analytics.importing.landing import land as landings
from crm_analytics.importing.landing.land import land
from tests.importing.landed import aside, cells, landed, rows, said, worked

ORDERS = "order_id,customer_id,ordered_at,amount\n"
THREE = ORDERS + "O1,C1,2024-03-01,12.50\nO2,C2,2024-03-02,7.00\nO3,C1,2024-03-03,1.25\n"
ROWS = [["O1", "C1", "2024-03-01", "12.50"], ["O2", "C2", "2024-03-02", "7.00"], ["O3", "C1", "2024-03-03", "1.25"]]


def refusal(db, folder, content: bytes, name: str = "orders.csv") -> ImportRefused:
    with pytest.raises(ImportRefused) as refused:
        landed(db, folder, content, name)
    assert name in str(refused.value)
    return refused.value


def tables(db) -> int:
    return db.cursor().execute("select count(*) from imports").fetchone()[0]


@pytest.mark.parametrize(
    "second", ["region,target\nEast,100\nWest,90\n", "day,weather,place,note\nMo,fair,Bath,x\nTu,rain,Ely,y\n"]
)
def test_t13_a_second_table_is_refused_by_its_line(db, tmp_path, second):
    found = landed(db, tmp_path, THREE + "\n" + second)
    assert cells(db, found) == ROWS and aside(found) == [(line, "second_table") for line in (6, 7, 8)]
    (caution,) = [each for each in found.cautions if each.code == "second_table"]
    assert caution.params == {"line": 6, "n": 3}


def test_t14_without_a_header_columns_are_mapped_by_place(uploads, db, tmp_path):
    text = THREE.split("\n", 1)[1]
    found = landed(db, tmp_path, text)
    assert found.header == () and found.header_line == 0 and cells(db, found) == ROWS and "no_header" in said(found)
    mapping = dict(zip(("order_id", "customer_id", "ordered_at", "amount"), found.headers, strict=True))
    receipt = uploads.take(text, table="orders", mapping=mapping)
    assert (receipt.loaded, str(receipt.amount_loaded)) == (3, "20.7500")


def test_t14_whitespace_tables_are_mapped_by_place(db, real):
    (found,) = land(db, real("cdnow/CDNOW_sample.txt"))
    lines = real("cdnow/CDNOW_sample.txt").read_text().splitlines()
    assert (
        found.header == () and not found.ragged and cells(db, found) == [line.split() for line in lines if line.strip()]
    )
    assert len(found.headers) == 5 and found.records == 6919


def test_t15_repeated_blank_and_long_headers_tell_columns_apart(db, tmp_path):
    header = ["id", "id", "", "", "x" * 10_000, "id (2)"]
    found = landed(db, tmp_path, ",".join(header) + "\n1,2,3,4,5,6\n")
    assert len(set(found.headers)) == 6 and list(found.header) == header and cells(db, found) == [list("123456")]


def test_t15_five_thousand_columns_are_too_many(db, tmp_path):
    wide = ",".join(f"column{number}" for number in range(5000)) + "\n" + ",".join("1" * 5000) + "\n"
    assert refusal(db, tmp_path, wide.encode()).code == "E_TOO_WIDE"


def test_t16_headers_are_stored_as_they_are(db, uploads, tmp_path):
    header = ['"; drop table orders; --', "客户编号", "😀 emoji", "a\u00a0b", "Ａｍｏｕｎｔ", "<b>bold</b>"]
    quoted = ",".join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in header)
    found = landed(db, tmp_path, f"{quoted}\n1,2,3,4,5,6\n")
    assert list(found.header) == header and cells(db, found) == [list("123456")]


@pytest.mark.parametrize(
    "header",
    [
        "订单编号,客户编号,订单日期,金额",
        "訂單編號,客戶編號,訂單日期,金額",
        "Order\u00a0ID, CUSTOMER ID ,ordered_at,Ａｍｏｕｎｔ",
    ],
)
def test_t16_headers_are_matched_by_their_normal_form(uploads, header):
    receipt = uploads.take(header + "\n" + THREE.split("\n", 1)[1])
    assert (receipt.table, receipt.loaded, str(receipt.amount_loaded)) == ("orders", 3, "20.7500")


def test_t17_zero_bytes_go_and_are_counted_other_controls_stay(db, tmp_path):
    found = landed(db, tmp_path, THREE.replace("C2", "C\0002\0").replace("O3", "O\x013\x7f"))
    assert cells(db, found) == [ROWS[0], ["O2", "C2", *ROWS[1][2:]], ["O\x013\x7f", *ROWS[2][1:]]]
    assert [caution.params for caution in found.cautions if caution.code == "nuls_removed"] == [{"n": 2}]


@pytest.mark.parametrize("content", [b"x" * (20 << 20), b'"' + b"x" * (20 << 20) + b'"'])
def test_t18_a_giant_cell_is_refused(db, tmp_path, content):
    refused = refusal(db, tmp_path, ORDERS.encode() + b"O1,C1,2024-03-01," + content + b"\n")
    assert (refused.code, refused.params["line"]) == ("E_CELL_TOO_BIG", 2)


def test_t18_a_large_cell_is_read(db, tmp_path):
    text = "and so on\n" * 6_000
    found = landed(db, tmp_path, f'id,text\n1,"{text}"\n2,"{"y" * 3_000_000}"\n3,c\n')
    assert [len(row[1]) for row in cells(db, found)] == [60_000, 3_000_000, 1] and not found.ragged


def _xlsx() -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    for line in THREE.splitlines():
        book.active.append(line.split(","))
    book.save(content)
    return content.getvalue()


def _zip(member: str = "orders.csv") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(member, THREE)
    return content.getvalue()


@pytest.mark.parametrize(
    "content, kind",
    [
        (_zip(), "ZIP"),
        (_zip("content.xml"), "OpenDocument (.ods)"),
        (gzip.compress(_zip()), "ZIP"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Excel 97-2003 (.xls)"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html>", "HTML / XML"),
        (b" \n<table><tr><td>1</td></tr></table>", "HTML / XML"),
        (b'[{"order_id": "O1", "amount": 5}]', "JSON"),
        (random.Random(1).randbytes(4000), "binary"),
        (b"MZ\x90\x00\x03\x00\x00\x00", "program"),
    ],
)
def test_t19_files_that_are_not_what_their_name_says(db, tmp_path, content, kind):
    refused = refusal(db, tmp_path, content)
    assert (refused.code, refused.params["kind"]) == ("E_NOT_TEXT", kind)


def test_t19_a_workbook_called_csv_is_read_as_what_it_is(db, tmp_path):
    assert cells(db, landed(db, tmp_path, _xlsx())) == ROWS


def test_t19_a_header_may_begin_like_a_program(db, tmp_path):
    found = landed(db, tmp_path, "MZ_ID,PAR1\n1,2\n")
    assert found.header == ("MZ_ID", "PAR1")


@pytest.mark.parametrize("cut", range(len(THREE) - 20, len(THREE) - 1))
def test_t20_a_file_cut_off_loses_no_row_in_silence(db, tmp_path, cut):
    found = landed(db, tmp_path, THREE[:cut])
    last = THREE[:cut].splitlines()[-1]
    assert cells(db, found)[:2] == ROWS[:2] and found.physical == 3
    if last.count(",") < 3:
        assert aside(found) == [(4, "cut_off")] and "truncated" in said(found)
    else:  # whole but for digits that nobody can miss
        assert cells(db, found)[2] == last.split(",")


def test_t20_a_cut_inside_a_quote_or_a_character(db, tmp_path):
    found = landed(db, tmp_path, THREE + 'O4,"half a na')
    assert aside(found) == [(5, "cut_off")] and cells(db, found) == ROWS
    found = landed(db, tmp_path, (THREE + "O4,张三,2024-03-04,1.00\nO5,李").encode()[:-1])
    assert aside(found) == [(6, "bad_bytes")] and found.records == 4


@pytest.mark.parametrize("road", ["fast", "careful"])
def test_t20_a_clean_file_without_a_last_newline_is_whole(db, tmp_path, monkeypatch, road):
    if road == "careful":
        monkeypatch.setattr(landings, "_is_proven", lambda *_: False)
    found = landed(db, tmp_path, THREE.rstrip("\n"))
    assert cells(db, found) == ROWS and said(found) == []


def _mutated(seed: int) -> bytes:
    """A table whose bytes were changed at random: what a fuzzer would send."""
    rng = random.Random(seed)
    content = bytearray((THREE * rng.choice((1, 5, 40))).encode(rng.choice(("utf-8", "utf-16", "gb18030"))))
    for _ in range(rng.randint(1, 30)):
        place = rng.randrange(len(content))
        action = rng.random()
        if action < 0.5:
            content[place] = (
                rng.choice(b'",;\r\n\t\\\0\xff\xef\xbb\xbf\x81') if rng.random() < 0.7 else rng.randrange(256)
            )
        elif action < 0.7:
            del content[place : place + rng.randint(1, 20)]
        else:
            content[place:place] = content[place : place + rng.randint(1, 60)] * rng.randint(1, 4)
    return bytes(content)


def _survives(db, folder, seeds) -> None:
    for seed in seeds:
        begun = worked()
        try:
            found = landed(db, folder, _mutated(seed))
            assert len(rows(db, found)) == found.records
        except ImportRefused:
            pass
        assert worked() - begun < 10, f"seed {seed} hangs"


def test_t21_spoilt_bytes_neither_crash_nor_hang(db, tmp_path):
    _survives(db, tmp_path, range(60))


@pytest.mark.long
def test_t21_many_spoilt_files(db, tmp_path):
    _survives(db, tmp_path, range(60, 5000))


def test_t13_a_table_before_the_larger_one_is_not_skipped_in_silence(db, tmp_path):
    found = landed(db, tmp_path, "region,target\nEast,100\nWest,90\n" + THREE)
    assert aside(found) == [(line, "second_table") for line in (1, 2, 3)] and cells(db, found) == ROWS
