"""What a forecast is made of: the whole months known on a day, the model in use, and what it would have said before."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pandas as pd

from crm_analytics import cache
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters, months_before
from crm_analytics.stats import backtest
from crm_analytics.stats.forecast import BASELINE, MODELS, SEASON, Model

KPIS = ("revenue", "active_customers", "orders")
LATE = 3  # day of its first month by which the data must begin for that month to be whole


def history(con, filters: Filters) -> pd.DataFrame:
    """The frame of `forecast.history`, which says what it means."""
    return cache.answer(con, filters, ("forecast.history",), lambda: _history(con, filters))


def _history(con, filters: Filters) -> pd.DataFrame:
    first, last = con.execute(
        "select min(day), max(day) from company_days where day < $end", {"end": filters.end}
    ).fetchone()
    if last is None:
        return pd.DataFrame(columns=["month", *KPIS, "in_progress"])
    is_chosen = bool(filters.where or filters.customer_set)
    sums = (_of_chosen if is_chosen else _of_company)(con, filters)
    month = first.replace(day=1) if first.day <= LATE else months_before(first.replace(day=1), -1)
    until = filters.as_of if (last.year, last.month) == (filters.as_of.year, filters.as_of.month) else last
    shown = []
    while month <= until:
        shown.append(month)
        month = months_before(month, -1)
    found = sums.set_index(pd.to_datetime(sums.month).dt.date)[list(KPIS)].reindex(shown, fill_value=0)
    frame = found.fillna(0).astype("float64").rename_axis("month").reset_index()
    is_over = [months_before(each, -1) <= until + timedelta(days=1) for each in shown]
    return frame.assign(in_progress=[not over for over in is_over])


def _of_company(con, filters: Filters) -> pd.DataFrame:
    """A customer bought in a month if, at his last line of it, his last order lies in it."""
    return con.execute(
        """
        with sums as (
            select cast(date_trunc('month', day) as date) as month, sum(revenue) as revenue, sum(orders) as orders
            from company_days where day < $end group by 1
        ),
        buyers as (
            select cast(date_trunc('month', day) as date) as month, count(*) as active_customers
            from customer_days
            where day < $end and next_day > least(last_day(day), $as_of) and last_order_day >= date_trunc('month', day)
            group by 1
        )
        select s.month, s.revenue, coalesce(b.active_customers, 0) as active_customers, s.orders
        from sums s left join buyers b on b.month = s.month
        """,
        {"end": filters.end, "as_of": filters.as_of},
    ).df()


def _of_chosen(con, filters: Filters) -> pd.DataFrame:
    return con.execute(
        """
        select cast(date_trunc('month', day) as date) as month, sum(revenue) as revenue,
            count(*) filter (where next_day > least(last_day(day), $as_of) and last_order_day >= date_trunc('month', day))
                as active_customers,
            sum(orders) as orders
        from customer_days
        where day < $end and customer_id in (select customer_id from chosen) group by 1
        """,
        {"end": filters.end, "as_of": filters.as_of},
    ).df()


@dataclass(frozen=True)
class Fitted:
    """One number's whole months, and everything said about them. `so_far`: the month in progress, where there is one."""

    kpi: str
    horizon: int
    months: list[date]
    series: np.ndarray
    so_far: float | None

    @cached_property
    def verdicts(self) -> list[backtest.Verdict]:
        return backtest.judge(self.series, self.said, self.horizon)

    @cached_property
    def model(self) -> Model:
        """The model in use."""
        return backtest.chosen(self.verdicts)

    @cached_property
    def came(self) -> np.ndarray:
        return backtest.happened(self.series)

    @cached_property
    def said(self) -> dict[str, np.ndarray]:
        """What each model would have said, by its name; see `backtest.replay`."""
        return {model.name: backtest.replay(model, self.series) for model in MODELS}

    @cached_property
    def spreads(self) -> dict[str, backtest.Spread]:
        """The errors of each model, by its name."""
        return {name: backtest.Spread.of(self.came, said) for name, said in self.said.items()}

    @property
    def spread(self) -> backtest.Spread:
        """The errors of the model in use."""
        return self.spreads[self.model.name]

    @cached_property
    def covered(self) -> dict[tuple[str, float], np.ndarray]:
        """Which outcomes lay inside the intervals of each model and level; see `Spread.coverage`."""
        return {(name, level): each.coverage(level) for name, each in self.spreads.items() for level in (0.80, 0.95)}

    @cached_property
    def forecast(self) -> np.ndarray:
        """The coming months by the model in use; the one in progress is no less than has come in already."""
        return self._at_least_so_far(self.model.forecast(self.series, self.horizon))

    @property
    def ahead(self) -> list[date]:
        """The coming months; the first is the one in progress, if there is one."""
        return [months_before(self.months[-1], -step) for step in range(1, self.horizon + 1)]

    def bounds(self, level: float) -> tuple[np.ndarray, np.ndarray]:
        """(low, high) of the coming months; nobody is fewer than none."""
        low, high = self.spread.around(self.forecast, self.spread.widths(level)[: self.horizon])
        return self._at_least_so_far(self.floored(low)), high

    def _at_least_so_far(self, months: np.ndarray) -> np.ndarray:
        if self.so_far is None:
            return months
        return np.concatenate([np.maximum(months[:1], self.so_far), months[1:]])

    def floored(self, low):
        """Counts have no bound below zero."""
        return low if self.kpi == "revenue" else np.maximum(low, 0)


