"""The customer pyramid as a deck: `pyramid_deck(facts, tiers=..., ...)` gives a PPTX as bytes.

Seven slides of native, editable things: the pyramid as shapes, the layers as a table with a chart, the waterfall to profit,
returns under every key, the concentration, movements, the ten lessons.  What the data cannot tell is left out, and the second
slide and the notes say which export would tell it.
"""

import pandas as pd

from crm_analytics import formats
from crm_analytics.charts.pyramid import LAYERS, TIERS, rows
from crm_analytics.reporting import drawn, plots, said, spans
from crm_analytics.reporting.facts import Facts, known
from crm_analytics.reporting.slides import BOTTOM, COLOURS, INNER, LOSS, MARGIN, Deck, height_of, paragraph
from crm_analytics.reporting.tables import Cell, Column, table

KEYS = ("own", "per_head", "activity", "revenue")
KEY_COLOURS = dict(
    zip(KEYS, (COLOURS.primary, COLOURS.stages["active"], COLOURS.stages["forgotten"], COLOURS.tiers["prospect"]))
)
NEW, GREEN = "new", COLOURS.stages["active"]


def pyramid_deck(
    facts: Facts,
    *,
    tiers: pd.DataFrame,
    waterfall: pd.DataFrame | None = None,
    ranges: pd.DataFrame | None = None,
    costs: pd.DataFrame | None = None,
    concentration: pd.DataFrame | None = None,
    migration: pd.DataFrame | None = None,
    flows: pd.DataFrame | None = None,
    lessons: pd.DataFrame | None = None,
    basis: pd.DataFrame | None = None,
) -> bytes:
    """The deck.  The frames are those of `metrics.pyramid` by the same names; what is None or says nothing has no slide."""
    deck = Deck(facts)
    _first(deck, tiers, basis)
    _layers(deck, tiers, basis)
    if known(waterfall, "amount") and _amount(waterfall, "contribution") is not None:
        _waterfall(deck, waterfall, basis)
    if known(ranges, "roi"):
        _returns(deck, ranges, costs)
    if known(concentration, "revenue_share") and concentration.customers.max() > 1:
        _concentration(deck, concentration)
    if known(migration, "customers"):
        _migration(deck, migration, flows)
    if known(lessons, "verdict"):
        _lessons(deck, lessons)
    return deck.data()


def _first(deck: Deck, tiers, basis):
    """The answer, and the pyramid drawn."""
    facts = deck.facts
    slide, _ = deck.slide(said.eyebrow(facts, "pyramid"), facts.answer, said.notes(facts, "pyramid", basis))
    layers = rows(tiers, facts.tr, facts.currency, facts.tier_shares, facts.months)
    has_shares = any(row.profit_share for row in layers)
    knows_profit = any(row.profit is not None for row in layers)
    head = "pyramid.head_profit" if has_shares or not knows_profit else "pyramid.head_profit_amount"
    words = facts.tr("pyramid.head_customers"), facts.tr("pyramid.head_revenue", months=facts.months), facts.tr(head)
    drawn.heads(slide, drawn.WHOLE, words)
    drawn.pyramid(slide, layers, drawn.WHOLE)
    drawn.amounts(slide, layers, drawn.WHOLE)
    if not knows_profit:
        place = drawn.WHOLE
        box = (place.profit, place.top, place.right - place.profit, 1.6)
        paragraph(slide, box, facts.tr("slides.wants_costs"), size=12, colour=COLOURS.muted)


