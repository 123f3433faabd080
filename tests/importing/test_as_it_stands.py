"""A cell that reads as it stands means the same once it is tidied up: only the other cells are tidied, which is costly."""

from itertools import product

import pytest

from crm_analytics.importing.reading.forms import Reading, expression, possible
from crm_analytics.importing.reading.texts import NULL_MARKS, NULL_WORDS

DATES = (
    "2024-03-05", "2024-3-5", "2024/03/05", "05.03.2024", "05/03/24", "20240305", "2024年3月5日", "民國113年3月5日", "113/03/05",
    "5 Mar 2024", "March 5, 2024", "05-Mar-24", "5 Sept 2024", "45000", "45000.5", "1709600000", "1709600000000", "0001-01-01",
    "3000-01-01", "epoch", "infinity", "2024-02-30", "1130305",
)  # fmt: skip
TIMES = (
    " 10:15", " 10:15:30", "T10:15:30", " 10:15:30.5", " 10:15:30,5", " 10:15 PM", " 10:15 p.m.", " 下午 03:15", " 3 PM", " 10:15Z",
    " 10:15-05:00", " 10:15:30 +0800", " (Mon)", " 星期一", " 10時15分", ":", "  10:15", "x",
)  # fmt: skip
NUMBERS = (
    "0", "12", "1.5", ".5", "5.", "1,234", "1.234", "1,234.5", "1.234,5", "1 234", "1'234", "12,34,567", "12%", "1e5", "1E-3", "2.5万",
    "¥12", "12元", "NT$12", "nan", "inf", "1.23456", "99999999999999", "1_000", "0x10",
)  # fmt: skip
AROUND = (
    "{}",
    " {}",
    "{} ",
    "-{}",
    "−{}",
    "({})",
    "（{}）",
    "'{}",
    "'={}",
    "\u200b{}",
    "{}\u3000",
    "\u00a0{}",
    "{}-",
    "Mon {}",
    "週一 {}",
)
WIDE = str.maketrans("0123456789.,-:/", "０１２３４５６７８９．，－：／")


def cells() -> list[str]:
    """Every value with every thing around it, dates with a time in some of those; all of it in wide characters too."""
    written = [around.format(value) for value, around in product((*DATES, *NUMBERS), AROUND)]
    written += [around.format(date + time) for date, time, around in product(DATES, TIMES, ("{}", "{} ", "{}-", "'{}"))]
    return [*written, *(cell.translate(WIDE) for cell in written), *NULL_WORDS, *NULL_MARKS, ""]


KINDS = ("timestamp", "day", "money", "number", "whole")


@pytest.mark.parametrize("kind", KINDS)
def test_what_reads_as_it_stands_means_the_same_once_tidied(db, kind):
    assert_same(db, kind, cells()[::23])


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_reads_as_it_stands_means_the_same_once_tidied(db, kind):
    assert assert_same(db, kind, cells()) == set(possible(kind, with_offset=True)), "cells of every form were there"


def assert_same(db, kind: str, some: list[str]) -> set[str]:
    """Returns the forms in which any cell could be read."""
    con = db.cursor()
    con.execute("create temp table cells as select unnest($cells) as c0", {"cells": some})
    seen = set()
    for form in possible(kind, with_offset=True):
        reading = Reading("any", 0, kind, form, has_null_words=True, is_folded=True, has_guards=True)
        tidied = expression(kind, form, reading.text())
        differ = f"select count({tidied}), list(c0) filter ({reading.sql()} is distinct from {tidied}) from cells"
        read, others = con.execute(differ).fetchone()
        assert others is None, form
        seen |= {form} if read else set()
    return seen
