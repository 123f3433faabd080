"""Work that takes a while, in a thread of its own: the screen shows how far it is and can stop it.

The work belongs to the session, not to a run of the script: a rerun, a second click or another screen start nothing twice, and
a browser that is closed leaves it to finish.
"""

import threading
import time
from collections.abc import Callable

import streamlit as st

from crm_analytics import formats
from crm_analytics.errors import Cancelled, CrmError
from crm_analytics.stop import Stop
from crm_analytics.ui import cards

SOON = 0.8  # seconds in which small files are done, so that nothing flickers
PARTS = {"reading": (0.0, 0.5), "checking": (0.5, 1.0)}  # what a step is of the whole, where it tells only of itself
OFTEN = 0.4  # seconds between two looks at how far it is


class Task:
    """One piece of work: `work` gets `progress` and `stop`, as importing wants them; it starts at once."""

    def __init__(self, kind: str, work: Callable, then: Callable):
        self.kind, self.then = (
            kind,
            then,
        )  # `kind`: reading | importing; `then` gets the result, in the screen's own thread
        self.stop = Stop()
        self.step, self._from, self._until, self._shown = "", 0.0, 0.0, 0.0
        self.started = time.monotonic()
        self.refusal: CrmError | None = None
        self._work, self._result, self._fault = work, None, None
        self._thread = threading.Thread(target=self._run, name=f"crm-{kind}", daemon=True)
        self._thread.start()

    def _run(self):
        try:
            self._result = self._work(progress=self._heard, stop=self.stop)
        except CrmError as refusal:
            self.refusal = refusal
        except BaseException as fault:  # noqa: BLE001 - raised again where the screen can show it
            self._fault = fault

    def _heard(self, step: str, share: float):
        begins, ends = PARTS.get(step, (0.0, 1.0))
        self.step, self._from = step, begins + (ends - begins) * share
        self._until = begins + (ends - begins) * getattr(share, "until", share)

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1; it never goes back."""
        at = self._from + (self._until - self._from) * self.stop.statement_done
        self._shown = min(max(self._shown, at), 1.0)
        return self._shown

    @property
    def is_done(self) -> bool:
        """Whether it has ended, in whatever way."""
        return not self._thread.is_alive()

    @property
    def was_stopped(self) -> bool:
        """Whether it ended because somebody asked for it."""
        return isinstance(self.refusal, Cancelled)

    @property
    def seconds(self) -> int:
        """How long it has been at work."""
        return int(time.monotonic() - self.started)

    def wait(self):
        """Give it the moment that small files need."""
        self._thread.join(SOON)

    def finish(self):
        """Raise what went wrong, else do what comes next with the result."""
        if self._fault:
            raise self._fault
        if self.refusal:
            raise self.refusal
        self.then(self._result)


def show(page, task: Task):
    """A bar and the way to stop it, until the work has ended."""

    @st.fragment(run_every=OFTEN)
    def bar():
        if task.is_done:
            st.rerun()
        _show_bar(page, task)

    with cards.card(
        "running", page.tr(f"data.running_{task.kind}"), page.tr(f"data.running_{task.kind}_about"), "content"
    ):
        bar()


def _show_bar(page, task: Task):
    tr = page.tr
    step = tr(f"data.step_{task.step}") if task.step else tr("data.step_begin")
    elapsed = tr("data.running_seconds", n=formats.count(task.seconds))
    st.progress(task.share, tr("data.running_stopping") if task.stop.is_requested else f"{step} · {elapsed}")
    if st.button(tr("data.cancel"), key="stop", icon=":material/stop_circle:", disabled=task.stop.is_requested):
        task.stop.request()
        st.rerun(scope="fragment")
