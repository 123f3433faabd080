"""What people decide about customers: saved sets, "do not rank", merges. Each can be taken back; every number follows."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from crm_analytics import formats, state
from crm_analytics.errors import CrmError
from crm_analytics.ui import cards
from crm_analytics.ui.text import plain

SHOWN = 12  # rows of a card
WIDE = 400  # pixels of a popover


def _done(page, change: Callable[[], object], said: str):
    """Make a change; the page starts again with the new numbers, or says in one sentence why not."""
    try:
        with st.spinner(page.tr("customers.working")):
            change()
    except CrmError as refusal:
        st.error(plain(refusal.sentence(page.tr)), icon=":material/error:")
        return
    st.toast(said, icon=":material/check:")
    st.rerun()


def save_as_set(page, key: str, ids: Callable[[], list[str]], n: int, label: str):
    """A popover that keeps customers under a name; `ids` is asked for them when the reader saves."""
    tr = page.tr
    with st.popover(label, icon=":material/bookmark_add:", key=f"{key}.set"), st.container(width=WIDE):
        st.markdown(tr("customers.set_about", n=formats.count(n)))
        with st.form(f"{key}.set_form", border=False):
            name = st.text_input(tr("customers.set_name"), max_chars=100, key=f"{key}.set_name").strip()
            if st.form_submit_button(tr("customers.set_save"), type="primary", key=f"{key}.set_save"):
                said = tr("customers.set_saved", name=plain(name), n=formats.count(n))
                _done(page, lambda: state.save_customer_set(page.db, name, ids()), said)


def add_to_set(page, key: str, id: str):
    """A popover that puts one customer into a saved set, or starts a new one."""
    tr = page.tr
    with (
        st.popover(tr("customers.save_picked"), icon=":material/bookmark_add:", key=f"{key}.set"),
        st.container(width=WIDE),
        st.form(f"{key}.set_form", border=False),
    ):
        name = st.selectbox(
            tr("customers.set_name"),
            page.customer_sets,
            index=None,
            accept_new_options=True,
            placeholder=tr("customers.set_or_new"),
            key=f"{key}.set_name",
        )
        if st.form_submit_button(tr("customers.set_save"), type="primary", key=f"{key}.set_save") and name:
            ids = {*_members(page, name), id}
            said = tr("customers.set_saved", name=plain(name), n=formats.count(len(ids)))
            _done(page, lambda: state.save_customer_set(page.db, name, ids), said)


def _members(page, name: str) -> list[str]:
    found = (
        page.db.cursor().execute("select customer_id from customer_sets where name = $name", {"name": name}).fetchall()
    )
    return [id for (id,) in found]


def do_not_rank(page, key: str, ids: list[str]):
    """A popover that marks customers "do not rank", saying what that means."""
    tr = page.tr
    with (
        st.popover(tr("customers.unrank"), icon=":material/person_off:", key=f"{key}.unrank"),
        st.container(width=WIDE),
    ):
        st.markdown(tr("customers.unrank_about"))
        with st.form(f"{key}.unrank_form", border=False):
            reason = st.text_input(
                tr("customers.reason"), placeholder=tr("customers.reason_hint"), max_chars=200, key=f"{key}.reason"
            )
            if st.form_submit_button(tr("customers.unrank_n", n=len(ids)), type="primary", key=f"{key}.unrank_save"):
                said = tr("customers.unranked_done", n=len(ids))
                _done(page, lambda: state.set_ranked(page.db, ids, False, reason), said)


def rank_again(page, key: str, id: str):
    """A button that takes the mark away."""
    if st.button(page.tr("customers.rank_again"), icon=":material/undo:", key=f"{key}.rank"):
        _done(page, lambda: state.set_ranked(page.db, [id], True), page.tr("customers.ranked_again"))


def merge_two(page, key: str, people: dict[str, str]):
    """A popover that joins two customers; `people`: their words by number. The reader says which number stays."""
    tr, (first, second) = page.tr, people
    with st.popover(tr("customers.merge"), icon=":material/merge:", key=f"{key}.merge"), st.container(width=WIDE):
        st.markdown(tr("customers.merge_about"))
        with st.form(f"{key}.merge_form", border=False):
            stays = st.radio(tr("customers.merge_stays"), list(people), format_func=people.get, key=f"{key}.stays")
            if st.form_submit_button(tr("customers.merge_do"), type="primary", key=f"{key}.merge_save"):
                _merge(page, second if stays == first else first, stays)


def merge_with(page, key: str, id: str):
    """A popover that joins this customer and another one, named by number."""
    tr = page.tr
    with st.popover(tr("customers.merge_with"), icon=":material/merge:", key=f"{key}.merge"), st.container(width=WIDE):
        st.markdown(tr("customers.merge_about"))
        with st.form(f"{key}.merge_form", border=False):
            other = st.text_input(tr("customers.merge_other"), key=f"{key}.other").strip()
            stays = st.radio(
                tr("customers.merge_stays"),
                ["this", "other"],
                format_func=lambda which: tr(f"customers.stays_{which}", id=plain(id)),
                key=f"{key}.stays",
            )
            if st.form_submit_button(tr("customers.merge_do"), type="primary", key=f"{key}.merge_save") and other:
                _merge(page, *((other, id) if stays == "this" else (id, other)))


def _merge(page, gone: str, stays: str):
    said = page.tr("customers.merged_done", gone=plain(gone), stays=plain(stays))
    _done(page, lambda: state.merge_customers(page.db, gone, stays), said)


def part(page, key: str, number: str):
    """A button that lets a merged number stand for itself again."""
    label = page.tr("customers.part_number", id=plain(number))
    if st.button(label, icon=":material/undo:", type="tertiary", key=f"{key}.{number}"):
        _done(page, lambda: state.unmerge_customer(page.db, number), page.tr("customers.parted", id=plain(number)))


def merged_by_hand(page, numbers: list[str]) -> list[str]:
    """Those of a customer's numbers that somebody has merged and may part again."""
    by_hand = set(state.merges(page.db.cursor()).customer_id)
    return [number for number in numbers if number in by_hand]


