"""What the meeting screen says: one line that always fits, and a quiet one above it."""

import pandas as pd

from crm_analytics import formats
from crm_analytics.charts.pyramid import LAYERS, TIERS, Row
from crm_analytics.ui import pyramid_answer as said
from crm_analytics.ui.saved import probability_words
from crm_analytics.ui.scenarios import Scenario

LONGEST_NAME = 28  # letters of a customer's name


def after(tiers: pd.DataFrame, what: pd.DataFrame) -> pd.DataFrame:
    """`pyramid.tiers` as the moves of a `pyramid.whatif` leave them: customers, revenue, profit and their shares."""
    moved = what.set_index("tier").reindex(tiers.tier)
    new = tiers.assign(
        customers=moved.customers_after.to_numpy(),
        revenue=moved.revenue_after.to_numpy(),
        profit=moved.profit_after.to_numpy(),
    )
    buys, whole = new.tier.isin(TIERS), new.profit[new.tier == "total"].iloc[0]
    return new.assign(
        revenue_share=(new.revenue / new.revenue[buys].sum()).where(buys),
        profit_share=new.profit / whole if whole > 0 else float("nan"),
    )


def changes(what: pd.DataFrame) -> dict[str, str]:
    """By how many customers each layer changes: +1, −6; layers that stay are left out."""
    moved = what[what.tier.isin(LAYERS) & (what.customers_delta != 0)]
    return {row.tier: signed(row.customers_delta) for row in moved.itertuples()}


def signed(n) -> str:
    """+1, −6: whole things that came or went."""
    return f"+{formats.count(n)}" if n > 0 else formats.count(n)


def answer(page, view, scenario: Scenario, tiers: pd.DataFrame, what: pd.DataFrame, *, hides: bool) -> str:
    """What the moves bring; before anybody moves, who carries the company. `hides`: no amounts, their changes in per cent."""
    return _effect(page, scenario, what, hides) if scenario.moves else _carried(page, view, tiers)


def _carried(page, view, tiers: pd.DataFrame) -> str:
    """1% of customers bring 29% of revenue and 83% of profit: the page's own words, as far as one line holds them."""
    tr, n = page.tr, said.active(tiers)
    if n < 2:
        return tr("meeting.answer_one" if n else "meeting.answer_nobody", months=page.filters.months)
    first = tiers[tiers.tier.isin(TIERS) & (tiers.customers > 0)].iloc[0]
    words = {
        "n": formats.count(first.customers),
        "all": formats.count(n),
        "share": said.share(first.customer_share),
        "revenue": formats.percent(first.revenue_share, 0),
        "tier": tr(f"pyramid.name_{first.tier}").lower(),
    }
    kind = "chosen" if said.is_chosen(page) and not view.rank_within else "few" if n < said.FEW else view.by
    one = "_one" if first.customers == 1 and kind in ("chosen", "few") else ""
    has_profit = not formats.is_missing(first.profit_share) and first.profit_share >= 0
    profit = tr("pyramid.lead_profit", profit=formats.percent(first.profit_share, 0)) if has_profit else ""
    return tr("pyramid.answer_single", head=tr(f"pyramid.lead_{kind}{one}", **words) + profit)


def _effect(page, scenario: Scenario, what: pd.DataFrame, hides: bool) -> str:
    """6 small customers up: revenue +£79.4 k, profit +£31.8 k (+4.9%), total cost unchanged."""
    tr, total = page.tr, what[what.tier == "total"].iloc[0]
    known = [of for of in ("profit", "contribution") if not formats.is_missing(total[f"{of}_delta"])]
    words = {of: _change(page, total, of, hides) for of in ("revenue", *known[:1])}
    told = "".join(f"_{of}" for of in known[:1])
    return tr(f"meeting.effect{told}", who=movers(tr, scenario), **words)


def movers(tr, scenario: Scenario) -> str:
    """6 small customers up; 3 customers up, where they come from several layers; 2 customers moved, where some go down."""
    sources = {source for source, _, _ in scenario.moves}
    rises = all(LAYERS.index(target) < LAYERS.index(source) for source, target, _ in scenario.moves)
    who = "small" if rises and sources == {"small"} else "up" if rises else "moved"
    return tr(f"meeting.movers_{who}" + ("_one" if scenario.size == 1 else ""), n=formats.count(scenario.size))


def _change(page, total, of: str, hides: bool) -> str:
    """+£31.8 k (+4.9%); hidden: +4.9%, or only the direction where there was nothing to compare with."""
    change, before = total[f"{of}_delta"], total[f"{of}_before"]
    share = _signed_percent(change / before) if before > 0 else ""
    if not _shows(page.money(change)):
        return page.tr("meeting.stays")
    if hides:
        return share or page.tr(f"meeting.{'rises' if change > 0 else 'falls' if change < 0 else 'stays'}")
    amount = formats.money_change(change, page.language, page.currency)
    return page.tr("meeting.with_share", amount=amount, share=share) if share and of != "revenue" else amount


def _signed_percent(share: float) -> str:
    text = formats.percent(share)
    return f"+{text}" if share > 0 and _shows(text) else text


def _shows(text: str) -> bool:
    """A number is more than zero as it is written."""
    return any(digit in text for digit in "123456789")


def eyebrow(page, scenario: Scenario, tiers: pd.DataFrame, what: pd.DataFrame, names: list[str], *, hides: bool) -> str:
    """Window and customers; where a layer is marked its largest customers, where customers move what may come of it."""
    tr, total = page.tr, what[what.tier == "total"].iloc[0]
    active = int(tiers.customers[tiers.tier.isin(TIERS)].sum())
    one = "_one" if active == 1 else ""
    told = [tr(f"meeting.eyebrow{one}", window=page.window_words(), n=formats.count(active))]
    if names:
        short = [name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…" for name in names]
        told.append(tr("meeting.largest", names=formats.listed(short, most=len(short), language=page.language)))
    elif scenario.moves and not formats.is_missing(total.low) and total.low != total.high:
        told.append(_outcomes(page, total, hides))
    return " · ".join(told)


def _outcomes(page, total, hides: bool) -> str:
    if hides:
        return page.tr("meeting.probability", share=probability_words(total.probability))
    low, high = (formats.money_change(value, page.language, page.currency) for value in (total.low, total.high))
    return page.tr("meeting.outcomes", low=low, high=high)


def layer(page, row: Row, tiers: pd.DataFrame, *, hides: bool) -> str:
    """What the drawing does not say of a layer: an average customer, and from where on one belongs to it."""
    tr, found = page.tr, tiers.set_index("tier").loc[row.tier]
    if row.is_unknown or row.is_empty or row.tier not in TIERS:
        return tr("meeting.layer_note" if row.note else "meeting.layer", name=row.name, n=row.count, note=row.note)
    if hides:
        times = found.average_revenue / tiers.average_revenue[tiers.tier == "total"].iloc[0]
        return tr("meeting.layer_times", name=row.name, times=formats.number(times, 2))
    amounts = {name: page.money(found[f"{name}_revenue"]) for name in ("average", "median", "threshold")}
    return tr("meeting.layer_average", name=row.name, **amounts)
