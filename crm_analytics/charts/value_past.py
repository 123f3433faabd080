"""The model beside what happened, and what customers have brought so far by cohort and tenure."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm_analytics import formats
from crm_analytics.charts import style

MOST_NAMED = 8  # cohorts whose bars are named
LINES = {"actual": "actual", "expected": "model_line"}


def tracking(weeks: pd.DataFrame, tr, mode: str = "light") -> go.Figure:
    """Cumulative repeat orders week by week: what happened in blue, the model dotted, what it had not seen shaded."""
    colours, figure = style.palette(mode), style.figure(mode, 320)
    held = weeks[weeks.is_held_out]
    if len(held):
        figure.add_vrect(
            x0=held.week.iloc[0], x1=weeks.week.iloc[-1], fillcolor=colours.muted, opacity=0.08, line_width=0
        )
        figure.add_annotation(
            x=held.week.iloc[0], y=0, yref="paper", text=tr("value.not_seen"), showarrow=False, xanchor="left", yanchor="bottom", xshift=8,
            font={"size": 13, "color": colours.second},
        )  # fmt: skip
    lines = (
        ("expected", {"color": colours.muted, "width": 2, "dash": "dot"}),
        ("actual", {"color": colours.primary, "width": 3}),
    )
    for name, line in lines:
        words = [(formats.day(day, tr.language), formats.count(value)) for day, value in zip(weeks.week, weeks[name])]
        figure.add_scatter(
            x=weeks.week, y=weeks[name], mode="lines", line=line, customdata=words,
            hovertemplate=f"{tr(f'value.{LINES[name]}')}<br>%{{customdata[0]}}<br><b>%{{customdata[1]}}</b><extra></extra>",
        )  # fmt: skip
    last = weeks.iloc[-1]
    above = last.actual >= last.expected
    for name, up in (("actual", above), ("expected", not above)):
        figure.add_annotation(
            x=last.week, y=last[name], xanchor="right", xshift=-6, yshift=14 if up else -52, showarrow=False,
            text=f"<b>{tr(f'value.{LINES[name]}')} {formats.count(last[name])}</b>",
            font={"size": 13, "color": colours.primary if name == "actual" else colours.second},
        )  # fmt: skip
    ticks = pd.date_range(weeks.week.iloc[0], weeks.week.iloc[-1], 5)
    figure.update_xaxes(tickvals=ticks, ticktext=[formats.month(day, tr.language, year=True) for day in ticks])
    return figure.update_yaxes(rangemode="tozero", nticks=6, tickformat=",d")


def groups(rows: pd.DataFrame, tr, mode: str = "light") -> go.Figure:
    """Orders in the held-out part by repeat orders before: what happened with its interval, the model as a hollow mark."""
    colours, figure = style.palette(mode), style.figure(mode, 320)
    names = [f"{n}+" if n == 7 else str(n) for n in rows.purchases]
    words = [[formats.count(n), f"{actual:.2f}", f"{expected:.2f}"]
             for n, actual, expected in zip(rows.customers, rows.actual, rows.expected)]  # fmt: skip
    tip = tr("value.group_tip", n="%{customdata[0]}", actual="%{customdata[1]}", expected="%{customdata[2]}")
    figure.add_bar(
        x=names, y=rows.actual, marker={"color": colours.tiers["small"], "cornerradius": 3}, customdata=words,
        hovertemplate=tip + "<extra></extra>", error_y={"array": 1.96 * rows.error, "color": colours.ink, "thickness": 1.5, "width": 4},
    )  # fmt: skip
    figure.add_scatter(
        x=names, y=rows.expected, mode="markers", hoverinfo="skip",
        marker={"symbol": "diamond", "size": 12, "color": colours.card, "line": {"color": colours.tiers["top"], "width": 3}},
    )  # fmt: skip
    figure.update_xaxes(type="category", title={"text": tr("value.purchases_before"), "font": {"size": 13}})
    return figure.update_yaxes(rangemode="tozero", nticks=6)


def cohorts(history: pd.DataFrame, tr, mode: str = "light", currency: str = "") -> go.Figure:
    """What a customer of each cohort has brought so far: revenue as a bar, margin within it."""
    colours, figure, places = style.palette(mode), style.figure(mode, 320), list(range(len(history)))
    ever = [style.plain(formats.money(value, tr.language, currency)) for value in history.revenue_each]
    margin = [style.plain(formats.money(value, tr.language, currency)) for value in history.margin_each]
    words = [
        [cohort, formats.count(n), each, kept]
        for cohort, n, each, kept in zip(history.cohort, history.customers, ever, margin)
    ]
    tip = tr("value.cohort_tip", n="%{customdata[1]}", revenue="%{customdata[2]}", margin="%{customdata[3]}")
    look = {"x": places, "customdata": words, "hovertemplate": f"%{{customdata[0]}}<br>{tip}<extra></extra>"}
    figure.add_bar(y=history.revenue_each, marker={"color": colours.tiers["small"], "cornerradius": 3}, **look)
    if history.margin_each.notna().any():
        figure.add_bar(
            y=history.margin_each, marker={"color": colours.tiers["big"], "cornerradius": 3}, width=0.36, **look
        )
    for place, value, text in zip(places, history.revenue_each, ever) if len(history) <= MOST_NAMED else ():
        figure.add_annotation(
            x=place, y=value, text=f"<b>{text}</b>", showarrow=False, yshift=12, font={"size": 13, "color": colours.ink}
        )
    figure.update_layout(barmode="overlay")
    named = places[:: 1 + len(places) // (MOST_NAMED + 1)]
    figure.update_xaxes(tickvals=named, ticktext=[history.cohort.iloc[place] for place in named])
    return _money_axis(figure, [*history.revenue_each, 0], tr, currency)


def tenure(bands: pd.DataFrame, tr, mode: str = "light", currency: str = "") -> go.Figure:
    """Customers by how long they have been with the company, and the share of revenue that each band brings."""
    colours, known = style.palette(mode), bands[bands.customers > 0]
    figure, names = style.figure(mode, 320), [tr(f"value.months_{band}") for band in known.months]
    words = [[formats.count(n), formats.percent(share, 0), formats.percent(active, 0),
              style.plain(formats.money(each, tr.language, currency))]
             for n, share, active, each in zip(known.customers, known.revenue_share, known.active_rate, known.average_revenue)]  # fmt: skip
    tip = tr(
        "value.tenure_tip",
        n="%{customdata[0]}",
        share="%{customdata[1]}",
        active="%{customdata[2]}",
        each="%{customdata[3]}",
    )
    for name, colour, share in (
        ("customers", colours.tiers["suspect"], known.customer_share),
        ("revenue", colours.primary, known.revenue_share),
    ):
        figure.add_bar(
            x=names, y=share.astype("float64"), marker={"color": colour, "cornerradius": 3}, name=name, customdata=words,
            hovertemplate=tip + "<extra></extra>", text=[formats.percent(value, 0) for value in share], textposition="outside",
            textfont={"size": 13, "color": colours.ink}, cliponaxis=False,
        )  # fmt: skip
    figure.update_layout(bargap=0.25, bargroupgap=0.08)
    figure.update_xaxes(type="category")
    highest = float(
        np.nanmax([*known.customer_share.astype(float), *known.revenue_share.astype(float).fillna(0), 0.01])
    )
    return figure.update_yaxes(visible=False, range=[0, 1.18 * highest])


def _money_axis(figure, values, tr, currency: str) -> go.Figure:
    """Five round steps from zero, written as the reader writes money."""
    highest = max([value for value in values if not formats.is_missing(value)] or [1]) or 1
    size = 10 ** np.floor(np.log10(highest / 4))
    step = next(size * part for part in (1, 2, 2.5, 5, 10) if size * part >= highest / 4)
    ticks = [step * place for place in range(6) if step * place <= 1.05 * highest + step]
    words = [style.plain(formats.money_round(tick, tr.language, currency)) for tick in ticks]
    return figure.update_yaxes(tickvals=ticks, ticktext=words, range=[0, 1.14 * highest])
