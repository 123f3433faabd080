"""User text on screen: always shown as text, never as markup."""

import html
import re

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-!|<>~$:^=.&])")


def plain(text) -> str:
    """For st.markdown, labels and help: markdown, HTML, $latex$, :emoji: and ![images] lose their meaning."""
    return _MARKUP.sub(r"\\\1", " ".join(str(text).split()))


def bold(sentence: str) -> str:
    """A sentence of the catalogues as HTML: everything escaped, then **this** becomes bold."""
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", html.escape(sentence))


def quoted(text: str) -> str:
    """A string of a stylesheet: every sign is written as its number, so nothing can end the string or the sheet."""
    return '"' + "".join(f"\\{ord(sign):x} " for sign in text) + '"'
