"""What moving customers changes: profit move by move, revenue by tier, the pyramid before and after, what a budget brings."""

import math

import pandas as pd
import plotly.graph_objects as go

from crm_analytics import formats
from crm_analytics.charts import style
from crm_analytics.charts.pyramid import LAYERS, SHADE, TIERS, border, geometry

LOSS = {"light": "#B3261E", "dark": "#FF8A7A"}
GAIN = {"light": "#0B7257", "dark": "#4CC49B"}
PALE = {"light": "#E9EDF2", "dark": "#233040"}
HEIGHT, ROW, DRAWN = 280, 54, 420  # pixels of the waterfall, of a tier's bar, of the pyramid
CENTRE, HALF = 55.0, 18.5  # of the pyramid, in percent of the drawing's width
COUNT_BEFORE, COUNT_AFTER = 32.0, 87.0  # where the counts end
WORDS = {"revenue": "revenue_delta", "contribution": "contribution_delta", "profit": "profit_delta"}


def effects(moves: pd.DataFrame, total: float, of: str) -> pd.DataFrame:
    """The steps from nothing to the whole change, from the foot of the pyramid up.

    One row per step: from_tier, to_tier, customers, change, start (where its bar begins).
    `of`: revenue, contribution or profit. What the moves themselves do not explain, a cost of the whole plan, is a step without
    tiers.
    """
    places = moves[["from_tier", "to_tier"]].map(LAYERS.index)
    moves = moves.loc[places.sort_values(["from_tier", "to_tier"], ascending=False).index]
    change = moves[WORDS[of]].astype(float)
    steps = moves[["from_tier", "to_tier", "customers"]].assign(change=change).reset_index(drop=True)
    rest = total - change.sum()
    if abs(rest) > 1e-6 * max(1.0, change.abs().sum()):
        steps.loc[len(steps)] = [None, None, None, rest]
    return steps.assign(start=steps.change.cumsum() - steps.change)


def waterfall(steps: pd.DataFrame, interval, tr, mode: str = "light", currency: str = "") -> go.Figure:
    """The change move by move, then the whole, then where eight in ten outcomes lie, as a column of its own.

    `steps`: see `effects`; `interval`: (low, middle, high) of the whole change, None where it is unknown.
    """
    figure, ink = style.figure(mode, HEIGHT), style.palette(mode)
    total = float(steps.change.sum())
    names = [*(_step_words(tr, row, steps) for row in steps.itertuples()), _whole_words(tr, steps)]
    colours = [*(_step_colour(row, ink, mode) for row in steps.itertuples()), ink.primary if total >= 0 else LOSS[mode]]
    changes, starts = [*steps.change, total], [*steps.start, 0.0]
    places = list(range(len(names)))
    words = [style.plain(formats.money_change(change, tr.language, currency)) for change in changes]
    figure.add_bar(
        x=places,
        y=changes,
        base=starts,
        width=0.6,
        marker={"color": colours},
        customdata=[[name.replace("<br>", " "), word] for name, word in zip(names, words)],
        hovertemplate="%{customdata[0]}<br><b>%{customdata[1]}</b><extra></extra>",
    )
    told = [
        _say(place, max(start, start + change), f"<b>{word}</b>", ink.ink, "center") | {"yshift": 11}
        for place, change, start, word in zip(places, changes, starts, words)
    ]
    ends = enumerate((steps.start + steps.change).tolist())
    joints = [_line(place + 0.3, place + 0.7, end, ink.muted) for place, end in ends]
    reach = [0.0, *(steps.start + steps.change), *starts]
    if interval:
        names.append(tr("whatif.outcomes"))
        told += _add_interval(figure, len(names) - 1, interval, tr, ink, currency)
        reach += [interval[0], interval[2]]
    figure.update_layout(annotations=told, shapes=joints)
    figure.update_xaxes(
        tickvals=list(range(len(names))),
        ticktext=names,
        range=[-0.5, len(names) - 0.3 if interval else len(names) - 0.5],
    )
    return figure.update_yaxes(**_axis(reach, tr.language, currency))


def _step_words(tr, row, steps) -> str:
    """3 to Medium, or 2 Big → Top where the movers come from several layers."""
    if not isinstance(row.to_tier, str):
        return tr("whatif.step_cost")
    n = formats.count(row.customers)
    words = {"n": n, "source": tr(f"tiers.{row.from_tier}"), "tier": tr(f"tiers.{row.to_tier}")}
    key = "whatif.step" if steps.from_tier.dropna().nunique() == 1 else "whatif.step_from"
    return tr(key, **words).replace("\n", "<br>")


def _whole_words(tr, steps) -> str:
    return tr("whatif.step_all", n=formats.count(steps.customers.dropna().sum()))


def _step_colour(row, ink, mode: str) -> str:
    if row.change < 0 or not isinstance(row.to_tier, str):
        return LOSS[mode]
    return ink.tiers[row.to_tier]


