"""Fixtures every test may use: a fresh database, several of them, and the real exports where they are at hand."""

import os
import shutil
from itertools import count
from pathlib import Path

import hypothesis
import pytest

from crm_analytics import importing
from crm_analytics.database import open_database
from tests import plain

hypothesis.settings.register_profile(  # a busy machine is no failure
    "suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")
os.environ.setdefault("CRM_DAILY_BACKUP", "off")  # tests of it turn it on; all others count the files there are
REAL = Path(os.environ.get("CRM_REAL_DATA") or Path(__file__).parents[2] / "shared" / "data")


@pytest.fixture(scope="session")
def empty(tmp_path_factory) -> Path:
    """The file of an empty database: a copy of it opens faster than a new one is made."""
    database = open_database(tmp_path_factory.mktemp("empty") / "crm.duckdb")
    database.close()
    return database.path


@pytest.fixture
def db_factory(tmp_path, empty):
    """Makes fresh databases; closes them after the test."""
    opened, numbers = [], count(1)

    def make():
        folder = tmp_path / f"company{next(numbers)}"
        folder.mkdir()
        opened.append(open_database(shutil.copy(empty, folder / "crm.duckdb")))
        return opened[-1]

    yield make
    for database in opened:
        database.close()


@pytest.fixture
def db(db_factory):
    """A fresh, empty database."""
    return db_factory()


@pytest.fixture(scope="session")
def real():
    """Path of a real export by its name below ../shared/data; skips, saying so, where the folder is absent."""

    def find(name: str) -> Path:
        if not (REAL / name).exists():
            pytest.skip(f"the real export {name} is not at hand (no {REAL.name}/{name})")
        return REAL / name

    return find


def imported(path: Path, folder: Path):
    """A database that holds this one export."""
    database = open_database(folder / "crm.duckdb")
    importing.apply_plan(database, importing.plan_import(database, [path]))
    return database


@pytest.fixture(scope="session")
def retail(real, tmp_path_factory):
    """(database, its lines by pandas alone) of the Online Retail export."""
    path = real("online_retail/online_retail.csv.gz")
    database = imported(path, tmp_path_factory.mktemp("retail"))
    yield database, plain.online_retail(path)
    database.close()


@pytest.fixture(scope="session")
def superstore(real, tmp_path_factory):
    """(database, its lines by pandas alone) of the Chinese Superstore export: order ids shared by customers, profit given."""
    path = real("superstore_cn/订单.utf8.csv")
    database = imported(path, tmp_path_factory.mktemp("superstore"))
    yield database, plain.superstore(path)
    database.close()


def pytest_collection_modifyitems(items):
    """The browser's files first: they take longest, and with several processes what begins last ends last."""
    items.sort(key=lambda item: "/browser/" not in item.nodeid)
