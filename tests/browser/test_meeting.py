"""The meeting screen in a real browser: it fits, keys open and close it, sliders redraw it, amounts and names can be hidden."""

import re

import pytest

from crm_analytics.i18n import LANGUAGES, translator
from tests.browser.screen import SIZES, becomes, expect, holds, is_accessible, is_error, ran, says

MOVES = "q.moves=small:medium=3,small:big=2,small:top=1"
FITS = """() => {
  const main = document.querySelector("[data-testid=stMainBlockContainer]"), page = document.documentElement;
  const inside = [...main.querySelectorAll(".eyebrow, .answer, svg, button, input, label")].filter(e => e.getClientRects().length);
  return [main, page].every(e => e.scrollWidth <= e.clientWidth && e.scrollHeight <= e.clientHeight)
    && inside.map(e => e.getBoundingClientRect()).every(r => r.left >= 0 && r.top >= 0 && r.right <= innerWidth && r.bottom <= innerHeight);
}"""
ONE_LINE = """() => [...document.querySelectorAll(".answer, .eyebrow")].every(e => e.scrollWidth <= e.clientWidth
  && e.getBoundingClientRect().height < 1.6 * parseFloat(getComputedStyle(e).fontSize))"""
SMALLEST = """least => least <= Math.min(...[...document.querySelectorAll(".st-key-meeting :is(p, h1, label, text)")]
  .filter(e => e.textContent.trim() && e.getClientRects().length)
  .map(e => parseFloat(getComputedStyle(e).fontSize) * (e.ownerSVGElement ? e.ownerSVGElement.getBoundingClientRect().height / 800 : 1)))"""
EVERY_WORD = """() => { const screen = document.querySelector(".st-key-meeting");
  return screen.innerText + [...screen.querySelectorAll("text, [aria-label]")].map(e => e.textContent + e.ariaLabel).join(" "); }"""


def opened(tab, url: str):
    """Go to a meeting screen and wait until it is drawn."""
    tab.goto(url)
    settled(tab)


def settled(tab):
    tab.wait_for_selector(".answer")
    tab.wait_for_selector(".drawing svg")
    ran(tab)


def row(tab, tier: str) -> list[str]:
    """What is written beside a layer."""
    return tab.locator(f"[data-tier={tier}] text").all_text_contents()


def slide(tab, place: int, times: int = 1):
    """Move a slider by the keyboard."""
    slider = tab.locator(".st-key-meeting-controls [data-testid=stSlider] input").nth(place)
    for _ in range(times):
        slider.press("ArrowRight")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_screen_is_seen_without_scrolling(server, reader, axe, language):
    tab, told = reader(viewport=SIZES[0], color_scheme="light"), []
    tab.on("console", lambda message: told.append(message.text) if is_error(message) else None)
    tab.on("pageerror", lambda error: told.append(str(error)))
    opened(tab, f"{server}/pyramid?lang={language}&meeting=1&{MOVES}")
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        holds(tab, "mode => getComputedStyle(document.querySelector('.stApp')).colorScheme == mode", scheme)
        for size in SIZES:
            tab.set_viewport_size(size)
            holds(tab, "size => innerWidth == size.width && innerHeight == size.height", size)
            holds(tab, FITS)
            holds(tab, ONE_LINE)
            holds(tab, SMALLEST, 18 if size["height"] == 1080 else 12)
        is_accessible(tab, axe)
    assert not tab.locator("[data-testid=stSidebar]").is_visible()
    tab.locator("[data-tier=top] polygon").first.click()
    tab.wait_for_selector(".st-key-meeting-hide_names")
    says(tab, re.compile(f"^{translator(language)('pyramid.name_top')}"))
    holds(tab, FITS)
    holds(tab, ONE_LINE)
    is_accessible(tab, axe)
    assert tab.get_by_test_id("stException").count() == 0
    assert told == []


def test_m_opens_the_meeting_and_escape_closes_what_is_open(server, tab):
    tab.goto(f"{server}/pyramid?lang=en")
    tab.wait_for_selector(".st-key-meeting-open button")
    ran(tab)
    tab.keyboard.press("m")
    settled(tab)
    tab.wait_for_url("**meeting=1**")
    tab.locator(".st-key-meeting-source input").click()
    tab.wait_for_selector("[role=listbox]")
    tab.keyboard.press("Escape")
    tab.wait_for_selector("[role=listbox]", state="detached")
    slide(tab, 0)
    says(tab, "One small customer up")
    tab.locator(".st-key-meeting-save button").click()
    name = tab.get_by_test_id("stPopoverBody").locator("input")
    name.press_sequentially("mmm")
    expect(name).to_have_value("mmm")  # a letter in a field opens nothing
    tab.keyboard.press("Escape")
    tab.wait_for_selector("[data-testid=stPopoverBody]", state="hidden")
    slide(tab, 0)
    says(tab, "2 small customers up")  # a list and a form close first, and the meeting is still open
    tab.keyboard.press("Escape")
    tab.wait_for_selector(".st-key-meeting-open button")
    expect(tab).to_have_url(re.compile("^((?!meeting).)*$"))
    expect(tab.locator(".drawing")).to_have_count(0)
    tab.get_by_test_id("stSidebar").wait_for(state="visible")


