"""Kills, a second process, other versions, other memory, other clocks: T50, T53, T57-T60 of docs/trust.md.

The state afterwards is the one before or the one after, and it is said plainly. T51, T52, T54-T56 and T61: `test_trust_storage`.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_analytics import health, importing
from crm_analytics.database import checksums, open_database
from tests.steps import in_a_fork, steps_of_an_import

LINES = 20_000
ROOT = Path(__file__).parents[1]
HEADER = "order_id,customer_id,ordered_at,amount\n"


def command(*arguments, db):
    return [sys.executable, "-m", "crm_analytics", *map(str, arguments), "--db", str(db)]


def orders_file(path, lines: int, prefix: str = "O"):
    """An export of so many orders."""
    path.write_text(
        HEADER
        + "".join(f"{prefix}{i},C{i % 997},2024-{1 + i % 12:02}-{1 + i % 28:02},{i % 90}.25\n" for i in range(lines))
    )
    return path


def left_over(database) -> list[str]:
    """Names of the working files that nobody needs any more: raw files without an import, staging, spill."""
    known = {sha256 for (sha256,) in database.cursor().execute("select sha256 from imports").fetchall()}
    files = (path.name for path in database.files.rglob("*") if path.is_file())
    return sorted(name for name in files if name not in known and name != "latest.json")


@pytest.fixture
def export(tmp_path):
    return orders_file(tmp_path / "orders.csv", LINES)


def kill_at(seconds: float, arguments: list[str]) -> None:
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()


def state(path) -> tuple[int, int, int]:
    """What a fresh process finds; everything reads and balances, and no working file is left."""
    database = open_database(path)
    try:
        con = database.cursor()
        assert health.check(con)["is_sound"].all()
        assert left_over(database) == []
        return con.execute(
            "select (select count(*) from orders), (select count(*) from imports), "
            "(select coalesce(sum(run_orders), 0) > 0 from customer_days)"
        ).fetchone()
    finally:
        database.close()


def kills(tmp_path, export, times: int, seed: int) -> set:
    moments = random.Random(seed)
    started = time.time()
    subprocess.run(command("import", export, db=tmp_path / "whole" / "crm.duckdb"), check=True, capture_output=True)
    whole, seen = time.time() - started, set()
    for number in range(times):
        path = tmp_path / f"killed{number}" / "crm.duckdb"
        kill_at(moments.uniform(0.25, 1.0) * whole, command("import", export, db=path))
        found = state(path)
        assert found in {(0, 0, False), (LINES, 1, True)}
        seen.add(found[1])
        shutil.rmtree(path.parent)
    return seen


def test_t50_a_killed_import_leaves_the_state_before_or_after(tmp_path, export):
    kills(tmp_path, export, times=2, seed=1)


@pytest.mark.long
def test_t50_two_hundred_killed_imports(tmp_path, export):
    assert kills(tmp_path, export, times=200, seed=2) == {0, 1}, "both outcomes were met"


def at_steps(tmp_path, numbers: Iterator[int], fault: str) -> int:
    """A small import with a fault at these of its steps: lines of the code that writes. Returns how many were tried."""
    export, tried = orders_file(tmp_path / "few.csv", 40), 0
    for number in numbers:
        path = tmp_path / f"{fault}{number}" / "crm.duckdb"
        done = in_a_fork(steps_of_an_import, path, export, number, fault)
        if done == "through":  # there are no more steps
            return tried
        assert done in ("killed", "refused, then imported", "done although"), done
        assert in_a_fork(state, path) in {"(40, 1, True)", "(0, 0, False)" if done == "killed" else ""}
        tried += 1
        shutil.rmtree(path.parent)
    return tried


@pytest.mark.parametrize("fault", ["kill", "raise"])
def test_t50_a_fault_at_some_steps_of_a_small_import(tmp_path, fault):
    assert at_steps(tmp_path, iter(range(7, 10_000, 190)), fault) >= 2


@pytest.mark.long
@pytest.mark.parametrize("fault", ["kill", "raise"])
def test_t50_a_fault_at_every_step_of_a_small_import(tmp_path, fault):
    assert at_steps(tmp_path, iter(range(1, 100_000)), fault) > 200


@pytest.mark.long
@pytest.mark.parametrize("fault", ["error=ENOSPC", "error=EIO", "signal=KILL"])
def test_t50_a_fault_at_every_write_of_a_small_import(tmp_path, fault):
    """The n-th system call that writes fails or is the last, for every n: the engine's own writes too."""
    if not shutil.which("strace") or subprocess.run(["strace", "-qq", "true"]).returncode:
        pytest.skip("no strace here that may trace")
    export, met = orders_file(tmp_path / "few.csv", 40), 0
    for call in ("write", "pwrite64", "fsync", "fdatasync", "link", "rename", "ftruncate"):
        for number in range(1, 1000):  # each call is counted by itself
            if not with_fault_at(tmp_path, export, call, f"{fault}:when={number}"):
                break
            met += 1
    assert met > 30


