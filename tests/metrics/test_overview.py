"""The headline numbers of a few rows in sight, worked out by eye; then of real exports, held against plain pandas."""

from datetime import date

import pandas as pd
import pytest

from crm_analytics import state
from crm_analytics.database import open_database
from crm_analytics.metrics import overview
from crm_analytics.rules import Rules
from tests import plain
from tests.rows import given, insert, kpis, prepared

AS_OF = "2026-06-30"  # twelve months: from 2025-07-01; before: from 2024-07-01; earlier: from 2023-07-01
ORDERS = """
    customer_id  order_id  ordered_at        amount  cost  region
    early        1         2023-07-01        10      4     north
    loyal        2         2024-08-01        100     60    north
    left         3         2024-09-01        50      20    south
    loyal        4         2025-08-01        100     60    north
    loyal        5         2026-05-01        100     60    north
    loyal        5         2026-05-01        10      6     north
    new          6         2026-06-01        30      10    south
    new          6R        2026-06-09        -20     -5    south
    -            7         2026-06-02        40      15    -
    """


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """A database of these orders alone; nothing is written to it."""
    database = open_database(tmp_path_factory.mktemp("company") / "crm.duckdb")
    given(database, orders=ORDERS)
    yield database
    database.close()


def number(found: pd.DataFrame, kpi: str) -> tuple:
    """(value, previous, n, note); None where there is none."""
    row = found.loc[kpi]
    return tuple(None if pd.isna(row[name]) else row[name] for name in ("value", "previous", "n", "note"))


@pytest.mark.parametrize(
    "kpi, expected",
    [
        ("revenue", (260, 150, 6, None)),  # 100 + 100 + 10 + 30 - 20 + 40; before 100 + 50
        ("identified_revenue", (220, 150, 5, None)),
        ("margin", (114, 70, 6, None)),  # 40 + 40 + 4 + 20 - 15 + 25; before 40 + 30
        ("orders", (4, 2, 6, None)),  # a return is no order, two lines are one
        ("average_order_value", (65, 75, 4, None)),
        ("customers", (2, 2, 2, None)),
        ("active_customers", (2, 2, 2, None)),
        ("new_customers", (1, 2, 2, None)),  # before: loyal and left
        ("repurchase_rate", (1 / 2, 0, 2, None)),  # loyal of loyal, new
        ("churn_rate", (1 / 2, 1, 2, None)),  # left of loyal, left; before: early of early
        ("retention_rate", (1 / 2, 0, 2, None)),
        ("satisfaction", (None, None, 0, "needs_surveys")),
        ("nps", (None, None, 0, "needs_nps")),
        ("complaint_hours_median", (None, None, 0, "needs_complaints")),
    ],
)
def test_each_number_by_hand(company, kpi, expected):
    assert number(kpis(company, AS_OF), kpi) == pytest.approx(expected)


def test_every_number_has_its_row_and_unit(company):
    found = kpis(company, AS_OF)
    assert tuple(found.index) == overview.KPIS
    assert set(found["unit"]) == {"rate", "score", "hours", "money", "count"}
    assert set(found.columns) >= {"value", "previous", "n", "low", "high", "note", "change_low", "change_high"}


@pytest.mark.parametrize(
    "kpi, expected",
    [
        ("revenue", (10, 50, 2, None)),
        ("identified_revenue", (10, 50, 2, None)),
        ("margin", (5, 30, 2, None)),
        ("orders", (1, 1, 2, None)),
        ("customers", (1, 1, 1, None)),
        ("new_customers", (1, 1, 1, None)),
        ("churn_rate", (1, None, 1, None)),
        ("repurchase_rate", (0, 0, 1, None)),
    ],
)
def test_a_choice_of_customers_counts_them_alone(company, kpi, expected):
    assert number(kpis(company, AS_OF, where=(("region", ("south",)),)), kpi) == expected


