"""How one file is read, shown and corrected: balance, questions, columns, rows before and after, what is set aside."""

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.importing.landing.cells import WHITESPACE, visible
from crm_analytics.ui import cards, comparison, mapping, outlook, sources, versions
from crm_analytics.ui.text import literal, plain

DELIMITERS = {
    ",": "comma",
    ";": "semicolon",
    "\t": "tab",
    "|": "pipe",
    ":": "colon",
    "^": "caret",
    "~": "tilde",
    " ": "blank",
    WHITESPACE: "blanks",
    "\x1f": "unit_separator",
}


def file_words(page, file) -> str:
    """Data · orders_2011.csv · 41.2 MB · UTF-8, comma, header in line 1"""
    tr = page.tr
    parts = [tr("menu.data"), literal(file.name), formats.size(file.size)]
    if file.encoding:
        delimiter = "" if file.encoding == "xlsx" else _delimiter(page, file.delimiter)
        header = tr("data.header_in", line=file.header_line) if file.header_line else ""
        read = (file.encoding.upper(), delimiter, header)
        parts.append(formats.listed(filter(None, read), len(read), page.language))
    return " · ".join(parts)


def _delimiter(page, mark: str) -> str:
    """What parts the cells, in words; other marks as they stand in the file."""
    known = DELIMITERS.get(mark)
    return page.tr(f"data.delimiter_{known}") if known else page.tr("data.delimiter_marks", marks=visible(mark))


def plan_words(page, plan) -> str:
    """The answer before an import: how many records were read and will be taken."""
    tr, taken = page.tr, plan.taken
    if not taken and all(file.not_needed for file in plan.files):
        return tr("data.answer_not_needed")
    if not taken:
        return tr("data.answer_refused" if len(plan.files) == 1 else "data.answer_all_refused")
    refused = sum(bool(file.refused) for file in plan.files)
    if refused:
        return tr(
            "data.answer_some_refused", n=refused, name=next(literal(file.name) for file in plan.files if file.refused)
        )
    if all(file.already_imported for file in taken):
        return tr("data.answer_already_here", day=formats.day(taken[0].already_imported["imported_at"], page.language))
    records, loaded, aside = (of_files(taken, name) for name in ("records", "loaded", "quarantined"))
    files = len({id(file.landing) for file in taken})
    numbers = {name: formats.count(n) for name, n in (("records", records), ("loaded", loaded), ("aside", aside))}
    numbers["files"] = files
    if asked := sum(len(file.questions) for file in taken):
        return tr("data.answer_asked" if asked == 1 else "data.answer_asked_many", n=asked, **numbers)
    many = "_many" if files > 1 else ""
    return tr(f"data.answer_aside{many}" if aside else f"data.answer_clean{many}", **numbers)


def of_files(files, name: str) -> int:
    """A count of records over files; one that feeds several tables counts once, by the table that takes most."""
    most: dict[int, int] = {}
    for file in files:
        most[id(file.landing)] = max(most.get(id(file.landing), 0), getattr(file, name))
    return sum(most.values())


def _mark(file) -> str:
    return "–" if file.not_needed else "✕" if file.refused else "?" if file.questions else "✓"


def _becomes(page, file) -> str:
    if file.not_needed:
        return f" · {page.tr('data.left_out_title')}"
    return f" → {page.tr(f'tables.{file.table}')}" if file.table else ""


def show_choice_of_file(page, session):
    """Which of several files is looked at; a file that is not taken says why."""
    files = session.plan.files
    if len(files) > 1:
        names = [f"{_mark(file)} {file.name}{_becomes(page, file)}" for file in files]
        session.work.shown = st.selectbox(
            page.tr("data.which_file"),
            range(len(files)),
            index=min(session.work.shown, len(files) - 1),
            format_func=names.__getitem__,
            key="which-file",
        )
    file = session.shown_file()
    if file.refused:
        st.error(plain(_refusal(page, file.refused, file.table)), icon=":material/error:")
        _offer_without_amount(page, session, file)
    elif file.not_needed:
        st.info(plain(file.not_needed.sentence(page.tr)), icon=":material/info:")
    elif file.already_imported:
        st.info(
            page.tr("data.already_here", day=formats.day(file.already_imported["imported_at"], page.language)),
            icon=":material/check_circle:",
        )
    sources.show_profile(page, session, file)
    shown_below = ("vanished",)  # counted and listed beside what is here
    loud = [warning for warning in file.warnings if warning.code not in (*sources.QUIET, *shown_below)]
    said = [plain(_words(page, "cautions", warning.code, warning.params, file.table)) for warning in loud]
    if said:
        st.warning(said[0] if len(said) == 1 else "\n".join(f"- {each}" for each in said), icon=":material/warning:")


def _refusal(page, refusal, table: str | None) -> str:
    """Why a file is not taken; where the screen itself can put it right, it says so instead of naming flags."""
    key = "data.refused_no_amount" if _lacks_amount(refusal) else f"data.refused_{refusal.code}"
    if not page.tr.knows(key):
        return refusal.sentence(page.tr)
    return page.tr(key, **sources.facts(page, refusal.params, table))


def _lacks_amount(refusal) -> bool:
    """Orders that are complete but for what they are worth."""
    lacking = (refusal.params.get("nearest"), refusal.params.get("lacking"))
    return refusal.code == "E_LACKING_AMOUNT" or (refusal.code == "E_UNKNOWN" and lacking == ("orders", "amount"))


def _offer_without_amount(page, session, file):
    """Orders whose items come later may be taken without amounts, when a person says so."""
    if _lacks_amount(file.refused) and st.button(page.tr("data.take_without_amount"), key="without-amount"):
        session.correct(file, table="orders", mapping=file.options.mapping | {"amount": ""})


