"""A company whose every number is known: METRICS' worked example, with movements, concentration and lessons written in sight."""

import pandas as pd
import pytest

from crm_analytics.i18n import LANGUAGES, translator
from crm_analytics.metrics import pyramid, whatif
from crm_analytics.reporting.facts import Facts
from tests.metrics import worked_example
from tests.rows import prepared

TRANSLATED = [language for language in LANGUAGES if translator(language).knows("slides.layer")]
ANSWERS = {
    "en": "**1% of customers** bring 40% of revenue.",
    "zh-Hans": "**1% 的客户**带来 40% 的销售额。",
    "zh-Hant": "**1% 的客戶**帶來 40% 的銷售額。",
}
WINDOWS = {
    "en": "12 months to 31 Dec 2025",
    "zh-Hans": "截至 2025年12月31日的 12 个月",
    "zh-Hant": "截至 2025年12月31日，12 個月",
}
SIX = "small:medium=3,small:big=2,small:top=1"
MATRIX = """
from_tier to_tier customers
top top 6
top big 4
big top 3
big big 30
small small 700
small inactive 100
new small 50
"""
FLOWS = """
flow customers revenue_then revenue_now
entered 50 0 125000.50
up 3 187500 1200000
down 4 1600000 250000
stayed 736 4000000 4100000
left 100 250000 0
returned 0 0 0
"""
CURVE = """
customers_share revenue_share profit_share marker
0 0 0 -
0.01 0.40 0.70 top
0.05 0.65 1.00 big
0.20 0.80 1.10 medium
1 1 1 small
"""


def table(text: str) -> pd.DataFrame:
    """A frame written as words; `-` is null."""
    header, *rows = [line.split() for line in text.strip().splitlines()]
    frame = pd.DataFrame([[None if word == "-" else word for word in row] for row in rows], columns=header)
    for name in frame:
        if name not in ("from_tier", "to_tier", "flow", "marker", "tier", "customer_id", "name"):
            frame[name] = pd.to_numeric(frame[name])
    return frame


def matrix() -> pd.DataFrame:
    moved = table(MATRIX)
    rate = moved.customers / moved.groupby("from_tier").customers.transform("sum")
    return moved.assign(rate=rate, low=rate / 2, high=(1 + rate) / 2)


def lessons() -> pd.DataFrame:
    """Ten of them: the first holds, the second fails, the sixth is unclear, the others want surveys."""
    rows = pd.DataFrame({"lesson": range(1, 11), "unit": "share", "verdict": "unknown", "wants": "surveys"})
    rows = rows.assign(value=float("nan"), low=float("nan"), high=float("nan"), n=0, note=None)
    rows.loc[0, ["verdict", "value", "low", "high", "n"]] = ["holds", 0.8, 0.79, 0.81, 1000]
    rows.loc[1, ["verdict", "value", "low", "high", "n"]] = ["fails", 0.6, 0.55, 0.65, 1000]
    rows.loc[5, ["verdict", "unit", "value", "low", "high", "n"]] = ["unclear", "difference", 0.02, -0.01, 0.05, 500]
    return rows


@pytest.fixture(scope="session")
def worked(tmp_path_factory, empty):
    """(cursor, filters) of the worked example."""
    from crm_analytics.database import open_database

    path = tmp_path_factory.mktemp("worked") / "crm.duckdb"
    path.write_bytes(empty.read_bytes())
    database = open_database(path)
    worked_example.build(database)
    yield prepared(database, worked_example.AS_OF)
    database.close()


@pytest.fixture(scope="session")
def frames(worked) -> dict[str, pd.DataFrame]:
    """What the pyramid's deck and workbook take."""
    con, filters = worked
    names = ("tiers", "waterfall", "costs", "ranges", "basis")
    curve = table(CURVE).assign(gini=0.6, customers=1000)
    written = {"concentration": curve, "migration": matrix(), "flows": table(FLOWS), "lessons": lessons()}
    return {name: getattr(pyramid, name)(con, filters) for name in names} | written


@pytest.fixture(scope="session")
def scenario(worked) -> dict:
    """What a scenario's deck and workbook take: six small customers up, total cost unchanged."""
    con, filters = worked
    asked = {
        "whatif": pyramid.whatif(con, filters, moves=SIX),
        "moves": whatif.moves(con, filters, moves=SIX),
    }
    candidates = whatif.candidates(con, filters, move="small:medium", limit=20)
    return asked | {
        "options": {"moves": SIX},
        "candidates": {"small:medium": candidates},
        "basis": pyramid.basis(con, filters),
    }


@pytest.fixture
def facts():
    """facts("en", company=...) -> the view behind a file."""

    def make(language: str = "en", **said) -> Facts:
        words = {"answer": ANSWERS.get(language, ANSWERS["en"]), "window": WINDOWS.get(language, WINDOWS["en"])}
        files = (("orders.csv", "Orders", "2026-01-02", "1,000"),)
        view = {"currency": "GBP", "company": "Lima", "files": files, "left_out": ("Three lines without a customer.",)}
        return Facts(tr=translator(language), **(words | view | said))

    return make
