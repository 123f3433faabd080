"""User text on screen: always shown as text, never as markup."""

import html
import re

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-!|<>~$:^=.&])")
# What Streamlit looks for once markdown is read, in spite of a backslash: icons, addresses, arrows and dashes of signs.
_LATE = re.compile(r"(?<=:)(?=[a-z/])|(?<=www)(?=\.)|(?=@)|(?<=[<>~-])(?=[-=>])", re.IGNORECASE)
_JOINT = ":small[]"  # shows nothing and parts the text, so that nothing is found across it


def plain(text) -> str:
    """For st.markdown, labels and help: markdown, HTML, $latex$, :emoji:, ![images], www addresses and -> lose their meaning."""
    return _JOINT.join(_MARKUP.sub(r"\\\1", part) for part in _LATE.split(" ".join(str(text).split())))


def bare(markdown: str) -> str:
    """The text of which `plain` made this."""
    return re.sub(r"\\(.)", r"\1", markdown.replace(_JOINT, ""))


def bold(sentence: str) -> str:
    """A sentence of the catalogues as HTML: everything escaped, then **this** becomes bold."""
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", html.escape(sentence))


def literal(text) -> str:
    """A file's own words within a sentence that `bold` reads: their ** stay stars, parted by a sign that does not show."""
    return re.sub(r"\*(?=\*)", "*\u2060", str(text))


def quoted(text: str) -> str:
    """A string of a stylesheet: every sign is written as its number, so nothing can end the string or the sheet."""
    return '"' + "".join(f"\\{ord(sign):x} " for sign in text) + '"'
