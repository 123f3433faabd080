"""The reader's work in hand on the Data screen: files that are read, the plan, the import that runs, the receipts."""

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import streamlit as st

from crm_analytics import database, importing
from crm_analytics.errors import CrmError
from crm_analytics.importing.landing import source
from crm_analytics.ui import outlook, uploads
from crm_analytics.ui.running import Task


@dataclass
class Work:
    """What one reader is about to import; lives in the session."""

    paths: list[Path] = field(default_factory=list)
    plan: importing.Plan | None = None
    task: Task | None = None  # what runs: reading or importing
    receipts: list[importing.Receipt] = field(default_factory=list)
    seen: outlook.Outlook | None = None  # what the upload brought, once its plan is gone
    shown: int = 0
    round: int = 0  # a new uploader each time: the old one lets go of its files


class Session:
    """The reader's work in hand, and the one company it goes to: always the reader's own, never the made-up one."""

    def __init__(self, page):
        self.page = page
        self.work: Work = st.session_state.setdefault("import", Work())
        if self.work.task and self.work.task.is_done:
            self._finish()
            st.rerun()  # the company may be another one now

    @property
    def db(self) -> database.Database:
        return database.open_database(database.default_path())

    @property
    def plan(self) -> importing.Plan | None:
        return self.work.plan

    @property
    def task(self) -> Task | None:
        return self.work.task

    @property
    def receipts(self) -> list[importing.Receipt]:
        return self.work.receipts

    @property
    def is_free(self) -> bool:
        """Nothing is read, planned, running or just done."""
        return not (self.task or self.plan or self.receipts)

    def shown_file(self) -> importing.FilePlan:
        """The file that the reader looks at: the choice of this very click, made in a box drawn further down."""
        chosen = st.session_state.get("which-file", self.work.shown)
        return self.plan.files[min(chosen, len(self.plan.files) - 1)]

    def read(self, paths: list[Path]):
        """Plan the import of these files; nothing in the database changes.  The page starts again."""
        self.work.paths = paths
        self._start("reading", partial(importing.plan_import, self.db, paths), self._planned)

    def _planned(self, plan: importing.Plan):
        waiting = (number for number, file in enumerate(plan.files) if file.refused or file.questions)
        self.work.plan, self.work.shown = plan, next(waiting, 0)

    def correct(self, file: importing.FilePlan, **changes):
        """Read one file again with a person's corrections; the page starts again."""
        with st.spinner(self.page.tr("data.reading")), refusals():
            self.work.plan = importing.replan(self.db, self.plan, file, replace(file.options, **changes))
        st.rerun()

    def rescope(self, file: importing.FilePlan, scope: str):
        """Add to, or replace, what is in a file's table: with all files of that table alike; the page starts again."""
        with st.spinner(self.page.tr("data.reading")), refusals():
            for name in [each.name for each in self.plan.taken if each.table == file.table]:
                each = next(each for each in self.plan.files if (each.name, each.table) == (name, file.table))
                self.work.plan = importing.replan(self.db, self.plan, each, replace(each.options, scope=scope))
        st.rerun()

    def leave_out_refused(self):
        """Go on with the files that can be read."""
        kept = [file for file in self.plan.files if not file.refused]
        shared = {file.landing.source for file in kept}  # another sheet of the same workbook
        _discard(
            file for file in self.plan.files if file.refused and file.landing and file.landing.source not in shared
        )
        self.work.plan, self.work.shown = replace(self.plan, files=kept), 0

    def apply(self):
        """Import what is planned, all files or none, once however often it is asked for.  The page starts again."""
        if self.work.task is None and self.work.plan:
            done = partial(self._imported, outlook.of(self.plan))
            self._start("importing", partial(importing.apply_plan, self.db, self.plan), done)

    def _imported(self, seen: outlook.Outlook, receipts: list[importing.Receipt]):
        self.work.receipts, self.work.seen = receipts, seen
        uploads.forget(self.db, self.work.paths)
        self.work.plan = None

    def _start(self, kind: str, work, then):
        self.work.task = Task(kind, work, then)
        self.work.task.wait()
        st.rerun()

    def _finish(self):
        """What comes after the work: the plan, the receipts, or why it is not done."""
        task, self.work.task = self.work.task, None
        with refusals():
            task.finish()
        if task.was_stopped:
            self.work.plan = None  # its working files are gone
            self.drop()

    def drop(self):
        """Forget the work in hand."""
        if self.task:
            self.task.stop.request()
        if self.plan:
            _discard(self.plan.files)
        if self.work.paths:
            uploads.forget(self.db, self.work.paths)
        self.work = st.session_state["import"] = Work(round=self.work.round + 1)


@contextmanager
def refusals():
    """A refusal is kept for the next run of the page, which says it in one sentence."""
    try:
        yield
    except CrmError as refusal:
        st.session_state["import-refused"] = refusal


def _discard(files):
    """Remove the working files of what will not be imported."""
    for file in files:
        if file.landing:
            source.discard(file.landing.source)
