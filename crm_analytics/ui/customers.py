"""The list of customers: what of it lives in the URL, its table, and everything found as a file."""

import io
from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st
import xlsxwriter

from crm_analytics import formats, snapshot
from crm_analytics.metrics import customers
from crm_analytics.ui import decisions, downloads, tables
from crm_analytics.ui.text import plain

ROWS = 50  # on a page of the list
CHUNK = 200_000  # rows of a file that are in memory at a time
MOST_IN_XLSX = 1_048_575
COLUMNS = (
    "customer_id",
    "name",
    "tier",
    "stage",
    "segment",
    "revenue",
    "orders",
    "last_order_date",
    "days_since_last_order",
    "revenue_ever",
    "orders_ever",
    "satisfaction",
    "open_complaints",
)
WITHOUT_ORDERS = (
    "customer_id",
    "name",
    "tier",
    "kind",
    "region",
    "city",
    "gender",
    "age_band",
    "source",
    "owner",
    "signup_date",
)
EXPLAINED = (
    "revenue", "orders", "tier", "stage", "segment", "segment_11", "r", "f", "m", "margin", "satisfaction", "revenue_before",
)  # fmt: skip
DEFAULTS = {"search": "", "sort": "revenue", "down": "1", "page": "1"}


@dataclass(frozen=True)
class View:
    """What of the list is shown: search, order, direction, page and columns, as the URL names them (`q.search` ...)."""

    search: str = ""
    order_by: str = "revenue"
    descending: bool = True
    page: int = 1
    columns: tuple[str, ...] = COLUMNS

    @classmethod
    def of_url(cls, usual: tuple[str, ...] = COLUMNS) -> "View":
        """What the URL says; what cannot be meant is left at its default. `usual`: the columns of a reader who chose none."""
        st.query_params.pop("id", None)  # of the customer's page, where the reader came back from
        said = {name: st.query_params.get(f"q.{name}", default) for name, default in DEFAULTS.items()}
        chosen = st.query_params.get("q.columns", "").split(",")
        columns = tuple(dict.fromkeys(name for name in chosen if name in customers.ALL))
        return cls(
            search=" ".join(said["search"].split()),
            order_by=said["sort"] if said["sort"] in customers.SORTABLE else DEFAULTS["sort"],
            descending=said["down"] != "0",
            page=int(said["page"])
            if said["page"].isascii() and said["page"].isdigit() and len(said["page"]) < 9
            else 1,
            columns=columns or usual,
        )

    def shown_in(self, found: int) -> "View":
        """The same view on a page that exists."""
        return replace(self, page=min(max(1, self.page), pages(found)))

    @property
    def options(self) -> dict:
        """What `customers.listing` takes."""
        columns = ",".join(("customer_id", *self.columns))
        return {"search": self.search, "order_by": self.order_by, "descending": self.descending, "columns": columns}


def usual_columns(page) -> tuple[str, ...]:
    """The columns of a reader who has chosen none: those that the company's data fill."""
    known = page.measure(customers.kinds_of_data).iloc[0]
    empty = {"name"} if not known.has_names else set()
    empty |= {"satisfaction"} if not known.has_answers else set()
    empty |= {"open_complaints"} if not known.has_complaints else set()
    usual = COLUMNS
    if not known.has_orders:
        usual = ("customer_id", "name", "tier", *(name for name in customers.GROUPS["profile"] if name in page.choices))
    return tuple(name for name in usual if name not in empty)


