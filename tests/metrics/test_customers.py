"""The list of customers: order, search, pages, and what is unknown stays unknown."""

import pandas as pd
import pytest

from crm_analytics.database import open_database
from crm_analytics.errors import CrmError
from crm_analytics.metrics import customers
from tests.rows import given, prepared

AS_OF = "2026-06-30"


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """Five people, one of whom never bought and one of whom only returned; nothing is written to it."""
    database = open_database(tmp_path_factory.mktemp("company") / "crm.duckdb")
    given(
        database,
        orders="""
        customer_id  order_id  ordered_at  amount  cost
        C-1          1         2026-06-01  100     60
        C-2          2         2026-05-01  300     -
        C-3          3         2026-06-20  100     150
        C-4          4R        2026-06-20  -10     -
        -            5         2026-06-20  999     1
        """,
        customers="""
        customer_id  name     region
        C-1          Ana      north
        C-2          100%     south
        C-5          anatole  north
        """,
    )
    yield database
    database.close()


def ids(database, where=(), **choice) -> list[str]:
    return customers.listing(*prepared(database, AS_OF, where=where), **choice)["customer_id"].tolist()


def test_by_revenue_largest_first_equals_by_id(company):
    assert ids(company) == ["C-2", "C-1", "C-3", "C-5", "C-4"]


@pytest.mark.parametrize(
    "order_by, descending, expected",
    [
        ("name", False, ["C-2", "C-1", "C-5", "C-3", "C-4"]),
        ("last_order_date", True, ["C-3", "C-1", "C-2", "C-4", "C-5"]),
        ("days_since_last_order", False, ["C-3", "C-1", "C-2", "C-4", "C-5"]),
        ("region", True, ["C-2", "C-1", "C-5", "C-3", "C-4"]),
        ("margin", True, ["C-1", "C-3", "C-2", "C-4", "C-5"]),
        ("margin", False, ["C-3", "C-1", "C-2", "C-4", "C-5"]),
        ("customer_id", True, ["C-5", "C-4", "C-3", "C-2", "C-1"]),
    ],
)
def test_what_is_unknown_comes_last(company, order_by, descending, expected):
    assert ids(company, order_by=order_by, descending=descending) == expected


@pytest.mark.parametrize("order_by", customers.SORTABLE)
def test_every_column_that_can_order_does(company, order_by):
    assert sorted(ids(company, order_by=order_by)) == ["C-1", "C-2", "C-3", "C-4", "C-5"]


@pytest.mark.parametrize("order_by", ["nothing", "", 'revenue" desc; drop table orders; --', "need_tags"])
def test_other_columns_are_refused(company, order_by):
    with pytest.raises(CrmError) as refused:
        ids(company, order_by=order_by)
    assert refused.value.code == "E_SORT" and "revenue" in str(refused.value)


@pytest.mark.parametrize(
    "search, expected",
    [
        ("", 5),
        ("ana", 2),
        (" ANA ", 2),
        ("c-3", 1),
        ("-", 5),
        ("0%", 1),
        ("_", 0),
        ("'", 0),
        ("nobody", 0),
    ],
)
def test_search_finds_part_of_an_id_or_a_name(company, search, expected):
    con, filters = prepared(company, AS_OF)
    assert (
        len(customers.listing(con, filters, search=search)) == customers.size(con, filters, search=search) == expected
    )


