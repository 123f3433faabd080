"""The what-if: the worked example to the cent, its arithmetic on any company, uncertainty, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from crm_analytics import state
from crm_analytics.database import open_database
from crm_analytics.errors import CrmError
from crm_analytics.i18n import LANGUAGES, translator
from crm_analytics.metrics import _chances, _scenario, _whatif, pyramid, whatif
from crm_analytics.metrics._effects import Plan, replicated
from crm_analytics.metrics._ranking import ROWS
from crm_analytics.metrics._scenario import Move
from crm_analytics.rules import Rules
from crm_analytics.stats.replicates import DIRECT
from tests.metrics import worked_example
from tests.metrics.small_company import company, moving
from tests.rows import given, prepared

SIX = "small:medium=3,small:big=2,small:top=1"
MEASURES = ("customers", "revenue", "contribution", "cost", "profit")
few = settings(max_examples=30, deadline=None)


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """METRICS' worked example; nothing is written to it."""
    database = open_database(tmp_path_factory.mktemp("example") / "crm.duckdb")
    worked_example.build(database)
    yield database
    database.close()


def asked(database, as_of=worked_example.AS_OF, where=(), **options) -> pd.DataFrame:
    return pyramid.whatif(*prepared(database, as_of, where=where), **options).set_index("tier")


def table(start, moves: dict, **options) -> pd.DataFrame:
    """Before and after on a company without a database."""
    plan = Plan([Move(*pair, count) for pair, count in moves.items() if count], **options)
    return _whatif.before_and_after(start, plan).set_index("tier")


def test_six_small_customers_move_up_at_constant_cost(example):
    rows = asked(example, moves=SIX)
    total = rows.loc["total"]
    assert total["revenue_after"] == pytest.approx(10_540_000, abs=0.005)
    assert total["profit_after"] == pytest.approx(1_016_000, abs=0.005)
    assert total["profit_delta"] / total["profit_before"] == pytest.approx(0.27, abs=1e-9)
    assert (total["cost_delta"], total["extra_cost"], total["customers_delta"]) == (0, 0, 0)
    assert np.isnan(total["spared_rate"])
    assert rows["customers_after"][:4].tolist() == [11, 42, 153, 794]
    assert rows.loc["top", ["revenue_delta", "contribution_delta", "profit_delta"]].tolist() == [4e5, 1.6e5, 1.6e5]
    assert rows.loc["small", ["revenue_delta", "contribution_delta"]].tolist() == [-15_000, -6_000]
    assert rows.index.tolist() == list(ROWS)


def test_six_small_customers_move_up_and_cost_what_their_new_tier_costs(example):
    total = asked(example, moves=SIX, cost_rule="per_head").loc["total"]
    assert total["extra_cost"] == pytest.approx(37_750, abs=0.005)
    assert total["profit_after"] == pytest.approx(978_250, abs=0.005)
    assert total["profit_delta"] / total["profit_before"] == pytest.approx(0.2228125, abs=1e-9)
    assert total["spared_rate"] == pytest.approx(37_750 / (794 * 875), abs=1e-12)  # 5.43 %
    assert total["revenue_delta"] == pytest.approx(540_000, abs=0.005)


def test_lesson_ten(example):
    total = asked(example, moves="small:medium=14,medium:big=4,big:top=2").loc["total"]
    assert total["revenue_delta"] == pytest.approx(990_000, abs=0.005)
    assert total["profit_delta"] == pytest.approx(396_000, abs=0.005)


def test_a_budget_is_spent_on_the_moves(example):
    rows = asked(example, moves=SIX, cost_rule="budget", budget=60_000)
    assert rows.loc["total", "profit_after"] == pytest.approx(956_000, abs=0.005)
    assert rows["cost_delta"][:4].tolist() == [10_000, 20_000, 30_000, 0]
    assert asked(example, cost_rule="budget", budget=60_000).loc["total", "extra_cost"] == 0  # nobody to spend it on


