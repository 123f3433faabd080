"""The text landing alone: any file as clean CSV, headers verbatim and none invented."""

import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from crm_analytics.errors import ImportRefused
from crm_analytics.importing import dialect as dialects
from crm_analytics.importing import workbook
from crm_analytics.importing.plan import expand
from crm_analytics.importing.records import Record, records
from crm_analytics.importing.source import fetch


def read_files(paths: list[Path], folder: Path | None, out: TextIO, notes: TextIO) -> bool:
    """Write each file as UTF-8 CSV, commas, everything quoted, to `out` or into the folder. True when all could be read.

    What is set aside (ragged rows, quotes never closed) is named in `notes` with its line. An empty file gives an empty file.
    """
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    could_be_read = [_read_one(path, folder, out, notes) for path in expand(paths)]
    return all(could_be_read)


def _read_one(path: Path, folder: Path | None, out: TextIO, notes: TextIO) -> bool:
    try:
        with tempfile.TemporaryDirectory() as working:
            tables = list(_tables(path, Path(working)))
            for suffix, rows in tables:
                _write(rows, path, suffix if len(tables) > 1 else "", folder, out, notes)
    except ImportRefused as refusal:
        print(refusal, file=notes)
        if refusal.code == "E_EMPTY" and folder:
            (folder / f"{path.stem}.csv").write_text("")
        return refusal.code == "E_EMPTY"
    return True


def _tables(path: Path, working: Path) -> Iterator[tuple[str, Iterator[Record]]]:
    """(suffix of the name, header and records) of the file's one table or of each sheet."""
    source = fetch(path, working)
    if source.kind == "xlsx":
        for sheet in workbook.sheets(source.raw):
            yield f"-{sheet}".replace("/", "_"), workbook.rows(source.raw, sheet)
        return
    found = dialects.detect(source.text)
    yield "", records(source.text, found.delimiter, len(found.header), found.preamble)


def _write(rows: Iterator[Record], path: Path, suffix: str, folder: Path | None, out: TextIO, notes: TextIO) -> None:
    if folder:
        with open(
            folder / f"{path.stem}{suffix}.csv", "w", encoding="utf-8", newline="", errors="surrogateescape"
        ) as file:
            _write_rows(rows, path.name, file, notes)
    else:
        _write_rows(rows, path.name, out, notes)


def _write_rows(rows: Iterator[Record], name: str, file: TextIO, notes: TextIO) -> None:
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for record in rows:
        if record.reason:
            print(f"{name} line {record.line}: set aside ({record.reason})", file=notes)
        elif record.cells:
            writer.writerow(record.cells)
