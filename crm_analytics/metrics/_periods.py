"""The period of a cost row as a span of days: 2025, 2025-Q2, 2025-06, 2025-06-14 and their usual spellings."""

import re
from datetime import date, timedelta

YEAR = re.compile(r"(\d{4})\s*年?度?")
QUARTER = re.compile(r"(?:FY\s*)?(\d{4})[\s\-/.年]*(?:Q|第)\s*([1-4])(?:季度?)?", re.IGNORECASE)
QUARTER_FIRST = re.compile(r"Q([1-4])[\s\-/.]*(\d{4})", re.IGNORECASE)
MONTH = re.compile(r"(\d{4})(?:\s*[-/.年]\s*(0?[1-9]|1[0-2])月?份?|(0[1-9]|1[0-2]))")
DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})日?(?:[T ].*)?")


def span(text: str) -> tuple[date, date] | None:
    """First and last day of a period as an export writes it; None where it cannot be read."""
    text = text.strip()
    if found := YEAR.fullmatch(text):
        return _months(int(found[1]), 1, 12)
    if found := QUARTER.fullmatch(text):
        return _months(int(found[1]), 3 * int(found[2]) - 2, 3)
    if found := QUARTER_FIRST.fullmatch(text):
        return _months(int(found[2]), 3 * int(found[1]) - 2, 3)
    if found := MONTH.fullmatch(text):
        return _months(int(found[1]), int(found[2] or found[3]), 1)
    return _day(DAY.fullmatch(text))


def _months(year: int, first: int, count: int) -> tuple[date, date] | None:
    """So many months of a year; None outside the calendar."""
    if not 1 <= year < 9999:
        return None
    last = first + count - 1
    end = date(year + last // 12, last % 12 + 1, 1)
    return date(year, first, 1), end - timedelta(days=1)


def _day(found: re.Match | None) -> tuple[date, date] | None:
    try:
        day = date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None
    return (day, day) if day else None
