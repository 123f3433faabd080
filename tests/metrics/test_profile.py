"""Who they are: indices of rows worked out by eye, what is not told of few, loyal customers; own columns against plain pandas."""

import pandas as pd
import pytest

from crm_analytics.database import open_database
from crm_analytics.errors import CrmError
from crm_analytics.metrics import profile
from tests.importing.exports import rows, take
from tests.rows import given, insert, prepared

AS_OF = "2026-06-30"


def people(**counts: int) -> str:
    """customers: gender_region=n each, `x` for an unknown one: people(f_north=10, m_south=6)."""
    lines, number = ["customer_id gender region"], 0
    for kind, n in counts.items():
        gender, region = (word if word != "x" else "-" for word in kind.split("_"))
        for _ in range(n):
            number += 1
            lines.append(f"c{number:03} {gender} {region}")
    return "\n".join(lines)


def bought(first: int, last: int, day: str = "2026-06-01", orders: int = 1) -> str:
    """Orders of the customers numbered so."""
    lines = ["customer_id order_id ordered_at amount"]
    lines += [f"c{n:03} {n}-{k} {day} 10" for n in range(first, last + 1) for k in range(orders)]
    return "\n".join(lines)


def indexed(db, column: str, where=(), **options) -> pd.DataFrame:
    con, filters = prepared(db, AS_OF, where=where)
    return profile.index(con, filters, column=column, **options).set_index("value")


def test_twice_as_common_is_an_index_of_two_hundred(db):
    given(db, customers=people(f_north=20, m_north=20, f_south=20, m_south=60, x_south=10, x_north=10))
    found = indexed(db, "gender", where=(("region", ("north",)),))
    assert list(found.index) == ["m", "f"], "the commonest of the base first"
    f = found.loc["f"]
    assert (f.n, f.known, f["size"], f.n_base, f.known_base, f.size_base) == (20, 40, 50, 40, 120, 140)
    assert f.share == 0.5 and f.share_base == pytest.approx(1 / 3)
    assert f["index"] == pytest.approx(150) and f.low > 100 and f.verdict == "over"
    assert (f.missing_share, f.missing_share_base) == (pytest.approx(10 / 50), pytest.approx(20 / 140))
    assert found.loc["m", "index"] == pytest.approx(75) and found.loc["m", "verdict"] == "under"


def test_everyone_against_everyone_is_a_hundred(db):
    given(db, customers=people(f_north=20, m_north=20, f_south=9))
    found = indexed(db, "gender")
    assert set(found["index"]) == {100.0} and set(found.verdict) == {"even"}
    assert found.share.sum() == pytest.approx(1) and found.share_base.sum() == pytest.approx(1)


def test_fewer_than_five_are_not_told_and_cannot_be_worked_out(db):
    """North: 30 f, 20 m, 3 d. d is hidden; alone it would follow from the total, so the next smallest goes with it."""
    given(db, customers=people(f_north=30, m_north=20, d_north=3, f_south=30, m_south=30, d_south=30))
    found = indexed(db, "gender", where=(("region", ("north",)),))
    assert found.is_suppressed.to_dict() == {"f": False, "m": True, "d": True}
    assert found.loc[["m", "d"], ["n", "share", "index", "low", "high"]].isna().all(axis=None)
    assert set(found.loc[["m", "d"], "verdict"]) == {"hidden"}
    assert list(found.n_base) == [60, 50, 33], "the base has enough of each"


def test_where_nearly_all_of_a_value_are_in_the_group_the_few_others_are_not_told(db):
    """South has 2 d: base less group would tell of them; e goes with them, or the total would."""
    given(db, customers=people(f_north=30, m_north=20, d_north=25, e_north=9, f_south=30, m_south=30, d_south=2))
    found = indexed(db, "gender", where=(("region", ("north",)),))
    assert found.is_suppressed.to_dict() == {"f": False, "m": False, "d": True, "e": True}


def test_a_value_that_all_of_the_group_have_and_nobody_else_is_told(db):
    given(db, customers=people(f_north=30, m_south=30))
    found = indexed(db, "region", where=(("region", ("north",)),))
    assert found.loc["north", ["n", "n_base", "share", "index"]].to_list() == [30, 30, 1, 200]
    assert found.is_suppressed["south"], "none in the group is fewer than five"


def test_a_value_of_few_in_the_whole_base_has_no_base_either(db):
    given(db, customers=people(f_north=30, m_north=30, d_north=2, e_north=2))
    found = indexed(db, "gender")
    assert found.loc[["d", "e"], ["n", "n_base", "share_base"]].isna().all(axis=None)
    assert found.loc["f", "n_base"] == 30


def test_needs_count_in_every_tag_and_twice_the_same_once(db):
    with db.writing() as con:
        insert(con, "customers", ["customer_id", "need_tags"], [[f"a{n}", "dry; Fine ;dry"] for n in range(6)])
        insert(con, "customers", ["customer_id", "need_tags"], [[f"b{n}", "dry"] for n in range(5)] + [["c", None]])
    given(db, customers="customer_id need_tags\nd ;")
    found = indexed(db, "need_tags")
    assert found.n.to_dict() == {"dry": 11, "Fine": 6}
    assert found.known.iloc[0] == 11 and found["size"].iloc[0] == 13, "an empty list of tags is no need"
    assert found.share.to_dict() == pytest.approx({"dry": 1, "Fine": 6 / 11})


