"""Movement within the pyramid: who went from which tier to which, as flows and as a matrix of rates."""

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from crm_analytics import formats
from crm_analytics.charts import style

TIERS = ("top", "big", "medium", "small")
LAYERS = (*TIERS, "inactive", "prospect", "suspect")
OUTSIDE = "outside"  # then: had never bought; these are they:
NOT_YET = ("prospect", "suspect", "new", OUTSIDE)
THEN, NOW = (*TIERS, "inactive", OUTSIDE), (*TIERS, "inactive")
GAP = 0.035  # of the height, between two bars
BAR = 0.028  # of the width
SIDE = 12  # pixels beside the words of a bar
STEPS = 16  # points along one edge of a ribbon
MARKED = (0.06, 0.2, 0.35, 0.5, 0.65, 0.8, 0.94)  # where along a ribbon a click is taken: fills raise none
HEIGHT = 430
CELL = 64  # pixels: share, customers and interval below each other
COUNTS = {"light": ("#EAF2F8", "#6AA9D6", "#0E3557"), "dark": ("#1B2733", "#2F6A9A", "#B5DBF7")}


@dataclass(frozen=True)
class Bar:
    """A tier on one side of the drawing: from `top` down to `bottom`, 0 is the top of the drawing, 1 its foot."""

    tier: str
    customers: int
    top: float
    bottom: float


@dataclass(frozen=True)
class Ribbon:
    """Customers who went from one tier to another, between two stretches of the bars."""

    from_tier: str
    to_tier: str
    customers: int
    left: tuple[float, float]
    right: tuple[float, float]


def buyers(migration: pd.DataFrame) -> pd.DataFrame:
    """The moves of those who had bought by one of the two days: whoever was no customer yet is "outside"."""
    moves = migration[migration.to_tier.isin(NOW)]
    moves = moves.assign(from_tier=moves.from_tier.where(~moves.from_tier.isin(NOT_YET), OUTSIDE))
    summed = moves.groupby(["from_tier", "to_tier"], as_index=False).customers.sum()
    return summed[summed.customers > 0]


def drawing(migration: pd.DataFrame) -> tuple[list[Bar], list[Bar], list[Ribbon]]:
    """Bars then, bars now, and the ribbons between them.

    A bar is as high as the square root of its customers, or one top customer in a hundred would be a hair; the ribbons share each
    bar by their customers."""
    return arranged(buyers(migration), THEN, NOW)


def arranged(moves: pd.DataFrame, order_then, order_now) -> tuple[list[Bar], list[Bar], list[Ribbon]]:
    """The same of any groups: `moves` has from_tier, to_tier, customers; the orders are those of the bars from the top."""
    then = _bars(moves.groupby("from_tier").customers.sum(), order_then)
    now = _bars(moves.groupby("to_tier").customers.sum(), order_now)
    found = {(row.from_tier, row.to_tier): int(row.customers) for row in moves.itertuples() if row.customers}
    left = _stretches(then, [[(a.tier, b.tier) for b in now] for a in then], found)
    right = _stretches(now, [[(a.tier, b.tier) for a in then] for b in now], found)
    ribbons = [Ribbon(*pair, found[pair], left[pair], right[pair]) for pair in left]
    return then, now, ribbons


def _bars(customers: pd.Series, order) -> list[Bar]:
    present = [(tier, int(customers[tier])) for tier in order if customers.get(tier, 0) > 0]
    room = 1 - GAP * max(0, len(present) - 1)
    whole = sum(n**0.5 for _, n in present) or 1.0
    bars, place = [], 0.0
    for tier, n in present:
        height = room * n**0.5 / whole
        bars.append(Bar(tier, n, place, place + height))
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


def sankey(migration: pd.DataFrame, tr, mode: str = "light") -> go.Figure:
    """Tiers then at the left, tiers now at the right, ribbons in the colour of the tier left.  `migration`: `pyramid.migration`.

    The customdata of a mark that can be clicked is [from_tier, to_tier, customers]."""
    colours = style.palette(mode)
    return flowing(
        drawing(migration), colours.tiers | {OUTSIDE: colours.muted}, lambda tier: tier_words(tr, tier), tr, mode
    )


