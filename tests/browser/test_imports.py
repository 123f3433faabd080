"""A large import in a real browser: a double click imports once, Cancel leaves the state before, a closed page changes nothing."""

import pytest

from tests.browser.conftest import running

ROWS = 400_000


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """An export large enough that its import can be watched."""
    path = tmp_path_factory.mktemp("exports") / "orders.csv"
    lines = (f"O{n},C{n % 50_000},2025-{1 + n % 12:02}-{1 + n % 28:02},{n % 900}.{n % 100:02}\n" for n in range(ROWS))
    path.write_text("order_id,customer_id,ordered_at,amount\n" + "".join(lines))
    return path


@pytest.fixture
def company(tmp_path, made_up):
    """A server of its own: nothing imported."""
    (tmp_path / "demo.duckdb").write_bytes(made_up.read_bytes())
    with running(tmp_path) as url:
        yield url


def planned(tab, url: str, export):
    """The screen with the export read and ready."""
    tab.goto(f"{url}/data")
    tab.locator("[data-testid=stForm] input").fill(str(export))
    tab.locator("[data-testid=stForm] button").click()
    tab.wait_for_selector(".st-key-card-mapping")
    tab.wait_for_selector("[data-test-script-state=notRunning]")


def test_t84_cancel_on_the_screen_leaves_the_state_before(company, tab, export):
    planned(tab, company, export)
    tab.locator(".st-key-import-now button").click()
    tab.locator(".st-key-stop button").click()
    tab.wait_for_selector("text=everything is as it was before")
    assert tab.locator(".st-key-card-imports").count() == 0, "no import stands in the history"
    assert tab.locator(".st-key-made-up").count() == 1, "nothing was imported"


def test_t60_a_double_click_imports_once_also_when_the_page_is_closed(company, tab, export):
    planned(tab, company, export)
    tab.locator(".st-key-import-now button").dblclick()
    tab.wait_for_selector(".st-key-card-running")
    tab.goto("about:blank")
    tab.goto(f"{company}/data")
    for _ in range(120):  # a reader who comes back finds the import done, once
        tab.wait_for_selector(".answer")
        tab.wait_for_selector("[data-test-script-state=notRunning]")
        if tab.locator(".st-key-card-imports").count():
            break
        tab.wait_for_timeout(500)
        tab.reload()
    assert tab.locator("[class*=st-key-line-import-]").count() == 1
    assert "400,000 imported" in tab.inner_text(".st-key-card-imports")
