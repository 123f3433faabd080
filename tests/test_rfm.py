"""Which scores are high, in whole numbers; the eleven groups as a partition; the SQL of both against plain Python."""

from fractions import Fraction
from itertools import product
from statistics import median

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analytics import rfm
from crm_analytics.rules import Rules

COUNTS = st.dictionaries(st.sampled_from(rfm.SCORES), st.integers(0, 10**6), min_size=1)


def is_high_by_fractions(counts: dict[int, int], score: int, by: str) -> bool:
    """At or above the mean or median of the same scores; never where all are equal."""
    scores = {each: n for each, n in counts.items() if n}
    if len(scores) < 2:
        return False
    if by == "mean":
        return score >= Fraction(sum(each * n for each, n in scores.items()), sum(scores.values()))
    return score >= Fraction(median(each for each, n in sorted(scores.items()) for _ in range(n)))


@given(counts=COUNTS)
def test_the_mean_is_compared_exactly(counts):
    lowest = rfm.lowest_high(counts.items(), "mean")
    assert [score >= lowest for score in rfm.SCORES] == [is_high_by_fractions(counts, s, "mean") for s in rfm.SCORES]


@settings(max_examples=50)
@given(counts=st.dictionaries(st.sampled_from(rfm.SCORES), st.integers(0, 30), min_size=1))
def test_the_median_is_compared_exactly(counts):
    lowest = rfm.lowest_high(counts.items(), "median")
    assert [score >= lowest for score in rfm.SCORES] == [is_high_by_fractions(counts, s, "median") for s in rfm.SCORES]


def test_a_mean_that_floats_would_miss():
    """Three customers of score 3 and a million each of 2 and 4: the mean is 3, not a hair above."""
    assert rfm.lowest_high([(2, 10**6), (3, 3), (4, 10**6)]) == 3
    assert rfm.lowest_high([(2, 10**6), (3, 3), (4, 10**6 + 1)]) == 4


@pytest.mark.parametrize("by", ["mean", "median", "typed"])
@pytest.mark.parametrize("counts", [[], [(4, 7)], [(4, 7), (5, 0)]])
def test_equal_scores_are_low_by_every_rule(by, counts):
    assert rfm.lowest_high(counts, by, typed=1) == rfm.NONE_HIGH


def test_each_dimension_is_judged_for_itself():
    cells = [(1, 1, 3, 2), (5, 1, 3, 1), (5, 2, 3, 1)]  # r: mean 3; f: mean 1.25; m: all 3
    assert rfm.high_scores(cells, Rules()) == (3, 2, rfm.NONE_HIGH)
    assert rfm.high_scores(cells, Rules(high_by="median")) == (3, 1, rfm.NONE_HIGH), (
        "median of f: at or above 1 is everybody"
    )
    assert rfm.high_scores(cells, Rules(high_by="typed", high_from=(5, 2, 1))) == (5, 2, rfm.NONE_HIGH)


def groups_of(r: int, f: int, m: int) -> list[str]:
    """Every group whose ranges hold these scores; a half of frequency and amount counts up."""
    fm = -(-(f + m) // 2)
    return [
        code
        for code, rule in rfm.GROUPS.items()
        if rule["r"][0] <= r <= rule["r"][1] and rule["fm"][0] <= fm <= rule["fm"][1]
    ]


def test_the_eleven_groups_are_a_partition_of_all_scores():
    found = {scores: groups_of(*scores) for scores in product(rfm.SCORES, repeat=3)}
    assert len(found) == 125
    assert {scores: codes for scores, codes in found.items() if len(codes) != 1} == {}
    assert {codes[0] for codes in found.values()} == set(rfm.GROUPS) and len(rfm.GROUPS) == 11


def test_the_sql_says_the_same_of_all_scores():
    con = duckdb.connect()
    con.execute("create table scores as select r, f, m from range(1, 6) a(r), range(1, 6) b(f), range(1, 6) c(m)")
    con.execute("insert into scores values (null, null, null)")
    rows = con.execute(f"select r, f, m, {rfm.segment_sql((3, 2, 6))}, {rfm.group_sql()} from scores").fetchall()
    assert len(rows) == 126 and (None,) * 5 in rows
    for r, f, m, segment, group in rows:
        if r is not None:
            assert segment == ("H" if r >= 3 else "L") + ("H" if f >= 2 else "L") + "L"
            assert [group] == groups_of(r, f, m)


def test_the_best_and_the_worst_scores():
    assert (groups_of(5, 5, 5), groups_of(1, 1, 1)) == (["champions"], ["lost"])
    assert (groups_of(1, 5, 5), groups_of(5, 1, 1), groups_of(4, 1, 1)) == (["cant_lose"], ["new"], ["promising"])
    assert groups_of(5, 3, 4) == ["champions"] and groups_of(5, 3, 3) == ["potential_loyalist"], "a half counts up"
