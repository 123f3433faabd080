"""The rules behind the problems found: each looks at one thing and says nothing while it is within its limit."""

from collections.abc import Iterator
from math import sqrt

import pandas as pd

from crm_analytics import state
from crm_analytics.filters import Filters
from crm_analytics.metrics._compared import is_by_year
from crm_analytics.metrics._kpis import ANY_WINDOW, FALLING_IS_GOOD, TWINS, row_of
from crm_analytics.metrics._months import is_everyone
from crm_analytics.stats import intervals

COLUMNS = ["problem", "subject", "level", "value", "limit", "unit", "n", "at_stake", "stake_unit", "where", "page"]
TEXTS = ("subject", "stake_unit", "where")
LEVELS = ("high", "medium", "low")
VALUABLE = "tier=top&tier=big"
LOST = "is_active=no&is_active_before=yes"
BEHIND = {  # number -> the customers behind a bad value of it
    "satisfaction": "is_satisfied=no",
    "repurchase_rate": "has_ordered=yes&has_repeated=no",
    "churn_rate": LOST,
    "retention_rate": LOST,
    "complaint_hours_median": "has_complained=yes",
    "revenue": LOST,
    "new_customers": "is_new=yes",
}


def table(con, filters: Filters, kpis: pd.DataFrame) -> pd.DataFrame:
    """The frame of `overview.problems`, which says what it means."""
    rules, about = state.rules(con), _customers(con, filters, state.rules(con))
    revenue = kpis.set_index("kpi").loc["revenue", "value"]
    found = [
        *_targets(kpis, filters, rules),
        *_worse(kpis, filters, rules),
        *_of_customers(about, filters, rules),
        *_complaints(con, filters, rules),
        *_programme(con, filters, about, rules),
        *_data(con, filters, kpis, rules),
    ]
    totals = {"money": revenue, "customers": about.active}
    rows = [row | {"level": row.get("level") or _level(row, totals, rules.limits)} for row in found]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame = frame.astype(
        {"value": "float64", "limit": "float64", "n": "Int64", "at_stake": "float64"} | dict.fromkeys(TEXTS, "object")
    )
    frame = frame.assign(**{name: frame[name].where(frame[name].notna(), None) for name in TEXTS})
    shares = [_share(row, totals) for row in rows]
    order = frame.assign(grave=frame["level"].map(LEVELS.index), share=shares)
    order = order.sort_values(["grave", "share"], ascending=[True, False], kind="stable", na_position="last")
    return order[COLUMNS].reset_index(drop=True)


def _finding(
    problem: str, value, limit, unit: str, n, stake=None, stake_unit=None, where=None, page="customers", **more
) -> dict:
    return {
        "problem": problem, "subject": None, "value": value, "limit": limit, "unit": unit, "n": n, "at_stake": stake,
        "stake_unit": stake_unit if stake is not None else None, "where": where, "page": page,
    } | more  # fmt: skip


def _share(row: dict, totals: dict) -> float:
    total = totals.get(row["stake_unit"])
    return row["at_stake"] / total if total and total > 0 else 0.0


def _level(row: dict, totals: dict, limits: dict) -> str:
    if row["at_stake"] is None:
        return "medium"
    share = _share(row, totals)
    return "high" if share >= limits["high_stake"] else "medium" if share >= limits["medium_stake"] else "low"


def _is_known(*values) -> bool:
    return not any(value is None or value != value for value in values)


def _targets(kpis: pd.DataFrame, filters: Filters, rules: state.Rules) -> Iterator[dict]:
    """A target is missed when even the better end of the interval does not reach it; totals have none and are what they are.

    A target is meant for twelve months; other windows are held against it only where their length makes no difference.
    """
    for row in kpis.itertuples():
        target = rules.targets.get(row.kpi)
        if not _is_known(target, row.value) or (filters.months != 12 and row.kpi not in ANY_WINDOW):
            continue
        falls = row.kpi in FALLING_IS_GOOD
        best = (row.low if falls else row.high) if _is_known(row.low, row.high) else row.value
        if best > target if falls else best < target:
            stake = _stake(row, abs(row.value - target))
            yield _finding(
                "target_missed", row.value, target, row.unit, row.n, *stake, BEHIND.get(row.kpi), subject=row.kpi
            )