def _layers(deck: Deck, tiers, basis):
    """A row per layer, and who brings revenue and who brings profit."""
    facts, shown = deck.facts, tiers[tiers.tier.isin((*LAYERS, "unidentified", "total"))]
    slide, top = deck.slide(
        said.eyebrow(facts, "layers"), _layers_title(facts, tiers), said.notes(facts, "layers", basis)
    )
    kinds = [kind for kind in said.COLUMNS if kind == "customers" or tiers[kind].notna().any()]
    columns = [Column(facts.tr("slides.layer"), 1.5, "left"), *(Column(said.column(facts, kind)) for kind in kinds)]
    lines = [_layer_line(facts, row, kinds) for _, row in shown.iterrows() if said.is_shown(row)]
    edge = table(
        slide, (MARGIN, top, INNER, 3.3), columns, lines, size=12, bold_last=True, name=facts.tr("slides.part_layers")
    )
    top = edge + 0.15
    if wants := said.wants(facts, tiers):
        height = height_of(wants, INNER, 12)
        paragraph(slide, (MARGIN, edge + 0.1, INNER, height), wants, size=12, colour=COLOURS.muted)
        top += height + 0.1
    active = tiers.set_index("tier").reindex(TIERS)
    series = [(facts.tr("slides.revenue_share"), active.revenue_share, COLOURS.primary)]
    if active.profit_share.notna().any():
        series.append((facts.tr("slides.profit_share"), active.profit_share, GREEN))
    if active.revenue_share.notna().any():
        names = [facts.layer(tier) for tier in TIERS]
        plots.bars(
            slide, (MARGIN, top, INNER, BOTTOM - top), names, series, form="0%", about=facts.tr("slides.about_shares")
        )


def _layers_title(facts: Facts, tiers) -> str:
    active = tiers.set_index("tier").reindex(TIERS)
    if active.roi.notna().any():
        best = active.roi.idxmax()
        return facts.tr("slides.title_layers", tier=_those(facts, best), roi=formats.number(active.roi[best]))
    if active.revenue_share.notna().any():
        best = active.revenue_share.idxmax()
        share = formats.percent(active.revenue_share[best], 0)
        return facts.tr("slides.title_revenue", tier=_those(facts, best), share=share)
    return facts.tr("slides.part_layers")


def _those(facts: Facts, tier: str) -> str:
    return facts.tr(f"pyramid_value.those_{tier}")


def _layer_line(facts: Facts, row, kinds) -> list:
    name = Cell(facts.layer(row.tier), mark=said.shade(row.tier))
    return [name, *(said.figure(facts, kind, row[kind]) for kind in kinds)]


def _amount(waterfall, step: str) -> float | None:
    found = waterfall.loc[waterfall.step == step, "amount"]
    return None if found.empty or formats.is_missing(found.iloc[0]) else float(found.iloc[0])


def _waterfall(deck: Deck, waterfall, basis):
    """From revenue to profit, step by step; steps nobody knows are left out and named."""
    facts, steps = deck.facts, waterfall[waterfall.amount.notna()]
    last = steps[steps.is_total].iloc[-1]
    revenue = _amount(waterfall, "revenue")
    key = "loss" if last.amount < 0 else last.step
    title = facts.tr(f"pyramid_value.waterfall_{key}", left=facts.money(abs(last.amount)), revenue=facts.money(revenue))
    missing = [
        facts.tr(f"pyramid_value.step_{step}") for step in waterfall.step[waterfall.amount.isna()] if step != "profit"
    ]
    slide, top = deck.slide(said.eyebrow(facts, "waterfall"), title, said.notes(facts, "waterfall", basis))
    unit, word = facts.unit(steps.amount)
    under = [facts.tr("slides.in_unit", unit=word, window=facts.window)]
    if missing:
        under.append(facts.tr("slides.steps_unknown", steps=formats.listed(missing, 4, facts.language)))
    paragraph(slide, (MARGIN, top, INNER, 0.5), formats.together(under, facts.language))
    quiet, blue = COLOURS.tiers["prospect"], COLOURS.primary
    drawn_steps = [
        (facts.tr(f"pyramid_value.step_{row.step}"), row.amount, row.is_total,
         (LOSS if row.amount < 0 else blue) if row.is_total else quiet)
        for row in steps.itertuples()
    ]  # fmt: skip
    box = (MARGIN, top + 0.35, INNER, BOTTOM - top - 0.35)
    words = {"names": said.waterfall_names(facts), "about": facts.tr("slides.about_waterfall")}
    spans.waterfall(slide, box, drawn_steps, unit=unit, **words)