def test_a_choice_of_nobody_has_no_numbers(company):
    found = kpis(company, AS_OF, where=(("region", ("nowhere",)),))
    assert number(found, "revenue") == (None, None, 0, "no_lines")
    assert number(found, "repurchase_rate") == (None, None, 0, "no_buyers")
    assert number(found, "churn_rate") == (None, None, 0, "no_customers_before")


@pytest.mark.parametrize(
    "as_of, kpi, expected",
    [
        ("2026-06-29", "churn_rate", (1 / 2, None, 2, "window_earlier_incomplete")),  # earlier: from 2023-06-30
        ("2026-06-29", "retention_rate", (1 / 2, None, 2, "window_earlier_incomplete")),
        ("2026-06-29", "revenue", (260, 150, 6, None)),
        ("2025-06-29", "churn_rate", (None, None, 0, "window_before_incomplete")),
        ("2025-06-29", "retention_rate", (None, None, 0, "window_before_incomplete")),
        ("2025-06-29", "new_customers", (2, None, 2, "window_before_incomplete")),
        ("2025-06-29", "revenue", (150, None, 2, "window_before_incomplete")),
        ("2025-06-29", "repurchase_rate", (0, None, 2, "window_before_incomplete")),
        ("2024-06-29", "revenue", (10, None, 1, "window_incomplete")),
        ("2024-06-29", "churn_rate", (None, None, 0, "window_incomplete")),
        ("2024-06-30", "revenue", (10, None, 1, "window_before_incomplete")),  # from 2023-07-01: the data's first day
    ],
)
def test_data_that_do_not_reach_back_are_said_so(company, as_of, kpi, expected):
    assert number(kpis(company, as_of), kpi) == expected


@pytest.mark.parametrize("as_of", ["2023-06-30", "2020-01-01"])
def test_before_the_first_line_there_are_no_numbers_rather_than_zeros(company, as_of):
    assert kpis(company, as_of)["value"].isna().all()


def test_surveys_alone_have_a_score_and_the_rest_no_zero(db):
    given(db, surveys="customer_id score answered_at\n a 5 2026-06-01\n b 1 2026-06-02")
    found = kpis(db, AS_OF)
    assert number(found, "satisfaction")[:3] == (0.5, None, 2)
    assert found["value"].drop("satisfaction").isna().all()


def test_a_margin_needs_costs_and_says_when_they_cover_a_part(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount  cost
        a            1         2024-07-01  10      -
        a            2         2025-07-01  10      -
        """,
    )
    assert number(kpis(db, AS_OF), "margin") == (None, None, 0, "needs_cost")
    given(db, orders="customer_id order_id ordered_at amount cost\n a 3 2026-06-01 20 5")
    assert number(kpis(db, AS_OF), "margin") == (15, None, 2, "cost_covers_part")
    assert number(kpis(db, AS_OF, where=(("stage", ("active",)),)), "margin") == (15, None, 2, "cost_covers_part")


def test_a_margin_of_the_window_before_needs_costs_of_its_own(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount  cost
        a            1         2024-07-01  10      -
        a            2         2024-08-01  10      -
        a            3         2025-07-01  10      4
        """,
    )
    assert number(kpis(db, AS_OF), "margin") == (6, None, 1, None)
    given(db, orders="customer_id order_id ordered_at amount cost\n a 4 2024-09-01 20 5")
    assert number(kpis(db, AS_OF), "margin") == (6, 15, 1, None)


