"""Movement between the segments: who came, came back, changed and left since another day, and the list of them."""

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import segments as charts
from crm_analytics.metrics import segments
from crm_analytics.ui import cards, decisions, kept, relations, since

FLOWS = ("entered", "returned", "moved", "left", "stayed")
MOVES = FLOWS[:4]  # what the list can be narrowed to
OUTSIDE = ("lapsed", "new_buyer")
SHOWN = 100
EVERYBODY = 1_000_000_000


def options(page, view) -> dict:
    """What `migration`, `flows` and `movers` take."""
    return {"from_date": since.from_date(page), "groups": view.groups}


def names(page, view) -> dict[str, str]:
    """The groups in words, then those who are in none."""
    return view.names(page) | {code: page.tr(f"segments_moves.{code}") for code in OUTSIDE}


def answer(page, view) -> str:
    """How many left the best segment and how many reached it, in one sentence."""
    tr = page.tr
    if page.is_empty:
        return tr("segments.answer_wants")
    cells = page.measure(segments.migration, **options(page, view))
    if cells.empty:
        return tr("movement.answer_nothing_before", months=page.filters.months)
    if _is_incomplete(cells):
        first = formats.day(page.filters.data_from, page.language)
        return tr("movement.answer_incomplete", first=first, day=since.day_words(page))
    best = next(iter(view.names(page)))
    was, now = cells[cells.from_segment == best], cells[cells.to_segment == best]
    there, stays = int(was.customers.sum()), int(was[was.to_segment == best].customers.sum())
    if not there:
        n = formats.count(cells[cells.flow == "moved"].customers.sum())
        return tr("segments_moves.answer_none_then", name=names(page, view)[best], day=since.day_words(page), n=n)
    came, gone = int(now.customers.sum()) - stays, there - stays
    words = {"name": names(page, view)[best], "day": since.day_words(page), "there": formats.count(there)}
    way = "more" if came > gone else "fewer" if came < gone else "same"
    return tr(f"segments_moves.answer_{way}", gone=formats.count(gone), came=formats.count(came), **words)


def show(page, view):
    """The part "movement": the earlier day, counters, ribbons, matrix and the list of who moved."""
    if page.is_empty:
        with cards.card(
            "moves-none", page.tr("movement.nobody_title"), page.tr("movement.nobody_wants"), height="content"
        ):
            relations.add_export(page, "orders")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="moves-controls"):
        since.picker(page, page.tr("segments_moves.from_date_help"))
    flows = page.measure(segments.flows, **options(page, view)).set_index("flow")
    if not flows.customers.sum():
        with cards.card("moves-none", page.tr("movement.nobody_title"), page.tr("movement.nobody"), height="content"):
            page.customers_link(page.tr("segments.all_customers"), {})
        return
    _counters(page, flows)
    _pictures(page, view)
    _movers(page, view)


def _counters(page, flows: pd.DataFrame):
    """Entered, returned, moved, left, stayed: customers, and their revenue then and now."""
    with cards.card("moves-counters"):
        cards.figures([_counter(page, flow, flows.loc[flow]) for flow in FLOWS])
        rows = [(page.tr(f"segments_moves.flow_{flow}"), page.tr(f"segments_moves.about_{flow}"), "") for flow in FLOWS]
        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
            page.downloads(lambda: flows.reset_index(), "segment-flows")
            cards.explained(page, rows, segments.flows)


def _counter(page, flow: str, row) -> tuple[str, str, str]:
    label = page.tr(f"segments_moves.flow_{flow}")
    if not row.customers:
        return label, "0", page.tr("movement.nobody_moved")
    said = {"moved": "up", "stayed": "stayed"}.get(flow, flow)
    then, now = page.money(row.revenue_then), page.money(row.revenue_now)
    return label, formats.count(row.customers), page.tr(f"movement.revenue_{said}", then=then, now=now)


def _pictures(page, view):
    """Ribbons from the segments then to the segments now, and the same as shares."""
    tr, migration = page.tr, page.measure(segments.migration, **options(page, view))
    with cards.card(
        "moves-flow", _flow_title(page, view, migration), _flow_subtitle(page, migration), height="content"
    ):
        figure = charts.sankey(migration, names(page, view), tr, page.mode)
        page.show(figure, "moves-flow", tr("segments_moves.flow_title"), on_click=lambda mark: _pick(mark))
    with cards.card(
        "moves-matrix", _matrix_title(page, view, migration), tr("segments_moves.matrix_subtitle"), height="content"
    ):
        figure = charts.matrix(migration, names(page, view), tr, page.mode)
        page.show(figure, "moves-matrix", tr("segments_moves.matrix_title"), on_click=lambda mark: _pick(mark))
        about = tr("segments_moves.matrix_title"), tr("segments_moves.about_migration")
        page.proof(migration, "segment-migration", segments.migration, *about)


