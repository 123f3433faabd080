"""Every screen in a real browser: sizes, themes, accessibility, and links that open the same view on another server."""

import re
import shutil
from urllib.parse import urlsplit

import pytest

from crm_analytics.i18n import LANGUAGES, translator
from tests.browser.conftest import running
from tests.browser.screen import SIZES, becomes, expect, holds, is_accessible, is_error, opened, point_at
from tests.pages.conftest import PAGES

VIEW = "months=6&as_of=2026-03-31&where.is_active=yes&currency=NT%24"
FITS = "[document.documentElement, document.querySelector('[data-testid=stMain]')].every(e => e.scrollWidth <= e.clientWidth)"

LISTEN = """() => {  // what the button says stands there for two seconds only
  const words = document.querySelector(".copylink .words");
  window.told = [];
  new MutationObserver(() => window.told.push(words.textContent)).observe(words, {childList: true});
}"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory, made_up):
    """Another server over the same company, to which links are taken."""
    folder = tmp_path_factory.mktemp("elsewhere")
    shutil.copy(made_up, folder / "demo.duckdb")
    with running(folder) as url:
        yield url


@pytest.mark.parametrize("topic", PAGES)
def test_a_screen_fits_and_says_no_error_in_each_size_and_theme(server, reader, axe, somebody, topic):
    tab, said = reader(viewport=SIZES[0], color_scheme="light"), []
    tab.on("console", lambda message: said.append(message.text) if is_error(message) else None)
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.goto(
        f"{server}/{'' if topic == 'overview' else topic}?lang=en" + (f"&id={somebody}" if topic == "customer" else "")
    )
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        opened(tab)
        holds(tab, "mode => getComputedStyle(document.querySelector('.stApp')).colorScheme == mode", scheme)
        for size in SIZES:
            tab.set_viewport_size(size)
            holds(tab, "size => innerWidth == size.width && innerHeight == size.height", size)
            holds(tab, FITS)  # charts and grids take a moment to find their new width
        is_accessible(tab, axe)
    assert tab.get_by_test_id("stException").count() == 0
    assert said == []


def test_how_a_number_was_computed_can_be_read_by_everybody(server, tab, axe):
    tab.goto(f"{server}/?lang=zh-Hans&{VIEW}")
    opened(tab)
    tab.locator(".st-key-explained-kpis button").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_role("tab", name="SQL").click()
    expect(dialog.locator("pre").first).to_contain_text("from chosen")
    is_accessible(tab, axe)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_copied_link_opens_the_same_view_on_a_fresh_server(server, elsewhere, reader, language):
    tab = reader(permissions=["clipboard-read", "clipboard-write"])
    tab.goto(f"{server}/?lang={language}&{VIEW}")
    here = seen(tab)
    tab.evaluate(LISTEN)
    tab.locator(".copylink").click()
    holds(tab, "words => window.told.includes(words)", translator(language)("frame.copied"))
    link = urlsplit(tab.evaluate("navigator.clipboard.readText()"))
    tab = reader(locale="de-DE")
    tab.goto(f"{elsewhere}{link.path}?{link.query}")
    becomes(tab, lambda: seen(tab), here)
    tab.wait_for_url(f"**lang={language}**")


def seen(tab) -> list[str]:
    """The answer, the sidebar and the numbers of a screen."""
    answer = opened(tab)
    expect(tab.get_by_test_id("stMetricValue")).to_have_count(8)
    return [
        answer,
        tab.get_by_test_id("stSidebar").inner_text(),
        *tab.get_by_test_id("stMetricValue").all_inner_texts(),
    ]


def test_a_mark_leads_away_and_one_step_leads_back(server, tab):
    tab.goto(f"{server}/pyramid?lang=en")
    here = opened(tab)
    point_at(tab, tab.locator(".js-plotly-plot").first, 0.375, 0.115)
    tab.mouse.down()
    tab.mouse.up()
    tab.wait_for_url("**/customers?*where.tier=top*")
    expect(tab.locator(".answer").first).not_to_have_text(here, use_inner_text=True)
    tab.go_back()
    expect(tab.locator(".answer").first).to_have_text(here, use_inner_text=True)
    expect(tab).to_have_url(re.compile(r"/pyramid\b((?!where).)*$"))
