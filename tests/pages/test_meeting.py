"""The meeting screen: its drawing by hand-made layers, its sentences in every company, and what its sliders reach."""

import xml.etree.ElementTree as xml
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from crm_analytics import formats, state
from crm_analytics.charts import drawing
from crm_analytics.charts.pyramid import LAYERS, TIERS, rows
from crm_analytics.database import open_database
from crm_analytics.i18n import LANGUAGES, translator
from crm_analytics.ui import meeting, meeting_words
from crm_analytics.ui.scenarios import Scenario
from tests.pages.test_pyramid import SOLD, answer, company  # noqa: F401
from tests.pages.test_pyramid_charts import tiers, without_profit

tr = translator("en")
HEADS = ("Customers", "Revenue", "Profit")


def drawn(layers, **options) -> xml.Element:
    """The drawing of some rows; that it can be read proves that it is well formed."""
    return xml.fromstring(drawing.svg(layers, HEADS, "Pyramid", **options))


def layer(picture, tier: str) -> xml.Element:
    return next(group for group in picture.iter("g") if group.get("data-tier") == tier)


def words(element) -> list[str]:
    return ["".join(text.itertext()) for text in element.iter("text")]


def worked() -> list:
    return rows(tiers(), tr, "GBP")


def test_each_layer_is_a_button_with_everything_beside_it():
    picture = drawn(worked(), changes={"top": "+1"}, selected="big")
    assert [group.get("data-tier") for group in picture.iter("g")] == list(LAYERS)
    assert words(layer(picture, "top")) == ["Top", "first 1% +1", "10", "40.0%", "£4.00 k", "115%", "£920"]
    assert words(layer(picture, "small"))[-2:] == ["−18%", "−£140"]
    assert layer(picture, "top").get("aria-label") == "Top: first 1%, 10, 40.0%, £4.00 k, 115%, £920 +1"
    assert [group.get("data-tier") for group in picture.iter("g") if group.get("aria-pressed") == "true"] == ["big"]


def test_the_sides_of_the_pyramid_are_straight_and_the_layers_stay_on_the_drawing():
    corners = [
        tuple(map(float, corner.split(",")))
        for shape in drawn(worked()).iter("polygon")
        for corner in shape.get("points").split()
    ]
    outer = [(x, y) for x, y in corners if x != drawing.CENTRE]
    slopes = [abs(x - drawing.CENTRE) / (y - drawing.TIP) for x, y in outer if y > drawing.TIP]
    assert slopes == pytest.approx([drawing.HALF / (drawing.FOOT - drawing.TIP)] * len(slopes), abs=2e-3)
    assert max(y for _, y in corners) == drawing.FOOT
    assert min(x for x, _ in corners) > 0


def test_a_layer_of_nobody_is_an_outline_with_the_same_corners():
    (whole, shade), (outline,) = (
        layer(drawn([replace(row, is_empty=row.tier == empty) for row in worked()]), "big").findall("polygon")
        for empty in ("", "big")
    )
    assert shade.get("class") == "shade" and outline.get("class") == "nobody"
    assert "fill" not in outline.get("style") and drawing.style.LIGHT.tiers["big"] in outline.get("style")
    corners = set(outline.get("points").split())
    assert len(corners) == 4
    assert corners == {corner for corner in whole.get("points").split() if not corner.startswith(f"{drawing.CENTRE},")}


def test_losses_hang_left_of_zero_and_gains_stand_right_of_it():
    picture = drawn(worked())
    zero = float(next(line for line in picture.iter("line") if line.get("class") == "zero").get("x1"))
    bars = {tier: layer(picture, tier).findall("rect")[-1] for tier in ("top", "inactive")}
    ends = {tier: (float(bar.get("x")), float(bar.get("x")) + float(bar.get("width"))) for tier, bar in bars.items()}
    assert ends["top"][0] == pytest.approx(zero, abs=0.1)
    assert ends["inactive"][1] == pytest.approx(zero, abs=0.1)
    assert bars["inactive"].get("class") == "loss"
    assert ends["inactive"][0] >= drawing.PROFIT
    assert ends["top"][1] <= drawing.PROFIT + drawing.PROFIT_BAR + 0.1


