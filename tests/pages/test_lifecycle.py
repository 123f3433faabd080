"""The Lifecycle screen: its answers in every company, links to customers, borders and policy edited in place, lists, what it wants."""

import re
from datetime import date, timedelta
from itertools import pairwise
from types import SimpleNamespace

import pandas as pd
import pytest

from crm_analytics import importing, state
from crm_analytics.database import default_path, open_database
from crm_analytics.i18n import LANGUAGES, translator
from crm_analytics.rules import PROMOTIONS
from crm_analytics.ui import lifecycle, lifecycle_contacts, lifecycle_ladder
from tests.pages import visible
from tests.pages.test_pages import html_of, untranslated

tr = translator("en")
PARTS = lifecycle.PARTS
LAST = date(2026, 6, 30)
GONE = (0, 40, 100, 200, 400)  # days before the last day


def orders(n: int = 60) -> str:
    """Each customer's last order is as long ago as GONE says by turns; every third one has another ten days before it."""
    rows = [(f"{who}", who, LAST - timedelta(days=GONE[who % 5])) for who in range(n)]
    rows += [(f"{who}b", who, LAST - timedelta(days=GONE[who % 5] + 10)) for who in range(0, n, 3)]
    return "order_id,customer_id,ordered_at,amount\n" + "".join(
        f"{id},c{who},{day},{10 + who}\n" for id, who, day in rows
    )


def answer(app) -> str:
    """The sentence the screen opens with, without its bold part's tags."""
    return re.sub("</?b>", "", re.search(r'class="answer">(.*?)</h1>', html_of(app), re.S).group(1))


@pytest.fixture
def company(companies, tmp_path, monkeypatch):
    """company(orders="rows of a CSV", interactions=...) -> the name of a company of these exports."""

    def make(**exports: str) -> str:
        folder = tmp_path / "company"
        folder.mkdir()
        paths = [folder / f"{table}.csv" for table in exports]
        for path, text in zip(paths, exports.values()):
            path.write_text(text)
        database = open_database(folder / "crm.duckdb")
        importing.apply_plan(database, importing.plan_import(database, paths))
        monkeypatch.setitem(companies, "own", folder / "crm.duckdb")
        return "own"

    return make


@pytest.mark.parametrize("part", PARTS[1:])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("company", ["one", "made-up"])
def test_every_part_opens_in_the_readers_words(visit, companies, part, language, company):
    app = visit("lifecycle", company, lang=language, **{"q.part": part})
    assert not app.exception and not app.error
    assert "answer" in html_of(app)
    as_exports_say = visible.words_of(PROMOTIONS)  # the purposes in the policy, to be found in whatever file
    assert set(untranslated(app, companies, language, company)) <= as_exports_say


def test_the_answer_counts_stock_and_flow(visit, company):
    app = visit("lifecycle", company(orders=orders()))
    # A month before, those of 200 days were forgotten; whoever is active now had not ordered yet.
    assert answer(app) == "12 customers are silent, 12 forgotten; in a month 12 were lost, nobody came back."
    assert [metric.value for metric in app.metric] == ["12", "12", "12", "24"]
    assert [metric.label for metric in app.metric] == ["Active", "Silent", "Forgotten", "Lost"]


def test_the_stages_lead_to_their_customers(visit, company):
    app = visit("lifecycle", company(orders=orders()))
    links = [link.proto.query_string for link in app.get("page_link") if "where.stage" in link.proto.query_string]
    assert [stage for link in links for stage in re.findall(r"where\.stage=(\w+)", link)] == [
        "active",
        "silent",
        "forgotten",
        "lost",
    ]


def test_then_plus_in_less_out_is_now(visit):
    html = html_of(visit("lifecycle", "made-up"))
    body = html[html.index(tr("lifecycle.column_then")) :].split("</table>")[0]
    rows = [
        [re.sub(r"<[^>]+>", "", cell).replace(",", "") for cell in re.findall(r"<td.*?</td>", row)]
        for row in re.findall(r"<tr.*?</tr>", body)
    ]
    stages = [row for row in rows if len(row) == 5][:-1]
    assert len(stages) == 4
    for _, then, entered, left, now in stages:
        assert int(then) + int(entered) - int(left.lstrip("−")) == int(now)


