""" "How is this computed?": definition, formula, n, what was left out and why, freshness and files, the SQL that really ran."""

from collections.abc import Callable

import streamlit as st

from crm_analytics import formats
from crm_analytics.metrics import basis
from crm_analytics.ui.tables import grid
from crm_analytics.ui.text import plain

MOST_SOURCES = 12


def explained(page, rows, metric: Callable | tuple[Callable, ...], key: str = ""):
    """One quiet button per card or table; what it opens is put together then.

    `rows`: (label, definition, basis) or (label, definition, basis, formula) each, or `Number`s. `metric`: what computed them.
    """
    metrics = metric if isinstance(metric, tuple) else (metric,)
    name = key or "-".join(each.__name__ for each in metrics)

    @st.dialog(page.tr("frame.how"), width="medium")
    def said():
        _parts(page, [_row(page, row) for row in rows], metrics)

    @st.fragment
    def button():
        if st.button(page.tr("frame.how"), icon=":material/function:", type="tertiary", key=f"explained-{name}"):
            said()

    button()


def _row(page, row) -> tuple[str, str, str, str]:
    """Label, definition, basis, formula."""
    if isinstance(row, tuple):
        return (*row, "") if len(row) == 3 else row
    key = f"formulas.{row.kpi}"
    return row.label, row.definition, row.basis_words, page.tr(key) if page.tr.knows(key) else ""


def _parts(page, rows, metrics):
    tr = page.tr
    meaning, left_out, data, sql = st.tabs([tr(f"frame.how_{part}") for part in ("meaning", "left_out", "data", "sql")])
    with meaning:
        _meaning(page, rows)
    with left_out:
        _left_out(page)
    with data:
        _data(page)
    with sql:
        _sql(page, metrics)


def _meaning(page, rows):
    for label, definition, based, formula in rows:
        under = [f":gray[{plain(text)}]" for text in (formula and f"= {formula}", based) if text]
        st.markdown("  \n".join([f"**{plain(label)}** — {plain(definition)}", *under]))
    st.caption(plain(f"{page.window_words()} · {page.comparison_words()}"))


def _left_out(page):
    found = page.measure(basis.left_out)
    found = found[found.n > 0]
    if found.empty:
        st.markdown(page.tr("frame.nothing_left_out"))
        return
    headers = [page.tr("frame.left_out_what"), page.tr("frame.left_out_n"), page.tr("frame.left_out_why")]
    grid(
        headers,
        [
            (page.tr(f"left_out.{row.reason}"), formats.count(row.n), page.tr(f"left_out.{row.reason}_why"))
            for row in found.itertuples()
        ],
        right=(1,),
        quiet=(2,),
    )


def _data(page):
    """How fresh the data is, and the files it came in."""
    tr, files = page.tr, page.measure(basis.sources)
    latest = formats.day(None if files.empty else files.imported_at.max(), page.language)
    st.markdown(plain(tr("frame.fresh", day=formats.day(page.last_day, page.language), imported=latest)))
    grid(
        [tr(f"frame.source_{name}") for name in ("file", "table", "imported", "records")],
        [
            (
                f"{row.file_name} · {row.sheet}" if isinstance(row.sheet, str) else row.file_name,
                tr(f"tables.{row.table_name}"),
                formats.day(row.imported_at, page.language),
                formats.count(row.loaded),
            )
            for row in files.head(MOST_SOURCES).itertuples()
        ],
        right=(3,),
    )
    if len(files) > MOST_SOURCES:
        st.caption(tr("frame.more_sources", n=formats.count(len(files) - MOST_SOURCES)))


def _sql(page, metrics):
    """The queries as they ran; several runs of one text are shown once."""
    st.caption(page.tr("frame.sql_reads"))
    statements = [statement for metric in metrics for statement in page.executed.get(metric.__qualname__, ())]
    st.code("\n\n".join(f"{statement};" for statement in statements) or "--", language="sql", wrap_lines=True)
