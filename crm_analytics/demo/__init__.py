"""The made-up company of the first start: its CSV exports, what is true of it, and the database made of them.

Where its truth stands: `company` holds the parameters of its world, `effects.Effects` how strongly each thing acts on the
purchases since company.FIRST_EFFECT, and `write` puts beside the exports, in `truths/`, what is true of this very company:
truths.json (parameters, sizes, counts), orders_truth.csv (the cause of each order), customers_truth.csv (rates, when and why
lost).  As of the day before the first effect the orders are BG/NBD and their values Gamma-Gamma, and nothing else.

`people`, `purchases`, `goods`, `service` and `programme` make the tables, `world` in their order.  People are made in groups of
GROUP, each from a seed of its own, so that a million of them need no more memory than twenty-five thousand.
"""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

try:
    import fcntl
except ImportError:  # Windows: two first starts at once may both build, and the later one says so
    fcntl = None

from crm_analytics import schema
from crm_analytics.database import open_database
from crm_analytics.demo import company, programme, truths, world
from crm_analytics.demo.effects import Effects
from crm_analytics.importing import apply_plan, plan_import
from crm_analytics.state import save_rules

GROUP = 25_000
ARROW_TYPES = {
    "id": pa.string(),
    "text": pa.string(),
    "day": pa.date32(),
    "timestamp": pa.timestamp("s"),
    "money": pa.float64(),
    "number": pa.float64(),
    "whole": pa.int64(),
    "flag": pa.string(),
}
TABLES = (
    "customers", "orders", "products", "surveys", "complaints", "complaint_events", "interactions", "campaigns",
    "campaign_members", "members", "points", "costs", "churn_reasons", "wallet", "receivables",
)  # fmt: skip


def write(folder: Path | str, customers: int = 3000, seed: int = 1, effects: Effects | None = None) -> list[Path]:
    """Write the company's exports into the folder, one CSV per table, and its truths beside them in `truths/`.

    The same arguments give the same bytes.  The paths of the exports.
    """
    folder = Path(folder)
    (folder / "truths").mkdir(parents=True, exist_ok=True)
    paths = {name: folder / f"{name}.csv" for name in TABLES}
    with ExitStack() as stack:
        files = {name: stack.enter_context(path.open("wb")) for name, path in paths.items()}
        for name in ("orders_truth", "customers_truth"):
            files[name] = stack.enter_context((folder / "truths" / f"{name}.csv").open("wb"))
        story = _write_tables(files, customers, seed, effects or Effects())
    (folder / "truths" / "truths.json").write_text(story + "\n", "utf-8", newline="\n")
    return list(paths.values())


def build(path: Path | str, customers: int = 3000, seed: int = 1) -> Path:
    """Make the company's database at `path`, in place of one that is there.  It appears whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}-") as workshop:
        made = Path(workshop) / path.name
        database = open_database(made)
        try:
            apply_plan(database, plan_import(database, write(Path(workshop) / "exports", customers, seed)))
            save_rules(database, company.RULES)
            database.cursor().execute("checkpoint")
        finally:
            database.close()
        shutil.rmtree(path.with_suffix(".files"), ignore_errors=True)
        path.with_suffix(path.suffix + ".wal").unlink(missing_ok=True)
        os.replace(made.with_suffix(".files"), path.with_suffix(".files"))
        os.replace(made, path)
    return path


def ensure(path: Path | str) -> Path:
    """The path of the company's database, which is made first where there is none; one process makes it, others wait."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        with _alone(path.with_suffix(".lock")):
            if not path.exists():
                build(path)
    return path


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait until no other process holds the lock.  The system takes it from a process that dies."""
    with lock.open("a") as file:
        if fcntl:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _write_tables(files: dict, customers: int, seed: int, effects: Effects) -> str:
    """Write every table, group by group, and return what is true of the whole."""
    revenue, counted, numbers = np.zeros(len(company.month_starts())), Counter(), dict(world.FIRST_NUMBERS)
    for place, first in enumerate(range(0, customers, GROUP)):
        chance = world.draws(seed, place)
        group = world.live(chance, min(GROUP, customers - first), numbers, effects)
        tables = world.exports(chance, group, numbers, effects)
        for name, table in tables.items():
            _append(files[name], table, _types(name, table))
        _append(files["orders_truth"], truths.orders(group))
        _append(files["customers_truth"], truths.customers(group, numbers["complaints"]))
        revenue += _by_month(tables["orders"])
        counted += truths.count(group)
        numbers = world.advance(numbers, group, tables)
    campaigns = programme.campaigns(counted)
    for name, table in {
        "products": world.products(), "campaigns": campaigns, "costs": programme.costs(revenue, campaigns)
    }.items():  # fmt: skip
        _append(files[name], table, _types(name, table))
    return truths.story(customers, seed, effects, counted)


def _by_month(lines: pd.DataFrame) -> np.ndarray:
    """Revenue of each month since the opening."""
    counted = lines[lines["status"] != "cancelled"]
    month = (
        counted["ordered_at"].dt.year * 12
        + counted["ordered_at"].dt.month
        - (company.OPENED.year * 12 + company.OPENED.month)
    )
    return np.bincount(month, counted["amount"], minlength=len(company.month_starts()))


def _types(name: str, table: pd.DataFrame) -> pa.Schema:
    """The kinds of a table of the schema, as they are written."""
    return pa.schema([(column, ARROW_TYPES[schema.TABLES[name][column].kind]) for column in table.columns])


def _append(file, table: pd.DataFrame, columns: pa.Schema | None = None) -> None:
    """Write rows at the end of a CSV, the header first where it is empty.  No text of the company needs quotes."""
    rows = pa.Table.from_pandas(table, columns, preserve_index=False)
    for place, column in enumerate(rows.schema):
        if pa.types.is_timestamp(column.type):  # the company's clocks show minutes
            rows = rows.set_column(place, column.name, pa.compute.strftime(rows[place], "%Y-%m-%d %H:%M"))
    options = pyarrow.csv.WriteOptions(include_header=file.tell() == 0, quoting_style="none")
    pyarrow.csv.write_csv(rows, file, options)
