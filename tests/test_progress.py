"""How far work is: shares that never go back, statements that tell how far they are, and nothing drawn anywhere."""

import threading

import pytest

from crm_analytics import importing
from crm_analytics.progress import stretch
from crm_analytics.stop import Stop
from crm_analytics.ui.running import Task


def test_a_stretch_tells_its_part_of_the_whole():
    heard = []
    told = stretch(lambda step, share: heard.append((step, float(share), share.until)), "loading", 0.2, 0.6)
    told(0, 0.5)
    told(0.75, 1)
    assert heard == [("loading", 0.2, pytest.approx(0.4)), ("loading", pytest.approx(0.5), pytest.approx(0.6))]
    stretch(None, "loading", 0, 1)(0, 1)  # nobody looks on


def test_an_import_tells_how_far_it_is(db, tmp_path):
    heard = []

    def progress(step: str, share: float):
        heard.append((step, float(share), share.until))

    for name in ("a", "b"):
        (tmp_path / name).write_text(f"order_id,customer_id,ordered_at,amount\n{name},C1,2024-01-05,10\n")
    plan = importing.plan_import(db, [tmp_path / "a", tmp_path / "b"], progress=progress)
    planned, _ = len(heard), importing.apply_plan(db, plan, progress)
    assert list(dict.fromkeys(step for step, _, _ in heard)) == ["reading", "checking", "loading", "deriving"]
    for part in (heard[:2], heard[2:planned], heard[planned:]):
        assert [share for _, share, _ in part] == sorted(share for _, share, _ in part)
    assert all(0 <= share <= until <= 1 for _, share, until in heard)


def test_a_statement_under_way_tells_how_far_it_is_and_draws_nothing(db, capfd):
    stop, seen, done = Stop(), [], threading.Event()

    def look():
        while not done.wait(0.01):
            seen.append(stop.statement_done)

    looking = threading.Thread(target=look)
    looking.start()
    with stop.in_force():
        con = db.cursor()
        con.execute("create temp table many as select range as n from range(8000000)")
        con.execute("create temp table sorted as select n, hash(n) as h from many order by h")
    done.set()
    looking.join()
    assert any(0 < share < 1 for share in seen) and all(0 <= share <= 1 for share in seen)
    con.close()
    assert stop.statement_done == 0
    assert capfd.readouterr() == ("", "")


def test_a_bar_never_goes_back():
    heard, told, looked = threading.Event(), threading.Event(), []

    def work(progress, stop):
        for done, until in ((0.2, 0.4), (0.5, 0.6), (0.3, 0.4)):
            stretch(progress, "loading", 0, 1)(done, until)
            told.set()
            heard.wait(10)
            heard.clear()

    task = Task("importing", work, looked.append)
    for _ in range(3):
        told.wait(10)
        told.clear()
        looked.append(task.share)
        heard.set()
    assert looked == [0.2, 0.5, 0.5]
