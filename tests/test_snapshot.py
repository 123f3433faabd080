"""The snapshot against a plain calculation: scores, tiers, windows, stages, and what must hold whatever the data."""

import random
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from crm_analytics import derived, snapshot, state
from crm_analytics.database import bump_data_version, open_database
from crm_analytics.errors import CrmError
from crm_analytics.rules import Rules
from tests import plain, rows
from tests.rows import given, prepared, read, snapshot_of

AS_OF = date(2026, 6, 30)
POOLS = {  # amounts and days of a company: many ties, all equal, or everything different
    "ties": (
        [-30, -10, 0, 10, 10, 20, 20, 50],
        [0, 1, 30, 31, 90, 91, 179, 180, 364, 365, 400, 729, 730, 731, 1000, 1095, 1096, 1200],
    ),
    "equal": ([10], [7]),
    "returns": ([-50, -20, -20, 10], range(0, 900, 15)),
    "different": ([n * 0.0037 for n in range(-2_000, 20_000, 7)], range(1300)),
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """One database for many companies: emptied and filled again for each."""
    database = open_database(tmp_path_factory.mktemp("bench") / "crm.duckdb")
    yield database
    database.close()


def company(customers: int, pool: str, seed: int) -> pd.DataFrame:
    """Lines of a company with so many customers and a few lines that name nobody; an order may spread over two days."""
    chance, lines = random.Random(seed), []
    amounts, backs = POOLS[pool]
    for customer in [*(f"k{n:02d}" for n in range(customers)), *([None] if chance.random() < 0.5 else [])]:
        for order in range(chance.choice([1, 1, 1, 2, 3, 5])):
            day = AS_OF - timedelta(days=chance.choice(backs))
            first = chance.choice(amounts)
            lines.append((customer, f"o{order}", day, first, cost(chance)))
            for _ in range(chance.choice([0, 0, 1, 2])):
                later = chance.choice([0, 0, 0, 1, 40]) if first > 0 else 0
                lines.append((customer, f"o{order}", day + timedelta(days=later), chance.choice(amounts), cost(chance)))
    frame = pd.DataFrame(lines, columns=["customer_id", "order_id", "day", "amount", "cost"])
    return frame.assign(day=pd.to_datetime(frame["day"]), amount=tenths(frame["amount"]), cost=tenths(frame["cost"]))


def cost(chance: random.Random) -> float | None:
    return chance.choice([None, 4, 6.5])


def tenths(money: pd.Series) -> pd.Series:
    """Money in whole ten-thousandths; missing stays missing."""
    return (pd.to_numeric(money) * plain.UNIT).round().astype("Int64")


def fill(database, lines: pd.DataFrame) -> None:
    """The database holds these order lines and nothing else."""

    def money(value):
        return None if pd.isna(value) else f"{value / plain.UNIT:.4f}"

    with database.writing() as con:
        con.execute("delete from orders")
        rows.insert(
            con,
            "orders",
            ["customer_id", "order_id", "ordered_at", "amount", "cost"],
            [
                [c if isinstance(c, str) else None, o, f"{d:%Y-%m-%d}", money(a), money(k)]
                for c, o, d, a, k in lines.itertuples(index=False)
            ],
        )
        derived.rebuild(con, {"orders"})
        bump_data_version(con)


companies = st.builds(company, st.integers(0, 60), st.sampled_from(sorted(POOLS)), st.integers(0, 2**32))
days = st.sampled_from([0, 0, 1, 45, 200, 500]).map(lambda back: AS_OF - timedelta(days=back))
views = st.tuples(days, st.sampled_from([1, 3, 6, 12, 12, 24]))
quickly = settings(max_examples=14, deadline=None, suppress_health_check=list(HealthCheck))
thoroughly = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))


def check_against_ranks(database, lines, view):
    fill(database, lines)
    plain.assert_same(snapshot_of(database, view[0], view[1]), lines, *view)


@quickly
@for_all(lines=companies, view=views)
def test_it_equals_ranks_over_all_rows(bench, lines, view):
    check_against_ranks(bench, lines, view)


@pytest.mark.long
@thoroughly
@for_all(lines=companies, view=views)
def test_it_equals_ranks_over_all_rows_of_many_companies(bench, lines, view):
    check_against_ranks(bench, lines, view)


