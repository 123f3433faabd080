"""The one DuckDB file: the only `duckdb.connect`, the locked configuration, the writer lock, the migrations."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import duckdb

from crm_analytics import derived, faults, layout, note, stop
from crm_analytics.errors import DatabaseUnusable
from crm_analytics.layout import SCHEMA_VERSION

DEFAULT_PATH = Path("data/crm.duckdb")
FAILURES = (duckdb.IOException, duckdb.SerializationException, duckdb.FatalException, duckdb.InternalException, OSError)
PATIENCE = 60.0  # seconds that closing waits for those who still read
PROGRESS = ["enable_progress_bar", "enable_progress_bar_print", "progress_bar_time"]  # not locked, see `stop.COUNTS`
GIVES_BACK = {"allocator_background_threads": "true"}  # unused memory, within seconds and not at the next query
WAITED = 0.1  # seconds that a writer waits before it looks whether it should go on waiting


class Database:
    """One open database file. Use `cursor()` for a reader's call, `writing()` for a change."""

    def __init__(self, path: Path):
        self.path = path
        self.files = path.with_suffix(".files")  # raw uploads by their sha256, and working space; see `folder`
        self._writer, self._handing_out = threading.RLock(), threading.RLock()
        self._con = _connect(path, self.files)
        self._is_down = (
            False  # the engine has given up, on a disk that was full for instance; the next call starts it again
        )

    def folder(self, name: str) -> Path:
        """A working folder beside the database: raw, staging."""
        folder = self.files / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own for one call; readers see the state before a running import."""
        if self._is_down:
            self._start_again()
        with self._handing_out:  # the engine refuses two calls of one connection at once
            con = self._con.cursor()
        stop.watch(con)
        return con

    def _start_again(self) -> None:
        """Open the file again. What was committed is there, what was not is not; working files stay, somebody needs them."""
        with _opening:
            if self._is_down:
                self._con.close()
                self._con = _connect(self.path, self.files, is_first=False)
                self._is_down = False

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A transaction under the writer lock: all of it or none of it. Waiting for the lock can be stopped, a commit cannot.

        Raises CrmError E_DISK_FULL, E_MEMORY, E_NOT_ALLOWED, E_DAMAGED_DATABASE where the system or the engine says so.
        """
        while not self._writer.acquire(timeout=WAITED):
            stop.check()
        try:
            with faults.told(self.path):
                yield from self._transaction()
        finally:
            self._writer.release()

    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        con, version = self.cursor(), 0
        try:
            con.execute("begin")
            yield con
            stop.check()
            stop.release(con)
            version = data_version(con)
            con.execute("commit")
            note.write(self.files, data_version(con))
        except duckdb.FatalException:
            self._is_down = True
            con.close()
            if not version or data_version(self.cursor()) != version:
                raise
            # else all of it is in the file, and only the engine's tidying up after it failed
        except BaseException:
            _roll_back(con)
            raise
        finally:
            con.close()

    def close(self) -> None:
        """Close it once nobody reads any more: the engine refuses while a call runs, such as the full read beside the screens."""
        _open.pop(self.path, None)
        end = time.monotonic() + PATIENCE
        with self._handing_out:
            while True:
                try:
                    return self._con.close()
                except duckdb.ResourceInUseException:
                    if time.monotonic() > end:
                        raise
                    time.sleep(WAITED)


_open: dict[Path, Database] = {}
_opening = threading.Lock()


def default_path() -> Path:
    """$CRM_DB, else data/crm.duckdb below the working folder."""
    return Path(os.environ.get("CRM_DB") or DEFAULT_PATH)


def open_database(path: Path | str | None = None) -> Database:
    """The database of this process at `path`, created where there is none. Raises DatabaseBusy, DatabaseUnusable."""
    full = Path(path or default_path()).expanduser().resolve()
    with _opening:
        if full in _open and not full.exists():  # deleted under the program: what it still writes would be gone with it
            _open[full].close()
        if full not in _open:
            _open[full] = Database(full)
        return _open[full]


def is_lost(path: Path) -> bool:
    """Whether there was a database at `path` and is none now: its log, a note or files that were imported into it are there."""
    files = path.with_suffix(".files")
    left = (path.with_name(path.name + ".wal").exists(), (files / note.NAME).exists(), any(files.glob("raw/*")))
    return not path.exists() and any(left)


def data_version(con) -> int:
    """A number that grows with every import, undo and change of rules; the key of everything derived."""
    return con.execute("select value from meta where name = 'data_version'").fetchone()[0]


def bump_data_version(con) -> None:
    """Say that something a number may depend on has changed."""
    con.execute("update meta set value = value + 1 where name = 'data_version'")


def settle(folder: Path) -> None:
    """A new name is on disk too."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def quoted(identifier: str) -> str:
    """A column or table name of the schema as SQL; never for text from a file."""
    return '"' + identifier.replace('"', '""') + '"'


def checksums(con) -> dict[str, tuple[int, int]]:
    """Rows and an order-free checksum of every table's data; the history of imports and the counters apart."""
    tables = con.execute(
        "select table_name from duckdb_tables() where database_name = current_database() and not temporary "
        "and table_name not in ('meta', 'imports') order by 1"
    ).fetchall()
    return {
        name: con.execute(f"select count(*), coalesce(sum(hash(t)), 0) from {quoted(name)} t").fetchone()
        for (name,) in tables
    }


