"""Whom the numbers are about: the sidebar's choice of customers, and what is chosen as words that can be taken away."""

import streamlit as st

from crm_analytics import first_order, formats, snapshot
from crm_analytics.ui import choice
from crm_analytics.ui.text import plain

USUAL = {*snapshot.CHOICE_COLUMNS, *snapshot.LINE_COLUMNS, "age_band", *snapshot.SEGMENT_COLUMNS.values()}
SEGMENTS = set(snapshot.SEGMENT_COLUMNS.values())
WORDED = {"tier": "tiers", "tier_before": "tiers", "stage": "stages", "status": "statuses"} | dict.fromkeys(
    SEGMENTS, "segment_names"
)


def draw(page):
    """The popover of columns and saved sets; below it one chip for each condition in force."""
    conditions = len(page.wanted.where) + bool(page.wanted.customer_set)
    label = page.tr("frame.some_customers", n=conditions) if conditions else page.tr("frame.all_customers")
    with st.popover(label, icon=":material/filter_list:", width="stretch", key="frame.filter"):
        _sets(page)
        usual = [column for column in page.choices if column in USUAL]
        more = [column for column in page.choices if column not in USUAL]
        for column in usual + [column for column in more if column in dict(page.wanted.where)]:
            _column(page, column)
        if column := _more(page, more):
            _column(page, column)
        if not page.choices:
            st.markdown(page.tr("frame.no_filters"))
    _chips(page)


def _sets(page):
    """Saved sets of customers, where there are any."""
    if not page.customer_sets:
        return
    st.session_state["frame.set"] = page.wanted.customer_set
    st.selectbox(
        page.tr("frame.set"),
        page.customer_sets,
        key="frame.set",
        index=None,
        placeholder=page.tr("frame.no_set"),
        on_change=_chose_set,
        args=(page.choice,),
    )


def _chose_set(chosen: choice.Choice):
    choice.write(chosen.but(customer_set=st.session_state["frame.set"]))


def _more(page, columns: list[str]) -> str | None:
    """The column of the company's own files that the reader wants to choose by."""
    waiting = [column for column in columns if column not in dict(page.wanted.where)]
    if not waiting:
        return None
    return st.selectbox(
        page.tr("frame.more_columns"),
        waiting,
        key="frame.more",
        index=None,
        placeholder=page.tr("frame.more_columns_hint", n=len(waiting)),
    )


def _column(page, column: str):
    name = f"where.{column}"
    values = page.choices[column]
    st.session_state[name] = [value for value in dict(page.wanted.where).get(column, ()) if value in values]
    st.multiselect(
        plain(page.column_label(column)),
        values,
        key=name,
        format_func=lambda value: value_words(page, column, value),
        placeholder=page.tr("frame.all"),
        on_change=_chose,
        args=(page.choice, column),
    )


def _chose(chosen: choice.Choice, column: str):
    choice.write(_with(chosen, column, tuple(st.session_state[f"where.{column}"])))


def _with(chosen: choice.Choice, column: str, values: tuple[str, ...]) -> choice.Choice:
    kept = {name: allowed for name, allowed in (dict(chosen.wanted.where) | {column: values}).items() if allowed}
    return chosen.but(where=tuple(sorted(kept.items())))


def _chips(page):
    """Each condition in words; a press takes it away."""
    chips = [
        (column, words(page, column, values), _with(page.choice, column, ())) for column, values in page.wanted.where
    ]
    if page.wanted.customer_set:
        chips.append(
            (
                "set",
                formats.labelled(page.tr("frame.set"), plain(page.wanted.customer_set), page.language),
                page.choice.but(customer_set=None),
            )
        )
    if not chips:
        return
    with st.container(key="chips", horizontal=True, gap="xsmall"):
        for column, label, without in chips:
            st.button(
                label,
                key=f"chip.{column}",
                icon=":material/close:",
                icon_position="right",
                help=page.tr("frame.take_away"),
                on_click=choice.write,
                args=(without,),
            )
        if len(chips) > 1:
            nobody = page.choice.but(where=(), customer_set=None)
            st.button(page.tr("frame.clear"), type="tertiary", key="frame.clear", on_click=choice.write, args=(nobody,))


def words(page, column: str, values) -> str:
    """One condition as the reader says it, as markdown: "Region: North, South", "did not buy in the window"."""
    if column in snapshot.FACTS:
        facts = (page.tr(f"facts.{column}_{value}") for value in values if value in ("yes", "no"))
        said = formats.listed(facts, language=page.language)
        return said[:1].upper() + said[1:]
    said = formats.listed((value_words(page, column, value) for value in values), language=page.language)
    return plain(formats.labelled(page.column_label(column), said, page.language))


def value_words(page, column: str, value: str) -> str:
    """A value of a column as text: codes of the product in the reader's words, everything else as it is in the file.

    A segment has the company's own name where it has given one, a month that of the calendar."""
    if column in SEGMENTS and value in page.rules.segment_names:
        return page.rules.segment_names[value]
    if column in first_order.MONTHS and first_order.month(value):
        return formats.month(first_order.month(value), page.language, year=True)
    key = f"{WORDED.get(column)}.{value}"
    return page.tr(key) if page.tr.knows(key) else value