def pages(found: int) -> int:
    """How many pages the list has; never none."""
    return max(1, -(-found // ROWS))


def _write(name: str, key: str, turn=str):
    """A widget's new value goes into the URL; a new search or order starts at the first page."""
    value = turn(st.session_state[key])
    for each in {name, "page"} if name in ("search", "sort", "down") else {name}:
        text = value if each == name else DEFAULTS["page"]
        if text == DEFAULTS.get(each, ""):
            st.query_params.pop(f"q.{each}", None)
        else:
            st.query_params[f"q.{each}"] = text


def _controlled(name: str, value, turn=str) -> dict:
    """The URL decides what a widget shows; what the reader enters goes there."""
    key = f"customers.{name}"
    st.session_state[key] = value
    return {"key": key, "on_change": _write, "args": (name, key, turn)}


def controls(page, view: View):
    """Search, order, direction and columns."""
    tr = page.tr
    search, order, direction = st.columns([3, 2, 1.9])
    search.text_input(
        tr("customers.search"),
        placeholder=tr("customers.search_hint"),
        icon=":material/search:",
        **_controlled("search", view.search),
    )
    order.selectbox(
        tr("customers.order_by"),
        customers.SORTABLE,
        format_func=page.column_label,
        **_controlled("sort", view.order_by),
    )
    direction.segmented_control(
        tr("customers.direction"),
        [True, False],
        required=True,
        width="stretch",
        format_func=lambda down: tr("customers.down" if down else "customers.up"),
        **_controlled("down", view.descending, lambda down: "1" if down else "0"),
    )


def choose_columns(page, view: View):
    """A popover with every column the list can show."""
    tr = page.tr
    with (
        st.popover(tr("customers.columns"), icon=":material/view_column:", key="customers.choose"),
        st.container(width=decisions.WIDE),
    ):
        st.multiselect(
            tr("customers.columns_shown"),
            customers.ALL,
            format_func=page.column_label,
            placeholder=tr("customers.columns_hint"),
            **_controlled("columns", list(view.columns), lambda names: ",".join(names)),
        )


def rows(page, view: View) -> pd.DataFrame:
    """The customers on this page of the list."""
    return page.measure(customers.listing, limit=ROWS, offset=ROWS * (view.page - 1), **view.options)


def table(page, view: View, found: pd.DataFrame) -> list[str]:
    """The page as a table. Returns the ids that are ticked; a click on a customer opens its page."""
    shown = page.in_words(found[[name for name in view.columns if name in found]])
    chosen = tables.frame(
        page,
        shown,
        height=44 + 35 * min(max(len(found), 1), 14),
        key=f"customers.rows.{page.version}.{abs(hash((page.filters, view)))}",
        on_select="rerun",
        selection_mode=["multi-row", "single-cell"],
    ).selection
    if chosen.cells:
        open_customer(page, found.customer_id.iloc[chosen.cells[0][0]])
    return [found.customer_id.iloc[place] for place in chosen.rows if place < len(found)]


def act(page, rows: pd.DataFrame, picked: list[str]):
    """What can be done with the customers that are ticked."""
    tr = page.tr
    st.markdown(tr("customers.picked", n=len(picked)), width="content")
    if len(picked) == 1 and st.button(tr("customers.open"), icon=":material/person:", key="picked.open"):
        open_customer(page, picked[0])
    decisions.save_as_set(page, "picked", lambda: picked, len(picked), tr("customers.save_picked"))
    decisions.do_not_rank(page, "picked", picked)
    if len(picked) == 2:
        names = rows.set_index("customer_id").name if "name" in rows else pd.Series(dtype=object)
        decisions.merge_two(page, "picked", {id: plain(named(id, names.get(id))) for id in picked})


def named(id: str, name) -> str:
    """A customer in words: Ana Lima (C-00042), or the number alone."""
    return f"{name} ({id})" if isinstance(name, str) and name else id


def all_ids(page, view: View) -> list[str]:
    """Everyone the list holds."""
    return page.fetch(customers.listing, search=view.search, columns="customer_id", limit=None).customer_id.tolist()


def open_customer(page, id: str):
    """Go to the page of one customer."""
    st.switch_page("pages/customer.py", query_params=page.query | {"id": [id]})


def pagination(view: View, found: int):
    """The way through the pages, where there are several."""
    if pages(found) > 1:
        key = f"customers.page.{view.page}"  # a key of its own for each page: this widget cannot be set otherwise
        st.pagination(pages(found), default=view.page, key=key, on_change=_write, args=("page", key))


def export(page, view: View, found: int):
    """Everything found as CSV and XLSX, with the columns that are shown; made when it is asked for, in parts."""
    tr, is_too_long = page.tr, found > MOST_IN_XLSX
    with st.container(horizontal=True, key="downloads-customers", gap="xxsmall", width="content"):
        st.download_button(
            tr("frame.download_csv"),
            lambda: csv(page, view),
            "customers.csv",
            "text/csv",
            key="csv-customers",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
        )
        st.download_button(
            tr("frame.download_xlsx"),
            lambda: xlsx(page, view),
            "customers.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            key="xlsx-customers",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
            disabled=is_too_long,
            help=tr("customers.too_long", n=formats.count(found)) if is_too_long else None,
        )


def definitions(page) -> list[tuple[str, str, str]]:
    """What the less obvious columns mean, as rows for `cards.explained`."""
    silent, forgotten, lost = page.rules.lifecycle_days
    shares = (f"{formats.number(100 * share)}%" for share in page.rules.tier_shares)
    words = {
        "tier": dict(zip(("top", "big", "medium"), shares)),
        "stage": {"active": silent - 1, "silent": forgotten - 1, "forgotten": lost - 1, "lost": lost},
    }
    about = {column: page.tr(f"customers.about_{column}", **words.get(column, {})) for column in EXPLAINED}
    return [(page.column_label(column), text, "") for column, text in about.items()]


def _parts(page, view: View):
    """Everything found, a part at a time, all of one state of the data."""
    con = page.db.cursor()
    filters, offset = snapshot.prepare(con, page.filters), 0
    while True:
        part = customers.listing(con, filters, limit=CHUNK, offset=offset, **view.options)
        yield downloads.harmless_frame(part[list(view.columns)])
        if len(part) < CHUNK:
            return
        offset += CHUNK


def csv(page, view: View) -> io.BytesIO:
    """All of the list as UTF-8 with a byte order mark."""
    file = io.BytesIO()
    for number, part in enumerate(_parts(page, view)):
        text = part.to_csv(index=False, header=number == 0)
        file.write(text.encode("utf-8" if number else "utf-8-sig"))
    file.seek(0)
    return file


def xlsx(page, view: View) -> io.BytesIO:
    """All of the list as one sheet; text is written as text, never as formula or link."""
    file = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(file, options | {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet, line = book.add_worksheet("data"), 0
        for part in _parts(page, view):
            if line == 0:
                sheet.write_row(0, 0, list(part.columns))
            for row in part.astype(object).where(part.notna(), None).itertuples(index=False):
                line += 1
                sheet.write_row(line, 0, row)
    return file