def test_a_name_stays_text():
    rows_ = [replace(row, name="<script>alert(1)</script>", note='"><b onload="x">') for row in worked()]
    picture = drawn(rows_)
    assert {element.tag for element in picture.iter()} == {"svg", "g", "text", "line", "rect", "polygon", "tspan"} - {
        "tspan"
    }
    assert words(layer(picture, "top"))[0] == "<script>alert(1)</script>"


def test_without_amounts_only_shares_and_counts_are_left():
    shown = [drawing.without_amounts(row) for row in rows(tiers(revenue_before={"inactive": 300.0}), tr, "GBP")]
    text = drawing.svg(shown, HEADS, "Pyramid")
    assert "£" not in text
    assert words(layer(xml.fromstring(text), "top")) == ["Top", "first 1%", "10", "40.0%", "115%"]


def test_unknown_profits_say_what_they_want_instead_of_a_zero_line():
    picture = drawn(rows(without_profit(), tr), wants="Profit wants costs:\na costs export.")
    assert "zero" not in [line.get("class") for line in picture.iter("line")]
    assert {"Profit wants costs:", "a costs export."} <= set(words(picture))
    assert words(layer(picture, "top")) == ["Top", "first 1%", "10", "40.0%", "4.00 k"]


def test_where_all_lose_there_is_no_share_and_the_amount_stands_in_its_place():
    lost = tiers().assign(profit=-100.0, profit_share=float("nan"))
    assert words(layer(drawn(rows(lost, tr, "GBP")), "big"))[-1] == "−£100"


@pytest.mark.parametrize(
    ("customers", "reach"),
    [(0, (1, 1)), (1, (1, 1)), (7, (1, 7)), (1618, (1, 30)), (12_000, (2, 60)), (538_000, (100, 3000))],
)
def test_a_slider_reaches_what_a_meeting_talks_about(customers, reach):
    assert meeting._reach(customers) == reach


@pytest.mark.parametrize("source", LAYERS)
def test_customers_move_to_three_other_tiers(source):
    assert source not in meeting.targets(source)
    assert set(meeting.targets(source)) <= set(TIERS)
    assert len(set(meeting.targets(source))) == 3


def test_the_usual_question_is_asked_of_small_customers_nearest_first():
    assert meeting.targets("small") == ("medium", "big", "top")


PAGE = SimpleNamespace(tr=tr, language="en", currency="GBP", money=lambda value: formats.money(value, "en", "GBP"))


def what(profit: float | None = 216_000.0, before: float = 800_000.0) -> pd.DataFrame:
    """The worked example's six moves as `pyramid.whatif` tells them: the total and two layers."""
    total = {
        "tier": "total",
        "customers_delta": 0,
        "revenue_delta": 540_000.0,
        "revenue_before": 10_000_000.0,
        "contribution_delta": 216_000.0,
        "contribution_before": 4_000_000.0,
        "profit_delta": profit,
        "profit_before": before,
    }
    return pd.DataFrame([total, {"tier": "top", "customers_delta": 1}, {"tier": "small", "customers_delta": -6}])


SIX = Scenario((("small", "medium", 3), ("small", "big", 2), ("small", "top", 1)))


def said(frame, scenario=SIX, hides=False) -> str:
    return meeting_words.answer(PAGE, None, scenario, tiers(), frame, hides=hides).replace("**", "")


def test_the_answer_of_the_worked_example():
    assert said(what()) == "6 small customers up: revenue +£540 k, profit +£216 k (+27.0%), total cost unchanged."
    assert said(what(), hides=True) == "6 small customers up: revenue +5.4%, profit +27.0%, total cost unchanged."


