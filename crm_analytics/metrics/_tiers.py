"""The rows of the pyramid: what each layer brings, what it costs, what is left; and one customer beside his tier."""

from decimal import Decimal

import pandas as pd

from crm_analytics import cache, state
from crm_analytics.filters import Filters
from crm_analytics.metrics import _cost_rows, _costs
from crm_analytics.metrics._margins import margin_rate
from crm_analytics.metrics._ranking import ROWS, TIERS
from crm_analytics.rules import COST_KINDS

MIDDLES = """
select tier, median(cast(revenue as double)) as median_revenue from ranking where is_chosen group by tier
"""
ENTRIES = "select tier, cast(min(revenue) as double) as threshold_revenue from ranking where position is not null group by tier"
CONVERTED = """
select 1e0 * count(case when s.orders > 0 then 1 end) / nullif(count(*), 0)
from chosen s
join customer_profile p on p.customer_id = s.customer_id
where p.is_listed and p.signup_date < $start and (s.first_order_date is null or s.first_order_date >= $start)
"""


def rows(con, filters: Filters, by: str, rank_within: bool, key: str) -> pd.DataFrame:
    """See `pyramid.tiers`; remembered, since every part of the screen and each move of a what-if begins with it."""
    what = ("tiers", by, rank_within, key)
    return cache.answer(con, filters, what, lambda: _rows(con, filters, by, rank_within, key))


def _rows(con, filters: Filters, by: str, rank_within: bool, key: str) -> pd.DataFrame:
    pots = _costs.pots(con, filters)
    cells = _costs.cells(con, filters, by=by, rank_within=rank_within)
    borne = _costs.allocated(pots, cells, key)
    table = pd.DataFrame([_summed(tier, cells, borne) for tier in ROWS])
    if margin_rate(con, filters) is None:
        table["contribution"] = None
    table = table.merge(con.execute(MIDDLES).df(), on="tier", how="left")
    table = table.merge(con.execute(ENTRIES).df(), on="tier", how="left")
    table = _judged(_shared(table), pots)
    is_prospect = table.tier == "prospect"
    table["converted_rate"] = None
    table.loc[is_prospect, "converted_rate"] = con.execute(CONVERTED, {"start": filters.start}).fetchone()[0]
    return table[list(COLUMNS)].astype(dict.fromkeys(COLUMNS[2:], "float64"))


COLUMNS = (
    "tier", "customers", "customer_share", "revenue", "revenue_share", "average_revenue", "median_revenue", "threshold_revenue",
    "contribution", "marketing_cost", "overhead", "profit", "profit_share", "roi", "revenue_before", "converted_rate",
)  # fmt: skip


def _summed(tier: str, cells, borne) -> dict:
    """One row in exact amounts; of the total: everything that is chosen."""
    mine = [place for place, cell in enumerate(cells) if cell.is_chosen and tier in (cell.tier, "total")]
    return {
        "tier": tier,
        "customers": sum(cells[place].customers for place in mine),
        "revenue": sum((cells[place].revenue for place in mine), Decimal(0)),
        "revenue_before": sum((cells[place].revenue_before for place in mine), Decimal(0)),
        "contribution": sum((cells[place].contribution or Decimal(0) for place in mine), Decimal(0)),
        "marketing_cost": sum((borne["marketing_cost"][place] for place in mine), Decimal(0)),
        "overhead": sum((borne["overhead"][place] for place in mine), Decimal(0)),
    }


def _shared(table: pd.DataFrame) -> pd.DataFrame:
    """Shares of the active, and averages."""
    is_tier, is_total = table.tier.isin(TIERS), table.tier == "total"
    people, revenue = int(table.customers[is_tier].sum()), table.revenue[is_tier].sum()
    table["customer_share"] = (table.customers / people if people else None) if people else None
    table["revenue_share"] = [float(each / revenue) if revenue else None for each in table.revenue]
    table.loc[~is_tier, ["customer_share", "revenue_share"]] = None
    table["average_revenue"] = [
        float(each) / count if count else None for each, count in zip(table.revenue, table.customers)
    ]
    table.loc[is_total, "average_revenue"] = float(revenue) / people if people else None
    return table


def _judged(table: pd.DataFrame, pots) -> pd.DataFrame:
    """Profit and return; unknown where what they stand on is."""
    kinds = {pot.kind for pot in pots}
    if not kinds & set(_costs.SPENT):
        table["marketing_cost"] = None
    if "overhead" not in kinds:
        table["overhead"] = None
    table["profit"] = [_profit(*row) for row in zip(table.contribution, table.marketing_cost, table.overhead)]
    whole = table.profit.iloc[-1]
    is_gain = whole is not None and whole > 0
    table["profit_share"] = [float(each / whole) if is_gain and each is not None else None for each in table.profit]
    table["roi"] = [
        float(profit / cost) if profit is not None and cost else None
        for profit, cost in zip(table.profit, table.marketing_cost)
    ]
    return table


