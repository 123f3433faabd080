"""A score in pictures: how customers spread over it, its classes against the tiers, how far the ranking hangs on the weights."""

import pandas as pd
import plotly.graph_objects as go

from crm_analytics import formats
from crm_analytics.charts import style

CLASSES = ("high", "medium", "low", "unknown")
ROW = 46  # pixels of a measure
CELL = 54
WHOLE, BIN = 100, 3.99  # a score from nought to a hundred, in bins of four; deviations have bins of their own


def colours_of(mode: str) -> dict[str, str]:
    """The colour of each class."""
    palette = style.palette(mode)
    return {
        "high": palette.primary,
        "medium": palette.tiers["small"],
        "low": palette.tiers["suspect"],
        "unknown": palette.grid,
    }


def distribution(rows: pd.DataFrame, tr, mode: str = "light") -> go.Figure:
    """How many customers have which score, in the colours of the classes.  `rows`: `segments.score_distribution`.

    The customdata of a bar is its class."""
    palette, colours, figure = style.palette(mode), colours_of(mode), style.figure(mode)
    sums = rows.groupby("score_from").customers.sum()
    for name in reversed(CLASSES):
        part = rows[rows["class"] == name]
        if part.empty:
            continue
        figure.add_bar(
            x=(part.score_from + part.score_to) / 2, y=part.customers, width=0.92 * (part.score_to - part.score_from),
            marker={"color": colours[name]}, hovertemplate="%{customdata[1]}<extra></extra>",
            customdata=[[name, _bin_words(row, tr)] for row in part.itertuples()],
        )  # fmt: skip
        middle = float(((part.score_from + part.score_to) / 2 * part.customers).sum() / part.customers.sum())
        text = f"<b>{tr(f'score.class_{name}')}</b>"
        figure.add_annotation(
            x=middle, y=1.12 * float(sums.max()), text=text, showarrow=False, font={"size": 13, "color": palette.ink}
        )
    figure.update_layout(barmode="stack", bargap=0)
    if rows.score_from.min() >= 0 and rows.score_to.max() <= WHOLE and (rows.score_to - rows.score_from).max() >= BIN:
        figure.update_xaxes(range=[0, WHOLE])
    return figure.update_yaxes(range=[0, 1.22 * float(sums.max())], nticks=5)


def _bin_words(row, tr) -> str:
    spread = f"{formats.number(row.score_from)} – {formats.number(row.score_to)}"
    return tr("score.bin_tip", score=spread, n=formats.count(row.customers))


def against_tiers(rows: pd.DataFrame, tr, mode: str = "light") -> go.Figure:
    """Which share of each tier's buyers is in which class.  `rows`: `segments.score_tiers`.  The customdata of a cell is [class, tier]."""
    palette = style.palette(mode)
    sums = rows.groupby("tier", sort=False).customers.sum()
    tiers, classes = (
        [tier for tier in sums.index if sums[tier]],
        [name for name in CLASSES if rows.customers[rows["class"] == name].sum()],
    )
    cells = rows.set_index(["tier", "class"])
    figure, added = style.figure(mode, 46 + CELL * max(len(tiers), 1)), style.Together()
    for y, tier in enumerate(tiers):
        for x, name in enumerate(classes):
            cell = cells.loc[(tier, name)]
            is_known = cell.tier_share == cell.tier_share
            fill = style.shade(float(cell.tier_share), mode) if is_known else palette.card
            added.add_shape(
                type="rect", x0=x - 0.485, x1=x + 0.485, y0=y - 0.45, y1=y + 0.45, fillcolor=fill,
                line={"width": 1, "color": palette.grid},
            )  # fmt: skip
            text = (
                f"<b>{_share_words(cell)}</b>  {formats.count(cell.customers)}"
                if is_known
                else formats.count(cell.customers)
            )
            added.add_annotation(x=x, y=y, text=text, showarrow=False, font={"size": 13, "color": style.ink_on(fill)})
    added.onto(figure)
    figure.add_scatter(
        x=[x for x in range(len(classes)) for _ in tiers], y=[y for _ in classes for y in range(len(tiers))], mode="markers",
        marker={"symbol": "square", "size": 40, "color": "rgba(0, 0, 0, 0)"}, hoverinfo="none",
        customdata=[[name, tier] for name in classes for tier in tiers],
    )  # fmt: skip
    heads = [tr(f"score.class_{name}") for name in classes]
    figure.update_xaxes(side="top", tickvals=list(range(len(heads))), ticktext=heads, range=[-0.5, max(len(heads), 1) - 0.5],
                        tickfont={"size": 13, "color": palette.second})  # fmt: skip
    names = [
        f"<b>{tr(f'tiers.{tier}')}</b><br><span style='color:{palette.muted}'>{formats.count(sums[tier])}</span>"
        for tier in tiers
    ]
    return figure.update_yaxes(tickvals=list(range(len(tiers))), ticktext=names, range=[len(tiers) - 0.5, -0.5], showgrid=False,
                               tickfont={"size": 13, "color": palette.ink})  # fmt: skip


