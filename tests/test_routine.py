"""What the program does by itself: a full read once per opening, a verified backup a day, three of them kept."""

import os
import threading
import time

import pytest
from streamlit.testing.v1 import AppTest

from crm_analytics import backup, health, importing, routine
from crm_analytics.database import checksums, open_database
from crm_analytics.errors import CrmError
from tests.test_trust_faults import ROOT, orders_file


@pytest.fixture
def company(db, tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_DAILY_BACKUP", "on")
    importing.apply_plan(db, importing.plan_import(db, [orders_file(tmp_path / "few.csv", 300)]))
    return db


def aged(path, days: float):
    moment = time.time() - days * 86_400
    os.utime(path, (moment, moment))


def test_t54_a_verified_backup_is_kept_once_a_day(company):
    made = routine.keep_daily(company)
    assert backup.look(made).rows(["orders"]) == {"orders": 300}
    assert routine.keep_daily(company) is None, "the last one is of today"
    aged(made, 1.1)
    assert routine.keep_daily(company) is not None


def test_t54_three_are_kept_the_latest_by_number(company):
    for _ in range(5):
        aged(routine.keep_daily(company), 2)
    assert [path.name for path in routine.dailies(company.path)] == [
        f"company-{n}-daily.zip".replace("company", "crm") for n in ("0003", "0004", "0005")
    ]


def test_t58_a_clock_that_was_set_back_does_not_end_the_backups(company):
    aged(routine.keep_daily(company), -400)  # made in the future
    assert routine.keep_daily(company) is not None


def test_a_backup_that_finds_no_room_stops_nobody(company, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 1000}))
    assert isinstance(routine.keep_daily(company), CrmError)


def test_none_is_made_of_nothing_of_too_much_or_where_it_is_turned_off(company, db_factory, monkeypatch):
    assert routine.keep_daily(db_factory()) is None
    monkeypatch.setattr(routine, "MOST_BYTES", 1000)
    assert routine.keep_daily(company) is None
    monkeypatch.undo()
    monkeypatch.setenv("CRM_DAILY_BACKUP", "off")
    assert routine.keep_daily(company) is None


def damaged(database):
    """The database closed, one bit changed in the middle of its rows, opened again."""
    path = database.path
    database.close()
    whole = path.read_bytes()
    for start in range(3 * 4096, len(whole), 1 << 18):
        changed = bytearray(whole)
        changed[start + 1000] ^= 1
        path.write_bytes(changed)
        try:
            opened = open_database(path)
        except CrmError:
            continue
        if health.damage(opened):
            return opened
        opened.close()
    raise AssertionError("no block of rows was found")


def look_until_read(database):
    """What the first look finds, once its work beside the screens is done."""
    assert routine.look_after(database) is None, "nobody waits for it"
    for thread in threading.enumerate():
        if thread.name == "routine":
            thread.join()
    return routine.look_after(database)


def test_t54_a_full_read_at_the_start_finds_what_no_screen_has_read(company):
    assert look_until_read(company) is None
    again = damaged(company)
    assert look_until_read(again).startswith("block ")
    again.close()


def test_t54_the_screens_say_what_is_damaged_and_restore_a_verified_backup(company, monkeypatch):
    kept, sums = routine.keep_daily(company), checksums(company.cursor())
    path = company.path
    monkeypatch.setenv("CRM_DB", str(path))
    company.close()
    whole = bytearray(path.read_bytes())
    whole[4096 + 20] ^= 1
    whole[8192 + 20] ^= 1
    path.write_bytes(whole)
    shown = AppTest.from_file(ROOT / "app.py", default_timeout=120).run()
    assert not shown.exception and "damaged" in shown.error[0].value
    shown.button(key="safety-restore").click().run()
    shown.selectbox(key="safety-kept").select(kept).run()
    shown.button(key="restore-now").click().run()
    assert not shown.exception and not shown.error, [each.value for each in shown.error]
    assert checksums(open_database(path).cursor()) == sums
    assert [each.name for each in path.parent.glob("backups/*set-aside*.duckdb")], "the damaged file is kept"
    open_database(path).close()
