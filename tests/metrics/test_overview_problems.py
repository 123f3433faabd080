"""The problems found in rows in sight: each rule at its limit and just beyond, what is at stake, and whom a line opens."""

from dataclasses import replace
from urllib.parse import parse_qs

import pandas as pd
import pytest

from crm_analytics import state
from crm_analytics.metrics import overview
from crm_analytics.rules import DEFAULT_LIMITS, Rules
from tests.rows import given, insert, prepared

AS_OF = "2026-06-30"
ORDERS = """
    customer_id  order_id  ordered_at  amount  region
    old          1         2023-07-01  10      north
    whale        2         2026-03-31  600     north
    fresh        3         2026-06-01  300     south
    -            4         2026-06-02  100     -
    """


@pytest.fixture
def rules(db):
    """rules(limits={...}, targets={...}) saves rules that find nothing else: shares of any number of customers are judged."""

    def save(limits=(), **changed) -> None:
        state.save_rules(
            db, replace(Rules(**changed), limits=DEFAULT_LIMITS | {"least_customers": 1, "top_share": 1} | dict(limits))
        )

    return save


def problems(db, as_of=AS_OF, **choice) -> pd.DataFrame:
    """The findings by their code."""
    return overview.problems(*prepared(db, as_of, **choice)).set_index("problem")


def finding(db, code: str, **choice) -> tuple | None:
    """(level, value, limit, n, at stake, unit of the stake) of one finding, None where it is not found."""
    found = problems(db, **choice)
    if code not in found.index:
        return None
    row = found.loc[code, ["level", "value", "limit", "n", "at_stake", "stake_unit"]]
    return tuple(None if pd.isna(value) else value for value in row)


def behind(db, code: str) -> int:
    """How many customers the finding's link opens."""
    where = parse_qs(problems(db).loc[code, "where"])
    con, _ = prepared(db, AS_OF, where=tuple(sorted((name, tuple(values)) for name, values in where.items())))
    return con.execute("select count(*) from chosen").fetchone()[0]


def test_without_anything_wrong_nothing_is_found(db):
    given(db, orders="customer_id order_id ordered_at amount\n a 1 2026-06-30 10")
    found = overview.problems(*prepared(db))
    assert found.empty and list(found.columns)[:4] == ["problem", "subject", "level", "value"]


def test_a_valuable_customer_who_is_silent(db):
    """91 days after the order; the top tier of two is one customer, the whale, with 600 of 1000."""
    given(db, orders=ORDERS)
    assert finding(db, "valuable_silent") == ("high", 1, 90, 1, 600, "money")
    assert behind(db, "valuable_silent") == 1
    assert finding(db, "valuable_silent", as_of="2026-06-29") is None, "90 days are not yet too many"


def test_a_valuable_customer_who_is_not_content(db):
    given(
        db,
        orders=ORDERS,
        surveys="customer_id score scale_max answered_at\n whale 3 5 2026-06-01\n fresh 1 5 2026-06-01",
    )
    assert finding(db, "valuable_unhappy") == ("high", 1, 0, 1, 600, "money")
    assert behind(db, "valuable_unhappy") == 1


def test_revenue_without_a_customer(db, rules):
    given(db, orders=ORDERS)
    assert finding(db, "unidentified") is None, "a tenth is within the limit"
    rules({"unidentified_share": 0.0999})
    assert finding(db, "unidentified") == ("high", 0.1, 0.0999, 1, 100, "money")
    assert finding(db, "unidentified", where=(("region", ("north",)),)) is None


def test_revenue_in_few_hands(db, rules):
    given(db, orders=ORDERS)
    rules({"top_share": 0.6})
    assert finding(db, "concentration") == ("high", pytest.approx(600 / 900), 0.6, 1, 600, "money")
    rules({"top_share": 0.6, "least_customers": 3})
    assert finding(db, "concentration") is None, "two customers are too few to judge"


