"""How a source was read last time, so that its next export is read the same way without a click.

A profile is no table of its own: it is the latest standing import of a file with the same headers, in whatever order. Taking
that import back forgets the way it was read.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from datetime import date

from crm_analytics.importing.landing.land import Landing
from crm_analytics.importing.reading.dates import ORDERS, order_of
from crm_analytics.schema import folded

NEAR = 0.5  # more of the headers of both files in common: a source that has changed, not another one
# Said about one file, never about its source.
NOT_REMEMBERED = ("scope", "repeats", "conflicts", "control_total", "anew")
ABOUT_TEXT = ("delimiter", "encoding", "short_rows")  # names of Options that matter before there are columns
BY_PLACE = re.compile(r"column \d+")


@dataclass(frozen=True)
class Part:
    """One table that a file fed: column -> header, of these the columns that could be read, and how rows were chosen."""

    table: str
    mapping: dict[str, str]
    used: frozenset[str]
    only_with: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """How the latest standing import of a source was read; `said` holds what people had to say about it (names of Options)."""

    import_id: int
    file_name: str
    day: date
    headers: tuple[str, ...]
    parts: tuple[Part, ...]
    said: dict = field(default_factory=dict)
    orders: dict[str, str] = field(default_factory=dict)  # folded header -> order of day and month
    is_same: bool = True  # the headers are the very same, but for their order

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(part.table for part in self.parts)

    @property
    def facts(self) -> dict:
        """What sentences say of it."""
        return {"import_id": str(self.import_id), "before": self.file_name, "day": self.day}

    def part(self, table: str) -> Part | None:
        """How it was read as this table."""
        return next((part for part in self.parts if part.table == table), None)

    def placed(self, headers: list[str]) -> dict[str, str]:
        """Header of last time -> the same header as this file writes it."""
        now = {key(header): header for header in reversed(headers)}
        return {header: now[key(header)] for header in self.headers if key(header) in now}

    def added(self, headers: list[str]) -> list[str]:
        """Headers of this file that last time's had not."""
        known = set(map(key, self.headers))
        return [header for header in headers if key(header) not in known]

    def gone(self, headers: list[str]) -> list[str]:
        """Headers of last time that this file has no more."""
        return [header for header in self.headers if header not in self.placed(headers)]

    def answers(self, headers: list[str]) -> dict:
        """What people said last time, as far as it is about this file's columns."""
        placed = self.placed(headers) | {"": ""}
        said = dict(self.said)
        if "mapping" in said:
            said["mapping"] = {name: placed[header] for name, header in said["mapping"].items() if header in placed}
        if "answers" in said:
            said["answers"] = {placed[header]: each for header, each in said["answers"].items() if header in placed}
        return said


def find(con, landing: Landing) -> Iterator[Profile]:
    """The profiles that a landed file may follow: those with the same headers, the latest first, then sources that have changed."""
    wanted = _signature(landing.headers, landing.sheet is not None, landing.source.name)
    known = _known(con)
    for number in sorted((number for number, signature in known if signature == wanted), reverse=True):
        if profile := _profile(con, number, is_same=True):
            yield profile
    if _is_by_place(landing.headers):
        return
    shares = ((_share(wanted, signature), number) for number, signature in known if signature != wanted)
    for _, number in sorted((each for each in shares if each[0] > NEAR), reverse=True):
        if profile := _profile(con, number, is_same=False):
            yield profile


def said_about_text(con) -> list[dict]:
    """The different ways in which people said that texts are cut, of the imports that stand, the latest first."""
    columns = ", ".join(f"reading ->> '$.said.{name}' as {name}" for name in ABOUT_TEXT)
    rows = con.execute(
        f"select {columns} from imports where undone_at is null "
        f"and ({' or '.join(f'{name} is not null' for name in ABOUT_TEXT)}) group by all order by max(import_id) desc"
    ).fetchall()
    return [{name: each for name, each in zip(ABOUT_TEXT, row, strict=True) if each is not None} for row in rows]


