"""The lifecycle on random lines: returns, gifts, orders of several lines and days, order numbers shared by customers, many on one day."""

import numpy as np
import pandas as pd
import pytest

from crm_analytics.metrics import lifecycle
from crm_analytics.metrics._stages import STAGES
from tests import plain
from tests.rows import given, prepared

FIRST, LENGTH = pd.Timestamp("2025-01-01"), 400


def random_lines(seed: int) -> pd.DataFrame:
    """Some 500 lines of 30 customers; an order's later lines come within twenty days."""
    rng = np.random.default_rng(seed)
    orders = pd.DataFrame(
        {
            "customer": rng.integers(0, 30, 260),
            "order": rng.integers(0, 120, 260),
            "start": rng.integers(0, LENGTH, 260),
        }
    )
    lines = orders.loc[orders.index.repeat(rng.integers(1, 4, len(orders)))]
    days = lines.start + rng.integers(0, 20, len(lines)) * (rng.random(len(lines)) < 0.3)
    amount = rng.choice([-20, -5, 0, 5, 10, 40], len(lines), p=[0.1, 0.1, 0.1, 0.3, 0.3, 0.1])
    return pd.DataFrame({
        "customer_id": "c" + lines.customer.astype(str), "order_id": "o" + lines.order.astype(str),
        "day": FIRST + pd.to_timedelta(days, unit="D"), "amount": amount,
    })  # fmt: skip


def orders_by(orders: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """The orders up to a day with their place on the ladder and the days to the next."""
    found = orders[orders.day <= day].sort_values(["customer_id", "day"], kind="stable")
    step = found.groupby("customer_id").cumcount() + 1
    return found.assign(step=step, gap=(found.groupby("customer_id").day.shift(-1) - found.day).dt.days)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_lines_as_pandas_alone_counts_them(db, seed):
    lines = random_lines(seed)
    rows = [f"{row.customer_id} {row.order_id} {row.day:%Y-%m-%d} {row.amount}" for row in lines.itertuples()]
    given(db, orders="\n".join(["customer_id order_id ordered_at amount", *rows]))
    orders = plain.orders_of(lines)
    for days in (395, 200, 45):
        day = FIRST + pd.Timedelta(days=days)
        con, filters = prepared(db, f"{day:%Y-%m-%d}")
        placed = orders_by(orders, day)
        for at, rows_ in lifecycle.trend(con, filters, span=15).groupby("day"):
            last = orders[orders.day <= at].groupby("customer_id").day.max()
            expected = plain._stages((at - last).dt.days).value_counts().reindex(list(STAGES), fill_value=0)
            assert rows_.set_index("stage").customers.to_dict() == expected.to_dict(), at
        found = lifecycle.stages(con, filters)
        assert (found.customers == found.customers_then + found.entered - found.left).all()
        ladder = lifecycle.ladder(con, filters, within=30).set_index("orders")
        for step in range(1, 6):
            here = placed[placed.step == step]
            old = here[here.day <= day - pd.Timedelta(days=30)]
            assert ladder.customers[step] == len(here)
            assert (ladder.median_days[step] == here.gap.median()) or here.gap.isna().all()
            assert ladder.observed[step] == len(old)
            assert not len(old) or ladder.observed_rate[step] == pytest.approx((old.gap <= 30).mean())
        gaps = placed.drop_duplicates(["customer_id", "day"]).groupby("customer_id").day.diff().dropna()
        assert lifecycle.borders(con, filters).gaps.iloc[0] == len(gaps)