def flowing(drawn: tuple, tints: dict[str, str], named, tr, mode: str = "light") -> go.Figure:
    """Bars and ribbons of any groups, each in its tint; `named` says a group in words.  `drawn`: see `arranged`."""
    (then, now, ribbons), colours = drawn, style.palette(mode)
    figure = style.figure(mode, HEIGHT)
    for ribbon in sorted(ribbons, key=lambda each: -each.customers):
        stays = ribbon.from_tier == ribbon.to_tier
        figure.add_scatter(
            **_outline(ribbon), fill="toself", fillcolor=_faint(tints[ribbon.from_tier], 0.22 if stays else 0.5),
            mode="lines", line={"width": 0}, hoveron="fills", hoverinfo="text", text=_move_words(ribbon, named, tr),
        )  # fmt: skip
    for x, bars, side in ((0, then, "right"), (1, now, "left")):
        for bar in bars:
            _draw_bar(figure, bar, x, side, tints[bar.tier], named, colours)
    marks = [(ribbon, step) for ribbon in ribbons for step in MARKED]
    figure.add_scatter(
        x=[BAR + (1 - 2 * BAR) * step for _, step in marks],
        y=[_middle(ribbon, step) for ribbon, step in marks],
        mode="markers",
        marker={"symbol": "square", "size": 14, "color": "rgba(0, 0, 0, 0)"},
        customdata=[[ribbon.from_tier, ribbon.to_tier, _move_words(ribbon, named, tr)] for ribbon, _ in marks],
        hovertemplate="%{customdata[2]}<extra></extra>",
    )
    sides = [max((style.width(_bar_words(bar, named)) for bar in bars), default=0) + SIDE for bars in (then, now)]
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


def _draw_bar(figure, bar: Bar, x: float, side: str, colour: str, named, colours):
    """A bar with its tier and customers beside it."""
    start = x if side == "right" else x - BAR
    figure.add_shape(
        type="rect", x0=start, x1=start + BAR, y0=bar.top, y1=bar.bottom, fillcolor=colour, line={"width": 0}
    )
    figure.add_annotation(
        x=x, y=(bar.top + bar.bottom) / 2, xanchor=side, xshift=-8 if side == "right" else 8, showarrow=False,
        text=_bar_words(bar, named), font={"size": 13, "color": colours.ink},
    )  # fmt: skip


def _bar_words(bar: Bar, named) -> str:
    return f"<b>{named(bar.tier)}</b>  {formats.count(bar.customers)}"


def _move_words(ribbon, named, tr) -> str:
    was, now = named(ribbon.from_tier), named(ribbon.to_tier)
    return tr("movement.hover", was=was, now=now, n=formats.count(ribbon.customers))


def tier_words(tr, tier: str) -> str:
    """A layer in words; also those who were not known then, and all who had not bought yet."""
    return tr({"new": "movement.not_known", OUTSIDE: "movement.not_yet"}.get(tier, f"tiers.{tier}"))


def _faint(colour: str, strength: float) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {strength})"


def matrix(migration: pd.DataFrame, tr, mode: str = "light") -> go.Figure:
    """Share of each tier then (rows) that is in each tier now (columns), with customers and interval.

    Rows are the layers then, and those not known then; the customdata of a cell is [from_tier, to_tier]."""
    colours = style.palette(mode)
    rows, columns = axes(migration)
    cells = migration.set_index(["from_tier", "to_tier"])
    sums = migration.groupby("from_tier").customers.sum()
    figure = style.figure(mode, 46 + CELL * len(rows))
    for y, was in enumerate(rows):
        for x, now in enumerate(columns):
            cell = cells.loc[(was, now)] if (was, now) in cells.index else None
            _draw_cell(figure, x, y, cell, was == now, colours, mode)
    pairs = [(x, y) for y in range(len(rows)) for x in range(len(columns))]
    figure.add_scatter(
        x=[x for x, _ in pairs],
        y=[y for _, y in pairs],
        mode="markers",
        marker={"symbol": "square", "size": 40, "color": "rgba(0, 0, 0, 0)"},
        customdata=[[rows[y], columns[x], _cell_words(cells, rows[y], columns[x], tr)] for x, y in pairs],
        hovertemplate="%{customdata[2]}<extra></extra>",
    )
    figure.update_xaxes(
        side="top", tickvals=list(range(len(columns))), ticktext=[tr(f"tiers.{tier}") for tier in columns],
        range=[-0.5, len(columns) - 0.5], tickangle=0, tickfont={"size": 13, "color": colours.second},
    )  # fmt: skip
    names = [f"<b>{tier_words(tr, tier)}</b><br>{formats.count(sums[tier])}" for tier in rows]
    return figure.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=names, range=[len(rows) - 0.5, -0.5], showgrid=False,
        tickfont={"size": 13, "color": colours.ink},
    )  # fmt: skip


