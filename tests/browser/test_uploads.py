"""What an upload leaves in the server's memory, read from the system while a real browser sends 300 MB: nothing that stays."""

import re
import time
import urllib.request
from pathlib import Path

import pytest

MEGABYTES = 300
HELD = "UploadedFileManager"  # in the server's own account of its memory


def server_process(url: str) -> Path:
    """The process that serves this address."""
    port = url.rpartition(":")[2].encode()
    found = (path.parent for path in Path("/proc").glob("[0-9]*/cmdline") if _serves(path, port))
    return next(found)


def _serves(path: Path, port: bytes) -> bool:
    try:
        words = path.read_bytes().split(b"\0")
    except OSError:  # it has ended meanwhile
        return False
    return b"--server.port" in words and port in words


def megabytes(process: Path, which: str = "VmRSS") -> float:
    return int(re.search(rf"{which}:\s+(\d+)", (process / "status").read_text())[1]) / 1024


def settled(process: Path, most: float, seconds: float = 20) -> float:
    """Memory once it is below a limit, or when it did not get there in time."""
    end = time.monotonic() + seconds
    while (held := megabytes(process)) > most and time.monotonic() < end:
        time.sleep(0.5)
    return held


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Path:
    """300 MB that call themselves a table and are none: only the upload itself costs memory."""
    path = tmp_path_factory.mktemp("upload") / "orders.csv"
    with open(path, "wb") as file:
        file.write(b"%PDF-1.7\n")
        for _ in range(MEGABYTES):
            file.write(b"0" * (1 << 20))
    return path


def test_t83_the_server_lets_go_of_an_upload_as_soon_as_it_is_on_disk(server, tab, tmp_path):
    tab.goto(f"{server}/data")
    tab.wait_for_selector("[data-testid=stFileUploader]")
    (tmp_path / "orders.csv").write_text("order_id,customer_id,ordered_at,amount\n1,a,2024-03-01,5.00\n")
    tab.set_input_files("[data-testid=stFileUploader] input", str(tmp_path / "orders.csv"))
    tab.wait_for_selector(".st-key-card-mapping")
    assert HELD not in urllib.request.urlopen(f"{server}/_stcore/metrics").read().decode()
    tab.locator(".st-key-import-cancel button").click()
    tab.wait_for_selector("[data-testid=stFileUploader]")


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_t83_a_large_upload_does_not_stay_in_the_servers_memory(server, tab, large, tmp_path):
    tab.goto(f"{server}/data")
    tab.wait_for_selector("[data-testid=stFileUploader]")
    small = tmp_path / "small.csv"
    small.write_bytes(b"%PDF-1.7\n")
    _upload(tab, small)
    process = server_process(server)
    before = megabytes(process)
    (process / "clear_refs").write_text("5")  # the peak counts from here
    _upload(tab, large)
    peak, after = megabytes(process, "VmHWM"), settled(process, before + MEGABYTES / 10)
    print(f"{before:,.0f} MB before, {peak:,.0f} MB at most, {after:,.0f} MB after {MEGABYTES} MB")
    assert peak - before > MEGABYTES / 2, "the file did come through the server"
    assert after - before < MEGABYTES / 10


def _upload(tab, path: Path):
    """Send a file and wait until the screen says why it is not taken."""
    tab.set_input_files("[data-testid=stFileUploader] input", str(path))
    tab.wait_for_function(
        "name => [...document.querySelectorAll('[data-testid=stAlert]')].some(each => each.innerText.includes(name))",
        arg=path.name,
        timeout=120_000,
    )
    tab.locator(".st-key-import-cancel button").click()
    tab.wait_for_selector("[data-testid=stFileUploader]")
