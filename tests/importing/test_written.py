"""Dates and amounts written in every form by a generator: read exactly, or asked with the true reading among the offers."""

import random
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from crm_analytics.importing.reading import dates, numbers

HEADER = "order_id|customer_id|ordered_at|amount\n"
DAYS = ("%Y-%m-%d", *(pattern for _, pattern in dates._PATTERNS.values()))
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %p %I:%M:%S")


def moments(seed: int, rows: int = 40) -> list[datetime]:
    """Moments of two years, to the minute."""
    dice = random.Random(seed)
    return [datetime(2023, 1, 1) + timedelta(minutes=dice.randrange(2 * 365 * 1440)) for _ in range(rows)]


def written(moment: datetime, pattern: str, dice: random.Random) -> str:
    """A moment as some program writes it: with or without leading zeros, in full width, with 上午 and 下午."""
    text = moment.strftime(pattern)
    style = dice.randrange(4)
    if style == 1 and "%Y%m" not in pattern:
        text = text.replace("/0", "/").replace("-0", "-").replace("月0", "月").replace("年0", "年")
    if style == 2 and "%p" in pattern:
        text = text.replace("AM", "上午").replace("PM", "下午")
    return text.translate({ord(each): ord(each) + 0xFEE0 for each in "0123456789"}) if style == 3 else text


@pytest.mark.parametrize("number, day", list(enumerate(DAYS)))
def test_dates_in_every_form_are_read_exactly_or_asked(uploads, number, day):
    dice, clock = random.Random(day), CLOCKS[number % len(CLOCKS)]
    pattern = day + clock
    step = timedelta(days=1) if not clock else timedelta(minutes=1)
    true = [each - (each - datetime(2023, 1, 1)) % step for each in moments(number)]
    lines = "".join(f"SO-{n}|C1|{written(each, pattern, dice)}|1\n" for n, each in enumerate(true))
    plan = uploads.plan(HEADER + lines)
    assert plan.refused is None, plan.refused
    answers = [offer.choice for question in plan.questions for offer in question.offers]
    found = []
    for number, answer in enumerate(answers or [None]):
        con = uploads.db.cursor()
        reading = plan.typed.readings[2] if answer is None else _under(uploads, HEADER + lines, answer, number)
        sql = f"select {reading.sql()} from {plan.landing.relation} order by source_line"
        found.append([at for (at,) in con.execute(sql).fetchall()])
    assert true in found if answers else found == [true]


def _under(uploads, text: str, answer: str, number: int):
    return uploads.plan(text, name=f"again{number}.csv", date_order=answer).typed.readings[2]


GROUPS = {"": "", ",": ".", ".": ",", " ": ",", "\u00a0": ",", "'": ".", "’": "."}  # mark of thousands -> of decimals


def amount(value: Decimal, group: str, mark: str, dice: random.Random) -> str:
    """An amount as some program writes it."""
    whole, _, decimals = f"{abs(value):f}".partition(".")
    parts = f"{int(whole):,}".replace(",", group)
    text = parts + (mark + decimals if decimals else "")
    currency = dice.choice(["", "", "￥"])
    if value >= 0:
        return currency + text if dice.randrange(2) else text + ("元" if currency else "")
    return dice.choice([f"-{currency}{text}", f"({currency}{text})", f"{text}-", f"−{text}"])


@pytest.mark.parametrize("group, mark", [("", "."), ("", ","), *(pair for pair in GROUPS.items() if pair[0])])
@pytest.mark.parametrize("decimals", [0, 2, 3])
def test_amounts_in_every_form_are_read_exactly_or_asked(uploads, group, mark, decimals):
    dice = random.Random(f"{group}{mark}{decimals}")
    true = [Decimal(dice.randrange(-(10**9), 10**10)).scaleb(-decimals) for _ in range(20)]
    true += [Decimal(dice.randrange(10**5)).scaleb(-decimals) for _ in range(20)]
    lines = "".join(f"SO-{n}|C1|2024-03-01|{amount(each, group, mark, dice)}\n" for n, each in enumerate(true))
    plan = uploads.plan(HEADER + lines)
    assert plan.refused is None, plan.refused
    con, found = uploads.db.cursor(), []
    for number, answer in enumerate(
        [offer.choice for question in plan.questions for offer in question.offers] or [None]
    ):
        again = plan if answer is None else uploads.plan(HEADER + lines, name=f"b{number}.csv", decimal_mark=answer)
        sql = f"select {again.typed.readings[3].sql()} from {again.landing.relation} order by source_line"
        found.append([value for (value,) in con.execute(sql).fetchall()])
    assert true in found if plan.questions else found == [true]


def test_every_form_of_numbers_has_its_mark():
    assert set(numbers.NUMBER_FORMS) - {"percent"} == set(numbers.DECIMAL_MARKS)