def fitted(con, filters: Filters, kpi: str, horizon: int) -> Fitted:
    """The model in use for this view. Raises CrmError E_FORECAST_SHORT below twelve whole months."""
    if kpi not in KPIS:
        raise CrmError("E_CHOICE", option="kpi", value=kpi, known=", ".join(KPIS))
    checked("horizon", horizon)
    found = history(con, filters)
    whole = found[~found.in_progress.astype(bool)]
    if len(whole) < SEASON:
        raise CrmError("E_FORECAST_SHORT", needed=SEASON, months=len(whole), day=filters.as_of)

    def make() -> Fitted:
        running = found[kpi][found.in_progress.astype(bool)]
        so_far = float(running.iloc[0]) if len(running) else None
        return Fitted(kpi, horizon, list(whole.month), whole[kpi].to_numpy(dtype="float64"), so_far)

    return cache.answer(con, filters, ("forecast.fitted", kpi, horizon), make)


def checked(option: str, months: int) -> None:
    """Months ahead are 1 to 12."""
    if not 1 <= months <= backtest.LONGEST:
        raise CrmError("E_CHOICE", option=option, value=str(months), known=f"1 ... {backtest.LONGEST}")


def accuracy(fit: Fitted, model: Model, columns: slice) -> dict:
    """Errors of a model so many months ahead, beside the baseline's, at the origins from which all of them are known, else null."""
    came, said, baseline = (each[:, columns] for each in (fit.came, fit.said[model.name], fit.said[BASELINE.name]))
    known = ~np.isnan(came + said + baseline).any(axis=1)
    off, off_baseline = np.abs(came - said)[known], np.abs(came - baseline)[known]
    size = np.abs(came[known]) + np.abs(said[known])
    usual = np.abs(fit.series[SEASON:] - fit.series[:-SEASON])
    return {
        "origins": int(known.sum()),
        "mae": _mean(off),
        "mase": _ratio(_mean(off), _mean(usual)),
        "smape": _mean(np.divide(2 * off, size, out=np.zeros_like(off), where=size > 0)),
        "baseline_mae": _mean(off_baseline),
        "error_ratio": _ratio(_mean(off), _mean(off_baseline)),
        "coverage_80": _mean(fit.covered[model.name, 0.80][known, columns]),
        "coverage_95": _mean(fit.covered[model.name, 0.95][known, columns]),
    }


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else np.nan
