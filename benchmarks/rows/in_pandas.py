"""The product's snapshot in pandas, from the lines: money as whole cents, so that equal sums are equal."""

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.rows.calendar import LIFECYCLE_DAYS, tier_sizes, windows


def load(path: Path) -> pd.DataFrame:
    """The file's lines: its fastest reader, ids as categories because the grouping below gains more than they cost."""
    lines = pd.read_csv(path, engine="pyarrow", dtype_backend="pyarrow")
    cents = {name: (lines[name].astype("float64") * 100).round().astype("int64") for name in ("amount", "cost")}
    return pd.DataFrame(
        {
            "customer_id": lines["customer_id"].astype("category"),
            "order_id": lines["order_id"],
            "day": lines["ordered_at"].astype("datetime64[s]").dt.floor("D"),
            **cents,
        }
    )


def snapshot(lines: pd.DataFrame) -> pd.DataFrame:
    """One row per customer as of the last day."""
    known = lines[lines["customer_id"].notna()]
    as_of = lines["day"].max().date()
    customers = pd.concat([_totals(known, as_of), _orders(known, as_of)], axis=1)
    customers = customers.fillna({name: 0 for name in customers if name.startswith("orders")})
    customers["is_active"] = (customers["orders"] > 0) & (customers["revenue"] > 0)
    customers["is_active_before"] = (customers["orders_before"] > 0) & (customers["revenue_before"] > 0)
    customers["is_active_earlier"] = (customers["orders_earlier"] > 0) & (customers["revenue_earlier"] > 0)
    customers["is_new"] = customers["first_order_date"] >= pd.Timestamp(windows(as_of)[0])
    customers["days_since_last_order"] = (pd.Timestamp(as_of) - customers["last_order_date"]).dt.days
    _score(customers)
    customers["tier"] = _tiers(customers)
    customers["stage"] = _stages(customers["days_since_last_order"])
    return customers


def _window(days: pd.Series, as_of) -> np.ndarray:
    """'' = the window, then _before, _earlier, _older."""
    now, before, earlier = (pd.Timestamp(day) for day in windows(as_of))
    return np.select([days >= now, days >= before, days >= earlier], ["", "_before", "_earlier"], "_older")


def _totals(known: pd.DataFrame, as_of) -> pd.DataFrame:
    """Money and lines of each customer in each window."""
    window = pd.Categorical(_window(known["day"], as_of))
    sums = (
        known.assign(window=window, margin=known["amount"] - known["cost"])
        .groupby(["customer_id", "window"], observed=True)
        .agg(
            revenue=("amount", "sum"), margin=("margin", "sum"), lines=("amount", "size"), last_line_date=("day", "max")
        )
        .unstack("window")
    )
    sums.columns = [name + window for name, window in sums.columns]
    dates = [name for name in sums if name.startswith("last_line_date")]
    numbers = [name for name in sums if name not in dates]
    sums[numbers] = sums[numbers].fillna(0).astype("int64")
    for name in (
        f"{value}{window}"
        for value in ("revenue", "margin", "lines")
        for window in ("", "_before", "_earlier", "_older")
    ):
        if name not in sums:
            sums[name] = 0
    sums["revenue_ever"] = sums[[name for name in numbers if name.startswith("revenue")]].sum(axis=1)
    sums["last_line_date"] = sums[dates].max(axis=1)
    return sums


def _orders(known: pd.DataFrame, as_of) -> pd.DataFrame:
    """Orders of each customer in each window: ids with a line that is no return, each on its first day."""
    orders = (
        known.assign(is_order=known["amount"] > 0)
        .groupby(["customer_id", "order_id"], observed=True, sort=False)
        .agg(day=("day", "min"), is_order=("is_order", "max"))
        .reset_index()
    )
    orders = orders[orders["is_order"]]
    counts = (
        orders.groupby(["customer_id", pd.Categorical(_window(orders["day"], as_of))], observed=True)
        .size()
        .unstack(fill_value=0)
    )
    counts.columns = ["orders" + window for window in counts.columns]
    for window in ("", "_before", "_earlier", "_older"):
        if "orders" + window not in counts:
            counts["orders" + window] = 0
    counts["orders_ever"] = counts.sum(axis=1)
    days = orders.groupby("customer_id", observed=True)["day"].agg(["min", "max"])
    return counts.assign(first_order_date=days["min"], last_order_date=days["max"])


