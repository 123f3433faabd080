"""The view a reader has chosen: a day, a window, a choice of customers. It travels in the URL and on the command line."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from crm_analytics.errors import CrmError

COMPARISONS = ("before", "year")
LONGEST_NAME = 200
MOST_MONTHS = 240


@dataclass(frozen=True)
class Filters:
    """One choice of day, window and customers.

    `as_of` is the last day counted; None means the day of the latest order until `snapshot.prepare` resolves it.
    `months` calendar months end with it. `where` chooses customers (never lines): column, then the values allowed;
    `customer_set` those of a saved set. `role` is the viewer's: part of every key under which an answer is remembered, so that
    what one role may see is never shown to another; it comes from the server, never from the URL.
    `data_from` is the first order day in the data, filled in by `snapshot.prepare`; windows that start before it are
    incomplete.
    """

    as_of: date | None = None
    months: int = 12
    compare: str = "before"
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    customer_set: str | None = None
    role: str = "owner"
    data_from: date | None = None

    @property
    def end(self) -> date:
        """First day after the window (exclusive)."""
        return self.as_of + timedelta(days=1)

    @property
    def start(self) -> date:
        """First day of the window (inclusive)."""
        return months_before(self.end, self.months)

    @property
    def start_before(self) -> date:
        """First day of the window before."""
        return months_before(self.end, 2 * self.months)

    @property
    def start_earlier(self) -> date:
        """First day of the window before the window before."""
        return months_before(self.end, 3 * self.months)

    @property
    def is_window_complete(self) -> bool:
        return self.data_from is not None and self.start >= self.data_from

    @property
    def is_window_before_complete(self) -> bool:
        return self.data_from is not None and self.start_before >= self.data_from

    @property
    def is_window_earlier_complete(self) -> bool:
        return self.data_from is not None and self.start_earlier >= self.data_from

    def year_earlier(self) -> "Filters":
        """The same window twelve months earlier."""
        return replace(self, as_of=months_before(self.end, 12) - timedelta(days=1))

    def to_query(self) -> dict[str, str | list[str]]:
        """The choice as URL parameters; what is at its default is left out."""
        query: dict[str, str | list[str]] = {}
        if self.as_of:
            query["as_of"] = self.as_of.isoformat()
        if self.months != 12:
            query["months"] = str(self.months)
        if self.compare != "before":
            query["compare"] = self.compare
        if self.customer_set:
            query["set"] = self.customer_set
        return query | {f"where.{column}": list(values) for column, values in self.where}

    @classmethod
    def from_query(cls, query: Mapping[str, str | list[str]]) -> "Filters":
        """The choice that URL parameters name. Raises CrmError E_FILTER on a value that cannot be meant."""
        return cls(
            as_of=_day(_one(query.get("as_of"))),
            months=_months(_one(query.get("months")) or "12"),
            compare=_comparison(_one(query.get("compare")) or "before"),
            customer_set=_one(query.get("set")) or None,
            where=tuple(
                sorted(
                    (_attribute(name.removeprefix("where.")), tuple(_many(values)))
                    for name, values in query.items()
                    if name.startswith("where.") and _many(values)
                )
            ),
        )


def months_before(day: date, months: int) -> date:
    """The day `months` calendar months before; the last day of the month where that day does not exist."""
    index = 12 * day.year + day.month - 1 - months
    year, month = divmod(index, 12)
    if year < 1:
        raise CrmError("E_FILTER", name="months", value=str(months))
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _one(value) -> str:
    return (value[0] if value else "") if isinstance(value, (list, tuple)) else (value or "")


def _many(value) -> list[str]:
    return [item for item in value if item] if isinstance(value, (list, tuple)) else [value] if value else []


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
        return Filters(as_of=day).end and day  # the calendar has a day after it
    except (ValueError, OverflowError):
        raise CrmError("E_FILTER", name="as_of", value=text) from None


def _months(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not 1 <= int(text) <= MOST_MONTHS:
        raise CrmError("E_FILTER", name="months", value=text)
    return int(text)


def _comparison(text: str) -> str:
    if text not in COMPARISONS:
        raise CrmError("E_FILTER", name="compare", value=text)
    return text


def _attribute(name: str) -> str:
    if not 0 < len(name) <= LONGEST_NAME:
        raise CrmError("E_FILTER", name="where", value=name[:LONGEST_NAME])
    return name
