"""The Data screen's card "Keep it safe": back up, restore, start over; always the reader's own company, never the made-up one."""

import shutil
from collections.abc import Callable
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from tempfile import mkdtemp

import streamlit as st

from crm_analytics import archive, backup, database, formats
from crm_analytics.errors import CrmError
from crm_analytics.schema import TABLES
from crm_analytics.ui import cards, store, uploads
from crm_analytics.ui.session import Session
from crm_analytics.ui.text import plain

ASKS, SAID, MADE, SEEN = "safety-asks", "safety-said", "safety-made", "safety-seen"
MOST_DOWNLOAD = 500 * 10**6  # bytes; a download stands in the server's memory
UPLOADED = ".upload-"


def show(page):
    """One row per thing that can be done, and its dialog; what was done last stands above."""
    tr, db = page.tr, store.own_company()
    with cards.card("safety", tr("safety.title"), tr("safety.subtitle"), height="content"):
        _say(page)
        if db:
            made = _row(page, "backup", ":material/save:", size=formats.size(backup.size(db)))
            if made:
                _back_up(page, db)
            _show_made(page)
        if _row(page, "restore", ":material/settings_backup_restore:"):
            _ask("restore")
        if database.is_lost(_path()) and _row(
            page, "leave", ":material/drive_file_move:", files=_path().with_suffix(".files").name
        ):
            _leave(page)
        if db and _row(page, "start_over", ":material/restart_alt:"):
            _ask("start_over")
    dialog = {"restore": _restore_dialog, "start_over": _start_over_dialog}.get(st.session_state.get(ASKS))
    if dialog:
        dialog(page)


def show_restore(page):
    """The way back alone, where the database cannot be used."""
    with cards.card("safety", page.tr("safety.title"), page.tr("safety.rescue"), height="content"):
        _say(page)
        if _row(page, "restore", ":material/settings_backup_restore:"):
            _ask("restore")
    if st.session_state.get(ASKS) == "restore":
        _restore_dialog(page)


def _path() -> Path:
    return Path(database.default_path()).expanduser().resolve()


def _row(page, name: str, icon: str, **facts) -> bool:
    """What can be done, what it does, its button."""
    tr = page.tr
    with st.container(horizontal=True, vertical_alignment="center", key=f"line-safety-{name}"):
        cards.line(tr(f"safety.{name}_title"), tr(f"safety.{name}_about", **facts))
        return st.button(tr(f"safety.{name}"), key=f"safety-{name}", icon=icon, type="tertiary")


def _ask(what: str | None = None):
    """Open a dialog, or close it; what was uploaded for it is forgotten."""
    for folder in archive.folder_of(_path()).glob(f"{UPLOADED}*"):
        if str(folder) == st.session_state.get(SEEN, ("", ""))[1]:
            shutil.rmtree(folder, ignore_errors=True)
    st.session_state.pop(SEEN, None)
    st.session_state[ASKS] = what


def _say(page):
    """What was done, until the next thing is."""
    if SAID in st.session_state:
        done, text = st.session_state.pop(SAID)
        (st.success if done else st.error)(plain(text), icon=":material/check:" if done else ":material/error:")


@contextmanager
def _doing(page, what: str):
    """A refusal is kept for the next run of the page, which says it."""
    try:
        with st.spinner(page.tr(f"safety.{what}_now")):
            yield
    except CrmError as refusal:
        st.session_state[SAID] = (False, refusal.sentence(page.tr))


def _back_up(page, db):
    with _doing(page, "backup"):
        st.session_state[MADE] = str(backup.keep(db))
    st.rerun()


def _show_made(page):
    """The backup that was just made: what it holds, where it lies, and the way to take it along."""
    path = Path(st.session_state.get(MADE, ""))
    if path.suffix != ".zip" or not path.exists():
        return
    tr, size = page.tr, path.stat().st_size
    said = tr("safety.made", file=path.name, size=formats.size(size), folder=str(path.parent))
    with st.container(horizontal=True, vertical_alignment="center", key="safety-made-row"):
        st.success(plain(said), icon=":material/verified:")
        if size <= MOST_DOWNLOAD:
            st.download_button(
                tr("safety.download"),
                lambda: path.open("rb"),
                path.name,
                "application/zip",
                key="safety-download",
                icon=":material/download:",
                type="primary",
                on_click="ignore",
            )


def _dialog(page, title: str, ask: Callable):
    st.html(
        f"<style>[role=dialog] {{ color-scheme: {page.mode}; }}</style>"
    )  # it is drawn outside the app's own element
    st.dialog(page.tr(title), width="medium", on_dismiss=_ask)(ask)()


def _restore_dialog(page):
    """A file from the reader's computer or one that is kept here; what is in it; then the question."""
    tr = page.tr

    def ask():
        uploaded = st.file_uploader(tr("safety.file"), type="zip", key="safety-upload", max_upload_size=2000)
        kept = None if uploaded else _kept(page)
        source = _uploaded(uploaded) if uploaded else kept
        manifest = _look(page, source) if source else None
        if manifest:
            _show_content(page, manifest)
        with st.container(horizontal=True):
            if st.button(tr("safety.restore_do"), type="primary", key="restore-now", disabled=manifest is None):
                _restore(page, source)
            if st.button(tr("safety.keep"), type="tertiary", key="restore-keep"):
                _ask()
                st.rerun()

    _dialog(page, "safety.restore_question", ask)


