"""A saved scenario held against what happened: six customers of whom some moved as planned."""

import pytest

from crm_analytics import state
from crm_analytics.database import open_database
from crm_analytics.errors import CrmError
from crm_analytics.metrics import whatif
from crm_analytics.rules import Rules
from tests.rows import given, prepared

ORDERS = """
customer_id  order_id  ordered_at  amount  cost
Z            0         2024-01-01  1       1
A            1         2025-05-01  1000    400
B            2         2025-05-01  500     200
C            3         2025-05-01  400     200
D            4         2025-05-01  100     50
E            5         2025-05-01  80      40
F            6         2025-05-01  60      30
A            11        2026-05-01  1000    400
B            12        2026-05-01  600     200
C            13        2026-05-01  50      25
D            14        2026-05-01  450     200
E            15        2026-05-01  90      40
F            16        2026-05-01  30      10
"""  # A top, B big, C medium, then small; D small, then medium
COSTS = """
period   kind       amount  allocation_key
2025-06  marketing  600     per_head
2026-06  marketing  600     per_head
"""
SIX = Rules(tier_shares=(0.17, 0.17, 0.16))
SCENARIO = {
    "moves": "small:medium=1", "named": "E:medium,C:big", "cost_rule": "constant", "budget": 0.0, "brings": "mean", "success": "1",
    "by": "revenue", "rank_within": False, "as_of": "2025-06-30", "months": 12, "where": [], "customer_set": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """Six customers over two years, with scenarios saved on them."""
    database = open_database(tmp_path_factory.mktemp("six") / "crm.duckdb")
    state.save_rules(database, SIX)
    given(database, orders=ORDERS, costs=COSTS)
    state.save_scenario(database, "plan", SCENARIO)
    state.save_scenario(database, "short", {"moves": "small:medium=1", "as_of": "2025-06-30"})
    state.save_scenario(database, "choice", SCENARIO | {"named": "", "where": [["tier", ["medium"]]], "moves": ""})
    yield database
    database.close()


def held(database, name: str, as_of="2026-06-30", **choice):
    return whatif.outcome(*prepared(database, as_of, **choice), name=name)


def test_moves_are_counted_as_they_happened(company):
    moves = held(company, "plan").query("kind == 'move'").set_index(["from_tier", "to_tier"])
    columns = ["planned", "actual", "revenue_then", "revenue_now"]
    assert moves.loc[("small", "medium"), columns].tolist() == [2, 1, 100, 450]  # D rose
    assert moves.loc[("medium", "big"), columns].tolist() == [1, 0, 0, 0]  # C fell


def test_named_customers_one_by_one(company):
    named = held(company, "plan").query("kind == 'named'").set_index("customer_id")
    assert named.loc["E", ["from_tier", "to_tier", "tier_now", "actual", "revenue_then", "revenue_now"]].tolist() == [
        "small", "medium", "small", 0, 80, 90,
    ]  # fmt: skip
    assert named.loc["C", ["from_tier", "to_tier", "tier_now", "actual", "revenue_then", "revenue_now"]].tolist() == [
        "medium", "big", "small", 0, 400, 50,
    ]  # fmt: skip


def test_layers_then_planned_and_now(company):
    tiers = held(company, "plan").query("kind == 'tier'").set_index("from_tier")
    assert tiers.loc["big", ["revenue_then", "revenue_planned", "revenue_now"]].tolist() == [500, 1000, 600]
    total = tiers.loc["total"]
    planned = 2140 + (400 - 240 / 3) + (400 - 80) + (500 - 400)  # the mean of D, E, F; E's own; C's own
    assert total[["revenue_then", "revenue_planned", "revenue_now"]].tolist() == pytest.approx([2140, planned, 2220])
    assert total["profit_then"] == pytest.approx(2140 - 920 - 600)
    assert total["profit_now"] == pytest.approx(2220 - 875 - 600)
    parts = tiers.drop("total")
    for column in ("planned", "actual", "revenue_then", "revenue_planned", "revenue_now", "profit_now"):
        assert parts[column].sum() == pytest.approx(total[column]), column


def test_what_an_older_version_did_not_save_is_at_its_default(company):
    rows = held(company, "short")
    assert rows.query("kind == 'move'")["planned"].tolist() == [1]
    assert (
        held(company, "short", months=6).query("kind == 'tier'").set_index("from_tier").loc["total", "revenue_now"]
        == 2220
    )


def test_the_scenarios_own_window_and_choice_are_used(company):
    rows = held(company, "plan", months=1).query("kind == 'tier'").set_index("from_tier")
    assert rows.loc["total", "revenue_now"] == 2220
    chosen = held(company, "choice").query("kind == 'tier'").set_index("from_tier")
    assert chosen.loc["total", "actual"] == 1 and chosen.loc["medium", "revenue_now"] == 450


def test_the_scenarios_own_ranking_and_set_are_used(db):
    state.save_rules(db, SIX)
    given(db, orders=ORDERS + "F 26 2025-05-02 1 1\nF 27 2026-05-02 1 1", costs=COSTS)
    state.save_customer_set(db, "some", ["A", "D"])
    state.save_scenario(db, "orders", SCENARIO | {"named": "", "by": "orders"})
    state.save_scenario(db, "some", SCENARIO | {"named": "", "moves": "", "customer_set": "some"})
    rows = {name: held(db, name).query("kind == 'tier'").set_index("from_tier") for name in ("orders", "some")}
    assert rows["orders"].loc["top", ["revenue_then", "revenue_now"]].tolist() == [61, 31]  # F has ordered most
    assert rows["some"].loc["total", ["actual", "revenue_then", "revenue_now"]].tolist() == [2, 1100, 1450]


def test_the_reader_keeps_the_view(company):
    con, filters = prepared(company, "2026-06-30")
    before = con.execute("select sum(revenue) from snapshot").fetchone()
    whatif.outcome(con, filters, name="plan")
    assert con.execute("select sum(revenue) from snapshot").fetchone() == before


def test_what_cannot_be_told_is_refused(company):
    for name, as_of, code in (("none", "2026-06-30", "E_NO_SCENARIO"), ("plan", "2025-06-30", "E_OUTCOME_EARLY")):
        with pytest.raises(CrmError) as refused:
            held(company, name, as_of)
        assert refused.value.code == code and name in str(refused.value)
