"""What customers will bring: by tier, by the chance that they are still there, by how often and when they bought, by class."""

import itertools

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm_analytics import formats
from crm_analytics.charts import style

ALIVE = ("here", "likely", "doubtful", "gone", "unknown")
BROUGHT = ("high", "middle", "low")
BOUGHT = ("10+", "5-9", "3-4", "2", "1")
SINCE = ("0-30", "31-90", "91-180", "181-365", "366+")
CELL, ROW = 62, 46
CLEAR = "rgba(0, 0, 0, 0)"


def by_tier(summary: pd.DataFrame, tr, mode: str = "light", currency: str = "") -> go.Figure:
    """Expected worth of each tier's customers as a bar, its interval as a line, share and mean per customer beside it.

    The customdata of a bar is ["tier", tier]."""
    colours = style.palette(mode)
    known = summary[(summary.tier != "total") & (summary.customers > 0)]
    figure, places = style.figure(mode, ROW * len(known) + 44), list(range(len(known)))
    figure.add_bar(
        orientation="h", x=known.clv, y=places, customdata=[["tier", tier] for tier in known.tier], hoverinfo="none", width=0.56,
        marker={"color": [colours.tiers[tier] for tier in known.tier], "cornerradius": 3},
    )  # fmt: skip
    for place, row in zip(places, known.itertuples()):
        for colour, width in ((colours.card, 5), (colours.ink, 2)):  # framed, to be seen on the bar and beside it
            line = {"color": colour, "width": width}
            figure.add_scatter(x=[row.low, row.high], y=[place] * 2, mode="lines", hoverinfo="skip", line=line)
        whole, each = (style.plain(formats.money(value, tr.language, currency)) for value in (row.clv, row.average_clv))
        text = f"<b>{whole}</b> · {formats.percent(row.clv_share, 0)} · {tr('value.each', value=each)}"
        figure.add_annotation(
            x=max(row.high, row.clv, 0), y=place, text=text, showarrow=False, xanchor="left", xshift=10,
            font={"size": 13, "color": colours.ink},
        )  # fmt: skip
    reach = max([*known.high.fillna(0), *known.clv, 0.01])
    figure.update_xaxes(visible=False, range=[min(0, known.low.min() if len(known) else 0), 1.75 * reach])
    names = [f"<b>{tr(f'tiers.{row.tier}')}</b><br>{formats.count(row.customers)}" for row in known.itertuples()]
    return figure.update_yaxes(
        tickvals=places,
        ticktext=names,
        range=[len(known) - 0.5, -0.5],
        showgrid=False,
        tickfont={"size": 13, "color": colours.ink},
    )


def matrix(cells: pd.DataFrame, tr, mode: str = "light", currency: str = "") -> go.Figure:
    """Customers by the chance that they are still there (rows) and what they have brought (columns), with what is at stake.

    The customdata of a cell is ["chance", alive, brought]."""
    colours = style.palette(mode)
    table = cells.set_index(["alive", "brought"])
    rows = [alive for alive in ALIVE if table.customers[alive].sum()]
    most = max(1, int(cells.customers.max()))
    figure = style.figure(mode, 40 + CELL * len(rows))
    for y, alive in enumerate(rows):
        for x, brought in enumerate(BROUGHT):
            _cell(figure, x, y, table.loc[(alive, brought)], most, tr, mode, currency)
    pairs = [(x, y) for y in range(len(rows)) for x in range(len(BROUGHT))]
    tips = [_tip(table.loc[(rows[y], BROUGHT[x])], rows[y], BROUGHT[x], tr, currency) for x, y in pairs]
    figure.add_scatter(
        x=[x for x, _ in pairs], y=[y for _, y in pairs], mode="markers", marker={"symbol": "square", "size": 46, "color": CLEAR},
        customdata=[["chance", rows[y], BROUGHT[x], tip] for (x, y), tip in zip(pairs, tips)],
        hovertemplate="%{customdata[3]}<extra></extra>",
    )  # fmt: skip
    names = [f"<b>{tr(f'value.alive_{alive}')}</b><br>{tr(f'value.chance_{alive}')}" for alive in rows]
    figure.update_xaxes(
        side="top", tickvals=list(range(len(BROUGHT))), ticktext=[tr(f"value.brought_{each}") for each in BROUGHT],
        range=[-0.5, len(BROUGHT) - 0.5], tickangle=0, tickfont={"size": 13, "color": colours.second},
    )  # fmt: skip
    return figure.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=names,
        range=[len(rows) - 0.5, -0.5], showgrid=False, tickfont={"size": 13, "color": colours.ink},
    )  # fmt: skip


def _cell(figure, x: int, y: int, cell, most: int, tr, mode: str, currency: str):
    colours, n = style.palette(mode), int(cell.customers)
    fill = style.shade(n / most, mode) if n else colours.card
    figure.add_shape(
        type="rect", x0=x - 0.485, x1=x + 0.485, y0=y - 0.46, y1=y + 0.46, layer="below", fillcolor=fill,
        line={"color": colours.grid, "width": 1},
    )  # fmt: skip
    if not n:
        return
    under = (
        "" if formats.is_missing(cell.at_stake) else style.plain(formats.money(cell.at_stake, tr.language, currency))
    )
    under = f"<br>{tr('value.at_stake', value=under)}" if under else ""
    figure.add_annotation(
        x=x,
        y=y,
        showarrow=False,
        text=f"<b>{formats.count(n)}</b>{under}",
        font={"size": 13, "color": style.ink_on(fill)},
    )


