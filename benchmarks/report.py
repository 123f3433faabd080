"""The table: one line per row, as markdown."""

import os
import platform
import statistics
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from benchmarks.company import Company
from benchmarks.measure import Found, Own, Row

HEADER = ("row", "median s", "min-max", "x floor", "peak MB", "aim", "met")
PACKAGES = ("duckdb", "pandas", "polars", "pyarrow")


def table(rows: list[Row], found: dict[Callable, list[Found]], wrong: dict[Callable, str]) -> str:
    """Median and spread over the rounds; no time where a run failed or disagrees with its peers."""
    medians = {row.name: statistics.median(times) for row in rows if (times := _times(row, found, wrong))}
    lines = [_line(row, found, wrong, medians, {row.name: row for row in rows}) for row in rows]
    cells = [HEADER, tuple("---" if place == 0 or place > 4 else "--:" for place in range(len(HEADER))), *lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)


def _times(row: Row, found: dict[Callable, list[Found]], wrong: dict[Callable, str]) -> list[float]:
    """Seconds of every round, none unless every round gave them and agreed."""
    results = found[row.run]
    if row.run in wrong or any(result.failure or row.name not in result.seconds for result in results):
        return []
    return [result.seconds[row.name] for result in results]


def _line(row: Row, found, wrong, medians: dict[str, float], by_name: dict[str, Row]) -> tuple[str, ...]:
    title = f"{row.title} (`{row.name}`)"
    if row.name not in medians:
        failures = [result.failure for result in found[row.run] if result.failure]
        reason = f"not equal: {wrong[row.run]}" if row.run in wrong else failures[0] if failures else "no time"
        return title, "-", "-", "-", "-", _aim(row, by_name), f"no: {reason}".replace("|", "/")
    times, median = _times(row, found, wrong), medians[row.name]
    megabytes = _megabytes(row, found)
    ratio = median / medians[row.floor] if row.floor in medians else None
    return (
        title,
        _seconds(median),
        f"{_seconds(min(times))}-{_seconds(max(times))}",
        "-" if ratio is None else f"{ratio:.2f}",
        f"{megabytes:,.0f}",
        _aim(row, by_name),
        _verdict(row, median, ratio, megabytes, megabytes - _megabytes(by_name.get(row.floor), found)),
    )


def _megabytes(row: Row | None, found: dict[Callable, list[Found]]) -> float:
    """The most memory over the rounds."""
    return max(result.megabytes for result in found[row.run]) if row else 0.0


def _seconds(value: float) -> str:
    return f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def _aim(row: Row, by_name: dict[str, Row]) -> str:
    parts = [
        f"<= {row.most_times:g} x `{row.floor}`" if row.most_times else "",
        f"<= {row.most_seconds:g} s" if row.most_seconds else "",
        f"<= {row.most_megabytes:,.0f} MB" if row.most_megabytes else "",
        f"<= {row.most_above:,.0f} MB above it" if row.most_above else "",
    ]
    return ", ".join(filter(None, parts)) or "-"


def _verdict(row: Row, median: float, ratio: float | None, megabytes: float, above: float) -> str:
    """yes, no with what is missed, - without an aim."""
    missed = [
        name
        for name, is_missed in (
            ("x floor", row.most_times is not None and (ratio is None or ratio > row.most_times)),
            ("seconds", row.most_seconds is not None and median > row.most_seconds),
            ("memory", row.most_megabytes is not None and megabytes > row.most_megabytes),
            ("memory above", row.most_above is not None and above > row.most_above),
        )
        if is_missed
    ]
    if _aim(row, {}) == "-":
        return "-"
    return f"no: {', '.join(missed)}" if missed else "yes"


def figures(rows: list[Row], found: dict[Callable, list[Found]]) -> str:
    """What the runs say of themselves, a line per row that says anything; empty where none does."""
    said = {row.title: _own(found[row.run][-1]) for row in rows if _own(found[row.run][-1])}
    names = list(dict.fromkeys(name for facts in said.values() for name in facts))
    lines = [(title, *(facts.get(name, "-") for name in names)) for title, facts in said.items()]
    cells = [("row", *names), ("---", *["--:"] * len(names)), *lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in cells) if said else ""


def _own(result: Found) -> dict[str, str]:
    return {name: str(value) for name, value in result.facts.items() if isinstance(value, Own)}


def heading(company: Company, rounds: int) -> str:
    """What was measured, on what."""
    packages = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    size = company.orders.stat().st_size / 1e6
    return (
        f"{company.lines:,} order lines, {company.customers:,} customers, 36 months, one CSV file of {size:,.0f} MB; {rounds} rounds, "
        f"interleaved, each run in a process of its own, file in the page cache. Python {platform.python_version()}, {packages}, "
        f"{os.cpu_count()} cores. Peak MB is that of the whole process and the same for all rows of one run."
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"
