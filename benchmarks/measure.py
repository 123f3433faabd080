"""One run in a process of its own: how long its parts took, how much memory it held at most, and what it found."""

import multiprocessing
import pickle
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.company import Company

FRESH = multiprocessing.get_context("spawn")  # how a fresh process is made: nothing is in its memory yet


@dataclass(frozen=True)
class Row:
    """One line of the table: what is timed, the run that times it, the row it stands beside, and the aim.

    A run may time several rows. `floor` is the row whose median is 1; `most_times` is the aim in such units, `most_above` the
    aim in megabytes above its memory.
    """

    name: str
    title: str
    run: Callable[[Company, "Stopwatch"], Callable[[], dict]]
    floor: str | None = None
    most_times: float | None = None
    most_seconds: float | None = None
    most_megabytes: float | None = None
    most_above: float | None = None


class Stopwatch:
    """Seconds by the name of a row. What is entered twice adds up."""

    def __init__(self):
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun

    def typical(self, name: str, call: Callable[[], object], times: int = 5) -> None:
        """The median of several calls, after one that is not counted: what a reader of a warm page waits for."""
        call()
        self.seconds[name] = statistics.median(_seconds(call) for _ in range(times))


def _seconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


@dataclass(frozen=True, eq=False)
class Near:
    """A fact that two ways of computing find alike only up to a share `within` of it: what an optimiser stops at."""

    value: float
    within: float

    def __eq__(self, other) -> bool:
        return abs(self.value - other.value) <= self.within * max(abs(self.value), abs(other.value))

    def __str__(self) -> str:
        return f"{self.value:.6g}"


@dataclass(frozen=True, eq=False)
class Own:
    """A fact that is shown with its row and compared with nothing: peers are meant to differ in it."""

    text: str

    def __eq__(self, other) -> bool:
        return True

    def __str__(self) -> str:
        return self.text


@dataclass
class Found:
    """What one run gave: seconds by row, peak memory of its process, and facts that every other run must agree with."""

    seconds: dict[str, float] = field(default_factory=dict)
    megabytes: float = 0.0
    facts: dict = field(default_factory=dict)
    failure: str | None = None


def apart(work: Callable, *arguments) -> Found:
    """`work(*arguments)` in a fresh process. A process that dies says so and stops no other."""
    receiver, sender = FRESH.Pipe(duplex=False)
    process = FRESH.Process(target=_report, args=(sender, pickle.dumps((work, arguments))))
    process.start()
    sender.close()
    try:
        return receiver.recv()
    except EOFError:
        process.join()
        return Found(failure=f"its process ended with code {process.exitcode}")
    finally:
        process.join()


def _report(sender, task: bytes) -> None:
    """Do the task and send what it found."""
    try:
        work, arguments = pickle.loads(task)
        sender.send(work(*arguments))
    except Exception as error:  # noqa: BLE001 - whatever went wrong becomes a line of the table
        sender.send(Found(failure=f"{type(error).__name__}: {error}".splitlines()[0]))


def do(step: Callable[[Company], None], company: Company) -> Found:
    """A step before the measuring."""
    step(company)
    return Found()


def run_once(run: Callable, company: Company) -> Found:
    """One run here and now. Its facts are worked out after its memory was read."""
    shutil.rmtree(company.scratch, ignore_errors=True)
    company.scratch.mkdir(parents=True)
    stopwatch = Stopwatch()
    facts = run(company, stopwatch)
    return Found(stopwatch.seconds, peak_megabytes(), facts())


def peak_megabytes() -> float:
    """The most memory this process has held. Linux counts a parent's memory in ru_maxrss, so its own figure goes first."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(rows: list[Row], company: Company, rounds: int, say: Callable[[str], None]) -> dict[Callable, list[Found]]:
    """Every run that the rows need, once per round and one after the other, so that a slow minute hits all of them."""
    runs = list(dict.fromkeys(row.run for row in rows))
    found: dict[Callable, list[Found]] = {run: [] for run in runs}
    for number in range(1, rounds + 1):
        for run in runs:
            say(f"round {number} of {rounds}: {run.__module__.rpartition('.')[2]}.{run.__name__}")
            found[run].append(apart(run_once, run, company))
    return found


def disagreements(found: dict[Callable, list[Found]]) -> dict[Callable, str]:
    """Runs whose facts differ from the first run that states them. Facts of the same name must be equal in every run."""
    stated: dict[str, object] = {}
    wrong: dict[Callable, str] = {}
    for run, results in found.items():
        for result in results:
            for name, value in result.facts.items():
                if stated.setdefault(name, value) != value:
                    wrong[run] = f"{name} is {_short(value)}, not {_short(stated[name])}"
    return wrong


def _short(value) -> str:
    return text if len(text := str(value)) <= 120 else text[:117] + "..."
