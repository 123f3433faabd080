"""How one file is read, shown and corrected: balance, questions, columns, rows before and after, what is set aside."""

from datetime import date

import pandas as pd
import streamlit as st

from crm_analytics import formats
from crm_analytics.importing import ColumnPlan, recognise
from crm_analytics.schema import TABLES
from crm_analytics.ui import cards
from crm_analytics.ui.text import plain

STATES = {"certain": "✓", "check": "⚠", "ask": "⚠", "unused": "·"}
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}


def file_words(page, file) -> str:
    """Data · orders_2011.csv · 41.2 MB · UTF-8, comma, header in line 1"""
    tr = page.tr
    parts = [tr("menu.data"), file.name, formats.size(file.size)]
    if file.encoding:
        delimiter = (
            tr(f"data.delimiter_{DELIMITERS[file.delimiter]}") if file.delimiter in DELIMITERS else file.delimiter
        )
        parts.append(
            ", ".join(
                part for part in (file.encoding.upper(), delimiter, tr("data.header_in", line=file.header_line)) if part
            )
        )
    return " · ".join(parts)


def plan_words(page, plan) -> str:
    """The answer before an import: how many records were read and will be taken."""
    tr, taken = page.tr, [file for file in plan.files if not file.refused]
    if not taken:
        return tr("data.answer_refused" if len(plan.files) == 1 else "data.answer_all_refused")
    if all(file.already_imported for file in taken):
        return tr("data.answer_already_here", day=formats.day(taken[0].already_imported["imported_at"], page.language))
    records, loaded, aside = (
        sum(getattr(file, name) for file in taken) for name in ("records", "loaded", "quarantined")
    )
    numbers = {
        "records": formats.count(records),
        "loaded": formats.count(loaded),
        "aside": formats.count(aside),
        "files": len(taken),
    }
    many = "_many" if len(taken) > 1 else ""
    return tr(f"data.answer_aside{many}" if aside else f"data.answer_clean{many}", **numbers)


def show_choice_of_file(page, session):
    """Which of several files is looked at; a file that is not taken says why."""
    files = session.plan.files
    if len(files) > 1:
        marks = ["✕" if file.refused else "?" if file.questions else "✓" for file in files]
        names = [
            f"{mark} {file.name}" + (f" → {page.tr(f'tables.{file.table}')}" if file.table else "")
            for mark, file in zip(marks, files)
        ]
        session.work.shown = st.selectbox(
            page.tr("data.which_file"),
            range(len(files)),
            index=min(session.work.shown, len(files) - 1),
            format_func=names.__getitem__,
            key="which-file",
        )
    file = session.shown_file()
    if file.refused:
        st.error(plain(_refusal(page, file.refused)), icon=":material/error:")
    elif file.already_imported:
        st.info(
            page.tr("data.already_here", day=formats.day(file.already_imported["imported_at"], page.language)),
            icon=":material/check_circle:",
        )
    for warning in file.warnings:
        st.warning(plain(_words(page, "cautions", warning.code, warning.params)), icon=":material/warning:")


def _refusal(page, refusal) -> str:
    """Why a file is not taken; where the screen itself can put it right, it says so instead of naming flags."""
    key = f"data.refused_{refusal.code}"
    return page.tr(key, **refusal.params) if page.tr.knows(key) else refusal.sentence(page.tr)


def show_balance(page, file):
    """records = loaded + duplicates + set aside + skipped, each with its note."""
    if file.refused:
        return
    tr, share = page.tr, file.quarantined / file.records if file.records else 0
    with cards.card("balance", height="content"):
        cards.figures(
            [
                (tr("data.column_records"), formats.count(file.records), tr("data.note_records")),
                (tr("data.will_load"), formats.count(file.loaded), _kept_apart(page, file)),
                (tr("data.column_duplicates"), formats.count(file.duplicates), tr("data.note_duplicates")),
                (tr("data.column_quarantined"), formats.count(file.quarantined), formats.percent(share, 2)),
                (tr("data.column_skipped"), formats.count(file.skipped), tr("data.note_skipped")),
            ]
        )


