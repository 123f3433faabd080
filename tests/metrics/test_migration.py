"""Who moved between the layers: rows in sight, worked out by eye; of a real export, against plain pandas on both days."""

from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest

from crm_analytics import state
from crm_analytics.errors import CrmError
from crm_analytics.metrics import pyramid
from crm_analytics.rules import Rules
from crm_analytics.stats.intervals import wilson
from tests import plain
from tests.rows import given, prepared

AS_OF = "2026-06-30"  # twelve months from 2025-07-01; the window before ends on 2025-06-30
TIERS = ["top", "big", "medium", "small"]
LAYERS = [*TIERS, "inactive", "prospect", "suspect"]
ORDERS = """
    customer_id  order_id  ordered_at  amount  region
    gone         1         2024-01-05  10      south
    a            2         2024-08-01  400     north
    b            3         2024-08-01  300     north
    c            4         2024-08-01  200     south
    d            5         2024-08-01  100     south
    b            6         2025-08-01  500     north
    d            7         2025-08-01  150     south
    d            8         2025-09-01  100     south
    c            9         2025-08-01  200     south
    e            10        2025-08-01  50      south
    """
CUSTOMERS = """
    customer_id  signup_date  status
    asked        2025-01-01   prospect
    later        2025-12-01   prospect
    far          2025-01-01   suspect
    """


@pytest.fixture
def company(db):
    """Four tiers of one customer each on both days: a left, b and d moved up, c stayed, e entered."""
    state.save_rules(db, Rules(tier_shares=(0.25, 0.25, 0.25)))
    given(db, orders=ORDERS, customers=CUSTOMERS)
    return db


def cells(db, **options) -> dict[tuple[str, str], int]:
    """(from, to) -> customers, of the cells in which somebody is."""
    choice = {"where": options.pop("where", ()), "months": options.pop("months", 12)}
    found = pyramid.migration(*prepared(db, options.pop("as_of", AS_OF), **choice), **options)
    return {(row.from_tier, row.to_tier): row.customers for row in found.itertuples() if row.customers}


def test_relative_tiers_by_hand(company):
    assert cells(company) == {
        ("top", "inactive"): 1,
        ("big", "top"): 1,
        ("medium", "medium"): 1,  # d is now worth more than c, and so are two others
        ("small", "big"): 1,
        ("new", "small"): 1,
        ("inactive", "inactive"): 1,
        ("prospect", "prospect"): 1,
        ("new", "prospect"): 1,
        ("suspect", "suspect"): 1,
    }


def test_thresholds_of_the_first_day_by_hand(company):
    found = cells(company, frame="absolute")  # they were 400, 300 and 200
    assert found[("small", "medium")] == 1  # d now brings 250
    assert (found[("big", "top")], found[("medium", "medium")], found[("new", "small")]) == (1, 1, 1)
    assert ("small", "big") not in found


def test_who_reaches_a_threshold_exactly_is_in_its_tier(db):
    state.save_rules(db, Rules(tier_shares=(0.25, 0.25, 0.25)))
    then = [("a", 400), ("b", 300), ("c", 200), ("d", 100)]
    now = {"c": 300, "d": 200, "b": 400, "e": 199}
    rows = [f"{who} then-{who} 2024-08-01 {amount}" for who, amount in then]
    rows += [f"{who} now-{who} 2025-08-01 {amount}" for who, amount in now.items()]
    given(db, orders="\n".join(["customer_id order_id ordered_at amount", *rows]))
    found = cells(db, frame="absolute")
    expected = {
        ("medium", "big"): 1,
        ("small", "medium"): 1,
        ("big", "top"): 1,
        ("new", "small"): 1,
        ("top", "inactive"): 1,
    }
    assert found == expected


def test_who_brings_the_same_as_then_keeps_the_tier_when_thresholds_are_frozen(db):
    """Three ties at the border of top: only one of them is top, and neither of the others moves up by staying as they are."""
    rows = [f"{name} {name}{year} {year}-01-05 100" for name in "abc" for year in (2025, 2026)]
    given(db, orders="customer_id order_id ordered_at amount\nold 0 2020-01-01 1\n" + "\n".join(rows))
    assert cells(db, frame="absolute") == {("top", "top"): 1, ("small", "small"): 2, ("inactive", "inactive"): 1}