def _profit(contribution, marketing, overhead) -> Decimal | None:
    """Contribution less M and O; without overhead before it, without M unknown."""
    unknown = contribution is None or marketing is None
    return None if unknown else contribution - marketing - (overhead or Decimal(0))


def register(con, filters: Filters) -> pd.DataFrame:
    """See `pyramid.costs`."""
    pots = _costs.pots(con, filters)
    cells = _costs.cells(con, filters)
    found: dict[tuple, Decimal] = {}
    for pot in pots:
        place = (pot.kind, _costs.way(pot, cells)[0], pot.source)
        found[place] = found.get(place, Decimal(0)) + pot.amount
    whole = sum(found.values(), Decimal(0))
    listed = [(*place, float(amount), float(amount / whole) if whole else None) for place, amount in found.items()]
    listed.sort(key=lambda row: (COST_KINDS.index(row[0]), _costs.KEYS.index(row[1]) if row[1] in _costs.KEYS else 9))
    return pd.DataFrame(listed, columns=["kind", "key", "source", "amount", "share"])


def steps(con, filters: Filters, by: str) -> pd.DataFrame:
    """See `pyramid.waterfall`."""
    total = rows(con, filters, by, False, "").iloc[-1]
    kinds = _by_kind(con, filters, by)
    listed = [("revenue", total.revenue, True), ("cost_of_goods", total.contribution - total.revenue, False),
              ("contribution", total.contribution, True)]  # fmt: skip
    listed += [(kind, -kinds[kind] if kind in kinds else None, False) for kind in COST_KINDS]
    return pd.DataFrame([*listed, ("profit", total.profit, True)], columns=["step", "amount", "is_total"]).astype(
        {"amount": "float64"}
    )


def _by_kind(con, filters: Filters, by: str) -> dict[str, float]:
    """The part of each kind of cost that the chosen customers bear."""
    pots, cells = _costs.pots(con, filters), _costs.cells(con, filters, by=by)
    found: dict[str, Decimal] = {}
    for pot in pots:
        parts = _costs.in_cents(pot.amount, _costs.way(pot, cells)[1])
        mine = sum((part for part, cell in zip(parts, cells) if cell.is_chosen), Decimal(0))
        found[pot.kind] = found.get(pot.kind, Decimal(0)) + mine
    return {kind: float(amount) for kind, amount in found.items()}


def by_key(con, filters: Filters, by: str, rank_within: bool) -> pd.DataFrame:
    """See `pyramid.ranges`."""
    found = []
    has_contacts = con.execute(
        "select exists (select 1 from interactions i where i.at >= $start and i.at < $end)",
        {"start": filters.start, "end": filters.end},
    ).fetchone()[0]
    for key in ("own", "per_head", "activity", "revenue"):
        table = rows(con, filters, by, rank_within, "" if key == "own" else key)
        table = table[["tier", "marketing_cost", "profit", "roi"]].assign(key=key)
        if key == "activity" and not has_contacts:
            table[["marketing_cost", "profit", "roi"]] = None
        found.append(table)
    order = {tier: place for place, tier in enumerate(ROWS)}
    joined = pd.concat(found, ignore_index=True).astype({"marketing_cost": float, "profit": float, "roi": float})
    joined = joined.sort_values("tier", key=lambda tiers: tiers.map(order), kind="stable", ignore_index=True)
    return joined[["tier", "key", "marketing_cost", "profit", "roi"]]


def stands_on(con, filters: Filters) -> pd.DataFrame:
    """See `pyramid.basis`."""
    _cost_rows.make(con, filters)
    pots = _costs.pots(con, filters)
    revenue, covered = con.execute(
        "select sum(revenue), coalesce(sum(covered_revenue), 0) from company_days where day >= $start and day < $end",
        {"start": filters.start, "end": filters.end},
    ).fetchone()
    unread, unplaced, contacts, campaigns = con.execute(
        "select (select count(*) from costs where period is not null and period not in (select period from cost_periods)), "
        "(select count(*) from cost_rows where is_unplaced), exists (select 1 from cost_drivers where activity > 0), "
        "exists (select 1 from campaigns)"
    ).fetchone()
    rate, kinds = margin_rate(con, filters), {pot.kind for pot in pots}
    return pd.DataFrame(
        [
            {
                "covered_share": float(covered / revenue) if revenue else None,
                "margin_rate": None if rate is None else float(rate),
                "is_rate_typed": state.rules(con).margin_rate is not None,
                "has_costs": bool(pots),
                "typed_costs": ",".join(kind for kind in COST_KINDS if ("typed", kind) in {(p.source, p.kind) for p in pots}),
                "kinds_absent": ",".join(kind for kind in COST_KINDS if kind not in kinds),
                "unread_periods": unread,
                "unplaced": unplaced,
                "has_contacts": contacts,
                "has_campaigns": campaigns,
            }
        ]
    )  # fmt: skip
