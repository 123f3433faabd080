"""The snapshot once more, slowly and plainly in pandas with ranks over all rows: what the fast SQL is held against.

Lines: customer_id (None: nobody known), order_id, day (Timestamp), amount and cost in whole ten-thousandths (cost may be missing).
"""

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd

UNIT = 10_000
MONEY = [
    "revenue_ever",
    "revenue",
    "margin",
    "covered_revenue",
    "revenue_before",
    "margin_before",
    "covered_revenue_before",
]
DAYS = ["first_order_date", "last_order_date", "last_line_date"]
COUNTS = ["days_since_last_order", "orders_ever", "orders", "lines", "orders_before", "lines_before", "r", "f", "m"]
FLAGS = ["is_active", "is_active_before", "is_active_earlier", "is_new"]
COLUMNS = [*DAYS, *COUNTS, *MONEY, *FLAGS, "tier", "stage"]


def bounds(as_of, months: int) -> list[pd.Timestamp]:
    """[end, start, start before, start earlier): each window is [bounds[i + 1], bounds[i])."""
    end = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    return [end - pd.DateOffset(months=back * months) for back in range(4)]


def orders_of(lines: pd.DataFrame) -> pd.DataFrame:
    """One row per order: customer_id, order_id, day of its earliest line; orders without a positive line are none."""
    found = (
        lines.groupby(["customer_id", "order_id"], dropna=False)
        .agg(day=("day", "min"), best=("amount", "max"))
        .reset_index()
    )
    return found[found["best"] > 0]


def snapshot(lines: pd.DataFrame, as_of, months: int, shares=(1, 4, 15)) -> pd.DataFrame:
    """One row per customer with a line up to as_of, by id; `shares` of the tiers in per cent."""
    end, start, before, earlier = bounds(as_of, months)
    lines = lines[(lines["day"] < end) & lines["customer_id"].notna()]
    orders = orders_of(lines)
    result = pd.DataFrame(index=pd.Index(sorted(lines["customer_id"].unique()), name="customer_id"))
    result["first_order_date"] = orders.groupby("customer_id")["day"].min()
    result["last_order_date"] = orders.groupby("customer_id")["day"].max()
    result["last_line_date"] = lines.groupby("customer_id")["day"].max()
    result["days_since_last_order"] = (pd.Timestamp(as_of) - result["last_order_date"]).dt.days
    windows = {
        "_ever": (pd.Timestamp.min, end),
        "": (start, end),
        "_before": (before, start),
        "_earlier": (earlier, before),
    }
    for suffix, (since, until) in windows.items():
        _sums(result, lines, orders, suffix, since, until)
    result["is_new"] = result["first_order_date"] >= start
    for suffix in ("", "_before", "_earlier"):
        result["is_active" + suffix] = (result["orders" + suffix] > 0) & (result["revenue" + suffix] > 0)
    _scores(result)
    result["tier"] = _tiers(result, shares)
    result["stage"] = _stages(result["days_since_last_order"])
    return result[COLUMNS]


def _sums(result, lines, orders, suffix, since, until) -> None:
    def summed(values):
        return values.sum().reindex(result.index, fill_value=0).astype("int64")

    lines = lines[(lines["day"] >= since) & (lines["day"] < until)]
    covered = lines[lines["cost"].notna()]
    result["orders" + suffix] = orders[(orders["day"] >= since) & (orders["day"] < until)].groupby("customer_id").size()
    result["orders" + suffix] = result["orders" + suffix].fillna(0).astype("int64")
    result["lines" + suffix] = lines.groupby("customer_id").size().reindex(result.index, fill_value=0)
    result["revenue" + suffix] = summed(lines.groupby("customer_id")["amount"])
    result["covered_revenue" + suffix] = summed(covered.groupby("customer_id")["amount"])
    result["margin" + suffix] = summed((covered["amount"] - covered["cost"]).groupby(covered["customer_id"]))


def _scores(result) -> None:
    """1 + (5 * customers strictly worse) div N over the buyers of the window."""
    buyers = result[result["orders"] > 0]
    for score, value in (("r", -buyers["days_since_last_order"]), ("f", buyers["orders"]), ("m", buyers["revenue"])):
        worse = value.rank(method="min") - 1
        result[score] = 1 + (5 * worse).astype("int64") // max(1, len(buyers))


