"""The score of a table: each check on a few rows written in sight, then the real exports against plain pandas."""

import pandas as pd
import pytest

from crm_analytics import importing, state
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics import data
from crm_analytics.metrics._checks import CHECKS, PARTS
from tests.rows import given

ORDERS = "order_id customer_id ordered_at amount\nO1 C1 2026-01-05 10\nO2 C2 2026-01-06 5\nO3 C3 2026-01-07 5\nO4 C4 2026-01-08 5\n"


def found(database) -> dict:
    """(table, finding) -> (part, rows, of)"""
    frame = data.quality(database.cursor(), Filters())
    return {(row.table, row.finding): (row.part, row.rows, row.of) for row in frame.itertuples()}


def lines(database, table: str, finding: str) -> list[int]:
    """The lines of the rows behind a finding."""
    return list(data.rows_behind(database.cursor(), Filters(), table=table, finding=finding)["source_line"])


def score(database, table: str = "orders") -> pd.Series:
    return data.scores(database.cursor(), Filters()).set_index("table").loc[table]


CASES = [  # table, finding, part, rows, of, the lines behind, what is given
    (
        "orders", "lines_without_cost", "completeness", 1, 3, [2],
        {"orders": "order_id customer_id ordered_at amount sku cost\n"
         "O1 C1 2026-01-05 10 A 4\nO2 C1 2026-01-05 10 B -\nO3 C1 2026-01-05 9 P -\n",
         "products": "sku unit_cost category\nP 2 tea\n"},
    ),
    (
        "orders", "orders_of_several_customers", "consistency", 1, 2, [1, 2],
        {"orders": "order_id customer_id ordered_at amount\nO1 C1 2026-01-05 1\nO1 C2 2026-01-05 2\nO2 C2 2026-01-05 3\n"},
    ),
    (
        "orders", "delivered_before_ordered", "consistency", 1, 3, [2],
        {"orders": "order_id customer_id ordered_at amount delivered_at\n"
         "O1 C1 2026-01-05T12:00 1 2026-01-05\nO2 C2 2026-01-05 2 2026-01-04\nO3 C2 2026-01-05 3 -\n"},
    ),
    ("orders", "negative_cost", "consistency", 1, 3, [1],
     {"orders": "order_id customer_id ordered_at amount cost\nO1 C1 2026-01-05 5 -2\nO2 C1 2026-01-05 -5 -2\nO3 C1 2026-01-05 5 2\n"}),
    ("orders", "two_names", "consistency", 1, 2, [1, 3],
     {"orders": "order_id customer_id ordered_at amount customer_name\n"
      "O1 C1 2026-01-05 5 Ann\nO2 C2 2026-01-05 5 Bo\nO3 C1 2026-01-05 5 Bob\n"}),
    ("customers", "two_names", "consistency", 1, 2, [1],
     {"customers": "customer_id name\nC1 Ann\nC2 Bo\n",
      "orders": "order_id customer_id ordered_at amount customer_name\nO1 C1 2026-01-05 5 Anna\nO2 C2 2026-01-05 5 BO\n"}),
    ("customers", "customers_alike", "duplicates", 4, 6, [1, 2, 5, 6],
     {"customers": "customer_id person_id email name phone\nC1 - a@x.org - -\nC2 - A@X.org - -\nC3 P b@x.org - -\nC4 P b@x.org - -\n"
      "C5 - - Ann 1-23\nC6 - - ann 123\n"}),
    ("customers", "ordered_before_signup", "consistency", 1, 2, [1],
     {"customers": "customer_id signup_date\nC1 2026-01-06\nC2 2026-01-06\n", "orders": ORDERS}),
    ("customers", "impossible_birth", "consistency", 2, 3, [1, 2],
     {"customers": "customer_id birth_date\nC1 1899-12-31\nC2 2030-01-01\nC3 1990-01-01\n", "orders": ORDERS}),
    ("customers", "unknown_referrers", "orphans", 1, 3, [2],
     {"customers": "customer_id referred_by\nC1 C2\nC2 C9\nC3 -\n"}),
    ("customers", "key_twice", "duplicates", 1, 3, [2], {"customers": "customer_id name\nC1 Ann\nC1 Ann\nC2 Bo\n"}),
    ("members", "tier_before_joined", "consistency", 1, 2, [1],
     {"members": "customer_id joined_at tier_since\nC1 2026-01-02 2026-01-01\nC2 2026-01-02 2026-01-02\n"}),
    ("surveys", "score_outside_scale", "consistency", 3, 5, [1, 2, 4],
     {"surveys": "customer_id answered_at score scale_max question\nC1 2026-01-05 6 5 overall\nC1 2026-01-05 -1 5 overall\n"
      "C1 2026-01-05 5 5 overall\nC1 2026-01-05 11 - NPS\nC1 2026-01-05 10 - NPS\n"}),
    ("complaints", "settled_without_date", "completeness", 1, 3, [1],
     {"complaints": "complaint_id opened_at resolved_at status\n"
      "T1 2026-01-05 - Closed\nT2 2026-01-05 - open\nT3 2026-01-05 2026-01-06 closed\n"}),
    ("complaints", "settled_before_opened", "consistency", 1, 2, [2],
     {"complaints": "complaint_id opened_at resolved_at\nT1 2026-01-05 2026-01-05\nT2 2026-01-05 2026-01-04\n"}),
    ("complaint_events", "unknown_complaints", "orphans", 1, 2, [2],
     {"complaints": "complaint_id opened_at\nT1 2026-01-05\n",
      "complaint_events": "complaint_id at event\nT1 2026-01-05 x\nT9 2026-01-05 x\n"}),
    ("returns", "returned_before_ordered", "consistency", 1, 2, [2],
     {"orders": ORDERS, "returns": "order_id returned_at\nO1 2026-01-05\nO2 2026-01-05\n"}),
    ("campaigns", "ends_before_start", "consistency", 1, 2, [2],
     {"campaigns": "campaign_id starts ends\nA 2026-01-05 2026-01-05\nB 2026-01-05 2026-01-04\n"}),
    ("campaign_members", "unknown_campaigns", "orphans", 1, 2, [2],
     {"campaigns": "campaign_id starts\nA 2026-01-05\n", "campaign_members": "campaign_id customer_id\nA C1\nB C1\n"}),
    ("costs", "unknown_campaigns", "orphans", 1, 2, [2],
     {"campaigns": "campaign_id starts\nA 2026-01-05\n", "costs": "period amount campaign_id\n2026 1 A\n2026 1 B\n"}),
    ("campaign_members", "answered_before_sent", "consistency", 1, 2, [1],
     {"campaign_members": "campaign_id customer_id sent_at opened_at\nA C1 2026-01-05 2026-01-04\nA C2 2026-01-05 -\n"}),
]  # fmt: skip


