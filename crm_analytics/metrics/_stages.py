"""Stock and flow of the stages between two days, and the customers behind them."""

from datetime import date, timedelta

import pandas as pd

from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters, months_before
from crm_analytics.state import rules as rules_in_force
from crm_analytics.stats.intervals import Z, wilson

STAGES = ("active", "silent", "forgotten", "lost")
NEW = "new"  # had not ordered by the first day
FROM_STAGES = (NEW, *STAGES)
FLOWS = ("new", "reactivated", "warmed", "stayed", "cooled")
FLOWING = ["customers_then", "entered", "left", "stayed", "new", "reactivated"]
CHANGE = ["change_low", "change_high"]
MATRIX = ["from_stage", "to_stage", "flow", "customers", "rate", "low", "high", "revenue", "from_date", "note"]
MOVERS = ["customer_id", "name", "flow", "from_stage", "to_stage", "last_order_date", "days_since_last_order", "revenue_ever"]  # fmt: skip
TOO_SHORT = "history_too_short"
STOCK = """
select stage, cast(count(*) as bigint) as customers, sum(revenue_ever) as revenue, sum(revenue) as revenue_window
from chosen where stage is not null group by stage
"""
# The state on the first day is a filter of customer_days: day <= d and next_day > d. Days count from the last order, not the last line.
MOVES = """
with earlier as (
    select customer_id, case when $then - last_order_day < $silent then 'active' when $then - last_order_day < $forgotten then 'silent'
        when $then - last_order_day < $lost then 'forgotten' else 'lost' end as stage
    from customer_days
    where day <= $then and next_day > $then and last_order_day is not null
),
placed as (
    select c.customer_id, coalesce(e.stage, 'new') as from_stage, c.stage as to_stage, c.revenue_ever, c.last_order_date,
        c.days_since_last_order, list_position($stages, e.stage) as was, list_position($stages, c.stage) as is_now
    from chosen c
    left join earlier e on e.customer_id = c.customer_id
    where c.stage is not null
),
moves as (
    select *, case when was is null then 'new' when is_now > was then 'cooled' when is_now = was then 'stayed'
        when was > 2 then 'reactivated' else 'warmed' end as flow
    from placed
)
"""


def first_day(filters: Filters, from_date: date | None) -> date | None:
    """The day from which flows are counted; None where the usual one lies before the data.

    Raises CrmError E_FROM_DATE on a day of the reader's own before the first order or not before the last day.
    """
    first = from_date or months_before(filters.end, 1) - timedelta(days=1)
    if filters.data_from is None or (from_date is None and first < filters.data_from):
        return None
    if not filters.data_from <= first <= filters.as_of:
        raise CrmError("E_FROM_DATE", value=first, first=filters.data_from, last=filters.as_of)
    return first


def stages(con, filters: Filters, from_date: date | None) -> pd.DataFrame:
    """See `lifecycle.stages`."""
    found = con.execute(STOCK).df().set_index("stage").reindex(list(STAGES)).astype("float64").fillna(0.0)
    found["customers"] = found["customers"].astype("int64")
    whole = found["customers"].sum()
    found.insert(1, "share", (found["customers"] / whole) if whole else float("nan"))
    cells = flows(con, filters, from_date)
    if cells.empty:
        nothing = dict.fromkeys(FLOWING, pd.Series(pd.NA, index=found.index, dtype="Int64"))
        unknown = dict.fromkeys(CHANGE, float("nan"))
        return found.assign(**nothing, **unknown, from_date=None, note=TOO_SHORT).reset_index()
    moved = cells[cells["from_stage"] != cells["to_stage"]]
    counted = {
        "customers_then": cells.groupby("from_stage")["customers"].sum(),
        "entered": moved.groupby("to_stage")["customers"].sum(),
        "left": moved.groupby("from_stage")["customers"].sum(),
        "stayed": cells[cells["flow"] == "stayed"].groupby("to_stage")["customers"].sum(),
        "new": cells[cells["flow"] == "new"].groupby("to_stage")["customers"].sum(),
        "reactivated": cells[cells["flow"] == "reactivated"].groupby("to_stage")["customers"].sum(),
    }
    whole_numbers = {name: values.reindex(found.index).fillna(0).astype("Int64") for name, values in counted.items()}
    found = found.assign(**whole_numbers)
    change = (found["customers"] - found["customers_then"]).astype("float64")
    noise = (
        Z * (found["entered"] + found["left"]).astype("float64") ** 0.5
    )  # each move is an event of its own: as a Poisson count
    return found.assign(
        change_low=change - noise, change_high=change + noise, from_date=first_day(filters, from_date), note=None
    ).reset_index()