def _share_words(cell) -> str:
    return "&lt;1%" if 0 < cell.tier_share < 0.005 else formats.percent(cell.tier_share, 0)


def sensitivity(rows: pd.DataFrame, names: dict[str, str], tr, mode: str = "light") -> go.Figure:
    """Which share of the high class stays when weights change: a dot for each way, and a line for all of them changed at once.

    `rows`: `segments.score_sensitivity`, `names`: of the measures."""
    palette, figure = style.palette(mode), style.figure(mode, ROW * rows.measure.nunique() + 56)
    order = list(dict.fromkeys(rows.measure))
    for y, measure in enumerate(order):
        part = rows[rows.measure == measure]
        is_all = measure == "all"
        ends = (
            [part.kept_low.iloc[0], part.kept_high.iloc[0]]
            if is_all
            else [part.kept_share.min(), part.kept_share.max()]
        )
        colour = palette.muted if is_all else palette.primary
        figure.add_scatter(
            x=ends, y=[y, y], mode="lines", line={"color": colour, "width": 5}, opacity=0.4, hoverinfo="skip"
        )
        figure.add_scatter(
            x=part.kept_share, y=[y] * len(part), mode="markers", marker={"size": 11, "color": colour},
            customdata=[[_change_words(row, tr)] for row in part.itertuples()], hovertemplate="%{customdata[0]}<extra></extra>",
        )  # fmt: skip
        least = float(min(ends))
        figure.add_annotation(x=least, y=y, text=f"<b>{formats.percent(least, 0)}</b>", showarrow=False, xanchor="right", xshift=-10,
                              font={"size": 13, "color": palette.ink})  # fmt: skip
    lowest = float(rows[["kept_share", "kept_low"]].min().min())
    start = max(0.0, min(0.75, lowest - 0.12))
    step = 0.05 if start > 0.7 else 0.1 if start > 0.4 else 0.2
    ticks = [1 - step * place for place in range(6) if 1 - step * place >= start - 1e-9]
    figure.update_xaxes(range=[start, 1.015], tickvals=ticks, ticktext=[formats.percent(tick, 0) for tick in ticks])
    labels = [
        f"<b>{style.plain(tr('score.all_weights') if measure == 'all' else names[measure])}</b>" for measure in order
    ]
    return figure.update_yaxes(tickvals=list(range(len(order))), ticktext=labels, range=[len(order) - 0.5, -0.5], showgrid=False,
                               tickfont={"size": 13, "color": palette.ink})  # fmt: skip


def _change_words(row, tr) -> str:
    if row.measure == "all":
        return tr("score.tip_all", kept=formats.percent(row.kept_share), spearman=f"{row.spearman:.3f}")
    key = "score.tip_more" if row.factor > 1 else "score.tip_less"
    return tr(key, kept=formats.percent(row.kept_share), spearman=f"{row.spearman:.3f}")
