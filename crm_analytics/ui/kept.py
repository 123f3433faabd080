"""What a section keeps in the URL for itself, as `q.<name>`: a link opens the same view, a widget shows what the link says."""

from collections.abc import Callable, Sequence

import streamlit as st


def asked(name: str, allowed: Sequence[str] = (), default: str = "") -> str:
    """What the URL says; the default where it says nothing or something that is not allowed."""
    said = st.query_params.get(f"q.{name}", default)
    return said if not allowed or said in allowed else default


def write(name: str, value: str, default: str = ""):
    """Put a value into the URL; what is at its default is left out."""
    if value == default:
        st.query_params.pop(f"q.{name}", None)
    else:
        st.query_params[f"q.{name}"] = value


def controlled(name: str, value, default: str = "", turn: Callable = str) -> dict:
    """The URL decides what a widget shows; what the reader enters goes there.  For the widget's keyword arguments."""
    key = f"kept.{name}"
    st.session_state[key] = value
    return {"key": key, "on_change": _entered, "args": (name, key, default, turn)}


def _entered(name: str, key: str, default: str, turn: Callable):
    value = st.session_state[key]
    write(name, default if value is None else turn(value), default)
