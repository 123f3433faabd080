"""One customer: revenue by month, what it buys, its tier over time."""

import math

import pandas as pd
import plotly.graph_objects as go

from crm_analytics import formats
from crm_analytics.charts import style

MOST_MONTHS = 36
MOST_BARS = 6
FEWEST_MONTHS = 6


def months(found: pd.DataFrame, tr, mode: str = "light", currency: str = "", last_day=None) -> go.Figure:
    """Net revenue of each of the last 36 months as a bar; the month that is not over is hollow.  `found`: `customer.months`."""
    figure, colours = style.figure(mode), style.palette(mode)
    shown = _padded(found.assign(month=pd.to_datetime(found.month)).tail(MOST_MONTHS))
    running = [month == shown.month.max() and _is_unfinished(last_day) for month in shown.month]
    figure.add_bar(
        x=shown.month,
        y=shown.revenue,
        marker={
            "color": ["rgba(0, 0, 0, 0)" if is_running else colours.primary for is_running in running],
            "line": {"color": colours.primary, "width": [2 if is_running else 0 for is_running in running]},
        },
        customdata=[
            (
                formats.month(row.month, tr.language, year=True),
                _money(row.revenue, tr, currency),
                formats.count(row.orders),
            )
            for row in shown.itertuples()
        ],
        hovertemplate="%{customdata[0]}<br><b>%{customdata[1]}</b> · "
        + tr("customer.hover_orders", n="%{customdata[2]}")
        + "<extra></extra>",
    )
    ticks = _month_ticks(list(shown.month))
    words = [
        f"{formats.month(month, tr.language)}<br>{month.year}"
        if number == 0 or month.month == 1
        else formats.month(month, tr.language)
        for number, month in enumerate(ticks)
    ]
    figure.update_xaxes(tickvals=ticks, ticktext=words)
    return figure.update_yaxes(**_axis(shown.revenue, tr, currency))


def _padded(shown: pd.DataFrame) -> pd.DataFrame:
    """A short history with empty months before it: two bars as wide as the card say nothing more."""
    if shown.empty or len(shown) >= FEWEST_MONTHS:
        return shown
    every = pd.date_range(end=shown.month.max(), periods=FEWEST_MONTHS, freq="MS", name="month")
    return shown.set_index("month").reindex(every).fillna({"revenue": 0.0, "orders": 0}).reset_index()


def _is_unfinished(last_day) -> bool:
    return last_day is not None and (pd.Timestamp(last_day) + pd.Timedelta(days=1)).day != 1


def _month_ticks(every: list) -> list:
    """At most a dozen labels, Januaries among them."""
    step = next(step for step in (1, 2, 3, 6, 12) if len(every) <= 13 * step or step == 12)
    return [month for number, month in enumerate(every) if (month.month - 1) % step == 0 or (number == 0 and step == 1)]


def purchases(found: pd.DataFrame, tr, mode: str = "light", currency: str = "") -> go.Figure:
    """Revenue of one dimension's values as bars, the largest six and the others together.  `found`: rows of `customer.categories`."""
    head, rest = found.head(MOST_BARS), found.iloc[MOST_BARS:]
    names = [value if isinstance(value, str) else tr("customer.not_stated") for value in head.value]
    amounts, shares = list(head.revenue), list(head.share)
    if len(rest):
        names, amounts, shares = (
            [*names, tr("customer.others", n=len(rest))],
            [*amounts, rest.revenue.sum()],
            [*shares, rest.share.sum()],
        )
    figure, colours = style.figure(mode, height=44 + 34 * len(names)), style.palette(mode)
    labels = [_label(amount, share, tr, currency) for amount, share in zip(amounts, shares)]
    figure.add_bar(
        x=amounts,
        y=list(range(len(names))),
        orientation="h",
        marker={"color": colours.primary},
        text=labels,
        textposition="outside",
        constraintext="none",
        cliponaxis=False,
        hoverinfo="skip",
    )
    highest, lowest = max([*amounts, 0]), min([*amounts, 0])
    figure.update_xaxes(visible=False, range=[lowest * 1.3, highest * 1.7 or 1])
    short = [style.plain(name if len(name) <= 24 else name[:23] + "…") for name in names]
    return figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=short,
        autorange="reversed",
        showgrid=False,
        tickfont={"color": colours.ink},
    )


def _label(amount, share, tr, currency: str) -> str:
    part = "" if formats.is_missing(share) else f" · {formats.percent(share, 0)}"
    return _money(amount, tr, currency) + part


def history(found: pd.DataFrame, tr, mode: str = "light", currency: str = "") -> go.Figure:
    """Revenue of the window that ends with each quarter, in the colour of the tier, which is named where it changes.

    `found`: `customer.history`."""
    figure, colours = style.figure(mode), style.palette(mode)
    tiers = [tier if isinstance(tier, str) else None for tier in found.tier]
    figure.add_bar(
        x=list(range(len(found))),
        y=found.revenue,
        marker={"color": [colours.tiers.get(tier, colours.grid) for tier in tiers]},
        text=[tr(f"tiers.{tier}") if tier and tier != before else "" for before, tier in zip([None, *tiers], tiers)],
        textposition="outside",
        constraintext="none",
        textangle=0,
        textfont={"size": 13, "color": colours.second},
        cliponaxis=False,
        customdata=[
            (formats.day(day, tr.language), _money(revenue, tr, currency))
            for day, revenue in zip(found.day, found.revenue)
        ],
        hovertemplate="%{customdata[0]}<br><b>%{customdata[1]}</b><extra></extra>",
    )
    words = [f"{formats.month(day, tr.language)}<br>{day.year}" for day in pd.to_datetime(found.day)]
    figure.update_xaxes(tickvals=list(range(len(found))), ticktext=words)
    return figure.update_yaxes(**_axis(found.revenue, tr, currency))


def _axis(amounts: pd.Series, tr, currency: str) -> dict:
    """About four round steps, always with zero, written as the reader writes money."""
    highest, lowest = max([*amounts, 1]), min([*amounts, 0])
    raw = (highest - lowest) / 4
    size = 10 ** math.floor(math.log10(raw))
    step = next((size * factor for factor in (1, 2, 2.5, 5) if size * factor >= raw), size * 10)
    ticks = [step * number for number in range(math.floor(lowest / step), math.ceil(highest / step) + 1)]
    words = [style.plain(formats.money_round(tick, tr.language, currency)) for tick in ticks]
    return {"tickvals": ticks, "ticktext": words, "range": [lowest * 1.12, highest * 1.15]}


def _money(amount, tr, currency: str) -> str:
    return style.plain(formats.money(amount, tr.language, currency))
