"""From a file to tables: DuckDB's own reader at its fastest, and the product, which also proves, types, counts and derives."""

import shutil
from contextlib import ExitStack
from pathlib import Path

import duckdb

from benchmarks.company import Company
from benchmarks.measure import Stopwatch
from crm_analytics.database import open_database
from crm_analytics.importing import apply_plan, plan_import, undo_import


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


def day(company: Company, stopwatch: Stopwatch):
    """The export of the day after, one line for every 500 that are here, and its undo: with the tables derived from it."""
    folder = company.scratch / "day"
    shutil.copytree(company.orders_only.parent, folder)
    path = _the_day_after(company)
    database = open_database(folder / "crm.duckdb")
    with stopwatch("import.day"):
        (receipt,) = apply_plan(database, plan_import(database, [path]))
    with stopwatch("import.undo"):
        undo_import(database, receipt.import_id)
    left = database.cursor().execute("select count(*) from orders").fetchone()[0]
    database.close()
    return lambda: {"lines of a day": receipt.loaded, "lines after undo": left}


def _the_day_after(company: Company) -> Path:
    """Orders of customers who are here, at the end of the company's time."""
    path, last = company.scratch / "day.csv", "2026-01-01"
    con = duckdb.connect()
    con.execute(
        f"copy (select 'D' || range as order_id, 'C' || lpad(cast(hash(range, 'day') % {company.customers} as varchar), 7, '0') "
        f"as customer_id, timestamp '{last}' + to_seconds(range % 86400) as ordered_at, cast(5 + range % 90 as decimal(9, 2)) as amount, "
        f"cast(2 + range % 30 as decimal(9, 2)) as cost from range({company.lines // 500})) to '{str(path).replace(chr(39), chr(39) * 2)}' "
        "(format csv, header)"
    )
    con.close()
    return path


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
