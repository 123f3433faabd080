"""The product's snapshot in polars, from the lines: money as whole cents, so that equal sums are equal."""

from datetime import date
from pathlib import Path

import polars as pl

from benchmarks.rows.calendar import LIFECYCLE_DAYS, tier_sizes, windows

WINDOWS = ("", "_before", "_earlier")


def load(path: Path) -> pl.DataFrame:
    """The file's lines."""
    return pl.read_csv(path, try_parse_dates=True).select(
        "customer_id",
        "order_id",
        pl.col("ordered_at").dt.date().alias("day"),
        *((pl.col(name) * 100).round().cast(pl.Int64).alias(name) for name in ("amount", "cost")),
    )


def snapshot(lines: pl.DataFrame) -> pl.DataFrame:
    """One row per customer as of the last day, in one lazy plan up to the scores."""
    as_of = lines["day"].max()
    known = lines.lazy().filter(pl.col("customer_id").is_not_null())
    customers = (
        _totals(known, as_of)
        .join(_orders(known, as_of), on="customer_id", how="left")
        .with_columns(pl.col(r"^orders.*$").fill_null(0))
        .collect()
    )
    customers = customers.with_columns(
        *((pl.col(f"orders{w}") > 0).and_(pl.col(f"revenue{w}") > 0).alias(f"is_active{w}") for w in WINDOWS),
        (pl.col("first_order_date") >= windows(as_of)[0]).alias("is_new"),
        (pl.lit(as_of) - pl.col("last_order_date")).dt.total_days().alias("days_since_last_order"),
    )
    return _staged(_tiered(_scored(customers)))


def _in_windows(as_of: date) -> dict[str, pl.Expr]:
    now, before, earlier = windows(as_of)
    day = pl.col("day")
    return {"": day >= now, "_before": (day >= before) & (day < now), "_earlier": (day >= earlier) & (day < before)}


