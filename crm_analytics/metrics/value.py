"""What customers are worth: what each will bring and whether he is still there, how far that can be trusted, what they brought so far.

The future is told by two models of purchase occasions (a distinct day with at least one line that is not a return): BG/NBD (Fader,
Hardie, Lee 2005) says how often a customer comes back and whether he still does, Gamma-Gamma (Fader, Hardie 2013) what an order of
his is worth. Both are the company's, fitted by maximum likelihood on all history up to the day, never the window; weeks = days / 7.
They refuse below 100 customers with a repeat purchase, and where customers do not differ. Revenue to come is net of returns at the
rate seen so far; clv is margin where a cost of goods (or a typed rate) is known, else revenue: `basis` says which.
"""

from datetime import date

import pandas as pd

from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics import _histories, _holdout, _migration_value, _models, _past, _sums, _wallet, _worth

GROUPS = _sums.GROUPS  # what the options of `customers` that choose groups can be


def model(con, filters: Filters, *, split: date | None = None) -> pd.DataFrame:
    """The company's two models as of the day, in one row.

    r, alpha (weeks), a, b, log_likelihood of BG/NBD; p, q, gamma, log_likelihood_spend of Gamma-Gamma; each parameter with a 95 %
    interval _low, _high (Wald on the log scale; null where the data say nothing). n (customers who ever bought), n_repeat, n_spend
    (those with a repeat occasion of more than nothing), net_rate (net revenue per value of purchases), margin_rate (null unknown).
    The hold-out check of `holdout`: held_out_from, held_out_days, actual and expected orders of its customers, error (expected less
    actual, of the actual), mape (mean absolute error of the cumulative orders, week by week), mae (of a customer), mae_same_rate
    (mae if everybody went on as often as so far); null where the first part is too short. Raises CrmError E_MODEL_FEW, _SPREAD, _FLAT.
    """
    found = _models.model(con, filters)
    row = dict(found.orders.values) | {"log_likelihood": found.orders.log_likelihood} | dict(found.spend.values)
    row |= {
        "log_likelihood_spend": found.spend.log_likelihood,
        "n": found.n,
        "n_repeat": found.n_repeat,
        "n_spend": found.spend.n,
    }
    try:
        checked = _holdout.errors(con, filters, split)
    except CrmError:
        checked = dict.fromkeys(_holdout.ERRORS)
    row |= {name: checked[name] for name in _holdout.ERRORS if name != "customers"}
    row |= {"net_rate": found.net_rate, "margin_rate": found.margin_rate}
    for fit in (found.orders, found.spend):
        row |= {
            f"{name}_{end}": value
            for name, ends in fit.intervals().items()
            for end, value in zip(("low", "high"), ends)
        }
    return pd.DataFrame([row])


def basis(con, filters: Filters) -> pd.DataFrame:
    """Whether the models can be had, in one row.

    n (customers who ever bought), n_repeat, refusal (code of the sentence that says why not; null: they can), least (customers with
    a repeat purchase that they want), margin_rate (null: clv is revenue).
    """
    row = {
        "n": 0,
        "n_repeat": 0,
        "refusal": None,
        "least": _models.LEAST_REPEATERS,
        "margin_rate": None,
        "held_out_from": None,
    }
    if filters.data_from is None:
        return pd.DataFrame([row | {"refusal": "E_NO_ORDERS"}])
    kept = _histories.histories(con, filters)
    row["n"], row["n_repeat"] = con.execute(
        f"select count(*), count(case when x > 0 then 1 end) from {kept.histories}"
    ).fetchone()
    try:
        row["margin_rate"] = _models.model(con, filters).margin_rate
    except CrmError as refusal:
        row["refusal"] = refusal.code
    return pd.DataFrame([row])


