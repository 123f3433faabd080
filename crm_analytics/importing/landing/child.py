"""A process of its own for work on a foreign file: it has limits of time and memory, and it ends when it is stopped.

Whatever a file does to its reader, the process that serves the screens goes on: see decision 019.
"""

import json
import math
import os
import subprocess
import sys
import threading
import time
from importlib import import_module

from crm_analytics import stop
from crm_analytics.errors import ImportRefused

PATIENCE = 4  # times its own seconds a process may take while others have the processor
BETWEEN = 0.02  # seconds between two looks whether it is done
CHILD = "from crm_analytics.importing.landing import child; child.main()"
TOLD, MEMORY_GONE, TIME_GONE = 3, 4, -24  # exit codes: a refusal stands on stdout, see `main`; killed by SIGXCPU


def run(module: str, arguments: list, *, name: str, seconds: float, memory: int) -> None:
    """Call `work(*arguments)` of a module of this package elsewhere, within so many seconds of processor time.

    `memory`: bytes of address space, libraries included. Raises the refusal that the work raises, E_READ_TOO_LONG and
    E_READ_TOO_BIG when it passes a limit, ChildFailed when it breaks down.
    """
    paths = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD],
        env=paths,
        stdin=subprocess.PIPE,  # closed when this process is gone: then the other ends too
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        process.stdin.write(json.dumps([module, arguments, seconds, memory]).encode() + b"\n")
        process.stdin.flush()
        code = _wait(process, PATIENCE * seconds)
    finally:
        process.kill()
        said, complained = process.communicate()
    if code is None or code == TIME_GONE:
        raise ImportRefused("E_READ_TOO_LONG", file=name, seconds=seconds)
    if code == MEMORY_GONE:
        raise ImportRefused("E_READ_TOO_BIG", file=name, megabytes=memory >> 20)
    if code == TOLD:
        refused, params = json.loads(said)
        raise ImportRefused(refused, **params | {"file": name})
    if code:
        raise ChildFailed(f"{module} on {name}: exit code {code}\n{complained.decode('utf-8', 'replace')}")


class ChildFailed(Exception):
    """The other process broke down: the file is not what its kind says, or there is a fault in the program."""


def _wait(process: subprocess.Popen, seconds: float) -> int | None:
    """Its exit code; None when it takes too long. Raises Cancelled."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        stop.check()
        try:
            return process.wait(BETWEEN)
        except subprocess.TimeoutExpired:
            pass
    return None


def main() -> None:
    """What the other process does."""
    module, arguments, seconds, memory = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    work = import_module(module).work
    _limit(seconds, memory)
    try:
        work(*arguments)
    except ImportRefused as refusal:
        print(json.dumps([refusal.code, refusal.params]))
        sys.exit(TOLD)
    except MemoryError:
        sys.exit(MEMORY_GONE)


def _end_with_the_parent() -> None:
    os.read(0, 1)
    os._exit(1)


def _limit(seconds: float, memory: int) -> None:
    try:
        import resource
    except ImportError:
        return  # a system without such limits: the time that is waited for it must do
    most = math.ceil(time.process_time() + seconds)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (most, most + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