def _totals(known: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """Money and lines of each customer in each window."""
    margin = pl.col("amount") - pl.col("cost")
    parts = [
        part
        for name, inside in _in_windows(as_of).items()
        for part in (
            pl.when(inside).then(pl.col("amount")).otherwise(0).sum().alias(f"revenue{name}"),
            pl.when(inside).then(margin).otherwise(0).sum().alias(f"margin{name}"),
            inside.sum().alias(f"lines{name}"),
        )
    ]
    return known.group_by("customer_id").agg(
        *parts, pl.col("amount").sum().alias("revenue_ever"), pl.col("day").max().alias("last_line_date")
    )


def _orders(known: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """Orders of each customer in each window: ids with a line that is no return, each on its first day."""
    orders = (
        known.group_by("customer_id", "order_id")
        .agg(pl.col("day").min(), (pl.col("amount") > 0).any().alias("is_order"))
        .filter("is_order")
    )
    return orders.group_by("customer_id").agg(
        *(inside.sum().alias(f"orders{name}") for name, inside in _in_windows(as_of).items()),
        pl.len().alias("orders_ever"),
        pl.col("day").min().alias("first_order_date"),
        pl.col("day").max().alias("last_order_date"),
    )


def _scored(customers: pl.DataFrame) -> pl.DataFrame:
    """1 + five times those strictly worse, divided by all buyers of the window."""
    is_buyer = pl.col("orders") > 0
    buyers = customers.select(is_buyer.sum()).item()
    return customers.with_columns(
        *(
            (1 + 5 * (pl.when(is_buyer).then(pl.col(measure)).rank("min").cast(pl.Int64) - 1) // buyers).alias(score)
            for score, measure in (("r", "last_order_date"), ("f", "orders"), ("m", "revenue"))
        )
    )


def _tiered(customers: pl.DataFrame) -> pl.DataFrame:
    by, descending = ["revenue", "orders", "last_order_date", "customer_id"], [True, True, True, False]
    active = customers.filter("is_active").sort(by, descending=descending).select("customer_id").with_row_index("place")
    top, big, medium = tier_sizes(active.height)
    place = pl.col("place")
    tier = (
        pl.when(place < top)
        .then(pl.lit("top"))
        .when(place < big)
        .then(pl.lit("big"))
        .when(place < medium)
        .then(pl.lit("medium"))
        .when(place.is_not_null())
        .then(pl.lit("small"))
        .otherwise(pl.lit("inactive"))
    )
    return customers.join(active, on="customer_id", how="left").with_columns(tier.alias("tier")).drop("place")


def _staged(customers: pl.DataFrame) -> pl.DataFrame:
    silent, forgotten, lost = LIFECYCLE_DAYS
    days = pl.col("days_since_last_order")
    return customers.with_columns(
        pl.when(days < silent)
        .then(pl.lit("active"))
        .when(days < forgotten)
        .then(pl.lit("silent"))
        .when(days < lost)
        .then(pl.lit("forgotten"))
        .when(days >= lost)
        .then(pl.lit("lost"))
        .alias("stage")
    )


def facts(customers: pl.DataFrame) -> dict:
    """What `snapshots.product` states of the same customers."""

    def table(by: list[str], rows: pl.DataFrame, *sums: str) -> list[tuple]:
        return sorted(
            rows.group_by(by).agg(pl.len(), *(pl.col(name).sum() for name in sums)).rows(),
            key=lambda row: tuple((cell is not None, cell) for cell in row),
        )

    start = date(2000, 1, 1)
    stages = [
        (stage, n, orders, days if stage else None)
        for stage, n, orders, days in table(["stage"], customers, "orders_ever", "days_since_last_order")
    ]
    days = [
        (pl.col(name) - start).dt.total_days().sum().alias(f"{name}_number")
        for name in ("first_order_date", "last_line_date")
    ]
    names = (
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
    sums = customers.select(pl.len(), *(pl.col(name).sum() for name in names), *days).row(0)
    return {
        "tiers": table(["tier"], customers, "orders", "revenue", "revenue_before"),
        "scores": table(["r", "f", "m"], customers.filter(pl.col("orders") > 0), "days_since_last_order"),
        "stages": stages,
        "sums": sums,
        "revenue of customers": sums[5],
    }


def rfm(lines: pl.DataFrame) -> pl.DataFrame:
    """Scores and segment of each customer with an order in the window, by the mean scores."""
    start = windows(lines["day"].max())[0]
    known = lines.lazy().filter(pl.col("customer_id").is_not_null())
    orders = _days_of_orders(known).filter(pl.col("day") >= start).group_by("customer_id")
    revenue = known.filter(pl.col("day") >= start).group_by("customer_id").agg(pl.col("amount").sum().alias("revenue"))
    counted = orders.agg(pl.len().alias("orders"), pl.col("day").max().alias("last_order_date"))
    buyers = _scored(counted.join(revenue, on="customer_id").collect())
    letters = [
        pl.when((pl.col(score) >= pl.col(score).mean()) & (pl.col(score).n_unique() > 1)).then(pl.lit("H")).otherwise(pl.lit("L"))
        for score in ("r", "f", "m")
    ]  # fmt: skip
    return buyers.with_columns(pl.concat_str(letters).alias("segment"))


def cohorts(lines: pl.DataFrame) -> pl.DataFrame:
    """Customers of each month of the first order who ordered in each month after it."""
    day = pl.col("day")
    orders = _days_of_orders(lines.lazy().filter(pl.col("customer_id").is_not_null()))
    months = orders.select(
        "customer_id", (day.dt.year().cast(pl.Int32) * 12 + day.dt.month() - 1).alias("month")
    ).unique()
    first = pl.col("month").min().over("customer_id")
    pairs = months.select(first.alias("cohort"), (pl.col("month") - first).alias("since"))
    return pairs.group_by("cohort", "since").agg(pl.len().alias("active")).sort("cohort", "since").collect()


def histories(lines: pl.DataFrame) -> pl.DataFrame:
    """x, last_days and days of each customer who ever bought, and how many repeat days cost something, on average how much."""
    last, spend = lines["day"].max(), pl.col("spend")
    days = (
        lines.lazy()
        .filter(pl.col("customer_id").is_not_null())
        .group_by("customer_id", "day")
        .agg(pl.col("amount").sum().alias("spend"), (pl.col("amount") >= 0).any().alias("bought"))
        .filter("bought")
    )
    found = days.group_by("customer_id").agg(
        pl.col("day").min().alias("first_day"), pl.col("day").max().alias("last_day"), pl.len().alias("occasions"),
        spend.sort_by("day").first().alias("first"), (spend > 0).sum().alias("paid"), spend.clip(lower_bound=0).sum().alias("paid_sum"),
    )  # fmt: skip
    paid = pl.col("paid").cast(pl.Int64) - (pl.col("first") > 0).cast(pl.Int64)
    repeated = pl.col("paid_sum") - pl.col("first").clip(lower_bound=0)
    return found.select(
        (pl.col("occasions").cast(pl.Int64) - 1).alias("x"),
        (pl.col("last_day") - pl.col("first_day")).dt.total_days().alias("last_days"),
        (pl.lit(last) - pl.col("first_day")).dt.total_days().alias("days"),
        paid.alias("paid"),
        pl.when(paid > 0).then(repeated / 100 / paid).alias("spend"),
    ).collect()


def _days_of_orders(known: pl.LazyFrame) -> pl.LazyFrame:
    """One row per order: ids with a line that is no return, each on its first day."""
    orders = known.group_by("customer_id", "order_id").agg(
        pl.col("day").min(), (pl.col("amount") > 0).any().alias("is_order")
    )
    return orders.filter("is_order")
