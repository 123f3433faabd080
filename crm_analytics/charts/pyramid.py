"""The customer pyramid: one geometry for page, meeting screen, print and slides; the drawing; the curve of concentration."""

from dataclasses import dataclass
from functools import partial

import pandas as pd
import plotly.graph_objects as go

from crm_analytics import formats
from crm_analytics.charts import style

TIERS = ("top", "big", "medium", "small")
LAYERS = (*TIERS, "inactive", "prospect", "suspect")
BUYING, WAITING = 1.0, 0.74  # height of a layer that buys, and of one that does not
GAP, BORDER = 0.07, 0.42  # room between two layers, and between buying and not buying


@dataclass(frozen=True)
class Layer:
    """One layer of the drawing. `top` and `bottom`: 0 at the tip, 1 at the foot; halves: 0 at the tip, 1 at the foot's corner.

    A corner of the polygon stands at (centre ± half · W, place) where W is half of the foot's width on the medium at hand:
    both sides are straight lines whatever the heights."""

    tier: str
    top: float
    bottom: float
    half_top: float
    half_bottom: float

    @property
    def middle(self) -> float:
        """Where its words stand."""
        return (self.top + self.bottom) / 2


def geometry(layers=LAYERS) -> list[Layer]:
    """The layers from the tip down, each as high as its kind, a wider gap where buying ends."""
    heights = [BUYING if tier in TIERS else WAITING for tier in layers]
    gaps = [_gap(above, below) for above, below in zip(layers, layers[1:])] + [0.0]
    whole = sum(heights) + sum(gaps)
    found, place = [], 0.0
    for tier, height, gap in zip(layers, heights, gaps):
        top, bottom = place / whole, (place + height) / whole
        found.append(Layer(tier, top, bottom, top, bottom))
        place += height + gap
    return found


def border(layers=LAYERS) -> float | None:
    """Where the dotted line between buying and not buying runs; None where one of both is not drawn."""
    drawn = geometry(layers)
    pairs = zip(drawn, drawn[1:])
    return next(((a.bottom + b.top) / 2 for a, b in pairs if a.tier in TIERS and b.tier not in TIERS), None)


def _gap(above: str, below: str) -> float:
    return BORDER if above in TIERS and below not in TIERS else GAP


@dataclass(frozen=True)
class Row:
    """One layer in words and lengths, the same on page, meeting screen and slide. Texts are the reader's, not yet escaped.

    `note` stands where a share of revenue would mean nothing; `revenue` and `profit`: lengths of the bars as parts of the longest, None
    without a bar; `is_empty`: nobody is in the layer, `is_unknown`: the data cannot tell."""

    tier: str
    name: str
    place: str
    count: str
    revenue: float | None
    revenue_share: str
    revenue_amount: str
    note: str
    profit: float | None
    profit_share: str
    profit_amount: str
    is_empty: bool
    is_unknown: bool

    @property
    def is_loss(self) -> bool:
        """Its profit is below zero."""
        return self.profit is not None and self.profit < 0


def rows(
    tiers: pd.DataFrame, tr, currency: str = "", shares=(0.01, 0.04, 0.15), months: int = 12, is_chosen: bool = False
) -> list[Row]:
    """The seven layers of `metrics.pyramid.tiers` as a reader sees them.

    `shares`: of top, big and medium; `months`: of the window; `is_chosen`: only some customers are shown."""
    by_tier = tiers.set_index("tier")
    places = {tier: formats.percent(share, _digits(share)) for tier, share in zip(TIERS, (*shares, 1 - sum(shares)))}
    longest = by_tier.revenue_share.reindex(TIERS).max()
    profits = by_tier.profit.reindex(LAYERS)
    reach = max(profits.max(), 0) - min(profits.min(), 0)
    empty = "chosen" if is_chosen else "" if by_tier.customers.reindex(TIERS).sum() else "nobody"
    return [
        _row(by_tier.loc[tier], tier, tr, currency, places.get(tier, ""), months, longest, reach, empty)
        for tier in LAYERS
    ]


def _row(row, tier: str, tr, currency: str, place: str, months: int, longest: float, reach: float, empty: str) -> Row:  # fmt: skip
    n = int(row.customers or 0)
    is_unknown = not n and tier in ("prospect", "suspect") and empty != "chosen"
    share, has_bar = row.revenue_share, tier in TIERS and n > 0
    has_profit = not formats.is_missing(row.profit) and (n > 0 or bool(row.profit))
    money = partial(formats.money, language=tr.language, currency=currency)
    return Row(
        tier=tier,
        name=tr(f"pyramid.name_{tier}"),
        place=tr(f"pyramid.place_{tier}", share=place) if tier in TIERS else tr(f"pyramid.place_{tier}"),
        count=formats.NOTHING if is_unknown else formats.count(n),
        revenue=float(share / longest) if has_bar and longest > 0 else None,
        revenue_share=formats.percent(share) if has_bar else "",
        revenue_amount=money(row.revenue) if has_bar else "",
        note="" if has_bar else _note(row, tier, n, tr, money, months, empty),
        profit=float(row.profit / reach) if has_profit and reach > 0 else 0.0 if has_profit else None,
        profit_share=formats.percent(row.profit_share, 0) if has_profit and not formats.is_missing(row.profit_share) else "",
        profit_amount=money(row.profit) if has_profit else "",
        is_empty=n == 0,
        is_unknown=is_unknown,
    )  # fmt: skip