def test_retention_changes_by_as_much_as_churn_the_other_way(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount
        a            1         2023-07-01  10
        b            2         2023-08-01  10
        a            3         2024-08-01  10
        c            4         2024-08-01  10
        d            5         2024-08-01  10
        a            6         2025-08-01  10
        d            7         2025-08-01  10
        """,
    )
    found = kpis(db, AS_OF)
    churn, kept = found.loc["churn_rate"], found.loc["retention_rate"]
    assert (churn["value"], churn["previous"]) == (pytest.approx(1 / 3), 0.5)  # c of a, c, d; before: b of a, b
    assert (kept["change_low"], kept["change_high"]) == (-churn["change_high"], -churn["change_low"])
    assert (kept["low"], kept["high"]) == (1 - churn["high"], 1 - churn["low"])
    assert kept["change_low"] < 1 / 6 < kept["change_high"]


def test_returns_alone_are_revenue_without_an_average_order(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount
        a            1         2023-07-01  10
        a            1R        2026-06-01  -4
        """,
    )
    found = kpis(db, AS_OF)
    assert number(found, "revenue") == (-4, 0, 1, None)
    assert number(found, "orders")[0] == 0
    assert number(found, "average_order_value") == (None, None, 0, "no_orders")
    assert number(found, "repurchase_rate")[0] is None
    assert number(found, "customers")[0] == 1 and number(found, "active_customers")[0] == 0


def test_repurchase_of_a_thousand(db):
    rows = [[f"c{n}", f"o{n}-{again}", "2026-06-01", "10"] for n in range(1000) for again in range(2 if n < 350 else 1)]
    with db.writing() as con:
        insert(con, "orders", ["customer_id", "order_id", "ordered_at", "amount"], rows)
    given(db, orders="customer_id order_id ordered_at amount\n old 0 2020-01-01 1")
    found = kpis(db, AS_OF).loc["repurchase_rate"]
    assert (found["value"], found["n"]) == (0.35, 1000)
    assert (round(found["low"], 4), round(found["high"], 4)) == (0.3211, 0.3801)


def test_a_rates_interval_and_its_change(db):
    windows = (("now", "2026-06-01", 120), ("then", "2025-06-01", 80))
    rows = [
        [f"{side}{n}", f"{side}{n}-{again}", day, "10"]
        for side, day, repeaters in windows
        for n in range(1000)
        for again in range(2 if n < repeaters else 1)
    ]
    with db.writing() as con:
        insert(con, "orders", ["customer_id", "order_id", "ordered_at", "amount"], rows)
    given(db, orders="customer_id order_id ordered_at amount\n old 0 2020-01-01 1")
    found = kpis(db, AS_OF).loc["repurchase_rate"]
    assert (found["value"], found["previous"]) == (0.12, 0.08)
    assert (round(100 * found["change_low"], 2), round(100 * found["change_high"], 2)) == (1.37, 6.64)
    churn, retention = kpis(db, AS_OF).loc["churn_rate"], kpis(db, AS_OF).loc["retention_rate"]
    assert retention["value"] == 1 - churn["value"] == 0
    assert (retention["low"], retention["high"]) == pytest.approx((1 - churn["high"], 1 - churn["low"]))


def answers(db, question: str, day: str, *scores: int) -> None:
    """One answer each of customers who have nothing else."""
    with db.writing() as con:
        insert(
            con,
            "surveys",
            ["customer_id", "question", "score", "scale_max", "answered_at"],
            [
                [f"{day}-{n}", question, score, "10" if question == "nps" else "5", day]
                for n, score in enumerate(scores)
            ],
        )
    given(db, surveys="customer_id score")


@pytest.mark.parametrize(
    "promoters, passives, detractors, score, half",
    [
        (3, 2, 1, 33.33, 59.64),
        (291, 476, 395, -8.950, 4.388),
        (5, 0, 0, 100, 0),
        (0, 0, 4, -100, 0),
    ],
)
def test_net_promoter_score(db, promoters, passives, detractors, score, half):
    answers(db, "nps", "2026-06-01", *[10] * promoters, *[8] * passives, *[3] * detractors)
    found = kpis(db, AS_OF).loc["nps"]
    assert found["value"] == pytest.approx(score, abs=0.005)
    assert (found["high"] - found["low"]) / 2 == pytest.approx(half, abs=0.005)
    assert found["n"] == promoters + passives + detractors


