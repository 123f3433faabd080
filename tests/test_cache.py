"""What is kept of a view: made once, never handed to another database or version, told again to who records."""

import shutil
from functools import partial

import pandas as pd

from crm_analytics import cache
from crm_analytics.database import bump_data_version, open_database
from crm_analytics.filters import Filters
from crm_analytics.ui.recorder import Recorder
from tests.rows import given, prepared

ORDERS = "customer_id order_id ordered_at amount\n C-1 1 2026-06-01 10"


def asked(made: list):
    """An answer that counts how often it is made."""

    def make() -> pd.DataFrame:
        made.append(1)
        return pd.DataFrame({"n": [len(made)]})

    return make


def test_an_answer_is_made_once_and_its_frame_may_be_changed(db):
    given(db, orders=ORDERS)
    con, filters = prepared(db)
    made: list = []
    first = cache.answer(con, filters, ("what",), asked(made))
    first["n"] = 99
    assert cache.answer(db.cursor(), filters, ("what",), asked(made)).n.tolist() == [1]
    assert cache.answer(con, filters, ("else",), asked(made)).n.tolist() == [2]
    assert cache.answer(con, prepared(db, months=6)[1], ("what",), asked(made)).n.tolist() == [3]


def test_another_version_or_another_file_is_another_answer(db, db_factory):
    made: list = []
    for database in (db, db_factory()):
        given(database, orders=ORDERS)
        cache.answer(*prepared(database), ("what",), asked(made))
    assert len(made) == 2
    with db.writing() as con:
        bump_data_version(con)
    cache.answer(*prepared(db), ("what",), asked(made))
    assert len(made) == 3


def test_a_file_put_in_anothers_place_is_another_company(tmp_path):
    path, made = tmp_path / "crm.duckdb", []
    for _ in range(2):
        database = open_database(path)
        given(database, orders=ORDERS)
        cache.answer(*prepared(database), ("what",), asked(made))
        database.close()
        path.unlink()
        shutil.rmtree(database.files)  # its note says that there was a database
    assert len(made) == 2


def test_who_records_is_told_by_which_queries_an_answer_was_made(db, monkeypatch):
    given(db, orders=ORDERS)
    monkeypatch.setitem(globals(), "__name__", "crm_analytics.metrics.stand_in")  # only queries of metrics are recorded
    for _ in range(2):
        con, filters = prepared(db)
        recorder = Recorder(con)
        query = partial(recorder.execute, "select 41 + 1 as n")
        cache.answer(recorder, filters, ("what",), lambda query=query: query().df())
        assert [str(statement.sql) for statement in recorder.statements] == ["select 41 + 1 as n"]


def test_a_table_is_built_once_per_day_and_window(db):
    given(db, orders=ORDERS)
    con, filters = prepared(db)
    assert cache.known_table(con, "thing", filters) is None
    name = cache.table(con, "thing", filters, "select $n as n", {"n": 1})
    assert cache.table(con, "thing", filters, "select $n as n", {"n": 2}) == name
    assert con.execute(f"select n from {name}").fetchall() == [(1,)]
    assert cache.known_table(con, "thing", filters) == name
    assert cache.known_table(con, "thing", Filters(as_of=filters.as_of, months=6)) is None
