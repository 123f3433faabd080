"""From a file to tables: DuckDB's own reader at its fastest, and the product, which also proves, types, counts and derives."""

import shutil
from contextlib import ExitStack
from pathlib import Path

import duckdb

from benchmarks.company import Company
from benchmarks.measure import Stopwatch
from crm_analytics.database import open_database
from crm_analytics.importing import apply_plan, plan_import


def bare(company: Company, stopwatch: Stopwatch):
    """One statement into a fresh database file, with whatever DuckDB guesses and all the memory it wants."""
    con = duckdb.connect(str(company.scratch / "bare.duckdb"))
    con.execute("set enable_progress_bar = false")
    with stopwatch("import.bare"):
        con.execute("create table orders as select * from read_csv($path)", {"path": str(company.orders)})
        con.execute("checkpoint")
    return lambda: _facts(
        *con.execute(
            "select count(*), count(*) - count(customer_id), sum(cast(amount as decimal(17, 4))) from orders"
        ).fetchone()
    )


def product(company: Company, stopwatch: Stopwatch):
    """Plan, apply, close. What `progress` names begins where it is called and lasts until the next name."""
    database = open_database(company.scratch / "product" / "crm.duckdb")
    phases = _Phases(stopwatch)
    with stopwatch("import.product"):
        plan = plan_import(database, [company.orders], progress=phases)
        (receipt,) = apply_plan(database, plan, progress=phases)
        database.close()
        phases.end()
    return lambda: _facts(receipt.loaded, receipt.without_customer, receipt.amount_loaded)


def marred(company: Company, stopwatch: Stopwatch):
    """The same file with one date in its middle that is none: every faster way is off for that column, and a record is set aside."""
    path = _with_a_slip(company.orders, company.scratch / "marred.csv")
    database = open_database(company.scratch / "marred" / "crm.duckdb")
    phases = _Phases(stopwatch, "import.marred")
    plan = plan_import(database, [path], progress=phases)
    (receipt,) = apply_plan(database, plan, progress=phases)
    database.close()
    phases.end()
    return lambda: {"lines of the marred file": receipt.loaded + receipt.quarantined, "set aside": receipt.quarantined}


def _with_a_slip(orders: Path, path: Path) -> Path:
    """A copy whose record after the middle says "soon" instead of a moment."""
    with open(orders, "rb") as file, open(path, "wb") as copy:
        half = orders.stat().st_size // 2
        copy.write(file.read(half) + file.readline())
        cells = file.readline().split(b",")
        copy.write(b",".join([*cells[:2], b"soon", *cells[3:]]))
        shutil.copyfileobj(file, copy)
    return path


def _facts(lines: int, anonymous: int, amount) -> dict:
    return {"lines": lines, "lines without a customer": anonymous, "amount": amount}


class _Phases:
    """A progress callback that enters each phase on the stopwatch."""

    ROWS = {"reading": "import.read", "checking": "import.check", "loading": "import.load", "deriving": "import.derive"}

    def __init__(self, stopwatch: Stopwatch, taken: str = "import.taken"):
        self.stopwatch, self.taken, self.phase = stopwatch, taken, None

    def __call__(self, name: str, share: float) -> None:
        if name in self.ROWS:
            self.end()
            self.phase = ExitStack()
            self.phase.enter_context(self.stopwatch(self.ROWS[name]))
            if name != "deriving":
                self.phase.enter_context(self.stopwatch(self.taken))

    def end(self) -> None:
        if self.phase:
            self.phase.close()
        self.phase = None