def axes(migration: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Rows and columns of the matrix: the layers that hold anybody."""
    known = migration[migration.customers > 0]
    rows = [tier for tier in (*LAYERS, "new") if tier in set(known.from_tier)]
    return rows, [tier for tier in LAYERS if tier in set(known.to_tier)]


def _draw_cell(figure, x: int, y: int, cell, stays: bool, colours, mode: str):
    is_empty = cell is None or not cell.customers
    fill = COUNTS[mode][0] if is_empty else shade(float(cell.rate), mode)
    figure.add_shape(
        type="rect", x0=x - 0.48, x1=x + 0.48, y0=y - 0.46, y1=y + 0.46, layer="below",
        fillcolor="rgba(0, 0, 0, 0)" if is_empty else fill,
        line={"color": colours.muted if stays else colours.grid, "width": 1},
    )  # fmt: skip
    if is_empty:
        return
    rate = formats.percent(cell.rate, _digits(cell.rate))
    interval = "" if formats.is_missing(cell.low) else f"<br>{_bounds(cell)}"
    figure.add_annotation(
        x=x, y=y, showarrow=False, text=f"<b>{rate}</b><br>{formats.count(cell.customers)}{interval}",
        font={"size": 13, "color": style.ink_on(fill)},
    )  # fmt: skip


def _bounds(cell) -> str:
    digits = _digits(cell.rate)
    return f"{formats.points(cell.low, digits)}–{formats.points(cell.high, digits)}"


def _digits(rate: float) -> int:
    return 1 if rate < 0.095 else 0


def shade(rate: float, mode: str) -> str:
    """The colour of a share: pale at none, deep at all."""
    pale, middle, deep = COUNTS[mode]
    start, end, part = (pale, middle, 2 * rate) if rate < 0.5 else (middle, deep, 2 * rate - 1)
    pairs = ((int(start[place : place + 2], 16), int(end[place : place + 2], 16)) for place in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * part):02X}" for a, b in pairs)


def _cell_words(cells: pd.DataFrame, was: str, now: str, tr) -> str:
    if (was, now) not in cells.index:
        n, rate = 0, "0%"
    else:
        n, rate = int(cells.loc[(was, now)].customers), formats.percent(cells.loc[(was, now)].rate)
    return f"{tr('movement.hover', was=tier_words(tr, was), now=tier_words(tr, now), n=formats.count(n))} · {rate}"


def tenure(relations: pd.DataFrame, tr, mode: str = "light") -> go.Figure:
    """How long the customers of each tier have been buying: the median as a dot, its interval as a line, in years."""
    colours = style.palette(mode)
    known = relations[relations.tenure_years_median.notna()]
    ends = {name: known[name].astype(float).fillna(known.tenure_years_median) for name in ("tenure_low", "tenure_high")}
    known = known.assign(**ends)
    figure = style.figure(mode, 44 * len(known) + 44)
    places = list(range(len(known)))
    for place, row in zip(places, known.itertuples()):
        figure.add_scatter(
            x=[row.tenure_low, row.tenure_high], y=[place] * 2, mode="lines", hoverinfo="skip", opacity=0.45,
            line={"color": colours.tiers[row.tier], "width": 6},
        )  # fmt: skip
        figure.add_annotation(
            x=row.tenure_high, y=place, showarrow=False, xanchor="left", xshift=12,
            text=f"<b>{formats.number(row.tenure_years_median)}</b>", font={"size": 13, "color": colours.ink},
        )  # fmt: skip
    figure.add_scatter(
        x=known.tenure_years_median, y=places, mode="markers", hoverinfo="skip",
        marker={"size": 13, "color": [colours.tiers[tier] for tier in known.tier], "line": {"color": colours.card, "width": 2}},
    )  # fmt: skip
    longest = max([*known.tenure_high, 0.1])
    figure.update_xaxes(range=[0, 1.16 * longest], nticks=6)
    return figure.update_yaxes(
        tickvals=places, ticktext=[tr(f"tiers.{tier}") for tier in known.tier], autorange="reversed", showgrid=False,
        tickfont={"size": 14, "color": colours.ink},
    )  # fmt: skip