def test_scores_beside_those_of_the_window_before(db):
    given(db, orders=ORDERS)
    answers(db, "overall", "2026-06-01", 5, 4, 4, 3)
    answers(db, "overall", "2025-06-01", 5, 1)
    answers(db, "nps", "2026-06-01", 10, 9, 8, 2)
    answers(db, "nps", "2025-06-01", 10, 0, 0)
    found = kpis(db, AS_OF)
    assert number(found, "satisfaction") == (0.75, 0.5, 4, None)
    assert number(found, "nps") == (25, pytest.approx(-100 / 3), 4, None)
    assert found.loc["nps", "change_low"] < 25 + 100 / 3 < found.loc["nps", "change_high"]


def test_a_customers_last_answer_in_the_window_counts(db):
    given(
        db,
        orders=ORDERS,
        surveys="""
        customer_id  score  scale_max  answered_at       question
        loyal        1      5          2026-03-01T09:00  overall
        loyal        5      5          2026-04-01T09:00  overall
        new          5      5          2026-06-30T22:00  -
        new          2      5          2026-06-30T23:00  overall
        left         5      5          2026-07-01T00:00  overall
        left         1      5          2025-06-30T23:59  overall
        -            1      5          2026-06-01T09:00  overall
        loyal        1      5          2026-05-01T09:00  service
        """,
    )
    assert number(kpis(db, AS_OF), "satisfaction") == (0.5, 0, 2, None)
    assert number(kpis(db, AS_OF, where=(("region", ("north",)),)), "satisfaction") == (1, None, 1, None)


def test_of_two_answers_at_once_the_later_row_counts(db):
    given(
        db,
        orders=ORDERS,
        surveys="""
        customer_id  score  scale_max  answered_at
        loyal        5      5          2026-03-01
        loyal        1      5          2026-03-01
        """,
    )
    assert number(kpis(db, AS_OF), "satisfaction")[0] == 0


@pytest.mark.parametrize("day, note", [("-", "answers_undated"), ("2020-01-01", "no_answers_in_window")])
def test_answers_outside_the_window_are_no_score(db, day, note):
    given(
        db,
        orders=ORDERS,
        surveys=f"customer_id score scale_max answered_at question\n loyal 5 5 {day} overall\n loyal 9 10 {day} nps",
    )
    assert number(kpis(db, AS_OF), "satisfaction") == number(kpis(db, AS_OF), "nps") == (None, None, 0, note)


CASES = """
    complaint_id  customer_id  opened_at         resolved_at
    1             loyal        2026-05-01T09:00  2026-05-01T19:00
    2             left         2026-05-02T09:00  2026-05-03T05:00
    3             -            2026-05-03T09:00  2026-05-04T15:00
    4             new          2026-06-30T09:00  -
    """


def test_open_complaints_are_still_waiting(db):
    """Waits 10, 15+, 20, 30 hours: S = 3/4 after 10, 3/4 x 1/2 = 3/8 after 20. Leaving the open one out would also say 20, a mean 20."""
    given(db, orders=ORDERS, complaints=CASES)
    assert number(kpis(db, AS_OF), "complaint_hours_median") == (20, None, 4, None)


def test_a_complaint_solved_later_was_open_then(db):
    """On 2 May: 10 hours, and one that has waited 15 so far: half are solved after 10."""
    given(db, orders=ORDERS, complaints=CASES)
    assert number(kpis(db, "2026-05-02"), "complaint_hours_median") == (10, None, 2, None)


def test_complaints_of_chosen_customers_and_of_the_window_before(db):
    given(
        db,
        orders=ORDERS,
        complaints=CASES
        + """
        9             left         2025-06-30T20:00  2025-06-30T23:00
        8             left         2024-06-30T23:59  2024-07-01T23:59
        """,
    )
    assert number(kpis(db, AS_OF), "complaint_hours_median") == (20, 3, 4, None)
    assert number(kpis(db, AS_OF, where=(("region", ("south",)),)), "complaint_hours_median") == (20, 3, 2, None)


