"""Segments: customers by recency and frequency as a map of counts, and every segment as an area of its own."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from crm_analytics import formats
from crm_analytics.charts import flows, style

SCORES = (1, 2, 3, 4, 5)
HEIGHT = 430
WIDE, HIGH = 560, 430  # pixels an area's words are fitted to: a card is rarely narrower
NARROW = 700  # pixels that all columns of the matrix have at least
HAN = 0x2E7F  # the last sign before those as wide as high
CUSTOMER = ("客户", "客戶")
GAP = 3  # pixels between two areas
MARK = 36  # pixels from one clickable mark to the next: fills raise none
LINE = 19  # pixels of a line of words


@dataclass(frozen=True)
class Area:
    """A segment's rectangle, in parts of the width and height of the whole, from the top left."""

    segment: str
    x: float
    y: float
    width: float
    height: float


def heat_map(grid: pd.DataFrame, bands: pd.DataFrame, tr, mode: str = "light") -> go.Figure:
    """Customers in each cell of recency (up) and frequency (right) scores; a dotted line where scores begin to be high.

    `grid`: `segments.grid`, `bands`: `segments.bands`.  The customdata of a cell is [r, f, words]."""
    colours = style.palette(mode)
    figure = style.figure(mode, HEIGHT)
    most = max(1, int(grid.customers.max()))
    cells = [(cell, style.shade(cell.customers / most, mode)) for cell in grid.itertuples()]
    figure.update_layout(  # all at once: each add_shape would check those before it again
        shapes=[_cell(cell, fill, colours) for cell, fill in cells],
        annotations=[_in_cell(cell, fill) for cell, fill in cells if cell.customers],
    )
    for axis, dimension in (("x", "f"), ("y", "r")):
        _mark_high(figure, bands, dimension, axis, colours)
    figure.add_scatter(
        x=[f + beside for f in grid.f for beside in flows.ACROSS], y=[r for r in grid.r for _ in flows.ACROSS],
        mode="markers", marker={"symbol": "square", "size": 52, "color": "rgba(0, 0, 0, 0)"},
        customdata=[[cell.r, cell.f, _cell_words(cell, tr)] for cell in grid.itertuples() for _ in flows.ACROSS],
        hovertemplate="%{customdata[2]}<extra></extra>",
    )  # fmt: skip
    title = {"size": 13, "color": colours.muted}
    ticks = {"tickvals": SCORES, "range": [0.5, 5.5], "showgrid": False}
    figure.update_xaxes(
        **ticks, ticktext=[f"F{score}" for score in SCORES], title={"text": _best(bands, "f", tr), "font": title}
    )
    return figure.update_yaxes(
        **ticks, ticktext=[f"R{score}" for score in SCORES], title={"text": _best(bands, "r", tr), "font": title}
    )


def _cell(cell, fill: str, colours) -> dict:
    place = {"x0": cell.f - 0.485, "x1": cell.f + 0.485, "y0": cell.r - 0.48, "y1": cell.r + 0.48}
    line, fill = {"color": colours.grid, "width": 1}, fill if cell.customers else "rgba(0, 0, 0, 0)"
    return {"type": "rect", **place, "layer": "below", "fillcolor": fill, "line": line}


def _in_cell(cell, fill: str) -> dict:
    font, text = {"size": 14, "color": style.ink_on(fill)}, f"<b>{formats.count(cell.customers)}</b>"
    return {"x": cell.f, "y": cell.r, "showarrow": False, "text": text, "font": font}


def _mark_high(figure, bands: pd.DataFrame, dimension: str, axis: str, colours):
    """A dotted line between low and high scores."""
    high = bands[(bands.dimension == dimension) & bands.is_high]
    if high.empty or high.score.min() == 1:
        return
    place = high.score.min() - 0.5
    ends = (
        {"x0": place, "x1": place, "y0": 0.5, "y1": 5.5}
        if axis == "x"
        else {"y0": place, "y1": place, "x0": 0.5, "x1": 5.5}
    )
    figure.add_shape(type="line", **ends, line={"color": colours.ink, "width": 2, "dash": "dot"})


