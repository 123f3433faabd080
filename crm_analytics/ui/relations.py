"""Share of wallet and length of the relationship, layer by layer: two cards of the part on movement."""

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import movement as charts
from crm_analytics.metrics import pyramid
from crm_analytics.ui import cards, tables


def add_export(page, table: str):
    """The way to the Data screen."""
    st.page_link(
        "pages/data.py", label=page.tr("frame.add_export", table=page.tr(f"tables.{table}")), icon=":material/upload:",
        query_params=page.query,
    )  # fmt: skip


def wallet(page, found: pd.DataFrame):
    """Own sales against what the customers spend in all; without estimates the export that would tell, and no zero."""
    tr, known = page.tr, found[found.wallet_share.notna() | found.rank_share.notna()]
    if known.empty:
        cards.heading(tr("movement.wallet_title"), tr("movement.wallet_unknown"))
        add_export(page, "wallet")
        return
    room = known.wallet_room.sum()
    title = tr("movement.wallet_finding", room=page.money(room)) if room > 0 else tr("movement.wallet_title")
    cards.heading(title, _wallet_subtitle(page, found))
    cells = {
        "tier": lambda row: tr(f"tiers.{row.tier}"),
        "wallet_share": lambda row: formats.percent(row.wallet_share, 0),
        "wallet_room": lambda row: page.money(row.wallet_room),
        "wallet_customers": lambda row: formats.count(row.wallet_customers),
        "rank_share": lambda row: formats.percent(row.rank_share, 0),
    }
    names = [name for name in cells if name == "tier" or (known[name].fillna(0) > 0).any()]
    tables.grid(
        [tr(f"movement.column_{name}") for name in names],
        [[cells[name](row) for name in names] for row in known.itertuples()],
        right=range(1, len(names)),
    )
    page.proof(found, "wallet", pyramid.relations, tr("movement.wallet_title"), tr("movement.about_wallet"))


def _wallet_subtitle(page, found: pd.DataFrame) -> str:
    """Which estimates it stands on, and how many could not be used."""
    tr, days = page.tr, [pd.to_datetime(found[name]) for name in ("wallet_oldest", "wallet_newest")]
    if not found.wallet_share.notna().any():
        return tr("movement.wallet_by_rank")
    oldest, newest = (formats.day(day, page.language) for day in (days[0].min(), days[1].max()))
    when = oldest if oldest == newest else tr("movement.days", first=oldest, last=newest)
    words = [tr("movement.wallet_subtitle", when=when)]
    if left_out := int(found.wallet_left_out.fillna(0).sum()):
        words.append(tr("movement.wallet_left_out", n=formats.count(left_out)))
    return formats.together(words, page.language)


def tenure(page, found: pd.DataFrame):
    """How long the customers of each layer have been buying."""
    tr, known = page.tr, found[found.tenure_years_median.notna()]
    if known.empty:
        cards.heading(tr("movement.tenure_title"), tr("movement.tenure_unknown"))
        return
    observed = f"{known.observed_years.max():.1f}"
    cards.heading(_tenure_title(page, known), tr("movement.tenure_subtitle", observed=observed))
    page.show(charts.tenure(known, tr, page.mode), "moves-tenure", tr("movement.tenure_title"), height="stretch")
    page.proof(found, "relations", pyramid.relations, tr("movement.tenure_title"), tr("movement.about_tenure"))


def _tenure_title(page, known: pd.DataFrame) -> str:
    """The tier with the longest relationship beside that with the shortest."""
    tiers = known[known.tier.isin(charts.TIERS)]
    tiers = tiers.set_index("tier")[["tenure_years_median", "tenure_low", "tenure_high"]].astype(float)
    years = tiers.tenure_years_median
    if years.nunique() < 2:
        return page.tr("movement.tenure_title")
    long, short = years.idxmax(), years.idxmin()
    if not tiers.tenure_low[long] > tiers.tenure_high[short]:
        return page.tr("movement.tenure_alike")
    return page.tr(
        "movement.tenure_finding",
        long=page.tr(f"pyramid_value.those_{long}"), short=page.tr(f"pyramid_value.those_{short}"),
        years=f"{years[long]:.1f}", fewer=f"{years[short]:.1f}",
    )  # fmt: skip
