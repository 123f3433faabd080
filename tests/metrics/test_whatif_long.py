"""Long proof: the interval of the what-if holds what six moves are worth in the population that the made-up companies come from."""

import numpy as np
import pandas as pd
import pytest

from crm_analytics import demo
from crm_analytics.database import open_database
from crm_analytics.demo import company, goods
from crm_analytics.demo.effects import Effects
from crm_analytics.demo.truths import POPULATION, _year
from crm_analytics.demo.world import FIRST_NUMBERS, draws, live
from crm_analytics.metrics import _whatif, pyramid
from crm_analytics.metrics._effects import Plan
from crm_analytics.metrics._ranking import ROWS, TIERS
from crm_analytics.metrics._scenario import Move, parse_moves
from tests.rows import prepared

COMPANIES, PEOPLE, SEEDS_FROM = 100, 3_000, 1_000
MOVES = "small:medium=3,small:big=2,small:top=1"
SIX = [Move(*pair, count) for pair, count in parse_moves(MOVES).items()]


def revenues(seed: int) -> np.ndarray:
    """Net revenue of each active customer of a company of its own, best first; no file is written."""
    chance = draws(seed, 0)
    group = live(chance, PEOPLE, dict(FIRST_NUMBERS), Effects())
    return np.sort(_year(goods.lines(chance("lines"), group.people, group.orders, Effects())))[::-1]


def company_of(ranked: np.ndarray):
    """The company as the product sees it: tiers at 1, 5 and 20 %, its single customers and their variances."""
    cuts = [0, *(int(np.floor(share * len(ranked) + 0.5)) for share in (0.01, 0.05, 0.2)), len(ranked)]
    parts = {tier: ranked[start:stop] for tier, start, stop in zip(TIERS, cuts, cuts[1:], strict=False)}
    tiers = pd.DataFrame({"tier": ROWS}).assign(customers=0.0, revenue=0.0, contribution=np.nan)
    for column in ("marketing_cost", "overhead", "profit", "median_revenue", "threshold_revenue"):
        tiers[column] = np.nan
    for place, tier in enumerate(ROWS):
        mine = parts.get(tier, ranked if tier == "total" else ranked[:0])
        tiers.loc[place, ["customers", "revenue"]] = len(mine), mine.sum()
    sample = pd.concat(
        [pd.DataFrame({"tier": tier, "revenue": mine, "contribution": np.nan}) for tier, mine in parts.items()]
    )
    spread = pd.DataFrame({"tier": TIERS, "revenue_revenue": [parts[tier].var(ddof=1) for tier in TIERS]})
    spread[["contribution_contribution", "revenue_contribution"]] = np.nan
    return _whatif.assemble(tiers, sample, spread)


def assert_seen_by_the_product(folder, seed: int) -> None:
    """The same company, imported, has the same tiers and nearly the same interval (cents are rounded line by line)."""
    database = open_database(demo.build(folder / "demo.duckdb", PEOPLE, seed))
    seen = pyramid.whatif(*prepared(database), moves=MOVES, brings="bootstrap").set_index("tier")
    own = _whatif.before_and_after(company_of(revenues(seed)), Plan(SIX, brings="bootstrap")).set_index("tier")
    database.close()
    columns = ["customers_before", "revenue_before", "revenue_low", "revenue_delta", "revenue_high"]
    for row in ("top", "big", "medium", "small"):
        assert seen.loc[row, columns].tolist() == pytest.approx(own.loc[row, columns].tolist(), rel=1e-3), row


@pytest.mark.long
def test_the_gain_in_the_population_lies_in_the_interval_of_most_companies(tmp_path):
    assert POPULATION["as_of"] == str(company.LAST_DAY)
    mean = {tier: POPULATION["tiers"][tier]["mean_revenue"] for tier in TIERS}
    true = sum(move.n * (mean[move.to_tier] - mean[move.from_tier]) for move in SIX)
    held = 0
    for seed in range(SEEDS_FROM, SEEDS_FROM + COMPANIES):
        total = (
            _whatif.before_and_after(company_of(revenues(seed)), Plan(SIX, brings="bootstrap"))
            .set_index("tier")
            .loc["total"]
        )
        held += total["revenue_low"] <= true <= total["revenue_high"]
    assert_seen_by_the_product(tmp_path, seed)
    print(f"the interval held {true:,.2f} in {held} of {COMPANIES} companies")
    assert held >= 85