def test_the_matrix_has_every_cell_in_order_and_wilsons_interval(company):
    found = pyramid.migration(*prepared(company, AS_OF))
    assert list(found["from_tier"].unique()) == [*LAYERS, "new"]
    assert list(found["to_tier"][:7]) == LAYERS and len(found) == 56
    new = found[found["from_tier"] == "new"].set_index("to_tier")
    assert new.loc["small", "rate"] == 0.5
    assert tuple(new.loc["small", ["low", "high"]]) == wilson(1, 2)
    assert found["note"].isna().all()


def test_the_rate_of_a_tier_nobody_was_in_is_unknown(db):
    given(db, orders="customer_id order_id ordered_at amount\na 1 2023-01-05 10\na 2 2025-01-05 10\na 3 2026-01-05 10")
    found = pyramid.migration(*prepared(db, AS_OF)).set_index(["from_tier", "to_tier"])
    assert found.loc[("top", "top"), "rate"] == 1
    assert found.loc[("big", "top"), ["rate", "low", "high"]].isna().all()


def test_each_flow_by_hand(company):
    found = pyramid.flows(*prepared(company, AS_OF))
    assert list(found["flow"]) == ["entered", "up", "down", "stayed", "left", "returned"]
    assert [tuple(row) for row in found.iloc[:, 1:4].to_numpy()] == [
        (1, 0, 50), (2, 400, 750), (0, 0, 0), (1, 200, 200), (1, 400, 0), (0, 0, 0),
    ]  # fmt: skip


def test_who_comes_back_has_returned_and_a_prospect_who_buys_has_entered(db):
    given(
        db,
        orders="customer_id order_id ordered_at amount\nback 1 2023-01-01 10\nstays 2 2025-01-01 20\nback 3 2026-01-01 30\n"
        "stays 4 2026-01-01 20\nasked 5 2026-01-01 5",
        customers="customer_id signup_date\nasked 2024-01-01",
    )
    found = pyramid.movers(*prepared(db, AS_OF)).set_index("customer_id")
    assert dict(found["flow"]) == {"back": "returned", "stays": "down", "asked": "entered"}
    assert dict(found["from_tier"]) == {"back": "inactive", "stays": "top", "asked": "prospect"}


def test_movers_lead_with_the_largest_change_and_open_every_flow_and_cell(company):
    found = pyramid.movers(*prepared(company, AS_OF))
    assert list(found["customer_id"]) == ["a", "b", "d", "e"]
    assert list(found["change"]) == [-400, 200, 150, 50]
    for options, ids in (
        ({"flow": "stayed"}, ["c"]),
        ({"flow": "up"}, ["b", "d"]),
        ({"from_tier": "small", "to_tier": "big"}, ["d"]),
        ({"from_tier": "new"}, ["e", "later"]),
        ({"limit": 1, "offset": 1}, ["b"]),
    ):
        assert list(pyramid.movers(*prepared(company, AS_OF), **options)["customer_id"]) == ids


def test_a_choice_of_customers_keeps_the_companys_tiers_and_rank_within_ranks_again(company):
    south = (("region", ("south",)),)
    assert cells(company, where=south) == {
        ("medium", "medium"): 1, ("small", "big"): 1, ("new", "small"): 1, ("inactive", "inactive"): 1,
    }  # fmt: skip
    # In the south alone c and d were first and second of two, and are second and first of three.
    found = cells(company, where=south, rank_within=True)
    assert {pair: n for pair, n in found.items() if "inactive" not in pair} == {
        ("top", "big"): 1, ("medium", "top"): 1, ("new", "small"): 1,
    }  # fmt: skip


def test_the_same_day_twice_moves_nobody(company):
    found = pyramid.migration(*prepared(company, AS_OF), from_date=date(2026, 6, 30))
    assert found[found["from_tier"] != found["to_tier"]]["customers"].sum() == 0
    assert found["customers"].sum() == 9


def test_by_orders_the_first_is_who_orders_most(company):
    found = cells(company, by="orders")  # d has two, the others one each: among them it is revenue that counts
    assert (found[("small", "top")], found[("big", "big")], found[("medium", "medium")]) == (1, 1, 1)


def test_a_first_day_whose_window_the_data_do_not_cover_says_so(company):
    found = pyramid.migration(*prepared(company, AS_OF), from_date=date(2024, 12, 31))
    assert set(found["note"]) == {"window_then_incomplete"}
    assert set(pyramid.flows(*prepared(company, AS_OF), from_date=date(2024, 12, 31))["note"]) == {
        "window_then_incomplete"
    }


