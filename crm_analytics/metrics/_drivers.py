"""What drove a change: every group of customers with its part of it, and whether that part is more than its share."""

from dataclasses import replace
from datetime import timedelta
from statistics import NormalDist
from urllib.parse import urlencode

import numpy as np
import pandas as pd

from crm_analytics import snapshot
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics import _compared
from crm_analytics.metrics._months import is_everyone

MOST_VALUES = 30
SMALL = 30  # customers below which a group says nothing
SUMS = {  # number -> what a customer adds to it; who counts
    "revenue": ("revenue{0}", "orders{0} > 0 or revenue{0} <> 0"),
    "orders": ("orders{0}", "orders{0} > 0"),
    "active_customers": ("cast(is_active{0} as integer)", "is_active{0}"),
}
RATES = {  # number -> who has done it; of whom
    "repurchase_rate": ("orders{0} > 1", "orders{0} > 0"),
    "churn_rate": ("was_active{0} and not is_active{0}", "was_active{0}"),
}
KPIS = (*SUMS, *RATES, "satisfaction")
FOLLOWING = {
    "member_tier",
    "status",
}  # they follow from what a customer bought, so they would explain a change by itself
COLUMNS = [
    "column", "group", "customers", "value_before", "value", "change", "contribution", "expected", "surplus", "noise", "is_small",
    "where",
]  # fmt: skip


def table(con, filters: Filters, kpi: str) -> pd.DataFrame:
    """The frame of `overview.drivers`, which says what it means."""
    if kpi not in KPIS:
        raise CrmError("E_OPTION_VALUE", name="overview.drivers", option="--kpi", value=kpi)
    earlier = _compared.prepare(con, filters)
    if not _measure(con, filters, kpi, earlier):
        return pd.DataFrame(columns=COLUMNS)
    columns = [
        column
        for column, values in snapshot.choices(con).items()
        if len(values) <= MOST_VALUES and column not in FOLLOWING
    ]
    _place(con, columns, filters, _windows(filters, kpi, earlier))
    nobody = _unidentified(con, filters, kpi, earlier)
    found = [
        _contributions(_grouped(con, number), kpi in SUMS, nobody).assign(column=column)
        for number, column in enumerate(columns)
    ]
    return _ranked(pd.concat(found, ignore_index=True)) if found else pd.DataFrame(columns=COLUMNS)


def _measure(con, filters: Filters, kpi: str, earlier) -> bool:
    """Table `measured`: customer_id, part and n of this window, part_then and n_then; False where there is nothing to compare.

    A sum's part is what the customer adds, a rate's whether he has done it; n is whether he counts.
    """
    if kpi == "satisfaction":
        return _measure_answers(con, filters, earlier)
    if not earlier.is_complete or (kpi == "churn_rate" and not earlier.has_one_before):
        return False
    part, counts = (SUMS | RATES)[kpi]
    now, then = ((part.format(end), counts.format(end)) for end in ("", "_then"))
    kind = "" if kpi in SUMS else "::integer"
    con.execute(
        f"create or replace temp table measured as select customer_id, ({now[0]}){kind} as part, ({now[1]})::integer as n, "
        f"({then[0]}){kind} as part_then, ({then[1]})::integer as n_then from compared where ({now[1]}) or ({then[1]})"
    )
    return kpi in SUMS or _has_both(con)


