"""What every question about movement between two days shares: the first day, every cell with its rate, and nothing to compare."""

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd

from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.stats.intervals import wilson

SUMS = ["customers", "revenue_then", "revenue_now"]


def first_day(filters: Filters, from_date: date | None) -> date | None:
    """The day the movement begins: as asked, else the last day of the window before; None where that lies before the data.

    Raises CrmError E_FROM_DATE on a day before the first order or after the last day.
    """
    usual = filters.start - timedelta(days=1)
    first = from_date or usual
    if filters.data_from is None or first == usual < filters.data_from:
        return None
    if not filters.data_from <= first <= filters.as_of:
        raise CrmError("E_FROM_DATE", value=first, first=filters.data_from, last=filters.as_of)
    return first


def every_cell(cells: pd.DataFrame, froms: Sequence[str], tos: Sequence[str]) -> pd.DataFrame:
    """All pairs in order, those nobody went with zeros; rate: the share of its first column, with Wilson's interval.

    `cells`: the two columns of codes first, then `SUMS`.  rate, low and high are null where nobody was.
    """
    names = list(cells.columns[:2])
    every = pd.MultiIndex.from_product([froms, tos], names=names)
    cells = cells.set_index(names)[SUMS].reindex(every).reset_index()
    cells[SUMS] = cells[SUMS].astype("float64").fillna(0.0)
    cells["customers"] = cells["customers"].astype("int64")
    there = cells.groupby(names[0])["customers"].transform("sum")
    low, high = zip(*[wilson(part, n) for part, n in zip(cells["customers"], there)], strict=True)
    rates = pd.DataFrame({"rate": (cells["customers"] / there).where(there > 0), "low": low, "high": high})
    return cells.join(rates.astype("float64"))


def nothing(columns: list[str]) -> pd.DataFrame:
    """No rows, and why: `attrs["note"]` is a note of the product."""
    found = pd.DataFrame(columns=columns)
    found.attrs["note"] = "window_before_incomplete"
    return found
