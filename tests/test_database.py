"""One opened database: closing it while others read."""

import threading
import time

from crm_analytics.database import open_database


def test_closing_waits_for_those_who_still_read(tmp_path):
    db = open_database(tmp_path / "crm.duckdb")
    con, answers, begun = db.cursor(), [], threading.Event()

    def read():
        begun.set()
        answers.append(con.execute("select sum(hash(range) % 7) > 0, count(*) from range(60_000_000)").fetchone()[1])

    reader = threading.Thread(target=read)
    reader.start()
    begun.wait()
    time.sleep(0.1)  # the statement runs
    db.close()
    reader.join()
    assert answers == [60_000_000], "the reader was not cut off"
    assert open_database(tmp_path / "crm.duckdb").cursor().execute("select 1").fetchone() == (1,)
