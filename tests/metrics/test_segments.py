"""Segments: rows in sight that hit all eight codes, ties, a partition whatever the rows; of a real export, plain pandas."""

import random
from collections import Counter
from datetime import date
from itertools import product

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from crm_analytics import state
from crm_analytics.errors import CrmError
from crm_analytics.metrics import customers, segments
from crm_analytics.rfm import GROUPS, SEGMENTS
from crm_analytics.rules import Rules
from tests import plain
from tests.rows import given, prepared

AS_OF = "2026-06-30"
RFM = ["customer_id", "days_since_last_order", "order_count", "revenue", "r", "f", "m", "segment", "segment_11"]
# Eight customers: the last order lately or in winter, one order or two, 10 in all or 100.
EIGHT = """
    customer_id  order_id  ordered_at  amount
    HHH          1         2026-06-01  50
    HHH          2         2026-06-10  50
    HLH          3         2026-06-10  100
    LHH          4         2026-01-01  50
    LHH          5         2026-01-10  50
    LLH          6         2026-01-10  100
    HHL          7         2026-06-01  5
    HHL          8         2026-06-10  5
    HLL          9         2026-06-10  10
    LHL          10        2026-01-01  5
    LHL          11        2026-01-10  5
    LLL          12        2026-01-10  10
    lapsed       13        2024-01-01  10
    """


def scored(database, as_of=AS_OF, **choice) -> pd.DataFrame:
    return segments.rfm(*prepared(database, as_of, **choice)).set_index("customer_id")


def test_rows_in_sight_hit_all_eight_codes(db):
    given(db, orders=EIGHT)
    found = segments.rfm(*prepared(db, AS_OF))
    assert list(found) == RFM
    assert dict(zip(found.customer_id, found.segment)) == {code: code for code in SEGMENTS}
    best = found[found.customer_id == "HHH"].iloc[0]
    assert (best.days_since_last_order, best.order_count, best.revenue) == (20, 2, 100)
    assert (best.r, best.f, best.m) == (3, 3, 3), "four of eight are worse: 1 + 5 x 4 div 8"
    assert list(found.revenue) == sorted(found.revenue, reverse=True)


def test_the_list_goes_by_pages_and_by_segment(db):
    given(db, orders=EIGHT)
    con, filters = prepared(db, AS_OF)
    assert list(segments.rfm(con, filters, segment="LLL").customer_id) == ["LLL"]
    whole = list(segments.rfm(con, filters).customer_id)
    assert list(segments.rfm(con, filters, limit=3, offset=2).customer_id) == whole[2:5]
    group = segments.rfm(con, filters).segment_11.iloc[0]
    assert set(segments.rfm(con, filters, segment=group).segment_11) == {group}
    with pytest.raises(CrmError) as refusal:
        segments.rfm(con, filters, segment="best")
    assert refusal.value.code == "E_OPTION_VALUE"


def test_one_customer_is_low_in_everything(db):
    given(db, orders="customer_id order_id ordered_at amount\na 1 2026-06-01 10")
    assert dict(scored(db).segment) == {"a": "LLL"}
    found = segments.summary(*prepared(db, AS_OF)).set_index("segment")
    assert found.customers["LLL"] == 1 and found.customers.sum() == 1


def test_where_all_are_alike_all_are_low(db):
    rows = "\n".join(f"c{n} {n} 2026-06-01 10" for n in range(6))
    given(db, orders=f"customer_id order_id ordered_at amount\n{rows}")
    assert set(scored(db).segment) == {"LLL"} and set(scored(db).segment_11) == {"lost"}


def test_the_mean_of_the_scores_is_the_border(db):
    """R of three customers: 1, 2, 4; the mean 7/3, so only the last is high, while by the median the middle one is, too."""
    given(db, orders="customer_id order_id ordered_at amount\na 1 2026-01-01 1\nb 2 2026-02-01 1\nc 3 2026-03-01 1")
    assert dict(scored(db).r) == {"a": 1, "b": 2, "c": 4}
    assert dict(scored(db).segment) == {"a": "LLL", "b": "LLL", "c": "HLL"}
    state.save_rules(db, Rules(high_by="median"))
    assert dict(scored(db).segment) == {"a": "LLL", "b": "HLL", "c": "HLL"}
    state.save_rules(db, Rules(high_by="typed", high_from=(1, 1, 1)))
    assert dict(scored(db).segment) == {"a": "HLL", "b": "HLL", "c": "HLL"}, "F and M are all equal, so low"


