"""Revenue by month: the year in blue, the year before in grey, the unfinished month hollow. The bridge: whose revenue moved."""

import math

import pandas as pd
import plotly.graph_objects as go

from crm_analytics import formats
from crm_analytics.charts import style

MONTHS = 13
CLEAR = "rgba(0, 0, 0, 0)"
GAIN, LOSS = {"light": "#0B7257", "dark": "#4CC49B"}, {"light": "#B3261E", "dark": "#FF8A7A"}
ROW = 36  # pixels of one bar of the bridge


def revenue_by_month(months: pd.DataFrame, tr, mode: str = "light", currency: str = "", last_day=None) -> go.Figure:
    """Net revenue per month.  `months`: see `revenue_months`; `last_day`: how far the unfinished month goes.

    The customdata of a mark is (month, amount, first day of the month as ISO text).
    """
    figure, colours = style.figure(mode), style.palette(mode)
    done, running = months[~months.in_progress], months[months.in_progress]
    _add(
        figure,
        months,
        "year_before",
        tr,
        currency,
        line={"color": colours.muted, "width": 2, "dash": "dot"},
        mode="lines",
    )
    _add(
        figure,
        done,
        "value",
        tr,
        currency,
        line={"color": colours.primary, "width": 3},
        marker={"size": 7},
        mode="lines+markers",
    )
    hollow = {"size": 10, "color": CLEAR, "line": {"color": colours.primary, "width": 2}}
    _add(figure, running, "value", tr, currency, marker=hollow, mode="markers")
    for month in running.itertuples():
        words = tr("overview.days_only", n=last_day.day) if last_day else tr("overview.unfinished")
        _say(figure, month, month.value, words, colours.muted, -16)
    if len(done):
        _name_lines(figure, done, tr, colours)
        peak = done.loc[done.value.idxmax()]
        _say(
            figure,
            peak,
            peak.value,
            f"<b>{style.plain(formats.money(peak.value, tr.language, currency))}</b>",
            colours.primary,
            16,
        )
    figure.update_xaxes(tickvals=list(months.month), ticktext=[formats.month(m, tr.language) for m in months.month])
    return figure.update_yaxes(**_money_axis(months, tr.language, currency))


def revenue_months(trend: pd.DataFrame) -> pd.DataFrame:
    """The last thirteen months of revenue beside the same months a year before.

    One row per month: month, value, year_before (null where the data does not reach back), in_progress."""
    revenue = trend[(trend.kpi == "revenue") & trend.value.notna()].sort_values("month")
    revenue = revenue.assign(value=revenue.value.astype(float), month=pd.to_datetime(revenue.month))
    before = revenue.assign(month=revenue.month + pd.DateOffset(years=1))[["month", "value"]]
    joined = revenue.merge(before.rename(columns={"value": "year_before"}), on="month", how="left").tail(MONTHS)
    joined["in_progress"] = joined.in_progress.astype(bool)
    joined["year_before"] = joined.year_before.where(~joined.in_progress)
    return joined[["month", "value", "year_before", "in_progress"]].reset_index(drop=True)


def _add(figure, months, column: str, tr, currency: str, **look):
    """One series, if it has anything to show."""
    known = months[months[column].notna()]
    if known.empty:
        return
    shift = pd.DateOffset(years=1 if column == "year_before" else 0)
    words = [
        (
            formats.month(month - shift, tr.language, year=True),
            style.plain(formats.money(value, tr.language, currency)),
            f"{month - shift:%Y-%m-%d}",
        )
        for month, value in zip(known.month, known[column])
    ]
    figure.add_scatter(
        x=known.month,
        y=known[column],
        customdata=words,
        hovertemplate="%{customdata[0]}<br><b>%{customdata[1]}</b><extra></extra>",
        **look,
    )


