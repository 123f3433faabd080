"""The Data screen's card "Is the data right?": a score per table, the findings behind it, the rows behind those."""

import html
from datetime import date
from functools import partial

import streamlit as st

from crm_analytics import formats
from crm_analytics.filters import Filters
from crm_analytics.metrics import data
from crm_analytics.metrics.data import PARTS
from crm_analytics.schema import TABLES
from crm_analytics.ui import cards, mapping, reading, store
from crm_analytics.ui.limits import CHOSEN
from crm_analytics.ui.text import plain

FIRST = 5  # findings that stand there at once; the others on demand
SHOWN, MOST = 200, 100_000  # rows behind a finding: on the screen, in a download


def show(page):
    """Scores and findings of the reader's own company; nothing while nothing was imported."""
    if page.is_made_up or page.knows_nobody:
        return
    tr, here = page.tr, _measured(page, data.tables)
    if here.empty:
        return
    with cards.card("quality", tr("data.quality_title"), tr("data.quality_subtitle"), height="content"):
        with st.spinner(tr("data.quality_working")):
            found, scores = _measured(page, data.quality), _measured(page, data.scores)
        _show_scores(page, scores)
        rows = sorted(found.itertuples(), key=lambda row: (not row.part, not row.limits, -row.share))
        for row in rows[:FIRST]:
            _show_finding(page, row)
        if rows[FIRST:]:
            with st.expander(tr("data.quality_all", n=len(rows)), type="compact"):
                for row in rows[FIRST:]:
                    _show_finding(page, row)
        page.proof(found, "data-quality", data.scores, tr("data.quality_title"), tr("data.quality_about"))
        with st.expander(tr("data.quality_tables")):
            cards.grid(
                _headers(tr, "table", "rows", "different", "imports", "first", "last"),
                [_here(page, row) for row in here.itertuples()],
                right=(1, 2, 3),
            )
        with st.expander(tr("data.quality_columns"), key="quality-columns", on_change="rerun") as columns:
            if columns.open:  # a count over every column of every table
                rows = [_full(page, row) for row in _measured(page, data.completeness).itertuples()]
                cards.grid(_headers(tr, "table", "column", "rows", "filled"), rows, right=(2, 3))


def _show_scores(page, scores):
    """One line per table that has a flaw; the others are named."""
    tr = page.tr
    flawed, sound = scores[scores.score < 100], scores[scores.score == 100]
    if len(flawed):
        parts = [tr(f"data.quality_part_{part}") for part in PARTS]
        headers = [tr("data.quality_table"), tr("data.quality_score"), *parts]
        rows = [_scored(page, row) for row in flawed.sort_values("score", kind="stable").to_dict("records")]
        cards.grid(headers, rows, right=range(1, 7))
    if len(sound):
        names = formats.listed([tr(f"tables.{name}") for name in sound["table"]], len(sound), page.language)
        st.caption(plain(tr("data.quality_sound", tables=names)))


def _scored(page, row: dict) -> tuple:
    shares = [formats.percent(_floored(row[part])) for part in PARTS]
    return page.tr(f"tables.{row['table']}"), f"{int(row['score'])}", *shares


def _floored(share: float) -> float:
    """A share that is shown as 100 % only where nothing is wrong."""
    return int(share * 1000) / 1000


def _show_finding(page, row):
    """One finding as a line that opens the rows behind it: badge, sentence, size and what it limits."""
    tr, part = page.tr, row.part or "decided"
    tone = "even" if not row.part else "medium" if row.share > 1 - data.LIMITED else "low"
    with st.container(horizontal=True, key=f"finding-{row.table}-{row.finding}", gap="small", wrap=False):
        st.html(f'<span class="badge {tone}">{html.escape(tr(f"data.quality_flaw_{part}"))}</span>', width=112)
        with st.container(gap=None):
            st.page_link(
                "pages/data.py",
                label=plain(tr(f"findings.{row.finding}")),
                icon=":material/chevron_right:",
                icon_position="right",
                width="stretch",
                query_params=page.query | {CHOSEN: [f"{row.table}.{row.finding}"]},
            )
            st.html(f"<small>{html.escape(_detail(page, row))}</small>")


