"""A scenario as a deck: `scenario_deck(facts, whatif=..., moves=..., ...)` gives a PPTX as bytes.

The pyramid before and after as shapes, the change of profit move by move with its interval, the layers before and after, what
the answer rests on, and the customers who could make each move.
"""

from collections.abc import Mapping

import pandas as pd

from crm_analytics import formats
from crm_analytics.charts.pyramid import LAYERS, TIERS, rows
from crm_analytics.reporting import drawn, said, spans
from crm_analytics.reporting.facts import Facts, known
from crm_analytics.reporting.scenario import assumptions, chance, interval, move_words, reasons, subject, total
from crm_analytics.reporting.slides import BOTTOM, COLOURS, GAIN, INNER, LOSS, MARGIN, Deck, Run, paragraph, rule, text
from crm_analytics.reporting.tables import Cell, Column, table

CANDIDATE = ("revenue", "gap_to_threshold", "chance", "wallet_room", "satisfaction", "trend")
MOST_CANDIDATES, CENT = 12, 0.005
SUM = "#6AA9D6"  # of the last column: light enough for the interval to be seen on it


def scenario_deck(
    facts: Facts,
    *,
    whatif: pd.DataFrame,
    moves: pd.DataFrame,
    options: Mapping | None = None,
    candidates: Mapping[str, pd.DataFrame] | None = None,
    basis: pd.DataFrame | None = None,
) -> bytes:
    """The deck.  `whatif`, `moves`, `basis`: frames of `metrics.pyramid`; `options`: what `whatif` was asked with;
    `candidates`: move ("small:medium") -> `whatif.candidates` of it."""
    deck = Deck(facts)
    _first(deck, whatif, basis)
    if known(moves, "customers"):
        _effect(deck, whatif, moves, basis)
    _before_after(deck, whatif, basis)
    _assumptions(deck, whatif, moves, options or {})
    for move, found in (candidates or {}).items():
        if known(found, "customer_id"):
            _candidates(deck, move, found)
    return deck.data()


def _state(whatif, when: str) -> pd.DataFrame:
    """The layers before or after as `charts.pyramid.rows` wants them."""
    buys = whatif.tier.isin(TIERS)
    revenue = whatif[f"revenue_{when}"]
    return pd.DataFrame(
        {
            "tier": whatif.tier, "customers": whatif[f"customers_{when}"].fillna(0), "revenue": revenue,
            "revenue_share": (revenue / revenue[buys].sum()).where(buys), "profit": whatif[f"profit_{when}"],
            "profit_share": float("nan"), "revenue_before": 0.0, "converted_rate": float("nan"),
        }
    )  # fmt: skip


def _first(deck: Deck, whatif, basis):
    """The answer, and the pyramid before and after."""
    facts = deck.facts
    slide, _ = deck.slide(said.eyebrow(facts, "scenario"), facts.answer, said.notes(facts, "scenario", basis))
    changes = {
        row.tier: f"{'+' if row.customers_delta > 0 else ''}{formats.count(row.customers_delta)}"
        for row in whatif.itertuples()
        if row.tier in LAYERS and round(row.customers_delta)
    }
    for when, left, shown in (("before", MARGIN, {}), ("after", MARGIN + INNER - 5.75, changes)):
        places = drawn.half(left)
        layers = rows(_state(whatif, when), facts.tr, facts.currency, facts.tier_shares, facts.months)
        head = [
            Run(facts.tr(f"slides.{when}"), 16, True),
            Run(f"   {_sums(facts, whatif, when)}", 13, colour=COLOURS.second),
        ]
        text(slide, (left, places.top - 0.75, 5.75, 0.32), head, anchor="middle")
        rule(slide, left, places.top - 0.36, left + 5.75, places.top - 0.36)
        drawn.pyramid(slide, layers, places, shown)
        drawn.revenues(slide, layers, places)