COMPLAINTS = """
    complaint_id  customer_id  opened_at         resolved_at
    late          whale        2026-06-27T23:59  -
    fine          fresh        2026-06-28T00:01  -
    done          fresh        2026-01-01T00:00  2026-01-09T00:00
    nobody        -            2026-01-01T00:00  -
    """


def test_a_complaint_open_for_more_than_72_hours(db, rules):
    given(db, orders=ORDERS, complaints=COMPLAINTS)
    assert finding(db, "complaints_open") == ("high", 2, 72, 3, 600, "money")
    assert finding(db, "complaints_open", where=(("region", ("south",)),)) is None
    rules(targets={"complaint_hours_median": 24})
    assert finding(db, "complaints_open") == ("high", 3, 24, 3, 900, "money")


def test_few_answers_and_few_members(db, rules):
    given(
        db,
        orders=ORDERS,
        surveys="customer_id score scale_max answered_at\n old 5 5 2026-06-01\n whale 5 5 2025-06-30",
        members="customer_id joined_at\n fresh 2026-06-30\n whale 2026-07-01",
    )
    rules({"participation_rate": 0.51})
    assert finding(db, "few_answers") == ("low", 0, 0.05, 2, 2, "customers")
    assert behind(db, "few_answers") == 2
    assert finding(db, "few_members") == ("low", 0.5, 0.51, 2, 1, "customers")
    rules({"participation_rate": 0.5, "response_rate": 0})
    assert finding(db, "few_members") is None and finding(db, "few_answers") is None


def test_without_a_programme_or_a_survey_nobody_is_missed(db, rules):
    given(db, orders=ORDERS)
    rules({"participation_rate": 1, "response_rate": 1})
    assert finding(db, "few_members") is None and finding(db, "few_answers") is None


def company(db, now: int, kept: int, lost: int, repeaters: int = 0) -> None:
    """New, kept and lost customers, each with an order of 10 in its window; `repeaters` of the kept bought twice before."""
    rows = [[f"new{n}", f"n{n}", "2026-06-01", "10"] for n in range(now)]
    rows += [[f"kept{n}", f"k{n}-{day}", day, "10"] for n in range(kept) for day in ("2025-06-01", "2026-06-01")]
    rows += [[f"kept{n}", f"k{n}", "2025-06-02", "10"] for n in range(repeaters)]
    rows += [[f"lost{n}", f"l{n}", "2025-06-01", "10"] for n in range(lost)]
    with db.writing() as con:
        insert(con, "orders", ["customer_id", "order_id", "ordered_at", "amount"], rows)
    given(db, orders="customer_id order_id ordered_at amount\n first 0 2020-01-01 1")


def test_newcomers_who_do_not_make_up_for_those_who_left(db):
    """60 for 100, where chance alone leaves 100 - 1.96 x sqrt(160) = 75."""
    company(db, now=60, kept=50, lost=100)
    assert finding(db, "few_newcomers") == ("high", 0.6, 1, 100, 1000, "money")
    assert behind(db, "few_newcomers") == 100


def test_a_few_newcomers_less_are_chance(db):
    company(db, now=80, kept=50, lost=100)
    assert finding(db, "few_newcomers") is None


def test_revenue_that_fell(db, rules):
    """1,500 before, 1,100 now; whom it opens: those who left."""
    company(db, now=60, kept=50, lost=100)
    assert finding(db, "revenue_fell") == ("high", pytest.approx(-4 / 15), -0.05, 110, 400, "money")
    rules({"revenue_drop": 0.3})
    assert finding(db, "revenue_fell") is None


def test_a_number_clearly_worse_than_before(db):
    """Nobody of 110 bought again, 50 of 150 had."""
    company(db, now=60, kept=50, lost=100, repeaters=50)
    found = problems(db)
    assert found.loc["worse", "subject"] == "repurchase_rate"
    assert finding(db, "worse") == ("high", 0, pytest.approx(1 / 3), 110, pytest.approx(110 / 3), "customers")


