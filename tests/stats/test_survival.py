"""Kaplan and Meier's estimate against hand-worked tables, published data and scipy."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from crm_analytics.stats.survival import kaplan_meier, log_log_band, quantile

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
