"""The made-up company: the same seed gives the same bytes, and its world is the one its parameters promise."""

import threading
import time

import numpy as np
import pandas as pd
import pytest

from crm_analytics import demo
from crm_analytics.database import open_database
from crm_analytics.demo import company, goods, purchases
from crm_analytics.demo.effects import Effects
from crm_analytics.demo.people import people
from crm_analytics.importing import history
from crm_analytics.schema import TABLES, mapping, missing


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports")
    demo.write(folder)
    return folder


@pytest.fixture(scope="module")
def table(folder):
    def read(name, *days):
        return pd.read_csv(folder / f"{name}.csv", dtype={"customer_id": str}, parse_dates=list(days))

    return read


@pytest.fixture(scope="module")
def orders(table):
    """The lines that count: not cancelled, with the time of their order."""
    lines = table("orders", "ordered_at")
    return lines[lines["status"] != "cancelled"]


@pytest.fixture(scope="module")
def world():
    """People and purchase occasions with their hidden truth."""
    rng = np.random.default_rng(7)
    everyone = people(rng, 20_000, 1)
    return everyone, purchases.occasions(rng, everyone)


def active(orders, start, end):
    window = orders[(orders["ordered_at"] >= start) & (orders["ordered_at"] < end) & (orders["amount"] > 0)]
    return set(window["customer_id"].dropna())


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    first, again, other = (demo.write(tmp_path / name, 300, seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert first[1].read_bytes() != other[1].read_bytes()


def test_every_header_is_one_of_ours(folder):
    for name in demo.TABLES:
        headers = (folder / f"{name}.csv").read_text("utf-8").splitlines()[0].replace('"', "").split(",")
        assert mapping(name, headers) == {header: header for header in headers}
        assert missing(name, headers) == []
        assert all(TABLES[name][header].stored for header in headers)


def test_the_company_has_been_open_for_three_years(orders):
    assert orders["ordered_at"].min().date() == company.OPENED
    assert orders["ordered_at"].max().date() == company.LAST_DAY


@pytest.mark.parametrize("name", demo.TABLES)
def test_nothing_happens_after_the_last_day(table, name):
    days = [column.name for column in TABLES[name].columns if column.kind == "timestamp"]
    headers = [column for column in table(name).columns if column in days]
    for column in headers:
        assert table(name, column)[column].max() < pd.Timestamp(company.LAST_DAY) + pd.Timedelta(days=1)


def test_one_in_ten_to_three_in_ten_leave(orders):
    before, now = active(orders, "2024-11-01", "2025-11-01"), active(orders, "2025-11-01", "2026-11-01")
    assert 0.10 <= len(before - now) / len(before) <= 0.30  # churn rate, period form
    recent, after = active(orders, "2025-11-05", "2026-05-04"), active(orders, "2026-05-04", "2026-11-01")
    assert 0.10 <= len(recent - after) / len(recent) <= 0.30  # leavers: none in the 180 days after


def test_numbers_rise_and_fall(orders, table):
    this, last = (
        orders[(orders["ordered_at"] >= f"{year}-11-01") & (orders["ordered_at"] < f"{year + 1}-11-01")]
        for year in (2025, 2024)
    )
    assert this["amount"].sum() > last["amount"].sum()
    first = orders[orders["amount"] > 0].groupby("customer_id")["ordered_at"].min()
    assert (first >= "2025-11-01").sum() < ((first >= "2024-11-01") & (first < "2025-11-01")).sum()
    cases = table("complaints", "opened_at", "resolved_at")
    hours = (cases["resolved_at"] - cases["opened_at"]).dt.total_seconds() / 3600
    is_recent = cases["opened_at"] >= "2025-11-01"
    assert hours[is_recent].median() > 1.2 * hours[~is_recent].median()
    assert cases["resolved_at"].isna().sum() >= 5  # open ones


def test_there_are_prospects_and_suspects_who_never_bought(orders, table):
    customers = table("customers")
    status = customers.set_index("customer_id")["status"]
    assert set(status) == {"customer", "prospect", "suspect"}
    assert set(status[orders["customer_id"].dropna().unique()]) == {"customer"}
    assert len(customers) == 3000 and customers["customer_id"].is_unique


def test_returns_point_at_an_order_of_the_same_customer(orders):
    back = orders[orders["status"] == "returned"]
    assert 0.01 < len(back) / len(orders) < 0.05
    assert (back["amount"] < 0).all() and (back["quantity"] < 0).all()
    sold = orders[orders["status"] == "completed"].drop_duplicates("order_id").set_index("order_id")
    origin = sold.loc[back["return_of"]]
    assert (origin["customer_id"].fillna("").to_numpy() == back["customer_id"].fillna("").to_numpy()).all()
    assert (origin["ordered_at"].to_numpy() < back["ordered_at"].to_numpy()).all()


def test_some_lines_name_no_customer(orders):
    assert 0.005 < orders["customer_id"].isna().mean() < 0.02


def test_a_line_adds_up(orders):
    gross = orders["quantity"] * orders["unit_price"]
    assert np.allclose(gross - orders["discount"], orders["amount"], atol=0.006)
    sold = orders[orders["status"] == "completed"]
    assert (sold.groupby(["sku", sold["ordered_at"].dt.year])["unit_price"].nunique() == 1).all()


def test_points_are_never_overdrawn(table):
    points = table("points", "at")
    assert points.groupby("customer_id")["points"].cumsum().min() >= 0
    assert set(points["kind"]) == {"earn", "redeem", "expire"}


def test_campaigns_hold_back_customers_at_random(table):
    members = table("campaign_members")
    assert members[["campaign_id", "customer_id"]].duplicated().sum() == 0
    control = members[members["arm"] == "control"]
    assert 0.15 < len(control) / len(members) < 0.35
    assert control["sent_at"].isna().all() and control["opened_at"].isna().all()


def test_costs_have_every_kind_and_key(table):
    costs = table("costs")
    assert set(costs["kind"]) == {"marketing", "sales", "service", "overhead"}
    assert set(costs["allocation_key"]) == {"direct", "activity", "per_head", "revenue"}


def test_purchases_follow_bg_nbd(world):
    """Equation (9) of the paper: E[X(t)] over customers observed for t weeks, against the simulated mean."""
    everyone, bought = world
    buyers = everyone[(everyone["status"] == "customer") & (everyone["acquired"] < company.DAYS - 2 * 365)]
    window = 2 * 365
    repeat = bought.groupby("buyer").cumcount() > 0
    since = bought["day"] - everyone["acquired"].to_numpy()[bought["buyer"]]
    counted = bought[repeat & (since < window) & bought["buyer"].isin(buyers.index)]
    expected = expected_repeats(window / 7, company.R, company.ALPHA, company.A, company.B)
    assert len(counted) / len(buyers) == pytest.approx(expected, rel=0.04)


def expected_repeats(weeks, r, alpha, a, b):
    from scipy.special import hyp2f1

    shrink = (alpha / (alpha + weeks)) ** r * hyp2f1(r, b, a + b - 1, weeks / (alpha + weeks))
    return (a + b - 1) / (a - 1) * (1 - shrink)


def test_order_values_follow_gamma_gamma(world):
    rng = np.random.default_rng(3)
    everyone, bought = world
    sales = purchases.orders(rng, everyone, bought, 1, price_rise=0.0)
    assert sales["value"].mean() == pytest.approx(company.P * company.GAMMA / (company.Q - 1), rel=0.05)
    lines = goods.lines(rng, everyone, sales, Effects.none())
    off = lines.groupby("order_id")["amount"].sum() - sales.set_index("order_id")["value"]
    assert abs(off.mean()) < 0.05  # articles have prices; their rounding has no bias
    assert off.std() < 0.1 * sales["value"].std()


def test_groups_of_people_do_not_collide(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "GROUP", 100)
    demo.write(tmp_path, 250)
    read = {name: pd.read_csv(tmp_path / f"{name}.csv") for name in ("customers", "orders", "complaints")}
    assert read["customers"]["customer_id"].is_unique and len(read["customers"]) == 250
    assert read["complaints"]["complaint_id"].is_unique
    assert (read["orders"].groupby("order_id")["customer_id"].nunique() <= 1).all()
    assert not read["orders"].duplicated(["order_id", "line_no"]).any()


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    database = open_database(demo.ensure(tmp_path_factory.mktemp("data") / "demo.duckdb"))
    yield database
    database.close()


def test_every_row_is_accepted(database, folder):
    receipts = history(database.cursor()).set_index("table_name")
    assert set(receipts.index) == set(demo.TABLES)
    assert (receipts["loaded"] == receipts["records"]).all()
    assert receipts.loc["orders", "records"] == len((folder / "orders.csv").read_bytes().splitlines()) - 1


def test_kinds_survive_the_import(database):
    row = database.cursor().execute("select * from orders where return_of is not null limit 1").df().iloc[0]
    assert row["customer_id"].startswith("C-0") and row["amount"] < 0
    told = database.cursor().execute("select count(consent), count(birth_date), count(owner) from customers").fetchone()
    assert min(told) > 500


def test_a_database_that_is_there_is_left_alone(tmp_path):
    path = tmp_path / "demo.duckdb"
    path.write_bytes(b"anything")
    assert demo.ensure(path).read_bytes() == b"anything"


def test_a_build_that_fails_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "apply_plan", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        demo.build(tmp_path / "demo.duckdb", customers=50)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    assert demo.build(tmp_path / "demo.duckdb", customers=50).exists()


def test_two_first_starts_at_once_build_once(tmp_path, monkeypatch):
    built = []
    monkeypatch.setattr(demo, "build", lambda path: (time.sleep(0.2), built.append(path), path.touch()))
    starts = [threading.Thread(target=demo.ensure, args=(tmp_path / "demo.duckdb",)) for _ in range(2)]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert len(built) == 1
