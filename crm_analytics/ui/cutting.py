"""How a text is cut into cells, put right by hand: its encoding, what parts the cells, what becomes of short rows."""

import streamlit as st

from crm_analytics.importing.landing.cells import visible
from crm_analytics.importing.landing.encoding import CODECS
from crm_analytics.ui import reading

MAY_HELP = ("E_ENCODING", "E_MOST_ASIDE")  # refusals that another way of reading may undo


def show(page, session, file):
    """A quiet way to read a text otherwise than it was found to be written; workbooks have no such question."""
    is_text = file.landing is not None and file.encoding != "xlsx"
    if not (is_text or (file.refused and file.refused.code in MAY_HELP)) or file.already_imported:
        return
    tr, key = page.tr, f"cut-{file.sha256 or file.name}"
    with (
        st.popover(tr("data.cut_title"), icon=":material/text_format:", type="tertiary", key="cut"),
        st.form(key, border=False),
    ):
        found = tr("data.cut_found")
        encoding = st.selectbox(
            tr("data.cut_encoding"),
            [None, *CODECS],
            index=_place([None, *CODECS], file.options.encoding),
            format_func=lambda name: name.upper() if name else found,
            key=f"{key}-encoding",
        )
        marks = list(dict.fromkeys([None, *reading.DELIMITERS, file.options.delimiter]))
        delimiter = st.selectbox(
            tr("data.cut_delimiter"),
            marks,
            index=_place(marks, file.options.delimiter),
            format_func=lambda mark: _named(page, mark) if mark else found,
            accept_new_options=True,
            key=f"{key}-delimiter",
        )
        pads = st.toggle(tr("data.cut_pad"), file.options.short_rows == "pad", key=f"{key}-pad")
        if st.form_submit_button(tr("data.cut_do"), type="primary", key="cut-now"):
            way = {"encoding": encoding, "delimiter": delimiter or None, "short_rows": "pad" if pads else "aside"}
            session.correct(file, **way, table=None, mapping={}, date_order=None)  # its columns may be others now


def _place(choices: list, chosen) -> int:
    return choices.index(chosen)


def _named(page, mark: str) -> str:
    known = reading.DELIMITERS.get(mark)
    return page.tr(f"data.delimiter_{known}") if known else visible(mark)