def show_sets(page):
    """Card: the saved sets, each to open or to forget."""
    tr, sets = page.tr, state.customer_sets(page.db.cursor())
    with cards.card("sets", tr("customers.sets_title"), tr("customers.sets_subtitle")):
        for name, n in _rows(page, sets, ["name", "customers"], "customers.no_sets"):
            with _line(f"set-{name}", name, tr("customers.set_holds", n=formats.count(n))):
                st.page_link(
                    "pages/customers.py",
                    label=tr("customers.open"),
                    icon=":material/filter_list:",
                    query_params=page.choice.but(customer_set=name).query,
                )
                with st.popover(
                    tr("customers.forget"), icon=":material/delete:", type="tertiary", key=f"forget.{name}"
                ):
                    st.markdown(tr("customers.forget_about", name=plain(name)))
                    if st.button(tr("customers.forget_do"), type="primary", key=f"forget-do.{name}"):
                        said = tr("customers.forgotten", name=plain(name))
                        _done(page, lambda name=name: state.delete_customer_set(page.db, name), said)


def unranked(page) -> pd.DataFrame:
    """The customers who are not ranked, newest first."""
    return state.unranked(page.db.cursor())


def show_unranked(page, marked: pd.DataFrame):
    """Card: the customers who are not ranked, with the reason; each can be ranked again."""
    tr = page.tr
    with cards.card("unranked", tr("customers.unranked_title"), tr("customers.unranked_subtitle")):
        for id, name, reason, since in _rows(page, marked, list(marked.columns), "customers.no_unranked"):
            named = " · ".join(part for part in (id, name) if isinstance(part, str))
            detail = " · ".join(filter(None, (reason, formats.day(since, page.language))))
            with _line(f"unranked-{id}", named, detail):
                if st.button(tr("customers.rank_again"), icon=":material/undo:", type="tertiary", key=f"rank.{id}"):
                    _done(page, lambda id=id: state.set_ranked(page.db, [id], True), tr("customers.ranked_again"))


def show_merges(page):
    """Card: numbers joined by hand; each can be parted again."""
    tr, joined = page.tr, state.merges(page.db.cursor())
    with cards.card("merges", tr("customers.merges_title"), tr("customers.merges_subtitle")):
        for gone, stays, at in _rows(page, joined, list(joined.columns), "customers.no_merges"):
            with _line(f"merge-{gone}", f"{gone} → {stays}", formats.day(at, page.language)):
                part(page, "part", gone)


def _rows(page, frame: pd.DataFrame, columns: list[str], nothing: str):
    """The first rows of a card's list; a sentence where there are none, and how many more there are."""
    if frame.empty:
        st.caption(page.tr(nothing))
    yield from frame[columns].head(SHOWN).itertuples(index=False, name=None)
    if len(frame) > SHOWN:
        st.caption(page.tr("customers.more", n=formats.count(len(frame) - SHOWN)))


def _line(key: str, title: str, detail: str):
    """One row of a card: what it is at the left, what can be done at the right."""
    outer = st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key=f"line-{abs(hash(key))}"
    )
    with outer:
        cards.line(title, detail)
    return outer.container(horizontal=True, width="content", gap="small", vertical_alignment="center")
