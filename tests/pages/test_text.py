"""User text is shown as text, never as markup."""

import pytest

from crm_analytics.charts import style
from crm_analytics.ui import uploads
from crm_analytics.ui.text import bold, plain


@pytest.mark.parametrize(
    "text", ["![x](http://a/b.png)", "$\\frac{1}{2}$", ":smile:", "**b**", "<script>", "[a](b)", "`code`", "# head"]
)
def test_markdown_loses_its_meaning(text):
    shown = plain(text)
    for sign in "![]()$:*<>`#\\":
        assert shown.count("\\" + sign) >= text.count(sign)


def test_a_sentence_is_escaped_before_its_bold_part_is_made():
    assert bold("**<b>&1</b>** more") == "<b>&lt;b&gt;&amp;1&lt;/b&gt;</b> more"


def test_charts_get_no_tags():
    assert style.plain("<a href='x'>y</a>") == "&lt;a href='x'&gt;y&lt;/a&gt;"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\data\\orders.csv", "orders.csv"),
        ("\\\\host\\share\\a.csv", "a.csv"),
        ("a\x00b.csv", "a_b.csv"),
        ("订单.csv", "订单.csv"),
        ("..", "file"),
    ],
)
def test_upload_names_are_never_paths(name, kept):
    assert uploads.harmless_name(name) == kept


def test_upload_names_are_short():
    assert len(uploads.harmless_name("订" * 300 + ".csv").encode()) < 200
