"""The made-up company of the first start: its CSV exports, and the database made of them.

`company` holds the parameters, that is the truth; `people`, `purchases`, `service` and `programme` make the tables.  People
are made in groups of GROUP, each from a seed of its own, so that a million of them need no more memory than twenty-five thousand.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

try:
    import fcntl
except ImportError:  # Windows: two first starts at once may both build, and the later one says so
    fcntl = None

from crm_analytics import schema
from crm_analytics.database import open_database
from crm_analytics.demo import company, programme, purchases, service
from crm_analytics.demo.people import EXPORTED, people
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
    "customers", "orders", "surveys", "complaints", "interactions", "campaigns", "campaign_members", "members", "points", "costs",
    "churn_reasons", "wallet", "receivables",
)  # fmt: skip


def write(folder: Path | str, customers: int = 3000, seed: int = 1) -> list[Path]:
    """Write the company's exports into the folder, one CSV per table; the same arguments give the same bytes."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / f"{name}.csv" for name in TABLES}
    files = {name: path.open("wb") for name, path in paths.items()}
    try:
        _write_tables(files, customers, seed)
    finally:
        for file in files.values():
            file.close()
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


def _write_tables(files: dict[str, BinaryIO], customers: int, seed: int) -> None:
    revenue = np.zeros(len(company.month_starts()))
    asked = np.zeros(len(company.CAMPAIGNS), int)
    numbers = {"orders": 10_001, "complaints": 1, "surveys": 1}
    for group, first in enumerate(range(0, customers, GROUP)):
        tables, treated = _group(
            np.random.default_rng([seed, group]), min(GROUP, customers - first), first + 1, numbers
        )
        for name, table in tables.items():
            _append(name, files[name], table)
        revenue += _by_month(tables["orders"])
        asked += treated
        _advance(numbers, tables)
    campaigns = programme.campaigns(asked)
    _append("campaigns", files["campaigns"], campaigns)
    _append("costs", files["costs"], programme.costs(revenue, campaigns))


def _group(rng, count: int, first_number: int, numbers: dict[str, int]) -> tuple[dict[str, pd.DataFrame], np.ndarray]:
    """The tables of one group of people, and how many of them each campaign treated."""
    everyone = people(rng, count, first_number)
    bought = purchases.occasions(rng, everyone)
    asked = purchases.campaign_members(rng, everyone, bought)
    bought = pd.concat([bought, purchases.prompted(rng, asked)], ignore_index=True)
    orders = purchases.orders(rng, everyone, bought, numbers["orders"])
    lines = purchases.lines(rng, everyone, orders)
    complaints = service.complaints(rng, everyone, orders, numbers["complaints"])
    members = programme.members(rng, everyone, orders)
    tables = {
        "customers": everyone[EXPORTED],
        "orders": lines,
        "surveys": service.surveys(rng, everyone, orders, complaints, numbers["surveys"]),
        "complaints": complaints,
        "interactions": service.interactions(rng, everyone),
        "campaign_members": programme.campaign_members(rng, everyone, asked),
        "members": members.drop(columns=["buyer", "joined"]),
        "points": programme.points(rng, everyone, orders, members),
        "churn_reasons": service.churn_reasons(rng, everyone, orders),
        "wallet": programme.wallet(rng, everyone, orders),
        "receivables": programme.receivables(rng, everyone, orders, lines.groupby("order_id")["amount"].sum().round(2)),
    }
    treated = asked.loc[asked["arm"] == "treated", "campaign"]
    return tables, np.bincount(treated, minlength=len(company.CAMPAIGNS))


def _advance(numbers: dict[str, int], tables: dict[str, pd.DataFrame]) -> None:
    """Where the next group's running numbers begin."""
    orders = tables["orders"].loc[tables["orders"]["return_of"].isna(), "order_id"]
    numbers["orders"] += orders.nunique()
    numbers["complaints"] += len(tables["complaints"])
    numbers["surveys"] += tables["surveys"]["response_id"].nunique()


def _by_month(lines: pd.DataFrame) -> np.ndarray:
    """Revenue of each month since the opening."""
    counted = lines[lines["status"] != "cancelled"]
    month = (
        counted["ordered_at"].dt.year * 12
        + counted["ordered_at"].dt.month
        - (company.OPENED.year * 12 + company.OPENED.month)
    )
    return np.bincount(month, counted["amount"], minlength=len(company.month_starts()))


def _append(name: str, file: BinaryIO, table: pd.DataFrame) -> None:
    """Write rows of a table of the schema at the end of a CSV, the header first where it is empty."""
    columns = pa.schema([(column, ARROW_TYPES[schema.TABLES[name][column].kind]) for column in table.columns])
    options = pyarrow.csv.WriteOptions(include_header=file.tell() == 0)
    pyarrow.csv.write_csv(pa.Table.from_pandas(table, columns, preserve_index=False), file, options)
