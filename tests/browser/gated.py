"""The app as Streamlit serves it; only that an import waits, rows stored and nothing committed, as long as a gate is shut.

The gate is a file beside the database. So a test can look at an import that runs, however fast the machine is.
"""

import time
from pathlib import Path

from streamlit.web.cli import main

from crm_analytics import derived, stop
from crm_analytics.database import default_path


def gate(folder: Path) -> Path:
    """The gate of the company in this folder: shut while the file exists."""
    return folder / "gate"


rebuild = derived.rebuild


def wait_and_rebuild(*arguments, **named):
    while gate(Path(default_path()).parent).exists():
        stop.check()
        time.sleep(0.02)
    return rebuild(*arguments, **named)


if __name__ == "__main__":
    derived.rebuild = wait_and_rebuild
    main(prog_name="streamlit")