def _detail(page, row) -> str:
    """Orders · 135,080 rows of 541,909 (24.9%) · for example 536414 · limits: Bought again, Pyramid"""
    tr = page.tr
    size = tr(f"units.{row.unit}", n=formats.count(row.rows))
    if row.unit != "days":
        size = tr("data.quality_of", size=size, of=formats.count(row.of), share=formats.percent(row.share, 1))
    parts = [tr(f"tables.{row.table}"), size]
    if row.unit == "days":
        parts.append(tr("data.quality_until", day=formats.day(date.fromisoformat(row.example), page.language)))
    elif not formats.is_missing(row.example):
        parts.append(formats.labelled(tr("data.quality_example"), _short(row.example), page.language))
    if row.limits:
        names = [_limited(page, code) for code in row.limits.split(", ")]
        parts.append(tr("data.quality_limits", what=formats.listed(names, len(names), page.language)))
    return " · ".join(parts)


def _short(example) -> str:
    return text if len(text := str(example)) <= 40 else f"{text[:39]}…"


def _limited(page, code: str) -> str:
    """A number's or a screen's name."""
    key = f"kpis.{code}.label"
    return page.tr(key) if page.tr.knows(key) else page.tr(f"menu.{code}")


def show_rows(page):
    """The rows behind the finding that the URL names, with downloads of more of them."""
    table, _, finding = st.query_params.get(CHOSEN, "").partition(".")
    if page.is_made_up or table not in TABLES or not page.tr.knows(f"findings.{finding}"):
        return
    tr, rows = page.tr, _measured(page, data.rows_behind, table=table, finding=finding, limit=SHOWN)
    title = formats.labelled(tr("data.quality_behind_title"), tr(f"tables.{table}"), page.language)
    numbers = {"n": formats.count(len(rows)), "most": formats.count(MOST)}
    with cards.card(
        "behind", title, tr("data.quality_behind_subtitle", finding=tr(f"findings.{finding}"), **numbers), "content"
    ):
        if rows.empty:
            st.caption(tr("data.quality_behind_none"))
        else:
            shown = _worded(page, table, rows)
            st.dataframe(shown, hide_index=True, key="behind-rows", placeholder="", height=38 + 35 * min(len(rows), 8))
        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
            if len(rows):
                everything = partial(
                    data.rows_behind, page.db.cursor(), Filters(), table=table, finding=finding, limit=MOST
                )
                page.downloads(lambda: _worded(page, table, everything()), f"{table}-{finding}")
            st.page_link(
                "pages/data.py", label=tr("data.quality_close"), icon=":material/close:", query_params=page.query
            )


def _worded(page, table: str, rows):
    """The rows with headers in the reader's words; reasons too where they carry one; days without an hour."""
    if "reason" in rows:
        rows = reading.in_reasons(page, table, rows)
    moments = [
        name
        for name in rows.select_dtypes("datetime")
        if (rows[name].dropna() == rows[name].dropna().dt.normalize()).all()
    ]
    rows = rows.assign(**{name: rows[name].dt.date for name in moments})
    named = {
        "import_id": page.tr("data.behind_import"),
        "file_name": page.tr("data.column_file"),
        "source_line": page.tr("data.reject_source_line"),
    }
    return rows.rename(columns=lambda name: named.get(name) or mapping.field_label(page, table, name))


def _measured(page, metric, **options):
    """A number about the data itself: the reader's filters do not matter to it."""
    frame, page.executed[metric.__qualname__] = store.measured(page.db, page.version, Filters(), metric, options)
    return frame


def _headers(tr, *names: str) -> list[str]:
    return [tr(f"data.quality_{name}") for name in names]


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
