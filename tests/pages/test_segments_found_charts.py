"""The pictures of clusters and scores: what they say, what a click on them gives, and that none can be read wrongly."""

import pandas as pd
import pytest

from crm_analytics.charts import clusters, score, style
from crm_analytics.i18n import LANGUAGES, translator

GROUPS = pd.DataFrame(
    {
        "cluster": [1, 2],
        "customers": [20, 1_234],
        "customer_share": [0.016, 0.984],
        "revenue_share": [0.9, 0.1],
        "days_since_last_order": [5.0, 200.0],
        "order_count": [12.0, 1.5],
        "median_revenue": [4_500.0, 30.0],
        "days_z": [-1.5, 0.8],
        "orders_z": [1.6, -0.3],
        "revenue_z": [1.4, 0.0],
    }
)
CHOICE = pd.DataFrame(
    {
        "k": [2, 3],
        "silhouette": [0.4, 0.61],
        "stability": [0.7, 0.95],
        "is_clear": [False, True],
        "is_chosen": [False, True],
    }
)
TIERS = pd.DataFrame(
    {
        "class": ["high", "high", "unknown", "unknown"],
        "tier": ["top", "small", "top", "small"],
        "customers": [3, 0, 2, 5],
        "tier_share": [1.0, float("nan"), float("nan"), float("nan")],
        "revenue": [1.0, 0, 1, 1],
    }
)
SPREAD = pd.DataFrame(
    {
        "score_from": [0.0, 4.0, 4.0],
        "score_to": [4.0, 8.0, 8.0],
        "class": ["low", "low", "high"],
        "customers": [5, 1, 2],
    }
)
FIRM = pd.DataFrame(
    {
        "measure": ["revenue", "revenue", "orders", "orders", "all"],
        "factor": [0.75, 1.25, 0.75, 1.25, None],
        "spearman": [0.99, 0.98, 1, 0.97, 0.95],
        "kept_share": [0.9, 0.8, 1, 0.95, 0.7],
        "kept_low": [None] * 4 + [0.3],
        "kept_high": [None] * 4 + [0.9],
    }
)
tr = translator("en")


def texts(figure) -> list[str]:
    return [annotation.text for annotation in figure.layout.annotations]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_picture_is_drawn_in_each_language_and_theme(language, mode):
    own = translator(language)
    for figure in (
        clusters.profile(GROUPS, ["A", "B"], own, mode, "EUR"),
        clusters.shares(GROUPS, ["A", "B"], own, mode),
        clusters.choice(CHOICE, 3, own, mode),
        score.distribution(SPREAD, own, mode),
        score.against_tiers(TIERS, own, mode),
        score.sensitivity(FIRM, {"revenue": "A", "orders": "B"}, own, mode),
    ):
        assert figure.data and "nan" not in " ".join(texts(figure)).lower()


def test_the_profile_shows_medians_and_a_click_gives_the_group():
    figure = clusters.profile(GROUPS, ["Rich <b>", "Others"], tr, "light", "EUR")
    assert [text.replace("<b>", "").replace("</b>", "") for text in texts(figure)] == [
        "5",
        "12",
        "€4.50 k",
        "200",
        "1.5",
        "€30.0",
    ]
    assert [mark[0] for mark in figure.data[-1].customdata] == [1, 1, 1, 2, 2, 2]
    assert "Rich &lt;b&gt;" in figure.layout.yaxis.ticktext[0], "what a name says stays text"


def test_more_recent_is_blue_as_more_orders_are():
    colours = [shape.fillcolor for shape in clusters.profile(GROUPS, ["A", "B"], tr).layout.shapes]
    assert colours[0] == colours[1] == clusters.shade(2.0, "light") and colours[3] == clusters.shade(-0.8, "light")
    assert clusters.shade(0.0, "light") == style.palette("light").grid


def test_a_filled_dot_is_a_clear_number_of_groups_and_the_shown_one_is_marked():
    figure = clusters.choice(CHOICE, 3, tr)
    for line in figure.data:
        assert line.marker.color[0] == style.palette("light").card and line.marker.color[1] == line.line.color
    assert "<b>0.61</b>" in texts(figure)


def test_those_without_a_score_are_counted_and_not_a_share():
    figure = score.against_tiers(TIERS, tr)
    assert texts(figure)[:2] == ["<b>100%</b>  3", "2"]
    assert [mark[0] for mark in figure.data[-1].customdata] == ["high", "high", "unknown", "unknown"]


def test_the_least_that_stays_is_written_and_lies_within_the_picture():
    figure = score.sensitivity(FIRM, {"revenue": "Revenue", "orders": "Orders"}, tr)
    assert [text.replace("<b>", "").replace("</b>", "") for text in texts(figure)] == ["80%", "95%", "30%"]
    assert figure.layout.xaxis.range[0] < 0.3 and figure.layout.xaxis.range[1] > 1


def test_each_bar_gives_its_class():
    figure = score.distribution(SPREAD, tr)
    assert {(bar.customdata[0][0], sum(bar.y)) for bar in figure.data} == {("low", 6), ("high", 2)}