def _best(bands: pd.DataFrame, dimension: str, tr) -> str:
    """Frequency score (5 = 6 orders or more): what the highest score that anybody has means here."""
    found = bands[bands.dimension == dimension]
    if found.empty:
        return tr(f"segments.axis_{dimension}")
    best = found.loc[found.score.idxmax()]
    n = int(best.highest if dimension == "r" else best.lowest)
    if not n:
        return tr(f"segments.axis_{dimension}")
    key = f"segments.axis_{dimension}_best{'_one' if n == 1 else ''}"
    return tr(key, score=int(best.score), n=formats.count(n))


def _cell_words(cell, tr) -> str:
    revenue = "" if formats.is_missing(cell.revenue_share) else formats.percent(cell.revenue_share)
    words = {"r": cell.r, "f": cell.f, "n": formats.count(cell.customers), "share": formats.percent(cell.share)}
    return tr("segments.hover_cell", **words, revenue=revenue or formats.NOTHING)


def areas(customers: Mapping[str, int], ratio: float = WIDE / HIGH) -> list[Area]:
    """Rectangles as large as their customers, as square as can be (Bruls, Huizing, van Wijk 2000); the largest at the left top."""
    left = sorted(((n, segment) for segment, n in customers.items() if n > 0), key=lambda each: -each[0])
    whole, found = sum(n for n, _ in left), []
    x, y, width, height = 0.0, 0.0, ratio, 1.0
    while left:
        room = width * height / sum(n for n, _ in left)
        row = _row([n * room for n, _ in left], min(width, height))
        size = sum(n for n, _ in left[:row]) * room
        is_column = width >= height
        thick = size / (height if is_column else width)
        place = y if is_column else x
        for n, segment in left[:row]:
            long = n * room / thick
            where = (x, place, thick, long) if is_column else (place, y, long, thick)
            found.append(Area(segment, where[0] / ratio, where[1], where[2] / ratio, where[3]))
            place += long
        x, y, width, height = (
            (x + thick, y, width - thick, height) if is_column else (x, y + thick, width, height - thick)
        )
        left = left[row:]
    return found if whole else []


def _row(sizes: list[float], side: float) -> int:
    """How many of the sizes to lay along a side before the worst rectangle gets longer."""

    def worst(n: int) -> float:
        whole = sum(sizes[:n])
        return max(max(side**2 * size / whole**2, whole**2 / (side**2 * size)) for size in sizes[:n])

    n = 1
    while n < len(sizes) and worst(n + 1) <= worst(n):
        n += 1
    return n


