"""A process that is killed, a second process, a newer file: the state is the one before or the one after, and it is said plainly."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from crm_analytics import health
from crm_analytics.database import open_database

LINES = 60_000


def command(*arguments, db):
    return [sys.executable, "-m", "crm_analytics", *map(str, arguments), "--db", str(db)]


def orders_file(path, lines: int, prefix: str = "O"):
    """An export of so many orders."""
    path.write_text(
        "order_id,customer_id,ordered_at,amount\n"
        + "".join(f"{prefix}{i},C{i % 997},2024-{1 + i % 12:02}-{1 + i % 28:02},{i % 90}.25\n" for i in range(lines))
    )
    return path


def left_over(database) -> list[str]:
    """Names of the working files that nobody needs any more: raw files without an import, staging, spill."""
    known = {sha256 for (sha256,) in database.cursor().execute("select sha256 from imports").fetchall()}
    files = (path for path in database.files.rglob("*") if path.is_file())
    return sorted(path.name for path in files if path.name not in known)


@pytest.fixture
def export(tmp_path):
    return orders_file(tmp_path / "orders.csv", LINES)


def kill_at(seconds: float, arguments: list[str]) -> None:
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()


def state(path) -> tuple[int, int, int]:
    """What a fresh process finds; everything reads and balances."""
    database = open_database(path)
    try:
        con = database.cursor()
        assert health.check(con)["is_sound"].all()
        assert not list(database.folder("staging").iterdir())
        return con.execute(
            "select (select count(*) from orders), (select count(*) from imports), "
            "(select coalesce(sum(run_orders), 0) > 0 from customer_days)"
        ).fetchone()
    finally:
        database.close()


def kills(tmp_path, export, times: int, seed: int):
    moments = random.Random(seed)
    started = time.time()
    subprocess.run(command("import", export, db=tmp_path / "whole" / "crm.duckdb"), check=True, capture_output=True)
    whole = time.time() - started
    for number in range(times):
        path = tmp_path / f"killed{number}" / "crm.duckdb"
        kill_at(moments.uniform(0.25, 1.0) * whole, command("import", export, db=path))
        assert state(path) in {(0, 0, False), (LINES, 1, True)}


def test_a_killed_import_leaves_the_state_before_or_after(tmp_path, export):
    kills(tmp_path, export, times=3, seed=1)


@pytest.mark.long
def test_many_killed_imports_leave_the_state_before_or_after(tmp_path, export):
    kills(tmp_path, export, times=30, seed=2)


def test_a_second_process_is_told_who_holds_the_database(db, tmp_path):
    refused = subprocess.run(command("imports", db=db.path), capture_output=True, text=True)
    assert refused.returncode == 2 and "Traceback" not in refused.stderr
    assert f"PID {os.getpid()}" in refused.stderr and refused.stdout == ""


def test_a_file_of_a_newer_version_is_refused(db):
    with db.writing() as con:
        con.execute("update meta set value = 99 where name = 'schema_version'")
    path = db.path
    db.close()
    refused = subprocess.run(command("imports", db=path), capture_output=True, text=True)
    assert refused.returncode == 2 and "newer version" in refused.stderr


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "crm.duckdb"
    path.write_text("this is no database, and a long enough text to be read as one" * 200)
    refused = subprocess.run(command("imports", db=path), capture_output=True, text=True)
    assert refused.returncode == 2 and "Traceback" not in refused.stderr and "crm.duckdb" in refused.stderr


def test_looking_creates_no_database(tmp_path):
    path = tmp_path / "absent" / "crm.duckdb"
    refused = subprocess.run(command("show", "overview.kpis", db=path), capture_output=True, text=True)
    assert refused.returncode == 2 and "no database" in refused.stderr and not path.parent.exists()
