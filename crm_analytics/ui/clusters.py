"""Groups found by machine: how many there are and how firm, what each is like and brings, who is in it."""

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import clusters as charts
from crm_analytics.errors import CrmError
from crm_analytics.metrics import segments
from crm_analytics.ui import cards, decisions, kept, tables
from crm_analytics.ui.customers import open_customer
from crm_analytics.ui.whatif import measured

SHOWN = 100
NARROWEST = 560  # pixels of a card in which the profile can be read
COLUMNS = (
    "name", "customers", "revenue", "days_since_last_order", "order_count", "average_order_value", "tenure_days",
)  # fmt: skip


def answer(page, view) -> str:
    """How many groups there are and who is in the richest, or that customers shade into one another."""
    found, refusal = _choice(page)
    if refusal:
        return page.tr(f"clusters.answer_{refusal.code}", **refusal.params)
    k, row = _shown(found)
    rows = _profile(page, k)
    if rows.empty or not rows.customers.sum():
        return page.tr("clusters.answer_nobody")
    if not row.is_clear:
        return page.tr("clusters.answer_typed" if _typed(found) else "clusters.answer_none", k=row.k)
    best = rows.loc[rows.revenue.idxmax()]
    share, of = formats.percent(best.revenue_share, 0), formats.percent(best.customer_share, 0)
    return page.tr("clusters.answer_clear", k=row.k, name=name(page, best), share=share, customers=of)


def show(page, view):
    """The part: what each group is like, what it brings, how k was chosen, the table and the list."""
    found, refusal = _choice(page)
    if refusal:
        with cards.card("clusters-none", height="content"):
            cards.heading(page.tr("clusters.none_title"), page.tr("clusters.none_about"))
        return
    k, row = _shown(found)
    rows = _profile(page, k)
    names = [name(page, each) for _, each in rows.iterrows()]
    both = st.grid(2, min_column_width=NARROWEST, height="stretch")
    with both:
        _like(page, rows, names)
    with both:
        _brings(page, rows, names)
    both = st.grid(2, min_column_width=NARROWEST, height="stretch")
    with both:
        _how_many(page, found, row)
    with both, cards.card("clusters-table", page.tr("clusters.table_title"), _left_out(page, k)):
        _table(page, rows, names)
    _members(page, k, rows, names)


def _like(page, rows: pd.DataFrame, names: list[str]):
    """Card: what the customers of each group are like."""
    tr, first = page.tr, rows.iloc[0]
    words = {"orders": formats.number(first.order_count), "revenue": page.money(first.median_revenue)}
    title = tr("clusters.profile_finding", name=names[0], **words) if first.customers else tr("clusters.profile_title")
    with cards.card("clusters-profile", title, tr("clusters.profile_subtitle", window=page.window_words())):
        figure = charts.profile(rows, names, tr, page.mode, page.currency)
        page.show(figure, "clusters-profile", tr("clusters.profile_title"), on_click=_pick)
        about = tr("clusters.profile_title"), tr("clusters.about_profile")
        page.proof(rows, "cluster-groups", segments.cluster_profile, *about)


def _brings(page, rows: pd.DataFrame, names: list[str]):
    """Card: each group's share of customers and revenue."""
    title, subtitle = _shares_title(page, rows), page.tr("clusters.shares_subtitle", window=page.window_words())
    with cards.card("clusters-shares", title, subtitle):
        figure = charts.shares(rows, names, page.tr, page.mode)
        page.show(figure, "clusters-shares", title, on_click=_pick)


def _how_many(page, found: pd.DataFrame, row):
    """Card: how well each number of groups parts the customers, and the choice of one."""
    tr, title = page.tr, _choice_title(page, found)
    with cards.card("clusters-choice", title, tr("clusters.choice_subtitle", n=formats.count(row.sampled))):
        _choose(page, found)
        page.show(charts.choice(found, row.k, tr, page.mode), "clusters-choice", title, height="stretch")
        about = tr("clusters.choice_name"), tr("clusters.about_choice")
        page.proof(found, "cluster-choice", segments.cluster_choice, *about)


def name(page, row) -> str:
    """Frequent big spenders, recent"""
    often_much, lately = row.cluster_name.rsplit("_", 1)
    words = [page.tr(f"clusters.name_{often_much}")]
    if lately != "mid":
        words.append(page.tr(f"clusters.lately_{lately}"))
    if isinstance(row.told_by, str):
        values = {"days_since_last_order": formats.count(row.days_since_last_order), "order_count": formats.number(row.order_count),
                  "revenue": page.money(row.median_revenue), "cluster": formats.count(row.cluster)}  # fmt: skip
        words.append(page.tr(f"clusters.told_{row.told_by}", value=values[row.told_by]))
    return page.tr("clusters.name_comma").join(words)


def _choice(page) -> tuple[pd.DataFrame | None, CrmError | None]:
    """How well each number of groups parts the customers; the first time it takes a few seconds."""
    with st.spinner(page.tr("clusters.working")):
        return measured(page, segments.cluster_choice, {})


