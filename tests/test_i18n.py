"""Every language has every text, with the same parameters, and every text that code asks for exists."""

import re
import string
from pathlib import Path

import pytest

from crm_analytics import i18n
from crm_analytics.i18n import LANGUAGES, best_language, catalogue, translator

ROOT = Path(__file__).parent.parent
CODE = [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "crm_analytics").rglob("*.py")]
OTHERS = [language for language in LANGUAGES if language != "en"]
LITERAL = re.compile(r"""\btr\(\s*["']([\w.-]+)["']""")
PATTERN = re.compile(r"""\btr\(\s*f(["'])(.+?)\1""")


def parameters(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", OTHERS)
def test_the_same_keys_in_each_language(language):
    english, other = catalogue("en").keys(), catalogue(language).keys()
    assert english - other == set(), "not translated"
    assert other - english == set(), "not in English"


@pytest.mark.parametrize("language", OTHERS)
def test_the_same_parameters_in_each_language(language):
    english, other = catalogue("en"), catalogue(language)
    differing = {
        key: (english[key], other[key]) for key in english if parameters(english[key]) != parameters(other[key])
    }
    assert differing == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty_and_bold_is_closed(language):
    assert [key for key, text in catalogue(language).items() if not text.strip() or text.count("**") % 2] == []


def test_every_text_that_code_names_exists():
    asked = {(path.name, key) for path in CODE for key in LITERAL.findall(path.read_text())}
    assert {(name, key) for name, key in asked if key not in catalogue("en")} == set()


def test_every_family_of_texts_that_code_builds_exists():
    families = {(path.name, family) for path in CODE for _, family in PATTERN.findall(path.read_text())}
    matching = lambda family: re.compile(re.sub(r"\\\{.*?\\\}", r"[\\w.-]+", re.escape(family)))  # noqa: E731
    assert {
        (name, family) for name, family in families if not any(map(matching(family).fullmatch, catalogue("en")))
    } == set()


def characters_outside(language: str, charset: str) -> set[str]:
    """The Han characters of a catalogue that a national character set does not have."""
    text = "".join(catalogue(language).values())
    return {
        character for character in set(text) if "一" <= character <= "鿿" and not character.encode(charset, "ignore")
    }


def test_the_check_of_characters_finds_the_other_script(monkeypatch):
    monkeypatch.setitem(globals(), "catalogue", {"a": {"menu.data": "汇入 = 匯入"}}.get)
    assert characters_outside("a", "cp950") == {"汇"}
    assert characters_outside("a", "gb2312") == {"匯"}


@pytest.mark.parametrize(
    ("language", "charset"),
    [pair for pair in (("zh-Hans", "gb2312"), ("zh-Hant", "cp950")) if pair[0] in LANGUAGES],
)
def test_chinese_is_written_in_one_script(language, charset):
    assert characters_outside(language, charset) == set()


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language == "zh-Hant"])
def test_traditional_chinese_is_more_than_other_characters(language):
    """Words that only the mainland says; Taiwan has its own: 資料, 檔案, 匯入, 設定, 儲存, 預設, 搜尋, 點數, 客訴, 回購 ..."""
    foreign = "數據 文件 導入 導出 設置 保存 默認 加載 網絡 服務器 鏈接 屏幕 郵箱 復購 積分 投訴 用戶 搜索 信息 字段 模板 示例 “ ”"
    assert [(key, word) for key, text in catalogue(language).items() for word in foreign.split() if word in text] == []


@pytest.mark.parametrize(
    ("wanted", "language"), [("zh-CN", "zh-Hans"), ("zh", "zh-Hans"), ("en-GB", "en"), ("fr", "en"), (None, "en")]
)
def test_the_language_nearest_to_the_browsers(wanted, language):
    assert best_language(wanted) == language


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("zh-TW", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-MO", "zh-Hant"),
        ("zh_TW", "zh-Hant"),
        ("zh-Hant", "zh-Hant"),
        ("zh-Hant-TW", "zh-Hant"),
        ("zh-Hans-HK", "zh-Hans"),
        ("zh-SG", "zh-Hans"),
        ("zh", "zh-Hans"),
        ("en-HK", "en"),
        ("mo", "en"),
    ],
)
def test_the_script_of_chinese_follows_the_locale(wanted, language, monkeypatch):
    monkeypatch.setattr(i18n, "LANGUAGES", i18n.NAMES)
    assert best_language(wanted) == language


def test_without_traditional_chinese_its_readers_get_the_simplified(monkeypatch):
    monkeypatch.setattr(i18n, "LANGUAGES", {"en": "English", "zh-Hans": "简体中文"})
    assert best_language("zh-TW") == "zh-Hans"


def test_a_missing_text_is_an_error():
    with pytest.raises(KeyError):
        translator("en")("overview.no_such_text")


def test_every_refusal_has_its_sentence_in_every_language():
    package = Path(__file__).parents[1] / "crm_analytics"
    codes = set().union(
        *(re.findall(r'"(E_[A-Z_]+[A-Z])"', path.read_text(encoding="utf-8")) for path in package.rglob("*.py"))
    )
    assert len(codes) > 25
    for language in LANGUAGES:
        assert [code for code in sorted(codes) if f"errors.{code}" not in catalogue(language)] == []
