"""What a file is taken for: the table whose columns its headers name best."""

from dataclasses import dataclass

from crm_analytics.errors import ImportRefused
from crm_analytics.schema import TABLES, field_of, folded, is_told, mapping, missing

CLEARLY = 2  # columns by which an incomplete table must fit better before a complete one is not taken for it


@dataclass(frozen=True)
class Match:
    """A table a file may be, which header becomes which of its columns, and what it would still lack."""

    table: str
    mapping: dict[str, str]  # column of the table -> header
    lacking: tuple[str, ...]

    @property
    def score(self) -> float:
        return len(self.mapping)


def recognise(name: str, headers: list[str], *, has_items: bool = False) -> Match:
    """The best match. Raises ImportRefused E_UNKNOWN where no table's required columns are all there."""
    matches = [match(table, headers, has_items=has_items) for table in TABLES]
    complete = [found for found in matches if not found.lacking and _is_meant(found, name)]
    nearest = max(_nearer(matches, complete), key=lambda found: found.score - 2 * len(found.lacking))
    if not complete or nearest.score >= max(found.score for found in complete) + CLEARLY:
        lacking = ", ".join(nearest.lacking)
        code, shown = "E_UNKNOWN" if lacking else "E_UNTOLD", ", ".join(headers[:12])
        raise ImportRefused(code, file=name, nearest=nearest.table, lacking=lacking, headers=shown)
    return max(complete, key=lambda found: (found.score + hinted(found.table, name), -list(TABLES).index(found.table)))


def _nearer(matches: list[Match], complete: list[Match]) -> list[Match]:
    """Tables that fit clearly better than the complete ones and lack a single column, such as orders without amount; else all."""
    best = max((found.score for found in complete), default=float("inf"))
    return [found for found in matches if len(found.lacking) == 1 and found.score >= best + CLEARLY] or matches


def match(table: str, headers: list[str], chosen: dict[str, str] | None = None, *, has_items: bool = False) -> Match:
    """The mapping onto one table; `chosen` (column -> header, '' = none) overrules what the headers say."""
    found = mapping(table, headers)
    for column, header in (chosen or {}).items():
        found = {known: taken for known, taken in found.items() if known != column and taken != header}
        if header:
            found[column] = header
    lacking = missing(table, found)
    if table == "orders" and (has_items or (chosen or {}).get("amount") == ""):
        lacking = [column for column in lacking if column != "amount"]  # the items bring it, now or later
    return Match(table, found, tuple(lacking))


def lacks_amount(found: Match) -> bool:
    """Whether nothing in an orders file says what an order was worth."""
    return bool({"amount"} & set(missing("orders", found.mapping)))


def check(table: str, headers: list[str], chosen: dict[str, str]) -> None:
    """Refuse a mapping that names a column or a header that does not exist, and say which there are."""
    columns = [column.name for column in TABLES[table].columns]
    for column, header in chosen.items():
        if column not in columns:
            raise ImportRefused("E_FIELD", field=column, table=table, known=", ".join(columns))
        if header and header not in headers:
            raise ImportRefused("E_HEADER", header=header, known=", ".join(headers[:40]))


def is_certain(table: str, column: str, header: str) -> bool:
    """Whether the header itself names the column, so that nobody need look."""
    return field_of(table, header) == column


def _is_meant(found: Match, name: str) -> bool:
    """Ids alone fit many tables: other columns must tell which, or the file's name and an id that says whose it is."""
    if {folded(header) for header in found.mapping.values()} == {"id"}:
        return False
    return is_told(found.table, found.mapping) or bool(hinted(found.table, name))


def hinted(table: str, name: str) -> float:
    """How much a file's name says for a table: half a column, or nothing."""
    stem = folded(name.rsplit("/", 1)[-1].split(".")[0])
    return 0.5 if any(folded(hint) in stem for hint in (table, *TABLES[table].hints)) else 0.0