@pytest.mark.parametrize(
    "rows, note, n",
    [
        (
            "1 2026-06-01T09:00 -\n 2 2026-06-02T09:00 -\n 3 2026-06-02T09:00 2026-06-02T10:00",
            "most_complaints_open",
            3,
        ),
        ("1 2020-06-01T09:00 2020-06-01T10:00", "no_complaints_in_window", 0),
        (
            "1 2026-06-02T09:00 2026-06-01T09:00",
            "no_complaints_in_window",
            0,
        ),  # solved before it was opened: no duration
    ],
)
def test_complaints_without_a_median_say_why(db, rows, note, n):
    given(db, orders=ORDERS, complaints="complaint_id opened_at resolved_at\n" + rows)
    assert number(kpis(db, AS_OF), "complaint_hours_median") == (None, None, n, note)


def trend(db, as_of, kpi, **choice) -> list[tuple]:
    found = overview.trend(*prepared(db, as_of, **choice), rolling=0)
    found = found[found["kpi"] == kpi]
    return [
        (f"{month:%Y-%m}", None if pd.isna(value) else value, in_progress)
        for month, value, in_progress in zip(found["month"], found["value"], found["in_progress"])
    ]


MONTHS = """
    customer_id  order_id  ordered_at  amount  cost
    a            1         2026-01-31  10      4
    a            2         2026-02-01  20      -
    b            3         2026-04-15  30      10
    -            4         2026-04-16  5       1
    b            5         2026-04-30  7       1
    """


def test_trend_by_month_with_an_empty_one_and_one_in_progress(db):
    given(db, orders=MONTHS, complaints="complaint_id opened_at\n 1 2026-02-28T23:00\n 2 2026-04-30T09:00")
    assert trend(db, "2026-04-29", "revenue") == [
        ("2026-01", 10, False),
        ("2026-02", 20, False),
        ("2026-03", 0, False),
        ("2026-04", 35, True),
    ]
    assert trend(db, "2026-04-30", "revenue")[-1] == ("2026-04", 42, False)
    assert [value for _, value, _ in trend(db, "2026-04-29", "orders")] == [1, 1, 0, 2]
    assert [value for _, value, _ in trend(db, "2026-04-30", "new_customers")] == [1, 0, 0, 1]
    assert [value for _, value, _ in trend(db, "2026-04-30", "complaints")] == [0, 1, 0, 1]


def test_a_month_whose_costs_are_unknown_has_no_margin(db):
    given(db, orders=MONTHS)
    assert [value for _, value, _ in trend(db, "2026-04-30", "margin")] == [6, None, 0, 30]


def test_trend_says_nothing_of_what_is_absent(db):
    given(db, orders="customer_id order_id ordered_at amount\n a 1 2026-01-31 10")
    assert set(overview.trend(*prepared(db, "2026-01-31"))["kpi"]) == {"revenue", "orders", "new_customers"}
    assert overview.trend(*prepared(db, "2025-12-31")).empty


def test_trend_counts_the_chosen_customers_alone(company):
    assert trend(company, AS_OF, "revenue", where=(("region", ("south",)),))[-1] == ("2026-06", 10, False)


def test_online_retail_by_its_known_figures(retail):
    found = kpis(retail[0], date(2011, 12, 9))
    assert number(found, "repurchase_rate")[2:] == (4264, "window_before_incomplete")
    assert found.loc["repurchase_rate", "value"] == 2764 / 4264
    assert round(found.loc["repurchase_rate", "value"], 4) == 0.6482
    assert found.loc["active_customers", "value"] == 4243
    assert round(found.loc["revenue", "value"], 2) == 9_370_259.48
    whole = kpis(retail[0], date(2011, 12, 9), months=24)
    assert round(whole.loc["revenue", "value"], 2) == 9_747_747.93
    assert round(whole.loc["identified_revenue", "value"], 2) == 8_300_065.81
    assert whole.loc["customers", "value"] == 4372


