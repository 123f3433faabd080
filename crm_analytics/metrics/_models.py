"""The two models of a company as of a day, or why they cannot be had; the part of their uncertainty that all customers share."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from crm_analytics import cache, state
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics import _histories
from crm_analytics.stats import btyd
from crm_analytics.stats import worth as worths

LEAST_REPEATERS = 100
GROUPED = """
select x, last_days / 7e0 as t_x, days / 7e0 as t, cast(count(*) as double) as customers
from {histories}
group by all
order by all
"""
SPENDS = "select cast(paid as double) as paid, spend from {histories} where paid > 0 and spend > 0 order by all"
SPREAD = """
select count(*), count(case when x > 0 then 1 end), count(distinct case when x > 0 then x end),
    count(distinct case when x > 0 then last_days end), count(distinct case when paid > 0 then spend end), sum(spent),
    count(case when paid > 0 then 1 end)
from {histories}
"""
SAMPLED = """
select x, last_days / 7e0 as t_x, days / 7e0 as t, paid, spend
from {histories}
where number % (select 1 + count(*) // $most from {histories}) = 0
order by number
"""
KNOWN = """
select sum(margin), sum(covered_revenue) from company_days where day <= $as_of
"""
SAMPLE = 4_000  # customers by whom the shared uncertainty is judged


@dataclass(frozen=True)
class Model:
    """Both fits, of how many; net_rate: net revenue per value of purchases (the rest came back); margin_rate: null unknown."""

    orders: btyd.Fit
    spend: btyd.Fit
    n: int
    n_repeat: int
    net_rate: float
    margin_rate: float | None
    histories: str

    @property
    def parameters(self) -> worths.Models:
        return worths.Models.of(self.orders, self.spend)


def model(con, filters: Filters) -> Model:
    """The company's models, fitted once per day. Raises CrmError E_MODEL_FEW, E_MODEL_SPREAD, E_MODEL_FLAT, E_MODEL_SPEND."""
    day = _histories.company(filters)
    kept = _histories.histories(con, filters)
    n, n_repeat, spent, orders, spend = cache.answer(con, day, ("models",), lambda: _fitted(con, kept.histories))
    return Model(orders, spend, n, n_repeat, net_rate(con, spent), margin_ever(con, filters), kept.histories)


def _fitted(con, table: str):
    n, n_repeat, counts, lengths, values, spent, paying = con.execute(SPREAD.format(histories=table)).fetchone()
    if min(n_repeat, paying) < LEAST_REPEATERS:
        raise CrmError("E_MODEL_FEW", n=min(n_repeat, paying), least=LEAST_REPEATERS)
    if lengths < 2 or values < 2:
        raise CrmError("E_MODEL_SPREAD")
    orders = fitted_orders(con.execute(GROUPED.format(histories=table)).fetchnumpy())
    found = con.execute(SPENDS.format(histories=table)).fetchnumpy()
    spend = btyd.gamma_gamma(found["paid"], found["spend"])
    if not spend.is_certain:
        raise CrmError("E_MODEL_FLAT")
    if spend.values["q"] <= 1:  # the mean of such a distribution is infinite
        raise CrmError("E_MODEL_SPEND")
    return n, n_repeat, spent, orders, spend


def fitted_orders(groups) -> btyd.Fit:
    """BG/NBD of grouped histories. Raises CrmError E_MODEL_FLAT."""
    found = btyd.bg_nbd(groups["x"], groups["t_x"], groups["t"], groups["customers"])
    if not found.is_certain:
        raise CrmError("E_MODEL_FLAT")
    return found


def net_rate(con, spent: float) -> float:
    """What is left of purchases after returns, over all history."""
    net = con.execute("select cast(coalesce(sum(revenue_ever), 0) as double) from snapshot").fetchone()[0]
    return min(1.0, max(0.0, net / spent)) if spent > 0 else 1.0


def margin_ever(con, filters: Filters) -> float | None:
    """Contribution per net revenue: typed in Settings, else that of all lines up to the day whose cost of goods is known."""
    typed = state.rules(con).margin_rate
    margin, covered = con.execute(KNOWN, {"as_of": filters.as_of}).fetchone()
    known = float(Decimal(margin) / covered) if covered and covered > 0 else None
    return float(typed) if typed is not None else known


def shared_error(con, found: Model, weeks: float, discount: float) -> float:
    """The relative standard error of a sum of worths that comes from the parameters, by a sample of customers."""
    rows = con.execute(SAMPLED.format(histories=found.histories), {"most": SAMPLE}).fetchnumpy()
    history = rows["x"], rows["t_x"], rows["t"], rows["paid"], filled(rows["spend"])
    return worths.shared_error(found.orders, found.spend, weeks, discount, *history)


def filled(spend) -> np.ndarray:
    """Mean spends as numbers: nobody's is 0."""
    return np.ma.filled(np.ma.asarray(spend, dtype=float), 0.0)
