"""The careful road over a whole text: its rows as a clean copy, its other records as a list.

What a small text can do is bounded by its size; a large one is read by a process of its own, with limits of time and memory.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from crm_analytics.importing.caution import Caution
from crm_analytics.importing.landing import child, pinned
from crm_analytics.importing.landing.clean import Landing, begin, write
from crm_analytics.importing.landing.dialect import Dialect
from crm_analytics.importing.landing.records import Record, numbered_lines, records
from crm_analytics.importing.landing.sift import sift
from crm_analytics.importing.landing.source import Source
from crm_analytics.importing.landing.survey import Survey

SMALL = 8 << 20  # bytes of text that are read at once
MOST_MEMORY = 2 << 30  # bytes of address space, libraries included
SECONDS, SECONDS_PER_MB = 20, 2  # of processor time that a text may take; an honest one takes about 0.3 a MB


def land(source: Source, found: Dialect, counted: Survey) -> Landing:
    """The landing of a text that is cut record by record.

    Raises ImportRefused E_CELL_TOO_BIG, E_MOST_ASIDE, E_READ_TOO_LONG, E_READ_TOO_BIG.
    """
    if source.text.stat().st_size > SMALL:
        return _elsewhere(source, found, counted)
    return _here(begin(source, found), counted.nuls > 0, counted.ends_in_newline)


def work(facts: dict, found: dict, has_nuls: bool, ends_in_newline: bool, told: str) -> None:
    """What the other process does: the same; what is no row, then what came of it, as lines of JSON."""
    source = Source(**facts | {name: Path(facts[name]) for name in ("path", "raw", "text")})
    dialect = pinned.of({"dialect": found})
    dialect = replace(dialect, head=replace(dialect.head, before=()))  # the other side has listed them
    landing = _here(begin(source, dialect), has_nuls, ends_in_newline)
    cautions = [[each.code, each.params] for each in landing.cautions]
    with open(told, "w", encoding="ascii") as file:
        for aside in (landing.skipped, landing.ragged):
            file.writelines(json.dumps([each.line, each.raw, each.reason]) + "\n" for each in aside)
        file.write(json.dumps({"records": landing.records, "relation": landing.relation, "cautions": cautions}))


def _elsewhere(source: Source, found: Dialect, counted: Survey) -> Landing:
    facts = vars(source) | {name: str(getattr(source, name)) for name in ("path", "raw", "text")}
    told = source.raw.with_suffix(".told")
    seconds = SECONDS + SECONDS_PER_MB * (source.text.stat().st_size >> 20)
    arguments = [facts, pinned.as_json(found), counted.nuls > 0, counted.ends_in_newline, str(told)]
    child.run(__name__, arguments, name=source.name, seconds=seconds, memory=MOST_MEMORY)
    landing = begin(source, found)
    with open(told, encoding="ascii") as file:
        for said in map(json.loads, file):
            if isinstance(said, list):
                line, raw, reason = said
                landing.put_aside(Record(line, raw, [], reason))
            else:
                landing.records, landing.relation = said["records"], said["relation"]
                landing.cautions += [Caution(code, params) for code, params in said["cautions"]]
    told.unlink()
    return landing


def _here(landing: Landing, has_nuls: bool, ends_in_newline: bool) -> Landing:
    dialect, source = landing.dialect, landing.source
    head = dialect.head
    lines = numbered_lines(source.text, head.skip, source.name)
    if has_nuls:
        lines = ((number, line.replace("\0", "")) for number, line in lines)
    cut = records(lines, dialect.marks, head.width, head.columns)
    sifted = sift(cut, head, dialect.marks, ends_in_newline=ends_in_newline)
    write(landing, _with_short_rows(landing, sifted) if dialect.short_rows == "pad" else sifted)
    return landing


def _with_short_rows(landing: Landing, sifted: Iterable[Record]) -> Iterator[Record]:
    """The records, those with too few cells filled up with empty ones; how many is said."""
    width, lines = len(landing.headers), []
    for record in sifted:
        if record.reason == "too_few_cells":
            lines.append(record.line)
            record = record._replace(cells=record.cells + [""] * (width - len(record.cells)), reason=None)
        yield record
    if lines:
        landing.cautions.append(Caution("rows_padded", {"n": len(lines), "line": lines[0]}))