def test_each_move_by_itself(example):
    rows = whatif.moves(*prepared(example, worked_example.AS_OF), moves=SIX, cost_rule="per_head")
    assert rows["from_tier"].tolist() == ["small"] * 3 and rows["to_tier"].tolist() == ["medium", "big", "top"]
    assert rows["customers"].tolist() == [3, 2, 1]
    assert rows["revenue_delta"].tolist() == pytest.approx([22_500, 120_000, 397_500], abs=0.005)
    assert rows["extra_cost"].tolist() == pytest.approx([5_375, 13_250, 19_125], abs=0.005)
    assert rows["profit_delta"].sum() == pytest.approx(178_250, abs=0.005)


def test_whoever_fails_brings_nothing_but_costs(example):
    total = asked(example, moves=SIX, success="0.5", cost_rule="per_head").loc["total"]
    assert total["revenue_delta"] == pytest.approx(270_000, abs=0.005)
    assert total["extra_cost"] == pytest.approx(37_750, abs=0.005)
    none = asked(example, moves=SIX, success="0").loc["total"]
    assert (none["revenue_delta"], none["profit_delta"], none["probability"]) == (0, 0, 0)


def test_where_customers_of_a_tier_do_not_differ_nothing_is_uncertain(example):
    total = asked(example, moves=SIX).loc["total"]
    assert total[["low", "median", "high"]].tolist() == pytest.approx([216_000] * 3, abs=0.01)
    assert total["probability"] == 1
    assert asked(example, moves=SIX, brings="bootstrap").loc["total", "revenue_delta"] == pytest.approx(
        540_000, abs=0.01
    )


def test_without_moves_nothing_changes_and_nothing_is_sure(example):
    rows = asked(example)
    for measure in MEASURES:
        assert (rows[f"{measure}_delta"].dropna() == 0).all()
        pd.testing.assert_series_equal(rows[f"{measure}_before"], rows[f"{measure}_after"], check_names=False)
    assert rows[["low", "median", "high", "probability"]].isna().all(axis=None)