def with_fault_at(tmp_path, export, call: str, fault: str) -> bool:
    """Import with a fault at one system call; the state is judged. Returns whether the call was met."""
    path, trace = tmp_path / "company" / "crm.duckdb", tmp_path / "trace"
    shutil.rmtree(path.parent, ignore_errors=True)
    traced = ["strace", "-f", "-qq", "-o", str(trace), "-e", f"trace={call}", "-e", f"inject={call}:{fault}"]
    done = subprocess.run(traced + command("import", export, db=path), capture_output=True, text=True)
    found = in_a_fork(state, path) if path.exists() else "(0, 0, False)"
    assert found in {"(0, 0, False)", "(40, 1, True)"}, (call, fault, found, done.stderr)
    if done.returncode == 0:
        assert found == "(40, 1, True)", (call, fault, "what was said to be imported is there")
    return "(INJECTED)" in trace.read_text() or done.returncode in (-9, 137)


def test_t53_a_second_process_is_told_who_holds_the_database(db, tmp_path):
    refused = subprocess.run(command("imports", db=db.path), capture_output=True, text=True)
    assert refused.returncode == 2 and "Traceback" not in refused.stderr
    assert f"PID {os.getpid()}" in refused.stderr and refused.stdout == ""
    assert "restore it into another file" in refused.stderr, "how to look at it meanwhile"


HOLDER = "import sys; from crm_analytics.database import open_database; open_database(sys.argv[1]); print(1, flush=True); input()"


def test_t53_the_app_says_so_on_every_screen(tmp_path, monkeypatch):
    from streamlit.testing.v1 import AppTest

    path = tmp_path / "crm.duckdb"
    monkeypatch.setenv("CRM_DB", str(path))
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "1\n"
        for script in (ROOT / "app.py", ROOT / "pages" / "data.py"):
            shown = AppTest.from_file(script, default_timeout=120).run()
            assert not shown.exception and f"PID {holder.pid}" in shown.error[0].value
    finally:
        holder.communicate("\n")


def test_t53_damage_is_never_taken_for_a_lock(tmp_path):
    """The engine speaks of a block at a location: no lock is meant."""
    import duckdb

    from crm_analytics import faults

    said = duckdb.IOException("Corrupt database file: computed checksum 1 does not match 2 in block at location 12288")
    assert faults.why_it_does_not_open(said, tmp_path / "crm.duckdb").code == "E_DAMAGED_DATABASE"


def limited(export, path, memory: str) -> subprocess.CompletedProcess:
    """Import with so much memory for the engine. Returns what was said, and on stderr last the megabytes that were used."""
    code = (
        "import resource, sys; from crm_analytics.cli import main; code = main(sys.argv[1:]); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10, file=sys.stderr); sys.exit(code)"
    )
    arguments = command("import", export, db=path)[3:]
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {"CRM_MEMORY": memory},
    )


def assert_spilt_or_refused(done, path, lines: int) -> None:
    assert "Traceback" not in done.stderr
    if done.returncode:
        assert done.returncode == 2 and "more memory" in done.stderr and state(path) == (0, 0, False)
    else:
        assert state(path) == (lines, 1, True)


def test_t57_with_too_little_memory_it_spills_or_refuses(tmp_path, export):
    for memory in ("8MB",):
        path = tmp_path / memory / "crm.duckdb"
        assert_spilt_or_refused(limited(export, path, memory), path, LINES)


@pytest.mark.long
def test_t57_a_gigabyte_in_512_mb(tmp_path):
    path, lines = tmp_path / "big.csv", 0
    with open(path, "w") as file:
        file.write("order_id,customer_id,ordered_at,amount,product_name\n")
        while file.tell() < 1 << 30:
            file.writelines(
                f"O{i},C{i % 99991},2024-{1 + i % 12:02}-{1 + i % 28:02},{i % 90}.25,A product with a long name {i % 5000}\n"
                for i in range(lines, lines + 100_000)
            )
            lines += 100_000
    done = limited(path, tmp_path / "company" / "crm.duckdb", "512MB")
    assert done.returncode == 0 and state(tmp_path / "company" / "crm.duckdb") == (lines, 1, True), done.stderr
    assert int(done.stderr.split()[-1]) < 1536, "megabytes, Python included"


