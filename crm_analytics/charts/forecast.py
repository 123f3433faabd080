"""The course with its forecast, band and baseline; what was said before beside what happened; errors by how far ahead."""

import math
from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go

from crm_analytics import formats
from crm_analytics.charts import style

PAST = 36  # months shown before the forecast
WIDE = {"light": "rgba(15, 92, 140, 0.10)", "dark": "rgba(93, 177, 232, 0.12)"}  # 95 in 100 outcomes
CLOSE = {"light": "rgba(15, 92, 140, 0.17)", "dark": "rgba(93, 177, 232, 0.22)"}  # 8 in 10
CLEAR = "rgba(0, 0, 0, 0)"
WORST = 2.0  # of the baseline's error: what is worse leaves the picture
LINE = 17  # pixels between two names at the right
SHAPES = (("●", "circle"), ("◆", "diamond"))  # of the lines of models: where none is in use they have one colour
LINES, BOUNDS = ["value", "forecast", "baseline"], ["low", "high", "low_95", "high_95"]
TALLEST = 2.5  # times the highest line: a band beyond leaves the picture, or the lines would lie flat on the axis


def course(frame: pd.DataFrame, tr, mode: str = "light", currency: str = "", last_day=None) -> go.Figure:
    """A number by month, then its forecast.  `frame`: `metrics.forecast.course`; `last_day`: how far the month in progress goes.

    The customdata of a month that has happened is (month, amount, its first day as ISO text).
    """
    figure, colours = style.figure(mode, 340), style.palette(mode)
    frame = _typed(frame)
    past, coming = frame[~frame.is_forecast].tail(PAST), frame[frame.is_forecast]
    shown, write = pd.concat([past, coming]), _writer(frame, tr, currency)
    _band(figure, coming, "low_95", "high_95", WIDE[mode])
    _band(figure, coming, "low", "high", CLOSE[mode])
    look = {"color": colours.muted, "width": 2, "dash": "dot"}
    _line(
        figure,
        shown,
        "baseline",
        look,
        [_tip(tr, "baseline", row.month, write(row.baseline)) for row in shown.itertuples()],
    )
    _happened(figure, past, write, tr, colours)
    words = [
        _tip(tr, "forecast", row.month, write(row.forecast), _interval(tr, row, write)) for row in coming.itertuples()
    ]
    _line(figure, coming, "forecast", {"color": colours.primary, "width": 3, "dash": "dash"}, words)
    for month in shown[shown.in_progress].itertuples():
        _hollow(figure, month, write, tr, colours, last_day)
    _axes(figure, shown, tr, currency)
    _name_ends(figure, coming, tr, colours)
    return figure


def replayed(frame: pd.DataFrame, tr, mode: str = "light", currency: str = "") -> go.Figure:
    """What the model would have said so many months before, with its band, beside what happened.  `frame`: `metrics.forecast.replay`."""
    figure, colours = style.figure(mode, 300), style.palette(mode)
    frame = _typed(frame)
    frame = frame[frame.forecast.notna()].tail(PAST)
    write = _writer(frame, tr, currency)
    _band(figure, frame, "low", "high", CLOSE[mode])
    words = [_tip(tr, "said", row.month, write(row.forecast), _interval(tr, row, write)) for row in frame.itertuples()]
    _line(figure, frame, "forecast", {"color": colours.second, "width": 2, "dash": "dash"}, words)
    _happened(figure, frame, write, tr, colours)
    names = f"<b>━ {tr('forecast.name_value')}</b>", f"╌ {tr('forecast.name_said')}"
    for place, (name, colour) in enumerate(zip(names, (colours.primary, colours.second))):
        _corner(figure, place, name, colour)
    figure.update_layout(margin_t=18 * len(names) + 8)
    return _axes(figure, frame, tr, currency)


