"""What a file says against what is here: newer versions of lines, or other lines with the same numbers."""

import streamlit as st

from crm_analytics import formats
from crm_analytics.ui import cards
from crm_analytics.ui.text import plain

CHOICES = ("latest", "both")


def ask_conflicts(page, session, file, question, number: int):
    """Whether orders with numbers that are here are newer versions of them, or other orders."""
    tr = page.tr
    with cards.card(f"question-{number}", tr("data.question_title"), height="content"):
        st.markdown(plain(tr("questions.conflicts", n=formats.count(question.params["n"]))))
        answer = st.radio(
            tr("data.question_title"),
            CHOICES,
            index=None,
            format_func=lambda choice: tr(f"data.choice_{choice}"),
            label_visibility="collapsed",
            key=f"answer-{file.sha256}-{question.code}-{number}",
        )
        if answer:
            session.correct(file, conflicts=answer)
