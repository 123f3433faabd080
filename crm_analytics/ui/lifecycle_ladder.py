"""The part "ladder": who takes the next order, from which order on customers stay, who is one order short of it."""

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import lifecycle as charts
from crm_analytics.metrics import lifecycle
from crm_analytics.ui import cards, kept, lists
from crm_analytics.ui.relations import add_export

KINDS = ("orders", "satisfying")
TARGETS = ("2", "3", "4", "5")  # steps that somebody can be one order short of
USUAL = 3  # the step shown where the company's own loyalty point cannot be told: within the 2 to 5 of the literature
JUDGED = ("satisfying", "complained", "scored_low", "unknown")
CLEAR = 1.96  # standard errors of a difference of two counts that chance leaves open
SHORT_HISTORY = 3  # times the days a step is watched: a shorter history shows mostly quick buyers


def answer(page, view) -> str:
    """How many first buyers come back, and where loyalty begins."""
    tr, orders = page.tr, _ladder(page, "orders")
    if not orders.customers.iloc[0]:
        return tr("lifecycle.answer_nobody")
    if orders.customers.iloc[0] == 1:
        return tr("lifecycle_ladder.answer_one")
    first = orders.iloc[0]
    words = {"n": formats.count(first.customers), "share": formats.percent(first.conversion_rate, 0)}
    point = loyalty(orders)
    if point:
        return tr(f"lifecycle_ladder.answer_point{'_short' if _is_short(page, orders) else ''}", step=point, **words)
    return tr(f"lifecycle_ladder.answer_{reason(orders)}", **words)


def _ladder(page, kind: str = "") -> pd.DataFrame:
    found = page.measure(lifecycle.ladder)
    return found[found.kind == kind] if kind else found


def loyalty(ladder: pd.DataFrame) -> int | None:
    """The loyalty point of one ladder, or None."""
    loyal = ladder[ladder.is_loyal.astype(bool)]
    return int(loyal.orders.iloc[0]) if len(loyal) else None


def reason(ladder: pd.DataFrame) -> str:
    """Why a ladder has no loyalty point: few, level (no step keeps more than the one before), beyond (the last still does), unclear."""
    verdicts = ladder.verdict.dropna().tolist()
    if "few" in verdicts:
        return "few"
    if set(verdicts) == {"level"}:
        return "level"
    return "beyond" if verdicts[-1] == "rises" else "unclear"


def show(page, view):
    """The ladder, the rates with their intervals, the numbers behind, and who is one more order short."""
    tr, found = page.tr, _ladder(page)
    orders = found[found.kind == "orders"]
    if not orders.customers.iloc[0]:
        return
    left, right = st.columns([3, 2])
    with left, cards.card("ladder-steps", _steps_title(page, orders), _steps_subtitle(page, found)):
        figure = charts.steps(found, tr, page.mode)
        page.show(
            figure,
            "ladder-steps",
            tr("lifecycle_ladder.steps_title"),
            "stretch",
            on_click=lambda mark: _open(page, mark),
        )
        page.proof(found, "ladder", lifecycle.ladder, tr("lifecycle_ladder.steps_title"), tr("lifecycle_ladder.about"))
    with right, cards.card("ladder-rates", _rates_title(page, orders), _rates_subtitle(page, orders)):
        if orders.observed_rate.notna().any():
            page.show(charts.going_on(found, tr, page.mode), "ladder-rates", tr("lifecycle_ladder.rates_title"))
        st.caption(tr("lifecycle_ladder.selection"))
    with cards.card(
        "ladder-table", tr("lifecycle_ladder.table_title"), tr("lifecycle_ladder.table_subtitle"), height="content"
    ):
        _table(page, found)
    _judged(page, found)
    _one_more(page, found)


def _steps_title(page, orders: pd.DataFrame) -> str:
    """The steps at which most are lost: the largest number, and those that are no smaller than it beyond chance."""
    going = orders[orders.conversion_rate.notna() & (orders.customers > 0)][:-1]
    if going.empty:
        return page.tr("lifecycle_ladder.steps_title")
    stopped = (going.customers * (1 - going.conversion_rate)).round().set_axis(going.orders)
    worst = stopped[stopped.max() - stopped <= CLEAR * (stopped.max() + stopped) ** 0.5]
    if len(worst) == len(stopped) > 1 or not stopped.max():
        return page.tr("lifecycle_ladder.steps_title")
    if len(worst) == 1:
        return page.tr("lifecycle_ladder.steps_finding", n=formats.count(worst.iloc[0]), step=int(worst.index[0]))
    steps = formats.listed([str(step) for step in worst.index], len(worst), page.language)
    return page.tr("lifecycle_ladder.steps_finding_several", n=formats.count(worst.sum()), steps=steps)


def _steps_subtitle(page, found: pd.DataFrame) -> str:
    both = found.kind.nunique() > 1
    return page.tr("lifecycle_ladder.steps_subtitle_both" if both else "lifecycle_ladder.steps_subtitle")


def _rates_title(page, orders: pd.DataFrame) -> str:
    point = loyalty(orders)
    if point:
        rate = formats.percent(orders.set_index("orders").observed_rate[point], 0)
        return page.tr("lifecycle_ladder.rates_point", step=point, share=rate)
    return page.tr(f"lifecycle_ladder.rates_{reason(orders)}")