def _sums(facts: Facts, whatif, when: str) -> str:
    whole, of = total(whatif), dict.fromkeys(("revenue", subject(whatif)))
    parts = (
        formats.labelled(facts.tr(f"pyramid_value.column_{each}"), facts.money(whole[f"{each}_{when}"]), facts.language)
        for each in of
    )
    return " · ".join(parts)


def _effect(deck: Deck, whatif, moves, basis):
    """The change move by move, and between which amounts eight outcomes in ten lie."""
    facts, of, whole, bounds = deck.facts, subject(whatif), total(whatif), interval(whatif)
    change = float(whole[f"{of}_delta"])
    title = facts.tr(
        "slides.title_effect", value=facts.money_change(change), what=facts.tr(f"whatif.of_{of}"),
        n=formats.count(moves.customers.sum()), before=facts.money(whole[f"{of}_before"]), after=facts.money(whole[f"{of}_after"]),
    )  # fmt: skip
    slide, top = deck.slide(said.eyebrow(facts, "effect"), title, said.notes(facts, "effect", basis))
    steps = _steps(facts, moves, of, change)
    unit, word = facts.unit([amount for _, amount, _, _ in steps] + list(bounds or ()))
    under = [facts.tr("slides.in_unit", unit=word, window=facts.window)]
    if bounds:
        under.append(facts.tr("slides.outcomes", low=facts.money_change(bounds[0]), high=facts.money_change(bounds[1])))
    if not formats.is_missing(whole.get("probability")) and of == "profit":
        under.append(facts.tr("slides.probability", share=chance(whole.probability)))
    paragraph(slide, (MARGIN, top, INNER, 0.5), formats.together(under, facts.language), size=14)
    low, high = bounds or (None, None)
    box = (MARGIN, top + 0.5, INNER, BOTTOM - top - 0.5)
    names = said.waterfall_names(facts)
    spans.waterfall(
        slide, box, steps, unit=unit, names=names, low=low, high=high, about=facts.tr("slides.about_effect")
    )


def _steps(facts: Facts, moves, of: str, change: float) -> list[tuple]:
    """One step per move and one for what is not a move's own (rounding, shared cost); their sum last."""
    steps = []
    for row in moves.itertuples():
        amount = float(getattr(row, f"{of}_delta"))
        colour = LOSS if amount < 0 else COLOURS.tiers.get(row.to_tier, COLOURS.primary)
        label = facts.tr(
            "slides.moves_n", n=formats.count(row.customers), move=move_words(facts, row.from_tier, row.to_tier)
        )
        steps.append((label, amount, False, colour))
    rest = change - sum(amount for _, amount, _, _ in steps)
    if abs(rest) >= 0.01:
        steps.append((facts.tr("slides.extra_cost"), rest, False, LOSS if rest < 0 else COLOURS.tiers["prospect"]))
    return [*steps, (facts.tr("slides.all_moves"), change, True, LOSS if change < 0 else SUM)]


def _before_after(deck: Deck, whatif, basis):
    """Every layer before and after, and what changed."""
    facts, of, whole = deck.facts, subject(whatif), total(whatif)
    words = {
        "before": facts.money(whole[f"{of}_before"]),
        "after": facts.money(whole[f"{of}_after"]),
        "what": facts.tr(f"whatif.of_{of}"),
    }
    title = facts.tr("slides.title_before_after", **words)
    slide, top = deck.slide(said.eyebrow(facts, "before_after"), title, said.notes(facts, "before_after", basis))
    kinds = [kind for kind in ("revenue", "contribution", "cost", "profit") if known(whatif, f"{kind}_before")]
    columns = [Column(facts.tr("slides.layer"), 1.75, "left"), Column(said.column(facts, "customers"), 1.45)]
    moving = {kind for kind in kinds if (whatif[f"{kind}_delta"].abs() >= CENT).any()}
    for kind in kinds:
        columns.append(Column(facts.tr(f"pyramid_value.measure_{kind}"), 1.1))
        columns += [Column(facts.tr("slides.change"), 1)] if kind in moving else []
    lines = [
        [
            Cell(facts.layer(row.tier), mark=said.shade(row.tier)), _from_to(row.customers_before, row.customers_after),
            *(cell for kind in kinds for cell in _amounts(facts, row, kind)[: 1 + (kind in moving)]),
        ]
        for _, row in whatif.iterrows()
        if row.tier != "unidentified" or row.revenue_before
    ]  # fmt: skip
    table(
        slide,
        (MARGIN, top + 0.1, INNER, BOTTOM - top - 0.2),
        columns,
        lines,
        size=13,
        bold_last=True,
        name=facts.tr("slides.part_before_after"),
    )