def _note(row, tier: str, n: int, tr, money, months: int, empty: str) -> str:
    """What a layer without revenue is: never a zero per cent.  `empty`: why a layer may be empty besides its size."""
    if not n and (empty == "chosen" or empty and tier in (*TIERS, "inactive")):
        return tr(f"pyramid.empty_{empty}")
    if not n:
        return tr(f"pyramid.empty_{tier if tier not in TIERS else 'tier'}")
    if tier == "inactive" and row.revenue_before > 0:
        key = "pyramid.bought_year_before" if months == 12 else "pyramid.bought_before"
        return tr(key, value=money(row.revenue_before), months=months)
    if tier == "prospect" and not formats.is_missing(row.converted_rate):
        return tr("pyramid.converted", share=formats.percent(row.converted_rate))
    return tr(f"pyramid.note_{tier}")


def _digits(share: float) -> int:
    """1%, but 0.5%."""
    return 0 if abs(100 * share - round(100 * share)) < 0.05 else 1


# The page's columns, in hundredths of the width.
COUNTS, CENTRE, HALF, REVENUE, REVENUE_LONGEST, PROFIT, PROFIT_LONGEST = 19.4, 37.5, 16.5, 57, 9.4, 80, 9.5
HEIGHT, WORDS, HEADS = 520, 420, -0.055  # pixels: drawing, box of a text; where the heads of the columns stand
BAR = 0.018  # half a bar's height
CLEAR, SHADE = "rgba(0, 0, 0, 0)", "rgba(0, 0, 0, 0.13)"
LOSS = {"light": "#B3261E", "dark": "#FF8A7A"}
MARK = 38  # pixels of the invisible squares that take the clicks


def drawing(tiers: pd.DataFrame, tr, mode: str = "light", currency: str = "", *, shares=(0.01, 0.04, 0.15), months: int = 12,
            wants: str = "", is_chosen: bool = False) -> go.Figure:  # fmt: skip
    """The pyramid with customers at the left, revenue and profit at the right.  `tiers`: see `metrics.pyramid.tiers`; options: see `rows`.

    `wants`: what stands in place of profits nobody knows. The customdata of a mark begins with its tier."""
    ink, figure, added = style.palette(mode), style.figure(mode, HEIGHT), style.Together()
    told = rows(tiers, tr, currency, shares, months, is_chosen)
    figure.update_xaxes(visible=False, range=[0, 100])
    figure.update_yaxes(visible=False, range=[1.005, -0.085])
    figure.update_layout(margin={"l": 2, "r": 2, "t": 0, "b": 0}, hovermode="closest")
    knows_profit = any(row.profit is not None for row in told)
    _heads(added, tr, ink, months, any(row.profit_share for row in told) or not knows_profit)
    dotted = {"color": ink.muted, "dash": "3px,3px", "width": 1}
    added.add_shape(type="line", x0=0, x1=100, y0=border(), y1=border(), line=dotted, opacity=0.5)
    zero = _zero_line(added, ink, told) if knows_profit else PROFIT
    for layer, row in zip(geometry(), told):
        _layer(figure, layer, row, ink)
        _names(added, layer, row, ink)
        _revenue(added, layer, row, ink)
        if row.profit is not None:
            _profit(added, layer, row, ink, zero, LOSS[mode])
    if not knows_profit and wants:
        _say(added, PROFIT, 0.02, style.plain(wants).replace("\n", "<br>"), ink.muted, 13, yanchor="top")
    _marks(figure, told, tr)
    return added.onto(figure)


def _say(added, x: float, y: float, text: str, colour: str, size: int, side: str = "left", **look):
    """Words at a place; `text` is escaped already.  The box has a width of its own: its place never depends on when a font arrives."""
    added.add_annotation(
        x=x, y=y, text=text, font={"color": colour, "size": size}, showarrow=False,
        xanchor=side, align=side, width=WORDS, borderpad=0, **look,
    )  # fmt: skip


def _heads(added, tr, ink, months: int, has_shares: bool):
    heads = (
        (0, tr("pyramid.head_customers")),
        (REVENUE, tr("pyramid.head_revenue", months=months)),
        (PROFIT, tr("pyramid.head_profit" if has_shares else "pyramid.head_profit_amount")),
    )
    for x, text in heads:
        _say(added, x, HEADS, f"<b>{style.plain(text)}</b>", ink.muted, 13)
    added.add_shape(type="line", x0=0, x1=100, y0=-0.025, y1=-0.025, line={"color": ink.grid, "width": 1})


