"""From groups then to groups now: as ribbons between two rows of bars, and as a matrix of rates.  Pyramid and segments draw with it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from crm_analytics import formats
from crm_analytics.charts import style

GAP = 0.035  # of the height, between two bars
BAR = 0.028  # of the width
SIDE = 12  # pixels beside the words of a bar
STEPS = 16  # points along one edge of a ribbon
MARKED = (0.06, 0.2, 0.35, 0.5, 0.65, 0.8, 0.94)  # where along a ribbon a click is taken: fills raise none
ACROSS = (-0.32, 0, 0.32)  # where in a wide cell a click is taken, in parts of its width
HEIGHT = 430
CELL = 64  # pixels: share, customers and interval below each other


@dataclass(frozen=True)
class Words:
    """How a picture says it: `group` a code in words, `move` a move as (was, now, customers) in words."""

    group: Callable[[str], str]
    move: Callable[[str, str, int], str]


def words(named: Callable[[str], str], tr) -> Words:
    """The usual words: Small → Top: 12."""

    def move(was: str, now: str, n: int) -> str:
        return tr("movement.hover", was=named(was), now=named(now), n=formats.count(n))

    return Words(named, move)


@dataclass(frozen=True)
class Bar:
    """A group on one side of the drawing: from `top` down to `bottom`, 0 is the top of the drawing, 1 its foot."""

    group: str
    customers: int
    top: float
    bottom: float


@dataclass(frozen=True)
class Ribbon:
    """Customers who went from one group to another, between two stretches of the bars."""

    was: str
    now: str
    customers: int
    left: tuple[float, float]
    right: tuple[float, float]


def drawing(moves: pd.DataFrame, then_order: Sequence[str], now_order: Sequence[str]):
    """Bars then, bars now, and the ribbons between them.  `moves`: was, now, customers.

    A bar is as high as the square root of its customers, or one top customer in a hundred would be a hair; the ribbons share each
    bar by their customers."""
    then = _bars(moves.groupby("was").customers.sum(), then_order)
    now = _bars(moves.groupby("now").customers.sum(), now_order)
    found = {(row.was, row.now): int(row.customers) for row in moves.itertuples() if row.customers}
    left = _stretches(then, [[(a.group, b.group) for b in now] for a in then], found)
    right = _stretches(now, [[(a.group, b.group) for a in then] for b in now], found)
    ribbons = [Ribbon(*pair, found[pair], left[pair], right[pair]) for pair in left]
    return then, now, ribbons


def _bars(customers: pd.Series, order) -> list[Bar]:
    present = [(group, int(customers[group])) for group in order if customers.get(group, 0) > 0]
    room = 1 - GAP * max(0, len(present) - 1)
    whole = sum(n**0.5 for _, n in present) or 1.0
    bars, place = [], 0.0
    for group, n in present:
        height = room * n**0.5 / whole
        bars.append(Bar(group, n, place, place + height))
        place += height + GAP
    return bars


def _stretches(bars: list[Bar], pairs, found: dict) -> dict:
    """Where on its bar each pair begins and ends."""
    stretches = {}
    for bar, its in zip(bars, pairs):
        place = bar.top
        for pair in its:
            if pair in found:
                height = (bar.bottom - bar.top) * found[pair] / bar.customers
                stretches[pair] = (place, place + height)
                place += height
    return stretches


def sankey(drawn, tints: Mapping[str, str], words: Words, mode: str = "light", height: int = HEIGHT) -> go.Figure:
    """Groups then at the left, groups now at the right, ribbons in the colour of the group left.  `drawn`: of `drawing`.

    The customdata of a mark that can be clicked is [was, now, words]."""
    colours = style.palette(mode)
    then, now, ribbons = drawn
    figure = style.figure(mode, height)
    for ribbon in sorted(ribbons, key=lambda each: -each.customers):
        stays = ribbon.was == ribbon.now
        figure.add_scatter(
            **_outline(ribbon), fill="toself", fillcolor=style.faint(tints[ribbon.was], 0.22 if stays else 0.5),
            mode="lines", line={"width": 0}, hoveron="fills", hoverinfo="text", text=_move_words(ribbon, words),
        )  # fmt: skip
    placed = [(x, bar, side) for x, bars, side in ((0, then, "right"), (1, now, "left")) for bar in bars]
    figure.update_layout(
        shapes=[_bar(bar, x, side, tints[bar.group]) for x, bar, side in placed],
        annotations=[_beside(bar, x, side, words, colours) for x, bar, side in placed],
    )
    marks = [(ribbon, step) for ribbon in ribbons for step in MARKED]
    figure.add_scatter(
        x=[BAR + (1 - 2 * BAR) * step for _, step in marks],
        y=[_middle(ribbon, step) for ribbon, step in marks],
        mode="markers",
        marker={"symbol": "square", "size": 14, "color": "rgba(0, 0, 0, 0)"},
        customdata=[[ribbon.was, ribbon.now, _move_words(ribbon, words)] for ribbon, _ in marks],
        hovertemplate="%{customdata[2]}<extra></extra>",
    )
    sides = [max((style.width(_bar_words(bar, words)) for bar in bars), default=0) + SIDE for bars in (then, now)]
    figure.update_layout(margin={"t": 4, "b": 4, "l": sides[0], "r": sides[1]})
    figure.update_xaxes(visible=False, range=[0, 1])
    return figure.update_yaxes(visible=False, range=[1.01, -0.01])


def _outline(ribbon: Ribbon) -> dict:
    """The ribbon's edge as points: along the top, back along the bottom."""
    steps = [step / STEPS for step in range(STEPS + 1)]
    bent = [_bent(step) for step in steps]
    left, right = BAR, 1 - BAR
    x = [left + (right - left) * step for step in steps]
    top = [ribbon.left[0] + (ribbon.right[0] - ribbon.left[0]) * step for step in bent]
    bottom = [ribbon.left[1] + (ribbon.right[1] - ribbon.left[1]) * step for step in bent]
    return {"x": [*x, *x[::-1]], "y": [*top, *bottom[::-1]]}