def errors(frame: pd.DataFrame, tr, mode: str = "light") -> go.Figure:
    """Each challenger's error as a share of the baseline's, by months ahead.  `frame`: `metrics.forecast.backtest`."""
    figure, colours = style.figure(mode, 300), style.palette(mode)
    known = frame[frame.error_ratio.notna() & (frame.error_ratio <= WORST) & (frame.model != "seasonal_naive")]
    figure.add_hline(y=1, line={"color": colours.muted, "width": 2, "dash": "dot"})
    figure.add_annotation(
        x=1, xref="paper", xanchor="right", y=1, yshift=-11, showarrow=False, text=tr("forecast.name_baseline"),
        font={"size": 13, "color": colours.muted},
    )  # fmt: skip
    for place, ((model, rows), (sign, shape)) in enumerate(zip(known.groupby("model", sort=False), SHAPES)):
        is_used, name = bool(rows.is_used.iloc[0]), tr(f"forecast.model_{model}")
        colour = colours.primary if is_used else colours.second
        words = [
            f"{name}<br>{tr('forecast.tip_ahead', n=row.months_ahead)}: <b>{formats.percent(row.error_ratio, 0)}</b><br>n {row.origins}"
            for row in rows.itertuples()
        ]
        figure.add_scatter(
            x=rows.months_ahead, y=rows.error_ratio, mode="lines+markers", text=words, hovertemplate="%{text}<extra></extra>",
            line={"color": colour, "width": 3 if is_used else 2, "dash": "solid" if is_used else "dot"},
            marker={"size": 8, "symbol": shape},
        )  # fmt: skip
        _corner(figure, place, f"{sign} <b>{name}</b>" if is_used else f"{sign} {name}", colour)
    figure.update_layout(margin_t=18 * known.model.nunique() + 8)
    ticks = [0, 0.5, 1, 1.5, 2]
    figure.update_xaxes(
        tickvals=list(range(1, int(frame.months_ahead.max()) + 1)), range=[0.6, frame.months_ahead.max() + 0.4]
    )
    top = max([1.0, *known.error_ratio]) * 1.08
    return figure.update_yaxes(range=[0, top], tickvals=ticks, ticktext=[formats.percent(tick, 0) for tick in ticks])


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    flags = [name for name in ("is_forecast", "in_progress") if name in frame]
    return frame.assign(month=pd.to_datetime(frame.month), **{name: frame[name].astype(bool) for name in flags})


def _writer(frame: pd.DataFrame, tr, currency: str) -> Callable[[float], str]:
    """How this number is written: money or a count."""
    if len(frame) and frame.kpi.iloc[0] == "revenue":
        return lambda value: style.plain(formats.money(value, tr.language, currency))
    return formats.count


def _tip(tr, kind: str, month, amount: str, more: str = "") -> str:
    head = tr(f"forecast.tip_{kind}", month=formats.month(month, tr.language, year=True))
    return f"{head}<br><b>{amount}</b>{more}"


def _interval(tr, row, write) -> str:
    return "<br>" + tr("forecast.tip_interval", low=write(row.low), high=write(row.high)) if pd.notna(row.low) else ""


def _band(figure, months: pd.DataFrame, low: str, high: str, fill: str):
    """Two borders without a line and what lies between them; of a single month a bar."""
    known = months[months[low].notna()]
    if len(known) == 1:
        month = known.iloc[0]
        bar = {"width": 16, "color": fill}
        figure.add_scatter(x=[month.month] * 2, y=[month[low], month[high]], mode="lines", line=bar, hoverinfo="skip")
        return
    border = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    figure.add_scatter(x=known.month, y=known[low], **border)
    figure.add_scatter(x=known.month, y=known[high], fill="tonexty", fillcolor=fill, **border)


def _line(figure, months: pd.DataFrame, column: str, look: dict, words: list[str]):
    """A line that says its months; one month alone is a point."""
    mode = "lines" if months[column].notna().sum() > 1 else "markers"
    marker = {"size": 8, "color": look["color"]}
    figure.add_scatter(
        x=months.month, y=months[column], mode=mode, line=look, marker=marker, text=words, hovertemplate="%{text}<extra></extra>"
    )  # fmt: skip


def _happened(figure, months: pd.DataFrame, write, tr, colours):
    """What happened, to be clicked."""
    figure.add_scatter(
        x=months.month, y=months.value, mode="lines+markers", line={"color": colours.primary, "width": 3}, marker={"size": 6},
        customdata=[_mark(row, write, tr) for row in months.itertuples()],
        hovertemplate="%{customdata[0]}<br><b>%{customdata[1]}</b><extra></extra>",
    )  # fmt: skip


