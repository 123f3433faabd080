"""The part "second order" of the Retention screen: by how many days who is back, which groups sooner, and the three forms."""

import pandas as pd
import streamlit as st

from crm_analytics import first_order, formats
from crm_analytics.charts import returning as charts
from crm_analytics.charts import style
from crm_analytics.metrics import retention
from crm_analytics.ui import cards, kept, whom
from crm_analytics.ui.retention import View, definitions, everybody, interval, least, nobody, show_nobody
from crm_analytics.ui.text import literal

HORIZONS = (30, 60, 90, 180, 365)
STEPS = 52  # points of a curve
CLEAR = 0.05  # of a log-rank test
OTHER, UNKNOWN = "(other)", "(unknown)"
SPECIAL = {OTHER: "retention.group_other", UNKNOWN: "retention.group_unknown"}


def answer(page, view: View) -> str:
    """By when half are back, and whether groups differ."""
    tr, whole = page.tr, everybody(page, view)
    if not whole.customers:
        return nobody(page)
    if whole.customers == 1:
        return tr("retention.second_one")
    if whole.customers < least(page):
        return tr(
            "retention.second_few", repeated=formats.count(whole.customers_repeated), n=formats.count(whole.customers)
        )
    if formats.is_missing(whole.median_days):
        share = formats.percent(whole.customers_repeated / whole.customers, 0)
        return tr("retention.second_not_half", share=share)
    low, high = formats.count(whole.median_low), formats.count(whole.median_high)
    key = "second_half_open" if formats.is_missing(whole.median_high) else "second_half"
    return tr(f"retention.{key}", days=formats.count(whole.median_days), low=low, high=high)


def show(page, view: View):
    """Both curves side by side, groups in a table, the three forms."""
    if not everybody(page, view).customers:
        show_nobody(page)
        return
    longest = _longest(page)
    both = st.grid(2, min_column_width=480, height="stretch")
    with both, cards.card("repurchase"):
        _curve(page, view, longest)
    with both, cards.card("survival"):
        _survival(page, view, longest)
    _forms(page, view)


def _longest(page) -> int:
    """The longest horizon that enough customers are old enough for; of a handful, the longest that all of them are."""
    found = page.measure(retention.repurchase, windows=",".join(map(str, HORIZONS)))
    reached = found[(found.n > 0) & (found.n >= min(least(page), found.n.max()))].window_days
    return int(reached.max()) if len(reached) else HORIZONS[0]


def _curve(page, view: View, longest: int):
    """Within how many days who is back: all old enough for each time, and the same customers throughout."""
    tr, whole = page.tr, everybody(page, view)
    days = {round(place * longest / STEPS) for place in range(STEPS + 1)} | {min(view.within, longest)}
    windows = ",".join(map(str, sorted(days)))
    own, fixed = (page.measure(retention.repurchase, windows=windows, base=base) for base in ("own", "fixed"))
    at = own[(own.window_days == view.within) & own.rate.notna()]
    title, subtitle = tr("retention.curve_title"), tr("retention.few_old_enough", days=view.within)
    for row in at.itertuples():
        title = tr("retention.curve_finding", rate=formats.percent(row.rate, 0), days=view.within)
        subtitle = tr("retention.curve_subtitle", n=formats.count(row.n))
    cards.heading(title, subtitle)
    page.show(charts.curve(own, fixed, view.within, tr, page.mode), "repurchase", title)
    _windows(page)
    if whole.customers > whole.customers_repeated:
        page.customers_link(tr("retention.once_link"), {"has_second_order": "no"})
    both = pd.concat([own.assign(base="own"), fixed.assign(base="fixed")], ignore_index=True)
    page.proof(both, "repurchase", retention.repurchase, tr("retention.curve_title"), tr("retention.about_repurchase"))


def _windows(page):
    """The usual times in a line each, on both bases."""
    tr, windows = page.tr, ",".join(map(str, HORIZONS))
    own = page.measure(retention.repurchase, windows=windows)
    old = own[own.n > 0]
    if old.empty:
        return
    steady = page.measure(retention.repurchase, windows=",".join(map(str, old.window_days)), base="fixed")
    rates = [formats.percent(rate) for rate in steady.rate]
    rows = [
        (tr("retention.days", n=row.window_days), formats.percent(row.rate), interval(row), formats.count(row.n), same)
        for row, same in zip(old.itertuples(), rates)
    ]
    heads = [tr(f"retention.column_{name}") for name in ("window", "rate", "interval", "n", "steady")]
    cards.grid(heads, rows, right=(1, 2, 3, 4))


def _columns(page) -> pd.DataFrame:
    return page.measure(retention.groupings).set_index("column")


def _by(page) -> str:
    """The column customers are compared by: as the URL names it, else the first that the data have."""
    known = list(_columns(page).index)
    asked = kept.asked("by", ["all", *known], known[0])
    return "" if asked == "all" else asked


