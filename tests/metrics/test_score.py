"""A score of the reader's own: places, ties, unknown values and classes by hand; then a real shop against plain pandas."""

import numpy as np
import pandas as pd
import pytest

from crm_analytics.database import open_database
from crm_analytics.errors import CrmError
from crm_analytics.metrics import segments
from tests import plain
from tests.rows import given, prepared

AS_OF = "2026-06-30"
ORDERS = """
    customer_id  order_id  ordered_at   amount  region
    ann          1         2024-07-01   10      north
    ann          2         2026-06-30   300     north
    ann          3         2026-06-10   100     north
    bob          4         2026-06-20   200     north
    bob          5         2026-05-20   200     north
    cid          6         2026-06-20   100     south
    dan          7         2025-12-31   50      south
    eve          8         2026-01-10   40      south
    eve          8R        2026-01-20   -40     south
    old          9         2025-01-01   900     south
    """
SURVEYS = """
    customer_id  answered_at       score  scale_max
    ann          2026-06-01T10:00  2      5
    ann          2026-06-15T10:00  4      5
    bob          2026-06-15T10:00  10     10
    cid          2025-01-01T10:00  5      5
    """
INTERACTIONS = """
    customer_id  at
    dan          2026-06-01T10:00
    dan          2026-06-02T10:00
    dan          2026-06-03T10:00
    bob          2025-06-01T10:00
    """


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """Five buyers of the window and one of before; nothing is written to it."""
    database = open_database(tmp_path_factory.mktemp("company") / "crm.duckdb")
    given(database, orders=ORDERS, surveys=SURVEYS, interactions=INTERACTIONS)
    yield database
    database.close()


def score(company, weights: str, as_of=AS_OF, months=12, where=(), **options) -> pd.DataFrame:
    con, filters = prepared(company, as_of, months=months, where=where)
    return segments.score(con, filters, weights=weights, **options).set_index("customer_id")


def test_the_rank_is_the_share_of_the_others_below_equals_counting_half(company):
    found = score(company, "revenue=1").score
    assert found.to_dict() == pytest.approx({"ann": 87.5, "bob": 87.5, "cid": 50, "dan": 25, "eve": 0})  # (3 + 1/2) / 4


def test_fewer_days_are_better_unless_turned_round(company):
    days = {"ann": 100, "bob": 62.5, "cid": 62.5, "eve": 25, "dan": 0}  # eve ordered in January, dan in December
    assert score(company, "days_since_last_order=1").score.to_dict() == pytest.approx(days)
    turned = score(company, "days_since_last_order=1", reverse="days_since_last_order").score
    assert turned.to_dict() == pytest.approx({name: 100 - value for name, value in days.items()})


def test_weights_are_shares_of_the_whole(company):
    one, other = score(company, "revenue=3,orders=1"), score(company, "orders=0.5,revenue=1.5,margin=0")
    assert one.score.to_dict() == pytest.approx(other.score.to_dict())
    parts = [score(company, f"{name}=1").score for name in ("revenue", "orders")]
    assert one.score.to_dict() == pytest.approx((0.75 * parts[0] + 0.25 * parts[1]).to_dict())


def test_between_the_extremes_and_in_deviations(company):
    revenue = {"ann": 400, "bob": 400, "cid": 100, "dan": 50, "eve": 0}
    found = score(company, "revenue=1", scaling="minmax").score
    assert found.to_dict() == pytest.approx({name: value / 4 for name, value in revenue.items()})
    values = pd.Series(revenue)
    found = score(company, "revenue=1", scaling="z").score
    assert found.to_dict() == pytest.approx(((values - values.mean()) / values.std(ddof=0)).to_dict())


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("average_order_value", {"ann": 200, "bob": 200, "cid": 100, "dan": 50, "eve": 0}),
        ("tenure_days", {"ann": 729, "bob": 41, "cid": 10, "dan": 181, "eve": 171}),
        ("loyalty_days", {"ann": 729, "bob": 31, "cid": 0, "dan": 0, "eve": 0}),
        ("interactions", {"ann": 0, "bob": 0, "cid": 0, "dan": 3, "eve": 0}),
        ("activity", {"ann": 2, "bob": 2, "cid": 1, "dan": 4, "eve": 1}),
        ("satisfaction", {"ann": 0.8, "bob": 1.0, "cid": None, "dan": None, "eve": None}),
    ],
)
def test_each_measure_by_hand(company, measure, expected):
    found = score(company, f"{measure}=1")[measure]
    assert {name: None if pd.isna(value) else value for name, value in found.items()} == pytest.approx(expected)