def _kept_apart(page, file) -> str:
    """What will be stored and yet needs a word: lines without a customer, amounts that are rounded."""
    notes = (("note_without_customer", file.without_customer), ("note_rounded", file.rounded))
    said = [page.tr(f"data.{key}", n=formats.count(n)) for key, n in notes if n]
    return page.tr("overview.comma").join(said) or page.tr("data.note_loaded")


def show_questions(page, session, file):
    """What only a person can know: one radio each; the answer reads the file again."""
    for number, question in enumerate([] if file.refused else file.questions):
        option, choices = _choices(question.flag)
        with cards.card(f"question-{number}", page.tr("data.question_title"), height="content"):
            st.markdown(plain(_words(page, "questions", question.code, {"column": question.column} | question.params)))
            words = {choice: _answer_words(page, choice, _examples(file, question.column)) for choice in choices}
            answer = st.radio(
                page.tr("data.question_title"),
                choices,
                index=None,
                format_func=words.get,
                label_visibility="collapsed",
                key=f"answer-{file.sha256}-{question.code}-{number}",
            )
            if answer:
                session.correct(file, **{option: answer})


def _choices(flag: str) -> tuple[str, list[str]]:
    """--date-order dmy|mdy -> the option date_order and its values."""
    name, _, values = flag.partition(" ")
    return name.lstrip("-").replace("-", "_"), values.split("|")


def _examples(file, header: str) -> list[str]:
    return next((column.examples for column in file.columns if column.header == header), [])


def _answer_words(page, choice: str, examples: list[str]) -> str:
    """A choice in words; an order of day and month with the file's own first date read that way."""
    text = _words(page, "data", f"choice_{choice}", {})
    for example in examples:
        read = _read_date(example, choice)
        if read:
            return plain(
                page.tr("data.choice_example", choice=text, example=example, day=formats.day(read, page.language))
            )
    return plain(text)


def _read_date(text: str, order: str) -> date | None:
    digits = [int(part) for part in "".join(c if c.isdigit() else " " for c in text).split()[:3]]
    if len(digits) < 3 or sorted(order) != ["d", "m", "y"]:
        return None
    parts = dict(zip(order, digits))
    try:
        return date(parts["y"] + (2000 if parts["y"] < 100 else 0), parts["m"], parts["d"])
    except ValueError:
        return None


def show_mapping(page, session, file):
    """Which column is what: corrected with select boxes; each correction reads the file again."""
    if file.landing is None:
        return
    tr, unsure = page.tr, sum(column.state in ("check", "ask") for column in file.columns)
    certainty = tr("data.mapping_unsure", n=unsure) if unsure else tr("data.mapping_sure")
    certainty = tr("data.mapping_open") if file.refused else certainty
    with cards.card("mapping", tr("data.mapping_title"), certainty, height="content"):
        _show_table(page, session, file)
        table = file.table or file.options.table
        if table in TABLES:
            _edit_mapping(page, session, file, table, file.columns or _by_header(file, table))


def _edit_mapping(page, session, file, table: str, columns):
    names = ["header", "examples", "filled", "becomes", "reading", "state"]
    rows = pd.DataFrame([_row(page, column) for column in columns], columns=names)
    edited = st.data_editor(
        rows,
        hide_index=True,
        disabled=[name for name in names if name != "becomes"],
        height=38 + 35 * min(len(rows), 12),
        column_order=names if file.columns else ["header", "becomes", "state"],
        placeholder="–",
        key=f"mapping-{file.sha256}-{table}-{hash(tuple(rows.becomes.fillna('')))}",
        column_config=_mapping_columns(page, table),
    )
    if not edited.becomes.fillna("").equals(rows.becomes.fillna("")):
        session.correct(file, table=table, mapping=_mapping(rows, edited))


