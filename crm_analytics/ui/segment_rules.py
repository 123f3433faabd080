"""By which rules segments are made and what they are called: fields of Settings, and of a popover on the Segments screen."""

import re
from dataclasses import replace
from math import isfinite

import streamlit as st

from crm_analytics.rfm import SCHEMES
from crm_analytics.rules import HIGH_BY
from crm_analytics.ui import settings

CUTS = ("r_cuts", "f_cuts", "m_cuts")
EXAMPLES = {"r_cuts": "30, 60, 90, 180", "f_cuts": "2, 3, 5, 10", "m_cuts": "50, 100, 500, 1000"}


def popover(page, groups: int):
    """The rules edited in place; Settings keeps every version."""
    tr = page.tr
    with (
        st.popover(tr("segment_rules.title"), icon=":material/tune:", key="segments.rules"),
        st.form("segments.rules-form", border=False),
    ):
        changes = fields(page) | {"segment_names": names(page, groups)}
        if st.form_submit_button(tr("settings.save"), type="primary", icon=":material/save:"):
            settings.save(page, replace(page.rules, **changes))
        st.caption(tr("segment_rules.kept"))


def side_by_side(page) -> dict:
    """Every rule of segments at the left, the names of the eight at the right."""
    left, right = st.columns(2, gap="medium")
    with left:
        changes = fields(page)
    with right:
        return changes | {"segment_names": names(page)}


def fields(page) -> dict:
    """What counts as high, and borders of the scores: the rules' fields by name, as typed."""
    tr, rules = page.tr, page.rules
    by = st.selectbox(
        tr("settings.high_by"),
        HIGH_BY,
        index=HIGH_BY.index(rules.high_by),
        format_func=lambda each: tr(f"segment_rules.by_{each}"),
        help=tr("segment_rules.by_help"),
        key="segment_rules.high_by",
    )
    st.caption(tr("settings.high_from"))
    places = zip(st.columns(3), "rfm", rules.high_from)
    typed = [
        place.number_input(tr(f"columns.{score}"), 1, 5, value, key=f"segment_rules.high_{score}")
        for place, score, value in places
    ]
    return {"high_by": by, "high_from": tuple(typed)} | {name: _cuts(page, name) for name in CUTS}


def _cuts(page, name: str) -> tuple:
    """Four borders in one field; empty: fifths of the buyers."""
    text = st.text_input(
        page.tr(f"settings.{name}"),
        ", ".join(map(str, getattr(page.rules, name))),
        placeholder=page.tr("segment_rules.fifths", example=EXAMPLES[name]),
        help=page.tr(f"segment_rules.{name}_help"),
        key=f"segment_rules.{name}",
    )
    return numbers(text)


def numbers(text: str) -> tuple:
    """30, 60, 90, 180 as numbers; what is none stays text, so that the rules refuse it by name."""
    return tuple(_number(part) for part in re.split(r"[\s,;、，；/]+", text.strip()) if part)


def _number(part: str) -> int | float | str:
    try:
        value = float(part)
    except ValueError:
        return part
    if not isfinite(value):
        return part
    return int(value) if value.is_integer() else value


def names(page, groups: int = 8) -> dict[str, str]:
    """The company's own names, two fields beside each other; an empty one leaves the product's."""
    tr, own = page.tr, page.rules.segment_names
    st.caption(tr("settings.segment_names"))
    codes = SCHEMES[groups]
    places = [place for _ in range(0, len(codes), 2) for place in st.columns(2)]
    typed = {
        code: place.text_input(
            _code(tr, code, groups),
            own.get(code, ""),
            max_chars=40,
            placeholder=tr(f"segment_names.{code}"),
            key=f"segment_rules.name_{code}",
        ).strip()
        for place, code in zip(places, codes)
    }
    return {code: name for code, name in (own | typed).items() if name}


def _code(tr, code: str, groups: int) -> str:
    """R high · F low · M high: what stands behind a segment's three letters; of the eleven the product's name."""
    if groups != 8:
        return tr(f"segment_names.{code}")
    return " · ".join(
        tr(f"segment_rules.{'high' if letter == 'H' else 'low'}", score=score) for score, letter in zip("RFM", code)
    )