@pytest.mark.parametrize("number", [pyramid.migration, pyramid.flows, pyramid.movers])
def test_a_young_company_has_nothing_to_compare_and_an_impossible_day_is_refused(db, number):
    given(db, orders="customer_id order_id ordered_at amount\na 1 2026-01-05 10\nb 2 2026-06-30 10")
    con, filters = prepared(db)
    found = number(con, filters)
    assert found.empty and found.attrs["note"] == "window_before_incomplete"
    for day in (date(2026, 1, 4), date(2026, 7, 1)):
        with pytest.raises(CrmError) as refusal:
            number(con, filters, from_date=day)
        assert refusal.value.code == "E_FROM_DATE"
    assert not number(con, filters, from_date=date(2026, 1, 5)).empty


@pytest.mark.parametrize(
    "number, options",
    [
        (pyramid.migration, {"frame": "fixed"}),
        (pyramid.flows, {"frame": "fixed"}),
        (pyramid.movers, {"flow": "sideways"}),
        (pyramid.movers, {"from_tier": "total"}),
        (pyramid.movers, {"to_tier": "new"}),
    ],
)
def test_an_unknown_option_is_refused(company, number, options):
    with pytest.raises(CrmError) as refusal:
        number(*prepared(company, AS_OF), **options)
    assert refusal.value.code == "E_OPTION_VALUE"


@pytest.fixture(scope="module")
def moved(retail):
    """Both days of the Online Retail company, six months each, by pandas alone; and the product's answers."""
    database, lines = retail
    then = plain.snapshot(lines, "2011-06-09", 6)
    now = plain.snapshot(lines, "2011-12-09", 6)
    both = now[["tier", "revenue"]].join(then[["tier", "revenue"]].add_suffix("_then"))
    both["tier_then"] = both["tier_then"].fillna("new")
    both["revenue_then"] = both["revenue_then"].fillna(0)
    return SimpleNamespace(database=database, both=both, then=then, now=now)


def test_of_a_real_export_every_cell_equals_pandas(moved):
    expected = moved.both.groupby(["tier_then", "tier"]).size()
    assert cells(moved.database, as_of="2011-12-09", months=6) == dict(expected)


def test_of_a_real_export_frozen_thresholds_equal_pandas(moved):
    edges = moved.then[moved.then["is_active"]].groupby("tier")["revenue"].min()
    active = moved.now["is_active"]
    tier = pd.Series("small", index=moved.now.index)
    for name in ("medium", "big", "top"):
        tier[moved.now["revenue"] >= edges[name]] = name
    tier = tier.where(active, moved.now["tier"])
    same = active & moved.both["tier_then"].isin(TIERS) & (moved.both["revenue"] == moved.both["revenue_then"])
    tier[same] = moved.both["tier_then"][same]
    expected = moved.both.assign(tier=tier).groupby(["tier_then", "tier"]).size()
    assert cells(moved.database, as_of="2011-12-09", months=6, frame="absolute") == dict(expected)


@pytest.mark.parametrize("frame", ["relative", "absolute"])
def test_everybody_is_counted_once_and_flows_and_movers_agree_with_the_matrix(moved, frame):
    con, filters = prepared(moved.database, "2011-12-09", months=6)
    matrix = pyramid.migration(con, filters, frame=frame)
    assert matrix["customers"].sum() == len(moved.both)
    known = matrix[matrix["from_tier"] != "new"].groupby("from_tier")["customers"].sum()
    assert dict(known[known > 0]) == dict(moved.then["tier"].value_counts())
    flows = pyramid.flows(con, filters, frame=frame).set_index("flow")
    by_cell = matrix.groupby("flow")[["customers", "revenue_then", "revenue_now"]].sum()
    for flow, row in by_cell.iterrows():
        assert tuple(flows.loc[flow, row.index]) == pytest.approx(tuple(row), abs=0.005)
    movers = pyramid.movers(con, filters, frame=frame, limit=100_000)
    assert dict(movers["flow"].value_counts()) == {
        flow: n for flow, n in flows["customers"].items() if flow != "stayed" and n
    }
    assert (movers["change"].abs().diff().dropna() <= 0).all()


def test_relative_moves_are_zero_sum(moved):
    """What enters a tier less what leaves it is how much the tier grew: nothing where as many were active on both days."""
    matrix = pyramid.migration(*prepared(moved.database, "2011-12-09", months=6))
    crossing = matrix[matrix["from_tier"] != matrix["to_tier"]]
    entering, leaving = (crossing.groupby(column)["customers"].sum() for column in ("to_tier", "from_tier"))
    grown = moved.now["tier"].value_counts() - moved.then["tier"].value_counts()
    assert {tier: entering[tier] - leaving[tier] for tier in TIERS} == {tier: grown[tier] for tier in TIERS}
