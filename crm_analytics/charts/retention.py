"""Cohorts as a map: a row per month of the first order, a column per month after it; what is not over yet is hatched."""

import pandas as pd
import plotly.graph_objects as go

from crm_analytics import formats
from crm_analytics.charts import style

ROW, HEAD = 29, 50  # pixels of a row, and of what stands over the first
GAP, BETWEEN = 0.05, 0.02  # of a cell: above and below it, left and right of it
LARGE, ABOVE = (
    0.97,
    1.2,
)  # the deepest colour is a fifth above what so many cells stay below: one large order leaves the others theirs
FEW = 10  # customers of a cohort below which a share has no colour
WRITTEN = 26  # columns up to which a share can be read in its cell
WRITTEN_IN_FULL = 14  # and up to which with its sign, or an amount
SHOWN = ("customers", "orders", "revenue")
VALUES = {"customers": "rate", "orders": "orders", "revenue": "revenue"}


def heatmap(cohorts: pd.DataFrame, tr, mode: str = "light", shown: str = "customers", currency: str = "") -> go.Figure:
    """`cohorts`: see `metrics.retention.cohorts`; `shown`: the share of customers who ordered, orders or revenue.

    The customdata of a cell is [month of the first order, month of the cell, its words], months as 2025-03."""
    colours = style.palette(mode)
    cells = _cells(cohorts, VALUES[shown], FEW if shown == "customers" else 0)
    months = list(dict.fromkeys(cells.cohort_month))
    figure = style.figure(mode, HEAD + ROW * max(len(months), 3))
    fills = [colours.grid if pd.isna(part) else style.shade(part, mode) for part in cells.part]
    width = int(cells.months_since_first.max()) + 1
    is_written = width <= (WRITTEN if shown == "customers" else WRITTEN_IN_FULL)
    rows = cells.cohort_month.map({month: row for row, month in enumerate(months)})
    figure.add_bar(
        x=cells.months_since_first,
        y=[1 - 2 * GAP] * len(cells),
        base=rows - 0.5 + GAP,
        width=1 - 2 * BETWEEN,
        text=[_written(row, shown, tr.language, width > WRITTEN_IN_FULL) for row in cells.itertuples()]
        if is_written
        else None,
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        constraintext="none",
        insidetextfont={"size": 13, "color": [style.ink_on(fill) for fill in fills]},
        marker={"color": fills, "line": {"width": 0}, "pattern": _hatched(cells, colours)},
        customdata=[_marked(row, tr, currency) for row in cells.itertuples()],
        hovertemplate="%{customdata[2]}<extra></extra>",
    )
    names = [_row_name(row, tr.language) for row in cells.drop_duplicates("cohort_month").itertuples()]
    step = 1 if width <= WRITTEN else 3 if width <= 2 * WRITTEN else 6
    figure.update_xaxes(side="top", range=[-0.5, width - 0.5], tickvals=list(range(0, width, step)))
    figure.add_annotation(
        x=0, xref="paper", xanchor="left", y=1, yref="paper", yanchor="bottom", yshift=26, text=tr("retention.axis_since"), showarrow=False,
        font={"size": 13, "color": colours.muted},
    )  # fmt: skip
    figure.update_yaxes(
        range=[max(len(months), 3) - 0.5, -0.5], tickvals=list(range(len(months))), ticktext=names, showgrid=False,
        tickfont={"size": 13, "color": colours.second},
    )  # fmt: skip
    return figure.update_layout(barmode="overlay", margin={"t": HEAD, "b": 2})


def _cells(cohorts: pd.DataFrame, column: str, least: int) -> pd.DataFrame:
    """The cells with their month, their value and `part` of a large value after month 0.

    Null in month 0, which says nothing, and in cohorts with fewer than `least` customers, where one more is everything."""
    cells = cohorts.assign(cohort_month=pd.to_datetime(cohorts.cohort_month), value=cohorts[column].astype(float))
    later = (cells.months_since_first > 0) & (cells.customers >= least)
    sure = later & ~cells.in_progress.astype(bool)
    known = cells[sure & cells.note.isna()]  # old customers of the first month would make all others pale
    most = (known if (known.value > 0).any() else cells[sure]).value.quantile(LARGE) * ABOVE
    cells["part"] = (cells.value / most).clip(0, 1).where(later) if most > 0 else cells.value.where(later) * 0
    cells["month"] = [
        first + pd.DateOffset(months=int(since)) for first, since in zip(cells.cohort_month, cells.months_since_first)
    ]
    return cells


def _row_name(row, language: str) -> str:
    """Mar 2025 452; the first month of the data with a star."""
    star = "" if pd.isna(row.note) else "*"
    return f"{formats.month(row.cohort_month, language, year=True)}{star}  <b>{formats.count(row.customers)}</b>"


def _hatched(cells: pd.DataFrame, colours) -> dict:
    """Stripes over the cells whose month is not over."""
    shapes = ["/" if unfinished else "" for unfinished in cells.in_progress]
    return {
        "shape": shapes,
        "fillmode": "overlay",
        "fgcolor": colours.ink,
        "fgopacity": 0.3,
        "size": 8,
        "solidity": 0.16,
    }


def _written(row, shown: str, language: str, is_narrow: bool) -> str:
    """What stands in a cell; in a narrow one a share has neither sign nor decimal."""
    if shown == "customers":
        is_large = row.value >= 0.0995 or not row.value
        return formats.points(row.value, 0) if is_narrow else formats.percent(row.value, 0 if is_large else 1)
    return formats.count(row.value) if shown == "orders" else style.plain(formats.money_round(row.value, language))


def _marked(row, tr, currency: str) -> list[str]:
    words = tr(
        "retention.cell_in_progress" if row.in_progress else "retention.cell",
        cohort=formats.month(row.cohort_month, tr.language, year=True),
        month=formats.month(row.month, tr.language, year=True),
        active=formats.count(row.active),
        customers=formats.count(row.customers),
        rate=formats.percent(row.rate),
        low=formats.points(row.low),
        high=formats.percent(row.high),
        orders=formats.count(row.orders),
        revenue=formats.money(row.revenue, tr.language, currency),
    )
    return [f"{row.cohort_month:%Y-%m}", f"{row.month:%Y-%m}", style.plain(words).replace("\n", "<br>")]
