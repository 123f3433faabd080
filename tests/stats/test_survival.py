"""Kaplan and Meier's estimate against hand-worked tables, published data, scipy and lifelines."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from crm_analytics.stats.survival import kaplan_meier, log_log_band, log_rank, quantile

# Weeks of remission of leukaemia patients, Freireich and others 1963; + = still in remission
MERCAPTOPURINE = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"


def cases(text: str) -> tuple[list[float], list[bool]]:
    words = text.split()
    return [float(word.rstrip("+")) for word in words], [not word.endswith("+") for word in words]


def test_a_table_worked_by_hand():
    """At 2: 5 waiting, 1 solved, 4/5. At 4: 3 waiting (3+ has left), 1 solved, 4/5 x 2/3. At 7: 1 waiting, 1 solved, 0."""
    times, survival, variance = kaplan_meier(*cases("2 3+ 4 4+ 7"))
    assert times.tolist() == [2, 4, 7]
    assert survival == pytest.approx([4 / 5, 8 / 15, 0])
    assert variance[:2] == pytest.approx([1 / 20, 1 / 20 + 1 / 6]) and np.isinf(variance[2])


def test_published_remission_times():
    times, survival, variance = kaplan_meier(*cases(MERCAPTOPURINE))
    assert times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert survival == pytest.approx([0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=5e-4)
    assert survival * np.sqrt(variance) == pytest.approx(
        [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346], abs=5e-5
    )
    assert quantile(*cases(MERCAPTOPURINE)) == (23, 13, None)
    assert quantile(*cases(PLACEBO)) == (8, 4, 11)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", (None, None, None)),
        ("5+ 6+ 7+", (None, None, None)),
        ("5 6+ 7+", (None, 5, None)),  # a third solved: no median, but it is hardly less than 5
        ("5", (5, None, None)),
        ("5 5 5", (5, None, None)),
        ("0", (0, None, None)),
    ],
)
def test_edges(text, expected):
    assert quantile(*cases(text)) == expected


@pytest.mark.parametrize(
    "text, median",
    [
        ("1 2 3 4", 2),
        ("1 2 3", 2),
        ("2 2+", 2),
        ("2+ 2", 2),
        ("1+ 2 3+", 2),
        ("1 1 1 9+ 9+ 9+", 1),
        ("1 1 9+ 9+ 9+", None),
        ("10 15+ 20 30", 20),
    ],
)
def test_median_with_ties_and_open_cases(text, median):
    """At one time the solved come before the still open: of 2 and 2+ one half is solved at 2."""
    assert quantile(*cases(text))[0] == median


def test_few_cases_do_not_pretend_an_upper_limit():
    """Of three solved cases the upper band never comes down to one half before the last of them."""
    assert quantile(*cases("1 2 3"))[2] is None


@pytest.mark.parametrize("share, value", [(0.25, 13), (0.1, 6), (0.5, 23), (0.56, None)])
def test_other_shares(share, value):
    assert quantile(*cases(MERCAPTOPURINE), share)[0] == value


CASES = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=60)


@given(CASES)
def test_it_equals_scipys(rows):
    durations, observed = (list(column) for column in zip(*rows))
    times, survival, variance = kaplan_meier(durations, observed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = stats.ecdf(stats.CensoredData.right_censored(durations, [not seen for seen in observed])).sf
        band = theirs.confidence_interval(method="log-log")
    at = np.searchsorted(theirs.quantiles, times)
    assert survival == pytest.approx(theirs.probabilities[at], abs=1e-12)
    low, high = log_log_band(survival, variance)
    waiting = survival > 1e-9
    assert low[waiting] == pytest.approx(band.low.probabilities[at][waiting], abs=1e-9)
    assert high[waiting] == pytest.approx(band.high.probabilities[at][waiting], abs=1e-9)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=50))
def test_without_open_cases_it_is_the_lower_median(durations):
    assert quantile(durations, [True] * len(durations))[0] == sorted(durations)[(len(durations) - 1) // 2]


@given(CASES)
def test_limits_enclose_the_value(rows):
    value, low, high = quantile(*(list(column) for column in zip(*rows)))
    assert low is None or value is None or low <= value
    assert high is None or (value is not None and value <= high)


@given(CASES)
def test_minutes_are_sixty_times_hours(rows):
    durations, observed = (np.array(column) for column in zip(*rows))
    assert quantile(60 * durations, observed)[0] == (
        None if (hours := quantile(durations, observed)[0]) is None else 60 * hours
    )


LIFELINES = json.loads(
    (Path(__file__).parent / "lifelines.json").read_text()
)  # what it said, kept: it refuses to be installed with pandas 3
THEIRS = pytest.mark.parametrize("case", LIFELINES["cases"], ids=lambda case: f"{len(case['days'])} cases")


@THEIRS
def test_it_equals_what_lifelines_says(case):
    times, survival, variance = kaplan_meier(case["days"], case["seen"])
    assert times.tolist() == case["times"]
    assert survival == pytest.approx(case["survival"], abs=1e-11)
    low, high = log_log_band(survival, variance)
    known = ~np.isnan(low)
    assert low[known] == pytest.approx(np.array(case["low"])[known], abs=1e-11)
    assert high[known] == pytest.approx(np.array(case["high"])[known], abs=1e-11)
    assert quantile(case["days"], case["seen"])[0] == case["median"]
    assert log_rank(_by_group(case)) == pytest.approx(case["p"], abs=1e-9)


def _by_group(case) -> list:
    days, seen, group = (np.array(case[name]) for name in ("days", "seen", "group"))
    return [
        (days[group == each], seen[group == each], np.ones((group == each).sum()))
        for each in sorted(set(case["group"]))
    ]


@given(CASES)
@settings(deadline=None)  # it takes seconds to be imported
def test_it_equals_lifelines_where_that_is_installed(rows):
    lifelines = pytest.importorskip(
        "lifelines", reason="lifelines is not installed (pip install --no-deps lifelines works)"
    )
    durations, observed = (list(column) for column in zip(*rows))
    theirs = lifelines.KaplanMeierFitter().fit(durations, observed)
    times, survival, _ = kaplan_meier(durations, observed)
    assert survival == pytest.approx(theirs.survival_function_at_times(times).to_numpy(), abs=1e-9)


@given(CASES)
def test_counts_by_day_say_the_same_as_case_by_case(rows):
    durations, observed = (np.array(column) for column in zip(*rows))
    grouped, weights = np.unique(np.array(rows, dtype=int), axis=0, return_counts=True)
    for one, many in zip(kaplan_meier(durations, observed), kaplan_meier(grouped[:, 0], grouped[:, 1], weights)):
        assert many == pytest.approx(one)
    assert quantile(grouped[:, 0], grouped[:, 1], 0.5, weights) == quantile(durations, observed)


def test_entries_of_no_case_are_as_if_absent():
    assert [each.tolist() for each in kaplan_meier([1, 2, 3], [True, True, False], [2, 0, 2])] == [[1], [0.5], [0.25]]


def test_an_event_at_time_zero_counts_at_once():
    """Of four, one solved at 0 before one left at 0: 3/4; then of the two left one at 2: 3/8."""
    times, survival, _ = kaplan_meier(*cases("0 0+ 2 5+"))
    assert times.tolist() == [0, 2] and survival == pytest.approx([3 / 4, 3 / 8])


def test_the_published_trial_is_no_chance():
    """Log-rank chi-square 16.79 with one degree of freedom for Freireich's trial."""
    groups = [(*cases(text), np.ones(21)) for text in (MERCAPTOPURINE, PLACEBO)]
    assert log_rank(groups) == pytest.approx(stats.chi2.sf(16.793, 1), rel=2e-3)


@given(CASES)
def test_a_group_beside_itself_is_chance(rows):
    durations, observed = (list(column) for column in zip(*rows))
    likely = log_rank([(durations, observed, np.ones(len(rows)))] * 2)
    assert likely is None if not any(observed) else likely == pytest.approx(1)


def test_one_group_or_no_event_cannot_be_compared():
    assert log_rank([([1, 2], [True, True], [1, 1])]) is None
    assert log_rank([]) is None
    assert log_rank([([1, 2], [True, True], [1, 1]), ([3], [True], [0])]) is None
    assert log_rank([([1, 2], [False, False], [1, 1]), ([3], [False], [1])]) is None
