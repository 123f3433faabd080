"""What an upload leaves in the server's memory, read from the system while a real browser sends 300 MB: nothing that stays."""

import re
import time
import urllib.request
from pathlib import Path

import pytest

from tests.browser.conftest import PATIENCE

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


def settled(process: Path, most: float) -> float:
    """Memory once it is below a limit, or when it did not get there in time."""
    end = time.monotonic() + PATIENCE
    while (held := megabytes(process)) > most and time.monotonic() < end:
        time.sleep(0.5)
    return held


NO_TABLE = b"%PDF-1.7\n", b"0" * (1 << 20)  # only the upload itself costs memory
ORDERS = (
    b"order_id,customer_id,ordered_at,amount\n",
    b"".join(b"O%d,C%04d,2024-%02d-11,%d.50\n" % (n, n % 999, 1 + n % 12, n % 777) for n in range(36_000)),
)
REFUSED, READ = "[data-testid=stAlert]", ".st-key-card-mapping"  # what the screen shows then


def written(path: Path, content: tuple[bytes, bytes], size: int = 0) -> Path:
    """A file of so many megabytes: its head, then the same block again and again."""
    head, block = content
    with open(path, "wb") as file:
        file.write(head)
        for _ in range(max(1, (size << 20) // len(block))):
            file.write(block)
    return path


def look_at(tab, path: Path, shown: str):
    """Send a file, wait until the screen has read it, and cancel."""
    tab.set_input_files("[data-testid=stFileUploader] input", str(path))
    tab.wait_for_selector(f"{shown} >> visible=true", timeout=280_000)
    tab.locator(".st-key-import-cancel button").click()
    tab.wait_for_selector("[data-testid=stFileUploader]")


def test_t83_the_server_lets_go_of_an_upload_as_soon_as_it_is_on_disk(server, tab, tmp_path):
    tab.goto(f"{server}/data")
    tab.set_input_files("[data-testid=stFileUploader] input", str(written(tmp_path / "orders.csv", ORDERS)))
    tab.wait_for_selector(READ)
    with urllib.request.urlopen(f"{server}/_stcore/metrics", timeout=PATIENCE) as metrics:
        assert HELD not in metrics.read().decode()


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize(("content", "shown"), [(NO_TABLE, REFUSED), (ORDERS, READ)], ids=["refused", "read"])
def test_t83_a_large_upload_does_not_stay_in_the_servers_memory(server, tab, tmp_path, content, shown):
    tab.goto(f"{server}/data")
    look_at(tab, written(tmp_path / "small.csv", content), shown)
    process = server_process(server)
    before = megabytes(process)
    (process / "clear_refs").write_text("5")  # the peak counts from here
    look_at(tab, written(tmp_path / "large.csv", content, MEGABYTES), shown)
    peak, after = megabytes(process, "VmHWM"), settled(process, before + MEGABYTES / 10)
    print(f"{before:,.0f} MB before, {peak:,.0f} MB at most, {after:,.0f} MB after {MEGABYTES} MB")
    assert peak - before > MEGABYTES / 2, "the file did come through the server"
    assert after - before < MEGABYTES / 10
