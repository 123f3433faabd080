"""The pyramid in words: the answer, the findings above its cards, what it wants where costs or cost of goods are unknown."""

import pandas as pd

from crm_analytics import formats
from crm_analytics.charts.pyramid import TIERS
from crm_analytics.metrics import pyramid

FRACTIONS = (("quarter", 1 / 4), ("third", 1 / 3), ("half", 1 / 2), ("two_thirds", 2 / 3), ("three_quarters", 3 / 4),
             ("four_fifths", 4 / 5), ("nine_tenths", 9 / 10))  # fmt: skip
NEAR = 0.03  # how far a share may be from a fraction that names it
EXACT = 0.008  # and how far it may be to be called just that
FEW = 100  # active customers below which they are counted instead of given in percent
NOTHING = 0.02  # share of profit within which a tier earns nothing


def active(tiers: pd.DataFrame) -> int:
    """How many customers are active."""
    return int(tiers.loc[tiers.tier.isin(TIERS), "customers"].sum())


def is_chosen(page) -> bool:
    """The reader looks at some customers only."""
    return bool(page.wanted.where or page.wanted.customer_set)


def knows_goods(page) -> bool:
    """What goods cost is known, or a rate is typed for it."""
    return not formats.is_missing(page.measure(pyramid.basis).margin_rate.iloc[0])


def knows_costs(page) -> bool:
    """Some cost of marketing, sales, service or overhead was imported or typed."""
    basis = page.measure(pyramid.basis).iloc[0]
    return bool(basis.has_costs) or bool(basis.typed_costs)


def share(value) -> str:
    """1%, 0.5%, 29%: as many decimals as a small share needs."""
    size = abs(100 * float(value))
    digits = 0 if size >= 9.95 or abs(size - round(size)) < 0.05 and size >= 0.95 else 1
    return formats.percent(value, digits)


def answer(page, tiers: pd.DataFrame, view) -> str:
    """Who carries the company, and what the small ones bring; or why nobody does."""
    tr, by_tier, n = page.tr, tiers.set_index("tier"), active(tiers)
    if not n:
        return _nobody(page, by_tier)
    if n == 1:
        return _one(page, by_tier)
    first = next(row for tier, row in by_tier.loc[list(TIERS)].iterrows() if row.customers)
    head, tail = _lead(page, first, n, view), _small(page, by_tier, view)
    head += _profit(page, first, by_tier, view)
    return tr("pyramid.answer_two", head=head, tail=tail) if tail else tr("pyramid.answer_single", head=head)


def _nobody(page, by_tier) -> str:
    tr = page.tr
    if is_chosen(page) and not by_tier.customers["total"]:
        return tr("pyramid.answer_nobody")
    if by_tier.customers["inactive"]:
        return tr("pyramid.answer_inactive", n=formats.count(by_tier.customers["inactive"]))
    return tr("pyramid.answer_not_yet", n=formats.count(by_tier.customers["total"]))


def _one(page, by_tier) -> str:
    tr, row = page.tr, by_tier.loc[list(TIERS)].query("customers > 0").iloc[0]
    profit = by_tier.profit["total"]
    words = {
        "revenue": page.money(row.revenue),
        "profit": page.money(abs(profit)) if not formats.is_missing(profit) else "",
    }
    way = "" if formats.is_missing(profit) else "_loss" if profit < 0 else "_profit"
    return tr(f"pyramid.answer_one{way}", **words)


def _lead(page, first, n: int, view) -> str:
    """1% of customers bring 29% of revenue."""
    tr, few = page.tr, int(first.customers)
    words = {"n": formats.count(few), "all": formats.count(n), "share": share(first.customer_share),
             "revenue": formats.percent(first.revenue_share, 0)}  # fmt: skip
    if is_chosen(page) and not view.rank_within:
        name = tr(f"pyramid.name_{first.name}").lower()
        if few == n:
            return tr("pyramid.lead_all", tier=name, amount=page.money(first.revenue), **words)
        return tr("pyramid.lead_chosen_one" if few == 1 else "pyramid.lead_chosen", tier=name, **words)
    if n < FEW:
        return tr("pyramid.lead_few_one" if few == 1 else "pyramid.lead_few", **words)
    return tr(f"pyramid.lead_{view.by}", **words)


