"""Who are they, as a group: how a group differs from the whole, what goes together, how customers buy, where they come from.

Customers are described by their profile (customers file, else their latest order), their main channel, category and brand (the one
with most revenue in the window), needs, and every column of the company's own files. Loyal: at least two orders in the window, the
last order no longer ago than Settings call a customer active or silent, the last answer (if any) satisfied, no complaint open.
"""

import pandas as pd

from crm_analytics.filters import Filters
from crm_analytics.metrics import (
    _baskets,
    _behaviour,
    _by_trait,
    _habits,
    _index,
    _loyal,
    _newcomers,
    _referrals,
    _slopes,
    _traits,
)


def columns(con, filters: Filters) -> pd.DataFrame:
    """What customers can be described by.  One row per column: column, is_own (of the company's own files).

    Then rows that tell what the order lines carry, is_known of discount, category, brand, product, channel, and referred_by, costs.
    """
    own = set(_traits.attributes(con))
    rows = [
        {"column": name, "is_own": name in own, "what": "trait", "is_known": True}
        for name in _traits.known(con, filters)
    ]
    rows += [{"column": name, "is_own": False, "what": "lines", "is_known": _habits.has(con, name)}
             for name in ("discount", "category", "brand", "product", "channel")]  # fmt: skip
    referred, costs = con.execute(
        "select exists (select 1 from customer_profile where referred_by is not null), exists (select 1 from costs) "
        "or exists (select 1 from campaigns where cost is not null)"
    ).fetchone()
    rows += [{"column": "referred_by", "is_own": False, "what": "lines", "is_known": referred},
             {"column": "costs", "is_own": False, "what": "lines", "is_known": costs}]  # fmt: skip
    return pd.DataFrame(rows)


def index(
    con, filters: Filters, *, column: str = "", group: str = "chosen", base: str = "", bought: bool = True
) -> pd.DataFrame:
    """How much commoner each trait is in a group than in the whole: share in the group / share in the base x 100, 100 = alike.

    One row per column and value; of more than 40 values the rare ones are one row (part "others"). n and share (of those of the group
    whose value is known), n_base and share_base, index with its 95 % interval low, high (the group is a part
    of the base), known, known_base (customers with a value), missing_share, missing_share_base, size,
    size_base. verdict: over, under (believed among all rows shown, by Benjamini and Hochberg at 5 %), even, hidden.
    `column`: one only; without it all but own columns of more than 30 values, and main channel, category, brand where `bought`.
    `group`: chosen (whom the filters choose), loyal, new, a tier (top, big, medium, small) or a stage (active, silent, forgotten, lost).
    `base`: everyone (of chosen by default), customers (who ever bought; the default of the others), buyers (in the window). Groups but
    "chosen" are held against the chosen.
    Null where fewer than five customers of the group, of the base or of the others have the value, or where that number could be worked
    out from the rest of the column (is_suppressed). Needs count in every tag. Raises CrmError E_GROUP, E_BASE, E_FILTER_COLUMN.
    """
    return _index.indexed(con, filters, column, group, base, bought)


def members(
    con,
    filters: Filters,
    *,
    group: str = "loyal",
    base: str = "",
    column: str = "",
    value: str = "",
    limit: int = 100,
    offset: int = 0,
) -> pd.DataFrame:
    """The customers of a group, or those of them with one value of a column, the largest first.  One row per customer.

    customer_id, name, tier, orders, revenue, last_order_date, of_all (how many the list holds without `limit`). `group`, `base` and
    `column` as in `index`.
    """
    return _index.members(con, filters, group, base, column, value, limit, offset)


def worth(con, filters: Filters, *, column: str, against: str = "") -> pd.DataFrame:
    """What the customers with each value bring and how they fare.  One row per value, with `against` per pair of values.

    value, against, customers, share (with `against`: of the customers with this value who have that one), index (that share / the same
    of all, x 100) with verdict (over, under: believed among all pairs; even, hidden), active_customers, orders, buyers, revenue,
    average_order_value, average_revenue (mean of the active customers), repurchase_rate (two orders in the window among buyers),
    churn_rate (active in the window before and not in this one), satisfaction (last answer satisfied), each of these four with its 95 %
    interval _low, _high, the rates with _n. Null below five customers, with the next smallest beside a single one.
    Raises CrmError E_FILTER_COLUMN.
    """
    return _by_trait.table(con, filters, column, against)


def loyal(con, filters: Filters) -> pd.DataFrame:
    """Loyal customers beside all others who bought in the window.  One row per measure.

    measure, unit, loyal, others, everyone, change (loyal - others) with its 95 % interval low, high (Welch, Newcombe), n and n_others
    (of whom it is known), verdict (more, less, unclear, unknown), wants (table.column an export must bring). Means per customer: orders,
    average_order_value, revenue, discounted_rate (of his orders), categories, age; shares: revenue_share, several_channels, tried_new
    (bought a new product), promoters (last answer to the recommendation question), referrers (somebody named them), responded (of
    those a campaign of the window addressed). Association: being loyal needs orders, so loyal customers have more of them by definition.
    """
    return _loyal.compared(con, filters)