@settings(quickly, max_examples=4)
@for_all(lines=companies, view=views)
def test_a_past_day_is_what_a_database_without_the_later_lines_says(bench, lines, view):
    fill(bench, lines)
    found = plain.comparable(snapshot_of(bench, *view))
    fill(bench, lines[lines["day"] <= pd.Timestamp(view[0])])
    pd.testing.assert_frame_equal(found, plain.comparable(snapshot_of(bench, *view)))


@settings(quickly, max_examples=4)
@for_all(lines=companies, seed=st.integers(0, 1000))
def test_the_order_of_the_rows_changes_nothing(bench, lines, seed):
    fill(bench, lines)
    found = plain.comparable(snapshot_of(bench, AS_OF))
    fill(bench, lines.sample(frac=1, random_state=seed))
    pd.testing.assert_frame_equal(found, plain.comparable(snapshot_of(bench, AS_OF)))


@settings(quickly, max_examples=4)
@for_all(lines=companies, view=views)
def test_customers_and_the_unidentified_add_up_to_the_company(bench, lines, view):
    fill(bench, lines)
    found = snapshot_of(bench, *view)
    end, start, *_ = plain.bounds(*view)
    window = lines[(lines["day"] >= start) & (lines["day"] < end)]
    unidentified = window[window["customer_id"].isna()]["amount"].sum()
    assert round(found["revenue"].sum() * plain.UNIT) + unidentified == window["amount"].sum()
    of_window = f"where day >= '{start:%Y-%m-%d}' and day < '{end:%Y-%m-%d}'"
    company_revenue = read(bench, f"select coalesce(sum(revenue), 0) from company_days {of_window}")[0][0]
    assert int(company_revenue * plain.UNIT) == window["amount"].sum()
    assert found.index.is_unique and found["tier"].isin(["top", "big", "medium", "small", "inactive"]).all()
    assert (found["tier"] == "inactive").equals(~found["is_active"])


def buyers(database, n: int, revenue) -> None:
    """n customers with one order each, a week before AS_OF."""
    day = AS_OF - timedelta(days=7)
    with database.writing() as con:
        con.execute("delete from orders")
        con.execute(
            "insert into orders (customer_id, order_id, ordered_at, amount, import_id, source_line) "
            f"select printf('k%05d', i), 'o' || i, $day, {revenue}, 0, i from range({n}) t(i)",
            {"day": day},
        )
        derived.rebuild(con, {"orders"})
        bump_data_version(con)


@pytest.mark.parametrize("revenue", ["1 + i", "100", "1 + i % 5"], ids=["different", "equal", "ties"])
@pytest.mark.parametrize(
    "n, tiers",
    [
        (1000, (10, 40, 150, 800)),
        (5878, (59, 235, 882, 4702)),
        (7, (1, 0, 0, 6)),
        (1, (1, 0, 0, 0)),
        (50, (1, 2, 7, 40)),
        (2, (1, 0, 0, 1)),
    ],
)
def test_cuts_of_the_pyramid(bench, n, tiers, revenue):
    buyers(bench, n, revenue)
    counts = snapshot_of(bench, AS_OF)["tier"].value_counts()
    assert tuple(counts.get(tier, 0) for tier in ("top", "big", "medium", "small")) == tiers


