"""The app in a real browser: a server of its own, an empty place for the reader's database, Debian's Chromium."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from crm_analytics import demo
from crm_analytics.database import open_database

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


def wait_until_healthy(url: str, server: subprocess.Popen, seconds: float = 30):
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1)
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the server did not start")


@contextmanager
def running(folder: Path):
    """A fresh server over the databases of a folder: its URL; what it says goes to server.log."""
    url = f"http://localhost:{(port := free_port())}"
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "app.py",
        "--server.port",
        str(port),
        "--server.fileWatcherType",
        "none",
    ]
    environment = os.environ | {"CRM_DB": str(folder / "crm.duckdb")}
    with open(folder / "server.log", "w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        wait_until_healthy(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(10)
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
def tab(chromium):
    """A fresh reader: English browser, 1280 x 720."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720}, locale="en-GB")
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()
