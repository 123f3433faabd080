"""How long customers take to their second order: Kaplan and Meier's estimate for all and by group, from counts by day."""

import numpy as np
import pandas as pd

from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics import _waits
from crm_analytics.state import rules as rules_in_force
from crm_analytics.stats import survival

OTHER, UNKNOWN = (
    "(other)",
    "(unknown)",
)  # never mistaken for a value of the data: those are shown as they are, these translated
MOST_GROUPS = 20
CURVE = ["group", "days", "returned_rate", "low", "high", "at_risk", "events", "censored"]
SUMMARY = [
    "group", "customers", "customers_repeated", "median_days", "median_low", "median_high", "window_days", "returned_rate", "low", "high",
    "at_risk", "values", "p_value", "note",
]  # fmt: skip


def curves(con, filters: Filters, by: str, most: int, least_age: int, longest: int) -> pd.DataFrame:
    """The frame of `retention.survival`, which says what it means."""
    _check("retention.survival", {"--most": most, "--least-age": least_age, "--longest": longest})
    found, _ = _grouped(con, filters, by, most, least_age)
    hidden = _too_few(con, found)
    drawn = {group: rows for group, rows in found.items() if group not in hidden and len(rows)}
    parts = [_curve(rows, longest).assign(group=group) for group, rows in drawn.items()]
    return pd.concat(parts, ignore_index=True)[CURVE] if parts else pd.DataFrame(columns=CURVE)


def summary(con, filters: Filters, by: str, most: int, window: int) -> pd.DataFrame:
    """The frame of `retention.second_order`, which says what it means."""
    _check("retention.second_order", {"--most": most, "--window": window})
    found, merged = _grouped(con, filters, by, most, 0)
    hidden = _too_few(con, found)
    judged = [_waits.cases(rows) for group, rows in found.items() if group is not None and group not in hidden]
    likely = survival.log_rank(judged)
    rows = [_summary(group, rows, window, group in hidden) | {"values": merged.get(group, 1), "p_value": likely}
            for group, rows in found.items()]  # fmt: skip
    whole = ["customers", "customers_repeated", "window_days", "at_risk", "values"]
    return pd.DataFrame(rows, columns=SUMMARY).astype(dict.fromkeys(whole, "int64"))


def _check(name: str, options: dict[str, int]):
    for option, number in options.items():
        if number < 0 or (option == "--most" and not 1 <= number <= MOST_GROUPS):
            raise CrmError("E_OPTION_VALUE", name=name, option=option, value=str(number))


def _grouped(con, filters: Filters, by: str, most: int, least_age: int) -> tuple[dict, dict[str, int]]:
    """(counts of everybody as None, then of each group, the largest first; how many values stand behind a group).

    The `most` largest values stand alone if they have enough customers to be judged, the others together, the unknown last.
    """
    found = _waits.counts(con, filters, by, least_age)
    groups: dict[str | None, pd.DataFrame] = {None: _summed(found)}
    if not by or found.empty:
        return groups, {}
    sizes = found[found.group.notna()].groupby("group").firsts.sum()
    sizes = sizes.reset_index().sort_values(["firsts", "group"], ascending=[False, True])
    alone = list(sizes[sizes.firsts >= _least(con)].group[:most])
    others = set(sizes.group) - set(alone)
    groups |= {group: _summed(found[found.group == group]) for group in alone}
    if others:
        groups[OTHER] = _summed(found[found.group.isin(others)])
    if found.group.isna().any():
        groups[UNKNOWN] = _summed(found[found.group.isna()])
    return groups, {OTHER: len(others)}


def _summed(found: pd.DataFrame) -> pd.DataFrame:
    return found.groupby("days", as_index=False)[list(_waits.COUNTED)].sum()


def _least(con) -> float:
    """Customers below which a group is not judged."""
    return rules_in_force(con).limits["least_customers"]


def _too_few(con, found: dict) -> set[str]:
    """Groups too small for a curve of their own; everybody is never too few."""
    return {group for group, rows in found.items() if group is not None and rows.firsts.sum() < _least(con)}


def _curve(found: pd.DataFrame, longest: int) -> pd.DataFrame:
    """One row per day with a second order, after a row for day 0."""
    cases = _waits.cases(found)
    days, returned, low, high = _returned(cases)
    kept = days <= longest if longest else np.ones(len(days), dtype=bool)
    rows = pd.DataFrame({"days": days, "returned_rate": returned, "low": low, "high": high})[kept]
    if rows.empty or rows.days.iloc[0] > 0:
        start = pd.DataFrame({"days": [0.0], "returned_rate": 0.0, "low": 0.0, "high": 0.0})
        rows = pd.concat([start, rows], ignore_index=True)
    counted = found.set_index("days")
    rows["at_risk"] = survival.at_risk_at(rows.days, cases[0], cases[2])
    rows["events"] = rows.days.map(counted.events).fillna(0)
    rows["censored"] = rows.days.map(counted.firsts - counted.repeaters).fillna(0)
    return rows.astype(dict.fromkeys(("days", "at_risk", "events", "censored"), "int64"))


def _returned(cases) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(days, share who have ordered again by then, its 95 % band): the complement of the share still waiting."""
    days, waiting, variance = survival.kaplan_meier(*cases)
    low, high = survival.log_log_band(waiting, variance)
    return days, 1 - waiting, 1 - high, 1 - low


def _summary(group, found: pd.DataFrame, window: int, is_hidden: bool) -> dict:
    """One group in a row: median, share within the window, how many were still under observation then."""
    cases = _waits.cases(found)
    row = {"group": group, "customers": found.firsts.sum(), "customers_repeated": found.repeaters.sum(), "window_days": window,
           "at_risk": int(survival.at_risk_at([window], cases[0], cases[2])[0]) if len(found) else 0}  # fmt: skip
    if is_hidden:
        return row | {"note": "too_few"}
    days, returned, low, high = _returned(cases)
    reached = np.searchsorted(days, window, side="right") - 1
    if not len(found) or found.days.max() < window:
        row["note"] = "nobody_old_enough"  # the curve ends before the window
    elif reached < 0:
        row |= {"returned_rate": 0.0}
    else:
        row |= {"returned_rate": returned[reached], "low": low[reached], "high": high[reached]}
    median = survival.quantile(*cases[:2], weights=cases[2])
    return row | dict(zip(("median_days", "median_low", "median_high"), median))
