"""Where is it heading? Revenue and customers of the coming months, beside the same months a year before, tested on the past."""

import numpy as np
import pandas as pd

from crm_analytics.filters import Filters
from crm_analytics.metrics import _forecast
from crm_analytics.stats import backtest as tests
from crm_analytics.stats.forecast import BASELINE, MODELS, SEASON, seasonal_naive

KPIS = _forecast.KPIS
LEAST_MONTHS = SEASON  # whole months below which there is no forecast
LEAST_FOR_INTERVAL = SEASON + tests.LEAST_ERRORS
BOUNDS = ["low", "high", "low_95", "high_95"]


def history(con, filters: Filters) -> pd.DataFrame:
    """What a forecast rests on: revenue, customers who ordered and orders of each month up to the day.  One row per month.

    Columns: month (its first day), revenue (net, as `overview.trend`), active_customers (customers with an order in the month),
    orders, in_progress (the month of the day, where it is not over). The month in which the data begin is left out unless they
    begin in its first three days; a month without a line is 0, and months behind the last line of the company are left out.
    """
    return _forecast.history(con, filters)


def course(con, filters: Filters, *, kpi: str = "revenue", horizon: int = 6) -> pd.DataFrame:
    """A number by month, as it was and as it is expected, with the baseline: the same month a year before.  One row per month.

    Columns: month, kpi, value (what happened; of the month in progress so far), forecast, low and high (8 in 10 outcomes), low_95
    and high_95, baseline, is_forecast, in_progress. All months up to the day count, whatever the window; the month in progress
    is no data point but the first month of the forecast, for the whole of it, and no less than so far. `kpi`: revenue,
    active_customers (who ordered in the month) or orders; `horizon`: 1 to 12 months. The model in use: see `models`. Bounds:
    Student's t with the root mean square of the errors the model made so many months ahead in the back-test, of the logarithms
    where all is positive; null with fewer than 18 months. Raises CrmError E_FORECAST_SHORT below 12.
    """
    fit = _forecast.fitted(con, filters, kpi, horizon)
    before = np.concatenate([np.full(SEASON, np.nan), fit.series[:-SEASON]])
    past = pd.DataFrame({"month": fit.months, "value": fit.series, "baseline": before, "is_forecast": False})
    bounds = dict(zip(BOUNDS, (*fit.bounds(0.80), *fit.bounds(0.95))))
    coming = {"month": fit.ahead, "forecast": fit.forecast, "baseline": seasonal_naive(fit.series, horizon)}
    frame = pd.concat([past, pd.DataFrame(coming | bounds | {"is_forecast": True})], ignore_index=True).assign(kpi=kpi)
    frame["in_progress"] = (frame.index == len(past)) & (fit.so_far is not None)
    if fit.so_far is not None:
        frame.loc[len(past), "value"] = fit.so_far
    return frame[["month", "kpi", "value", "forecast", *BOUNDS, "baseline", "is_forecast", "in_progress"]]


def summary(con, filters: Filters, *, kpi: str = "revenue", horizon: int = 6) -> pd.DataFrame:
    """What the coming months bring together, beside the same months a year before.  One row.

    Columns: kpi, first_month, last_month, months (whole ones known), horizon, forecast (of revenue and orders the sum; of active
    customers the mean per month: nobody is counted twice), low, high, low_95, high_95, year_before (the same months a year
    before, as they were), change_rate, outcome ("more" or "less": the 95 % interval lies above or below the year before; "same":
    within noise; "unknown": no interval), model, origins (month ends from which it was tried), error_ratio and p_value of the
    model in use (null for the baseline), reason (why this model: "better"; or what the best challenger lacks: "unclear",
    "not_better", "too_few"). Bounds come from the errors that the model made in such sums, and are never wider than those of the
    single months added up.
    """
    fit = _forecast.fitted(con, filters, kpi, horizon)
    parts = horizon if kpi == "active_customers" else 1
    total, before = fit.forecast.sum(), seasonal_naive(fit.series, horizon).sum()
    low, high = tests.total_bounds(fit.came, fit.said[fit.model.name], fit.forecast, 0.80)
    low_95, high_95 = tests.total_bounds(fit.came, fit.said[fit.model.name], fit.forecast, 0.95)
    used = next((each for each in fit.verdicts if each.model is fit.model), None)
    row = {
        "kpi": kpi,
        "first_month": fit.ahead[0],
        "last_month": fit.ahead[-1],
        "months": len(fit.series),
        "horizon": horizon,
        "forecast": total / parts,
        "low": fit.floored(low) / parts,
        "high": high / parts,
        "low_95": fit.floored(low_95) / parts,
        "high_95": high_95 / parts,
        "year_before": before / parts,
        "change_rate": total / before - 1 if before > 0 else np.nan,
        "outcome": _outcome(low_95, high_95, before),
        "model": fit.model.name,
        "origins": _forecast.accuracy(fit, fit.model, slice(0, horizon))["origins"],
        "error_ratio": used.ratio if used else np.nan,
        "p_value": used.p if used else np.nan,
        "reason": _reason(fit.verdicts),
    }
    return pd.DataFrame([row])


