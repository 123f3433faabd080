"""The Data screen's card "Is the data right?": what is incomplete, contradictory, left out or out of date."""

import streamlit as st

from crm_analytics import formats
from crm_analytics.filters import Filters
from crm_analytics.metrics import data
from crm_analytics.ui import cards, store


def show(page):
    """The findings about the reader's own company; nothing while nothing was imported."""
    if page.is_made_up or page.knows_nobody:
        return
    tr, here = page.tr, _measured(page, data.tables)
    if here.empty:
        return
    found = _measured(page, data.quality)
    with cards.card("quality", tr("data.quality_title"), tr("data.quality_subtitle"), height="content"):
        if found.empty:
            st.markdown(tr("data.quality_clean"))
        else:
            headers = [tr(f"data.quality_{name}") for name in ("finding", "table", "size", "share", "example")]
            cards.grid(headers, [_row(page, row) for row in found.itertuples()], right=(2, 3), quiet=(4,))
            page.proof(found, "data-quality", data.quality, tr("data.quality_title"), tr("data.quality_about"))
        with st.expander(tr("data.quality_tables")):
            cards.grid(
                _headers(tr, "table", "rows", "different", "imports", "first", "last"),
                [_here(page, row) for row in here.itertuples()],
                right=(1, 2, 3),
            )
        with st.expander(tr("data.quality_columns")):
            full = _measured(page, data.completeness)
            rows = [_full(page, row) for row in full.itertuples()]
            cards.grid(_headers(tr, "table", "column", "rows", "filled"), rows, right=(2, 3))


def _measured(page, metric):
    """A number about the data itself: the reader's filters do not matter to it."""
    frame, page.executed[metric.__qualname__] = store.measured(page.db, page.version, Filters(), metric, {})
    return frame


def _headers(tr, *names: str) -> list[str]:
    return [tr(f"data.quality_{name}") for name in names]


def _row(page, row) -> tuple:
    tr = page.tr
    share = formats.percent(row.share, 1) if not formats.is_missing(row.share) else "–"
    return (
        tr(f"findings.{row.finding}"),
        tr(f"tables.{row.table}"),
        tr(f"units.{row.unit}", n=formats.count(row.rows)),
        share,
        _short(row.example),
    )


def _short(example) -> str:
    text = "" if formats.is_missing(example) else str(example)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _here(page, row) -> tuple:
    days = [
        formats.day(day, page.language) if not formats.is_missing(day) else "–"
        for day in (row.first_date, row.last_date)
    ]
    return (
        page.tr(f"tables.{row.table}"),
        formats.count(row.rows),
        formats.count(row.different),
        formats.count(row.imports),
        *days,
    )


def _full(page, row) -> tuple:
    key = f"fields.{row.table}.{row.column}"
    label = page.tr(key) if page.tr.knows(key) else row.column
    return page.tr(f"tables.{row.table}"), label, formats.count(row.rows), formats.percent(row.filled_share, 1)
