"""The Forecast screen in words: which number and how far ahead, the answer, findings above the charts, which method and why."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from crm_analytics import formats, snapshot
from crm_analytics.metrics import forecast
from crm_analytics.ui import cards, kept
from crm_analytics.ui.overview import open_month

HORIZONS = ("3", "6", "12")
AHEAD = ("1", "3", "6")
BY_BEHAVIOUR = {"tier", "stage", *snapshot.FACTS}  # conditions that know how the past ended


@dataclass(frozen=True)
class View:
    """What is shown: which number, how many months ahead, and how long before the replay speaks.  `q.kpi`, `q.horizon`, `q.ahead`."""

    kpi: str
    horizon: int
    ahead: int

    @classmethod
    def of_url(cls) -> "View":
        """What the URL says; what cannot be meant is left at its default."""
        return cls(
            kept.asked("kpi", forecast.KPIS, forecast.KPIS[0]),
            int(kept.asked("horizon", HORIZONS, "6")),
            int(kept.asked("ahead", AHEAD, "1")),
        )


def whole_months(page) -> pd.DataFrame:
    """The months a forecast can rest on."""
    months = page.measure(forecast.history)
    return months[~months.in_progress.astype(bool)]


def eyebrow(page, whole: pd.DataFrame) -> str:
    """Forecast · every month to 31 Oct 2026 · 36 whole months"""
    tr, n = page.tr, len(whole)
    day = formats.day(page.filters.as_of, page.language)
    counted = tr("forecast.whole_one" if n == 1 else "forecast.whole", n=formats.count(n))
    return tr("forecast.eyebrow", day=day, months=counted)


def head(page, view: View):
    """Which number, and how far ahead."""
    tr = page.tr
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="forecast.head"
    ):
        st.segmented_control(
            tr("forecast.kpi"), forecast.KPIS, format_func=lambda kpi: tr(f"forecast.kpi_{kpi}"), required=True,
            label_visibility="collapsed", width="content", **kept.controlled("kpi", view.kpi, forecast.KPIS[0]),
        )  # fmt: skip
        st.segmented_control(
            tr("forecast.horizon"), HORIZONS, format_func=lambda n: tr("forecast.months_ahead", n=n), required=True,
            label_visibility="collapsed", width="content", **kept.controlled("horizon", str(view.horizon), "6"),
        )  # fmt: skip


def write(page, kpi: str, value) -> str:
    """An amount, or a whole number of customers or orders."""
    return page.money(value) if kpi == "revenue" else formats.count(_rounded(value))


def _rounded(value):
    """Three digits of a count: more would promise what a forecast does not know."""
    return value if formats.is_missing(value) else float(f"{float(value):.3g}")


def span(page, row) -> str:
    """Nov 2026 to Apr 2027"""
    first, last = (formats.month(month, page.language, year=True) for month in (row.first_month, row.last_month))
    return first if first == last else page.tr("forecast.span", first=first, last=last)


def answer(page, row) -> str:
    """What the coming months bring, how sure that is, and whether it is more than a year before."""
    tr = page.tr
    words = {"value": write(page, row.kpi, row.forecast), "span": span(page, row)}
    what = tr(f"forecast.answer_{row.kpi}", **words)
    if row.outcome == "unknown":
        return tr("forecast.answer_unknown", what=what)
    between = {"low": write(page, row.kpi, row.low), "high": write(page, row.kpi, row.high)}
    return tr("forecast.answer", what=what, compared=tr(f"forecast.compared_{row.outcome}"), **between)


def too_short(page, whole: pd.DataFrame):
    """No forecast yet: how many months are there and how many it takes; what there is stands below."""
    tr = page.tr
    page.answer(
        eyebrow(page, whole), tr("forecast.too_short", n=formats.count(len(whole)), needed=forecast.LEAST_MONTHS)
    )
    months = page.measure(forecast.history)
    with cards.card("history", tr("forecast.history_title"), tr("forecast.history_subtitle"), height="content"):
        cards.frame(page, months.assign(month=[formats.month(each, page.language, year=True) for each in months.month]))
        page.proof(
            months, "forecast-history", forecast.history, tr("forecast.history_title"), tr("forecast.about_history")
        )


def strip(page, row):
    """The total, the year before, how far the outcomes go, how well the method in use did."""
    tr, kpi = page.tr, row.kpi
    is_unknown = row.outcome == "unknown"
    lacks = tr("forecast.no_interval", n=forecast.LEAST_FOR_INTERVAL)
    close = lacks if is_unknown else tr("forecast.eight_in_ten", between=_between(page, kpi, row.low, row.high))
    is_baseline = row.model == "seasonal_naive"
    change = tr("forecast.is_forecast") if is_baseline else tr("forecast.change", change=_signed(row.change_rate))
    noise = [] if is_unknown or is_baseline else [tr(f"forecast.short_{row.outcome}")]
    tested = tr("forecast.tried", n=row.origins) if row.origins else tr("forecast.tried_none")
    ratio = 1.0 if is_baseline and row.origins else row.error_ratio
    cards.figures(
        [
            (tr(f"forecast.total_{kpi}"), write(page, kpi, row.forecast), close),
            (tr("forecast.year_before"), write(page, kpi, row.year_before), " · ".join([change, *noise])),
            (
                tr("forecast.widest"),
                _between(page, kpi, row.low_95, row.high_95),
                lacks if is_unknown else tr("forecast.widest_note"),
            ),
            (tr("forecast.error_beside"), formats.percent(ratio, 0), tested),
        ]
    )


def _signed(share: float) -> str:
    text = formats.percent(share)
    return f"+{text}" if share >= 0 else text


def method(page, row) -> str:
    """Which method is in use and why, in a sentence."""
    gain = formats.percent(1 - row.error_ratio, 0)
    return page.tr(f"forecast.why_{row.reason}", model=page.tr(f"forecast.model_{row.model}"), gain=gain)


def errors_title(page, row, view: View) -> str:
    """What the errors by months ahead say of the method in use."""
    months = {"n": view.horizon} if row.reason == "better" else {}
    return page.tr(f"forecast.errors_{row.reason}", **months)


def models_table(page, models: pd.DataFrame, kpi: str):
    """Every method: how it works, its error beside the baseline's, the verdict."""
    tr = page.tr
    columns = ("model", "about", "tried", "mae", "ratio", "chance", "coverage", "verdict")
    rows = [
        (
            tr(f"forecast.model_{each.model}"),
            tr(f"forecast.about_{each.model}"),
            formats.count(each.origins),
            write(page, kpi, each.mae),
            formats.percent(each.error_ratio, 0),
            formats.percent(each.p_value),
            formats.percent(each.coverage_80, 0),
            formats.together(
                [tr(f"forecast.verdict_{each.outcome}"), *[tr("forecast.in_use")] * bool(each.is_used)], page.language
            ),
        )
        for each in models.itertuples()
    ]
    cards.grid([tr(f"forecast.head_{name}") for name in columns], rows, right=range(2, 7), quiet=(1,))


