"""Movement within the pyramid: who went from which tier to which, as flows and as a matrix; how long customers have been buying."""

from functools import partial

import pandas as pd
import plotly.graph_objects as go

from crm_analytics import formats
from crm_analytics.charts import flows, style

TIERS = ("top", "big", "medium", "small")
LAYERS = (*TIERS, "inactive", "prospect", "suspect")
OUTSIDE = "outside"  # then: had never bought; these are they:
NOT_YET = ("prospect", "suspect", "new", OUTSIDE)
THEN, NOW = (*TIERS, "inactive", OUTSIDE), (*TIERS, "inactive")


def buyers(migration: pd.DataFrame) -> pd.DataFrame:
    """The moves of those who had bought by one of the two days: was, now, customers; whoever was no customer yet is "outside"."""
    moves = _named(migration[migration.to_tier.isin(NOW)])
    moves = moves.assign(was=moves.was.where(~moves.was.isin(NOT_YET), OUTSIDE))
    summed = moves.groupby(["was", "now"], as_index=False).customers.sum()
    return summed[summed.customers > 0]


def _named(migration: pd.DataFrame) -> pd.DataFrame:
    return migration.rename(columns={"from_tier": "was", "to_tier": "now"})


def sankey(migration: pd.DataFrame, tr, mode: str = "light") -> go.Figure:
    """Tiers then at the left, tiers now at the right, ribbons in the colour of the tier left.  `migration`: `pyramid.migration`."""
    colours = style.palette(mode)
    drawn = flows.drawing(buyers(migration), THEN, NOW)
    return flows.sankey(drawn, colours.tiers | {OUTSIDE: colours.muted}, flows.words(partial(tier_words, tr), tr), mode)


def matrix(migration: pd.DataFrame, tr, mode: str = "light") -> go.Figure:
    """Share of each tier then (rows, also of those not known then) that is in each tier now (columns)."""
    rows, columns = axes(migration)
    return flows.matrix(_named(migration), rows, columns, flows.words(partial(tier_words, tr), tr), mode)


def axes(migration: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Rows and columns of the matrix: the layers that hold anybody."""
    known = migration[migration.customers > 0]
    rows = [tier for tier in (*LAYERS, "new") if tier in set(known.from_tier)]
    return rows, [tier for tier in LAYERS if tier in set(known.to_tier)]


def tier_words(tr, tier: str) -> str:
    """A layer in words; also those who were not known then, and all who had not bought yet."""
    return tr({"new": "movement.not_known", OUTSIDE: "movement.not_yet"}.get(tier, f"tiers.{tier}"))


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
