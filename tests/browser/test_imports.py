"""An import that runs, in a real browser: a double click imports once, Cancel leaves the state before, a closed page changes nothing."""

import pytest

from tests.browser.conftest import running
from tests.browser.gated import gate
from tests.browser.screen import becomes, expect, opened, says

ROWS = 20_000
IMPORTS = "[class*=st-key-line-import-]"


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    path = tmp_path_factory.mktemp("exports") / "orders.csv"
    lines = (f"O{n},C{n % 5000},2025-{1 + n % 12:02}-{1 + n % 28:02},{n % 900}.{n % 100:02}\n" for n in range(ROWS))
    path.write_text("order_id,customer_id,ordered_at,amount\n" + "".join(lines))
    return path


@pytest.fixture
def company(tmp_path, made_up):
    """A server of its own: nothing imported; its imports wait at a gate in `tmp_path`."""
    (tmp_path / "demo.duckdb").write_bytes(made_up.read_bytes())
    with running(tmp_path, "tests.browser.gated") as url:
        yield url


def planned(tab, url: str, export):
    """The screen with the export read and ready."""
    tab.goto(f"{url}/data")
    tab.locator("[data-testid=stForm] input").fill(str(export))
    tab.locator("[data-testid=stForm] button").click()
    says(tab, f"{ROWS:,} records read")
    opened(tab)


def test_t84_cancel_on_the_screen_leaves_the_state_before(company, tab, export, tmp_path):
    planned(tab, company, export)
    gate(tmp_path).touch()
    tab.locator(".st-key-import-now button").click()
    tab.locator(".st-key-stop button").click()
    tab.get_by_text("everything is as it was before").wait_for()
    expect(tab.locator(".st-key-made-up")).to_have_count(1)  # nothing was imported
    gate(tmp_path).unlink()
    tab.reload()
    opened(tab)
    assert tab.locator(".st-key-card-imports").count() == 0, "no import stands in the history"
    assert tab.locator(".st-key-made-up").count() == 1, "nor was it only late"


def test_t60_a_double_click_imports_once_also_when_the_page_is_closed(company, tab, export, tmp_path):
    planned(tab, company, export)
    gate(tmp_path).touch()
    tab.locator(".st-key-import-now button").dblclick()
    tab.wait_for_selector(".st-key-card-running")
    tab.goto("about:blank")
    tab.goto(f"{company}/data")
    opened(tab)
    assert tab.locator(IMPORTS).count() == 0, "it still runs"
    gate(tmp_path).unlink()

    def come_back() -> int:
        tab.reload()
        opened(tab)
        return tab.locator(IMPORTS).count()

    becomes(tab, come_back, 1)  # a reader who comes back finds the import done, once
    says(tab, f"{ROWS:,} imported", ".st-key-card-imports")