def months_table(page, course: pd.DataFrame):
    """The coming months in numbers."""
    tr = page.tr
    rows = [
        (
            formats.month(each.month, page.language, year=True)
            + (tr("forecast.whole_month") if each.in_progress else ""),
            write(page, each.kpi, each.forecast),
            _between(page, each.kpi, each.low, each.high),
            _between(page, each.kpi, each.low_95, each.high_95),
            write(page, each.kpi, each.baseline),
        )
        for each in course[course.is_forecast.astype(bool)].itertuples()
    ]
    columns = ("month", "forecast", "eight", "ninetyfive", "before")
    cards.grid([tr(f"forecast.head_{name}") for name in columns], rows, right=range(1, 5))


def _between(page, kpi: str, low, high) -> str:
    return formats.NOTHING if formats.is_missing(low) else f"{write(page, kpi, low)} – {write(page, kpi, high)}"


def choose_ahead(page, view: View):
    """How long before each month the replay speaks."""
    st.segmented_control(
        page.tr("forecast.ahead"), AHEAD, format_func=lambda n: page.tr("forecast.before_one" if n == "1" else "forecast.before", n=n),
        required=True, label_visibility="collapsed", width="content", **kept.controlled("ahead", str(view.ahead), "1"),
    )  # fmt: skip


def miss(page, replay: pd.DataFrame) -> str:
    """By how much it was off, a month, and how often the band held."""
    tr, known = page.tr, replay[replay.forecast.notna()]
    if known.empty:
        return tr("forecast.replay_none")
    off = write(page, known.kpi.iloc[0], (known.value - known.forecast).abs().mean())
    banded = known[known.low.notna()]
    if banded.empty:
        return tr("forecast.replay_title", off=off)
    inside = int(((banded.value >= banded.low) & (banded.value <= banded.high)).sum())
    return tr("forecast.replay_title_band", off=off, inside=inside, n=len(banded))


def caution(page) -> str:
    """Who is chosen by how the past ended looks better, or worse, than he will."""
    return page.tr("forecast.chosen_by_past") if BY_BEHAVIOUR & {column for column, _ in page.wanted.where} else ""


def open_past(page, clicked):
    """The customers of a month that has happened; a month to come has none."""
    if clicked and len(clicked) == 3:
        open_month(page, clicked)