def discounts(con, filters: Filters, *, by: str = "dependence") -> pd.DataFrame:
    """How much is bought with a discount.  One row per group: of dependence, or of any column of customers.

    group, customers (with orders whose lines tell of discounts), customer_share, orders, discounted_orders (a line with a discount),
    order_share, revenue, discounted_revenue, revenue_share, mean_share (a customer's own share of discounted orders, averaged) with its
    95 % interval low, high, never, always (customers). `by`: dependence (none, some: below half of one's orders, half, most, all),
    loyalty, tier, stage, arrival, any column, or "" for all together. Raises CrmError E_COLUMN_WANTED without a discount in the orders.
    """
    return _behaviour.discounts(con, filters, by)


def discounted_customers(con, filters: Filters, *, band: str = "", limit: int = 100, offset: int = 0) -> pd.DataFrame:
    """The customers behind `discounts`, the largest first.  One row per customer; `band` as there.

    customer_id, name, orders, discounted_orders, discounted_share, revenue, of_all.
    """
    return _behaviour.discounted_customers(con, filters, band, limit, offset)


def trends(con, filters: Filters, *, measure: str = "orders") -> pd.DataFrame:
    """Whose buying rises, stays, falls within the window, and whose orders are too few to tell.  One row per trend.

    trend (rising, stable: no change beyond chance, falling, too_few: below six days with orders), customers (with orders), customer_share,
    orders, revenue, revenue_share, judged; of rising and falling: expected, low, high (how many chance alone would show),
    verdict (more than chance, unclear, too_few). A customer is watched from the start of the window, or from the day after his first
    order in it. At a constant rhythm his days with orders lie anywhere in that time (Laplace's trend test, exact up to 20 days, two-sided
    5 %). `measure` revenue: each day weighs what it brought, and the days count as the number of equal ones (Kish).
    """
    return _slopes.counted(con, filters, measure)


def trend_customers(
    con, filters: Filters, *, measure: str = "orders", trend: str = "", limit: int = 100, offset: int = 0
) -> pd.DataFrame:
    """The customers behind `trends`, the largest first.  One row per customer with orders in the window.

    customer_id, name, trend, orders, revenue, per_month (days with orders, or revenue, a month), late_share (of
    these days, or of the revenue, in the second half of the time he was watched; a day in the middle counts half), of_all.
    """
    return _slopes.listed(con, filters, measure, trend, limit, offset)


def adoption(con, filters: Filters, *, by: str = "") -> pd.DataFrame:
    """How many customers bought a product first sold in the window.  One row per group (see `discounts`; by default all together).

    group, customers (with orders in the window), adopters, adoption_rate with Wilson's low, high, new_revenue, new_products,
    unknown_products: first seen in the window, but within 90 days of the first data, so they may be old; they do not count. Rates are
    null where no product is known to be new. Raises CrmError E_COLUMN_WANTED without products in the orders.
    """
    return _behaviour.adoption(con, filters, by)


def new_products(con, filters: Filters, *, limit: int = 100) -> pd.DataFrame:
    """The products first sold in the window, the most bought first.  One row per product.

    product, name, first_date, is_known (to be new), customers, adoption_rate (of all with orders in the window), again (bought on more
    than one day), revenue.
    """
    return _behaviour.new_products(con, filters, limit)


def breadth(con, filters: Filters, *, level: str = "category") -> pd.DataFrame:
    """How many kinds of things a customer buys in the window.  One row per number of kinds (10: ten and more, is_open).

    kinds, customers, customer_share, orders, revenue, revenue_share, average_revenue, average_orders, average (kinds of all customers).
    `level`: category, brand, product (among the sixty most bought) or channel. Raises CrmError E_COLUMN_WANTED.
    """
    _behaviour.level_known(level)
    return _behaviour.breadth(con, filters, level)


def spending(con, filters: Filters) -> pd.DataFrame:
    """How much at a time, how many orders each, how long between: three distributions.  One row per band of a measure.

    measure (order_value: of an order's lines; orders: per customer; gap_days: between two days with orders, ending in the window), band,
    from (inclusive, null open), to (exclusive), count, share, and of all: n, mean, median, ninth_decile.
    """
    return _behaviour.spending(con, filters)


