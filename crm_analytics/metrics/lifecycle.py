"""The lifecycle: who is active, silent, forgotten or lost; who takes the next order; who is due for a contact, who had too many.

A customer's stage follows from the whole days since the last order, on all history up to the day, never on the window: `active` first,
then `silent`, `forgotten` and `lost` from the days in the rules (31, 91 and 180: the 180 is given, the other two are ours; `borders`
says what the company's own gaps would be). An order is a customer's order number with a line above zero, at the day of its earliest
line: a return resets no clock. Two orders on one day are two orders, 0 days apart.
"""

from datetime import date

import pandas as pd

from crm_analytics.filters import Filters
from crm_analytics.metrics import _contacts, _days, _ladder, _stages


def basis(con, filters: Filters) -> pd.DataFrame:
    """Which kinds of data up to the day the screen can stand on.  One row.

    has_contacts (outbound or unknown direction, see `policy`), has_surveys (a dated overall answer), has_complaints, has_birthdays,
    has_owners, has_consent.
    """
    return _contacts.basis(con, filters)


def stages(con, filters: Filters, *, from_date: date | None = None) -> pd.DataFrame:
    """How many of the chosen customers are active, silent, forgotten and lost, and who came and went.  One row per stage.

    stage, customers (who ever ordered), share, revenue (net, all history up to the day), revenue_window (net, in the window);
    flows since the close of `from_date` (by default the day one month before): customers_then, entered and left (the stage), stayed
    (in it on both days), new (now in it, no order by then), reactivated (now in it, then in a colder stage than now: forgotten or
    lost, and has ordered since); customers = customers_then + entered - left. change_low, change_high: 95 % interval of the change
    if every move were an independent event, so that entered + left is its variance. Flows are null, note `history_too_short`,
    where the day one month before lies before the first order in the data. Raises CrmError E_FROM_DATE on a day that cannot be meant.
    """
    return _stages.stages(con, filters, from_date)


def flows(con, filters: Filters, *, from_date: date | None = None) -> pd.DataFrame:
    """From which stage to which the customers went.  One row per (from_stage, to_stage), all 20, in order.

    from_stage on `from_date` (`new`: no order by then), to_stage now, flow (new; reactivated: forgotten or lost then, warmer now;
    warmed: silent then, active now; stayed; cooled), customers, rate (of the from_stage) with Wilson's interval low, high, revenue
    (net, all history). Both days by today's rules. Dates, note and no rows as `stages`.
    """
    return _stages.flows(con, filters, from_date)


def movers(
    con,
    filters: Filters,
    *,
    from_date: date | None = None,
    flow: str = "",
    from_stage: str = "",
    to_stage: str = "",
    limit: int = 100,
    offset: int = 0,
) -> pd.DataFrame:
    """The customers behind the flows, the largest revenue first.  One row per customer.

    customer_id, name, flow, from_stage, to_stage, last_order_date, days_since_last_order, revenue_ever. `flow`, `from_stage` and
    `to_stage` choose; without them all but those who stayed. Raises CrmError E_OPTION_VALUE, E_FROM_DATE.
    """
    return _stages.movers(con, filters, from_date, flow, from_stage, to_stage, limit, offset)


def trend(con, filters: Filters, *, span: int = 24) -> pd.DataFrame:
    """The stock of each stage at the ends of the last `span` months and on the day itself.  One row per (day, stage).

    day, month (its first day), stage, customers, share, in_progress (the day itself, where its month has not ended), is_young (the
    data had not yet run long enough for anybody to reach this stage). Days before the first order in the data have no rows.
    """
    return _days.trend(con, filters, span)


def days(con, filters: Filters) -> pd.DataFrame:
    """How long ago the chosen customers last ordered.  One row per bar and stage: days_from, days_to, stage, customers.

    Bars are as wide as at most some eighty need (1, 7, 14, 30, 60 or 90 days); a bar that a border cuts has two rows.
    """
    return _days.histogram(con, filters)


def borders(con, filters: Filters) -> pd.DataFrame:
    """Where the stages begin, and where the company's own gaps would put them.  One row per stage: silent, forgotten, lost.

    stage, days (first day of the stage in the rules), source (given: the 180; ours: the product's default; own: typed or adopted),
    quantile (.5, .8, .95), derived_days (the first whole day beyond that share of all gaps; each at least one after the one before;
    null without a gap), gaps (between two order days of one customer, up to the day; the whole company's), longer_share (of the
    gaps, those that reached `days` before the customer came back). Gaps that have not ended are not among them: who never came
    back would make them longer.
    """
    return _days.borders(con, filters)


def ladder(con, filters: Filters, *, kind: str = "", within: int = 0) -> pd.DataFrame:
    """How many customers take each order, and how many of them the next.  One row per kind and step 1 to 5.

    kind (`orders`; `satisfying`: only orders without a complaint whose overall answer, if there is one, is in the top two boxes; see
    `judged`), orders (the step), customers (at least that many), customers_now (exactly that many; at 5: or more), conversion_rate
    (naive: customers of the next step / of this one; who has not gone on yet may still), low, high, median_days (to the next,
    of those who got there), observed (whose step is at least `within` days old; by default the days after which a customer is
    lost), observed_rate (of these, who took the next within so many days), observed_low, observed_high (Wilson), rise (of
    observed_rate against the step before) with Newcombe's rise_low, rise_high, verdict (rises: at least 5 points more and
    surely more; level: surely less than 5 points more; unclear; few: below 30 observed), is_loyal (the loyalty point: the step
    with the last rise, where all later ones are level), within. Satisfying: no rows without surveys and complaints.
    Raises CrmError E_OPTION_VALUE.
    """
    return _ladder.ladder(con, filters, kind, within)


