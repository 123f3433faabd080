"""The numbers behind the screens of who customers are and how they come and go: asked for the first time, and again.

From a snapshot that is there, over all exports of the company, each screen in a process of its own and in the order of its parts:
what several of its numbers share is paid for by the first. A warm number that the product remembers is one look-up.
"""

from collections.abc import Callable
from functools import partial
from importlib import import_module

from benchmarks.company import Company
from benchmarks.measure import Row, Stopwatch
from crm_analytics import snapshot
from crm_analytics.database import open_database
from crm_analytics.filters import Filters

PAGE = {"limit": 100}
SCREENS: dict[str, dict[str, dict]] = {
    "segments": {
        "summary": {}, "grid": {}, "bands": {}, "migration": {}, "flows": {}, "rfm": PAGE, "cluster_choice": {},
        "cluster_profile": {"k": 4}, "clusters": {"k": 4, **PAGE}, "score_classes": {}, "score_distribution": {},
        "score_sensitivity": {}, "score": PAGE,
    },
    "lifecycle": {
        "stages": {}, "flows": {}, "trend": {}, "days": {}, "borders": {}, "ladder": {}, "judged": {}, "policy": {}, "due": PAGE,
    },
    "retention": {
        "cohorts": {}, "change": {}, "repurchase": {}, "second_order": {}, "survival": {"longest": 365}, "forms": {}, "gaps": {},
        "rhythm": {}, "churn": {},
    },
    "value": {
        "basis": {}, "summary": {}, "matrix": {}, "concentration": {}, "customers": PAGE, "model": {}, "holdout": {}, "tracking": {},
        "history": {}, "tenure": {}, "migration": {},
    },
    "profile": {
        "columns": {}, "worth": {"column": "tier"}, "index": {"bought": False}, "loyal": {}, "trends": {}, "spending": {},
        "acquisition": {}, "acquisition_cost": {}, "members": PAGE,
    },
    "forecast": {"history": {}, "summary": {}, "course": {}, "replay": {}, "backtest": {}, "models": {}},
}  # fmt: skip


def segments(company: Company, stopwatch: Stopwatch):
    """Segments, clusters, score."""
    return _asked(company, stopwatch, "segments")


def lifecycle(company: Company, stopwatch: Stopwatch):
    """Stages, ladder, contacts."""
    return _asked(company, stopwatch, "lifecycle")


def retention(company: Company, stopwatch: Stopwatch):
    """Cohorts, second order, rhythm."""
    return _asked(company, stopwatch, "retention")


def value(company: Company, stopwatch: Stopwatch):
    """Models, worth of everybody, hold-out."""
    return _asked(company, stopwatch, "value")


def profile(company: Company, stopwatch: Stopwatch):
    """Traits, worth by trait, habits, newcomers."""
    return _asked(company, stopwatch, "profile")


def forecast(company: Company, stopwatch: Stopwatch):
    """Months, methods, back-test."""
    return _asked(company, stopwatch, "forecast")


RUNS: tuple[Callable, ...] = (segments, lifecycle, retention, value, profile, forecast)


def rows(cold: float, warm: float, megabytes: float) -> list[Row]:
    """Two rows of the table for each number."""
    aims = {"cold": ("first time", cold), "warm": ("again", warm)}
    return [
        Row(
            f"{run.__name__}.{number}.{state}",
            f"{run.__name__.capitalize()}: {number}, {words}",
            run,
            None,
            None,
            aim,
            megabytes,
        )
        for run in RUNS
        for state, (words, aim) in aims.items()
        for number in SCREENS[run.__name__]
    ]


def _asked(company: Company, stopwatch: Stopwatch, screen: str):
    con = open_database(company.whole).cursor()
    filters = snapshot.prepare(con, Filters())
    topic = import_module(f"crm_analytics.metrics.{screen}")
    for number, options in SCREENS[screen].items():
        with stopwatch(f"{screen}.{number}.cold"):
            getattr(topic, number)(con, filters, **options)
    for number, options in SCREENS[screen].items():
        stopwatch.typical(f"{screen}.{number}.warm", partial(getattr(topic, number), con, filters, **options))
    return dict
