"""How likely a customer is to reach another layer: as often as customers like him did from the window before to this one."""

from dataclasses import replace

import numpy as np
import pandas as pd

from crm_analytics import cache, snapshot
from crm_analytics.metrics import _migration
from crm_analytics.metrics._ranking import LAYERS, TIERS
from crm_analytics.metrics._scenario import MoveRefused
from crm_analytics.stats import replicates

TENTHS = 10
LIKE_HIM = 20  # a tenth's own rate counts as much as its tier's once it holds so many customers
COUNTED = """, sized as (
    select customer_id, position, min(position) over (partition by tier) as first, count(*) over (partition by tier) as n
    from ranking_then
    where position is not null
)
select m.from_tier, coalesce((s.position - s.first) * $tenths // s.n, 0) as tenth, m.to_tier, cast(count(*) as bigint) as customers
from moves m
left join sized s on s.customer_id = m.customer_id
where m.from_tier <> 'new'
group by all
order by all
"""


def history(con, filters, *, by: str, rank_within: bool) -> pd.DataFrame:
    """The company's movements from the end of the window before to now.  One row per (from_tier, tenth, to_tier): customers.

    Of the whole company, whoever is chosen: a choice by what is true today (a tier, a stage) would count only those who got there.
    Ranked within a choice: that choice's, for its tiers are its own. tenth = place within the tier then, 0 the best tenth; 0 for all
    below the active. No rows where nothing can be compared.
    """
    if not rank_within and (filters.where or filters.customer_set):
        whole = con.cursor()  # a view of its own
        everyone = snapshot.prepare(whole, replace(filters, where=(), customer_set=None))
        return history(whole, everyone, by=by, rank_within=False)

    def count() -> pd.DataFrame:
        moves = _migration.moves(con, filters, None, "relative", by, rank_within)
        if moves is None:
            return pd.DataFrame({"from_tier": [], "tenth": [], "to_tier": [], "customers": []})
        return con.execute(moves.sql + COUNTED, moves.parameters | {"tenths": TENTHS}).df()

    return cache.answer(con, filters, ("chances", by, rank_within), count)


def reached(from_tier: str, to_tier: str) -> list[str]:
    """The layers in which a mover has reached the destination: it and all beyond it in the direction of the move."""
    start, end = LAYERS.index(from_tier), LAYERS.index(to_tier)
    return list(LAYERS[: end + 1] if end < start else LAYERS[end:])


def counts(past: pd.DataFrame, from_tier: str) -> pd.Series:
    """Where the customers of a layer went.  Raises MoveRefused E_NO_HISTORY where there were none."""
    found = past[past["from_tier"] == from_tier].groupby("to_tier")["customers"].sum().reindex(LAYERS, fill_value=0)
    if not found.sum():
        raise MoveRefused("E_NO_HISTORY", layer=from_tier)
    return found


def drawn(past: pd.DataFrame, from_tier: str, to_tier: str) -> np.ndarray:
    """The probability in each replicate, drawn from what the company's own history leaves open (Dirichlet).

    All moves out of a layer share the draw. Raises MoveRefused E_NO_HISTORY.
    """
    shares = replicates.shares((99, LAYERS.index(from_tier)), _weights(counts(past, from_tier)))
    return shares[:, [LAYERS.index(layer) for layer in reached(from_tier, to_tier)]].sum(1)


def rate(past: pd.DataFrame, from_tier: str, to_tier: str) -> float:
    """Share of the layer's customers that reached the destination or went beyond it, by the company's own history.

    The layers share one customer's weight before any is counted. Raises MoveRefused E_NO_HISTORY.
    """
    weights = _weights(counts(past, from_tier))
    there = [LAYERS.index(layer) for layer in reached(from_tier, to_tier)]
    return float(weights[there].sum() / weights.sum())


def by_tenth(past: pd.DataFrame, from_tier: str, to_tier: str) -> np.ndarray:
    """The probability of a customer in each tenth of the layer: the tenth's own rate, drawn towards the layer's.

    (reached + 20 x the layer's rate) / (customers + 20). Raises MoveRefused E_NO_HISTORY.
    """
    overall = rate(past, from_tier, to_tier)
    of_tier = past[past["from_tier"] == from_tier]
    there = of_tier[of_tier["to_tier"].isin(reached(from_tier, to_tier))]
    tenths = range(TENTHS)
    n = of_tier.groupby("tenth")["customers"].sum().reindex(tenths, fill_value=0).to_numpy(float)
    up = there.groupby("tenth")["customers"].sum().reindex(tenths, fill_value=0).to_numpy(float)
    found = (up + LIKE_HIM * overall) / (n + LIKE_HIM)
    return found if from_tier in TIERS else np.full(TENTHS, found[0])


def _weights(found: pd.Series) -> np.ndarray:
    """What is known of where a layer's customers go: their counts and one customer's weight spread evenly."""
    return found.to_numpy(float) + 1 / len(LAYERS)
