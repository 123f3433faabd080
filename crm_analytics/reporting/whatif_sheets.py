"""A scenario as a workbook: `scenario_book(facts, whatif=..., moves=..., ...)` gives an XLSX as bytes.

The layers before and after with live differences and totals, the effect of each move, what the answer rests on, the customers
who could make each move, and a sheet with the definitions.
"""

from collections.abc import Mapping

import pandas as pd
from xlsxwriter.utility import xl_col_to_name

from crm_analytics import formats
from crm_analytics.reporting.facts import Facts, known
from crm_analytics.reporting.scenario import assumptions, chance, interval, move_words, reasons, subject, total
from crm_analytics.reporting.sheets import Book, Column, checked, header
from crm_analytics.reporting.slides import COLOURS

MEASURES = {"customers": "count", "revenue": "money", "contribution": "money", "cost": "money", "profit": "money"}
BOUNDS = ("low", "median", "high")
MOVES = {
    "customers": "count",
    "success": "share",
    "revenue_delta": "money",
    "contribution_delta": "money",
    "extra_cost": "money",
    "profit_delta": "money",
}
CANDIDATES = {
    "customer_id": "text", "name": "text", "revenue": "money", "gap_to_threshold": "money", "chance": "share", "wallet_room": "money",
    "satisfaction": "ratio", "trend": "share", "days_since_last_order": "count", "score": "ratio", "reasons": "text",
}  # fmt: skip


def scenario_book(
    facts: Facts,
    *,
    whatif: pd.DataFrame,
    moves: pd.DataFrame,
    options: Mapping | None = None,
    candidates: Mapping[str, pd.DataFrame] | None = None,
    basis: pd.DataFrame | None = None,
) -> bytes:
    """The workbook.  `whatif`, `moves`, `basis`: frames of `metrics.pyramid`; `options`: what `whatif` was asked with;
    `candidates`: move ("small:medium") -> `whatif.candidates` of it."""
    book = Book(facts)
    book.about(
        ["effect", "before_after", "candidates"],
        basis,
        assumptions(facts, whatif, moves, options or {}) + _outcome(facts, whatif),
    )
    _before_after(book, whatif)
    if known(moves, "customers"):
        _moves(book, moves)
    for move, found in (candidates or {}).items():
        if known(found, "customer_id"):
            _candidates(book, move, found)
    return book.data()


def _outcome(facts: Facts, whatif) -> list[tuple[str, str]]:
    """Interval and probability of the whole, as words."""
    bounds, whole = interval(whatif), total(whatif)
    told = []
    if bounds:
        told = [
            (facts.tr("slides.interval_low"), facts.money_change(bounds[0])),
            (facts.tr("slides.interval_high"), facts.money_change(bounds[1])),
        ]
    if not formats.is_missing(whole.get("probability")) and subject(whatif) == "profit":
        told.append((facts.tr("slides.chance_profit"), chance(whole.probability)))
    return told


def _before_after(book: Book, whatif):
    """Every layer before and after; the differences and the sums are formulas."""
    facts = book.facts
    kinds = {name: kind for name, kind in MEASURES.items() if known(whatif, f"{name}_before")}
    cells = [(name, when, kind) for name, kind in kinds.items() for when in ("before", "after", "delta")]
    letters = {(name, when): xl_col_to_name(place) for place, (name, when, _) in enumerate(cells, start=1)}
    columns = [Column(facts.tr("slides.layer"), width=22)]
    columns += [Column(facts.tr(f"slides.head_{when}", name=header(facts, name)), kind) for name, when, kind in cells]
    bounds = [name for name in BOUNDS if known(whatif, name)]
    columns += [Column(facts.tr(f"slides.head_{name}"), "money") for name in bounds]
    rows = [
        [facts.layer(row.tier), *(_cell(row, name, when, letters, n, whatif) for name, when, _ in cells), *(row[name] for name in bounds)]
        for n, (_, row) in enumerate(whatif.iterrows(), start=2)
    ]  # fmt: skip
    sheet = book.sheet(facts.tr("slides.part_before_after"))
    end = book.table(sheet, columns, rows, last_is_total=True)
    name = sheet.get_name().replace("'", "''")
    series = [
        {
            "name": facts.tr(f"slides.{when}"), "categories": f"='{name}'!$A$2:$A$5", "fill": {"color": colour},
            "values": f"='{name}'!${letters['revenue', when]}$2:${letters['revenue', when]}$5",
        }
        for when, colour in (("before", COLOURS.tiers["suspect"]), ("after", COLOURS.primary))
    ]  # fmt: skip
    book.chart(
        sheet, {"type": "column"}, f"A{end + 2}", series, title=facts.tr("whatif.before_after_title"), form="#,##0"
    )


def _cell(row, name: str, when: str, letters: dict, n: int, whatif):
    """The difference and the sums as formulas where they give the known number."""
    value, letter = row[f"{name}_{when}"], letters[name, when]
    if when == "delta":
        before, after = letters[name, "before"], letters[name, "after"]
        return checked(f"={after}{n}-{before}{n}", row[f"{name}_after"] - row[f"{name}_before"], value)
    if row.tier == "total":
        rest = whatif.loc[whatif.tier != "total", f"{name}_{when}"]
        return checked(f"=SUM({letter}2:{letter}{n - 1})", float(rest.fillna(0).sum()), value)
    return value


def _moves(book: Book, moves):
    """The effect of each move, and their sum."""
    facts = book.facts
    kinds = {name: kind for name, kind in MOVES.items() if known(moves, name)}
    columns = [Column(header(facts, "from_tier"), width=22), Column(header(facts, "to_tier"), width=22)]
    columns += [Column(header(facts, name), kind) for name, kind in kinds.items()]
    rows = [
        [facts.layer(row.from_tier), facts.layer(row.to_tier), *(row[name] for name in kinds)]
        for _, row in moves.iterrows()
    ]
    sums = [_sum(moves, name, xl_col_to_name(place)) for place, name in enumerate(kinds, start=2)]
    book.table(
        book.sheet(facts.tr("slides.part_effect")),
        columns,
        [*rows, [facts.layer("total"), "", *sums]],
        last_is_total=True,
    )


def _sum(moves, name: str, letter: str):
    if name == "success":
        return None
    whole = float(moves[name].sum())
    return checked(f"=SUM({letter}2:{letter}{len(moves) + 1})", whole, whole)


def _candidates(book: Book, move: str, found):
    facts = book.facts
    kinds = {name: kind for name, kind in CANDIDATES.items() if known(found, name)}
    rows = (
        [reasons(facts, row[name]) if name == "reasons" else row[name] for name in kinds]
        for row in found[list(kinds)].to_dict("records")
    )  # fmt: skip
    sheet = book.sheet(move_words(facts, *move.split(":")))
    book.table(sheet, [Column(header(facts, name), kind) for name, kind in kinds.items()], rows, filters=True)