def _tiers(result, shares) -> pd.Series:
    active = result[result["is_active"]].reset_index()
    ranked = active.sort_values(
        ["revenue", "orders", "last_order_date", "customer_id"], ascending=[False, False, False, True]
    )
    n, cuts, share = len(ranked), [], 0
    for part in shares:
        share += part
        cuts.append(max(cuts[-1] if cuts else min(n, 1), (2 * share * n + 100) // 200))
    tiers = pd.Series("inactive", index=result.index)
    names = np.repeat(["top", "big", "medium", "small"], np.diff([0, *cuts, n]))
    tiers[ranked["customer_id"]] = names
    return tiers


def _stages(days: pd.Series) -> pd.Series:
    """0-30 active, 31-90 silent, 91-179 forgotten, 180 and more lost; nothing without an order."""
    return days.map(
        lambda d: (
            None
            if pd.isna(d)
            else "active"
            if d <= 30
            else "silent"
            if d <= 90
            else "forgotten"
            if d <= 179
            else "lost"
        )
    )


def comparable(found: pd.DataFrame) -> pd.DataFrame:
    """A snapshot of the product in the units and types of ours: money in whole ten-thousandths."""
    found = found[COLUMNS].sort_index()
    return _typed(found.assign(**{name: (found[name] * UNIT).round() for name in MONEY}))


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    kinds = (
        dict.fromkeys(DAYS, "datetime64[us]")
        | dict.fromkeys([*COUNTS, *MONEY], "float64")
        | dict.fromkeys(FLAGS, "bool")
    )
    return frame.astype(kinds | {"tier": "object", "stage": "object"}).assign(
        stage=lambda f: f["stage"].where(f["stage"].notna(), None)
    )


def assert_same(found: pd.DataFrame, lines: pd.DataFrame, as_of, months: int, shares=(1, 4, 15)) -> None:
    """The product's snapshot equals ours, row by row and to the ten-thousandth; listed customers who never bought apart."""
    found = comparable(found[~found["tier"].isin(["prospect", "suspect"])])
    pd.testing.assert_frame_equal(
        found, _typed(snapshot(lines, as_of, months, shares)), check_index_type=False, check_names=False
    )


def online_retail(path) -> pd.DataFrame:
    """The lines of the Online Retail export: every row counts, prices have at most three decimals."""
    csv = pd.read_csv(
        path, usecols=["InvoiceNo", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"], dtype={"InvoiceNo": str}
    )
    return pd.DataFrame(
        {
            "customer_id": csv["CustomerID"].astype("Int64").astype("str").where(csv["CustomerID"].notna(), None),
            "order_id": csv["InvoiceNo"],
            "day": pd.to_datetime(csv["InvoiceDate"]).dt.normalize(),
            "amount": (csv["UnitPrice"] * UNIT).round().astype("int64") * csv["Quantity"],
            "cost": pd.Series(pd.NA, index=csv.index, dtype="Int64"),
        }
    )


def superstore(path) -> pd.DataFrame:
    """The lines of the Chinese Superstore export; profit is given, so cost = amount - profit, each half up to the ten-thousandth."""
    csv = pd.read_csv(path, dtype=str)
    amount, profit = (csv[name].map(_half_up).astype("Int64") for name in ("销售额", "利润"))
    return pd.DataFrame(
        {
            "customer_id": csv["客户 ID"],
            "order_id": csv["订单 ID"],
            "day": pd.to_datetime(csv["订单日期"]),
            "amount": amount,
            "cost": amount - profit,
        }
    )


def _half_up(text: str) -> int:
    return int((Decimal(text) * UNIT).to_integral_value(ROUND_HALF_UP))


def headline(lines: pd.DataFrame, as_of, months: int) -> tuple[dict, dict]:
    """The company's numbers of the window and of the one before, straight from the lines."""
    end, start, before, _ = bounds(as_of, months)
    first = orders_of(lines).groupby("customer_id")["day"].min()
    return _headline(lines, first, start, end), _headline(lines, first, before, start)


def _headline(lines, first, since, until) -> dict:
    lines = lines[(lines["day"] >= since) & (lines["day"] < until)]
    known, orders = lines[lines["customer_id"].notna()], orders_of(lines)
    per_customer, revenue = orders.groupby("customer_id").size(), known.groupby("customer_id")["amount"].sum()
    return {
        "revenue": lines["amount"].sum() / UNIT,
        "identified_revenue": known["amount"].sum() / UNIT,
        "orders": len(orders),
        "average_order_value": lines["amount"].sum() / UNIT / len(orders) if len(orders) else float("nan"),
        "customers": known["customer_id"].nunique(),
        "active_customers": (revenue[per_customer.index] > 0).sum(),
        "new_customers": ((first >= since) & (first < until)).sum(),
        "repurchase_rate": (per_customer >= 2).mean() if len(per_customer) else float("nan"),
    }