@pytest.mark.parametrize(
    "table, finding, part, rows, of, behind, tables", CASES, ids=[f"{case[0]}-{case[1]}" for case in CASES]
)
def test_each_finding_with_the_rows_behind_it(db, table, finding, part, rows, of, behind, tables):
    given(db, **tables)
    assert found(db)[table, finding] == (part, rows, of)
    assert lines(db, table, finding) == behind
    assert score(db, table)[part] == pytest.approx(1 - rows / of), "no other finding of this part weighs more"


def test_every_check_has_a_case_here_or_beside():
    beside = {  # tests/metrics/test_data.py
        "lines_without_customer", "orders_without_amount", "excluded_status", "unknown_customers", "several_currencies",
        "items_without_order",
        "answers_without_customer", "answers_undated", "unknown_orders", "future_dates", "amount_differs",
    }  # fmt: skip
    assert {check.finding for check in CHECKS} == beside | {case[1] for case in CASES} - {"key_twice"}


PRICED = "order_id customer_id ordered_at quantity unit_price discount amount"


@pytest.mark.parametrize(
    "rows, differ",
    [
        (["2 5 - 10"] * 19 + ["2 5 - 11"], [20]),
        (["3 3.33 - 10"] * 20, []),  # a price rounded for each of three pieces
        (["2 5 1 9", "2 5 0.1 9", "2 5 10 9", "2 5 0.5 9"] * 5, []),  # an amount, a share, per cent, per piece
        (["2 5 - 12"] * 20, []),  # with tax: the amount means something else here
    ],
)
def test_an_amount_that_is_not_price_times_quantity(db, rows, differ):
    given(db, orders="\n".join([PRICED, *(f"O{number} C1 2026-01-05 {row}" for number, row in enumerate(rows))]))
    assert (("orders", "amount_differs") in found(db)) == bool(differ)
    if differ:
        assert lines(db, "orders", "amount_differs") == differ


