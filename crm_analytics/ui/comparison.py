"""What a file would change in what is here: new, known, newer, gone; whether it adds or replaces; the analyst's own total."""

import re
from dataclasses import replace
from decimal import Decimal, InvalidOperation

import streamlit as st

from crm_analytics import formats
from crm_analytics.schema import TABLES
from crm_analytics.ui import cards, mapping
from crm_analytics.ui.text import plain

SCOPES = ("append", "replace-period", "replace-table")
REPEATS = ("keep", "once")


def show(page, session, file):
    """What becomes of what is here: only where the file's table holds rows already."""
    if not file.is_taken or file.already_imported or file.table not in session.plan.held:
        return
    with cards.card("compare", page.tr("data.compare_title"), height="content"):
        _show_figures(page, file)
        _choose_scope(page, session, file)
        _show_rows(page, file)


def show_choices(page, session, file):
    """The analyst's own total, and lines that stand twice: on demand."""
    if file.already_imported:
        return
    has_sum = file.amount_file is not None
    with st.expander(page.tr("data.more_choices" if has_sum else "data.repeats"), type="compact"):
        if has_sum:
            _compare_total(page, file)
        _choose_repeats(page, session, file)


def _show_figures(page, file):
    tr, count = page.tr, formats.count
    if file.options.scope == "append" and not (file.duplicates or file.changed or file.vanished or file.loaded):
        return
    leaving = ("vanished", file.vanished) if file.options.scope == "append" else ("replaced", file.replaced)
    numbers = [("new", file.loaded - file.changed), ("known", file.duplicates), ("changed", file.changed), leaving]
    cards.figures([(tr(f"data.compare_{name}"), count(n), tr(f"data.compare_{name}_note")) for name, n in numbers])


def _choose_scope(page, session, file):
    tr, key = page.tr, f"scope-{file.sha256}-{file.table}"
    chosen = st.segmented_control(
        tr("data.scope"),
        SCOPES,
        default=file.options.scope,
        required=True,
        format_func=lambda scope: tr(f"data.scope_{_named(file, scope)}"),
        key=key,
    )
    st.caption(plain(tr(f"data.scope_{_named(file, file.options.scope)}_means", table=tr(f"tables.{file.table}"))))
    if chosen and chosen != file.options.scope:
        session.rescope(file, chosen)


def _named(file, scope: str) -> str:
    """Rows without a date of their own are replaced by what they are about."""
    kind = "things" if scope == "replace-period" and not TABLES[file.table].is_dated else scope
    return kind.replace("-", "_")


def _show_rows(page, file):
    """The rows that differ, old → new; a sample."""
    rows = file.differences
    if rows.empty:
        return
    words = {what: page.tr(f"data.differs_{what}") for what in ("changed", "vanished", "replaced")}
    rows = rows.assign(what=rows["what"].map(words)).dropna(axis="columns", how="all")
    label = page.tr("data.differences", n=formats.count(len(rows)))
    with st.expander(label, expanded=len(rows) <= 10):
        st.dataframe(
            rows.rename(columns=lambda name: _header(page, file, name)),
            hide_index=True,
            height=38 + 35 * min(len(rows), 8),
            placeholder="",
            key="differences",
        )


def _header(page, file, name: str) -> str:
    return page.tr("data.differs") if name == "what" else mapping.field_label(page, file.table, name)


def _choose_repeats(page, session, file):
    tr = page.tr
    chosen = st.segmented_control(
        tr("data.repeats"),
        REPEATS,
        default=file.options.repeats,
        required=True,
        format_func=lambda choice: tr(f"data.repeats_{choice}"),
        key=f"repeats-{file.sha256}-{file.table}",
    )
    if chosen and chosen != file.options.repeats:
        session.correct(file, repeats=chosen)


def _compare_total(page, file):
    """The analyst's figure beside the file's own sum: equal, or the difference."""
    tr = page.tr
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    text = left.text_input(tr("data.own_total"), key=_key(file), placeholder=_exact(file.amount_file))
    wanted = total(text, file.amount_file)
    file.options = replace(file.options, control_total=wanted if wanted == file.amount_file else None)
    with right:
        if not text.strip():
            st.caption(tr("data.own_total_about", sum=plain(_exact(file.amount_file))))
        elif wanted is None:
            st.markdown(f":orange[{plain(tr('data.own_total_no_number'))}]")
        elif wanted == file.amount_file:
            st.markdown(f":green[✓ {plain(tr('data.own_total_equal', sum=_exact(file.amount_file)))}]")
        else:
            words = tr(
                "data.own_total_differs", sum=_exact(file.amount_file), difference=_exact(file.amount_file - wanted)
            )
            st.markdown(f":red[{plain(words)}]")


def differs_from_own_total(file) -> bool:
    """Whether the analyst has typed a total that the file does not add up to: nothing is imported then."""
    text = st.session_state.get(_key(file), "")
    return bool(text.strip()) and file.amount_file is not None and total(text, file.amount_file) != file.amount_file


def total(text: str, meant: Decimal) -> Decimal | None:
    """A typed sum, with a point or a comma for decimals; where both could be meant, the reading that equals `meant`."""
    digits = re.sub(r"[^\d.,+()-]", "", text.replace("−", "-"))
    sign = -1 if digits.startswith("-") or re.fullmatch(r"\(.*\)", digits) else 1
    digits = digits.strip("+-()")
    readings = [_decimal(digits.replace(",", "")), _decimal(digits.replace(".", "").replace(",", "."))]
    found = [sign * reading for reading in readings if reading is not None]
    return next((reading for reading in found if reading == meant), found[0] if found else None)


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _key(file) -> str:
    return f"own-total-{file.sha256}-{file.table}"


def _exact(amount: Decimal) -> str:
    """1,234.50: to the last decimal that is not zero, at least two."""
    return f"{amount:,.4f}"[:-2] if amount == round(amount, 2) else f"{amount:,.4f}"