def judged(con, filters: Filters) -> pd.DataFrame:
    """How the chosen customers' orders are judged.  One row.

    orders = satisfying + unsatisfying + unknown; complained and scored_low (part of unsatisfying; an order can be both), surveyed (with
    an overall answer). Unknown: no answer, and placed before covered_from, the day of the first complaint in the data (null: no
    complaints export). An answer or complaint without an order number counts for the customer's last order up to its day.
    """
    return _ladder.judged(con, filters)


def one_more(
    con, filters: Filters, *, kind: str = "orders", step: int = 2, limit: int = 100, offset: int = 0
) -> pd.DataFrame:
    """Who is one order short of a step and not lost, the largest revenue first.  One row per customer.

    customer_id, name, stage, owner, orders_ever, satisfying (null: unknown), last_order_date, days_since_last_order, revenue_ever.
    """
    return _ladder.one_more(con, filters, kind, step, limit, offset)


def one_more_size(con, filters: Filters, *, kind: str = "orders", step: int = 2) -> int:
    """How many customers `one_more` holds in all."""
    return _ladder.one_more_size(con, filters, kind, step)


def policy(con, filters: Filters) -> pd.DataFrame:
    """How far contacts keep to the policy of each stage.  One row per stage, by the stage of today.

    stage, every_days (contact at least every so many days; 0: no regular contact), cap (at most so many within 30 days), customers,
    contacted (within every_days; without regular contact: within 30 days), due (not contacted in time, and free to be), held_back
    (not contacted in time, but without consent or at the cap), coverage_rate (contacted / customers; null without regular
    contact), low, high, over_cap (customers above the cap), violations (contacts above it), off_purpose (contacts within
    30 days with lost customers whose purpose is stated and is no promotion by the rules), without_consent (contacted within
    30 days though the customers file says no), note. A contact is a row of the interactions export whose direction is outbound
    or unknown, whether or not it reached anybody. All but customers is null, note needs_interactions, without such rows.
    """
    return _contacts.policy(con, filters)


def due(
    con,
    filters: Filters,
    *,
    stage: str = "",
    owner: str = "",
    order_by: str = "value",
    limit: int = 100,
    offset: int = 0,
) -> pd.DataFrame:
    """Whom to contact next.  One row per customer who is due by `policy`, most valuable first (`order_by`: value, overdue).

    customer_id, name, stage, owner, last_contact_date (null: never), days_overdue (beyond the stage's every_days; null: never
    contacted), contacts_30 (within 30 days), last_order_date, revenue (net, in the window), revenue_ever. Raises CrmError
    E_NO_CONTACTS without interactions, E_OPTION_VALUE.
    """
    return _contacts.due(con, filters, stage, owner, order_by, limit, offset)


def due_size(con, filters: Filters, *, stage: str = "", owner: str = "") -> int:
    """How many customers `due` holds in all."""
    return _contacts.due_size(con, filters, stage, owner)


def owners(con, filters: Filters) -> pd.DataFrame:
    """How the due contacts fall on the sales people.  One row per owner, most due first; null: nobody's customers.

    owner, customers, due, contacted (in time, where their stage asks for it), share (of all due), value (net revenue in the window
    of those due).
    """
    return _contacts.owners(con, filters)


def fatigue(con, filters: Filters, *, stage: str = "", limit: int = 100, offset: int = 0) -> pd.DataFrame:
    """Whom to leave in peace.  One row per customer who ever ordered with more contacts within 30 days than the cap, worst first.

    customer_id, name, stage, owner, contacts_30, cap, above, last_contact_date, free_on (first day on which one more would keep
    to the cap; null where the cap is 0). Raises CrmError E_NO_CONTACTS, E_OPTION_VALUE.
    """
    return _contacts.fatigue(con, filters, stage, limit, offset)


def birthdays(con, filters: Filters, *, ahead: int = 30, limit: int = 100, offset: int = 0) -> pd.DataFrame:
    """Whose birthday is within `ahead` days after the day, soonest first.  One row per customer who ever ordered.

    customer_id, name, birthday (its next date; 29 February is kept on the 28th in other years), days_until, age (turned then), stage,
    owner, last_contact_date (null: never, or no interactions), revenue_ever. Raises CrmError E_NO_BIRTHDAYS without dates of birth.
    """
    return _contacts.birthdays(con, filters, ahead, limit, offset)


def birthdays_size(con, filters: Filters, *, ahead: int = 30) -> int:
    """How many customers `birthdays` holds in all."""
    return _contacts.birthdays_size(con, filters, ahead)


def greetings(con, filters: Filters) -> pd.DataFrame:
    """How many birthdays of the last 30 days came with a contact.  One row.

    birthdays, contacted (a contact within 7 days before or after, up to the day; null without interactions), rate, low, high.
    Raises CrmError E_NO_BIRTHDAYS.
    """
    return _contacts.greetings(con, filters)
