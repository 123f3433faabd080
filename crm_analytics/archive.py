"""The file of a backup: a ZIP of stored members with a manifest, trusted in nothing when it comes back; and where such files lie."""

import hashlib
import json
import os
import re
import zipfile
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path

import duckdb

from crm_analytics import __version__
from crm_analytics.database import settle
from crm_analytics.errors import CrmError
from crm_analytics.layout import SCHEMA_VERSION

FORMAT = 1
MANIFEST, DATA, RAW = "manifest.json", "crm.duckdb", "raw/"
MEMBER = re.compile(r"crm\.duckdb|raw/[0-9a-f]{64}")
MOST_MANIFEST = 16 << 20
BLOCK = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. `tables`: rows and checksum by name; `members`: bytes and sha256 by name; times are UTC."""

    company: str
    taken_at: str
    last_day: str  # of the latest order; empty: no orders
    data_version: int
    tables: dict[str, tuple[int, int]]
    members: dict[str, tuple[int, str]]
    schema_version: int = SCHEMA_VERSION
    product: str = __version__
    engine: str = field(default=duckdb.__version__)
    format: int = FORMAT

    @property
    def is_of_this_engine(self) -> bool:
        """Whether its checksums can be compared: the same engine hashes the same rows in the same columns."""
        return self.engine == duckdb.__version__ and self.schema_version == SCHEMA_VERSION

    def rows(self, tables) -> dict[str, int]:
        """How many rows each of these tables has; those without rows left out."""
        return {name: self.tables[name][0] for name in tables if self.tables.get(name, (0, 0))[0]}


def write(path: Path, facts: dict, files: dict[str, Path]) -> None:
    """Store the files under their names, then the manifest; on disk when this returns."""
    with open(path, "wb") as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            members = {name: _store(archive, name, file) for name, file in files.items()}
            manifest = asdict(Manifest(**facts, members=members))
            archive.writestr(zipfile.ZipInfo(MANIFEST), json.dumps(manifest, ensure_ascii=False, indent=1))
        out.flush()
        os.fsync(out.fileno())


def give_name(part: Path, target: Path) -> None:
    """What was written under another name takes its own; on disk when this returns."""
    os.replace(part, target)
    settle(target.parent)


def is_backup(path: Path) -> bool:
    """Whether a file begins as a backup does."""
    with open(path, "rb") as file:
        head = file.read(64)
    return head.startswith(b"PK\x03\x04") and head[30 : 30 + len(DATA)] == DATA.encode()


def look(path: Path) -> Manifest:
    """What is in a backup, every byte of it compared with its manifest.

    Raises CrmError E_NO_FILE, E_BACKUP_FOREIGN, E_BACKUP_BOMB, E_BACKUP_NEWER, E_BACKUP_DAMAGED.
    """
    if not path.is_file():
        raise CrmError("E_NO_FILE", file=path.name)
    try:
        with zipfile.ZipFile(path) as archive:
            _check_shape(archive, path)
            manifest = _manifest(archive, path)
            for name, (_, sha256) in manifest.members.items():
                if _digest(archive, name) != sha256:
                    raise CrmError("E_BACKUP_DAMAGED", file=path.name, member=name)
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        if is_backup(path):
            raise CrmError("E_BACKUP_DAMAGED", file=path.name, member=str(error) or MANIFEST) from None
        raise CrmError("E_BACKUP_FOREIGN", file=path.name) from None
    return manifest


def extract(path: Path, manifest: Manifest, folder: Path, only: str | None = None) -> None:
    """The members as files in the folder, by the last part of their names; each is compared again while it is written."""
    with zipfile.ZipFile(path) as archive:
        for name, (_, sha256) in manifest.members.items():
            if only in (None, name):
                with open(folder / Path(name).name, "wb") as out:
                    if _digest(archive, name, out) != sha256:
                        raise CrmError("E_BACKUP_DAMAGED", file=path.name, member=name)


def folder_of(path: Path) -> Path:
    """Where the backups are kept that are made before a restore and before starting over, and by the button."""
    return path.parent / "backups"


def next_place(path: Path, why: str) -> Path:
    """The next free name in the folder of backups, without ending; by number, because a clock may be set back."""
    folder = folder_of(path)
    folder.mkdir(parents=True, exist_ok=True)
    taken = [re.match(re.escape(path.stem) + r"-(\d+)-", each.name) for each in folder.iterdir()]
    number = max((int(match[1]) for match in taken if match), default=0) + 1
    return folder / f"{path.stem}-{number:04}-{why}"


def set_aside(path: Path) -> Path | None:
    """Move a database that cannot be used, its log and its kept files out of the way. Returns where the first of them lies now."""
    place, moved = next_place(path, "set-aside"), []
    for each in (path, path.with_suffix(".files"), path.with_name(path.name + ".wal")):
        if each.exists():
            moved.append(place.with_name(place.name + each.name[len(path.stem) :]))
            os.replace(each, moved[-1])
    return moved[0] if moved else None


def _store(archive: zipfile.ZipFile, name: str, path: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as file, archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as out:
        while block := file.read(BLOCK):
            digest.update(block)
            out.write(block)
            size += len(block)
    return size, digest.hexdigest()


def _digest(archive: zipfile.ZipFile, name: str, out=None) -> str:
    digest = hashlib.sha256()
    with archive.open(name) as member:
        while block := member.read(BLOCK):
            digest.update(block)
            if out:
                out.write(block)
    return digest.hexdigest()


def _check_shape(archive: zipfile.ZipFile, path: Path) -> None:
    """Our names, each once, stored as they are; nothing is read of a file that is not so."""
    infos = archive.infolist()
    if sum(info.file_size for info in infos) > path.stat().st_size:
        raise CrmError("E_BACKUP_BOMB", file=path.name)
    names = [info.filename for info in infos]
    is_ours = (
        len(set(names)) == len(names)
        and {MANIFEST, DATA} <= set(names)
        and all(name == MANIFEST or MEMBER.fullmatch(name) for name in names)
        and all(info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1 for info in infos)
        and archive.getinfo(MANIFEST).file_size <= MOST_MANIFEST
    )
    if not is_ours:
        raise CrmError("E_BACKUP_FOREIGN", file=path.name)


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    try:
        found = json.loads(archive.read(MANIFEST))
        if found["format"] > FORMAT or found["schema_version"] > SCHEMA_VERSION:
            raise CrmError("E_BACKUP_NEWER", file=path.name, found=found["product"])
        tables = {str(name): (int(rows), int(checksum)) for name, (rows, checksum) in found["tables"].items()}
        members = {str(name): (int(size), str(sha256)) for name, (size, sha256) in found["members"].items()}
        texts = {name: str(found[name]) for name in ("company", "taken_at", "last_day", "product", "engine")}
        whole = {name: int(found[name]) for name in ("data_version", "schema_version", "format")}
        datetime.fromisoformat(texts["taken_at"]), date.fromisoformat(texts["last_day"] or "2000-01-01")
        manifest = Manifest(**texts, **whole, tables=tables, members=members)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CrmError("E_BACKUP_FOREIGN", file=path.name) from None
    sizes = {info.filename: info.file_size for info in archive.infolist() if info.filename != MANIFEST}
    if sizes != {name: size for name, (size, _) in manifest.members.items()}:
        raise CrmError("E_BACKUP_DAMAGED", file=path.name, member=MANIFEST)
    return manifest
