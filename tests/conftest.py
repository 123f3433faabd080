"""Fixtures every test may use: a fresh database, several of them, and the real exports where they are at hand."""

import os
from itertools import count
from pathlib import Path

import pytest

from crm_analytics.database import open_database

REAL = Path(os.environ.get("CRM_REAL_DATA") or Path(__file__).parents[2] / "shared" / "data")


@pytest.fixture
def db_factory(tmp_path):
    """Makes fresh databases; closes them after the test."""
    opened, numbers = [], count(1)

    def make():
        opened.append(open_database(tmp_path / f"company{next(numbers)}" / "crm.duckdb"))
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