def test_the_earlier_day_lives_in_the_link(visit, company):
    name = company(orders=orders())
    app = visit("lifecycle", name, **{"q.from": "2026-01-15"})
    assert "since 15 Jan 2026" in answer(app)
    for nonsense in ("2031-01-01", "1999-01-01", "soon"):
        assert "in a month" in answer(visit("lifecycle", name, **{"q.from": nonsense}))


def test_a_history_of_days_says_that_nothing_can_be_compared(visit, company):
    app = visit(
        "lifecycle", company(orders="order_id,customer_id,ordered_at,amount\n1,a,2026-06-20,10\n2,b,2026-06-25,10\n")
    )
    assert answer(app) == "All 2 customers are active."
    assert tr("lifecycle.too_short", first="20 Jun 2026") in html_of(app)


def test_a_choice_of_one_stage_says_so(visit, company):
    app = visit("lifecycle", company(orders=orders()), **{"where.stage": "lost"})
    assert answer(app) == "All 24 customers are lost."


def test_a_month_without_loss_or_return_is_said_in_words(visit, company):
    rows = "1,a,2026-01-01,9\n2,a,2026-05-15,9\n3,b,2026-06-30,9\n"
    app = visit("lifecycle", company(orders="order_id,customer_id,ordered_at,amount\n" + rows))
    assert answer(app) == "1 customers are silent, 0 forgotten; in a month nobody came back, nobody was lost."


def test_one_customer(visit):
    assert answer(visit("lifecycle", "one")) == "The one customer is active: the last order was 0 days ago."
    later = visit("lifecycle", "one", as_of="2025-01-05")
    assert answer(later) == "The one customer is lost: the last order was 366 days ago."
    assert (
        answer(visit("lifecycle", "one", **{"q.part": "ladder"}))
        == "There is one customer: too few to say where loyalty begins."
    )


def test_a_choice_of_nobody_is_said(visit):
    for part in PARTS:
        app = visit("lifecycle", "orders", **{"q.part": part, "where.stage": "silent", "as_of": "2001-01-01"})
        assert not app.exception
        assert answer(app).startswith("Nobody chosen has ever ordered")


def test_the_borders_are_edited_in_place_and_kept(visit, company):
    name = company(orders=orders())
    app = visit("lifecycle", name)
    fields = {field.label: field for field in app.number_input}
    fields["Silent"].set_value(50)
    next(button for button in app.button if button.label == tr("settings.save")).click().run()
    assert not app.exception
    assert state.rules(open_database(default_path()).cursor()).lifecycle_days == (50, 91, 180)
    assert [metric.value for metric in visit("lifecycle", name).metric] == ["24", "0", "12", "24"]


def test_one_click_adopts_the_companys_own_gaps(visit, company):
    app = visit("lifecycle", company(orders=orders()))
    app.button(key="lifecycle.adopt").click().run()
    assert not app.exception
    assert state.rules(open_database(default_path()).cursor()).lifecycle_days == (
        11,
        12,
        13,
    )  # all gaps are ten days long
    assert not [button for button in app.button if button.key == "lifecycle.adopt"]


def test_what_the_contacts_want_is_said_with_the_way_there(visit, company):
    name = company(orders=orders())
    app = visit("lifecycle", name, **{"q.part": "contacts"})
    assert answer(app).startswith("Who is due cannot be told yet")
    assert tr("lifecycle_contacts.wants") in html_of(app) and tr("lifecycle_contacts.birthdays_wants") in html_of(app)
    labels = [link.proto.label for link in app.get("page_link")]
    assert tr("frame.add_export", table=tr("tables.interactions")) in labels
    ladder = visit("lifecycle", name, **{"q.part": "ladder"})
    assert tr("lifecycle_ladder.wants") in html_of(ladder)


