"""The forecast of a few rows in sight, no look-ahead, refusals; then real exports, held against plain pandas."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from crm_analytics.database import open_database
from crm_analytics.errors import CrmError
from crm_analytics.filters import months_before
from crm_analytics.metrics import forecast, overview
from tests import plain
from tests.rows import given, prepared

HEAD = "customer_id order_id ordered_at amount region\n"
YEAR = (10, 20, 30, 40, 50, 60, 10, 20, 30, 40, 50, 120)


def orders(first: date, amounts, region: str = "north", who: str = "a") -> str:
    """One order of each amount, on the second day of one month after the other."""
    months = [months_before(first, -place) for place in range(len(amounts))]
    return "".join(
        f"{who} {who}{month:%y%m} {month:%Y-%m}-02 {amount} {region}\n" for month, amount in zip(months, amounts)
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Two years that are the same, then nine days of January 2026; one customer more in every third month."""
    database = open_database(tmp_path_factory.mktemp("shop") / "crm.duckdb")
    rows = orders(date(2024, 1, 1), YEAR * 2) + orders(date(2026, 1, 1), [4])
    given(
        database,
        orders=HEAD
        + rows
        + "b x 2024-03-02 5 south\nb y 2024-03-20 5 south\nb r 2024-04-02 -5 south\n- z 2024-05-05 7 -\n",
    )
    yield database
    database.close()


def test_each_month_by_hand(shop):
    found = forecast.history(*prepared(shop, "2026-01-09")).set_index("month")
    assert list(found.loc[date(2024, 3, 1), ["revenue", "active_customers", "orders"]]) == [40, 2, 3]  # 30 + 5 + 5
    assert list(found.loc[date(2024, 4, 1), ["revenue", "active_customers", "orders"]]) == [
        35,
        1,
        1,
    ]  # a return is no order
    assert list(found.loc[date(2024, 5, 1), ["revenue", "active_customers", "orders"]]) == [
        57,
        1,
        2,
    ]  # nobody's line counts
    assert len(found) == 25 and found.in_progress.tolist() == [False] * 24 + [True]
    assert found.revenue.iloc[-1] == 4


def test_the_months_of_a_choice_are_theirs_alone(shop):
    con, filters = prepared(shop, "2026-01-09", where=(("region", ("south",)),))
    found = forecast.history(con, filters).set_index("month")
    assert found.revenue.sum() == 5 and found.active_customers.sum() == 1 and found.orders.sum() == 2
    assert len(found) == 25, "a month without them is a month with nothing"


def test_a_year_that_repeats_itself_is_expected_again(shop):
    found = forecast.course(*prepared(shop, "2026-01-09"), horizon=12)
    coming = found[found.is_forecast]
    assert list(coming.month) == [date(2026, month, 1) for month in range(1, 13)]
    assert list(coming.forecast) == list(coming.baseline) == list(YEAR)
    assert coming.in_progress.tolist() == [True] + [False] * 11
    assert coming.value.tolist()[0] == 4 and coming.value.isna().sum() == 11, "so far, and not yet"
    past = found[~found.is_forecast]
    assert past.baseline.isna().tolist() == [True] * 12 + [False] * 12 and past.forecast.isna().all()
    assert (coming.low <= coming.forecast).all() and (coming.forecast <= coming.high).all()
    assert (coming.low_95 <= coming.low).all() and (coming.high <= coming.high_95).all()


@pytest.mark.parametrize("kpi", ["revenue", "orders"])
def test_the_month_in_progress_is_no_less_than_has_come_in_already(db, kpi):
    given(db, orders=HEAD + orders(date(2024, 1, 1), YEAR * 2) + "a p 2026-01-02 15 north\nb q 2026-01-03 9 north")
    coming = forecast.course(*prepared(db, "2026-01-09"), kpi=kpi).tail(6)
    so_far, usual = {"revenue": (24, 10), "orders": (2, 1)}[kpi]
    assert coming[["value", "forecast", "baseline"]].iloc[0].tolist() == [so_far, so_far, usual]
    assert coming.low.iloc[0] == so_far <= coming.high.iloc[0]
    assert (coming.forecast.iloc[1:] == coming.baseline.iloc[1:]).all()