def _measure_answers(con, filters: Filters, earlier) -> bool:
    """Each customer's last overall answer in either window."""
    con.execute(
        """
        create or replace temp table measured as
        with dated as (
            select customer_id, day, is_satisfied, struct_pack(at := answered_at, import := import_id, line := source_line) as place
            from answers
            where question = 'overall' and is_satisfied is not null and customer_id is not null
                and ($everyone or customer_id in (select customer_id from chosen))
        ),
        now as (
            select customer_id, arg_max(is_satisfied, place) as is_satisfied
            from dated where day >= $start and day < $end group by customer_id
        ),
        earlier as (
            select customer_id, arg_max(is_satisfied, place) as is_satisfied
            from dated where day >= $start_then and day < $end_then group by customer_id
        )
        select coalesce(n.customer_id, e.customer_id) as customer_id,
            coalesce(n.is_satisfied, false)::integer as part, (n.is_satisfied is not null)::integer as n,
            coalesce(e.is_satisfied, false)::integer as part_then, (e.is_satisfied is not null)::integer as n_then
        from now n full join earlier e on e.customer_id = n.customer_id
        """,
        {
            "start": filters.start,
            "end": filters.end,
            "start_then": earlier.start,
            "end_then": earlier.end,
            "everyone": is_everyone(con),
        },
    )
    return _has_both(con)


def _has_both(con) -> bool:
    now, then = con.execute("select sum(n), sum(n_then) from measured").fetchone()
    return bool(now and then)


def _windows(filters: Filters, kpi: str, earlier) -> list[Filters]:
    """The windows in which customers who count have bought, latest first."""
    ends = {filters.end, earlier.end} | ({filters.start, earlier.start} if kpi == "churn_rate" else set())
    return [replace(filters, as_of=end - timedelta(days=1)) for end in sorted(ends, reverse=True)]


def _place(con, columns: list[str], filters: Filters, windows: list[Filters]) -> None:
    """Table `placed`: `measured` with the customer's group in each column as g0, g1, ...: file headers are never identifiers.

    The main channel, category and brand are those of the latest of the windows in which the customer bought.
    """
    values, joins, parameters = [], [], {}
    for number, column in enumerate(columns):
        tables = []
        if column in snapshot.CHOICE_COLUMNS:
            values.append(f"p.{column}")
        elif column == "age_band":
            parameters["as_of"] = filters.as_of
            values.append(snapshot.age_band("p.birth_date"))
        elif column in snapshot.LINE_COLUMNS:
            tables = [snapshot.main_values(con, window, column) for window in windows]
        else:
            parameters[f"name_{number}"] = column
            tables = [f"(select customer_id, value from attributes where name = $name_{number})"]
        names = [f"j{number}_{place}" for place in range(len(tables))]
        joins += [
            f"left join {table} {name} on {name}.customer_id = m.customer_id" for table, name in zip(tables, names)
        ]
        if tables:
            values.append(f"coalesce({', '.join(f'{name}.value' for name in names)}, null)")
    selected = "".join(f", {value} as g{number}" for number, value in enumerate(values))
    con.execute(
        f"create or replace temp table placed as select m.*{selected} from measured m "
        f"left join customer_profile p on p.customer_id = m.customer_id {' '.join(joins)}",
        parameters,
    )


def _grouped(con, number: int) -> pd.DataFrame:
    """Sums of each group of one column, and the squares from which its chance variation follows."""
    return con.execute(
        f"""
        select g{number} as "group", count(*) as customers, sum(part) as part, sum(n) as n, sum(part_then) as part_then,
            sum(n_then) as n_then, sum(1e0 * part * part) as aa, sum(1e0 * part * part_then) as ab,
            sum(1e0 * part_then * part_then) as bb
        from placed group by 1
        """
    ).df()


def _unidentified(con, filters: Filters, kpi: str, earlier) -> tuple[float, float]:
    """What lines without a customer add to a company's sum: now, and in the window compared with."""
    if kpi not in ("revenue", "orders") or filters.where or filters.customer_set:
        return 0.0, 0.0
    row = con.execute(
        f"select coalesce(sum(unidentified_{kpi}) filter (where day >= $start and day < $end), 0), "
        f"coalesce(sum(unidentified_{kpi}) filter (where day >= $start_then and day < $end_then), 0) from company_days",
        {"start": filters.start, "end": filters.end, "start_then": earlier.start, "end_then": earlier.end},
    ).fetchone()
    return float(row[0]), float(row[1])