def _returns(deck: Deck, ranges, costs):
    """The return of each tier under every key by which costs may be spread."""
    facts = deck.facts
    wide = ranges.pivot(index="tier", columns="key", values="roi").reindex(index=TIERS)
    keys = [key for key in KEYS if key in wide and wide[key].notna().any()]
    title, notes = _returns_title(facts, wide[keys]), said.notes(facts, "returns")
    slide, top = deck.slide(said.eyebrow(facts, "returns"), title, notes)
    paragraph(slide, (MARGIN, top, INNER, 0.5), said.keys(facts, costs))
    series = [(facts.tr(f"pyramid_value.key_{key}"), wide[key], KEY_COLOURS[key]) for key in keys]
    words = {"names": (facts.tr("slides.above"), facts.tr("slides.below")), "about": facts.tr("slides.about_returns")}
    form = "0" if wide.max().max() >= 10 else "0.0"
    box = (MARGIN, top + 0.5, 6.7, BOTTOM - top - 0.5)
    spans.ranges(slide, box, [facts.layer(tier) for tier in TIERS], series, form=form, **words)
    columns = [
        Column(facts.tr("slides.layer"), 1.5, "left"),
        *(Column(facts.tr(f"pyramid_value.key_{key}")) for key in keys),
    ]
    lines = [
        [Cell(facts.layer(tier), mark=COLOURS.tiers[tier]), *(formats.number(wide.loc[tier, key]) for key in keys)]
        for tier in TIERS
    ]  # fmt: skip
    table(slide, (7.6, top + 0.7, 5.133, 3.2), columns, lines, size=12, name=facts.tr("slides.part_returns"))


def _returns_title(facts: Facts, wide) -> str:
    best = wide.iloc[:, 0].idxmax()
    low, high = wide.loc[best].min(), wide.loc[best].max()
    if low == high:
        return facts.tr("slides.title_return", tier=_those(facts, best), roi=formats.number(low))
    return facts.tr(
        "slides.title_returns", tier=_those(facts, best), low=formats.number(low), high=formats.number(high)
    )


def _concentration(deck: Deck, points):
    """How few customers bring how much."""
    facts = deck.facts
    half = said.crossing(points.customers_share, points.revenue_share, 0.5)
    title = (
        facts.tr("pyramid.curve_half", share=formats.percent(half)) if half else facts.tr("slides.part_concentration")
    )
    slide, top = deck.slide(said.eyebrow(facts, "concentration"), title, said.notes(facts, "concentration"))
    gini = points.gini.dropna().iloc[0] if known(points, "gini") else None
    under = facts.tr("slides.under_gini", gini=f"{gini:.2f}") if gini is not None else facts.tr("slides.under_curve")
    paragraph(slide, (MARGIN, top, INNER, 0.4), under)
    xs = points.customers_share
    curves = [(facts.tr("slides.revenue_share"), xs, points.revenue_share, COLOURS.primary, False)]
    if known(points, "profit_share"):
        curves.append((facts.tr("slides.profit_share"), xs, points.profit_share, GREEN, False))
    curves.append((facts.tr("slides.equal"), [0, 1], [0, 1], COLOURS.muted, True))
    marks = [
        (_mark(facts, row), row.customers_share, row.revenue_share, COLOURS.tiers[row.marker])
        for row in points.dropna(subset=["marker"]).itertuples()
        if row.marker in TIERS[:3]
    ]
    box = (MARGIN, top + 0.3, INNER, BOTTOM - top - 0.3)
    plots.curve(
        slide,
        box,
        curves,
        points=marks,
        points_name=facts.tr("slides.borders"),
        about=facts.tr("slides.about_concentration"),
    )


def _mark(facts: Facts, row) -> str:
    return f"{facts.layer(row.marker)} {formats.percent(row.revenue_share, 0)}"