def _mark(row, write, tr) -> tuple[str, str, str]:
    return formats.month(row.month, tr.language, year=True), write(row.value), f"{row.month:%Y-%m-%d}"


def _hollow(figure, month, write, tr, colours, last_day):
    """The month in progress so far."""
    figure.add_scatter(
        x=[month.month], y=[month.value], mode="markers", customdata=[_mark(month, write, tr)],
        marker={"size": 10, "color": CLEAR, "line": {"color": colours.primary, "width": 2}},
        hovertemplate="%{customdata[0]}<br><b>%{customdata[1]}</b><extra></extra>",
    )  # fmt: skip
    words = tr("overview.days_only", n=last_day.day) if last_day else tr("overview.unfinished")
    _say(figure, month.month, month.value, words, colours.muted, 16 if month.value >= month.forecast else -16)


def _corner(figure, place: int, text: str, colour: str):
    """The name of a line, in its colour, above the picture: lines that cross leave no room beside them."""
    figure.add_annotation(
        x=0, xref="paper", xanchor="left", y=1, yref="paper", yanchor="bottom", yshift=18 * (1 - place), showarrow=False, text=text,
        font={"size": 13, "color": colour},
    )  # fmt: skip


def _name_ends(figure, coming: pd.DataFrame, tr, colours):
    """Forecast and baseline named right of their last month, apart from each other."""
    last = coming.iloc[-1]
    low, high = figure.layout.yaxis.range
    gap = (last.forecast - last.baseline) * (figure.layout.height - 60) / (high - low)
    push = max(0.0, (LINE - abs(gap)) / 2) * (1 if gap >= 0 else -1)
    beside = {"xanchor": "left", "xshift": 8}
    if (coming.forecast == coming.baseline).all():
        _say(figure, last.month, last.forecast, f"<b>{tr('forecast.name_both')}</b>", colours.primary, 0, **beside)
        return
    _say(figure, last.month, last.forecast, f"<b>{tr('forecast.name_forecast')}</b>", colours.primary, push, **beside)
    _say(figure, last.month, last.baseline, tr("forecast.name_baseline"), colours.muted, -push, **beside)


def _say(figure, x, y: float, text: str, colour: str, shift: float, **look):
    figure.add_annotation(
        x=x, y=y, text=text, showarrow=False, yshift=shift, font={"color": colour, "size": 13}, **look
    )


def _axes(figure, frame: pd.DataFrame, tr, currency: str) -> go.Figure:
    """Months with their years below; about five round steps, always with zero."""
    months = list(frame.month)
    step = next(step for step in (1, 2, 3, 6) if len(months) <= 14 * step or step == 6)
    ticks = [month for month in months if (month.month - 1) % step == 0]
    words = [
        formats.month(month, tr.language)
        + (
            f"<br>{month.year}"
            if month.month == 1 or place == 0 and 1 not in {each.month for each in ticks[:2]}
            else ""
        )
        for place, month in enumerate(ticks)
    ]
    figure.update_xaxes(tickvals=ticks, ticktext=words)
    lines, bounds = (pd.concat([frame[name] for name in names if name in frame]).dropna() for names in (LINES, BOUNDS))
    reach = TALLEST * max([0.0, *lines.abs()])
    highest, lowest = (end([0.0, *lines, *bounds.clip(-reach, reach)]) for end in (max, min))
    size = _round_step((highest - lowest or 1.0) / 5)
    marks = [size * number for number in range(math.floor(lowest / size), math.ceil(highest / size) + 1)]
    is_money = len(frame) and frame.kpi.iloc[0] == "revenue"
    texts = [
        style.plain(formats.money_round(mark, tr.language, currency)) if is_money else formats.number(mark)
        for mark in marks
    ]
    return figure.update_yaxes(tickvals=marks, ticktext=texts, range=[1.08 * lowest, 1.08 * (highest or 1.0)])


def _round_step(raw: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten."""
    size = 10 ** math.floor(math.log10(raw))
    return next((size * factor for factor in (1, 2, 2.5, 5) if size * factor >= raw), size * 10)