def test_the_score_is_what_the_weakest_part_leaves(db):
    """One line in four without customer, one in four customers unknown: 75, not 50 and not 87.5."""
    given(db, orders=ORDERS.replace("O4 C4", "O4 -").replace("O3 C3", "O3 C2"), customers="customer_id\nC1\n")
    row = score(db)
    assert (row.score, row.completeness, row.orphans, row.duplicates, row.staleness, row.consistency) == (
        50,
        0.75,
        0.5,
        1,
        1,
        1,
    )
    assert (row.weakest, row.finding, row["rows"], row.of, row.unit) == (
        "orphans",
        "unknown_customers",
        1,
        2,
        "customers",
    )
    assert "profile" in row.limits


def test_a_table_without_flaw_has_a_hundred_and_nothing_weak(db):
    given(db, orders=ORDERS)
    row = score(db)
    assert row.score == 100 and all(row[part] == 1 for part in PARTS) and pd.isna(row.weakest) and pd.isna(row.finding)


def test_what_people_decided_is_no_flaw(db):
    given(
        db,
        orders="order_id customer_id ordered_at amount status\nO1 C1 2026-01-05 10 cancelled\nO2 C2 2026-01-05 10 done\n",
    )
    state.set_ranked(db, ["C2"], False, "staff")
    assert {finding for _, finding in found(db)} == {"excluded_status", "unranked_customers"}
    assert score(db).score == 100


@pytest.mark.parametrize("last, staleness", [("2026-03-01", 1.0), ("2025-10-01", 1 - 182 / 365), ("2024-01-01", 0.0)])
def test_staleness_is_the_part_of_a_year_that_is_missing(db, last, staleness):
    given(
        db,
        orders="order_id customer_id ordered_at amount\nO1 C1 2026-04-01 1\n",
        complaints=f"complaint_id opened_at\nT0 2023-01-01\nT1 {last}\n",
    )
    row = score(db, "complaints")
    assert row.staleness == pytest.approx(staleness) and row.score == pytest.approx(100 * staleness)
    if staleness < 1:
        assert list(data.rows_behind(db.cursor(), Filters(), table="complaints", finding="stale")["complaint_id"]) == [
            "T1"
        ]


def test_what_was_set_aside_counts_as_missing_and_is_shown_as_it_stood(db, tmp_path):
    path = tmp_path / "orders.csv"
    good = "".join(f"G{number},C1,2026-01-05,1\n" for number in range(398))
    path.write_text("order_id,customer_id,ordered_at,amount\n" + good + "O1,C1,soon,1\nO2,C1,2026-01-05\n")
    importing.apply_plan(db, importing.plan_import(db, [path]))
    row = score(db)
    assert (row.finding, row["rows"], row.of, row.completeness) == ("quarantined", 2, 400, 1 - 2 / 400)
    behind = data.rows_behind(db.cursor(), Filters(), table="orders", finding="quarantined")
    assert list(behind["source_line"]) == [400, 401] and list(behind["raw"]) == ["O1,C1,soon,1", "O2,C1,2026-01-05"]


