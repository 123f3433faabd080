"""T01-T12 of docs/trust.md: malformed files. Each row of that table has its test here, by its number."""

import pytest

from crm_analytics.errors import ImportRefused
from tests.importing.landed import aside, cells, landed, rows, said, skipped, worked

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


def test_t01_an_empty_file_is_refused(db, uploads):
    plan = uploads.plan(b"")
    assert plan.refused.code == "E_EMPTY" and tables(db) == 0


def test_t02_headers_alone_are_no_rows_and_wipe_nothing(db, uploads):
    uploads.take(THREE)
    plan = uploads.plan(ORDERS, name="again.csv")
    assert plan.refused is None and plan.records == 0 and "no_rows" in [caution.code for caution in plan.warnings]
    receipt = uploads.take(ORDERS, name="again.csv")
    assert (receipt.records, receipt.loaded) == (0, 0) and uploads.rows("select count(*) from orders") == [(3,)]


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf\r\n \n", b"\n\n\n", b"  \t \n"]
)
def test_t03_a_mark_and_nothing_else_is_empty(db, tmp_path, content):
    assert refusal(db, tmp_path, content).code == "E_EMPTY"


def test_t04_a_short_row_shifts_nothing(db, tmp_path):
    found = landed(db, tmp_path, THREE.replace("O2,C2,2024-03-02,7.00", "O2,C2,2024-03-02"))
    assert aside(found) == [(3, "too_few_cells")] and cells(db, found) == [ROWS[0], ROWS[2]]


def test_t05_a_long_row_keeps_its_cells_in_raw(db, tmp_path):
    found = landed(db, tmp_path, THREE.replace("7.00", "7.00,more,x"))
    assert aside(found) == [(3, "too_many_cells")] and next(iter(found.ragged)).raw == "O2,C2,2024-03-02,7.00,more,x"
    assert cells(db, found) == [ROWS[0], ROWS[2]]


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("cell", ['"BH-9827', 'BH"9827', '"BH"9827', '"BH-9827"x'])
def test_t06_a_stray_quote_affects_its_row_only(db, tmp_path, place, cell):
    lines = THREE.splitlines()
    lines[place + 1] = lines[place + 1].replace("C", cell + "C", 1)
    found = landed(db, tmp_path, "\n".join(lines) + "\n")
    others = [row for number, row in enumerate(ROWS) if number != place]
    assert len(found.headers) == 4
    if cell == 'BH"9827':  # the text as it stands
        assert cells(db, found)[place][1].startswith('BH"9827') and not found.ragged
        assert [row for number, row in enumerate(cells(db, found)) if number != place] == others
    else:
        assert [line for line, _ in aside(found)] == [place + 2] and cells(db, found) == others


def test_t07_a_quote_never_closed_is_stopped_and_named(db, tmp_path):
    many = [[f"O{number}", "C1", "2024-03-01", "1.00"] for number in range(5000)]
    body = "\n".join(",".join(row) for row in many)
    found = landed(db, tmp_path, ORDERS + 'OX,"C1,2024-03-01,1.00\n' + body)
    assert aside(found) == [(2, "unclosed_quote")] and cells(db, found) == many


def test_t07_many_quotes_never_closed_take_no_longer(db, tmp_path):
    many = "".join(f'O{number},"C1,2024-03-01,1.00\n' for number in range(20_000))
    begun = worked()
    found = landed(db, tmp_path, ORDERS + many)
    assert len(found.ragged) == 20_000 and found.records == 0 and worked() - begun < 10
    alternating = "".join(f'O{number}","C1,2024-03-01,"1.00\n' for number in range(20_000))
    found = landed(db, tmp_path, ORDERS + alternating)
    assert found.physical >= 10_000 and worked() - begun < 20


