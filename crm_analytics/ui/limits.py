"""Where the data limit a number, a quiet line beside it says how far and leads to the rows behind it; no line where all is well.

What limits the numbers is found by a look at every row, once per import; so the lines are filled when the screen already stands.
"""

import streamlit as st

from crm_analytics import formats
from crm_analytics.filters import Filters
from crm_analytics.metrics import data
from crm_analytics.ui import store

CHOSEN = "q.finding"  # in the URL of the Data screen: orders.lines_without_customer


def reserve(page, code: str):
    """Room for the line of a number or a screen; `show` fills it."""
    page.limited.append((code, st.empty()))


def show(page):
    """Fill the lines of this screen: its last step."""
    codes = ",".join(dict.fromkeys(code for code, _ in page.limited))
    measured = store.measured(page.db, page.version, Filters(), data.limits, {"codes": codes})
    found, page.executed[data.limits.__qualname__] = measured
    limits = {row.kpi: row for row in found.itertuples()}
    for code, place in page.limited:
        if code in limits:
            with place.container(key=f"limit-{code}"):
                _line(page, limits[code])


def _line(page, row):
    """Based on 75% of the lines: 25% name no customer"""
    bad = round(float(row.share), 2)
    shares = {"good": formats.percent(1 - bad, 0), "bad": formats.percent(bad, 0)}
    words = page.tr(f"limits.{row.finding}", **shares, n=formats.count(row.rows))
    if page.is_made_up:
        st.caption(words)
        return
    st.page_link(
        "pages/data.py",
        label=words,
        icon=":material/info:",
        help=page.tr("data.limit_help", table=page.tr(f"tables.{row.table}"), score=int(100 * (1 - row.share))),
        query_params=page.query | {CHOSEN: [f"{row.table}.{row.finding}"]},
    )
