"""Files as companies send them, spoilt in known ways: what the product makes of them, and what its peers make by default.

A row is exact when it has the file's own cells; numbers and dates are compared by their value, so that a reader that guesses types
is not blamed for it. Rows that were set aside with their line are told; what else is missing was misread or is gone without a word.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from benchmarks.company import Company
from benchmarks.measure import Own, Stopwatch
from tests.importing.polluted import STYLES, USUAL, Polluted, make
from tests.importing.pollutions import FILES, ROWS, can_be_told

EASIEST = "plain"  # the style that every reader takes for granted: commas, double quotes, UTF-8
LARGE = 1_000_000  # order lines of a company from which every style meets every pollution
Row = tuple[str, ...]


def product(company: Company, stopwatch: Stopwatch):
    """The landing that `read` prints and `import` loads."""
    from crm_analytics.database import open_database
    from crm_analytics.errors import ImportRefused
    from crm_analytics.importing.landing.land import land
    from crm_analytics.importing.landing.source import discard

    database = open_database(company.scratch / "product" / "crm.duckdb")

    def read(path: Path) -> tuple[list, int]:
        (found,) = land(database, path)
        rows = database.cursor().execute(f"select * exclude (source_line) from {found.relation}").fetchall()
        discard(found.source)
        return rows, len(found.ragged)

    return _measure("polluted.product", company, stopwatch, read, ImportRefused)


def duckdb(company: Company, stopwatch: Stopwatch):
    """`read_csv` as it comes."""
    import duckdb as peer

    con = peer.connect()

    def read(path: Path) -> tuple[list, int]:
        return con.execute("select * from read_csv($path)", {"path": str(path)}).fetchall(), 0

    return _measure("polluted.duckdb", company, stopwatch, read, peer.Error)


def pandas(company: Company, stopwatch: Stopwatch):
    """`read_csv` as it comes."""
    import pandas as peer

    def read(path: Path) -> tuple[list, int]:
        frame = peer.read_csv(path)
        return list(frame.itertuples(index=False, name=None)), 0

    return _measure("polluted.pandas", company, stopwatch, read, (ValueError, peer.errors.ParserError))


def polars(company: Company, stopwatch: Stopwatch):
    """`read_csv` as it comes."""
    import polars as peer

    def read(path: Path) -> tuple[list, int]:
        return peer.read_csv(path).rows(), 0

    return _measure("polluted.polars", company, stopwatch, read, peer.exceptions.PolarsError)


@dataclass
class _Tally:
    """What became of the rows of all files; `aside` are named with their line and reason."""

    files: int = 0
    failed: int = 0
    rows: int = 0
    exact: int = 0
    aside: int = 0
    untold: int = 0
    made_up: int = 0

    def take(self, file: Polluted, found: list[tuple], aside: int) -> None:
        got = Counter(tuple(map(_value, row)) for row in found)
        right = Counter(_values(readings[0]) for readings in file.rows.values() if readings)
        exact = (got & right).total()
        others = got - right
        other_readings = Counter(_values(reading) for readings in file.rows.values() for reading in readings[1:])
        self.exact += exact
        self.made_up += (others - other_readings).total()
        missing = len(file.rows) - exact - (others & other_readings).total()
        self.aside += min(missing, aside)
        self.untold += max(0, missing - aside)

    def told(self) -> dict:
        shares = {
            "exact": self.exact,
            "set aside, told": self.aside,
            "misread or gone, untold": self.untold,
            "that no file holds": self.made_up,
        }
        return {
            "files": Own(f"{self.files:,}"),
            "files failed": Own(f"{self.failed:,}"),
            "rows": Own(f"{self.rows:,}"),
        } | {f"rows {name}": Own(f"{count:,} ({count / self.rows:.2%})") for name, count in shares.items()}


def _measure(name: str, company: Company, stopwatch: Stopwatch, read: Callable, refusals) -> Callable[[], dict]:
    tally, easiest, path = _Tally(), _Tally(), company.scratch / "polluted.csv"
    for file in _files(company):
        path.write_bytes(file.content)
        tallies = (tally, easiest) if file.pollutions[0] == EASIEST else (tally,)
        for each in tallies:
            each.files, each.rows = each.files + 1, each.rows + len(file.rows)
        try:
            with stopwatch(name):
                found, aside = read(path)
        except refusals:
            tally.failed += 1
            continue
        for each in tallies:
            each.take(file, found, aside)
    return lambda: tally.told() | {"rows exact, commas and UTF-8 only": Own(f"{easiest.exact / easiest.rows:.2%}")}


def _files(company: Company) -> Iterator[Polluted]:
    """Every style alone and with every pollution; of a small company a few of them."""
    every = 1 if company.lines >= LARGE else 31
    chosen = [(style, pollution) for style in STYLES for pollution in (None, *FILES, *ROWS)]
    for style, pollution in chosen[::every]:
        spoilt = (pollution,) if pollution else ()
        if can_be_told(style, *spoilt):
            yield make("benchmark", style, *spoilt, sizes=USUAL)


def _values(cells: list[str]) -> Row:
    return tuple(map(_value, cells))


def _value(cell) -> str:
    """A cell by its value: 007, 7 and 7.0 are one number, a date its day, nothing an empty text."""
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, datetime):
        cell = cell.date() if cell == datetime(cell.year, cell.month, cell.day) else cell
    if isinstance(cell, date):
        return cell.isoformat()
    try:
        return format(Decimal(str(cell)).normalize(), "f")
    except InvalidOperation:
        return str(cell)
