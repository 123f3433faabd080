"""How far the ranking by a score hangs on its weights."""

import numpy as np
import pandas as pd

from crm_analytics import cache
from crm_analytics.filters import Filters
from crm_analytics.metrics._score import Plan, scored
from crm_analytics.stats import rankings

MOST_CUSTOMERS = 10_000
COLUMNS = ["measure", "factor", "spearman", "kendall", "kept_share", "kept_low", "kept_high", "customers"]


def rows(con, filters: Filters, plan: Plan) -> pd.DataFrame:
    """See `segments.score_sensitivity`."""
    return cache.answer(con, filters, ("score_sensitivity", plan), lambda: _rows(con, filters, plan))


def _rows(con, filters: Filters, plan: Plan) -> pd.DataFrame:
    sample = con.execute(
        f"select {', '.join(f's.{name}' for name in plan.names)} from {scored(con, filters, plan)} s "
        "join chosen c on c.customer_id = s.customer_id where s.score is not null "
        "order by hash(s.customer_id), s.customer_id limit $most",
        {"most": MOST_CUSTOMERS},
    ).fetchnumpy()
    places = np.column_stack([np.asarray(sample[name], dtype=float) for name in plan.names])
    weights = np.array([weight for _, weight in plan.weights])
    if len(plan.names) < 2 or len(places) < 2 or np.ptp(places @ weights) == 0:
        return pd.DataFrame(columns=COLUMNS)
    found = [
        {"measure": plan.names[column], "factor": factor, "spearman": each.spearman, "kendall": each.kendall, "kept_share": each.kept}
        for column, factor, each in rankings.shifted(places, weights, plan.high)
    ]  # fmt: skip
    draws = rankings.drawn(places, weights, plan.high)
    kept = [each.kept for each in draws]
    low, middle, high = np.quantile(kept, [0.1, 0.5, 0.9])
    spearman = float(np.median([each.spearman for each in draws]))
    found.append({"measure": "all", "spearman": spearman, "kept_share": middle, "kept_low": low, "kept_high": high})
    return pd.DataFrame(found, columns=COLUMNS).assign(customers=len(places))
