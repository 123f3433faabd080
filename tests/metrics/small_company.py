"""Small made-up companies for the arithmetic of a what-if: layers with every customer written out, no database."""

import pandas as pd
from hypothesis import strategies as st

from crm_analytics.metrics import _whatif
from crm_analytics.metrics._effects import Company
from crm_analytics.metrics._ranking import LAYERS, ROWS, TIERS


def company(layers: dict, marketing: dict | None = None, overhead: dict | None = None) -> Company:
    """Layer -> customers as (revenue, contribution); costs by layer, none known where None."""
    rows = []
    for layer in ROWS[:-1]:
        people = pd.DataFrame(layers.get(layer, []), columns=["revenue", "contribution"], dtype=float)
        rows.append(
            {
                "tier": layer,
                "customers": len(people),
                "revenue": people["revenue"].sum(),
                "contribution": people["contribution"].sum(skipna=False) if len(people) else 0.0,
                "median_revenue": people["revenue"].median(),
                "threshold_revenue": people["revenue"].min() if layer in TIERS else None,
                "marketing_cost": None if marketing is None else marketing.get(layer, 0.0),
                "overhead": None if overhead is None else overhead.get(layer, 0.0),
            }
        )
    tiers = pd.DataFrame(rows)
    tiers["profit"] = tiers["contribution"] - tiers["marketing_cost"] - tiers["overhead"].fillna(0.0)
    total = tiers.drop(columns="tier").sum(skipna=False).to_dict() | {"tier": "total"}
    sample = pd.DataFrame(
        [(layer, *each) for layer in TIERS for each in layers.get(layer, [])],
        columns=["tier", "revenue", "contribution"],
    )
    spread = pd.DataFrame(
        [
            (tier, one["revenue"].var(), one["contribution"].var(), one["revenue"].cov(one["contribution"]))
            for tier, one in sample.groupby("tier")
            if len(one) > 1
        ],
        columns=["tier", "revenue_revenue", "contribution_contribution", "revenue_contribution"],
    )
    return _whatif.assemble(pd.concat([tiers, pd.DataFrame([total])], ignore_index=True), sample, spread)


_money = st.integers(1, 10_000).map(float)
_person = st.tuples(_money, st.integers(-3_000, 8_000).map(float))


@st.composite
def companies(draw) -> Company:
    """One to five customers in each tier, up to three below, costs and overhead of any size."""
    layers = {tier: draw(st.lists(_person, min_size=1, max_size=5)) for tier in TIERS}
    layers |= {layer: [(0.0, 0.0)] * draw(st.integers(0, 3)) for layer in LAYERS[4:]}
    costs = [{layer: draw(_money) if layers.get(layer) else 0.0 for layer in LAYERS} for _ in range(2)]
    return company(layers, *costs)


@st.composite
def moving(draw) -> tuple[Company, dict[tuple[str, str], int]]:
    """A company and up to four moves that its layers allow, into tiers only."""
    start = draw(companies())
    left = {layer: int(start.customers(layer)) for layer in LAYERS}
    moves: dict[tuple[str, str], int] = {}
    for _ in range(draw(st.integers(1, 4))):
        source, target = draw(st.sampled_from(LAYERS)), draw(st.sampled_from(TIERS))
        if source != target and left[source]:
            count = draw(st.integers(1, left[source]))
            left[source] -= count
            moves[source, target] = moves.get((source, target), 0) + count
    return start, moves