def test_t08_line_ends_and_tabs_inside_quotes_stay(db, tmp_path):
    inside = ["a\nb", "a\rb", "a\r\nb", "a\tb", "\n", 'say "no"\nplease']
    quoted = "".join(f'O{n},"{text.replace(chr(34), chr(34) * 2)}",2024-03-01,1\n' for n, text in enumerate(inside))
    found = landed(db, tmp_path, ORDERS + quoted + "O9,C,2024-03-01,2\n")
    assert [row[1] for row in cells(db, found)] == [*inside, "C"] and found.physical == 7 and not found.ragged
    assert [line for line, _ in rows(db, found)] == [2, 4, 6, 8, 9, 11, 13]


@pytest.mark.parametrize("ends", [("\n",), ("\r\n",), ("\r",), ("\n", "\r\n"), ("\r", "\n", "\r\n"), ("\r\n", "\r")])
def test_t09_every_mix_of_line_ends(db, tmp_path, ends):
    lines = THREE.splitlines()
    text = "".join(line + ends[number % len(ends)] for number, line in enumerate(lines))
    found = landed(db, tmp_path, text)
    assert cells(db, found) == ROWS and not found.ragged and not found.skipped


@pytest.mark.parametrize(
    "delimiter",
    [
        ",",
        ";",
        "\t",
        "|",
        "||",
        "::",
        "|~|",
        "^",
        "~",
        "\x1f",
        "\x01",
        ", ",
        " | ",
        " ",
        *"#!*§，；｜、",
        "\x1e",
        "##",
        "#|#",
    ],
)
def test_t10_delimiters_of_any_length(db, tmp_path, delimiter):
    found = landed(db, tmp_path, THREE.replace(",", delimiter))
    assert found.delimiter == delimiter and cells(db, found) == ROWS and list(found.header) == ORDERS.strip().split(",")


@pytest.mark.parametrize("mark", "#!*§、")
def test_t10_a_rare_mark_inside_values_parts_nothing(db, tmp_path, mark):
    lines = [f"item {mark}{number}{mark} of {number * 7}" for number in range(1, 30)]
    found = landed(db, tmp_path, "remark\n" + "\n".join(lines) + "\n")
    assert found.header == ("remark",) and cells(db, found) == [[line] for line in lines]
    rows = [[f"O{number}", f"{mark}{number}{mark}", "5.00"] for number in range(1, 30)]
    found = landed(db, tmp_path, "id,note,amount\n" + "".join(",".join(row) + "\n" for row in rows))
    assert found.delimiter == "," and cells(db, found) == rows


def test_t10_decimal_commas_between_semicolons(db, tmp_path):
    text = THREE.replace(",", ";").replace(".", ",")
    found = landed(db, tmp_path, text)
    assert found.delimiter == ";" and [row[3] for row in cells(db, found)] == ["12,50", "7,00", "1,25"]


def test_t10_a_wrong_guess_can_be_overruled(db, tmp_path):
    found = landed(db, tmp_path, "a:b,c\n1:2,3\n", delimiter=":")
    assert found.header == ("a", "b,c") and cells(db, found) == [["1", "2,3"]]


@pytest.mark.parametrize("quote, escape", [("'", "'"), ('"', "\\"), ("'", "\\")])
def test_t10_other_quotes_and_escapes(db, tmp_path, quote, escape):
    def cell(text):
        escaped = text.replace("\\", "\\\\") if escape == "\\" else text
        return quote + escaped.replace(quote, escape + quote) + quote

    table = [["id", "note"], ["1", f"say {quote}no{quote}, please"], ["2", "C:\\temp"], ["3", "two\nlines"], ["4", ""]]
    found = landed(db, tmp_path, "".join(",".join(map(cell, row)) + "\n" for row in table))
    assert cells(db, found) == table[1:] and not found.ragged


