"""One opened database: closing it while others read."""

import threading
import time
from types import SimpleNamespace

import pyarrow as pa

from crm_analytics import database
from crm_analytics.database import open_database

BATCH = pa.record_batch({"number": list(range(1000))})


def test_closing_waits_for_those_who_still_read(tmp_path, monkeypatch):
    """The statement goes on only when closing was refused once, and it is not cut off."""
    db = open_database(tmp_path / "crm.duckdb")
    con, answers, runs, refused = db.cursor(), [], threading.Event(), threading.Event()

    def batches():
        yield BATCH
        runs.set()
        refused.wait(60)
        yield BATCH

    def read():
        con.register("stream", pa.RecordBatchReader.from_batches(BATCH.schema, batches()))
        answers.append(con.execute("select count(*) from stream").fetchone())

    def wait(seconds: float):
        refused.set()
        time.sleep(seconds)

    monkeypatch.setattr(database, "time", SimpleNamespace(monotonic=time.monotonic, sleep=wait))
    reader = threading.Thread(target=read)
    reader.start()
    runs.wait(60)
    db.close()
    reader.join()
    assert refused.is_set() and answers == [(2000,)]
    assert open_database(tmp_path / "crm.duckdb").cursor().execute("select 1").fetchone() == (1,)
