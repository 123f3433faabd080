"""How a table was cut out of its file, as JSON: what was found once is followed again, whatever would be found today."""

from crm_analytics.importing.landing.cells import Marks
from crm_analytics.importing.landing.columns import Columns
from crm_analytics.importing.landing.dialect import Dialect
from crm_analytics.importing.landing.header import Head
from crm_analytics.importing.landing.records import Record, printable


def as_json(dialect: Dialect) -> dict:
    """The marks, the header and what stands before it, what the columns hold, and what becomes of short rows."""
    marks, head = dialect.marks, dialect.head
    return {
        "delimiter": marks.delimiter,
        "quote": marks.quote,
        "escape": marks.escape,
        "cells": list(head.cells),
        "has_header": head.has_header,
        "is_joined": head.is_joined,
        "line": head.line,
        "skip": head.skip,
        "before": [[record.line, printable(record.raw), record.reason] for record in head.before],
        "formed": sorted(head.columns.formed),
        "raw": printable(head.raw),
        "short_rows": dialect.short_rows,
    }


def of(reading: dict) -> Dialect | None:
    """The dialect kept with an import; None where an earlier version kept none, which found it anew."""
    kept = reading.get("dialect")
    if kept is None:
        return None
    head = Head(
        tuple(kept["cells"]),
        kept["has_header"],
        kept["line"],
        kept["skip"],
        tuple(Record(line, raw, [], reason) for line, raw, reason in kept["before"]),
        Columns(len(kept["cells"]), frozenset(kept["formed"])),
        kept["raw"],
        kept["is_joined"],
    )
    return Dialect(Marks(kept["delimiter"], kept["quote"], kept["escape"]), head, kept["short_rows"])
