"""What the disk, the system and the engine report, as refusals with a sentence: no room, no memory, not allowed, damaged."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from crm_analytics.errors import CrmError, DatabaseBusy, DatabaseUnusable

MEMORY_LIMIT = "1500MB"  # of the engine; with Python and the file cache the process stays under 2 GB
UNREADABLE = ("E_UNUSABLE", "E_DAMAGED_DATABASE", "E_BEHIND")  # such a database gives way to a backup
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}
NO_ROOM_WORDS = re.compile("No space left|File too large|[Dd]isk quota|max_temp_directory_size|offload")
NOT_ALLOWED_WORDS = re.compile("Permission denied|Read-only file system|Operation not permitted")
DAMAGE_WORDS = re.compile(
    r"[Cc]orrupt|checksum|not a valid DuckDB|[Ff]ailed to (de)?serializ|Could not read (enough|all)|WAL file"
)
LOCK_WORDS = re.compile(r"\b[Ll]ock\b|PID \d+")  # not: in block at location


def memory_limit() -> str:
    """$CRM_MEMORY, else what is set here."""
    return os.environ.get("CRM_MEMORY") or MEMORY_LIMIT


def refusal(error: BaseException, path: Path) -> CrmError | None:
    """The refusal that this error of a piece of work on the database at `path` means; None where it is a fault of ours."""
    words = str(error).splitlines()[0] if str(error) else ""
    number = error.errno if isinstance(error, OSError) else None
    is_engine = isinstance(error, duckdb.Error)
    if number in NO_ROOM or (is_engine and NO_ROOM_WORDS.search(words)):
        return CrmError("E_DISK_FULL", place=path.parent)
    if number in NOT_ALLOWED or (is_engine and NOT_ALLOWED_WORDS.search(words)):
        place = getattr(error, "filename", None) or path
        return DatabaseUnusable("E_NOT_ALLOWED", place=place, message=getattr(error, "strerror", None) or words)
    if isinstance(error, (duckdb.OutOfMemoryException, MemoryError)):
        return CrmError("E_MEMORY", limit=memory_limit())
    if is_engine and is_damage(error):
        return DatabaseUnusable("E_DAMAGED_DATABASE", path=path.name, message=where(words))
    return None


def where(words: str) -> str:
    """What is damaged, in few words: the block, else what the engine says."""
    found = re.search(r"in block at location (\d+)", words)
    return f"block {found[1]}" if found else words


def is_damage(error: duckdb.Error) -> bool:
    """Whether the engine says that the file is not as it was written."""
    return isinstance(error, duckdb.SerializationException) or bool(DAMAGE_WORDS.search(str(error)))


def why_it_does_not_open(error: BaseException, path: Path) -> CrmError:
    """The refusal for a database that cannot be opened, whatever the reason."""
    words = str(error).splitlines()[0] if str(error) else ""
    if isinstance(error, duckdb.Error) and LOCK_WORDS.search(words):
        pid = re.search(r"PID (\d+)", words)
        return DatabaseBusy("E_BUSY", path=path.name, pid=pid.group(1) if pid else "?")
    message = getattr(error, "strerror", None) or words
    return refusal(error, path) or DatabaseUnusable("E_UNUSABLE", path=path.name, message=message)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Such errors inside are raised as their refusals; all others as they are."""
    try:
        yield
    except (duckdb.Error, OSError, MemoryError) as error:
        found = refusal(error, path)
        if found:
            raise found from error
        raise