def _from_to(before, after) -> str:
    if formats.is_missing(before) or not (before or after):
        return formats.NOTHING
    told = formats.count(before), formats.count(after)
    return told[0] if told[0] == told[1] else " → ".join(told)


def _amounts(facts: Facts, row, kind: str) -> list[Cell]:
    before, after, change = row[f"{kind}_before"], row[f"{kind}_after"], row[f"{kind}_delta"]
    if formats.is_missing(after):
        return [Cell(formats.NOTHING), Cell("")]
    shown = Cell(facts.money(after), colour=LOSS if after < 0 else "")
    if formats.is_missing(change) or abs(change) < CENT or formats.is_missing(before):
        return [shown, Cell("")]
    worse = change < 0 if kind != "cost" else change > 0
    return [shown, Cell(facts.money_change(change), True, LOSS if worse else GAIN)]


def _assumptions(deck: Deck, whatif, moves, options: Mapping):
    """What was asked, and what stays as it is."""
    facts = deck.facts
    slide, top = deck.slide(
        said.eyebrow(facts, "assumptions"), facts.tr("slides.title_assumptions"), said.notes(facts, "assumptions")
    )
    columns = [
        Column(facts.tr("slides.assumption"), 1, "left"),
        Column(facts.tr("slides.value"), 2.6, "left", wraps=True),
    ]
    lines = [[Cell(name, True), Cell(value)] for name, value in assumptions(facts, whatif, moves, options)]
    table(
        slide,
        (MARGIN, top + 0.1, INNER, BOTTOM - top - 0.2),
        columns,
        lines,
        size=14,
        name=facts.tr("slides.part_assumptions"),
    )


def _candidates(deck: Deck, move: str, found):
    """The best candidates of one move by name, and why."""
    facts, shown = deck.facts, found.head(MOST_CANDIDATES)
    words = move_words(facts, *move.split(":"))
    title = facts.tr("slides.title_candidates", n=formats.count(len(shown)), move=words)
    slide, top = deck.slide(said.eyebrow(facts, "candidates"), title, said.notes(facts, "candidates"))
    columns = [Column(facts.tr("slides.customer"), 2.2, "left")]
    kinds = [kind for kind in CANDIDATE if known(shown, kind)]
    columns += [Column(facts.tr(f"slides.candidate_{kind}")) for kind in kinds]
    columns += [Column(facts.tr("slides.reasons"), 3, "left", wraps=True)]
    lines = [
        [_name(row), *(_candidate(facts, kind, row[kind]) for kind in kinds), reasons(facts, row.get("reasons"))]
        for _, row in shown.iterrows()
    ]
    table(slide, (MARGIN, top + 0.1, INNER, BOTTOM - top - 0.2), columns, lines, size=13, name=words)


def _name(row) -> str:
    name = row.get("name")
    return str(row.customer_id) if formats.is_missing(name) or not str(name).strip() else str(name)


def _candidate(facts: Facts, kind: str, value) -> str:
    if kind == "chance":
        return chance(value)
    if kind == "trend":
        rising = not formats.is_missing(value) and value > 0
        return f"{'+' if rising else ''}{formats.percent(value, 0)}"
    return formats.number(value) if kind == "satisfaction" else facts.money(value)