def _connect(path: Path, files: Path, *, is_first: bool = True):
    if is_lost(path):  # a new, empty one in its place would say that there never was another
        raise DatabaseUnusable("E_LOST", path=path.name, files=files.name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _create(path)
        con = duckdb.connect(str(path), config={"memory_limit": faults.memory_limit(), **GIVES_BACK})
    except (duckdb.Error, OSError) as error:
        raise faults.why_it_does_not_open(error, path) from None
    try:
        if is_first:
            _clear(path, files)
        _migrate(con, path)
        _lock_down(con, files)
        if is_first:
            _check_note(con, path, files)
            _drop_orphans(con, files / "raw")
    except (duckdb.Error, OSError) as error:
        con.close()  # a file that was cut off or overwritten may open and fail at the first table
        if isinstance(error, FAILURES) or faults.is_damage(error):
            raise faults.why_it_does_not_open(error, path) from None
        raise
    except BaseException:
        con.close()
        raise
    return con


def _create(path: Path) -> None:
    """A new database under another name, which gets its own when it is whole: what is killed meanwhile leaves none."""
    new = path.with_name(f".{path.name}.new")
    for old in (new, new.with_name(new.name + ".wal")):
        old.unlink(missing_ok=True)
    con = duckdb.connect(str(new))
    try:
        _migrate(con, new)
    finally:
        con.close()
    os.replace(new, path)
    settle(path.parent)


def _clear(path: Path, files: Path) -> None:
    """Working files of a process that was killed are of no use to the next, nor is the backup it was writing."""
    for folder in ("staging", "incoming"):
        shutil.rmtree(files / folder, ignore_errors=True)
    note.clear(files)
    for part in (path.parent / "backups").glob(f".{path.stem}-*.part"):
        part.unlink(missing_ok=True)


def _drop_orphans(con, folder: Path) -> None:
    """Kept files that no import names: their import was cut off before it was done."""
    known = {sha256 for (sha256,) in con.execute("select sha256 from imports").fetchall()}
    for path in folder.glob("*") if folder.exists() else ():
        if path.name not in known:
            path.unlink(missing_ok=True)


def _check_note(con, path: Path, files: Path) -> None:
    """Refuse a database that has not come as far as it was: its log was deleted, or an older file lies in its place."""
    if data_version(con) < note.read(files):
        raise DatabaseUnusable("E_BEHIND", path=path.name, log=f"{path.name}.wal", note=f"{files.name}/{note.NAME}")


def _lock_down(con, files: Path) -> None:
    """Queries reach the database and its own folder, nothing else, and cannot change that."""
    files.mkdir(parents=True, exist_ok=True)
    con.execute("set enable_progress_bar = false")  # it would draw among the JSON of the command line
    con.execute("set allowed_configs = $names", {"names": PROGRESS})
    con.execute("attach ':memory:' as cache (compress)")
    con.execute(f"create view cache.opening as select '{uuid4().hex}' as id")  # no two openings of a file are one
    con.execute("set temp_directory = $folder", {"folder": str(files / "spill")})
    con.execute("set allowed_directories = [$folder]", {"folder": str(files)})
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")


def _migrate(con, path: Path) -> None:
    """Bring the file to this version, all of it or nothing."""
    version = _schema_version(con)
    if version > SCHEMA_VERSION:
        raise DatabaseUnusable("E_NEWER", path=path.name, found=version, known=SCHEMA_VERSION)
    if version == SCHEMA_VERSION:
        return
    if version:
        _keep_older(con, path, version)
    con.execute("begin")
    layout.build(con, version)
    derived.rebuild(con)
    con.execute("commit")


def _keep_older(con, path: Path, version: int) -> None:
    """The file as the older program can still open it, whole or not at all; without it there is no upgrade.

    Written by the engine: were Python to open and close its file, the lock that keeps other processes out would be gone.
    """
    kept = path.parent / "backups" / f"{path.stem}-schema-{version}.duckdb"
    part = kept.with_suffix(".part")
    kept.parent.mkdir(exist_ok=True)
    part.unlink(missing_ok=True)
    con.execute("attach $part as older", {"part": str(part)})
    con.execute(f"copy from database {quoted(con.execute('select current_database()').fetchone()[0])} to older")
    con.execute("detach older")
    os.replace(part, kept)


def _schema_version(con) -> int:
    known = con.execute("select count(*) from duckdb_tables() where table_name = 'meta'").fetchone()[0]
    return con.execute("select value from meta where name = 'schema_version'").fetchone()[0] if known else 0


def _roll_back(con) -> None:
    stop.release(con)
    try:
        con.execute("rollback")
    except (duckdb.TransactionException, duckdb.FatalException):
        pass  # the failing statement has already ended the transaction, or all of them
