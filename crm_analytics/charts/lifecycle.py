"""The lifecycle drawn: stock of the stages over time, flows between two days, days since the last order, the ladder of orders."""

import pandas as pd
import plotly.graph_objects as go

from crm_analytics import formats
from crm_analytics.charts import flows as between
from crm_analytics.charts import style

STAGES = ("active", "silent", "forgotten", "lost")
NEW = "new"
CLEAR = "rgba(0, 0, 0, 0)"
SIDE = 14  # pixels between the areas and their names
KINDS = ("orders", "satisfying")
MANY = 100_000  # from here on a count above a bar is rounded
THIN = 0.035  # share of the whole below which an area carries no name


def stock(trend: pd.DataFrame, tr, mode: str = "light") -> go.Figure:
    """Customers per stage at the ends of months, one area on another, named at the right.  `trend`: `lifecycle.trend`.

    The customdata of a mark is [day as ISO text, stage, its words]."""
    colours, figure = style.palette(mode), style.figure(mode, 300)
    names = [
        f"{tr(f'stages.{stage}')}  {formats.count(most)}"
        for stage, most in trend.groupby("stage").customers.max().items()
    ]
    below = pd.Series(0.0, index=sorted(trend.day.unique()))
    whole = trend.groupby("day").customers.sum()
    for stage in STAGES:
        rows = trend[trend.stage == stage].sort_values("day").set_index("day")
        figure.add_scatter(
            x=rows.index, y=rows.customers, stackgroup="stages", mode="lines+markers", fillcolor=colours.stages[stage],
            line={"width": 2, "color": colours.card}, marker={"size": 14, "color": CLEAR},
            customdata=[[f"{day:%Y-%m-%d}", stage, _stock_words(day, row, tr)] for day, row in zip(rows.index, rows.itertuples())],
            hovertemplate="%{customdata[2]}<extra></extra>",
        )  # fmt: skip
        last = rows.customers.iloc[-1]
        if last >= THIN * whole.iloc[-1] and last:
            figure.add_annotation(
                x=1, xref="paper", y=below.iloc[-1] + last / 2, xanchor="left", xshift=8, showarrow=False, align="left",
                text=f"<b>{tr(f'stages.{stage}')}</b>  {formats.count(last)}", font={"size": 13, "color": colours.ink},
            )  # fmt: skip
        below = below.add(rows.customers, fill_value=0)
    figure.update_layout(margin={"r": max(map(style.width, names), default=0) + SIDE})
    figure.update_xaxes(**_months(sorted(trend.day.unique()), tr))
    return figure.update_yaxes(rangemode="tozero", **_counts(whole.max()))


def _counts(most) -> dict:
    """Whole customers on an axis, however few there are."""
    return {"tickformat": ",d"} | ({"nticks": 6} if most > 5 else {"dtick": 1})


def _stock_words(day, row, tr) -> str:
    share = formats.percent(row.share, 0)
    return tr("lifecycle.hover_stock", day=formats.day(day, tr.language), stage=tr(f"stages.{row.stage}"),
              n=formats.count(row.customers), share=share)  # fmt: skip


