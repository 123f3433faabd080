"""A score of the reader's own numbers and weights: who is high, what the classes bring, how far it hangs on the weights."""

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import score as charts
from crm_analytics.metrics import segments
from crm_analytics.ui import cards, decisions, kept, scoring, tables
from crm_analytics.ui.customers import open_customer
from crm_analytics.ui.scenarios import LAYERS
from crm_analytics.ui.scoring import Recipe
from crm_analytics.ui.segments_answer import is_chosen

SHOWN = 100
NARROWEST = 560  # pixels of a card
WANTS = {"margin": "orders", "interactions": "interactions", "satisfaction": "surveys", "complaints": "complaints"}
COLUMNS = ("class", "customers", "customer_share", "threshold_score", "revenue", "revenue_share")


def answer(page, view) -> str:
    """What the best class brings and how firm it is; or why nobody has a score."""
    tr, measures = page.tr, page.measure(segments.score_measures)
    buyers = int((measures.known + measures.missing).max())
    if not buyers:
        return tr("score.answer_nobody")
    recipe = _recipe(measures)
    rows = page.measure(segments.score_classes, **recipe.options).set_index("class")
    unknown, high = int(rows.customers["unknown"]), rows.loc["high"]
    if unknown == buyers:
        return tr("score.answer_none")
    if rows.threshold_score[["medium", "low"]].isna().all():  # nobody in the whole company is below the best
        return tr("score.answer_same")
    if not high.customers:
        return tr("score.answer_no_high")
    words = {"n": formats.count(high.customers), "of": _share(high.customer_share), "share": _share(high.revenue_share)}
    if unknown:
        return tr("score.answer_unknown", unknown=formats.count(unknown), buyers=formats.count(buyers), **words)
    if is_chosen(page):  # the best of the company are any share of those the reader looks at
        return tr("score.answer_chosen", **words)
    firm = page.measure(segments.score_sensitivity, **recipe.options)
    if firm.empty:
        return tr("score.answer_one", **words)
    kept_share = firm.kept_share[firm.measure == "all"].iloc[0]
    return tr("score.answer", kept=formats.percent(kept_share, 0), **words)


def _share(share) -> str:
    """57%; 0.4% below one."""
    return formats.percent(share, 0 if formats.is_missing(share) or abs(share) >= 0.01 else 1)


def show(page, view):
    """The part: how the score is made, how customers spread over it, its classes and tiers, its firmness, the list."""
    measures = page.measure(segments.score_measures)
    if not (measures.known + measures.missing).max():
        with cards.card("score-none", height="content"):
            cards.heading(page.tr("score.none_title"), page.tr("score.none_about"))
        return
    recipe, known = _recipe(measures), _known(measures)
    classes = page.measure(segments.score_classes, **recipe.options)
    both = st.grid(2, min_column_width=NARROWEST, height="stretch")
    with both, cards.card("score-editor", page.tr("score.editor_title"), page.tr("score.editor_subtitle")):
        scoring.editor(page, recipe, known)
        _missing(page, recipe, measures)
    with both:
        _distribution(page, recipe)
    with cards.card("score-classes", page.tr("score.classes_title"), page.tr("score.classes_subtitle", window=page.window_words()),
                    height="content"):  # fmt: skip
        _classes(page, recipe, classes)
    both = st.grid(2, min_column_width=NARROWEST, height="stretch")
    with both:
        _tiers(page, recipe)
    with both:
        _firmness(page, recipe)
    _list(page, recipe, classes)


def _known(measures: pd.DataFrame) -> list[str]:
    """The measures that are known of anybody."""
    return list(measures.measure[measures.known > 0])


def _recipe(measures: pd.DataFrame) -> Recipe:
    return Recipe.of_url(_known(measures))


def _missing(page, recipe: Recipe, measures: pd.DataFrame):
    """Who has no score because a measure is not known of him; which exports would bring the measures nobody has."""
    tr, found = page.tr, measures.set_index("measure")
    for name in recipe.names:
        if found.missing[name]:
            n, of = formats.count(found.missing[name]), formats.count(found.missing[name] + found.known[name])
            st.caption(tr("score.missing", measure=tr(f"score.measure_{name}"), n=n, of=of))
    wanted = [name for name in WANTS if not found.known[name]]
    if wanted:
        names = formats.listed([tr(f"score.measure_{name}") for name in wanted], 4, page.language)
        files = formats.listed([tr(f"tables.{WANTS[name]}") for name in wanted], 4, page.language)
        st.caption(tr("score.wants", measures=names, files=files))


def _distribution(page, recipe: Recipe):
    tr, rows = page.tr, page.measure(segments.score_distribution, **recipe.options)
    subtitle = tr(f"score.spread_subtitle_{recipe.scaling}", window=page.window_words())
    with cards.card("score-spread", tr("score.spread_title"), subtitle):
        if rows.empty:
            st.caption(tr("score.answer_none").replace("**", ""))
            return
        figure = charts.distribution(rows, tr, page.mode)
        page.show(figure, "score-spread", tr("score.spread_title"), height="stretch", on_click=_pick)
        page.proof(rows, "score-spread", segments.score_distribution, tr("score.spread_title"), tr("score.about"))


