"""What the tests of importing share: a folder of files written in sight, and an import of them."""

import pytest

from crm_analytics import importing
from crm_analytics.importing import Options


class Uploads:
    """Writes files and takes them through plan and apply."""

    def __init__(self, db, folder):
        self.db, self.folder = db, folder

    def file(self, content: str | bytes, name: str = "orders.csv", encoding: str = "utf-8"):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    def plan(self, content, name: str = "orders.csv", encoding: str = "utf-8", **options):
        return importing.plan_import(self.db, [self.file(content, name, encoding)], Options(**options)).files[0]

    def take(self, content, name: str = "orders.csv", encoding: str = "utf-8", **options):
        path = self.file(content, name, encoding)
        return importing.apply_plan(self.db, importing.plan_import(self.db, [path], Options(**options)))[0]

    def rows(self, sql: str):
        return self.db.cursor().execute(sql).fetchall()


@pytest.fixture
def uploads(db, tmp_path):
    folder = tmp_path / "uploads"
    folder.mkdir()
    return Uploads(db, folder)
