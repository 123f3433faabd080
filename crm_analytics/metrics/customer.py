"""Everything about one customer: facts, what happened, revenue by month, what it buys, its tiers over time."""

from datetime import date, timedelta
from decimal import Decimal

import pandas as pd

from crm_analytics import state
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters, months_before
from crm_analytics.metrics import _events, _facts
from crm_analytics.metrics._person import Person, make_days, make_lines, make_points, person

QUARTERS = 8
FROM_ORDERS = (
    "revenue",
    "orders",
    "lines",
    "revenue_ever",
    "orders_ever",
    "revenue_before",
    "orders_before",
    "lines_before",
)
EVENTS = {
    "at": "datetime64[us]", "kind": "object", "what": "object", "amount": "float64", "number": "float64", "out_of": "float64",
    "reference": "object", "import_id": "Int64",
}  # fmt: skip


def summary(con, filters: Filters, *, id: str) -> pd.DataFrame:
    """Everything known of one customer as of the day, in one row.

    customer_id (the person the number stands for), asked_id, numbers (all of the person's, comma-separated), is_ranked, every
    profile and snapshot column, age (whole years), rank among the active and active_customers, percentile_in_tier (share of the
    tier with less revenue), tier_revenue, tier_orders, tier_average_order, tier_days_since_last_order (averages of the tier),
    average_order (revenue / orders of the window), revenue_share (of the company's revenue in the window), typical_gap_days (median
    days between purchase days), next_order_date (last order + typical gap), last_score out of last_score_out_of, complaints_open,
    overdue_amount (due by the day and not paid by its end), points_balance, last_contact_at, wallet_share (own sales of the twelve
    months to the estimate / the estimate, at most 1), absent (comma-separated tables nobody has exported yet).
    Null: not known; rank, percentile and tier of whoever is not active, and all of them for one who is not ranked; the gap and
    next_order_date before a second purchase day; revenue and orders where nobody has exported orders.
    Raises CrmError E_CUSTOMER for a number nobody has.
    """
    who = person(con, id)
    make_days(con, who, filters)
    make_points(con)
    parts = [_one(con, _facts.PROFILE, who, filters), _standing(con, who, filters)]
    parts += [
        _one(con, query, who, filters) for query in (_facts.RHYTHM, _facts.COMPANY, _facts.SERVICE, _facts.ANSWERED)
    ]
    parts += [_one(con, query, who, filters) for query in (_facts.POINTS, _facts.OUTSTANDING, _facts.LAST_CONTACT)]
    parts += [_one(con, query, who, filters) for query in (_facts.WALLET, _facts.ABSENT)]
    row = pd.concat(parts, axis=1)
    row.insert(0, "customer_id", who.id)
    return _worked_out(row.assign(asked_id=id, numbers=",".join(who.numbers), is_ranked=who.is_ranked), filters)


def who(con, filters: Filters, *, id: str) -> pd.DataFrame:
    """Who a number stands for.  One row: customer_id, numbers, is_ranked; no row for a number nobody has."""
    try:
        found = person(con, id)
    except CrmError:
        return pd.DataFrame(columns=["customer_id", "numbers", "is_ranked"])
    return pd.DataFrame(
        {"customer_id": [found.id], "numbers": [",".join(found.numbers)], "is_ranked": [found.is_ranked]}
    )


def _standing(con, who: Person, filters: Filters) -> pd.DataFrame:
    """Snapshot, rank and tier averages; for one who is in no snapshot, what his own lines say."""
    standing, own = (_one(con, query, who, filters) for query in (_facts.STANDING, _facts.OWN))
    is_absent = pd.isna(standing.tier.iloc[0])
    return standing.assign(**{name: own[name] for name in own}) if is_absent else standing


def _one(con, query: str, who: Person, filters: Filters) -> pd.DataFrame:
    """One row, of nulls where the query finds none."""
    values = {"id": who.id, "as_of": filters.as_of, "start": filters.start, "end": filters.end}
    found = con.execute(query, {name: value for name, value in values.items() if f"${name}" in query}).df()
    return found if len(found) else found.reindex([0])


