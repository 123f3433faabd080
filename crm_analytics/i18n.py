"""Every word on every screen, per language, from `locales/<language>.toml`: one [topic] section per topic."""

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "locales"
NAMES = {"en": "English", "zh-Hans": "简体中文", "zh-Hant": "繁體中文"}
TRADITIONAL = {"hant", "tw", "hk", "mo"}  # a script or a region of a locale
LANGUAGES = {code: name for code, name in NAMES.items() if (FOLDER / f"{code}.toml").exists()}


@cache
def catalogue(language: str) -> dict[str, str]:
    """All texts of a language by key: "overview.title" -> text."""
    with open(FOLDER / f"{language}.toml", "rb") as file:
        return dict(_flat(tomllib.load(file)))


def _flat(tree: dict, prefix: str = ""):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


@cache
def translator(language: str) -> Callable[..., str]:
    """tr("frame.n", n=3) -> the text with its parameters.  A missing key raises KeyError: tests find it, readers never."""
    texts = catalogue(language)

    def tr(key: str, /, **params) -> str:
        return texts[key].format(**params) if params else texts[key].replace("{{", "{").replace("}}", "}")

    tr.language = language
    tr.knows = texts.__contains__
    return tr


def best_language(wanted: str | None) -> str:
    """The language offered that is nearest to a browser's locale such as zh-TW; English where none is.

    The script decides where it is named (zh-Hans-HK); else the region; Simplified where Traditional is not offered."""
    parts = (wanted or "").lower().replace("_", "-").split("-")
    if parts[0] != "zh":
        return "en"
    traditional = "hans" not in parts and any(part in TRADITIONAL for part in parts)
    return "zh-Hant" if traditional and "zh-Hant" in LANGUAGES else "zh-Hans"