def _outcome(low: float, high: float, before: float) -> str:
    if np.isnan(low):
        return "unknown"
    return "more" if low > before else "less" if high < before else "same"


def _reason(verdicts) -> str:
    """How far the best challenger came."""
    outcomes = {verdict.outcome for verdict in verdicts}
    return next(each for each in ("better", "unclear", "not_better", "too_few") if each in outcomes)


def models(con, filters: Filters, *, kpi: str = "revenue", horizon: int = 6) -> pd.DataFrame:
    """Which model is in use and why: every model's errors over the months shown, on the company's own past.  One row per model.

    Columns: model, needs_months, origins (month ends from which all the months shown are known), mae, mase (mae over the mean
    change against the same month a year before), smape (0..2), baseline_mae (the baseline's for the same months), error_ratio,
    coverage_80 and coverage_95 (share of outcomes inside the intervals it could have given then), p_value, outcome, is_used.
    A challenger is used only where, at 12 origins or more, its errors are at least 5 % smaller and a lead so clear has a chance
    of at most 10 % by luck, shared by all challengers that can be judged (Diebold and Mariano 1995, with the small-sample
    variance of Coroneo and Iacone 2020); of several, the one with the smallest error_ratio. Outcome: "baseline", "better",
    "unclear" (smaller, but that may be luck), "not_better", "too_few" (origins).
    """
    fit = _forecast.fitted(con, filters, kpi, horizon)
    verdicts = {verdict.model.name: verdict for verdict in fit.verdicts}
    rows = []
    for model in MODELS:
        verdict = verdicts.get(model.name)
        judged = {"p_value": verdict.p if verdict else np.nan, "outcome": verdict.outcome if verdict else "baseline"}
        row = (
            {"model": model.name, "needs_months": model.needs}
            | _forecast.accuracy(fit, model, slice(0, horizon))
            | judged
        )
        rows.append(row | {"is_used": model is fit.model})
    return pd.DataFrame(rows)


def backtest(con, filters: Filters, *, kpi: str = "revenue", horizon: int = 6) -> pd.DataFrame:
    """How far off each model would have been on the company's own past.  One row per (model, months_ahead), 1 to 12.

    At the end of each month the model sees only the months up to it. Columns: model, months_ahead, origins, mae, mase, smape,
    baseline_mae, error_ratio, coverage_80, coverage_95, is_used (over `horizon` months); see `models`. Null: no origin reaches
    so far.
    """
    fit = _forecast.fitted(con, filters, kpi, horizon)
    rows = [
        {"model": model.name, "months_ahead": ahead + 1}
        | _forecast.accuracy(fit, model, slice(ahead, ahead + 1))
        | {"is_used": model is fit.model}
        for model in MODELS
        for ahead in range(tests.LONGEST)
    ]
    return pd.DataFrame(rows)


def replay(con, filters: Filters, *, kpi: str = "revenue", horizon: int = 6, ahead: int = 1) -> pd.DataFrame:
    """What the model in use would have said of each month `ahead` months before, beside what happened.  One row per month.

    Columns: month, kpi, value, forecast, low and high (8 in 10 outcomes, from the errors known then), baseline. Null: not enough
    was known. That this model is the one in use over `horizon` months was decided with hindsight; what it says was not.
    """
    _forecast.checked("ahead", ahead)
    fit = _forecast.fitted(con, filters, kpi, horizon)
    origins = np.arange(len(fit.series)) - ahead + 1

    def at(table: np.ndarray) -> np.ndarray:
        return np.where(origins >= 1, table[np.maximum(origins, 0), ahead - 1], np.nan)

    widths = np.array([fit.spread.widths(0.80, before=max(0, origin))[ahead - 1] for origin in origins])
    forecast = at(fit.said[fit.model.name])
    low, high = fit.spread.around(forecast, widths)
    columns = {
        "month": fit.months,
        "kpi": kpi,
        "value": fit.series,
        "forecast": forecast,
        "low": fit.floored(low),
        "high": high,
    }
    return pd.DataFrame(columns | {"baseline": at(fit.said[BASELINE.name])})
