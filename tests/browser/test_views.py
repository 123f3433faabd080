"""Every screen in a real browser: sizes, themes, accessibility, and links that open the same view on another server."""

import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crm_analytics.i18n import LANGUAGES, translator
from tests.browser.conftest import running
from tests.pages.conftest import PAGES

SIZES = [{"width": 1920, "height": 1080}, {"width": 1280, "height": 720}]
VIEW = "months=6&as_of=2026-03-31&where.is_active=yes&currency=NT%24"
FITS = "[document.documentElement, document.querySelector('[data-testid=stMain]')].every(e => e.scrollWidth <= e.clientWidth)"
OF_STREAMLIT = {  # what its own elements are reported for
    "list": "",
    "listitem": "",
    "svg-img-alt": "metric_chart",
    "presentation-role-conflict": "stFileUploaderDropzone",
}


@pytest.fixture(scope="module")
def axe() -> str:
    package = pytest.importorskip("axe_playwright_python", reason="accessibility tests need axe-playwright-python")
    return Path(package.__file__).with_name("axe.min.js").read_text()


def opened(tab):
    """Wait until the page has run and drawn its answer."""
    tab.wait_for_selector(".answer")
    tab.wait_for_selector(".copylink:not([hidden])")
    tab.wait_for_selector("[data-test-script-state=notRunning]")
    return tab.inner_text(".answer")


def complaints(tab, axe: str) -> list[str]:
    """What axe finds beyond Streamlit's own elements."""
    tab.evaluate(axe)
    found = tab.evaluate("axe.run()")["violations"]
    return [
        f"{rule['id']}: {node['html'][:200]}"
        for rule in found
        for node in rule["nodes"]
        if OF_STREAMLIT.get(rule["id"], "nothing of theirs") not in node["html"]
    ]


def is_error(message) -> bool:
    """A cold link to a screen makes Streamlit look for its server below that screen first: two 404 that are its manner."""
    return message.type == "error" and "/_stcore/" not in message.location.get("url", "")


@pytest.mark.parametrize("topic", PAGES)
def test_a_screen_fits_and_says_no_error_in_each_size_and_theme(server, chromium, axe, somebody, topic):
    context = chromium.new_context(viewport=SIZES[0], color_scheme="light", locale="en-GB")
    tab, said = context.new_page(), []
    tab.on("console", lambda message: said.append(message.text) if is_error(message) else None)
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.goto(
        f"{server}/{'' if topic == 'overview' else topic}?lang=en" + (f"&id={somebody}" if topic == "customer" else "")
    )
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        opened(tab)
        tab.wait_for_function(
            "mode => getComputedStyle(document.querySelector('.stApp')).colorScheme == mode", arg=scheme
        )
        for size in SIZES:
            tab.set_viewport_size(size)
            tab.wait_for_function(FITS, timeout=10_000)  # charts and grids take a moment to find their new width
        assert complaints(tab, axe) == [], scheme
    assert tab.get_by_test_id("stException").count() == 0
    assert said == []
    context.close()


def test_how_a_number_was_computed_can_be_read_by_everybody(server, tab, axe):
    tab.goto(f"{server}/?lang=zh-Hans&{VIEW}")
    opened(tab)
    tab.locator(".st-key-explained-kpis button").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_role("tab", name="SQL").click()
    assert "from chosen" in dialog.locator("pre").first.inner_text()
    assert complaints(tab, axe) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_copied_link_opens_the_same_view_on_a_fresh_server(server, chromium, made_up, tmp_path, language):
    mine = chromium.new_context(permissions=["clipboard-read", "clipboard-write"], locale="en-GB")
    tab = mine.new_page()
    tab.goto(f"{server}/?lang={language}&{VIEW}")
    here = seen(tab)
    tab.locator(".copylink").click()
    tab.wait_for_selector(f"text={translator(language)('frame.copied')}")
    link = urlsplit(tab.evaluate("navigator.clipboard.readText()"))
    mine.close()
    shutil.copy(made_up, tmp_path / "demo.duckdb")
    with running(tmp_path) as fresh:
        theirs = chromium.new_context(locale="de-DE")
        tab = theirs.new_page()
        tab.goto(f"{fresh}{link.path}?{link.query}")
        assert seen(tab) == here
        assert f"lang={language}" in tab.url
        theirs.close()


def seen(tab) -> list[str]:
    """The answer, the sidebar and the numbers of a screen."""
    answer = opened(tab)
    tab.get_by_test_id("stMetricValue").nth(3).wait_for()
    return [
        answer,
        tab.get_by_test_id("stSidebar").inner_text(),
        *tab.get_by_test_id("stMetricValue").all_inner_texts(),
    ]


def test_a_mark_leads_away_and_one_step_leads_back(server, tab):
    tab.goto(f"{server}/pyramid?lang=en")
    here = opened(tab)
    place = tab.locator(".js-plotly-plot").first.bounding_box()
    tab.wait_for_timeout(1000)  # until the drawing takes clicks
    tab.mouse.click(place["x"] + 0.375 * place["width"], place["y"] + 0.115 * place["height"])
    tab.wait_for_url("**/customers?*where.tier=top*")
    assert opened(tab) != here
    tab.go_back()
    tab.wait_for_function("here => document.querySelector('.answer')?.innerText == here", arg=here)
    assert urlsplit(tab.url).path == "/pyramid" and "where" not in tab.url
