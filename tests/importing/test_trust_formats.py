"""T41-T43 and T46 of docs/trust.md: dates are read as all rows show, and asked where these leave anything open."""

from collections import Counter

import pytest

from crm_analytics import cli, importing
from crm_analytics.errors import QuestionOpen
from crm_analytics.i18n import LANGUAGES, translator
from crm_analytics.importing import Options
from crm_analytics.rules import Rules
from crm_analytics.state import save_rules

HEADER = "order_id;customer_id;ordered_at;amount\n"


def orders(days, start: int = 1) -> str:
    return HEADER + "".join(f"SO-{number};C1;{day};1\n" for number, day in enumerate(days, start))


def asked(plan) -> list[tuple]:
    return [(question.code, question.column, question.flag) for question in plan.questions]


def stored(uploads) -> list[str]:
    return [at for (at,) in uploads.rows("select ordered_at::varchar from orders order by import_id, source_line")]


def test_t41_dates_that_fit_two_orders_wait_for_an_answer_in_words(uploads, capsys):
    path = uploads.file(orders(["03/04/2024", "05/06/2024"]))
    plan = uploads.plan(orders(["03/04/2024", "05/06/2024"]))
    assert asked(plan) == [("date_order", "ordered_at", "--date-order dmy|mdy")] and not plan.is_ready
    first, second = plan.questions[0].offers
    assert first.title(translator("en")) == "Day first: 03/04/2024 is 3 Apr 2024"
    assert second.title(translator("en")) == "Month first: 03/04/2024 is 4 Mar 2024"
    assert (first.fits, first.filled, f"{first.first:%d %m}", f"{first.last:%d %m}") == (2, 2, "03 04", "05 06")
    assert all("2024" in second.title(translator(language)) for language in LANGUAGES)
    assert cli.main(["import", str(path), "--db", str(uploads.db.path)]) == 2
    said = capsys.readouterr().err
    assert "3 Apr 2024" in said and "4 Mar 2024" in said and "--date-order dmy|mdy" in said
    assert uploads.rows("select count(*) from imports") == [(0,)]


@pytest.mark.parametrize(
    "days, choices",
    [
        (["03.04.24", "05.06.24"], ["dmy", "mdy", "ymd"]),
        (["03-04-24 10:00", "05-06-24 11:30"], ["dmy", "mdy", "ymd"]),
        (["24/03/05", "23/12/11"], ["dmy", "ymd"]),
        (["3/4/2024 下午3:05", "5/6/2024 上午9:10"], ["dmy", "mdy"]),
        (["Mon, 03/04/2024", "Wed, 05/06/2024"], ["dmy", "mdy"]),
        (["０３/０４/２０２４", "０５/０６/２０２４"], ["dmy", "mdy"]),
        (["03/04/2024 10:00 +02:00", "05/06/2024 10:00 +02:00"], ["dmy", "mdy"]),
    ],
)
def test_t41_every_reading_that_fits_is_offered(uploads, days, choices):
    plan = uploads.plan(orders(days))
    assert plan.refused is None and [offer.choice for offer in plan.questions[0].offers] == choices


@pytest.mark.parametrize("days", [["31.12.24", "01.03.24"], [f"{day:02}.01.24" for day in range(1, 16)]])
def test_t41_days_are_not_taken_for_years(uploads, days):
    plan = uploads.plan(orders(days))
    assert "ymd" not in [offer.choice for question in plan.questions for offer in question.offers]
    uploads.take(orders(days))
    assert {at[:4] for at in stored(uploads)} == {"2024"}


def test_t41_rows_that_mean_the_same_either_way_ask_nothing(uploads):
    uploads.take(orders(["03/03/2024", "05/05/2024"]))
    assert stored(uploads) == ["2024-03-03 00:00:00", "2024-05-05 00:00:00"]


