"""The days and cuts of the default view, for peers that know no Filters: as of the last day, windows of twelve months."""

from datetime import date

from crm_analytics.filters import Filters
from crm_analytics.rules import Rules

LIFECYCLE_DAYS = Rules().lifecycle_days


def windows(as_of: date) -> tuple[date, date, date]:
    """First days of the window, of the one before and of the one before that."""
    filters = Filters(as_of=as_of)
    return filters.start, filters.start_before, filters.start_earlier


def tier_sizes(active: int) -> tuple[int, int, int]:
    """How many customers are top, at least big, at least medium: floor(share * N + 1/2), never below the cut before."""
    top = max(1, (2 * active + 100) // 200)
    big = max(top, (10 * active + 100) // 200)
    return top, big, max(big, (40 * active + 100) // 200)
