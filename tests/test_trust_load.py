"""Many at once and many in a row, row by row of docs/trust.md: T80-T82, T84-T86."""

import os
import resource
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from crm_analytics import backup, derived, health, importing
from crm_analytics.database import checksums, open_database
from crm_analytics.errors import Cancelled
from crm_analytics.importing.landing import careful
from crm_analytics.stop import Stop
from tests.test_trust_faults import command, left_over, orders_file, state

LINES = 20_000


@pytest.fixture
def export(tmp_path):
    return orders_file(tmp_path / "orders.csv", LINES)


def at_once(*works) -> list:
    """What each of these functions returned; they start together, each in a thread of its own."""
    start, found = threading.Barrier(len(works)), [None] * len(works)

    def run(place, work):
        start.wait()
        try:
            found[place] = work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must see it
            found[place] = error

    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def take(db, path):
    return importing.apply_plan(db, importing.plan_import(db, [path]))[0]


def test_t80_readers_see_the_state_before_while_an_import_runs(db, export, tmp_path, monkeypatch):
    """The import, its rows stored and nothing committed, waits for four readers: if they waited for it, it would never end."""
    take(db, orders_file(tmp_path / "first.csv", 500, "F"))
    done, seen, during, rebuild = threading.Event(), [], [], derived.rebuild

    def read():
        while not done.is_set():
            seen.append(
                db.cursor()
                .execute("select (select count(*) from orders), (select sum(orders)::int from company_days)")
                .fetchone()
            )

    def wait_and_rebuild(*arguments, **named):
        begun, end = len(seen), time.monotonic() + 120
        while len(seen) < begun + 40 and time.monotonic() < end:
            time.sleep(0.001)
        during.extend(seen[begun:])
        return rebuild(*arguments, **named)

    def work():
        try:
            return take(db, export)
        finally:
            done.set()

    monkeypatch.setattr(derived, "rebuild", wait_and_rebuild)
    receipt, *readers = at_once(work, *[read] * 4)
    assert receipt.loaded == LINES and readers == [None] * 4
    assert set(seen) <= {(500, 500), (LINES + 500, LINES + 500)}
    assert len(during) >= 40 and set(during) == {(500, 500)}


def test_t81_of_two_who_import_the_same_file_one_is_told_that_it_is_here(db, export):
    receipts = at_once(lambda: take(db, export), lambda: take(db, export))
    assert sorted(receipt.already for receipt in receipts) == [False, True]
    assert len({receipt.import_id for receipt in receipts}) == 1
    assert db.cursor().execute("select count(*) from orders").fetchone() == (LINES,)
    assert len(importing.history(db.cursor())) == 1 and left_over(db) == []


def test_t82_two_who_import_other_tables_wait_for_each_other(db, export, tmp_path):
    customers = tmp_path / "customers.csv"
    customers.write_text("customer_id,name\n" + "".join(f"C{i},Name {i}\n" for i in range(997)))
    orders, people = at_once(lambda: take(db, export), lambda: take(db, customers))
    assert (orders.loaded, people.loaded) == (LINES, 997)
    assert {orders.import_id, people.import_id} == {1, 2}
    assert health.check(db.cursor())["is_sound"].all() and left_over(db) == []
    named = db.cursor().execute("select count(*), count(name) from customer_profile").fetchone()
    assert named == (997, 997), "what is derived knows of both"


def statements(database) -> dict:
    """Every table's rows and checksum, and the history."""
    con = database.cursor()
    return checksums(con) | {"imports": con.execute("select * from imports order by import_id").fetchall()}


def test_t84_a_cancel_at_half_leaves_the_state_before(db, export, tmp_path):
    importing.apply_plan(db, importing.plan_import(db, [orders_file(tmp_path / "first.csv", 10, "F")]))
    before, plan, stop = statements(db), importing.plan_import(db, [export]), Stop()

    def progress(step: str, share: float):
        if step == "deriving":  # the rows stand, what follows from them does not
            assert stop.request()

    with pytest.raises(Cancelled, match="taken back"):
        importing.apply_plan(db, plan, progress, stop)
    assert statements(db) == before and left_over(db) == []
    assert health.check(db.cursor())["is_sound"].all()
    again = importing.apply_plan(db, importing.plan_import(db, [export]))
    assert again[0].loaded == LINES


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7])
def test_t84_a_cancel_from_another_thread_at_any_moment(db, export, share):
    """One moment each in reading and importing; the running statement is interrupted, not awaited."""
    started = time.monotonic()
    importing.apply_plan(db, importing.plan_import(db, [export]))
    whole = time.monotonic() - started
    importing.undo_import(db, 1)
    before, stop = statements(db), Stop()
    threading.Timer(share * whole, stop.request).start()
    try:
        importing.apply_plan(db, importing.plan_import(db, [export], stop=stop), stop=stop)
    except Cancelled:
        assert stop.is_requested and statements(db) == before
    else:
        assert not stop.is_requested, "done before it was asked"
    assert left_over(db) == []


