"""Would the model have known? Fitted on the first part of the data, held against the rest."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_analytics import cache
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics import _histories, _models
from crm_analytics.stats import btyd

MOST_PURCHASES = 7  # repeat occasions of the first part; more are one row
WEEK = 7
THEN = """
select x_then as x, last_days_then / 7e0 as t_x, days_then / 7e0 as t, cast(count(*) as double) as customers,
    cast(sum(x_later) as double) as later, sum(1e0 * x_later * x_later) as later_squared
from {histories}
where x_then is not null
group by 1, 2, 3
order by 1, 2, 3
"""
EACH = """
select x_then as x, last_days_then / 7e0 as t_x, days_then / 7e0 as t, x_later as later, cast(count(*) as double) as customers
from {histories}
where x_then is not null
group by 1, 2, 3, 4
"""
GROUPS = ["purchases", "customers", "actual", "expected", "error"]
WEEKS = ["week", "actual", "expected", "is_held_out"]
ERRORS = ["held_out_from", "held_out_days", "customers", "actual", "expected", "error", "mape", "mae", "mae_same_rate"]


def _checked(con, filters: Filters, split: date | None) -> _histories.Kept:
    """The kept tables of a split that can be meant. Raises CrmError E_SPLIT, E_MODEL_FEW."""
    usual = _histories.usual_split(filters)
    if usual is None and split is None:
        raise CrmError("E_MODEL_SHORT")
    if split is not None and not (filters.data_from and filters.data_from <= split < filters.as_of):
        raise CrmError("E_SPLIT", value=split, first=filters.data_from, last=filters.as_of)
    return _histories.histories(con, filters, split)


def _fit(con, filters: Filters, kept: _histories.Kept) -> btyd.Fit:
    """BG/NBD of the first part alone."""

    def make():
        groups = con.execute(THEN.format(histories=kept.histories)).fetchnumpy()
        repeaters = int(groups["customers"][groups["x"] > 0].sum()) if len(groups["x"]) else 0
        if repeaters < _models.LEAST_REPEATERS:
            raise CrmError("E_MODEL_FEW", n=repeaters, least=_models.LEAST_REPEATERS)
        return _models.fitted_orders(groups)

    return cache.answer(con, _histories.company(filters), ("held_out", kept.split), make)


def groups(con, filters: Filters, split: date | None) -> pd.DataFrame:
    """The frame of `value.holdout`, which says what it means."""
    kept = _checked(con, filters, split)
    fit, rows = _fit(con, filters, kept), con.execute(THEN.format(histories=kept.histories)).fetchnumpy()
    weeks = (filters.as_of - kept.split).days / WEEK
    expected = btyd.expected_orders(*fit.values.values(), weeks, rows["x"], rows["t_x"], rows["t"])
    frame = pd.DataFrame({
        "purchases": np.minimum(rows["x"], MOST_PURCHASES), "customers": rows["customers"], "actual": rows["later"],
        "expected": rows["customers"] * expected, "squares": rows["later_squared"],
    })  # fmt: skip
    summed = frame.groupby("purchases", as_index=False).sum()
    mean = summed["actual"] / summed["customers"]
    deviation = (summed["squares"] / summed["customers"] - mean**2).clip(lower=0)
    return pd.DataFrame({
        "purchases": summed["purchases"].astype("int64"), "customers": summed["customers"].astype("int64"),
        "actual": mean, "expected": summed["expected"] / summed["customers"], "error": np.sqrt(deviation / summed["customers"]),
    })[GROUPS]  # fmt: skip


def weeks(con, filters: Filters, split: date | None) -> pd.DataFrame:
    """The frame of `value.tracking`, which says what it means."""
    kept = _checked(con, filters, split)
    fit = _fit(con, filters, kept)
    days = con.execute(f"select * from {kept.days} order by day").df()
    first, length = filters.data_from, (filters.as_of - filters.data_from).days + 1
    at = (pd.to_datetime(days["day"]) - pd.Timestamp(first)).dt.days.to_numpy()
    repeats, acquired = (np.bincount(at, days[name], length) for name in ("repeats", "acquired"))
    acquired[np.arange(length) > (kept.split - first).days] = 0
    per_day = np.diff(_ever(fit, length))  # of a customer in the days after his first purchase
    expected = np.convolve(acquired, per_day)[:length]
    frame = pd.DataFrame({
        "week": [first + timedelta(days=WEEK * (day // WEEK)) for day in range(length)], "actual": repeats, "expected": expected,
    })  # fmt: skip
    found = frame.groupby("week", as_index=False).sum()
    found[["actual", "expected"]] = found[["actual", "expected"]].cumsum()
    found["is_held_out"] = [week + timedelta(days=WEEK - 1) > kept.split for week in found["week"]]
    return found.assign(week=pd.to_datetime(found["week"]))[WEEKS]


def _ever(fit: btyd.Fit, days: int) -> np.ndarray:
    """Repeat occasions expected of a new customer within so many days, eq. (9): 0, 1, 2 ...; his first day has none."""
    after = np.arange(days + 1)
    return np.concatenate([[0.0], np.asarray(btyd.expected_if_alive(*fit.values.values(), after / WEEK, 0.0, 0.0))])[
        : days + 1
    ]


def errors(con, filters: Filters, split: date | None) -> dict:
    """How far the model was off on what it had not seen: of all, per week and per customer, beside the simplest rule."""
    kept = _checked(con, filters, split)
    fit, days = _fit(con, filters, kept), (filters.as_of - kept.split).days
    rows = con.execute(EACH.format(histories=kept.histories)).fetchnumpy()
    expected = btyd.expected_orders(*fit.values.values(), days / WEEK, rows["x"], rows["t_x"], rows["t"])
    same = rows["x"] / np.maximum(rows["t"], 1 / WEEK) * days / WEEK  # as often as so far
    n, later, often = rows["customers"].sum(), rows["later"], rows["customers"]
    actual, whole = float(often @ later), float(often @ expected)
    track = weeks(con, filters, split)
    held = track[track["is_held_out"] & (track["actual"] > 0)]
    off = ((held["expected"] - held["actual"]).abs() / held["actual"]).mean() if len(held) else None
    return {
        "held_out_from": kept.split + timedelta(days=1), "held_out_days": days, "customers": int(n), "actual": actual,
        "expected": whole, "error": (whole - actual) / actual if actual else None, "mape": off,
        "mae": float(often @ np.abs(later - expected) / n), "mae_same_rate": float(often @ np.abs(later - same) / n),
    }  # fmt: skip
