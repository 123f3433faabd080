"""T22-T28 of docs/trust.md: encodings. The same table in every encoding, bytes that are none, text damaged before it came."""

import csv
import io
from collections import Counter

import pytest

from crm_analytics.importing.landing import encoding as encodings
from tests.importing import encoded
from tests.importing.landed import aside, cells, landed, rows, said

CHINESE = "订单编号,客户姓名,地区,金额\nO1,张三,华东,12.50\nO2,李四,广州市天河区,7.00\nO3,王芳,上海,1.25\n"
TRADITIONAL = "訂單編號,客戶姓名,地區,金額\nO1,張三,臺北市,12.50\nO2,李四,高雄,7.00\nO3,王芳,香港,1.25\n"


def table(text: str) -> list[list[str]]:
    return [line.split(",") for line in text.splitlines()[1:]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_t22_every_unicode_form_gives_the_same_table(db, tmp_path, encoding):
    found = landed(db, tmp_path, CHINESE, encoding=encoding)
    assert cells(db, found) == table(CHINESE) and found.header[0] == "订单编号" and found.source.is_encoding_sure


def test_t22_utf_16_with_its_other_mark(db, tmp_path):
    found = landed(db, tmp_path, b"\xfe\xff" + CHINESE.encode("utf-16-be"))
    assert cells(db, found) == table(CHINESE)


@pytest.mark.parametrize(
    "text, encoding",
    [
        (CHINESE, "gbk"),
        (CHINESE.replace("张三", "㐂𠮷"), "gb18030"),
        (TRADITIONAL, "big5"),
        (TRADITIONAL.replace("王芳", "陳鏢"), "big5"),
        (TRADITIONAL.replace("王芳", "嘅冇喺"), "big5hkscs"),
    ],
)
def test_t23_chinese_encodings_give_the_table_of_utf_8(db, tmp_path, text, encoding):
    found = landed(db, tmp_path, text, encoding=encoding)
    assert cells(db, found) == table(text) and "\ufffd" not in str(cells(db, found)) and not found.ragged


@pytest.mark.parametrize("encoding, kind", encoded.KINDS)
def test_t24_two_characters_are_right_or_unsure(tmp_path, encoding, kind):
    for seed in range(60):
        assert _decoded(tmp_path, encoding, kind, 1, False, seed) != "wrong"


def _decoded(folder, encoding, kind, count, is_dense, seed) -> str:
    """right, unsure (and wrong, but said so) or wrong."""
    text = encoded.export(encoding, kind, count, is_dense, seed)
    path = folder / "t.csv"
    path.write_bytes(text.encode(encoding))
    guess = encodings.detect(path)
    if path.read_bytes().decode(encodings.CODECS[guess.name], "replace") == text:
        return "right"
    return "wrong" if guess.sure else "unsure"


def _verdicts(folder, seeds) -> Counter:
    return Counter(
        _decoded(folder, encoding, kind, count, is_dense, seed)
        for encoding, kind in encoded.KINDS
        for count in encoded.SIZES
        for is_dense in (True, False)
        for seed in seeds
    )


def test_t24_short_exports_are_decoded(tmp_path):
    found = _verdicts(tmp_path, range(4))
    assert found["wrong"] == 0 and found["right"] >= 0.99 * found.total(), found


@pytest.mark.parametrize("sign", ["m²", "5·1", "¦", "50 °C", "®"])
@pytest.mark.parametrize("count", [1, 3, 30, 90])
def test_t24_a_sign_that_comes_again_is_no_more_evidence(tmp_path, sign, count):
    text = "id,size\n" + "".join(f"{number},{sign}\n" for number in range(count))
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    guess = encodings.detect(tmp_path / "t.csv")
    assert guess.name == "utf-8" or not guess.sure


@pytest.mark.long
def test_t24_many_short_exports(tmp_path):
    found = _verdicts(tmp_path, range(4, 104))
    assert found["wrong"] == 0 and found["right"] >= 0.99 * found.total(), found


@pytest.mark.parametrize("bad", [b"\xff", b"\x80", b"\xc3", b"\xe5\xbc", b"\xed\xb0\x80"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_t25_one_bad_byte_sets_one_line_aside(db, tmp_path, bad, mark):
    content = mark + CHINESE.encode().replace("李四".encode(), b"Li" + bad)
    found = landed(db, tmp_path, content)
    assert aside(found) == [(3, "bad_bytes")] and cells(db, found) == [table(CHINESE)[0], table(CHINESE)[2]]


def test_t25_the_bytes_are_kept_in_the_quarantine(uploads):
    content = "order_id,customer_id,ordered_at,amount,region\nO1,C1,2024-03-01,5.00,华东\nO2,C2,2024-03-02,6.00,华北\n".encode()
    receipt = uploads.take(content.replace("华北".encode(), b"\xb1\xb1"))
    assert (receipt.records, receipt.loaded, receipt.quarantined) == (2, 1, 1)
    assert uploads.rows("select source_line, reason, raw from quarantine") == [
        (3, "bad_bytes", r"O2,C2,2024-03-02,6.00,\xb1\xb1")
    ]


def test_t25_a_gbk_line_inside_utf_8(db, tmp_path):
    lines = CHINESE.encode().splitlines(keepends=True)
    lines[2] = lines[2].decode().encode("gb18030")
    found = landed(db, tmp_path, b"".join(lines))
    assert found.source.encoding == "utf-8" and aside(found) == [(3, "bad_bytes")] and found.records == 2


def test_t25_a_utf_8_line_inside_gbk(db, tmp_path):
    lines = (CHINESE + CHINESE.split("\n", 1)[1]).encode("gb18030").splitlines(keepends=True)
    lines[2] = lines[2].decode("gb18030").encode()
    found = landed(db, tmp_path, b"".join(lines))
    assert found.source.encoding == "gb18030" and aside(found) == [(3, "bad_bytes")] and found.records == 5


def test_t25_a_file_is_never_read_as_no_rows(db, tmp_path):
    for seed in range(40):
        content = bytearray(CHINESE.encode("gb18030") * 3)
        content[(seed * 37) % len(content)] = 0xFF
        found = landed(db, tmp_path, bytes(content))
        assert found.records >= found.physical - 3 > 0


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.encode().decode("cp1252", "replace"),
        lambda text: text.encode().decode("gb18030", "replace"),
        lambda text: text.replace("张三", "锟斤拷"),
        lambda text: text.replace("张三", "\ufffd\ufffd"),
        lambda text: text.replace("张三", "CafÃ©"),
    ],
)
def test_t26_text_damaged_before_its_export_is_told(db, tmp_path, damage):
    found = landed(db, tmp_path, damage(CHINESE))
    assert "damaged_text" in said(found)


@pytest.mark.parametrize("text", [CHINESE, TRADITIONAL, "id,name\n1,Zoë\n2,naïve café\n3,Müßig £5 – 12 €\n4,茅台酒\n"])
def test_t26_sound_text_is_not_told_damaged(db, tmp_path, text):
    assert "damaged_text" not in said(landed(db, tmp_path, text))


def test_t27_western_symbols_and_currency(uploads, db, tmp_path):
    text = "order_id;customer_id;ordered_at;amount;region\n" + "".join(
        f"O{n};Müller;2024-03-0{n + 1};€ {n},50;Île-de-France – café £5\n" for n in range(5)
    )
    found = landed(db, tmp_path, text, encoding="cp1252")
    assert cells(db, found) == [line.split(";") for line in text.splitlines()[1:]] and found.source.encoding == "cp1252"
    assert str(uploads.take(text, encoding="cp1252").amount_loaded) == "12.5000"
    assert cells(db, landed(db, tmp_path, "id,name\n1,José Núñez\n2,Böll\n", encoding="latin-1"))[0] == [
        "1",
        "José Núñez",
    ]


def test_t28_names_keep_their_characters_and_match_by_normal_form(db, tmp_path, uploads):
    names = ["Zoe\u0308", "Zo\u00eb", "Ｃ１００", "zero\u200bwidth", "\u202eright to left\u202c"]
    text = "customer_id,name\n" + "".join(f"C{n},{name}\n" for n, name in enumerate(names))
    assert [row[1] for row in cells(db, landed(db, tmp_path, text))] == names
    receipt = uploads.take("ｏｒｄｅｒ＿ｉｄ,customer_id,ordered_at,Ａｍｏｕｎｔ\nO1,C1,2024-03-01,12.50\n")
    assert receipt.loaded == 1 and str(receipt.amount_loaded) == "12.5000"


def test_written_by_python_read_by_us(db, tmp_path):
    """csv.writer is the commonest hand that writes these files."""
    table_ = [
        ["id", "text"],
        ["1", 'say "hi", please'],
        ["2", "two\r\nlines"],
        ["3", " spaces "],
        ["4", ""],
        ["5", "a\tb"],
    ]
    for dialect in ("excel", "excel-tab", "unix"):
        text = io.StringIO(newline="")
        csv.writer(text, dialect=dialect).writerows(table_)
        found = landed(db, tmp_path, text.getvalue())
        assert [cell for _, cell in rows(db, found)] == table_[1:]