def _worked_out(row: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    if filters.data_from is None:
        row = row.assign(**dict.fromkeys(FROM_ORDERS))
    facts = row.iloc[0]
    gap, last = facts.typical_gap_days, facts.last_order_date
    known_gap = pd.notna(gap) and pd.notna(last)
    return row.assign(
        average_order=facts.revenue / facts.orders if facts.orders else None,
        revenue_share=facts.revenue / facts.company_revenue
        if pd.notna(facts.company_revenue) and facts.company_revenue
        else None,
        next_order_date=pd.Timestamp(last) + pd.Timedelta(days=round(gap)) if known_gap else pd.NaT,
        wallet_share=min(1.0, max(0.0, facts.wallet_own / facts.wallet_total)) if pd.notna(facts.wallet_own) else None,
    )


def timeline(con, filters: Filters, *, id: str, limit: int = 500) -> pd.DataFrame:
    """What happened with one customer up to the day, newest first, undated last.  One row per event.

    at, kind (order, return, sent_back, complaint_opened/_answered/_resolved, answer, contact, campaign_sent/_held_out/_opened/
    _responded, points_earned/_used, joined, member_tier, reason, wallet, due, paid, signed_up), what (in the data's own words),
    amount, number (score, points, our rank) with out_of, reference (the order, complaint or campaign), import_id.
    The amounts of order and return add up to the revenue ever; sent_back (the returns export) is listed, not counted again.
    """
    who = person(con, id)
    make_lines(con, who, filters)
    make_points(con)
    values = {"id": who.id, "end": filters.end}
    found = []
    for query in _events.ALL:
        rows = con.execute(query, {name: value for name, value in values.items() if f"${name}" in query}).df()
        found.append(rows.astype(EVENTS))
    events = pd.concat([rows for rows in found if len(rows)] or found[:1], ignore_index=True)
    return (
        events.sort_values("at", ascending=False, na_position="last", kind="stable").head(limit).reset_index(drop=True)
    )


def months(con, filters: Filters, *, id: str) -> pd.DataFrame:
    """Net revenue and orders of each month from the first line to the day.  One row per month; they add up to the revenue ever."""
    make_days(con, person(con, id), filters)
    found = con.execute(
        "select cast(date_trunc('month', day) as date) as month, sum(revenue) as revenue, cast(sum(orders) as integer) as orders "
        "from own_days group by 1 order by 1"
    ).df()
    if found.empty:
        return found
    every = pd.date_range(found.month.min(), pd.Timestamp(filters.as_of.replace(day=1)), freq="MS", name="month")
    return found.set_index("month").reindex(every, fill_value=0).reset_index()


def categories(con, filters: Filters, *, id: str) -> pd.DataFrame:
    """What the customer buys, up to the day.  One row per dimension (category, brand, channel, store) and value, largest first.

    revenue net of returns, share of the customer's revenue ever, revenue_window, lines. A null value: the lines do not say. A
    dimension no line speaks of is left out.
    """
    who = person(con, id)
    make_lines(con, who, filters)
    return con.execute(
        """
        with spoken as (
            select 'category' as dimension, category as value, amount, day from own_lines
            union all select 'brand', brand, amount, day from own_lines
            union all select 'channel', channel, amount, day from own_lines
            union all select 'store', store, amount, day from own_lines
        ),
        sums as (
            select dimension, value, sum(amount) as revenue, sum(case when day >= $start then amount end) as revenue_window,
                cast(count(*) as integer) as lines
            from spoken
            group by dimension, value
        )
        select s.dimension, s.value, s.revenue, case when t.revenue > 0 then 1e0 * s.revenue / t.revenue end as share,
            coalesce(s.revenue_window, 0) as revenue_window, s.lines
        from sums s
        join (select dimension, sum(revenue) as revenue from sums group by dimension having count(value) > 0) t
            on t.dimension = s.dimension
        order by array_position(['category', 'brand', 'channel', 'store'], s.dimension), s.revenue desc, s.value
        """,
        {"start": filters.start},
    ).df()


def tier_edges(con, filters: Filters) -> pd.DataFrame:
    """The revenue from which a customer was top, big, medium at the end of each of the last eight quarters, and on the day itself.

    One row per day, oldest first: day, active_customers, top, big, medium (revenue of the tier's last customer over a window as
    long as the view's). Null where the data do not reach back over that window. Quarters follow the fiscal year.
    """
    rules = state.rules(con)
    top, big, medium = (Decimal(str(share)) for share in rules.tier_shares)
    cuts = {"top": top, "big": top + big, "medium": top + big + medium}
    rows = [(day, *_edges_of(con, filters, day, cuts)) for day in _quarter_ends(filters, rules.fiscal_year_start)]
    return pd.DataFrame(rows, columns=["day", "active_customers", "top", "big", "medium"])


def _edges_of(con, filters: Filters, day: date, cuts: dict) -> tuple:
    start = months_before(day + timedelta(days=1), filters.months)
    if filters.data_from is None or start < filters.data_from:
        return (None, None, None, None)
    return con.execute(
        """
        with active as (
            select a.run_revenue - coalesce(w.run_revenue, 0) as revenue
            from customer_days a
            left join customer_days w on w.customer_id = a.customer_id and w.day < $start and w.next_day >= $start
            where a.day <= $day and a.next_day > $day and a.last_order_day >= $start
                and a.run_orders > coalesce(w.run_orders, 0) and a.run_revenue > coalesce(w.run_revenue, 0)
        ),
        sizes as (
            select count(*) as n, greatest(1, floor($top * count(*) + 0.5)) as top,
                greatest(1, floor($top * count(*) + 0.5), floor($big * count(*) + 0.5)) as big,
                greatest(1, floor($top * count(*) + 0.5), floor($big * count(*) + 0.5), floor($medium * count(*) + 0.5)) as medium
            from active
        ),
        ranked as (select revenue, row_number() over (order by revenue desc) as position from active)
        select max(s.n) as n, max(case when r.position = s.top then r.revenue end), max(case when r.position = s.big then r.revenue end),
            max(case when r.position = s.medium then r.revenue end)
        from sizes s
        left join ranked r on true
        """,
        {"start": start, "day": day} | cuts,
    ).fetchone()


def history(con, filters: Filters, *, id: str, edges: tuple | None = None) -> pd.DataFrame:
    """Revenue, orders and tier of one customer at the end of each of the last eight quarters, and on the day itself.

    One row per day, oldest first: day, revenue and orders of the window that ends there, tier. `edges`: the rows of `tier_edges`
    where they are at hand. Tiers of past quarters are told by revenue alone (a tie at the border counts as the higher tier). Null
    tier: not ranked, nothing bought yet, or the data do not reach back over the window.
    """
    who = person(con, id)
    make_days(con, who, filters)
    rows = []
    for day, n, *borders in edges if edges is not None else tier_edges(con, filters).itertuples(index=False):
        day = pd.Timestamp(day).date()
        start = months_before(day + timedelta(days=1), filters.months)
        revenue, orders, ever = con.execute(
            "select coalesce(sum(case when day >= $start then revenue end), 0), "
            "coalesce(cast(sum(case when day >= $start then orders end) as integer), 0), count(*) from own_days where day <= $day",
            {"start": start, "day": day},
        ).fetchone()
        is_placed = who.is_ranked and ever and not pd.isna(n)
        rows.append((day, float(revenue), orders, _tier(float(revenue), orders, borders) if is_placed else None))
    found = pd.DataFrame(rows, columns=["day", "revenue", "orders", "tier"])
    now = con.execute("select tier from snapshot where customer_id = $id", {"id": who.id}).fetchone()
    if now and len(found):
        found.loc[found.index[-1], "tier"] = now[0]
    return found


def _tier(revenue: float, orders: int, borders) -> str:
    if revenue <= 0 or not orders:
        return "inactive"
    return next((tier for tier, border in zip(("top", "big", "medium"), borders) if revenue >= float(border)), "small")


def _quarter_ends(filters: Filters, first_month: int) -> list[date]:
    """The last eight days that end a quarter of the fiscal year, then the day of the view where it is none of them."""
    since = (filters.end.month - first_month) % 3  # whole months of the running quarter
    ends = [months_before(filters.end.replace(day=1), since + 3 * back) - timedelta(days=1) for back in range(QUARTERS)]
    return sorted({*ends, filters.as_of})