def test_the_coming_months_together(shop):
    row = forecast.summary(*prepared(shop, "2026-01-09"), horizon=3).iloc[0]
    assert (row.first_month, row.last_month, row.months) == (date(2026, 1, 1), date(2026, 3, 1), 24)
    assert (row.forecast, row.year_before, row.change_rate, row.outcome) == (60, 60, 0, "same")
    assert (row.model, row.reason) == ("seasonal_naive", "too_few")


def test_customers_are_a_mean_and_not_counted_twice(shop):
    assert forecast.summary(*prepared(shop, "2026-01-09"), kpi="active_customers").forecast.iloc[0] == 1


def test_a_count_has_no_bound_below_zero(shop):
    found = forecast.course(*prepared(shop, "2026-01-09", where=(("region", ("south",)),)), kpi="orders")
    assert (found.low_95.dropna() >= 0).all() and len(found.low_95.dropna())


@pytest.mark.parametrize("as_of", ["2025-12-30", "2025-12-31"])
def test_a_month_is_whole_on_its_last_day(shop, as_of):
    found = forecast.history(*prepared(shop, as_of))
    assert found.in_progress.any() == (as_of == "2025-12-30")


def test_months_behind_the_last_line_are_not_known_to_be_empty(shop):
    found = forecast.history(*prepared(shop, "2026-04-30"))
    assert found.month.max() == date(2026, 1, 1) and found.in_progress.iloc[-1], "January ends with its last line"


@pytest.mark.parametrize(("day", "first"), [(3, date(2024, 5, 1)), (4, date(2024, 6, 1))])
def test_the_month_in_which_the_data_begin(db, day, first):
    given(db, orders=f"{HEAD}a 1 2024-05-0{day} 5 north\na 2 2024-07-31 5 north")
    assert forecast.history(*prepared(db)).month.min() == first


@pytest.mark.parametrize(("months", "has_interval"), [(11, None), (12, False), (17, False), (18, True)])
def test_how_many_months_it_takes(db, months, has_interval):
    given(db, orders=HEAD + orders(date(2024, 1, 1), range(10, 10 + months)))
    con, filters = prepared(db, months_before(date(2024, 1, 1), -months) - timedelta(days=1))
    if has_interval is None:
        with pytest.raises(CrmError, match="12 whole months .* there are 11"):
            forecast.course(con, filters)
        return
    coming = forecast.course(con, filters).tail(6)
    assert coming.baseline.notna().all() and coming.low.notna().all() == has_interval
    assert (forecast.summary(con, filters).outcome.iloc[0] == "unknown") != has_interval


@pytest.mark.parametrize("options", [{"kpi": "margin"}, {"horizon": 0}, {"horizon": 13}])
@pytest.mark.parametrize(
    "metric", [forecast.course, forecast.summary, forecast.models, forecast.backtest, forecast.replay]
)
def test_what_cannot_be_asked_is_refused(shop, metric, options):
    with pytest.raises(CrmError) as refusal:
        metric(*prepared(shop), **options)
    assert refusal.value.code == "E_CHOICE"


def test_what_cannot_have_been_said_is_refused(shop):
    with pytest.raises(CrmError):
        forecast.replay(*prepared(shop), ahead=13)


def test_before_the_first_line_there_are_no_months(shop):
    con, filters = prepared(shop, "2023-12-31")
    assert forecast.history(con, filters).empty
    with pytest.raises(CrmError, match="there are 0"):
        forecast.course(con, filters)


def test_the_models_and_their_errors(shop):
    found = forecast.models(*prepared(shop, "2026-01-09"), horizon=1).set_index("model")
    assert found.outcome["seasonal_naive"] == "baseline" and found.is_used["seasonal_naive"]
    assert found.origins["seasonal_naive"] == 12  # the ends of the second year's months
    off = (10 + 5 - 0 + 7 - 0) / 12  # March 40, April 35 and May 57 came back as 30, 40 and 50
    assert found.mae["seasonal_naive"] == pytest.approx(off) and found.mase["seasonal_naive"] == pytest.approx(1)


def test_the_replay_says_what_was_known(shop):
    found = forecast.replay(*prepared(shop, "2026-01-09"), ahead=3).set_index("month")
    assert found.forecast[date(2025, 3, 1)] == 40 and found.value[date(2025, 3, 1)] == 30
    assert found.forecast[: date(2024, 12, 1)].isna().all()


