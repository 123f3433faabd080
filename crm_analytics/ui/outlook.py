"""What an upload brings, what the data cannot answer after it, and which files are not needed."""

from dataclasses import dataclass

import streamlit as st

from crm_analytics import formats
from crm_analytics.importing import Caution, outlook
from crm_analytics.ui import cards
from crm_analytics.ui.text import plain


@dataclass(frozen=True)
class Outlook:
    """The facts of an upload that are still worth saying when its plan is gone."""

    brings: list[str]
    gaps: list[Caution]
    left_out: list


def of(plan) -> Outlook:
    """What is to be said about a plan."""
    return Outlook(
        outlook.brings(plan), outlook.gaps(plan), [file.not_needed for file in plan.files if file.not_needed]
    )


def show(page, seen: Outlook):
    """Left what the files bring, right what stays without an answer and which export it wants."""
    tr = page.tr
    if not seen.brings:
        return
    with cards.card("outlook", height="content"):
        left, right = st.columns(2, gap="large")
        with left:
            cards.heading(tr("data.outlook_title"))
            cards.points(
                formats.labelled(tr(f"tables.{name}"), tr(f"brings.{name}"), page.language) for name in seen.brings
            )
            if seen.left_out:
                cards.heading(tr("data.left_out_title"))
                cards.points(refusal.sentence(tr) for refusal in seen.left_out)
        with right:
            if seen.gaps:
                cards.heading(tr("data.outlook_gaps"))
                cards.points(words(page, "gaps", gap) for gap in seen.gaps)


def remarks(page, told) -> list[str]:
    """What a plan or a receipt keeps and yet needs a word: orders without amount, columns kept by name."""
    return [words(page, "remarks", remark) for remark in outlook.remarks(told)]


def words(page, section: str, said: Caution) -> str:
    """A sentence of the catalogue with its numbers as the reader writes them."""
    params = {name: formats.count(value) if isinstance(value, int) else value for name, value in said.params.items()}
    return page.tr(f"{section}.{said.code}", **params)


def show_remarks(page, told):
    """One quiet line below the numbers of a file."""
    said = remarks(page, told)
    if said:
        st.caption(plain(formats.together(said, page.language)))
