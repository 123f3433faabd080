"""The ten lessons of the method on the company's own data: what is said, what is found here, and whether it holds."""

import html

import streamlit as st

from crm_analytics import formats
from crm_analytics.metrics import pyramid
from crm_analytics.ui import cards, relations

BADGES = {  # verdict -> tone and shape; the word stands beside it
    "holds": ("better", "✓"),
    "fails": ("worse", "✕"),
    "unclear": ("even", "≈"),
    "unknown": ("wants", "?"),
}
MARGIN = 0.08  # of the gauge's width, free at its ends


def answer(page, view) -> str:
    """How many of the lessons hold here, and what is with the others."""
    tr, verdicts = page.tr, page.measure(pyramid.lessons).verdict.value_counts()
    holds = int(verdicts.get("holds", 0))
    others = [
        tr(f"lessons.rest_{verdict}{'_one' if verdicts[verdict] == 1 else ''}", n=verdicts[verdict])
        for verdict in ("fails", "unclear", "unknown")
        if verdicts.get(verdict)
    ]
    rest = tr("lessons.rest", words=formats.listed(others, most=3, language=page.language)) if others else ""
    return tr(f"lessons.answer{'_none' if not holds else '_one' if holds == 1 else ''}", n=holds, rest=rest)


def show(page, view):
    """One line per lesson: verdict, claim, what is found here, the figure with its interval, both on one scale."""
    tr, found = page.tr, page.measure(pyramid.lessons)
    with cards.card("lessons", tr("lessons.title"), tr("lessons.subtitle"), height="content"):
        st.html("".join(_line(page, row) for row in found.itertuples()))
        about = [(tr(f"lessons.claim_{n}"), tr(f"lessons.about_{n}"), "") for n in found.lesson]
        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
            page.downloads(lambda: found, "lessons")
            cards.explained(page, about, pyramid.lessons)
    tables = dict.fromkeys(table for wants in found.wants.dropna() for table in wants.split(","))
    if tables:
        with (
            cards.card("lessons-wants", tr("lessons.wants_title"), height="content"),
            st.container(horizontal=True, gap="medium"),
        ):
            for table in tables:
                relations.add_export(page, table)


def _line(page, row) -> str:
    tone, shape = BADGES[row.verdict]
    verdict = html.escape(f"{shape} {page.tr(f'lessons.verdict_{row.verdict}')}")
    claim = html.escape(page.tr(f"lessons.claim_{row.lesson}"))
    under = html.escape(formats.together(filter(None, (found(page, row), _note(page, row))), page.language))
    is_known = not formats.is_missing(row.value)
    figure = html.escape(written(page, row, row.value) if is_known else formats.NOTHING)
    basis = html.escape(_basis(page, row)) if is_known else ""
    return (
        f'<div class="findings lesson"><span class="badge {tone}">{verdict}</span>'
        f'<p class="says"><span class="number">{row.lesson}</span>{claim}<small>{under}</small></p>'
        f'<p class="found">{figure}<small>{basis}</small></p>{gauge(row)}</div>'
    )


def found(page, row) -> str:
    """What is found here, as a sentence; nothing where nothing is."""
    if formats.is_missing(row.value):
        return ""
    values = {
        "value": written(page, row, row.value),
        "second": formats.percent(row.second, 0),
        "rate": formats.percent(row.rate),
        "others": formats.percent(row.rate_others),
    }
    variant = ""
    if row.lesson == 5 and isinstance(row.note, str):  # estimates alone need no note
        variant = "_few" if row.note == "too_few" else "_moves"
    elif row.lesson == 8 and row.note == "observational":
        variant = "_contacts"
    elif row.lesson == 10 and formats.is_missing(row.second):
        variant = "_revenue"
    return page.tr(f"lessons.found_{row.lesson}{variant}", **values)


def _note(page, row) -> str:
    """Why there is no verdict, or what it stands on; the export that would tell."""
    words = []
    if isinstance(row.note, str):
        text = page.tr(f"notes.{row.note}")
        words.append(text[:1].upper() + text[1:] + ("。" if page.language.startswith("zh") else "."))
    if isinstance(row.wants, str):
        names = [page.tr(f"tables.{table}") for table in row.wants.split(",")]
        words.append(page.tr("lessons.wants", tables=formats.listed(names, most=3, language=page.language)))
    return formats.together(words, page.language)


def written(page, row, value) -> str:
    """A figure in the lesson's unit: a share, a difference of shares in points, a change."""
    if row.unit == "difference":
        points = page.tr("lessons.points", n=formats.points(value))
        return f"+{points}" if value > 0 and any(digit in points for digit in "123456789") else points
    return formats.percent(value)


def _basis(page, row) -> str:
    """71.0–75.3% · n 4,243; with … where the lower end is below zero"""
    n = page.tr("frame.n", n=formats.count(row.n))
    ends = [end for end in (row.low, row.high) if not formats.is_missing(end) and abs(end) != float("inf")]
    dash = " … " if ends and ends[0] < 0 else "–"
    interval = f"{formats.points(ends[0])}{dash}{written(page, row, ends[1]).lstrip('+')}" if len(ends) == 2 else ""
    return " · ".join(filter(None, (interval, n)))


def gauge(row) -> str:
    """What is said as a line, what is found as a dot with a band, on one scale; empty where nothing is found."""
    if formats.is_missing(row.value):
        return "<span></span>"
    known = [row.value, row.low, row.high, row.claim, row.claim_high, 0.0]
    ends = [end for end in known if not formats.is_missing(end) and abs(end) != float("inf")]
    least, most = min(ends), max(ends)

    def place(value: float) -> float:
        inside = min(max(value, least), most)
        return 100 * (MARGIN + (1 - 2 * MARGIN) * (inside - least) / (most - least or 1.0))

    low, high = (row.value if formats.is_missing(end) else end for end in (row.low, row.high))
    marks = f'<i class="band" style="left:{place(low):.1f}%;width:{place(high) - place(low):.1f}%"></i>'
    if formats.is_missing(row.claim_high):
        marks += f'<i class="said" style="left:{place(row.claim):.1f}%"></i>'
    else:
        start, end = place(row.claim), place(row.claim_high)
        marks += f'<i class="said range" style="left:{start:.1f}%;width:{end - start:.1f}%"></i>'
    return (
        f'<span class="gauge" aria-hidden="true">{marks}<i class="dot" style="left:{place(row.value):.1f}%"></i></span>'
    )