def test_activity_has_weights_of_its_own(company):
    found = score(company, "activity=1", purchases=10.0, contacts=0.5).activity
    assert found.to_dict() == pytest.approx({"ann": 20, "bob": 20, "cid": 10, "dan": 11.5, "eve": 10})


def test_who_is_not_known_has_no_score_and_is_not_the_lowest(company):
    found = score(company, "satisfaction=1,revenue=1")
    assert found["class"].to_dict() == {
        "bob": "high",
        "ann": "low",
        "cid": "unknown",
        "dan": "unknown",
        "eve": "unknown",
    }
    assert found.score.isna().tolist() == [False, False, True, True, True] and found["rank"].isna().sum() == 3
    assert found.score["bob"] == pytest.approx(93.75)  # best of two by satisfaction, 87.5 of five by revenue
    con, filters = prepared(company, AS_OF)
    measures = segments.score_measures(con, filters, weights="satisfaction=1,revenue=1").set_index("measure")
    assert (measures.known["satisfaction"], measures.missing["satisfaction"], measures.weight_share["revenue"]) == (
        2,
        3,
        0.5,
    )
    assert measures.known["margin"] == 0 and measures.known["complaints"] == 0, (
        "no costs, no complaints file: unknown, not zero"
    )


def test_a_measure_nobody_has_gives_nobody_a_score(company):
    found = score(company, "margin=1")
    assert set(found["class"]) == {"unknown"} and found.score.isna().all()
    con, filters = prepared(company, AS_OF)
    assert segments.score_distribution(con, filters, weights="margin=1").empty
    assert segments.score_sensitivity(con, filters, weights="margin=1,complaints=1").empty


def test_classes_by_shares_and_equal_scores_share_the_better_one(company):
    con, filters = prepared(company, AS_OF)
    found = segments.score_classes(con, filters, weights="revenue=1", high=0.2, medium=0.4).set_index("class")
    assert found.customers.to_dict() == {"high": 2, "medium": 1, "low": 2, "unknown": 0}  # one of five, and his equal
    assert found.revenue.to_dict() == pytest.approx({"high": 800, "medium": 100, "low": 50, "unknown": 0})
    assert found.threshold_score.dropna().to_dict() == pytest.approx({"high": 87.5, "medium": 50, "low": 0})
    assert found.customer_share.sum() == pytest.approx(1) and found.revenue_share["high"] == pytest.approx(800 / 950)


def test_classes_and_tiers_and_bins_count_everybody_once(company):
    con, filters = prepared(company, AS_OF)
    cells = segments.score_tiers(con, filters)
    assert len(cells) == 20 and cells.customers.sum() == 5
    assert cells[cells.customers > 0].groupby("tier").tier_share.sum().tolist() == pytest.approx([1, 1, 1])
    assert cells.set_index(["class", "tier"]).customers["low", "inactive"] == 1  # eve returned all she bought
    cells = segments.score_tiers(con, filters, weights="satisfaction=1").set_index(["class", "tier"])
    assert cells.customers["unknown"].sum() == 3 and cells.tier_share["unknown"].isna().all(), (
        "a share of those with a score"
    )
    bins = segments.score_distribution(con, filters)
    assert bins.customers.sum() == 5 and ((bins.score_to - bins.score_from) - 4).abs().max() < 1e-9


def test_places_are_the_companys_whomever_the_filters_choose(company):
    whole, south = score(company, "revenue=1"), score(company, "revenue=1", where=(("region", ("south",)),))
    assert south.score.to_dict() == whole.score[["cid", "dan", "eve"]].to_dict()
    assert score(company, "revenue=1", where=(("region", ("nowhere",)),)).empty


def test_the_cells_of_classes_and_tiers_are_lists(company):
    con, filters = prepared(company, AS_OF)
    cells = segments.score_tiers(con, filters, weights="revenue=1").set_index(["class", "tier"]).customers
    for (name, tier), n in cells.items():
        found = score(company, "revenue=1", only=name, tier=tier)
        assert len(found) == n and set(found.tier) <= {tier}
    assert cells.sum() == 5