def flows(con, filters: Filters, from_date: date | None) -> pd.DataFrame:
    """See `lifecycle.flows`."""
    first = first_day(filters, from_date)
    if first is None:
        return _nothing(MATRIX)
    found = con.execute(
        MOVES + "select from_stage, to_stage, cast(count(*) as bigint) as customers, sum(revenue_ever) as revenue "
        "from moves group by from_stage, to_stage",
        parameters(con, first),
    ).df()
    every = pd.MultiIndex.from_product([FROM_STAGES, STAGES], names=["from_stage", "to_stage"])
    cells = found.set_index(["from_stage", "to_stage"]).reindex(every).astype("float64").fillna(0.0).reset_index()
    cells["customers"] = cells["customers"].astype("int64")
    cells["flow"] = [flow(row.from_stage, row.to_stage) for row in cells.itertuples()]
    of_stage = cells.groupby("from_stage")["customers"].transform("sum")
    cells["rate"] = (cells["customers"] / of_stage).where(of_stage > 0)
    bounds = [wilson(part, n) for part, n in zip(cells["customers"], of_stage)]
    cells["low"], cells["high"] = (pd.Series(ends, dtype="float64") for ends in zip(*bounds, strict=True))
    return cells.assign(from_date=first, note=None)[MATRIX]


def movers(con, filters: Filters, from_date, flow: str, from_stage: str, to_stage: str, limit, offset) -> pd.DataFrame:
    """See `lifecycle.movers`."""
    asked = {"flow": flow, "from_stage": from_stage, "to_stage": to_stage}
    for (name, value), known in zip(asked.items(), (FLOWS, FROM_STAGES, STAGES)):
        if value and value not in known:
            option = f"--{name.replace('_', '-')}"
            raise CrmError("E_OPTION_VALUE", name="lifecycle.movers", option=option, value=value)
    first = first_day(filters, from_date)
    if first is None:
        return _nothing(MOVERS)
    wanted = {name: value for name, value in asked.items() if value}
    where = " and ".join(f"{name} = ${name}" for name in wanted) or "flow <> 'stayed'"
    return con.execute(
        MOVES + f", page as (select * from moves where {where} order by revenue_ever desc, customer_id "
        "limit $limit offset $offset) "
        "select g.customer_id, p.name, g.flow, g.from_stage, g.to_stage, g.last_order_date, g.days_since_last_order, g.revenue_ever "
        "from page g left join customer_profile p on p.customer_id = g.customer_id order by g.revenue_ever desc, g.customer_id",
        parameters(con, first) | wanted | {"limit": limit, "offset": offset},
    ).df()  # fmt: skip


def parameters(con, first: date) -> dict:
    """What MOVES takes: the first day and the borders in force."""
    return {"then": first, "stages": list(STAGES)} | borders(con)


def borders(con) -> dict[str, int]:
    """First day of silent, forgotten and lost."""
    return dict(zip(STAGES[1:], rules_in_force(con).lifecycle_days))


def flow(from_stage: str, to_stage: str) -> str:
    """The flow of a cell, as in MOVES."""
    if from_stage == NEW:
        return "new"
    was, now = STAGES.index(from_stage), STAGES.index(to_stage)
    if now >= was:
        return "cooled" if now > was else "stayed"
    return "reactivated" if was > 1 else "warmed"


def _nothing(columns: list[str]) -> pd.DataFrame:
    """No rows, and why."""
    found = pd.DataFrame(columns=columns)
    found.attrs["note"] = TOO_SHORT
    return found
