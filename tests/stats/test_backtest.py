"""The back-test: what is known when, when another method may replace the baseline, and whether intervals hold what they say."""

import numpy as np
import pytest

from crm_analytics.stats import backtest
from crm_analytics.stats.forecast import BASELINE, CHALLENGERS, MODELS

GROWTH, DAMPED = CHALLENGERS
YEAR = 1 + 0.3 * np.sin(np.arange(12) * np.pi / 6) + np.eye(12)[11] * 0.5


def walk(chance, n: int) -> np.ndarray:
    """Each month is the same month a year before, give or take a tenth: the baseline is the best there is."""
    series = list(100 * YEAR * np.exp(chance.normal(0, 0.1, 12)))
    while len(series) < n:
        series.append(series[-12] * np.exp(chance.normal(0, 0.1)))
    return np.array(series)


def growing(chance, n: int) -> np.ndarray:
    """One and a half per cent more each month."""
    return 100 * np.resize(YEAR, n) * np.exp(0.015 * np.arange(n) + chance.normal(0, 0.07, n))


def judged(series: np.ndarray, horizon: int = 6) -> list[backtest.Verdict]:
    return backtest.judge(series, {model.name: backtest.replay(model, series) for model in MODELS}, horizon)


def test_what_came_stands_where_it_was_said():
    came = backtest.happened(np.array([1.0, 2, 3]))
    assert list(came[1][:2]) == [2, 3] and np.isnan(came[1][2:]).all()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_nothing_is_known_before_it_happened(model):
    series = growing(np.random.default_rng(1), 40)
    whole, part = backtest.replay(model, series), backtest.replay(model, series[:30])
    np.testing.assert_array_equal(whole[:30], part)
    assert np.isnan(whole[: 1 if model is BASELINE else model.needs]).all()


def test_errors_known_at_an_origin_are_those_of_months_that_are_over():
    errors = np.log(np.full((30, 12), 1.1))
    errors[20:] = 5.0  # what happens later must not widen an interval of before
    spread = backtest.Spread(errors, True)
    assert spread.widths(0.8, before=20)[0] == pytest.approx(np.log(1.1) * 1.3277, rel=1e-4)  # t with 19 degrees
    assert np.isnan(spread.widths(0.8, before=5)).all()


def test_width_by_hand_and_never_narrower_further_ahead():
    errors = np.full((9, 3), np.nan)
    errors[:8, 0], errors[:7, 1], errors[:5, 2] = 2.0, -1.0, 1.0
    widths = backtest.Spread(errors, False).widths(0.95)
    assert widths[0] == pytest.approx(2 * 2.3646, rel=1e-4)  # t of 97.5 % with 7 degrees
    assert widths[1] == pytest.approx(2 * 2.4469, rel=1e-4)  # the errors are smaller, the width is not; 6 degrees
    assert np.isnan(widths[2]), "five errors say nothing"


def test_ratios_where_all_is_positive_else_differences():
    assert backtest.Spread.of(np.array([[2.0]]), np.array([[1.0]])).errors == pytest.approx(np.log(2))
    assert backtest.Spread.of(np.array([[2.0]]), np.array([[0.0]])).errors == 2
    low, high = backtest.Spread(np.zeros((1, 1)), True).around(10.0, np.log(2))
    assert (low, high) == (pytest.approx(5), pytest.approx(20))


@pytest.mark.parametrize("months", [13, 18, 28])
def test_a_short_past_keeps_the_baseline(months):
    verdicts = judged(growing(np.random.default_rng(2), months))
    assert {each.outcome for each in verdicts} == {"too_few"} and backtest.chosen(verdicts) is BASELINE


def test_from_when_on_a_challenger_can_be_judged():
    series = growing(np.random.default_rng(2), 41)
    assert [each.origins for each in judged(series)] == [18, 12]  # 41 - needs - 6 + 1
    assert [each.origins for each in judged(series[:40])] == [17, 11]
    assert judged(series[:40])[1].outcome == "too_few"


def test_a_series_that_repeats_its_year_has_nothing_to_beat():
    verdicts = judged(np.tile(YEAR, 5))
    assert all(each.outcome == "not_better" for each in verdicts)