def _profit(page, first, by_tier, view) -> str:
    """... and 83% of profit"""
    tr, whole = page.tr, by_tier.profit["total"]
    if formats.is_missing(whole) or formats.is_missing(first.profit):
        return ""
    if whole <= 0:
        return tr("pyramid.whole_loss", amount=page.money(abs(whole)))
    if first.profit < 0:
        return tr("pyramid.lead_loss", amount=page.money(abs(first.profit)))
    is_all = is_chosen(page) and not view.rank_within and first.customer_share == 1
    profit = page.money(first.profit) if is_all else formats.percent(first.profit / whole, 0)
    return tr("pyramid.lead_profit", profit=profit)


def _small(page, by_tier, view) -> str:
    """The 3,394 small ones, 80% of the base, earn nothing after costs"""
    tr, small, whole = page.tr, by_tier.loc["small"], by_tier.profit["total"]
    if small.customers < 2 or small.customers == active(by_tier.reset_index()):
        return ""
    words = {"n": formats.count(small.customers), "base": formats.percent(small.customer_share, 0)}
    if formats.is_missing(small.profit) or formats.is_missing(whole) or whole <= 0:
        return tr("pyramid.small_revenue", revenue=formats.percent(small.revenue_share, 0), **words)
    part = small.profit / whole
    if abs(part) < NOTHING:
        return tr("pyramid.small_nothing", **words)
    if part < 0:
        return tr("pyramid.small_loss", amount=page.money(abs(small.profit)), **words)
    return tr("pyramid.small_profit", profit=formats.percent(part, 0), **words)


def title(page, tiers: pd.DataFrame) -> str:
    """42 customers carry four fifths of the profit; of the revenue where no profit is known."""
    tr, by_tier = page.tr, tiers.set_index("tier")
    if not active(tiers):
        return tr("pyramid.title_nobody")
    if by_tier.profit["total"] > 0:
        shares, key = by_tier.profit / by_tier.profit["total"], "title_profit"
    else:
        shares, key = by_tier.revenue_share, "title_revenue"
    upper = list(TIERS[:3])
    carried = shares[upper].fillna(0).cumsum()
    tier = next((tier for tier in upper if carried[tier] >= 0.48), upper[-1])
    n = by_tier.customers[upper[: upper.index(tier) + 1]].sum()
    return tr(
        f"pyramid.{key}_one" if n == 1 else f"pyramid.{key}", n=formats.count(n), part=part_words(tr, carried[tier])
    )


def part_words(tr, value: float) -> str:
    """Four fifths; a percentage where no plain fraction is near."""
    if value > 1 + EXACT:
        return tr("pyramid.part_more")
    if value >= 1 - EXACT:
        return tr("pyramid.part_all")
    name, near = min(FRACTIONS, key=lambda fraction: abs(fraction[1] - value))
    if abs(near - value) > NEAR:
        return tr("pyramid.part_percent", share=formats.percent(value, 0))
    part = tr(f"pyramid.part_{name}")
    return part if abs(near - value) <= EXACT else tr("pyramid.nearly" if value < near else "pyramid.over", part=part)


def subtitle(page, view) -> str:
    """Unit and window, how costs reach the layers, and that a layer can be clicked."""
    tr, language = page.tr, page.language
    days = {"start": formats.day(page.filters.start, language), "end": formats.day(page.filters.as_of, language)}
    costs = tr(f"pyramid.costs_{view.key or 'own'}") if knows_costs(page) and knows_goods(page) else ""
    return formats.together(filter(None, (tr("pyramid.subtitle", **days), costs, tr("pyramid.click_hint"))), language)


def wants(page) -> str:
    """What the profit column says while profits are unknown, in lines short enough for it."""
    goods, costs = knows_goods(page), knows_costs(page)
    if goods and costs:
        return page.tr("pyramid.wants_none")
    return page.tr("pyramid.wants_costs" if goods else "pyramid.wants_goods" if costs else "pyramid.wants_both")
