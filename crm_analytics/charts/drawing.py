"""The customer pyramid as one SVG for a screen read from five metres: words grow with it, so nobody need know the screen's size."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import replace

from crm_analytics.charts import style
from crm_analytics.charts.pyramid import TIERS, Layer, Row, border, geometry

WIDTH, HEIGHT = 1840, 800
LEFT, COUNTS, CENTRE, HALF, RIGHT = (
    34,
    361,
    712,
    330,
    1806,
)  # names from, counts up to, axis and half foot of the pyramid
HEADS, RULE, TIP, FOOT = 38, 56, 76, 784
REVENUE, REVENUE_BAR, REVENUE_END = 1077, 158, 1440
PROFIT, PROFIT_BAR = 1484, 142  # room that gains and losses share
BAR, BESIDE, LINE = 30, 11, 30  # height of a bar; room between a bar and its share; from one line of text to the next

CSS = """
.drawing { height: 100%; }
.drawing svg { display: block; width: 100%; height: 100%; font-variant-numeric: tabular-nums; }
.drawing text { fill: light-dark(#14202E, #E9EEF4); font-size: 28px; font-weight: 650; }
.drawing .end { text-anchor: end; }
.drawing .large { font-size: 36px; }
.drawing .light { font-weight: 400; fill: light-dark(#42505F, #B4BFCB); }
.drawing .small { font-size: 20.5px; font-weight: 400; fill: light-dark(#5F6D7D, #8F9CAB); }
.drawing .head { font-weight: 600; }
.drawing .up { fill: light-dark(#0B7257, #4CC49B); font-weight: 650; }
.drawing .down { fill: light-dark(#42505F, #B4BFCB); font-weight: 650; }
.drawing .loss { fill: light-dark(#B3261E, #FF8A7A); }
.drawing .rule { stroke: light-dark(#DCE2E9, #2A3542); stroke-width: 1.5; }
.drawing .dotted { stroke-dasharray: 7 6; }
.drawing .zero { stroke: light-dark(#808C99, #737F8D); stroke-width: 1.5; pointer-events: none; }
.drawing .shade { fill: #000; opacity: .13; }
.drawing .nobody { fill: none; stroke-width: 2; stroke-dasharray: 5 5; }
.drawing .row { fill: transparent; }
.drawing .layer { cursor: pointer; outline: none; }
.drawing .layer:hover .row { fill: light-dark(#F4F6F8, #1A2430); }
.drawing .layer[aria-pressed=true] .row { fill: light-dark(#E5F0F8, #14304A); }
.drawing .layer:focus-visible .row { stroke: light-dark(#0F5C8C, #5DB1E8); stroke-width: 3; }
"""


def svg(
    rows: Sequence[Row],
    heads: tuple[str, str, str],
    label: str,
    *,
    changes: Mapping[str, str] | None = None,
    selected: str = "",
    wants: str = "",
) -> str:
    """The drawing: layers from the tip down, customers at the left, revenue and profit at the right. Every word is escaped.

    `heads`: over customers, revenue and profit; `label` names the whole; `changes`: by how many customers a layer has changed ("+1");
    `selected`: the layer that is marked; `wants`: what stands where profits would, in lines, while nobody knows them."""
    layers = geometry([row.tier for row in rows])
    zero, per_unit = _scale([row.profit or 0 for row in rows])
    parts = [_heads(heads, [row.tier for row in rows])]
    for row, layer in zip(rows, layers):
        middle = _y(layer.middle)
        numbers = _revenue(row, middle) + _profit(row, middle, zero, per_unit)
        parts.append(_layer(row, layer, numbers, (changes or {}).get(row.tier, ""), row.tier == selected))
    first = _y(layers[0].middle)
    parts += [_text(PROFIT, first + LINE * place, line, "small") for place, line in enumerate(wants.splitlines())]
    if any(row.profit is not None for row in rows):
        parts.append(_line(zero, RULE + 14, zero, FOOT, "zero"))
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="group" aria-label="{html.escape(label)}">{"".join(parts)}</svg>'


def without_amounts(row: Row) -> Row:
    """The same layer with its shares only."""
    return replace(row, revenue_amount="", profit_amount="", note="" if row.tier == "inactive" else row.note)


def spoken(row: Row) -> str:
    """Everything that stands beside a layer, in one line for those who hear it."""
    words = (row.place, row.count, row.revenue_share, row.revenue_amount, row.note, row.profit_share, row.profit_amount)
    return f"{row.name}: {', '.join(filter(None, words))}"


def _heads(heads: tuple[str, str, str], tiers: list[str]) -> str:
    """What the columns are, and the dotted line between those who buy and those who do not."""
    words = [_text(x, HEADS, head, "small head") for x, head in zip((LEFT, REVENUE, PROFIT), heads)]
    words.append(_line(LEFT, RULE, RIGHT, RULE, "rule"))
    place = border(tiers)
    return "".join(words) + (_line(LEFT, _y(place), RIGHT, _y(place), "rule dotted") if place else "")


def _layer(row: Row, layer: Layer, numbers: str, change: str, is_selected: bool) -> str:
    """One layer with everything beside it: a button as wide as the drawing."""
    middle, buys = _y(layer.middle), row.tier in TIERS
    top, height = _y(layer.top), _y(layer.bottom) - _y(layer.top)
    where = html.escape(row.place) + (
        f' <tspan class="{_kind(change)}">{html.escape(change)}</tspan>' if change else ""
    )
    side = CENTRE - HALF * layer.middle - 12
    return "".join(
        (
            f'<g class="layer" data-tier="{html.escape(row.tier)}" role="button" tabindex="0" '
            f'aria-pressed="{str(is_selected).lower()}" aria-label="{html.escape(" ".join((spoken(row), change)).strip())}">',
            f'<rect class="row" x="{LEFT - 18}" y="{top:.1f}" width="{RIGHT - LEFT + 36}" height="{height:.1f}" rx="8"/>',
            _text(LEFT, middle - 3, row.name),
            f'<text class="small" x="{LEFT}" y="{middle + 23:.1f}">{where}</text>',
            _text(COUNTS, middle + (13 if buys else 10), row.count, f"end {'large' if buys else 'light'}"),
            _line(COUNTS + 14, middle, side, middle, "rule"),
            _polygon(layer, row),
            numbers,
            "</g>",
        )
    )


def _polygon(layer: Layer, row: Row) -> str:
    """The layer itself, its right half darker: depth for free; only an outline where nobody is in it."""
    top, bottom, wide, foot = _y(layer.top), _y(layer.bottom), HALF * layer.half_top, HALF * layer.half_bottom
    right = f"{CENTRE},{top:.1f} {CENTRE + wide:.1f},{top:.1f} {CENTRE + foot:.1f},{bottom:.1f} {CENTRE},{bottom:.1f}"
    left = f"{CENTRE - foot:.1f},{bottom:.1f} {CENTRE - wide:.1f},{top:.1f}"
    if row.is_empty:
        whole = f"{CENTRE + wide:.1f},{top:.1f} {CENTRE + foot:.1f},{bottom:.1f} {left}"
        return f'<polygon class="nobody" points="{whole}" style="stroke{_fill(row.tier)[len("fill") :]}"/>'
    return f'<polygon points="{right} {left}" style="{_fill(row.tier)}"/><polygon class="shade" points="{right}"/>'


def _revenue(row: Row, middle: float) -> str:
    """Bar, share and amount; without revenue, what the layer is instead."""
    if row.revenue is None:
        return _text(REVENUE, middle + 7, row.note, "small")
    long = max(0, row.revenue) * REVENUE_BAR
    return (
        _rect(REVENUE, middle, long, f'style="{_fill(row.tier)}"')
        + _text(REVENUE + long + BESIDE, middle + 10, row.revenue_share)
        + _text(REVENUE_END, middle + 7, row.revenue_amount, "small end")
    )


def _profit(row: Row, middle: float, zero: float, per_unit: float) -> str:
    """The same around a zero line; where no share can be said, the amount stands in its place."""
    if row.profit is None:
        return ""
    long = abs(row.profit) * per_unit
    colour = 'class="loss"' if row.is_loss else f'style="{_fill(row.tier)}"'
    beside = zero + (0 if row.is_loss else long) + BESIDE
    return (
        _rect(zero - long * row.is_loss, middle, long, colour)
        + _text(beside, middle + 10, row.profit_share or row.profit_amount, "loss" if row.is_loss else "")
        + _text(RIGHT, middle + 7, row.profit_amount if row.profit_share else "", "small end")
    )


def _scale(profits: list[float]) -> tuple[float, float]:
    """Where zero stands so that gains and losses share their room, and how long one unit is."""
    gain, loss = max(0, *profits), -min(0, *profits)
    per_unit = PROFIT_BAR / ((gain + loss) or 1)
    return PROFIT + loss * per_unit, per_unit


def _kind(change: str) -> str:
    return "up" if change.startswith("+") else "down"


def _text(x: float, y: float, words: str, kind: str = "") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{html.escape(words)}</text>' if words else ""


def _rect(x: float, middle: float, long: float, colour: str) -> str:
    return f'<rect {colour} x="{x:.1f}" y="{middle - BAR / 2:.1f}" width="{long:.1f}" height="{BAR}" rx="3"/>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _fill(tier: str) -> str:
    return f"fill: light-dark({style.LIGHT.tiers[tier]}, {style.DARK.tiers[tier]})"


def _y(place: float) -> float:
    """From the tip (0) to the foot (1)."""
    return TIP + place * (FOOT - TIP)