def show_balance(page, session, file):
    """records = loaded + duplicates + set aside + skipped, each with its note."""
    if not file.is_taken:
        return
    tr, share = page.tr, file.quarantined / file.records if file.records else 0
    with cards.card("balance", height="content"):
        cards.figures(
            [
                (tr("data.column_records"), formats.count(file.records), tr("data.note_records")),
                (tr("data.will_load"), formats.count(file.loaded), _kept_apart(page, file)),
                (tr("data.column_duplicates"), formats.count(file.duplicates), tr("data.note_duplicates")),
                (tr("data.column_quarantined"), formats.count(file.quarantined), formats.percent(share, 2)),
                (tr("data.column_skipped"), formats.count(file.skipped), _skipped(page, file)),
            ]
        )
        outlook.show_remarks(page, file)
        comparison.show_choices(page, session, file)


def _skipped(page, file) -> str:
    only = file.typed.only_with if file.typed else ()
    fields = page.tr("overview.comma").join(mapping.field_label(page, file.table, name) for name in only)
    return page.tr("data.note_silent", fields=fields) if only else page.tr("data.note_skipped")


def _kept_apart(page, file) -> str:
    """What will be stored and yet needs a word: lines without a customer, amounts that are rounded."""
    nobody = 0 if file.duplicates else file.without_customer  # counted over the file, not over what is new in it
    notes = (("note_without_customer", nobody), ("note_rounded", file.rounded))
    said = [page.tr(f"data.{key}", n=formats.count(n)) for key, n in notes if n]
    return page.tr("overview.comma").join(said) or page.tr("data.note_loaded")


def show_questions(page, session, file):
    """What only a person can know: one radio each, with the evidence for each reading; the answer reads the file again."""
    for number, question in enumerate([] if file.refused else file.questions):
        if question.code in sources.GONE:
            sources.ask_column(page, session, file, question, number)
            continue
        if question.code == "conflicts":
            versions.ask_conflicts(page, session, file, question, number)
            continue
        with cards.card(f"question-{number}", page.tr("data.question_title"), height="content"):
            st.markdown(plain(_question(page, question)))
            titles = {offer.choice: plain(offer.title(page.tr)) for offer in question.offers}
            answer = st.radio(
                page.tr("data.question_title"),
                list(titles),
                index=None,
                format_func=titles.get,
                captions=[plain(offer.evidence(page.tr)) for offer in question.offers],
                label_visibility="collapsed",
                key=f"answer-{file.sha256}-{question.code}-{file.landing.headers.index(question.column)}",
            )
            if answer:
                session.correct(file, answers=file.options.answers | {question.column: answer})


def _question(page, question) -> str:
    """The question in the reader's words; readings that it names by theirs."""
    named = {name: page.tr(f"readings.{question.params[name]}") for name in ("then", "now") if name in question.params}
    return _words(page, "questions", question.code, {"column": question.column} | question.params | named)


def show_set_aside(page, file):
    """What would be set aside: each reason with its number, some of the records on demand."""
    if not file.reasons or not file.is_taken:
        return
    tr = page.tr
    title = tr("data.rejects_title", n=formats.count(file.quarantined))
    with cards.card("rejects", title, tr("data.rejects_subtitle"), height="content"):
        headers = [tr(f"data.aside_{name}") for name in ("reason", "column", "n")]
        fields = [mapping.field_label(page, file.table, column) if column else "" for column, _, _ in file.reasons]
        counted = [formats.count(n) for _, _, n in file.reasons]
        cards.grid(headers, list(zip([reason(page, code) for _, code, _ in file.reasons], fields, counted)), right=(2,))
        if len(file.reject_sample):
            with st.expander(tr("data.rejects_shown", n=len(file.reject_sample)), type="compact"):
                st.dataframe(
                    in_reasons(page, file.table, file.reject_sample), hide_index=True, key="rejects", placeholder=""
                )


def show_rows(page, file):
    """First rows as they stand in the file and as they will be stored."""
    tr = page.tr
    if not file.is_taken or file.preview_before.empty:
        return
    with cards.card("rows", tr("data.rows_title"), tr("data.rows_subtitle"), height="content"):
        st.markdown(f"**{tr('data.rows_before')}**")
        st.dataframe(file.preview_before, hide_index=True, key="rows-before", placeholder="")
        st.markdown(f"**{tr('data.rows_after')}**")
        st.dataframe(
            file.preview_after.rename(columns=lambda name: mapping.field_label(page, file.table, name)),
            hide_index=True,
            key="rows-after",
            placeholder="",
        )


def in_reasons(page, table: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows set aside, reason and column in the reader's words; a column of the file that is called like one of ours is numbered."""
    ours = {column: page.tr(f"data.reject_{column}") for column in ("source_line", "column_name", "reason")}
    theirs = {column: f"{column}_1" for column in rows if column not in ours and column in ours.values()}
    worded = rows.assign(reason=rows.reason.map(lambda code: reason(page, code)))
    if "column_name" in rows:
        labels = {name: mapping.field_label(page, table, name) for name in rows.column_name.dropna().unique()}
        worded["column_name"] = rows.column_name.map(labels)
    return worded.rename(columns=ours | theirs)


def reason(page, code: str) -> str:
    """Why a record was set aside, in words."""
    return _words(page, "reasons", code, {})


def _words(page, section: str, code: str, params: dict, table: str | None = None) -> str:
    """A sentence of the catalogue; its code where a language has not got it yet."""
    key = f"{section}.{code}"
    return page.tr(key, **sources.facts(page, params, table)) if page.tr.knows(key) else code