def test_pages_cut_the_same_list(company):
    pages = [ids(company, limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert pages == [["C-2", "C-1"], ["C-3", "C-5"], ["C-4"], []]


def test_a_margin_of_nothing_is_known_to_be_nothing(db):
    given(db, orders="customer_id order_id ordered_at amount cost\nA 1 2026-06-01 10 10\nB 2 2026-06-01 10 -")
    margin = customers.listing(*prepared(db, AS_OF)).set_index("customer_id")["margin"]
    assert margin["A"] == 0 and pd.isna(margin["B"])


def test_contacts_are_the_latest_of_any_of_the_persons_numbers(db):
    given(
        db,
        customers="""
        customer_id  person_id  phone  email
        A            P          1      a@x
        B            P          2      b@x
        A            P          3      -
        """,
    )
    shown = customers.listing(*prepared(db, AS_OF), columns="contact")
    assert shown.values.tolist() == [["P", "3", "b@x"]]


def test_only_the_chosen_are_listed(company):
    con, filters = prepared(company, AS_OF, where=(("region", ("north",)),))
    assert customers.listing(con, filters)["customer_id"].tolist() == ["C-1", "C-5"]
    assert customers.size(con, filters) == 2 and customers.size(con, filters, search="anat") == 1


def test_what_stands_in_a_row(company):
    rows = customers.listing(*prepared(company, AS_OF)).set_index("customer_id")
    ana = rows.loc["C-1"]
    assert (ana["name"], ana["tier"], ana["stage"], ana["revenue"], ana["margin"], ana["orders"]) == (
        "Ana",
        "small",
        "active",
        100,
        40,
        1,
    )
    assert (ana["days_since_last_order"], ana["revenue_ever"], ana["region"]) == (29, 100, "north")
    assert rows["tier"].to_dict() == {
        "C-1": "small",
        "C-2": "top",
        "C-3": "small",
        "C-4": "inactive",
        "C-5": "prospect",
    }


def test_a_margin_without_a_cost_is_unknown_and_not_zero(company):
    rows = customers.listing(*prepared(company, AS_OF)).set_index("customer_id")
    assert {name for name, margin in rows["margin"].items() if pd.isna(margin)} == {"C-2", "C-4", "C-5"}
    assert rows.loc["C-3", "margin"] == -50


def test_the_list_has_every_column_of_the_snapshot(company):
    con, filters = prepared(company, AS_OF)
    snapshot = {name for name, *_ in con.execute("describe snapshot").fetchall()}
    assert snapshot <= set(customers.listing(con, filters).columns)


def test_phone_and_email_are_shown_only_when_asked_for(db):
    given(
        db,
        customers="customer_id phone email\nP 555 p@example.com",
        orders="customer_id order_id ordered_at amount\nQ 1 2026-06-01 5",
    )
    con, filters = prepared(db, AS_OF)
    assert not {"phone", "email"} & set(customers.listing(con, filters).columns)
    asked = customers.listing(con, filters, columns="contact").set_index("customer_id")
    assert asked.loc["P"].tolist() == ["555", "p@example.com"] and pd.isna(asked.loc["Q", "phone"])


@pytest.mark.parametrize(
    "columns, expected",
    [
        ("name", ["customer_id", "name"]),
        ("revenue, tier ,revenue", ["customer_id", "revenue", "tier"]),
        ("service", ["customer_id", "satisfaction", "is_satisfied", "complaints", "open_complaints"]),
        ("customer_id,", ["customer_id"]),
    ],
)
def test_columns_are_chosen_by_name_or_group(company, columns, expected):
    assert customers.listing(*prepared(company, AS_OF), columns=columns).columns.tolist() == expected


@pytest.mark.parametrize("columns", ["shoe_size", "name;revenue", "1"])
def test_columns_the_list_does_not_have_are_refused(company, columns):
    with pytest.raises(CrmError) as refused:
        customers.listing(*prepared(company, AS_OF), columns=columns)
    assert refused.value.code == "E_COLUMN"


@pytest.fixture
def persons(db):
    """Two numbers of one person, one of another."""
    given(
        db,
        customers="customer_id person_id name birth_date\nOLD-7 NEW-1 Ana 1990-01-01\nNEW-1 - - -\nX - Zoe -",
        orders="customer_id order_id ordered_at amount\nOLD-7 1 2026-06-01 5\nNEW-1 2 2026-06-02 6",
    )
    return db


@pytest.mark.parametrize(
    "search, expected", [("old-7", ["NEW-1"]), ("new", ["NEW-1"]), ("zo", ["X"]), ("7", ["NEW-1"])]
)
def test_any_number_of_a_person_finds_it(persons, search, expected):
    con, filters = prepared(persons, AS_OF)
    assert customers.listing(con, filters, search=search).customer_id.tolist() == expected
    assert customers.size(con, filters, search=search) == len(expected)


def test_age_bands_order_the_list_as_of_the_day(persons):
    con, filters = prepared(persons, AS_OF)
    rows = customers.listing(con, filters, order_by="age_band", columns="age_band")
    assert rows.values.tolist()[0] == ["NEW-1", "35-44"] and pd.isna(rows.age_band.iloc[1])


def test_parts_of_an_export_are_the_list_without_gap_or_double(company):
    con, filters = prepared(company, AS_OF)
    parts = [customers.listing(con, filters, order_by="tier", limit=2, offset=offset) for offset in (0, 2, 4)]
    whole = customers.listing(con, filters, order_by="tier", limit=None)
    pd.testing.assert_frame_equal(
        pd.concat(parts, ignore_index=True)[["customer_id", "revenue"]], whole[["customer_id", "revenue"]]
    )


def test_complaints_nobody_exported_are_unknown_and_not_zero(company, db):
    assert customers.listing(*prepared(company, AS_OF)).open_complaints.isna().all()
    given(
        db,
        orders="customer_id order_id ordered_at amount\nA 1 2026-06-01 5\nB 2 2026-06-02 6",
        complaints="complaint_id opened_at customer_id\nT 2026-06-03 A",
    )
    rows = customers.listing(*prepared(db, AS_OF)).set_index("customer_id")
    assert rows.open_complaints.to_dict() == {"A": 1, "B": 0}


def test_the_kinds_of_data_that_fill_the_list(company):
    known = customers.kinds_of_data(*prepared(company, AS_OF)).iloc[0]
    assert known.to_dict() == {"has_orders": True, "has_names": True, "has_answers": False, "has_complaints": False}
