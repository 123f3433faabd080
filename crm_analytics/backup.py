"""Nothing is lost: one file that holds the whole company, verified as it is made; the way back from it; starting over.

A backup is a ZIP whose members are stored as they are: the database, the kept uploads by their sha256, and a manifest of
what each must be. Stored members cannot grow when they are read, so a backup that unpacks to more than it is, is none.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from crm_analytics import archive, derived, faults, health, state, stop
from crm_analytics.archive import DATA, Manifest, look, next_place, set_aside
from crm_analytics.database import Database, bump_data_version, checksums, data_version, is_lost, open_database, quoted
from crm_analytics.errors import CrmError, DatabaseUnusable
from crm_analytics.schema import TABLES

REPLACED = tuple(f"replaced_{table}" for table in TABLES)
IMPORTED = (
    *TABLES,
    *REPLACED,
    "imports",
    "quarantine",
    "skipped",
    "customer_attributes",
)  # all else is what people made
COUNTERS = "select name, value from meta where name <> 'schema_version'"


@dataclass(frozen=True)
class Restored:
    """What was restored, and where the state before it is kept (None: there was nothing to keep)."""

    manifest: Manifest
    aside: Path | None


def backup(database: Database, target: Path | str) -> Path:
    """Write the whole company into one file and read it back before it gets its name. Imports wait meanwhile, readers do not.

    Raises CrmError E_BACKUP_TARGET where another kind of file has that name, E_BACKUP_SPACE, E_BACKUP_FAILED.
    """
    target = Path(target).expanduser()
    if target.exists() and not archive.is_backup(target):
        raise CrmError("E_BACKUP_TARGET", file=target.name)
    part = target.with_name(f".{target.name}.part")
    with (
        _refused("E_BACKUP_FAILED", target),
        _workshop(database.folder("staging")) as folder,
        database.writing() as con,
    ):
        kept = _kept_uploads(con, database)
        _room(folder, 2 * database.path.stat().st_size)
        _copy(database, folder / DATA)
        target.parent.mkdir(parents=True, exist_ok=True)
        _room(target.parent, sum(path.stat().st_size for path in (folder / DATA, *kept.values())))
        try:
            archive.write(part, _facts(con), {DATA: folder / DATA, **kept})
            (folder / DATA).unlink()
            _read_back(part, folder)
            archive.give_name(part, target)
        finally:
            part.unlink(missing_ok=True)
    return target


def restore(path: Path | str, source: Path | str) -> Restored:
    """Put the company of a backup in place of the one at `path`, whose present state is kept aside first.

    The present state goes on until the new one is complete and verified; what is derived or remembered of either is never
    mixed, because data_version rises beyond both. Raises CrmError E_BACKUP_… and nothing has changed.
    """
    path, source = Path(path).expanduser().resolve(), Path(source).expanduser()
    manifest = look(source)
    database = _present(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        _refused("E_RESTORE_FAILED", source),
        _workshop(database.folder("staging") if database else path.parent) as folder,
    ):
        _room(folder, 3 * sum(size for size, _ in manifest.members.values()))
        archive.extract(source, manifest, folder)
        sums = _verified(folder / DATA, manifest, source.name)
        if database is None:
            aside = set_aside(path)
            database = open_database(path)
        elif not _is_readable(database):
            database.close()
            aside = set_aside(path)
            database = open_database(path)
        else:
            aside = _kept_aside(database, "before-restore")
        with database.writing():  # nobody changes anything between the two
            _take_uploads(database, folder, manifest)
            _replace(database, folder / DATA, sums)
    return Restored(manifest, aside)


def start_over(database: Database, *, keep_rules: bool = False) -> Path:
    """Empty the company: every import, or (unless `keep_rules`) everything that people made as well.

    Returns the verified backup of what was there, made before anything is emptied.
    """
    with database.writing():  # nobody imports between the backup and the emptying
        aside = _kept_aside(database, "before-start-over")
        with _refused("E_RESTORE_FAILED", database.path), _workshop(database.folder("staging")) as folder:
            if keep_rules:
                _empty_imported(database)
            else:
                open_database(folder / DATA).close()
                _replace(database, folder / DATA, emptied=True)
    return aside


def is_in_use(con) -> bool:
    """Whether anything was imported or decided since the database was new or was emptied."""
    counters = dict(con.execute(COUNTERS).fetchall())
    return counters["data_version"] > counters.get("emptied", 0)


def size(database: Database) -> int:
    """About how many bytes a backup would have."""
    con = database.cursor()
    return database.path.stat().st_size + sum(path.stat().st_size for path in _kept_uploads(con, database).values())


def keep(database: Database, why: str = "backup") -> Path:
    """A backup beside the database, under the next number."""
    with database.writing():
        return _kept_aside(database, why)


@contextmanager
def _refused(code: str, file: Path) -> Iterator[None]:
    """What the disk or the engine says becomes a sentence."""
    try:
        yield
    except (OSError, duckdb.Error) as error:
        stop.check()
        message = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise CrmError(code, file=file.name, message=message) from None


@contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """A folder of its own for one piece of work."""
    with TemporaryDirectory(dir=folder, prefix=".backup-") as made:
        yield Path(made)


def _room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise CrmError("E_BACKUP_SPACE", folder=folder, needed=-(-needed // 10**6), free=free // 10**6)


def _kept_uploads(con, database: Database) -> dict[str, Path]:
    """The bytes of every import in the history, by their name in the backup."""
    known = con.execute("select distinct sha256 from imports order by 1").fetchall()
    paths = {archive.RAW + sha256: database.folder("raw") / sha256 for (sha256,) in known}
    return {name: path for name, path in paths.items() if path.exists()}


def _copy(database: Database, place: Path) -> None:
    """Every committed row in a file of its own. By the engine: to read its own file, Python would have to open and close it,
    and closing lets go of the lock that keeps other processes out."""
    con = database.cursor()
    con.execute("attach $place as crm_backup", {"place": str(place)})
    try:
        (name,) = con.execute("select current_database()").fetchone()
        con.execute(f"copy from database {quoted(name)} to crm_backup")
    finally:
        con.execute("detach crm_backup")
        con.close()


def _facts(con) -> dict:
    """The manifest but for the members."""
    return {
        "company": state.rules(con).company_name,
        "taken_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "last_day": con.execute("select coalesce(max(day)::varchar, '') from company_days where orders > 0").fetchone()[
            0
        ],
        "data_version": data_version(con),
        "tables": checksums(con),
    }


def _read_back(part: Path, folder: Path) -> None:
    """The file that was just written opens, and every table in it is the one that was to be kept."""
    manifest = look(part)
    archive.extract(part, manifest, folder, only=DATA)
    _verified(folder / DATA, manifest, part.name)


def _verified(file: Path, manifest: Manifest, name: str) -> dict[str, tuple[int, int]]:
    """Open an extracted database (an older one is brought to this version) and compare it with its manifest. Returns its sums."""
    try:
        database = open_database(file)
        try:
            sums = checksums(database.cursor())
        finally:
            database.close()
    except (duckdb.Error, DatabaseUnusable):
        stop.check()
        raise CrmError("E_BACKUP_DAMAGED", file=name, member=DATA) from None
    for table, (rows, checksum) in manifest.tables.items():
        found = sums.get(table)
        if (
            found
            and table not in derived.ORDER
            and (found[0] != rows or manifest.is_of_this_engine and found[1] != checksum)
        ):
            raise CrmError("E_BACKUP_DAMAGED", file=name, member=f"{DATA}: {table}")
    return {table: found for table, found in sums.items() if table not in derived.ORDER}


def _present(path: Path) -> Database | None:
    """The database in place; None where there is none that opens. One that another process holds, or a newer one, is refused."""
    if is_lost(path):
        return None
    try:
        return open_database(path)
    except DatabaseUnusable as refusal:
        if refusal.code not in faults.UNREADABLE:
            raise
        return None


def _is_readable(database: Database) -> bool:
    return all(row.is_sound for row in health.check(database.cursor()).itertuples() if row.check.startswith("table "))


def _kept_aside(database: Database, why: str) -> Path | None:
    if not is_in_use(database.cursor()):
        return None
    place = next_place(database.path, why)
    return backup(database, place.with_name(f"{place.name}.zip"))


def _take_uploads(database: Database, folder: Path, manifest: Manifest) -> None:
    """The kept uploads of the backup, before the imports that name them."""
    for name in manifest.members:
        if name != DATA:
            os.replace(folder / Path(name).name, database.folder("raw") / Path(name).name)


def _replace(database: Database, file: Path, sums: dict | None = None, *, emptied: bool = False) -> None:
    """One transaction: every row of the database becomes that of `file`. Readers see the old rows until it is done."""
    place = database.folder("staging") / "restored.duckdb"
    os.replace(file, place)
    outside = database.cursor()
    outside.execute("attach $place as crm_restored (read_only)", {"place": str(place)})
    try:
        with database.writing() as con:
            counters = _counters(con, emptied)
            for name in _stored(con):
                con.execute(f"delete from {quoted(name)}")
                con.execute(f"insert into {quoted(name)} by name select * from crm_restored.main.{quoted(name)}")
            derived.rebuild(con)
            for name, value in counters.items():
                con.execute("insert or replace into meta values ($name, $value)", {"name": name, "value": value})
            if sums and any(found != sums[name] for name, found in checksums(con).items() if name in sums):
                raise CrmError("E_RESTORE_FAILED", file=file.name, message="checksum")
    finally:
        outside.execute("detach crm_restored")
        outside.close()
        place.unlink(missing_ok=True)


def _stored(con) -> list[str]:
    """The tables that are not derived from others; the counters have rules of their own."""
    tables = con.execute(
        "select table_name from duckdb_tables() where database_name = current_database() and not temporary order by 1"
    ).fetchall()
    return [name for (name,) in tables if name not in {"meta", *derived.ORDER}]


def _counters(con, emptied: bool) -> dict[str, int]:
    """Counters never fall back: what is remembered by data_version, and a noted import number, keep their meaning."""
    counters = dict(con.execute(COUNTERS).fetchall())
    for name, value in con.execute(COUNTERS.replace("meta", "crm_restored.main.meta")).fetchall():
        counters[name] = max(value, counters.get(name, value))
    counters["data_version"] += 1
    return counters | ({"emptied": counters["data_version"]} if emptied else {})


def _empty_imported(database: Database) -> None:
    with database.writing() as con:
        for name in IMPORTED:
            con.execute(f"delete from {quoted(name)}")
        derived.rebuild(con)
        bump_data_version(con)
