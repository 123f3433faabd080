"""A file as it came: what it is by its first bytes, its fingerprint, and its text as UTF-8 in the working folder."""

import codecs
import hashlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

import duckdb

from crm_analytics import stop
from crm_analytics.database import Database, settle
from crm_analytics.errors import CrmError, ImportRefused
from crm_analytics.importing.landing import decode, magic
from crm_analytics.importing.landing import encoding as encodings

BLOCK = 1 << 20  # larger ones are asked of the system anew each time, which takes longer than to read them
ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".gz")


@dataclass(frozen=True)
class Source:
    """One file in the working folder. `text` is UTF-8 without BOM (see `decode`); `raw` holds the very bytes that came."""

    path: Path
    name: str
    size: int
    sha256: str
    raw: Path
    kind: str  # text | xlsx
    text: Path
    encoding: str
    is_encoding_sure: bool = True


_made: ContextVar[list[Path] | None] = ContextVar("made", default=None)


@contextmanager
def or_discarded() -> Iterator[None]:
    """Whatever ends the reading early, the working files of all that was fetched inside go."""
    made: list[Path] = []
    token = _made.set(made)
    try:
        yield
    except BaseException:
        for raw in made:
            _remove(raw)
        raise
    finally:
        _made.reset(token)


def expand(paths: list[Path]) -> list[Path]:
    """Folders become the exports in them, in order of their names."""
    found: list[Path] = []
    for path in map(Path, paths):
        inside = sorted(item for item in path.iterdir() if item.suffix.lower() in ENDINGS) if path.is_dir() else [path]
        if not inside:
            raise ImportRefused("E_EMPTY_FOLDER", folder=path.name, endings=", ".join(ENDINGS))
        found += inside
    return found


def fetch(path: Path, working: Path, encoding: str | None = None) -> Source:
    """Copy a file into the working folder and bring its text to UTF-8. Raises ImportRefused on what is no text or workbook."""
    if not path.is_file():
        raise ImportRefused("E_NO_FILE", file=path.name)
    raw = working / f"{uuid.uuid4().hex}.raw"
    made = _made.get()
    if made is not None:
        made.append(raw)
    try:
        return _fetched(path, raw, encoding)
    except BaseException:
        _remove(raw)
        raise


def _fetched(path: Path, raw: Path, encoding: str | None) -> Source:
    sha256, size = _copy(path, raw)
    if _is_blank(raw):
        raise ImportRefused("E_EMPTY", file=path.name)
    kind, unpacked = magic.unpack(path.name, raw)
    facts = {"path": path, "name": path.name, "size": size, "sha256": sha256, "raw": raw}
    if kind == "xlsx":
        return Source(**facts, kind="xlsx", text=raw, encoding="xlsx")
    if _is_blank(unpacked):
        raise ImportRefused("E_EMPTY", file=path.name)
    guess = encodings.detect(unpacked)
    name, is_sure = encoding or guess.name, bool(encoding) or guess.sure
    is_text = name == "utf-8" and guess.is_proven
    text = unpacked if is_text else decode.to_utf8(unpacked, encodings.CODECS[name])
    return Source(**facts, kind="text", text=text, encoding=name, is_encoding_sure=is_sure)


def _copy(path: Path, raw: Path) -> tuple[str, int]:
    """The fingerprint and size of a file, which is copied meanwhile: a second thread works the fingerprint out."""
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as original, open(raw, "wb") as copy, ThreadPoolExecutor(1) as beside:
        for block in iter(lambda: original.read(BLOCK), b""):
            digested = beside.submit(digest.update, block)
            copy.write(block)
            digested.result()
            size += len(block)
            stop.check()
    return digest.hexdigest(), size


def _is_blank(path: Path) -> bool:
    """Whether a file holds nothing but a byte order mark and blanks."""
    if path.stat().st_size > 4096:
        return False
    content = path.read_bytes()
    for mark in (codecs.BOM_UTF8, codecs.BOM_UTF32_LE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        content = content.removeprefix(mark)
    return not content.strip(b"\0 \t\r\n")


def discard(source: Source) -> None:
    """Remove a source's working files."""
    _remove(source.raw)


def _remove(raw: Path) -> None:
    """Remove what was made of a raw file beside it: unpacked, as UTF-8, as a clean copy."""
    for path in raw.parent.glob(f"{raw.stem}*"):
        path.unlink(missing_ok=True)


@contextmanager
def keeping(database: Database, sources: list[Source]) -> Iterator[Callable[[Source], None]]:
    """Keep the very bytes that came, under their fingerprint and on disk; what was kept for an import that fails goes again.

    That the bytes of all these sources reach the disk is begun at once, beside the import.
    """
    folder, made = database.folder("raw"), []

    def keep(source: Source) -> None:
        kept = folder / source.sha256
        if not kept.exists():
            on_disk[source.raw].result()
            made.append(kept)
            _keep(source.raw, kept)
            settle(folder)

    try:
        with ThreadPoolExecutor(1) as beside:
            on_disk = {raw: beside.submit(_sync, raw) for raw in {source.raw for source in sources}}
            yield keep
    except BaseException:
        if made:
            with stop.unheard():
                _drop(database, made)
        raise


def _drop(database: Database, made: list[Path]) -> None:
    """Remove kept files that no import names; another upload of the same bytes may have been imported meanwhile."""
    try:
        with database.writing() as con:
            known = {sha256 for (sha256,) in con.execute("select sha256 from imports").fetchall()}
            for kept in made:
                if kept.name not in known:
                    kept.unlink(missing_ok=True)
    except (CrmError, duckdb.Error):
        pass  # the database does not answer any more: the next opening removes them


def _keep(raw: Path, kept: Path) -> None:
    """The working copy by another name, or a copy of it where the file system has no links."""
    try:
        kept.hardlink_to(raw)
    except OSError:
        part = kept.with_suffix(".part")
        shutil.copyfile(raw, part)
        _sync(part)
        part.replace(kept)


def _sync(path: Path) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())