def test_a_slider_changes_the_answer_and_the_drawing(server, tab):
    opened(tab, f"{server}/pyramid?lang=en&meeting=1")

    def customers() -> dict[str, int]:
        return {tier: int(row(tab, tier)[2].replace(",", "")) for tier in ("top", "medium", "small")}

    before = customers()
    slide(tab, 0)
    says(tab, "One small customer up: revenue +")
    slide(tab, 0)
    says(tab, "2 small customers up")
    slide(tab, 2)
    says(tab, "3 small customers up")
    says(tab, "total cost unchanged")
    becomes(tab, customers, {"top": before["top"] + 1, "medium": before["medium"] + 2, "small": before["small"] - 3})
    assert row(tab, "small")[1].endswith("−3")
    tab.locator(".st-key-meeting-again button").click()
    says(tab, "of customers bring")
    becomes(tab, customers, before)


def test_customers_of_several_layers_move_together(server, tab):
    opened(tab, f"{server}/pyramid?lang=en&meeting=1")
    slide(tab, 0)
    says(tab, "One small customer up")
    tab.locator(".st-key-meeting-source input").click()
    tab.get_by_role("option", name="Inactive").click()
    tab.wait_for_selector("text=Inactive → Small")
    slide(tab, 0, 2)
    says(tab, "3 customers up")
    moved = ("inactive", "small", "medium")
    becomes(tab, lambda: [row(tab, tier)[1][-2:] for tier in moved], ["−2", "+1", "+1"])


def test_hidden_amounts_are_nowhere_and_shares_stay(server, tab):
    opened(tab, f"{server}/pyramid?lang=en&meeting=1&{MOVES}")
    assert "€" in tab.evaluate(EVERY_WORD)
    shares = [words[3] for words in (row(tab, "top"), row(tab, "small"))]
    tab.locator(".st-key-meeting-hide_amounts label").click()
    says(tab, re.compile(r"revenue \+\d+\.\d%, profit \+\d+\.\d%"))
    becomes(tab, lambda: "€" in tab.evaluate(EVERY_WORD), False)
    for tier in ("top", "inactive", "prospect"):
        tab.locator(f"[data-tier={tier}] polygon").first.click()
        tab.wait_for_selector(f"[data-tier={tier}][aria-pressed=true]")
        says(tab, re.compile(f"^{translator('en')(f'pyramid.name_{tier}')}"))
        assert "€" not in tab.evaluate(EVERY_WORD), tier
    assert [words[3] for words in (row(tab, "top"), row(tab, "small"))] == shares


def test_a_layer_tells_its_average_and_its_largest_whose_names_can_be_hidden(server, tab):
    opened(tab, f"{server}/pyramid?lang=en&meeting=1")
    tab.locator("[data-tier=big]").press("Enter")
    says(tab, "per customer on average")
    tab.wait_for_selector("[data-tier=big][aria-pressed=true]")
    assert tab.evaluate("document.activeElement.dataset.tier") == "big", "the focus stays on the layer"
    says(tab, "Largest: ", ".eyebrow")
    tab.locator(".st-key-meeting-hide_names label").click()
    expect(tab.locator(".eyebrow")).not_to_contain_text("Largest")
    tab.get_by_role("link", name="Show customers").click()
    tab.wait_for_selector(".st-key-card-list")
    expect(tab).to_have_url(re.compile(r"^((?!meeting).)*where\.tier=big((?!meeting).)*$"))


def test_a_scenario_is_saved_and_taken_along(server, tab):
    opened(tab, f"{server}/pyramid?lang=en&meeting=1&{MOVES}")
    tab.locator(".st-key-meeting-save button").click()
    form = tab.get_by_test_id("stPopoverBody")
    form.locator("button").click()
    form.get_by_text("A scenario needs a name.").wait_for()
    form.locator("input").fill("Six up <b>in May</b>")
    form.locator("button").click()
    tab.get_by_test_id("stToast").get_by_text("Saved as Six up <b>in May</b>.").wait_for()
    tab.keyboard.press("Escape")
    with tab.expect_download() as download:
        tab.get_by_role("button", name="PowerPoint").click()
    assert download.value.suggested_filename.endswith(".pptx")