def _tip(cell, alive: str, brought: str, tr, currency: str) -> str:
    parts = [f"{tr(f'value.alive_{alive}')} · {tr(f'value.brought_{brought}')}"]
    parts.append(tr("value.cell_tip", n=formats.count(cell.customers), clv=formats.money(cell.clv, tr.language, currency),
                    ever=formats.money(cell.revenue_ever, tr.language, currency)))  # fmt: skip
    return "<br>".join(style.plain(part) for part in parts)


def rhythm(cells: pd.DataFrame, tr, mode: str = "light") -> go.Figure:
    """How probably customers are still there, by purchases (rows) and days since the last (columns).

    The customdata of a cell is ["rhythm", bought, since]."""
    colours, table = style.palette(mode), cells.set_index(["bought", "since"])
    rows = [bought for bought in BOUGHT if table.customers[bought].sum()]
    columns = [since for since in SINCE if cells[cells.since == since].customers.sum()]
    figure, marks = style.figure(mode, 58 + CELL * len(rows)), []
    for (y, bought), (x, since) in itertools.product(enumerate(rows), enumerate(columns)):
        cell = table.loc[(bought, since)]
        is_known, n = not formats.is_missing(cell.probability_alive), formats.count(cell.customers)
        fill = style.shade(float(cell.probability_alive), mode) if is_known else colours.card
        figure.add_shape(
            type="rect", x0=x - 0.485, x1=x + 0.485, y0=y - 0.46, y1=y + 0.46, layer="below", fillcolor=fill,
            line={"color": colours.grid, "width": 1},
        )  # fmt: skip
        if cell.customers:
            chance = formats.percent(cell.probability_alive, 0) if is_known else "?"
            ink = style.ink_on(fill) if is_known else colours.second
            figure.add_annotation(
                x=x, y=y, showarrow=False, text=f"<b>{chance}</b><br>{n}", font={"size": 13, "color": ink}
            )
            marks.append((x, y, ["rhythm", bought, since]))
    figure.add_scatter(
        x=[x for x, _, _ in marks], y=[y for _, y, _ in marks], mode="markers", hoverinfo="none", customdata=[mark for _, _, mark in marks],
        marker={"symbol": "square", "size": 46, "color": CLEAR},
    )  # fmt: skip
    figure.update_xaxes(
        side="top", tickvals=list(range(len(columns))), ticktext=[tr(f"value.since_{each}") for each in columns],
        range=[-0.5, len(columns) - 0.5], tickangle=0, tickfont={"size": 13, "color": colours.second},
    )  # fmt: skip
    names = [f"<b>{tr(f'value.bought_{bought}')}</b>" for bought in rows]
    return figure.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=names, range=[len(rows) - 0.5, -0.5], showgrid=False,
        tickfont={"size": 13, "color": colours.ink},
    )  # fmt: skip


def classes(rows: pd.DataFrame, tr, mode: str = "light", currency: str = "") -> go.Figure:
    """High, medium and low: share of customers in grey, of the revenue so far in pale, of the worth to come in blue.

    The customdata of a bar is ["worth", class]."""
    colours = style.palette(mode)
    figure, places = style.figure(mode, 3 * 100 + 24), list(range(len(rows)))
    series = (("customers", rows.customer_share, colours.tiers["suspect"]), ("revenue", rows.revenue_share, colours.tiers["small"]),
              ("worth", rows.clv_share, colours.primary))  # fmt: skip
    for name, shares, colour in series:
        text = [f"{formats.percent(share, 0)} {tr(f'value.of_{name}')}" for share in shares]
        figure.add_bar(
            orientation="h", y=places, x=shares.astype("float64"), marker={"color": colour, "cornerradius": 3}, text=text,
            textposition="outside", textfont={"size": 13, "color": colours.ink}, cliponaxis=False, hoverinfo="none",
            customdata=[["worth", worth] for worth in rows.worth],
        )  # fmt: skip
    names = [
        f"<b>{tr(f'value.worth_{row.worth}')}</b><br>{formats.count(row.customers)}<br>"
        + style.plain(tr("value.each", value=formats.money(row.average_clv, tr.language, currency)))
        for row in rows.itertuples()
    ]
    highest = float(
        np.nanmax(
            [0.01, *rows.customer_share.astype(float), *rows.revenue_share.astype(float), *rows.clv_share.astype(float)]
        )
    )
    figure.update_layout(bargap=0.22, bargroupgap=0.1)
    figure.update_xaxes(visible=False, range=[0, 1.4 * highest])
    return figure.update_yaxes(
        tickvals=places,
        ticktext=names,
        range=[len(rows) - 0.5, -0.5],
        showgrid=False,
        tickfont={"size": 13, "color": colours.ink},
    )