def test_only_one_class_and_pages_of_the_list(company):
    assert score(company, "revenue=1", only="high").index.tolist() == ["ann", "bob"]
    assert score(company, "revenue=1", limit=2, offset=2).index.tolist() == ["cid", "dan"]


def test_an_earlier_day_knows_nothing_of_later_orders_answers_and_contacts(company):
    found = score(company, "activity=1,satisfaction=1", as_of="2026-06-01")
    assert found.activity.to_dict() == {"bob": 1, "dan": 2, "eve": 1}
    assert "ann" not in found.index and found["class"].tolist() == ["unknown"] * 3


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"weights": ""}, "E_SCORE_WEIGHTS"),
        ({"weights": "revenue=0"}, "E_SCORE_WEIGHTS"),
        ({"weights": "revenue=-1"}, "E_SCORE_WEIGHTS"),
        ({"weights": "revenue=nan"}, "E_SCORE_WEIGHTS"),
        ({"weights": "revenue=much"}, "E_SCORE_WEIGHTS"),
        ({"weights": "revenue=1,revenue=2"}, "E_SCORE_WEIGHTS"),
        ({"weights": "name=1"}, "E_SCORE_MEASURE"),
        ({"weights": "revenue=1", "reverse": "name"}, "E_SCORE_MEASURE"),
        ({"weights": "revenue=1", "scaling": "log"}, "E_CHOICE"),
        ({"weights": "revenue=1", "high": 0.7, "medium": 0.5}, "E_SCORE_CUTS"),
        ({"weights": "revenue=1", "high": 0.0}, "E_SCORE_CUTS"),
        ({"weights": "activity=1", "purchases": 0.0, "contacts": 0.0}, "E_SCORE_WEIGHTS"),
    ],
)
def test_what_cannot_be_meant_is_refused(company, options, code):
    with pytest.raises(CrmError) as refusal:
        score(company, options.pop("weights"), **options)
    assert refusal.value.code == code and str(refusal.value)


def test_high_medium_low_by_activity_satisfaction_and_loyalty(company):
    con, filters = prepared(company, AS_OF)
    found = segments.classes(con, filters).set_index("customer_id")
    assert found["class"].to_dict() == {
        "bob": "high",
        "ann": "low",
        "cid": "unknown",
        "dan": "unknown",
        "eve": "unknown",
    }
    # activity 2, 2, 1, 4, 1: two of four are fewer and one equal; satisfaction 4/5 and 10/10; loyalty 729 and 31 days, the others 0
    assert found.score["ann"] == pytest.approx(100 * (0.625 + 0 + 1) / 3)
    assert found.score["bob"] == pytest.approx(100 * (0.625 + 1 + 0.75) / 3)


def test_the_ranking_hangs_on_the_weights_where_measures_differ(company):
    con, filters = prepared(company, AS_OF)
    found = segments.score_sensitivity(con, filters, weights="revenue=2,orders=1")
    assert found.measure.tolist() == ["revenue", "revenue", "orders", "orders", "all"]
    assert found.factor.tolist()[:4] == [0.75, 1.25, 0.75, 1.25] and pd.isna(found.factor.iloc[4])
    assert (found.kept_share == 1).all() and (found.spearman > 0.9).all() and set(found.customers) == {5}
    assert segments.score_sensitivity(con, filters, weights="revenue=1").empty


def test_a_real_shop_against_plain_pandas(retail):
    database, lines = retail
    con, filters = prepared(database)
    found = segments.score(con, filters, weights="days_since_last_order=1,orders=2,revenue=3").set_index("customer_id")
    people = plain.snapshot(lines, filters.as_of, 12)
    people = people[people.orders > 0]
    n = len(people)

    def place(values):
        return (values.rank(method="average") - 1) / (n - 1)

    wanted = 100 / 6 * (place(-people.days_since_last_order) + 2 * place(people.orders) + 3 * place(people.revenue))
    assert len(found) == n == 4264
    assert np.allclose(found.score.astype(float).reindex(people.index), wanted)
    high = wanted >= wanted.sort_values(ascending=False).iloc[int(0.2 * n + 0.5) - 1] - 1e-9
    assert set(found.index[found["class"] == "high"]) == set(people.index[high])
    classes = segments.score_classes(con, filters, weights="days_since_last_order=1,orders=2,revenue=3").set_index(
        "class"
    )
    assert classes.revenue["high"] == pytest.approx(people.revenue[high].sum() / plain.UNIT)
