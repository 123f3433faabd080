"""When the database is gone, damaged or cannot be used: what is wrong, on every screen, and the way back from a backup."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from crm_analytics import database, faults, routine
from crm_analytics.errors import CrmError, DatabaseUnusable
from crm_analytics.ui import safety
from crm_analytics.ui.text import plain


@dataclass
class _Frame:
    """What is left of a page while its database cannot be used."""

    tr: Callable[..., str]

    @property
    def language(self) -> str:
        return self.tr.language

    @property
    def mode(self) -> str:
        return "dark" if st.context.theme.type == "dark" else "light"


def show(tr, refusal: CrmError):
    """Instead of a screen whose database cannot be used: why, and the way back where a backup helps."""
    st.error(plain(refusal.sentence(tr)), icon=":material/error:")
    if refusal.code in faults.UNREADABLE:
        safety.show_restore(_Frame(tr))


def warn_if_lost(tr):
    """On every screen while the database is gone and its kept files are not."""
    path = Path(database.default_path()).expanduser().resolve()
    if database.is_lost(path):
        st.warning(
            plain(tr("safety.lost", path=path.name, files=path.with_suffix(".files").name)),
            icon=":material/folder_off:",
        )


def warn_if_damaged(tr, db: database.Database):
    """On every screen once a full read, which goes on beside the screens, has found damage."""
    found = routine.look_after(db)
    if found:
        refusal = DatabaseUnusable("E_DAMAGED_DATABASE", path=db.path.name, message=found)
        st.error(plain(refusal.sentence(tr)), icon=":material/heart_broken:")
