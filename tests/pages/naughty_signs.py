"""What of a company's texts would be read as markup on a page: in markdown, in HTML, in what plotly draws."""

import json
import re

from tests import naughty
from tests.pages.visible import _nodes

AS_TEXT = {  # fields that Streamlit shows as they are, or that never show
    "options", "default", "value", "values", "placeholder", "raw_value", "raw_values", "id", "element_id", "form_id", "url", "key",
    "query_string", "page_script_hash", "columns", "config", "css_content", "js_content", "html_content", "component_name", "json", "icon",
    "page", "accept_file_type", "alt",
}  # fmt: skip
MARKDOWN_OPTIONS = {"radio", "button_group"}  # whose options are markdown, unlike those of a list to choose from


def read_as_markup(app) -> list[str]:
    """Each text of the page in which a naughty string would not be shown as text, with where it stands."""
    found = []
    for node in _nodes(app._tree):
        proto = getattr(node, "proto", None)
        if proto is None:
            continue
        kind = getattr(node, "type", "")
        for name, text in _strings(proto, kind):
            if any(re.search(r"(?<!\\)" + re.escape(sign), text) for sign in _signs(kind, name)):
                found.append(f"{kind}.{name}: {text[:300]}")
    return found


def shown(app) -> str:
    """All that the page sends to the browser as text."""
    return "\n".join(
        text
        for node in _nodes(app._tree)
        if (proto := getattr(node, "proto", None)) is not None
        for _, text in _strings(proto, "")
    )


def _signs(kind: str, name: str) -> tuple[str, ...]:
    if kind == "html" or name == "html":
        return naughty.TAGS
    return naughty.TEMPLATES if name == "spec" else naughty.FRAGMENTS


def _strings(message, kind: str):
    for field, value in message.ListFields():
        if field.name in AS_TEXT and not (field.name == "options" and kind in MARKDOWN_OPTIONS):
            continue
        for each in value if field.is_repeated else [value]:
            if field.name == "spec":
                yield from (("spec", text) for text in _drawn(json.loads(each)))
            elif field.type == field.TYPE_MESSAGE and hasattr(each, "ListFields"):
                yield from _strings(each, kind)
            elif field.type == field.TYPE_STRING:
                yield field.name, each


def _drawn(part):
    """Every text of a figure that plotly draws or shows as a tip; ids that only come back with a click are not."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key not in ("customdata", "ids"):
                yield from _drawn(value)
    elif isinstance(part, list):
        for each in part:
            yield from _drawn(each)
    elif isinstance(part, str):
        yield part