def test_t41_a_single_row_beyond_twelve_in_two_hundred_decides_and_fewer_do_not(uploads):
    assert uploads.plan(orders(["03/04/2024"] * 197 + ["25/04/2024"] * 2)).is_ready
    plan = uploads.plan(orders(["03/04/2024"] * 999 + ["25/04/2024"]))
    assert [(offer.choice, offer.fits) for offer in plan.questions[0].offers] == [("dmy", 1000), ("mdy", 999)]


def test_t41_two_columns_are_asked_and_answered_apart(uploads):
    rows = "SO-1;C1;03/04/2024;1;05/06/2024\nSO-2;C1;05/06/2024;1;06/07/2024\n"
    text = HEADER.replace("\n", ";delivered_at\n") + rows
    path = uploads.file(text)
    assert [question.column for question in uploads.plan(text).questions] == ["ordered_at", "delivered_at"]
    half = ["import", str(path), "--db", str(uploads.db.path), "--date-order", "ordered_at=dmy"]
    assert cli.main(half) == 2
    assert cli.main([*half, "--date-order", "delivered_at=mdy"]) == 0
    found = "select ordered_at::date::varchar, delivered_at::date::varchar from orders order by 1"
    assert uploads.rows(found) == [("2024-04-03", "2024-05-06"), ("2024-06-05", "2024-06-07")]


def test_t41_the_answer_for_all_leaves_other_columns_as_their_rows_show(uploads):
    rows = "SO-1;C1;03/04/2024;1;2024-04-09\nSO-2;C1;05/06/2024;1;2024-06-11\n"
    uploads.take(HEADER.replace("\n", ";delivered_at\n") + rows, date_order="mdy")
    assert uploads.rows("select max(delivered_at)::date::varchar from orders") == [("2024-06-11",)]


def test_t41_an_answer_that_is_none_is_refused(uploads, capsys):
    path = uploads.file(orders(["03/04/2024"]))
    assert cli.main(["import", str(path), "--db", str(uploads.db.path), "--date-order", "dym"]) == 2
    assert "dym" in capsys.readouterr().err


