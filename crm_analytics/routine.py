"""What the program does by itself beside the screens: read the whole database once per opening, keep a verified backup a day."""

import os
import threading
import time
from datetime import timedelta
from pathlib import Path
from weakref import WeakKeyDictionary

import duckdb

from crm_analytics import archive, backup, health
from crm_analytics.database import Database
from crm_analytics.errors import CrmError

DAILY = "daily"
DAY = timedelta(days=1).total_seconds()
MOST_KEPT = 3
MOST_BYTES = 256 << 20  # a larger company is backed up when somebody asks for it: imports wait meanwhile
BETWEEN = 60.0  # seconds between two looks whether a backup is due


class _Watch:
    """One opening of a database: what a full read found, and when it was last looked after."""

    def __init__(self):
        self.damage: str | None = None
        self.is_read = False
        self.looked = 0.0
        self.lock = threading.Lock()


_watches: WeakKeyDictionary[Database, _Watch] = WeakKeyDictionary()
_starting = threading.Lock()


def look_after(database: Database) -> str | None:
    """What is known to be damaged (None: nothing so far). Reading everything and a backup that is due go on beside the caller."""
    with _starting:
        watch = _watches.setdefault(database, _Watch())
        if watch.looked and time.monotonic() - watch.looked < BETWEEN:
            return watch.damage
        watch.looked = time.monotonic()
    threading.Thread(target=_round, args=(database, watch), name="routine").start()
    return watch.damage


def _round(database: Database, watch: _Watch) -> None:
    try:
        with watch.lock:
            if not watch.is_read:
                watch.damage = health.damage(database)
                watch.is_read = True
            if not watch.damage:
                keep_daily(database)
    except duckdb.ConnectionException:
        pass  # the database was closed meanwhile: another took its place


def keep_daily(database: Database) -> Path | CrmError | None:
    """Make a verified backup if the last of a day is older than that, and keep the latest three.

    None: none was due, or $CRM_DAILY_BACKUP is "off"; a refusal (no room) stops nobody.
    """
    try:
        if not _is_due(database):
            return None
        made = backup.keep(database, DAILY)
    except CrmError as refused:
        return refused
    for older in dailies(database.path)[:-MOST_KEPT]:
        older.unlink(missing_ok=True)
    return made


def dailies(path: Path) -> list[Path]:
    """The backups of this kind, by number: the latest last."""
    return sorted(archive.folder_of(path).glob(f"{path.stem}-*-{DAILY}.zip"))


def _is_due(database: Database) -> bool:
    if os.environ.get("CRM_DAILY_BACKUP") == "off" or not backup.is_in_use(database.cursor()):
        return False
    if backup.size(database) > MOST_BYTES:
        return False
    kept = dailies(database.path)
    age = time.time() - kept[-1].stat().st_mtime if kept else DAY
    return not 0 <= age < DAY  # the clock may have been set back
