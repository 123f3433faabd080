"""Segments from the scores R, F and M: which scores are high, the eight segments, and the eleven groups of rfm.toml."""

import tomllib
from collections.abc import Iterable
from pathlib import Path

from crm_analytics.rules import HIGH_BY, Rules

SEGMENTS = {  # high or low R, F, M -> what the eight are called in the literature
    "HHH": "important_value",
    "HLH": "important_develop",
    "LHH": "important_keep",
    "LLH": "important_winback",
    "HHL": "general_value",
    "HLL": "general_develop",
    "LHL": "general_keep",
    "LLL": "general_low",
}
GROUPS: dict[str, dict] = tomllib.loads((Path(__file__).parent / "rfm.toml").read_text("utf-8"))
SCHEMES = {8: tuple(SEGMENTS), 11: tuple(GROUPS)}
COLUMNS = {8: "segment", 11: "segment_11"}
SCORES = (1, 2, 3, 4, 5)
NONE_HIGH = 6  # no score is: everybody's is the same


def lowest_high(counts: Iterable[tuple[int, int]], by: str = "mean", typed: int = 3) -> int:
    """The lowest score that is high, from (score, customers): at or above the mean of all scores, their median, or as typed.

    In whole numbers throughout, so that no score is high or low by rounding. Where all scores are equal none is high.
    """
    found = {score: n for score, n in counts if n}
    if len(found) < 2:
        return NONE_HIGH
    if by == "typed":
        return typed
    n = sum(found.values())
    if by == "median":
        whole, parts = sum(_middle(found, place) for place in ((n - 1) // 2, n // 2)), 2
    else:
        whole, parts = sum(score * customers for score, customers in found.items()), n
    return -(-whole // parts)


def _middle(found: dict[int, int], place: int) -> int:
    """The score at a place (from 0) when all are in order."""
    for score in sorted(found):
        place -= found[score]
        if place < 0:
            return score
    raise ValueError(f"place {place} behind the last score")


def high_scores(cells: Iterable[tuple[int, int, int, int]], rules: Rules) -> tuple[int, int, int]:
    """The lowest high score of R, F and M, from cells (r, f, m, customers)."""
    cells = list(cells)
    by = rules.high_by if rules.high_by in HIGH_BY else HIGH_BY[0]
    r, f, m = (
        lowest_high(_summed((cell[place], cell[3]) for cell in cells), by, typed)
        for place, typed in enumerate(rules.high_from)
    )
    return r, f, m


def _summed(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    sums: dict[int, int] = {}
    for score, n in pairs:
        sums[score] = sums.get(score, 0) + n
    return list(sums.items())


def segment_sql(high: tuple[int, int, int]) -> str:
    """SQL: the segment of a row with scores r, f and m, null without scores; `high`: the lowest high scores."""
    letters = (
        f"case when {name} >= {int(score)} then 'H' else 'L' end" for name, score in zip("rfm", high, strict=True)
    )
    return f"case when r is not null then {' || '.join(letters)} end"


def group_sql() -> str:
    """SQL: the group of rfm.toml that a row with scores r, f and m belongs to, null without scores."""
    whens = (
        f"when r between {rule['r'][0]} and {rule['r'][1]} and (f + m + 1) // 2 between {rule['fm'][0]} and {rule['fm'][1]} "
        f"then '{code}'"
        for code, rule in GROUPS.items()
    )
    return f"case {' '.join(whens)} end"
