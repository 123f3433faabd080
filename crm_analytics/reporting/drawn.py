"""The pyramid on a slide: freeform shapes from the one geometry, a group per layer, words and bars beside it as on the page."""

from dataclasses import dataclass

from pptx.enum.dml import MSO_LINE
from pptx.util import Inches

from crm_analytics.charts.pyramid import TIERS, Row, border, geometry
from crm_analytics.reporting.measured import fit, measure
from crm_analytics.reporting.slides import COLOURS, LOSS, Run, bar, flat, rgb, rule, text

DARKER = 0.87  # the right half: depth for free
BAR = 0.2  # height of a bar


@dataclass(frozen=True)
class Places:
    """Where the columns of the drawing stand, in inches: names from, counts up to, axis and half foot of the pyramid, bars."""

    names: float
    counts: float
    centre: float
    half: float
    top: float
    bottom: float
    revenue: float
    revenue_bar: float
    revenue_end: float
    profit: float
    profit_bar: float
    right: float
    size: float = 13


WHOLE = Places(0.6, 2.95, 5.0, 1.9, 2.36, 6.85, 7.25, 1.15, 9.75, 10.0, 1.2, 12.733)


def half(left: float) -> Places:
    """Places of one of two pyramids side by side: no bars, amounts only."""
    end = left + 5.75
    return Places(left, left + 1.95, left + 3.3, 1.25, 2.75, 6.75, left + 4.75, 0, end, end, 0, end, 12)


def pyramid(slide, rows: list[Row], places: Places, changes=None):
    """The layers from the tip down with names and counts.  `changes`: layer -> by how many customers it changed, in words."""
    span = places.bottom - places.top
    if border():
        y = places.top + span * border()
        rule(slide, places.names, y, places.right, y, COLOURS.muted, dash=MSO_LINE.ROUND_DOT)
    for layer, row in zip(geometry(), rows):
        top, bottom = places.top + span * layer.top, places.top + span * layer.bottom
        _layer(slide, row, places, (top, bottom), (layer.half_top, layer.half_bottom))
        middle = (top + bottom) / 2
        _names(slide, row, places, middle, (changes or {}).get(row.tier, ""))
        side = places.centre - places.half * (layer.half_top + layer.half_bottom) / 2
        if side - places.counts > 0.3:
            rule(slide, places.counts + 0.1, middle, side - 0.06, middle)


def _layer(slide, row: Row, places: Places, ends, halves):
    """A group of two shapes: the layer, and its right half a little darker; only an outline where nobody is in it."""
    group = slide.shapes.add_group_shape()
    group.name = row.name
    group._element.nvGrpSpPr.cNvPr.set("descr", f"{row.name}: {row.count}")
    colour = COLOURS.tiers[row.tier]
    (top, bottom), (above, below) = ends, (places.half * each for each in halves)
    centre = places.centre
    whole = _polygon(
        group, [(centre - above, top), (centre + above, top), (centre + below, bottom), (centre - below, bottom)]
    )
    if row.is_empty:
        flat(whole)
        whole.fill.background()
        whole.line.color.rgb, whole.line.dash_style = rgb(colour), MSO_LINE.SQUARE_DOT
        group._element.recalculate_extents()
        return
    _filled(whole, colour)
    right = _polygon(group, [(centre, top), (centre + above, top), (centre + below, bottom), (centre, bottom)])
    _filled(right, darker(colour))
    group._element.recalculate_extents()  # the library does so for other shapes only


def darker(colour: str) -> str:
    """The colour of the layer's right half."""
    parts = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return "#" + "".join(f"{round(part * DARKER):02X}" for part in parts)


def _polygon(group, corners):
    places = [tuple(map(Inches, corner)) for corner in corners]
    builder = group.shapes.build_freeform(*places[0])
    builder.add_line_segments(places[1:], close=True)
    return builder.convert_to_shape()


def _filled(shape, colour: str):
    shape.fill.solid()
    shape.fill.fore_color.rgb = rgb(colour)
    flat(shape)