def _migration(deck: Deck, migration, flows):
    """From which layer to which, as a table; how many entered, moved and left, as a chart."""
    facts = deck.facts
    slide, top = deck.slide(said.eyebrow(facts, "movement"), said.movement(facts, flows), said.notes(facts, "movement"))
    paragraph(slide, (MARGIN, top, INNER, 0.4), _since(facts))
    counts = migration.pivot_table(index="from_tier", columns="to_tier", values="customers", aggfunc="sum")
    tos = [tier for tier in LAYERS if tier in counts and counts[tier].sum()]
    froms = [tier for tier in (*LAYERS, NEW) if tier in counts.index and counts.loc[tier].sum()]
    rates = migration.set_index(["from_tier", "to_tier"]).rate
    columns = [Column(facts.tr("slides.from_to"), 1.5, "left"), *(Column(facts.layer(tier)) for tier in tos)]
    lines = [
        [Cell(facts.layer(tier), mark=said.shade(tier)), *(_moved(counts, rates, tier, to) for to in tos)]
        for tier in froms
    ]  # fmt: skip
    has_flows = known(flows, "customers")
    box = (MARGIN, top + 0.4, 7.6 if has_flows else INNER, BOTTOM - top - 0.4)
    table(slide, box, columns, lines, size=12, name=facts.tr("slides.part_movement"))
    if has_flows:
        colours = {
            "entered": COLOURS.primary,
            "up": "#0B7257",
            "returned": COLOURS.primary,
            "stayed": COLOURS.tiers["prospect"],
        }
        names = [facts.tr(f"movement.flow_{flow}") for flow in flows.flow]
        shades = [colours.get(flow, LOSS) for flow in flows.flow]
        series = [(said.column(facts, "customers"), flows.customers, COLOURS.primary)]
        box = (8.4, top + 0.3, MARGIN + INNER - 8.4, BOTTOM - top - 0.3)
        plots.bars(
            slide,
            box,
            names,
            series,
            form="#,##0",
            horizontal=True,
            colours=shades,
            about=facts.tr("slides.about_flows"),
        )


def _since(facts: Facts) -> str:
    return facts.tr("slides.under_matrix_since", day=facts.since) if facts.since else facts.tr("slides.under_matrix")


def _moved(counts, rates, tier: str, to: str) -> Cell:
    """12 · 8%; who stayed in the layer on a tint."""
    n = counts.loc[tier].get(to)
    if formats.is_missing(n) or not n:
        return Cell("")
    rate = rates.get((tier, to))
    share = "<1%" if 0 < rate < 0.005 else formats.percent(rate, 0)
    text = f"{formats.count(n)} · {share}" if tier != NEW else formats.count(n)
    return Cell(text, bold=tier == to, ground="#EAF2F8" if tier == to else "")


def _lessons(deck: Deck, lessons):
    """What the method says, what is found here, and whether it holds."""
    facts, verdicts = deck.facts, lessons.verdict.value_counts()
    title = facts.tr(
        "slides.title_lessons", **{verdict: formats.count(verdicts.get(verdict, 0)) for verdict in said.VERDICTS}
    )
    notes = [*said.notes(facts, "lessons"), *said.lesson_notes(facts, lessons)]
    slide, top = deck.slide(said.eyebrow(facts, "lessons"), title, notes)
    columns = [
        Column("", 0.35), Column(facts.tr("slides.lesson"), 5, "left", wraps=True),
        Column(facts.tr("slides.found"), 5, "left", wraps=True), Column(facts.tr("slides.verdict"), 1.5, "left"),
    ]  # fmt: skip
    lines = [
        [
            str(place), facts.tr(f"lessons.claim_{row.lesson}"), said.lesson_found(facts, row),
            Cell(said.verdict(facts, row), True, said.verdict_colour(row)),
        ]
        for place, row in enumerate(lessons.itertuples(), start=1)
    ]  # fmt: skip
    table(
        slide,
        (MARGIN, top + 0.1, INNER, BOTTOM - top - 0.2),
        columns,
        lines,
        size=13,
        name=facts.tr("slides.part_lessons"),
    )