def _mapping_columns(page, table: str) -> dict:
    tr, fields = page.tr, [column.name for column in TABLES[table].columns]
    return {
        "header": st.column_config.TextColumn(tr("data.map_header"), width=150),
        "examples": st.column_config.TextColumn(tr("data.map_examples"), width=200),
        "filled": st.column_config.NumberColumn(tr("data.map_filled"), format="percent", width=70),
        "becomes": st.column_config.SelectboxColumn(
            tr("data.map_becomes"), options=fields, format_func=lambda name: field_label(page, table, name), width=200
        ),
        "reading": st.column_config.TextColumn(tr("data.map_reading"), width=130),
        "state": st.column_config.TextColumn(tr("data.map_state"), width=125),
    }


def _by_header(file, table: str) -> list[ColumnPlan]:
    """The columns of a file that was not read further than its headers: what a person may still put right."""
    headers = file.landing.headers
    taken = {header: name for name, header in recognise.match(table, headers, file.options.mapping).mapping.items()}
    return [
        ColumnPlan(header, [], float("nan"), taken.get(header), "", "check" if header in taken else "unused")
        for header in headers
    ]


def _show_table(page, session, file):
    """What the file is taken for."""
    names = list(TABLES)
    taken = st.selectbox(
        page.tr("data.taken_for"),
        names,
        index=names.index(file.table) if file.table in names else None,
        width=360,
        format_func=lambda name: page.tr(f"tables.{name}"),
        placeholder=page.tr("data.choose_table"),
        key=f"table-{file.sha256}-{file.name}",
    )
    if taken and taken != file.table and not (file.refused and taken == file.options.table):
        session.correct(file, table=taken, mapping={})


def _row(page, column) -> tuple:
    mark, word = STATES[column.state], page.tr(f"data.state_{column.state}")
    return (
        column.header,
        " · ".join(column.examples),
        column.filled,
        column.field,
        _reading(page, column.reading),
        f"{mark} {word}",
    )


def _reading(page, reading: str) -> str:
    """timestamp, d/m/Y -> date and time, d/m/Y"""
    kind, _, form = reading.partition(", ")
    word = page.tr(f"data.kind_{kind}") if page.tr.knows(f"data.kind_{kind}") else kind
    return f"{word}, {form}" if form else word


def _mapping(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, str]:
    """field -> header as a person wants it; '' for a field that its column lost."""
    wanted = {field: header for field, header in zip(after.becomes, after.header) if isinstance(field, str)}
    lost = {field: "" for field in before.becomes if isinstance(field, str) and field not in wanted}
    return wanted | lost


def field_label(page, table: str, name: str) -> str:
    """The reader's word for a field of a table."""
    key = f"fields.{table}.{name}"
    return page.tr(key) if page.tr.knows(key) else name


def show_rows(page, file):
    """First rows as they stand in the file and as they will be stored, and what will be set aside."""
    tr = page.tr
    if file.refused or file.preview_before.empty:
        return
    with cards.card("rows", tr("data.rows_title"), tr("data.rows_subtitle"), height="content"):
        st.markdown(f"**{tr('data.rows_before')}**")
        st.dataframe(file.preview_before, hide_index=True, key="rows-before")
        st.markdown(f"**{tr('data.rows_after')}**")
        st.dataframe(
            file.preview_after.rename(columns=lambda name: field_label(page, file.table, name)),
            hide_index=True,
            key="rows-after",
        )
    if len(file.reject_sample):
        with cards.card(
            "rejects",
            tr("data.rejects_title", n=formats.count(file.quarantined)),
            tr("data.rejects_subtitle"),
            height="content",
        ):
            st.dataframe(in_reasons(page, file.reject_sample), hide_index=True, key="rejects")


def in_reasons(page, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows set aside with the reason in the reader's words."""
    known = [column for column in ("source_line", "column_name", "reason") if column in rows]
    worded = rows.assign(reason=rows.reason.map(lambda code: _words(page, "reasons", code, {})))
    return worded.rename(columns={column: page.tr(f"data.reject_{column}") for column in known})


def _words(page, section: str, code: str, params: dict) -> str:
    """A sentence of the catalogue; its code where a language has not got it yet."""
    key = f"{section}.{code}"
    return page.tr(key, **params) if page.tr.knows(key) else code