def _flow_title(page, view, migration: pd.DataFrame) -> str:
    """The largest move from one segment to another; nothing where the window then is not whole."""
    moved = migration[migration.flow == "moved"]
    if moved.empty or not moved.customers.max() or _is_incomplete(migration) or not _is_alone(moved.customers):
        return page.tr("segments_moves.flow_title")
    most, words = moved.loc[moved.customers.idxmax()], names(page, view)
    pair = {"was": words[most.from_segment], "now": words[most.to_segment]}
    return page.tr("segments_moves.flow_finding", n=formats.count(most.customers), **pair)


def _flow_subtitle(page, migration: pd.DataFrame) -> str:
    """What the ribbons show, and how many customers the matrix has beyond them: who ordered in neither window."""
    words = [page.tr("segments_moves.flow_subtitle", day=since.day_words(page))]
    outside = migration[migration.from_segment.eq("lapsed") & migration.to_segment.eq("lapsed")].customers.sum()
    if outside:
        words.append(page.tr("segments_moves.flow_outside", n=formats.count(outside)))
    return formats.together(words, page.language)


def _is_alone(values: pd.Series) -> bool:
    """Whether one is the largest and no other equals it."""
    return (values == values.max()).sum() == 1


def _is_incomplete(migration: pd.DataFrame) -> bool:
    """Whether the data begin within the window then, so that nobody can say who moved."""
    return isinstance(migration.note.iloc[0], str)


def _matrix_title(page, view, migration: pd.DataFrame) -> str:
    """The segment that keeps most of its customers, among those that had any; nothing where the window then is not whole."""
    stays = migration[(migration.flow == "stayed") & migration.rate.notna()]
    if stays.empty or not stays.customers.max() or _is_incomplete(migration) or not _is_alone(stays.rate):
        return page.tr("segments_moves.matrix_title")
    most = stays.loc[stays.rate.idxmax()]
    words = {"name": names(page, view)[most.from_segment], "share": formats.percent(most.rate, 0)}
    return page.tr("segments_moves.matrix_finding", **words)


def _pick(mark):
    """A mark was clicked: the list shows those who went that way."""
    kept.write("move", f"{mark[0]}:{mark[1]}")
    kept.write("flow", "")
    st.rerun()


def _picked(view, known) -> dict:
    """The move whose customers are listed, as the URL names it; what there is none of is nothing."""
    was, _, now = kept.asked("move").partition(":")
    return {"from_segment": was, "to_segment": now} if was in known and now in known and now != "new_buyer" else {}


def _movers(page, view):
    """The list of those who moved: of one flow, or of one move that was clicked; kept as a set or taken away as a file."""
    tr, words = page.tr, names(page, view)
    picked, flow = _picked(view, words), kept.asked("flow", MOVES)
    whom = picked or {"flow": flow}
    asked = options(page, view) | whom
    with cards.card(
        "moves-list", _list_title(page, picked, flow, words), tr("movement.list_subtitle"), height="content"
    ):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.segmented_control(
                tr("movement.flow"),
                ["", *MOVES],
                required=True,
                format_func=lambda each: tr(f"segments_moves.flow_{each}") if each else tr("movement.flow_all"),
                label_visibility="collapsed",
                disabled=bool(picked),
                **kept.controlled("flow", flow),
            )
            if picked and st.button(tr("movement.every_move"), icon=":material/close:", key="moves-every"):
                kept.write("move", "")
                st.rerun()
        rows = page.measure(segments.movers, **asked, limit=SHOWN)
        worded = {name: rows[name].map(words, na_action="ignore") for name in ("from_segment", "to_segment")}
        worded["flow"] = rows.flow.map(lambda each: tr(f"segments_moves.flow_{each}"), na_action="ignore")
        since.movers(page, rows, worded, (view, kept.asked("flow"), kept.asked("move")))
        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key="proof-movers"):
            everybody = lambda: page.fetch(segments.movers, **asked, limit=EVERYBODY)  # noqa: E731
            n = _how_many(page, view, picked, flow)
            decisions.save_as_set(
                page, "moves", lambda: everybody().customer_id.tolist(), n, tr("customers.save_all", n=formats.count(n))
            )
            page.downloads(lambda: everybody().drop(columns="note"), "segment-movers")
            cards.explained(page, [(tr("movement.list_title"), tr("movement.about_movers"), "")], segments.movers)


def _how_many(page, view, picked: dict, flow: str) -> int:
    """How many customers the list has in all."""
    cells = page.measure(segments.migration, **options(page, view))
    if picked:
        return int(
            cells[
                (cells.from_segment == picked["from_segment"]) & (cells.to_segment == picked["to_segment"])
            ].customers.sum()
        )
    return int(cells[cells.flow.isin([flow] if flow else MOVES)].customers.sum())


def _list_title(page, picked: dict, flow: str, words) -> str:
    if picked:
        return page.tr("movement.list_move", was=words[picked["from_segment"]], now=words[picked["to_segment"]])
    return page.tr(f"segments_moves.list_{flow}") if flow else page.tr("movement.list_title")
