"""The text landing alone: any file as clean CSV, headers verbatim and none invented."""

import csv
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TextIO

from crm_analytics.database import Database, open_database
from crm_analytics.errors import ImportRefused
from crm_analytics.importing.landing.land import Landing, land
from crm_analytics.importing.landing.source import discard, expand

FETCHED = 10_000  # rows at a time
MOST_NAMED = 20  # lines named for one reason


def read_files(paths: list[Path], folder: Path | None, out: TextIO, notes: TextIO) -> bool:
    """Write each file as UTF-8 CSV, commas, everything quoted, to `out` or into the folder. True when all could be read.

    What is no row (set aside or skipped) is named in `notes` with its line and reason. An empty file gives an empty file.
    """
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as working:
        database = open_database(Path(working) / "landing.duckdb")
        try:
            reading = _Reading(database, folder, out, notes)
            could_be_read = [reading.read_all(path) for path in paths]
            return all(could_be_read)
        finally:
            database.close()


class _Reading:
    """One run over several files, each of which gives a file of its own."""

    def __init__(self, database: Database, folder: Path | None, out: TextIO, notes: TextIO):
        self.database, self.folder, self.out, self.notes = database, folder, out, notes
        self.written: set[str] = set()

    def read_all(self, path: Path) -> bool:
        """Whether a file, or every file of a folder, could be read."""
        try:
            could_be_read = [self.read(file) for file in expand([path])]
        except ImportRefused as refusal:
            print(refusal, file=self.notes)
            return False
        return all(could_be_read)

    def read(self, path: Path) -> bool:
        """Whether the file could be read; a refusal is said and stops no other file."""
        try:
            landings = land(self.database, path)
        except ImportRefused as refusal:
            print(refusal, file=self.notes)
            if refusal.code == "E_EMPTY" and self.folder:
                self._place(path.stem).write_text("")
            return refusal.code == "E_EMPTY"
        for landing in landings:
            self._write(landing, path.stem if len(landings) == 1 else f"{path.stem}-{landing.sheet}".replace("/", "_"))
            self._tell(landing)
        discard(landings[0].source)
        return True

    def _place(self, stem: str) -> Path:
        """A name that no other file of this run has taken."""
        name, number = f"{stem}.csv", 1
        while name.lower() in self.written:
            number += 1
            name = f"{stem} ({number}).csv"
        self.written.add(name.lower())
        return self.folder / name

    def _write(self, landing: Landing, stem: str) -> None:
        if self.folder:
            with open(self._place(stem), "w", encoding="utf-8", newline="") as file:
                self._write_rows(landing, file)
        else:
            self._write_rows(landing, self.out)

    def _write_rows(self, landing: Landing, file: TextIO) -> None:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        if landing.header:
            writer.writerow(landing.header)
        con = self.database.cursor()
        found = con.execute(f"select * exclude (source_line) from {landing.relation}")
        while rows := found.fetchmany(FETCHED):
            writer.writerows(rows)
        con.close()

    def _tell(self, landing: Landing) -> None:
        """The balance of the file, and where what is no row stood."""
        aside, skipped = len(landing.ragged), len(landing.skipped)
        print(
            f"{landing.name}: {landing.physical:,} records = {landing.records:,} rows + {aside:,} set aside + {skipped:,} skipped",
            file=self.notes,
        )
        for word, found in (("set aside", landing.ragged), ("skipped", landing.skipped)):
            lines = defaultdict(list)
            for record in found:
                lines[record.reason].append(record.line)
            for reason, numbers in lines.items():
                more = ", …" if len(numbers) > MOST_NAMED else ""
                named = ", ".join(map(str, numbers[:MOST_NAMED]))
                print(f"{landing.name} line {named}{more}: {word} ({reason})", file=self.notes)