def _names(slide, row: Row, places: Places, middle: float, change: str):
    size, buys = places.size, row.tier in TIERS
    room = places.counts - places.names - measure(row.count, size + 4, True) - 0.1
    name = [Run(fit(row.name, room, size, True), size, True)]
    beside = [Run(fit(row.place, room, size - 2), size - 2, colour=COLOURS.muted)]
    if change:
        beside.append(Run(f"  {change}", size - 2, True, COLOURS.primary))
    text(slide, (places.names, middle - 0.24, room, 0.48), [name, beside], anchor="middle")
    count = Run(row.count, size + 4 if buys else size + 1, buys, COLOURS.ink if buys else COLOURS.second)
    text(slide, (places.counts - 1.5, middle - 0.2, 1.5, 0.4), [count], align="right", anchor="middle")


def heads(slide, places: Places, words: tuple[str, str, str]):
    """What the columns are, above a hairline."""
    y = places.top - 0.42
    rooms = (places.revenue - places.names, places.profit - places.revenue, places.right - places.profit)
    for x, room, said in zip((places.names, places.revenue, places.profit), rooms, words):
        text(
            slide, (x, y, room, 0.26), [Run(fit(said, room - 0.1, 12, True), 12, True, COLOURS.muted)], anchor="middle"
        )
    rule(slide, places.names, y + 0.32, places.right, y + 0.32)


def amounts(slide, rows: list[Row], places: Places):
    """Revenue as bars from the left, profit around a zero line; losses in red, and words where a share means nothing."""
    span = places.bottom - places.top
    zero = places.profit + places.profit_bar * -min(0.0, *(row.profit or 0.0 for row in rows))
    if any(row.profit is not None for row in rows):
        rule(slide, zero, places.top, zero, places.bottom, COLOURS.muted)
    for layer, row in zip(geometry(), rows):
        middle = places.top + span * layer.middle
        _revenue(slide, row, places, middle)
        if row.profit is not None:
            _profit(slide, row, places, middle, zero)


def _revenue(slide, row: Row, places: Places, middle: float):
    if row.revenue is None:
        room = places.profit - places.revenue - 0.15
        words = fit(row.note, room, places.size - 2)
        text(
            slide,
            (places.revenue, middle - 0.15, room, 0.3),
            [Run(words, places.size - 2, colour=COLOURS.muted)],
            anchor="middle",
        )
        return
    long = places.revenue_bar * max(row.revenue, 0.0)
    bar(slide, (places.revenue, middle - BAR / 2, long, BAR), COLOURS.tiers[row.tier], row.name)
    _figures(
        slide,
        places.revenue + long,
        places.revenue_end,
        middle,
        row.revenue_share,
        row.revenue_amount,
        COLOURS.ink,
        places.size,
    )


def _profit(slide, row: Row, places: Places, middle: float, zero: float):
    long = places.profit_bar * abs(row.profit)
    start = zero - long if row.is_loss else zero
    bar(slide, (start, middle - BAR / 2, long, BAR), LOSS if row.is_loss else COLOURS.tiers[row.tier], row.name)
    colour = LOSS if row.is_loss else COLOURS.ink
    end = zero if row.is_loss else zero + long
    _figures(slide, end, places.right, middle, row.profit_share, row.profit_amount, colour, places.size)


def _figures(slide, x: float, end: float, middle: float, share: str, amount: str, colour: str, size: float):
    """**29.5%** £2.36 M; smaller where it is narrow."""
    x += 0.09
    while (
        size > 9 and measure(share or amount, size, True) + (measure(f"  {amount}", size - 2) if share else 0) > end - x
    ):
        size -= 0.5
    runs = [Run(share or amount, size, True, colour)]
    if share:
        runs.append(Run(f"  {amount}", size - 2, colour=COLOURS.muted))
    text(slide, (x, middle - 0.15, max(end - x, 0.1), 0.3), runs, anchor="middle")


def revenues(slide, rows: list[Row], places: Places):
    """The revenue of each layer that buys, right-aligned."""
    span = places.bottom - places.top
    for layer, row in zip(geometry(), rows):
        if row.revenue_amount:
            middle = places.top + span * layer.middle
            box = (places.revenue_end - 1.5, middle - 0.15, 1.5, 0.3)
            text(slide, box, [Run(row.revenue_amount, places.size + 1, True)], align="right", anchor="middle")