def _worse(kpis: pd.DataFrame, filters: Filters, rules: state.Rules) -> Iterator[dict]:
    """Clearly worse than the window compared with; what misses its target is told already."""
    before, low, high = (
        ("year_earlier", "year_change_low", "year_change_high")
        if is_by_year(filters)
        else ("previous", "change_low", "change_high")
    )
    for row in kpis[~kpis["kpi"].isin(TWINS)].to_dict("records"):
        change = row["value"] - row[before]
        if not _is_known(change) or any(row["kpi"] == each["subject"] for each in _targets(kpis, filters, rules)):
            continue
        if row["kpi"] == "revenue" and row[before] > 0 and -change > rules.limits["revenue_drop"] * row[before]:
            fall = change / row[before]
            yield _finding(
                "revenue_fell", fall, -rules.limits["revenue_drop"], "rate", row["n"], -change, "money", LOST
            )
        if _is_known(row[low], row[high]) and (row[low] > 0 if row["kpi"] in FALLING_IS_GOOD else row[high] < 0):
            stake = _stake(pd.Series(row), abs(change))
            yield _finding(
                "worse",
                row["value"],
                row[before],
                row["unit"],
                row["n"],
                *stake,
                BEHIND.get(row["kpi"]),
                subject=row["kpi"],
            )


def _stake(row, gap: float) -> tuple:
    """What a gap in a number comes to: customers for a rate, money for a sum; nobody can say for hours and scores."""
    if row.unit == "rate":
        return gap * row.n, "customers"
    if row.unit == "money" and row.kpi != "average_order_value":
        return gap, "money"
    return (gap, "customers") if row.unit == "count" and row.kpi != "orders" else (None, None)


def _customers(con, filters: Filters, rules: state.Rules) -> pd.Series:
    """Counts and money of the chosen customers, one row."""
    return row_of(
        con.execute(
            """
            with c as (
                select *, tier in ('top', 'big') as is_valuable,
                    tier in ('top', 'big') and stage in ('forgotten', 'lost') as is_silent
                from chosen
            )
            select count(*) filter (where is_active) as active, sum(revenue) filter (where is_active) as active_revenue,
                count(*) filter (where is_valuable) as valuable,
                count(*) filter (where is_silent) as silent, sum(revenue) filter (where is_silent) as silent_revenue,
                count(*) filter (where is_valuable and is_satisfied is not null) as valuable_asked,
                count(*) filter (where is_valuable and not is_satisfied) as unhappy,
                sum(revenue) filter (where is_valuable and not is_satisfied) as unhappy_revenue,
                count(*) filter (where is_active and satisfaction is not null) as answered,
                count(*) filter (where tier = 'top') as top, sum(revenue) filter (where tier = 'top') as top_revenue,
                count(*) filter (where is_active_before and not is_active) as lost,
                sum(revenue_before) filter (where is_active_before and not is_active) as lost_revenue,
                count(*) filter (where is_new) as new
            from c
            """
        )
    )


def _of_customers(about, filters: Filters, rules: state.Rules) -> Iterator[dict]:
    """Valuable customers silent or unhappy, revenue in few hands, newcomers that do not make up for those who left."""
    limits, enough = rules.limits, about.active >= rules.limits["least_customers"]
    if about.silent:
        where = f"{VALUABLE}&stage=forgotten&stage=lost"
        days = rules.lifecycle_days[1] - 1
        yield _finding(
            "valuable_silent", about.silent, days, "days", about.valuable, about.silent_revenue, "money", where
        )
    if about.unhappy:
        where = f"{VALUABLE}&is_satisfied=no"
        yield _finding(
            "valuable_unhappy", about.unhappy, 0, "count", about.valuable_asked, about.unhappy_revenue, "money", where
        )
    if enough and about.top_revenue > limits["top_share"] * about.active_revenue:
        share = about.top_revenue / about.active_revenue
        yield _finding(
            "concentration", share, limits["top_share"], "rate", about.top, about.top_revenue, "money", "tier=top"
        )
    few = limits["new_per_lost"] * about.lost - intervals.Z * sqrt(about.new + limits["new_per_lost"] ** 2 * about.lost)
    if enough and filters.months >= 12 and about.new < few:  # fewer by more than the chance in two counts
        ratio = about.new / about.lost
        yield _finding(
            "few_newcomers", ratio, limits["new_per_lost"], "ratio", about.lost, about.lost_revenue, "money", LOST
        )