def customers(
    con,
    filters: Filters,
    *,
    horizon: int = 12,
    discount: float = 0.1,
    by: str = "",
    tier: str = "",
    alive: str = "",
    brought: str = "",
    worth: str = "",
    bought: str = "",
    since: str = "",
    high_share: float = 0.2,
    medium_share: float = 0.3,
    order_by: str = "clv",
    descending: bool = True,
    limit: int = 100,
    offset: int = 0,
) -> pd.DataFrame:
    """What each customer will bring in the next `horizon` months.  One row per chosen customer who ever bought, the most valuable first.

    customer_id, name, tier, probability_alive (that he has not been lost; null for who bought once, since BG/NBD's is 1 by
    construction), expected_orders, order_value (net), expected_value (net revenue, not discounted), clv (discounted at `discount` a
    year from each order's own time; margin where known, else revenue: basis), low and high (95 % of his own possible futures at the
    fitted parameters: 2.5 % of customers bring more, and 0 is within reach of most), at_stake (clv if he is there, less clv: what is
    lost if he is; null unknown), repeat_orders (purchase occasions after the first), last_order_date, revenue_ever, horizon, discount.
    `by`: margin or revenue. `tier`; `alive`: here (>= 80 %), likely (>= 50 %), doubtful (>= 20 %), gone, unknown; `brought`: high (the
    first 20 % of all buyers by revenue ever), middle (the next 30 %), low; `worth`: high, medium, low as in `classes`; `bought` and
    `since` as in `rhythm`; several words with commas. Raises CrmError E_MODEL_FEW ...
    """
    question = _worth.asked(horizon, discount, by, high_share, medium_share)
    whom = {"tier": tier, "alive": alive, "brought": brought, "worth": worth, "bought": bought, "since": since}
    order = {"order_by": order_by, "descending": descending}
    return _sums.listing(con, filters, question, whom, **order, limit=limit, offset=offset)


def size(
    con,
    filters: Filters,
    *,
    horizon: int = 12,
    discount: float = 0.1,
    by: str = "",
    tier: str = "",
    alive: str = "",
    brought: str = "",
    worth: str = "",
    bought: str = "",
    since: str = "",
    high_share: float = 0.2,
    medium_share: float = 0.3,
) -> int:
    """How many customers the list of `customers` holds."""
    question = _worth.asked(horizon, discount, by, high_share, medium_share)
    whom = {"tier": tier, "alive": alive, "brought": brought, "worth": worth, "bought": bought, "since": since}
    return _sums.size(con, filters, question, whom)


def classes(
    con,
    filters: Filters,
    *,
    horizon: int = 12,
    discount: float = 0.1,
    by: str = "",
    high_share: float = 0.2,
    medium_share: float = 0.3,
) -> pd.DataFrame:
    """Customers in three classes by their clv.  One row per worth: high (the most valuable 20 % of all), medium (the next 30 %), low.

    worth, customers, customer_share, threshold (lowest clv in the class), clv, clv_share, average_clv, revenue (net, of the window),
    revenue_share, gone (probability_alive below one half), basis. `high_share` and `medium_share` move the borders; they are the
    company's, equal values stay together.
    """
    return _sums.by_class(con, filters, _worth.asked(horizon, discount, by, high_share, medium_share))


def rhythm(con, filters: Filters, *, horizon: int = 12, discount: float = 0.1, by: str = "") -> pd.DataFrame:
    """How probably customers are still there, by how often they bought and when last.  One row per bought and since.

    bought (purchase occasions: 1, 2, 3-4, 5-9, 10+), since (days since the last: 0-30, 31-90, 91-180, 181-365, 366+), customers,
    probability_alive (mean; null for who bought once), clv.
    """
    return _sums.by_rhythm(con, filters, _worth.asked(horizon, discount, by))


def summary(con, filters: Filters, *, horizon: int = 12, discount: float = 0.1, by: str = "") -> pd.DataFrame:
    """What the customers of each tier will bring in the next `horizon` months.  One row per tier, inactive and total.

    tier, customers (who ever bought), repeaters (with a repeat purchase), expected_orders, expected_value (net revenue) with
    expected_low and expected_high, clv, clv_share, average_clv, low and high (of clv; 95 %: each customer's own chance, and the
    parameters' uncertainty, in which all err together), gone (probability_alive below one half), gone_rate (of the repeaters), unknown
    (bought once), churn_rate (model form: mean of 1 - P(alive) over the repeaters), at_stake (of those probably gone), basis. Revenue
    of customers still to be won is in none of it.
    """
    return _sums.by_tier(con, filters, _worth.asked(horizon, discount, by))


def matrix(con, filters: Filters, *, horizon: int = 12, discount: float = 0.1, by: str = "") -> pd.DataFrame:
    """How many customers are probably still there, by what they have brought.  One row per alive and brought, as in `customers`.

    alive, brought, customers, revenue_ever, clv, at_stake (null: unknown), basis.
    """
    return _sums.by_chance(con, filters, _worth.asked(horizon, discount, by))