def test_without_costs_it_tells_the_margin_and_a_loss_before_has_no_share():
    assert said(what(profit=None)) == "6 small customers up: revenue +£540 k, margin +£216 k (+5.4%)."
    assert "profit +£216 k," in said(what(before=-5_000.0))
    assert "profit up," in said(what(before=-5_000.0), hides=True)
    assert "profit unchanged" in said(what(profit=0.0))


@pytest.mark.parametrize(
    ("moves", "who"),
    [
        ((("small", "medium", 1),), "One small customer up"),
        ((("small", "medium", 1), ("inactive", "small", 2)), "3 customers up"),
        ((("top", "medium", 1),), "One customer moved"),
        ((("small", "medium", 3), ("top", "big", 1)), "4 customers moved"),
    ],
)
def test_who_moves(moves, who):
    assert meeting_words.movers(tr, Scenario(moves)) == who


def test_layers_tell_by_how_many_they_change():
    assert meeting_words.changes(what()) == {"top": "+1", "small": "−6"}


def test_shares_after_the_moves_are_of_the_new_totals():
    after = pd.DataFrame({"tier": ["top", "big", "medium", "small", "inactive", "prospect", "suspect", "total"]})
    after = after.assign(
        customers_after=1, revenue_after=[30.0, 30, 20, 20, 0, 0, 0, 100], profit_after=[5.0, 2, 2, 2, -1, 0, 0, 10]
    )
    before = pd.concat([tiers(), pd.DataFrame([{"tier": "total"}])], ignore_index=True)
    new = meeting_words.after(before, after).set_index("tier")
    assert new.revenue_share.loc[list(TIERS)].tolist() == [0.3, 0.3, 0.2, 0.2]
    assert new.profit_share.loc[list(LAYERS)].tolist() == [0.5, 0.2, 0.2, 0.2, -0.1, 0, 0]
    assert pd.isna(new.revenue_share["inactive"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("data", "starts"),
    [
        ("made-up", "1% of customers bring"),
        ("orders", "1 of 3 customers brings"),
        ("one", "One customer brings all"),
        ("people", "Nobody bought"),
    ],
)
def test_it_opens_in_every_company(visit, data, starts, language):
    app = visit("pyramid", data, meeting="1", lang=language)
    assert not app.exception
    assert app.get("bidi_component"), "the pyramid is drawn"
    if language == "en":
        assert answer(app).startswith(starts)


def test_a_company_without_anything_is_asked_for_orders(visit):
    app = visit("pyramid", "empty", meeting="1")
    assert not app.exception
    assert not app.get("slider")


def test_a_slider_moves_customers_and_a_link_names_them(visit):
    app = visit("pyramid", "made-up", meeting="1", lang="en", **{"q.moves": "small:medium=2"})
    assert answer(app).startswith("2 small customers up")
    app.slider[1].set_value(1).run()
    assert answer(app).startswith("3 small customers up")


def test_what_is_saved_is_the_scenario_in_its_view(visit, companies, company):  # noqa: F811
    app = visit("pyramid", company(orders=SOLD), meeting="1", lang="en", **{"q.moves": "small:medium=2"})
    app.text_input(key="meeting.name").set_value(" Two <b>up</b> ")
    app.button(key="meeting.save_now").click().run()
    assert not app.exception
    saved = state.scenarios(open_database(companies["own"]).cursor())
    assert [(one["name"], one["moves"], one["cost_rule"], one["as_of"]) for one in saved] == [
        ("Two <b>up</b>", "small:medium=2", "constant", "2025-12-05")
    ]
    assert saved[0]["result"]["revenue_delta"] > 0


def test_without_moves_there_is_nothing_to_save(visit):
    app = visit("pyramid", "made-up", meeting="1", lang="en")
    save = {popover.proto.popover.label: popover.proto.popover for popover in app.get("popover")}["Save scenario"]
    assert save.disabled
