"""The app in a real browser: a server of its own, an empty place for the reader's database, Debian's Chromium."""

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from crm_analytics import demo
from crm_analytics.database import open_database

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
PATIENCE = 90  # seconds for anything to come: a busy machine is no failure


def free_port() -> int:
    """A port that nobody has now; another process may have it a moment later."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


def is_serving(server: subprocess.Popen, url: str, log: Path) -> bool:
    """Wait until this very server serves that address, as it says itself: at first another one may answer there.

    False where it has ended, because its port was taken meanwhile.
    """
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        if url in log.read_text():
            return True
        time.sleep(0.05)
    return False


def started(folder: Path, program: str) -> tuple[subprocess.Popen, str]:
    """A server over the databases of a folder, and its URL."""
    log, environment = folder / "server.log", os.environ | {"CRM_DB": str(folder / "crm.duckdb")}
    for _ in range(3):
        port = free_port()
        command = [sys.executable, "-m", program, "run", "app.py", "--server.port", str(port)]
        command += ["--server.fileWatcherType", "none", "--browser.serverAddress", "localhost"]
        with open(log, "w") as said:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=said)
        if is_serving(process, url := f"http://localhost:{port}", log):
            return process, url
        stop(process)
    pytest.fail(f"the server did not start: {log.read_text()}")


def stop(process: subprocess.Popen):
    process.terminate()
    process.wait(PATIENCE)


@contextmanager
def running(folder: Path, program: str = "streamlit"):
    """A fresh server over the databases of a folder: its URL; what it says goes to server.log."""
    process, url = started(folder, program)
    try:
        yield url
    finally:
        stop(process)
    assert "Traceback" not in (folder / "server.log").read_text()


@pytest.fixture(scope="session")
def made_up(tmp_path_factory) -> Path:
    """The file of the made-up company, closed: each server gets a copy."""
    path = demo.ensure(tmp_path_factory.mktemp("made-up") / "demo.duckdb")
    open_database(path).close()
    return path


@pytest.fixture(scope="session")
def somebody(made_up) -> str:
    """The made-up company's largest customer."""
    db = open_database(made_up)
    found = (
        db.cursor()
        .execute("select customer_id from customer_days group by 1 order by sum(revenue) desc limit 1")
        .fetchone()
    )
    db.close()
    return found[0]


@pytest.fixture(scope="module")
def server(tmp_path_factory, made_up):
    """A fresh server: nothing imported, the made-up company ready."""
    folder = tmp_path_factory.mktemp("server")
    shutil.copy(made_up, folder / "demo.duckdb")
    with running(folder) as url:
        yield url


@pytest.fixture(scope="module")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright")
    if CHROMIUM is None:
        pytest.skip("browser tests need Chromium: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def reader(chromium):
    """Makes fresh readers, each a tab of its own: English browser, 1280 x 720, unless told otherwise."""
    contexts = []

    def make(**options):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 720}, "locale": "en-GB"} | options)
        context.set_default_timeout(PATIENCE * 1000)
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def tab(reader):
    """A fresh reader."""
    return reader()


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of the accessibility checker."""
    package = pytest.importorskip("axe_playwright_python", reason="accessibility tests need axe-playwright-python")
    return Path(package.__file__).with_name("axe.min.js").read_text()
