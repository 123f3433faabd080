"""Ways to continue a series: by eye, on series without chance, and what must hold of all of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_analytics.stats import forecast
from crm_analytics.stats.forecast import BASELINE, MODELS

YEAR = np.array([5.0, 3, 4, 4, 6, 8, 2, 2, 4, 5, 9, 20])
EVERY = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)


def test_the_same_month_a_year_before():
    assert list(forecast.seasonal_naive(np.arange(1.0, 15), 14)) == [*range(3, 15), 3, 4]


def test_what_lies_before_the_first_month_is_unknown():
    said = forecast.seasonal_naive(np.array([7.0, 8]), 12)
    assert np.isnan(said[:10]).all() and list(said[10:]) == [7, 8]


def test_last_year_with_growth_by_hand():
    series = np.array([10.0] * 12 + [10] * 6 + [15] * 6)  # the last six stand half above the same months a year before
    assert list(forecast.seasonal_growth(series, 8)) == [15] * 6 + [22.5] * 2


def test_growth_is_added_where_there_is_no_ratio():
    series = np.array([-2.0] * 12 + [1] * 6)
    assert list(forecast.seasonal_growth(series, 7)) == [1] * 6 + [4]


def test_a_season_of_ratios_and_one_of_differences():
    season, is_ratio = forecast.seasons(np.tile(YEAR, 3))
    assert is_ratio and season == pytest.approx(YEAR / YEAR.mean())
    season, is_ratio = forecast.seasons(np.tile(YEAR - 5, 2))
    assert not is_ratio and season == pytest.approx(YEAR - YEAR.mean())


def test_a_line_goes_on_and_flattens():
    said = forecast.damped_trend(np.arange(100.0, 136), 12)
    steps = np.diff([135, *said])
    assert (steps > 0).all() and (np.diff(steps) < 0).all() and said[0] == pytest.approx(136, abs=0.1)


@EVERY
@pytest.mark.parametrize("years", [2, 3, 6])
def test_a_series_that_only_repeats_its_year_is_forecast_exactly(model, years):
    assert model.forecast(np.tile(YEAR, years), 12) == pytest.approx(YEAR)


@EVERY
def test_no_sales_stay_no_sales(model):
    assert list(model.forecast(np.zeros(30), 3)) == [0, 0, 0]


@EVERY
@given(st.lists(st.floats(1, 1000), min_size=24, max_size=40), st.integers(-8, 8))
def test_a_series_twice_as_large_has_a_forecast_twice_as_large(model, values, power):
    series, scale = np.array(values), 2.0**power  # powers of two: no rounding can tip a choice between equals
    assert model.forecast(series * scale, 12) == pytest.approx(model.forecast(series, 12) * scale, rel=1e-12)


def test_the_baseline_comes_first_and_needs_a_year():
    assert MODELS[0] is BASELINE and BASELINE.needs == 12