def half_swapped(days: int = 90) -> list[str]:
    """A running number's days, April to June 2015, as software writes them that takes 04-06-2015 for the 4th of June."""
    true = [(4 + number // 30, 1 + number % 30) for number in range(days)]
    return [f"{month:02}-{day:02}-2015" if day <= 12 else f"{day:02}-{month:02}-2015" for month, day in true]


@pytest.mark.parametrize("order, fifth", [("dmy", "2015-05-04"), ("swapped", "2015-04-05")])
def test_half_swapped_dates_are_shown_both_ways_and_the_answer_is_kept(uploads, order, fifth):
    plan = uploads.plan(orders(half_swapped()))
    assert asked(plan) == [("half_swapped", "ordered_at", "--date-order dmy|swapped")]
    as_written, swapped = plan.questions[0].offers
    assert as_written.title(translator("en")).startswith("As written: 04-01-2015 is 4 Jan 2015")
    assert swapped.beside == "order_id" and swapped.agreement == pytest.approx(1) and as_written.agreement < 0.9
    assert (f"{swapped.first:%Y-%m-%d}", f"{swapped.last:%Y-%m-%d}") == ("2015-04-01", "2015-06-30")
    uploads.take(orders(half_swapped()), date_order=order)
    assert stored(uploads)[4][:10] == fifth and stored(uploads)[12][:10] == "2015-04-13"
    form = uploads.rows("select reading ->> '$.readings[2].form' from imports")[0][0]
    assert form == ("d-m-Y, swapped back" if order == "swapped" else "d-m-Y")


def test_half_swapped_dates_are_read_the_same_way_again_by_an_undo_and_by_the_next_export(uploads):
    text = orders(half_swapped())
    uploads.take(text, date_order="swapped")
    uploads.take(text + "SO-99;C1;07-01-2015;2\n", name="more.csv")
    assert uploads.rows("select loaded, duplicates from imports order by 1") == [(1, 90), (90, 0)]
    importing.undo_import(uploads.db, 1)
    assert stored(uploads)[0] == "2015-04-01 00:00:00" and stored(uploads)[-1] == "2015-07-01 00:00:00"


def test_half_swapped_dates_of_a_known_source_are_swapped_again_and_asked_again_where_rows_speak_against_it(uploads):
    uploads.take(orders(half_swapped()), date_order="swapped")
    uploads.take(orders(["07-02-2015", "13-07-2015"], start=100), name="few.csv")
    assert stored(uploads)[-2:] == ["2015-07-02 00:00:00", "2015-07-13 00:00:00"]
    honest = [f"{day:02}-07-2015" for day in range(1, 32)]
    plan = uploads.plan(orders(honest, start=200), name="honest.csv")
    assert asked(plan) == [("half_swapped", "ordered_at", "--date-order dmy|swapped")]


def test_comcast_is_asked_with_both_readings_and_read_as_answered(db, real):
    path = real("complaints_comcast/Comcast_telecom_complaints_data.csv")
    (file,) = importing.plan_import(db, [path]).files
    as_written, swapped = file.questions[0].offers
    assert (file.delimiter, as_written.choice, swapped.choice) == ("\t", "dmy", "swapped")
    assert (round(as_written.agreement, 2), round(swapped.agreement, 3)) == (0.52, 0.999)
    assert (as_written.first.month, as_written.last.month) == (1, 12)
    assert (swapped.first.month, swapped.last.month) == (4, 6)
    importing.apply_plan(db, importing.plan_import(db, [path], Options(date_order="swapped")))
    days = [line.split("\t")[2].split("-") for line in path.read_text("utf-8").splitlines()[1:]]
    true = Counter(int(first if int(second) <= 12 and int(first) <= 12 else second) for first, second, _ in days)
    months = "select month(opened_at), count(*) from complaints group by 1 order by 1"
    assert db.cursor().execute(months).fetchall() == sorted(true.items()) == [(4, 545), (5, 399), (6, 1280)]


def test_t42_rows_that_prove_the_other_order_stop_the_import(uploads):
    uploads.take(orders(["03/04/2024", "05/06/2024"]), name="march.csv", date_order="dmy")
    text = orders(["04/13/2024", "04/25/2024"], start=3)
    with pytest.raises(QuestionOpen) as stopped:
        uploads.take(text, name="april.csv")
    said = str(stopped.value)
    assert "import 1 (march.csv" in said and "undo 1" in said and "--date-order mdy" in said
    assert uploads.rows("select count(*) from imports") == [(1,)]
    uploads.take(text, name="april.csv", date_order="mdy")
    assert stored(uploads)[-1] == "2024-04-25 00:00:00"


def test_t42_the_way_out_is_to_take_the_wrong_import_back(uploads):
    uploads.take(orders(["03/04/2024", "05/06/2024"]), date_order="dmy")
    text = orders(["04/13/2024", "04/25/2024"], start=3)
    assert asked(uploads.plan(text, name="april.csv")) == [("contradiction", "ordered_at", "--date-order mdy")]
    importing.undo_import(uploads.db, 1)
    assert uploads.plan(text, name="april.csv").is_ready


def test_t42_what_its_own_rows_had_proven_is_no_contradiction(uploads):
    uploads.take(orders(["03/04/2024", "25/06/2024"]))
    assert uploads.plan(orders(["04/13/2024"], start=3), name="april.csv").is_ready


def test_t42_two_files_of_one_upload_may_not_contradict_each_other(uploads):
    march = uploads.file(orders(["03/04/2024", "05/06/2024"]), "march.csv")
    april = uploads.file(orders(["04/13/2024", "04/25/2024"], start=3), "april.csv")
    told = {march: Options(date_order="dmy"), april: Options()}
    plan = importing.plan_import(uploads.db, [march, april], told)
    assert [asked(file) for file in plan.files] == [[], [("contradiction_within", "ordered_at", "--date-order mdy")]]
    with pytest.raises(QuestionOpen) as stopped:
        importing.apply_plan(uploads.db, plan)
    assert "march.csv" in str(stopped.value) and "day first" in str(stopped.value)
    both = importing.replan(uploads.db, plan, plan.files[1], Options(answers={"ordered_at": "mdy"}))
    assert both.is_ready
    plan = importing.plan_import(uploads.db, [march, april], told)
    again = importing.replan(uploads.db, plan, plan.files[0], Options(date_order="mdy"))
    assert again.is_ready and again.files[1].questions == []


@pytest.mark.parametrize(
    "day", ["epoch", "2024-02-30", "0000-00-00", "2204-03-01", "0024-03-01", "2024-13-01", "2024-03-01 25:00"]
)
def test_t43_days_that_are_none_are_set_aside_and_never_wrapped(uploads, day):
    receipt = uploads.take(orders(["2024-03-01"] * 9 + [day]))
    assert (receipt.loaded, receipt.quarantined) == (9, 1)
    reason = "outside" if day[:4] in ("2204", "0024") else "timestamp"
    assert uploads.rows("select source_line, column_name, reason from quarantine") == [(11, "ordered_at", reason)]


@pytest.mark.parametrize(
    "texts, answer, first",
    [
        (["45000", "45001"], "excel", "2023-03-15 00:00:00"),
        (["45000.5", "45001.4166666667"], "excel", "2023-03-15 12:00:00"),
        (["43538", "43539"], "excel-1904", "2023-03-15 00:00:00"),
        (["1709600000", "1709600001"], "unix", "2024-03-05 00:53:20"),
        (["1709600000.0", "1709600000.25"], "unix", "2024-03-05 00:53:20"),
        (["1709600000000", "1709600000001"], "unix", "2024-03-05 00:53:20"),
        (["113/03/05", "113/12/31"], "roc", "2024-03-05 00:00:00"),
        (["99/03/05", "113/12/31"], "roc", "2010-03-05 00:00:00"),
        (["1130305", "1131231"], "roc", "2024-03-05 00:00:00"),
    ],
)
def test_t43_numbers_are_dates_only_once_somebody_says_so(uploads, texts, answer, first):
    plan = uploads.plan(orders(texts))
    assert plan.questions and answer in [offer.choice for offer in plan.questions[0].offers]
    offer = next(offer for offer in plan.questions[0].offers if offer.choice == answer)
    assert str(offer.first) == first and offer.example == texts[0]
    uploads.take(orders(texts), date_order=answer)
    assert stored(uploads)[0] == first


def test_t43_two_digit_years_are_told_with_the_century_taken(uploads):
    plan = uploads.plan(orders(["31.12.24", "01.03.69"]))
    (caution,) = (each for each in plan.warnings if each.code == "short_years")
    assert plan.is_ready and {"first": "1969", "last": "2024", "below": "68"}.items() <= caution.params.items()


@pytest.mark.parametrize(
    "texts, read",
    [
        (["2024年3月5日 下午3:05", "2024年3月15日 上午9:10:11"], ["2024-03-05 15:05:00", "2024-03-15 09:10:11"]),
        (["2024年3月5日下午3时5分", "2024年3月5日15点05分06秒"], ["2024-03-05 15:05:00", "2024-03-05 15:05:06"]),
        (["2024年3月5日 星期二", "2024年3月6日 星期三"], ["2024-03-05 00:00:00", "2024-03-06 00:00:00"]),
        (["2024/3/5 下午 03:05:00", "2024/3/6 上午 12:30:00"], ["2024-03-05 15:05:00", "2024-03-06 00:30:00"]),
        (["民國113年3月5日", "民國113年12月31日"], ["2024-03-05 00:00:00", "2024-12-31 00:00:00"]),
        (["２０２４年３月５日", "２０２４年３月６日"], ["2024-03-05 00:00:00", "2024-03-06 00:00:00"]),
        (["20240305", "20240306"], ["2024-03-05 00:00:00", "2024-03-06 00:00:00"]),
        (["20240305123000", "20240306010203"], ["2024-03-05 12:30:00", "2024-03-06 01:02:03"]),
        (["Tue, 05 Mar 2024", "Wed, 06 Mar 2024"], ["2024-03-05 00:00:00", "2024-03-06 00:00:00"]),
        (["Tue, 05 Mar 2024 10:00:00 +0800", "Wed, 06 Mar 2024 02:00:00 GMT"], ["2024-03-05 02:00:00", "2024-03-06 02:00:00"]),
        (["Tuesday, March 5, 2024", "Wednesday, March 6, 2024"], ["2024-03-05 00:00:00", "2024-03-06 00:00:00"]),
        (["5-Sept-2024", "25-Sept-2024"], ["2024-09-05 00:00:00", "2024-09-25 00:00:00"]),
        (["2024-03-05 10:00:00.123", "2024-03-05 10:00:00,456"], ["2024-03-05 10:00:00.123", "2024-03-05 10:00:00.456"]),
        (["2024-03-05 3:05 PM", "2024-03-05 3:05 AM"], ["2024-03-05 15:05:00", "2024-03-05 03:05:00"]),
        (["25/03/2024 3:05:06 p.m.", "26/03/2024 3:05:06 a.m."], ["2024-03-25 15:05:06", "2024-03-26 03:05:06"]),
        (["2024.03.05", "2024.3.6"], ["2024-03-05 00:00:00", "2024-03-06 00:00:00"]),
        (["20240305T103000Z", "20240305T103000"], ["2024-03-05 10:30:00", "2024-03-05 10:30:00"]),
        (["05MAR2024", "06MAR2024"], ["2024-03-05 00:00:00", "2024-03-06 00:00:00"]),
        (["05-MAR-24 10.22.56.000000 AM", "06-MAR-24 10.22.56 PM"], ["2024-03-05 10:22:56", "2024-03-06 22:22:56"]),
        (["2024/3/5 (二)", "2024/3/6 (週三) 下午 3:05"], ["2024-03-05 00:00:00", "2024-03-06 15:05:00"]),
        (["99/03/05", "98/12/31"], ["1999-03-05 00:00:00", "1998-12-31 00:00:00"]),
    ],
)  # fmt: skip
def test_t43_forms_that_can_mean_one_thing_only(uploads, texts, read):
    plan = uploads.plan(orders(texts))
    assert plan.refused is None and asked(plan) == []
    assert uploads.take(orders(texts)).quarantined == 0
    assert stored(uploads) == read


@pytest.mark.parametrize(
    "texts",
    [
        ["2024-03-05T10:00:00+08:00", "2024-03-05T02:00:00Z", "2024-03-05 02:00:00+00", "2024-03-05 10:00:00 +0800"],
        ["2024/03/05 10:00 +08:00", "2024/03/05 02:00 UTC", "2024/03/05 02:00 GMT", "2024/03/04 21:00:00 -0500"],
    ],
)
def test_t46_one_instant_is_stored_once_whatever_its_offset(uploads, texts):
    assert uploads.take(orders([*texts, "2024-03-05 02:00:00"])).quarantined == 0
    assert set(stored(uploads)) == {"2024-03-05 02:00:00"}


def test_t46_days_are_those_of_the_business_time_zone_also_when_the_clock_changes(uploads):
    save_rules(uploads.db, Rules(time_zone="Europe/London"))
    instants = ["2024-03-30T23:59:59Z", "2024-03-31T00:00:00Z", "2024-03-31T22:59:59Z", "2024-03-31T23:00:00Z"]
    instants += ["2024-10-26T22:59:59Z", "2024-10-26T23:00:00Z", "2024-10-27T23:59:59Z", "2024-10-28T08:00:00+08:00"]
    uploads.take(orders(instants))
    totals = "select ordered_at::date::varchar, sum(amount)::int from orders group by 1 order by 1"
    assert uploads.rows(totals) == [
        ("2024-03-30", 1),
        ("2024-03-31", 2),
        ("2024-04-01", 1),
        ("2024-10-26", 1),
        ("2024-10-27", 2),
        ("2024-10-28", 1),
    ]
