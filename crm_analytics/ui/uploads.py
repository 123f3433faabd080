"""Uploaded files go to disk at once, so that the server's memory does not hold them; their names are only ever shown."""

import hashlib
import re
import shutil
from pathlib import Path

from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from crm_analytics import faults
from crm_analytics.database import Database
from crm_analytics.importing.landing.source import expand

TYPES = ["csv", "tsv", "txt", "xlsx", "gz"]
CHUNK = 1 << 20


def keep(db: Database, uploads) -> list[Path]:
    """Where the uploads now lie: incoming/<sha256>/<harmless name>; the server's memory holds them no longer.

    Raises CrmError E_DISK_FULL.
    """
    with faults.told(db.path):
        return [_keep_one(db.folder("incoming"), upload) for upload in uploads]


def _keep_one(folder: Path, upload) -> Path:
    path = _written(folder, upload)
    _let_go(upload)
    return path


def _let_go(upload):
    """Streamlit holds an upload until its reader closes the page, also when its widget is gone: for hours of every file."""
    context = get_script_run_ctx()
    if context and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(session_id=context.session_id, file_id=upload.file_id)
    upload.close()


def _written(folder: Path, upload) -> Path:
    digest = hashlib.sha256()
    upload.seek(0)
    while block := upload.read(CHUNK):
        digest.update(block)
    place = folder / digest.hexdigest()
    place.mkdir(exist_ok=True)
    upload.seek(0)
    path = place / harmless_name(upload.name)
    try:
        with open(path, "wb") as file:
            shutil.copyfileobj(upload, file, CHUNK)
    except OSError:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return path


def harmless_name(name: str) -> str:
    """The last part of a name without control characters, never a path, at most 100 characters and 200 bytes, ending kept."""
    last = re.split(r"[/\\]", name)[-1]
    clean = re.sub(r"[\x00-\x1f\x7f:*?\"<>|]", "_", last).strip(". ") or "file"
    stem, dot, ending = clean.rpartition(".")
    ending = (dot + ending)[-12:]
    while len((stem or clean).encode()) > 180:
        stem = (stem or clean)[:-1]
    return f"{stem}{ending}" if stem else clean


def forget(db: Database, paths):
    """Remove what was uploaded and not imported; what was imported is kept elsewhere by its content."""
    for path in paths:
        if (db.files / "incoming") in path.parents:
            shutil.rmtree(path.parent, ignore_errors=True)


def on_server(text: str) -> list[Path]:
    """The files that a path or a folder on the server names.  Raises CrmError where a folder holds none."""
    return expand([Path(text.strip().strip("\"'")).expanduser()])
