"""Records that are no rows: as many as a file may hold, in the memory of a few."""

import json
from collections.abc import Iterator
from pathlib import Path

from crm_analytics.importing.landing.records import Record

IN_MEMORY = 10_000  # records; the others wait in a file of the working folder


class Aside:
    """Records in the order in which they came, without their cells: line, text and reason are what is kept of them."""

    def __init__(self, path: Path):
        self.path = path
        self.first: list[Record] = []  # they stay in memory
        self.waiting: list[Record] = []  # for the file
        self.count = 0

    def append(self, record: Record) -> None:
        """Add a record at the end."""
        self.count += 1
        bare = Record(record.line, record.raw, [], record.reason)
        if self.count <= IN_MEMORY:
            self.first.append(bare)
            return
        self.waiting.append(bare)
        if len(self.waiting) == IN_MEMORY:
            with open(self.path, "a", encoding="ascii") as file:
                file.writelines(json.dumps([each.line, each.raw, each.reason]) + "\n" for each in self.waiting)
            self.waiting = []

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Record]:
        yield from self.first
        if self.count - len(self.waiting) > IN_MEMORY:
            with open(self.path, encoding="ascii") as file:
                for line, raw, reason in map(json.loads, file):
                    yield Record(line, raw, [], reason)
        yield from self.waiting