def test_the_policy_is_edited_in_place_and_its_history_is_readable(visit, company):
    contacts = "customer_id,at,direction\n" + "".join(
        f"c{who},2026-06-{day},out\n" for who in (0, 5) for day in (28, 29, 30)
    )
    name = company(orders=orders(), interactions=contacts)
    app = visit("lifecycle", name, **{"q.part": "contacts"})
    assert answer(app) == "34 of 36 customers are due for a contact; nobody had more than the policy allows."
    app.number_input(key="contact.caps.active").set_value(2)
    app.number_input(key="contact.days.lost").set_value(365)
    next(
        button for button in app.button if button.label == tr("settings.save") and "policy" in button.proto.form_id
    ).click().run()
    assert not app.exception
    assert answer(app) == "58 of 60 customers are due for a contact; 2 had more than the policy allows."
    assert "Active: 4 → 2" in html_of(visit("settings", name)) and "Lost: 0 → 365" in html_of(visit("settings", name))


def test_the_due_can_be_kept_as_a_set(visit, company):
    name = company(orders=orders(), interactions="customer_id,at\nc0,2026-06-29\n")
    app = visit("lifecycle", name, **{"q.part": "contacts", "q.stage": "active"})
    app.text_input(key="due.set_name").set_value("to call")
    app.button(key="due.set_save").click().run()
    assert not app.exception
    database = open_database(default_path())
    assert state.customer_sets(database.cursor()).to_dict("records") == [{"name": "to call", "customers": 11}]


def test_the_pages_of_a_list_hold_everybody_once(visit, company):
    name, seen = company(orders=orders(), interactions="customer_id,at\nzz,2026-06-29\nc0,2026-06-29\n"), []
    for page in ("1", "2", "99"):
        app = visit("lifecycle", name, **{"q.part": "contacts", "q.due_page": page})
        seen.append(app.dataframe[0].value.customer_id.tolist())
    assert len(seen[0]) == 25 and len(seen[1]) == 10 and seen[2] == seen[1]
    assert len(set(seen[0] + seen[1])) == 35


def test_ladder_steps_choose_customers_on_every_screen(visit, company):
    app = visit("customers", company(orders=orders()), **{"where.orders_ever": ["2", "5+"]})
    assert not app.exception
    assert sorted(app.dataframe[0].value.orders_ever.unique().tolist()) == [2]
    assert "20" in answer(app)


def test_a_point_in_the_past_opens_the_customers_of_that_day():
    gone = []
    page = SimpleNamespace(to_customers=lambda where, **filters: gone.append((where, filters)))
    lifecycle._open_stock(page, ["2026-01-31", "silent", "words"])
    assert gone == [({"stage": "silent"}, {"as_of": date(2026, 1, 31)})]


def test_a_step_opens_those_who_took_it():
    gone = []
    lifecycle_ladder._open(SimpleNamespace(to_customers=gone.append), ["orders", 3, "words"])
    assert gone == [{"orders_ever": ["3", "4", "5+"]}]


@pytest.mark.parametrize(
    "reached, said",
    [
        ([1000, 700, 600, 550, 500], "Most stop after order 1: 300 have not ordered since"),
        ([1000, 900, 700, 505, 500], "Most stop after orders 2, 3: 395 have not ordered since"),
        ([1000, 900, 800, 700, 600], tr("lifecycle_ladder.steps_title")),
        ([10, 10, 10, 10, 10], tr("lifecycle_ladder.steps_title")),
    ],
)
def test_the_step_where_most_stop_is_named_beyond_chance_only(reached, said):
    rates = [after / before for before, after in pairwise(reached)] + [0.9]
    ladder = pd.DataFrame({"orders": range(1, 6), "customers": reached, "conversion_rate": rates})
    assert lifecycle_ladder._steps_title(SimpleNamespace(tr=tr, language="en"), ladder) == said


def test_the_work_of_contacts_is_with_its_owner_or_with_nobody():
    page, titles = SimpleNamespace(tr=tr), []
    for names, due in ((["Ann", None], [6, 2]), ([None, "Ann"], [6, 2]), (["Ann", "Bob"], [3, 3]), (["Ann"], [0])):
        owners = pd.DataFrame({"owner": names, "due": due, "share": [n / 8 for n in due]})
        titles.append(lifecycle_contacts._owners_title(page, owners))
    equal = tr("lifecycle_contacts.owners_title")
    assert titles == ["Most of those due are with Ann: 6 of 8", "75% of those due have no owner", equal, equal]


def test_the_check_of_words_reads_all_parts(visit):
    found = visible.english(visit("lifecycle", "made-up", **{"q.part": "contacts"}), set())
    assert {"customers", "due", "Stage"} <= set(found)
