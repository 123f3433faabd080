"""Companies for the page tests: nothing imported, orders only, one customer, customers without orders, the made-up one."""

import shutil
from functools import cache, partial
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from crm_analytics import database, demo, importing
from crm_analytics.database import open_database

ROOT = Path(__file__).parents[2]
PAGES = {
    "overview": "app.py",
    "pyramid": "pages/pyramid.py",
    "whatif": "pages/whatif.py",
    "segments": "pages/segments.py",
    "value": "pages/value.py",
    "profile": "pages/profile.py",
    "lifecycle": "pages/lifecycle.py",
    "retention": "pages/retention.py",
    "forecast": "pages/forecast.py",
    "customers": "pages/customers.py",
    "customer": "pages/customer.py",
    "data": "pages/data.py",
    "settings": "pages/settings.py",
}
ORDERS = """order_id,customer_id,ordered_at,amount
1,a,2024-01-05,10.00
2,b,2024-02-11,20.00
3,a,2025-01-20,30.00
4,b,2025-03-02,5.50
5,"<script>alert(1)</script>",2025-03-04,7.00
6,,2025-03-05,9.00
"""


ONE = "order_id,customer_id,ordered_at,amount\n1,a,2024-01-05,10.00\n"
PEOPLE = """customer_id,name,gender,region,Tenure,Contract,Paperless
P1,Ann,Female,North,1,Monthly,Yes
P2,Bob,Male,South,34,Yearly,No
P3,Cid,Male,South,2,Monthly,Yes
P4,Dan,Male,North,45,Yearly,No
"""
FILES = {"orders": ORDERS, "empty": ORDERS, "one": ONE, "people": PEOPLE}
COMPANIES = ("empty", "orders", "one", "people", "made-up")


@pytest.fixture(autouse=True)
def creation(empty, monkeypatch):
    """A new database is a copy of an empty one: hundreds are begun here, and others test how."""
    monkeypatch.setattr(database, "_create", partial(shutil.copy, empty))


@pytest.fixture(scope="session", autouse=True)
def components():
    """Each run of an AppTest looks through every package that is installed for components: once is enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="session")
def companies(tmp_path_factory) -> dict[str, Path]:
    """Database path per state; the made-up company is built beside a database that does not exist."""
    folder = tmp_path_factory.mktemp("companies")
    demo.ensure(folder / "made-up" / "demo.duckdb")
    paths = {"made-up": folder / "made-up" / "crm.duckdb"}
    for name, text in FILES.items():
        (folder / f"{name}.csv").write_text(text)
        paths[name] = folder / f"{name}.duckdb"
        db = open_database(paths[name])
        receipt = importing.apply_plan(db, importing.plan_import(db, [folder / f"{name}.csv"]))[0]
        if name == "empty":
            importing.undo_import(db, receipt.import_id)
    return paths


@pytest.fixture
def visit(companies, monkeypatch):
    """visit("customers", "orders", lang="zh-Hans") -> the page after its first run."""

    def visit(topic: str, company: str = "made-up", **query) -> AppTest:
        monkeypatch.setenv("CRM_DB", str(companies[company]))
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for name, value in query.items():
            app.query_params[name] = value
        return app.run() if topic == "overview" else app.switch_page(PAGES[topic]).run()

    return visit
