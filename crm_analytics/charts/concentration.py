"""How concentrated revenue and profit are: the curve of Lorenz in the tiers' colours, the whale curve of cumulative profit."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm_analytics import formats
from crm_analytics.charts import style
from crm_analytics.charts.pyramid import TIERS

HEIGHT = 330
AREA = {"light": "rgba(20, 32, 46, 0.04)", "dark": "rgba(233, 238, 244, 0.05)"}
LOSS = {"light": "#B3261E", "dark": "#FF8A7A"}
ROOM = 0.14  # part of the axis that a label needs for itself


def reached(points: pd.DataFrame, share: float, column: str = "revenue_share") -> float:
    """The share of customers at which the curve reaches a share."""
    return float(np.interp(share, points[column].astype(float), points.customers_share.astype(float)))


def lorenz(points: pd.DataFrame, tr, mode: str = "light") -> go.Figure:
    """Cumulative share of revenue, customers from the first to the last of the ranking.  `points`: see `metrics.pyramid.concentration`."""
    figure, ink = _frame(mode, [0, 0.25, 0.5, 0.75, 1]), style.palette(mode)
    x, y = points.customers_share.astype(float), points.revenue_share.astype(float)
    figure.add_scatter(
        x=x, y=y, mode="lines", fill="tozeroy", fillcolor=AREA[mode], line={"width": 0}, hoverinfo="skip"
    )
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": ink.muted, "width": 1, "dash": "dot"}, hoverinfo="skip"
    )
    borders = [
        (row.marker, float(row.customers_share), float(row.revenue_share))
        for row in points.itertuples()
        if isinstance(row.marker, str)
    ]
    borders.sort(key=lambda border: TIERS.index(border[0]))
    start = 0.0
    for tier in TIERS:
        end = next((share for name, share, _ in borders if name == tier), 1.0 if tier == "small" else start)
        part = (x >= start - 1e-12) & (x <= end + 1e-12)
        if part.sum() > 1:
            figure.add_scatter(
                x=x[part], y=y[part], mode="lines", line={"color": ink.tiers[tier], "width": 3},
                hovertemplate=tr("pyramid.curve_tip", customers="%{x:.1%}", revenue="%{y:.1%}") + "<extra></extra>",
            )  # fmt: skip
        start = end
    _name_borders(figure, [border for border in borders if border[0] != "small"], tr, ink)
    return figure


def _name_borders(figure, borders, tr, ink):
    """A point and its words where each tier ends; points that lie too close to the one before say nothing."""
    last = -1.0
    for tier, x, y in borders:
        figure.add_scatter(x=[x], y=[y], mode="markers", hoverinfo="skip",
                           marker={"size": 9, "color": ink.tiers[tier], "line": {"color": ink.card, "width": 1.5}})  # fmt: skip
        if y - last < ROOM / 2:
            continue
        words = tr("pyramid.name_top") if tier == "top" else tr("pyramid.and_above", tier=tr(f"pyramid.name_{tier}"))
        text = f"<b>{formats.percent(y, 0)}</b> <span style='color:{ink.muted}'>{style.plain(words)}</span>"
        is_right = x < 0.6
        figure.add_annotation(x=x, y=y, text=text, showarrow=False, xanchor="left" if is_right else "right", xshift=10 if is_right else -10,
                              yshift=-8 if y - x > ROOM else 6, font={"size": 13, "color": ink.ink})  # fmt: skip
        last = y


def whale(points: pd.DataFrame, tr, mode: str = "light") -> go.Figure:
    """Cumulative profit as a share of the whole, customers from the most profitable to the most costly."""
    ink, known = style.palette(mode), points[points.profit_share.notna()]
    x, y = known.customers_share.astype(float), known.profit_share.astype(float)
    top, low = max(1.0, float(y.max())), min(0.0, float(y.min()))
    step = 0.25 if top - low <= 1.6 else 0.5 if top - low <= 3 else float(np.ceil((top - low) / 5))
    ticks = [step * number for number in range(int(np.floor(low / step)), int(np.ceil(top / step)) + 1)]
    figure = _frame(mode, ticks)
    figure.add_scatter(
        x=x, y=y, mode="lines", line={"color": ink.primary, "width": 3}, fill="tozeroy", fillcolor=AREA[mode],
        hovertemplate=tr("pyramid.whale_tip", customers="%{x:.1%}", profit="%{y:.0%}") + "<extra></extra>",
    )  # fmt: skip
    figure.add_hline(y=1, line={"color": ink.muted, "width": 1, "dash": "dot"})
    best = y.idxmax()
    if y[best] > 1.005:
        figure.add_scatter(
            x=[x[best]], y=[y[best]], mode="markers", marker={"size": 9, "color": ink.primary}, hoverinfo="skip"
        )
        text = f"<b>{formats.percent(y[best], 0)}</b>"
        figure.add_annotation(
            x=x[best], y=y[best], text=text, showarrow=False, yshift=14, font={"size": 13, "color": ink.ink}
        )
        back = f"<b>{style.plain(formats.percent(1 - y[best], 0))}</b>"
        figure.add_annotation(x=1, y=(1 + y[best]) / 2, text=back, showarrow=False, xanchor="right", xshift=-4, yshift=10,
                              font={"size": 13, "color": LOSS[mode]})  # fmt: skip
    return figure


def _frame(mode: str, ticks) -> go.Figure:
    """Both axes in percent, nothing but them."""
    figure = style.figure(mode, HEIGHT)
    figure.update_xaxes(
        range=[0, 1.005], tickvals=[0, 0.25, 0.5, 0.75, 1], ticktext=["0%", "25%", "50%", "75%", "100%"]
    )
    span = ticks[-1] - ticks[0]
    figure.update_yaxes(
        range=[ticks[0], ticks[-1] + 0.05 * span],
        tickvals=list(ticks),
        ticktext=[formats.percent(tick, 0) for tick in ticks],
    )
    return figure
