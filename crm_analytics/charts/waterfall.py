"""From revenue to profit: the waterfall, what reaches customers by which key, each tier's return under every key."""

import pandas as pd
import plotly.graph_objects as go

from crm_analytics import formats
from crm_analytics.charts import style
from crm_analytics.charts.overview import LOSS

ROW = 36  # pixels of one bar
SIDE = 28  # pixels beside the words right of a bar
KEYS = ("direct", "activity", "per_head", "revenue")  # in order of honesty
KINDS = ("marketing", "sales", "service", "overhead")
SHADES = {  # the more a key follows what happened, the more it stands out
    "light": dict(zip(KEYS, ("#0E3557", "#1D679E", "#6AA9D6", "#C3CBD4"))),
    "dark": dict(zip(KEYS, ("#B5DBF7", "#62AEE4", "#2F6A9A", "#42505F"))),
}
ROOM_FOR_A_WORD = 0.16  # of the longest bar: a narrower part carries no word


def profit(steps: pd.DataFrame, tr, mode: str = "light", currency: str = "") -> go.Figure:
    """Revenue, every cost hanging where the one before ended, and what remains.  `steps`: `pyramid.waterfall`.

    Totals are blue, costs grey, a loss red. A step nobody knows keeps its line and says so."""
    colours = style.palette(mode)
    bars = placed(steps)
    figure = style.figure(mode, ROW * len(bars) + 16)
    revenue = next((bar.amount for bar in bars.itertuples() if bar.step == "revenue"), None)
    names = {bar.step: _step_words(tr, bar) for bar in bars.itertuples()}
    known = bars[bars.amount.notna()]
    figure.add_bar(
        orientation="h",
        y=[names[step] for step in known.step],
        base=known.start,
        x=known.amount,
        marker={"color": [_step_colour(bar, colours, mode) for bar in known.itertuples()]},
        hoverinfo="skip",
    )
    texts = [_amount_words(bar, revenue, tr, currency) for bar in bars.itertuples()]
    for bar, text in zip(bars.itertuples(), texts):
        figure.add_annotation(
            x=bar.reach, y=names[bar.step], text=text, showarrow=False, xanchor="left", xshift=6,
            font={"size": 13, "color": colours.muted if pd.isna(bar.amount) else colours.ink},
        )  # fmt: skip
    low, high = min(0.0, *bars.reach, *(bars.start + bars.amount.fillna(0))), max(1.0, *bars.reach)
    figure.add_vline(x=0, line={"color": colours.muted, "width": 1})
    figure.update_layout(bargap=0.3, margin_r=style.width(max(texts, key=style.width)) + SIDE)
    figure.update_xaxes(visible=False, range=[low - 0.02 * (high - low), high])
    order = [names[step] for step in bars.step]
    return figure.update_yaxes(
        autorange="reversed", categoryarray=order, categoryorder="array", showgrid=False,
        tickfont={"size": 14, "color": colours.ink},
    )  # fmt: skip


def placed(steps: pd.DataFrame) -> pd.DataFrame:
    """The steps with the place where each bar starts and the right end its words stand at; an unknown step moves nothing."""
    running, starts, ends = 0.0, [], []
    for step in steps.itertuples():
        amount = 0.0 if pd.isna(step.amount) else float(step.amount)
        start = 0.0 if step.is_total else running
        if not (step.is_total and pd.isna(step.amount)):
            running = start + amount
        starts.append(start)
        ends.append(max(start, start + amount, 0.0) if pd.notna(step.amount) else 0.0)
    return steps.assign(start=starts, reach=ends)


def _step_words(tr, bar) -> str:
    words = tr(f"pyramid_value.step_{bar.step}")
    return f"<b>{words}</b>" if bar.is_total else words


def _step_colour(bar, colours, mode: str) -> str:
    if bar.is_total:
        return LOSS[mode] if bar.amount < 0 else colours.primary
    return colours.tiers["prospect"]


def _amount_words(bar, revenue, tr, currency: str) -> str:
    """−£1.20 M and its share of the revenue."""
    if pd.isna(bar.amount):
        return tr("pyramid_value.unknown_step")
    amount = style.plain(formats.money(bar.amount, tr.language, currency))
    share = "" if not revenue or revenue <= 0 or bar.step == "revenue" else formats.percent(bar.amount / revenue, 0)
    return f"<b>{amount}</b>{f'  {share}' if share else ''}"