def test_t84_a_request_after_the_commit_is_told_that_it_is_too_late(db, export):
    stop = Stop()
    receipts = importing.apply_plan(db, importing.plan_import(db, [export], stop=stop), stop=stop)
    assert receipts[0].loaded == LINES and stop.request() is False and not stop.is_requested


def test_t84_who_waits_for_another_import_can_stop_waiting(db, export):
    plan, stop = importing.plan_import(db, [export]), Stop()
    with db.writing():
        refused = []
        waiting = threading.Thread(target=lambda: refused.append(cancelled(db, plan, stop)))
        waiting.start()
        stop.request()
        waiting.join(60)
        assert refused == [True]
    assert left_over(db) == []


def cancelled(db, plan, stop) -> bool:
    try:
        importing.apply_plan(db, plan, stop=stop)
    except Cancelled:
        return True
    return False


@pytest.mark.parametrize("moment", [0.0, 0.5])  # seconds after the first byte was read
def test_t84_ctrl_c_on_the_command_line_is_one_sentence(tmp_path, export, moment):
    path = tmp_path / "company" / "crm.duckdb"
    process = subprocess.Popen(
        command("import", export, db=path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while process.poll() is None and not list((tmp_path / "company").glob("crm.files/staging/*.raw")):
        time.sleep(0.01)
    time.sleep(moment)
    os.kill(process.pid, signal.SIGINT)
    said, complained = process.communicate(timeout=120)
    if said:  # it came too late
        assert "20,000 loaded" in said and state(path) == (LINES, 1, True)
        return
    assert process.returncode == 130 and said == ""
    assert complained == "Stopped as you asked: what was not finished was taken back.\n"
    assert state(path) == (0, 0, False)


def handles() -> int:
    return len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0


def in_a_row(db, tmp_path, times: int, lines: int, *, is_undone: bool = False) -> None:
    """Import so many files, each with orders of its own; nothing grows but the data, and not even they where each is undone."""
    seen = []
    for number in range(times):
        path = orders_file(tmp_path / "next.csv", lines, f"N{number}-")
        receipt = take(db, path)
        assert receipt.loaded == lines
        if is_undone:
            importing.undo_import(db, receipt.import_id)
        seen.append((handles(), threading.active_count(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10))
    warm = seen[len(seen) // 3]
    assert seen[-1][0] <= warm[0] + 2 and seen[-1][1] <= warm[1]
    assert seen[-1][2] <= warm[2] + 60, "megabytes"
    assert left_over(db) == [] and len(list(db.folder("raw").iterdir())) == times
    assert db.cursor().execute("select count(*) from orders").fetchone() == (0 if is_undone else times * lines,)


def test_t85_imports_in_a_row_leave_nothing_behind(db, tmp_path):
    in_a_row(db, tmp_path, 12, 200)


def test_t85_large_texts_in_a_row_leave_no_process_behind(db, tmp_path, monkeypatch):
    monkeypatch.setattr(careful, "SMALL", 0)
    before = children()
    for number in range(2):
        path = orders_file(tmp_path / "next.csv", 200, f"N{number}-")
        path.write_text(path.read_text() + "\nTotal,,,1\n")
        assert take(db, path).loaded == 200
    assert children() <= before
    assert left_over(db) == []


def children() -> set[int]:
    """Numbers of the processes that this one has started, ended ones that nobody asked after among them."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            if int(stat.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                found.add(int(stat.parent.name))
    return found


@pytest.mark.long
def test_t85_a_hundred_imports_in_a_row(db, tmp_path):
    in_a_row(db, tmp_path, 100, 20_000, is_undone=True)  # two million rows would need more memory, rightly


def test_t86_an_import_during_a_backup_and_a_checkpoint(db, export, tmp_path):
    take(db, orders_file(tmp_path / "first.csv", 2000, "F"))

    def checkpoints() -> int:
        for _ in range(10):
            db.cursor().execute("checkpoint")
            time.sleep(0.02)
        return 10

    receipt, saved, many = at_once(
        lambda: take(db, export), lambda: backup.backup(db, tmp_path / "saved.zip"), checkpoints
    )
    assert receipt.loaded == LINES and (many == 10 or "checkpoint" in str(many).lower()), many
    assert backup.look(saved).rows(["orders"])["orders"] in (2000, LINES + 2000)
    assert health.check(db.cursor())["is_sound"].all() and left_over(db) == []
    path = db.path
    db.close()
    assert state(path)[:2] == (LINES + 2000, 2)
    backup.restore(path, saved)
    open_database(path).close()
    assert state(path)[0] in (2000, LINES + 2000)