@pytest.mark.long
@pytest.mark.parametrize("revenue", ["1 + i", "1 + i % 7"], ids=["different", "ties"])
def test_scores_and_cuts_at_every_size(bench, revenue):
    for n in range(1, 400):
        buyers(bench, n, revenue)
        found = snapshot_of(bench, AS_OF)
        worse = found["revenue"].rank(method="min").astype(int) - 1
        assert (found["m"] == 1 + 5 * worse // n).all(), n
        counts = found["tier"].value_counts()
        assert counts["top"] == max(1, (n + 50) // 100)
        assert counts["top"] + counts.get("big", 0) == max(counts["top"], (5 * n + 50) // 100)
        assert counts.get("small", 0) == n - max(1, (n + 50) // 100, (5 * n + 50) // 100, (20 * n + 50) // 100)


@pytest.mark.parametrize(
    "told_apart_by, lines",
    [
        ("revenue", [(name, f"{name}1", 3, 40 - place) for place, name in enumerate("dcba")]),
        (
            "orders",
            [(name, f"{name}{n}", 3, 12 / (4 - place)) for place, name in enumerate("dcba") for n in range(4 - place)],
        ),
        ("last day", [(name, f"{name}1", 3 + place, 12) for place, name in enumerate("dcba")]),
        ("id", [(name, f"{name}1", 3, 12) for name in "abcd"]),
    ],
)
def test_customers_are_ranked_by_revenue_then_orders_then_last_day_then_id(db, told_apart_by, lines):
    """Four customers, equal up to what tells them apart, with cuts at a quarter each."""
    fill(
        db,
        plain_lines(
            [(customer, order, AS_OF - timedelta(days=back), amount) for customer, order, back, amount in lines]
        ),
    )
    state.save_rules(db, Rules(tier_shares=(0.25, 0.25, 0.25)))
    ranked = list(dict.fromkeys(customer for customer, *_ in lines))
    assert snapshot_of(db, AS_OF)["tier"].to_dict() == dict(zip(ranked, ["top", "big", "medium", "small"], strict=True))


@pytest.mark.parametrize("n", range(1, 11))
def test_scores_of_a_few_different_customers(bench, n):
    """The i-th worst of n, counted from 0, has 1 + 5i div n, in days, orders and revenue alike."""
    days = [AS_OF - timedelta(days=50 - i) for i in range(n)]
    fill(
        bench,
        plain_lines([(f"k{i:02d}", f"k{i}-{order}", day, 10) for i, day in enumerate(days) for order in range(i + 1)]),
    )
    found = snapshot_of(bench, AS_OF)
    expected = [1 + 5 * i // n for i in range(n)]
    assert found["r"].tolist() == found["f"].tolist() == found["m"].tolist() == expected


def test_equal_values_have_equal_scores(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount
        a            1         2026-06-01  10
        b            2         2026-06-01  10
        c            3         2026-06-01  10
        d            4         2026-06-02  10
        e            5         2026-06-03  90
        """,
    )
    found = snapshot_of(db, "2026-06-30")
    assert found["r"].tolist() == [1, 1, 1, 4, 5]
    assert found["f"].tolist() == [1, 1, 1, 1, 1]
    assert found["m"].tolist() == [1, 1, 1, 1, 5]


def test_only_buyers_of_the_window_have_scores(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount
        old          1         2024-06-01  100
        returner     2         2024-06-01  100
        returner     2R        2026-06-01  -40
        sour         3         2026-06-01  10
        sour         3R        2026-06-02  -40
        good         4         2026-06-01  10
        """,
    )
    found = snapshot_of(db, "2026-06-30")
    assert found["m"].dropna().to_dict() == {"good": 3, "sour": 1}
    assert found["tier"].to_dict() == {"good": "top", "old": "inactive", "returner": "inactive", "sour": "inactive"}
    assert found["revenue"].to_dict() == {"good": 10, "old": 0, "returner": -40, "sour": -30}


def test_nobody_is_active(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount
        a            1         2020-01-01  10
        b            2         2026-06-01  -5
        """,
    )
    found = snapshot_of(db, "2026-06-30")
    assert found["tier"].tolist() == ["inactive", "inactive"]
    assert found[["r", "f", "m"]].isna().all(axis=None)
    assert found.loc["a", "stage"] == "lost" and pd.isna(found.loc["b", "stage"])


def test_stages_by_days_since_the_last_order(bench):
    days = [0, 30, 31, 90, 91, 179, 180, 2000]
    fill(bench, plain_lines([(f"{back:04d}", "1", AS_OF - timedelta(days=back), 10) for back in days]))
    found = snapshot_of(bench, AS_OF)
    assert found["days_since_last_order"].tolist() == days
    assert found["stage"].tolist() == ["active"] * 2 + ["silent"] * 2 + ["forgotten"] * 2 + ["lost"] * 2


def plain_lines(lines) -> pd.DataFrame:
    columns = ["customer_id", "order_id", "day", "amount", "cost"]
    frame = pd.DataFrame([(c, o, pd.Timestamp(d), a * plain.UNIT, None) for c, o, d, a in lines], columns=columns)
    return frame.astype({"amount": "Int64", "cost": "Int64"})


def test_a_return_does_not_make_a_customer_recent(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount
        a            1         2026-01-01  10
        a            1R        2026-06-29  -4
        """,
    )
    found = snapshot_of(db, "2026-06-30").loc["a"]
    assert found["stage"] == "lost" and found["days_since_last_order"] == 180
    assert str(found["last_line_date"].date()) == "2026-06-29"


def test_windows_are_half_open(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at        amount
        a            1         2024-06-30T23:59  1
        a            2         2024-07-01T00:00  2
        a            3         2025-06-30T23:59  4
        a            4         2025-07-01T00:00  8
        a            5         2026-06-30T23:59  16
        a            6         2026-07-01T00:00  32
        """,
    )
    found = snapshot_of(db, "2026-06-30").loc["a"]
    assert (found["orders"], found["revenue"]) == (2, 24)
    assert (found["orders_before"], found["revenue_before"]) == (2, 6)
    assert (found["orders_ever"], found["revenue_ever"]) == (5, 31)


def test_the_window_in_which_a_customer_was_active(bench):
    """Each customer is called by the day of the only order."""
    windows = {
        "2023-06-30": [],
        "2023-07-01": ["is_active_earlier"],
        "2024-06-30": ["is_active_earlier"],
        "2024-07-01": ["is_active_before"],
        "2025-06-30": ["is_active_before"],
        "2025-07-01": ["is_active", "is_new"],
        "2026-06-30": ["is_active", "is_new"],
    }
    fill(bench, plain_lines([(day, "1", date.fromisoformat(day), 10) for day in windows]))
    flags = snapshot_of(bench, AS_OF)[["is_active_earlier", "is_active_before", "is_active", "is_new"]]
    assert {day: [flag for flag in flags if row[flag]] for day, row in flags.iterrows()} == windows


def test_who_never_bought_is_a_prospect_or_a_suspect(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount
        buyer        1         2026-06-01  10
        """,
        customers="""
        customer_id  status    signup_date
        buyer        suspect   -
        asked        prospect  -
        unsure       suspect   -
        silent       -         -
        today        prospect  2026-06-30
        tomorrow     prospect  2026-07-01
        """,
    )
    found = snapshot_of(db, "2026-06-30")
    assert found["tier"].to_dict() == {
        "asked": "prospect",
        "buyer": "top",
        "silent": "prospect",
        "today": "prospect",
        "unsure": "suspect",
    }
    assert found.loc["asked", "orders_ever"] == 0 and pd.isna(found.loc["asked", "last_order_date"])


def test_a_change_of_the_rules_changes_tiers_and_stages(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount
        a            1         2026-06-01  40
        b            2         2026-05-01  30
        c            3         2026-03-01  20
        d            4         2026-01-01  10
        """,
    )
    assert snapshot_of(db, "2026-06-30")["tier"].tolist() == ["top", "small", "small", "small"]
    state.save_rules(db, Rules(tier_shares=(0.25, 0.25, 0.25), lifecycle_days=(30, 61, 122)))
    found = snapshot_of(db, "2026-06-30")
    assert found["tier"].tolist() == ["top", "big", "medium", "small"]
    assert found["days_since_last_order"].tolist() == [29, 60, 121, 180]
    assert found["stage"].tolist() == ["active", "silent", "forgotten", "lost"]


def test_an_import_is_seen_at_once(db):
    given(db, orders="customer_id order_id ordered_at amount\n a 1 2026-06-01 10")
    assert snapshot_of(db, "2026-06-30")["revenue"].tolist() == [10]
    given(db, orders="customer_id order_id ordered_at amount\n a 2 2026-06-02 5")
    assert snapshot_of(db, "2026-06-30")["revenue"].tolist() == [15]


def test_the_default_day_is_that_of_the_latest_order_of_anyone(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount
        -            1         2026-01-05  10
        a            2         2026-02-10  10
        -            3         2026-03-15  10
        a            2R        2026-04-20  -1
        """,
    )
    filters = prepared(db)[1]
    assert filters.as_of == date(2026, 3, 15)
    assert filters.data_from == date(2026, 1, 5)


def test_no_orders_is_a_refusal(db):
    with pytest.raises(CrmError) as refused:
        prepared(db)
    assert refused.value.code == "E_NO_ORDERS"
    given(db, orders="customer_id order_id ordered_at amount\n a 1R 2026-06-01 -10\n - 2R 2026-06-02 -10")
    with pytest.raises(CrmError):
        prepared(db)


CHOICES = {
    "orders": """
    customer_id  order_id  ordered_at  amount
    a            1         2026-06-01  40
    b            2         2026-05-01  30
    c            3         2026-03-01  20
    d            4         2026-01-01  -5
    """,
    "customers": """
    customer_id  region  kind
    a            north   person
    b            south   person
    c            north   company
    e            north   person
    """,
}


@pytest.mark.parametrize(
    "where, chosen",
    [
        ((), "abcde"),
        ((("region", ("north",)),), "ace"),
        ((("region", ("north", "south")), ("kind", ("person",))), "abe"),
        ((("tier", ("top", "inactive")),), "ad"),
        ((("stage", ("silent",)),), "b"),
        ((("region", ("nowhere",)),), ""),
        ((("region", ("' or 1=1 --",)),), ""),
    ],
)
def test_filters_choose_customers(db, where, chosen):
    given(db, **CHOICES)
    con, _ = prepared(db, "2026-06-30", where=where)
    assert [c for (c,) in con.execute("select customer_id from chosen order by 1").fetchall()] == list(chosen)
    assert con.execute("select count(*) from snapshot").fetchone() == (5,)


def test_a_filter_the_data_cannot_answer_is_refused(db):
    given(db, **CHOICES)
    with pytest.raises(CrmError) as refused:
        prepared(db, "2026-06-30", where=(("no such column", ("x",)),))
    assert refused.value.code == "E_FILTER_COLUMN" and "region" in str(refused.value)
    with pytest.raises(CrmError) as refused:
        prepared(db, "2026-06-30", customer_set="best friends")
    assert refused.value.code == "E_SET" and "best friends" in str(refused.value)


def test_a_column_of_the_companys_own_is_a_filter(db):
    given(db, **CHOICES)
    with db.writing() as con:
        con.executemany(
            "insert into customer_attributes values (?, ?, ?, ?, ?)",
            [["a", "Cup size", "large", 1, 1], ["b", "Cup size", "small", 1, 2], ["a", "Cup size", "small", 2, 1]],
        )
        bump_data_version(con)
    con, _ = prepared(db, "2026-06-30", where=(("Cup size", ("large",)),))
    assert con.execute("select customer_id from chosen").fetchall() == [], "the later file says small"
    con, _ = prepared(db, "2026-06-30", where=(("Cup size", ("small",)),))
    assert con.execute("select count(*) from chosen").fetchone() == (2,)


def test_choices_offer_what_the_data_fill(db):
    given(db, **CHOICES)
    found = snapshot.choices(db.cursor())
    assert (found.pop("segment")[0], found.pop("segment_11")[0]) == ("HHH", "champions")
    assert found == {"kind": ["person", "company"], "region": ["north", "south"]}


def test_two_readers_see_each_their_own_view(db):
    given(db, **CHOICES)
    one, _ = prepared(db, "2026-06-30")
    two, _ = prepared(db, "2026-03-31", where=(("region", ("north",)),))
    assert one.execute("select count(*) from chosen").fetchone() == (5,)
    assert two.execute("select count(*) from chosen").fetchone() == (3,)
    assert one.execute("select revenue from snapshot where customer_id = 'a'").fetchone() == (40,)


def test_a_reader_keeps_its_view_while_others_open_many(db):
    given(db, **CHOICES)
    one, _ = prepared(db, "2026-06-30")
    for months in range(1, 12):
        prepared(db, "2026-06-30", months=months)
    assert one.execute("select count(*) from chosen").fetchone() == (5,)


@pytest.mark.parametrize("as_of", ["2011-12-09", "2011-06-30"])
@pytest.mark.parametrize("months", [6, 12, 24])
def test_online_retail_equals_pandas(retail, as_of, months):
    database, lines = retail
    plain.assert_same(snapshot_of(database, as_of, months), lines, as_of, months)


def test_online_retail_by_its_known_figures(retail):
    database, _ = retail
    found = snapshot_of(database, "2011-12-09")
    assert (found["orders"] > 0).sum() == 4264 and (found["orders"] > 1).sum() == 2764
    assert found["tier"].value_counts().reindex(["top", "big", "medium", "small"]).tolist() == [42, 170, 637, 3394]
    assert found["f"].value_counts().sort_index().tolist() == [1500, 804, 508, 622, 830]
    whole = snapshot_of(database, "2011-12-09", 24)
    assert len(whole) == 4372 and round(whole["revenue"].sum(), 2) == 8_300_065.81


def test_a_saved_set_chooses_its_customers_and_survives_new_data(db):
    given(db, orders="customer_id order_id ordered_at amount\n a 1 2026-01-05 10\n b 2 2026-01-06 20")
    assert state.save_customer_set(db, "best", ["b", "gone", "b"]) == 2
    given(db, orders="customer_id order_id ordered_at amount\n c 3 2026-01-07 30")
    con, _ = prepared(db, customer_set="best")
    assert con.execute("select customer_id, revenue from chosen").fetchall() == [("b", 20)]
    con, _ = prepared(db, customer_set="best", where=(("tier", ("top",)),))
    assert con.execute("select count(*) from chosen").fetchone() == (0,)
    with pytest.raises(CrmError, match="no saved set worst. Saved sets: best"):
        prepared(db, customer_set="worst")