def concentration(con, filters: Filters, *, horizon: int = 12, discount: float = 0.1, by: str = "") -> pd.DataFrame:
    """Which share of all clv the most valuable customers hold.  One row per share of customers: 1, 5, 10, 20, 50, 100 %.

    customers_share, customers, clv, clv_share.
    """
    return _sums.parts(con, filters, _worth.asked(horizon, discount, by))


def churn(con, filters: Filters) -> pd.DataFrame:
    """Churn, model form: mean of 1 - P(alive) over the chosen customers with a repeat purchase.  One row: value, n, unknown.

    unknown: customers who bought once; BG/NBD's P(alive) is 1 for them by construction, so they are left out and counted.
    """
    total = summary(con, filters).set_index("tier").loc["total"]
    return pd.DataFrame(
        [{"value": total["churn_rate"], "n": int(total["repeaters"]), "unknown": int(total["unknown"])}]
    )


def holdout(con, filters: Filters, *, split: date | None = None) -> pd.DataFrame:
    """Orders after the first part of the data beside what the model, fitted on that part alone, expected.  One row per purchases.

    purchases (repeat occasions in the first part; 7 stands for 7 and more), customers (who came in it), actual and expected
    (occasions after it, mean per customer), error (standard error of the actual mean). `split`: last day of the first part; by
    default the last third of the months is held out, at most twelve. Everybody, whatever the choice. Raises CrmError E_SPLIT ...
    """
    return _holdout.groups(con, filters, split)


def tracking(con, filters: Filters, *, split: date | None = None) -> pd.DataFrame:
    """Repeat orders of the customers of the first part, cumulated, beside the model's.  One row per week from the first day of the data.

    week (its first day), actual, expected, is_held_out (after `split`: what the model had not seen). Everybody, whatever the choice.
    """
    return _holdout.weeks(con, filters, split)


def history(con, filters: Filters, *, period: str = "year") -> pd.DataFrame:
    """What customers have brought so far, by when they came.  One row per cohort: year or quarter of the first order.

    cohort, customers, active (in the window), orders_ever, revenue_ever, margin_ever (null unknown; the company's margin rate where
    lines have no cost), revenue_each, margin_each, orders_each (per customer), repeat_rate (share with a second order), years_mean
    (since the first order).  All history up to the day.
    """
    if period not in _past.PERIODS:
        raise CrmError("E_CHOICE", option="period", value=period, known=", ".join(_past.PERIODS))
    return _past.cohorts(con, filters, period)


def tenure(con, filters: Filters) -> pd.DataFrame:
    """How long customers have been with the company, and what that is worth.  One row per band of months since the first order.

    months (0-3, 3-6, 6-12, 12-24, 24-36, 36+), customers, customer_share, active and active_rate (bought in the window), revenue (of
    the window), revenue_share, average_revenue (per customer of the band), revenue_ever.
    """
    return _past.tenures(con, filters)


def migration(con, filters: Filters, *, discount: float = 0.1) -> pd.DataFrame:
    """What a customer of each tier is worth if everybody keeps moving between the tiers as in the last twelve months.

    V = (I - P / (1 + d))^-1 R, without end: P = yearly moves between top, big, medium, small and inactive (the company's own, as in
    `pyramid.migration`), R = a customer's mean contribution (revenue where no margin is known) in a year. One row per tier: customers,
    yearly (R), value (V, this year's R included), value_ahead (V - R) with low and high (95 %: the moves drawn again from
    their counts), stays_rate, basis, note. A tier nobody was in keeps its customers. Everybody, whatever the choice; no rows where
    the year before lies before the data.
    """
    return _migration_value.table(con, filters, discount)


def wallet(
    con, filters: Filters, *, order_by: str = "room", descending: bool = True, limit: int = 100, offset: int = 0
) -> pd.DataFrame:
    """Our share of what each customer spends on such goods.  One row per chosen customer with an estimate or a rank, most room first.

    customer_id, name, tier, own_sales (net, the twelve months to the estimate), total_spend (the estimate), wallet_share (own / total,
    at most 1), room (what he spends elsewhere, a year), is_capped (own sales above the estimate: it is too low), source and
    estimated_on of the estimate, age_days; our_rank, supplier_count and rank_share (Wallet Allocation Rule (1 - rank / (n + 1)) x 2 / n)
    where only our place among his suppliers is known; note (wallet_capped, wallet_by_rank, wallet_left_out: its twelve months begin
    before the data).
    """
    return _wallet.listing(con, filters, order_by, descending, limit, offset)
