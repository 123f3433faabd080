"""Who they are: indices around 100, shares, distributions, values with their interval, and maps of what goes with what."""

import math

import pandas as pd
import plotly.graph_objects as go

from crm_analytics import formats
from crm_analytics.charts import style

ROW = 30  # pixels of one bar
CELL = 40  # pixels of one row of a map
LEAST, MOST = 2.0, 10.0  # an index axis reaches at least from half to double, at most from a tenth to ten times
STEPS = (1.25, 1.5, 2, 3, 5, 10)  # its marks, and their inverses
CLEAR = "rgba(0, 0, 0, 0)"
QUIET = {"light": "#A9B3BE", "dark": "#596471"}
UNDER = {"light": "#C24A0F", "dark": "#E9B567"}


def index_bars(rows: pd.DataFrame, tr, mode: str = "light") -> go.Figure:
    """Index per value as a bar that begins at 100, to the right what is commoner, to the left what is rarer; whiskers: 95 %.

    `rows`: label, index, low, high, verdict, note (what stands at the right edge), key (a mark's customdata). The axis is of ratios, so
    that half and double lie equally far. A value of too few customers has its name and its note only.
    """
    ink = style.palette(mode)
    told = rows[rows["index"].notna()]
    ends = [_ratio(value) for name in ("index", "low", "high") for value in told[name]]
    reach = min(MOST, max([LEAST, *(max(each, 1 / each) for each in ends)]))
    widest = math.log2(reach)
    colours = {"over": ink.primary, "under": UNDER[mode]}
    figure = style.figure(mode, ROW * max(len(rows), 2) + 40)
    x = [max(-widest, min(widest, math.log2(_ratio(value)))) for value in told["index"]]
    low, high = ([max(-widest, min(widest, math.log2(_ratio(v)))) for v in told[name]] for name in ("low", "high"))
    figure.add_bar(
        orientation="h", y=told.place, x=x, marker={"color": [colours.get(v, QUIET[mode]) for v in told.verdict]},
        error_x=_whiskers([h - v for h, v in zip(high, x)], [v - w for v, w in zip(x, low)], ink),
        customdata=list(told.key), text=[style.plain(tip) for tip in told.tip], hovertemplate="%{text}<extra></extra>", textposition="none",
    )  # fmt: skip
    for row in rows.itertuples():
        figure.add_annotation(x=1, xref="paper", y=row.place, text=style.plain(row.note), showarrow=False, xanchor="right",
                              font={"size": 13, "color": ink.second if row.verdict in colours else ink.muted})  # fmt: skip
    marks = [1.0, *(step for step in STEPS if step <= reach * 1.001)]
    marks = marks if len(marks) < 5 else [1.0, 1.5, *(step for step in (2, 3, 5, 10) if step <= reach * 1.001)]
    ticks = sorted({round(100 * each) for mark in marks for each in (mark, 1 / mark)})
    note = max([style.width(text) for text in rows.note], default=60) + 16
    room = 2 * widest * note / max(60, 420 - note)
    figure.add_vline(x=0, line={"color": ink.second, "width": 1})
    figure.update_xaxes(
        range=[-widest * 1.04, widest * 1.04 + room], tickvals=[math.log2(t / 100) for t in ticks],
        ticktext=[str(t) for t in ticks], showgrid=True, gridcolor=ink.grid,
    )  # fmt: skip
    return _named(figure, rows, ink)


def _ratio(value: float) -> float:
    return min(1000.0, max(0.001, float(value) / 100))


def _named(figure: go.Figure, rows: pd.DataFrame, ink) -> go.Figure:
    """The first row on top, its name at the left."""
    names = [style.plain(_short(label)) for label in rows.label]
    figure.update_yaxes(
        tickvals=list(rows.place), ticktext=names, range=[len(rows) - 0.5, -0.5], showgrid=False, tickfont={"size": 14, "color": ink.ink}
    )  # fmt: skip
    return figure.update_layout(bargap=0.34)


def _tints(rows: pd.DataFrame, mode: str, tint: str = "") -> list[str]:
    return [QUIET[mode] if quiet else tint or style.palette(mode).primary for quiet in rows.is_quiet]


def _whiskers(above, below, ink) -> dict:
    """The interval beside a mark."""
    return {
        "type": "data",
        "symmetric": False,
        "array": above,
        "arrayminus": below,
        "color": ink.muted,
        "thickness": 1.4,
        "width": 4,
    }