def _rates_subtitle(page, orders: pd.DataFrame) -> str:
    within = int(orders.within.iloc[0])
    words = [page.tr("lifecycle_ladder.rates_subtitle", n=within)]
    if _is_short(page, orders):
        words.append(page.tr("lifecycle_ladder.short_history"))
    return formats.together(words, page.language)


def _is_short(page, orders: pd.DataFrame) -> bool:
    """Whether the history shows later steps of quick buyers only."""
    return (page.filters.as_of - page.filters.data_from).days < SHORT_HISTORY * int(orders.within.iloc[0])


def _open(page, mark):
    """The customers who took the step that was clicked; of satisfying orders, the list below of those one short of the next."""
    kind, step = mark[0], int(mark[1])
    if kind == "satisfying":
        kept.write("kind", kind)
        kept.write("step", str(min(step + 1, int(TARGETS[-1]))))
        st.rerun()
    page.to_customers({"orders_ever": [str(n) for n in range(step, 5)] + ["5+"]})


def _table(page, found: pd.DataFrame):
    """Every step in numbers: naive rate, rate of those watched long enough, days."""
    tr, both = page.tr, found.kind.nunique() > 1
    names = ["step", "customers", "now", "conversion", "observed", "interval", "days"]
    rows = [
        (
            charts.step_words(tr, int(row.orders)) + (f" · {tr(f'lifecycle_ladder.kind_{row.kind}')}" if both else ""),
            formats.count(row.customers),
            formats.count(row.customers_now),
            formats.percent(row.conversion_rate),
            formats.percent(row.observed_rate),
            _interval(page, row),
            formats.number(row.median_days),
        )
        for row in found.itertuples()
    ]
    cards.grid([tr(f"lifecycle_ladder.column_{name}") for name in names], rows, right=range(1, len(names)))


def _interval(page, row) -> str:
    if formats.is_missing(row.observed_low):
        return formats.NOTHING
    return f"{formats.points(row.observed_low)}–{formats.points(row.observed_high)}% · n {formats.count(row.observed)}"


def _judged(page, found: pd.DataFrame):
    """What is known of the orders' satisfaction; without surveys and complaints, which exports would tell."""
    tr = page.tr
    if found.kind.nunique() < 2:
        with (
            cards.card(
                "ladder-wants", tr("lifecycle_ladder.wants_title"), tr("lifecycle_ladder.wants"), height="content"
            ),
            st.container(horizontal=True, gap="medium"),
        ):
            add_export(page, "surveys")
            add_export(page, "complaints")
        return
    judged = page.measure(lifecycle.judged)
    row = judged.iloc[0]
    shares = {name: row[name] / row.orders if row.orders else None for name in JUDGED}
    title = tr("lifecycle_ladder.judged_title", share=formats.percent(shares["satisfying"]))
    with cards.card("ladder-judged", title, _judged_subtitle(page, row)):
        said = {name: tr("lifecycle_ladder.of_orders", share=formats.percent(share)) for name, share in shares.items()}
        cards.figures(
            [(tr(f"lifecycle_ladder.judged_{name}"), formats.count(row[name]), said[name]) for name in JUDGED]
        )
        about = tr("lifecycle_ladder.kind_satisfying"), tr("lifecycle_ladder.about_judged")
        page.proof(judged, "ladder-judged", lifecycle.judged, *about)


def _judged_subtitle(page, row) -> str:
    tr, surveyed = page.tr, formats.count(row.surveyed)
    if formats.is_missing(row.covered_from):
        return tr("lifecycle_ladder.judged_surveys", n=surveyed)
    return tr("lifecycle_ladder.judged_subtitle", day=formats.day(row.covered_from, page.language), n=surveyed)


def _one_more(page, found: pd.DataFrame):
    """Customers one order short of the loyalty point, or of another step the reader chooses."""
    tr = page.tr
    kinds = [kind for kind in KINDS if kind in set(found.kind)]
    kind = kept.asked("kind", kinds, kinds[0])
    own = loyalty(found[found.kind == kind])
    default = str(own if own and own > 1 else USUAL)
    step = int(kept.asked("step", TARGETS, default))
    with cards.card(
        "ladder-more", tr("lifecycle_ladder.more_title", step=step), _more_subtitle(page, own, step), height="content"
    ):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.segmented_control(
                tr("lifecycle_ladder.short_of"),
                TARGETS,
                required=True,
                format_func=lambda n: tr("lifecycle_ladder.nth", n=n),
                **kept.controlled("step", str(step), default),
            )
            if len(kinds) > 1:
                st.segmented_control(
                    tr("lifecycle_ladder.kind"),
                    kinds,
                    required=True,
                    format_func=lambda each: tr(f"lifecycle_ladder.kind_{each}"),
                    **kept.controlled("kind", kind, kinds[0]),
                )
        asked = {"kind": kind, "step": step}
        total = page.measure(lifecycle.one_more_size, **asked)
        lists.listed(page, "one_more", lifecycle.one_more, asked, total, tr("lifecycle_ladder.about_more"))


def _more_subtitle(page, own: int | None, step: int) -> str:
    key = "more_own" if own == step else "more_other"
    return page.tr(f"lifecycle_ladder.{key}")
