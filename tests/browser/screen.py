"""What the tests of the browser wait for and look at.

The parts of a screen arrive one after another, in no order that can be relied on.  So nothing is read at once after waiting for
something else: what is asserted is what is waited for, and a wait never counts on words that stood there before.
"""

import time

import pytest

from tests.browser.conftest import PATIENCE

expect = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright").expect
expect.set_options(timeout=PATIENCE * 1000)

SIZES = [{"width": 1920, "height": 1080}, {"width": 1280, "height": 720}]
OF_STREAMLIT = {  # what its own elements are reported for
    "list": "",
    "listitem": "",
    "svg-img-alt": "metric_chart",
    "presentation-role-conflict": "stFileUploaderDropzone",
}


DRAWN = """() => !document.querySelector("[data-testid=stSkeleton]")
  && [...document.querySelectorAll("[data-testid=stPlotlyChart]")].every(e => e.querySelector(".main-svg"))"""


def ran(tab):
    """Wait until the script has run to its end, after something of that run was seen: a click alone does not change this state."""
    tab.wait_for_selector("[data-test-script-state=notRunning]")


def opened(tab) -> str:
    """Wait until the page has run and is drawn, with its charts. What the answer says."""
    tab.wait_for_selector(".answer")
    tab.wait_for_selector(".copylink:not([hidden])")
    ran(tab)
    holds(tab, DRAWN)
    return tab.inner_text(".answer")


def says(tab, words, place: str = ".answer"):
    """Wait until a place of the screen, the answer unless another is named, holds these words: text or a pattern."""
    expect(tab.locator(place).first).to_contain_text(words, use_inner_text=True)


def holds(tab, condition: str, argument=None):
    """Wait until a function of JavaScript says yes."""
    tab.wait_for_function(condition, arg=argument)


def becomes(tab, read, wanted):
    """Read until it is as wanted; where that never comes, what was read last stands in the failure."""
    end = time.monotonic() + PATIENCE
    while (seen := read()) != wanted and time.monotonic() < end:
        tab.wait_for_timeout(100)
    assert seen == wanted


def point_at(tab, chart, right: float, down: float):
    """Move the mouse to this part of a chart until the mark there tells of itself: then it also takes a click."""

    def has_tip() -> bool:
        box = chart.bounding_box()
        for aside in (2, 0):  # a chart that is drawn under a mouse at rest says nothing
            tab.mouse.move(box["x"] + right * box["width"] + aside, box["y"] + down * box["height"])
        return chart.locator(".hoverlayer .hovertext").count() > 0

    chart.scroll_into_view_if_needed()
    becomes(tab, has_tip, True)


def complaints(tab, axe: str) -> list[str]:
    """What axe finds beyond Streamlit's own elements."""
    if not tab.evaluate("'axe' in window"):
        tab.evaluate(axe)
    found = tab.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    return [
        f"{rule['id']}: {node['html'][:200]}"
        for rule in found
        for node in rule["nodes"]
        if OF_STREAMLIT.get(rule["id"], "nothing of theirs") not in node["html"]
    ]


def is_accessible(tab, axe: str):
    """Axe finds nothing; colours that still change are looked at again."""
    becomes(tab, lambda: complaints(tab, axe), [])


def is_error(message) -> bool:
    """A cold link to a screen makes Streamlit look for its server below that screen first: two 404 that are its manner."""
    return message.type == "error" and "/_stcore/" not in message.location.get("url", "")