def test_age_is_that_of_the_day(db):
    born = "customer_id birth_date\n" + "\n".join(f"a{n} 2001-06-30" for n in range(5))
    given(db, customers=born + "\n" + "\n".join(f"b{n} 2001-07-01" for n in range(6)) + "\nz 2030-01-01")
    found = indexed(db, "age_band")
    assert found.n.to_dict() == {"0-24": 6, "25-34": 5}, "25 on the day itself; born later is unknown"
    assert found.missing_share.iloc[0] == pytest.approx(1 / 12)


def test_rare_values_of_many_are_one_row(db):
    text = "customer_id city\n" + "\n".join(f"c{city:02}{n} city{city:02}" for city in range(45) for n in range(6))
    given(db, customers=text)
    found = profile.index(*prepared(db, AS_OF), column="city")
    assert len(found) == 41 and list(found.part)[-1] == "others" and found.n.iloc[-1] == 30
    assert found.share.sum() == pytest.approx(1)


def test_groups_of_buyers_are_held_against_customers(db):
    """Twenty f have bought, ten m, forty m never: the base of the new ones is who ever bought."""
    given(db, customers=people(f_x=20, m_x=50), orders=bought(1, 30))
    found = indexed(db, "gender", group="new")
    assert found.size_base.iloc[0] == 30 and set(found["index"]) == {100.0}
    everyone = indexed(db, "gender", group="new", base="everyone")
    assert everyone.loc["f", "index"] == pytest.approx(100 * (20 / 30) / (20 / 70))


def test_every_column_at_once_says_what_each_says_alone(db):
    given(db, customers=people(f_north=20, m_north=20, f_south=20, m_south=60), orders=bought(1, 60, orders=2))
    con, filters = prepared(db, AS_OF)
    every = profile.index(con, filters, group="loyal")
    assert set(every.column) == {"gender", "region"}
    for column in ("gender", "region"):
        alone = profile.index(con, filters, group="loyal", column=column).drop(columns="verdict")
        mine = every[every.column == column].drop(columns="verdict").reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, alone, check_dtype=False)


@pytest.mark.parametrize(
    ("options", "code"),
    [({"group": "x"}, "E_GROUP"), ({"base": "x"}, "E_BASE"), ({"column": "x"}, "E_FILTER_COLUMN")],
)
def test_what_cannot_be_meant_is_refused(db, options, code):
    given(db, customers=people(f_north=2), orders=bought(1, 1))
    with pytest.raises(CrmError) as refusal:
        profile.index(*prepared(db, AS_OF), **options)
    assert refusal.value.code == code


def test_nobody_in_the_group_has_no_share(db):
    given(db, customers=people(f_north=9), orders=bought(1, 9, day="2024-01-05"))
    found = indexed(db, "gender", group="new")
    assert found["size"].iloc[0] == 0 and found["index"].isna().all()


LOYAL = """
    customer_id  order_id  ordered_at  amount
    twice        1         2026-05-01  10
    twice        2         2026-06-01  30
    once         3         2026-06-01  10
    long_ago     4         2025-09-01  10
    long_ago     5         2025-10-01  10
    unhappy      6         2026-05-01  10
    unhappy      7         2026-06-01  10
    waiting      8         2026-05-01  10
    waiting      9         2026-06-01  10
    last_day     10        2025-08-01  10
    last_day     11        2026-04-01  10
    late         12        2025-08-01  10
    late         13        2026-03-31  10
    """


def test_loyal_is_repeated_recent_and_not_dissatisfied(db):
    """91 days from Settings: the first of April is 90 days before, the last of March 91."""
    given(
        db,
        orders=LOYAL,
        surveys="customer_id answered_at score scale_max question\nunhappy 2026-06-05 2 5 overall\ntwice 2026-06-05 5 5 overall",
        complaints="complaint_id opened_at customer_id\n1 2026-06-20 waiting",
    )
    assert set(profile.members(*prepared(db, AS_OF), group="loyal").customer_id) == {"twice", "last_day"}
    found = profile.loyal(*prepared(db, AS_OF)).set_index("measure")
    assert (found.loyal["customers"], found.others["customers"]) == (2, 5)
    assert found.loyal["revenue_share"] == pytest.approx(60 / 150)
    assert (found.loyal["orders"], found.others["orders"]) == (2, pytest.approx(9 / 5))
    assert (found.loyal["average_order_value"], found.loyal["revenue"]) == (15, 30)
    assert found.wants["discounted_rate"] == "orders.discount" and found.verdict["discounted_rate"] == "unknown"


