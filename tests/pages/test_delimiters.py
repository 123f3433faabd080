"""Every delimiter that can be found has words on the Data screen, in each language."""

from types import SimpleNamespace

import pytest

from crm_analytics.i18n import translator
from crm_analytics.importing.landing.cells import PLAIN, WHITESPACE
from crm_analytics.importing.landing.dialect import UNUSUAL
from crm_analytics.ui import reading


@pytest.mark.parametrize(
    "mark, english",
    [("\t", "tab"), (":", "colon"), ("\x1f", "unit separator"), (" ", "single blanks"), (WHITESPACE, "runs of blanks"),
     ("||", "“||” between cells"), (", ", "“,U+0020” between cells"), ("\x1e", "“U+001E” between cells")],
)  # fmt: skip
def test_what_parts_the_cells_is_said_in_words(mark, english):
    file = SimpleNamespace(name="orders.csv", size=10, encoding="utf-8", delimiter=mark, header_line=1)
    page = SimpleNamespace(tr=translator("en"), language="en")
    assert reading.file_words(page, file).endswith(f"UTF-8, {english}, header in line 1")


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_nothing_that_cannot_be_seen_is_printed(language):
    page = SimpleNamespace(tr=translator(language), language=language)
    for mark in (*PLAIN, *UNUSUAL, "\x01\x02"):
        file = SimpleNamespace(name="orders.csv", size=10, encoding="utf-8", delimiter=mark, header_line=0)
        words = reading.file_words(page, file)
        assert words.isprintable() and "\\" not in words and "delimiter_" not in words


def test_a_workbook_has_no_delimiter():
    file = SimpleNamespace(name="orders.xlsx", size=10, encoding="xlsx", delimiter="\t", header_line=2)
    page = SimpleNamespace(tr=translator("en"), language="en")
    assert reading.file_words(page, file).endswith("XLSX, header in line 2")