def test_a_target_missed_beyond_noise(db, rules):
    """100 of 150 left; the better end of the interval is .588."""
    company(db, now=60, kept=50, lost=100, repeaters=50)
    rules(targets={"churn_rate": 0.5, "repurchase_rate": 0.1})
    found = problems(db)
    assert set(found.loc[["target_missed"], "subject"]) == {"churn_rate", "repurchase_rate"}
    assert "worse" not in found.index, "what misses its target is not said twice"
    rules(targets={"churn_rate": 0.6})
    assert finding(db, "target_missed") is None, "within noise of the target"
    rules(targets={"churn_rate": 0.58})
    assert finding(db, "target_missed") == ("high", pytest.approx(2 / 3), 0.58, 150, pytest.approx(13), "customers")
    assert behind(db, "target_missed") == 100


def test_a_target_of_a_year_is_not_held_against_a_quarter(db, rules):
    company(db, now=60, kept=50, lost=100)
    rules(targets={"revenue": 2000, "average_order_value": 20})
    assert set(problems(db).loc[["target_missed"], "subject"]) == {"revenue", "average_order_value"}
    assert set(problems(db, months=3).loc[["target_missed"], "subject"]) == {"average_order_value"}


def test_exports_that_end_long_before_the_orders(db):
    surveys = "customer_id score scale_max answered_at\n whale 5 5 {day}"
    given(
        db, orders=ORDERS, surveys=surveys.format(day="2026-03-03"), complaints="complaint_id opened_at\n 1 2026-05-01"
    )
    found = problems(db)
    assert finding(db, "data_old") == ("medium", 91, 90, 1, None, None)  # to the order of 2 June
    assert found.loc["data_old", "subject"] == "surveys" and found.loc["data_old", "page"] == "data"
    given(db, surveys=surveys.format(day="2026-03-04"))
    assert finding(db, "data_old") is None


def test_the_gravest_comes_first_then_what_is_most_at_stake(db, rules):
    given(
        db,
        orders=ORDERS,
        complaints=COMPLAINTS,
        surveys="customer_id score scale_max answered_at\n fresh 1 5 2026-06-01",
    )
    rules({"top_share": 0.6, "unidentified_share": 0.01, "response_rate": 0.9})
    found = problems(db)
    assert list(found.index) == ["valuable_silent", "concentration", "complaints_open", "unidentified", "few_answers"]
    assert list(found["level"]) == ["high"] * 4 + ["low"]


def test_the_level_follows_the_stake(db, rules):
    given(db, orders=ORDERS)
    for high, medium, level in ((0.6, 0.5, "high"), (0.61, 0.6, "medium"), (0.7, 0.61, "low")):
        rules({"high_stake": high, "medium_stake": medium})
        assert finding(db, "valuable_silent")[0] == level


def test_a_saved_rule_keeps_limits_that_came_later(db):
    state.save_rules(db, replace(Rules(), limits={"top_share": 0.9}))
    assert state.rules(db.cursor()).limits == DEFAULT_LIMITS | {"top_share": 0.9}


def test_records_set_aside(db, tmp_path):
    from crm_analytics import importing

    file = tmp_path / "orders.csv"
    file.write_text(
        "order_id,customer_id,ordered_at,amount\n" + "".join(f"{n},c{n},2026-01-0{1 + n % 9},10\n" for n in range(50))
    )
    file.write_text(file.read_text() + "51,c1,2026-01-05,much\n")
    importing.apply_plan(db, importing.plan_import(db, [file]))
    assert finding(db, "set_aside", as_of=None) == ("medium", 1 / 51, 0.01, 51, None, None)


def test_data_without_orders_finds_what_it_can(db):
    given(db, surveys="customer_id score scale_max answered_at\n a 1 5 2026-06-01", complaints=COMPLAINTS)
    assert set(problems(db).index) == {"complaints_open"}