def _short(text: str, most: int = 30) -> str:
    """A long name up to a blank, so that no word is cut in two unless it is one word."""
    if len(text) <= most:
        return text
    head = text[: most - 1]
    return (head.rsplit(" ", 1)[0] if " " in head[most // 3 :] else head).rstrip() + "…"


def bars(rows: pd.DataFrame, mode: str = "light", *, tint: str = "") -> go.Figure:
    """Horizontal bars with their words behind them.  `rows`: label, value, text, tip, key, is_quiet (grey); `tint`: another colour."""
    ink = style.palette(mode)
    figure = style.figure(mode, ROW * max(len(rows), 2) + 16)
    values = rows.value.astype(float).fillna(0)
    figure.add_bar(
        orientation="h", y=rows.place, x=values, marker={"color": _tints(rows, mode, tint)},
        customdata=list(rows.key), text=[style.plain(tip) for tip in rows.tip], hovertemplate="%{text}<extra></extra>", textposition="none",
    )  # fmt: skip
    for row, value in zip(rows.itertuples(), values):
        figure.add_annotation(x=max(value, 0), y=row.place, text=style.plain(row.text), showarrow=False, xanchor="left", xshift=6,
                              font={"size": 13, "color": ink.ink})  # fmt: skip
    longest = max([style.width(text) for text in rows.text], default=40)
    top = max(values.max() if len(values) else 1, 1e-9)
    low = min(values.min() if len(values) else 0, 0)
    figure.update_xaxes(visible=False, range=[low * 1.05, top * (1 + (longest + 14) / max(80, 330 - longest))])
    return _named(figure, rows, ink)


def columns(rows: pd.DataFrame, mode: str = "light", height: int = 260) -> go.Figure:
    """Upright bars of a distribution with their words on top.  `rows`: label, value, text, tip, key, is_quiet."""
    ink = style.palette(mode)
    figure = style.figure(mode, height)
    figure.add_bar(
        x=rows.place, y=rows.value, marker={"color": _tints(rows, mode)}, customdata=list(rows.key),
        text=[style.plain(tip) for tip in rows.tip], hovertemplate="%{text}<extra></extra>", textposition="none",
    )  # fmt: skip
    for row in rows.itertuples():
        figure.add_annotation(
            x=row.place,
            y=row.value,
            text=style.plain(row.text),
            showarrow=False,
            yshift=11,
            font={"size": 13, "color": ink.ink},
        )
    figure.update_yaxes(visible=False, range=[0, max([*rows.value.astype(float), 1e-9]) * 1.14])
    figure.update_xaxes(tickvals=list(rows.place), ticktext=[style.plain(label) for label in rows.label], tickangle=0)
    return figure.update_layout(bargap=0.22)


def ranges(rows: pd.DataFrame, mode: str = "light", *, is_rate: bool = True) -> go.Figure:
    """A point with its 95 % interval per row, its words at the right.  `rows`: label, value, low, high, text, tip, key, is_quiet."""
    ink = style.palette(mode)
    figure = style.figure(mode, ROW * max(len(rows), 2) + 40)
    told = rows[rows.value.notna()]
    figure.add_scatter(
        x=told.value, y=told.place, mode="markers", marker={"size": 11, "color": _tints(told, mode)}, customdata=list(told.key),
        error_x=_whiskers((told.high - told.value).fillna(0), (told.value - told.low).fillna(0), ink),
        text=[style.plain(tip) for tip in told.tip], hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    for row in rows.itertuples():
        figure.add_annotation(x=1, xref="paper", y=row.place, text=style.plain(row.text), showarrow=False, xanchor="right",
                              font={"size": 13, "color": ink.second})  # fmt: skip
    top = max([*told.value, *told.high.dropna(), 1e-9])
    longest = max([style.width(text) for text in rows.text], default=40) + 16
    figure.update_xaxes(
        range=[0, top * (1.05 + longest / max(80, 360 - longest))], showgrid=True, gridcolor=ink.grid, nticks=5
    )
    if is_rate:
        steps = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0) if top / step <= 5 or step == 1.0)
        ticks = [steps * place for place in range(int(top / steps) + 1)]
        figure.update_xaxes(tickvals=ticks, ticktext=[formats.percent(tick, 0) for tick in ticks])
    else:
        figure.update_xaxes(visible=False)
    return _named(figure, rows, ink)


def heat(rows: pd.DataFrame, mode: str = "light", *, first: list, second: list) -> go.Figure:
    """A map of ratios around 1: blue where commoner, orange where rarer, the stronger the further; each cell says its own words.

    `rows`: first, second, ratio (null: no colour), text, tip, key. `first` from top to bottom, `second` from left to right.
    """
    ink = style.palette(mode)
    cells = {(row.first, row.second): row for row in rows.itertuples()}
    z = [[_strength(cells.get((a, b))) for b in second] for a in first]
    scale = [[0, UNDER[mode]], [0.5, ink.card], [1, ink.primary]]
    figure = style.figure(mode, CELL * max(len(first), 3) + 90)
    places = [(x, y, cells[a, b]) for y, a in enumerate(first) for x, b in enumerate(second) if (a, b) in cells]
    figure.add_heatmap(z=z, zmin=-1, zmax=1, colorscale=scale, showscale=False, xgap=2, ygap=2, hoverinfo="skip")
    figure.add_scatter(
        x=[x for x, _, _ in places], y=[y for _, y, _ in places], mode="markers", hovertemplate="%{text}<extra></extra>",
        marker={"size": 30, "color": CLEAR, "symbol": "square"}, customdata=[row.key for *_, row in places],
        text=[style.plain(row.tip) for *_, row in places],
    )  # fmt: skip
    for x, y, row in places:
        paint = _mixed(_strength(row) or 0.0, ink.card, ink.primary, UNDER[mode])
        figure.add_annotation(
            x=x, y=y, text=style.plain(row.text), showarrow=False, font={"size": 13, "color": style.ink_on(paint)}
        )
    figure.update_xaxes(side="top", tickvals=list(range(len(second))), ticktext=[style.plain(_short(b, 16)) for b in second], ticklen=2,
                        tickangle=0 if len(second) <= 7 else -35, range=[-0.5, len(second) - 0.5])  # fmt: skip
    figure.update_yaxes(tickvals=list(range(len(first))), ticktext=[style.plain(_short(a, 22)) for a in first], ticklen=4, showgrid=False,
                        range=[len(first) - 0.5, -0.5], tickfont={"size": 14, "color": ink.ink})  # fmt: skip
    return figure


def _strength(row) -> float | None:
    """-1 to 1: a third or less, three times or more."""
    if row is None or formats.is_missing(row.ratio):
        return None
    return max(-1.0, min(1.0, math.log(max(float(row.ratio), 1e-3)) / math.log(3)))


def _mixed(strength: float, card: str, over: str, under: str) -> str:
    """The colour of a cell, as the scale mixes it."""
    return style.between(card, over, strength) if strength >= 0 else style.between(card, under, -strength)
