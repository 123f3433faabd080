"""Large foreign texts are read by a process of its own: the same landing, and an end to whatever takes too long or too much."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from crm_analytics.errors import Cancelled, ImportRefused
from crm_analytics.importing.landing import careful, child
from crm_analytics.importing.landing.land import land
from crm_analytics.importing.landing.source import discard
from crm_analytics.stop import Stop
from tests.test_trust_faults import left_over

MIXED = (
    'Report of 2024\n\norder_id,customer_id,note,amount\nO1,C1,plain,5.00\nO2,C2\nO3,C3,"two\nlines",6.00\n'
    "O4,C4,café,7.00\nTotal,,,18.00\n"
).encode().replace(b"O4,C4,caf\xc3\xa9", b"O4,C4,caf\xe9") + "O5,王小明,备注,8.00\n".encode()


@pytest.fixture
def elsewhere(monkeypatch):
    """However small a text is, another process reads it."""
    monkeypatch.setattr(careful, "SMALL", 0)


def landed(db, path, **options) -> tuple:
    """Everything that a landing says, without the names of its working files."""
    (landing,) = land(db, path, **options)
    rows = db.cursor().execute(f"select * from {landing.relation} order by 1").fetchall()
    found = replace(
        landing, source=None, relation="", dialect=None, ragged=[*landing.ragged], skipped=[*landing.skipped]
    )
    discard(landing.source)
    return found, rows


@pytest.mark.parametrize("short_rows", ["aside", "pad"])
def test_the_landing_is_the_same(db, tmp_path, monkeypatch, short_rows):
    (tmp_path / "mixed.csv").write_bytes(MIXED)
    here = landed(db, tmp_path / "mixed.csv", short_rows=short_rows)
    monkeypatch.setattr(careful, "SMALL", 0)
    assert landed(db, tmp_path / "mixed.csv", short_rows=short_rows) == here
    assert [row[1] for row in here[1]] == (["O1", "O2", "O3", "O5"] if short_rows == "pad" else ["O1", "O3", "O5"])
    assert "\udce9" in next(record.raw for record in here[0].ragged if record.reason == "bad_bytes")


def test_a_text_that_takes_too_long_is_stopped_and_told(db, tmp_path, monkeypatch, elsewhere):
    (tmp_path / "mixed.csv").write_bytes(MIXED)
    monkeypatch.setattr(careful, "SECONDS", 0.05)
    with pytest.raises(ImportRefused) as refused:
        land(db, tmp_path / "mixed.csv")
    assert refused.value.code == "E_READ_TOO_LONG" and "mixed.csv" in str(refused.value) and left_over(db) == []


@pytest.mark.parametrize(("does", "code"), [("spin", "E_READ_TOO_LONG"), ("grow", "E_READ_TOO_BIG")])
def test_the_system_itself_ends_what_passes_a_limit(monkeypatch, does, code):
    monkeypatch.setattr(child, "PATIENCE", 100)  # so it is not the waiting that ends it
    with pytest.raises(ImportRefused) as refused:
        child.run("tests.importing.unruly", [does], name="a.csv", seconds=1, memory=1 << 30)
    assert refused.value.code == code


def test_a_process_that_breaks_down_says_why():
    with pytest.raises(child.ChildFailed, match="no_such_module"):
        child.run("no_such_module", [], name="a.csv", seconds=20, memory=2 << 30)


def test_a_request_to_stop_ends_the_process_too(db, tmp_path, monkeypatch, elsewhere):
    (tmp_path / "mixed.csv").write_bytes(MIXED)
    stop, wait = Stop(), child._wait
    monkeypatch.setattr(child, "_wait", lambda *what: (stop.request(), wait(*what)))  # it has been started
    with pytest.raises(Cancelled), stop.in_force():
        land(db, tmp_path / "mixed.csv")
    assert left_over(db) == []


def test_a_process_does_not_outlive_the_one_that_started_it():
    process = subprocess.Popen([sys.executable, "-c", child.CHILD], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    order = ["tests.importing.unruly", ["spin"], 600, 2 << 30]
    process.stdin.write(json.dumps(order).encode() + b"\n")
    process.stdin.close()  # as the system does for a process that was killed
    assert process.wait(60) == 1
