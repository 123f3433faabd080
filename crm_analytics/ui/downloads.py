"""Tables as files: CSV and XLSX whose cells no spreadsheet program takes for a formula."""

import io
import re
from collections.abc import Callable

import pandas as pd
import streamlit as st

# A cell is split again where a program takes ; for the separator, so what follows one counts as a cell's start too.
# An apostrophe that stood there before gets one more: importing the file again takes exactly one away.
_FORMULA = re.compile(r"""(^|[;"\n])(?='*[=+\-@\t\r＝＋－＠])""")
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,]*")


def harmless(value):
    """Text that would start a formula gets a leading apostrophe; numbers and dates stay as they are."""
    return _FORMULA.sub(r"\1'", value) if isinstance(value, str) else value


def harmless_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with harmless text, headers included."""
    safe = {
        harmless(str(name)): frame[name].map(harmless) if _has_text(frame[name]) else frame[name]
        for name in frame.columns
    }
    return pd.DataFrame(safe)


def _has_text(column: pd.Series) -> bool:
    return pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)


def csv(frame: pd.DataFrame) -> bytes:
    """UTF-8 with a byte order mark, so that spreadsheet programs read Chinese."""
    return harmless_frame(frame).to_csv(index=False).encode("utf-8-sig")


def csv_to_correct(frame: pd.DataFrame) -> bytes:
    """The same for cells that come back: numbers written as text, -7.50 among them, are no formulas and stay numbers."""
    safe = frame.map(lambda cell: cell if _NUMBER.fullmatch(str(cell)) else harmless(cell))
    return safe.rename(columns=harmless).to_csv(index=False).encode("utf-8-sig")


def xlsx(frame: pd.DataFrame) -> bytes:
    """One sheet; text is written as text, never as formula or link."""
    file = io.BytesIO()
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
    }
    with pd.ExcelWriter(file, engine="xlsxwriter", engine_kwargs={"options": options}) as book:
        harmless_frame(frame).to_excel(book, index=False, sheet_name="data")
    return file.getvalue()


def buttons(tr, rows: Callable[[], pd.DataFrame], name: str):
    """Both downloads side by side; the file is made when it is asked for."""
    with st.container(horizontal=True, key=f"downloads-{name}", gap="xxsmall", width="content"):
        st.download_button(
            tr("frame.download_csv"),
            lambda: csv(rows()),
            f"{name}.csv",
            "text/csv",
            key=f"csv-{name}",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
        )
        st.download_button(
            tr("frame.download_xlsx"),
            lambda: xlsx(rows()),
            f"{name}.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            key=f"xlsx-{name}",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
        )


def template(table: str, text: str, label: str, *, plain: bool = True):
    """An empty export to fill in."""
    st.download_button(
        label,
        text.encode("utf-8-sig"),
        f"{table}.csv",
        "text/csv",
        key=f"template-{table}",
        type="tertiary" if plain else "secondary",
        icon=":material/download:",
        on_click="ignore",
    )