def _classes(page, recipe: Recipe, classes: pd.DataFrame):
    tr = page.tr
    shown = classes[(classes["class"] != "unknown") | (classes.customers > 0)]
    rows = [[_cell(page, row, name) for name in COLUMNS] for _, row in shown.iterrows()]
    tables.grid([tr(f"score.column_{name}") for name in COLUMNS], rows, right=range(1, len(COLUMNS)))
    page.proof(classes, "score-classes", segments.score_classes, tr("score.classes_title"), tr("score.about_classes"))


def _cell(page, row, name: str) -> str:
    if name == "class":
        return page.tr(f"score.class_{row['class']}")
    if name.endswith("_share"):
        return formats.percent(row[name])
    if name == "threshold_score":
        return formats.number(row[name])
    return page.money(row[name]) if name == "revenue" else formats.count(row[name])


def _tiers(page, recipe: Recipe):
    tr, rows = page.tr, page.measure(segments.score_tiers, **recipe.options)
    with cards.card("score-tiers", _tiers_title(page, rows), tr("score.tiers_subtitle")):
        page.show(
            charts.against_tiers(rows, tr, page.mode), "score-tiers", tr("score.tiers_title"), on_click=_pick_cell
        )
        page.proof(rows, "score-tiers", segments.score_tiers, tr("score.tiers_title"), tr("score.about_tiers"))


def _tiers_title(page, rows: pd.DataFrame) -> str:
    """How many high ones are small by revenue, and how many of the first tiers are low."""
    cells = rows.set_index(["class", "tier"]).customers
    small, low = cells.get(("high", "small"), 0), cells.get(("low", "top"), 0) + cells.get(("low", "big"), 0)
    key = "finding" if small and low else "small" if small else "low" if low else "title"
    return page.tr(f"score.tiers_{key}", small=formats.count(small), low=formats.count(low))


def _firmness(page, recipe: Recipe):
    tr, rows = page.tr, page.measure(segments.score_sensitivity, **recipe.options)
    if rows.empty:
        with cards.card("score-firm", tr("score.firm_title"), tr("score.firm_none")):
            return
    least = rows[rows.measure != "all"].sort_values("kept_share", kind="stable").iloc[0]
    words = {"measure": tr(f"score.measure_{least.measure}"), "lost": formats.percent(1 - least.kept_share, 0)}
    with cards.card("score-firm", tr("score.firm_finding", **words), tr("score.firm_subtitle")):
        names = {name: tr(f"score.measure_{name}") for name in recipe.names}
        page.show(
            charts.sensitivity(rows, names, tr, page.mode), "score-firm", tr("score.firm_title"), height="stretch"
        )
        page.proof(rows, "score-firm", segments.score_sensitivity, tr("score.firm_title"), tr("score.about_firm"))


def _pick(mark):
    """A class was clicked: the list shows its customers."""
    kept.write("class", mark[0] if isinstance(mark, (list, tuple)) else mark)
    st.rerun()


def _pick_cell(mark):
    """A class of a tier was clicked: the list shows its customers."""
    kept.write("tier", mark[1])
    _pick(mark)


def _list(page, recipe: Recipe, classes: pd.DataFrame):
    """The customers by their score; a class can be saved as a set and then chosen on every screen."""
    tr, only, tier = page.tr, kept.asked("class", charts.CLASSES), kept.asked("tier", LAYERS)
    options = recipe.options | {"only": only, "tier": tier}
    with cards.card("score-list", tr("score.list_title"), tr("score.list_subtitle"), height="content"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.segmented_control(
                tr("score.column_class"), ["", *charts.CLASSES], required=True, label_visibility="collapsed",
                format_func=lambda each: tr(f"score.class_{each}") if each else tr("score.every_class"), **kept.controlled("class", only),
            )  # fmt: skip
            if tier and st.button(
                tr("score.one_tier", tier=tr(f"tiers.{tier}")), icon=":material/close:", key="score-tier"
            ):
                kept.write("tier", "")
                st.rerun()
        rows = page.measure(segments.score, **options, limit=SHOWN)
        chosen = tables.frame(
            page, _worded(page, rows), height=44 + 35 * min(max(len(rows), 1), 12),
            key=f"score.rows.{page.version}.{abs(hash((page.filters, recipe, only, tier)))}",
            on_select="rerun", selection_mode="single-cell",
        ).selection  # fmt: skip
        if chosen.cells:
            open_customer(page, rows.customer_id.iloc[chosen.cells[0][0]])
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="score.do"):
            n = _how_many(page, recipe, classes, only, tier)
            if n:
                decisions.save_as_set(
                    page,
                    "score",
                    lambda: list(page.fetch(segments.score, **options).customer_id),
                    n,
                    tr("score.save_class"),
                )
            page.downloads(lambda: page.fetch(segments.score, **options), "score")
            cards.explained(page, [(tr("score.list_title"), tr("score.about"), "")], segments.score)


def _how_many(page, recipe: Recipe, classes: pd.DataFrame, only: str, tier: str) -> int:
    """How many customers a class has, or the class of a tier; nobody where no class is chosen."""
    rows = page.measure(segments.score_tiers, **recipe.options).query("tier == @tier") if tier else classes
    return int(rows.customers[rows["class"] == only].sum())


def _worded(page, rows: pd.DataFrame) -> pd.DataFrame:
    """The list as it is shown: classes in words, shares as shares, without columns nobody has anything in."""
    worded = rows.assign(**{"class": rows["class"].map(lambda name: page.tr(f"score.class_{name}"))})
    shown = page.in_words(worded).rename(columns={"satisfaction": "satisfaction_share"})
    return shown.dropna(axis="columns", how="all")
