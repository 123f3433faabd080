"""The cards of the part "groups": both pictures, the table per segment, and what can be done with one of them."""

import html
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import segments as charts
from crm_analytics.charts import style
from crm_analytics.metrics import segments
from crm_analytics.ui import cards, decisions, kept
from crm_analytics.ui import segments_answer as words

COLUMNS = ("customers", "share", "revenue", "revenue_share", "average_revenue", "average_days", "average_orders")
SINCE = ("previous", "moved_in", "moved_out")
EVERYBODY = "all"


def pictures(page, view, summary: pd.DataFrame):
    """Recency against frequency, and the segments as areas."""
    tr = page.tr
    with st.container(horizontal=True, key="segments-pictures"):
        grid, bands = page.measure(segments.grid), page.measure(segments.bands)
        with cards.card("segments-heat", words.together(page, grid, bands), tr("segments.heat_subtitle")):
            figure = charts.heat_map(grid, bands, tr, page.mode)
            page.show(figure, "segments-heat", tr("segments.heat_title"), on_click=lambda mark: _open_cell(page, mark))
            about = tr("segments.heat_title"), tr("segments.about_heat")
            page.proof(grid, "segments-grid", segments.grid, *about)
        under = tr(f"segments.areas_subtitle_{view.groups}", strong=tr(f"segments.areas_strong_{page.mode}"))
        with cards.card("segments-areas", words.unequal(page, summary, view), under):
            figure = charts.treemap(summary, view.names(page), tr, page.mode)
            page.show(
                figure, "segments-areas", tr("segments.areas_title"),
                on_click=lambda mark: page.to_customers({view.column: mark[0]}),
            )  # fmt: skip
            about = tr("segments.areas_title"), tr(f"segments.about_{view.groups}")
            page.proof(summary, "segments-areas", segments.summary, *about)


def _open_cell(page, mark):
    page.to_customers({"r": str(mark[0]), "f": str(mark[1])})


def table(page, view, summary: pd.DataFrame):
    """One row per segment: colour and name, customers, revenue with a bar, averages, and the window before."""
    tr = page.tr
    since = SINCE if summary.previous.notna().any() else ()
    note = summary.note.iloc[0]
    under = tr("segments.table_since") if since else tr("segments.table_no_before", why=tr(f"notes.{note}"))
    with cards.card("segments-table", words.grown(page, summary, view), under, height="content"):
        columns = [*COLUMNS, *since]
        head = "".join(
            f'<th class="{"" if name == "revenue_share" else "right"}">{html.escape(tr(f"segments.column_{name}"))}</th>'
            for name in columns
        )
        body = "".join(_line(page, view, row, columns) for _, row in summary.iterrows())
        st.html(
            f'<div class="grid-wrap"><table class="grid tiers"><thead><tr><th>{html.escape(tr(f"columns.{view.column}"))}</th>{head}'
            f"</tr></thead><tbody>{body}</tbody></table></div>"
        )
        rows = [(tr(f"segments.column_{name}"), tr(f"segments.about_{name}"), "") for name in ("share", *SINCE)]
        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key="proof-segments-table"):
            page.downloads(lambda: summary, "segments")
            cards.explained(page, rows, segments.summary, key="segments-table")


def _line(page, view, row, columns) -> str:
    palette = style.palette(page.mode)
    tint = (palette.segments | palette.groups)[row.segment]
    name = html.escape(view.names(page)[row.segment])
    if row.customers:
        query = html.escape(urlencode(page.customers_query({view.column: row.segment}), doseq=True))
        name = f'<a href="customers?{query}" target="_self">{name}</a>'
    cells = "".join(_cell(page, row, column, tint) for column in columns)
    return f'<tr><td><span class="swatch" style="background:{tint}"></span>{name}</td>{cells}</tr>'


def _cell(page, row, column: str, tint: str) -> str:
    if column == "revenue_share":
        width = 0 if formats.is_missing(row.revenue_share) else max(0.0, min(1.0, row.revenue_share))
        track = (
            f'<span class="track" aria-hidden="true"><i style="width:{100 * width:.1f}%;background:{tint}"></i></span>'
        )
        return f"<td>{track}{html.escape(formats.percent(row.revenue_share))}</td>"
    values = {
        "customers": lambda: formats.count(row.customers),
        "share": lambda: formats.percent(row.share),
        "revenue": lambda: page.money(row.revenue) if row.customers else formats.NOTHING,
        "average_revenue": lambda: page.money(row.average_revenue),
        "average_days": lambda: formats.count(row.average_days_since_last_order),
        "average_orders": lambda: _one_decimal(row.average_orders),
    }
    if column in values:
        return f'<td class="right">{html.escape(values[column]())}</td>'
    sign = {"moved_in": "+", "moved_out": "−"}.get(column, "") if row[column] else ""
    return f'<td class="right quiet">{sign}{html.escape(formats.count(row[column]))}</td>'


def _one_decimal(value) -> str:
    return formats.NOTHING if formats.is_missing(value) else f"{value:,.1f}"


def work(page, view, summary: pd.DataFrame):
    """One segment, or all of them: to open, to keep as a set, to take away as a file with everybody's scores."""
    tr, names = page.tr, view.names(page) | {EVERYBODY: page.tr("segments.every_segment")}
    customers = {row.segment: int(row.customers) for row in summary.itertuples() if row.customers}
    customers[EVERYBODY] = sum(customers.values())
    first = next(iter(customers))
    chosen = kept.asked("segment", list(customers), first)
    n, segment = customers[chosen], "" if chosen == EVERYBODY else chosen
    with (
        cards.card("segments-work", tr("segments.work_title"), tr("segments.work_subtitle"), height="content"),
        st.container(horizontal=True, vertical_alignment="center", key="segments.work"),
    ):
        st.selectbox(
            tr(f"columns.{view.column}"),
            list(customers),
            format_func=lambda code: names[code],
            width=260,
            label_visibility="collapsed",
            **kept.controlled("segment", chosen, first),
        )
        where = {view.column: segment} if segment else {"has_ordered": "yes"}
        page.customers_link(tr("segments.open", n=formats.count(n)), where)
        decisions.save_as_set(page, f"segments-{chosen}", lambda: ids(page, segment), n, tr("customers.save_picked"))
        page.downloads(lambda: page.fetch(segments.rfm, segment=segment), "rfm")


def ids(page, segment: str) -> list[str]:
    """Everybody in a segment; "" is any."""
    return page.fetch(segments.rfm, segment=segment).customer_id.tolist()