def test_typed_borders_in_place_of_fifths(db):
    days = (0, 30, 31, 60, 61, 90, 91, 180, 181)
    rows = [f"d{n} d{n} {date(2026, 6, 30) - pd.Timedelta(days=n):%Y-%m-%d} 100.00" for n in days]
    given(
        db,
        orders="\n".join(
            ["customer_id order_id ordered_at amount", *rows, "m1 m1 2026-06-30 99.9999", "m2 m2 2026-06-30 500"]
        ),
    )
    state.save_rules(db, Rules(r_cuts=(30, 60, 90, 180), f_cuts=(2, 3, 5, 10), m_cuts=(50, 100, 500, 1000.5)))
    found = scored(db)
    assert [found.r[f"d{n}"] for n in days] == [5, 5, 4, 4, 3, 3, 2, 2, 1]
    assert set(found.f) == {1} and (found.m["m1"], found.m["d0"], found.m["m2"]) == (2, 3, 4)


@pytest.mark.parametrize(
    "rules",
    [
        Rules(r_cuts=(30, 60, 90)),
        Rules(r_cuts=(60, 30, 90, 180)),
        Rules(f_cuts=(0, 1, 2, 3)),
        Rules(f_cuts=("many",)),
        Rules(m_cuts=(1, 1, 2, 3)),
        Rules(high_by="luck"),
        Rules(high_from=(0, 3, 3)),
        Rules(segment_names={"XXX": "Who?"}),
        Rules(segment_names={"HHH": " "}),
        Rules(segment_names={"HHH": "x" * 41}),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(db, rules):
    with pytest.raises(CrmError) as refusal:
        state.save_rules(db, rules)
    assert refusal.value.code == "E_SCORE_RULE"


def test_rules_survive_being_saved(db):
    rules = Rules(m_cuts=(-5, 0.5, 10, 20), high_by="typed", high_from=(2, 3, 4), segment_names={"HHH": "掌上明珠"})
    state.save_rules(db, rules)
    assert state.rules(db.cursor()) == rules
    assert state.rules_history(db.cursor()).changes[0] == ["m_cuts", "high_by", "high_from", "segment_names"]


def company(chance: random.Random, size: int) -> list[str]:
    """Orders with many ties: few days, few amounts, a return now and then."""
    rows = []
    for customer, order in product(range(size), range(3)):
        if order == 0 or chance.random() < 0.4:
            day, amount = chance.choice((1, 2, 2, 15, 28)), chance.choice((-5, 10, 10, 20, 99.99))
            rows.append(
                f"k{customer:02d} {customer}-{order} 202{chance.choice('5566')}-0{chance.choice('156')}-{day:02d} {amount}"
            )
    return rows


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@for_all(seed=st.integers(0, 10**6), size=st.integers(1, 40))
def test_segments_are_a_partition_ties_are_equal_and_the_order_of_rows_is_nothing(db, seed, size):
    rows, chance = company(random.Random(seed), size), random.Random(seed + 1)
    found = []
    for _ in range(2):
        with db.writing() as con:
            con.execute("delete from orders")
        given(db, orders="\n".join(["customer_id order_id ordered_at amount", *rows]))
        found.append(scored(db))
        chance.shuffle(rows)
    pd.testing.assert_frame_equal(*found)
    table = found[0]
    for value, score in (("days_since_last_order", "r"), ("order_count", "f"), ("revenue", "m")):
        assert (table.groupby(value)[score].nunique() <= 1).all(), "equal values, equal scores"
    con, filters = prepared(db, AS_OF)
    for groups, codes in ((8, SEGMENTS), (11, GROUPS)):
        summary = segments.summary(con, filters, groups=groups)
        assert list(summary.segment) == list(codes)
        assert summary.customers.sum() == len(table)
        assert summary.revenue.sum() == pytest.approx(table.revenue.sum(), abs=0.001)
    assert segments.grid(con, filters).customers.sum() == len(table)


# Two windows: the earlier one ends on 2025-06-30.
TWO_YEARS = """
    customer_id  order_id  ordered_at  amount
    old          0         2023-01-01  1
    best         1         2025-06-01  500
    best         2         2025-06-02  500
    fades        3         2025-06-01  400
    fades        4         2025-06-02  400
    small        5         2024-08-01  10
    gone         6         2024-08-02  20
    best         7         2026-06-01  500
    best         8         2026-06-02  500
    fades        9         2025-07-01  20
    small        10        2025-08-01  10
    newcomer     11        2026-06-20  300
    old          12        2026-06-01  5
    """


def moves(db, **options) -> dict[tuple[str, str], int]:
    found = segments.migration(*prepared(db, AS_OF), **options)
    return {(row.from_segment, row.to_segment): row.customers for row in found.itertuples() if row.customers}


def test_movement_by_hand(db):
    given(db, orders=TWO_YEARS)
    then, now = scored(db, "2025-06-30").segment, scored(db).segment
    assert dict(then) == {"best": "HHH", "fades": "HHH", "small": "LLL", "gone": "LLL"}
    assert dict(now) == {"best": "HHH", "newcomer": "HLH", "old": "HLL", "fades": "LLH", "small": "LLL"}
    assert moves(db) == {
        ("HHH", "HHH"): 1, ("HHH", "LLH"): 1, ("LLL", "LLL"): 1, ("LLL", "lapsed"): 1, ("new_buyer", "HLH"): 1, ("lapsed", "HLL"): 1,
    }  # fmt: skip
    flows = segments.flows(*prepared(db, AS_OF)).set_index("flow")
    assert dict(flows.customers) == {"entered": 1, "returned": 1, "moved": 1, "left": 1, "stayed": 2}
    assert tuple(flows.loc["moved", ["revenue_then", "revenue_now"]]) == (800, 20)


def test_the_summary_balances_with_the_window_before(db):
    given(db, orders=TWO_YEARS)
    found = segments.summary(*prepared(db, AS_OF)).set_index("segment")
    assert tuple(found.loc["HHH", ["previous", "moved_in", "moved_out", "customers"]]) == (2, 0, 1, 1)
    assert tuple(found.loc["LLL", ["previous", "moved_in", "moved_out", "customers"]]) == (2, 0, 1, 1)
    assert (found.previous + found.moved_in - found.moved_out == found.customers).all()
    assert found.average_revenue["HHH"] == 1000 and found.average_orders["HHH"] == 2
    assert found.average_days_since_last_order["HHH"] == 28 and pd.isna(found.average_revenue["HHL"])
    assert found.name["LLL"] == "general_low" and found.note.isna().all()


def test_without_a_whole_window_before_there_is_nothing_to_compare(db):
    given(db, orders=EIGHT.replace("2024-01-01", "2025-01-01"))
    found = segments.summary(*prepared(db, AS_OF))
    assert found[["previous", "moved_in", "moved_out"]].isna().all(axis=None)
    assert set(found.note) == {"window_before_incomplete"}


def test_movers_lead_with_the_largest_change_and_open_every_cell(db):
    given(db, orders=TWO_YEARS)
    con, filters = prepared(db, AS_OF)
    found = segments.movers(con, filters)
    assert list(found.customer_id) == ["fades", "newcomer", "gone", "old"]
    assert list(found.change) == [-780, 300, -20, 5]
    for options, ids in (
        ({"flow": "stayed"}, ["best", "small"]),
        ({"from_segment": "HHH", "to_segment": "LLH"}, ["fades"]),
        ({"from_segment": "lapsed"}, ["old"]),
        ({"limit": 1, "offset": 1}, ["newcomer"]),
        ({"groups": 11, "flow": "entered"}, ["newcomer"]),
    ):
        assert list(segments.movers(con, filters, **options).customer_id) == ids


@pytest.mark.parametrize("number", [segments.migration, segments.flows, segments.movers])
def test_a_young_company_has_nothing_to_compare_and_an_impossible_day_is_refused(db, number):
    given(db, orders="customer_id order_id ordered_at amount\na 1 2026-01-05 10\nb 2 2026-06-30 10")
    con, filters = prepared(db)
    found = number(con, filters)
    assert found.empty and found.attrs["note"] == "window_before_incomplete"
    for options, code in (
        ({"from_date": date(2026, 1, 4)}, "E_FROM_DATE"),
        ({"from_date": date(2026, 7, 1)}, "E_FROM_DATE"),
        ({"groups": 9}, "E_OPTION_VALUE"),
    ):
        with pytest.raises(CrmError) as refusal:
            number(con, filters, **options)
        assert refusal.value.code == code
    assert set(number(con, filters, from_date=date(2026, 1, 5)).note) == {"window_then_incomplete"}


def test_a_segment_chooses_customers_everywhere_and_the_scores_stay_the_companys(db):
    given(db, orders=EIGHT)
    for where, ids in (
        ((("segment", ("HHH", "LLL")),), ["HHH", "LLL"]),
        ((("r", ("1",)), ("f", ("3",))), ["LHH", "LHL"]),
        ((("segment", ("general_low",)),), []),
    ):
        con, filters = prepared(db, AS_OF, where=where)
        assert sorted(customers.listing(con, filters).customer_id) == ids
    con, filters = prepared(db, AS_OF, where=(("segment", ("HHH",)),))
    found = segments.summary(con, filters).set_index("segment")
    assert found.customers["HHH"] == 1 and found.share["HHH"] == 1, "alone among the chosen, and still a champion"
    assert segments.bands(con, filters).query("dimension == 'r'").customers.sum() == 8, "of the whole company"


def test_what_a_score_means(db):
    given(db, orders=EIGHT)
    found = segments.bands(*prepared(db, AS_OF)).set_index(["dimension", "score"])
    assert tuple(found.loc[("r", 3)]) == (4, 20, 20, True) and tuple(found.loc[("r", 1)]) == (4, 171, 171, False)
    assert tuple(found.loc[("f", 3), ["lowest", "highest"]]) == (2, 2) and found.loc[("m", 1), "highest"] == 10


def test_a_past_day_knows_nothing_of_later(db):
    given(db, orders=EIGHT)
    before = scored(db, "2026-01-31")
    given(db, orders="customer_id order_id ordered_at amount\nLLL 99 2026-02-01 1000")
    pd.testing.assert_frame_equal(scored(db, "2026-01-31"), before)


def by_pandas(lines: pd.DataFrame, as_of: str, months: int) -> pd.DataFrame:
    """Scores and segments of the buyers by ranks over all rows, the mean compared in whole numbers."""
    buyers = plain.snapshot(lines, as_of, months).query("orders > 0")
    high = {score: buyers[score] * len(buyers) >= buyers[score].sum() for score in "rfm"}
    letters = [high[score].map({True: "H", False: "L"}) if buyers[score].nunique() > 1 else "L" for score in "rfm"]
    return buyers.assign(segment=letters[0] + letters[1] + letters[2])


@pytest.mark.parametrize("as_of, months", [("2011-12-09", 12), ("2011-12-09", 6), ("2011-06-30", 3)])
def test_of_a_real_export_every_customer_equals_pandas(retail, as_of, months):
    database, lines = retail
    found, expected = scored(database, as_of, months=months), by_pandas(lines, as_of, months)
    assert dict(found.segment) == dict(expected.segment)
    for score in "rfm":
        assert dict(found[score]) == dict(expected[score].astype(int))


def test_online_retail_by_its_known_figures(retail):
    found = scored(retail[0], "2011-12-09")
    assert Counter(found.segment) == {
        "HHH": 1496, "LLL": 933, "HLL": 634, "LLH": 385, "HLH": 352, "LHH": 325, "HHL": 71, "LHL": 68,
    }  # fmt: skip
    assert found.f.value_counts().sort_index().tolist() == [1500, 804, 508, 622, 830]
    assert len(found) == 4264


def test_of_a_real_export_movement_equals_pandas(retail):
    database, lines = retail
    then, now = (by_pandas(lines, day, 6) for day in ("2011-06-09", "2011-12-09"))
    whole = plain.snapshot(lines, "2011-12-09", 6)
    ever = whole[whole.first_order_date.notna()]
    was = then.segment.reindex(ever.index)
    is_new = ever.first_order_date > pd.Timestamp("2011-06-09")
    pairs = zip(
        was.where(was.notna(), "lapsed").mask(is_new, "new_buyer"), now.segment.reindex(ever.index).fillna("lapsed")
    )
    found = segments.migration(*prepared(database, "2011-12-09", months=6))
    assert {
        (row.from_segment, row.to_segment): row.customers for row in found.itertuples() if row.customers
    } == Counter(pairs)
    assert found.customers.sum() == len(ever)


def test_the_kept_snapshot_is_not_built_for_segments(db):
    """The columns are worked out where they are read: the stored table has the scores alone."""
    given(db, orders=EIGHT)
    con, _ = prepared(db, AS_OF)
    stored = con.execute(
        "select column_name from duckdb_columns() where database_name = 'cache' and table_name like 'snapshot_%'"
    ).fetchall()
    assert {("r",), ("f",), ("m",)} <= set(stored)
    assert not {("segment",), ("segment_11",)} & set(stored)
    assert con.execute("select count(segment), count(segment_11) from snapshot").fetchone() == (8, 8)
