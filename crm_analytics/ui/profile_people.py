"""Profile, part "people": how a group differs from the whole, what sets it apart most, loyal customers, what each value brings."""

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.charts import profile as charts
from crm_analytics.metrics import profile
from crm_analytics.ui import cards, kept, profile_worth
from crm_analytics.ui import profile as shared
from crm_analytics.ui import profile_answer as words

SHOWN = 14  # bars of a chart


def answer(page) -> str:
    """What is most typical of the group, or that it is like the whole."""
    return words.answer(page)


def show(page):
    """The part: controls, the chosen column and what sets the group apart, what each value brings, two columns at once, loyal customers."""
    if not words.columns(page):
        shared.wanted(page, "people", page.tr("profile.people_wants"), "gender, birth_date, region", "customers")
        return
    _controls(page)
    place = shared.both()
    with place:
        _one_column(page)
    if not words.is_whole(page):
        with place:
            _sets_apart(page)
    with place:
        profile_worth.crossed(page, words.column(page), words.columns(page), is_many=words.is_many(page))
    if not page.is_empty:
        with place, cards.card("profile-loyal"):
            profile_worth.loyal(page)
        with cards.card("profile-worth", height="content"):
            profile_worth.worth(page, words.column(page))
    _behind(page)


def _controls(page):
    tr = page.tr
    with st.container(horizontal=True, vertical_alignment="bottom", key="profile.controls"):
        st.selectbox(
            tr("profile.group"),
            words.groups(page),
            format_func=lambda name: tr(f"profile.choose_{name if name != 'chosen' or words.is_choice(page) else 'everyone'}"),
            width=260,
            **kept.controlled("group", words.group(page)),
        )  # fmt: skip
        st.selectbox(
            tr("profile.column"),
            words.columns(page),
            format_func=lambda name: shared.column_words(page, name),
            width=260,
            **kept.controlled("column", words.column(page)),
        )


def _one_column(page):
    """Each value of the column: how much commoner in the group; of everyone its share."""
    tr, column = page.tr, words.column(page)
    found = page.measure(profile.index, column=column, group=words.group(page))
    if found.empty:
        with cards.card("profile-column", shared.column_words(page, column), tr("profile.column_none")):
            pass
        return
    if words.is_whole(page):
        shown = found.head(SHOWN)
        figure = charts.bars(shared.rows([_share_row(page, row) for row in shown.itertuples()]), page.mode)
    else:
        shown = found.head(SHOWN) if column in ("age_band", *words.OF_PEOPLE) else _largest(found)
        figure = charts.index_bars(_index_rows(page, shown, is_named=False), page.tr, page.mode)
    title, subtitle = _column_title(page, column, found), _column_subtitle(page, found, len(shown))
    shared.chart(
        page, "column", title, subtitle, figure, found, profile.index, "index", on_click=lambda mark: _open(page, mark)
    )


def _largest(found: pd.DataFrame) -> pd.DataFrame:
    """The values of most customers, those with the highest index first."""
    shown = found[found.value.notna()].head(SHOWN)
    return shown.sort_values("index", ascending=False, na_position="last", kind="stable")


def _share_row(page, row) -> dict:
    label, share = shared.value_words(page, row.column, row.value), formats.percent(row.share)
    n = page.tr("profile.few") if row.is_suppressed else formats.count(row.n)
    text = page.tr("profile.few") if row.is_suppressed else f"{share} · {n}"
    return {
        "label": label,
        "value": row.share,
        "text": text,
        "tip": f"{label}: {text}",
        "key": [row.column, row.value],
        "is_quiet": row.part == "others",
    }


def _index_rows(page, found: pd.DataFrame, *, is_named: bool) -> pd.DataFrame:
    """Rows for the bars; a value that is not told has its name only."""
    rows = []
    for row in found.to_dict("records"):
        label = (shared.label if is_named else shared.value_words)(page, row["column"], row["value"])
        note = tip = page.tr("profile.few")
        if not formats.is_missing(row["index"]):
            ends = {name: formats.count(row[name]) for name in ("low", "high")}
            shares = {name: formats.percent(row[name]) for name in ("share", "share_base")}
            note = page.tr("profile.index_note", index=formats.count(row["index"]), n=formats.count(row["n"]))
            tip = page.tr("profile.index_tip", value=label, n=formats.count(row["n"]), **shares, **ends)
        told = {name: row[name] for name in ("index", "low", "high", "verdict")}
        rows.append(told | {"label": label, "note": note, "tip": tip, "key": [row["column"], row["value"]]})
    return pd.DataFrame(rows).assign(place=range(len(rows)))


