"""Groups found by machine: what each is like, what it brings, and how well every number of groups parts the customers."""

import pandas as pd
import plotly.graph_objects as go

from crm_analytics import formats
from crm_analytics.charts import style

ROW = 58  # pixels of a group
FEATURES = {"days_since_last_order": "days_z", "order_count": "orders_z", "median_revenue": "revenue_z"}
FAR = 1.2  # standard deviations at which a cell is as strong as it gets
MORE = {"light": "#0F5C8C", "dark": "#5DB1E8"}
LESS = {"light": "#8A6A4B", "dark": "#C9A27E"}
PART = {"light": "#A9B3BE", "dark": "#596471"}


def profile(rows: pd.DataFrame, names: list[str], tr, mode: str = "light", currency: str = "") -> go.Figure:
    """What the customers of each group are like: medians as text, their place beside the average customer as colour.

    `rows`: `segments.cluster_profile` without those left out, `names`: in the reader's words.  The customdata of a cell is its cluster."""
    colours, figure, added = style.palette(mode), _rows(rows, names, mode), style.Together()
    for y, row in enumerate(rows.itertuples()):
        for x, (feature, z) in enumerate(FEATURES.items()):
            deviation = getattr(row, z)
            fill = shade(-deviation if feature == "days_since_last_order" else deviation, mode)
            added.add_shape(
                type="rect", x0=x - 0.485, x1=x + 0.485, y0=y - 0.45, y1=y + 0.45, fillcolor=fill, line={"width": 0}
            )
            text = _value(feature, getattr(row, feature), tr, currency)
            added.add_annotation(
                x=x, y=y, text=f"<b>{style.plain(text)}</b>", showarrow=False, font={"size": 14, "color": style.ink_on(fill)}
            )  # fmt: skip
    added.onto(figure)
    cells = [(x, y) for y in range(len(rows)) for x in range(len(FEATURES))]
    _clickable(figure, cells, rows)
    heads = [tr(f"clusters.head_{feature}") for feature in FEATURES]
    figure.update_xaxes(
        side="top", tickvals=list(range(len(heads))), ticktext=heads, range=[-0.5, len(heads) - 0.5], tickangle=0,
        tickfont={"size": 13, "color": colours.second},
    )  # fmt: skip
    return figure


def shares(rows: pd.DataFrame, names: list[str], tr, mode: str = "light") -> go.Figure:
    """Each group's share of the customers and of the revenue, one bar below the other."""
    colours, figure = style.palette(mode), _rows(rows, names, mode)
    for column, shift, fill in (("customer_share", -0.21, PART[mode]), ("revenue_share", 0.21, colours.primary)):
        values = rows[column].astype(float).fillna(0.0)
        figure.add_bar(
            x=values, y=[y + shift for y in range(len(rows))], orientation="h", width=0.36, marker={"color": fill},
            customdata=[[int(cluster)] for cluster in rows.cluster], hoverinfo="skip",
        )  # fmt: skip
        word = tr(f"clusters.bar_{column}")
        for y, value in enumerate(values):
            text = f"<b>{formats.percent(value)}</b> <span style='color:{colours.muted}'>{word}</span>"
            figure.add_annotation(x=max(value, 0), y=y + shift, text=text, showarrow=False, xanchor="left", xshift=6,
                                  font={"size": 13, "color": colours.ink})  # fmt: skip
    longest = max(rows[["customer_share", "revenue_share"]].astype(float).fillna(0).max())
    return figure.update_xaxes(visible=False, range=[0, 1.5 * max(longest, 0.05)])


def choice(rows: pd.DataFrame, shown: int, tr, mode: str = "light") -> go.Figure:
    """How well (silhouette) and how stably (adjusted Rand) each number of groups parts the customers; the one shown is marked."""
    colours, figure = style.palette(mode), style.figure(mode)
    for column, colour, dash in (("stability", colours.muted, "dot"), ("silhouette", colours.primary, "solid")):
        is_main = column == "silhouette"
        figure.add_scatter(
            x=rows.k, y=rows[column], mode="lines+markers", line={"color": colour, "width": 3 if is_main else 2, "dash": dash},
            marker={"size": 9, "line": {"color": colour, "width": 2},
                    "color": [colour if clear else colours.card for clear in rows.is_clear]},
            customdata=[[tr("clusters.choice_tip", k=each.k, silhouette=f"{each.silhouette:.2f}", stability=f"{each.stability:.2f}")]
                        for each in rows.itertuples()],
            hovertemplate="%{customdata[0]}<extra></extra>",
        )  # fmt: skip
        last = rows.iloc[-1]
        figure.add_annotation(x=last.k, y=last[column], text=tr(f"clusters.line_{column}"), showarrow=False, xanchor="left", xshift=12,
                              font={"size": 13, "color": colour})  # fmt: skip
    marked = rows[rows.k == shown]
    if len(marked):
        figure.add_vline(x=shown, line={"color": colours.grid, "width": 26}, layer="below")
        figure.add_annotation(x=shown, y=float(marked.silhouette.iloc[0]), text=f"<b>{marked.silhouette.iloc[0]:.2f}</b>", showarrow=False,
                              yshift=-18, font={"size": 13, "color": colours.ink})  # fmt: skip
    figure.update_xaxes(
        tickvals=rows.k, ticktext=[str(k) for k in rows.k], range=[rows.k.min() - 0.5, rows.k.max() + 1.7]
    )
    return figure.update_yaxes(range=[min(0, float(rows.silhouette.min())), 1.05], tickvals=[0, 0.25, 0.5, 0.75, 1])


def shade(deviation: float, mode: str) -> str:
    """The colour of a place beside the average: blue above, brown below, the stronger the farther."""
    end = MORE[mode] if deviation > 0 else LESS[mode]
    part = min(abs(deviation) / FAR, 1.0) * 0.9 if deviation == deviation else 0.0
    return style.between(style.palette(mode).grid, end, part)


def _rows(rows: pd.DataFrame, names: list[str], mode: str) -> go.Figure:
    """A row for each group, its name at the left."""
    colours, figure = style.palette(mode), style.figure(mode, ROW * len(rows) + 44)
    ticks = [
        f"<b>{style.plain(name)}</b><br><span style='color:{colours.muted}'>{formats.count(row.customers)}</span>"
        for name, row in zip(names, rows.itertuples(), strict=True)
    ]
    return figure.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=ticks, range=[len(rows) - 0.5, -0.5], showgrid=False,
        tickfont={"size": 13, "color": colours.ink},
    )  # fmt: skip


def _clickable(figure: go.Figure, cells, rows: pd.DataFrame):
    """An invisible mark in each cell: shapes raise no click."""
    figure.add_scatter(
        x=[x for x, _ in cells], y=[y for _, y in cells], mode="markers", hoverinfo="none",
        marker={"symbol": "square", "size": 40, "color": "rgba(0, 0, 0, 0)"},
        customdata=[[int(rows.cluster.iloc[y])] for _, y in cells],
    )  # fmt: skip


def _value(feature: str, value, tr, currency: str) -> str:
    if feature == "median_revenue":
        return formats.money(value, tr.language, currency)
    return formats.number(value) if feature == "order_count" else formats.count(value)
