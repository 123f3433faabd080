"""The Pyramid screen: its answer in every company, what it wants, the table that adds up, ranking in the URL, shares edited in place."""

import re
from types import SimpleNamespace

import pandas as pd
import pytest

from crm_analytics import formats, importing, state
from crm_analytics.database import default_path, open_database
from crm_analytics.filters import Filters
from crm_analytics.i18n import LANGUAGES, translator
from crm_analytics.ui import pyramid_answer as words
from crm_analytics.ui.pyramid import View

tr = translator("en")
PLAIN = "order_id,customer_id,ordered_at,amount\n"
WITH_COST = "order_id,customer_id,ordered_at,amount,cost\n"
COSTS = "period,kind,amount\n2025,marketing,{}\n"
FIFTY = [(n, f"c{n % 50}", f"2025-{1 + n % 12:02d}-05", 10 + n * 37 % 400) for n in range(200)]
SOLD = WITH_COST + "".join(f"{n},{who},{day},{amount},{amount * 0.6:.2f}\n" for n, who, day, amount in FIFTY)
BELOW_COST = WITH_COST + "".join(f"{n},{who},{day},{amount},{amount * 1.2:.2f}\n" for n, who, day, amount in FIFTY)


def html_of(app) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def answer(app) -> str:
    """The sentence the screen opens with, without its bold part's tags."""
    return re.search(r'class="answer">(.*?)</h1>', html_of(app), re.S).group(1).replace("<b>", "").replace("</b>", "")


def said(app) -> str:
    """Everything written in the drawing."""
    return app.get("plotly_chart")[0].proto.spec


def table(app) -> list[list[str]]:
    """The cells of the table per layer, heads first."""
    body = next(part for part in html_of(app).split('<div class="grid-wrap">') if 'class="grid tiers"' in part)
    rows = re.findall(r"<tr.*?</tr>", body)
    return [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)] for row in rows]


@pytest.fixture
def company(companies, tmp_path, monkeypatch):
    """company(orders="rows of a CSV", costs=...) -> the name of a company of these exports."""

    def make(**exports: str) -> str:
        folder = tmp_path / "company"
        folder.mkdir()
        paths = [folder / f"{table}.csv" for table in exports]
        for path, text in zip(paths, exports.values()):
            path.write_text(text)
        db = open_database(folder / "crm.duckdb")
        importing.apply_plan(db, importing.plan_import(db, paths))
        monkeypatch.setitem(companies, "own", folder / "crm.duckdb")
        return "own"

    return make


def test_with_costs_the_answer_speaks_of_profit(visit):
    app = visit("pyramid", "made-up")
    assert not app.exception
    assert re.fullmatch(
        r"1% of customers bring \d+% of revenue and \d+% of profit\. The [\d,]+ small ones, 80% of the base, .+\.", answer(app)
    )  # fmt: skip


def test_one_customer_is_all_there_is(visit):
    app = visit("pyramid", "one")
    assert answer(app) == "One customer brings all of the revenue, 10.0."
    assert [row[:2] for row in table(app)[1:3]] == [["Top", "1"], ["Big", "0"]]
    assert tr("pyramid.empty_tier") in said(app)


def test_where_everything_was_returned_nobody_is_active(visit, company):
    orders = PLAIN + "1,a,2024-01-05,10\n2,a,2025-02-05,20\n3,a,2025-03-06,-20\n4,b,2023-01-01,50\n"
    app = visit("pyramid", company(orders=orders), as_of="2025-03-31")
    assert (
        answer(app) == "Nobody is active in this window. 2 bought before; since then nothing was bought beyond returns."
    )
    assert tr("pyramid.title_nobody") in html_of(app)
    assert tr("pyramid.empty_nobody") in said(app) and tr("pyramid.empty_tier") not in said(app)


def test_prospects_alone_have_no_revenue_and_no_zero(visit, company):
    app = visit(
        "pyramid", company(customers="customer_id,name,status\nP1,Ann,prospect\nP2,Bob,suspect\nP3,Cid,prospect\n")
    )
    assert answer(app) == "Nobody has bought yet. The data knows 3 people or companies to win."
    assert table(app) == [["Tier", "Customers"], ["Top", "0"], ["Big", "0"], ["Medium", "0"], ["Small", "0"],
                          ["Prospects", "2"], ["Suspects", "1"], ["Total", "3"]]  # fmt: skip


def test_negative_margins_are_a_loss_in_words_and_red(visit, company):
    app = visit("pyramid", company(orders=BELOW_COST, costs=COSTS.format(900)))
    assert answer(app).startswith("1 of 50 customers brings 3% of revenue, but all together lose ")
    assert "loss" in html_of(app) and "#B3261E" in said(app)
    assert tr("pyramid.head_profit_amount") in said(app)