def _survival(page, view: View, longest: int):
    """Kaplan and Meier's curves by group, and each group in a line."""
    tr, by, columns = page.tr, _by(page), _columns(page)
    groups = page.measure(retention.second_order, by=by, window=view.within)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="top", key="retention.groups"
    ):
        with st.container(width="stretch"):
            cards.heading(_group_title(page, by, groups), tr("retention.survival_subtitle"))
        st.selectbox(
            tr("retention.by"),
            ["all", *columns.index],
            format_func=lambda column: tr("retention.by_all") if column == "all" else page.column_label(column),
            label_visibility="collapsed",
            width=230,
            **kept.controlled("by", by or "all", columns.index[0]),
        )
    curves = page.measure(retention.survival, by=by, longest=longest)
    drawn = groups[groups.note != "too_few"]
    names = {
        row.group if isinstance(row.group, str) else None: group_words(page, by, row) for row in drawn.itertuples()
    }
    colours = charts.colours_of(list(names), page.mode, _palette(page, by))
    figure = charts.survival(curves, names, colours, longest, tr, page.mode)
    page.show(
        figure, "survival", tr("retention.survival_title"), on_click=lambda mark: _open(page, by, mark[1], list(names))
    )
    _group_table(page, by, groups, view)
    if by and columns.is_known_later[by]:
        st.caption(tr("retention.known_later"))
    if by == "first_order_year":
        month = formats.month(page.filters.data_from, page.language, year=True)
        st.caption(tr("retention.first_year", month=month))
    page.proof(curves, "survival", retention.survival, tr("retention.survival_title"), tr("retention.about_survival"))


def _palette(page, by: str) -> dict:
    """Colours that groups have on every screen."""
    colours = style.palette(page.mode)
    return {"tier": colours.tiers, "stage": colours.stages, "segment": colours.segments}.get(by, {})


def group_words(page, by: str, row) -> str:
    """A group as text: all customers, a value in the reader's words, the others together, the unknown."""
    if formats.is_missing(row.group):
        return page.tr("retention.group_all")
    if row.group in SPECIAL:
        return page.tr(SPECIAL[row.group], n=formats.count(row.values))
    return whom.value_words(page, by, row.group)


def _group_title(page, by: str, groups: pd.DataFrame) -> str:
    """Who is back soonest and who latest, where the groups differ by more than chance."""
    tr = page.tr
    judged = groups[groups.group.notna() & groups.returned_rate.notna() & (groups.note != "too_few")]
    if len(judged) < 2 or formats.is_missing(groups.p_value.iloc[0]):
        return tr("retention.survival_title")
    if groups.p_value.iloc[0] >= CLEAR:
        return tr("retention.groups_alike", by=page.column_label(by))
    best, worst = (judged.loc[judged.returned_rate.astype(float).agg(way)] for way in ("idxmax", "idxmin"))
    return tr(
        "retention.groups_differ",
        best=literal(group_words(page, by, best)), worst=literal(group_words(page, by, worst)),
        most=formats.percent(best.returned_rate, 0), fewest=formats.percent(worst.returned_rate, 0), days=int(groups.window_days.iloc[0]),
    )  # fmt: skip


def _group_table(page, by: str, groups: pd.DataFrame, view: View):
    """Each group's median with its interval, its share within the window, how many were under observation that long."""
    tr = page.tr
    heads = [tr(f"retention.column_{name}") for name in ("group", "customers", "median")]
    heads += [tr("retention.column_within", days=view.within), tr("retention.column_at_risk", days=view.within)]
    cards.grid(heads, [_group_line(page, by, row) for row in groups.itertuples()], right=(1, 2, 3, 4))


def _group_line(page, by: str, row) -> list[str]:
    """A group as a line; too small a one says only how many it is."""
    name, customers = group_words(page, by, row), formats.count(row.customers)
    if row.note == "too_few":
        return [name, customers, page.tr("retention.too_few"), "", ""]
    median, rate = formats.count(row.median_days), formats.percent(row.returned_rate)
    if not formats.is_missing(row.median_days) and not formats.is_missing(row.median_low):
        is_open = formats.is_missing(row.median_high)
        high = page.tr("retention.open_end") if is_open else formats.count(row.median_high)
        median += f" ({formats.count(row.median_low)}–{high})"
    if not formats.is_missing(row.returned_rate) and not formats.is_missing(row.low):
        rate += f" ({formats.points(row.low)}–{formats.points(row.high)})"
    return [name, customers, median, rate, formats.count(row.at_risk)]


def _open(page, by: str, group: str, drawn: list[str]):
    """The customers of a line: of a value, of all values that stand together, of everybody; the unknown no filter can name."""
    if not group:
        page.to_customers({"has_second_order": ("yes", "no")})
    elif by == "first_order_year" and group.isdigit():
        page.to_customers({"first_order_month": [f"{group}-{month:02d}" for month in range(1, 13)]})
    elif group not in SPECIAL:
        page.to_customers({by: group})
    elif others := [value for value in _values(page, by) if value not in drawn and group == OTHER]:
        page.to_customers({by: others})


def _values(page, by: str) -> list[str]:
    """The values of a column that the data have; those of a first order are those of any."""
    return page.choices.get(first_order.COLUMNS.get(by, by), [])


def _forms(page, view: View):
    """Three meanings of one word, side by side."""
    tr, forms = page.tr, page.measure(retention.forms, window=view.within)
    with cards.card("retention-forms", tr("retention.forms_title"), tr("retention.forms_subtitle"), height="content"):
        rows = [(tr(f"retention.form_{row.form}"), row, _meaning(page, row, view)) for row in forms.itertuples()]
        definitions(page, "retention.forms", rows)
        page.proof(forms, "retention-forms", retention.forms, tr("retention.forms_title"), tr("retention.about_forms"))


def _meaning(page, row, view: View) -> str:
    """What a form divides by what, and why it is unknown where it is."""
    tr = page.tr
    words = tr(f"retention.form_{row.form}_about", days=view.within, window=page.window_words())
    why = "" if formats.is_missing(row.note) else tr(f"retention.note_{row.note}")
    return "\n".join(filter(None, (words, why)))
