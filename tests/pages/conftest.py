"""Companies for the page tests: nothing imported, orders only, the made-up one."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from crm_analytics import demo, importing
from crm_analytics.database import open_database

ROOT = Path(__file__).parents[2]
PAGES = {"overview": "app.py", "customers": "pages/customers.py", "data": "pages/data.py", "settings": "pages/settings.py"}
ORDERS = """order_id,customer_id,ordered_at,amount
1,a,2024-01-05,10.00
2,b,2024-02-11,20.00
3,a,2025-01-20,30.00
4,b,2025-03-02,5.50
5,"<script>alert(1)</script>",2025-03-04,7.00
6,,2025-03-05,9.00
"""


@pytest.fixture(scope="session")
def companies(tmp_path_factory) -> dict[str, Path]:
    """Database path per state; the made-up company is built beside a database that does not exist."""
    folder = tmp_path_factory.mktemp("companies")
    demo.ensure(folder / "made-up" / "demo.duckdb")
    orders = folder / "orders.csv"
    orders.write_text(ORDERS)
    for name in ("orders", "empty"):
        db = open_database(folder / f"{name}.duckdb")
        receipt = importing.apply_plan(db, importing.plan_import(db, [orders]))[0]
        if name == "empty":
            importing.undo_import(db, receipt.import_id)
    return {"made-up": folder / "made-up" / "crm.duckdb", "orders": folder / "orders.duckdb", "empty": folder / "empty.duckdb"}


@pytest.fixture
def visit(companies, monkeypatch):
    """visit("customers", "orders", lang="zh-Hans") -> the page after its first run."""

    def visit(topic: str, company: str = "made-up", **query) -> AppTest:
        monkeypatch.setenv("CRM_DB", str(companies[company]))
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
        for name, value in query.items():
            app.query_params[name] = value
        return app.run() if topic == "overview" else app.switch_page(PAGES[topic]).run()

    return visit
