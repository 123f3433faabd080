"""Do they come back: cohorts, the share who order again, how long that takes, the time between orders, who has stopped.

All of it uses the whole history up to as_of, unless it says that it is of the window. The first order of a customer is the first in
the data: who bought before them looks new in their first month, which is said there. An order is what METRICS calls one; a return
alone brings nobody back.
"""

import pandas as pd

from crm_analytics.filters import Filters
from crm_analytics.metrics import _cohorts, _gaps, _grouping, _repurchase, _second


def cohorts(con, filters: Filters, *, cohorts: int = 0, after: int = 0) -> pd.DataFrame:
    """Share of each month's new customers who ordered in each month after it.  One row per (cohort_month, months_since_first).

    customers (first order in cohort_month), active (those with an order in the month that lies months_since_first later), rate =
    active / customers with Wilson's interval low, high, orders and net revenue of the cohort in that month. Month 0 is 100 %.
    in_progress: the month is not over on as_of. note first_month: the first month of the data, whose customers may be old ones.
    Months ahead of as_of and months without a new customer have no row. `cohorts`: only the newest so many, `after`: only so many
    months after the first order; 0: all. What revenue is in no cell: see `left_out`.  Raises CrmError E_OPTION_VALUE.
    """
    return _cohorts.table(con, filters, cohorts, after)


def left_out(con, filters: Filters) -> pd.DataFrame:
    """Where the company's revenue up to as_of stands: in the cohorts' cells, or why not.  One row per part; parts add up to total.

    part, customers (null: not counted), revenue: cohorts; before_first_order (lines in months before the customer's first order,
    returns mostly), never_ordered (customers with lines and no order), unidentified (lines that name no customer; 0 where customers
    are chosen), total.
    """
    return _cohorts.left_out(con, filters)


def repurchase(con, filters: Filters, *, windows: str = "", base: str = "own") -> pd.DataFrame:
    """Customers with a second order within w days of the first / customers whose first order is at least w days old.

    One row per window_days: rate, n (old enough), low, high (Wilson), customers (who ordered again). `windows`: days,
    comma-separated, default 30,60,90,180,365. `base` own: each window has all who are old enough for it, so n falls and the rate
    need not rise; fixed: all windows have the customers old enough for the longest, and the rate never falls. Two orders on one day
    are a second order after 0 days. Null: nobody is old enough. On the customers at least w days old it is 1 - Kaplan-Meier at w.
    Raises CrmError E_WINDOWS, E_OPTION_VALUE.
    """
    return _repurchase.curve(con, filters, windows, base)


def forms(con, filters: Filters, *, window: int = 90) -> pd.DataFrame:
    """What three people mean by repurchase rate, side by side.  One row per form: rate, n, low, high (Wilson), customers (who did).

    period: customers with two or more orders in the window / with one or more (as in overview.kpis). cohort: with a second order
    within `window` days of the first / whose first order is at least so old. old_customers: customers from before the window who
    ordered in it / all of them. note: window_incomplete (of the old customers then nothing can be said), no_buyers,
    nobody_old_enough, no_old_customers. Null: nobody to divide by.
    """
    return _repurchase.forms(con, filters, window)


def change(con, filters: Filters, *, window: int = 90) -> pd.DataFrame:
    """Do new customers come back more often than those before them?  One row.

    rate of those whose first order lies in [since, until), the latest who have all had `window` days; previous: of those in
    [before, since), as many months earlier; n, n_before; low, high (Wilson); change with Newcombe's interval change_low,
    change_high. months: length of either span: the window's, or less where the data are younger, never their first month, whose
    customers may be old ones. note history_short, everything null: not even two months.
    """
    return _repurchase.change(con, filters, window)


def survival(
    con, filters: Filters, *, by: str = "", most: int = 5, least_age: int = 0, longest: int = 0
) -> pd.DataFrame:
    """Share of customers who have ordered again by each day after the first order (1 - Kaplan-Meier), open cases censored.

    One row per (group, days) with a second order, after one for day 0: returned_rate with its 95 % band low, high (log-log; null
    where nobody is left), at_risk (without a second order and under observation just before), events, censored (on that day). group
    null: all. `by`: a column (see `groupings`): the `most` largest values, the others as "(other)", who has none as "(unknown)";
    groups below the least number of customers of Settings join the others, and are not shown if still too few. `least_age`: only
    customers whose first order is at least so many days old; `longest`: only days up to it.
    """
    return _second.curves(con, filters, by, most, least_age, longest)


def second_order(con, filters: Filters, *, by: str = "", most: int = 5, window: int = 90) -> pd.DataFrame:
    """The curves of `survival` in a row each: by when half have ordered again, and how many within the window.

    group (null: all, first), customers, customers_repeated, median_days with its interval median_low, median_high (null: the curve does not
    get that far), returned_rate within window_days with low, high, at_risk then, values (how many values of the column the group
    holds), p_value (log-rank over all groups shown; the same on each row; null below two), note: too_few, nobody_old_enough.
    """
    return _second.summary(con, filters, by, most, window)


def groupings(con, filters: Filters) -> pd.DataFrame:
    """By what customers can be compared.  One row per column; is_known_later: it depends on what was bought after the first order."""
    found = _grouping.columns(con)
    return pd.DataFrame({"column": found, "is_known_later": [_grouping.is_known_later(column) for column in found]})


def gaps(con, filters: Filters, *, width: int = 0) -> pd.DataFrame:
    """How many days lie between one order day and the customer's next.  One row per bar of `width` days (0: chosen by the data).

    from_days, to_days (both counted; null in the last, which has no end), gaps, share, cumulative_share. Several orders on one day are one
    order day, so the shortest gap is 1. Only gaps that have ended by as_of: those still open are in `rhythm`.
    """
    return _gaps.bars(con, filters, width)


def rhythm(con, filters: Filters) -> pd.DataFrame:
    """The time between two order days in numbers.  One row per basis: mean_days, p25, p50, p75, p95, n (gaps), open.

    closed: the n gaps that have ended; they are shorter than the truth, as the long ones have not ended yet. with_open: Kaplan and
    Meier's quantiles that count the time since each customer's last order (open) as still running; null where the estimate does
    not get that far, or for the mean.
    """
    return _gaps.quantiles(con, filters)


def churn(con, filters: Filters) -> pd.DataFrame:
    """Who has stopped, by three definitions: without a contract nobody is seen to leave.  One row per form.

    rate, n, low, high (Wilson), customers, days. period: active in the window before and not in this one (as in overview.kpis).
    stock: no order for `days` (the first day of "lost" in Settings) / first order at least so long ago. own_rhythm: silent for longer than
    95 % of the gaps, the customer's own where there are five or more, else the company's (`days`) / first order longer ago than
    that. The model's form is value.customers. note: why a rate is null.
    """
    return _gaps.churn(con, filters)
