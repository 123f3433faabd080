"""What a reader takes away from the pyramid or a scenario: a deck and a workbook, made when they are asked for.

One line in a screen: `exports.buttons(page, answer, view.options)` for the pyramid, `exports.buttons(page, answer,
scenario.options, is_scenario=True)` for a what-if.  `answer` is the screen's sentence.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import streamlit as st

from crm_analytics import formats, snapshot
from crm_analytics.errors import CrmError
from crm_analytics.metrics import basis, pyramid, whatif
from crm_analytics.reporting.facts import Facts
from crm_analytics.ui import whom
from crm_analytics.ui.text import bare

KINDS = {
    "slides": (
        "pptx",
        ":material/slideshow:",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
    "sheets": ("xlsx", ":material/table_view:", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
MOST_CUSTOMERS = 10_000  # of the ranking list in a workbook; the list itself has a download of everybody
MOST_CANDIDATES, MOST_MOVES = 20, 3


def buttons(page, answer: str, options: Mapping, *, is_scenario: bool = False, moved: Mapping | None = None):
    """Both downloads side by side.

    `options`: of `pyramid.tiers` (by, rank_within, key), for a scenario those of `pyramid.whatif`; `moved`: from_date and frame
    of the movements, where the screen has chosen them.
    """
    since = formats.day((moved or {}).get("from_date"), page.language) if (moved or {}).get("from_date") else ""
    facts, filters, database = replace(_facts(page, answer, options), since=since), page.filters, page.db
    name = "what-if" if is_scenario else "pyramid"
    with st.container(horizontal=True, key=f"exports-{name}", gap="xxsmall", width="content"):
        for kind, (ending, icon, mime) in KINDS.items():
            make = partial(_made, kind, database, filters, facts, dict(options), is_scenario, dict(moved or {}))
            st.download_button(
                page.tr(f"slides.download_{kind}"),
                make,
                f"{name}-{filters.as_of}.{ending}",
                mime,
                key=f"{kind}-{name}",
                icon=icon,
                type="tertiary",
                on_click="ignore",
                help=page.tr(f"slides.download_{kind}_help"),
            )


def _facts(page, answer: str, options: Mapping) -> Facts:
    conditions = [bare(whom.words(page, column, values)) for column, values in page.wanted.where]
    if page.wanted.customer_set:
        conditions.append(formats.labelled(page.tr("frame.set"), page.wanted.customer_set, page.language))
    return Facts(
        tr=page.tr,
        answer=answer,
        window=page.window_words(),
        months=page.filters.months,
        currency=page.currency,
        company=page.rules.company_name,
        whom=" · ".join(conditions),
        by=options.get("by", "revenue"),
        tier_shares=tuple(page.rules.tier_shares),
    )


def _made(kind: str, database, filters, facts: Facts, options: dict, is_scenario: bool, moved: dict) -> bytes:
    """The file; all of its numbers are of one state of the data.  Runs outside the page: nothing here may draw."""
    con = database.cursor()
    filters = snapshot.prepare(con, filters)
    told = _told(con, filters, facts)
    return (_scenario if is_scenario else _pyramid)(kind, con, filters, told, options, moved)


def _told(con, filters, facts: Facts) -> Facts:
    """The facts with what was left out and the files the numbers come from."""
    tr = facts.tr
    out = [
        tr(
            "slides.left_out_line",
            what=tr(f"left_out.{row.reason}"),
            n=formats.count(row.n),
            why=tr(f"left_out.{row.reason}_why"),
        )
        for row in basis.left_out(con, filters).itertuples()
        if row.n > 0
    ]
    files = [
        (row.file_name, tr(f"tables.{row.table_name}"), formats.day(row.imported_at, facts.language), formats.count(row.loaded))
        for row in basis.sources(con, filters).itertuples()
    ]  # fmt: skip
    return replace(facts, left_out=tuple(out), files=tuple(files))


def _pyramid(kind: str, con, filters, facts: Facts, options: dict, moved: dict) -> bytes:
    # here, for the library of slides takes a while to load and no screen needs it
    from crm_analytics.reporting.pyramid_sheets import pyramid_book
    from crm_analytics.reporting.pyramid_slides import pyramid_deck

    ranking = {name: options[name] for name in ("by", "rank_within") if name in options}
    ask = partial(_asked, con, filters)
    flows = ask(pyramid.flows, **ranking, **moved)
    # On a slide nothing would warn of movements from a window the data cover in part: the screen says it cannot be judged.
    can_judge = flows is not None and flows.note.isna().all()
    frames = {
        "tiers": pyramid.tiers(con, filters, **options),
        "waterfall": ask(pyramid.waterfall, by=facts.by),
        "costs": ask(pyramid.costs),
        "ranges": ask(pyramid.ranges, **ranking),
        "concentration": ask(pyramid.concentration, **ranking),
        "migration": ask(pyramid.migration, **ranking, **moved) if can_judge else None,
        "flows": flows if can_judge else None,
        "lessons": ask(pyramid.lessons),
        "basis": ask(pyramid.basis),
    }
    if kind == "slides":
        return pyramid_deck(facts, **frames)
    customers = ask(pyramid.customers, limit=MOST_CUSTOMERS, **ranking)
    return pyramid_book(facts, customers=customers, relations=ask(pyramid.relations, **ranking), **frames)


def _scenario(kind: str, con, filters, facts: Facts, options: dict, moved: dict) -> bytes:
    from crm_analytics.reporting.whatif_sheets import scenario_book
    from crm_analytics.reporting.whatif_slides import scenario_deck

    ranking = {name: options[name] for name in ("by", "rank_within") if name in options}
    moves = whatif.moves(con, filters, **options)
    upward = [f"{row.from_tier}:{row.to_tier}" for row in moves.itertuples()]
    candidates = {
        move: _asked(con, filters, whatif.candidates, move=move, limit=MOST_CANDIDATES, **ranking)
        for move in dict.fromkeys(upward[:MOST_MOVES])
    }
    make = scenario_deck if kind == "slides" else scenario_book
    frames = {
        "whatif": pyramid.whatif(con, filters, **options),
        "moves": moves,
        "basis": _asked(con, filters, pyramid.basis),
    }
    return make(facts, options=options, candidates=candidates, **frames)


def _asked(con, filters, metric: Callable, **options):
    """A part of the file; None where this company's data refuses it."""
    try:
        return metric(con, filters, **options)
    except CrmError:
        return None