def _name_lines(figure, done, tr, colours):
    """Both names beside the lines, where they are furthest apart and away from the peak's own label."""
    peak = done.value.idxmax()
    inner = done.iloc[1:-1]
    inner = inner[inner.year_before.notna() & (abs(inner.index - peak) > 1)]
    if inner.empty:
        return
    at = inner.loc[(inner.value - inner.year_before).abs().idxmax()]
    up = 16 if at.value >= at.year_before else -16
    _say(figure, at, at.value, f"<b>{tr('overview.this_year')}</b>", colours.primary, up)
    _say(figure, at, at.year_before, tr("overview.year_before"), colours.muted, -up, bgcolor=colours.card)


def _say(figure, at, y: float, text: str, colour: str, shift: int, **look):
    figure.add_annotation(
        x=at.month, y=y, text=text, showarrow=False, yshift=shift, font={"color": colour, "size": 13}, **look
    )


def _money_axis(months, language: str, currency: str) -> dict:
    """About five round steps, always with zero, written as the reader writes money."""
    known = pd.concat([months.value, months.year_before]).dropna()
    highest, lowest = max(known.max(), 1) if len(known) else 1, min(known.min(), 0) if len(known) else 0
    step = _round_step((highest - lowest) / 5)
    ticks = [step * number for number in range(math.floor(lowest / step), math.ceil(highest / step) + 1)]
    words = [style.plain(formats.money_round(tick, language, currency)) for tick in ticks]
    return {"tickvals": ticks, "ticktext": words, "range": [lowest * 1.12, highest * 1.12]}


def _round_step(raw: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten."""
    size = 10 ** math.floor(math.log10(raw))
    return next((size * factor for factor in (1, 2, 2.5, 5) if size * factor >= raw), size * 10)


def revenue_bridge(bridge: pd.DataFrame, tr, mode: str = "light", currency: str = "") -> go.Figure:
    """Each group's part of the change of revenue, one below the other, every bar beginning where the last one ended.

    `bridge`: see `overview.bridge`. It starts at zero change, so that parts of a large total can be told apart. The customdata of
    a bar is its group; the last bar, the whole change, has none.
    """
    bridge = bridge[(bridge.customers.fillna(0) > 0) | (bridge.change != 0)]
    names = [_group_words(tr, row) for row in bridge.itertuples()]
    changes = [float(change) for change in bridge.change]
    starts = [sum(changes[:place]) for place in range(len(changes))]
    whole, ink = sum(changes), style.palette(mode)
    figure = style.figure(mode, ROW * (len(names) + 1) + 16)
    figure.add_bar(
        orientation="h",
        y=[*names, f"<b>{tr('overview.bridge_whole')}</b>"],
        base=[*starts, 0],
        x=[*changes, whole],
        marker={"color": [*((GAIN if change >= 0 else LOSS)[mode] for change in changes), ink.second]},
        customdata=[*bridge.group, None],
        hoverinfo="none",
    )
    for name, start, change in zip([*names, f"<b>{tr('overview.bridge_whole')}</b>"], [*starts, 0], [*changes, whole]):
        words = style.plain(formats.money_change(change, tr.language, currency))
        figure.add_annotation(
            x=max(start, start + change),
            y=name,
            text=words,
            showarrow=False,
            xanchor="left",
            xshift=6,
            font={"size": 13, "color": ink.ink},
        )
    reach = [0, *(start + change for start, change in zip(starts, changes))]
    width = max(reach) - min(reach) or 1
    figure.add_vline(x=0, line={"color": ink.muted, "width": 1})
    figure.update_layout(bargap=0.3)
    figure.update_xaxes(visible=False, range=[min(reach) - 0.02 * width, max(reach) + 0.2 * width])
    return figure.update_yaxes(autorange="reversed", showgrid=False, tickfont={"size": 14, "color": ink.ink})


def _group_words(tr, row) -> str:
    """The group, and how many customers it has."""
    if pd.isna(row.customers):
        return tr(f"overview.group_{row.group}")
    return tr("overview.group_n", group=tr(f"overview.group_{row.group}"), n=formats.count(row.customers))
