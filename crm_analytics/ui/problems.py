"""The problems found, as lines that open the customers behind them: badge with shape and word, sentence, what is at stake."""

import html
from urllib.parse import parse_qs

import streamlit as st

from crm_analytics import formats
from crm_analytics.metrics import overview
from crm_analytics.ui import cards
from crm_analytics.ui.numbers import Number, written
from crm_analytics.ui.text import plain

SHOWN = 5
SHAPES = {"high": "△", "medium": "□", "low": "○"}


def card(page, numbers: dict[str, Number], most: int = SHOWN):
    """How many problems there are, the gravest of them, the others on demand, all of them as a file."""
    tr, found = page.tr, page.measure(overview.problems)
    if found.empty and all(number.is_missing or not number.row["value"] for number in numbers.values()):
        cards.heading(tr("problems.title"), tr("problems.nothing_to_judge"))
        return
    cards.heading(_title(tr, found), tr("problems.subtitle" if len(found) else "problems.none_subtitle"))
    rows = list(found.itertuples())
    for row in rows[:most]:
        _line(page, row)
    if rows[most:]:
        with st.expander(tr("problems.all", n=len(rows)), type="compact"):
            for row in rows[most:]:
                _line(page, row)
    if rows:
        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
            page.downloads(lambda: found, "problems")
            cards.explained(page, [(tr("problems.title"), tr("problems.definition"), "")], overview.problems)


def _title(tr, found) -> str:
    serious = int((found.level == "high").sum())
    if len(found) < 2:
        return tr("problems.none" if found.empty else "problems.one_serious" if serious else "problems.one")
    return tr("problems.many_serious" if serious else "problems.many", n=len(found), serious=serious)


def _line(page, row):
    """One problem: a link to its customers, or to the screen where it is put right."""
    badge = f"{SHAPES[row.level]} {page.tr(f'problems.{row.level}')}"
    name = f"problem-{row.problem}-{row.subject or ''}"
    linked(page, name, row.level, badge, sentence(page, row), detail(page, row), where=row.where, to=row.page)


def linked(page, name: str, tone: str, badge: str, words: str, under: str, *, where: str | None, to: str = "customers"):
    """A line of findings whose sentence is a link; `where`: the query that names its customers."""
    with st.container(horizontal=True, key=f"finding-{name}", gap="small", wrap=False):
        st.html(f'<span class="badge {tone}">{html.escape(badge)}</span>', width=100)
        with st.container(gap=None):
            if where is None and to == "customers":
                st.markdown(plain(words))
            else:
                query = page.query if where is None else page.customers_query(parse_qs(where))
                st.page_link(
                    f"pages/{to}.py",
                    label=plain(words),
                    icon=":material/chevron_right:",
                    icon_position="right",
                    width="stretch",
                    query_params=query,
                )
            st.html(f"<small>{html.escape(under)}</small>")


def sentence(page, row) -> str:
    """What is wrong, in one sentence."""
    tr = page.tr
    words = {
        "value": _written(page, row.value, row.unit),
        "limit": _limit(page, row),
        "n": formats.count(row.n),
    }
    if row.problem in ("target_missed", "worse"):
        words["label"] = tr(f"kpis.{row.subject}.label")
    if row.problem == "data_old":
        words["table"] = tr(f"tables.{row.subject}")
    if row.problem == "revenue_fell":
        words["value"] = formats.percent(-row.value)
    if row.problem in ("valuable_silent", "complaints_open"):
        words["value"] = formats.count(row.value)
    return tr(f"problems.{row.problem}", **words)


def detail(page, row) -> str:
    """What is at stake, and what the sentence was judged by."""
    parts = []
    if not formats.is_missing(row.at_stake):
        amount = page.money(row.at_stake) if row.stake_unit == "money" else formats.count(row.at_stake)
        parts.append(page.tr(f"problems.stake_{row.stake_unit}", value=amount))
    words = {"n": formats.count(row.n), "limit": _limit(page, row)}
    key = f"problems.{row.problem}_detail"
    return " · ".join([*parts, page.tr(key, **words)] if page.tr.knows(key) else parts)


def _limit(page, row) -> str:
    """A limit or target as people type it: 85%, 24 h; a number of the window compared with stays as it is."""
    text = _written(page, row.limit, row.unit)
    return text if row.problem == "worse" else text.replace(".0%", "%").replace(".0 ", " ")


def _written(page, value, unit: str) -> str:
    if unit in ("days", "count"):
        return formats.count(value)
    return formats.number(value, 2) if unit == "ratio" else written(page, value, unit)