def test_steady_growth_beats_the_baseline_and_the_smallest_error_wins():
    verdicts = judged(100 * 1.02 ** np.arange(48) * np.resize(YEAR, 48))
    assert [each.outcome for each in verdicts][0] == "better"
    assert backtest.chosen(verdicts) is min(verdicts, key=lambda each: each.ratio).model


def test_the_chance_of_a_lead_by_hand():
    n = 28  # three lowest frequencies; a slow wave of height 1 puts n / 4 into the first: variance n / 12
    leads = 1 + np.cos(2 * np.pi * np.arange(n) / n)
    assert backtest.chance_of_lead(leads) == pytest.approx(0.0067, abs=5e-5)  # t = sqrt(12) with 6 degrees
    assert backtest.chance_of_lead(-leads) == pytest.approx(1 - 0.0067, abs=5e-5)


def test_a_lead_without_change_is_no_luck_and_none_is_no_lead():
    assert backtest.chance_of_lead(np.ones(12)) == 0 and backtest.chance_of_lead(np.zeros(12)) == 1


def taken(make, n: int, times: int, horizon: int = 6) -> float:
    chance = np.random.default_rng(n)
    return np.mean([backtest.chosen(judged(make(chance, n), horizon)) is not BASELINE for _ in range(times)])


def test_where_the_baseline_is_right_another_method_is_hardly_ever_taken():
    assert taken(walk, 36, 60) <= 0.10 and taken(walk, 48, 40) <= 0.10


def test_where_there_is_growth_the_baseline_is_replaced():
    assert taken(growing, 36, 30) >= 0.7 and taken(growing, 60, 15) >= 0.7


@pytest.mark.long
@pytest.mark.parametrize("months", [30, 36, 48, 60])
@pytest.mark.parametrize("horizon", [1, 3, 6, 12])
def test_taken_by_luck_in_fewer_than_one_of_twenty(months, horizon):
    assert taken(walk, months, 400, horizon) <= 0.05


def covered(make, model, n: int, times: int) -> dict[str, float]:
    """Shares of six coming months, and of their sums, inside their intervals."""
    chance, hits = np.random.default_rng(7), {"80": [], "95": [], "total": []}
    for _ in range(times):
        series = make(chance, n + 6)
        past, future = series[:n], series[n:]
        came, said = backtest.happened(past), backtest.replay(model, past)
        forecast, spread = model.forecast(past, 6), backtest.Spread.of(came, said)
        for level, name in ((0.80, "80"), (0.95, "95")):
            low, high = spread.around(forecast, spread.widths(level)[:6])
            hits[name] += list((low <= future) & (future <= high))
        low, high = backtest.total_bounds(came, said, forecast, 0.80)
        hits["total"].append(low <= future.sum() <= high)
    return {name: float(np.mean(each)) for name, each in hits.items()}


@pytest.mark.parametrize(
    ("make", "model", "months"),
    [(walk, BASELINE, 24), (walk, BASELINE, 48), (growing, GROWTH, 36), (growing, DAMPED, 48)],
)
def test_intervals_hold_what_they_say(make, model, months):
    found = covered(make, model, months, 60)
    assert 0.72 <= found["80"] <= 0.90 and 0.90 <= found["95"] <= 0.99 and found["total"] >= 0.68


@pytest.mark.long
@pytest.mark.parametrize("months", [24, 36, 60])
def test_intervals_hold_what_they_say_closely(months):
    found = covered(walk, BASELINE, months, 1500)
    assert found["80"] == pytest.approx(0.80, abs=0.03) and found["95"] == pytest.approx(0.95, abs=0.02)
    assert 0.77 <= found["total"] <= 0.90


def test_the_total_is_never_wider_than_its_months_together():
    series = growing(np.random.default_rng(3), 36)
    came, said, forecast = backtest.happened(series), backtest.replay(GROWTH, series), GROWTH.forecast(series, 12)
    spread = backtest.Spread.of(came, said)
    low, high = spread.around(forecast, spread.widths(0.95))
    total_low, total_high = backtest.total_bounds(came, said, forecast, 0.95)
    assert low.sum() <= total_low < forecast.sum() < total_high <= high.sum()


def test_without_errors_there_is_no_interval():
    series = np.arange(1.0, 13)
    bounds = backtest.total_bounds(backtest.happened(series), backtest.replay(BASELINE, series), series, 0.8)
    assert np.isnan(bounds).all()