@pytest.mark.parametrize("kpi", forecast.KPIS)
def test_later_rows_change_no_earlier_answer(db, kpi):
    amounts = [100 + 7 * place + 30 * (place % 12 == 11) for place in range(40)]
    given(db, orders=HEAD + orders(date(2022, 1, 1), amounts))
    before = [
        metric(*prepared(db, "2025-04-20"), kpi=kpi) for metric in (forecast.course, forecast.summary, forecast.models)
    ]
    given(db, orders=HEAD + "c late 2025-04-21 9999 north\na later 2025-06-01 500 north\na back 2025-04-25 -50 north\n")
    after = [
        metric(*prepared(db, "2025-04-20"), kpi=kpi) for metric in (forecast.course, forecast.summary, forecast.models)
    ]
    for then, now in zip(before, after):
        pd.testing.assert_frame_equal(then, now)


def by_month(lines: pd.DataFrame) -> pd.DataFrame:
    """Revenue, customers who ordered and orders of each month, straight from the lines."""
    made = plain.orders_of(lines)
    of_orders = made.groupby(made.day.dt.to_period("M"))
    revenue = lines.groupby(lines.day.dt.to_period("M")).amount.sum() / plain.UNIT
    return pd.DataFrame(
        {"revenue": revenue, "active_customers": of_orders.customer_id.nunique(), "orders": of_orders.size()}
    )


@pytest.mark.parametrize("company", ["retail", "superstore"])
def test_real_months_are_those_of_plain_pandas_and_of_the_overview(company, request):
    database, lines = request.getfixturevalue(company)
    con, filters = prepared(database)
    found = forecast.history(con, filters)
    expected = by_month(lines)
    assert len(found) == len(expected)
    for kpi in forecast.KPIS:
        assert found[kpi].to_numpy() == pytest.approx(expected[kpi].to_numpy(dtype="float64"), abs=1e-6), kpi
    trend = overview.trend(con, filters, points=60, rolling=0)
    for kpi in ("revenue", "orders"):
        assert found[kpi].tolist() == pytest.approx(trend[trend.kpi == kpi].value.tolist(), abs=1e-6)


def test_a_choice_of_real_customers_is_theirs_in_plain_pandas(superstore):
    database, lines = superstore
    con, filters = prepared(database, date(2017, 6, 15), where=(("tier", ("big",)),))
    chosen = {each for (each,) in con.execute("select customer_id from chosen").fetchall()}
    expected = by_month(lines[lines.customer_id.isin(chosen) & (lines.day <= "2017-06-15")])
    found = forecast.history(con, filters).set_index(pd.PeriodIndex(forecast.history(con, filters).month, freq="M"))
    for kpi in forecast.KPIS:
        assert found[kpi].to_numpy() == pytest.approx(
            expected[kpi].reindex(found.index).fillna(0).to_numpy(dtype="float64"), abs=1e-6
        )


def test_four_real_years_say_which_method_and_why(superstore):
    con, filters = prepared(superstore[0])
    months = by_month(superstore[1]).revenue.to_numpy()[:47]  # the data end on 30 December
    models = forecast.models(con, filters).set_index("model")
    off = [np.abs(months[t : t + 6] - months[t - 12 : t - 6]).mean() for t in range(12, 42)]
    assert models.mae["seasonal_naive"] == pytest.approx(np.mean(off)) and models.origins["seasonal_naive"] == 30
    grown = []
    for t in range(18, 42):
        growth = months[t - 6 : t].sum() / months[t - 18 : t - 12].sum()
        grown.append(np.abs(months[t : t + 6] - growth * months[t - 12 : t - 6]).mean())
    assert models.mae["seasonal_growth"] == pytest.approx(np.mean(grown))
    assert models.error_ratio["seasonal_growth"] == pytest.approx(np.mean(grown) / np.mean(off[6:]))
    assert models.is_used.sum() == 1


def test_luck_is_shared_by_those_that_can_be_judged(superstore):
    found = forecast.models(*prepared(superstore[0]), horizon=3).set_index("model").loc["seasonal_growth"]
    assert 0.05 < found.p_value < 0.10 and found.error_ratio < 0.95 and found.outcome == "unclear", "two share a tenth"


def test_one_real_year_has_a_baseline_and_no_interval(retail):
    found = forecast.course(*prepared(retail[0])).tail(6)
    assert found.in_progress.tolist() == [True] + [False] * 5
    assert found.forecast.iloc[0] == pytest.approx(748957.02) and found.low.isna().all()
