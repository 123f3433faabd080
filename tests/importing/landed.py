"""What the tests of the landing share: land a text, and see its rows and what became of every other record."""

import os

from crm_analytics.importing.landing.land import land


def landed(db, folder, content: str | bytes, name: str = "orders.csv", encoding: str = "utf-8", **said):
    """The landing of a file with this content."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    (found,) = land(db, path, **said)
    assert found.physical == found.records + len(found.ragged) + len(found.skipped)
    return found


def rows(db, found) -> list[tuple]:
    """(line, cells) of each row, empty cells as empty texts."""
    fetched = db.cursor().execute(f"select * from {found.relation} order by source_line").fetchall()
    assert len(fetched) == found.records
    return [(line, ["" if cell is None else cell for cell in cells]) for line, *cells in fetched]


def cells(db, found) -> list[list[str]]:
    return [each for _, each in rows(db, found)]


def aside(found) -> list[tuple[int, str]]:
    return [(record.line, record.reason) for record in found.ragged]


def skipped(found) -> list[tuple[int, str]]:
    return [(record.line, record.reason) for record in found.skipped]


def said(found) -> list[str]:
    return [caution.code for caution in found.cautions]


def worked() -> float:
    """Seconds of processor time so far, of the processes started from here too: what else the machine does adds nothing."""
    return sum(os.times()[:4])
