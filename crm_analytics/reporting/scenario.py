"""A scenario in words that slides and sheets share: what it changes, how sure that is, what it rests on."""

from collections.abc import Mapping

from crm_analytics import formats
from crm_analytics.reporting.facts import Facts

SUBJECTS = ("profit", "contribution", "revenue")  # what the change is told of: the first that is known
DEFAULTS = {"cost_rule": "constant", "budget": 0.0, "brings": "mean", "success": "1", "rank_within": False}


def subject(whatif) -> str:
    """Profit; without costs the contribution; without the cost of goods revenue."""
    whole = total(whatif)
    return next(of for of in SUBJECTS if of == "revenue" or not formats.is_missing(whole[f"{of}_delta"]))


def total(whatif):
    """The row of the whole company."""
    return whatif[whatif.tier == "total"].iloc[0]


def interval(whatif) -> tuple[float, float] | None:
    """P10 and P90 of what the change is told of."""
    of, whole = subject(whatif), total(whatif)
    prefix = "" if of == "profit" else f"{of}_"
    low, high = whole.get(f"{prefix}low"), whole.get(f"{prefix}high")
    return None if formats.is_missing(low) or formats.is_missing(high) else (float(low), float(high))


def chance(probability) -> str:
    """97%; >99% where nothing said otherwise, for that proves no certainty."""
    if formats.is_missing(probability):
        return formats.NOTHING
    return ">99%" if probability > 0.995 else "<1%" if probability < 0.005 else formats.percent(probability, 0)


def move_words(facts: Facts, from_tier: str, to_tier: str) -> str:
    """Small → Medium"""
    return facts.tr("slides.move", from_tier=facts.layer(from_tier), to_tier=facts.layer(to_tier))


def assumptions(facts: Facts, whatif, moves, options: Mapping) -> list[tuple[str, str]]:
    """What a scenario rests on: (what, chosen) pairs, the defaults of the what-if where nothing was said."""
    tr, whole = facts.tr, total(whatif)
    chosen = DEFAULTS | {"by": facts.by} | dict(options)
    listed = [
        tr("slides.moves_n", n=formats.count(row.customers), move=move_words(facts, row.from_tier, row.to_tier))
        for row in (moves.itertuples() if moves is not None else ())
    ]
    rule = {"budget": facts.money(chosen["budget"])} if chosen["cost_rule"] == "budget" else {}
    own = chosen["success"] == "own"
    named = [pair.split(":")[0] for pair in str(chosen.get("named") or "").split(",") if pair]
    found = [
        (tr("slides.moves"), formats.listed(listed, 8, facts.language) or formats.NOTHING),
        (tr("slides.named"), formats.listed(named, 8, facts.language) if named else ""),
        (tr("whatif.rule"), tr(f"whatif.rule_words_{chosen['cost_rule']}", **rule)),
        (tr("slides.extra"), facts.money(whole.get("extra_cost")) if whole.get("extra_cost") else ""),
        (tr("slides.spared"), formats.percent(whole.get("spared_rate"))),
        (tr("whatif.brings"), tr(f"whatif.editor_subtitle_{chosen['brings']}")),
        (tr("whatif.success"), tr("slides.success_own") if own else formats.percent(float(chosen["success"]), 0)),
        (tr("slides.frozen"), tr("slides.frozen_words")),
        (tr("slides.ranked_by"), tr(f"pyramid.by_{chosen['by']}")),
        (tr("slides.rank_within"), tr(f"slides.rank_within_{'yes' if chosen['rank_within'] else 'no'}")),
        (tr("slides.window"), facts.window),
        (tr("slides.whom"), facts.whom or tr("frame.all_customers")),
    ]
    return [(name, value) for name, value in found if value and value != formats.NOTHING or name == tr("slides.moves")]


def reasons(facts: Facts, codes) -> str:
    """little missing, satisfied"""
    if formats.is_missing(codes) or not str(codes):
        return ""
    listed = codes if isinstance(codes, (list, tuple)) else [code.strip() for code in str(codes).split(",")]
    return formats.listed([facts.tr(f"whatif.reason_{code}") for code in listed if code], 4, facts.language)
