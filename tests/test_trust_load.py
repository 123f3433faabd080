"""Many at once and many in a row, row by row of docs/trust.md: T81, T82, T84, T85, T86."""

import os
import signal
import subprocess
import threading
import time

import pytest

from crm_analytics import health, importing
from crm_analytics.database import checksums
from crm_analytics.errors import Cancelled
from crm_analytics.stop import Stop
from tests.test_trust_faults import command, left_over, orders_file, state

LINES = 60_000


@pytest.fixture
def export(tmp_path):
    return orders_file(tmp_path / "orders.csv", LINES)


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


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.8])
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
        waiting.join(5)
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
    said, complained = process.communicate(timeout=30)
    if said:  # it came too late
        assert "60,000 loaded" in said and state(path) == (LINES, 1, True)
        return
    assert process.returncode == 130 and said == ""
    assert complained == "Stopped as you asked: what was not finished was taken back.\n"
    assert state(path) == (0, 0, False)