def test_lines_that_stand_twice_are_shown_without_the_first(db, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(
        "order_id,customer_id,ordered_at,amount\n1,a,2026-01-05,1\n2,a,2026-01-05,1\n1,a,2026-01-05,1\n1,a,2026-01-05,1\n"
    )
    importing.apply_plan(db, importing.plan_import(db, [path]))
    assert found(db)["orders", "repeated_rows"] == ("duplicates", 2, 4)
    assert lines(db, "orders", "repeated_rows") == [4, 5]


def test_numbers_are_limited_below_ninety_five_in_a_hundred_only(db):
    rows = [f"O{number} {'C1' if number else '-'} 2026-01-05 1" for number in range(20)]
    given(db, orders="\n".join(["order_id customer_id ordered_at amount", *rows]))
    assert data.limits(db.cursor(), Filters()).empty, "19 of 20 is not below"
    given(db, orders="order_id customer_id ordered_at amount\nX - 2026-01-05 1\n")
    limited = data.limits(db.cursor(), Filters()).set_index("kpi")
    assert limited.loc["repurchase_rate", "finding"] == "lines_without_customer"
    assert limited.loc["repurchase_rate", "share"] == pytest.approx(2 / 21)
    assert "revenue" not in limited.index, "lines without a customer count for revenue"


def test_the_limits_are_the_worst_findings_of_quality(retail):
    con = retail[0].cursor()
    found = data.quality(con, Filters())
    for row in data.limits(con, Filters()).itertuples():
        worst = found[found["limits"].str.split(", ").map(lambda names, kpi=row.kpi: kpi in names)]["share"].max()
        assert row.share == worst > 1 - data.LIMITED


def test_the_limits_of_some_numbers_are_those_of_all(retail):
    con = retail[0].cursor()
    every = data.limits(con, Filters()).set_index("kpi").finding
    for codes in ("repurchase_rate", "pyramid,revenue", "revenue", "nothing of ours"):
        some = data.limits(con, Filters(), codes=codes).set_index("kpi").finding
        assert some.to_dict() == {code: every[code] for code in codes.split(",") if code in every}


def test_an_empty_company_has_no_scores_and_no_limits(db):
    assert data.scores(db.cursor(), Filters()).empty and data.limits(db.cursor(), Filters()).empty


def test_an_unknown_table_is_refused_and_an_unknown_finding_has_no_rows(db):
    with pytest.raises(CrmError) as refusal:
        data.rows_behind(db.cursor(), Filters(), table="orders; drop table orders")
    assert refusal.value.code == "E_TABLE"
    assert data.rows_behind(db.cursor(), Filters(), finding="persons_with_several_numbers").empty


def test_online_retail_against_plain_pandas(retail, real):
    database, _ = retail
    raw = pd.read_csv(real("online_retail/online_retail.csv.gz"), dtype=str, keep_default_na=False)
    nobody, repeats = (raw["CustomerID"] == "").sum(), raw.duplicated().sum()
    row = score(database)
    assert (row["rows"], row.of, row.finding) == (nobody, len(raw), "lines_without_customer")
    assert row.score == pytest.approx(100 * (1 - nobody / len(raw))) and round(row.score, 1) == 75.1
    assert row.duplicates == pytest.approx(1 - repeats / len(raw))
    behind = data.rows_behind(database.cursor(), Filters(), limit=10**6)
    assert list(behind["source_line"]) == list(raw.index[raw["CustomerID"] == ""] + 2)
    twice = data.rows_behind(database.cursor(), Filters(), finding="repeated_rows", limit=10**6)
    assert list(twice["source_line"]) == list(raw.index[raw.duplicated()] + 2)


def test_superstore_against_plain_pandas(superstore, real):
    database, _ = superstore
    raw = pd.read_csv(real("superstore_cn/订单.utf8.csv"), dtype=str, keep_default_na=False)
    shared = raw.groupby("订单 ID")["客户名称"].nunique()
    assert found(database)["orders", "orders_of_several_customers"][1:] == ((shared > 1).sum(), len(shared))
    assert score(database).consistency == pytest.approx(1 - (shared > 1).sum() / len(shared))
