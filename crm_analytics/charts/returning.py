"""The way back to a second order: by the days customers have had for it, and by group, with what is not known yet left open."""

import pandas as pd
import plotly.graph_objects as go

from crm_analytics import formats
from crm_analytics.charts import style

HEIGHT = 330
BAND = 0.16  # strength of an interval's colour
LINE = 17  # pixels between two labels at the end of lines
ROOM = 1.02  # of the axis, where labels begin
MOST_POINTS = 400
UNSEEN = {"size": 10, "color": "rgba(0, 0, 0, 0)", "line": {"width": 0}}  # a line alone cannot be clicked


def colours_of(groups: list, mode: str, palette: dict | None = None) -> dict:
    """A colour for each group, all of them (null) in ink; `palette`: colours that groups have on every screen."""
    ink = style.palette(mode)
    own = [
        ink.primary,
        ink.tiers["top"],
        ink.stages["active"],
        ink.segments["LLH"],
        ink.segments["LHH"],
        ink.tiers["inactive"],
    ]
    found, free = {None: ink.ink}, iter(own * 4)
    for group in (each for each in groups if each is not None):
        found[group] = (palette or {}).get(group) or next(free)
    return found


def curve(own: pd.DataFrame, fixed: pd.DataFrame, window: int, tr, mode: str = "light") -> go.Figure:
    """Share with a second order within so many days.  `own`, `fixed`: see `metrics.retention.repurchase`, by base; one is marked."""
    colours = style.palette(mode)
    figure = _frame(mode, max(own.window_days.max(), 1), _top(own.high, fixed.rate))
    known, steady = own[own.rate.notna()], fixed[fixed.rate.notna()]
    _band(figure, known.window_days, known.low, known.high, colours.primary)
    if len(steady):
        figure.add_scatter(
            x=steady.window_days, y=steady.rate, mode="lines", line={"color": colours.muted, "width": 2, "dash": "dot"},
            customdata=_tips(steady, tr), hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=known.window_days, y=known.rate, mode="lines", line={"color": colours.primary, "width": 3},
        customdata=_tips(known, tr), hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    is_last = window >= own.window_days.max()  # then the end of the line says it
    for at in known[known.window_days == window].itertuples():
        figure.add_scatter(x=[at.window_days], y=[at.rate], mode="markers", hoverinfo="skip", cliponaxis=False,
                           marker={"size": 11, "color": colours.primary, "line": {"color": colours.card, "width": 2}})  # fmt: skip
        text = "" if is_last else f"<b>{formats.percent(at.rate, 0)}</b>"
        figure.add_annotation(x=at.window_days, y=at.rate, text=text, showarrow=False, yshift=16,
                              font={"size": 13, "color": colours.primary})  # fmt: skip
    ends = [(known, tr("retention.base_own"), colours.primary), (steady, tr("retention.base_fixed"), colours.muted)]
    return _name_ends(figure, [(rows.rate.iloc[-1], text, colour) for rows, text, colour in ends if len(rows)])


def _tips(rows: pd.DataFrame, tr) -> list[str]:
    return [
        tr("retention.curve_tip", days=formats.count(row.window_days), rate=formats.percent(row.rate), low=formats.points(row.low),
           high=formats.percent(row.high), n=formats.count(row.n))
        for row in rows.itertuples()
    ]  # fmt: skip


def survival(curves: pd.DataFrame, names: dict, colours: dict, longest: int, tr, mode: str = "light") -> go.Figure:
    """Share who have ordered again by each day, a line and its band per group.  `curves`: see `metrics.retention.survival`.

    `names` and `colours` by group, in order; the customdata of a point is [words, group]."""
    figure = _frame(mode, longest, _top(curves.high.where(curves.days <= longest), curves.returned_rate))
    ends = []
    for group, name in names.items():
        rows = curves[curves.group.isna() if group is None else curves.group == group]
        if rows.empty:
            continue
        rows = _thinned(rows)
        is_whole = group is None and len(names) > 1
        if not is_whole:
            known = rows[rows.low.notna() & rows.high.notna()]
            _band(figure, known.days, known.low, known.high, colours[group], "hv", BAND if len(names) < 3 else BAND / 2)
        figure.add_scatter(
            x=rows.days, y=rows.returned_rate, mode="lines+markers", marker=UNSEEN,
            line={"shape": "hv", "color": colours[group], "width": 2 if is_whole else 3, "dash": "dot" if is_whole else "solid"},
            customdata=[[words, group or ""] for words in _survival_tips(rows, name, tr)],
            hovertemplate="%{customdata[0]}<extra></extra>",
        )  # fmt: skip
        ends.append((rows.returned_rate.iloc[-1], style.plain(name), colours[group]))
    return _name_ends(figure, ends)


def _thinned(rows: pd.DataFrame) -> pd.DataFrame:
    """At most so many points of a line: its first, its last, and evenly between them."""
    step = -(-len(rows) // MOST_POINTS)
    return rows if step == 1 else pd.concat([rows.iloc[::step], rows.iloc[[-1]]]).drop_duplicates("days")


def _survival_tips(rows: pd.DataFrame, name: str, tr) -> list[str]:
    return [
        style.plain(tr("retention.survival_tip", group=name, days=formats.count(row.days), rate=formats.percent(row.returned_rate),
                       low=formats.points(row.low), high=formats.percent(row.high), n=formats.count(row.at_risk)))
        for row in rows.itertuples()
    ]  # fmt: skip


def _band(figure, x, low, high, colour: str, shape: str = "linear", strength: float = BAND):
    """An interval as a faint area."""
    line = {"width": 0, "shape": shape}
    figure.add_scatter(x=x, y=low, mode="lines", line=line, hoverinfo="skip")
    figure.add_scatter(
        x=x, y=high, mode="lines", line=line, hoverinfo="skip", fill="tonexty", fillcolor=style.faint(colour, strength)
    )


def _frame(mode: str, longest: float, top: float) -> go.Figure:
    """Days to the right, a share upwards from none."""
    figure = style.figure(mode, HEIGHT)
    step = next((each for each in (7, 15, 30, 60, 90, 180) if longest / each <= 8), 365)
    figure.update_xaxes(range=[0, longest], tickvals=list(range(0, int(longest) + 1, step)))
    step = 0.25 if top > 0.6 else 0.1 if top > 0.25 else 0.05
    ticks = [step * number for number in range(int(top / step + 1e-9) + 1)]
    return figure.update_yaxes(range=[0, top], tickvals=ticks, ticktext=[formats.percent(tick, 0) for tick in ticks])


def _top(*values: pd.Series) -> float:
    """Where the axis of shares ends: at the first mark above the largest, at most a little above all."""
    largest = max([float(each.max()) for each in values if each.notna().any()], default=0.0)
    step = 0.25 if largest > 0.5 else 0.1 if largest > 0.2 else 0.05
    return 1.02 * min(1, step * (int(largest / step) + 1))  # the last line is drawn inside, not on the edge


def _name_ends(figure, ends) -> go.Figure:
    """Names beside the ends of lines, apart from each other: (value, name, colour) each."""
    bottom, top = figure.layout.yaxis.range
    least = LINE / (HEIGHT - 50) * (top - bottom)
    places: list[float] = []
    for value, *_ in sorted(ends):
        places.append(max(value, places[-1] + least) if places else value)
    over = places[-1] - top if places else 0
    for place, (value, name, colour) in zip(places, sorted(ends)):
        text = f"<b>{formats.percent(value, 0)}</b> {name}"
        figure.add_annotation(x=ROOM, xref="paper", y=place - max(over, 0), text=text, showarrow=False, xanchor="left",
                              font={"size": 13, "color": colour})  # fmt: skip
    longest = max((style.width(f"100% {name}") for _, name, _ in ends), default=0)
    return figure.update_layout(margin={"r": min(round(0.92 * longest), 200) + 14})


def gaps(bars: pd.DataFrame, marks: dict[str, float], tr, mode: str = "light") -> go.Figure:
    """How many days lie between two order days.  `bars`: see `metrics.retention.gaps`; `marks`: name -> days, drawn as lines."""
    colours = style.palette(mode)
    figure = style.figure(mode, HEIGHT)
    width = int(bars.from_days.iloc[1] - bars.from_days.iloc[0]) if len(bars) > 1 else 1
    figure.add_bar(
        x=bars.from_days - 0.5 + width / 2, y=bars.share, width=0.92 * width,
        marker={"color": [colours.muted if pd.isna(end) else colours.primary for end in bars.to_days]},
        customdata=[_gap_words(row, tr) for row in bars.itertuples()], hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    most, end = float(bars.share.max()), int(bars.from_days.iloc[-1]) - 1 + width
    for place, (name, days) in enumerate(sorted(marks.items(), key=lambda mark: mark[1])):
        y = (1.16 - 0.075 * (place % 2)) * most
        figure.add_shape(
            type="line", x0=days, x1=days, y0=0, y1=y, line={"color": colours.ink, "width": 1.5, "dash": "dot"}
        )
        text = f"<b>{formats.count(days)}</b> <span style='color:{colours.muted}'>{name}</span>"
        side = {"xanchor": "right", "xshift": -5} if days > 0.85 * end else {"xanchor": "left", "xshift": 5}
        look = {"bgcolor": colours.card, "font": {"size": 13, "color": colours.ink}}
        figure.add_annotation(x=days, y=y, text=text, showarrow=False, yshift=2, **side, **look)
    step = next((each for each in (1, 7, 14, 30, 60, 90, 180, 365) if end / each <= 9), 730)
    figure.update_xaxes(range=[0, end + 0.5], tickvals=list(range(0, end + 1, step)))
    step = next((each for each in (0.01, 0.02, 0.05, 0.1) if most / each <= 5), 0.25)
    ticks = [step * number for number in range(int(1.05 * most / step) + 1)]
    return figure.update_yaxes(
        range=[0, 1.26 * most], tickvals=ticks, ticktext=[formats.percent(tick, 0) for tick in ticks]
    )


def _gap_words(row, tr) -> str:
    low = formats.count(row.from_days)
    is_last = pd.isna(row.to_days)
    days = (
        tr("retention.gap_over", days=low)
        if is_last
        else tr("retention.gap_days", low=low, high=formats.count(row.to_days))
    )
    n, share, so_far = formats.count(row.gaps), formats.percent(row.share), formats.percent(row.cumulative_share)
    return tr("retention.gap_tip", days=days, n=n, share=share, so_far=so_far)
