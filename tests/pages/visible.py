"""Every text that a page puts on the screen, and the English words among them."""

import html
import json
import re
from functools import cache
from pathlib import Path

import duckdb

from crm_analytics.database import open_database, quoted
from crm_analytics.schema import TABLES

NO_TEXT = {
    "id", "icon", "type", "page", "page_script_hash", "query_string", "spec", "config", "format", "min", "max", "form_id",
    "deferred_file_id", "raw_value", "raw_values", "columns", "js_content", "html_content", "component_name", "json", "url",
    "js_source_path", "css_content", "css_source_path", "element_id", "name", "value", "default",
}  # fmt: skip
TERMS = {
    "CRM", "Analytics", "CRM_DB", "CSV", "TSV", "TXT", "XLSX", "XLS", "GZ", "Excel", "PowerPoint", "SQL", "PNG", "JPEG", "kB", "MB", "GB",
    "UTC", "UTF", "GBK", "Kaplan", "Meier", "English", "nps", "EUR", "RFM", *(f"{score}{n}" for score in "RFM" for n in range(1, 6)),
}  # fmt: skip
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]+")


def texts(app) -> list[str]:
    """Labels, sentences, options, placeholders, table heads and the words in charts, as the reader sees them."""
    return [shown for text in _all(app) if (shown := _as_shown(text)).strip()]


def english(app, allowed: set[str]) -> dict[str, str]:
    """Each English word that is no term, identifier or `allowed`, with a text it stands in."""
    known = {word.lower() for word in TERMS | identifiers() | allowed}
    return {word: text for text in texts(app) for word in IDENTIFIER.findall(text) if word.lower() not in known}


def words_of(texts) -> set[str]:
    """The words of texts that stay as they are."""
    return {word for text in texts for word in IDENTIFIER.findall(text)}


@cache
def identifiers() -> set[str]:
    """Names a reader needs in English: the columns of the templates and their example values."""
    columns = [column for table in TABLES.values() for column in table.columns]
    return {
        word for column in columns for text in (column.name, str(column.example)) for word in IDENTIFIER.findall(text)
    }


def of_data(path: Path) -> set[str]:
    """Every word of every text in a company's database: what a file says stays as it is."""
    files = (path, path.with_name(f"{path.name}.wal"))
    return _of_data(path, tuple(file.stat().st_mtime_ns for file in files if file.exists()))


@cache
def _of_data(path: Path, written: tuple[int, ...]) -> set[str]:
    """The same of a database as it was `written` last."""
    con, found = open_database(path).cursor(), set()
    columns = con.execute(
        "select table_name, column_name from duckdb_columns() where data_type in ('VARCHAR', 'JSON') and not internal "
        "and database_name = current_database()"
    ).fetchall()
    for table, column in columns:
        try:
            values = con.execute(f"select distinct {quoted(column)} from {quoted(table)} limit 20000").fetchall()
        except duckdb.Error:
            continue
        found.update(word for (text,) in values if text for word in IDENTIFIER.findall(text))
    return found


def _all(app):
    for node in _nodes(app._tree):
        proto = getattr(node, "proto", None)
        if proto is None:
            continue
        yield from _strings(proto)
        columns = getattr(proto, "columns", "")
        if isinstance(columns, str) and columns:
            yield from (column.get("label") or "" for column in json.loads(columns).values())
        if spec := getattr(proto, "spec", ""):
            yield from _of_figure(json.loads(spec))
        if getattr(proto, "component_name", ""):
            yield from (
                text for key, text in json.loads(proto.json).items() if key not in ("query", "language", "link")
            )


def _nodes(block):
    yield block
    for child in getattr(block, "children", {}).values():
        yield from _nodes(child)


def _strings(message):
    for field, value in message.ListFields():
        values = value if field.is_repeated else [value]
        if field.type == field.TYPE_MESSAGE:
            yield from (text for each in values if hasattr(each, "ListFields") for text in _strings(each))
        elif field.type == field.TYPE_STRING and field.name not in NO_TEXT:
            yield from values


def _of_figure(part):
    """Annotations, ticks, names, and of a mark's own data what its tip shows."""
    if isinstance(part, dict):
        tip = str(part.get("hovertemplate", ""))
        for key, value in part.items():
            if key in ("text", "ticktext", "name", "title", "hovertext") or (
                key == "customdata" and "%{customdata}" in tip
            ):
                yield from _leaves(value)
            elif key == "customdata":
                shown = [int(place) for place in re.findall(r"%{customdata\[(\d+)]", tip)]
                yield from (text for row in value for place in shown for text in _leaves(row[place]))
            elif key not in ("template", "font"):
                yield from _of_figure(value)
    elif isinstance(part, list):
        for each in part:
            yield from _of_figure(each)


def _leaves(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        parts = [each for key, each in value.items() if key != "font"] if isinstance(value, dict) else value
        for each in parts:
            yield from _leaves(each)


def _as_shown(text: str) -> str:
    text = re.sub(r"<style>.*?</style>|<(\w+)[^>]*aria-hidden[^>]*>[^<]*</\1>", " ", str(text), flags=re.S)
    text = re.sub(r":material/\w+:|:(gray|red|green|orange|blue)(-badge)?\[", " ", text)
    text = html.unescape(re.sub(r"<[^>]+>", " ", text)).replace("\\", "")
    return re.sub(
        r"[A-Za-z]*(/[\w.+-]+)+|\d{4}-\d\d-\d\dT\S+", " ", text, flags=re.ASCII
    )  # paths, zones, times are no words