def _complaints(con, filters: Filters, rules: state.Rules) -> Iterator[dict]:
    """Complaints that stay open longer than the target, else the limit, allows."""
    hours = rules.targets.get("complaint_hours_median") or rules.limits["open_complaint_hours"]
    row = row_of(
        con.execute(
            """
            with waiting as (
                select customer_id, epoch(cast($end as timestamp) - opened_at) / 3600e0 > $hours as is_late
                from cases
                where opened_day < $end and (resolved_at is null or resolved_at >= cast($end as timestamp))
                    and ($everyone or customer_id in (select customer_id from chosen))
            )
            select count(*) as n, count(*) filter (where is_late) as late,
                (select sum(revenue) from chosen where customer_id in (select customer_id from waiting where is_late)) as revenue
            from waiting
            """,
            {"end": filters.end, "hours": hours, "everyone": is_everyone(con)},
        )
    )
    if row.late:
        yield _finding(
            "complaints_open", row.late, hours, "hours", row.n, row.revenue, "money", "has_open_complaint=yes"
        )


def _programme(con, filters: Filters, about, rules: state.Rules) -> Iterator[dict]:
    """Few answers, few members; only where answers and members are known at all."""
    if about.active < max(1, rules.limits["least_customers"]):
        return
    limit = rules.limits["response_rate"]
    asked = con.execute(
        "select exists (select 1 from answers where question = 'overall' and day < $end)", {"end": filters.end}
    )
    if asked.fetchone()[0] and about.answered < limit * about.active:
        silent, where = about.active - about.answered, "is_active=yes&has_answered=no"
        yield _finding(
            "few_answers",
            about.answered / about.active,
            limit,
            "rate",
            about.active,
            silent,
            "customers",
            where,
            level="low",
        )
    limit = rules.limits["participation_rate"]
    if not con.execute("select exists (select 1 from members)").fetchone()[0]:  # spares a million customers the search
        return
    members = con.execute(
        """
        select count(*) from chosen
        where is_active and customer_id in (
            select k.customer_id from members m join known_as k on k.number = m.customer_id
            where m.joined_at is null or m.joined_at < $end
        )
        """,
        {"end": filters.end},
    ).fetchone()[0]
    if members < limit * about.active:
        outside = about.active - members
        yield _finding(
            "few_members", members / about.active, limit, "rate", about.active, outside, "customers", level="low"
        )


def _data(con, filters: Filters, kpis: pd.DataFrame, rules: state.Rules) -> Iterator[dict]:
    """What makes the numbers themselves doubtful: revenue of nobody, exports that end early, records set aside."""
    numbers, limits = kpis.set_index("kpi"), rules.limits
    whole, known = numbers.loc["revenue"], numbers.loc["identified_revenue"]
    if _is_known(whole.value, known.value) and whole.value > 0:
        rest = whole.value - known.value
        if rest > limits["unidentified_share"] * whole.value:
            share, lines = rest / whole.value, whole.n - known.n
            yield _finding(
                "unidentified", share, limits["unidentified_share"], "rate", lines, rest, "money", page="data"
            )
    latest = con.execute(
        "select max(day) from company_days where orders > 0 and day < $end", {"end": filters.end}
    ).fetchone()[0]
    for name, query in (
        ("surveys", "select max(day), count(*) from answers where day < $end"),
        ("complaints", "select max(opened_day), count(*) from cases where opened_day < $end"),
    ):
        last, n = con.execute(query, {"end": filters.end}).fetchone()
        if last and latest and (latest - last).days > limits["old_data_days"]:
            days = (latest - last).days
            yield _finding("data_old", days, limits["old_data_days"], "days", n, page="data", subject=name)
    records, aside = con.execute(
        "select coalesce(sum(records), 0), coalesce(sum(quarantined), 0) from imports where undone_at is null"
    ).fetchone()
    if aside > limits["quarantined_share"] * records:
        yield _finding("set_aside", aside / records, limits["quarantined_share"], "rate", int(records), page="data")
