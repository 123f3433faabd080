"""How sure a what-if is: chances by the ranking asked for, whom draws come from, and the spread of the replicates in closed form."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from crm_analytics import state
from crm_analytics.database import open_database
from crm_analytics.errors import CrmError
from crm_analytics.metrics import _chances, _whatif, pyramid, whatif
from crm_analytics.metrics._effects import Plan, replicated
from crm_analytics.metrics._scenario import Move
from crm_analytics.rules import Rules
from tests.metrics import worked_example
from tests.metrics.small_company import company
from tests.rows import given, prepared

JUNE = "2026-06-30"
FOUR = Rules(tier_shares=(0.25, 0.25, 0.25))
TURNED = """
customer_id  order_id  ordered_at  amount  cost
A            1         2025-05-01  400     100
A            2         2025-05-02  1       1
B            3         2025-05-01  300     100
C            4         2025-05-01  200     100
D            5         2025-05-01  100     50
A            6         2026-05-01  100     60
A            7         2026-05-02  1       1
B            8         2026-05-01  300     100
C            9         2026-05-01  200     100
D            10        2026-05-01  400     100
"""  # by revenue A fell from top to small and D rose from small to top; by orders A is on top on both days


@pytest.mark.parametrize(
    ("move", "layers"),
    [
        (("small", "big"), ["top", "big"]),
        (("prospect", "top"), ["top"]),
        (("big", "small"), ["small", "inactive", "prospect", "suspect"]),
        (("top", "inactive"), ["inactive", "prospect", "suspect"]),
    ],
)
def test_beyond_the_destination_is_further_on_in_the_direction_of_the_move(move, layers):
    assert _chances.reached(*move) == layers


def test_own_success_is_that_of_the_ranking_asked_for(db):
    state.save_rules(db, FOUR)
    given(db, orders=TURNED)
    con, filters = prepared(db, JUNE)
    success = {
        by: whatif.moves(con, filters, moves="top:small=1", by=by, success="own")["success"][0]
        for by in ("revenue", "orders")
    }
    assert success == pytest.approx({"revenue": (1 + 4 / 7) / 2, "orders": (4 / 7) / 2})
    state.save_customer_set(db, "some", ["A", "D"])
    con, filters = prepared(db, JUNE, customer_set="some")
    for move, rank_within in (("small:top=1", False), ("medium:top=1", True)):  # of two, one is top and one medium
        rows = whatif.moves(con, filters, moves=move, rank_within=rank_within, success="own")
        assert rows["success"][0] == pytest.approx((1 + 1 / 7) / 2)


def test_a_move_of_anybody_and_of_somebody_is_one_move_of_both(db):
    state.save_rules(db, Rules(tier_shares=(0.25, 0.25, 0.0)))  # D top, B big, C and A small
    given(db, orders=TURNED)
    con, filters = prepared(db, JUNE)
    rows = whatif.moves(con, filters, moves="small:big=1", named="A:big", cost_rule="budget", budget=10.0)
    assert rows[["customers", "named", "moved", "extra_cost"]].values.tolist() == [[2, 1, 2, 10]]
    assert rows["revenue_delta"][0] == pytest.approx((300 - (200 + 101) / 2) + (300 - 101))
    with pytest.raises(CrmError) as refused:
        whatif.moves(con, filters, moves="small:big=2", named="A:big")
    assert refused.value.code == "E_MOVERS"


def test_draws_come_from_the_customers_of_the_view(db):
    state.save_rules(db, Rules(tier_shares=(0.25, 0.5, 0.24)))
    given(db, orders=TURNED)
    con, filters = prepared(db, JUNE)
    seen = {by: _whatif.company(con, filters, by=by, rank_within=False) for by in ("revenue", "orders")}
    assert seen["revenue"].sample("big").tolist() == [[300, 200], [200, 100]]
    assert seen["orders"].sample("big").tolist() == [[400, 300], [300, 200]]
    state.save_customer_set(db, "some", ["B", "C", "D"])
    con, filters = prepared(db, JUNE, customer_set="some")
    by_orders = _whatif.company(con, filters, by="orders", rank_within=False)  # A is top and not chosen
    assert "top" not in by_orders.samples and by_orders.sample("big").tolist() == [[400, 300], [300, 200]]
    chosen = {within: _whatif.company(con, filters, by="revenue", rank_within=within) for within in (False, True)}
    assert chosen[False].sample("big").tolist() == [[300, 200], [200, 100]]
    assert chosen[True].sample("big").tolist() == [[300, 200]] and not chosen[True].covariance("big").any()
    assert chosen[True].sample("medium").tolist() == [[200, 100]]


def test_the_spread_is_that_of_the_chosen(db):
    state.save_rules(db, Rules(tier_shares=(0.25, 0.5, 0.24)))
    given(db, orders=TURNED)
    state.save_customer_set(db, "some", ["A", "B"])
    con, filters = prepared(db, JUNE, customer_set="some")
    assert not _whatif.company(con, filters, by="revenue", rank_within=False).covariance("big").any()  # B without C
    con, filters = prepared(db, JUNE)
    everyone = _whatif.company(con, filters, by="revenue", rank_within=False)
    assert everyone.covariance("big").tolist() == [[5_000, 5_000], [5_000, 5_000]]  # 300 and 200, 200 and 100


def of_revenue(first: int, count: int, step: int = 1) -> tuple[list, float, float]:
    """Customers of evenly spaced revenue; the variance of one drawn from them, and of their mean as an estimate of the true one."""
    values = np.array([first + step * place for place in range(count)], dtype=float)
    return [(value, value / 2) for value in values], values.var(), values.var(ddof=1) / count


BIG, MEDIUM, SMALL = of_revenue(2_000, 60, 10), of_revenue(500, 120), of_revenue(1, 300)
COMPANY = company(
    {"top": [(9_000.0, 4_000.0)], "big": BIG[0], "medium": MEDIUM[0], "small": SMALL[0]}, {"big": 600.0}, {}
)
SPREADS = [
    ({("small", "big"): 40}, 40 * BIG[1] + 40**2 * (BIG[2] + SMALL[2])),
    ({("big", "small"): 40}, 40 * SMALL[1] + 40**2 * (BIG[2] + SMALL[2])),
    # What the true means are off by comes and goes again; who is drawn does not.
    ({("small", "big"): 40, ("big", "small"): 40}, 40 * (BIG[1] + SMALL[1])),
    # Two moves out of one layer share its mean, not their luck.
    (
        {("small", "big"): 40, ("small", "medium"): 40},
        40 * (BIG[1] + MEDIUM[1]) + 40**2 * (BIG[2] + MEDIUM[2] + 4 * SMALL[2]),
    ),
]


@pytest.mark.parametrize(("moves", "variance"), SPREADS)
def test_the_spread_of_the_replicates_is_that_of_draws_and_of_means(moves, variance):
    plan = Plan([Move(*pair, count) for pair, count in moves.items()])
    assert replicated(COMPANY, plan)["total"][:, 0].std() == pytest.approx(variance**0.5, rel=0.04)
    total = _whatif.before_and_after(COMPANY, plan).set_index("tier").loc["total"]
    for name, share in (("low", 0.1), ("median", 0.5), ("high", 0.9)):
        expected = total["revenue_delta"] + norm.ppf(share) * variance**0.5
        assert total[f"revenue_{name}"] == pytest.approx(expected, abs=0.08 * variance**0.5), name


def test_those_who_stand_for_a_tier_bring_its_mean():
    some = pd.DataFrame(
        [("big", 2_000.0, 1_000.0), ("big", 2_100.0, 400.0)], columns=["tier", "revenue", "contribution"]
    )
    start = _whatif.assemble(COMPANY.tiers.reset_index(), some, pd.DataFrame())
    assert start.sample("big").mean(0).tolist() == pytest.approx([2_295, 2_295 / 2])
    assert start.sample("big")[:, 0].tolist() == pytest.approx([2_000 * 2_295 / 2_050, 2_100 * 2_295 / 2_050])
    assert np.diff(start.sample("big")[:, 1]).tolist() == pytest.approx([-600])  # a loss stays a loss beside a gain


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """METRICS' worked example; nothing is written to it."""
    database = open_database(tmp_path_factory.mktemp("example") / "crm.duckdb")
    worked_example.build(database)
    yield database
    database.close()


def test_what_a_move_costs_is_in_its_range(example):
    con, filters = prepared(example, worked_example.AS_OF)
    rows = pyramid.whatif(con, filters, moves="small:medium=3,small:big=2,small:top=1", cost_rule="per_head")
    total = rows.set_index("tier").loc["total"]
    assert total[["low", "median", "high"]].tolist() == pytest.approx([178_250] * 3)  # nobody differs from his tier
    # One more medium customer brings 3,000 more contribution.
    for budget, probability in ((2_999.0, 1), (3_001.0, 0)):
        rows = pyramid.whatif(con, filters, moves="small:medium=1", cost_rule="budget", budget=budget)
        total = rows.set_index("tier").loc["total"]
        assert total["profit_delta"] == pytest.approx(3_000 - budget) and total["probability"] == probability
