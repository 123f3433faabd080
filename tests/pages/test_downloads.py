"""Downloads: no cell of a file is a formula, whatever the data hold."""

import io

import openpyxl
import pandas as pd
import pytest

from crm_analytics.ui import downloads


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＋1", "－1", "＠x"])
def test_text_that_starts_a_formula_gets_an_apostrophe(text):
    assert downloads.harmless(text) == "'" + text


def test_what_follows_a_semicolon_or_a_quote_counts_as_a_start():
    assert downloads.harmless("a;=cmd") == "a;'=cmd"
    assert downloads.harmless('"=cmd') == "\"'=cmd"


@pytest.mark.parametrize("value", ["plain", "a-b", "3=3", -5, 1.5, None])
def test_everything_else_stays_as_it_is(value):
    assert downloads.harmless(value) == value


def frame() -> pd.DataFrame:
    return pd.DataFrame({"=name": ["=HYPERLINK(1)", "北京", None], "revenue": [-5.25, 1.0, 2.0]})


def test_csv_is_utf8_with_a_mark_and_harmless():
    text = downloads.csv(frame())
    assert text.startswith(b"\xef\xbb\xbf")
    assert text.decode("utf-8-sig").splitlines() == ["'=name,revenue", "'=HYPERLINK(1),-5.25", "北京,1.0", ",2.0"]


def test_xlsx_holds_text_as_text_and_numbers_as_numbers():
    sheet = openpyxl.load_workbook(io.BytesIO(downloads.xlsx(frame()))).active
    assert [(cell.value, cell.data_type) for cell in sheet[2]] == [("'=HYPERLINK(1)", "s"), (-5.25, "n")]