def allocation(costs: pd.DataFrame, tr, mode: str = "light", currency: str = "") -> go.Figure:
    """What each kind of cost amounts to, and by which key it reaches the customers.  `costs`: `pyramid.costs`.

    One bar per kind; its parts go from what is tagged directly to what is spread by revenue."""
    colours = style.palette(mode)
    sums = costs.groupby(["kind", "key"]).amount.sum()
    kinds = [kind for kind in KINDS if kind in set(costs.kind)]
    totals = costs.groupby("kind").amount.sum()
    longest = max([*totals, 1.0])
    figure = style.figure(mode, (ROW + 8) * len(kinds) + 16)
    for key in KEYS:
        amounts = [float(sums.get((kind, key), 0.0)) for kind in kinds]
        if not any(amounts):
            continue
        shade = SHADES[mode][key]
        words = [_part_words(tr, key, amount, totals[kind], longest) for kind, amount in zip(kinds, amounts)]
        hover = [(style.plain(formats.money(amount, tr.language, currency)),) for amount in amounts]
        figure.add_bar(
            orientation="h",
            y=[tr(f"pyramid_value.kind_{kind}") for kind in kinds],
            x=amounts,
            marker={"color": shade, "line": {"color": colours.card, "width": 2}},
            text=words,
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            constraintext="none",
            textfont={"size": 13, "color": style.ink_on(shade)},
            customdata=hover,
            hovertemplate=f"{tr(f'pyramid_value.key_{key}')}<br><b>%{{customdata[0]}}</b><extra></extra>",
        )
    for kind in kinds:
        figure.add_annotation(
            x=totals[kind], y=tr(f"pyramid_value.kind_{kind}"), showarrow=False, xanchor="left", xshift=6,
            text=f"<b>{style.plain(formats.money(totals[kind], tr.language, currency))}</b>",
            font={"size": 13, "color": colours.ink},
        )  # fmt: skip
    words = [formats.money(total, tr.language, currency) for total in totals]
    figure.update_layout(barmode="stack", bargap=0.3, margin_r=max(map(style.width, words)) + SIDE)
    figure.update_xaxes(visible=False, range=[0, longest])
    return figure.update_yaxes(autorange="reversed", showgrid=False, tickfont={"size": 14, "color": colours.ink})


def _part_words(tr, key: str, amount: float, total: float, longest: float) -> str:
    if amount < ROOM_FOR_A_WORD * longest:
        return ""
    return (
        tr(f"pyramid_value.key_{key}")
        if amount >= total
        else f"{tr(f'pyramid_value.key_{key}')} {formats.percent(amount / total, 0)}"
    )


def returns(ranges: pd.DataFrame, tr, mode: str = "light") -> go.Figure:
    """Each tier's return on marketing, sales and service: a dot by the company's own keys, a line over all keys.

    `ranges`: `pyramid.ranges`. Left of the line at zero a tier does not earn back what it costs."""
    colours = style.palette(mode)
    spans = spread(ranges)
    figure = style.figure(mode, 52 * len(spans) + 44)
    figure.add_vline(x=0, line={"color": colours.muted, "width": 1})
    places = {span.tier: place for place, span in enumerate(spans.itertuples())}
    for span in spans.itertuples():
        figure.add_scatter(
            x=[span.low, span.high], y=[places[span.tier]] * 2, mode="lines",
            line={"color": colours.tiers[span.tier], "width": 6}, opacity=0.45, hoverinfo="skip",
        )  # fmt: skip
        figure.add_annotation(
            x=max(span.high, 0.0), y=places[span.tier], text=_span_words(span), showarrow=False, xanchor="left", xshift=14,
            font={"size": 13, "color": colours.ink},
        )  # fmt: skip
    dots = ranges[ranges.tier.isin(places) & ranges.roi.notna()].sort_values("key", key=lambda keys: keys == "own")
    figure.add_scatter(
        x=dots.roi,
        y=[places[tier] for tier in dots.tier],
        mode="markers",
        marker={
            "color": [colours.tiers[tier] for tier in dots.tier],
            "size": [14 if key == "own" else 8 for key in dots.key],
            "line": {"color": colours.card, "width": 2},
        },
        customdata=[(tr(f"pyramid_value.key_{key}"), ratio(roi)) for key, roi in zip(dots.key, dots.roi)],
        hovertemplate="%{customdata[0]}<br><b>%{customdata[1]}</b><extra></extra>",
    )
    low, high = min(0.0, *spans.low), max(0.0, *spans.high)
    edge = 0.04 * (high - low or 1.0)
    figure.update_layout(margin_r=max(style.width(_span_words(span)) for span in spans.itertuples()) + SIDE)
    figure.update_xaxes(range=[low - edge, high + edge], zeroline=False, nticks=6)
    return figure.update_yaxes(
        tickvals=list(places.values()), ticktext=[tr(f"tiers.{tier}") for tier in places], autorange="reversed",
        showgrid=False, tickfont={"size": 14, "color": colours.ink},
    )  # fmt: skip


def ratio(value) -> str:
    """A return in words: 1.33, 13.6, −1.00."""
    if formats.is_missing(value) or abs(value) >= 9.995:
        return formats.number(value)
    return f"{value:.2f}".replace("-", "−")


def spread(ranges: pd.DataFrame) -> pd.DataFrame:
    """One row per tier whose return is known: own (by the company's own keys), low and high over all keys."""
    known = ranges[ranges.roi.notna()]
    spans = known.groupby("tier", sort=False).roi.agg(low="min", high="max").reset_index()
    own = known[known.key == "own"].set_index("tier").roi
    return spans.assign(own=spans.tier.map(own))


def _span_words(span) -> str:
    low, high, own = ratio(span.low), ratio(span.high), ratio(span.own)
    return f"<b>{own}</b>" if low == high else f"<b>{own}</b>  {low} … {high}"
