"""How far a database has come, noted beside it: what was done cannot go unnoticed with the log or the file that held it."""

import json
import os
from pathlib import Path

NAME = "latest.json"


def write(files: Path, version: int) -> None:
    """Note the data version that was just committed. Not synchronised: an older note does no harm."""
    part = files / f"{NAME}.part"
    try:
        part.write_text(json.dumps({"data_version": version}), encoding="utf-8")
        os.replace(part, files / NAME)
    except OSError:
        part.unlink(missing_ok=True)  # what is done is done


def read(files: Path) -> int:
    """The data version that was noted last; 0 where none was, or where the note is damaged, which says nothing of the database."""
    try:
        return int(json.loads((files / NAME).read_text(encoding="utf-8"))["data_version"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def clear(files: Path) -> None:
    """Remove a note that was cut off while it was written."""
    (files / f"{NAME}.part").unlink(missing_ok=True)