@pytest.mark.parametrize("count", range(1, 21))
def test_t11_preamble_of_one_to_twenty_lines(db, tmp_path, count):
    lines = ["Sales report", "Region: North, South", "", "printed 2024-03-01", "制表人：张三"]
    before = [lines[number % len(lines)] for number in range(count)]
    found = landed(db, tmp_path, "\n".join(before) + "\n" + THREE)
    assert skipped(found) == [(number + 1, "preamble") for number in range(count)]
    assert found.header_line == count + 1 and cells(db, found) == ROWS


@pytest.mark.parametrize(
    "footer, reasons",
    [
        ("合计,,,20.75\n", ["total"]),
        ("Total,,,20.75\n", ["total"]),
        (",,总计,20.75\n", ["total"]),
        ("Grand total:,,,20.75\n3 rows\n", ["total", "footer"]),
        ("\nGenerated by the shop on 2024-03-04\n", ["blank", "footer"]),
        ("共 3 条记录\n", ["footer"]),
        ("End of report,,,\n", ["footer"]),
        ("\nSource: shop,,,\n备注：含税\n", ["blank", "footer", "footer"]),
    ],
)
def test_t11_footers_and_totals_are_skipped_and_listed(uploads, db, tmp_path, footer, reasons):
    found = landed(db, tmp_path, THREE + footer)
    assert cells(db, found) == ROWS and [reason for _, reason in skipped(found)] == reasons and not found.ragged
    receipt = uploads.take(THREE + footer)
    assert str(receipt.amount_loaded) == "20.7500" and receipt.skipped == len(reasons)


def test_t11_totals_in_the_middle_are_not_summed_twice(db, tmp_path):
    found = landed(db, tmp_path, THREE + "小计,,,20.75\nO4,C3,2024-03-04,5.00\n小计,,,5.00\n合计,,,25.75\n")
    assert [row[0] for row in cells(db, found)] == ["O1", "O2", "O3", "O4"]
    assert skipped(found) == [(5, "total"), (7, "total"), (8, "total")]


def test_t11_a_customer_called_total_stays(db, tmp_path):
    text = "customer_id,name,city\nC1,Total,Paris\nC2,Total Energies,Lyon\nTotal,Sum,Bath\n"
    found = landed(db, tmp_path, text)
    assert found.records == 3 and not found.skipped


def test_t12_a_header_that_comes_again_is_skipped(db, tmp_path):
    found = landed(db, tmp_path, THREE + THREE + "\n" + THREE)
    assert (
        skipped(found) == [(5, "repeated_header"), (9, "blank"), (10, "repeated_header")]
        and cells(db, found) == ROWS * 3
    )


def test_t12_two_header_lines_are_joined(db, tmp_path):
    found = landed(db, tmp_path, "Order,,Sales,\nid,date,quantity,amount\n1,2024-03-01,2,5.00\n2,2024-03-02,1,7.00\n")
    assert found.header == ("Order id", "Order date", "Sales quantity", "Sales amount") and found.physical == 2
    assert "headers_joined" in said(found) and [line for line, _ in rows(db, found)] == [3, 4]


def test_t12_a_second_header_line_in_another_language_is_listed(db, tmp_path):
    found = landed(db, tmp_path, ORDERS + "订单编号,客户编号,日期,金额\n" + THREE.split("\n", 1)[1])
    assert skipped(found) == [(2, "second_header")] and cells(db, found) == ROWS
    assert list(found.header) == ORDERS.strip().split(",")


def test_t12_a_first_row_without_numbers_is_no_header(db, tmp_path):
    found = landed(db, tmp_path, ORDERS + "unknown,C0,n/a,n/a\n" + THREE.split("\n", 1)[1])
    assert cells(db, found)[0] == ["unknown", "C0", "n/a", "n/a"] and found.physical == 4


def test_t10_sentences_with_commas_are_one_column(db, tmp_path):
    lines = ["comment", "hello, world", "good, day", "bar, baz", "plain", "more words here"]
    found = landed(db, tmp_path, "\n".join(lines) + "\n")
    assert found.header == ("comment",) and cells(db, found) == [[line] for line in lines[1:]]