@pytest.mark.parametrize(
    ("exports", "wanted"),
    [
        ({"orders": SOLD}, "wants_costs"),
        ({"orders": PLAIN + "1,a,2025-01-05,10\n2,b,2025-01-06,20\n", "costs": COSTS.format(5)}, "wants_goods"),
        ({"orders": PLAIN + "1,a,2025-01-05,10\n2,b,2025-01-06,20\n"}, "wants_both"),
    ],
)
def test_what_the_profit_wants_is_said_with_the_way_there(visit, company, exports, wanted):
    app = visit("pyramid", company(**exports))
    assert tr(f"pyramid.{wanted}").split("\n")[0] in said(app)
    assert tr("pyramid.column_profit") not in table(app)[0]
    links = {link.proto.label for link in app.get("page_link")}
    assert tr("pyramid.link_typed") in links
    assert (tr("pyramid.link_costs") in links) == (wanted != "wants_goods")
    assert (tr("pyramid.link_goods") in links) == (wanted != "wants_costs")


def test_typed_totals_and_a_typed_rate_are_enough_for_a_profit(visit, company):
    name = company(orders=PLAIN + "1,a,2025-01-05,1000\n2,b,2025-01-06,200\n")
    visit("pyramid", name)
    state.save_rules(open_database(default_path()), state.Rules(margin_rate=0.5, yearly_costs={"marketing": 120}))
    app = visit("pyramid", name)
    assert tr("pyramid.column_profit") in table(app)[0]
    assert tr("pyramid.based_rate", rate="50.0%") in html_of(app)
    assert not {tr("pyramid.link_costs"), tr("pyramid.link_typed")} & {
        link.proto.label for link in app.get("page_link")
    }


def test_the_rows_add_up_to_the_total(visit, company):
    app = visit("pyramid", company(orders=SOLD + "x,,2025-05-05,77,40\n", costs=COSTS.format(900)))
    head, *rows, total = table(app)
    assert [row[0] for row in rows] == ["Top", "Big", "Medium", "Small", "No customer named"]
    assert sum(int(row[1]) for row in rows[:4]) == int(total[1]) == 50
    assert head[1:] == [tr(f"pyramid.column_{name}") for name in (
        "customers", "revenue", "average_revenue", "threshold_revenue", "contribution", "cost", "profit", "roi")]  # fmt: skip
    assert total[2] == formats.money(sum(amount for *_, amount in FIFTY) + 77)


def test_a_tier_in_the_table_leads_to_its_customers(visit):
    links = re.findall(r'href="customers\?([^"]+)"', html_of(visit("pyramid", "made-up", months="6", lang="zh-Hans")))
    assert any("where.tier=top" in link and "months=6" in link and "lang=zh-Hans" in link for link in links)
    ranked = visit("pyramid", "made-up", **{"q.by": "orders"})
    assert "href=" not in html_of(ranked), "the list ranks by revenue: its tiers are not these"


def test_the_ranking_is_in_the_url_and_in_words(visit):
    app = visit("pyramid", "made-up", **{"q.by": "orders"})
    assert tr("pyramid.ranked_orders") in html_of(app) and "who order most" in answer(app)
    app.segmented_control(key="kept.by").set_value("revenue").run()
    assert "q.by" not in app.query_params and tr("pyramid.ranked_orders") not in html_of(app)


def test_costs_by_another_key_change_the_profits_and_not_the_whole(visit):
    own, per_head = (table(visit("pyramid", "made-up", **query)) for query in ({}, {"q.key": "per_head"}))
    assert own[1][7] != per_head[1][7] and own[-1][7] == per_head[-1][7]


def test_only_the_chosen_can_be_ranked_among_themselves(visit):
    where = {"where.tier": "small"}
    whole = visit("pyramid", "made-up", **where)
    assert [int(row[1].replace(",", "")) for row in table(whole)[1:4]] == [0, 0, 0], "the tiers are the company's"
    n = table(whole)[4][1]
    assert answer(whole).startswith(f"The {n} chosen are all small customers and bring €")
    within = visit("pyramid", "made-up", **where, **{"q.within": "1"})
    ranked = [int(row[1].replace(",", "")) for row in table(within)[1:5]]
    assert f"{sum(ranked):,}" == n and ranked[0] == round(sum(ranked) / 100)
    assert tr("pyramid.ranked_within") in html_of(within)
    assert tr("pyramid.ranked_within") not in html_of(visit("pyramid", "made-up", **{"q.within": "1"}))


def test_what_cannot_be_meant_is_left_at_its_default(visit):
    app = visit("pyramid", "orders", **{"q.part": "x", "q.by": "margin", "q.key": "y", "q.curve": "profit"})
    assert not app.exception and not app.error
    assert app.segmented_control(key="kept.by").options == [tr("pyramid.by_revenue"), tr("pyramid.by_orders")]


def test_a_choice_of_nobody_says_so(visit):
    app = visit("pyramid", "made-up", **{"where.tier": "top", "where.is_active": "no"})
    assert not app.exception
    assert answer(app) == tr("pyramid.answer_nobody").replace("**", "")


def test_the_shares_are_edited_in_place(visit, company):
    app = visit("pyramid", company(orders=SOLD))
    assert "first 1%" in said(app)
    app.number_input[0].set_value(10.0)
    next(button for button in app.button if button.label == tr("settings.save")).click().run()
    assert not app.exception
    assert "first 10%" in said(app) and table(app)[1][1] == "5"


