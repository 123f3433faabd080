"""Is the data right, on screen: the score per table, the rows behind a finding, and the mark beside the numbers it limits."""

import pytest

from crm_analytics.i18n import LANGUAGES, translator
from crm_analytics.metrics._checks import CHECKS
from tests.pages.test_pages import html_of


def links(app) -> dict[str, str]:
    """Label of each link -> the query that it opens."""
    return {link.proto.label: link.proto.query_string for link in app.get("page_link")}


def mark(language: str) -> str:
    return translator(language)("limits.lines_without_customer", good="83%", bad="17%", n="1")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_says_what_limits_it_and_leads_to_the_rows(visit, language):
    """One line of six names no customer."""
    app = visit("overview", "orders", lang=language)
    assert "q.finding=orders.lines_without_customer" in links(app)[mark(language)]
    said = [link.proto.label for link in app.get("page_link")].count(mark(language))
    assert said == 3, "bought again, active and new customers; not revenue, not the average order"


def test_nothing_is_said_where_all_is_well(visit):
    app = visit("overview", "one")
    assert not any("q.finding" in query for query in links(app).values())


@pytest.mark.parametrize("topic", ["pyramid", "segments", "retention", "lifecycle"])
def test_a_screen_that_sees_lines_through_their_customers_says_so(visit, topic):
    assert mark("en") in links(visit(topic, "orders"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_score_stands_with_its_parts_and_its_findings(visit, language):
    app, tr = visit("data", "orders", lang=language), translator(language)
    assert not app.exception
    shown = html_of(app)
    assert '<td class="right">83</td>' in shown.replace("'", '"'), "five of six lines name a customer"
    assert tr("data.quality_part_completeness") in shown and tr("data.quality_flaw_completeness") in shown
    assert tr("kpis.repurchase_rate.label") in shown, "what it limits"


def test_a_click_shows_the_very_rows(visit):
    app = visit("data", "orders", **{"q.finding": "orders.lines_without_customer"})
    assert not app.exception
    (rows,) = [frame.value for frame in app.dataframe]
    assert list(rows.iloc[:, 2]) == [7] and list(rows.iloc[:, 3]) == ["6"], "line 7 of the file, order 6"
    names = [button.proto.label for button in app.get("download_button")]
    assert translator("en")("frame.download_csv") in names


@pytest.mark.parametrize("finding", ["orders.nothing", "nothing.stale", "orders", "orders.data; drop table orders", ""])
def test_a_finding_that_is_none_shows_no_rows(visit, finding):
    app = visit("data", "orders", **{"q.finding": finding})
    assert not app.exception and not app.dataframe


def test_every_finding_and_what_it_limits_has_its_words():
    tr = translator("en")
    for check in CHECKS:
        assert tr.knows(f"findings.{check.finding}"), check.finding
        assert not check.limits or tr.knows(f"limits.{check.finding}"), check.finding
        for code in check.limits:
            assert tr.knows(f"kpis.{code}.label") or tr.knows(f"menu.{code}"), code
