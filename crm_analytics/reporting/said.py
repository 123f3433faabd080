"""Words that slides and sheets share: what a part is about, what a number looks like, what was left out, what would tell more."""

import numpy as np

from crm_analytics import formats
from crm_analytics.charts import style
from crm_analytics.reporting.facts import Facts
from crm_analytics.reporting.tables import Cell

LOSS, GAIN = "#B3261E", "#0B7257"
VERDICTS = {
    "holds": ("✓", GAIN),
    "fails": ("✕", LOSS),
    "unclear": ("≈", style.LIGHT.second),
    "unknown": ("?", style.LIGHT.muted),
}
COLUMNS = {  # of the table of layers, and whose words they are
    "customers": "pyramid", "revenue": "pyramid", "average_revenue": "pyramid", "threshold_revenue": "pyramid",
    "contribution": "pyramid_value", "marketing_cost": "pyramid_value", "overhead": "pyramid_value",
    "profit": "pyramid_value", "roi": "pyramid_value",
}  # fmt: skip
ABOUT = {  # part -> what its notes explain, in the words of the screens
    "pyramid": ("pyramid.about",),
    "layers": ("pyramid_value.about_tiers",),
    "waterfall": ("pyramid_value.about_waterfall",),
    "returns": ("pyramid_value.about_returns", "pyramid_value.about_costs"),
    "concentration": ("pyramid.curve_revenue_about", "pyramid.curve_profit_about"),
    "movement": ("movement.about_migration",),
    "lessons": ("slides.about_lessons",),
    "scenario": ("whatif.waterfall_about",),
    "effect": ("whatif.waterfall_about",),
    "before_after": ("whatif.table_about",),
    "assumptions": ("whatif.waterfall_about",),
    "candidates": ("whatif.candidates_about",),
}


def eyebrow(facts: Facts, part: str) -> str:
    """Company · Customer pyramid · 12 months to 9 Dec 2011"""
    return " · ".join(filter(None, (facts.company_shortly, facts.tr(f"slides.part_{part}"), facts.window)))


def about(facts: Facts, part: str) -> list[str]:
    """What a part means; the pyramid says by what customers are ranked, and its layers."""
    told = [facts.tr(key) for key in ABOUT[part]]
    if part == "pyramid":
        shares = [*facts.tier_shares, 1 - sum(facts.tier_shares)]
        words = {
            tier: f"{formats.number(100 * share)}%" for tier, share in zip(("top", "big", "medium", "small"), shares)
        }
        told.append(facts.tr("slides.ranked", by=facts.tr(f"pyramid.by_{facts.by}"), **words))
    if part == "movement":
        flows = ("entered", "up", "down", "stayed", "left", "returned")
        labels = ((facts.tr(f"movement.flow_{flow}"), facts.tr(f"movement.about_{flow}")) for flow in flows)
        told += [formats.labelled(*pair, facts.language) for pair in labels]
    return told


def notes(facts: Facts, part: str, basis=None) -> list[str]:
    """What a speaker should know: the view, the definitions, what the numbers rest on, what was left out, where they come from."""
    files = formats.listed([name for name, *_ in facts.files], 6, facts.language)
    return [
        facts.about,
        *about(facts, part),
        *rests_on(facts, basis),
        *left_out(facts),
        formats.labelled(facts.tr("slides.sources"), files, facts.language) if files else "",
    ]


def left_out(facts: Facts) -> list[str]:
    """One line per thing that no number counts."""
    if not facts.left_out:
        return [facts.tr("frame.nothing_left_out")]
    return [formats.labelled(facts.tr("frame.how_left_out"), line, facts.language) for line in facts.left_out]


def rests_on(facts: Facts, basis) -> list[str]:
    """On what contribution and costs rest, where it is not all data."""
    if basis is None or not len(basis):
        return []
    row, found = basis.iloc[0], []
    covered = 0.0 if formats.is_missing(row.covered_share) else float(row.covered_share)
    if covered < 0.9995 and not formats.is_missing(row.margin_rate):
        key = "pyramid_value.rate_typed" if row.is_rate_typed else "pyramid_value.rate_known"
        found.append(facts.tr(key, rate=formats.percent(row.margin_rate), rest=formats.percent(1 - covered, 0)))
    for key in ("typed_costs", "kinds_absent"):
        kinds = [facts.tr(f"pyramid_value.kind_{kind}") for kind in str(row[key] or "").split(",") if kind]
        if kinds:
            found.append(facts.tr(f"slides.{key}", kinds=formats.listed(kinds, 4, facts.language)))
    return found


def wants(facts: Facts, tiers) -> str:
    """Which exports would fill the columns that are not there."""
    found = [key for key, column in (("goods", "contribution"), ("costs", "profit")) if tiers[column].isna().all()]
    return formats.together([facts.tr(f"slides.wants_{key}") for key in found], facts.language)