def test_what_loyal_customers_do_by_eye(db):
    """a and b loyal: a uses two channels and always a discount, was referred by nobody but brought c; b was asked and answered 10."""
    given(
        db,
        orders="""
        customer_id order_id ordered_at amount discount channel category
        a 1 2026-05-01 10 1 shop x
        a 2 2026-06-01 10 2 web y
        b 3 2026-05-01 10 0 shop x
        b 4 2026-06-01 10 0 shop x
        c 5 2026-06-01 10 0 shop x
        d 6 2026-06-01 10 3 shop -
        """,
        customers="customer_id referred_by\nc a\nd zz",
        surveys="customer_id answered_at score scale_max question\nb 2026-06-05 10 10 nps\nc 2026-06-05 6 10 nps",
    )
    found = profile.loyal(*prepared(db, AS_OF)).set_index("measure")
    assert found.loc["discounted_rate", ["loyal", "others", "n", "n_others"]].to_list() == [0.5, 0.5, 2, 2]
    assert found.loc["categories", ["loyal", "others", "n", "n_others"]].to_list() == [1.5, 1, 2, 1]
    assert found.loc["several_channels", ["loyal", "others"]].to_list() == [0.5, 0]
    assert found.loc["promoters", ["loyal", "others", "n", "n_others"]].to_list() == [1, 0, 1, 1]
    assert found.loc["referrers", ["loyal", "others", "n"]].to_list() == [0.5, 0, 2]
    assert found.wants[["discounted_rate", "categories", "several_channels"]].isna().all()


def test_worth_by_eye(db):
    given(db, customers=people(f_north=6, m_north=5), orders=bought(1, 10, orders=2) + "\nc011 x 2026-06-01 35")
    found = profile.worth(*prepared(db, AS_OF), column="gender").set_index("value")
    assert found.customers.to_dict() == {"f": 6, "m": 5} and found.revenue.to_dict() == {"f": 120, "m": 115}
    assert found.average_revenue.to_dict() == pytest.approx({"f": 20, "m": 23})
    assert found.average_order_value.to_dict() == pytest.approx({"f": 10, "m": 115 / 9})
    assert found.repurchase_rate.to_dict() == pytest.approx({"f": 1, "m": 4 / 5})
    assert found.average_revenue_high["m"] == pytest.approx(23 + 1.959964 * (45 / 5) ** 0.5), (
        "20, 20, 20, 20, 35: variance 45"
    )


def test_two_columns_at_once_by_eye(db):
    """f: 20 north, 6 west, 4 south. South is few, and alone it would follow from the thirty; m: 5 north, 5 south."""
    given(db, customers=people(f_north=20, f_west=6, f_south=4, m_north=5, m_south=5), orders=bought(1, 1))
    found = profile.worth(*prepared(db, AS_OF), column="gender", against="region").set_index(["value", "against"])
    assert found.customers["f", "north"] == 20 and found.share["f", "north"] == pytest.approx(20 / 30)
    assert found["index"]["f", "north"] == pytest.approx(100 * (20 / 30) / (25 / 40))
    hidden = found[found.is_suppressed]
    assert set(hidden.index) == {("f", "south"), ("f", "west")} and set(hidden.verdict) == {"hidden"}
    assert hidden[["customers", "share", "index", "revenue"]].isna().all(axis=None)
    assert found.index.get_level_values(0).to_list() == ["f"] * 3 + ["m"] * 2


def test_two_columns_of_the_same_parameters_do_not_mix(db):
    born = "customer_id birth_date need_tags\n" + "\n".join(f"a{n} 1980-01-01 dry" for n in range(6))
    given(db, customers=born)
    con, filters = prepared(db, AS_OF)
    assert profile.worth(con, filters, column="age_band", against="need_tags").customers.to_list() == [6]


@pytest.fixture(scope="module")
def telco(real, tmp_path_factory):
    """(database, rows by customer) of a telephone company: no orders, many columns of its own."""
    folder = real("telco_ibm")
    database = open_database(tmp_path_factory.mktemp("telco") / "crm.duckdb")
    names = ("Telco_customer_churn_services", "Telco_customer_churn_status")
    take(database, [folder / f"{name}.csv" for name in names])
    told = pd.DataFrame(rows(folder / f"{names[0]}.csv")).merge(
        pd.DataFrame(rows(folder / f"{names[1]}.csv")), on="Customer ID"
    )
    yield database, told
    database.close()


def test_own_columns_against_plain_pandas(telco):
    database, told = telco
    con, filters = prepared(database, where=(("Contract", ("Two Year",)),))
    found = profile.index(con, filters).set_index(["column", "value"])
    group = told[told["Contract"] == "Two Year"]
    for column in ("Internet Type", "Customer Status", "Payment Method", "Offer"):
        shares, base = (frame[column][frame[column] != ""].value_counts(normalize=True) for frame in (group, told))
        for value in base.index:
            if not found.is_suppressed[column, value]:
                assert found["index"][column, value] == pytest.approx(100 * shares[value] / base[value])
    assert found.verdict["Customer Status", "Churned"] == "under", "hardly anybody leaves within two years"
    assert found["size"].iloc[0] == len(group) and found.size_base.iloc[0] == len(told)
