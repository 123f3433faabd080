"""The what-if: before and after per layer and in total, the moves one by one, and how sure that is."""

import numpy as np
import pandas as pd

from crm_analytics import cache
from crm_analytics.errors import CrmError
from crm_analytics.metrics import _chances, _ranking, _scenario, _tiers
from crm_analytics.metrics._effects import FIGURES, Company, Plan, effects, replicated
from crm_analytics.metrics._ranking import LAYERS, ROWS
from crm_analytics.metrics._scenario import Move, MoveRefused

PLACES = 1_000  # customers who stand for a tier when one is drawn of it
MEASURES = ("customers", "revenue", "contribution", "cost", "profit")
COLUMNS = [
    "tier",
    *(f"{measure}_{when}" for measure in MEASURES for when in ("before", "after", "delta")),
    *("low", "median", "high", "revenue_low", "revenue_median", "revenue_high"),
    *("contribution_low", "contribution_median", "contribution_high", "probability", "extra_cost", "spared_rate"),
]
OF_MOVES = ["from_tier", "to_tier", "customers", "named", "success", "moved", "revenue_delta", "contribution_delta"]
SAMPLE = """
with placed as (
    select tier, cast(revenue as double) as revenue, cast(contribution as double) as contribution,
        row_number() over (partition by tier order by position) - 1 as place, count(*) over (partition by tier) as n
    from ranking
    where is_chosen and position is not null
)
select tier, revenue, contribution
from placed
where n <= $places or (2 * (place + 1) * $places + n - 1) // (2 * n) > (2 * place * $places + n - 1) // (2 * n)
order by tier, place
"""
SPREAD = """
select tier, coalesce(var_samp(cast(revenue as double)), 0) as revenue_revenue,
    coalesce(var_samp(cast(contribution as double)), 0) as contribution_contribution,
    coalesce(covar_samp(cast(revenue as double), cast(contribution as double)), 0) as revenue_contribution
from ranking
where is_chosen and position is not null
group by tier
"""


def company(con, filters, *, by: str, rank_within: bool) -> Company:
    """The company at the start; what it takes from the database is remembered."""

    def ranked(query: str, parameters: dict):
        _ranking.ranking(con, filters, by=by, rank_within=rank_within)
        return con.execute(query, parameters).df()

    what = ("whatif", by, rank_within)
    sample = cache.answer(con, filters, (*what, "sample"), lambda: ranked(SAMPLE, {"places": PLACES}))
    spread = cache.answer(con, filters, (*what, "spread"), lambda: ranked(SPREAD, {}))
    return assemble(_tiers.rows(con, filters, by, rank_within, ""), sample, spread)


def assemble(tiers: pd.DataFrame, sample: pd.DataFrame, spread: pd.DataFrame) -> Company:
    """A company of `pyramid.tiers`, of single customers (tier, FIGURES) and of the tiers' variances.

    The single customers are brought to the tier's mean: revenue by a factor, contribution (which may be negative) by a difference.
    """
    rows = tiers.set_index("tier").astype("float64")
    rows["customers"] = rows["customers"].fillna(0.0)
    if np.isfinite(rows.at["total", "contribution"]):  # a layer without lines brings nothing
        rows["contribution"] = rows["contribution"].fillna(0.0)
    start = Company(rows, {}, {})
    for tier, single in sample.groupby("tier"):
        figures = single[list(FIGURES)].to_numpy(float, copy=True)
        mean = start.mean(tier)
        figures[:, 0] *= mean[0] / figures[:, 0].mean()
        figures[:, 1] += mean[1] - figures[:, 1].mean()
        start.samples[tier] = figures
    for row in spread.fillna(0.0).itertuples():
        start.covariances[row.tier] = np.array(
            [[row.revenue_revenue, row.revenue_contribution], [row.revenue_contribution, row.contribution_contribution]]
        )
    return start


def asked(con, filters, *, by: str, rank_within: bool, **options) -> tuple[Company, Plan]:
    """The company at the start, and what is asked of it."""
    start = company(con, filters, by=by, rank_within=rank_within)
    return start, plan(con, filters, start, by=by, rank_within=rank_within, **options)


def plan(con, filters, start: Company, *, moves, named, cost_rule, budget, brings, success, by, rank_within) -> Plan:
    """What is asked, checked against the company.  Raises CrmError on what cannot be meant, each with its reason."""
    _scenario.checked("cost_rule", cost_rule, _scenario.COST_RULES)
    _scenario.checked("brings", brings, _scenario.BRINGS)
    budget = _scenario.amount("budget", budget)
    typed = _scenario.chance(success)
    counts, people = _scenario.parse_moves(moves), _scenario.parse_named(named)
    by_pair: dict[tuple[str, str], list[str]] = {pair: [] for pair in counts}
    own: dict[str, np.ndarray] = {}
    for number, (customer, tier, figures) in _customers(con, filters, list(people), by, rank_within).items():
        layer = people[number]
        if customer in own:
            raise CrmError("E_NAMED_TWICE", customer=number)
        if tier == layer:
            raise MoveRefused("E_NAMED_THERE", customer=number, layer=layer)
        own[customer] = figures
        by_pair.setdefault((tier, layer), []).append(customer)
    wanted = [Move(*pair, counts.get(pair, 0), tuple(customers)) for pair, customers in by_pair.items()]
    wanted = [move for move in wanted if move.n]
    _scenario.check_movers(wanted, {layer: start.customers(layer) for layer in LAYERS})
    pairs = [(move.from_tier, move.to_tier) for move in wanted]
    if typed is not None:
        return Plan(wanted, cost_rule, budget, brings, own, dict.fromkeys(pairs, typed))
    past = _chances.history(con, filters, by=by, rank_within=rank_within)
    success = {pair: _chances.rate(past, *pair) for pair in pairs}
    return Plan(wanted, cost_rule, budget, brings, own, success, {pair: _chances.drawn(past, *pair) for pair in pairs})


