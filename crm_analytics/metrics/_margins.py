"""The margin of revenue whose cost of goods is unknown: by a rate typed in Settings, or unknown."""

from decimal import Decimal

import pandas as pd

from crm_analytics import state
from crm_analytics.filters import Filters


def margin_rate(con, filters: Filters) -> Decimal | None:
    """Contribution per revenue where the cost of goods is unknown: typed in Settings, else that of the lines with a cost.

    Share of revenue in the window, six decimals; null where no cost is known and no rate typed.
    """
    typed = state.rules(con).margin_rate
    if typed is not None:
        return Decimal(str(typed))
    margin, covered = con.execute(
        "select sum(margin), sum(covered_revenue) from company_days where day >= $start and day < $end",
        {"start": filters.start, "end": filters.end},
    ).fetchone()
    return (margin / covered).quantize(Decimal("0.000001")) if covered and covered > 0 else None


def at_typed_rate(con, row: pd.Series) -> pd.Series:
    """Totals of a window and the one before (margin, revenue, covered; ..._before) with a typed rate covering what no cost does."""
    rate = state.rules(con).margin_rate
    if rate is None:
        return row
    margins = {
        f"margin{when}": row[f"margin{when}"] + rate * (row[f"revenue{when}"] - row[f"covered{when}"])
        for when in ("", "_before")
    }
    return pd.Series(
        row.to_dict() | margins | {"covered": row.revenue, "covered_before": row.revenue_before}, dtype=object
    )