def _contributions(groups: pd.DataFrame, is_sum: bool, nobody: tuple[float, float]) -> pd.DataFrame:
    """Value, change and contribution of each group of one column, beside what its share would let expect."""
    sums = ["part", "n", "part_then", "n_then", "aa", "ab", "bb"]
    groups = groups.astype(dict.fromkeys(sums, "float64"))
    if any(nobody):
        groups = _with_unknown(groups)
        groups.loc[groups["group"].isna(), ["part", "part_then"]] += list(nobody)
    return _of_sum(groups) if is_sum else _of_rate(groups)


def _with_unknown(groups: pd.DataFrame) -> pd.DataFrame:
    if groups["group"].isna().any():
        return groups
    nothing = pd.DataFrame([{name: None if name == "group" else 0.0 for name in groups}]).astype(groups.dtypes)
    return pd.concat([groups, nothing], ignore_index=True)


def _of_sum(groups: pd.DataFrame) -> pd.DataFrame:
    """A sum's contribution is the group's own change; its share is of the sum before."""
    change = groups["part"] - groups["part_then"]
    before, total = groups["part_then"].sum(), change.sum()
    share = groups["part_then"] / before if before > 0 else np.nan
    grown = 1 + total / before if before > 0 else np.nan
    squares = groups["aa"] - 2 * grown * groups["ab"] + grown**2 * groups["bb"]
    variance = (1 - share) ** 2 * squares + share**2 * (squares.sum() - squares)
    return groups.assign(
        value_before=groups["part_then"],
        value=groups["part"],
        change=change,
        contribution=change,
        expected=share * total,
        spread=np.sqrt(np.maximum(variance, 0)),
    )


def _of_rate(groups: pd.DataFrame) -> pd.DataFrame:
    """Change of the rate at the mean share, and change of the share at the mean distance from the whole; a rate that nobody
    makes up in one window counts as unchanged."""
    n, n_then = groups["n"].sum(), groups["n_then"].sum()
    whole, whole_then = groups["part"].sum() / n, groups["part_then"].sum() / n_then
    share, share_then = groups["n"] / n, groups["n_then"] / n_then
    rate, rate_then = (groups[f"part{end}"] / groups[f"n{end}"].where(groups[f"n{end}"] > 0) for end in ("", "_then"))
    filled, filled_then = rate.fillna(rate_then), rate_then.fillna(rate)
    mean_share = (share + share_then) / 2
    mix = (share - share_then) * ((filled + filled_then) / 2 - (whole + whole_then) / 2)
    variance = mean_share**2 * sum(
        (1 - smooth) * smooth / groups[f"n{end}"].where(groups[f"n{end}"] > 0)
        for end in ("", "_then")
        for smooth in [(groups[f"part{end}"] + 0.5) / (groups[f"n{end}"] + 1)]
    ).fillna(0)
    return groups.assign(
        value_before=rate_then,
        value=rate,
        change=rate - rate_then,
        contribution=mix + (filled - filled_then) * mean_share,
        expected=share_then * (whole - whole_then),
        spread=np.sqrt((1 - share_then) ** 2 * variance + share_then**2 * (variance.sum() - variance)),
    )


def _ranked(found: pd.DataFrame) -> pd.DataFrame:
    """The most telling first; the interval is widened for the number of groups looked at (Bonferroni)."""
    found["surplus"] = found["contribution"] - found["expected"]
    found["is_small"] = found["customers"] < SMALL
    judged = found["group"].notna() & ~found["is_small"]
    found["noise"] = found["spread"] * NormalDist().inv_cdf(1 - 0.025 / max(1, judged.sum()))
    found["quiet"] = ~(judged & (found["surplus"].abs() > found["noise"]))
    found["size"] = -found["surplus"].abs().fillna(found["contribution"].abs())
    found["where"] = [
        None if pd.isna(group) else urlencode({column: group}) for column, group in zip(found["column"], found["group"])
    ]
    found = found.sort_values(["quiet", "is_small", "size", "column", "group"], na_position="last", kind="stable")
    return found.astype({"customers": "int64"})[COLUMNS].reset_index(drop=True)
