"""Windows, the URL, and what the URL may not say."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters, months_before


def window(as_of: str, months: int) -> list[str]:
    view = Filters(as_of=date.fromisoformat(as_of), months=months)
    return [f"{day:%Y-%m-%d}" for day in (view.start_earlier, view.start_before, view.start, view.end)]


@pytest.mark.parametrize(
    "as_of, months, days",
    [
        ("2026-06-30", 12, ["2023-07-01", "2024-07-01", "2025-07-01", "2026-07-01"]),
        ("2026-06-15", 1, ["2026-03-16", "2026-04-16", "2026-05-16", "2026-06-16"]),
        (
            "2026-03-30",
            1,
            ["2025-12-31", "2026-01-31", "2026-02-28", "2026-03-31"],
        ),  # each start from the end, so March's 31 comes back
        ("2024-03-30", 1, ["2023-12-31", "2024-01-31", "2024-02-29", "2024-03-31"]),
        ("2024-02-29", 12, ["2021-03-01", "2022-03-01", "2023-03-01", "2024-03-01"]),
        ("2024-02-28", 12, ["2021-02-28", "2022-02-28", "2023-02-28", "2024-02-29"]),
        ("2025-12-31", 6, ["2024-07-01", "2025-01-01", "2025-07-01", "2026-01-01"]),
        ("2011-12-09", 24, ["2005-12-10", "2007-12-10", "2009-12-10", "2011-12-10"]),
    ],
)
def test_windows_of_calendar_months(as_of, months, days):
    assert window(as_of, months) == days


@given(as_of=st.dates(date(1990, 1, 1), date(2100, 1, 1)), months=st.integers(1, 240))
def test_windows_follow_each_other_and_agree_with_pandas(as_of, months):
    view = Filters(as_of=as_of, months=months)
    assert view.start_earlier < view.start_before < view.start <= as_of < view.end
    for back, start in enumerate((view.end, view.start, view.start_before, view.start_earlier)):
        assert pd.Timestamp(start) == pd.Timestamp(view.end) - pd.DateOffset(months=back * months)


@pytest.mark.parametrize(
    "as_of, earlier", [("2026-06-30", "2025-06-30"), ("2024-02-29", "2023-02-28"), ("2025-02-28", "2024-02-29")]
)
def test_the_same_window_a_year_earlier_ends_with_the_same_month(as_of, earlier):
    assert Filters(as_of=date.fromisoformat(as_of), months=3).year_earlier() == Filters(
        as_of=date.fromisoformat(earlier), months=3
    )


@pytest.mark.parametrize(
    "data_from, complete",
    [
        ("2025-07-01", (True, False, False)),
        ("2025-07-02", (False, False, False)),
        ("2024-07-01", (True, True, False)),
        ("2023-07-01", (True, True, True)),
        (None, (False, False, False)),
    ],
)
def test_a_window_is_complete_when_the_data_reach_its_first_day(data_from, complete):
    view = Filters(as_of=date(2026, 6, 30), data_from=date.fromisoformat(data_from) if data_from else None)
    assert (view.is_window_complete, view.is_window_before_complete, view.is_window_earlier_complete) == complete


def test_months_before_year_one_is_a_refusal():
    assert months_before(date(1, 2, 1), 1) == date(1, 1, 1)
    with pytest.raises(CrmError):
        months_before(date(1, 1, 1), 1)


def test_the_default_is_an_empty_url():
    assert Filters().to_query() == {} and Filters.from_query({}) == Filters()


WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
CONDITIONS = st.dictionaries(WORDS, st.lists(WORDS, min_size=1, max_size=3).map(tuple), max_size=3).map(
    lambda d: tuple(sorted(d.items()))
)


@settings(max_examples=60)
@given(
    st.builds(
        Filters,
        as_of=st.none() | st.dates(date(1900, 1, 1), date(9000, 1, 1)),
        months=st.integers(1, 240),
        compare=st.sampled_from(["before", "year"]),
        where=CONDITIONS,
        customer_set=st.none() | WORDS,
    )
)
def test_a_view_comes_back_from_its_url(view):
    assert Filters.from_query(view.to_query()) == view


def test_a_url_may_repeat_a_name_or_give_one_value():
    assert Filters.from_query({"where.region": "north", "months": ["6"]}) == Filters(
        months=6, where=(("region", ("north",)),)
    )
    query = {"where.region": ["north", "south"], "where.kind": [], "lang": "en"}
    assert Filters.from_query(query).where == (("region", ("north", "south")),)


@pytest.mark.parametrize(
    "query",
    [
        {"as_of": "yesterday"},
        {"as_of": "2025-02-29"},
        {"as_of": "2025-13-01"},
        {"as_of": "9999-12-31"},
        {"months": "0"},
        {"months": "-3"},
        {"months": "241"},
        {"months": "1.5"},
        {"months": "twelve"},
        {"months": "١٢"},
        {"months": "²"},
        {"months": "9" * 5000},
        {"months": " 12"},
        {"compare": "never"},
        {"where.": "x"},
        {"where." + "x" * 201: "y"},
    ],
    ids=lambda query: str(query)[:30],
)
def test_a_url_that_cannot_be_meant_is_refused(query):
    with pytest.raises(CrmError) as refused:
        Filters.from_query(query)
    assert refused.value.code == "E_FILTER" and str(refused.value)