def remembered(options) -> dict:
    """What a person said about a file that holds for its source too, as the history keeps it."""
    said = asdict(options)
    usual = asdict(type(options)())
    return {
        each.name: said[each.name]
        for each in fields(options)
        if said[each.name] != usual[each.name] and each.name not in NOT_REMEMBERED
    }


def _known(con) -> list[tuple[int, tuple]]:
    """(latest import, signature) of the different headers among the standing imports."""
    rows = con.execute(
        "select max(import_id), reading ->> '$.headers' as headers, sheet is not null as is_sheet, file_name from imports "
        "where undone_at is null group by headers, is_sheet, file_name"
    ).fetchall()
    return [(number, _signature(json.loads(headers), is_sheet, name)) for number, headers, is_sheet, name in rows]


def _signature(headers: Iterable[str], is_sheet: bool, file_name: str) -> tuple:
    """What tells a source: its headers in any order and whether it is a sheet; without headers, its name but for numbers."""
    headers = list(headers)
    name = re.sub(r"\d+", "", folded(file_name)) if _is_by_place(headers) else ""
    return frozenset(map(key, headers)), is_sheet, name


def _is_by_place(headers: list[str]) -> bool:
    return all(map(BY_PLACE.fullmatch, headers))


def key(header: str) -> str:
    """The form in which headers of two files are compared."""
    return folded(header) or header


def _share(one: tuple, other: tuple) -> float:
    """The common headers, as a share of the longer of two headers; files and sheets have none in common."""
    if one[1:] != other[1:]:
        return 0.0
    return len(one[0] & other[0]) / max(len(one[0]), len(other[0]))


def _profile(con, import_id: int, *, is_same: bool) -> Profile | None:
    """The profile of an import and of those that the same file brought with it; first the one that keeps its other columns."""
    file_name, imported_at, own, text = con.execute(
        "select file_name, imported_at, table_name, reading from imports where import_id = $id", {"id": import_id}
    ).fetchone()
    reading = json.loads(text)
    readings = _mates(con, import_id) | {own: reading}
    if len(readings) > 1 and "elsewhere" not in reading:
        return None  # written before the history told which tables a file feeds at once
    if not reading.get("elsewhere"):
        readings = {own: reading}
    elif not _is_whole(list(readings.values())):
        return None  # some of what the file brought was taken back: what it is, is judged anew
    parts = sorted(readings.items(), key=lambda each: len(each[1].get("elsewhere", ())))
    return Profile(
        import_id,
        file_name,
        imported_at.date(),
        tuple(reading["headers"]),
        tuple(_part(table, each) for table, each in parts),
        reading.get("said", {}),
        {header: order for _, each in parts for header, order in _orders(each).items()},
        is_same,
    )


def _is_whole(readings: list[dict]) -> bool:
    """Whether all tables that a file fed still stand: what the one left to the others, they use."""
    bases = [each for each in readings if len(each["elsewhere"]) < len(each["headers"])]
    used = {column["place"] for each in readings if each not in bases for column in each["readings"]}
    return len(bases) == 1 and used.issuperset(bases[0]["elsewhere"])


def _mates(con, import_id: int) -> dict[str, dict]:
    """Table -> reading of what else the same file brought and still stands."""
    rows = con.execute(
        "select m.table_name, m.reading from imports i join imports m on m.sha256 = i.sha256 and m.import_id <> i.import_id "
        "and m.sheet is not distinct from i.sheet and m.undone_at is null where i.import_id = $id order by m.import_id",
        {"id": import_id},
    ).fetchall()
    return {table: json.loads(text) for table, text in rows}


def _part(table: str, reading: dict) -> Part:
    headers = reading["headers"]
    used = {each["field"]: headers[each["place"]] for each in reading["readings"]}
    return Part(table, reading.get("mapping") or used, frozenset(used), tuple(reading.get("only_with", ())))


def _orders(reading: dict) -> dict[str, str]:
    """Which of day and month came first in each column of dates."""
    headers = reading["headers"]
    dates = [each for each in reading["readings"] if each["kind"] in ("timestamp", "day")]
    found = {key(headers[each["place"]]): order_of(each["form"]) for each in dates}
    return {header: order for header, order in found.items() if order in ORDERS}
