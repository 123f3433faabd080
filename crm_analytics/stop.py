"""Stopping a piece of work from outside: a click, another thread, Ctrl-C. What was begun is rolled back."""

import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from weakref import WeakSet

import duckdb

from crm_analytics.errors import Cancelled

# How far a statement is can be asked for only while the engine counts it for a bar, which nobody draws here.
COUNTS = "set enable_progress_bar = true; set enable_progress_bar_print = false; set progress_bar_time = 0"
AGAIN = 0.05  # seconds between two interruptions: the work may have been between two statements

_in_force: ContextVar["Stop | None"] = ContextVar("stop", default=None)


class Stop:
    """The wish that a piece of work ends before it is done; one object for one piece of work.

    Give it to `plan_import`, `replan` or `apply_plan`; call `request()` from any other thread. The statement that runs is
    interrupted, the work raises Cancelled within moments, its transaction is rolled back and its working files are gone. A
    request that comes after the last moment to turn back (the commit) changes nothing: `request()` says whether it was in time.
    """

    def __init__(self):
        self._asked, self._over = threading.Event(), threading.Event()
        self._lock = threading.RLock()  # a signal may come while it is held
        self._connections: WeakSet[duckdb.DuckDBPyConnection] = WeakSet()
        self._at_work = 0  # pieces of work in force: planning, then importing
        self._interrupter = threading.Thread(target=self._interrupt, daemon=True)

    @property
    def is_requested(self) -> bool:
        """Whether the work was asked to end in time."""
        return self._asked.is_set()

    def request(self) -> bool:
        """Ask the work to end. False: it is done already, or past the moment to turn back."""
        with self._lock:
            if self._over.is_set() or self._asked.is_set():
                return self._asked.is_set()
            self._asked.set()
            self._interrupter.start()
        return True

    @property
    def statement_done(self) -> float:
        """How much of the statement under way is done, from 0 to 1; 0 where there is none or the engine cannot tell."""
        with self._lock:
            connections = list(self._connections)
        return max([0.0, *map(_done, connections)])

    def watch(self, con) -> None:
        """Interrupt this connection too when the time comes, and see how far its statements are."""
        self.check()
        con.execute(COUNTS)
        with self._lock:
            self._connections.add(con)

    def release(self, con) -> None:
        """Interrupt this connection no more: what it does now is done whole."""
        with self._lock:
            self._connections.discard(con)

    def check(self) -> None:
        """Raise Cancelled where the work was asked to end."""
        if self._asked.is_set():
            raise Cancelled("E_CANCELLED")

    def no_way_back(self) -> None:
        """The last moment: raise Cancelled if it was asked for, else no request is heard any more."""
        with self._lock:
            self.check()
            self._over.set()

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """All that this thread does inside can be stopped, and raises Cancelled when it is."""
        token = _in_force.set(self)
        with self._lock:
            self._at_work += 1
        try:
            self.check()
            yield
        except duckdb.Error:
            self.check()  # the statement ended because it was interrupted
            raise
        finally:
            _in_force.reset(token)
            with self._lock:
                self._at_work -= 1
            if self.is_requested and not self._at_work:
                self._interrupter.join()  # nothing is interrupted that comes later

    @contextmanager
    def on_ctrl_c(self) -> Iterator[None]:
        """Ctrl-C asks for it, where this thread is the one that hears it; the second time it does not ask."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def heard(*_) -> None:
            if self.is_requested:
                raise KeyboardInterrupt
            self.request()

        before = signal.signal(signal.SIGINT, heard)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before or signal.SIG_DFL)

    def _interrupt(self) -> None:
        while not self._over.wait(AGAIN):
            with self._lock:
                if not self._at_work:
                    return
                for con in list(self._connections):
                    try:
                        con.interrupt()
                    except duckdb.Error:
                        pass  # closed meanwhile


def _done(con) -> float:
    try:
        return con.query_progress() / 100
    except duckdb.Error:
        return 0.0  # closed meanwhile


@contextmanager
def unheard() -> Iterator[None]:
    """What is done whole although the work was asked to end: clearing up after it."""
    token = _in_force.set(None)
    try:
        yield
    finally:
        _in_force.reset(token)


def obeying(stop: Stop | None) -> AbstractContextManager[None]:
    """Work that this object can stop; without one, what is in force already."""
    current = stop or _in_force.get()
    return current.in_force() if current else nullcontext()


def check() -> None:
    """A moment at which long work in this thread may be stopped. Raises Cancelled."""
    current = _in_force.get()
    if current:
        current.check()


def watch(con) -> None:
    """A connection that work in this thread has opened."""
    current = _in_force.get()
    if current:
        current.watch(con)


def release(con) -> None:
    """A connection that is not interrupted any more: it commits, or takes back what was begun."""
    current = _in_force.get()
    if current:
        current.release(con)


def no_way_back() -> None:
    """What comes now is done whole: raise Cancelled if the work was asked to end, else no request is heard any more."""
    current = _in_force.get()
    if current:
        current.no_way_back()
