"""What-if in words and cards: the answer, profit move by move, revenue and customers before and after."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import whatif as charts
from crm_analytics.errors import CrmError
from crm_analytics.metrics import pyramid, whatif
from crm_analytics.ui import cards, scenarios, store
from crm_analytics.ui.scenarios import LAYERS, TIERS, Scenario
from crm_analytics.ui.text import plain

PARTS = ("moves", "candidates", "optimiser", "scenarios")
WANTS = {
    "profit": "",
    "contribution": "costs",
    "revenue": "orders",
}  # what is known, and the export that would tell more


def scenario(page) -> tuple[Scenario, dict[str, int], pd.DataFrame]:
    """What the URL asks for as far as this company allows it, how many customers each layer has, and `pyramid.whatif` of it.

    What does not fit any more (a link from before an import) is left out, and said in one sentence.
    """
    asked = Scenario.of_url()
    tiers, refusal = measured(page, pyramid.tiers, asked.ranking)
    if refusal:
        _say(page, refusal)
        asked = replace(asked, by="revenue", rank_within=False)
        tiers = page.measure(pyramid.tiers, **asked.ranking)
    present = tiers.set_index("tier").customers.reindex(LAYERS).fillna(0).astype(int).to_dict()
    fitting = asked.fitting(present)
    rows, refusal = measured(page, pyramid.whatif, fitting.options)
    if refusal:
        _say(page, refusal)
        fitting = replace(fitting, named=(), success="1" if fitting.success == "own" else fitting.success)
        rows = page.measure(pyramid.whatif, **fitting.options)
    return fitting, present, rows


def measured(page, metric, options: dict) -> tuple[pd.DataFrame | None, CrmError | None]:
    """A metric's frame, or why this company's data refuse it: for what must not take the place of the page."""
    try:
        frame, statements = store.measured(page.db, page.version, page.filters, metric, options)
    except CrmError as refusal:
        return None, refusal
    page.executed[metric.__qualname__] = statements
    return frame, None


def _say(page, refusal: CrmError):
    st.warning(plain(refusal.sentence(page.tr)), icon=":material/person_off:")


def total_of(rows):
    """The row of the whole company."""
    return rows[rows.tier == "total"].iloc[0]


def subject(total) -> str:
    """What the effect of the moves is known of: profit, else contribution, else revenue."""
    known = [of for of in ("profit", "contribution") if not formats.is_missing(total[f"{of}_delta"])]
    return (known or ["revenue"])[0]


def interval(total, of: str) -> tuple[float, float, float] | None:
    """Between which amounts eight outcomes in ten lie, and the middle one; None where that is unknown."""
    prefix = "" if of == "profit" else f"{of}_"
    bands = tuple(total[f"{prefix}{name}"] for name in ("low", "median", "high"))
    return None if any(map(formats.is_missing, bands)) else bands


def eyebrow(page, scenario: Scenario) -> str:
    """What-if · 12 months to 9 Dec 2011 · total cost held constant · own success rates"""
    tr = page.tr
    told = [tr("whatif.eyebrow", window=page.window_words()), tr(f"whatif.eyebrow_{scenario.cost_rule}")]
    if scenario.success == "own":
        told.append(tr("whatif.eyebrow_own"))
    elif scenario.success != "1":
        told.append(tr("whatif.eyebrow_success", share=formats.percent(float(scenario.success), 0)))
    return " · ".join(told)


def answer(page, scenario: Scenario, rows) -> str:
    """What the moves add or cost, and where eight outcomes in ten lie; an invitation where nobody moves."""
    tr, total = page.tr, total_of(rows)
    if not rows[rows.tier.isin(TIERS)].customers_before.sum():
        return tr("whatif.answer_nobody")
    if not scenario.size:
        below = rows[rows.tier.isin(LAYERS) & (rows.tier != LAYERS[0])]
        return tr("whatif.answer_invite" if below.customers_before.sum() else "whatif.answer_no_move")
    of = subject(total)
    change, before = float(total[f"{of}_delta"]), float(total[f"{of}_before"])
    share = formats.percent(abs(change) / before) if before > 0 else ""
    words = {
        "who": _who(tr, scenario, rows),
        "value": page.money(abs(change)),
        "what": tr(f"whatif.of_{of}"),
    }
    way = "gain" if change > 0 else "loss" if change < 0 else "even"
    key = f"whatif.answer_{way}" + ("_share" if share and way != "even" else "")
    told = [tr(key, **words, share=share) if share and way != "even" else tr(key, **words)]
    told += _interval_sentence(page, total) if of == "profit" else [tr(f"whatif.answer_wants_{WANTS[of]}")]
    return formats.together(told, page.language)


def _who(tr, scenario: Scenario, rows) -> str:
    """6 of 3,394 small customers up; 6 customers up, where they come from several layers; 6 customers, where some go down."""
    ups = {LAYERS.index(b) < LAYERS.index(a) for a, b, _ in scenario.moves} or {True}
    way = "moved" if len(ups) > 1 else "up" if ups.pop() else "down"
    leaving = rows[rows.tier.isin(LAYERS) & (rows.customers_delta < 0)]
    if len(leaving) == 1 and way != "moved":
        source = leaving.iloc[0]
        of = formats.count(source.customers_before)
        return tr(f"whatif.who_{way}_of", n=formats.count(scenario.size), of=of, tier=tr(f"whatif.tier_{source.tier}"))
    one = "_one" if scenario.size == 1 else ""
    return tr(f"whatif.who_{way}{one}", n=formats.count(scenario.size))


def _interval_sentence(page, total) -> list[str]:
    """Eight times out of ten it adds between £16.7 k and £59.1 k."""
    bands = interval(total, "profit")
    if not bands:
        return []
    low, _, high = bands
    if low >= 0:
        return [page.tr("whatif.outcomes_gain", low=page.money(low), high=page.money(high))]
    if high <= 0:
        return [page.tr("whatif.outcomes_loss", low=page.money(-high), high=page.money(-low))]
    return [page.tr("whatif.outcomes_either", low=page.money_change(low), high=page.money_change(high))]


def waterfall_card(page, scenario: Scenario, rows, moves):
    """The change move by move, with the interval as a column of its own."""
    tr, total = page.tr, total_of(rows)
    of = subject(total)
    steps = charts.effects(moves, float(total[f"{of}_delta"]), of)
    cards.heading(finding(page, steps), _under(page, scenario, total, of))
    figure = charts.waterfall(steps, interval(total, of), tr, page.mode, page.currency)
    page.show(figure, "whatif-waterfall", alt=tr("whatif.waterfall_alt"), height="stretch")
    page.proof(moves, "moves", whatif.moves, tr("whatif.waterfall_alt"), tr("whatif.waterfall_about"))


def finding(page, steps) -> str:
    """The title above the waterfall: which move brings most."""
    tr = page.tr
    made = steps[steps.to_tier.notna()]
    if made.empty or not made.change.abs().sum():
        return tr("whatif.finding_none")
    best, total = made.loc[made.change.idxmax()], float(steps.change.sum())
    others = made.drop(best.name)
    words = {"n": formats.count(best.customers), "tier": tr(f"whatif.tier_{best.to_tier}")}
    if best.change <= 0:
        return tr("whatif.finding_loss")
    if total < 0:
        return tr("whatif.finding_net_loss", value=page.money(-total))
    if others.empty:
        return tr("whatif.finding_each", value=page.money(best.change / best.customers), **words)
    one = "_one" if best.customers == 1 else ""
    if others.change.min() < 0:
        return tr(f"whatif.finding_best{one}", value=page.money(best.change), **words)
    if best.change > others.change.sum():
        rest = "_one" if others.customers.sum() == 1 else "_many"
        return tr(f"whatif.finding_more{one or '_many'}{rest}", rest=formats.count(others.customers.sum()), **words)
    return tr(f"whatif.finding_most{one}", share=formats.percent(best.change / made.change.sum(), 0), **words)


def _under(page, scenario: Scenario, total, of: str) -> str:
    """Change of profit, from £644 k now to £675 k. Total cost unchanged."""
    tr = page.tr
    told = [
        tr(
            "whatif.change_of",
            what=tr(f"whatif.of_{of}"),
            before=page.money(total[f"{of}_before"]),
            after=page.money(total[f"{of}_after"]),
        )
    ]
    if of == "profit":
        extra = page.money(total.extra_cost)
        told.append(tr(f"whatif.cost_{scenario.cost_rule}", extra=extra))
        if scenario.cost_rule == "per_head" and not formats.is_missing(total.spared_rate) and total.spared_rate > 0:
            told.append(tr("whatif.spared", share=formats.percent(total.spared_rate)))
    return formats.together(told, page.language)


def before_after_card(page, rows):
    """Revenue by tier, before pale behind after."""
    tr = page.tr
    cards.heading(tr("whatif.before_after_title"), tr("whatif.before_after_subtitle"))
    page.show(
        charts.before_after(rows, tr, page.mode, page.currency),
        "whatif-tiers",
        alt=tr("whatif.before_after_title"),
    )


def invitation_card(page, scenario: Scenario, present: dict[str, int]):
    """What one customer moved up would be worth, and an example to begin with."""
    tr = page.tr
    one = replace(scenario, moves=tuple((*move, 1) for move in scenarios.USUAL), named=()).fitting(present)
    found = page.measure(whatif.moves, **one.options)
    cards.heading(tr("whatif.invite_title"), tr("whatif.invite_subtitle" if len(found) else "whatif.candidates_nobody"))
    of = (
        "profit"
        if found.profit_delta.notna().all()
        else "contribution"
        if found.contribution_delta.notna().all()
        else "revenue"
    )
    cards.findings([_worth(page, row, of) for row in found.itertuples()])
    example = replace(scenario, moves=scenarios.EXAMPLE, named=()).fitting(present)
    if example.size:
        label = tr("whatif.invite_do", n=example.size, moves=scenarios.moves_words(tr, example))
        st.button(label, icon=":material/play_arrow:", key="whatif.example", on_click=example.write)


def _worth(page, row, of: str) -> tuple:
    """A row of `cards.findings`: what one customer is worth who makes a move."""
    change = float(getattr(row, charts.WORDS[of]))
    tone = "better" if change > 0 else "worse" if change < 0 else "even"
    words = page.tr("whatif.worth", move=scenarios.move_words(page.tr, row.from_tier, row.to_tier))
    value = formats.money_change(change, page.language, page.currency)
    return tone, value, words, page.tr("whatif.worth_of", what=page.tr(f"whatif.of_{of}"))


def pyramid_card(page, rows):
    """The drawn pyramid with its customers before and after."""
    tr = page.tr
    cards.heading(tr("whatif.pyramid_title"), tr("whatif.pyramid_subtitle"))
    page.show(charts.pyramid(rows, tr, page.mode), "whatif-pyramid", alt=tr("whatif.pyramid_title"))


def table_card(page, rows):
    """Every layer and the whole before and after, in numbers."""
    tr = page.tr
    of = subject(total_of(rows))
    shown = ("revenue",) if of == "revenue" else ("revenue", of)
    cards.heading(tr("whatif.table_title"), tr("whatif.table_subtitle"))
    headers = [tr("columns.tier"), tr("columns.customers")]
    for name in shown:
        headers += [tr(f"whatif.column_{name}"), tr("columns.change")]
    lines = [_table_line(page, row, shown) for row in rows.itertuples() if _is_shown(row)]
    losses = [2 + 2 * place for place, name in enumerate(shown) if name != "revenue"]
    cards.grid(headers, lines, right=range(1, len(headers)), losses=losses, total=True)
    page.proof(rows, "whatif", pyramid.whatif, tr("whatif.table_title"), tr("whatif.table_about"))


def _is_shown(row) -> bool:
    """Layers of nobody and lines without a customer only where there are any."""
    return (
        row.tier in (*TIERS, "total")
        or bool(row.customers_before)
        or bool(row.customers_after)
        or bool(row.revenue_before)
    )


def _table_line(page, row, shown) -> list[str]:
    line = [page.tr(f"pyramid.name_{row.tier}"), _count_words(row)]
    for name in shown:
        delta = getattr(row, f"{name}_delta")
        line += [page.money(getattr(row, f"{name}_after")), page.money_change(delta) if delta else ""]
    return line


def _count_words(row) -> str:
    if formats.is_missing(row.customers_before) or row.tier == "unidentified":
        return formats.NOTHING
    before, after = formats.count(row.customers_before), formats.count(row.customers_after)
    return f"{before} → {after}" if before != after else before


def outcomes_words(page, low, high) -> str:
    """£16.7 k to £59.1 k"""
    if formats.is_missing(low) or formats.is_missing(high):
        return ""
    return page.tr("whatif.between", low=page.money(low), high=page.money(high))
