"""The optimiser: equal to trying every plan on a small company, never worse than random plans on the made-up one."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from crm_analytics import demo, state
from crm_analytics.database import open_database
from crm_analytics.errors import CrmError
from crm_analytics.metrics import _chances, _optimise, _whatif, pyramid, whatif
from crm_analytics.metrics._ranking import TIERS
from crm_analytics.rules import Rules
from crm_analytics.stats.selection import NONE
from tests.rows import given, prepared

JUNE = "2026-06-30"
# Then: A top; B, C big; D, E medium; F ... I small.  Now: each a place on, so that customers of every tier moved up.
THEN = dict(zip("ABCDEFGHI", (900, 500, 450, 300, 280, 120, 100, 80, 60), strict=True))
NOW = dict(zip("BACFDHEGI", (950, 520, 430, 310, 260, 130, 90, 70, 50), strict=True))
COSTS = """
period   kind       amount  tier    allocation_key
2026-06  marketing  90      top     direct
2026-06  marketing  60      big     direct
2026-06  marketing  30      medium  direct
2026-06  marketing  20      small   direct
"""
NINE = Rules(tier_shares=(0.11, 0.22, 0.22))  # of nine: 1, 2, 2, 4


def nine(database, costs=COSTS, cost_column=True):
    orders = [
        ("customer_id", "order_id", "ordered_at", "amount", "cost"),
        ("Z", "0", "2024-05-01", 1, 1),  # so that the window before is whole
    ]
    for year, amounts in (("2025", THEN), ("2026", NOW)):
        for place, (customer, amount) in enumerate(amounts.items()):
            orders.append(
                (customer, f"{year}{customer}", f"{year}-05-0{place % 9 + 1}", amount, amount * (2 + place % 3) // 6)
            )
    text = "\n".join(" ".join(map(str, row[: 5 if cost_column else 4])) for row in orders)
    state.save_rules(database, NINE)
    given(database, orders=text, **({"costs": costs} if costs else {}))
    return database


def options_of(con, filters, cost_per_move: float) -> dict[str, list[tuple[str, float, float]]]:
    """Customer -> (destination, gain, cost) of every move up, from the other numbers of the pyramid."""
    tiers = pyramid.tiers(con, filters).set_index("tier")
    people = pyramid.customers(con, filters, limit=1000).set_index("customer_id")
    mean = tiers["contribution"] / tiers["customers"]
    head = tiers["marketing_cost"] / tiers["customers"]
    found: dict[str, list[tuple[str, float, float]]] = {}
    for source in TIERS[1:]:
        for target in TIERS[: TIERS.index(source)]:
            near = whatif.candidates(con, filters, move=f"{source}:{target}", limit=1000).set_index("customer_id")
            for customer, row in near.iterrows():
                gain = row["chance"] * (mean[target] - people.at[customer, "contribution"])
                cost = cost_per_move or round(max(0.0, head[target] - head[source]), 2)
                found.setdefault(customer, []).append((target, gain, cost))
    return found


@pytest.mark.parametrize("budget", [0.0, 12.0, 47.0, 100.0])
@pytest.mark.parametrize("most", [0, 2])
@pytest.mark.parametrize("cost_per_move", [0.0, 7.0])
def test_equal_to_the_best_of_all_plans(tmp_path_factory, budget, most, cost_per_move):
    con, filters = prepared(_company(tmp_path_factory), JUNE)
    options = options_of(con, filters, cost_per_move)
    assert len(options) == 8
    plans = np.array(list(product(*[range(-1, len(mine)) for mine in options.values()])))
    value, cost = np.zeros(len(plans)), np.zeros(len(plans))
    for place, mine in enumerate(options.values()):
        gains = np.array([gain - paid for _, gain, paid in mine] + [0.0])
        paid = np.array([paid for _, _, paid in mine] + [0.0])
        value, cost = value + gains[plans[:, place]], cost + paid[plans[:, place]]
    allowed = (cost <= (budget or np.inf) + 1e-9) & ((plans >= 0).sum(1) <= (most or 99))
    chosen = pyramid.optimise(con, filters, budget=budget, most=most, cost_per_move=cost_per_move)
    assert chosen["expected_profit"].sum() == pytest.approx(value[allowed].max(), rel=1e-6)
    assert chosen["cost"].sum() <= (budget or np.inf) + 1e-9 and len(chosen) <= (most or 99)
    assert chosen["customer_id"].is_unique
    told = {(row.customer_id, row.to_tier): (row.expected_gain, row.cost) for row in chosen.itertuples()}
    known = {(customer, target): (gain, paid) for customer, mine in options.items() for target, gain, paid in mine}
    assert told == {move: pytest.approx(known[move]) for move in told}


_kept: dict = {}


def _company(tmp_path_factory):
    """The nine customers, built once; nothing is written to them."""
    if "nine" not in _kept:
        _kept["nine"] = nine(open_database(tmp_path_factory.mktemp("nine") / "crm.duckdb"))
    return _kept["nine"]


def test_what_is_chosen_pays_and_says_why(tmp_path_factory):
    con, filters = prepared(_company(tmp_path_factory), JUNE)
    chosen = pyramid.optimise(con, filters)
    assert (chosen["expected_profit"] > 0).all() and chosen["expected_profit"].is_monotonic_decreasing
    assert chosen["gain_per_cost"].to_numpy() == pytest.approx(
        (chosen["expected_gain"] / chosen["cost"]).where(chosen["cost"] > 0).to_numpy(), nan_ok=True
    )
    assert (chosen["expected_profit"] - (chosen["expected_gain"] - chosen["cost"])).abs().max() < 1e-9
    assert set(",".join(chosen["reasons"]).split(",")) <= {"near", "room", "satisfied", "rising", ""}
    assert chosen.set_index("customer_id").at["H", "reasons"] == "rising"


def test_without_costs_there_is_no_budget_and_no_cost(db):
    con, filters = prepared(nine(db, costs=None), JUNE)
    chosen = pyramid.optimise(con, filters, most=3)
    assert len(chosen) == 3 and chosen["cost"].isna().all() and (chosen["expected_profit"] > 0).all()
    assert len(whatif.frontier(con, filters, most=3)) == 1
    with pytest.raises(CrmError) as refused:
        pyramid.optimise(con, filters, budget=10.0)
    assert refused.value.code == "E_MOVE_COST"
    assert len(pyramid.optimise(con, filters, budget=10.0, cost_per_move=5.0)) == 2


CHEAP_ABOVE = """
period   kind       amount  tier    allocation_key
2026-06  marketing  1       top     direct
2026-06  marketing  60      big     direct
2026-06  marketing  20      medium  direct
2026-06  marketing  60      small   direct
"""  # one of them costs 1, 30, 10, 15


def test_who_costs_less_above_costs_nothing_to_move(db):
    con, filters = prepared(nine(db, costs=CHEAP_ABOVE), JUNE)
    chosen = pyramid.optimise(con, filters)
    head = {"top": 1, "big": 30, "medium": 10, "small": 15}
    expected = [float(max(0, head[row.to_tier] - head[row.from_tier])) for row in chosen.itertuples()]
    assert chosen["cost"].tolist() == expected and 0.0 in expected
    assert chosen["expected_profit"].tolist() == pytest.approx((chosen["expected_gain"] - expected).tolist())


def test_only_the_chosen_are_moved(db):
    nine(db)
    state.save_customer_set(db, "some", list("ABDFGI"))
    con, filters = prepared(db, JUNE, customer_set="some")
    chosen = pyramid.optimise(con, filters)
    # B is on top, F has more than the next tier's mean, D's chance is not worth its cost
    assert set(chosen["customer_id"]) == set("AGI")


def test_a_choice_by_today_does_not_choose_the_history(db):
    """Who is small today did not move up: asked of the small alone, nobody ever would."""
    nine(db)
    found = [
        _chances.history(*prepared(db, JUNE, where=where), by="revenue", rank_within=False)
        for where in ((), (("tier", ("small",)),))
    ]
    pd.testing.assert_frame_equal(*found)
    assert (found[0].to_tier == "medium").any()


def test_what_it_cannot_know_is_said(db_factory):
    without_margin, without_history = nine(db_factory(), cost_column=False), db_factory()
    given(without_history, orders="customer_id order_id ordered_at amount cost\nA 1 2026-05-01 10 4")
    for database, code in ((without_margin, "E_MOVE_MARGIN"), (without_history, "E_NO_HISTORY")):
        with pytest.raises(CrmError) as refused:
            pyramid.optimise(*prepared(database, JUNE))
        assert refused.value.code == code
    for option in ("budget", "cost_per_move", "most"):
        with pytest.raises(CrmError) as refused:
            pyramid.optimise(*prepared(without_margin, JUNE), **{option: -1})
        assert refused.value.code in ("E_NEGATIVE", "E_MOVE_MARGIN")


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    """(cursor, filters) of the made-up company of 3,000 people."""
    database = open_database(demo.build(tmp_path_factory.mktemp("demo") / "demo.duckdb"))
    yield prepared(database)
    database.close()


@pytest.mark.parametrize(("budget", "most"), [(300.0, 1_000_000), (1_500.0, 1_000_000), (1_500.0, 200)])
def test_never_worse_than_the_best_of_ten_thousand_random_plans(made_up, budget, most):
    con, filters = made_up
    start = _whatif.company(con, filters, by="revenue", rank_within=False)
    everyone = _optimise.choice(con, filters, start, 0.0, "revenue", False)
    gain, cost = everyone.gain - everyone.cost, everyone.cost
    worth_it = np.flatnonzero(np.nanmax(gain, axis=1) > 0)
    rng, best = np.random.default_rng(7), 0.0
    for _ in range(20):
        order = rng.random((500, len(worth_it))).argsort(1)[:, :800]
        rows = worth_it[order]
        target = np.where(
            rng.random(rows.shape) < 0.5, np.nanargmax(gain, axis=1)[rows], rng.integers(0, 3, rows.shape)
        )
        worth = gain[rows, target]
        target_paid = np.where(worth > 0, cost[rows, target], 0.0)
        is_in = (worth > 0) & (target_paid.cumsum(1) <= budget) & ((worth > 0).cumsum(1) <= most)
        best = max(best, np.where(is_in, worth, 0.0).sum(1).max())
    chosen = pyramid.optimise(con, filters, budget=budget, most=most)
    assert best > 0 and chosen["cost"].sum() <= budget + 1e-6
    assert chosen["expected_profit"].sum() > best


def test_profit_rises_with_the_budget_by_less_and_less(made_up):
    points = whatif.frontier(*made_up)
    assert len(points) > 8 and points.iloc[0].tolist() == [0, 0, 0]
    steps = points.diff().iloc[1:]
    assert (steps["budget"] > 0).all() and (steps["expected_profit"] > 0).all()
    slopes = steps["expected_profit"] / steps["budget"]
    assert (slopes.diff().iloc[1:] <= 0.02 * slopes.iloc[0]).all()
    assert points["expected_profit"].iloc[-1] == pytest.approx(
        pyramid.optimise(*made_up)["expected_profit"].sum(), rel=1e-6
    )


def test_the_plan_uses_every_customers_own_contribution(made_up):
    con, filters = made_up
    chosen = pyramid.optimise(con, filters, budget=400.0)
    rows = con.execute("select customer_id, cast(contribution as double) from ranking").df().set_index("customer_id")
    assert chosen["contribution"].tolist() == pytest.approx(rows.loc[chosen["customer_id"]].iloc[:, 0].tolist())
    everyone = _optimise.choice(
        con, filters, _whatif.company(con, filters, by="revenue", rank_within=False), 0.0, "revenue", False
    )
    assert (everyone.plan(400.0, np.inf) != NONE).sum() == len(chosen)
    pd.testing.assert_frame_equal(chosen, pyramid.optimise(con, filters, budget=400.0))