def _kept(page) -> Path | None:
    """The reader's choice among the backups beside the database, newest first."""
    paths = sorted(archive.folder_of(_path()).glob("*.zip"), reverse=True)
    if not paths:
        return None
    return st.selectbox(
        page.tr("safety.kept"),
        paths,
        index=None,
        format_func=lambda path: f"{path.name} · {formats.size(path.stat().st_size)}",
        placeholder=page.tr("safety.choose"),
        key="safety-kept",
    )


def _uploaded(upload) -> Path:
    """The upload as a file, written once."""
    known = st.session_state.get(SEEN)
    if not known or known[0] != upload.file_id:
        folder = archive.folder_of(_path())
        folder.mkdir(parents=True, exist_ok=True)
        known = (upload.file_id, mkdtemp(prefix=UPLOADED, dir=folder))
        with open(Path(known[1]) / uploads.harmless_name(upload.name), "wb") as file:
            upload.seek(0)
            shutil.copyfileobj(upload, file, uploads.CHUNK)
        st.session_state[SEEN] = known
    return Path(known[1]) / uploads.harmless_name(upload.name)


def _look(page, source: Path) -> archive.Manifest | None:
    try:
        with st.spinner(page.tr("safety.reading")):
            return _manifest(str(source), source.stat().st_mtime_ns)
    except CrmError as refusal:
        st.error(plain(refusal.sentence(page.tr)), icon=":material/error:")
        return None


@st.cache_data(max_entries=4, show_spinner=False)
def _manifest(source: str, changed: int) -> archive.Manifest:
    return archive.look(Path(source))


def _show_content(page, manifest: archive.Manifest):
    """Whose it is, from when, up to which day, how many rows of what."""
    tr, language = page.tr, page.language
    last = formats.day(date.fromisoformat(manifest.last_day), language) if manifest.last_day else "–"
    facts = [
        (tr("safety.company"), manifest.company or "–"),
        (tr("safety.taken"), formats.day(datetime.fromisoformat(manifest.taken_at), language)),
        (tr("safety.last_order"), last),
        *((tr(f"tables.{name}"), formats.count(rows)) for name, rows in manifest.rows(TABLES).items()),
    ]
    cards.grid([tr("safety.content"), ""], facts, right=(1,))
    st.markdown(plain(tr(f"safety.{_what_becomes_of_what_is_here()}")))


def _what_becomes_of_what_is_here() -> str:
    """The name of the sentence that says it: a damaged company is moved aside, a sound one is backed up."""
    try:
        return "restore_means" if store.own_company() else "restore_brings"
    except CrmError:
        return "rescue"


def _restore(page, source: Path):
    with _doing(page, "restore"):
        done = backup.restore(_path(), source)
        st.cache_data.clear()  # a database that did not read could not say how far its versions had come
        day = formats.day(datetime.fromisoformat(done.manifest.taken_at), page.language)
        _done(page, page.tr("safety.restored", day=day), done.aside)
    _ask()
    st.rerun()


def _start_over_dialog(page):
    """What goes, and a word typed by hand."""
    tr, word = page.tr, page.rules.company_name or page.tr("safety.word")

    def ask():
        st.markdown(tr("safety.start_over_means"))
        what = st.radio(
            tr("safety.start_over_what"),
            ["all", "data"],
            format_func=lambda each: tr(f"safety.start_over_{each}"),
            captions=[tr("safety.start_over_all_about"), tr("safety.start_over_data_about")],
            key="start-over-what",
        )
        typed = st.text_input(plain(tr("safety.type", word=word)), key="start-over-word", autocomplete="off")
        is_meant = " ".join(typed.split()).casefold() == " ".join(word.split()).casefold()
        with st.container(horizontal=True):
            if st.button(tr("safety.start_over_do"), type="primary", key="start-over-now", disabled=not is_meant):
                _start_over(page, keep_rules=what == "data")
            if st.button(tr("safety.keep"), type="tertiary", key="start-over-keep"):
                _ask()
                st.rerun()

    _dialog(page, "safety.start_over_question", ask)


def _start_over(page, keep_rules: bool):
    with _doing(page, "start_over"):
        aside = backup.start_over(store.own_company(), keep_rules=keep_rules)
        _done(page, page.tr("safety.started_over"), aside)
    _ask()
    st.rerun()


def _leave(page):
    """Go on without a database that is gone; the files that were imported into it move out of the way."""
    with _doing(page, "leave"):
        _done(page, page.tr("safety.left"), archive.set_aside(_path()))
    st.rerun()


def _done(page, sentence: str, aside: Path | None):
    """Said above the rows; work in hand was for a company that is another now."""
    if aside:
        sentence = page.tr("safety.aside", done=sentence, file=aside.name, folder=str(aside.parent))
    st.session_state[SAID] = (True, sentence)
    st.session_state.pop(MADE, None)
    Session(page).drop()