def _bent(step: float) -> float:
    """How far a ribbon has come from its height at the left to that at the right, level at both ends."""
    return step * step * (3 - 2 * step)


def _middle(ribbon: Ribbon, step: float) -> float:
    """The height of a ribbon's middle at a part of its way."""
    return sum(start + (end - start) * _bent(step) for start, end in zip(ribbon.left, ribbon.right)) / 2


def _bar(bar: Bar, x: float, side: str, colour: str) -> dict:
    start = x if side == "right" else x - BAR
    place = {"x0": start, "x1": start + BAR, "y0": bar.top, "y1": bar.bottom}
    return {"type": "rect", **place, "fillcolor": colour, "line": {"width": 0}}


def _beside(bar: Bar, x: float, side: str, words: Words, colours) -> dict:
    """Its group and customers beside a bar."""
    place = {"x": x, "y": (bar.top + bar.bottom) / 2, "xanchor": side, "xshift": -8 if side == "right" else 8}
    font = {"size": 13, "color": colours.ink}
    return {**place, "showarrow": False, "text": _bar_words(bar, words), "font": font}


def _bar_words(bar: Bar, words: Words) -> str:
    return f"<b>{words.group(bar.group)}</b>  {formats.count(bar.customers)}"


def _move_words(ribbon: Ribbon, words: Words) -> str:
    return words.move(ribbon.was, ribbon.now, ribbon.customers)


def matrix(
    cells: pd.DataFrame,
    rows: Sequence[str],
    columns: Sequence[str],
    words: Words,
    mode: str = "light",
    heads: Callable[[str], str] | None = None,
) -> go.Figure:
    """Share of each group then (rows) that is in each group now (columns), with customers and interval.

    `cells`: was, now, customers, rate, low, high; the customdata of a cell is [was, now, words]; `heads`: words above a column."""
    colours = style.palette(mode)
    found = {(cell.was, cell.now): cell for cell in cells.itertuples()}
    sums = cells.groupby("was").customers.sum()
    figure = style.figure(mode, 46 + CELL * len(rows))
    places = [(x, y, was, now) for y, was in enumerate(rows) for x, now in enumerate(columns)]
    # All at once: each add_shape would check those before it again, and eleven groups would take seconds.
    figure.update_layout(
        shapes=[_cell(x, y, found.get((was, now)), was == now, colours, mode) for x, y, was, now in places],
        annotations=[
            _in_cell(x, y, found[was, now], mode) for x, y, was, now in places if not _is_empty(found.get((was, now)))
        ],
    )
    pairs = [(x, y) for y in range(len(rows)) for x in range(len(columns)) for _ in ACROSS]
    figure.add_scatter(
        x=[x + beside for y in range(len(rows)) for x in range(len(columns)) for beside in ACROSS],
        y=[y for _, y in pairs],
        mode="markers",
        marker={"symbol": "square", "size": 40, "color": "rgba(0, 0, 0, 0)"},
        customdata=[[rows[y], columns[x], _cell_words(found, rows[y], columns[x], words)] for x, y in pairs],
        hovertemplate="%{customdata[2]}<extra></extra>",
    )
    figure.update_xaxes(
        side="top", tickvals=list(range(len(columns))), ticktext=[(heads or words.group)(group) for group in columns],
        range=[-0.5, len(columns) - 0.5], tickangle=0, tickfont={"size": 13, "color": colours.second},
    )  # fmt: skip
    names = [f"<b>{words.group(group)}</b><br>{formats.count(sums[group])}" for group in rows]
    return figure.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=names, range=[len(rows) - 0.5, -0.5], showgrid=False,
        tickfont={"size": 13, "color": colours.ink},
    )  # fmt: skip


def _is_empty(cell) -> bool:
    return cell is None or not cell.customers


def _cell(x: int, y: int, cell, stays: bool, colours, mode: str) -> dict:
    place = {"x0": x - 0.48, "x1": x + 0.48, "y0": y - 0.46, "y1": y + 0.46}
    fill = "rgba(0, 0, 0, 0)" if _is_empty(cell) else style.shade(float(cell.rate), mode)
    line = {"color": colours.muted if stays else colours.grid, "width": 1}
    return {"type": "rect", **place, "layer": "below", "fillcolor": fill, "line": line}


def _in_cell(x: int, y: int, cell, mode: str) -> dict:
    """The share, the customers and the interval."""
    rate = formats.percent(cell.rate, _digits(cell.rate))
    interval = "" if formats.is_missing(cell.low) else f"<br>{_bounds(cell)}"
    text = f"<b>{rate}</b><br>{formats.count(cell.customers)}{interval}"
    font = {"size": 13, "color": style.ink_on(style.shade(float(cell.rate), mode))}
    return {"x": x, "y": y, "showarrow": False, "text": text, "font": font}


def _bounds(cell) -> str:
    digits = _digits(cell.rate)
    return f"{formats.points(cell.low, digits)}–{formats.points(cell.high, digits)}"


def _digits(rate: float) -> int:
    return 1 if rate < 0.095 else 0


def _cell_words(found: dict, was: str, now: str, words: Words) -> str:
    cell = found.get((was, now))
    n, rate = (int(cell.customers), formats.percent(cell.rate)) if cell else (0, "0%")
    return f"{words.move(was, now, n)} · {rate}"