def is_shown(row) -> bool:
    """Lines without a customer have a row only where there are any."""
    return row.tier != "unidentified" or bool(row.revenue)


def column(facts: Facts, kind: str) -> str:
    """Header of a column of the table of layers."""
    return facts.tr(f"{COLUMNS[kind]}.column_{kind}")


def figure(facts: Facts, kind: str, value) -> Cell:
    """A number of the table of layers; a loss is red."""
    if kind == "customers":
        return Cell(formats.count(value) if value else formats.NOTHING)
    text = formats.number(value) if kind == "roi" else facts.money(value)
    return Cell(text, colour=LOSS if text.startswith("−") else "")


def waterfall_names(facts: Facts) -> list[str]:
    """Headers of the workbook inside a waterfall."""
    return [facts.tr(f"slides.chart_{name}") for name in ("base", "above", "below", "step", "amount", "total", "level")]


def keys(facts: Facts, costs) -> str:
    """By which key how much of the costs reached the layers."""
    told = [facts.tr("slides.under_returns")]
    if costs is not None and len(costs) and costs.amount.sum():
        shares = (costs.groupby("key").amount.sum() / costs.amount.sum()).sort_values(ascending=False)
        listed = [
            f"{facts.tr(f'pyramid_value.key_{key}')} {formats.percent(share, 0)}" for key, share in shares.items()
        ]
        told.append(facts.tr("slides.keys_used", keys=formats.listed(listed, 4, facts.language)))
    return formats.together(told, facts.language)


def crossing(xs, ys, level: float) -> float | None:
    """Where a rising curve reaches a level, between two points on the straight line."""
    xs, ys = np.asarray(xs, dtype=float), np.asarray(ys, dtype=float)
    reached = np.flatnonzero(ys >= level)
    if not len(reached) or not reached[0]:
        return None
    b, a = reached[0], reached[0] - 1
    return float(xs[a] + (xs[b] - xs[a]) * (level - ys[a]) / (ys[b] - ys[a]))


def movement(facts: Facts, flows) -> str:
    """How many moved up, down and left."""
    if flows is None or not len(flows):
        return facts.tr("slides.part_movement")
    n = flows.set_index("flow").customers
    counts = {flow: formats.count(n.get(flow, 0)) for flow in ("up", "down", "left", "entered")}
    return facts.tr("slides.title_movement", **counts)


def shade(tier: str) -> str:
    """The colour of a layer; none for rows of no layer."""
    return style.LIGHT.tiers.get(tier, "")


def verdict(facts: Facts, row) -> str:
    """✓ holds"""
    return f"{VERDICTS[row.verdict][0]} {facts.tr(f'lessons.verdict_{row.verdict}')}"


def verdict_colour(row) -> str:
    """Green, red or quiet."""
    return VERDICTS[row.verdict][1]


def lesson_found(facts: Facts, row) -> str:
    """57.1% (55.2–58.7%), n 2,056; what it wants where nothing is known."""
    if formats.is_missing(row.value):
        tables = row.wants if isinstance(row.wants, (list, tuple)) else str(row.wants or "").split(",")
        names = [facts.tr(f"tables.{table.strip()}") for table in tables if facts.tr.knows(f"tables.{table.strip()}")]
        return facts.tr("slides.wants", tables=formats.listed(names, 4, facts.language)) if names else formats.NOTHING
    told = [_measured(facts, row.unit, row.value, row.low, row.high)]
    if not formats.is_missing(getattr(row, "second", None)):
        told.append(
            facts.tr("slides.and_profit", value=_measured(facts, row.unit, row.second, row.second_low, row.second_high))
        )
    return formats.listed([*told, facts.tr("frame.n", n=formats.count(row.n))], 3, facts.language)


def _measured(facts: Facts, unit: str, value, low, high) -> str:
    """A value with its interval, in its unit."""
    words = {"share": formats.percent, "change": formats.percent}.get(unit, formats.points)
    sign = "+" if unit != "share" and value > 0 else ""
    shown = sign + words(value)
    if unit == "difference":
        shown = facts.tr("frame.points", n=shown)
    if formats.is_missing(low) or formats.is_missing(high):
        return shown
    return facts.tr("slides.with_interval", value=shown, low=words(low), high=words(high))


def lesson_notes(facts: Facts, lessons) -> list[str]:
    """What limits a lesson's verdict, for the speaker."""
    noted = (
        (row.lesson, f"notes.{row.note}") for row in lessons.itertuples() if isinstance(getattr(row, "note", None), str)
    )
    return [formats.labelled(str(place), facts.tr(key), facts.language) for place, key in noted if facts.tr.knows(key)]