DAYS = HEADER + "O1,a,2024-02-29,10\nO2,a,2038-01-20,20\nO3,b,2000-02-29,30\nO4,b,1969-12-31,40\n"


def test_t58_no_time_zone_of_the_machine_changes_a_row(tmp_path):
    (tmp_path / "days.csv").write_text(DAYS)
    found = set()
    for zone in ("Pacific/Kiritimati", "America/Los_Angeles"):
        path = tmp_path / zone / "crm.duckdb"
        subprocess.run(
            command("import", tmp_path / "days.csv", db=path),
            check=True,
            env=os.environ | {"TZ": zone},
            capture_output=True,
        )
        database = open_database(path)
        days = database.cursor().execute("select ordered_at::date::varchar from orders order by order_id").fetchall()
        found.add((tuple(day for (day,) in days), str(checksums(database.cursor()))))
        database.close()
    ((days, _),) = found
    assert days == ("2024-02-29", "2038-01-20", "2000-02-29", "1969-12-31")


def test_t58_the_order_of_imports_is_their_number_not_the_clock(db, tmp_path):
    """Three imports whose clock ran backwards: the last one wins, and stands first in the history."""
    for number, name in enumerate(("Ann", "Bea", "Cia")):
        (tmp_path / f"{number}.csv").write_text(f"customer_id,name,Shoe size\na,{name},{40 + number}\n")
        importing.apply_plan(db, importing.plan_import(db, [tmp_path / f"{number}.csv"]))
        with db.writing() as con:  # as if the clock had stood so at the time
            con.execute(
                "update imports set imported_at = $at where import_id = $id",
                {"at": ("2040-01-01", "2038-01-19", "1970-01-01")[number], "id": number + 1},
            )
    assert importing.history(db.cursor())["import_id"].tolist() == [3, 2, 1]
    assert db.cursor().execute("select name from customer_profile where customer_id = 'a'").fetchall() == [("Cia",)]
    before = checksums(db.cursor())
    importing.undo_import(db, 3)
    assert db.cursor().execute("select name from customer_profile where customer_id = 'a'").fetchall() == [("Bea",)]
    importing.apply_plan(db, importing.plan_import(db, [tmp_path / "2.csv"]))
    names = ("customers", "customer_profile", "orders")
    assert [checksums(db.cursor())[name][0] for name in names] == [before[name][0] for name in names]


def test_t59_a_file_of_a_newer_version_is_refused(db):
    with db.writing() as con:
        con.execute("update meta set value = 99 where name = 'schema_version'")
    path = db.path
    db.close()
    before = path.read_bytes()
    refused = subprocess.run(command("imports", db=path), capture_output=True, text=True)
    assert refused.returncode == 2 and "newer version" in refused.stderr
    assert path.read_bytes() == before


def test_t60_one_plan_applied_twice_is_one_import(db, tmp_path):
    """A double click, or a page that runs again while the first click is at work."""
    plan = importing.plan_import(db, [orders_file(tmp_path / "few.csv", 40)])
    first, second = importing.apply_plan(db, plan)[0], importing.apply_plan(db, plan)[0]
    assert (first.loaded, first.already, second.already, second.import_id) == (40, False, True, first.import_id)
    assert len(importing.history(db.cursor())) == 1 and left_over(db) == []


def test_t60_two_windows_with_a_plan_each_are_one_import(db, tmp_path):
    plans = [importing.plan_import(db, [orders_file(tmp_path / "few.csv", 40)]) for _ in range(2)]
    receipts = [importing.apply_plan(db, plan)[0] for plan in plans]
    assert [receipt.already for receipt in receipts] == [False, True]
    assert db.cursor().execute("select count(*) from orders").fetchone() == (40,) and left_over(db) == []


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "crm.duckdb"
    path.write_text("this is no database, and a long enough text to be read as one" * 200)
    refused = subprocess.run(command("imports", db=path), capture_output=True, text=True)
    assert refused.returncode == 2 and "Traceback" not in refused.stderr and "crm.duckdb" in refused.stderr


def test_looking_creates_no_database(tmp_path):
    path = tmp_path / "absent" / "crm.duckdb"
    refused = subprocess.run(command("show", "overview.kpis", db=path), capture_output=True, text=True)
    assert refused.returncode == 2 and "no database" in refused.stderr and not path.parent.exists()
