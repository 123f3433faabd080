"""Revenue by month: the year in blue, the year before in grey, the unfinished month hollow."""

import pandas as pd
import plotly.graph_objects as go

from crm_analytics import formats
from crm_analytics.charts import style


def revenue_by_month(months: pd.DataFrame, tr, mode: str = "light", currency: str = "", last_day=None) -> go.Figure:
    """Line of net revenue per month.  `months`: month, value, year_before, in_progress (see `revenue_months`)."""
    figure, colours = style.figure(mode), style.palette(mode)
    done, running = months[~months.in_progress], months[months.in_progress]
    labels = [formats.money(value, tr.language, currency) for value in months.value]
    if months.year_before.notna().sum() > 1:
        _line(
            figure,
            months,
            months.year_before,
            colours.muted,
            tr,
            currency,
            dash="dot",
            width=2,
            name=tr("overview.year_before"),
        )
    _line(figure, done, done.value, colours.primary, tr, currency, width=3, markers=True, name=tr("overview.this_year"))
    if len(running):
        _line(
            figure, running, running.value, colours.primary, tr, currency, hollow=True, name=tr("overview.unfinished")
        )
        _say(
            figure,
            running.iloc[0],
            running.value.iloc[0],
            tr("overview.days_only", n=last_day.day) if last_day else tr("overview.unfinished"),
            colours.muted,
            -16,
        )
    if len(done):
        _name_lines(figure, done, tr, colours)
        _mark_peak(figure, done, labels, colours)
    figure.update_xaxes(tickvals=list(months.month), ticktext=[formats.month(m, tr.language) for m in months.month])
    figure.update_yaxes(rangemode="tozero", **_money_ticks(months, tr.language, currency))
    return figure


def revenue_months(trend: pd.DataFrame) -> pd.DataFrame:
    """The last thirteen months of revenue beside the same months a year before.

    One row per month: month, value, year_before (null where the data does not reach back), in_progress."""
    revenue = trend[(trend.kpi == "revenue") & trend.value.notna()].sort_values("month")
    revenue = revenue.assign(value=revenue.value.astype(float), month=pd.to_datetime(revenue.month))
    before = revenue.assign(month=revenue.month + pd.DateOffset(years=1))[["month", "value"]]
    joined = revenue.merge(before.rename(columns={"value": "year_before"}), on="month", how="left").tail(13)
    joined["in_progress"] = joined.in_progress.astype(bool)
    joined["year_before"] = joined.year_before.where(~joined.in_progress)
    return joined[["month", "value", "year_before", "in_progress"]].reset_index(drop=True)


def _line(figure, months, values, colour, tr, currency, *, name, dash=None, width=3, markers=False, hollow=False):
    symbol = (
        {"size": 10, "color": "rgba(0,0,0,0)", "line": {"color": colour, "width": 2}}
        if hollow
        else {"size": 7, "color": colour}
    )
    figure.add_scatter(
        x=months.month,
        y=values,
        name=name,
        mode="markers" if hollow else "lines+markers" if markers else "lines",
        line={"color": colour, "width": width, "dash": dash},
        marker=symbol | ({"opacity": 1} if hollow or markers else {}),
        customdata=[
            [formats.month(m, tr.language, year=True), formats.money(v, tr.language, currency)]
            for m, v in zip(months.month, values)
        ],
        hovertemplate="%{customdata[0]}<br><b>%{customdata[1]}</b> " + style.plain(name) + "<extra></extra>",
    )


def _mark_peak(figure, done, labels, colours):
    peak = done.value.idxmax()
    figure.add_annotation(
        x=done.month[peak],
        y=done.value[peak],
        text=f"<b>{style.plain(labels[peak])}</b>",
        showarrow=False,
        yshift=16,
        font={"color": colours.primary, "size": 14},
        xanchor="right" if peak >= len(labels) - 1 and peak else "center",
    )


def _name_lines(figure, done, tr, colours):
    """Both names beside the lines, where they are furthest apart."""
    inner = done.iloc[1:-2]
    inner = inner[inner.year_before.notna()]
    if inner.empty:
        return
    at = inner.loc[(inner.value - inner.year_before).abs().idxmax()]
    above = at.value >= at.year_before
    _say(figure, at, at.value, f"<b>{tr('overview.this_year')}</b>", colours.primary, 16 if above else -16)
    _say(figure, at, at.year_before, tr("overview.year_before"), colours.muted, -16 if above else 16)


def _say(figure, at, y, text, colour, shift):
    figure.add_annotation(x=at.month, y=y, text=text, showarrow=False, yshift=shift, font={"color": colour, "size": 13})


def _money_ticks(months, language, currency) -> dict:
    """About five round steps from zero, written as the reader writes money."""
    highest = max(months.value.max(), months.year_before.max() if months.year_before.notna().any() else 0, 1)
    step = _round_step(highest / 5)
    ticks = [step * i for i in range(int(highest * 1.08 // step) + 2)]
    lowest = min(0, months.value.min())
    return {
        "tickvals": ticks,
        "ticktext": [style.plain(formats.money_round(t, language, currency)) for t in ticks],
        "range": [lowest, max(highest * 1.12, ticks[-2])],
    }


def _round_step(raw: float) -> float:
    size = 10 ** len(str(int(raw))) / 10
    return next((size * factor for factor in (1, 2, 2.5, 5) if size * factor >= raw), size * 10)