@pytest.mark.parametrize("as_of", ["2011-12-09", "2011-06-30"])
@pytest.mark.parametrize("months", [6, 12, 24])
def test_online_retail_equals_pandas(retail, as_of, months):
    database, lines = retail
    found = kpis(database, date.fromisoformat(as_of), months=months)
    whole, before_whole = plain.headline(lines, as_of, months)
    assert found.loc[list(whole), "value"].to_dict() == pytest.approx(whole, rel=1e-12)
    if plain.bounds(as_of, months)[2] >= lines["day"].min():
        assert found.loc[list(before_whole), "previous"].to_dict() == pytest.approx(before_whole, rel=1e-12)
    else:
        assert found["previous"].isna().all()


def test_a_customer_whose_returns_outweigh_the_orders_has_churned(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount
        first        1         2023-07-01  10
        sour         2         2024-08-01  50
        sour         3         2026-06-01  10
        sour         2R        2026-06-02  -40
        """,
    )
    found = kpis(db, AS_OF)
    assert number(found, "churn_rate") == (1, 1, 1, None)
    assert number(found, "orders")[0] == 1 and number(found, "active_customers")[0] == 0


def test_a_complaint_solved_at_the_midnight_after_is_open_still(db):
    given(db, orders=ORDERS, complaints="complaint_id opened_at resolved_at\n 1 2026-06-30T09:00 2026-07-01T00:00")
    assert number(kpis(db, AS_OF), "complaint_hours_median") == (None, None, 1, "most_complaints_open")
    assert number(kpis(db, "2026-07-01"), "complaint_hours_median") == (15, None, 1, None)


RATES = [
    "repurchase_rate",
    "churn_rate",
    "retention_rate",
    "active_customers",
    "average_order_value",
    "satisfaction",
    "nps",
]


@pytest.mark.parametrize("where", [(), (("region", ("south",)),)], ids=["everybody", "south"])
def test_a_point_of_a_rate_is_the_number_of_the_twelve_months_that_end_there(db, where):
    given(
        db,
        orders=ORDERS,
        surveys="""
        customer_id  score  scale_max  answered_at  question
        left         1      5          2025-06-30   overall
        left         5      5          2026-02-28   overall
        loyal        2      5          2026-03-01   overall
        new          9      10         2026-06-29   nps
        left         3      10         2026-05-31   nps
        """,
    )
    found = overview.trend(*prepared(db, "2026-06-29", where=where))
    points = found[found["kpi"].isin(RATES)]
    assert {*RATES} == {*points["kpi"]}
    for month, of_month in points.groupby("month"):
        last = min(pd.Timestamp(month) + pd.offsets.MonthEnd(0), pd.Timestamp("2026-06-29"))
        then = kpis(db, last.date(), where=where).loc[RATES].dropna(subset="value")
        points_of = of_month.set_index("kpi")
        assert points_of["value"].to_dict() == pytest.approx(then["value"].to_dict()), month
        assert points_of["n"].to_dict() == then["n"].to_dict(), month


def test_a_typed_margin_rate_covers_what_no_cost_does(db):
    given(
        db,
        orders="""
        customer_id  order_id  ordered_at  amount  cost
        C-1          1         2026-06-01  100     60
        C-2          2         2026-05-01  50      -
        C-2          3         2025-05-01  20      -
        """,
    )
    assert kpis(db, "2026-06-30").loc["margin", ["value", "note"]].tolist() == [40, "cost_covers_part"]
    state.save_rules(db, Rules(margin_rate=0.1))
    assert kpis(db, "2026-06-30").loc["margin", ["value", "note"]].tolist() == [45, "window_before_incomplete"]
    one = (("tier", ("small",)),)
    assert kpis(db, "2026-06-30", where=one).loc["margin", "value"] == 5
    for where in ((), one):
        trend = overview.trend(*prepared(db, "2026-06-30", where=where))
        of_may = trend[(trend.kpi == "margin") & (trend.month.astype(str).str.startswith("2026-05"))]
        assert of_may.value.tolist() == [5]