def test_the_same_question_has_the_same_answer(example):
    first, second = (asked(example, moves="small:medium=90,medium:top=2", success="0.4") for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


SMALL = """
customer_id  order_id  ordered_at  amount  cost
A            1         2026-05-01  1000    400
B            2         2026-05-01  300     150
C            3         2026-05-01  250     130
D            4         2026-05-01  140     80
E            5         2026-05-01  40      10
F            6         2026-05-01  20      10
G            7         2026-05-01  10      6
"""
COSTS = """
period   kind       amount  allocation_key
2026-06  marketing  70      per_head
"""
SHARES = Rules(tier_shares=(0.17, 0.33, 0.17))  # of seven: A; B, C, D; E; F, G
JUNE = "2026-06-30"


def small(database, orders=SMALL, costs=COSTS):
    state.save_rules(database, SHARES)
    given(database, orders=orders, **({"costs": costs} if costs else {}))
    return database


def test_median_and_threshold_bring_the_tiers_own_contribution_rate(db):
    small(db)
    total = {
        brings: asked(db, JUNE, moves="small:big=1", brings=brings).loc["total"]
        for brings in ("mean", "median", "threshold")
    }
    revenue = {brings: row["revenue_delta"] for brings, row in total.items()}  # F and G: 15 on average
    assert revenue == pytest.approx({"mean": 230 - 15, "median": 250 - 15, "threshold": 140 - 15})
    rate, own = (150 + 120 + 60) / 690, (10 + 4) / 2
    contribution = {brings: row["contribution_delta"] for brings, row in total.items()}
    assert contribution == pytest.approx({"mean": 110 - own, "median": 250 * rate - own, "threshold": 140 * rate - own})


def test_a_bootstrap_brings_the_median_of_what_is_drawn(db):
    small(db)
    rows = asked(db, JUNE, moves="small:big=1", brings="bootstrap")
    drawn_of = 250 - 15  # the middle one of 300, 250, 140; the tier's own mean may lie off
    assert rows.loc["total", "revenue_delta"] == pytest.approx(drawn_of, abs=25)
    assert rows.loc["total", "revenue_median"] == pytest.approx(drawn_of, abs=25)
    for measure in MEASURES:
        column = rows[f"{measure}_after"]
        assert column.iloc[:-1].sum() == pytest.approx(column["total"])


def test_named_movers_give_up_their_own_figures(db):
    small(db)
    rows = asked(db, JUNE, moves="small:medium=1", named="F:big,E:big")
    assert rows.loc["total", "revenue_delta"] == pytest.approx((230 - 20) + (230 - 40) + (40 - 15))
    assert rows.loc["total", "contribution_delta"] == pytest.approx((110 - 10) + (110 - 30) + (30 - 7))
    assert rows["customers_delta"][:4].tolist() == [0, 2, 0, -2]
    each = whatif.moves(*prepared(db, JUNE), moves="small:medium=1", named="F:big,E:big")
    assert each[["from_tier", "to_tier", "customers", "named"]].values.tolist() == [
        ["small", "medium", 1, 0],
        ["small", "big", 1, 1],
        ["medium", "big", 1, 1],
    ]


def test_without_costs_profit_is_unknown_and_contribution_is_not(db):
    small(db, costs=None)
    rows = asked(db, JUNE, moves="small:big=1", cost_rule="per_head")
    assert rows.loc["total", "contribution_delta"] == pytest.approx(110 - 7)
    assert rows.loc["total", ["contribution_low", "contribution_high"]].notna().all()
    unknown = [f"{measure}_{when}" for measure in ("cost", "profit") for when in ("before", "after", "delta")]
    unknown += ["low", "median", "high", "probability", "extra_cost", "spared_rate"]
    assert rows[unknown].isna().all(axis=None)
    assert whatif.moves(*prepared(db, JUNE), moves="small:big=1")["profit_delta"].isna().all()


def test_without_cost_of_goods_only_revenue_is_known(db):
    orders = [line.rsplit(maxsplit=1)[0] for line in SMALL.strip().splitlines()]
    small(db, orders="\n".join(orders))
    rows = asked(db, JUNE, moves="small:big=1", brings="bootstrap")
    assert rows.loc["total", "revenue_delta"] > 0 and rows.loc["total", ["revenue_low", "revenue_high"]].notna().all()
    assert rows[["contribution_delta", "profit_delta", "low", "high", "contribution_low"]].isna().all(axis=None)
    assert rows.loc["total", "cost_delta"] == 0


def test_the_choice_of_customers_moves_nobody_else(db):
    small(db)
    state.save_customer_set(db, "some", ["B", "D", "F"])
    con, filters = prepared(db, JUNE, customer_set="some")
    rows = pyramid.whatif(con, filters, moves="small:big=1").set_index("tier")
    assert rows["customers_before"][:4].tolist() == [0, 2, 0, 1]
    assert rows.loc["total", "revenue_delta"] == pytest.approx((300 + 140) / 2 - 20)
    with pytest.raises(CrmError) as refused:
        pyramid.whatif(con, filters, named="A:big")
    assert refused.value.code == "E_NAMED_OUTSIDE"


TURNED = """
customer_id  order_id  ordered_at  amount
A            1         2025-05-01  400
B            2         2025-05-01  300
C            3         2025-05-01  200
D            4         2025-05-01  100
A            5         2026-05-01  100
B            6         2026-05-01  300
C            7         2026-05-01  200
D            8         2026-05-01  400
Z            9         2025-09-01  5
Z            9R        2025-09-02  -5
"""  # A fell from top to small, D rose from small to top, Z is new and inactive


def test_own_success_is_the_share_that_got_there_or_beyond(db):
    state.save_rules(db, Rules(tier_shares=(0.25, 0.25, 0.25)))
    given(db, orders=TURNED)
    con, filters = prepared(db, JUNE)
    rows = whatif.moves(con, filters, moves="small:medium=1,top:small=1", success="own")
    # One customer of each tier then, and one customer's weight spread over seven layers.
    assert rows["success"].tolist() == pytest.approx([(1 + 3 / 7) / 2, (1 + 4 / 7) / 2])
    total = pyramid.whatif(con, filters, moves="small:medium=1", success="own").set_index("tier").loc["total"]
    assert total["revenue_delta"] == pytest.approx((1 + 3 / 7) / 2 * (200 - 100))
    with pytest.raises(CrmError) as refused:
        pyramid.whatif(con, filters, moves="prospect:small=0,inactive:small=1", success="own")
    assert refused.value.code == "E_NO_HISTORY" and "Inactive" in str(refused.value)


def test_one_customer_alone(db):
    given(db, orders="customer_id order_id ordered_at amount cost\nA 1 2026-05-01 10 4", costs=COSTS)
    rows = asked(db, JUNE, named="A:inactive")
    assert rows.loc["total", ["revenue_after", "contribution_after", "customers_after"]].tolist() == [0, 0, 1]
    with pytest.raises(CrmError) as refused:
        asked(db, JUNE, moves="top:small=1")
    assert refused.value.code == "E_MOVE_EMPTY"


REFUSED = [
    ({"moves": "small:medium"}, "E_MOVES"),
    ({"moves": "small=3"}, "E_MOVES"),
    ({"moves": "small:medium=3.5"}, "E_MOVES"),
    ({"moves": "small:medium=²"}, "E_MOVES"),
    ({"moves": "tiny:medium=1"}, "E_LAYER"),
    ({"moves": "small:unidentified=1"}, "E_LAYER"),
    ({"moves": "small:small=1"}, "E_MOVE_SAME"),
    ({"moves": "small:medium=-1"}, "E_NEGATIVE"),
    ({"moves": "small:medium=3"}, "E_MOVERS"),
    ({"moves": "small:medium=1,small:big=2"}, "E_MOVERS"),
    ({"moves": "small:medium=99999999999999999999"}, "E_MOVERS"),
    ({"moves": "small:medium=2", "named": "F:big"}, "E_MOVERS"),
    ({"moves": "prospect:small=1"}, "E_MOVERS"),
    ({"named": "F"}, "E_NAMED"),
    ({"named": "F:giant"}, "E_LAYER"),
    ({"named": "F:big,F:top"}, "E_NAMED_TWICE"),
    ({"named": "X:big"}, "E_CUSTOMER"),
    ({"named": "F:small"}, "E_NAMED_THERE"),
    ({"cost_rule": "free"}, "E_CHOICE"),
    ({"brings": "luck"}, "E_CHOICE"),
    ({"success": "1.1"}, "E_CHOICE"),
    ({"success": "often"}, "E_CHOICE"),
    ({"success": "nan"}, "E_CHOICE"),
    ({"budget": -1.0}, "E_NEGATIVE"),
    ({"budget": float("nan")}, "E_CHOICE"),
    ({"by": "luck"}, "E_RANKING"),
]


@pytest.fixture(scope="module")
def seven(tmp_path_factory):
    """The seven customers; nothing is written to them."""
    database = open_database(tmp_path_factory.mktemp("seven") / "crm.duckdb")
    yield small(database)
    database.close()


@pytest.mark.parametrize(("options", "code"), REFUSED)
def test_what_cannot_be_meant_is_refused_in_words(seven, options, code):
    with pytest.raises(CrmError) as refused:
        asked(seven, JUNE, **options)
    assert refused.value.code == code
    for language in LANGUAGES:
        assert refused.value.sentence(translator(language))


def test_moves_add_up_and_numbers_may_hold_commas_and_colons():
    assert _scenario.parse_moves(" small:medium=3, small:medium=2,,small : big = 1") == {
        ("small", "medium"): 5,
        ("small", "big"): 1,
    }
    assert _scenario.parse_named("C,1:2:medium, D:top") == {"C,1:2": "medium", "D": "top"}
    assert _scenario.parse_named("") == {} and _scenario.parse_moves(" , ") == {}


@few
@drawn(moving(), st.sampled_from(_scenario.COST_RULES), st.sampled_from(_scenario.BRINGS), st.sampled_from([1.0, 0.3]))
def test_rows_add_up_before_and_after_whatever_moves(case, cost_rule, brings, success):
    start, moves = case
    rows = table(start, moves, cost_rule=cost_rule, budget=500.0, brings=brings, success=dict.fromkeys(moves, success))
    for measure in MEASURES:
        for when in ("before", "after", "delta"):
            column = rows[f"{measure}_{when}"]
            assert column.iloc[:-1].sum() == pytest.approx(column["total"], abs=1e-6), (measure, when)
    assert rows.loc["total", "customers_delta"] == 0
    assert (rows["customers_after"] >= 0).all()
    profit = rows["contribution_delta"] - rows["cost_delta"]
    assert rows["profit_delta"].to_numpy() == pytest.approx(profit.to_numpy(), abs=1e-6)


@few
@drawn(moving())
def test_at_constant_cost_profit_changes_by_the_difference_of_the_means(case):
    start, moves = case
    expected = sum(
        (count * (start.mean(target) - start.mean(source)) for (source, target), count in moves.items()),
        start=np.zeros(2),
    )
    total = table(start, moves).loc["total"]
    assert total[["revenue_delta", "profit_delta"]].tolist() == pytest.approx(list(expected), abs=1e-6)


@few
@drawn(moving(), st.sampled_from(["constant", "per_head"]))
def test_a_move_and_its_reverse_cancel(case, cost_rule):
    start, moves = case
    there = {pair: min(count, int(start.customers(pair[1]))) for pair, count in list(moves.items())[:1]}
    back = {(target, source): count for (source, target), count in there.items()}
    rows = table(start, there | back, cost_rule=cost_rule)
    for measure in MEASURES:
        assert rows[f"{measure}_delta"].to_numpy() == pytest.approx(0, abs=1e-6)


@few
@drawn(moving(), st.sampled_from(["constant", "per_head"]))
def test_effects_of_moves_add_up(case, cost_rule):
    start, moves = case
    together = table(start, moves, cost_rule=cost_rule)
    alone = [table(start, {pair: count}, cost_rule=cost_rule) for pair, count in moves.items()]
    for measure in MEASURES:
        summed = sum((rows[f"{measure}_delta"] for rows in alone), start=0 * together["revenue_before"])
        assert together[f"{measure}_delta"].to_numpy() == pytest.approx(summed.to_numpy(), abs=1e-6)


DIFFERENT = company(
    {
        "top": [(9_000.0, 4_000.0), (5_000.0, 2_500.0)],
        "big": [(float(2_000 + 10 * place), float(700 + 3 * place)) for place in range(60)],
        "medium": [(float(500 + place), float(200 + place)) for place in range(120)],
        "small": [(float(place), float(place) / 3) for place in range(1, 301)],
    },
    {"top": 100.0, "big": 600.0, "medium": 700.0, "small": 900.0},
    {},
)


def test_the_interval_holds_the_share_of_single_draws_it_claims():
    values = np.array([2_000 + 10 * place for place in range(60)], dtype=float)
    mean, sure = values.mean(), 300 / 2 + 0.5  # of the small
    row = table(DIFFERENT, {("small", "big"): 1}).loc["total"]
    spread = values.std(ddof=1)
    assert row["revenue_delta"] == pytest.approx(mean - sure)
    for name, share in (("low", 0.1), ("median", 0.5), ("high", 0.9)):
        assert row[f"revenue_{name}"] == pytest.approx(np.quantile(values, share) - sure, abs=0.2 * spread), name
    assert row["probability"] > 0.99


def test_one_by_one_and_many_at_once_agree_where_they_meet():
    few_movers, many = (
        table(DIFFERENT, {("small", "big"): count}, success={("small", "big"): 0.4}).loc["total"]
        for count in (DIRECT, DIRECT + 1)
    )
    for name in ("low", "median", "high", "revenue_low", "revenue_high"):
        assert many[name] / (DIRECT + 1) == pytest.approx(few_movers[name] / DIRECT, rel=0.03), name


def test_named_ones_and_many_named_ones_agree_where_they_meet():
    bands = {}
    for count in (DIRECT, DIRECT + 1):
        own = {f"C{place}": np.array([place + 1.0, (place + 1) / 3]) for place in range(count)}
        plan = Plan([Move("small", "big", named=tuple(own))], own=own, success={("small", "big"): 0.5})
        row = _whatif.before_and_after(DIFFERENT, plan).set_index("tier").loc["total"]
        assert row["revenue_delta"] == pytest.approx(0.5 * (count * 2_295 - count * (count + 1) / 2))
        bands[count] = row[["low", "median", "high"]] / count
    assert bands[DIRECT + 1].tolist() == pytest.approx(bands[DIRECT].tolist(), rel=0.04)


def test_more_movers_leave_the_luck_of_the_first_as_it_is():
    bands = [table(DIFFERENT, {("small", "top"): count}).loc["total", "revenue_median"] for count in range(1, 6)]
    steps = np.diff(bands)
    assert (steps > 4_000).all() and (steps < 9_000).all()


def test_uncertain_chances_make_the_outcome_less_certain():
    pair = ("small", "medium")
    past = pd.DataFrame({"from_tier": "small", "tenth": 0, "to_tier": ["medium", "small"], "customers": [1, 2]})
    assert _chances.rate(past, *pair) == pytest.approx((1 + 3 / 7) / 4)
    chances = _chances.drawn(past, *pair)
    assert chances.mean() == pytest.approx(_chances.rate(past, *pair), abs=0.01)
    plans = [
        Plan([Move(*pair, 40)], success={pair: _chances.rate(past, *pair)}, chances=found)
        for found in ({}, {pair: chances})
    ]
    widths = [np.ptp(np.percentile(replicated(DIFFERENT, plan)["total"][:, 0], (10, 90))) for plan in plans]
    assert widths[1] > 2 * widths[0]


def test_a_tenth_is_drawn_towards_its_tier():
    past = pd.DataFrame(
        {
            "from_tier": ["small"] * 3,
            "tenth": [0, 0, 9],
            "to_tier": ["medium", "small", "small"],
            "customers": [30, 50, 20],
        }
    )
    overall = (30 + 3 / 7) / 101
    found = _chances.by_tenth(past, "small", "medium")
    assert found[0] == pytest.approx((30 + 20 * overall) / 100)
    assert found[9] == pytest.approx(20 * overall / 40)
    assert found[5] == pytest.approx(overall)  # nobody was there


def test_history_is_the_migration_matrix(retail):
    con, filters = prepared(retail[0], "2011-12-09")
    past = _chances.history(con, filters, by="revenue", rank_within=False)
    matrix = pyramid.migration(con, filters)
    told = matrix[(matrix["customers"] > 0) & (matrix["from_tier"] != "new")]
    summed = past.groupby(["from_tier", "to_tier"])["customers"].sum()
    assert summed.to_dict() == told.set_index(["from_tier", "to_tier"])["customers"].to_dict()
    sizes = past[past["from_tier"] == "small"].groupby("tenth")["customers"].sum()
    assert len(sizes) == 10 and sizes.max() - sizes.min() <= 1


def test_six_movers_on_real_data_against_pandas(retail):
    database, lines = retail
    end = pd.Timestamp("2011-12-10")
    mine = lines[(lines["day"] >= end - pd.DateOffset(months=12)) & (lines["day"] < end) & lines["customer_id"].notna()]
    net = mine.groupby("customer_id")["amount"].sum() / 10_000
    bought = mine[mine["amount"] > 0].groupby("customer_id").size().index
    ranked = net[net.index.isin(bought) & (net > 0)].sort_values(ascending=False).to_numpy()
    assert len(ranked) == 4_243
    top, big, medium, low = ranked[:42].mean(), ranked[42:212].mean(), ranked[212:849].mean(), ranked[849:].mean()
    total = asked(database, "2011-12-09", moves=SIX).loc["total"]
    assert total["revenue_delta"] == pytest.approx(3 * medium + 2 * big + top - 6 * low, abs=0.01)
    assert total["revenue_before"] == pytest.approx(9_370_259.48, abs=0.01)
    assert total["revenue_low"] < total["revenue_delta"] < total["revenue_high"]
    assert np.isnan(total["profit_delta"])