def test_nothing_imported_asks_for_orders(visit, company):
    name = company(surveys="response_id,customer_id,score,answered_at\n1,a,5,2026-01-05\n")
    assert not visit("pyramid", name).exception


def test_what_files_and_proof_are_there(visit):
    app = visit("pyramid", "made-up")
    keys = {button.proto.id for button in app.get("download_button")}
    assert all(any(name in key for key in keys) for name in ("csv-pyramid", "xlsx-tiers", "csv-concentration"))
    app.button(key="explained-pyramid").click().run()
    assert not app.exception and tr("pyramid.about")[:40] in str([text.value for text in app.markdown]).replace(
        "\\", ""
    )


@pytest.mark.parametrize("part", ["value", "movement", "lessons"])
def test_the_other_parts_open_by_their_link(visit, part):
    app = visit("pyramid", "made-up", **{"q.part": part})
    assert not app.exception and len(answer(app)) > 20
    assert app.segmented_control(key="kept.part").value == part


def page(language: str = "en", **basis) -> SimpleNamespace:
    """A page that knows nothing but its language and what profits stand on."""
    known = pd.DataFrame([{"margin_rate": 0.4, "kinds_absent": ""} | basis])
    tr = translator(language)
    return SimpleNamespace(tr=tr, language=language, wanted=Filters(), currency="GBP", measure=lambda metric: known,
                           money=lambda value: formats.money(value, language, "GBP"))  # fmt: skip


def frame(tiers: dict, others: dict | None = None) -> pd.DataFrame:
    """tier -> (customers, revenue, profit) of the active tiers, then of the other rows; the total is their sum."""
    rows = [(tier, *values) for tier, values in {**tiers, **(others or {})}.items()]
    found = pd.DataFrame(rows, columns=["tier", "customers", "revenue", "profit"])
    missing = [
        tier
        for tier in ("top", "big", "medium", "small", "inactive", "prospect", "suspect", "unidentified")
        if tier not in set(found.tier)
    ]
    found = pd.concat(
        [found, pd.DataFrame({"tier": missing, "customers": 0, "revenue": 0.0, "profit": 0.0})], ignore_index=True
    )
    total = pd.DataFrame([{"tier": "total"} | found[["customers", "revenue", "profit"]].sum(skipna=False).to_dict()])
    is_tier = found.tier.isin(["top", "big", "medium", "small"])
    found["customer_share"] = (found.customers / found.customers[is_tier].sum()).where(is_tier)
    found["revenue_share"] = (found.revenue / found.revenue[is_tier].sum()).where(is_tier)
    return pd.concat([found, total], ignore_index=True)


WORKED = {"top": (10, 4e6, 920e3), "big": (40, 2.5e6, 400e3), "medium": (150, 1.5e6, 20e3), "small": (800, 2e6, -140e3)}
WAITING = {"prospect": (500, 0.0, -400e3)}


def test_the_worked_example_in_words():
    found = frame(WORKED, WAITING)
    assert words.answer(page(), found, View()).replace("**", "") == (
        "1% of customers bring 40% of revenue and 115% of profit. The 800 small ones, 80% of the base, lose £140 k after costs."
    )
    assert words.title(page(), found) == "10 customers carry more than the whole of the profit"


@pytest.mark.parametrize(
    ("small", "ending"),
    [
        (5e3, "earn nothing after costs."),
        (-5e3, "earn nothing after costs."),
        (270e3, "earn 22% of it."),
        (-60e3, "lose £60.0 k after costs."),
    ],
)
def test_what_the_small_ones_leave(small, ending):
    found = frame(WORKED | {"small": (800, 2e6, small)}, WAITING)
    assert words.answer(page(), found, View()).endswith(ending)


def test_top_customers_who_cost_more_than_they_bring():
    found = frame(WORKED | {"top": (10, 4e6, -50e3)})
    assert "**1% of customers bring 40% of revenue**, yet lose £50.0 k after costs." in words.answer(
        page(), found, View()
    )


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (0.5, "half"),
        (0.4805, "nearly half"),
        (0.83, "over four fifths"),
        (0.57, "57%"),
        (0.999, "all"),
        (1.4, "more than the whole"),
    ],
)
def test_shares_are_said_as_fractions_where_one_is_near(value, part):
    assert words.part_words(tr, value) == part


@pytest.mark.parametrize(
    "language", [language for language in LANGUAGES if translator(language).knows("pyramid.title")]
)
@pytest.mark.parametrize("by", ["revenue", "margin", "orders"])
def test_the_answer_fits_two_lines(language, by):
    many = frame({tier: (n * 4000, revenue * 1e4, profit) for tier, (n, revenue, profit) in WORKED.items()}, WAITING)
    sentence = words.answer(page(language), many, View(by=by)).replace("**", "")
    assert sum(1 if sign > "\u2e7f" else 0.5 for sign in sentence) <= 80, "in Han, of which 40 fit a line"