def _column_title(page, column: str, found: pd.DataFrame) -> str:
    tr, name = page.tr, shared.column_words(page, column)
    if words.is_whole(page):
        top = found[found.value.notna()].nlargest(1, "share")
        if top.empty:
            return name
        return tr(
            "profile.title_most",
            value=shared.label(page, column, top.value.iloc[0]),
            share=formats.percent(top.share.iloc[0], 0),
        )
    strong = words.strongest(words.differing(found))
    if strong.empty:
        return tr("profile.title_even" if found["index"].notna().any() else "profile.title_few", column=name)
    row = strong.iloc[0]
    value = shared.label(page, column, row.value)
    return tr(
        "profile.title_times", value=value, times=shared.times(page, row["index"] / 100), base=words.base_words(page)
    )


def _column_subtitle(page, found: pd.DataFrame, shown: int) -> str:
    tr, first = page.tr, found.iloc[0]
    key = "profile.subtitle_share" if words.is_whole(page) else "profile.subtitle_index"
    said = [tr(key, group=words.group_words(page), base=words.base_words(page), n=formats.count(first.known))]
    if first.missing_share > 0.0005:
        said.append(
            tr(
                "profile.subtitle_missing",
                share=formats.percent(first.missing_share),
                base=formats.percent(first.missing_share_base),
            )
        )
    if found.is_suppressed.any():
        said.append(tr("profile.subtitle_few"))
    if len(found) > shown:
        said.append(tr("profile.subtitle_more", shown=shown, n=len(found)))
    return formats.together(said, page.language)


def _sets_apart(page):
    """What differs most, over all columns."""
    tr, found = page.tr, words.apart(page)
    differing = words.differing(found)
    strong = words.strongest(differing).head(SHOWN)
    told = int((found.verdict != "hidden").sum())
    title = tr("profile.apart_none", of=told) if told else tr("profile.apart_few")
    if len(differing):
        title = tr("profile.apart_found", n=len(differing), of=told)
    subtitle = tr("profile.apart_subtitle", group=words.group_words(page), base=words.base_words(page))
    if words.is_many(page):
        subtitle = formats.together([subtitle, tr("profile.apart_without")], page.language)
    if strong.empty:
        with cards.card("profile-apart", title, subtitle):
            page.proof(found, "profile-apart", profile.index, tr("profile.index_title"), tr("profile.about_index"))
        return
    figure = charts.index_bars(
        _index_rows(page, strong.sort_values("index", ascending=False), is_named=True), tr, page.mode
    )
    shared.chart(
        page, "apart", title, subtitle, figure, found, profile.index, "index", on_click=lambda mark: _open(page, mark)
    )


def _open(page, mark):
    """The customers of the group with this value."""
    column, value = mark
    if not isinstance(value, str):
        return
    name = words.group(page)
    whom = (
        {}
        if name == "chosen"
        else {"tier": name}
        if name in words.TIERS
        else {"stage": name}
        if name in words.STAGES
        else {"is_new": "yes"}
    )
    is_told = column in page.choices and value in page.choices[column]
    if name != "loyal" and (is_told or column in words.OF_PEOPLE):
        page.to_customers(whom | {column: value})
    kept.write("column", column)
    kept.write("value", value)
    st.rerun()


def _behind(page):
    """The customers behind a mark that the customers list has no filter for; of the loyal, all of them."""
    value, tr = kept.asked("value"), page.tr
    column = words.column(page) if value else ""
    if words.group(page) != "loyal" and not value:
        return
    label = shared.label(page, column, value) if value else ""
    title = (
        tr("profile.behind_value", group=words.group_words(page), value=label)
        if value
        else tr("profile.behind", group=words.group_words(page))
    )
    shared.listing(
        page,
        "members",
        title,
        tr("profile.behind_subtitle"),
        profile.members,
        "members",
        group=words.group(page),
        column=column,
        value=value,
    )