def _add_interval(figure, place: int, interval, tr, ink, currency: str) -> list[dict]:
    """A pole from the tenth to the ninetieth of a hundred outcomes, the middle one as a dot; returns the words at its ends."""
    low, middle, high = (float(value) for value in interval)
    words = [style.plain(formats.money_change(value, tr.language, currency)) for value in (low, middle, high)]
    said = tr("whatif.interval_tip", low=words[0], middle=words[1], high=words[2])
    figure.add_scatter(
        x=[place],
        y=[middle],
        mode="markers",
        marker={"size": 11, "color": ink.primary, "line": {"color": ink.card, "width": 2}},
        error_y={"type": "data", "symmetric": False, "array": [high - middle], "arrayminus": [middle - low],
                 "color": ink.second, "thickness": 2.5, "width": 8},
        customdata=[said],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    ends = ((high, words[2]), (low, words[0]))
    return [_say(place, value, f"<b>{word}</b>", ink.ink, "left") | {"xshift": 14} for value, word in ends]


def _axis(reach, language: str, currency: str) -> dict:
    """About four round steps, always with zero, room for the words above and below."""
    high, low = max(reach), min(reach)
    span = (high - low) or 1.0
    raw = span / 4
    size = 10 ** math.floor(math.log10(raw))
    step = next((size * factor for factor in (1, 2, 2.5, 5) if size * factor >= raw), size * 10)
    ticks = [step * number for number in range(math.floor(low / step), math.ceil(high / step) + 1)]
    words = [style.plain(formats.money_round(tick, language, currency)) if tick else "0" for tick in ticks]
    under = 0.06 if low >= 0 else 0.12
    return {"tickvals": ticks, "ticktext": words, "range": [low - under * span, high + 0.16 * span]}


def before_after(tiers: pd.DataFrame, tr, mode: str = "light", currency: str = "") -> go.Figure:
    """Revenue of each tier after the moves, before them pale behind it, and how many customers there were and are.

    `tiers`: rows of `pyramid.whatif`; layers that do not buy are drawn only where the moves change their revenue.
    """
    shown = tiers[tiers.tier.isin(TIERS) | (tiers.tier.isin(LAYERS) & (tiers.revenue_delta.fillna(0) != 0))]
    figure, ink = style.figure(mode, ROW * len(shown) + 16), style.palette(mode)
    names = [tr(f"tiers.{tier}") for tier in shown.tier]
    before, after = shown.revenue_before.astype(float), shown.revenue_after.astype(float)
    look = {"orientation": "h", "y": names, "hoverinfo": "none"}
    figure.add_bar(x=before, width=0.66, marker={"color": PALE[mode], "line": {"color": ink.muted, "width": 1}}, **look)
    figure.add_bar(x=after, width=0.36, marker={"color": [ink.tiers[tier] for tier in shown.tier]}, **look)
    figure.update_layout(
        annotations=[
            _say(
                max(row.revenue_before, row.revenue_after, 0),
                name,
                _after_words(row, tr, mode, currency),
                ink.muted,
                "left",
            )
            | {"xshift": 8, "font": {"color": ink.muted, "size": 13}}
            for name, row in zip(names, shown.itertuples())
        ]
    )
    longest = max([*before, *after, 1.0])
    figure.update_layout(barmode="overlay")
    figure.update_xaxes(visible=False, range=[min([*before, *after, 0.0]), longest / 0.52])
    return figure.update_yaxes(autorange="reversed", showgrid=False, tickfont={"size": 14, "color": ink.ink})


def _after_words(row, tr, mode: str, currency: str) -> str:
    """£2.42 M +£56.2 k 42 → 43 customers"""
    ink = style.palette(mode)
    now = style.plain(formats.money(row.revenue_after, tr.language, currency))
    told = [f'<span style="color:{ink.ink};font-size:14px"><b>{now}</b></span>']
    if row.revenue_delta:
        change = style.plain(formats.money_change(row.revenue_delta, tr.language, currency))
        told.append(f'<span style="color:{GAIN[mode] if row.revenue_delta > 0 else ink.muted}">{change}</span>')
    before, after = formats.count(row.customers_before), formats.count(row.customers_after)
    told.append(
        tr("whatif.customers_changed", before=before, after=after)
        if before != after
        else tr("whatif.customers_same_one" if after == "1" else "whatif.customers_same", after=after)
    )
    return "  ".join(told)


def pyramid(tiers: pd.DataFrame, tr, mode: str = "light") -> go.Figure:
    """The seven layers with their customers before at the left and after at the right.  `tiers`: rows of `pyramid.whatif`."""
    figure, ink = style.figure(mode, DRAWN), style.palette(mode)
    rows = tiers.set_index("tier")
    layers, words, lines = [], [], [_line(0, 100, border(), ink.grid, "dot")]
    for layer in geometry():
        row = rows.loc[layer.tier]
        layers += _layer(layer, ink, is_empty=not row.customers_before and not row.customers_after)
        words += _counts(layer, tr(f"pyramid.name_{layer.tier}"), row, ink, mode)
        side = HALF * layer.middle + 1
        lines.append(_line(COUNT_BEFORE + 1.5, CENTRE - side, layer.middle, ink.grid))
        lines.append(_line(CENTRE + side, COUNT_AFTER - 9, layer.middle, ink.grid))
    words += [
        _say(x, -0.05, tr(f"whatif.{key}"), ink.muted, "right")
        for x, key in ((COUNT_BEFORE, "before"), (COUNT_AFTER, "after"))
    ]
    # All at once: each add_annotation would check those before it again, and a move would be drawn a tenth of a second later.
    figure.add_traces(layers)
    figure.update_layout(annotations=words, shapes=[line for line in lines if line["x1"] > line["x0"]])
    figure.update_xaxes(visible=False, range=[0, 100])
    return figure.update_yaxes(visible=False, range=[1.005, -0.085])


def _counts(layer, name: str, row, ink, mode: str) -> list[dict]:
    """The layer's name and customers before at the left, customers after and what changed at the right."""
    before, after = round(row.customers_before), round(row.customers_after)
    y, told = layer.middle, [_say(0, layer.middle, name, ink.ink, "left")]
    if layer.tier in ("prospect", "suspect") and not before and not after:
        return [*told, _say(COUNT_BEFORE, y, formats.NOTHING, ink.muted, "right")]
    told.append(_say(COUNT_BEFORE, y, formats.count(before), ink.muted, "right"))
    if before == after:
        return [*told, _say(COUNT_AFTER, y, formats.count(after), ink.muted, "right")]
    sign, colour = ("+", GAIN[mode]) if after > before else ("−", ink.muted)
    told.append(_say(COUNT_AFTER, y, f"<b>{formats.count(after)}</b>", ink.ink, "right"))
    return [*told, _say(COUNT_AFTER + 2, y, sign + formats.count(abs(after - before)), colour, "left")]


def _layer(layer, ink, is_empty: bool) -> list[dict]:
    """One layer and the shade on its right half; only an outline where nobody is in it."""
    wide, narrow, colour = HALF * layer.half_bottom, HALF * layer.half_top, ink.tiers[layer.tier]
    look = {"type": "scatter", "mode": "lines", "hoverinfo": "skip"}
    look["y"] = [layer.top, layer.top, layer.bottom, layer.bottom, layer.top]
    whole = [CENTRE - narrow, CENTRE + narrow, CENTRE + wide, CENTRE - wide, CENTRE - narrow]
    if is_empty:
        return [look | {"x": whole, "line": {"color": colour, "width": 1, "dash": "dot"}}]
    right = [CENTRE, CENTRE + narrow, CENTRE + wide, CENTRE, CENTRE]
    look |= {"fill": "toself", "line": {"width": 0}}
    return [look | {"x": whole, "fillcolor": colour}, look | {"x": right, "fillcolor": SHADE}]


def _say(x: float, y: float, text: str, colour: str, anchor: str) -> dict:
    return {"x": x, "y": y, "text": text, "showarrow": False, "xanchor": anchor, "font": {"color": colour, "size": 14}}


def _line(start: float, end: float, y: float, colour: str, dash: str = "solid") -> dict:
    line = {"color": colour, "width": 1, "dash": dash}
    return {"type": "line", "x0": start, "x1": end, "y0": y, "y1": y, "line": line, "layer": "below"}


def frontier(points: pd.DataFrame, chosen, tr, mode: str = "light", currency: str = "") -> go.Figure:
    """What each budget is expected to bring when it is spent on the best moves.  `points`: of `whatif.frontier`.

    `chosen`: (budget, expected profit) of the plan at hand, or None. The customdata of a point is its budget.
    """
    figure, ink = style.figure(mode, HEIGHT), style.palette(mode)
    language = tr.language
    told = [
        (
            float(row.budget),
            style.plain(formats.money(row.budget, language, currency)),
            style.plain(formats.money_change(row.expected_profit, language, currency)),
            tr("whatif.n_customers", n=formats.count(row.customers)),
        )
        for row in points.itertuples()
    ]
    figure.add_scatter(
        x=points.budget.astype(float), y=points.expected_profit.astype(float), mode="lines+markers",
        line={"color": ink.primary, "width": 3}, marker={"size": 7}, customdata=told,
        hovertemplate="%{customdata[1]}: <b>%{customdata[2]}</b><br>%{customdata[3]}<extra></extra>",
    )  # fmt: skip
    if chosen:
        figure.add_scatter(
            x=[chosen[0]], y=[chosen[1]], mode="markers", hoverinfo="skip",
            marker={"size": 15, "color": ink.tiers["top"], "line": {"color": ink.card, "width": 2}},
        )  # fmt: skip
        word = style.plain(formats.money_change(chosen[1], language, currency))
        figure.add_annotation(x=chosen[0], y=chosen[1], text=f"<b>{word}</b>", showarrow=False, yshift=18)
    reach = [0.0, *points.expected_profit.astype(float), *([chosen[1]] if chosen else [])]
    across = _axis([0.0, *points.budget.astype(float)], language, currency)
    figure.update_xaxes(tickvals=across["tickvals"], ticktext=across["ticktext"])
    return figure.update_yaxes(**_axis(reach, language, currency))