def _months(days, tr) -> dict:
    """At most a dozen months named below the axis, each year at its first."""
    step = -(-len(days) // 10)
    shown = list(days)[::-1][::step][::-1]
    words, year = [], None
    for day in shown:
        words.append(formats.month(day, tr.language) + (f"<br>{day.year}" if day.year != year else ""))
        year = day.year
    return {"tickvals": shown, "ticktext": words, "range": [min(days), max(days)]}


def flow(flows: pd.DataFrame, tr, mode: str = "light") -> go.Figure:
    """Stages then at the left, stages now at the right, ribbons in the colour of the stage left.  `flows`: `lifecycle.flows`.

    The customdata of a mark is [from_stage, to_stage, words]."""
    colours = style.palette(mode)
    moves = flows.rename(columns={"from_stage": "was", "to_stage": "now"})
    drawn = between.drawing(moves, (*STAGES, NEW), STAGES)
    said = between.words(lambda stage: stage_words(tr, stage), tr)
    return between.sankey(drawn, colours.stages | {NEW: colours.muted}, said, mode)


def stage_words(tr, stage: str) -> str:
    """A stage in words; also those who had not ordered yet."""
    return tr("lifecycle.not_yet" if stage == NEW else f"stages.{stage}")


def since(days: pd.DataFrame, borders: pd.DataFrame, tr, mode: str = "light") -> go.Figure:
    """Customers by days since their last order, each bar in the colours of its stages, the borders drawn.

    `days`: `lifecycle.days`; `borders`: `lifecycle.borders`. The customdata of a bar is [stage, words]."""
    colours, figure = style.palette(mode), style.figure(mode, 300)
    width = int((days.days_to - days.days_from + 1).max()) if len(days) else 1
    for stage in STAGES:
        rows = days[days.stage == stage]
        figure.add_bar(
            x=rows.days_from + width / 2, y=rows.customers, width=width, marker={"color": colours.stages[stage]},
            customdata=[[stage, _since_words(row, tr)] for row in rows.itertuples()],
            hovertemplate="%{customdata[1]}<extra></extra>",
        )  # fmt: skip
    longest = float(days.days_to.max() + 1) if len(days) else 1.0
    for row in borders[borders.days <= longest].itertuples():
        figure.add_vline(x=row.days, line={"color": colours.second, "width": 1, "dash": "dot"})
        figure.add_annotation(
            x=row.days, y=1, yref="paper", xanchor="left", yanchor="top", xshift=4, yshift=-18 * list(STAGES[1:]).index(row.stage),
            showarrow=False, text=f"{tr(f'stages.{row.stage}')} {row.days}", font={"size": 13, "color": colours.second},
            bgcolor=colours.card,
        )  # fmt: skip
    figure.update_layout(barmode="stack", bargap=0)
    figure.update_xaxes(range=[0, longest], nticks=8, ticksuffix="")
    return figure.update_yaxes(**_counts(days.groupby("days_from").customers.sum().max() if len(days) else 0))


def _since_words(row, tr) -> str:
    return tr("lifecycle.hover_since", first=formats.count(row.days_from), last=formats.count(row.days_to),
              stage=tr(f"stages.{row.stage}"), n=formats.count(row.customers))  # fmt: skip


def steps(ladder: pd.DataFrame, tr, mode: str = "light") -> go.Figure:
    """How many customers took each step, and between the steps how many of them go on and after how long.

    `ladder`: `lifecycle.ladder`; satisfying orders, where known, as a second, paler bar. The customdata of a bar is [kind, step, words]."""
    colours, figure = style.palette(mode), style.figure(mode, 320)
    shown = [kind for kind in KINDS if kind in set(ladder.kind)]
    tints = {"orders": colours.primary, "satisfying": colours.counts[1]}
    half = 0.31 if len(shown) > 1 else 0.42
    for place, kind in enumerate(shown):
        rows = ladder[ladder.kind == kind]
        figure.add_bar(
            x=rows.orders + (place - (len(shown) - 1) / 2) * half, y=rows.customers, width=half * 0.94,
            marker={"color": tints[kind]}, text=[_short(n, tr) for n in rows.customers], textposition="outside",
            textfont={"size": 13, "color": colours.ink}, cliponaxis=False,
            customdata=[[kind, int(row.orders), _step_words(row, tr)] for row in rows.itertuples()],
            hovertemplate="%{customdata[2]}<extra></extra>",
        )  # fmt: skip
    orders = ladder[ladder.kind == "orders"]
    for row in orders[:-1].itertuples():
        figure.add_annotation(
            x=row.orders + 0.5, y=0, yref="paper", yanchor="top", yshift=-28, showarrow=False, align="center",
            text=_between_words(row, tr), font={"size": 13, "color": colours.second},
        )  # fmt: skip
    figure.update_layout(margin={"t": 24, "b": 68})
    figure.update_xaxes(
        tickvals=list(orders.orders), ticktext=[step_words(tr, int(step), len(orders)) for step in orders.orders],
        range=[0.5, len(orders) + 0.5], automargin=False,
    )  # fmt: skip
    return figure.update_yaxes(**_counts(ladder.customers.max()))


def _short(n, tr) -> str:
    """A count that fits above a bar: 98,412, but 827 k."""
    return formats.count(n) if n < MANY else formats.money(n, tr.language)


def _between_words(row, tr) -> str:
    """66% go on, median 50 days: below and between two bars."""
    if formats.is_missing(row.conversion_rate):
        return ""
    words = f"<b>{formats.percent(row.conversion_rate, 0)}</b> →"
    return (
        words
        if formats.is_missing(row.median_days)
        else f"{words}<br>{tr('lifecycle_ladder.days', n=formats.number(row.median_days))}"
    )


def _step_words(row, tr) -> str:
    return tr(
        f"lifecycle_ladder.hover_{row.kind}",
        step=int(row.orders),
        n=formats.count(row.customers),
        now=formats.count(row.customers_now),
    )


def step_words(tr, step: int, last: int = 5) -> str:
    """1, 2, 3, 4 and 5+ orders."""
    return tr("lifecycle_ladder.step_last" if step == last else "lifecycle_ladder.step", n=step)


def going_on(ladder: pd.DataFrame, tr, mode: str = "light") -> go.Figure:
    """Of those whose step is old enough, the share that took the next in time, with its interval; the loyalty point is marked.

    `ladder`: `lifecycle.ladder`."""
    colours, figure = style.palette(mode), style.figure(mode, 320)
    shown = [kind for kind in KINDS if kind in set(ladder.kind)]
    tints = {"orders": colours.primary, "satisfying": colours.muted}
    for place, kind in enumerate(shown):
        rows = ladder[(ladder.kind == kind) & ladder.observed_rate.notna()]
        x = rows.orders + (place - (len(shown) - 1) / 2) * 0.1
        figure.add_scatter(
            x=x, y=rows.observed_rate, mode="lines+markers", line={"color": tints[kind], "width": 3 if kind == "orders" else 2},
            marker={"size": [15 if row.is_loyal else 9 for row in rows.itertuples()], "color": tints[kind],
                    "line": {"color": colours.card, "width": 2}},
            error_y={"type": "data", "symmetric": False, "array": rows.observed_high - rows.observed_rate,
                     "arrayminus": rows.observed_rate - rows.observed_low, "color": tints[kind], "thickness": 1.5, "width": 5},
            customdata=[_rate_words(row, tr) for row in rows.itertuples()], hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
        for row in rows[rows.is_loyal.astype(bool)].itertuples():
            figure.add_annotation(
                x=row.orders, y=row.observed_low, yshift=-16, showarrow=False, text=f"<b>{tr(f'lifecycle_ladder.loyal_{kind}')}</b>",
                font={"size": 13, "color": tints[kind]},
            )  # fmt: skip
    _name_kinds(figure, ladder, shown, tints, tr)
    known = ladder[ladder.observed_rate.notna()]
    steps_ = sorted(set(ladder.orders))
    figure.update_xaxes(
        tickvals=steps_,
        ticktext=[tr("lifecycle_ladder.after", n=step) for step in steps_],
        range=[0.6, len(steps_) + 0.4],
        tickangle=0,
    )
    low, high = (known.observed_low.min(), known.observed_high.max()) if len(known) else (0, 1)
    return figure.update_yaxes(tickformat=".0%", range=[max(0, low - 0.12), min(1.02, high + 0.08)], nticks=6)


def _name_kinds(figure, ladder: pd.DataFrame, shown, tints, tr):
    """Both lines named, one above the other at the left, where there are two."""
    for place, kind in enumerate(shown if len(shown) > 1 else []):
        figure.add_annotation(
            x=0, xref="paper", y=1, yref="paper", xanchor="left", yanchor="top", yshift=-18 * place, showarrow=False,
            text=f"<b>{tr(f'lifecycle_ladder.kind_{kind}')}</b>", font={"size": 13, "color": tints[kind]},
        )  # fmt: skip


def _rate_words(row, tr) -> str:
    rate, low, high = (formats.percent(each) for each in (row.observed_rate, row.observed_low, row.observed_high))
    return tr(
        "lifecycle_ladder.hover_rate",
        step=int(row.orders),
        rate=rate,
        low=low,
        high=high,
        n=formats.count(row.observed),
        within=int(row.within),
    )