def _score(customers: pd.DataFrame) -> None:
    """1 + five times those strictly worse, divided by all buyers of the window."""
    buyers = customers[customers["orders"] > 0]
    for score, measure in (("r", "last_order_date"), ("f", "orders"), ("m", "revenue")):
        worse = buyers[measure].rank(method="min").astype("int64") - 1
        customers[score] = (1 + 5 * worse // len(buyers)).reindex(customers.index)


def _tiers(customers: pd.DataFrame) -> pd.Series:
    active = (
        customers[customers["is_active"]]
        .rename_axis("id")
        .reset_index()
        .astype({"id": "str"})
        .sort_values(["revenue", "orders", "last_order_date", "id"], ascending=[False, False, False, True])
    )
    tiers = pd.Series("inactive", index=customers.index)
    top, big, medium = tier_sizes(len(active))
    ranked = np.full(len(active), "small", dtype=object)
    ranked[:medium], ranked[:big], ranked[:top] = "medium", "big", "top"
    tiers.loc[active["id"]] = ranked
    return tiers


def _stages(days: pd.Series) -> pd.Series:
    silent, forgotten, lost = LIFECYCLE_DAYS
    found = np.select(
        [days < silent, days < forgotten, days < lost, days >= lost], ["active", "silent", "forgotten", "lost"], ""
    )
    stages = pd.Series(found, index=days.index, dtype=object)
    return stages.where(days.notna(), None)


def facts(customers: pd.DataFrame) -> dict:
    """What `snapshots.product` states of the same customers."""

    def table(by: list[str], rows: pd.DataFrame, **sums) -> list[tuple]:
        grouped = rows.groupby(by, dropna=False).agg(n=("orders", "size"), **{name: (name, "sum") for name in sums})
        return [
            (
                *(None if pd.isna(key) else key for key in (keys if isinstance(keys, tuple) else (keys,))),
                *map(int, values),
            )
            for keys, *values in grouped.itertuples(name=None)
        ]

    def ordered(found: list[tuple]) -> list[tuple]:
        return sorted(found, key=lambda row: tuple((cell is not None, cell) for cell in row))

    buyers = customers[customers["orders"] > 0].astype({"r": int, "f": int, "m": int})
    stages = [
        (stage, n, orders, days if stage else None)
        for stage, n, orders, days in table(["stage"], customers, orders_ever=1, days_since_last_order=1)
    ]
    first = (customers["first_order_date"].dropna() - pd.Timestamp("2000-01-01")).dt.days
    last = (customers["last_line_date"] - pd.Timestamp("2000-01-01")).dt.days
    whole = [
        int(customers[name].sum())
        for name in (
            "orders",
            "orders_before",
            "lines",
            "lines_before",
            "revenue_ever",
            "margin",
            "margin_before",
            "revenue",
            "is_active_before",
            "is_active_earlier",
            "is_new",
        )
    ]
    sums = (len(customers), *whole, int(first.sum()), int(last.sum()))
    return {
        "tiers": ordered(table(["tier"], customers, orders=1, revenue=1, revenue_before=1)),
        "scores": ordered(table(["r", "f", "m"], buyers, days_since_last_order=1)),
        "stages": ordered(stages),
        "sums": sums,
        "revenue of customers": sums[5],
    }


def rfm(lines: pd.DataFrame) -> pd.DataFrame:
    """Scores and segment of each customer with an order in the window, by the mean scores."""
    known, start = lines[lines["customer_id"].notna()], pd.Timestamp(windows(lines["day"].max().date())[0])
    orders = _days_of_orders(known)
    orders = orders[orders["day"] >= start].groupby("customer_id", observed=True)["day"].agg(["size", "max"])
    revenue = known[known["day"] >= start].groupby("customer_id", observed=True)["amount"].sum()
    buyers = orders.rename(columns={"size": "orders", "max": "last_order_date"}).join(revenue.rename("revenue"))
    _score(buyers)
    high = [(buyers[score] >= buyers[score].mean()) & (buyers[score].nunique() > 1) for score in ("r", "f", "m")]
    letters = [np.where(each, "H", "L").astype(object) for each in high]
    return buyers.assign(segment=letters[0] + letters[1] + letters[2])


def cohorts(lines: pd.DataFrame) -> pd.DataFrame:
    """Customers of each month of the first order who ordered in each month after it."""
    orders = _days_of_orders(lines[lines["customer_id"].notna()])
    month = orders["day"].dt.year * 12 + orders["day"].dt.month - 1
    first = month.groupby(orders["customer_id"], observed=True).transform("min")
    pairs = pd.DataFrame(
        {"customer_id": orders["customer_id"], "cohort": first, "since": month - first}
    ).drop_duplicates()
    return pairs.groupby(["cohort", "since"]).size().rename("active").reset_index()


def histories(lines: pd.DataFrame) -> pd.DataFrame:
    """x, last_days and days of each customer who ever bought, and how many repeat days cost something, on average how much."""
    known = lines[lines["customer_id"].notna()]
    days = known.assign(bought=known["amount"] >= 0).groupby(["customer_id", "day"], observed=True, sort=True)
    days = days.agg(spend=("amount", "sum"), bought=("bought", "max")).reset_index()
    days = days[days["bought"]]
    days["paid"], days["paid_sum"] = days["spend"] > 0, days["spend"].clip(lower=0)
    found = days.groupby("customer_id", observed=True).agg(
        first_day=("day", "min"), last_day=("day", "max"), occasions=("day", "size"),
        first=("spend", "first"), paid=("paid", "sum"), paid_sum=("paid_sum", "sum"),
    )  # fmt: skip
    paid = found["paid"] - (found["first"] > 0)
    return pd.DataFrame(
        {
            "x": found["occasions"] - 1,
            "last_days": (found["last_day"] - found["first_day"]).dt.days,
            "days": (lines["day"].max() - found["first_day"]).dt.days,
            "paid": paid,
            "spend": (found["paid_sum"] - found["first"].clip(lower=0)) / 100 / paid.where(paid > 0),
        }
    )


def _days_of_orders(known: pd.DataFrame) -> pd.DataFrame:
    """One row per order: ids with a line that is no return, each on its first day."""
    orders = known.assign(is_order=known["amount"] > 0).groupby(["customer_id", "order_id"], observed=True, sort=False)
    orders = orders.agg(day=("day", "min"), is_order=("is_order", "max")).reset_index()
    return orders[orders["is_order"]]