def _typed(found: pd.DataFrame) -> int:
    """The number of groups the URL asks for; 0: the one that fits best."""
    return int(kept.asked("k", [str(k) for k in found.k]) or 0)


def _shown(found: pd.DataFrame) -> tuple[int, pd.Series]:
    """What the metrics take as k, and its row: as typed, else the clear groups, else the finest division that holds."""
    k = _typed(found)
    if not k and not found.is_chosen.any():
        k = int(found.k[found.is_finest].iloc[0])
    return k, found[found.k == k].iloc[0] if k else found[found.is_chosen].iloc[0]


def _profile(page, k: int) -> pd.DataFrame:
    rows = page.measure(segments.cluster_profile, k=k)
    return rows[rows.cluster.notna()].reset_index(drop=True)


def _left_out(page, k: int) -> str:
    """Who is in no group, and why."""
    rows = page.measure(segments.cluster_profile, k=k)
    n = int(rows.customers[rows.cluster.isna()].sum())
    return page.tr("clusters.left_out", n=formats.count(n)) if n else page.tr("clusters.nobody_left_out")


def _shares_title(page, rows: pd.DataFrame) -> str:
    if not rows.revenue_share.notna().any() or (rows.customers > 0).sum() < 2:
        return page.tr("clusters.shares_title")
    best = rows.loc[rows.revenue_share.astype(float).idxmax()]
    words = {"share": formats.percent(best.revenue_share, 0), "customers": formats.percent(best.customer_share, 0)}
    return page.tr("clusters.shares_finding", **words)


def _choice_title(page, found: pd.DataFrame) -> str:
    clear = found[found.is_clear]
    if clear.empty:
        return page.tr("clusters.choice_none")
    return page.tr("clusters.choice_clear", k=formats.listed([str(k) for k in clear.k], 7, page.language))


def _choose(page, found: pd.DataFrame):
    """How many groups: by themselves, or as typed."""
    st.segmented_control(
        page.tr("clusters.k"),
        ["", *(str(k) for k in found.k)],
        format_func=lambda k: k or page.tr("clusters.k_auto"),
        required=True,
        help=page.tr("clusters.k_help"),
        **kept.controlled("k", str(_typed(found) or "")),
    )


def _pick(mark):
    """A group was clicked: the list shows its customers."""
    kept.write("cluster", str(mark[0] if isinstance(mark, (list, tuple)) else mark))
    st.rerun()


def _table(page, rows: pd.DataFrame, names: list[str]):
    cells = [[_cell(page, row, column, label) for column in COLUMNS] for label, (_, row) in zip(names, rows.iterrows())]
    tables.grid([page.tr(f"clusters.column_{column}") for column in COLUMNS], cells, right=range(1, len(COLUMNS)))


def _cell(page, row, column: str, label: str) -> str:
    if column == "name":
        return label
    if column in ("revenue", "average_order_value"):
        return page.money(row[column])
    return formats.number(row[column]) if column == "order_count" else formats.count(row[column])


def _members(page, k: int, rows: pd.DataFrame, names: list[str]):
    """The customers of one group or of all; a group can be saved as a set and then chosen on every screen."""
    tr, codes = page.tr, [str(cluster) for cluster in rows.cluster]
    asked = kept.asked("cluster", codes)
    labels, sizes = dict(zip(codes, names)), dict(zip(codes, rows.customers))
    with cards.card(
        "clusters-list", labels.get(asked) or tr("clusters.list_title"), tr("clusters.list_subtitle"), height="content"
    ):
        st.selectbox(
            tr("clusters.group"), ["", *codes], format_func=lambda code: labels.get(code) or tr("clusters.every_group"),
            width=420, label_visibility="collapsed", **kept.controlled("cluster", asked),
        )  # fmt: skip
        options = {"k": k, "cluster": int(asked or 0)}
        listed = page.measure(segments.clusters, **options, limit=SHOWN)
        worded = listed.assign(cluster_name=listed.cluster.map(dict(zip(rows.cluster, names))))
        columns = ["customer_id", "name", "cluster_name", "tier", "days_since_last_order", "order_count", "revenue"]
        chosen = tables.frame(
            page, page.in_words(worded[columns].dropna(axis="columns", how="all")), height=44 + 35 * min(max(len(listed), 1), 12),
            key=f"clusters.rows.{page.version}.{abs(hash((page.filters, k, asked)))}", on_select="rerun", selection_mode="single-cell",
        ).selection  # fmt: skip
        if chosen.cells:
            open_customer(page, listed.customer_id.iloc[chosen.cells[0][0]])
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="clusters.do"):
            if asked:
                decisions.save_as_set(
                    page, "clusters", lambda: list(page.fetch(segments.clusters, **options).customer_id), sizes[asked],
                    tr("clusters.save"),
                )  # fmt: skip
            page.downloads(lambda: page.fetch(segments.clusters, **options), "cluster-customers")
            cards.explained(page, [(tr("clusters.list_title"), tr("clusters.about_list"), "")], segments.clusters)