def _customers(con, filters, numbers: list[str], by: str, rank_within: bool) -> dict[str, tuple[str, str, np.ndarray]]:
    """Number -> (customer, layer, own FIGURES), in the order asked.  Raises CrmError E_CUSTOMER, E_NAMED_OUTSIDE."""
    if not numbers:
        return {}
    _ranking.ranking(con, filters, by=by, rank_within=rank_within)
    known = dict(
        con.execute(
            "select number, min(customer_id) from known_as where number in (select unnest($numbers)) group by number",
            {"numbers": numbers},
        ).fetchall()
    )
    ranked = con.execute(
        "select customer_id, tier, cast(revenue as double), cast(contribution as double) from ranking "
        "where is_chosen and customer_id in (select unnest($ids))",
        {"ids": list(known.values())},
    ).fetchall()
    by_id = {customer: (customer, tier, np.array(figures, dtype=float)) for customer, tier, *figures in ranked}
    for number in numbers:
        if number not in known:
            raise CrmError("E_CUSTOMER", customer=number)
        if known[number] not in by_id:
            raise CrmError("E_NAMED_OUTSIDE", customer=number)
    return {number: by_id[known[number]] for number in numbers}


def before_and_after(start: Company, plan: Plan) -> pd.DataFrame:
    """The frame of `pyramid.whatif`, which says what it means."""
    found = effects(start, plan)
    table = pd.DataFrame({"tier": ROWS}).set_index("tier")
    costs = start.tiers["marketing_cost"] + start.tiers["overhead"].fillna(0.0)  # as in `pyramid.tiers`
    before = {"cost": costs} | {measure: start.tiers[measure] for measure in MEASURES if measure != "cost"}
    for measure, change in _changes(found).items():
        table[f"{measure}_before"] = before[measure].reindex(ROWS)
        table[f"{measure}_delta"] = change.where(table[f"{measure}_before"].notna())
        table[f"{measure}_after"] = table[f"{measure}_before"] + table[f"{measure}_delta"]
    for name, bands in _uncertain(start, plan, table).items():
        table[name] = pd.Series(bands, dtype="float64")
    table["extra_cost"] = pd.Series({"total": found["extra_cost"].sum(skipna=False)}, dtype="float64")
    table["spared_rate"] = pd.Series({"total": _spared(start, plan, found)}, dtype="float64")
    return table.reset_index().reindex(columns=COLUMNS)


def _changes(found: pd.DataFrame) -> dict[str, pd.Series]:
    """Change of each measure in each row of ROWS."""
    found = found.assign(customers_in=found["moved"], customers_out=found["moved"])
    changes = {}
    for measure in ("customers", *FIGURES, "cost"):
        coming = found.groupby("to_tier")[f"{measure}_in"].sum(min_count=1)
        leaving = found.groupby("from_tier")[f"{measure}_out"].sum(min_count=1)
        unknown = found[[f"{measure}_in", f"{measure}_out"]].isna().any(axis=None)
        rows = coming.reindex(ROWS, fill_value=0.0) - leaving.reindex(ROWS, fill_value=0.0)
        rows["total"] = np.nan if unknown else rows.sum()
        changes[measure] = rows
    changes["customers"]["total"] = 0.0
    return changes | {"profit": changes["contribution"] - changes["cost"]}


def _uncertain(start: Company, plan: Plan, table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """P10, P50 and P90 of the changes by column and row, and the probability that profit rises."""
    names = {"profit": "", "revenue": "revenue_", "contribution": "contribution_"}
    found: dict[str, dict[str, float]] = {
        f"{name}{part}": {} for name in names.values() for part in ("low", "median", "high")
    }
    found["probability"] = {}
    for row, change in replicated(start, plan).items():
        revenue, contribution = change.T
        profit = contribution - table.at[row, "cost_delta"]
        for measure, values in (("revenue", revenue), ("contribution", contribution), ("profit", profit)):
            bands = np.percentile(values, (10, 50, 90)) if np.isfinite(values).all() else [np.nan] * 3
            for part, band in zip(("low", "median", "high"), bands, strict=True):
                found[f"{names[measure]}{part}"][row] = float(band)
        if row == "total" and np.isfinite(profit).all():
            found["probability"][row] = float((profit > 0).mean())
    return found


def _spared(start: Company, plan: Plan, found: pd.DataFrame) -> float:
    """By how much the cost per head of those who stay in the source layers must fall to hold the total; null where unknown."""
    if plan.cost_rule != "per_head" or not plan.moves:
        return np.nan
    sources = found.groupby("from_tier")["customers"].sum()
    left = sum((start.customers(layer) - leaving) * start.head(layer) for layer, leaving in sources.items())
    return found["extra_cost"].sum(skipna=False) / left if left else np.nan


def one_by_one(start: Company, plan: Plan) -> pd.DataFrame:
    """The frame of `whatif.moves`, which says what it means."""
    found = effects(start, plan)
    for figure in FIGURES:
        found[f"{figure}_delta"] = found[f"{figure}_in"] - found[f"{figure}_out"]
    found["profit_delta"] = found["contribution_delta"] - found["extra_cost"]
    if not np.isfinite(start.tiers.at["total", "profit"]):
        found["profit_delta"] = np.nan
    return found[[*OF_MOVES, "extra_cost", "profit_delta"]]
