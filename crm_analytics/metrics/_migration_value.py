"""What a customer of each tier is worth if customers keep moving between the tiers as they did in the last twelve months."""

from dataclasses import replace

import numpy as np
import pandas as pd

from crm_analytics import snapshot
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics import _migration
from crm_analytics.metrics._margins import margin_rate

STATES = ("top", "big", "medium", "small", "inactive")
DRAWS, SEED = 2000, 20260102
TAILS = (0.025, 0.975)
COLUMNS = ["tier", "customers", "yearly", "value", "value_ahead", "low", "high", "stays_rate", "basis", "note"]
YEARLY = """
select tier, cast(count(*) as bigint) as customers, cast(avg({amount}) as double) as yearly
from ranking
where position is not null
group by tier
"""


def table(con, filters: Filters, discount: float) -> pd.DataFrame:
    """The frame of `value.migration`, which says what it means."""
    if not 0 < discount <= 1:
        raise CrmError("E_CHOICE", option="discount", value=f"{discount:g}", known="0.01 ... 1")
    year = snapshot.prepare(con, replace(filters, months=12, where=(), customer_set=None))
    cells = _migration.matrix(con, year, None, "relative", "revenue", False)
    if cells.empty:
        return pd.DataFrame(columns=COLUMNS)
    counts = cells.pivot(index="from_tier", columns="to_tier", values="customers").loc[list(STATES), list(STATES)]
    has_margin = margin_rate(con, year) is not None
    yearly = con.execute(YEARLY.format(amount="contribution" if has_margin else "revenue")).df().set_index("tier")
    rewards = yearly["yearly"].reindex(STATES).fillna(0.0).to_numpy()
    moves = counts.to_numpy(dtype=float)
    value, draws = values(moves, rewards, discount), _drawn(moves, rewards, discount)
    low, high = np.quantile(draws, TAILS, axis=0) - rewards
    stays = np.diag(moves) / np.where(moves.sum(axis=1) > 0, moves.sum(axis=1), np.nan)
    people = (
        con.execute("select tier, count(*) as customers from ranking group by tier").df().set_index("tier")["customers"]
    )
    return pd.DataFrame({
        "tier": STATES, "customers": people.reindex(STATES).fillna(0).astype("int64").to_numpy(), "yearly": rewards, "value": value,
        "value_ahead": value - rewards, "low": low, "high": high, "stays_rate": stays,
        "basis": "margin" if has_margin else "revenue", "note": cells["note"].iloc[0],
    })[COLUMNS]  # fmt: skip


def values(moves: np.ndarray, rewards: np.ndarray, discount: float) -> np.ndarray:
    """V = (I - P / (1 + d))^-1 R: this year's reward and every later one's; a state nobody has left, or was in, is stayed in."""
    sums = moves.sum(axis=1, keepdims=True)
    chances = np.where(sums > 0, moves / np.where(sums > 0, sums, 1), np.eye(len(moves)))
    return np.linalg.solve(np.eye(len(moves)) - chances / (1 + discount), rewards)


def _drawn(moves: np.ndarray, rewards: np.ndarray, discount: float) -> np.ndarray:
    """Values under matrices that these counts leave open: each row Dirichlet about its own counts."""
    rng = np.random.default_rng(SEED)
    drawn = rng.gamma(np.where(moves > 0, moves, 1e-9), size=(DRAWS, *moves.shape))
    sums = drawn.sum(axis=2, keepdims=True)
    known = (moves.sum(axis=1) > 0)[None, :, None] & (sums > 0)
    chances = np.where(known, drawn / np.where(sums > 0, sums, 1), np.eye(len(moves)))
    return np.linalg.solve(
        np.eye(len(moves)) - chances / (1 + discount), np.broadcast_to(rewards[:, None], (DRAWS, len(moves), 1))
    )[:, :, 0]
