"""A fault at the n-th step of an import, for the tests: a step is a line of the code that writes, in the order in which it runs.

The processes are forks of this one that have opened no database yet, so hundreds of them take minutes and not an hour.
"""

import os
import sys
import traceback
from pathlib import Path

from crm_analytics import importing
from crm_analytics.database import checksums, open_database
from crm_analytics.errors import CrmError

WRITES = {
    "database.py",
    "faults.py",
    "note.py",
    "layout.py",
    "derived.py",
    "touched.py",
    "apply.py",
    "identity.py",
    "incoming.py",
    "attributes.py",
    "source.py",
    "tallies.py",
}
KILLED = 9


def in_a_fork(function, *arguments) -> str:
    """What the function returns there, as text; "killed" where it ended the process; its traceback where it broke down."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            said = str(function(*arguments))
        except BaseException:  # noqa: BLE001 - whatever it is, the test must see it
            said = traceback.format_exc()
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as file:
        said = file.read().decode()
    _, status = os.waitpid(child, 0)
    return "killed" if os.waitstatus_to_exitcode(status) == KILLED else said


def steps_of_an_import(path: Path, export: Path, number: int, fault: str) -> str:
    """Import with a fault at this step: "kill" ends the process, "raise" is a disk that is full. Says how it ended.

    After a disk that was full the state is the one before or the one after, and the same import works in the same process.
    """
    count = 0

    def line(frame, event, _):
        nonlocal count
        if event == "line":
            count += 1
            if count == number:
                if fault == "kill":
                    os._exit(KILLED)
                raise OSError(28, "No space left on device")
        return line

    def call(frame, *_):
        code = frame.f_code.co_filename
        return line if "crm_analytics" in code and os.path.basename(code) in WRITES else None

    database = open_database(path) if fault == "raise" else None
    sys.settrace(call)
    try:
        database = database or open_database(path)
        importing.apply_plan(database, importing.plan_import(database, [export]))
    except (OSError, CrmError):
        sys.settrace(None)
        stands = checksums(database.cursor())["orders"][0]
        again = importing.apply_plan(database, importing.plan_import(database, [export]))[0]
        assert (stands, again.already) in {(0, False), (again.loaded, True)}
        return "refused, then imported"
    finally:
        sys.settrace(None)
    return "through" if count < number else "done although"
