"""The careful road: no record lost, none swallows its neighbours, each keeps its line."""

from crm_analytics.importing.landing.cells import Marks
from crm_analytics.importing.landing.records import numbered_lines, records


def cut(tmp_path, text: str, width: int = 3, delimiter: str = ","):
    path = tmp_path / "text.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return [
        (record.line, record.cells, record.reason) for record in records(numbered_lines(path), Marks(delimiter), width)
    ]


def test_plain_and_quoted_lines(tmp_path):
    assert cut(tmp_path, 'a,b,c\n1,"x, y","say ""hi"""\n') == [
        (1, ["a", "b", "c"], None),
        (2, ["1", "x, y", 'say "hi"'], None),
    ]


def test_a_quoted_cell_over_three_lines_keeps_its_line_ends(tmp_path):
    assert cut(tmp_path, '1,"a\r\nb\nc",3\r\n4,5,6\r\n') == [
        (1, ["1", "a\r\nb\nc", "3"], None),
        (4, ["4", "5", "6"], None),
    ]


def test_a_stray_quote_affects_its_own_line_only(tmp_path):
    assert cut(tmp_path, '1,"BH-9827,3\n4,5,6\n7,8,9\n') == [
        (1, ["1", '"BH-9827', "3"], "unclosed_quote"),
        (2, ["4", "5", "6"], None),
        (3, ["7", "8", "9"], None),
    ]


def test_a_stray_quote_does_not_swallow_up_to_the_next_one(tmp_path):
    found = cut(tmp_path, '1,"BH-9827,3\n4,5,6\n7,"x",9\n')
    assert [line for line, _, _ in found] == [1, 2, 3]
    assert found[1] == (2, ["4", "5", "6"], None) and found[2] == (3, ["7", "x", "9"], None)


def test_a_quote_never_closed_leaves_the_rest_readable(tmp_path):
    body = "".join(f"{i},b,c\n" for i in range(500))
    found = cut(tmp_path, '1,"open,3\n' + body)
    assert found[0][2] == "unclosed_quote" and [cells for _, cells, _ in found[1:]] == [
        [str(i), "b", "c"] for i in range(500)
    ]


def test_ragged_rows_are_named_and_shift_nothing(tmp_path):
    assert cut(tmp_path, "1,2\n4,5,6\n7,8,9,10\n") == [
        (1, ["1", "2"], "too_few_cells"),
        (2, ["4", "5", "6"], None),
        (3, ["7", "8", "9", "10"], "too_many_cells"),
    ]


def test_mixed_line_ends_and_blank_lines(tmp_path):
    assert cut(tmp_path, "1,2,3\r\n4,5,6\r7,8,9\n\n10,11,12") == [
        (1, ["1", "2", "3"], None),
        (2, ["4", "5", "6"], None),
        (3, ["7", "8", "9"], None),
        (4, [], None),
        (5, ["10", "11", "12"], None),
    ]
