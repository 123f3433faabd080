"""Profile, of the chosen column: which values go with those of another, what each brings; and loyal customers beside the others."""

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import profile as charts
from crm_analytics.metrics import profile
from crm_analytics.ui import cards, kept, tables
from crm_analytics.ui import profile as shared
from crm_analytics.ui.text import plain

CROSSED = 10  # rows and columns of the map
ROWS = 12  # of the table


def crossed(page, column: str, columns: list[str], *, is_many: bool):
    """Two columns at once: which values go together."""
    tr, others = page.tr, [name for name in columns if name != column]
    if not others:
        return
    default = next((name for name in (("tier",) if is_many else ("category", "tier")) if name in others), others[0])
    against = kept.asked("against", others, default)
    found = page.measure(profile.worth, column=column, against=against)
    with cards.card("profile-crossed"):
        best = found[found.verdict == "over"].sort_values("index", ascending=False).head(1)
        title = tr("profile.crossed_even" if found["index"].notna().any() else "profile.crossed_none")
        if len(best):
            both = ((column, best.value.iloc[0]), (against, best.against.iloc[0]))
            pair = " × ".join(shared.value_words(page, *each) for each in both)
            title = tr("profile.crossed_best", pair=pair, times=shared.times(page, best["index"].iloc[0] / 100))
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="top", key="profile.crossing"
        ):
            with st.container(width="stretch"):
                cards.heading(
                    title,
                    tr(
                        "profile.crossed_subtitle",
                        column=shared.column_words(page, column),
                        against=shared.column_words(page, against),
                    ),
                )
            st.selectbox(tr("profile.against"), others, format_func=lambda name: shared.column_words(page, name), width=180,
                         label_visibility="collapsed", **kept.controlled("against", against))  # fmt: skip
        if found["index"].notna().any():
            page.show(_map(page, found, column, against), "profile-crossed", title, height="stretch")
            page.proof(
                found, "profile-crossed", profile.worth, tr("profile.crossed_title"), tr("profile.about_crossed")
            )


def _map(page, found: pd.DataFrame, column: str, against: str):
    first, second = (
        list(dict.fromkeys(found.value))[:CROSSED],
        list(dict.fromkeys(found.against.sort_values(kind="stable"))),
    )
    second = [value for value in dict.fromkeys(found.against) if value in second][:CROSSED]
    rows = []
    for row in found[found.value.isin(first) & found.against.isin(second)].to_dict("records"):
        a, b = shared.value_words(page, column, row["value"]), shared.value_words(page, against, row["against"])
        is_few = formats.is_missing(row["index"])
        tip = page.tr("profile.few") if is_few else page.tr("profile.crossed_tip", first=a, second=b, share=formats.percent(row["share"]),
                                                           n=formats.count(row["customers"]), index=f"{row['index']:.0f}")  # fmt: skip
        text, ratio = ("·", None) if is_few else (f"{row['index']:.0f}", row["index"] / 100)
        rows.append(
            {"first": a, "second": b, "ratio": ratio, "text": text, "tip": tip, "key": [row["value"], row["against"]]}
        )
    names = [
        [shared.value_words(page, name, value) for value in values]
        for name, values in ((column, first), (against, second))
    ]
    return charts.heat(pd.DataFrame(rows), page.mode, first=names[0], second=names[1])


def worth(page, column: str):
    """What the customers with each value bring and how they fare."""
    tr, found = page.tr, page.measure(profile.worth, column=column)
    told = found[~found.is_suppressed.astype(bool)]
    name = shared.column_words(page, column)
    ranked = told[told.average_revenue_low.notna()].sort_values("average_revenue", ascending=False)
    title = name
    if len(ranked) > 1:
        best = ranked.iloc[0]
        is_sure = best.average_revenue_low > ranked.average_revenue_high.iloc[1:].max()
        words = {"value": shared.label(page, column, best["value"]), "amount": page.money(best.average_revenue)}
        title = tr("profile.worth_best", **words) if is_sure else tr("profile.worth_even", column=name)
    cards.heading(title, tr("profile.worth_subtitle", window=page.window_words()))
    heads = [
        "customers",
        "revenue",
        "average_revenue",
        "average_order_value",
        "repurchase_rate",
        "churn_rate",
        "satisfaction",
    ]
    heads = [head for head in heads if found[head].notna().any()]
    rows = [
        [shared.value_words(page, column, row["value"]), *(_worth_cell(page, row, head) for head in heads)]
        for row in found.head(ROWS).to_dict("records")
    ]
    tables.grid([name, *(tr(f"profile.worth_{head}") for head in heads)], rows, right=range(1, len(heads) + 1))
    page.proof(found, "profile-worth", profile.worth, tr("profile.worth_title"), tr("profile.about_worth"))


def _worth_cell(page, row: dict, name: str) -> str:
    if row["is_suppressed"] and name == "customers":
        return page.tr("profile.few")
    if name == "customers":
        return formats.count(row[name])
    if name in ("revenue", "average_revenue", "average_order_value"):
        return page.money(row[name])
    if formats.is_missing(row[name]):
        return formats.NOTHING
    return shared.rate(row[name], row[f"{name}_low"], row[f"{name}_high"])


def loyal(page):
    """Loyal customers beside the others, measure by measure."""
    tr, found = page.tr, page.measure(profile.loyal).set_index("measure")
    n, others = found.n["customers"], found.n_others["customers"]
    share, revenue = n / (n + others) if n + others else None, found.loyal["revenue_share"]
    title = (
        tr("profile.loyal_found", share=formats.percent(share, 0), revenue=formats.percent(revenue, 0))
        if n
        else tr("profile.loyal_none")
    )
    cards.heading(title, tr("profile.loyal_subtitle", days=page.rules.lifecycle_days[1]))
    shown = found[found.verdict.isin(["more", "less", "unclear"])]
    rows = [[tr(f"profile.loyal_{name}"), _amount(page, row.unit, row.loyal), _amount(page, row.unit, row.others), _difference(page, row)]
            for name, row in shown.iterrows()]  # fmt: skip
    tables.grid(
        [tr(f"profile.loyal_head_{head}") for head in ("measure", "loyal", "others", "change")], rows, right=(1, 2, 3)
    )
    missing = found.wants.dropna()
    if len(missing):
        st.caption(plain(tr("profile.loyal_wants", columns=_wanted_words(page, sorted(set(missing))))))
    page.proof(
        found.reset_index(), "profile-loyal", profile.loyal, tr("profile.loyal_title"), tr("profile.about_loyal")
    )


def _wanted_words(page, names: list[str]) -> str:
    """Columns by their table: Orders: discount, category; Surveys: score."""
    tables_of = {}
    for name in names:
        table, column = name.split(".")
        tables_of.setdefault(table, []).append(column)
    said = [formats.labelled(page.tr(f"tables.{table}"), formats.listed(columns, 9, page.language), page.language)
            for table, columns in tables_of.items()]  # fmt: skip
    return ("；" if page.language.startswith("zh") else "; ").join(said)


def _amount(page, unit: str, value) -> str:
    return (
        page.money(value) if unit == "money" else formats.percent(value, 0) if unit == "rate" else formats.number(value)
    )


def _difference(page, row) -> str:
    if row.verdict == "unclear":
        return page.tr("profile.within_noise")
    sign = "+" if row.change > 0 else ""
    if row.unit == "rate":
        return page.tr("profile.points", value=f"{sign}{formats.points(row.change, 0)}")
    return page.money_change(row.change) if row.unit == "money" else f"{sign}{formats.number(row.change)}"
