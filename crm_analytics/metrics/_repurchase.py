"""The share of customers who order again: by the days they have had for it, in three forms, and against those before them."""

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters, months_before
from crm_analytics.metrics import _waits
from crm_analytics.stats import intervals

WINDOWS = (30, 60, 90, 180, 365)
LONGEST = 36_500
BASES = ("own", "fixed")
FORMS = ("period", "cohort", "old_customers")


def curve(con, filters: Filters, windows: str, base: str) -> pd.DataFrame:
    """The frame of `retention.repurchase`, which says what it means."""
    if base not in BASES:
        raise CrmError("E_OPTION_VALUE", name="retention.repurchase", option="--base", value=base)
    days = window_days(windows)
    found = _waits.counts(con, filters, least_age=max(days) if base == "fixed" else 0)
    repeated, n = _waits.within(found, days)
    rows = [(window, *_rate(k, of)) for window, k, of in zip(days, repeated, n)]
    return pd.DataFrame(rows, columns=["window_days", "rate", "n", "low", "high", "customers"])


def window_days(windows: str) -> list[int]:
    """The windows that a text names, in order, each once; without any the usual ones.  Raises CrmError E_WINDOWS."""
    words = [word.strip() for word in windows.split(",") if word.strip()]
    if not all(word.isascii() and word.isdigit() and len(word) <= 5 and int(word) <= LONGEST for word in words):
        raise CrmError("E_WINDOWS", value=windows)
    return sorted({int(word) for word in words}) or list(WINDOWS)


def forms(con, filters: Filters, window: int) -> pd.DataFrame:
    """The frame of `retention.forms`, which says what it means."""
    (days,) = window_days(str(window))
    repeated, of = _waits.within(_waits.counts(con, filters), [days])
    period = con.execute(
        "select count(case when orders > 1 then 1 end), count(case when orders > 0 then 1 end) from chosen"
    ).fetchone()
    old = con.execute(
        "select count(case when orders > 0 then 1 end), count(*) from chosen where first_order_date < $start",
        {"start": filters.start},
    ).fetchone()
    too_young = None if filters.is_window_complete else "window_incomplete"
    if too_young:  # who ordered before the window cannot be known
        old = (0, 0)
    rows = [
        ("period", *_rate(*period), too_young or (None if period[1] else "no_buyers"), filters.months, None),
        ("cohort", *_rate(repeated[0], of[0]), None if of[0] else "nobody_old_enough", None, days),
        ("old_customers", *_rate(*old), too_young or (None if old[1] else "no_old_customers"), filters.months, None),
    ]
    columns = ["form", "rate", "n", "low", "high", "customers", "note", "months", "window_days"]
    return pd.DataFrame(rows, columns=columns).astype({"months": "Int64", "window_days": "Int64"})


@dataclass(frozen=True)
class _Spans:
    """Two spans of equal length whose customers have all had their days by as_of: [since, until) and [before, since)."""

    before: date
    since: date
    until: date
    months: int


def change(con, filters: Filters, window: int) -> pd.DataFrame:
    """The frame of `retention.change`, which says what it means."""
    (days,) = window_days(str(window))
    spans = _spans(filters, days)
    row = dict.fromkeys(("rate", "n", "low", "high", "previous", "n_before", "change", "change_low", "change_high"))
    row |= {"window_days": days, "since": None, "until": None, "before": None, "months": 0, "note": "history_short"}
    if spans:
        now, then = (
            _of(con, filters, days, spans.since, spans.until),
            _of(con, filters, days, spans.before, spans.since),
        )
        rate, n, low, high, _ = _rate(*now)
        previous, n_before = _rate(*then)[:2]
        change_low, change_high = intervals.newcombe(*now, *then)
        row |= {"rate": rate, "n": n, "low": low, "high": high, "previous": previous, "n_before": n_before, "note": None,
                "change_low": change_low, "change_high": change_high, "months": spans.months,
                "change": rate - previous if n and n_before else None,
                "since": spans.since, "until": spans.until, "before": spans.before}  # fmt: skip
    return pd.DataFrame([row])


def _spans(filters: Filters, days: int) -> _Spans | None:
    """As long as the window, or as the data allow behind their first month, whose customers may be old ones."""
    if filters.data_from is None or filters.as_of - timedelta(days=days) < filters.data_from:
        return None
    until = filters.end - timedelta(days=days)
    known_from = months_before(filters.data_from.replace(day=1), -1)
    months = filters.months
    while months and months_before(until, 2 * months) < known_from:
        months -= 1
    return _Spans(months_before(until, 2 * months), months_before(until, months), until, months) if months else None


def _of(con, filters: Filters, days: int, since: date, until: date) -> tuple[int, int]:
    """(who ordered again within so many days, of how many) of the chosen with their first order in [since, until)."""
    return con.execute(
        f"""
        with seconds as ({_waits.SECONDS} and first_order_day >= $since)
        select count(case when s.days <= $days then 1 end), count(*)
        from chosen c
        left join seconds s on s.customer_id = c.customer_id
        where c.first_order_date >= $since and c.first_order_date < $until
        """,
        {"as_of": filters.as_of, "days": days, "since": since, "until": until},
    ).fetchone()


def _rate(part, n) -> tuple:
    """(rate, n, low, high, part) with Wilson's interval; no rate of nobody."""
    low, high = intervals.wilson(int(part), int(n))
    return (int(part) / int(n) if n else None), int(n), low, high, int(part)