def affinity(con, filters: Filters, *, level: str = "category", per: str = "customer") -> pd.DataFrame:
    """Which goods are bought by the same customers (or in the same order).  One row per ordered pair, the highest lift first.

    first, second, n (baskets with both), n_first, n_second, baskets, support = n / baskets, confidence = n / n_first with Wilson's
    low_confidence, high_confidence, lift = confidence / share of the second (the same both ways) with its 95 % interval low, high;
    expected_alike and lift_alike: against customers with about as many orders, for who buys much buys of everything. verdict: more,
    less (than among those: Mantel and Haenszel's test, believed among all pairs at 5 % by Benjamini and Hochberg), even, few (below five
    baskets with both: not told). `level`: category, brand or product, the sixty
    bought by most. `per`: customer (all he bought in the window) or order. Raises CrmError E_COLUMN_WANTED, E_LEVEL, E_PER.
    """
    return _baskets.affinity(con, filters, level, per)


def next_category(con, filters: Filters, *, level: str = "category") -> pd.DataFrame:
    """What to offer to the buyers of each category (brand, product) who lack it.  One row per thing, the most bought first.

    value, customers, offer (the most characteristic companion: highest lift_alike among pairs bought together more often than chance,
    else, with verdict even, simply what most of them buy), confidence (share of the buyers who have it) with low, high, lift, lift_alike,
    gap_customers (who lack it: see `gap_customers`), offer_revenue (what its buyers spend on it in the window), verdict.
    """
    return _baskets.next_best(con, filters, level)


def gap_customers(
    con, filters: Filters, *, have: str, lack: str, level: str = "category", limit: int = 100, offset: int = 0
) -> pd.DataFrame:
    """Customers who bought one thing in the window and not the other, the largest first: a cross-selling list.

    customer_id, name, tier, orders, revenue, last_order_date, of_all. Raises CrmError E_THING for what nobody bought.
    """
    return _baskets.gap(con, filters, level, have, lack, limit, offset)


def goods(
    con, filters: Filters, *, level: str = "category", category: str = "", brand: str = "", limit: int = 40
) -> pd.DataFrame:
    """What the chosen customers buy: category, brand, product.  One row per value, the largest revenue first.

    value, customers, orders, lines, quantity, revenue (net), margin (of lines with a cost), revenue_share, values (how many there are).
    `category` and `brand` narrow it to what lies within. Lines without a customer count while no customers are chosen.
    """
    return _baskets.goods(con, filters, level, category, brand, limit)


def acquisition(con, filters: Filters) -> pd.DataFrame:
    """New customers (first order in the window) beside existing ones who ordered in it.  Two rows: new, existing.

    group, customers, orders, revenue, contribution (null without costs of goods), customer_share, revenue_share, average_revenue,
    average_orders, average_order_value, average_contribution, repeated, repeat_rate (two orders in the window) with Wilson's low, high.
    note: window_incomplete where the data begin within the window, history_short where they begin less than 90 days before it: old
    customers may look new.
    """
    return _newcomers.beside(con, filters)


def acquisition_cost(con, filters: Filters) -> pd.DataFrame:
    """What winning a customer costs, and what keeping one costs: three readings, of the whole company.  One row per basis.

    tagged: only marketing and sales tagged to prospects or suspects, to people who had not bought, or to campaigns whose goal is a first
    order (null: nothing is); keeping is all the rest of marketing, sales and service. allocated: marketing and sales that reach
    prospects, suspects and new customers by the costs' own keys (see the pyramid); keeping is marketing, sales and service that reach
    customers who had bought before and did again. all: the whole of marketing and sales, an upper bound. acquisition_cost, keeping_cost,
    new_customers, existing_customers, cost_per_new, cost_per_existing, times (the one over the other), spent, note as `acquisition`.
    Raises CrmError E_COLUMN_WANTED where no cost of marketing or sales is known.
    """
    return _newcomers.cost(con, filters)


def referrals(con, filters: Filters) -> pd.DataFrame:
    """Customers whom somebody referred beside all others.  Two rows: referred, others.

    group, customers, share, bought, buyers (in the window), revenue, average_revenue (per buyer of the window), bought_rate (ever),
    repeat_rate (a second order ever), retention_rate (active in both windows), satisfaction, each with _low, _high, _n; on the first row
    _change, _change_low, _change_high: referred less others (Newcombe; of revenue Welch). Raises CrmError E_COLUMN_WANTED.
    """
    return _referrals.compared(con, filters)


def referral_depth(con, filters: Filters) -> pd.DataFrame:
    """How deep referrals go, of the whole company.  One row per part of the tree.

    part: referrers (brought somebody, nobody brought them), generation 1, 2 ... (brought by those of the generation before), circle
    (they lead back to themselves, or hang on such), unknown_referrer (who is named is nobody we know). customers.
    """
    return _referrals.generations(con, filters)


def referrers(con, filters: Filters, *, limit: int = 100) -> pd.DataFrame:
    """Who brings most.  One row per customer who referred somebody, the most referred first.

    customer_id, name, referred (directly), referred_below (also through those), bought (of the direct ones, ever), referred_revenue
    (theirs, ever), revenue (his own, in the window).
    """
    return _referrals.top(con, filters, limit)