def _zero_line(added, ink, told: list[Row]) -> float:
    """The line around which profits are drawn; as much room at its left as the largest loss needs."""
    zero = PROFIT + PROFIT_LONGEST * -min(0.0, *(row.profit or 0.0 for row in told))
    added.add_shape(type="line", x0=zero, x1=zero, y0=-0.008, y1=1, line={"color": ink.muted, "width": 1})
    return zero


def _layer(figure, layer: Layer, row: Row, ink):
    """The layer and its darker half; only an outline where nobody is in it."""
    (a, b), (wide_a, wide_b) = (layer.top, layer.bottom), (HALF * layer.half_top, HALF * layer.half_bottom)
    colour = ink.tiers[row.tier]
    outline = {"color": colour, "width": 1, "dash": "dot"} if row.is_empty else {"width": 0}
    left = [CENTRE - wide_a, CENTRE + wide_a, CENTRE + wide_b, CENTRE - wide_b, CENTRE - wide_a]
    common = {"mode": "lines", "fill": "toself", "hoverinfo": "skip"}
    fill = CLEAR if row.is_empty else colour
    figure.add_scatter(x=left, y=[a, a, b, b, a], fillcolor=fill, line=outline, **common)
    if not row.is_empty:
        right = [CENTRE, CENTRE + wide_a, CENTRE + wide_b, CENTRE, CENTRE]
        figure.add_scatter(x=right, y=[a, a, b, b, a], fillcolor=SHADE, line={"width": 0}, **common)


def _names(added, layer: Layer, row: Row, ink):
    """Name and place in the ranking at the edge, the count right-aligned, a hairline to the layer's side."""
    y, buys = layer.middle, row.tier in TIERS
    _say(added, 0, y, f"<b>{style.plain(row.name)}</b>", ink.ink, 16, yshift=8)
    _say(added, 0, y, style.plain(row.place), ink.muted, 13, yshift=-12)
    count = f"<b>{row.count}</b>" if buys else row.count
    _say(added, COUNTS, y, count, ink.ink if buys else ink.second, 20 if buys else 17, "right")
    side = CENTRE - HALF * (layer.half_top + layer.half_bottom) / 2
    added.add_shape(type="line", x0=COUNTS + 0.7, x1=side - 0.5, y0=y, y1=y, line={"color": ink.grid, "width": 1})


def _bar(added, x0: float, x1: float, y: float, colour: str):
    added.add_shape(type="rect", x0=x0, x1=x1, y0=y - BAR, y1=y + BAR, fillcolor=colour, line={"width": 0})


def _figures(share: str, amount: str, colour: str, quiet: str) -> str:
    """**29.5%** £2.36 M; the amount alone where there is no share."""
    if not share:
        return f"<b>{style.plain(amount)}</b>"
    return f'<b>{share}</b>  <span style="color:{quiet};font-size:13px">{style.plain(amount)}</span>'


def _revenue(added, layer: Layer, row: Row, ink):
    if row.revenue is None:
        _say(added, REVENUE, layer.middle, style.plain(row.note), ink.muted, 13)
        return
    end = REVENUE + REVENUE_LONGEST * max(row.revenue, 0.0)
    _bar(added, REVENUE, end, layer.middle, ink.tiers[row.tier])
    _say(
        added,
        end,
        layer.middle,
        _figures(row.revenue_share, row.revenue_amount, ink.ink, ink.muted),
        ink.ink,
        15,
        xshift=8,
    )


def _profit(added, layer: Layer, row: Row, ink, zero: float, loss: str):
    end = zero + PROFIT_LONGEST * row.profit
    _bar(added, zero, end, layer.middle, loss if row.is_loss else ink.tiers[row.tier])
    words = _figures(row.profit_share, row.profit_amount, ink.ink, ink.muted)
    _say(added, max(end, zero), layer.middle, words, loss if row.is_loss else ink.ink, 15, xshift=8)


def _marks(figure, told: list[Row], tr):
    """Invisible squares over each layer, its words and its bar: filled shapes take no clicks."""
    x, y, tips = [], [], []
    for layer, row in zip(geometry(), told):
        if row.is_empty:
            continue
        half = HALF * (layer.half_top + layer.half_bottom) / 2
        inside = [CENTRE + half * step / 4 for step in range(-4, 5)] if half > 3 else [CENTRE]
        places = [2, 6, COUNTS - 2, *inside, *([REVENUE + 2, REVENUE + 6] if row.revenue else [REVENUE + 4])]
        tip = style.plain(tr("pyramid.tip", name=row.name, n=row.count))
        for place in places:
            x.append(place)
            y.append(layer.middle)
            tips.append((row.tier, tip))
    invisible = {"opacity": 0}
    figure.add_scatter(
        x=x, y=y, mode="markers", customdata=tips, marker={"size": MARK, "symbol": "square", "opacity": 0},
        selected={"marker": invisible}, unselected={"marker": invisible},
        hovertemplate=f"<b>%{{customdata[1]}}</b><br>{style.plain(tr('pyramid.click'))}<extra></extra>",
    )  # fmt: skip
