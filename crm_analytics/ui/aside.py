"""The records that an import set aside: why, and a file in which they can be put right and brought again."""

from functools import partial

import streamlit as st

from crm_analytics import formats, importing
from crm_analytics.ui import cards, downloads, mapping, reading
from crm_analytics.ui.text import plain

SHOWN = 200


def offer(page, db, row: dict):
    """The button that opens the list of one import's records."""

    @st.dialog(page.tr("data.aside_title"), width="large")
    def listed():
        _show(page, db, row)

    label = page.tr("data.download_quarantined")
    if st.button(label, key=f"aside-{row['import_id']}", type="tertiary", icon=":material/rule:"):
        listed()


def _show(page, db, row: dict):
    """Reasons grouped and counted, the records still open, the file to correct them in."""
    tr, number, table = page.tr, row["import_id"], row["table_name"]
    st.markdown(plain(f"{row['file_name']} · {tr(f'tables.{table}')}"))
    grouped = importing.reasons(db.cursor(), number)
    headers = [tr(f"data.aside_{name}") for name in ("reason", "column", "n", "resolved", "line")]
    cards.grid(headers, [_reason(page, table, each) for each in grouped.itertuples()], right=(2, 3, 4))
    waiting = importing.to_correct(db.cursor(), number)
    if waiting.empty:
        st.caption(tr("data.aside_none"))
        return
    st.markdown(tr("data.aside_how"))
    st.download_button(
        tr("data.aside_download", n=formats.count(len(waiting))),
        partial(_file, page, waiting),
        f"{table}-{tr('data.aside_file')}-{number}.csv",
        "text/csv",
        key=f"correct-{number}",
        icon=":material/download:",
        on_click="ignore",
    )
    shown = _worded(page, waiting.head(SHOWN))
    st.dataframe(
        shown, hide_index=True, height=38 + 35 * min(len(shown), 8), placeholder="", key=f"aside-rows-{number}"
    )


def _reason(page, table: str, each) -> tuple:
    """B is no date | Ordered at | 12 | 3 | 304"""
    column = "" if formats.is_missing(each.column_name) else mapping.field_label(page, table, each.column_name)
    words = reading.reason(page, each.reason)
    return words, column, formats.count(each.n), formats.count(each.resolved), formats.count(each.first_line)


def _worded(page, rows):
    """The records as they wait, their reasons in the reader's words."""
    return rows.assign(crm_reason=rows["crm_reason"].map(partial(reading.reason, page)))


def _file(page, rows) -> bytes:
    return downloads.csv_to_correct(_worded(page, rows))