def treemap(summary: pd.DataFrame, names: Mapping[str, str], tr, mode: str = "light") -> go.Figure:
    """Every segment as an area as large as its customers, with its name, customers and share of revenue.

    `summary`: `segments.summary`; `names`: the segments in the reader's words.  The customdata of a mark is [segment, words]."""
    colours = style.palette(mode)
    tints = colours.segments | colours.groups
    rows = {row.segment: row for row in summary.itertuples()}
    figure = style.figure(mode, HEIGHT)
    drawn = areas({segment: int(row.customers) for segment, row in rows.items()})
    for area in drawn:
        figure.add_shape(
            type="rect", x0=area.x, x1=area.x + area.width, y0=area.y, y1=area.y + area.height,
            fillcolor=tints[area.segment], line={"color": colours.card, "width": GAP},
        )  # fmt: skip
        text, size = fitted(rows[area.segment], names[area.segment], area, tr)
        if text:
            figure.add_annotation(
                x=area.x + area.width / 2, y=area.y + area.height / 2, showarrow=False, text=text,
                font={"size": size, "color": style.ink_on(tints[area.segment])},
            )  # fmt: skip
    marks = [(area, x, y) for area in drawn for x, y in _marks(area)]
    figure.add_scatter(
        x=[x for _, x, _ in marks], y=[y for _, _, y in marks], mode="markers",
        marker={"symbol": "square", "size": MARK - 2, "color": "rgba(0, 0, 0, 0)"},
        customdata=[[area.segment, _area_words(rows[area.segment], names, tr)] for area, _, _ in marks],
        hovertemplate="%{customdata[1]}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0})
    figure.update_xaxes(visible=False, range=[0, 1])
    return figure.update_yaxes(visible=False, range=[1, 0])


def _marks(area: Area):
    """Places all over an area where a click is taken."""
    across, down = (max(1, round(part * pixels / MARK)) for part, pixels in ((area.width, WIDE), (area.height, HIGH)))
    for i in range(across):
        for j in range(down):
            yield area.x + area.width * (i + 0.5) / across, area.y + area.height * (j + 0.5) / down


def fitted(row, name: str, area: Area, tr) -> tuple[str, int]:
    """The words of an area and their size: as many lines as it has room for; nothing where not even the name fits."""
    wide, high = area.width * WIDE - 2 * GAP, area.height * HIGH - 2 * GAP
    for size in (14, 12):
        lines = _wrapped(style.plain(name), wide, size)
        if lines and len(lines) * LINE <= high:
            for more in _figures(row, tr):
                if style.width(more, size) <= wide and (len(lines) + 1) * LINE <= high:
                    lines.append(more)
            return "<br>".join(lines), size
    return "", 12


def _figures(row, tr) -> list[str]:
    """Customers, then the share of revenue."""
    n = tr("segments.customers_one" if row.customers == 1 else "segments.customers_n", n=formats.count(row.customers))
    if formats.is_missing(row.revenue_share):
        return [n]
    return [n, tr("segments.of_revenue", share=formats.percent(row.revenue_share))]


def _wrapped(name: str, wide: float, size: int) -> list[str]:
    """A name in bold on one line, or on two where it can be parted; nothing where neither fits."""
    bold = size + 1
    if style.width(name, bold) <= wide:
        return [f"<b>{name}</b>"]
    pairs = [(name[:place].strip(), name[place:].strip()) for place in _breaks(name)]
    best = min(pairs, key=lambda pair: max(map(style.width, pair)), default=None)
    return [f"<b>{part}</b>" for part in best] if best and max(style.width(part, bold) for part in best) <= wide else []


def _breaks(name: str) -> list[int]:
    """Where a name can be parted: at its blanks; of Han characters behind a stroke, before the word for customer, else in the middle."""
    if ord(name[0]) <= HAN:
        return [place for place, sign in enumerate(name) if sign == " "]
    if "/" in name:
        return [name.index("/") + 1]
    return [len(name) - 2 if name.endswith(CUSTOMER) and len(name) > 3 else -(-len(name) // 2)]


def _area_words(row, names: Mapping[str, str], tr) -> str:
    return " · ".join([f"<b>{style.plain(names[row.segment])}</b>", *_figures(row, tr)])


def sankey(migration: pd.DataFrame, names: Mapping[str, str], tr, mode: str = "light") -> go.Figure:
    """Segments then at the left, segments now at the right.  `migration`: `segments.migration`; `names`: also of those in none."""
    colours = style.palette(mode)
    moves = _named(migration)
    order = [code for code in names if code != "new_buyer"]
    drawn = flows.drawing(moves[moves.flow.notna() & (moves.customers > 0)], [*order, "new_buyer"], order)
    tints = colours.segments | colours.groups | {"lapsed": colours.tiers["inactive"], "new_buyer": colours.muted}
    return flows.sankey(drawn, tints, _words(names, tr), mode, height=560)


def matrix(migration: pd.DataFrame, names: Mapping[str, str], tr, mode: str = "light") -> go.Figure:
    """Share of each segment then (rows) that is in each segment now (columns), with customers and interval."""
    known = migration[migration.customers > 0]
    rows, columns = ([code for code in names if code in set(known[end])] for end in ("from_segment", "to_segment"))
    room = NARROW / max(1, len(columns))
    heads = {code: _head(names[code], room) for code in columns}
    return flows.matrix(_named(migration), rows, columns, _words(names, tr), mode, heads=heads.get)


def _head(name: str, room: float) -> str:
    """A name above a column, on as many lines as it takes to be no wider than the room."""
    if style.width(name) <= room:
        return style.plain(name)
    if " " in name:
        lines = textwrap.wrap(name, max(int(room / 7), max(map(len, name.split()))), break_long_words=False)
    elif ord(name[0]) <= HAN:
        lines = [name]  # a word is not torn apart
    else:
        place = _breaks(name)[0]
        lines = [name[:place], name[place:]]
    return "<br>".join(map(style.plain, lines))


def _named(migration: pd.DataFrame) -> pd.DataFrame:
    return migration.rename(columns={"from_segment": "was", "to_segment": "now"})


def _words(names: Mapping[str, str], tr) -> flows.Words:
    return flows.words(lambda code: style.plain(names[code]), tr)
